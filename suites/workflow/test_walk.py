"""The documented walk: order, verify, look, create, delete, give back."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, ListOrders, Look, LookUp, fewer, more
from kandykit.run import Run

WALK = [
    Look(),
    ListOrders(),
    more(2, label="first"),
    LookUp("first"),
    ListOrders(),
    Look(),
    Create("a", form="server"),
    Look(),
    Create("b"),
    Look(),
    Delete("a"),
    Look(),
    Delete("b"),
    Look(),
    fewer(2, label="back"),
    LookUp("back"),
    ListOrders(),
    Look(),
]


@pytest.mark.requirements("R4", "L1", "L2", "L8")
def test_the_documented_walk_works_from_end_to_end(run: Run) -> None:
    """Each documented step does what the document says, and the next one sees it."""
    run.walk(WALK)


@pytest.mark.requirements("L1", "L8")
@pytest.mark.parametrize("quantity", [1, 2, 3, 5])
def test_an_order_changes_the_total_by_its_quantity(run: Run, quantity: int) -> None:
    """Up by exactly so much, and down again."""
    run.examine(
        [
            Look(),
            more(quantity, label="up"),
            Look(),
            LookUp("up"),
            ListOrders(),
            Look(),
            fewer(quantity, label="down"),
            Look(),
            LookUp("down"),
            LookUp("up"),
            ListOrders(),
            Look(),
        ]
    )


@pytest.mark.requirements("L1", "L8")
def test_many_orders_add_up_and_stay_in_the_list(run: Run) -> None:
    """No order is forgotten, and none changes, however many follow."""
    steps = [Look(), ListOrders()]
    for number in range(10 * run.depth.long):
        steps += [more(1, label=f"up {number}"), Look(), fewer(1, label=f"down {number}"), Look()]
        if number % 5 == 4:
            steps += [ListOrders(), LookUp("up 0"), LookUp(f"down {number // 2}"), Look()]
    run.examine([*steps, ListOrders(), LookUp("up 0"), Look()])


@pytest.mark.requirements("L1", "L2")
def test_a_large_order_is_whole(run: Run) -> None:
    """As much as the budget allows, in one order and in single ones."""
    room = run.room()
    if room < 2:
        pytest.skip("the budget leaves no room for a large order")
    run.examine([Look(), more(room, label="all"), Look(), LookUp("all"), fewer(room), Look()])
    run.examine([Look(), *[step for _ in range(room) for step in (more(1), Look())], ListOrders(), Look()])
