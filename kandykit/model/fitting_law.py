"""Whether an order fits decides whether it is fulfilled or refused: by what is available (L6), by the limit (L7)."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from kandykit.calls import OrderKind, OrderView, Outcome, PlaceOrder
from kandykit.model.event import Event
from kandykit.model.state import State
from kandykit.model.stock import Extremes, Key
from kandykit.verdict import Check, Held


class FittingLaw:
    """Judges every order whose end is known, against what it met."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._least_refused: tuple[int, int] | None = None
        self._most_accepted: tuple[int, int] | None = None

    def fulfilled_at_once(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        """An order was fulfilled at once."""
        stock = self.state.stock
        if stock.worlds is None:
            return
        if call.kind is OrderKind.DECREMENT:
            if not stock.knows_available:
                return
            most = stock.availables()[1]
            if call.quantity <= most:
                yield Held("L6")
                stock.narrow(stock.affording(call.quantity), event.exchange.ended)
                return
            yield self.state.law(
                "L6",
                "A decrement order takes more than is available",
                event,
                f"a refusal: {call.quantity} are more than the {most} available",
                "the order is fulfilled",
            )
            return
        if not stock.knows_total:
            return
        level = stock.totals()[0] + call.quantity
        limit = self.state.terms.limit
        if limit is None:
            yield from self._below_what_was_refused(event, level)
        elif level <= limit:
            yield Held("L7")
        else:
            yield self.state.law(
                "L7",
                "An increment order is fulfilled beyond the agreed limit",
                event,
                f"a refusal: {level} are more than the limit of {limit}",
                "the order is fulfilled",
            )

    def _below_what_was_refused(self, event: Event, level: int) -> Iterable[Check]:
        """Without a known limit, accepted totals must at least lie below refused ones."""
        refused = self._least_refused
        if refused is not None and level >= refused[0]:
            yield self.state.law(
                "L7",
                "An increment order is refused at a total that a later one reaches",
                event,
                f"a refusal from a total of {refused[0]} on, as before",
                f"a total of {level} is accepted",
                refused[1],
            )
            self._least_refused = None
        if self._most_accepted is None or level > self._most_accepted[0]:
            self._most_accepted = (level, event.seq)

    def refused(
        self, event: Event, call: PlaceOrder, met: Extremes | None = None, placed_by: int | None = None
    ) -> Iterable[Check]:
        """An order was refused, or ended rejected.

        ``met`` is what it could have met while it was pending, where it was; ``placed_by`` the call that placed it.
        """
        stock = self.state.stock
        if stock.worlds is None:
            return
        at_once = event.reply.outcome is Outcome.REFUSED
        said = f"the order is refused with {event.reply.status}" if at_once else "the order ends rejected"
        if call.kind is OrderKind.DECREMENT:
            if stock.knows_available:
                yield from self._decrement_refused(event, call.quantity, said, at_once, met, placed_by)
        elif stock.knows_total:
            yield from self._increment_refused(event, call.quantity, said, at_once, met, placed_by)

    def _decrement_refused(
        self, event: Event, quantity: int, said: str, at_once: bool, met: Extremes | None, placed_by: int | None
    ) -> Iterable[Check]:
        least, most = self.state.stock.availables(self.state.lately(event))
        if quantity > (met.least_available if met else least):
            if quantity > most:
                yield Held("L6")
                if at_once:
                    yield from self.state.refused_for("below_use", event)
            return
        yield self.state.law(
            "L6",
            "A decrement order within what is available is refused",
            event,
            f"a fulfilled order: {quantity} of the {met.least_available if met else least} available",
            said,
            placed_by,
        )

    def _increment_refused(
        self, event: Event, quantity: int, said: str, at_once: bool, met: Extremes | None, placed_by: int | None
    ) -> Iterable[Check]:
        low, high = self.state.stock.totals(self.state.lately(event))
        if met is not None:
            if not isfinite(met.most_total):
                return
            high = int(met.most_total)
        limit = self.state.terms.limit
        if limit is not None:
            if high + quantity > limit:
                if low + quantity > limit:
                    yield Held("L7")
                    if at_once:
                        yield from self.state.refused_for("over_limit", event)
                return
            yield self.state.law(
                "L7",
                "An increment order within the agreed limit is refused",
                event,
                f"a fulfilled order: {high + quantity} are within the limit of {limit}",
                said,
                placed_by,
            )
            return
        accepted = self._most_accepted
        if accepted is not None and high + quantity <= accepted[0]:
            yield self.state.law(
                "L7",
                "An increment order is refused at a total that was reached before",
                event,
                f"a fulfilled order: a total of {accepted[0]} was accepted",
                said,
                accepted[1],
                placed_by,
            )
            return
        if self._least_refused is None or high + quantity < self._least_refused[0]:
            self._least_refused = (high + quantity, event.seq)

    def fulfilled(self, event: Event, call: PlaceOrder, placed_by: int | None) -> Iterable[Check]:
        """A pending order was fulfilled; ``stock`` counts it already."""
        stock, limit = self.state.stock, self.state.terms.limit
        if call.kind is OrderKind.DECREMENT:
            if not stock.knows_available:
                return
            if stock.availables()[1] >= 0:
                yield Held("L6")
                return
            yield self.state.law(
                "L6",
                "A decrement order takes more than is available",
                event,
                "an order that ends rejected",
                "the order is fulfilled",
                placed_by,
            )
        elif limit is not None and stock.knows_total:
            least = stock.totals()[0]
            if least <= limit:
                yield Held("L7")
                return
            yield self.state.law(
                "L7",
                "An increment order is fulfilled beyond the agreed limit",
                event,
                f"an order that is never fulfilled: the limit is {limit}",
                f"the order is fulfilled, which makes a total of {least}",
                placed_by,
            )

    def fitted(self, view: OrderView, key: Key) -> bool:
        """Whether an order could have been fulfilled at any moment since it was placed, for certain."""
        met, limit, quantity = self.state.stock.watched.get(key), self.state.terms.limit, view.quantity or 0
        if met is None:
            return False
        if view.kind is OrderKind.DECREMENT:
            return isfinite(met.least_available) and met.least_available >= quantity
        known = limit if limit is not None else self._most_accepted[0] if self._most_accepted else 0
        return met.most_total + quantity <= known
