"""Epochs: what the racer needs of whoever sends calls together and of whoever judges them, and what overlap is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kandykit.calls import Call, Reply
from kandykit.exchange import Exchange, Intent
from kandykit.linearize.verdict import Judged
from kandykit.model.event import Event
from kandykit.terms import Terms
from kandykit.wire import Outgoing

Together = Callable[[Sequence[tuple[Outgoing, Intent]]], list[tuple[Exchange, Call, Reply]]]
"""Sends calls that leave together."""


class Asks(Protocol):
    """Judges the calls of an epoch, from known numbers to the quiet reads at its end: `kandykit.linearize`'s way."""

    def __call__(
        self,
        events: Sequence[Event],
        terms: Terms,
        *,
        start: tuple[int, int] | None = None,
        live: frozenset[str] = frozenset(),
        fences: Sequence[float] = (),
        idempotent: bool | None = None,
        expired: Callable[[], bool] = ...,
    ) -> Judged:
        """Whether some order of the calls explains their answers."""
        ...


def overlaps(exchanges: Sequence[Exchange]) -> int:
    """How many pairs of these calls were under way at one moment, as measured; calls that reached nobody do not count.

    Each call lasts from its first octet to the last of its answer, both moments included.
    """
    under_way: list[float] = []
    pairs = 0
    for call in sorted((each for each in exchanges if each.failure != "unreachable"), key=lambda each: each.started):
        under_way = [ended for ended in under_way if ended >= call.started]
        pairs += len(under_way)
        under_way.append(call.ended)
    return pairs
