"""Which of a document's operations is which of the contract's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kandykit.calls import Operation
from kandykit.guess.outline import Outline, Outlined
from kandykit.guess.vocabulary import (
    AVAILABLE,
    IDENTITY,
    INVENTORY,
    ORDERS,
    PASSWORD,
    QUANTITY,
    SUBSCRIBERS,
    TOKENS,
    TOTAL,
    USED,
    fit,
    words_of,
)


@dataclass(frozen=True, slots=True)
class Roles:
    """The operations that were found, each with why it is taken for that; ``one_order`` reads one by its path."""

    place: Outlined | None
    orders: Outlined | None
    one_order: Outlined | None
    inventory: Outlined | None
    create: Outlined | None
    delete: Outlined | None
    why: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The operations of the contract that the document does not seem to have."""
        found = {
            Operation.PLACE_ORDER: self.place,
            Operation.READ_ORDERS: self.orders or self.one_order,
            Operation.READ_INVENTORY: self.inventory,
            Operation.CREATE_SUBSCRIBER: self.create,
            Operation.DELETE_SUBSCRIBER: self.delete,
        }
        return [operation.value for operation, outlined in found.items() if outlined is None]


Weigh = Callable[[Outlined], float]


def roles_of(outline: Outline) -> Roles:
    """Sort a document's operations; what none fits is None."""
    every = [each for each in outline.operations if not TOKENS & set(words_of(each.template))]
    why: dict[str, str] = {}

    def choose(name: str, method: str, weigh: Weigh, taken: Sequence[Outlined | None] = ()) -> Outlined | None:
        ranked = sorted(
            ((weigh(each), each) for each in every if each.method == method and each not in taken),
            key=lambda pair: -pair[0],
        )
        if not ranked or ranked[0][0] < 2:
            return None
        why[name] = _reason(ranked[0][1], ranked[1][1] if len(ranked) > 1 and ranked[1][0] >= 2 else None)
        return ranked[0][1]

    place = choose("place", "POST", lambda each: _named(each, ORDERS) - _named(each, SUBSCRIBERS) / 2 + _orders(each))
    create = choose("create", "POST", lambda each: _named(each, SUBSCRIBERS) + _creates(each), (place,))
    home = _collection(place.template) if place else "/-"
    inventory = choose(
        "inventory",
        "GET",
        lambda each: (
            _named(each, INVENTORY)
            + _shows_stock(each)
            - 6 * ("{" in each.template)
            - 6 * (_collection(each.template) == home)
        ),
    )
    orders = choose(
        "orders", "GET", lambda each: _named(each, ORDERS) + _below(each, home, "list") + _lists(each), (inventory,)
    )
    one_order = choose(
        "one_order", "GET", lambda each: _named(each, ORDERS) + _below(each, home, "one"), (inventory, orders)
    )
    own = _collection(create.template) if create else "/-"
    delete = choose(
        "delete", "DELETE", lambda each: _named(each, SUBSCRIBERS) + 3 * (_collection(each.template) == own)
    )
    if orders is not None and "{" in orders.template:
        orders, one_order = None, orders
    if one_order is not None and "{" not in one_order.template:
        one_order = None
    return Roles(place, orders, one_order, inventory, create, delete, why)


def _reason(chosen: Outlined, second: Outlined | None) -> str:
    rest = f"; the next likely one is {second.label}" if second else ""
    return f"of the document's operations {chosen.label} fits best{rest}"


def _named(each: Outlined, meaning: dict[str, float]) -> float:
    return 1.5 * fit(_collection(each.template), meaning) + 0.5 * fit(each.words, meaning)


def _collection(template: str) -> str:
    return "/".join(part for part in template.split("/") if not part.startswith("{"))


def _orders(each: Outlined) -> float:
    asks = any(member.is_number and fit(member.name, QUANTITY) > 0 for member in each.asked)
    return 3.0 * asks - 3.0 * ("{" in each.template)


def _creates(each: Outlined) -> float:
    shows = max((fit(member.name, PASSWORD) for member in each.given), default=0)
    names = any(fit(member.name, IDENTITY) > 0 and member.is_leaf for member in each.given)
    return min(shows, 4) + names - 3.0 * ("{" in each.template)


def _shows_stock(each: Outlined) -> float:
    numbers = [member for member in each.given if member.is_number]
    return min(
        4, sum(max(fit(member.name, meaning) for meaning in (TOTAL, USED, AVAILABLE)) > 1 for member in numbers) * 1.5
    )


def _lists(each: Outlined) -> float:
    return 1.0 * any("array" in member.types for member in each.given)


def _below(each: Outlined, home: str, wanted: str) -> float:
    single = "{" in each.template
    near = _collection(each.template).startswith(home)
    return 3.0 * near + (3.0 if single == (wanted == "one") else -4.0)
