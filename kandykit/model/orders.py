"""The order ledger of one account: what each order was when it was first seen, and how far it has come (L8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from kandykit.calls import OrderKind, OrderView, PlaceOrder, Stage

FIELDS = ("kind", "quantity", "product", "created_at")
"""What of an order never changes once it was shown."""

FINAL = (Stage.DONE, Stage.NOT_DONE)
"""The stages that no order leaves."""

CHANGED: Final = "An order changes after it was placed"
"""What is said of an order one of whose fields differs from what it was placed with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An order as it is known.

    ``seq`` is the exchange that placed it (None: somebody else, or before this run), ``learnt`` the one that showed it
    first. ``placed`` are the seconds at which placing it began and ended; None where its answer never came, so that
    its place among the others is unknown: then ``met`` is when it was first seen. ``final`` is when its last status
    was first seen.
    """

    view: OrderView
    seq: int | None
    learnt: int
    placed: tuple[float, float] | None = None
    final: float = inf
    met: float | None = None

    @property
    def unseen_until(self) -> float | None:
        """Until when it may truly have been missing from what is shown; None where that is not known."""
        return self.placed[1] if self.placed else self.met


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which an answer contradicts the ledger, and the requirement that it breaks.

    ``earlier`` is the exchange that it contradicts. An answer that was true until the moment ``until`` would explain
    it, were the target's reads to lag; None where none would.
    """

    title: str
    expected: str
    actual: str
    earlier: int
    until: float | None = None
    law: str = "L8"


