"""Aimed races: for each way in which two calls can come between each other's check and act, the calls that show it."""

from __future__ import annotations

from typing import Final

from kandykit.calls import OrderKind
from kandykit.explore.races.race import Race
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    Fill,
    ListOrders,
    Look,
    Order,
    Renew,
    Step,
    fewer,
    more,
)


def _creates(number: int, form: str = "server", prefix: str = "n") -> tuple[Step, ...]:
    return tuple(Create(f"{prefix}{index}", form) for index in range(number))


def _subscribers(*labels: str) -> list[Step]:
    return [Create(label) for label in labels]


def _stock(free: int, *labels: str) -> list[Step]:
    """Leave exactly so many products free beside the named subscribers, as far as the budget lets that be."""
    needed = free + len(labels)
    order: list[Step] = [more(needed)] if needed else []
    return [*order, Look(), *_subscribers(*labels), Look(), Fill(leave=free)]


LOOKS: Final = (Look(), Look())

TRAIN: Final = (Look(), ListOrders(then=True), Look(then=True), ListOrders(then=True))
LIST_FIRST: Final = (ListOrders(), Look(then=True), ListOrders(then=True), Look(then=True))
"""Reads that follow each other, so that what one shows the next must not take back."""

AIMED: Final[tuple[Race, ...]] = (
    Race("many creates for the last product", _stock(1), (_creates(8),)),
    Race("two creates for the last product", _stock(1), (_creates(2),)),
    Race("two decrements of the last product", _stock(1), ((fewer(1), fewer(1)),)),
    Race(
        "two increments for the last room",
        [Order(OrderKind.INCREMENT, Amount(-1, "room")), Look()],
        ((more(1), more(1)),),
    ),
    Race(
        "a create beside those of a taken identity",
        _stock(1, "a"),
        ((*(Create(f"taken {number}", again="a") for number in range(3)), Create("new"), Look()),),
    ),
    Race(
        "reads while increments find no room",
        [Order(OrderKind.INCREMENT, Amount(0, "room")), Look()],
        ((more(1), Look(), Look(), more(1), Look(), ListOrders()),),
    ),
    Race("a crowd of creates for a few products", _stock(3), ((*_creates(6), *_creates(6, "caller", "c")),)),
    Race("a crowd of creates where there is enough", _stock(8), ((Look(), *_creates(6), Look()),)),
    Race(
        "one identity for several creates",
        _stock(5),
        ((Create("twin"), *(Create("twin", again="twin") for _ in range(4)), Look()),),
    ),
    Race(
        "an identity given back and taken anew",
        _stock(3, "a"),
        ((Delete("a"), *(Create(f"anew {number}", again="a") for number in range(3)), Look()),),
    ),
    Race("several deletes of one subscriber", _stock(1, "a", "b", "c"), ((*[Delete("a")] * 6, Look()),)),
    Race(
        "deletes of several subscribers",
        _stock(1, "a", "b", "c", "d"),
        ((Delete("a"), Delete("b"), Delete("c"), Delete("d"), Look()),),
    ),
    Race("a decrement against creates", _stock(3), ((fewer(0, "available"), *_creates(4)),)),
    Race("creates against a decrement", _stock(3), ((*_creates(4), fewer(0, "available")),)),
    Race("decrements of the same products", _stock(2, "a", "b"), ((fewer(2), fewer(2), fewer(1), fewer(1)),)),
    Race(
        "increments for the last room below the limit",
        [Order(OrderKind.INCREMENT, Amount(-1, "room")), Look()],
        ((more(1), more(1), more(1), more(1)),),
    ),
    Race("equal orders", [], ((more(1), more(1), more(1), more(1), Look()), (ListOrders(), Look()))),
    Race(
        "orders both ways",
        _stock(4),
        ((more(1), fewer(1), more(2), fewer(2), Look(), ListOrders()), (more(1), fewer(1), Look())),
    ),
    Race(
        "reads while products are bought and used",
        _stock(0),
        ((*LOOKS, more(2), *_creates(2), *LOOKS), (Look(), Look())),
    ),
    Race(
        "reads while products are freed and given back",
        _stock(0, "a", "b"),
        ((*LOOKS, Delete("a"), Delete("b"), fewer(2), *LOOKS), (Look(), Look())),
    ),
    Race(
        "reads one after another while products are bought",
        _stock(1),
        (
            (more(2), *TRAIN, *LIST_FIRST, more(1)),
            (Create("late"), *TRAIN, *LIST_FIRST, fewer(1)),
        ),
    ),
    Race("reads while subscribers come", _stock(5), ((Look(), *_creates(3), Look()), (Look(), Create("late"), Look()))),
    Race(
        "two accounts at once",
        [*_stock(6, "a", "b"), more(6, account=1), Create("theirs", account=1), Look(account=1)],
        (
            (
                *(each for index in range(4) for each in (Create(f"n{index}"), Create(f"t{index}", account=1))),
                *(Delete("a"), Delete("theirs", account=1), more(1), more(2, account=1)),
                # What one account left to the other is told from its own only where the two differ.
                *(fewer(2), fewer(1, account=1), more(3)),
            ),
        ),
    ),
    Race(
        "reads on two accounts at once",
        [*_stock(2, "a"), more(5, account=1), Create("theirs", account=1), Look(account=1), ListOrders(account=1)],
        (
            (Look(), Look(account=1)) * 6,
            (ListOrders(), ListOrders(account=1), Look(), Look(account=1)) * 3,
        ),
    ),
    Race(
        "tokens for two accounts at once",
        [*_stock(2, "a"), more(5, account=1), Create("theirs", account=1), Look(account=1)],
        ((Renew(), Renew(account=1), Look(), Look(account=1)),) * 6,
    ),
    Race(
        "subscribers come and go",
        _stock(4, "a", "b", "c"),
        (
            (Create("d", "caller"), Delete("a"), Create("e"), Look(), DeleteNobody()),
            (Delete("b"), Create("f"), Delete("d"), Create("g", "server"), Delete("c"), Look()),
        ),
    ),
)
"""Every aimed race; each is complete in itself."""
