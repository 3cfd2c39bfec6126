"""The order ledger of one account: what each order was when it was first seen, and how far it has come (L8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kandykit.calls import OrderKind, OrderView, PlaceOrder, Stage

FIELDS = ("kind", "quantity", "product", "created_at")
"""What of an order never changes once it was shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An order as it is known: ``seq`` is the exchange that placed it (None: somebody else, or before this run)."""

    view: OrderView
    seq: int | None
    learnt: int
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which an answer contradicts the ledger; ``lag`` when an answer that lags would explain it."""

    title: str
    expected: str
    actual: str
    earlier: int
    lag: bool = False


class Orders:
    """Every order that an answer has shown, by number."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.listed_once = False

    def open_numbers(self) -> list[str]:
        """Orders of ours that have not come to an end, as far as known."""
        return [
            number
            for number, entry in self.entries.items()
            if entry.seq is not None and entry.view.stage in (Stage.OPEN, None)
        ]

    def net(self) -> int:
        """What this run's own fulfilled orders add up to."""
        return sum(
            (entry.view.quantity or 0) * (1 if entry.view.kind is OrderKind.INCREMENT else -1)
            for entry in self.entries.values()
            if entry.seq is not None and entry.view.stage is Stage.DONE
        )

    def placed(self, call: PlaceOrder, view: OrderView, seq: int) -> list[Breach]:
        """An order was accepted; its number must be new and its fields those it was placed with."""
        breaches: list[Breach] = []
        assert view.number is not None
        known = self.entries.get(view.number)
        if known is not None:
            breaches.append(
                Breach(
                    "A new order gets the number of an earlier one",
                    "a number that no other order has",
                    f"number {view.number} was already that of {_words(known.view)}",
                    known.learnt,
                )
            )
            return breaches
        sent = OrderView(view.number, call.kind, call.quantity, call.product)
        breaches += self._differences("An accepted order is not echoed as it was placed", sent, view, seq)
        kept = replace(
            view, kind=call.kind, quantity=call.quantity, product=call.product, status=view.status, stage=view.stage
        )
        self.entries[view.number] = Entry(kept, seq, seq)
        return breaches

    def read_one(self, number: str, views: Sequence[OrderView], seq: int) -> list[Breach]:
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
                    lag=not known.listed,
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
        return self._meet(replace(views[0], number=number), seq)

    def read_all(self, views: Sequence[OrderView], seq: int) -> list[Breach]:
        """All orders were listed: each known one is there, once, as it was."""
        breaches: list[Breach] = []
        shown: dict[str, OrderView] = {}
        for view in views:
            if view.number is None:
                continue
            if view.number in shown:
                breaches.append(
                    Breach(
                        "The order list shows one number twice",
                        "each order once",
                        f"number {view.number} twice",
                        seq,
                    )
                )
                continue
            shown[view.number] = view
        for number, entry in self.entries.items():
            if number not in shown:
                breaches.append(
                    Breach(
                        "The order list misses an accepted order",
                        f"{_words(entry.view)} under number {number}",
                        f"a list of {len(shown)} orders without it",
                        entry.learnt,
                        lag=not entry.listed,
                    )
                )
        for number, view in shown.items():
            if number in self.entries:
                breaches += self._meet(view, seq)
        ours = [view.number for view in views if view.number in self.entries]
        placed = sorted(
            (entry.seq, number) for number, entry in self.entries.items() if entry.seq is not None and number in shown
        )
        wanted = [number for _, number in placed]
        known = set(wanted)
        met = [number for number in ours if number in known]
        if met != wanted and len(met) == len(wanted):
            breaches.append(
                Breach(
                    "The order list is not oldest first",
                    "orders in the order in which they were placed",
                    "another order",
                    seq,
                )
            )
        self.listed_once = True
        return breaches

    def strangers(self, views: Sequence[OrderView]) -> list[OrderView]:
        """Listed orders that the ledger does not know."""
        return [view for view in views if view.number is not None and view.number not in self.entries]

    def adopt(self, view: OrderView, seq: int, *, placed_by: int | None = None) -> None:
        """An order was met that this ledger did not know: somebody else's, or one whose answer never came."""
        assert view.number is not None
        self.entries[view.number] = Entry(view, placed_by, seq, listed=True)

    def _meet(self, view: OrderView, seq: int) -> list[Breach]:
        assert view.number is not None
        known = self.entries.get(view.number)
        if known is None:
            return []
        breaches = self._differences("An order changes after it was placed", known.view, view, known.learnt)
        before, now = known.view.stage, view.stage
        if before in (Stage.DONE, Stage.NOT_DONE) and now is not None and now is not before:
            breaches.append(
                Breach(
                    "An order leaves its final status",
                    f"status {known.view.status} for good",
                    f"status {view.status}",
                    known.learnt,
                )
            )
            now = before
        newest = replace(
            known.view,
            status=view.status or known.view.status,
            stage=now if now is not None else before,
            kind=known.view.kind or view.kind,
            quantity=known.view.quantity if known.view.quantity is not None else view.quantity,
            product=known.view.product or view.product,
            created_at=known.view.created_at or view.created_at,
        )
        self.entries[view.number] = replace(known, view=newest, listed=True)
        return breaches

    def _differences(self, title: str, sent: OrderView, shown: OrderView, earlier: int) -> list[Breach]:
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


def _words(view: OrderView) -> str:
    kind = view.kind.value if isinstance(view.kind, OrderKind) else "order"
    return f"the {kind} of {view.quantity}"
