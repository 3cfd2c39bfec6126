"""The search: a frontier of configurations is walked through the calls and answers of a counter problem, in time order.

A configuration says which pending mutators have happened and which pending observations were seen true; the numbers
follow from it. Mutators happen only just in time: when their own answer comes, or on the way to an observation whose
answer comes. Observations are ticked off whenever the numbers fit, for that costs nothing. Four cuts keep it small:

* mutators that do the same are interchangeable, so the one with the earliest deadline goes first;
* a configuration that has ticked off no less with fewer mutators spent makes another one superfluous;
* bounds on what the pending mutators can reach tell beforehand whether an observation can be reached at all;
* detours (to tick off another observation first) are tried only where the straight way fails.

The last cut makes a hasty pass incomplete, so an empty frontier is believed only after a thorough one that began where
the numbers were certain.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from kandykit.linearize.problem import Kind, Mutator, Observation, Problem

BACK: Final = 24
"""So many calls and answers before a dead end a careful pass begins; four times as many when that fails, too."""

HASTY, CAREFUL, THOROUGH = range(3)
"""Straight ahead; with detours; with every detour and every way there is, which is a proof."""

SAVED: Final = 16
"""After so many calls and answers the walk saves where it stands, to come back to."""

Trail = tuple["Trail | None", int]
"""Exchanges in the order that explains them, latest first, linked."""


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


class OutOfTime(Exception):
    """The deadline passed before the search was over; ``trail`` explains what was walked until then."""

    def __init__(self, trail: tuple[int, ...] = ()) -> None:
        super().__init__("the deadline passed")
        self.trail = trail


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk came: ``stuck`` is the exchange whose answer no configuration explains, None at the end.

    ``before`` are the numbers that were possible just before it; ``trail`` explains everything until then.
    """

    stuck: int | None
    when: float
    before: tuple[tuple[int, int], ...]
    trail: tuple[int, ...]


class _Point(NamedTuple):
    """A call (0) or an answer (1); at one moment calls come first, for intervals are closed."""

    time: float
    answer: int
    op: int


class _Ready(NamedTuple):
    """A pending mutator of a kind, the earliest due first."""

    due: float
    op: int
    bit: int


@dataclass(frozen=True, slots=True)
class _Saved:
    position: int
    frontier: list[Config]
    ready: dict[Kind, list[_Ready]]
    watching: dict[int, Observation]


Step = tuple[Kind, list[_Ready]]


