"""Sequences that go where none has been: pairs and triples of operations, levels, quantities, long histories."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kandykit.explore.covering import CHANGING, EVERY, FINEST, Deed, covering, without_limit
from kandykit.explore.roaming import Roaming
from kandykit.explore.steps import Create, ListOrders, Look, LookBack, more
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


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10")
def test_nothing_is_wrong_whatever_comes_after_what(run: Run) -> None:
    """Orders, creates, deletes and refusals, each after each and after any two or three in a row."""
    for wanted, length in RUNS.get(run.depth.name, RUNS["standard"]):
        _cover(run, wanted, length, seen=True)


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10")
def test_nothing_is_wrong_where_nothing_is_read_in_between(run: Run) -> None:
    """Orders, creates, deletes and refusals at once after each other, seen only when all are done."""
    for wanted, length in UNSEEN.get(run.depth.name, UNSEEN["standard"]):
        _cover(run, wanted, length, seen=False)


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10", "L13")
def test_nothing_is_wrong_off_the_beaten_track(run: Run) -> None:
    """Each programme does what those before it have not done."""
    view = run.judge.account(run.names[0]).last_view
    total, used = (view.total or 0, view.used or 0) if view is not None else (0, 0)
    roaming = Roaming(run.seed, total=total, used=used, room=run.room())
    for programme in roaming.programmes(run.depth.roamed):
        if run.ended() or run.explorer.worn_out:
            break
        run.examine(programme, sparing=True)


@pytest.mark.requirements("L8", "L13")
def test_old_orders_are_still_what_they_were(run: Run) -> None:
    """After all that came since, each order of the run is found by its number, and finding it changes nothing."""
    run.examine([Look(), more(2), Look(), Create("a"), Look(), LookBack(40 * run.depth.long), Look(), ListOrders()])


@pytest.mark.requirements("L11")
def test_old_orders_are_still_nobody_elses(run: Run) -> None:
    """Another account finds none of them, the oldest and the youngest neither."""
    if len(run.walker.names) < 2:
        pytest.skip("the profile lists one account only")
    run.examine([Look(account=1), LookBack(8 * run.depth.long, account=1, owner=0), Look(account=1)])


def _cover(run: Run, wanted: Sequence[Deed], length: int, *, seen: bool) -> None:
    """Play programmes with every run of so many of the wanted deeds."""
    deeds = wanted if run.may_go_beyond_the_limit() else without_limit(wanted)
    for programme in covering(deeds, length, run.seed, run.room(), seen=seen):
        if run.ended() or run.explorer.worn_out:
            return
        run.examine(programme, sparing=True)
