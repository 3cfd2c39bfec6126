"""Which law explains an inventory that no possible world has: the calls since the last good read are asked one by one.

Every call is held against the deviation: could this call, with one law dropped, have made it? Those that explain it
exactly come before those that explain it in kind only; of equals the youngest is named first and the others' laws
stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kandykit.calls import CreateSubscriber, DeleteSubscriber, OrderKind, Outcome, PlaceOrder
from kandykit.model.event import Event
from kandykit.model.window import Window

EXACT: Final = 0
"""The call's own effect, once too often or once too seldom, is the whole deviation."""
IN_KIND: Final = 1
"""The call changes these numbers, though not by that much."""
AT_ALL: Final = 2
"""The call changes other numbers, or none."""
NO_WRITE: Final = 3
"""Only reads are left to ask."""


OF_NOBODY: Final = "A delete of no live subscriber"
"""How a finding begins whose deletion named nobody who was there."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A call that explains a deviation once ``laws`` are dropped (the first one is the one it breaks most plainly)."""

    event: Event
    laws: tuple[str, ...]
    title: str
    rank: int


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far an inventory answer is from the nearest possible world, in products."""

    total: int
    used: int


def suspects(window: Window, deviation: Deviation) -> list[Suspect]:
    """The calls that explain the deviation best, youngest first; empty where there was no call at all."""
    asked = [*_own(window, deviation), *_others(window, deviation)]
    if not asked:
        laws = broken_by_nothing(deviation)
        asked = [
            Suspect(event, laws, f"The inventory changes after {event.words} and nothing else", NO_WRITE)
            for event in reversed(window.events)
        ]
    best = min((suspect.rank for suspect in asked), default=EXACT)
    return [suspect for suspect in asked if suspect.rank == best]


def broken_by_nothing(deviation: Deviation) -> tuple[str, ...]:
    """The laws that a change breaks for which there is no call: neither reading moves the numbers nor time does.

    Nothing but an order changes the total, and nothing but a subscriber the use.
    """
    return "L13", *(("L1",) if deviation.total else ()), *(("L2",) if deviation.used else ())


def _own(window: Window, deviation: Deviation) -> Iterable[Suspect]:
    for event in reversed(window.events):
        if event.writes:
            yield _of_write(event, deviation, window)


def _others(window: Window, deviation: Deviation) -> Iterable[Suspect]:
    for event in reversed(window.elsewhere):
        acted = _effect(event) == (deviation.total, deviation.used)
        laws = ("L11", "L4") if event.refused and acted else ("L11",)
        # One title for all: what comes with every fifth call comes with another one each time, and is one fault.
        yield Suspect(
            event, laws, "A call of another account changes this account's inventory", EXACT if acted else AT_ALL
        )


def _of_write(event: Event, deviation: Deviation, window: Window) -> Suspect:
    words, meant, outcome = event.words, event.meant, event.reply.outcome
    total, used = _effect(event)
    acted = (deviation.total, deviation.used) == (total, used)
    undone = (deviation.total, deviation.used) == (-total, -used)
    if event.seq in window.repeats:
        again = "refused" if event.refused else "accepted"
        laws = ("L10", "L4") if event.refused else ("L10",)
        title = f"{OF_NOBODY}, {again}, changes the products in use"
        return Suspect(event, laws, title, EXACT if acted else AT_ALL)
    if event.refused:
        return Suspect(event, ("L4",), f"A refusal of {words} changes the inventory", EXACT if acted else AT_ALL)
    in_kind = not deviation.used if total else not deviation.total if used else False
    rank = EXACT if acted or undone else IN_KIND if in_kind else AT_ALL
    if outcome is Outcome.UNCLEAR:
        title = f"An unclear answer to {words} leaves neither its whole effect nor none"
        return Suspect(event, ("L12",), title, rank)
    if isinstance(meant, PlaceOrder):
        if event.seq in window.rejected:
            return Suspect(event, ("L1", "L8"), "A rejected order changes the total", EXACT if acted else rank)
        if deviation.used:
            return Suspect(event, ("L1", "L2"), f"{_capital(words)} changes the products in use", rank)
        title = f"{_capital(words)} changes the total by another quantity than its own"
        return Suspect(event, ("L1",), title, rank)
    if isinstance(meant, CreateSubscriber):
        if event.seq in window.taken:
            title = "A create of a taken identity consumes a product"
            return Suspect(event, ("L9", "L2"), title, EXACT if acted else AT_ALL)
        if deviation.total:
            return Suspect(event, ("L1", "L2"), "A create changes the total", rank)
        return Suspect(event, ("L2",), "A create does not consume exactly one product", rank)
    if isinstance(meant, DeleteSubscriber):
        if deviation.total:
            return Suspect(event, ("L1", "L10"), "A delete changes the total", rank)
        return Suspect(event, ("L10", "L2"), "A delete does not return exactly one product", rank)
    return Suspect(event, ("L1", "L2"), f"{_capital(words)} changes the inventory", AT_ALL)


def _effect(event: Event) -> tuple[int, int]:
    meant = event.meant
    if isinstance(meant, PlaceOrder):
        return order_effect(meant), 0
    if isinstance(meant, CreateSubscriber):
        return 0, 1
    if isinstance(meant, DeleteSubscriber):
        return 0, -1
    return 0, 0


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def order_effect(call: PlaceOrder) -> int:
    """What a fulfilled order adds to the total."""
    return call.quantity if call.kind is OrderKind.INCREMENT else -call.quantity
