"""Quantities equal to a number of the account: an order counts by its quantity, whatever else has that size."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Fill, ListOrders, Look, Step, fewer, more
from kandykit.run import Run

FREE = 3
"""So many products are free before each order, fewer than are in use and than there are in all."""


@pytest.mark.requirements("L1", "L2", "L6")
def test_no_quantity_is_special_because_the_inventory_shows_it(run: Run) -> None:
    """As many as there are, as are in use, as are free, and one more: ordered, and given back."""
    view = run.judge.account(run.names[0]).last_view
    here = (view.total if view is not None else None) or 0
    shown = ("available", "used", "total") if here + 5 + here + 6 < run.profile.budget.peak_products else ("available",)
    steps: list[Step] = []
    for of in shown:
        for plus in (0, 1):
            steps += [more(plus, of), Look(), fewer(-FREE, "available"), Look()]
    run.examine([Look(), more(5), Fill(leave=FREE), Look(), *steps, ListOrders(), Look()])
