"""The profile: one TOML file in which a user says what is to be tested, as whom, and at what price.

`load_profile` reads it and refuses whatever it cannot use before anything is sent: each complaint names the file, the
line, the key, and what to write instead. A secret never stands in it, only where it is: ``env:NAME`` or ``file:PATH``.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from kandykit.binding import DEFAULTS as BINDING_DEFAULTS
from kandykit.errors import ProfileError

REFUSALS: Final = ("no_stock", "over_limit", "below_use", "taken", "malformed", "unknown")
"""The reasons for a refusal that ``readings.refusal_codes`` can give codes for."""

LIVE_BUDGET: Final[Mapping[str, Any]] = {"calls": 20_000, "calls_per_second": 20.0, "unbounded_probes": False}
"""What a budget allows where the profile is silent and the target is somebody's."""

LOOPBACK_BUDGET: Final[Mapping[str, Any]] = {"calls": 1_000_000, "calls_per_second": math.inf, "unbounded_probes": True}
"""What it allows where the target is on this machine."""


class Secret:
    """A secret that cannot be shown by accident: text, logs, reprs and pickles never hold its value.

    ``source`` is where it came from (``env:NAME`` or ``file:PATH``), and is what is shown in its place.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str = "secret") -> None:
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """The value itself; for the one place that sends it, and the one that takes it out of records."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    def __str__(self) -> str:
        return f"<{self.source}>"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(*(secret._value.encode("utf-8", "surrogateescape") for secret in (self, other)))

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled, because that would write its value down")


def _refuse(why: str) -> PydanticCustomError:
    # The reason goes in as context: pydantic would take braces in it for placeholders.
    return PydanticCustomError("refused", "{why}", {"why": why})


