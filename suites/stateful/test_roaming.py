"""Sequences that go where none has been: levels, quantities, long histories."""

from __future__ import annotations

import pytest

from kandykit.explore.roaming import Roaming
from kandykit.explore.steps import Create, ListOrders, Look, LookBack, more
from kandykit.run import Run


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10", "L13")
def test_nothing_is_wrong_off_the_beaten_track(run: Run) -> None:
    """Each programme does what those before it have not done."""
    view = run.judge.account(run.names[0]).last_view
    total, used = (view.total or 0, view.used or 0) if view is not None else (0, 0)
    roaming = Roaming(run.seed, total=total, used=used, room=run.room())
    run.examine_many(roaming.programmes(run.depth.roamed))


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
