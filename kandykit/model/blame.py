"""Which law explains an inventory that no possible world has: the calls since the last good read are asked one by one.

Every call is held against the deviation: could this call, with one law dropped, have made it? The call that could is
named; where several could, the youngest is named first and the others' laws beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kandykit.calls import CreateSubscriber, DeleteSubscriber, OrderKind, Outcome, PlaceOrder
from kandykit.model.event import Event


@dataclass(frozen=True, slots=True)
class Suspect:
    """A call that explains a deviation once ``laws`` are dropped (the first one is the one it breaks most plainly)."""

    event: Event
    laws: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far an inventory answer is from the nearest possible world, in products."""

    total: int
    used: int


def suspects(
    window: Sequence[Event],
    elsewhere: Sequence[Event],
    deviation: Deviation,
    repeats: frozenset[int],
    taken: frozenset[int],
) -> list[Suspect]:
    """Every call of the window that could have made the deviation, youngest first.

    ``repeats`` are deletes of an identity that was not live, ``taken`` creates of an identity that was: their
    exchanges' numbers. ``elsewhere`` are calls of other accounts in the same time.
    """
    found = [
        suspect
        for event in reversed(window)
        if event.writes and (suspect := _of_write(event, deviation, repeats, taken)) is not None
    ]
    if not found:
        found = [
            Suspect(event, ("L11",), "A call of another account changes this account's inventory")
            for event in reversed(elsewhere)
            if event.writes
        ]
    if not found:
        found = [
            Suspect(event, ("L13",), f"The inventory changes after {event.words} and nothing else")
            for event in reversed(window)
        ]
    return found


def _of_write(event: Event, deviation: Deviation, repeats: frozenset[int], taken: frozenset[int]) -> Suspect | None:
    words, meant, outcome = event.words, event.meant, event.reply.outcome
    if event.seq in repeats and deviation.total == 0:
        again = "refused" if event.refused else "accepted"
        return Suspect(
            event,
            ("L10", *(("L4",) if event.refused else ())),
            f"A delete of no live subscriber, {again}, changes the products in use",
        )
    if event.refused:
        return Suspect(event, ("L4",), f"A refusal of {words} changes the inventory")
    if outcome is Outcome.UNCLEAR:
        return Suspect(event, ("L12",), f"An unclear answer to {words} leaves neither its whole effect nor none")
    if isinstance(meant, PlaceOrder):
        if deviation.used:
            return Suspect(event, ("L1", "L2"), f"{_capital(words)} changes the products in use")
        return Suspect(event, ("L1",), f"{_capital(words)} changes the total by another quantity than its own")
    if isinstance(meant, CreateSubscriber):
        if deviation.total:
            return Suspect(event, ("L1", "L2"), "A create changes the total")
        if event.seq in taken:
            return Suspect(event, ("L9", "L2"), "A create of a taken identity consumes a product")
        return Suspect(event, ("L2",), "A create does not consume exactly one product")
    if isinstance(meant, DeleteSubscriber):
        if deviation.total:
            return Suspect(event, ("L1", "L10"), "A delete changes the total")
        return Suspect(event, ("L10", "L2"), "A delete does not return exactly one product")
    return Suspect(event, ("L1", "L2"), f"{_capital(words)} changes the inventory")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def order_effect(call: PlaceOrder) -> int:
    """What a fulfilled order adds to the total."""
    return call.quantity if call.kind is OrderKind.INCREMENT else -call.quantity