def _url(value: str) -> str:
    """An absolute http or https URL; a complaint never repeats it, since it may hold a password."""
    example = 'write one such as "https://api.example.com/path"'
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _refuse(f"is no URL ({error}); {example}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _refuse(f"must be an absolute http or https URL; {example}")
    if re.search(r"[\s\x00-\x20\x7f]", value):
        raise _refuse("must be a URL without spaces; percent-encode them")
    if "@" in parts.netloc:
        raise _refuse("must not hold a user name or password; accounts go into [[accounts]]")
    if parts.fragment:
        raise _refuse("must be a URL without a fragment (#...); take it out")
    return value


def _base_url(value: str) -> str:
    if urlsplit(_url(value)).query:
        raise _refuse("must be a URL without a query (?...); operations are appended to it")
    return value.rstrip("/")


def _token_url(value: str) -> str:
    if "client_secret" in dict(parse_qsl(urlsplit(_url(value)).query, keep_blank_values=True)):
        raise _refuse("must not hold client_secret, it would end up in logs; put it into [[accounts]]")
    return value


def _sdk_url(value: str) -> str:
    return _url(value) if value else ""


def _status(value: int) -> int:
    if not 100 <= value <= 599:
        raise _refuse(f"must be an HTTP status from 100 to 599, not {value}")
    return value


def _refusal_codes(value: Mapping[str, frozenset[int]]) -> Mapping[str, frozenset[int]]:
    for reason, codes in value.items():
        # Deleting what is not there may be answered with success: the contract calls that a reading.
        lowest = 200 if reason == "unknown" else 300
        wrong = sorted(code for code in codes if not lowest <= code <= 499)
        if wrong:
            raise _refuse(f"{reason}: a refusal is a status from {lowest} to 499, not {wrong[0]}")
        if not codes:
            raise _refuse(f"{reason}: name at least one status, or leave {reason} out where any legal one will do")
    return value


def _existing_file(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value  # the type check comes next and complains better
    path = _folder(info) / Path(value).expanduser()
    try:
        path.open("rb").close()
    except OSError as error:
        raise _refuse(f"cannot be read: {path}: {error.strerror}") from None
    return path


def _folder(info: ValidationInfo) -> Path:
    return info.context["folder"] if info.context else Path()


def _looked_up(value: str, folder: Path) -> str:
    """What an ``env:NAME`` or ``file:PATH`` stands for; complaints name the place, never what was found in it."""
    kind, _, name = value.partition(":")
    if kind == "env":
        found = os.environ.get(name)
        if found is None:
            raise _refuse(f"the environment variable {name} is not set; export it and start again")
        if not found:
            raise _refuse(f"the environment variable {name} is empty; export its value and start again")
        return found
    path = folder / Path(name).expanduser()
    try:
        found = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _refuse(f"the file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _refuse(f"the file {path} is no UTF-8 text") from None
    if not found:
        raise _refuse(f"the file {path} is empty; write the value into it")
    return found


def _is_reference(value: str) -> bool:
    return re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", value) is not None


def _secret(value: object, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not _is_reference(value):
        raise _refuse(
            'must be "env:NAME" or "file:PATH", never the secret itself; export it as NAME, and take it out of the file'
        )
    return Secret(_looked_up(value, _folder(info)), value)


def _client_id(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    if value.startswith(("env:", "file:")) and not _is_reference(value):
        raise _refuse('must be "env:NAME", "file:PATH", or the client id itself')
    if not value:
        raise _refuse("must not be empty")
    return _looked_up(value, _folder(info)) if _is_reference(value) else value


Status = Annotated[int, AfterValidator(_status)]
Statuses = Annotated[frozenset[Status], Field(strict=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Target(_Table):
    """What is tested; ``base_url`` has no slash at its end, ``openapi`` is the vendor's own document."""

    name: str = ""
    base_url: Annotated[str, AfterValidator(_base_url)]
    token_url: Annotated[str, AfterValidator(_token_url)]
    openapi: Annotated[Path | None, BeforeValidator(_existing_file)] = None


class Account(_Table):
    """An account of the target; ``client_id`` is its value, wherever the profile took it from."""

    client_id: Annotated[str, BeforeValidator(_client_id)]
    client_secret: Annotated[Secret, BeforeValidator(_secret), PlainSerializer(str)]


class Readings(_Table):
    """How this target reads what the contract leaves open; None is what the profile does not say.

    ``limit`` counts products; ``fulfilment_s`` and ``settle_s`` are seconds. ``refusal_codes`` holds only the reasons
    that were declared. `declared` tells a default from the same value in the profile.
    """

    limit: Whole | None = None
    fulfilment_s: Seconds | None = None
    settle_s: Seconds | None = None
    shared_account: bool | None = None
    identity: Literal["server", "caller"] | None = None
    refusal_codes: Annotated[
        Mapping[Literal["no_stock", "over_limit", "below_use", "taken", "malformed", "unknown"], Statuses],
        AfterValidator(_refusal_codes),
    ] = Field(default_factory=dict)
    extra_codes: Statuses = frozenset()
    error_shape: Literal["kpn", "errorResponse", "fault", "camara", "problem"] = "kpn"
    sdk_url: Annotated[str, AfterValidator(_sdk_url)] = ""

    @property
    def declared(self) -> frozenset[str]:
        """The names of the readings that the profile states."""
        return frozenset(self.model_fields_set)


class Budget(_Table):
    """What a run may cost: products above the level found, calls, calls per second (``math.inf``: any), probes.

    ``unit_price`` is per product and month, in the currency of whoever reads the plan.
    """

    peak_products: Whole = 25
    calls: Whole = 20_000
    calls_per_second: Annotated[float, Field(gt=0)] = 20.0
    unbounded_probes: bool = False
    unit_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Profile(_Table):
    """What the user declared, every default filled in.

    The first of ``accounts`` is the one under test; the others are what it must be isolated from. ``binding`` holds
    dotted keys (``order.number``) and only those that the profile spells in its own way.
    """

    target: Target
    accounts: Annotated[tuple[Account, ...], Field(strict=False)]
    readings: Readings = Readings()
    budget: Budget = Budget()
    binding: Mapping[str, str] = Field(default_factory=dict)

    @property
    def is_loopback(self) -> bool:
        """Whether the target and its token endpoint are both on this machine."""
        return _on_loopback(self.target.base_url) and _on_loopback(self.target.token_url)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The lower-case host names, without ports, that a run may talk to."""
        urls = (self.target.base_url, self.target.token_url, self.readings.sdk_url)
        return frozenset(host for url in urls if url and (host := urlsplit(url).hostname))

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the digest of `redacted`: equal for profiles that mean the same, whatever their layout."""
        text = json.dumps(self.redacted(), sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def redacted(self) -> dict[str, Any]:
        """The effective profile as JSON values, for records: each secret is replaced by where it comes from."""
        shown = self.model_dump(mode="json")
        for codes in (shown["readings"], shown["readings"]["refusal_codes"]):
            for name, value in codes.items():
                if isinstance(value, list):
                    codes[name] = sorted(value)
        # A path says where somebody keeps his files, and differs from machine to machine.
        shown["target"]["openapi"] = self.target.openapi and self.target.openapi.name
        if math.isinf(self.budget.calls_per_second):
            shown["budget"]["calls_per_second"] = "unlimited"  # JSON has no infinity
        return shown


def load_profile(path: Path | str) -> Profile:
    """The profile in a TOML file; paths in it are relative to its folder.

    Raises `ProfileError` with one line per complaint: ``FILE:LINE: KEY: what is wrong; what to do``.
    """
    path = Path(path)
    try:
        source = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProfileError(f"{path}: the profile cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProfileError(f"{path}: the profile is no UTF-8 text; save it as UTF-8") from None
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        # The parser's own words carry the place, never the text that stands there.
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = place[1] if place else str(source.count("\n") + 1)
        raise ProfileError(f"{path}:{line}: this is no TOML: {error}; correct that line") from None
    lines = _Lines(source)
    return _profile(tables, path.parent, lambda key: f"{path}:{lines.of(key)}: {_written(key)}")


def profile_from_options(
    base_url: str | None, token_url: str | None, client_id: str | None, client_secret_env: str | None
) -> Profile:
    """The profile that four command-line options make; all else has its default.

    ``client_secret_env`` is the name of an environment variable. Raises `ProfileError` naming the option.
    """
    options = {
        "target.base_url": ("--base-url", base_url),
        "target.token_url": ("--token-url", token_url),
        "accounts[0].client_id": ("--client-id", client_id),
        "accounts[0].client_secret": ("--client-secret-env", client_secret_env),
    }
    missing = [option for option, value in options.values() if not value]
    if missing:
        raise ProfileError(f"{missing[0]}: is missing; give {', '.join(o for o, _ in options.values())} together")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", client_secret_env or ""):
        # Somebody may have put the secret itself here, so it is not repeated.
        raise ProfileError("--client-secret-env: must be the name of an environment variable, never the secret itself")
    tables = {
        "target": {"base_url": base_url, "token_url": token_url},
        "accounts": [{"client_id": client_id, "client_secret": f"env:{client_secret_env}"}],
    }

    def place(key: Key) -> str:
        return options[_written(key)][0] if _written(key) in options else _written(key)

    return _profile(tables, Path(), place)


# --- From tables to a profile, or to complaints -----------------------------------------------------------------------

Key = tuple[str | int, ...]


def _profile(tables: dict[str, Any], folder: Path, place: Callable[[Key], str]) -> Profile:
    complaints: list[tuple[Key, str]] = []
    binding = dict(_flat_binding(tables.get("binding", {}), complaints))
    effective = {**tables, "binding": binding, "budget": _with_defaults(tables)}
    profile: Profile | None = None
    try:
        profile = Profile.model_validate(effective, context={"folder": folder})
    except ValidationError as error:
        complaints = [_complaint(detail) for detail in error.errors(include_url=False)] + complaints
    else:
        complaints += _unusable(profile.accounts)
    if complaints or profile is None:
        # `from None`: pydantic's own error carries the values that it refused, and one of them may be a secret.
        raise ProfileError("\n".join(f"{place(key)}: {text}" for key, text in complaints)) from None
    if not profile.target.name:
        name = urlsplit(profile.target.base_url).netloc
        profile = profile.model_copy(update={"target": profile.target.model_copy(update={"name": name})})
    return profile


def _with_defaults(tables: Mapping[str, Any]) -> object:
    budget, target = tables.get("budget", {}), tables.get("target")
    if not isinstance(budget, dict):
        return budget
    urls = [target.get("base_url"), target.get("token_url")] if isinstance(target, dict) else [None]
    local = all(isinstance(url, str) and _on_loopback(url) for url in urls)
    return {**(LOOPBACK_BUDGET if local else LIVE_BUDGET), **budget}


def _on_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _flat_binding(
    table: object, complaints: list[tuple[Key, str]], key: Key = ("binding",)
) -> Iterator[tuple[str, str]]:
    """Nested tables and quoted dotted keys are the same spelling of a key of the binding."""
    name = ".".join(str(part) for part in key[1:])
    if isinstance(table, dict):
        for part, value in table.items():
            yield from _flat_binding(value, complaints, (*key, part))
    elif not name:
        complaints.append((key, "must be a table"))
    elif name not in BINDING_DEFAULTS:
        complaints.append((key, f"is no key of the binding{_did_you_mean(name, BINDING_DEFAULTS)}"))
    elif not isinstance(table, str):
        complaints.append((key, f'must be text, such as "{BINDING_DEFAULTS[name]}"'))
    else:
        yield name, table


def _unusable(accounts: Sequence[Account]) -> Iterator[tuple[Key, str]]:
    if not accounts:
        yield ("accounts",), "is empty; add at least one table [[accounts]]"
    seen: set[str] = set()
    for index, account in enumerate(accounts):
        if account.client_id in seen:
            yield ("accounts", index, "client_id"), "is that of an account above; a second account must be another one"
        seen.add(account.client_id)


_WANTED: Final = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "mapping_type": "a table",
    "dict_type": "a table",
    "frozen_set_type": "a list of statuses, such as [412]",
    "path_type": "the path of a file, in quotes",
}
_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "target": Target,
    "accounts": Account,
    "readings": Readings,
    "budget": Budget,
}


def _complaint(detail: ErrorDetails) -> tuple[Key, str]:
    """One complaint of pydantic's in the words of a profile; the value is left out, it may be a secret."""
    key, kind, context = tuple(detail["loc"]), detail["type"], detail.get("ctx", {})
    if kind == "refused":
        return key, str(context["why"])
    if key[-1] == "[key]":
        return key[:-1], f"is no reason for a refusal{_did_you_mean(str(key[-2]), REFUSALS)}"
    if kind == "extra_forbidden":
        return key, _unknown(key)
    if kind == "missing":
        return key, _missing(key)
    if key == ("accounts",):
        return key, "must be a list of tables; begin each with [[accounts]]"
    if kind == "literal_error":
        return key, f"must be one of {context['expected']}"
    if kind == "greater_than_equal":
        return key, f"must be {context['ge']:g} or more"
    if kind == "greater_than":
        return key, f"must be more than {context['gt']:g}"
    if kind in _WANTED:
        return key, f"must be {_WANTED[kind]}"
    return key, detail["msg"]


def _unknown(key: Key) -> str:
    name = str(key[-1])
    if len(key) == 1:
        owner = _owner(name)
        if owner:
            return f"stands outside any table; write it under {owner}"
        return f"is no table of a profile{_did_you_mean(name, (*_TABLES, 'binding'))}"
    known = _TABLES[str(key[0])].model_fields
    owner = _owner(name)
    if owner and name not in known:
        return f"does not belong here; write it under {owner}"
    return f"is no key of {_header(str(key[0]))}{_did_you_mean(name, known)}"


def _missing(key: Key) -> str:
    if len(key) == 1:
        return f"is missing; add a table {_header(str(key[0]))}"
    example = {
        "base_url": '"https://api-prd.kpn.com/communication/kandy/provisioning"',
        "token_url": '"https://api-prd.kpn.com/oauth/client_credential/accesstoken?grant_type=client_credentials"',
        "client_id": '"env:KANDY_CLIENT_ID"',
        "client_secret": '"env:KANDY_CLIENT_SECRET"',
    }
    return f"is missing; add {key[-1]} = {example.get(str(key[-1]), '...')} to {_header(str(key[0]))}"


def _owner(name: str) -> str:
    return next((_header(table) for table, model in _TABLES.items() if name in model.model_fields), "")


def _header(table: str) -> str:
    return "[[accounts]]" if table == "accounts" else f"[{table}]"


def _did_you_mean(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def _written(key: Key) -> str:
    """A key as people write it: ``accounts[1].client_secret``; accounts are counted from 0."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _Lines:
    """Where each key of a TOML source stands. The source is known to be valid, so this reads no more than it must."""

    _BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
    _STRING = re.compile(
        r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
    )
    _BARE = re.compile(r"[A-Za-z0-9_-]+")
    _SCALAR = re.compile(r"[^,\]}\n#]+")

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._found: dict[str, int] = {}
        self._last: dict[Key, int] = {}  # of each array of tables, the index of its last one
        table: Key = ()
        while self._skip_blank() < len(source):
            if source.startswith("[[", self._at):
                table = self._table(self._inside("[["))
                self._last[table] = self._last.get(table, -1) + 1
                table = (*table, self._last[table])
                self._note(table)
                self._expect("]]")
            elif source[self._at] == "[":
                table = self._table(self._inside("["))
                table = (*table, self._last[table]) if table in self._last else table
                self._note(table)
                self._expect("]")
            else:
                self._pair(table)

    def of(self, key: Key) -> int:
        """The line of a key, else of the nearest table around it; 1 where there is none."""
        for end in range(len(key), 0, -1):
            line = self._found.get(_written(key[:end]))
            if line:
                return line
        return 1

    def _note(self, key: Key) -> None:
        for end in range(1, len(key) + 1):
            self._found.setdefault(_written(key[:end]), self._source.count("\n", 0, self._at) + 1)

    def _skip_blank(self) -> int:
        blank = self._BLANK.match(self._source, self._at)
        self._at = blank.end() if blank else self._at
        return self._at

    def _expect(self, text: str) -> None:
        self._skip_blank()
        self._at += len(text) if self._source.startswith(text, self._at) else 0

    def _inside(self, bracket: str) -> Key:
        self._at += len(bracket)
        return self._key()

    def _table(self, header: Key) -> Key:
        """[accounts.x] after [[accounts]] means the last of the accounts."""
        table: Key = ()
        for index, part in enumerate(header):
            table = (*table, part)
            if index < len(header) - 1 and table in self._last:
                table = (*table, self._last[table])
        return table

    def _key(self) -> Key:
        parts: list[str | int] = []
        while True:
            self._skip_blank()
            text = self._BARE.match(self._source, self._at) or self._STRING.match(self._source, self._at)
            if text is None:
                return tuple(parts)
            quoted = text[0][0] in "\"'"
            parts.append(tomllib.loads(f"key = {text[0]}")["key"] if quoted else text[0])
            self._at = text.end()
            self._skip_blank()
            if not self._source.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Key) -> None:
        start = self._at
        key = (*table, *self._key())
        end, self._at = self._at, start
        self._note(key)
        self._at = end
        self._expect("=")
        self._value(key)

    def _value(self, key: Key) -> None:
        self._skip_blank()
        self._note(key)
        opening = self._source[self._at]
        if opening in "[{":
            closing = "]" if opening == "[" else "}"
            self._at += 1
            index = 0
            while not self._source.startswith(closing, self._skip_blank()):
                if opening == "[":
                    self._value((*key, index))
                else:
                    self._pair(key)
                index += 1
                self._expect(",")
            self._at += 1
            return
        value = self._STRING.match(self._source, self._at) or self._SCALAR.match(self._source, self._at)
        self._at = value.end() if value else self._at + 1
