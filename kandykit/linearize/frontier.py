"""The proof: a frontier of configurations is walked through the calls and answers of a counter problem, in time order.

A configuration says which pending mutators have happened and which pending observations were seen true; the numbers
follow from it. Mutators happen only just in time: when their own answer comes, or on the way to an observation whose
answer comes. Observations are ticked off whenever the numbers fit, for that costs nothing. Three cuts keep it small,
and none loses an explanation, so an empty frontier is a proof:

* mutators that do the same are interchangeable, so the one with the earliest deadline goes first;
* a configuration that has ticked off no less with fewer mutators spent makes another one superfluous;
* bounds on what the pending mutators can reach tell beforehand whether an observation can be reached at all.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import NamedTuple

from kandykit.linearize.problem import (
    Kind,
    Mutator,
    Observation,
    OutOfTime,
    Point,
    Problem,
    Schedule,
    Trail,
    Walked,
    unrolled,
)


class Config(NamedTuple):
    """Which pending mutators have happened, which pending observations are ticked off, and the numbers.

    ``drift`` is what options added that are no longer pending: only configurations of one drift can be compared.
    """

    taken: int
    ticked: int
    total: int
    used: int
    trail: Trail | None
    drift: tuple[int, int] = (0, 0)


class _Ready(NamedTuple):
    """A pending mutator of a kind, the earliest due first; what must happen goes before what only may."""

    due: float
    optional: bool
    op: int
    bit: int


Step = tuple[Kind, list[_Ready]]


class Frontier:
    """One problem; `walk` finds an explanation, or the answer that has none."""

    def __init__(self, problem: Problem, expired: Callable[[], bool]) -> None:
        self._problem = problem
        self._limit = problem.limit
        self._expired = expired
        schedule = Schedule.of(problem)
        self._ops, self._points, self._bits = schedule.ops, schedule.points, schedule.bits
        self._ready: dict[Kind, list[_Ready]] = {}
        self._watching: dict[int, Observation] = {}

    # -- the walk -----------------------------------------------------------------------------------------------

    def walk(self) -> Walked:
        """Call by call and answer by answer; raises `OutOfTime`."""
        frontier = [Config(0, 0, self._problem.total, self._problem.used, None)]
        for point in self._points:
            self._hurry(frontier[0].trail)
            following = self._pass(point, frontier)
            if not following:
                return self._stuck(point, frontier)
            frontier = following
        return Walked(None, inf, (), unrolled(frontier[0].trail))

    def _hurry(self, trail: Trail | None) -> None:
        if self._expired():
            raise OutOfTime(unrolled(trail))

    def _stuck(self, point: Point, frontier: list[Config]) -> Walked:
        before = tuple(sorted({(config.total, config.used) for config in frontier}))
        longest = max(frontier, key=lambda config: len(unrolled(config.trail)))
        return Walked(self._ops[point.op].seq, point.time, before, unrolled(longest.trail))

    def _pass(self, point: Point, frontier: list[Config]) -> list[Config]:
        """The configurations after one more call or answer."""
        index = point.op
        op, bit = self._ops[index], self._bits[index]
        if not point.answer:
            if isinstance(op, Mutator):
                insort(self._ready.setdefault(op.kind, []), _Ready(op.due, op.optional, index, bit))
                return frontier
            self._watching[bit] = op
            return [self._tick_one(config, bit, op) for config in frontier]
        option = isinstance(op, Mutator) and op.optional
        reached: dict[tuple[int, int, tuple[int, int]], Config] = {}
        for config in frontier:
            done = (config.taken | config.ticked) & bit
            if done or option:
                reached.setdefault((config.taken, config.ticked, config.drift), config)
            if not done:
                for after in self._reach(config, op, bit):
                    reached.setdefault((after.taken, after.ticked, after.drift), after)
        configs = list(reached.values())
        if isinstance(op, Observation):
            del self._watching[bit]
            configs = [config._replace(ticked=config.ticked & ~bit) for config in configs]
        else:
            waiting = self._ready[op.kind]
            waiting.remove(_Ready(op.due, op.optional, index, bit))
            if not waiting:
                del self._ready[op.kind]
            configs = [self._over(config, op, bit) for config in configs]
        return self._undominated(configs) if len(configs) > 1 else configs

    def _over(self, config: Config, op: Mutator, bit: int) -> Config:
        """The mutator is pending no longer: it has happened, or as an option it never will."""
        if not config.taken & bit:
            return config
        if not op.optional:
            return config._replace(taken=config.taken & ~bit)
        total, used = config.drift
        return config._replace(taken=config.taken & ~bit, drift=(total + op.kind.total, used + op.kind.used))

    def _undominated(self, configs: list[Config]) -> list[Config]:
        """Without those that spent more mutators and ticked off no more.

        Near a limit this holds only where not both ups and downs were spent: their order might not be free there.
        """
        configs.sort(key=lambda config: config.taken.bit_count())
        ups = downs = 0
        if self._limit != inf:
            for kind, waiting in self._ready.items():
                mask = sum(ready.bit for ready in waiting)
                if kind.total > 0:
                    ups |= mask
                elif kind.total < 0:
                    downs |= mask
        kept: list[Config] = []
        for config in configs:
            taken, ticked = config.taken, config.ticked
            for other in kept:
                if other.taken & ~taken or ticked & ~other.ticked or other.drift != config.drift:
                    continue
                spent = taken & ~other.taken
                if not (spent & ups and spent & downs):
                    break
            else:
                kept.append(config)
        return kept

    # -- from one configuration to those in which an answer is explained -------------------------------------------

    def _reach(self, config: Config, op: Mutator | Observation, bit: int) -> Iterator[Config]:
        seen = {(config.taken, config.ticked)}
        stack = [config]
        while stack:
            start = stack.pop()
            if (start.taken | start.ticked) & bit:
                yield start
                continue
            yield from self._straight(start, op, bit)
            self._hurry(config.trail)
            for after in self._detours(start, bit):
                if (after.taken, after.ticked) not in seen:
                    seen.add((after.taken, after.ticked))
                    stack.append(after)

    def _detours(self, config: Config, bit: int) -> Iterator[Config]:
        """Other observations first; and at the limit any mutator, for a down may have to make room for an up.

        (A call that is allowed now, and taken now, may use up what that down needs.)
        """
        for other_bit, other in self._watching.items():
            if other_bit != bit and not config.ticked & other_bit:
                yield from self._straight(config, other, other_bit)
        if self._limit == inf:
            return
        ups = sum(kind.total * len(waiting) for kind, waiting in self._ready.items() if kind.total > 0)
        if config.total + ups > self._limit and any(kind.total < 0 for kind in self._ready):
            for kind, waiting in self._ready.items():
                if self._allowed(kind, config.total, config.used):
                    for ready, *_ in _alike([ready for ready in waiting if not config.taken & ready.bit]):
                        yield self._take(config, kind, ready.bit, self._ops[ready.op].seq)

    def _straight(self, config: Config, op: Mutator | Observation, bit: int) -> Iterable[Config]:
        """The configurations in which this call is explained, by as few other mutators as can be."""
        if isinstance(op, Observation):
            return self._towards(config, op, 0)
        kind = op.kind
        if self._allowed(kind, config.total, config.used):
            return [self._take(config, kind, bit, op.seq)]
        most = int(self._limit) - kind.total if kind.limited and self._limit != inf else None
        enabled = self._towards(config, _Enabling(kind.needs or -inf, most), bit)
        return [self._take(after, kind, bit, op.seq) if not after.taken & bit else after for after in enabled]

    def _allowed(self, kind: Kind, total: int, used: int) -> bool:
        return kind.allowed(total, used, self._limit)

    def _take(self, config: Config, kind: Kind, bit: int, seq: int) -> Config:
        taken, ticked, total, used, trail, drift = config
        after = Config(taken | bit, ticked, total + kind.total, used + kind.used, (trail, seq), drift)
        return self._tick_all(after) if self._watching else after

    def _tick_all(self, config: Config) -> Config:
        for bit, observation in self._watching.items():
            if not config.ticked & bit:
                config = self._tick_one(config, bit, observation)
        return config

    def _tick_one(self, config: Config, bit: int, observation: Observation) -> Config:
        if not observation.fits(config.total, config.used):
            return config
        return config._replace(ticked=config.ticked | bit, trail=(config.trail, observation.seq))

    def _towards(self, config: Config, goal: _Goal, without: int) -> list[Config]:
        """The configurations at which ``goal`` fits, along every order of the fewest mutators that lead there."""
        steps: list[Step] = []
        for each, waiting in self._ready.items():
            untaken = [ready for ready in waiting if not (config.taken | without) & ready.bit]
            steps += [(each, alike) for alike in _alike(untaken)]
        found = self._along(config, steps, goal, _fewest(steps, goal, config.total, config.used))
        if found is None:
            steps.sort(key=_orders_first)
            found = self._along(config, steps, goal, _solutions(steps, goal, config.total, config.used), last=True)
        return found or []

    def _along(
        self,
        config: Config,
        steps: list[Step],
        goal: _Goal,
        solutions: Iterable[tuple[int, ...]] | None,
        last: bool = False,
    ) -> list[Config] | None:
        """Where the solutions lead that hold no smaller one; None where longer ones have to be tried.

        That is so where no order of a solution is allowed: then others may have to make room for it.
        """
        if solutions is None:
            return None
        spent: list[tuple[int, ...]] = []
        found: list[Config] = []
        barred = False
        for counts in sorted(solutions, key=sum):
            if spent and any(all(map(int.__le__, fewer, counts)) for fewer in spent):
                continue
            self._hurry(config.trail)
            arrived = self._walk_up_to(config, steps, counts, goal)
            if arrived:
                spent.append(counts)
                found += arrived
            else:
                barred = True
        return None if barred and not last else found

    def _walk_up_to(self, config: Config, steps: list[Step], counts: tuple[int, ...], goal: _Goal) -> list[Config]:
        """Every way to take so many mutators of each kind that ticks off something on its way, or else any one."""
        chosen = [(kind, waiting[:count]) for (kind, waiting), count in zip(steps, counts, strict=True) if count]
        if len(chosen) > 1 or (counts and max(counts) > 1):
            passing = self._passed(config, chosen, goal)
            if passing:
                return self._all_ways(config, chosen, passing)
        taken, ticked, total, used, trail, drift = config
        chosen.sort(key=_givers_first)
        for kind, waiting in chosen:
            for ready in waiting:
                if not self._allowed(kind, total, used):
                    return self._all_ways(config, chosen, []) if len(chosen) > 1 else []
                taken, total, used = taken | ready.bit, total + kind.total, used + kind.used
                trail = trail, self._ops[ready.op].seq
        return [self._tick_all(Config(taken, ticked, total, used, trail, drift))]

    def _passed(self, config: Config, chosen: list[Step], goal: _Goal) -> list[tuple[int, Observation]]:
        """The observations that may fit on the way, and not only where it ends."""
        low_t, high_t, low_u, high_u = config.total, config.total, config.used, config.used
        for kind, waiting in chosen:
            more, taken = kind.total * len(waiting), kind.used * len(waiting)
            low_t, high_t = low_t + min(more, 0), high_t + max(more, 0)
            low_u, high_u = low_u + min(taken, 0), high_u + max(taken, 0)
        exact = isinstance(goal, Observation) and goal.total is not None and goal.used is not None
        return [
            (bit, seen)
            for bit, seen in self._watching.items()
            if not config.ticked & bit
            and seen is not goal
            and not (exact and seen.total == goal.total and seen.used == goal.used)  # type: ignore[union-attr]
            and _possible(seen, low_t, high_t, low_u, high_u)
        ]

    def _all_ways(self, config: Config, chosen: list[Step], passing: list[tuple[int, Observation]]) -> list[Config]:
        """Every order of these mutators, each one allowed when it is taken; of equals the one that ticks off most."""
        counts = [len(waiting) for _, waiting in chosen]
        start = (0,) * len(counts)
        layer: dict[tuple[int, ...], list[Config]] = {start: [config]}
        for _ in range(sum(counts)):
            self._hurry(config.trail)
            following: dict[tuple[int, ...], list[Config]] = {}
            for done, configs in layer.items():
                for number, (kind, waiting) in enumerate(chosen):
                    if done[number] == counts[number]:
                        continue
                    first = configs[0]
                    if not self._allowed(kind, first.total, first.used):
                        continue
                    total, used = first.total + kind.total, first.used + kind.used
                    ticks = [(bit, seen) for bit, seen in passing if seen.fits(total, used)]
                    ready = waiting[done[number]]
                    seq = self._ops[ready.op].seq
                    into = following.setdefault((*done[:number], done[number] + 1, *done[number + 1 :]), [])
                    for at in configs:
                        ticked, trail = at.ticked, (at.trail, seq)
                        for bit, seen in ticks:
                            if not ticked & bit:
                                ticked, trail = ticked | bit, (trail, seen.seq)
                        if not any(ticked & ~other.ticked == 0 for other in into):
                            into[:] = [other for other in into if other.ticked & ~ticked]
                            into.append(Config(at.taken | ready.bit, ticked, total, used, trail, at.drift))
            layer = following
        return [self._tick_all(each) for configs in layer.values() for each in configs]


def _alike(waiting: list[_Ready]) -> list[list[_Ready]]:
    """Those of one kind that are best taken in the order in which they are due.

    An option that ends before something that must happen is neither better nor worse than that: it is kept apart.
    """
    must = [ready for ready in waiting if not ready.optional]
    if not must or len(must) == len(waiting) or all(r.due >= must[-1].due for r in waiting if r.optional):
        return [waiting] if waiting else []
    return [must, [ready for ready in waiting if ready.optional]]


def _givers_first(step: Step) -> int:
    """What makes products available goes before what takes them."""
    return step[0].used - step[0].total


class _Enabling(NamedTuple):
    """What must be so before a mutator can happen: products available, and room below the limit."""

    needs: float
    most: int | None

    def fits(self, total: int, used: int) -> bool:
        return total - used >= self.needs and (self.most is None or total <= self.most)


_Goal = Observation | _Enabling


def _orders_first(step: Step) -> tuple[int, int, int]:
    kind = step[0]
    return (0 if kind.total else 1, kind.total, kind.used)


def _fewest(steps: list[Step], goal: _Goal, total: int, used: int) -> list[tuple[int, ...]] | None:
    """The solutions that hold no needless mutator, for the common goals; None for the others.

    Where this is empty there is no solution at all: taking a create and a delete out of one leaves a solution.
    """
    if isinstance(goal, _Enabling):
        return None
    if goal.total is not None and goal.used is not None:
        return _fewest_exact(steps, goal.total - total, goal.used - used)
    if goal.available_below is not None and goal.total_above is None:
        return _fewest_down(steps, total - used - goal.available_below + 1)
    return None


def _fewest_exact(steps: list[Step], more: int, taken: int) -> list[tuple[int, ...]]:
    """Exactly so many owned and used more."""
    wanted = (taken > 0) - (taken < 0)
    partial: list[tuple[tuple[int, ...], int, int]] = [((), more, taken)]
    ups = sum(kind.total * len(waiting) for kind, waiting in steps if kind.total > 0)
    downs = sum(kind.total * len(waiting) for kind, waiting in steps if kind.total < 0)
    users = sum(len(waiting) for kind, waiting in steps if kind.used == wanted)
    if not downs <= more <= ups:
        return []
    for kind, waiting in steps:
        count = len(waiting)
        if kind.used:
            if kind.used != wanted:
                partial = [((*counts, 0), t, u) for counts, t, u in partial]
                continue
            # One kind may come in two groups, and either may be spared for later.
            users -= count
            partial = [
                ((*counts, n), t, u - n * wanted)
                for counts, t, u in partial
                for n in range(min(count, abs(u)) + 1)
                if abs(u) - n <= users
            ]
            continue
        if not more:
            partial = [((*counts, 0), t, u) for counts, t, u in partial]
            continue
        ups -= max(kind.total * count, 0)
        downs -= min(kind.total * count, 0)
        partial = [
            ((*counts, n), t - n * kind.total, u)
            for counts, t, u in partial
            for n in range(count + 1)
            if downs <= t - n * kind.total <= ups
        ]
    return [counts for counts, t, u in partial if not t and not u]


def _fewest_down(steps: list[Step], by: int) -> list[tuple[int, ...]]:
    """At least so many fewer available."""
    partial: list[tuple[tuple[int, ...], int]] = [((), by)]
    left = sum(max(kind.used - kind.total, 0) * len(waiting) for kind, waiting in steps)
    for kind, waiting in steps:
        each = kind.used - kind.total
        if each <= 0:
            partial = [((*counts, 0), missing) for counts, missing in partial]
            continue
        left -= each * len(waiting)
        partial = [
            ((*counts, n), missing - n * each)
            for counts, missing in partial
            for n in range(len(waiting) + 1)
            if missing - n * each <= left and (not n or missing > (n - 1) * each)
        ]
    return [counts for counts, missing in partial if missing <= 0]


def _solutions(steps: list[Step], goal: _Goal, total: int, used: int) -> Iterator[tuple[int, ...]]:
    """How many mutators of each kind lead to numbers that fit; bounds cut what cannot."""
    size = len(steps)
    # The least and the most that the kinds from here on can add to what is owned and to what is used.
    bounds = [(0, 0, 0, 0)] * (size + 1)
    for number in range(size - 1, -1, -1):
        kind, waiting = steps[number]
        low_t, high_t, low_u, high_u = bounds[number + 1]
        count = len(waiting)
        bounds[number] = (
            low_t + min(kind.total * count, 0),
            high_t + max(kind.total * count, 0),
            low_u + min(kind.used * count, 0),
            high_u + max(kind.used * count, 0),
        )

    def deeper(number: int, total: int, used: int, counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        low_t, high_t, low_u, high_u = bounds[number]
        if not _possible(goal, total + low_t, total + high_t, used + low_u, used + high_u):
            return
        if number == size:
            yield counts
            return
        kind, waiting = steps[number]
        for count in range(len(waiting) + 1):
            yield from deeper(number + 1, total + count * kind.total, used + count * kind.used, (*counts, count))

    return deeper(0, total, used, ())


def _possible(goal: _Goal, low_t: int, high_t: int, low_u: int, high_u: int) -> bool:
    """Whether numbers within these bounds can fit; exact where the bounds are."""
    if isinstance(goal, _Enabling):
        return high_t - low_u >= goal.needs and (goal.most is None or low_t <= goal.most)
    return (
        (goal.total is None or low_t <= goal.total <= high_t)
        and (goal.used is None or low_u <= goal.used <= high_u)
        and (goal.available is None or low_t - high_u <= goal.available <= high_t - low_u)
        and (goal.available_below is None or low_t - high_u < goal.available_below)
        and (goal.total_above is None or high_t > goal.total_above)
    )
