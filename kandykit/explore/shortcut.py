"""Shortcuts: the last few steps before a finding, from the same stock, reached by the shortest way.

Most of what a long programme did is only how it came to the place where something went wrong. A shortcut orders what
was in stock there in one order, creates as many subscribers as were live, and takes the last steps from there, also
when the plays before have left the account changed. Whether it still shows the finding is for a play to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from kandykit.calls import InventoryView, OrderKind
from kandykit.exchange import Exchange
from kandykit.explore.steps import Amount, Create, Delete, Fill, Look, Order, Programme, Step
from kandykit.hearing import Performance

TAILS: Final = (1, 2, 3, 4, 6, 9)
"""So many steps that are no looks may be kept."""


def shortcuts(
    programme: Programme, performance: Performance, view_of: Callable[[Exchange], InventoryView | None]
) -> Iterator[list[Step]]:
    """The shorter programmes that could show what this performance showed, shortest first.

    ``view_of`` gives what an exchange shows of the inventory of the account under test, None where it shows nothing.
    """
    played = list(programme[: len(performance.starts)])
    if any(getattr(step, "account", 0) for step in played):
        return
    views = [(place, view) for place, exchange in enumerate(performance.exchanges) if (view := view_of(exchange))]
    if not views:
        return
    doing = [index for index, step in enumerate(played) if not isinstance(step, Look)]
    for kept in TAILS:
        if kept >= len(doing):
            return
        start = doing[-kept]
        before = [view for place, view in views if place < performance.starts[start]]
        way = _way(before[-1], played[:start], played[start:]) if before else None
        if way is not None and len(way) < start:
            yield [*way, *played[start:]]


def _way(there: InventoryView, before: Sequence[Step], tail: Sequence[Step]) -> list[Step] | None:
    """Steps to the stock there from any that is smaller, with the subscribers that the tail speaks of."""
    if there.total is None or there.used is None:
        return None
    named = {label for step in tail for label in (getattr(step, "label", ""), getattr(step, "again", "")) if label}
    live: dict[str, bool] = {}
    for step in before:
        if isinstance(step, Create) and step.label in named:
            live[step.label] = True
        elif isinstance(step, Delete) and step.label in live:
            live[step.label] = False
    steps: list[Step] = [Look(), Order(OrderKind.INCREMENT, Amount(there.total, "missing")), Look()]
    for label, stays in live.items():
        steps += [Create(label), Look()]
        if not stays:
            steps += [Delete(label), Look()]
    if there.used > sum(live.values()):
        steps += [Fill(leave=there.total - there.used, most=there.used), Look()]
    return steps
