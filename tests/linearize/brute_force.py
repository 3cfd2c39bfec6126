"""The oracle: every order of a small problem is tried, with nothing clever about it."""

from __future__ import annotations

from math import inf

from kandykit.linearize.problem import Mutator, Observation, Problem


def explainable(problem: Problem) -> bool:
    """Whether any order within the windows explains all; exponential, for ten calls or so."""
    ops: list[Mutator | Observation] = [*problem.mutators, *problem.observations]
    seen: set[tuple[frozenset[int], int, int]] = set()

    def go(left: frozenset[int], total: int, used: int) -> bool:
        if (left, total, used) in seen:
            return False
        seen.add((left, total, used))
        must = [index for index in left if not optional(ops[index])]
        if not must:
            return True
        earliest_due = min(ops[index].due for index in left if not optional(ops[index]))
        for index in left:
            op = ops[index]
            # It can be next only if nothing that is left had to be over before it was called.
            if op.called > earliest_due:
                continue
            rest = left - {index}
            gone = frozenset(i for i in rest if optional(ops[i]) and ops[i].due < op.called)
            if isinstance(op, Observation):
                if op.fits(total, used) and go(rest - gone, total, used):
                    return True
                continue
            kind = op.kind
            if not kind.allowed(total, used, problem.limit):
                continue
            if go(rest - gone, total + kind.total, used + kind.used):
                return True
        return False

    def optional(op: Mutator | Observation) -> bool:
        return isinstance(op, Mutator) and op.optional

    assert problem.limit == inf or problem.limit >= 0
    return go(frozenset(range(len(ops))), problem.total, problem.used)
