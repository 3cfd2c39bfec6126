"""Systematic sequences: every operation after every two or three others, and at every level of the account."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kandykit.explore.covering import CHANGING, EVERY, FINEST, Deed, covering, without_limit
from kandykit.explore.levels import filled, reached
from kandykit.run import Run

RUNS = {
    "quick": [(CHANGING, 3)],
    "standard": [(CHANGING, 4), (EVERY, 3)],
    "deep": [(CHANGING, 5), (EVERY, 3)],
}
"""Which deeds come in runs of how many."""

UNSEEN = {
    "quick": [(FINEST, 2)],
    "standard": [(FINEST, 2), (EVERY, 3)],
    "deep": [(FINEST, 3), (CHANGING, 5)],
}
"""The same where nothing is read in between."""

HEIGHTS = {"quick": (6, 5), "standard": (20, 20), "deep": (70, 40)}
"""Up to which total everything is used up and freed again, and up to which one order goes from each to each other."""

SLOW = [(EVERY, 2)], (6, 4)
"""What is left of both where each order takes a while."""


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10")
def test_nothing_is_wrong_whatever_comes_after_what(run: Run) -> None:
    """Orders, creates, deletes and refusals, each after each and after any two or three in a row."""
    for wanted, length in RUNS.get(run.depth.name, RUNS["standard"]):
        _cover(run, wanted, length, seen=True)


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10")
def test_nothing_is_wrong_where_nothing_is_read_in_between(run: Run) -> None:
    """Orders, creates, deletes and refusals at once after each other, seen only when all are done."""
    for wanted, length in SLOW[0] if run.orders_are_slow else UNSEEN.get(run.depth.name, UNSEEN["standard"]):
        _cover(run, wanted, length, seen=False)


@pytest.mark.requirements("L2", "L3", "L4", "L5", "L6", "L10")
def test_nothing_is_wrong_at_any_level(run: Run) -> None:
    """Whatever the total, each product can be used and comes back, and there are no more than that."""
    highest = min(run.room(), _heights(run)[0])
    run.examine_many(filled(highest, run.seed))


@pytest.mark.requirements("L1", "L3", "L6", "L7", "L8")
def test_nothing_is_wrong_with_any_quantity_at_any_level(run: Run) -> None:
    """Whatever the total, one order takes it to any other."""
    highest = min(run.room(), _heights(run)[1])
    run.examine_many(reached(highest * 4 // 5, run.seed))


def _heights(run: Run) -> tuple[int, int]:
    return SLOW[1] if run.orders_are_slow else HEIGHTS.get(run.depth.name, HEIGHTS["standard"])


def _cover(run: Run, wanted: Sequence[Deed], length: int, *, seen: bool) -> None:
    """Play programmes with every run of so many of the wanted deeds."""
    deeds = wanted if run.may_go_beyond_the_limit() else without_limit(wanted)
    run.examine_many(covering(deeds, length, run.seed, run.room(), seen=seen))
