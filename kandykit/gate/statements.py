"""Statements from files: read whole, or refused by the place that is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kandykit.errors import UsageError
from kandykit.verdict import Verdict

VERDICTS: Final = ("conformant", "not_conformant", "inconclusive")


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement as it was read; ``digest`` is ``sha256:`` and the digest of the file's octets."""

    path: Path
    digest: str
    statement: dict[str, Any]


def read_statement(path: Path) -> StatementFile:
    """Read a statement from its file, or from the folder of its run.

    Raises `UsageError` naming file, place and remedy where it is no statement. Members that this kit does not know
    are left alone, and those that it could do without may be missing.
    """
    if path.is_dir():
        path = path / "statement.json"
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}). Give the statement.json of a run.") from None
    return StatementFile(path, f"sha256:{hashlib.sha256(octets).hexdigest()}", parse_statement(octets, str(path)))


def parse_statement(octets: bytes, name: str) -> dict[str, Any]:
    """The statement in these octets; ``name`` is what complaints call them."""
    remedy = "Give the statement.json of a run"
    try:
        value = json.loads(octets.decode("utf-8"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise UsageError(f"{name}:{error.lineno}: is no JSON ({error.msg}). {remedy}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: is no JSON ({error}). {remedy}.") from None
    _check(value, name)
    statement: dict[str, Any] = value
    return statement


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _check(value: Any, name: str) -> None:
    def wrong(place: str, why: str) -> UsageError:
        return UsageError(f"{name}: {place} {why}. Give the statement.json of a run, as the kit wrote it.")

    def table(holder: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
        found = holder.get(key)
        if not isinstance(found, dict):
            raise wrong(place, "is missing" if found is None else "is no object")
        return found

    if not isinstance(value, dict):
        raise wrong("it", "is no statement, but another JSON value")
    for key, members in (("kit", ("contract",)), ("target", ("base_url", "profile")), ("run", ("id", "started"))):
        for member in members:
            if not isinstance(table(value, key, f"/{key}").get(member), str):
                raise wrong(f"/{key}/{member}", "is missing, or is no text")
    if value.get("verdict") not in VERDICTS:
        raise wrong("/verdict", f"is none of {', '.join(VERDICTS)}")
    rows = value.get("requirements")
    if not isinstance(rows, list):
        raise wrong("/requirements", "is missing, or is no list")
    known: set[str] = set()
    for number, row in enumerate(rows):
        place = f"/requirements/{number}"
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise wrong(f"{place}/id", "is missing, or is no text")
        if row["id"] in known:
            raise wrong(f"{place}/id", f"is {row['id']} a second time")
        known.add(row["id"])
        if row.get("verdict") not in set(Verdict):
            raise wrong(f"{place}/verdict", f"({row['id']}) is none of {', '.join(Verdict)}")
        checked = row.get("checked")
        if not isinstance(checked, int) or isinstance(checked, bool) or checked < 0:
            raise wrong(f"{place}/checked", f"({row['id']}) is no whole number from 0")
        findings = row.get("findings", [])
        if not isinstance(findings, list) or not all(
            isinstance(finding, dict) and isinstance(finding.get("id"), str) for finding in findings
        ):
            raise wrong(f"{place}/findings", f"({row['id']}) is no list of findings with an id each")
        if not all(isinstance(finding.get("suites", []), list) for finding in findings):
            raise wrong(f"{place}/findings", f"({row['id']}) has a finding whose suites are no list")
    for key, kind, what in (
        ("readings", dict, "an object"),
        ("contract", dict, "an object"),
        ("waivers", list, "a list"),
    ):
        if not isinstance(value.get(key, kind()), kind):
            raise wrong(f"/{key}", f"is not {what}")
