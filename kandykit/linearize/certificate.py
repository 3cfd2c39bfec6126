"""The certificate: an order that is said to explain a problem, replayed call by call."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from kandykit.linearize.problem import Mutator, Observation, Problem


def explains(problem: Problem, order: Sequence[int]) -> bool:
    """Whether these exchanges, one after another, explain a problem whose calls have numbers of their own.

    Each must find a moment of its window that is not before that of the one before it, and each law must hold and each
    observation be true when its turn comes; whatever must happen is among them once.
    """
    ops: dict[int, Mutator | Observation] = {op.seq: op for op in problem.mutators}
    ops |= {op.seq: op for op in problem.observations}
    if len(ops) != len(problem.mutators) + len(problem.observations):
        raise ValueError("two calls of this problem have one number")
    total, used, now = problem.total, problem.used, -inf
    for seq in order:
        op = ops.pop(seq, None)
        if op is None or op.due < now:
            return False
        now = max(now, op.called)
        if isinstance(op, Observation):
            if not op.fits(total, used):
                return False
            continue
        kind = op.kind
        if not kind.allowed(total, used, problem.limit):
            return False
        total, used = total + kind.total, used + kind.used
    return all(isinstance(op, Mutator) and op.optional for op in ops.values())
