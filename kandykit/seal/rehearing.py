"""A statement against what its journal deserves when it is judged again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kandykit.gate.waiving import waived_again, waivers_in


def disagreements_of_verdict(statement: Mapping[str, Any], rejudged: Mapping[str, Any]) -> list[str]:
    """Where the two differ: the verdict of the run, and that of each requirement.

    The journal knows nothing of waivers, so the statement's own are held against it first, as of the day of the run.
    """
    day = date.fromisoformat(str(statement["run"]["started"])[:10])
    again = waived_again(rejudged, waivers_in(statement), day)
    versions = [str(each["kit"].get("version", "")) for each in (statement, again)]
    other_kit = f" (by kandykit {versions[1]}; {versions[0]} sealed it)" if versions[0] != versions[1] else ""
    rows = {row["id"]: row["verdict"] for row in again["requirements"]}
    found = [
        f"{row['id']} is {row['verdict']} in the statement, and {rows.get(row['id'], 'not there')} "
        f"when the journal is judged again{other_kit}"
        for row in statement["requirements"]
        if rows.get(row["id"]) != row["verdict"]
    ]
    known = {row["id"] for row in statement["requirements"]}
    found += [
        f"{name} is not in the statement, and {verdict} when the journal is judged again{other_kit}"
        for name, verdict in rows.items()
        if name not in known and verdict in ("fail", "warn", "waived")
    ]
    if again["verdict"] != statement["verdict"]:
        found.append(
            f"the verdict is {statement['verdict']} in the statement, and {again['verdict']} "
            f"when the journal is judged again{other_kit}"
        )
    return found
