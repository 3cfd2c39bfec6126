"""The registry: every clause that a target is judged by, with its level, its source, and one sentence.

It is read once from ``specs/requirements.toml``; a row that says too little is the kit's own fault (`KitError`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kandykit.errors import KitError
from kandykit.verdict import Level

AREAS: Final = (
    "inventory",
    "orders",
    "subscribers",
    "errors",
    "security",
    "token",
    "http",
    "transport",
    "cors",
    "quota",
)
"""What a requirement can be about; reports group by it, in this order."""

_NEEDED: Final = ("level", "title", "sentence", "source", "area")
_ALLOWED: Final = frozenset({*_NEEDED, "twin", "reason"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause: ``sentence`` says what has to hold, ``source`` where that comes from.

    ``twin`` is the id of the requirement that this one is judged as (empty where it is judged itself); the twin's row
    does not point back. ``reason`` says why no call can put it to the test, and is empty where one can.
    """

    id: str
    level: Level
    title: str
    sentence: str
    source: str
    area: str
    twin: str = ""
    reason: str = ""


@cache
def registry() -> Mapping[str, Requirement]:
    """Every requirement by its id, in the order of the file.

    Raises `KitError` where the file is missing, is no TOML, or has a row that is not complete.
    """
    return MappingProxyType(read_registry(specs_folder() / "requirements.toml"))


def read_registry(path: Path) -> dict[str, Requirement]:
    """The requirements of one file, checked row by row; raises `KitError` naming file, row and key."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KitError(f"{path}: the requirement registry cannot be read: {error}") from error
    found = {name: _requirement(path, name, row) for name, row in rows.items()}
    for requirement in found.values():
        if requirement.twin and requirement.twin not in found:
            raise KitError(f"{path}: {requirement.id}: twin {requirement.twin!r} is no requirement")
    return found


def specs_folder() -> Path:
    """The folder with the OpenAPI document, this registry and the profiles: in the source tree, else in the wheel.

    Raises `KitError` where neither is there.
    """
    package = Path(__file__).resolve().parent
    # A source tree goes first: a build may have left a stale copy inside the package.
    for folder in (package.parent / "specs", package / "_carried" / "specs"):
        # The registry must be in it: some other package's "specs" may lie beside this one in site-packages.
        if (folder / "requirements.toml").is_file():
            return folder
    raise KitError(f"no specs folder beside or inside {package}; install kandykit again")


def _requirement(path: Path, name: str, row: object) -> Requirement:
    if not isinstance(row, dict):
        raise KitError(f"{path}: {name}: not a table")
    for key, value in row.items():
        if key not in _ALLOWED:
            raise KitError(f"{path}: {name}: unknown key {key!r}")
        if not isinstance(value, str) or not value.strip():
            raise KitError(f"{path}: {name}: {key} must be text that is not empty")
    for key in _NEEDED:
        if key not in row:
            raise KitError(f"{path}: {name}: {key} is missing")
    if row["level"] not in set(Level):
        raise KitError(f"{path}: {name}: level must be one of {', '.join(Level)}")
    if row["area"] not in AREAS:
        raise KitError(f"{path}: {name}: area must be one of {', '.join(AREAS)}")
    return Requirement(**{**row, "id": name, "level": Level(row["level"])})
