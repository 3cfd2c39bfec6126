"""Orders taken out of a history: their numbers and what lists show of them, and the mutators that are left."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from kandykit.calls import OrderKind, OrderView, Outcome, PlaceOrder, ReadOrders, Stage
from kandykit.linearize.problem import Kind, Mutator
from kandykit.linearize.verdict import Violation
from kandykit.model.event import Event
from kandykit.model.orders import CHANGED

FINAL = (Stage.DONE, Stage.NOT_DONE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An order as one read showed it."""

    event: Event
    view: OrderView


def order_kind(call: PlaceOrder) -> Kind:
    """What a fulfilled order does, and what it needs."""
    if call.kind is OrderKind.INCREMENT:
        return Kind(call.quantity, 0, limited=True)
    return Kind(-call.quantity, 0, needs=call.quantity)


class Ledger:
    """What a history shows of its orders: sightings by their numbers, whole lists, and the numbers of those placed."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.seen: dict[str, list[Sighting]] = {}
        self.lists: list[Event] = []
        self.known: set[str | None] = set()
        for event in sorted(events, key=lambda event: event.exchange.ended):
            order, orders = event.reply.order, event.reply.orders
            for view in (*(orders or ()), *((order,) if order else ())):
                if view.number is None:
                    continue
                sightings = self.seen.setdefault(view.number, [])
                # A list shows old orders as they were shown before, and that tells nothing new once they are final.
                if not (sightings and sightings[-1].view is view and view.stage in FINAL):
                    sightings.append(Sighting(event, view))
            if order is not None:
                self.known.add(order.number)
            if orders is not None and isinstance(event.meant, ReadOrders) and event.meant.number is None:
                self.lists.append(event)
        self.lists.sort(key=lambda event: event.exchange.started)

    def list_after(self, moment: float) -> Event | None:
        """The first whole list that was asked for then or later."""
        at = bisect_left(self.lists, moment, key=lambda event: event.exchange.started)
        return self.lists[at] if at < len(self.lists) else None

    def lists_between(self, begin: float, end: float) -> Sequence[Event]:
        """The whole lists that were asked for within this time."""
        first, behind = (bisect_left(self.lists, at, key=lambda event: event.exchange.started) for at in (begin, end))
        return self.lists[first:behind]


def order_mutators(
    events: Sequence[Event], ledger: Ledger, fences: Sequence[float], *, lags: bool
) -> Iterable[Mutator]:
    """Every order that changed the total, or may have; ``lags`` when reads prove nothing of their own moment."""
    for event in events:
        call, outcome = event.meant, event.reply.outcome
        if not isinstance(call, PlaceOrder):
            continue
        kind = order_kind(call)
        if outcome is Outcome.UNCLEAR:
            yield from _unclear(event, call, kind, ledger, fences, lags)
        elif outcome is Outcome.DONE:
            view = event.reply.order or OrderView(None)
            if view.stage is Stage.DONE:
                yield _fulfilled(event, kind, ledger, lags)
            elif view.stage is not Stage.NOT_DONE:
                yield from _pending(event, kind, ledger.seen.get(view.number or "", []), lags)


def _fulfilled(event: Event, kind: Kind, ledger: Ledger, lags: bool) -> Mutator:
    """It takes effect while its call is under way: after the last list without it, before a list shows it fulfilled.

    A list that began before the answer and shows the order has it from then on: whoever reads the inventory next finds
    it there, and who found it there finds it in the next list.
    """
    called, due = event.exchange.started, event.exchange.ended
    view = event.reply.order
    if lags or view is None or view.number is None:
        return Mutator(event.seq, kind, called, due)
    seen = ledger.seen.get(view.number, [])
    due = min([due, *(each.event.exchange.ended for each in seen if each.view.stage is Stage.DONE)])
    waiting = [each.event.exchange.started for each in seen if each.view.stage is Stage.OPEN]
    without = [read.exchange.started for read in ledger.lists_between(called, due) if not _lists(read, view.number)]
    begun = max([called, *waiting, *without])
    # What contradicts itself is no matter of the stock: the laws of the ledger say so.
    return Mutator(event.seq, kind, begun if begun <= due else called, due)


def _lists(read: Event, number: str) -> bool:
    return any(view.number == number for view in read.reply.orders or ())


def _pending(event: Event, kind: Kind, seen: list[Sighting], lags: bool) -> Iterable[Mutator]:
    """It takes effect after it was last seen pending and before it was first seen fulfilled, or never."""
    called, due = event.exchange.started, inf
    for sighting in seen:
        if sighting.view.stage is Stage.NOT_DONE:
            return
        if sighting.view.stage is Stage.DONE:
            due = min(due, sighting.event.exchange.ended)
        elif sighting.view.stage is Stage.OPEN and not lags:
            called = max(called, sighting.event.exchange.started)
    if called <= due:
        yield Mutator(event.seq, kind, called, due, optional=due == inf)


def _unclear(
    event: Event, call: PlaceOrder, kind: Kind, ledger: Ledger, fences: Sequence[float], lags: bool
) -> Iterable[Mutator]:
    """An order whose answer never came: a list that was read after the next fence shows whether it was accepted."""
    called = event.exchange.started
    fence = min((fence for fence in fences if fence >= called), default=inf)
    shown = None if lags else ledger.list_after(fence)
    if shown is None or any(
        view.number not in ledger.known and (view.kind, view.quantity) == (call.kind, call.quantity)
        for view in shown.reply.orders or ()
    ):
        yield Mutator(event.seq, kind, called, inf, optional=True)


def ledger_violations(events: Sequence[Event], ledger: Ledger, *, lags: bool) -> Iterable[Violation]:
    """What the numbers and lists of orders contradict by themselves (L8)."""
    placed: dict[str, Event] = {}
    for event in events:
        view = event.reply.order
        if not isinstance(event.meant, PlaceOrder) or view is None or view.number is None:
            continue
        other = placed.setdefault(view.number, event)
        if other is not event:
            yield _broken(
                "Two orders get the same number",
                "a number that no other order has",
                f"number {view.number} for both",
                other,
                event,
            )
    for read in events:
        if not isinstance(read.meant, ReadOrders) or read.reply.orders is None or lags:
            continue
        shown = [view.number for view in read.reply.orders]
        numbers = set(shown)
        asked = placed.keys() if read.meant.number is None else placed.keys() & {read.meant.number}
        for number in sorted(asked - numbers):
            event = placed[number]
            if event.exchange.ended < read.exchange.started:
                yield _broken(
                    "The order list misses an accepted order",
                    f"number {number} in the list",
                    f"a list of {len(shown)} orders without it",
                    event,
                    read,
                )
        twice = None if len(numbers) == len(shown) else next((n for n in shown if n and shown.count(n) > 1), None)
        if twice is not None and len(shown) < 2000:
            yield _broken(
                "The order list shows one number twice", "each order once", f"number {twice} twice", read, read
            )
    for sightings in ledger.seen.values():
        if len(sightings) > 1:
            yield from _changes(sightings, lags)


def _changes(sightings: list[Sighting], lags: bool) -> Iterable[Violation]:
    first = sightings[0]
    for later in sightings[1:]:
        before, now = first.view, later.view
        if (before.kind, before.quantity) != (now.kind, now.quantity) and None not in (before.quantity, now.quantity):
            yield _broken(
                CHANGED,
                f"{before.kind} of {before.quantity}",
                f"{now.kind} of {now.quantity}",
                first.event,
                later.event,
            )
            return
        apart = first.event.exchange.ended < later.event.exchange.started
        if before.stage in FINAL and now.stage not in (before.stage, None) and apart and not lags:
            yield _broken(
                "An order leaves its final status",
                f"status {before.status}",
                f"status {now.status}",
                first.event,
                later.event,
            )
            return
        if now.stage in FINAL and before.stage not in FINAL:
            first = later


def _broken(title: str, expected: str, actual: str, earlier: Event, event: Event) -> Violation:
    return Violation(("L8", "L12"), title, expected, actual, tuple(sorted({earlier.seq, event.seq})), event.seq)
