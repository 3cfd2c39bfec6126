"""Orders: what becomes of each one that is placed, and what the ledger shows of it ever after (L8, L4, L11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Final

from kandykit.calls import OrderKind, OrderView, Outcome, PlaceOrder, ReadOrders, Stage
from kandykit.model.blame import order_effect
from kandykit.model.event import Event
from kandykit.model.fitting_law import FittingLaw
from kandykit.model.lateness import Suspicion, came_right
from kandykit.model.orders import FINAL, Breach
from kandykit.model.state import SOURCE, State
from kandykit.model.stock import LONGEST_LAG_S, STALLED_S, Key, Question
from kandykit.verdict import Check, Finding, Held

NO_OTHER: Final = "the orders that were accepted, and no other"
"""What is expected of a list that shows too many orders."""

OVERTAKEN: Final = 3
"""An order is left behind where so many like it were fulfilled."""

LIKELIHOOD: Final = (True, None, False)
"""Whether the total has shown that an order without an answer was carried out, the likeliest to be listed first."""


class OrderLaw:
    """Judges every order that is placed, and every read of orders."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.foreign_numbers: set[str] = set()
        self.suspicion: Suspicion | None = None
        self.lag_met = 0.0
        self.agrees = True
        self._behind_s = 0.0
        self._met: dict[str, float] = {}
        self._pending: dict[str, Key] = {}
        self._lost: dict[int, tuple[PlaceOrder, float]] = {}
        self._refused: dict[tuple[OrderKind | None, int | None], int] = {}
        self._untold = 0
        self._slipped_in: dict[int, str] = {}
        self._fitting = FittingLaw(state)
        self._overdue: set[str] = set()
        self._left: set[str] = set()

    # -- placing ------------------------------------------------------------------------------------------------

    def placed(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        """An order was sent, and answered or not."""
        outcome, seq, ended = event.reply.outcome, event.seq, event.exchange.ended
        stock = self.state.stock
        if outcome is Outcome.DONE:
            view = event.reply.order or OrderView(None)
            yield from self._booked(event, call, view)
            if view.stage is Stage.NOT_DONE:
                self.state.window.rejected.add(seq)
                yield from self._fitting.refused(event, call)
            elif view.stage is Stage.DONE:
                yield from self._fitting.fulfilled_at_once(event, call)
                stock.change(order_effect(call), 0, ended)
            else:
                stock.ask(Question(seq, order_effect(call), 0, inf), ended)
                stock.watch(seq)
                if view.number is not None:
                    self._pending[view.number] = seq
        elif outcome is Outcome.REFUSED:
            self._refused[call.kind, call.quantity] = seq
            if event.reply.status != 401 and not event.excused:
                yield from self._fitting.refused(event, call)
        elif outcome is Outcome.UNCLEAR:
            closes = self.state.closes(event)
            stock.ask(Question(seq, order_effect(call), 0, closes, lingers=True), ended)
            self._lost[seq] = call, closes

    def noted(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        """An order was placed while other calls were under way: it is booked, and whether it fitted is not judged."""
        outcome, seq, ended = event.reply.outcome, event.seq, event.exchange.ended
        if outcome is Outcome.DONE:
            view = event.reply.order or OrderView(None)
            yield from self._booked(event, call, view)
            if view.stage not in FINAL:
                self.state.stock.ask(Question(seq, order_effect(call), 0, inf), ended)
                self.state.stock.watch(seq)
                if view.number is not None:
                    self._pending[view.number] = seq
        elif outcome is Outcome.REFUSED:
            self._refused[call.kind, call.quantity] = seq
        elif outcome is Outcome.UNCLEAR:
            closes = self.state.closes(event)
            self.state.stock.ask(Question(seq, order_effect(call), 0, closes, lingers=True), ended)
            self._lost[seq] = call, closes

    def slipped_in(self, event: Event) -> None:
        """What may be an order of unknown kind was accepted: the list may show one more than the ledger can know."""
        self._untold += 1
        answer = event.exchange.answer
        self._slipped_in[event.seq] = answer.body if answer is not None else ""

    def _told(self, number: str) -> bool:
        """Whether the answer to such a call names this order."""
        told = next((seq for seq, text in self._slipped_in.items() if number in text), None)
        return told is not None and bool(self._slipped_in.pop(told))

    def _booked(self, event: Event, call: PlaceOrder, view: OrderView) -> Iterable[Check]:
        if view.number is not None:
            exchange = event.exchange
            breaches = self.state.orders.placed(call, view, event.seq, exchange.started, exchange.ended)
            yield from self._ledger(event, breaches)
            return
        self._untold += 1
        yield Finding(
            "L8",
            "An accepted order has no number",
            "an order number",
            event.reply.unreadable or "none",
            (event.seq,),
        )

    def shown_meanwhile(self, event: Event) -> Iterable[Check]:
        """Orders were read while other calls were under way: whichever they should be, another account's are none."""
        orders = self.state.orders
        if event.reply.outcome is not Outcome.DONE or self._lost or self.state.terms.shared or not orders.listed_once:
            return
        for view in event.reply.orders or ():
            if view.number is None or view.number in orders.entries:
                continue
            if (other := self._of_another(view.number)) is not None:
                yield self._foreign(event, view.number, other)
                return

    def _foreign(self, event: Event, number: str, other: int) -> Finding:
        return Finding(
            "L11",
            "An account's order list shows another account's order",
            "the account's own orders",
            f"number {number}, which another account placed",
            (other, event.seq),
            source=SOURCE,
        )

    # -- reading ------------------------------------------------------------------------------------------------

    def read(self, event: Event, call: ReadOrders) -> Iterable[Check]:
        """Orders were read: one by its number, or all."""
        reply = event.reply
        if call.number is not None:
            yield from self._read_one(event, call.number)
        elif reply.outcome is Outcome.DONE and reply.orders is not None:
            orders = self.state.orders
            first = not orders.listed_once
            strangers = orders.strangers(reply.orders)
            yield from self._ledger(event, orders.read_all(reply.orders, event.seq, event.exchange.ended))
            if first:
                self._give_up(strangers)
            for view in strangers:
                yield from self._stranger(event, view, first)
            yield from self._settle_pending(event)
            yield from self._settle_lost(event)

    def _read_one(self, event: Event, number: str) -> Iterable[Check]:
        reply, orders, ended = event.reply, self.state.orders, event.exchange.ended
        known = number in orders.entries
        if reply.outcome is Outcome.REFUSED and reply.status != 401:
            if event.excused:
                return
            if known:
                yield from self._ledger(event, orders.read_one(number, (), event.seq, ended))
                return
            if self._of_another(number) is not None and self.state.served:
                yield Held("L11")
            yield from self.state.refused_for("unknown", event)
        elif reply.outcome is Outcome.DONE and reply.orders is not None:
            if not known and reply.orders:
                yield from self._unknown_shown(event, number, reply.orders)
                return
            yield from self._ledger(event, orders.read_one(number, reply.orders, event.seq, ended))
            yield from self._settle_pending(event)

    def _unknown_shown(self, event: Event, number: str, views: tuple[OrderView, ...]) -> Iterable[Check]:
        shown = views[0]
        other = self._of_another(number)
        if other is not None and shown.number in (number, None):
            yield Finding(
                "L11",
                "An account reads another account's order",
                "no order: it is another account's",
                f"{shown.number or number}",
                (other, event.seq),
                source=SOURCE,
            )
        elif len(views) > 1 or shown.number not in (number, None):
            yield Finding(
                "L8",
                "Reading one order by its number shows another, or more than that one",
                f"no order: {number} was never given to this account",
                f"{len(views)} orders",
                (event.seq,),
                source=SOURCE,
            )

    def _stranger(self, event: Event, view: OrderView, first: bool) -> Iterable[Check]:
        """The list shows an order that the ledger does not know."""
        seq, ended = event.seq, event.exchange.ended
        assert view.number is not None
        lost = self._lost_like(view)
        if lost is not None:
            call, _ = self._lost.pop(lost)
            whole = replace(view, kind=call.kind, quantity=call.quantity)
            self.state.orders.adopt(whole, seq, ended, placed_by=lost)
            self._pending[view.number] = lost
            if view.stage not in FINAL:
                self.state.stock.wake(lost)
            return
        self.state.orders.adopt(view, seq, ended)
        if view.stage is Stage.OPEN:
            # Somebody else's order, still pending: when it is fulfilled the total changes without a call of ours.
            self.state.stock.ask(Question(view.number, _effect(view), 0, inf), ended)
            self._pending[view.number] = view.number
        if first:
            return
        yield from self._came_from(event, view)

    def _came_from(self, event: Event, view: OrderView) -> Iterable[Check]:
        """Where an order comes from that appeared in the list although this account has no answer that gave it out."""
        assert view.number is not None
        other = self._of_another(view.number)
        refused, rejected = self._refused.get((view.kind, view.quantity)), view.stage is Stage.NOT_DONE
        if other is not None:
            yield self._foreign(event, view.number, other)
        elif self.state.terms.shared:
            self.foreign_numbers.add(view.number)
        elif self._untold and (
            self._told(view.number) or (refused is not None and refused < max(self._slipped_in, default=0))
        ):
            self._untold -= 1
        elif refused is not None:
            yield Finding(
                "L4",
                "A refused order appears in the order list",
                NO_OTHER,
                f"the {view.kind} of {view.quantity} as number {view.number}" + (", rejected" if rejected else ""),
                (refused, event.seq),
                also=("L8",),
                source=SOURCE,
                stateful=True,
            )
        elif self._untold:
            self._untold -= 1
        else:
            self.foreign_numbers.add(view.number)
            yield Finding(
                "L8",
                "The order list shows an order that nobody placed",
                NO_OTHER,
                f"number {view.number}",
                (event.seq,),
                source=SOURCE,
                stateful=True,
            )

    def _give_up(self, strangers: list[OrderView]) -> None:
        """In the first list an order without an answer cannot be told from an old one like it: it stays in doubt."""
        for view in strangers:
            while (like := self._lost_like(view)) is not None:
                del self._lost[like]

    def _lost_like(self, view: OrderView) -> int | None:
        """The order without an answer that this one is most likely to be: one that the total shows, else the oldest."""
        alike = [
            key
            for key, (call, _) in self._lost.items()
            if view.kind in (call.kind, None) and view.quantity in (call.quantity, None)
        ]
        answers = self.state.stock.answers
        return min(alike, key=lambda key: LIKELIHOOD.index(answers.get(key)), default=None)

    def _of_another(self, number: str) -> int | None:
        """The exchange in which another account of this run placed an order of this number; None where none did."""
        if number in self.state.orders.entries and self.state.orders.entries[number].seq is not None:
            return None
        for account in self.state.others:
            entry = account.orders.entries.get(number)
            if entry is not None and entry.seq is not None:
                return entry.seq
        return None

    def _left_behind(self, event: Event, number: str, key: Key) -> Iterable[Check]:
        """An order of ours is pending for twice as long as orders may, where others were fulfilled.

        It must have fitted at any moment of the first half; a target that was held up by something else has the second
        one to go on. What is not like the others (larger, or the other way round) may wait for somebody to agree, and
        so may what comes up to a limit that nobody told us of.
        """
        entries, terms, shown = self.state.orders.entries, self.state.terms, event.reply.orders or ()
        entry = entries[number]
        view, seq, placed = entry.view, entry.seq, entry.placed
        if seq is None or placed is None or number in self._left or terms.shared:
            return
        waited = event.exchange.started - placed[1]
        if waited <= terms.fulfilment_s or not any(
            each.number == number and each.stage is Stage.OPEN for each in shown
        ):
            return
        if self._fitting.fitted(view, key):
            self._overdue.add(number)
        if number not in self._overdue or waited <= 2 * terms.fulfilment_s:
            return
        others = [
            other.seq
            for other in entries.values()
            if other.seq is not None
            and other.view.kind is view.kind
            and (other.view.quantity or 0) >= (view.quantity or 0)
            and other.view.stage is Stage.DONE
        ]
        if len(others) < OVERTAKEN:
            return
        self._left.add(number)
        yield Finding(
            "L8",
            "An order stays pending although it fits, and others like it were fulfilled",
            f"order {number} fulfilled or rejected within {terms.fulfilment_s:g} s",
            f"still pending after {waited:.0f} s; {len(others)} like it were fulfilled",
            (seq, event.seq),
            source=SOURCE,
        )

    # -- what reads decide --------------------------------------------------------------------------------------

    def _settle_pending(self, event: Event) -> Iterable[Check]:
        """Pending orders of which the ledger knows by now how they ended."""
        stock, ended = self.state.stock, event.exchange.ended
        for number, key in list(self._pending.items()):
            entry = self.state.orders.entries[number]
            view = entry.view
            if view.stage not in FINAL:
                longest = min(STALLED_S, self.state.terms.fulfilment_s)
                since = entry.placed[1] if entry.placed else inf
                if entry.seq is None:
                    # Somebody else's, perhaps years old: it may be pending for ever, be it to give products back.
                    since, longest = self._met.setdefault(number, ended), LONGEST_LAG_S
                yield from self._left_behind(event, number, key)
                if (_effect(view) > 0 or entry.seq is None) and event.exchange.started > since + longest:
                    stock.shelve(key)
                continue
            del self._pending[number]
            placed_by = key if isinstance(key, int) else None
            met = stock.watched.get(key)
            call = PlaceOrder(view.kind or OrderKind.INCREMENT, view.quantity or 0)
            undecided = key in stock.questions and stock.worlds is not None
            if view.stage is Stage.DONE:
                like = [lost for lost, (other, _) in self._lost.items() if order_effect(other) == _effect(view)]
                if any(stock.mistake(lost, key) for lost in like):
                    continue  # the total was seen changed by this one, and not by the one that nobody answered
                stock.settle(key, True, ended)
                if undecided and stock.worlds is not None:
                    yield from self._fitting.fulfilled(event, call, placed_by)
                continue
            if placed_by is not None:
                self.state.window.rejected.add(placed_by)
            if undecided and met is not None:
                yield from self._fitting.refused(event, call, met, placed_by)
            if stock.answers.get(key):
                yield self.state.law(
                    "L1",
                    "A rejected order changes the total",
                    event,
                    "the total as it was before",
                    "the total was seen changed by the order's quantity",
                    placed_by,
                    also=("L8",),
                )
            stock.settle(key, False, ended)

    def _settle_lost(self, event: Event) -> Iterable[Check]:
        """An order whose answer never came, and which a list does not show that must: it never was."""
        stock = self.state.stock
        for key, (_, closes) in list(self._lost.items()):
            if closes >= event.exchange.started:
                continue
            del self._lost[key]
            if stock.answers.get(key):
                yield self.state.law(
                    "L12",
                    "An order without a clear answer changes the total and is not listed",
                    event,
                    "the order in the list, or the total as it was before",
                    "no such order, though the total was seen changed by its quantity",
                    key,
                    also=("L8",),
                )
            stock.settle(key, False, event.exchange.ended)

    def _ledger(self, event: Event, breaches: list[Breach]) -> Iterable[Check]:
        """What contradicts the ledger, but for what a read may show that lags no more than is allowed.

        What a longer lag would explain waits until it has come right, or has had `LONGEST_LAG_S` to do so.
        """
        if any(breach.law == "R2" for breach in breaches) and self.state.terms.spelled_otherwise:
            breaches = [breach for breach in breaches if breach.law != "R2"]
        started, lag = event.exchange.started, self.state.lag_s
        late = [breach for breach in breaches if breach.until is not None and lag and started <= breach.until + lag]
        wrong = [breach for breach in breaches if breach not in late]
        doubtful = [breach for breach in wrong if breach.until is not None and started <= breach.until + LONGEST_LAG_S]
        wrong = [breach for breach in wrong if breach not in doubtful]
        self.agrees = not breaches
        for breach in (*late, *doubtful):
            self._behind_s = max(self._behind_s, event.exchange.ended - (breach.until or 0.0))
        if not breaches:
            self.lag_met, self._behind_s = max(self.lag_met, self._behind_s), 0.0
        if doubtful and self.suspicion is None:
            call = event.meant if isinstance(event.meant, ReadOrders) else ReadOrders()
            findings = tuple(self._breach(event, breach) for breach in doubtful)
            self.suspicion = Suspicion(findings, min(breach.until or 0.0 for breach in doubtful), event.seq, call)
        elif not doubtful and self.suspicion is not None and event.meant == self.suspicion.reread:
            if not wrong:
                yield from (came_right(finding, event) for finding in self.suspicion.findings)
            self.suspicion = None
        if not wrong and not doubtful:
            yield Held("L8")
        yield from (self._breach(event, breach) for breach in wrong)

    def _breach(self, event: Event, breach: Breach) -> Finding:
        return Finding(
            breach.law,
            breach.title,
            breach.expected,
            breach.actual,
            tuple(sorted({breach.earlier, event.seq})),
            source=SOURCE,
            stateful=breach.until is not None,
        )


def _effect(view: OrderView) -> int:
    return order_effect(PlaceOrder(view.kind or OrderKind.INCREMENT, view.quantity or 0))
