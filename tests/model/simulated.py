"""A correct server in a few lines, every legal oddity a switch, and the driver that tells its story to the model.

Nothing here is shared with the model or the mock. A mutated server is a subclass that breaks one law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    OrderKind,
    OrderView,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    Stage,
    SubscriberView,
)
from kandykit.exchange import Answer, Exchange, Intent, Request
from kandykit.model.account import Account
from kandykit.model.event import Event
from kandykit.terms import Terms
from kandykit.verdict import Finding, Verdict

METHODS = {PlaceOrder: "POST", CreateSubscriber: "POST", DeleteSubscriber: "DELETE"}


@dataclass(frozen=True)
class Habits:
    """What a target may do one way or another, all of it legal."""

    limit: int | None = None
    limit_known: bool = True
    asynchronous: bool = False
    reserves: bool = False
    promises: bool = False
    over_limit: str = "refused"  # or "rejected", or "for ever pending"
    repeat_answers: int = 404
    taken_answers: int = 400
    reuse: bool = True
    shows: str = "total used available"
    lag_s: float = 0.0
    server_chooses: bool = False
    total: int = 0
    used: int = 0
    old_orders: tuple[tuple[int, Stage], ...] = ()


@dataclass
class Order:
    number: str
    kind: OrderKind
    quantity: int
    stage: Stage

    @property
    def effect(self) -> int:
        return self.quantity if self.kind is OrderKind.INCREMENT else -self.quantity


@dataclass
class Server:
    """One account, exactly by the contract."""

    habits: Habits
    total: int = 0
    foreign: int = 0
    orders: list[Order] = field(default_factory=list)
    live: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    passwords: int = 0
    chosen: int = 0

    def __post_init__(self) -> None:
        self.total, self.foreign = self.habits.total, self.habits.used
        for index, (quantity, stage) in enumerate(self.habits.old_orders):
            self.orders.append(Order(f"old-{index}", OrderKind.INCREMENT, quantity, stage))

    @property
    def used(self) -> int:
        return len(self.live) + self.foreign

    def reserved(self) -> int:
        if not self.habits.reserves:
            return 0
        return -sum(min(order.effect, 0) for order in self.orders if order.stage is Stage.OPEN)

    def promised(self) -> int:
        if not self.habits.promises:
            return 0
        return sum(max(order.effect, 0) for order in self.orders if order.stage is Stage.OPEN)

    # -- the five operations, each one atomic

    def order(self, kind: OrderKind, quantity: int) -> tuple[int, Order | None]:
        habits = self.habits
        fits = self.fits(kind, quantity)
        if not fits and (not habits.asynchronous or habits.over_limit == "refused"):
            return 412, None
        order = Order(self.number(), kind, quantity, Stage.OPEN)
        self.orders.append(order)
        if habits.asynchronous:
            return 202, order
        self.decide(order)
        return 201, order

    def fits(self, kind: OrderKind, quantity: int) -> bool:
        if kind is OrderKind.DECREMENT:
            return quantity <= self.total - self.used - self.reserved()
        return self.habits.limit is None or self.total + quantity + self.promised() <= self.habits.limit

    def number(self) -> str:
        return f"order-{len(self.orders)}"

    def decide(self, order: Order) -> None:
        """A pending order comes to its end."""
        if order.stage is not Stage.OPEN:
            return
        order.stage = Stage.NOT_DONE  # so that it reserves nothing against itself
        if self.fits(order.kind, order.quantity):
            order.stage = Stage.DONE
            self.total += order.effect
        elif self.habits.over_limit == "for ever pending":
            order.stage = Stage.OPEN

    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        if identity is not None and identity in self.live:
            if self.habits.taken_answers == 200:
                return 200, SubscriberView(identity, self.live[identity])
            return self.habits.taken_answers, None
        if identity is not None and identity in self.gone and not self.habits.reuse:
            return 400, None
        if self.total - self.used - self.reserved() < 1:
            return 412, None
        if identity is None:
            self.chosen += 1
            identity = f"chosen-{self.chosen}@example.com"
        self.passwords += 1
        self.live[identity] = f"password-{self.passwords}"
        return 201, SubscriberView(identity, self.live[identity])

    def delete(self, identity: str) -> int:
        if identity in self.live:
            del self.live[identity]
            self.gone.add(identity)
            return 200
        return self.habits.repeat_answers if identity in self.gone else 404

    def was_listed(self) -> None:
        """The order list was read; a correct server does nothing more."""

    def inventory(self) -> tuple[int, int]:
        return self.total, self.used

    def listed(self) -> tuple[OrderView, ...]:
        return tuple(
            OrderView(order.number, order.kind, order.quantity, status=order.stage.value, stage=order.stage)
            for order in self.orders
        )


class Deed(NamedTuple):
    """One drawn step: what is done, to whom or how much, how it goes, and how long the pause before it is."""

    what: str
    which: int
    fate: str
    pause: float = 0.01


@dataclass
class Late:
    until: float
    call: Call


class Play:
    """Drives a server through deeds and tells the model every answer; keeps what the model says."""

    def __init__(self, server: Server, terms: Terms | None = None) -> None:
        habits = server.habits
        self.server = server
        self.account = Account(
            "account-1",
            terms
            or Terms(
                "http://t",
                "http://t/token",
                limit=habits.limit if habits.limit_known else None,
                settle_s=habits.lag_s,
            ),
        )
        self.now = 1.0
        self.seq = 0
        self.said: list[Finding] = []
        self.held: set[str] = set()
        self.log: list[str] = []
        self.identities: list[str] = []
        self.late: list[Late] = []
        self.history: list[tuple[float, tuple[int, int], tuple[OrderView, ...]]] = []
        self.minted = 0

    @property
    def failures(self) -> list[Finding]:
        return [finding for finding in self.said if finding.verdict is Verdict.FAIL]

    def run(self, deeds: Sequence[Deed]) -> Play:
        for deed in deeds:
            self.now += deed.pause
            self.remember()
            self.act(deed)
        return self

    def remember(self) -> None:
        """What reads may still show, where they lag."""
        self.late = [late for late in self.late if late.until > self.now]
        if self.server.habits.lag_s:
            self.history.append((self.now, self.server.inventory(), self.server.listed()))

    def stale(self, which: int) -> tuple[tuple[int, int], tuple[OrderView, ...]]:
        """What the server shows now, or showed at some moment within its lag."""
        fresh = self.server.inventory(), self.server.listed()
        lag = self.server.habits.lag_s
        past = [(i, o) for index, (at, i, o) in enumerate(self.history) if self.until(index) > self.now - lag]
        return past[which % len(past)] if lag and which % 3 and past else fresh

    def until(self, index: int) -> float:
        return self.history[index + 1][0] if index + 1 < len(self.history) else self.now

    def act(self, deed: Deed) -> None:
        server, which = self.server, deed.which
        if deed.what == "decide":
            waiting = [order for order in server.orders if order.stage is Stage.OPEN]
            if waiting:
                server.decide(waiting[which % len(waiting)])
                self.log.append("(decided)")
        elif deed.what == "late":
            if self.late:
                self.perform(self.late.pop(which % len(self.late)).call)
                self.log.append("(acted late)")
        elif deed.what == "look":
            (total, used), _ = self.stale(which)
            shown = {"total": total, "used": used, "available": total - used}
            view = InventoryView(**{name: shown[name] for name in server.habits.shows.split()})
            self.tell(ReadInventory(), Reply(Outcome.DONE, 200, inventory=view))
        elif deed.what == "list":
            server.was_listed()
            _, orders = self.stale(which)
            self.tell(ReadOrders(), Reply(Outcome.DONE, 200, orders=orders))
        elif deed.what == "read":
            _, orders = self.stale(which)
            if orders:
                chosen = orders[which % len(orders)]
                self.tell(ReadOrders(chosen.number), Reply(Outcome.DONE, 200, orders=(chosen,)))
        else:
            call = self.call(deed)
            if call is not None:
                self.write(call, deed.fate)

    def call(self, deed: Deed) -> Call | None:
        which = deed.which
        if deed.what in ("more", "fewer"):
            kind = OrderKind.INCREMENT if deed.what == "more" else OrderKind.DECREMENT
            free = self.server.total - self.server.used
            quantity = max(1, free + which - 8) if which > 6 else which % 4 + 1
            return PlaceOrder(kind, quantity)
        if deed.what == "create":
            if self.server.habits.server_chooses and which % 2:
                return CreateSubscriber()
            self.minted += 1
            self.identities.append(f"own-{self.minted}@example.com")
            return CreateSubscriber(self.identities[-1])
        if deed.what == "nobody":
            return DeleteSubscriber("nobody@example.com")
        if not self.identities:
            return None
        identity = self.identities[-1 - which % min(len(self.identities), 4)]
        return CreateSubscriber(identity) if deed.what == "again" else DeleteSubscriber(identity)

    def write(self, call: Call, fate: str) -> None:
        if fate == "throttled":
            self.tell(call, Reply(Outcome.THROTTLED, 429))
        elif fate == "503 idle":
            self.tell(call, Reply(Outcome.UNCLEAR, 503))
        elif fate == "503 acted":
            self.perform(call)
            self.tell(call, Reply(Outcome.UNCLEAR, 503))
        elif fate in ("cut", "cut idle"):
            if fate == "cut":
                self.perform(call)
            self.tell(call, Reply(Outcome.UNCLEAR), failure="cut")
        elif fate == "timeout":
            self.tell(call, Reply(Outcome.UNCLEAR), failure="timeout")
            self.late.append(Late(self.now + 29.0, call))
        else:
            reply = self.perform(call)
            told = reply.subscriber.identity if reply.subscriber else None
            if told and told not in self.identities:
                self.identities.append(told)
            self.tell(call, reply)

    def perform(self, call: Call) -> Reply:
        server = self.server
        if isinstance(call, PlaceOrder):
            status, order = server.order(call.kind, call.quantity)
            if order is None:
                return Reply(Outcome.REFUSED, status)
            view = OrderView(order.number, order.kind, order.quantity, status=order.stage.value, stage=order.stage)
            return Reply(Outcome.DONE, status, order=view)
        if isinstance(call, CreateSubscriber):
            status, subscriber = server.create(call.identity)
            if subscriber is None:
                return Reply(Outcome.REFUSED, status)
            return Reply(Outcome.DONE, status, subscriber=subscriber)
        assert isinstance(call, DeleteSubscriber)
        status = server.delete(call.identity)
        return Reply(Outcome.DONE if status < 300 else Outcome.REFUSED, status)

    def tell(self, call: Call, reply: Reply, *, failure: str = "") -> None:
        self.seq += 1
        started = self.now + 0.001
        ended = started + (1.0 if failure == "timeout" else 0.001)
        self.now = ended
        request = Request(METHODS.get(type(call), "GET"), "http://t/x", ())
        answer = None if reply.status is None else Answer(reply.status, ())
        exchange = Exchange(self.seq, Intent(), request, answer, started, ended, failure=failure)
        shown = reply.inventory or reply.orders or reply.order or reply.subscriber or ""
        self.log.append(f"{self.seq} @{started:.3f} {call} -> {reply.status or failure} {shown}")
        checks = self.account.see(Event(exchange, call, reply))
        self.said += [check for check in checks if isinstance(check, Finding)]
        self.held |= {check.requirement for check in checks if not isinstance(check, Finding)}
        self.remember()