class Search:
    """One problem; `walk` finds an explanation, or the answer that has none."""

    def __init__(self, problem: Problem, expired: Callable[[], bool]) -> None:
        self.problem = problem
        self._limit = problem.limit
        self._expired = expired
        self._ops: list[Mutator | Observation] = [*problem.mutators, *problem.observations]
        self._points = sorted(_points(self._ops))
        self._bits = _bits(self._points, len(self._ops))
        self._ready: dict[Kind, list[_Ready]] = {}
        self._watching: dict[int, Observation] = {}
        self._care = HASTY
        self._options = 0

    # -- the walk -----------------------------------------------------------------------------------------------

    def walk(self) -> Walked:
        """Hastily ahead; from a dead end back and carefully on, from ever further back, at last from firm ground."""
        frontier = [Config(0, 0, self.problem.total, self.problem.used, None)]
        saved = [_Saved(0, frontier, {}, {})]
        position, careful_from, careful_until, back, care = 0, 0, 0, BACK, HASTY
        farthest = -1  # dead end: care grows until the walk gets beyond it, else it could come back to it for ever
        while position < len(self._points):
            if position % SAVED == 0:
                if self._expired():
                    raise OutOfTime(_unrolled(frontier[0].trail))
                saved.append(self._save(position, frontier))
            self._care = care if position < careful_until else HASTY
            proven = self._care == THOROUGH and careful_from == saved[0].position
            following = self._pass(self._points[position], frontier)
            if following:
                frontier = following
                position += 1
                if len(frontier) == 1 and self._is_firm(proven):
                    saved = [self._save(position, frontier)]
                    careful_from = careful_until = position
                continue
            if proven:
                return self._stuck(self._points[position], frontier)
            if position > farthest:
                farthest, back, care = position, BACK, CAREFUL
            elif care == CAREFUL and back >= 16 * BACK:
                back, care = BACK, THOROUGH
            else:
                back *= 4
            target = max(position - back, saved[0].position)
            while len(saved) > 1 and saved[-1].position > target:
                saved.pop()
            careful_from, careful_until = saved[-1].position, farthest + 1
            position, frontier = self._restore(saved[-1])
        return Walked(None, inf, (), _unrolled(frontier[0].trail))

    def _is_firm(self, thorough: bool) -> bool:
        """Whether the numbers of the only configuration are certain: nothing is pending, and no option was passed by
        in haste, which could have happened all the same."""
        if self._watching or self._ready or (self._options and not thorough):
            return False
        self._options = 0
        return True

    def _save(self, position: int, frontier: list[Config]) -> _Saved:
        ready = {kind: list(waiting) for kind, waiting in self._ready.items()}
        return _Saved(position, frontier, ready, dict(self._watching))

    def _restore(self, saved: _Saved) -> tuple[int, list[Config]]:
        self._ready = {kind: list(waiting) for kind, waiting in saved.ready.items()}
        self._watching = dict(saved.watching)
        return saved.position, saved.frontier

    def _stuck(self, point: _Point, frontier: list[Config]) -> Walked:
        before = tuple(sorted({(config.total, config.used) for config in frontier}))
        longest = max(frontier, key=lambda config: len(_unrolled(config.trail)))
        return Walked(self._ops[point.op].seq, point.time, before, _unrolled(longest.trail))

    def _pass(self, point: _Point, frontier: list[Config]) -> list[Config]:
        """The configurations after one more call or answer."""
        index = point.op
        op, bit = self._ops[index], self._bits[index]
        if not point.answer:
            if isinstance(op, Mutator):
                insort(self._ready.setdefault(op.kind, []), _Ready(op.due, index, bit))
                return frontier
            self._watching[bit] = op
            return [self._tick_one(config, bit, op) for config in frontier]
        option = isinstance(op, Mutator) and op.optional
        self._options += option
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
            waiting.remove(_Ready(op.due, index, bit))
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
        if self._care == HASTY:
            yield from self._straight(config, op, bit)
            return
        seen = {(config.taken, config.ticked)}
        stack = [config]
        while stack:
            start = stack.pop()
            if (start.taken | start.ticked) & bit:
                yield start
                continue
            yield from self._straight(start, op, bit)
            if self._expired():
                raise OutOfTime(_unrolled(config.trail))
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
        if self._limit == inf or self._care != THOROUGH:
            return
        ups = sum(kind.total * len(waiting) for kind, waiting in self._ready.items() if kind.total > 0)
        if config.total + ups > self._limit and any(kind.total < 0 for kind in self._ready):
            for kind, waiting in self._ready.items():
                ready = next((ready for ready in waiting if not config.taken & ready.bit), None)
                if ready is not None and self._allowed(kind, config.total, config.used):
                    yield self._take(config, kind, ready.bit, self._ops[ready.op].seq)

    def _straight(self, config: Config, op: Mutator | Observation, bit: int) -> Iterable[Config]:
        """The configurations in which this call is explained, by as few other mutators as can be."""
        if isinstance(op, Observation):
            return self._towards(config, op, 0)
        kind = op.kind
        if self._allowed(kind, config.total, config.used):
            return [self._take(config, kind, bit, op.seq)]
        most = int(self._limit) - kind.total if kind.limited and self._limit != inf else None
        needs = kind.needs
        enabled = self._towards(config, _Enabling(needs, most), bit)
        return [self._take(after, kind, bit, op.seq) if not after.taken & bit else after for after in enabled]

    def _allowed(self, kind: Kind, total: int, used: int) -> bool:
        return total - used >= kind.needs and (not kind.limited or total + kind.total <= self._limit)

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
            if untaken:
                steps.append((each, untaken))
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

        That is so where no order of a solution is allowed: then others may have to make room for it. Hastily it is
        enough if one is allowed.
        """
        if solutions is None:
            return None
        spent: list[tuple[int, ...]] = []
        found: list[Config] = []
        barred = False
        for counts in sorted(solutions, key=sum):
            if spent and any(all(map(int.__le__, fewer, counts)) for fewer in spent):
                continue
            arrived = self._walk_up_to(config, steps, counts, goal)
            if arrived:
                spent.append(counts)
                found += arrived
            else:
                barred = True
        return None if barred and not last and (not found or self._care == THOROUGH) else found

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


def _givers_first(step: Step) -> int:
    """What makes products available goes before what takes them."""
    return step[0].used - step[0].total


class _Enabling(NamedTuple):
    """What must be so before a mutator can happen: products available, and room below the limit."""

    needs: int
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
    if not downs <= more <= ups:
        return []
    for kind, waiting in steps:
        count = len(waiting)
        if kind.used:
            if kind.used != wanted:
                partial = [((*counts, 0), t, u) for counts, t, u in partial]
            else:
                partial = [
                    ((*counts, n), t, u - n * wanted) for counts, t, u in partial if (n := min(count, abs(u))) >= 0
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


def _points(ops: list[Mutator | Observation]) -> Iterator[_Point]:
    for index, op in enumerate(ops):
        yield _Point(op.called, 0, index)
        if op.due != inf:
            yield _Point(op.due, 1, index)


def _bits(points: list[_Point], count: int) -> list[int]:
    """A bit for each call, given on to another once it is answered."""
    bits = [0] * count
    free: list[int] = []
    fresh = 0
    for point in points:
        if point.answer:
            free.append(bits[point.op])
        elif free:
            bits[point.op] = free.pop()
        else:
            bits[point.op] = 1 << fresh
            fresh += 1
    return bits


def _unrolled(trail: Trail | None) -> tuple[int, ...]:
    found: list[int] = []
    while trail is not None:
        trail, seq = trail
        found.append(seq)
    return tuple(reversed(found))
