"""The documented walk (R4): order, verify, look, create, delete, give back, each step done and seen by the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    OrderKind,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Stage,
)
from kandykit.model.event import Event
from kandykit.verdict import Check, Finding, Held

NOT_EXECUTED = "its fifth step, using the credentials, was not executed: that needs the SDK's own server"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One documented step: its name, and which events do it."""

    name: str
    done: bool
    evidence: tuple[int, ...]


def walked(events: Sequence[Event]) -> Iterable[Check]:
    """Whether the calls of one performance are the documented walk from end to end; R4's check.

    A step that was made again after no clear answer, or 429, is done like any other; but where one is not done nothing
    is said if a step was not taken, or got no clear answer or 429: that is no refusal.
    """
    clear = not any(event.reply.outcome in (Outcome.UNCLEAR, Outcome.THROTTLED) for event in events)
    for stage in _stages(events):
        if not stage.evidence or not (stage.done or clear):
            return
        if not stage.done:
            yield Finding(
                "R4",
                "The documented walk cannot be walked to its end",
                "each documented step, done",
                f"{stage.name}: not done",
                stage.evidence,
                source="How to: provision products and subscribers",
                stateful=True,
            )
            return
    yield Held("R4")


def lacks_an_identity(events: Sequence[Event]) -> bool:
    """Whether every create of a walk was refused with 400, those under an identity of the kit's choice among them.

    The target may take none but those of a domain of its own, and nothing tells which that is.
    """
    creates = [event for event in events if isinstance(event.call, CreateSubscriber)]
    refused = all(event.reply.outcome is Outcome.REFUSED and event.reply.status == 400 for event in creates)
    return refused and any(isinstance(event.call, CreateSubscriber) and event.call.identity for event in creates)


def _stages(events: Sequence[Event]) -> Iterable[Milestone]:
    fulfilled: set[str] = set()
    for event in events:
        for view in (*(event.reply.orders or ()), *((event.reply.order,) if event.reply.order else ())):
            if view.number is not None and view.stage in (Stage.DONE, None):
                fulfilled.add(view.number)
    ordered = [event for event in events if isinstance(event.call, PlaceOrder)]
    yield _stage("ordering products", [e for e in ordered if _is(e, OrderKind.INCREMENT)], fulfilled)
    yield _stage("verifying the order", [e for e in events if isinstance(e.call, ReadOrders)])
    yield _stage("checking the inventory", [e for e in events if isinstance(e.call, ReadInventory)])
    yield _stage("creating a subscriber", [e for e in events if isinstance(e.call, CreateSubscriber)])
    yield _stage("deleting the subscriber", [e for e in events if isinstance(e.call, DeleteSubscriber)])
    yield _stage("reducing the inventory", [e for e in ordered if _is(e, OrderKind.DECREMENT)], fulfilled)


def _is(event: Event, kind: OrderKind) -> bool:
    return isinstance(event.call, PlaceOrder) and event.call.kind is kind


def _stage(name: str, events: Sequence[Event], fulfilled: set[str] | None = None) -> Milestone:
    done = [
        event
        for event in events
        if event.reply.outcome is Outcome.DONE
        and not event.reply.unreadable
        and (fulfilled is None or (event.reply.order is not None and event.reply.order.number in fulfilled))
    ]
    return Milestone(name, bool(done), tuple(event.seq for event in events))
