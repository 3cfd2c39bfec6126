"""Covering: programmes in which every deed comes after every two or three others, by construction and not by chance.

What turns wrong only after a refusal, or after two deletions in a row, shows to nobody who never does just that. A
de Bruijn sequence holds every run of so many deeds once and is as short as that can be; it is cut into programmes, each
of which begins with the products and subscribers that its deeds need. Nothing here depends on what the target answers.
A read between two deeds may hide what the first does to the second, so there are programmes with none as well.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kandykit.calls import OrderKind
from kandykit.exchange import Credential
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    Intrude,
    ListOrders,
    Look,
    LookUp,
    Order,
    Programme,
    Send,
    Step,
    more,
)


class Deed(StrEnum):
    """What a step does on a correct target; those from `BELOW_USE` on do nothing."""

    MORE = "more"
    FEWER = "fewer"
    CREATE = "create"
    CREATE_UNNAMED = "create unnamed"
    DELETE = "delete"
    BELOW_USE = "below use"
    NOBODY = "nobody"
    TAKEN = "taken"
    BEYOND_LIMIT = "beyond limit"
    MALFORMED_ORDER = "malformed order"
    MALFORMED_CREATE = "malformed create"
    HEAD = "head"
    OPTIONS = "options"
    WRONG_METHOD = "wrong method"
    NO_TOKEN = "no token"
    READ_NOTHING = "read nothing"
    READ_ORDER = "read order"
    READ_ORDERS = "read orders"
    READ_INVENTORY = "read inventory"


CHANGING: Final = (Deed.MORE, Deed.FEWER, Deed.CREATE, Deed.DELETE)
EVERY: Final = (*CHANGING, Deed.BELOW_USE, Deed.NOBODY, Deed.TAKEN, Deed.BEYOND_LIMIT)
"""Each kind once: who chooses the identity is drawn, and no refusal is of a malformed call."""

FINEST: Final = tuple(Deed)

UNUSUAL: Final = {
    Deed.MALFORMED_ORDER: "order: quantity is minus one",
    Deed.MALFORMED_CREATE: "subscriber: product is unknown",
    Deed.HEAD: "method: HEAD inventory",
    Deed.OPTIONS: "method: OPTIONS inventory",
    Deed.WRONG_METHOD: "method: PUT inventory",
}
"""Unusual requests that change nothing on any correct target, by their names."""

FIRST_ORDER: Final = "first"
"""The label of the order that a programme begins with."""

READS: Final[Mapping[Deed, Step]] = {
    Deed.NO_TOKEN: Intrude(Credential.NONE, "inventory"),
    Deed.READ_NOTHING: LookUp(),
    Deed.READ_ORDER: LookUp(FIRST_ORDER),
    Deed.READ_ORDERS: ListOrders(),
    Deed.READ_INVENTORY: Look(),
}
"""Reads, one that must not succeed among them."""

LONGEST: Final = 24
"""So many deeds make a programme, where what they need fits."""

LONGEST_UNSEEN: Final = 10
"""The same where nothing is read in between: any of them may have done what the end shows."""


def de_bruijn(deeds: Sequence[Deed], run: int) -> list[Deed]:
    """The shortest sequence in which every ``run`` of deeds comes once, its end continued by its beginning."""
    word = [0] * (len(deeds) * run)
    found: list[int] = []

    def extend(length: int, period: int) -> None:
        if length > run:
            if run % period == 0:
                found.extend(word[1 : period + 1])
            return
        word[length] = word[length - period]
        extend(length + 1, period)
        for deed in range(word[length - period] + 1, len(deeds)):
            word[length] = deed
            extend(length + 1, length)

    extend(1, 1)
    return [deeds[index] for index in [*found, *found[: run - 1]]]


def without_limit(deeds: Sequence[Deed]) -> tuple[Deed, ...]:
    """The same deeds for an account whose limit is not known, or cannot be tried."""
    return tuple(deed for deed in deeds if deed is not Deed.BEYOND_LIMIT)


def covering(deeds: Sequence[Deed], run: int, chosen: int, room: int, *, seen: bool = True) -> Iterator[Programme]:
    """Programmes that together hold every ``run`` of these deeds, with no more than ``room`` products at any time.

    ``chosen`` is the seed that draws quantities and who is deleted; ``seen`` puts a look behind each deed. Nothing
    where there is no room for one deed.
    """
    drawn = random.Random(chosen)
    sequence = de_bruijn(deeds, run)
    start = 0
    while start <= len(sequence) - run:
        length = LONGEST if seen else LONGEST_UNSEEN
        while length >= run and (cut := _Cut.of(sequence[start : start + length], drawn)).most > room:
            length -= 1
        if length < run:
            start += 1
            continue
        yield cut.programme(drawn, named=Deed.CREATE_UNNAMED in deeds, seen=seen)
        start += length - run + 1


@dataclass(slots=True)
class _Cut:
    """A piece of a sequence with its quantities, and what it needs to begin with."""

    deeds: list[tuple[Deed, int]]
    products: int
    live: int
    most: int

    @classmethod
    def of(cls, deeds: Sequence[Deed], drawn: random.Random) -> _Cut:
        """Quantities that keep the stock near where it begins, and the least with which nothing is refused."""
        kept: list[tuple[Deed, int]] = []
        total = used = 0
        least_free = least_used = highest = 0
        for deed in deeds:
            quantity = drawn.choice((1, 1, 2, 3))
            if deed is Deed.MORE:
                total += (quantity := quantity if total <= 0 else 1)
            elif deed is Deed.FEWER:
                total -= (quantity := quantity if total >= 3 else 1)
            elif deed in (Deed.CREATE, Deed.CREATE_UNNAMED):
                used += 1
            elif deed is Deed.DELETE:
                used -= 1
            kept.append((deed, quantity))
            least_used = min(least_used, used - (deed is Deed.TAKEN))
            least_free = min(least_free, total - used)
            highest = max(highest, total)
        products = max(-least_free - least_used, 0) + 1
        return cls(kept, products, -least_used, products + highest)

    def programme(self, drawn: random.Random, *, named: bool, seen: bool) -> list[Step]:
        """The steps: what is needed first, then the deeds, each with a look behind it where they are ``seen``.

        ``named``: a create is of an identity of our choice; otherwise that is drawn.
        """
        making = _Making(drawn, named, seen)
        making.steps += [more(self.products, label=FIRST_ORDER), *([Look()] if seen else [])]
        for _ in range(self.live):
            making.take(Deed.CREATE, 1)
        for deed, quantity in self.deeds:
            making.take(deed, quantity)
        return [Look(), *making.steps, ListOrders(), Look()]


@dataclass(slots=True)
class _Making:
    """A programme as it grows, and who is live in it."""

    drawn: random.Random
    named: bool
    seen: bool
    steps: list[Step] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def take(self, deed: Deed, quantity: int) -> None:
        """Add a deed and, where it is seen, a look at what became of it."""
        self.steps += [self._step(deed, quantity), *([Look()] if self.seen else [])]

    def _step(self, deed: Deed, quantity: int) -> Step:
        if deed is Deed.MORE:
            return Order(OrderKind.INCREMENT, Amount(quantity))
        if deed is Deed.FEWER:
            return Order(OrderKind.DECREMENT, Amount(quantity))
        if deed is Deed.BELOW_USE:
            return Order(OrderKind.DECREMENT, Amount(quantity, "available"))
        if deed is Deed.BEYOND_LIMIT:
            return Order(OrderKind.INCREMENT, Amount(1, "room"))
        if deed in UNUSUAL:
            return Send(UNUSUAL[deed])
        if deed in READS:
            return READS[deed]
        if deed in (Deed.CREATE, Deed.CREATE_UNNAMED):
            label = f"s{len(self.live) + len(self.gone)}"
            self.live.append(label)
            form = "caller" if self.named else self.drawn.choice(("caller", "server"))
            return Create(label, form if deed is Deed.CREATE else "server")
        if deed is Deed.TAKEN:
            label = self.drawn.choice(self.live)
            return Create(label, again=label)
        if deed is Deed.NOBODY:
            return Delete(self.gone[-1]) if self.gone and self.drawn.random() < 0.6 else DeleteNobody()
        label = self.live.pop(self.drawn.choice((0, -1, len(self.live) // 2)))
        self.gone.append(label)
        return Delete(label)
