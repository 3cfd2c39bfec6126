"""The kinds of value that a profile holds, and why one is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo
from pydantic_core import PydanticCustomError

from kandykit.profile.secret import Secret


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


def complaint_about_url(value: str) -> str:
    """What is wrong with a URL for a profile; empty where nothing is."""
    try:
        _url(value)
    except PydanticCustomError as error:
        return str((error.context or {}).get("why", error))
    return ""


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


def _may_look_up(info: ValidationInfo) -> bool:
    """Whether secrets are looked up: whoever sends nothing needs none."""
    return not info.context or bool(info.context.get("secrets", True))


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
    return Secret(_looked_up(value, _folder(info)) if _may_look_up(info) else value, value)


def _client_id(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    if value.startswith(("env:", "file:")) and not _is_reference(value):
        raise _refuse('must be "env:NAME", "file:PATH", or the client id itself')
    if not value:
        raise _refuse("must not be empty")
    return _looked_up(value, _folder(info)) if _is_reference(value) and _may_look_up(info) else value


Status = Annotated[int, AfterValidator(_status)]
Statuses = Annotated[frozenset[Status], Field(strict=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
TokenUrl = Annotated[str, AfterValidator(_token_url)]
SdkUrl = Annotated[str, AfterValidator(_sdk_url)]
ExistingFile = Annotated[Path, BeforeValidator(_existing_file)]
ClientId = Annotated[str, BeforeValidator(_client_id)]
SecretElsewhere = Annotated[Secret, BeforeValidator(_secret), PlainSerializer(str)]
Refusal = Literal["no_stock", "over_limit", "below_use", "taken", "malformed", "unknown"]
RefusalCodes = Annotated[Mapping[Refusal, Statuses], AfterValidator(_refusal_codes)]

REFUSALS: Final[tuple[str, ...]] = get_args(Refusal)
"""The reasons for a refusal that ``readings.refusal_codes`` can give codes for."""
