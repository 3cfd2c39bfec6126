"""Roaming: programmes whose every step does what was not done yet, or least often, in such a place.

A sketch of the account, kept as a correct target would keep it, tells which steps make sense and how new each one is:
after these two steps, at this total, with so many in use, by this quantity, after so many orders. The newest is taken.
So pairs and triples of operations, levels, quantities and long histories are covered evenly, where chance alone would
come back to the same few. What is drawn never depends on what the target answers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from kandykit.calls import OrderKind
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    ListOrders,
    Look,
    LookUp,
    Order,
    Programme,
    Send,
    Step,
)

MALFORMED: Final = ("order: quantity is minus one", "subscriber: product is unknown", "order: quantity is a string")
"""Refusals that depend on nothing: they must change nothing wherever they come."""

SELDOM: Final[Mapping[str, float]] = {
    "too many": 0.6,
    "all that is free": 0.6,
    "nothing left for caller": 0.6,
    "nothing left for server": 0.6,
    "nothing left to come back to": 0.6,
    "delete nobody": 0.5,
    "malformed": 0.5,
    "read list": 0.5,
    "read more": 0.6,
    "read fewer": 0.6,
    "read nothing": 0.3,
}
"""Steps that tell less, or end what was being built up, come less often than the others."""

LENGTHS: Final = (10, 16, 24, 48)
"""How many steps a programme has, reads after writes not counted; the long ones are for what adds up."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step that could be next; ``kind`` is what it does on a correct target, ``traits`` what else is telling."""

    kind: str
    step: Step
    traits: tuple[Hashable, ...] = ()
    total: int = 0
    created: str = ""
    deleted: str = ""

    @property
    def effect(self) -> str:
        """What it changes, in one word."""
        if self.total:
            return "more" if self.total > 0 else "fewer"
        return "create" if self.created else "delete" if self.deleted else "nothing"


START: Final = Move("start", Look())

LONGEST_RUN: Final = 6
"""So many steps of one effect in a row are told apart."""


@dataclass(slots=True)
class Sketch:
    """The account as a correct target would hold it; ``base`` is what was in stock before the programme.

    ``aim`` is how many live subscribers and how many free products this programme drifts towards.
    """

    base: int
    used: int
    total: int
    live: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    aim: tuple[int, int] = (3, 3)
    creates: int = 0
    deletes: int = 0
    levels: set[int] = field(default_factory=set)

    @property
    def available(self) -> int:
        """What is neither in use nor sold."""
        return self.total - self.used


