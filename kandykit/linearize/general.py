"""The general search: any order of any calls, with memory (Wing and Gong, with Lowe's cache of what was tried).

It knows identities as well as numbers, so it judges what the structural search cannot: identities that are used again
while a delete is still under way. It is slow where many calls overlap; small counterexamples are checked with it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from kandykit.linearize.problem import Mutator, Observation, OutOfTime, Problem, Walked


class State(NamedTuple):
    """The numbers, and who of the followed subscribers is live."""

    total: int
    used: int
    live: frozenset[str]


@dataclass(frozen=True, slots=True)
class Birth:
    """A create under a followed identity; ``accepted`` None where its answer never came, ``again`` if it may show
    a subscriber that was there already."""

    seq: int
    identity: str
    called: float
    due: float
    optional: bool = False
    again: bool = False

    def after(self, state: State) -> Iterable[State]:
        """The states that this create may lead to."""
        if self.identity in state.live:
            if self.again:
                yield state
        elif state.total > state.used:
            yield State(state.total, state.used + 1, state.live | {self.identity})


@dataclass(frozen=True, slots=True)
class Death:
    """A delete of a followed identity; ``effect`` False where it was refused, ``idle`` if it may be accepted without
    effect."""

    seq: int
    identity: str
    called: float
    due: float
    optional: bool = False
    effect: bool = True
    idle: bool = True

    def after(self, state: State) -> Iterable[State]:
        """The states that this delete may lead to."""
        if self.identity in state.live:
            if self.effect:
                yield State(state.total, state.used - 1, state.live - {self.identity})
        elif self.idle or not self.effect:
            yield state


Op = Mutator | Observation | Birth | Death


class GeneralSearch:
    """A counter problem together with the stories of followed identities; see `walk`."""

    def __init__(
        self,
        problem: Problem,
        followed: Sequence[Birth | Death],
        live: frozenset[str],
        expired: Callable[[], bool],
    ) -> None:
        self._limit = problem.limit
        self._start = State(problem.total, problem.used, live)
        self._expired = expired
        self._ops: list[Op] = sorted(
            [*problem.mutators, *problem.observations, *followed], key=lambda op: (op.called, op.due)
        )

    def walk(self) -> Walked:
        """An explanation, or the exchange at which the longest one found comes to its end."""
        ops = self._ops
        mandatory = sum(1 << index for index, op in enumerate(ops) if not _optional(op))
        tried: set[tuple[int, State]] = set()
        stack = [(0, self._start, self._next(0, self._start, mandatory))]
        trail: list[int] = []
        longest: tuple[int, ...] = ()
        stuck: tuple[float, int, State] = (-inf, -1, self._start)
        steps = 0
        while stack:
            done, state, moves = stack[-1]
            if not mandatory & ~done:
                return Walked(None, inf, (), tuple(trail))
            steps += 1
            if not steps & 255 and self._expired():
                raise OutOfTime(longest)
            move = next(moves, None)
            if move is None:
                due, index = min((ops[i].due, i) for i in _members(mandatory & ~done))
                if len(trail) >= len(longest):
                    longest, stuck = tuple(trail), max(stuck, (due, index, state))
                stack.pop()
                if trail:
                    trail.pop()
                continue
            index, after = move
            now = done | 1 << index
            if (now, after) in tried:
                continue
            tried.add((now, after))
            trail.append(ops[index].seq)
            stack.append((now, after, self._next(now, after, mandatory)))
        due, index, state = stuck
        return Walked(ops[index].seq, due, ((state.total, state.used),), longest)

    def _next(self, done: int, state: State, mandatory: int) -> Iterator[tuple[int, State]]:
        """What may come next: nothing that was called after an answer that is still to be explained."""
        ops = self._ops
        # Calls are sorted by their starts: the highest one done began last.
        latest = ops[done.bit_length() - 1].called if done else -inf
        earliest = min((ops[index].due for index in _members(mandatory & ~done)), default=inf)
        for index, op in enumerate(ops):
            if op.called > earliest:
                return
            if done >> index & 1 or op.due < latest:
                continue
            for after in self._after(op, state):
                yield index, after

    def _after(self, op: Op, state: State) -> Iterable[State]:
        if isinstance(op, Observation):
            if op.fits(state.total, state.used):
                yield state
        elif isinstance(op, Mutator):
            kind = op.kind
            if kind.allowed(state.total, state.used, self._limit):
                yield State(state.total + kind.total, state.used + kind.used, state.live)
        else:
            yield from op.after(state)


def _optional(op: Op) -> bool:
    return not isinstance(op, Observation) and op.optional


def _members(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
