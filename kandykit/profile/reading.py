"""From a file, from options or from tables to a profile; or to one complaint a line."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from kandykit.binding import DEFAULTS as BINDING_DEFAULTS
from kandykit.binding.keys import complaint_about
from kandykit.errors import ProfileError
from kandykit.loopback import leads_here
from kandykit.profile.complaints import Key, complaint_of, did_you_mean, written
from kandykit.profile.lines import Lines
from kandykit.profile.tables import Account, Profile

LIVE_BUDGET: Final[Mapping[str, Any]] = {
    "calls": 20_000,
    "calls_per_second": 20.0,
    "unbounded_probes": False,
    "below_use_probes": False,
}
"""What a budget allows where the profile is silent and the target is somebody's."""

LOOPBACK_BUDGET: Final[Mapping[str, Any]] = {
    "calls": 1_000_000,
    "calls_per_second": math.inf,
    "unbounded_probes": True,
    "below_use_probes": True,
}
"""What it allows where the target is on this machine."""


def load_profile(path: Path | str, *, secrets: bool = True) -> Profile:
    """The profile in a TOML file; paths in it are relative to its folder.

    Without ``secrets`` nothing is looked up that a reference names: such a profile can judge, and cannot send.
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
    lines = Lines(source)
    return _profile(tables, path.parent, lambda key: f"{path}:{lines.of(key)}: {written(key)}", secrets=secrets)


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
        return options[written(key)][0] if written(key) in options else written(key)

    return _profile(tables, Path(), place)


def profile_from_tables(tables: dict[str, Any]) -> Profile:
    """The profile that these tables make, as a TOML file of them would; raises `ProfileError` naming the key."""
    return _profile(tables, Path(), written)


def _profile(tables: dict[str, Any], folder: Path, place: Callable[[Key], str], *, secrets: bool = True) -> Profile:
    complaints: list[tuple[Key, str]] = []
    binding = dict(_flat_binding(tables.get("binding", {}), complaints))
    effective = {**tables, "binding": binding, "budget": _with_defaults(tables)}
    profile: Profile | None = None
    try:
        profile = Profile.model_validate(effective, context={"folder": folder, "secrets": secrets})
    except ValidationError as error:
        complaints = [complaint_of(detail) for detail in error.errors(include_url=False)] + complaints
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
    local = all(isinstance(url, str) and leads_here(url) for url in urls)
    return {**(LOOPBACK_BUDGET if local else LIVE_BUDGET), **budget}


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
        complaints.append((key, f"is no key of the binding{did_you_mean(name, BINDING_DEFAULTS)}"))
    elif not isinstance(table, str):
        complaints.append((key, f'must be text, such as "{BINDING_DEFAULTS[name]}"'))
    elif complaint := complaint_about(name, table):
        complaints.append((key, complaint))
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
