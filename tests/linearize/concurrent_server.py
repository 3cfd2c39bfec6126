"""A simulated correct server under concurrent clients: every call acts at one moment of its interval, or is lost."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from random import Random
from typing import Any

from written import told

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
from kandykit.model.event import Event

FAULTS = ("oversell", "no return", "double free", "lost update", "stale read", "refused but acted")
"""Seeded faults, each done once: see `Server.answer`."""


@dataclass
class Server:
    """One account; ``fault`` is done at the first occasion after ``from_call`` calls."""

    total: int
    limit: int | None
    random: Random
    asynchronous: bool = False
    fault: str = ""
    from_call: int = 0
    used: int = 0
    live: dict[str, str] = field(default_factory=dict)
    orders: list[OrderView] = field(default_factory=list)
    calls: int = 0
    done: bool = False

    def answer(self, call: Call) -> Reply:
        self.calls += 1
        wrong = "" if self.done or self.calls <= self.from_call else self.fault
        before = self.total, self.used
        if isinstance(call, ReadInventory):
            total, used = self.total, self.used
            if wrong == "stale read" and used >= 3:
                self.done, used = True, used - 3
            return Reply(Outcome.DONE, 200, inventory=InventoryView(total, used, total - used))
        if isinstance(call, ReadOrders):
            return Reply(Outcome.DONE, 200, orders=tuple(self.orders))
        reply = self.write(call, wrong)
        if wrong == "lost update" and reply.outcome is Outcome.DONE and (self.total, self.used) != before:
            self.done = True
            self.total, self.used = before
        return reply

    def write(self, call: Call, wrong: str) -> Reply:
        if isinstance(call, CreateSubscriber):
            identity = call.identity or f"given-{self.calls}"
            if identity in self.live:
                return Reply(Outcome.REFUSED, 400)
            if self.total - self.used < 1:
                if wrong != "oversell":
                    if wrong == "refused but acted" and self.used:
                        self.done, self.used = True, self.used - 1
                    return Reply(Outcome.REFUSED, 412)
                self.done = True
            self.used += 1
            self.live[identity] = f"password-{self.calls}"
            return Reply(Outcome.DONE, 201, subscriber=SubscriberView(identity, self.live[identity]))
        if isinstance(call, DeleteSubscriber):
            if call.identity not in self.live:
                return Reply(Outcome.REFUSED, 404)
            del self.live[call.identity]
            self.used -= 1
            if wrong == "no return":
                self.done, self.used = True, self.used + 1
            elif wrong == "double free" and self.used:
                self.done, self.used = True, self.used - 1
            return Reply(Outcome.DONE, 200)
        assert isinstance(call, PlaceOrder)
        effect = call.quantity if call.kind is OrderKind.INCREMENT else -call.quantity
        number = f"o{len(self.orders)}"
        if self.asynchronous:
            view = OrderView(number, call.kind, call.quantity, None, "pending", Stage.OPEN)
            self.orders.append(view)
            return Reply(Outcome.DONE, 202, order=view)
        if not self.fits(effect):
            return Reply(Outcome.REFUSED, 412)
        self.total += effect
        view = OrderView(number, call.kind, call.quantity, None, "fulfilled", Stage.DONE)
        self.orders.append(view)
        return Reply(Outcome.DONE, 201, order=view)

    def fits(self, effect: int) -> bool:
        return self.total + effect - self.used >= 0 and (
            self.limit is None or effect < 0 or self.total + effect <= self.limit
        )

    def decide(self) -> None:
        """A pending order comes to its end."""
        for index, view in enumerate(self.orders):
            if view.stage is Stage.OPEN:
                effect = (view.quantity or 0) * (1 if view.kind is OrderKind.INCREMENT else -1)
                fulfilled = self.fits(effect)
                self.total += effect if fulfilled else 0
                stage = Stage.DONE if fulfilled else Stage.NOT_DONE
                word = "fulfilled" if fulfilled else "rejected"
                self.orders[index] = OrderView(view.number, view.kind, view.quantity, None, word, stage)
                return


@dataclass
class Session:
    """Clients in a closed loop on one server; see `run`. So many of the identities that they choose were met before."""

    server: Server
    clients: int
    calls: int
    random: Random
    lost: float = 0.0
    epoch: int = 100
    again: float = 0.0
    identities: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    fences: list[float] = field(default_factory=list)
    minted: int = 0

    def run(self) -> Session:
        """Epochs of concurrent calls, each ended by a quiet read."""
        now = 1.0
        self.read(now)
        while len(self.events) < self.calls:
            now = self.one_epoch(now + 1.0) + 1.0
            self.fences.append(now)
            now += 0.5
            self.read(now)
        return self

    def read(self, now: float) -> None:
        self.events.append(
            told(len(self.events) + 1, ReadInventory(), self.server.answer(ReadInventory()), now, now + 0.1)
        )

    def one_epoch(self, now: float) -> float:
        queue: list[tuple[float, int, str, tuple[Any, ...]]] = []
        for client in range(self.clients):
            heapq.heappush(queue, (now + self.random.random(), client, "free", ()))
        left, tie, latest = self.epoch, self.clients, now
        while queue:
            at, _, what, rest = heapq.heappop(queue)
            latest = max(latest, at)
            tie += 1
            if self.server.asynchronous and self.random.random() < 0.3:
                self.server.decide()
            if what == "free" and left:
                left -= 1
                ends = at + self.random.lognormvariate(0, 0.5)
                heapq.heappush(queue, (at + (ends - at) * self.random.random(), tie, "act", (self.call(), at, ends)))
            elif what == "act":
                call, started, ends = rest
                vanishes = self.random.random() < self.lost and not isinstance(call, ReadInventory | ReadOrders)
                reply = Reply(Outcome.UNCLEAR)
                if not vanishes or self.random.random() < 0.5:
                    answer = self.server.answer(call)
                    reply = reply if vanishes else answer
                heapq.heappush(queue, (ends, tie, "answer", (call, started, reply)))
            elif what == "answer":
                call, started, reply = rest
                self.events.append(told(len(self.events) + 1, call, reply, started, at))
                if reply.subscriber is not None and reply.subscriber.identity:
                    self.identities.append(reply.subscriber.identity)
                heapq.heappush(queue, (at + 0.001, tie, "free", ()))
        return latest

    def call(self) -> Call:
        what = self.random.choices(
            ("create", "own", "delete", "more", "fewer", "read", "list"), (15, 15, 25, 10, 10, 20, 3)
        )[0]
        if what == "create":
            return CreateSubscriber()
        if what == "own" and self.identities and self.again and self.random.random() < self.again:
            return CreateSubscriber(self.random.choice(self.identities[-3:]))  # taken, or anew beside its delete
        if what == "own":
            self.minted += 1
            return CreateSubscriber(f"own-{self.minted}")
        if what == "delete":
            return DeleteSubscriber(self.random.choice(self.identities[-6:]) if self.identities else "nobody")
        if what in ("more", "fewer"):
            kind = OrderKind.INCREMENT if what == "more" else OrderKind.DECREMENT
            return PlaceOrder(kind, self.random.randint(1, 3))
        return ReadInventory() if what == "read" else ReadOrders()
