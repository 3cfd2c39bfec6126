"""Waivers: failures that somebody answers for, with a name, a reason, a ticket and a date.

A waived failure does not fail the run and never counts as passed. A waiver that expired waives nothing any more, and
one that waives nothing is shown, so that the file stays as short as the truth. The file::

    [[waiver]]
    requirement = "H2"              # or finding = "H2-1a2b3c4d", one of the two
    owner = "jo@operator.example"
    reason = "405 comes without Allow until the gateway's next release"
    ticket = "KANDY-17"
    expires = 2027-03-31
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from kandykit.errors import UsageError

_KEYS: Final = frozenset({"requirement", "finding", "owner", "reason", "ticket", "expires"})


@dataclass(frozen=True, slots=True)
class Waiver:
    """One failure, or all failures of one requirement, that ``owner`` answers for until ``expires`` (that day too)."""

    owner: str
    reason: str
    ticket: str
    expires: date
    requirement: str = ""
    finding: str = ""

    @property
    def names(self) -> str:
        """What it waives: a finding's id, or a requirement's."""
        return self.finding or self.requirement

    def expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.expires

    def covers(self, finding: str, row: frozenset[str]) -> bool:
        """Whether it speaks of the finding with this id where it shows under one of the requirements of ``row``.

        A waiver by finding holds wherever the finding shows; a waiver by requirement only there, so that waiving a
        missing header never waives the law that the same call broke.
        """
        return self.finding == finding if self.finding else self.requirement in row

    def turned_out(self, *, expired: bool, failing: bool, tested: bool | None) -> str:
        """What became of it, in a word.

        ``used``; ``expired``; ``gone`` (what it waives was tested and did not fail); ``untested`` (it was not tested,
        so nobody knows); or ``unmatched`` (it names nothing that the kit knows: ``tested`` is None).
        """
        if tested is None and not failing:
            return "unmatched"
        if expired:
            return "expired"
        if failing:
            return "used"
        return "gone" if tested else "untested"

    def to_json(self, state: str, findings: list[str]) -> dict[str, Any]:
        """The waiver as a statement lists it, with what became of it and the findings that it waives."""
        return {
            "requirement": self.requirement,
            "finding": self.finding,
            "owner": self.owner,
            "reason": self.reason,
            "ticket": self.ticket,
            "expires": self.expires.isoformat(),
            "state": state,
            "findings": findings,
        }


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a waivers file; raises `UsageError` naming file, line, key and remedy where it cannot be used."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}). Give an existing waivers file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no TOML file: {error}.") from error
    for key in document:
        if key != "waiver":
            raise UsageError(f"{path}, line {_line(text, key)}: {key} is unknown. Write entries as [[waiver]].")
    entries = document.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: waiver is no list of tables. Write each entry as [[waiver]].")
    return tuple(_waiver(path, text, number, entry) for number, entry in enumerate(entries))


def _waiver(path: Path, text: str, number: int, entry: Mapping[str, Any]) -> Waiver:
    def refuse(key: str, why: str) -> UsageError:
        return UsageError(f"{path}, line {_line(text, key, number)}: {key} {why}")

    for key in entry:
        if key not in _KEYS:
            raise refuse(key, f"is unknown. Known are {', '.join(sorted(_KEYS))}.")
    for key in ("owner", "reason", "ticket", "requirement", "finding"):
        value = entry.get(key, "")
        if not isinstance(value, str) or (key in entry and not value.strip()):
            raise refuse(key, "is no text. Give a text that is not empty.")
        if key in ("owner", "reason", "ticket") and key not in entry:
            raise refuse(key, "is missing. Every waiver says who answers for it, why, and under which ticket.")
    if ("requirement" in entry) == ("finding" in entry):
        raise refuse("requirement", "or finding: give exactly one of the two.")
    expires = entry.get("expires")
    if isinstance(expires, datetime) or not isinstance(expires, date):
        raise refuse("expires", "is no date. Give the last day that it holds, such as 2027-03-31, without quotes.")
    return Waiver(
        owner=entry["owner"],
        reason=entry["reason"],
        ticket=entry["ticket"],
        expires=expires,
        requirement=entry.get("requirement", ""),
        finding=entry.get("finding", ""),
    )


def _line(text: str, key: str, number: int | None = None) -> int:
    """The line of a key in the given entry, or of the entry itself; 1 where neither is found."""
    start, found = 0, -1
    lines = text.splitlines()
    if number is not None:
        for index, line in enumerate(lines):
            if line.split("#")[0].replace(" ", "").strip() == "[[waiver]]":
                found += 1
                if found == number:
                    start = index
                    break
    for index in range(start, len(lines)):
        words = lines[index].strip().lstrip("[").strip()
        if index > start and number is not None and lines[index].lstrip().startswith("["):
            break
        if words.startswith(key) and words[len(key) :].lstrip()[:1] in ("=", "]"):
            return index + 1
    return start + 1
