"""One account's history, event by event: what may be true of it, and which law an answer breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    Operation,
    OtherCall,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
)
from kandykit.model.event import Event
from kandykit.model.identities import Identities, Life
from kandykit.model.inventory_law import InventoryLaw
from kandykit.model.lateness import Suspicion
from kandykit.model.order_law import OrderLaw
from kandykit.model.orders import Orders
from kandykit.model.state import State
from kandykit.model.stock import Question, Stock
from kandykit.model.subscriber_law import SubscriberLaw
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding

_MAYBE_DONE: Final = (Outcome.DONE, Outcome.UNCLEAR)


class Account:
    """The judge of one account.

    Feed it every event of the account in order with `see`, and what other accounts do with `elsewhere`. ``terms`` may
    be replaced when calibration has found a reading out; ``tolerant`` (during calibration) takes any lag up to five
    seconds without a word. ``others`` are the accounts of the same run. The calls must not overlap: a history that
    does belongs to `kandykit.linearize`.
    """

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self._state = State(terms)
        self._inventory = InventoryLaw(self._state)
        self._orders = OrderLaw(self._state)
        self._subscribers = SubscriberLaw(self._state)

    # -- the one entrance ---------------------------------------------------------------------------------------

    def bounds(self, event: Event) -> list[Check]:
        """What the numbers of a read prove by themselves, whatever else is under way (L3)."""
        shown = event.reply.inventory if isinstance(event.meant, ReadInventory) else None
        return self._inventory.bounds(event, shown) if shown is not None else []

    def see(self, event: Event) -> list[Check]:
        """What this event proves of the laws: a `Held` for each one really tested, a `Finding` for each one broken."""
        meant, reply = event.meant, event.reply
        self._state.served |= reply.outcome is Outcome.DONE
        if isinstance(meant, ReadInventory):
            if reply.outcome is not Outcome.DONE or reply.inventory is None:
                return []
            checks = self._inventory.read(event, reply.inventory)
            self._subscribers.decide(event)
            return checks
        if isinstance(meant, ReadOrders):
            checks = list(self._orders.read(event, meant))
        elif isinstance(meant, PlaceOrder):
            checks = list(self._orders.placed(event, meant))
        elif isinstance(meant, CreateSubscriber):
            checks = list(self._subscribers.created(event, meant))
        elif isinstance(meant, DeleteSubscriber):
            checks = list(self._subscribers.deleted(event, meant))
        else:
            checks = []
            if isinstance(meant, Malformed) and event.writes and reply.outcome in _MAYBE_DONE:
                # What an accepted malformed call did is anybody's guess; that it was accepted is R3's finding.
                self.forget()
                if meant.operation is Operation.PLACE_ORDER:
                    self._orders.slipped_in(event)
            elif isinstance(meant, OtherCall) and meant.written and event.writes and reply.outcome in _MAYBE_DONE:
                # No more is known of a method that no document names; that it was served is H1's finding.
                self.forget()
                self._orders.slipped_in(event)
        self._state.window.fresh.append(event)
        if event.writes:
            self._state.last_write = event.exchange.ended
        return checks

    def note(self, events: Sequence[Event]) -> list[Check]:
        """Learn from calls that overlapped what they prove in whatever order they took effect, and forget the stock.

        Judged are only order numbers and passwords, which must differ whatever the order was, and whose orders are
        shown.
        """
        self.forget()
        checks: list[Check] = []
        for event in events:
            if event.writes:
                self._state.last_write = max(self._state.last_write, event.exchange.ended)
            if isinstance(event.meant, PlaceOrder):
                checks += self._orders.noted(event, event.meant)
        for event in events:
            if isinstance(event.meant, ReadOrders):
                checks += self._orders.shown_meanwhile(event)
        checks += self._note_subscribers(events)
        return checks

    def _note_subscribers(self, events: Sequence[Event]) -> Iterable[Check]:
        """Who is live after calls whose order is not known: certain only where the same follows from every order."""
        state = self._state
        made: Counter[str] = Counter()
        deleted: Counter[str] = Counter()
        unclear: set[str] = set()
        last: dict[str, Event] = {}
        for event in events:
            call, outcome = event.meant, event.reply.outcome
            if not isinstance(call, CreateSubscriber | DeleteSubscriber):
                continue
            creates = isinstance(call, CreateSubscriber)
            shown = event.reply.subscriber if creates else None
            identity = (shown.identity if shown else None) or call.identity or ""
            if outcome is Outcome.UNCLEAR:
                effect = 1 if creates else -1
                question = Question(event.seq, 0, effect, state.closes(event), identity)
                state.stock.ask(question, event.exchange.ended)
                unclear.add(identity)
            elif outcome is Outcome.DONE:
                (made if creates else deleted)[identity] += 1
                if creates:
                    yield from self._subscribers.password(event, identity)
            else:
                continue
            last[identity] = event
        for identity, event in last.items():
            known = state.identities.of(identity)
            if not identity or (known is None and not made[identity] and identity not in unclear):
                continue
            certain = identity not in unclear and not (made[identity] and deleted[identity]) and made[identity] < 2
            if made[identity] and known is not None and known.life is not Life.GONE:
                certain = False
            life = (Life.LIVE if made[identity] else Life.GONE) if certain else Life.IN_DOUBT
            state.identities.set(identity, life, event.seq, event.exchange.ended)

    def elsewhere(self, event: Event) -> None:
        """Another account did something; it must not show here."""
        if event.writes:
            self._state.window.elsewhere.append(event)

    def forget(self) -> None:
        """Start anew from whatever the next read shows; the order ledger and the identities stay."""
        self._state.stock.forget()
        self._state.window.clear()
        self._inventory.suspicion = self._orders.suspicion = None

    def overdue(self) -> tuple[Finding, ...]:
        """What the open suspicions will say if they never come right; empty where there is none."""
        return tuple(finding for suspicion in self.suspicions for finding in suspicion.findings)

    # -- what is known ------------------------------------------------------------------------------------------

    @property
    def knows(self) -> bool:
        """Whether the inventory was read and is known, as far as the answers allow."""
        return self._state.stock.worlds is not None

    @property
    def agrees(self) -> bool:
        """Whether the latest read of the inventory showed what was expected."""
        return self._inventory.agrees

    @property
    def up_to_date(self) -> bool:
        """Whether the latest read of the inventory certainly shows the latest write, however much reads may lag."""
        return self._inventory.up_to_date

    @property
    def orders_agree(self) -> bool:
        """Whether the latest read of orders showed what was expected."""
        return self._orders.agrees

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """Reads that are right only if the target's reads lag, as long as no later one has decided."""
        found = (self._inventory.suspicion, self._orders.suspicion)
        return tuple(suspicion for suspicion in found if suspicion is not None)

    @property
    def lag_met(self) -> float:
        """The longest that a read of the inventory or of orders was met to lag behind, in seconds."""
        return max(self.lags_met.values())

    @property
    def lags_met(self) -> dict[str, float]:
        """The same for each kind of read."""
        return {"inventory": self._inventory.lag_met, "orders": self._orders.lag_met}

    @property
    def peak(self) -> int | None:
        """The greatest total that was read."""
        return self._inventory.peak

    @property
    def first_total(self) -> int | None:
        """The total at the first read that showed one."""
        return self._inventory.first_total

    @property
    def forms(self) -> frozenset[str]:
        """The forms of identities that the target has accepted on this account."""
        return self._subscribers.forms

    @property
    def last_view(self) -> InventoryView | None:
        """The latest answer of the inventory."""
        return self._inventory.last_view

    @property
    def met(self) -> dict[str, dict[int, int]]:
        """By cause and code of a refusal, the exchange that showed it first."""
        return self._state.refusals.met

    @property
    def foreign_numbers(self) -> set[str]:
        """Orders that appeared in the list and that nobody of this run placed."""
        return self._orders.foreign_numbers

    @property
    def stock(self) -> Stock:
        """The possible worlds."""
        return self._state.stock

    @property
    def orders(self) -> Orders:
        """The order ledger."""
        return self._state.orders

    @property
    def identities(self) -> Identities:
        """Who is live, gone or in doubt."""
        return self._state.identities

    @property
    def others(self) -> list[Account]:
        """The models of the run's other accounts."""
        return self._state.others

    # -- what was agreed ----------------------------------------------------------------------------------------

    @property
    def terms(self) -> Terms:
        """What was agreed with the target."""
        return self._state.terms

    @terms.setter
    def terms(self, terms: Terms) -> None:
        self._state.terms = terms

    @property
    def tolerant(self) -> bool:
        """Whether any lag up to five seconds is taken without a word."""
        return self._state.tolerant

    @tolerant.setter
    def tolerant(self, tolerant: bool) -> None:
        self._state.tolerant = tolerant
