"""What the reads of a play show: whether, when and by how much the numbers of an account moved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from kandykit.binding import Binding
from kandykit.calls import InventoryView
from kandykit.exchange import Exchange
from kandykit.hearing.performance import Performance
from kandykit.hearing.races import event_of
from kandykit.hearing.rulings import LONGER

View = tuple[Exchange, InventoryView]
"""A read of the inventory, and what it showed."""


def views(play: Performance, binding: Binding, account: str) -> list[View]:
    """What a play's reads show of the inventory of an account, in order."""
    own = [each for each in play.exchanges if each.intent.account == account]
    return [(each, view) for each in own if (view := event_of(each, binding).reply.inventory) is not None]


def moved(play: Performance, binding: Binding) -> bool:
    """Whether inventory or orders of any account differ between two reads of a play."""
    shown: dict[tuple[str, bool], set[Any]] = {}
    for exchange in play.exchanges:
        reply, account = event_of(exchange, binding).reply, exchange.intent.account
        if reply.inventory is not None:
            shown.setdefault((account, True), set()).add(reply.inventory)
        if reply.orders is not None:
            shown.setdefault((account, False), set()).add(frozenset(view.number for view in reply.orders))
    return any(len(states) > 1 for states in shown.values())


def moved_by(seen: Sequence[View]) -> tuple[int, int]:
    """By how much total and available, where they are shown, differ between the first view and the last."""
    first, last = (seen[0][1], seen[-1][1]) if seen else (InventoryView(), InventoryView())
    return (last.total or 0) - (first.total or 0), (last.available or 0) - (first.available or 0)


def begins_for_sure(play: Performance, binding: Binding) -> bool:
    """Whether a play's first two calls read the same inventory twice: a late read is no beginning to judge by."""
    shown = [event_of(each, binding).reply.inventory for each in play.exchanges[:2]]
    return len(shown) == 2 and None not in shown and shown[0] == shown[1]


def turns(plays: Sequence[Sequence[View]]) -> list[bool]:
    """For each of these plays of reads alone but the last: whether the numbers moved in it, and not in the longer time
    until the next."""
    return [_moved_in_its_turn(play, following) for play, following in pairwise(plays)]


def _moved_in_its_turn(before: Sequence[View], after: Sequence[View]) -> bool:
    if len(before) < 2 or not after:
        return False
    began, ended, next_began = before[0][0].started, before[-1][0].ended, after[0][0].started
    rested = next_began - ended > LONGER * (ended - began)
    return rested and before[0][1] != before[-1][1] == after[0][1]
