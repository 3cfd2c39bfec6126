"""The counter problem: what is left of a history once the subscribers' own stories are taken out.

A *mutator* adds to what is owned or used, once, somewhere in its window. An *observation* is true of the numbers at
some moment of its window. Nothing else of a history decides whether an order of its calls explains it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple


class Kind(NamedTuple):
    """What a mutator does, and what must be so when it does: products available, and the greatest total after it."""

    total: int
    used: int
    needs: int = 0
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Mutator:
    """Something that changes the numbers: it happens in [``called``, ``due``], or, if it is ``optional``, never.

    The end of an option is a fence: whatever must happen and was called before it is due by then. ``seq`` is the
    exchange that it stands for.
    """

    seq: int
    kind: Kind
    called: float
    due: float
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that was true of the numbers at one moment of [``called``, ``due``].

    Numbers that were shown are exact; ``available_below`` and ``total_above`` are what a refusal says of them.
    """

    seq: int
    called: float
    due: float
    total: int | None = None
    used: int | None = None
    available: int | None = None
    available_below: int | None = None
    total_above: int | None = None

    def fits(self, total: int, used: int) -> bool:
        """Whether this could have been seen at these numbers."""
        return (
            (self.total is None or total == self.total)
            and (self.used is None or used == self.used)
            and (self.available is None or total - used == self.available)
            and (self.available_below is None or total - used < self.available_below)
            and (self.total_above is None or total > self.total_above)
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """Mutators and observations from known numbers on; ``limit`` is the agreed one, or infinite."""

    total: int
    used: int
    mutators: tuple[Mutator, ...]
    observations: tuple[Observation, ...]
    limit: float = inf

    def with_observations(self, observations: tuple[Observation, ...]) -> Problem:
        """The same problem with fewer observations: what was explainable stays so."""
        return replace(self, observations=observations)

    def until(self, time: float) -> Problem:
        """The problem as it stood at a moment: what was called later is not there, what is due later is optional."""
        return replace(
            self,
            mutators=tuple(
                m if m.due <= time else replace(m, due=inf, optional=True) for m in self.mutators if m.called <= time
            ),
            observations=tuple(o for o in self.observations if o.due <= time),
        )
