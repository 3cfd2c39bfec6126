"""An epoch: all calls between two quiet moments, and the question whether some order of them explains their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kandykit.exchange import Exchange
from kandykit.model.event import Event
from kandykit.terms import Terms


@dataclass(frozen=True, slots=True)
class Epoch:
    """One account's calls from a quiet moment on, at which ``total`` and ``used`` were known and ``live`` were live.

    The last events are the quiet reads that ended it.
    """

    total: int
    used: int
    live: frozenset[str]
    events: tuple[Event, ...]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Unexplained:
    """No order explains the answers: the nearest laws, the fewest calls that show it, and the one that fits nowhere.

    ``before`` are the pairs of total and used that were possible just before the impossible answer.
    """

    laws: tuple[str, ...]
    calls: tuple[int, ...]
    impossible: int
    before: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """The search was given up; nothing is said of the target."""

    why: str


Asks = Callable[[Epoch], Unexplained | Undecided | None]
"""Judges an epoch; None where some order explains it."""


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
