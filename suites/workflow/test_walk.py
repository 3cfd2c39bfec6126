"""The documented walk: order, verify, look, create, delete, give back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kandykit.explore.steps import Create, Delete, ListOrders, Look, LookUp, Step, fewer, more
from kandykit.run import Run


def walk_of(products: int) -> list[Step]:
    """Order so many products, use each, and give them back.

    Whoever is to choose an identity, one of the two creates is in the right form; for one product they are two tries.
    """
    creates = [Create("a", form="server"), Look(), Create("b", form="caller"), Look()]
    deletes = [Delete("a"), Look(), Delete("b"), Look()]
    return [
        Look(),
        ListOrders(),
        more(products, label="first"),
        LookUp("first"),
        ListOrders(),
        Look(),
        *creates,
        *deletes,
        fewer(products, label="back"),
        LookUp("back"),
        ListOrders(),
        Look(),
    ]


@pytest.mark.requirements("R4", "L1", "L2", "L8")
def test_the_documented_walk_works_from_end_to_end(run: Run) -> None:
    """Each documented step does what the document says, and the next one sees it."""
    products = max(1, min(2, run.room()))
    run.walk(walk_of(products))
    if products > 1 and "R4" in run.hearing.undecided:
        run.walk(walk_of(1))  # a nearly full account may have room for one


@pytest.mark.requirements("L1", "L8", "H3")
@pytest.mark.parametrize("quantity", [1, 2, 3, 5])
def test_an_order_changes_the_total_by_its_quantity(run: Run, quantity: int) -> None:
    """Up by exactly so much, and down again."""
    run.examine(
        [
            Look(),
            more(quantity, label="up"),
            Look(),
            LookUp("up"),
            LookUp("up", located=True),
            ListOrders(),
            Look(),
            fewer(quantity, label="down"),
            Look(),
            LookUp("down"),
            LookUp("down", located=True),
            LookUp("up"),
            ListOrders(),
            Look(),
        ]
    )


@pytest.mark.requirements("L1", "L8")
def test_every_quantity_counts_as_itself(run: Run) -> None:
    """No number is rounded, cut or mistaken for another, neither up nor down."""
    most = min(run.room(), 12 * run.depth.long)
    steps = [step for number in range(1, most + 1) for step in (more(number), Look(), fewer(number), Look())]
    run.examine([Look(), *steps, ListOrders(), Look()])


@pytest.mark.requirements("L1", "L3", "L8")
def test_what_is_seen_at_once_after_an_order_is_whole(run: Run) -> None:
    """Nobody waits here: an order that takes a moment leaves the numbers as they were until it is fulfilled."""
    run.examine(
        [
            Look(),
            replace(more(4, label="up"), wait=False),
            Look(),
            LookUp("up"),
            ListOrders(),
            Look(),
            Create("a"),
            Look(),
            replace(fewer(2, label="down"), wait=False),
            Look(),
            Create("b"),
            Look(),
            LookUp("down"),
            ListOrders(),
            Look(),
            Delete("a"),
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
