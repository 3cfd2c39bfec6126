"""The search: the scout looks for an explanation, and at its dead ends a proof is looked for that there is none.

A proof needs few calls: a history that can be explained can be explained as well without some of its observations, and
from any later moment on, with what had certainly happened by then. So the latest observations are tried first, from
the moment at which the first of them was called, then more and more of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from math import inf
from typing import Final

from kandykit.linearize.frontier import Frontier
from kandykit.linearize.problem import Observation, OutOfTime, Problem, Schedule, Walked
from kandykit.linearize.scout import EFFORTS, Scout

FIRST: Final = 3
"""The scout tries so hard before a proof is looked for at all."""

HARDEST: Final = len(EFFORTS) + 4
"""Beyond this the scout is of no more use."""

PATIENCE: Final = 400
"""A proof by two observations may take so many steps; one by more of them more."""


class Search:
    """One problem; `walk` finds an explanation, or the answer that has none."""

    def __init__(self, problem: Problem, expired: Callable[[], bool]) -> None:
        self._problem = problem
        self._expired = expired

    def walk(self) -> Walked:
        """An explanation of everything, or what proves that there is none; raises `OutOfTime`."""
        schedule = Schedule.of(self._problem)
        scout = Scout(self._problem, schedule, self._expired)
        tries, many = FIRST, 1
        before, proofs = -1, _Proofs(self._problem, 0.0)
        try:
            while tries <= HARDEST:
                position = scout.walk(tries)
                if position is None:
                    return Walked(None, inf, (), scout.trail)
                if position > before:
                    before, tries, many = position, FIRST, 1
                    proofs = _Proofs(self._problem, schedule.points[position].time)
                while many <= 1 << 2 * (tries - FIRST) + 2:
                    walked = self._proof(proofs, many)
                    if walked is not None:
                        return replace(walked, trail=scout.trail)
                    many *= 2
                tries += 1
            return Frontier(self._problem, self._expired).walk()
        except OutOfTime as late:
            raise OutOfTime(max(late.trail, scout.trail, key=len)) from None

    def _proof(self, proofs: _Proofs, many: int) -> Walked | None:
        """What so many of the latest observations prove, if they do."""
        problem = proofs.by(many)
        if problem is None:
            return None
        left = PATIENCE * many

        def tired() -> bool:
            nonlocal left
            left -= 1
            return left < 0 or self._expired()

        try:
            walked = Frontier(problem, tired).walk()
        except OutOfTime:
            return None
        return replace(walked, proof=problem) if walked.stuck is not None else None


class _Proofs:
    """Smaller problems that have an explanation if the whole one has, until ``when``; see `by`."""

    def __init__(self, problem: Problem, when: float) -> None:
        self._problem = problem = problem.until(when)
        self._seen = sorted(problem.observations, key=lambda seen: (seen.due, seen.called))
        # What had certainly happened before a moment, summed up in the order in which it was due.
        certain = sorted((each for each in problem.mutators if not each.optional), key=lambda each: each.due)
        self._dues = [each.due for each in certain]
        self._totals = list(accumulate((each.kind.total for each in certain), initial=problem.total))
        self._useds = list(accumulate((each.kind.used for each in certain), initial=problem.used))

    def by(self, many: int) -> Problem | None:
        """With so many of the latest observations, from just before their calls; None where there are not so many."""
        if many >= 2 * len(self._seen) and many > 1:
            return None
        seen = tuple(self._seen[-many:])
        latest = min((each.called for each in seen), default=inf)
        if len(seen) < len(self._seen):
            # Further back while the laws might not let happen at once what may have happened by then.
            for start in sorted({min(latest, each.called) for each in self._seen[-2 * many :]}, reverse=True):
                problem = self._since(start, seen)
                if _is_free(problem, start):
                    return problem
        return self._problem.with_observations(seen)

    def _since(self, start: float, seen: Sequence[Observation]) -> Problem:
        """The problem from a moment on; an option that was over by then may have happened or not, and still may."""
        done = bisect_left(self._dues, start)
        mutators = tuple(
            replace(each, due=inf) if each.due < start else each
            for each in self._problem.mutators
            if each.optional or each.due >= start
        )
        return replace(
            self._problem,
            total=self._totals[done],
            used=self._useds[done],
            mutators=mutators,
            observations=tuple(seen),
        )


def _is_free(problem: Problem, start: float) -> bool:
    """Whether the laws let everything happen at once that may have happened by the start of a problem.

    What makes products available can go first, and what takes them then finds them, for so it was. Only below the
    limit may an order have had to wait for another that takes away.
    """
    begun = [each.kind for each in problem.mutators if each.called < start]
    ups = sum(kind.total for kind in begun if kind.limited)
    return not ups or problem.total + ups <= problem.limit or not any(kind.total < 0 for kind in begun)
