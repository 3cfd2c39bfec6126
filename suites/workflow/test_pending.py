"""Orders that take a moment: what else happens meanwhile. Where they are fulfilled at once, the same holds at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kandykit.explore.steps import Await, Create, Delete, ListOrders, Look, LookUp, Order, fewer, more
from kandykit.run import Run


def at_once(order: Order) -> Order:
    """The same order, which nobody waits for."""
    return replace(order, wait=False)


@pytest.mark.requirements("L3", "L6")
@pytest.mark.parametrize("down", [1, 2])
def test_what_a_pending_order_is_to_take_can_be_used_first(run: Run, down: int) -> None:
    """The last free product is given out or taken away, never both."""
    run.examine(
        [
            Look(),
            more(2),
            Look(),
            *([Create("a")] if down == 1 else []),
            at_once(fewer(down, label="down")),
            Create("b"),
            Await(),
            Look(),
            LookUp("down"),
            Delete("b"),
            Look(),
        ]
    )


@pytest.mark.requirements("L3", "L6")
def test_pending_orders_cannot_take_the_same_products(run: Run) -> None:
    """Two orders for all that is free: one of them finds nothing left."""
    run.examine(
        [
            Look(),
            more(2),
            Look(),
            at_once(fewer(2, label="one")),
            at_once(fewer(2, label="other")),
            Await(),
            Look(),
            LookUp("one"),
            LookUp("other"),
            Look(),
        ]
    )


@pytest.mark.requirements("L1", "L8")
def test_pending_orders_are_all_carried_out(run: Run) -> None:
    """Each by its own quantity and once, whichever others wait with it, and be they alike."""
    run.examine(
        [
            Look(),
            at_once(more(1, label="one")),
            at_once(more(2, label="two")),
            at_once(more(2, label="like two")),
            at_once(more(3, label="three")),
            Look(),
            Await(),
            Look(),
            at_once(fewer(2, label="four")),
            at_once(fewer(2, label="like four")),
            at_once(more(1, label="five")),
            Await(),
            Look(),
            *[LookUp(name) for name in ("one", "two", "like two", "three", "four", "like four", "five")],
            ListOrders(),
            Look(),
        ]
    )


@pytest.mark.requirements("L2", "L5", "L10")
def test_subscribers_come_and_go_while_an_order_is_pending(run: Run) -> None:
    """What they use and give back stays theirs when the order is carried out."""
    run.examine(
        [
            Look(),
            more(2),
            Create("a"),
            Look(),
            at_once(more(2)),
            Create("b"),
            Delete("a"),
            Look(),
            Await(),
            Look(),
            Create("c"),
            Create("d"),
            at_once(fewer(1)),
            Delete("b"),
            Await(),
            Look(),
            Delete("c"),
            Look(),
        ]
    )


@pytest.mark.requirements("L7")
def test_pending_orders_do_not_pass_the_limit_together(run: Run) -> None:
    """One order fills the room up to the limit, and the next finds none, though the first is not carried out yet."""
    run.examine(
        [
            Look(),
            at_once(more(0, of="room", label="one")),
            at_once(more(1, of="room", label="other")),
            Await(),
            Look(),
            LookUp("one"),
            LookUp("other"),
            Look(),
        ]
    )