class Roaming:
    """Draws programmes for an account that holds ``total`` products, ``used`` of them, with ``room`` for more.

    One object remembers what its programmes have done, so that each next one goes elsewhere.
    """

    def __init__(self, chosen: int, *, total: int, used: int, room: int) -> None:
        self._random = random.Random(chosen)
        self._total, self._used, self._room = total, used, room
        self._met: Counter[Hashable] = Counter()

    def programmes(self, count: int) -> Iterator[Programme]:
        """So many programmes, each from the account as it was found."""
        for number in range(count):
            yield self._programme(LENGTHS[number % len(LENGTHS)], looks=number % 5 != 4, lists=number % 3 == 2)

    def _programme(self, length: int, *, looks: bool, lists: bool) -> list[Step]:
        sketch = Sketch(self._total, self._used, self._total)
        live = self._random.choice((0, 1, 2, 3, 5, 8))
        sketch.aim = min(live, self._room // 2), self._random.choice((0, 1, 2, 4, 8))
        steps: list[Step] = [Look()]
        past = [START] * LONGEST_RUN
        for _ in range(length):
            move = self._newest(sketch, past)
            steps.append(move.step)
            self._follow(sketch, move)
            past = [*past[1:], move]
            if looks:
                steps.append(Look())
            if lists and isinstance(move.step, Order) and len(sketch.orders) % 3 == 0:
                steps.append(ListOrders())
        return [*steps, *([ListOrders()] if lists else []), Look()]

    # -- which step is next -------------------------------------------------------------------------------------

    def _newest(self, sketch: Sketch, past: list[Move]) -> Move:
        best: tuple[float, Move, list[tuple[float, Hashable]]] | None = None
        for move in self._moves(sketch):
            places = self._places(move, sketch, past)
            newness = sum(weight / (1 + self._met[place]) for weight, place in places)
            newness *= SELDOM.get(move.kind, 1.0) * _drift(sketch, move) * self._random.uniform(0.85, 1.15)
            if best is None or newness > best[0]:
                best = newness, move, places
        assert best is not None
        self._met.update(place for _, place in best[2])
        return best[1]

    def _places(self, move: Move, sketch: Sketch, past: list[Move]) -> list[tuple[float, Hashable]]:
        """Where this step would be taken, from every side from which one could look, and what each is worth."""
        kind, last = move.kind, past[-1]
        writes = not kind.startswith("read")
        places: list[tuple[float, Hashable]] = [
            (2.0, ("pair", last.kind, kind)),
            (1.5 if writes else 0.3, ("triple", past[-2].kind, last.kind, kind)),
        ]
        if writes:
            places += [
                (1.0, ("four", *(one.effect for one in past[-3:]), move.effect)),
                (2.0, ("run", move.effect, _run(past, move))),
                (0.7, ("by so much", last.total, kind)),
                (1.0, ("total", kind, sketch.total - sketch.base)),
                (1.0, ("used", kind, sketch.used - self._used)),
                (0.7, ("available", kind, min(sketch.available, 8))),
                (0.5, ("stage", kind, len(sketch.orders) // 4, sketch.creates // 5)),
                (0.5, ("after", last.kind, kind, min(sketch.available, 2), min(len(sketch.live), 2))),
            ]
        return places + [(0.8, (kind, trait)) for trait in move.traits]

    def _moves(self, sketch: Sketch) -> Iterator[Move]:
        yield from self._orders(sketch)
        yield from self._creates(sketch)
        yield from self._deletes(sketch)
        yield Move("malformed", Send(self._random.choice(MALFORMED)))
        yield Move("read list", ListOrders())
        yield Move("read nothing", LookUp())
        if sketch.orders:
            count = len(sketch.orders)
            which = self._random.choice((0, count - 1, count // 2, max(0, count - 2)))
            kind, age = ("fewer" if sketch.orders[which] < 0 else "more"), min(count - which, 4)
            yield Move(f"read {kind}", LookUp(f"o{which}"), (("age", age), ("free", min(sketch.available, 2))))

    def _orders(self, sketch: Sketch) -> Iterator[Move]:
        label = f"o{len(sketch.orders)}"
        room = self._room - (sketch.total - sketch.base)
        telling = {1, 2, 3, sketch.total, sketch.available, sketch.used, self._random.randint(1, max(1, room))}
        for quantity in sorted(telling):
            if 1 <= quantity <= room:
                traits = self._about(sketch, quantity, sketch.total + quantity)
                yield Move("more", _order(OrderKind.INCREMENT, quantity, label), traits, quantity)
        ours = min(sketch.available, sketch.total - sketch.base)
        telling = {1, 2, ours - 1, sketch.used, sketch.total // 2, self._random.randint(1, max(1, ours))}
        for quantity in sorted(telling | {abs(sketch.orders[-1]) if sketch.orders else 0}):
            if 1 <= quantity < ours or 1 <= quantity == ours < sketch.available:
                traits = self._about(sketch, quantity, sketch.total - quantity)
                yield Move("fewer", _order(OrderKind.DECREMENT, quantity, label), traits, -quantity)
        if 1 <= sketch.available <= sketch.total - sketch.base:
            traits = self._about(sketch, sketch.available, sketch.used)
            step = Order(OrderKind.DECREMENT, Amount(0, "available"), label)
            yield Move("all that is free", step, traits, -sketch.available)
        for plus in (1, 2, sketch.used + 1):
            traits = self._about(sketch, sketch.available + plus, sketch.total)
            yield Move("too many", Order(OrderKind.DECREMENT, Amount(plus, "available"), ""), traits)

    def _about(self, sketch: Sketch, quantity: int, after: int) -> tuple[Hashable, ...]:
        """What may be special about a quantity: itself, and what it is equal to."""
        return (
            ("quantity", quantity),
            ("all", quantity == sketch.total, quantity == sketch.used),
            ("half", 2 * quantity == sketch.total),
            ("as before", bool(sketch.orders) and abs(sketch.orders[-1]) == quantity),
            ("been there", after in sketch.levels),
            ("to", after - sketch.base),
        )

    def _creates(self, sketch: Sketch) -> Iterator[Move]:
        label = f"s{len(sketch.live) + len(sketch.gone)}"
        traits: tuple[Hashable, ...] = (("number", sketch.creates),)
        for form in ("caller", "server"):
            if sketch.available > 0:
                yield Move(f"create by {form}", Create(label, form), traits, created=label)
            else:
                yield Move(f"nothing left for {form}", Create(f"refused {label}", form), traits)
        if sketch.live:
            again = self._random.choice(sketch.live)
            yield Move("taken", Create(again, again=again), (("live", len(sketch.live)),))
        if sketch.gone:
            again = self._random.choice(sketch.gone[-3:])
            # A target may refuse what was in use once; then what the sketch says of it is a little off.
            if sketch.available > 0:
                yield Move("create again", Create(again, again=again), traits, created=again)
            else:
                yield Move("nothing left to come back to", Create(again, again=again), traits)

    def _deletes(self, sketch: Sketch) -> Iterator[Move]:
        for place, name in (("oldest", 0), ("youngest", -1), ("middle", len(sketch.live) // 2)):
            if sketch.live and (place != "middle" or len(sketch.live) > 2):
                label = sketch.live[name]
                traits = (("rank", place, len(sketch.live)), ("number", sketch.deletes))
                yield Move(f"delete the {place}", Delete(label), traits, deleted=label)
        if sketch.gone:
            label = sketch.gone[-1 if self._random.random() < 0.7 else 0]
            yield Move("delete once more", Delete(label), (("live", len(sketch.live)),))
        yield Move("delete nobody", DeleteNobody(), (("live", len(sketch.live)),))

    def _follow(self, sketch: Sketch, move: Move) -> None:
        """What the step does to the account of a correct target."""
        sketch.levels.add(sketch.total)
        sketch.total += move.total
        if isinstance(move.step, Order) and move.total:
            sketch.orders.append(move.total)
        if move.created:
            sketch.used += 1
            sketch.creates += 1
            if move.created in sketch.gone:
                sketch.gone.remove(move.created)
            sketch.live.append(move.created)
        if move.deleted:
            sketch.used -= 1
            sketch.deletes += 1
            sketch.live.remove(move.deleted)
            sketch.gone.append(move.deleted)


def _run(past: Sequence[Move], move: Move) -> int:
    """The how manieth step of its effect in a row this is."""
    return 1 + sum(1 for _ in takewhile(lambda one: one.effect == move.effect, reversed(past)))


def _drift(sketch: Sketch, move: Move) -> float:
    """More than one for a step towards what the programme aims at, less for one away from it."""
    live, free = sketch.aim
    towards = 0
    if move.created or move.deleted:
        towards = (1 if len(sketch.live) < live else -1) * (1 if move.created else -1)
    elif move.total:
        towards = (1 if sketch.available < free else -1) * (1 if move.total > 0 else -1)
    return 1.0 + 0.4 * towards


def _order(kind: OrderKind, quantity: int, label: str) -> Order:
    return Order(kind, Amount(quantity), label)
