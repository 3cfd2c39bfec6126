"""The tests of a run, as JUnit and Allure count them, and as the marks of a journal tell of them.

Each test leaves its marks in the journal when it begins and when it ends, so that even a run whose process was killed
can say which test it was in, which had ended, and how:

    {"kind":"mark","mark":"collected","data":{"items":[...]}}                 all that was to be played
    {"kind":"mark","mark":"item","data":{"id":"...","state":"begins"}}        one is being played
    {"kind":"mark","mark":"item","data":{"id":"...","state":"passed",...}}    and how it ended
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

Outcome = Literal["passed", "failed", "skipped", "error"]

COLLECTED: Final = "collected"
ITEM: Final = "item"
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "error": "error",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A pytest item as it went: ``error`` is a failure of the kit itself (set-up, collection, a crashed worker)."""

    nodeid: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    requirements: tuple[str, ...] = ()

    def mark(self) -> dict[str, Any]:
        """The mark that tells of it."""
        return {
            "id": self.nodeid,
            "state": self.outcome,
            "seconds": round(self.seconds, 4),
            "message": self.message,
            "requirements": list(self.requirements),
        }


def items_of(marks: Iterable[tuple[str, Mapping[str, Any]]], ended: str) -> tuple[list[Item], list[str]]:
    """The tests that a journal's marks tell of, and the ids of all that were to be played.

    Marks are pairs of their kind and their data. A test that began and has no end was being played when the run ended
    before its time; ``ended`` says why, and the test is an error.
    """
    collected: list[str] = []
    items: dict[str, Item] = {}
    for kind, data in marks:
        if kind == COLLECTED:
            collected = [str(each) for each in data.get("items", ())]
        elif kind == ITEM:
            item = Item(str(data.get("id", "")), "error", message=ended)
            if outcome := _OUTCOMES.get(str(data.get("state", ""))):
                item = replace(
                    item,
                    outcome=outcome,
                    seconds=float(data.get("seconds", 0.0)),
                    message=str(data.get("message", "")),
                    requirements=tuple(map(str, data.get("requirements", ()))),
                )
            items[item.nodeid] = item
    return list(items.values()), collected


def never_played(items: Iterable[Item], expected: Collection[str], why: str) -> list[Item]:
    """The tests that a run which ended before its time did not come to: skipped, and it says why."""
    known = {item.nodeid for item in items}
    return [Item(nodeid, "skipped", message=f"not played: {why}") for nodeid in expected if nodeid not in known]
