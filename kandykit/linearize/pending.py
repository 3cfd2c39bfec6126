"""What is under way: mutators by what they do and when they are due, observations by what they say of the numbers."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from kandykit.linearize.problem import Kind, Mutator, Observation, Problem, Schedule

FAR = 1 << 20
"""The price of an option: to spend one is dearer than any call that must happen anyway."""

BASE = 1 << 40
"""Owned and used as one number: owned times this, plus used."""


class Ready(NamedTuple):
    """A mutator that may happen; ``price`` is the point at which it is due, for what is due late is better kept."""

    price: int
    op: int
    bit: int
    seq: int


class Pending:
    """The calls under way at one point of a schedule; `enter` and `leave` move on, and back again.

    ``must`` and ``may`` list the mutators of each kind, those due first at the front: what has to happen, and options.
    ``watched`` are the observations; ``shown`` those of exact numbers by these numbers (see `BASE`), ``below`` and
    ``above`` the refusals by their bound on what is available and owned, ``others`` the rest.
    """

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.kinds: list[Kind] = list(dict.fromkeys(mutator.kind for mutator in problem.mutators))
        numbers = {kind: number for number, kind in enumerate(self.kinds)}
        self.kind_of = [numbers[mutator.kind] for mutator in problem.mutators]
        self.must: list[list[Ready]] = [[] for _ in self.kinds]
        self.may: list[list[Ready]] = [[] for _ in self.kinds]
        self.must_bits = [0] * len(self.kinds)
        self.may_bits = [0] * len(self.kinds)
        self.bits = [0] * len(self.kinds)
        self.options = 0
        self.watched: dict[int, Observation] = {}
        self.shown: dict[int, int] = {}
        self.below: dict[int, int] = {}
        self.above: dict[int, int] = {}
        self.others: dict[int, Observation] = {}
        self.seqs: dict[int, int] = {}
        ends, bits = schedule.ends, schedule.bits
        last = len(schedule.points)
        self.ready = [
            Ready(FAR + ends[n] if m.optional else min(ends[n], last), n, bits[n], m.seq)
            for n, m in enumerate(problem.mutators)
        ]
        self._schedule = schedule

    def enter(self, op: int) -> None:
        """A call is under way."""
        call = self._schedule.ops[op]
        if isinstance(call, Mutator):
            kind, ready = self.kind_of[op], self.ready[op]
            self.bits[kind] ^= ready.bit
            if call.optional:
                insort(self.may[kind], ready)
                self.may_bits[kind] |= ready.bit
                self.options += 1
            else:
                insort(self.must[kind], ready)
                self.must_bits[kind] |= ready.bit
            return
        bit = self._schedule.bits[op]
        self.watched[bit] = call
        self.seqs[bit] = call.seq
        bounds, bound = self._by(call)
        if bounds is None:
            self.others[bit] = call
        else:
            bounds[bound] = bounds.get(bound, 0) | bit

    def leave(self, op: int) -> None:
        """It is under way no longer, or not yet."""
        call = self._schedule.ops[op]
        if isinstance(call, Mutator):
            kind, ready = self.kind_of[op], self.ready[op]
            self.bits[kind] ^= ready.bit
            if call.optional:
                del self.may[kind][bisect_left(self.may[kind], ready)]
                self.may_bits[kind] ^= ready.bit
                self.options -= 1
            else:
                del self.must[kind][bisect_left(self.must[kind], ready)]
                self.must_bits[kind] ^= ready.bit
            return
        bit = self._schedule.bits[op]
        del self.watched[bit]
        bounds, bound = self._by(call)
        if bounds is None:
            del self.others[bit]
        elif bounds[bound] == bit:
            del bounds[bound]
        else:
            bounds[bound] ^= bit

    def _by(self, seen: Observation) -> tuple[dict[int, int] | None, int]:
        total, used, available, below, above = (
            seen.total,
            seen.used,
            seen.available,
            seen.available_below,
            seen.total_above,
        )
        if below is None and above is None:
            if total is not None and used is not None and available in (None, total - used):
                return self.shown, total * BASE + used
        elif total is None and used is None and available is None:
            if above is None and below is not None:
                return self.below, below
            if below is None and above is not None:
                return self.above, above
        return None, 0
