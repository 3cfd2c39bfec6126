"""One account's history, event by event: what may be true of it, and which law an answer breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    OrderKind,
    OrderView,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Stage,
)
from kandykit.model.blame import Deviation, order_effect, suspects
from kandykit.model.event import Event
from kandykit.model.identities import Identities, Life
from kandykit.model.orders import Breach, Orders
from kandykit.model.stock import LONGEST_LAG_S, Question, Stock
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding, Held, Verdict

LATE_EFFECT_S = 30.0
"""A call that timed out may still act for this long, in seconds; one that was answered 5xx or cut has acted or not."""


LEGAL_REFUSALS: Final = {
    "no_stock": frozenset({400, 403, 412}),
    "below_use": frozenset({400, 403, 412}),
    "over_limit": frozenset({400, 403, 412}),
    "taken": frozenset({400, 403, 412}),
    "unknown": frozenset({400, 404}),
}
"""The documented codes that fit a cause, where the profile agrees on none."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An answer that would be right if the target's reads lagged; it waits for a later answer to decide."""

    findings: tuple[Finding, ...]
    true_until: float
    seq: int


class Account:
    """The judge of one account.

    Feed it every event of the account in order with `see`, and what other accounts do with `elsewhere`. ``terms`` may
    be replaced when calibration has found a reading out; ``tolerant`` (during calibration) takes any lag up to five
    seconds without a word.
    """

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self.tolerant = False
        self.others: list[Account] = []
        self.stock = Stock()
        self.orders = Orders()
        self.identities = Identities()
        self.suspicion: Suspicion | None = None
        self.lag_met = 0.0
        self.agrees = True
        self.met: dict[str, dict[int, int]] = {}
        self.peak: int | None = None
        self.first_total: int | None = None
        self.last_view: InventoryView | None = None
        self.foreign_numbers: set[str] = set()
        self._since: list[Event] = []
        self._elsewhere: list[Event] = []
        self._repeats: set[int] = set()
        self._taken: set[int] = set()
        self._forms: dict[str, bool] = {}
        self._doubts: dict[str, tuple[int, str]] = {}
        self._pending: dict[str, int] = {}
        self._lost_orders: dict[int, PlaceOrder] = {}
        self._refused_orders: list[tuple[PlaceOrder, int]] = []
        self._least_refused: tuple[int, int] | None = None
        self._most_accepted: tuple[int, int] | None = None

    # -- the one entrance ---------------------------------------------------------------------------------------

    def see(self, event: Event) -> list[Check]:
        """What this event proves of the laws: a `Held` for each one really tested, a `Finding` for each one broken."""
        meant, outcome = event.meant, event.reply.outcome
        if isinstance(meant, ReadInventory):
            if outcome is Outcome.DONE and event.reply.inventory is not None:
                return self._inventory(event, event.reply.inventory)
            return []
        if isinstance(meant, ReadOrders):
            checks = list(self._read_orders(event, meant))
        elif isinstance(meant, PlaceOrder):
            checks = list(self._order(event, meant))
        elif isinstance(meant, CreateSubscriber):
            checks = list(self._create(event, meant))
        elif isinstance(meant, DeleteSubscriber):
            checks = list(self._delete(event, meant))
        else:
            checks = []
            if event.writes and outcome in (Outcome.DONE, Outcome.UNCLEAR) and isinstance(meant, Malformed):
                # What an accepted malformed call did is anybody's guess; that it was accepted is R3's finding.
                self.stock.forget()
                self._since.clear()
        self._since.append(event)
        return checks

    def elsewhere(self, event: Event) -> None:
        """Another account did something; it must not show here."""
        if event.writes:
            self._elsewhere.append(event)

    def forget(self) -> None:
        """Start anew from whatever the next read shows; the order ledger and the identities stay."""
        self.stock.forget()
        self._settle_window()
        self.suspicion = None

    def overdue(self) -> tuple[Finding, ...]:
        """What an open suspicion will say if it never comes right; empty where there is none."""
        return self.suspicion.findings if self.suspicion else ()

    @property
    def knows(self) -> bool:
        """Whether the inventory was read and is known, as far as the answers allow."""
        return self.stock.worlds is not None

    # -- inventory ----------------------------------------------------------------------------------------------

    def _inventory(self, event: Event, view: InventoryView) -> list[Check]:
        checks = self._bounds(event, view)
        self.last_view = view
        if view.total is not None:
            self.first_total = view.total if self.first_total is None else self.first_total
            self.peak = view.total if self.peak is None else max(self.peak, view.total)
        if self.stock.worlds is None:
            self.stock.start(view, event.exchange.started)
            self._settle_window()
            return checks
        matching = self.stock.matching(view)
        self.agrees = bool(matching)
        if matching:
            checks += self._explained(event)
            self.stock.observe(matching, event.exchange.started)
            self._close_doubts()
            self._settle_window()
            return checks
        return checks + self._unexplained(event, view)

    def _explained(self, event: Event) -> list[Check]:
        checks: list[Check] = []
        for past in self._since:
            checks += [Held(law) for law in self._laws_tested(past)]
        if self._since and not any(past.writes for past in self._since):
            checks.append(Held("L13"))
        if self._elsewhere:
            checks.append(Held("L11"))
        if self.suspicion is not None:
            checks += [self._came_right(finding, event) for finding in self.suspicion.findings]
            self.suspicion = None
        return checks

    def _laws_tested(self, past: Event) -> Iterable[str]:
        if not past.writes:
            return ()
        if past.seq in self._repeats:
            return ("L10", "L4") if past.refused else ("L10",)
        if past.refused:
            return ("L4",)
        if past.reply.outcome is Outcome.UNCLEAR:
            return ("L12",)
        if isinstance(past.meant, PlaceOrder):
            return ("L1",)
        if isinstance(past.meant, CreateSubscriber):
            return ("L2",)
        if isinstance(past.meant, DeleteSubscriber):
            return ("L2", "L10")
        return ()

    def _unexplained(self, event: Event, view: InventoryView) -> list[Check]:
        started = event.exchange.started
        allowed = LONGEST_LAG_S if self.tolerant else self.terms.settle_s
        true_until = self.stock.lagging(view, started - max(LONGEST_LAG_S, allowed))
        findings = tuple(self._deviates(event, view))
        if true_until is not None:
            if started <= true_until + allowed:
                self.lag_met = max(self.lag_met, event.exchange.ended - true_until)
                return []
            if self.suspicion is None:
                self.suspicion = Suspicion(findings, true_until, event.seq)
            return []
        if self.suspicion is not None and started < self.suspicion.true_until + LONGEST_LAG_S:
            # Wrong in another way than a lagging read would be: true at no moment, so it needs no more waiting.
            findings = findings or self.suspicion.findings
        elif self.suspicion is not None:
            findings = self.suspicion.findings
        self.suspicion = None
        self.stock.start(view, started)
        self._settle_window()
        return list(findings)

    def _deviates(self, event: Event, view: InventoryView) -> Iterable[Finding]:
        if self.terms.shared:
            return
        possible = self.stock.shown()
        near_total, near_used = min(
            possible, key=lambda pair: abs(_total(view, pair) - pair[0]) + abs(_used(view, pair) - pair[1])
        )
        deviation = Deviation(
            _total(view, (near_total, near_used)) - near_total, _used(view, (near_total, near_used)) - near_used
        )
        found = suspects(self._since, self._elsewhere, deviation, frozenset(self._repeats), frozenset(self._taken))
        laws = list(dict.fromkeys(law for suspect in found for law in suspect.laws)) or ["L13"]
        title = found[0].title if found else "The inventory changes between two reads and no call of ours"
        evidence = sorted({suspect.event.seq for suspect in found if suspect.laws[0] == laws[0]} | {event.seq})
        yield Finding(
            requirement=laws[0],
            title=title,
            expected=" or ".join(_stock_words(total, used) for total, used in possible[:4]),
            actual=_view_words(view),
            evidence=tuple(evidence),
            also=tuple(laws[1:]),
            source="section 3 of the contract",
            stateful=True,
        )

    def _came_right(self, finding: Finding, event: Event) -> Finding:
        return replace(
            finding,
            verdict=Verdict.INCONCLUSIVE,
            title="A read lags although none did at the start of the run",
            actual=f"{finding.actual}, then the expected numbers within {LONGEST_LAG_S:.0f} s",
            evidence=(*finding.evidence, event.seq),
            also=(),
            stateful=False,
        )

    def _bounds(self, event: Event, view: InventoryView) -> list[Check]:
        wrong: list[str] = []
        total, used, available = view.total, view.used, view.available
        if any(number is not None and number < 0 for number in (total, used, available)):
            wrong.append("no number below zero")
        if total is not None and used is not None and used > total:
            wrong.append("used no greater than total")
        if total is not None and available is not None and available > total:
            wrong.append("available no greater than total")
        if total is not None and used is not None and available is not None and available != total - used:
            wrong.append("available equal to total less used")
        if total is not None and self.terms.limit is not None and total > self.terms.limit:
            wrong.append(f"total no greater than the agreed limit {self.terms.limit}")
        live = len(self.identities.live())
        if (
            used is not None
            and used < live
            and not self.terms.settle_s
            and not self.tolerant
            and self.suspicion is None
        ):
            wrong.append(f"used no less than the {live} live subscribers that this run created")
        if not wrong:
            return [Held("L3")]
        lately = [past.seq for past in self._since if past.writes][-3:]
        return [
            Finding(
                "L3",
                "The inventory shows numbers that cannot be",
                "; ".join(wrong),
                _view_words(view),
                (*lately, event.seq),
                source="section 3 of the contract",
                stateful=any(word.startswith("used no less than the ") for word in wrong),
            )
        ]

    def _settle_window(self) -> None:
        self._since.clear()
        self._elsewhere.clear()
        self._repeats.clear()
        self._taken.clear()

    # -- orders -------------------------------------------------------------------------------------------------

    def _order(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        outcome, seq, ended = event.reply.outcome, event.seq, event.exchange.ended
        effect = order_effect(call)
        if outcome is Outcome.DONE:
            view = event.reply.order or OrderView(None)
            if view.number is None:
                yield Finding(
                    "L8",
                    "An accepted order has no number",
                    "an order number",
                    event.reply.unreadable or "none",
                    (seq,),
                )
            else:
                breaches = self.orders.placed(call, view, seq)
                yield from self._ledger(event, breaches)
            if view.stage is Stage.NOT_DONE:
                yield from self._refusal_was_right(event, call)
                return
            if self.stock.worlds is not None:
                yield from self._acceptance_was_right(event, call, final=view.stage is Stage.DONE)
            if view.stage is Stage.DONE:
                self.stock.change(effect, 0, ended)
            else:
                self.stock.ask(Question(seq, effect, 0, float("inf")), ended)
                if view.number is not None:
                    self._pending[view.number] = seq
        elif outcome is Outcome.REFUSED:
            self._refused_orders.append((call, seq))
            if event.reply.status != 401 and not isinstance(event.call, Malformed):
                yield from self._refusal_was_right(event, call)
        elif outcome is Outcome.UNCLEAR and self._may_be_accepted(call):
            self.stock.ask(Question(seq, effect, 0, self._closes(event)), ended)
            self._lost_orders[seq] = call

    def _may_be_accepted(self, call: PlaceOrder) -> bool:
        if self.stock.worlds is None:
            return False
        if call.kind is OrderKind.DECREMENT:
            return call.quantity <= self.stock.availables()[1]
        return self.terms.limit is None or self.stock.totals()[0] + call.quantity <= self.terms.limit

    def _acceptance_was_right(self, event: Event, call: PlaceOrder, *, final: bool) -> Iterable[Check]:
        stock = self.stock
        if call.kind is OrderKind.DECREMENT:
            most = stock.availables()[1]
            if not self._knows_available:
                return
            if call.quantity <= most:
                yield Held("L6")
                stock.narrow(world for world in stock.worlds or () if world.available >= call.quantity)
            elif final:
                yield self._law(
                    "L6",
                    "A decrement order takes more than is available",
                    event,
                    f"a refusal: {call.quantity} are more than the {most} available",
                    "the order is fulfilled",
                )
            return
        least = stock.totals()[0]
        level = least + call.quantity
        if self.terms.limit is None:
            if self._least_refused is not None and final and level >= self._least_refused[0]:
                yield self._law(
                    "L7",
                    "An increment order is refused at a total that a later one reaches",
                    event,
                    f"a refusal from a total of {self._least_refused[0]} on, as before",
                    f"a total of {level} is accepted",
                    self._least_refused[1],
                )
                self._least_refused = None
            if final and (self._most_accepted is None or level > self._most_accepted[0]):
                self._most_accepted = (level, event.seq)
        elif level <= self.terms.limit:
            yield Held("L7")
        elif final:
            yield self._law(
                "L7",
                "An increment order is fulfilled beyond the agreed limit",
                event,
                f"a refusal: {level} are more than the limit of {self.terms.limit}",
                "the order is fulfilled",
            )

    def _refusal_was_right(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        stock = self.stock
        if stock.worlds is None:
            return
        said = f"the order is refused with {event.reply.status}"
        if event.reply.outcome is Outcome.DONE:
            said = "the order ends rejected"
        if call.kind is OrderKind.DECREMENT:
            if not self._knows_available:
                return
            least = stock.availables()[0]
            if call.quantity > least:
                yield Held("L6")
                yield from self._refused_for("below_use", event)
                return
            yield self._law(
                "L6",
                "A decrement order within what is available is refused",
                event,
                f"a fulfilled order: {call.quantity} of the {least} available",
                said,
            )
            return
        low, high = stock.totals()
        level = low + call.quantity
        if self.terms.limit is not None:
            if high + call.quantity > self.terms.limit:
                yield Held("L7")
                yield from self._refused_for("over_limit", event)
                return
            yield self._law(
                "L7",
                "An increment order within the agreed limit is refused",
                event,
                f"a fulfilled order: {high + call.quantity} are within the limit of {self.terms.limit}",
                said,
            )
            return
        if self._most_accepted is not None and high + call.quantity <= self._most_accepted[0]:
            yield self._law(
                "L7",
                "An increment order is refused at a total that was reached before",
                event,
                f"a fulfilled order: a total of {self._most_accepted[0]} was accepted",
                said,
                self._most_accepted[1],
            )
            return
        if self._least_refused is None or level < self._least_refused[0]:
            self._least_refused = (level, event.seq)

    def _read_orders(self, event: Event, call: ReadOrders) -> Iterable[Check]:
        reply, seq = event.reply, event.seq
        if call.number is not None:
            if reply.outcome is Outcome.REFUSED and reply.status != 401:
                if call.number in self.orders.entries:
                    yield from self._ledger(event, self.orders.read_one(call.number, (), seq))
                else:
                    if self._of_another(call.number) is not None:
                        yield Held("L11")
                    yield from self._refused_for("unknown", event)
            elif reply.outcome is Outcome.DONE and reply.orders is not None:
                views = reply.orders
                if call.number not in self.orders.entries and views:
                    yield from self._stranger_read(event, call.number, views)
                    return
                yield from self._ledger(event, self.orders.read_one(call.number, views, seq))
                yield from self._settle_pending(event)
        elif reply.outcome is Outcome.DONE and reply.orders is not None:
            first = not self.orders.listed_once
            strangers = self.orders.strangers(reply.orders)
            yield from self._ledger(event, self.orders.read_all(reply.orders, seq))
            yield from self._strangers(event, strangers, first)
            yield from self._settle_pending(event)

    def _stranger_read(self, event: Event, number: str, views: tuple[OrderView, ...]) -> Iterable[Check]:
        shown = views[0]
        other = self._of_another(number)
        if other is not None and shown.number in (number, None):
            yield Finding(
                "L11",
                "An account reads another account's order",
                "no order: it is another account's",
                f"{shown.number or number}",
                (other, event.seq),
            )
        elif len(views) > 1 or shown.number not in (number, None):
            yield Finding(
                "L8",
                "Reading one order by its number shows another, or more than that one",
                f"no order: {number} was never given to this account",
                f"{len(views)} orders",
                (event.seq,),
            )

    def _strangers(self, event: Event, strangers: list[OrderView], first: bool) -> Iterable[Check]:
        for view in strangers:
            lost = next(
                (
                    key
                    for key, call in self._lost_orders.items()
                    if (view.kind, view.quantity)
                    in ((call.kind, call.quantity), (None, call.quantity), (call.kind, None))
                ),
                None,
            )
            if lost is not None:
                del self._lost_orders[lost]
                self.orders.adopt(view, event.seq, placed_by=lost)
                if view.number is not None and view.stage in (Stage.OPEN, None):
                    self._pending[view.number] = lost
                else:
                    self.stock.settle(lost, view.stage is Stage.DONE, event.exchange.ended)
                continue
            self.orders.adopt(view, event.seq)
            if first:
                continue
            assert view.number is not None
            other = self._of_another(view.number)
            if other is not None:
                yield Finding(
                    "L11",
                    "An account's order list shows another account's order",
                    "the account's own orders",
                    f"number {view.number}, which another account placed",
                    (other, event.seq),
                )
                continue
            refused = next(
                (
                    seq
                    for call, seq in reversed(self._refused_orders)
                    if (call.kind, call.quantity) == (view.kind, view.quantity)
                ),
                None,
            )
            if refused is not None and view.stage is not Stage.NOT_DONE:
                yield Finding(
                    "L4",
                    "A refused order appears in the order list",
                    "the orders that were accepted, and no other",
                    f"the {view.kind} of {view.quantity} as number {view.number}",
                    (refused, event.seq),
                    also=("L8",),
                    stateful=True,
                )
            elif refused is None and not self.terms.shared:
                yield Finding(
                    "L8",
                    "The order list shows an order that nobody placed",
                    "the orders that were accepted, and no other",
                    f"number {view.number}",
                    (event.seq,),
                    stateful=True,
                )
                self.foreign_numbers.add(view.number)

    def _of_another(self, number: str) -> int | None:
        """The exchange in which another account of this run placed an order of this number; None where none did."""
        for account in self.others:
            entry = account.orders.entries.get(number)
            if entry is not None and entry.seq is not None:
                return entry.seq
        return None

    def _settle_pending(self, event: Event) -> Iterable[Check]:
        for number, key in list(self._pending.items()):
            view = self.orders.entries[number].view
            if view.stage not in (Stage.DONE, Stage.NOT_DONE):
                continue
            del self._pending[number]
            asked = key in self.stock.questions
            call = PlaceOrder(view.kind or OrderKind.INCREMENT, view.quantity or 0)
            if view.stage is Stage.NOT_DONE:
                right = list(self._refusal_was_right(event, call)) if asked else []
                if self.stock.answers.get(key):
                    right.append(
                        self._law(
                            "L1",
                            "A rejected order changes the total",
                            event,
                            "the total as it was before",
                            "the total was seen changed by the order's quantity",
                            key,
                        )
                    )
                self.stock.settle(key, False, event.exchange.ended)
                yield from right
            else:
                self.stock.settle(key, True, event.exchange.ended)
                if asked and self.stock.worlds is not None:
                    yield from self._fulfilment_was_right(event, call)
        if not self.terms.settle_s and isinstance(event.call, ReadOrders) and event.call.number is None:
            for key in [key for key, call in self._lost_orders.items() if key in self.stock.questions]:
                if self.stock.questions[key].closes <= event.exchange.started:
                    del self._lost_orders[key]
                    self.stock.settle(key, False, event.exchange.ended)

    def _fulfilment_was_right(self, event: Event, call: PlaceOrder) -> Iterable[Check]:
        least_total, least_used = min(self.stock.shown())
        if call.kind is OrderKind.DECREMENT and max(total - used for total, used in self.stock.shown()) < 0:
            yield self._law(
                "L6",
                "A decrement order takes more than is available",
                event,
                "an order that ends rejected",
                "the order is fulfilled",
            )
        elif self.terms.limit is not None and least_total > self.terms.limit:
            yield self._law(
                "L7",
                "An increment order is fulfilled beyond the agreed limit",
                event,
                f"an order that is never fulfilled: the limit is {self.terms.limit}",
                f"the order is fulfilled, which makes a total of {least_total} with {least_used} used",
            )
        else:
            yield Held("L6" if call.kind is OrderKind.DECREMENT else "L7")

    def _ledger(self, event: Event, breaches: list[Breach]) -> Iterable[Check]:
        lagging = self.tolerant or self.terms.settle_s > 0
        kept = [breach for breach in breaches if not (breach.lag and lagging)]
        if not kept:
            yield Held("L8")
        for breach in kept:
            yield Finding(
                "L8",
                breach.title,
                breach.expected,
                breach.actual,
                tuple(sorted({breach.earlier, event.seq})),
                source="section 3 of the contract",
                stateful=breach.lag,
            )

    # -- subscribers --------------------------------------------------------------------------------------------

    def _create(self, event: Event, call: CreateSubscriber) -> Iterable[Check]:
        outcome, seq, ended = event.reply.outcome, event.seq, event.exchange.ended
        known = self.identities.of(call.identity) if call.identity else None
        if outcome is Outcome.DONE:
            self._forms["server" if call.identity is None else "caller"] = True
            shown = event.reply.subscriber
            identity = (shown.identity if shown else None) or call.identity
            if known is not None and known.life is Life.LIVE and identity == call.identity:
                self._taken.add(seq)
                if event.reply.status == 200:
                    return  # may be the same subscriber once more; the next read tells whether it took a product
                yield Finding(
                    "L9",
                    "A create under a live identity is accepted",
                    "a refusal: the identity is taken",
                    f"{event.reply.status}",
                    (known.seq, seq),
                    stateful=False,
                )
                self.stock.ask(Question(seq, 0, 1, ended), ended)
                return
            yield from self._stock_for_create(event)
            self.stock.change(0, 1, ended)
            if identity is None:
                return
            other = self.identities.of(identity)
            if other is not None and other.life is Life.LIVE:
                yield Finding(
                    "L9",
                    "Two live subscribers share an identity",
                    "an identity that no live subscriber has",
                    f"{identity} again",
                    (other.seq, seq),
                )
            else:
                yield Held("L9")
            self.identities.set(identity, Life.LIVE, seq)
            self._doubts.pop(identity, None)
            if shown is not None and shown.password:
                earlier = self.identities.password_of_another(identity, shown.password, seq)
                if earlier is not None:
                    yield Finding(
                        "L9",
                        "Two subscribers get the same password",
                        "a password of its own for each subscriber",
                        "the password of another subscriber",
                        (earlier, seq),
                    )
        elif outcome is Outcome.REFUSED and event.reply.status != 401 and not isinstance(event.call, Malformed):
            if known is not None and known.life is Life.LIVE and self.knows and self.stock.availables()[0] >= 1:
                yield Held("L9")
                yield from self._refused_for("taken", event)
            yield from self._create_refusal(event, call, known is not None)
        elif outcome is Outcome.UNCLEAR and self.stock.worlds is not None and self.stock.availables()[1] >= 1:
            taken = known is not None and known.life is Life.LIVE
            if not taken:
                self.stock.ask(Question(seq, 0, 1, self._closes(event)), ended)
                if call.identity is not None:
                    self.identities.set(call.identity, Life.IN_DOUBT, seq)
                    self._doubts[call.identity] = (seq, "create")

    def _stock_for_create(self, event: Event) -> Iterable[Check]:
        stock = self.stock
        if stock.worlds is None or not self._knows_available:
            return
        if stock.availables()[1] >= 1:
            yield Held("L5")
            stock.narrow(world for world in stock.worlds if world.available >= 1)
            return
        yield self._law(
            "L5",
            "A subscriber is created although no product is available",
            event,
            f"a refusal: {_worlds_words(stock)}",
            f"{event.reply.status}, a subscriber",
        )

    def _create_refusal(self, event: Event, call: CreateSubscriber, known: bool) -> Iterable[Check]:
        stock = self.stock
        if stock.worlds is None or not self._knows_available or known:
            return
        form = "server" if call.identity is None else "caller"
        if stock.availables()[0] <= 0:
            yield Held("L5")
            yield from self._refused_for("no_stock", event)
            stock.narrow(world for world in stock.worlds if stock.questions or world.available <= 0)
            return
        self._forms.setdefault(form, False)
        never = self._forms == {"server": False, "caller": False}
        if self._forms[form] or never:
            yield self._law(
                "L5",
                "A subscriber is refused although a product is available",
                event,
                f"a subscriber: {_worlds_words(stock)}",
                f"a refusal with {event.reply.status}",
            )

    def _delete(self, event: Event, call: DeleteSubscriber) -> Iterable[Check]:
        outcome, seq, ended = event.reply.outcome, event.seq, event.exchange.ended
        known = self.identities.of(call.identity)
        doubt = self._doubts.get(call.identity)
        if doubt is not None and outcome in (Outcome.DONE, Outcome.REFUSED):
            self._delete_in_doubt(event, call, doubt)
            return
        live = known is not None and known.life is Life.LIVE
        if known is not None and known.life is Life.IN_DOUBT and outcome in (Outcome.DONE, Outcome.REFUSED):
            # Whether it was live was never learnt, so neither is whether this freed a product.
            self.stock.ask(Question(seq, 0, -1, ended), ended)
            self.identities.set(call.identity, Life.GONE, seq)
        elif outcome is Outcome.DONE and live:
            self.stock.change(0, -1, ended)
            self.identities.set(call.identity, Life.GONE, seq)
        elif outcome in (Outcome.DONE, Outcome.REFUSED) and not live:
            self._repeats.add(seq)
            if outcome is Outcome.REFUSED:
                yield from self._refused_for("unknown", event)
        elif outcome is Outcome.REFUSED and live and event.reply.status != 401:
            yield self._law(
                "L10",
                "A delete of a live subscriber is refused",
                event,
                f"{call.identity} is deleted",
                f"a refusal with {event.reply.status}",
                known.seq if known else None,
            )
        elif outcome is Outcome.UNCLEAR and live:
            self.stock.ask(Question(seq, 0, -1, self._closes(event)), ended)
            self.identities.set(call.identity, Life.IN_DOUBT, seq)
            self._doubts[call.identity] = (seq, "delete")

    def _delete_in_doubt(self, event: Event, call: DeleteSubscriber, doubt: tuple[int, str]) -> None:
        """A delete after an unclear create or delete: whatever had happened, the subscriber is gone now."""
        key, what = doubt
        del self._doubts[call.identity]
        stock, accepted = self.stock, event.reply.outcome is Outcome.DONE
        self.identities.set(call.identity, Life.GONE, event.seq)
        if key not in stock.questions or stock.worlds is None:
            return
        if what == "create":
            gone = {
                world._replace(used=world.used - 1, happened=world.happened - {key}) if key in world.happened else world
                for world in stock.worlds
                if accepted or key not in world.happened
            }
        else:
            gone = {
                world._replace(happened=world.happened - {key})
                if key in world.happened
                else world._replace(used=world.used - 1)
                for world in stock.worlds
            }
        del stock.questions[key]
        stock.narrow(gone)

    def _close_doubts(self) -> None:
        """A read may have answered an unclear create or delete: then its subscriber is live or gone for certain."""
        for identity, (key, what) in list(self._doubts.items()):
            if key in self.stock.questions:
                continue
            known = self.identities.of(identity)
            assert known is not None
            del self._doubts[identity]
            happened = self.stock.answers.pop(key, None)
            if happened is None:
                continue
            alive = happened == (what == "create")
            self.identities.set(identity, Life.LIVE if alive else Life.GONE, known.seq)

    # -- words --------------------------------------------------------------------------------------------------

    def _refused_for(self, cause: str, event: Event) -> Iterable[Check]:
        """A refusal whose cause is known: its code is held against what was agreed and what came before."""
        status = event.reply.status
        if status is None:
            return
        met = self.met.setdefault(cause, {})
        before = dict(met)
        met.setdefault(status, event.seq)
        agreed = self.terms.refusal_codes.get(cause)
        if agreed is not None and status not in agreed:
            yield Finding(
                "R1",
                f"A refusal ({cause.replace('_', ' ')}) has another code than was agreed",
                " or ".join(map(str, sorted(agreed))),
                str(status),
                (event.seq,),
            )
        elif agreed is None and status not in LEGAL_REFUSALS[cause] | self.terms.extra_codes:
            yield Finding(
                "R1",
                f"A refusal ({cause.replace('_', ' ')}) has an unusual code",
                " or ".join(map(str, sorted(LEGAL_REFUSALS[cause]))),
                str(status),
                (event.seq,),
                verdict=Verdict.WARN,
            )
        if before and status not in before:
            yield Finding(
                "R1",
                f"The same refusal ({cause.replace('_', ' ')}) has different codes from time to time",
                f"{next(iter(before))} as before",
                str(status),
                (next(iter(before.values())), event.seq),
                verdict=Verdict.WARN,
            )

    def _closes(self, event: Event) -> float:
        late = LATE_EFFECT_S if event.exchange.failure == "timeout" else self.terms.settle_s
        return event.exchange.ended + late

    @property
    def _knows_available(self) -> bool:
        view = self.last_view
        return view is not None and (view.available is not None or (view.total is not None and view.used is not None))

    def _law(
        self, law: str, title: str, event: Event, expected: str, actual: str, earlier: int | None = None
    ) -> Finding:
        lately = {past.seq for past in self._since if past.writes and not past.refused}
        evidence = sorted(lately | {event.seq} | ({earlier} if earlier is not None else set()))
        return Finding(
            law,
            title,
            expected,
            actual,
            tuple(evidence[-6:]),
            source="section 3 of the contract",
            stateful=True,
            verdict=Verdict.INCONCLUSIVE if self.terms.shared else Verdict.FAIL,
        )


def _total(view: InventoryView, world: tuple[int, int]) -> int:
    if view.total is not None:
        return view.total
    if view.available is not None:
        return view.available + (view.used if view.used is not None else world[1])
    return world[0]


def _used(view: InventoryView, world: tuple[int, int]) -> int:
    if view.used is not None:
        return view.used
    if view.available is not None and view.total is not None:
        return view.total - view.available
    return world[1]


def _view_words(view: InventoryView) -> str:
    parts = (("total", view.total), ("used", view.used), ("available", view.available))
    return ", ".join(f"{name} {number}" for name, number in parts if number is not None)


def _stock_words(total: int, used: int) -> str:
    return f"total {total}, used {used}, available {total - used}"


def _worlds_words(stock: Stock) -> str:
    return " or ".join(_stock_words(total, used) for total, used in stock.shown()[:4])
