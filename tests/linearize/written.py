"""Reads the hand-written histories: one call a line, as ``CALLED-ANSWERED what -> answer``.

0-4 create a -> 201        a create under the identity a; without one the target chooses
0-4 delete a -> 404
0-4 more 3 -> 201 o1       an increment order, fulfilled under the number o1 (202: pending)
0-4 fewer 3 -> 412
0-4 read -> 3 1            the inventory: total and used
0-4 list -> o1:more:3:fulfilled o2:fewer:1:pending
0-4 create -> lost         no answer ever came
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from kandykit.linearize import Judged, judge_history
from kandykit.model.event import Event
from kandykit.terms import Terms

HERE = Path(__file__).parent
KINDS = {"more": OrderKind.INCREMENT, "fewer": OrderKind.DECREMENT}
STAGES = {"pending": Stage.OPEN, "fulfilled": Stage.DONE, "rejected": Stage.NOT_DONE}


@dataclass(frozen=True)
class History:
    """A hand-written history and what it was written with."""

    name: str
    legal: bool
    events: tuple[Event, ...]
    written: dict[str, Any]

    def judged(self) -> Judged:
        told = self.written
        return judge_history(
            self.events,
            Terms("http://t", "http://t/token", limit=told.get("limit")),
            start=tuple(told["start"]) if "start" in told else None,
            live=frozenset(told.get("live", ())),
            fences=tuple(told.get("fences", ())),
            idempotent=told.get("idempotent"),
        )


def histories() -> list[History]:
    """Every history that was written by hand."""
    found = []
    for path in sorted(HERE.glob("*legal/*.toml")):
        told = tomllib.loads(path.read_text())
        events = tuple(event(number, line) for number, line in enumerate(told["calls"], 1))
        found.append(History(path.stem, path.parent.name == "legal", events, told))
    return found


def event(seq: int, line: str) -> Event:
    """One call from its line."""
    asked, _, answer = line.partition(" -> ")
    when, what, *rest = asked.split()
    started, ended = map(float, when.split("-"))
    first, *shown = answer.split()
    call: Call
    if what == "read":
        total, used = int(first), int(shown[0])
        return told(
            seq,
            ReadInventory(),
            Reply(Outcome.DONE, 200, inventory=InventoryView(total, used, total - used)),
            started,
            ended,
        )
    if what == "list":
        views = tuple(order_view(each) for each in (first, *shown) if each != "none")
        return told(seq, ReadOrders(), Reply(Outcome.DONE, 200, orders=views), started, ended)
    if what == "create":
        call = CreateSubscriber(rest[0] if rest else None)
        extra: dict[str, Any] = {
            "subscriber": SubscriberView(call.identity or f"given-{seq}", f"password of {rest or seq}")
        }
    elif what == "delete":
        call, extra = DeleteSubscriber(rest[0]), {}
    else:
        call = PlaceOrder(KINDS[what], int(rest[0]))
        stage = Stage.OPEN if first == "202" else Stage.DONE
        number = shown[0] if shown else None
        extra = {"order": OrderView(number, call.kind, call.quantity, None, stage.value, stage)}
    if first == "lost":
        return told(seq, call, Reply(Outcome.UNCLEAR), started, ended)
    status = int(first)
    if status == 429:
        return told(seq, call, Reply(Outcome.THROTTLED, status), started, ended)
    if status >= 400:
        return told(seq, call, Reply(Outcome.REFUSED, status), started, ended)
    return told(seq, call, Reply(Outcome.DONE, status, **extra), started, ended)


def told(seq: int, call: Call, reply: Reply, started: float, ended: float) -> Event:
    """An event from its parts."""
    failure = "timeout" if reply.outcome is Outcome.UNCLEAR and reply.status is None else ""
    answer = None if failure else Answer(reply.status or 200, ())
    method = "GET" if isinstance(call, ReadInventory | ReadOrders) else "POST"
    request = Request(method, "http://t/x", ())
    return Event(Exchange(seq, Intent(), request, answer, started, ended, failure=failure), call, reply)


def order_view(word: str) -> OrderView:
    number, kind, quantity, status = word.split(":")
    return OrderView(number, KINDS[kind], int(quantity), None, status, STAGES[status])
