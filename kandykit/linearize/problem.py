"""The counter problem: what is left of a history once the subscribers' own stories are taken out.

A *mutator* adds to what is owned or used, once, somewhere in its window. An *observation* is true of the numbers at
some moment of its window. Nothing else of a history decides whether an order of its calls explains it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple


class Kind(NamedTuple):
    """What a mutator does, and what must be so when it does: products available, and the greatest total after it."""

    total: int
    used: int
    needs: int = 0
    limited: bool = False

    def allowed(self, total: int, used: int, limit: float) -> bool:
        """Whether it may happen at these numbers; what needs no product waits for none."""
        return (not self.needs or total - used >= self.needs) and (not self.limited or total + self.total <= limit)


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


Trail = tuple["Trail | None", int]
"""Exchanges in the order that explains them, latest first, linked."""


def unrolled(trail: Trail | None) -> tuple[int, ...]:
    """A trail as the exchanges in their order."""
    found: list[int] = []
    while trail is not None:
        trail, seq = trail
        found.append(seq)
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a search came: ``stuck`` is the exchange whose answer nothing explains, None at the end.

    ``before`` are the numbers that were possible just before it; ``trail`` explains everything until then; ``proof`` is
    a part of the problem that has no explanation by itself.
    """

    stuck: int | None
    when: float
    before: tuple[tuple[int, int], ...]
    trail: tuple[int, ...]
    proof: Problem | None = None


class OutOfTime(Exception):
    """The deadline passed before the search was over; ``trail`` explains what was walked until then."""

    def __init__(self, trail: tuple[int, ...] = ()) -> None:
        super().__init__("the deadline passed")
        self.trail = trail


class Point(NamedTuple):
    """A call (0) or an answer (1) of a numbered call; at one moment calls come first, for intervals are closed."""

    time: float
    answer: int
    op: int


@dataclass(slots=True)
class Schedule:
    """A problem laid out in time: ``ops`` are its mutators, then its observations; ``points`` their calls and answers.

    ``bits`` gives each call a bit, which is given on to another once it is answered; ``ends`` says at which point a
    call is answered.
    """

    ops: list[Mutator | Observation]
    points: list[Point]
    bits: list[int]
    ends: list[int]

    @classmethod
    def of(cls, problem: Problem) -> Schedule:
        """The calls and answers of a problem in their order."""
        ops: list[Mutator | Observation] = [*problem.mutators, *problem.observations]
        points = sorted(_points(ops))
        bits, ends = [0] * len(ops), [NEVER] * len(ops)
        free: list[int] = []
        fresh = 1
        for position, (_, answer, op) in enumerate(points):
            if answer:
                ends[op] = position
                free.append(bits[op])
            elif free:
                bits[op] = free.pop()
            else:
                bits[op] = fresh
                fresh <<= 1
        return cls(ops, points, bits, ends)


NEVER = 1 << 40
"""The position of an answer that never comes, beyond any other."""


def _points(ops: list[Mutator | Observation]) -> Iterator[Point]:
    for index, op in enumerate(ops):
        yield Point(op.called, 0, index)
        if op.due != inf:
            yield Point(op.due, 1, index)