class Orders:
    """Every order that an answer has shown, by number."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.listed_once = False
        self._ours_open: dict[str, None] = {}
        self._net = 0

    def open_numbers(self) -> list[str]:
        """Orders of ours that have not come to an end, as far as known."""
        return list(self._ours_open)

    def own_numbers(self) -> list[str]:
        """The orders that this run placed, oldest first."""
        return [number for number, entry in self.entries.items() if entry.seq is not None]

    def net(self) -> int:
        """What this run's own fulfilled orders add up to."""
        return self._net

    def placed(self, call: PlaceOrder, view: OrderView, seq: int, started: float, ended: float) -> list[Breach]:
        """An order was accepted; its number must be new and its fields those it was placed with."""
        assert view.number is not None
        known = self.entries.get(view.number)
        if known is not None:
            return [
                Breach(
                    "A new order gets the number of an earlier one",
                    "a number that no other order has",
                    f"number {view.number} was already that of {_words(known.view)}",
                    known.learnt,
                )
            ]
        sent = OrderView(view.number, call.kind, call.quantity, call.product)
        breaches = _differences("An accepted order is not echoed as it was placed", sent, view, seq)
        kept = replace(view, kind=call.kind, quantity=call.quantity, product=call.product)
        self._keep(Entry(kept, seq, seq, (started, ended), ended if view.stage in FINAL else inf))
        return breaches

    def read_one(self, number: str, views: Sequence[OrderView], seq: int, ended: float) -> list[Breach]:
        """One order was read by its number: exactly that one, as it was placed."""
        known = self.entries.get(number)
        if not views:
            if known is None:
                return []
            return [
                Breach(
                    "An accepted order is not found by its number",
                    f"{_words(known.view)} under number {number}",
                    "no order",
                    known.learnt,
                    until=known.unseen_until,
                )
            ]
        if len(views) > 1 or views[0].number not in (number, None):
            return [
                Breach(
                    "Reading one order by its number shows another, or more than that one",
                    f"exactly the order {number}",
                    f"{len(views)} orders: {', '.join(str(view.number) for view in views[:5])}",
                    known.learnt if known else seq,
                )
            ]
        return self._meet(views[0] if views[0].number else replace(views[0], number=number), ended)

    def read_all(self, views: Sequence[OrderView], seq: int, ended: float) -> list[Breach]:
        """All orders were listed: each known one is there, once, as it was, oldest first."""
        breaches: list[Breach] = []
        shown: dict[str, OrderView] = {}
        for view in views:
            if view.number is None:
                continue
            if view.number in shown:
                said = f"number {view.number} twice"
                breaches.append(Breach("The order list shows one number twice", "each order once", said, seq))
            else:
                shown[view.number] = view
        for number in [each for each in self.entries if each not in shown]:
            entry = self.entries[number]
            breaches.append(
                Breach(
                    "The order list misses an accepted order",
                    f"{_words(entry.view)} under number {number}",
                    f"a list of {len(shown)} orders without it",
                    entry.learnt,
                    until=entry.unseen_until,
                )
            )
        for number, view in shown.items():
            if number in self.entries:
                breaches += self._meet(view, ended)
        breaches += self._order_of(shown, seq)
        self.listed_once = True
        return breaches

    def _order_of(self, shown: dict[str, OrderView], seq: int) -> list[Breach]:
        """Oldest first, among orders whose placing did not overlap."""
        latest = -inf
        latest_learnt = seq
        for number in shown:
            entry = self.entries.get(number)
            if entry is None or entry.placed is None:
                continue
            if entry.placed[1] < latest:
                return [
                    Breach(
                        "The order list is not oldest first",
                        "orders in the order in which they were placed",
                        f"number {number} after one that was placed later",
                        min(entry.learnt, latest_learnt),
                        law="R2",
                    )
                ]
            if entry.placed[0] > latest:
                latest, latest_learnt = entry.placed[0], entry.learnt
        return []

    def strangers(self, views: Sequence[OrderView]) -> list[OrderView]:
        """Listed orders that the ledger does not know, each once."""
        unknown = {view.number: view for view in views if view.number is not None and view.number not in self.entries}
        return list(unknown.values())

    def adopt(self, view: OrderView, seq: int, ended: float, *, placed_by: int | None = None) -> None:
        """An order was met that this ledger did not know: somebody else's, or one whose answer never came."""
        met = ended if placed_by is not None else None
        self._keep(Entry(view, placed_by, seq, None, ended if view.stage in FINAL else inf, met))

    def _keep(self, entry: Entry) -> None:
        number = entry.view.number
        assert number is not None
        before = self.entries.get(number)
        self.entries[number] = entry
        if entry.seq is None:
            return
        self._net += _fulfilled(entry.view) - (_fulfilled(before.view) if before else 0)
        if entry.view.stage in FINAL:
            self._ours_open.pop(number, None)
        else:
            self._ours_open[number] = None

    def _meet(self, view: OrderView, ended: float) -> list[Breach]:
        assert view.number is not None
        known = self.entries.get(view.number)
        if known is None or known.view == view:
            return []
        breaches = _differences(CHANGED, known.view, view, known.learnt)
        before, now = known.view.stage, view.stage
        word = view.status or known.view.status
        if before in FINAL and now is not None and now is not before:
            breaches.append(
                Breach(
                    "An order leaves its final status",
                    f"status {known.view.status} for good",
                    f"status {view.status}",
                    known.learnt,
                    until=known.final if now is Stage.OPEN else None,
                )
            )
            now, word = before, known.view.status
        newest = replace(
            known.view,
            status=word,
            stage=now if now is not None else before,
            kind=known.view.kind or view.kind,
            quantity=known.view.quantity if known.view.quantity is not None else view.quantity,
            product=known.view.product or view.product,
            created_at=known.view.created_at or view.created_at,
        )
        final = ended if newest.stage in FINAL and before not in FINAL else known.final
        self._keep(replace(known, view=newest, final=final))
        return breaches


def _differences(title: str, sent: OrderView, shown: OrderView, earlier: int) -> list[Breach]:
    wrong = [
        name
        for name in FIELDS
        if getattr(sent, name) is not None
        and getattr(shown, name) is not None
        and getattr(sent, name) != getattr(shown, name)
    ]
    if not wrong:
        return []
    return [
        Breach(
            title,
            ", ".join(f"{name} {getattr(sent, name)}" for name in wrong),
            ", ".join(f"{name} {getattr(shown, name)}" for name in wrong),
            earlier,
        )
    ]


def _fulfilled(view: OrderView) -> int:
    if view.stage is not Stage.DONE:
        return 0
    return (view.quantity or 0) * (1 if view.kind is OrderKind.INCREMENT else -1)


def _words(view: OrderView) -> str:
    kind = view.kind.value if isinstance(view.kind, OrderKind) else "order"
    return f"the {kind} of {view.quantity}"
