"""Waivers held against a statement again: by the day of the gate, and by another file where one is given.

A run knows only the waivers that it was given, and the day on which it ran. The gate asks again: a waiver that has
expired since waives nothing, and one that is in the file now counts although the run did not know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from typing import Any

from kandykit.report.waivers import Waiver
from kandykit.verdict import Verdict

STALE = ("expired", "gone", "untested", "unmatched")
"""States of a waiver that has nothing to waive, or no right to."""


def waivers_in(statement: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """The waivers that a statement lists; what cannot be read as one is left out."""
    found = []
    for entry in statement.get("waivers", []):
        try:
            found.append(
                Waiver(
                    owner=str(entry.get("owner", "")),
                    reason=str(entry.get("reason", "")),
                    ticket=str(entry.get("ticket", "")),
                    expires=date.fromisoformat(entry["expires"]),
                    requirement=str(entry.get("requirement", "")),
                    finding=str(entry.get("finding", "")),
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return tuple(found)


def waived_again(statement: Mapping[str, Any], waivers: Sequence[Waiver], today: date) -> dict[str, Any]:
    """The statement as it reads under these waivers on this day; the one given is left as it was."""
    judged: dict[str, Any] = deepcopy(dict(statement))
    live = [waiver for waiver in waivers if not waiver.expired(today)]
    rows = judged["requirements"]
    for row in rows:
        _waive_row(row, live)
    judged["verdict"] = _overall(statement, rows)
    judged["waivers"] = [_turned_out(waiver, rows, today) for waiver in waivers]
    if "counts" in judged:
        judged["counts"] = {word.value: sum(row["verdict"] == word for row in rows) for word in Verdict}
    return judged


def names_of(row: Mapping[str, Any]) -> frozenset[str]:
    """A row's requirement and those that are the same by another name."""
    return frozenset({row["id"], *row.get("twin", ())})


def _waive_row(row: dict[str, Any], live: Sequence[Waiver]) -> None:
    names = names_of(row)
    words = set()
    for finding in row.get("findings", []):
        word = finding.get("verdict", row["verdict"])
        if word in (Verdict.FAIL, Verdict.WAIVED):
            covered = any(waiver.covers(finding["id"], names) for waiver in live)
            word = (Verdict.WAIVED if covered else Verdict.FAIL).value
        finding["verdict"] = word
        words.add(word)
    if row["verdict"] in (Verdict.FAIL, Verdict.WAIVED):
        if not words & {Verdict.FAIL.value, Verdict.WAIVED.value}:
            # A failing row without a finding that says why: only its requirement can be waived.
            words = {(Verdict.WAIVED if any(w.requirement in names for w in live) else Verdict.FAIL).value}
        row["verdict"] = (Verdict.FAIL if Verdict.FAIL.value in words else Verdict.WAIVED).value


def _overall(statement: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    if any(row["verdict"] == Verdict.FAIL for row in rows):
        return "not_conformant"
    if statement["verdict"] != "not_conformant":
        return str(statement["verdict"])
    run = statement["run"]
    cut_short = any(run.get(name) for name in ("interrupted", "kit_error", "target_down", "incomplete"))
    undecided = any(row["verdict"] == Verdict.INCONCLUSIVE and row.get("level", "must") == "must" for row in rows)
    return "inconclusive" if cut_short or undecided else "conformant"


def _turned_out(waiver: Waiver, rows: Sequence[Mapping[str, Any]], today: date) -> dict[str, Any]:
    """What became of a waiver, in the words of the statement."""
    requirement = waiver.requirement or waiver.finding.rpartition("-")[0]
    row = next((row for row in rows if row["id"] == requirement), None)
    names = names_of(row) if row else frozenset({requirement})
    failing = sorted(
        {
            finding["id"]
            for each in rows
            if waiver.finding or each["id"] in names
            for finding in each.get("findings", [])
            if finding["verdict"] in (Verdict.FAIL, Verdict.WAIVED) and waiver.covers(finding["id"], names)
        }
    )
    bare = row is not None and row["verdict"] in (Verdict.FAIL, Verdict.WAIVED) and not row.get("findings")
    tested = bool(row["checked"]) if row else None
    used = bool(failing) or bool(bare and waiver.requirement)
    state = waiver.turned_out(expired=waiver.expired(today), failing=used, tested=tested)
    return waiver.to_json(state, failing)
