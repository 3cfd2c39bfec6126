"""The scout: looks for one explanation, quickly, and proves nothing where it finds none.

It walks through the calls and answers on the one way that looks best, and where that comes to a dead end it goes back
and on with more ways, each time from further back. What it finds is an explanation, whatever was tried before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from kandykit.linearize.problem import OutOfTime, Problem, Schedule, Trail, unrolled
from kandykit.linearize.ways import Way, Ways, is_option


class Effort(NamedTuple):
    """How much is tried: so many ways at once, and so many options of each kind spent on one answer."""

    ways: int
    allowance: int


EFFORTS: Final = (Effort(1, 0), Effort(3, 0), Effort(10, 1), Effort(40, 2), Effort(160, 8))
"""What is tried at first, and then after each dead end in the same place."""

BACK: Final = 2
"""The first step back goes over so many points for each call under way; each further one goes twice as far."""

SAVED: Final = 8
"""After so many points the scout remembers where it stood."""

TICK: Final = 128
"""An observation that was passed is worth a mutator that is kept for so many points."""


ANYTHING: Final = 10
"""With so many ways at once, what nothing calls for is tried, too: it may make room below the limit."""


class Scout:
    """One problem; `walk` finds an explanation, or how far it came."""

    def __init__(self, problem: Problem, schedule: Schedule, expired: Callable[[], bool]) -> None:
        self._schedule = schedule
        self._expired = expired
        self._steps = Ways(problem, schedule)
        self._options = [is_option(op) for op in schedule.ops]
        self._position = 0
        self._ways: list[Way] = [(0, 0, problem.total, problem.used, 0, None)]
        self._saved: list[tuple[int, list[Way]]] = []
        self._dead_end, self._tries = -1, 0
        self._farthest: Trail | None = None

    @property
    def trail(self) -> tuple[int, ...]:
        """What explains everything until the farthest point."""
        return unrolled(self._farthest)

    def walk(self, tries: int) -> int | None:
        """None where all is explained, else the position of the answer that nothing tried explains.

        So many ``tries`` are made for each dead end; another walk goes on where the last one ended. Raises `OutOfTime`.
        """
        points, bits = self._schedule.points, self._schedule.bits
        steps, saved = self._steps, self._saved
        pending = steps.pending
        enter, leave, mutators = pending.enter, pending.leave, len(pending.ready)
        position, ways, count = self._position, self._ways, len(points)
        effort, hard_until = EFFORTS[0], 0
        if self._tries:
            position, ways, effort, hard_until = self._back(position)
        while position < count:
            if not position & (SAVED - 1):
                if self._expired():
                    raise OutOfTime(unrolled(ways[0][5]))
                saved.append((position, ways))
            if position >= hard_until:
                effort = EFFORTS[0]
            _, answer, op = points[position]
            if not answer:
                enter(op)
                if op >= mutators:
                    ways = [steps.ticked(way) for way in ways]
                position += 1
                continue
            steps.now, steps.allowance = position, effort.allowance
            following = self._easily(ways[0], op, bits[op], effort) if len(ways) == 1 else None
            if following is None:
                following = self._after(ways, op, bits[op], effort.ways)
            if following:
                leave(op)
                ways = following
                position += 1
                continue
            if position > self._dead_end:
                self._dead_end, self._tries = position, 0
                self._farthest = max(ways, key=lambda way: way[1].bit_count())[5]
            self._tries += 1
            if self._tries >= tries:
                self._position, self._ways = position, ways
                return position
            position, ways, effort, hard_until = self._back(position)
        self._farthest = ways[0][5]
        return None

    def _back(self, position: int) -> tuple[int, list[Way], Effort, int]:
        """Where the walk goes on after a dead end, and with how much effort until where."""
        points, pending = self._schedule.points, self._steps.pending
        under_way = len(pending.watched) + sum(map(len, pending.must))
        target = position - (BACK * under_way << (self._tries - 1))
        saved = self._saved
        while len(saved) > 1 and saved[-1][0] > target:
            saved.pop()
        back_to, ways = saved.pop()
        for at in range(position - 1, back_to - 1, -1):
            _, answer, op = points[at]
            (pending.enter if answer else pending.leave)(op)
        return back_to, ways, EFFORTS[min(self._tries, len(EFFORTS) - 1)], self._dead_end + 2

    def _easily(self, way: Way, op: int, bit: int, effort: Effort) -> list[Way] | None:
        """The one way after an answer, where it is explained already, or by its own call and at no cost."""
        taken, ticked, total, used, price, trail = way
        steps = self._steps
        pending = steps.pending
        if op >= len(pending.ready):
            return [(taken, ticked ^ bit, total, used, price, trail)] if ticked & bit else None
        ready = pending.ready[op]
        if taken & bit:
            return [(taken ^ bit, ticked, total, used, price - ready.price, trail)]
        kind = pending.kind_of[op]
        if effort.ways > 1 or self._options[op] or total - used < steps.needs[kind] or total > steps.room[kind]:
            return None
        after = steps.ticked(
            (taken, ticked, total + steps.total[kind], used + steps.used[kind], price, (trail, ready.seq))
        )
        return None if pending.watched and steps.missed((taken | bit, *after[1:])) else [after]

    def _after(self, ways: list[Way], op: int, bit: int, width: int) -> list[Way]:
        """The ways after an answer, ``width`` at most; none where no way leads there."""
        ready = self._steps.pending.ready
        found: dict[tuple[int, int, int, int], Way] = {}
        for way in ways:
            if (way[0] | way[1]) & bit:
                found.setdefault(way[:4], way)
                continue
            if self._options[op]:
                found.setdefault(way[:4], way)
                further = self._last_chances(way, op, width)
            else:
                further = self._reach(way, op, bit, width)
            for after in further:
                found.setdefault(after[:4], after)
        if op < len(ready):
            price = ready[op].price
            following = [
                (w[0] ^ bit, w[1], w[2], w[3], w[4] - price, w[5]) if w[0] & bit else w for w in found.values()
            ]
        else:
            following = [(w[0], w[1] ^ bit, w[2], w[3], w[4], w[5]) for w in found.values()]
        return self._best(following, width) if len(following) > width else following

    def _best(self, ways: list[Way], width: int) -> list[Way]:
        """Those that have passed the most and spent the least."""
        now = self._steps.now
        ways.sort(key=lambda way: way[4] - now * way[0].bit_count() - TICK * way[1].bit_count())
        kept: list[Way] = []
        for way in ways:
            taken, ticked = way[0], way[1]
            if not any(not (other[0] & ~taken or ticked & ~other[1]) for other in kept):
                kept.append(way)
                if len(kept) == width:
                    break
        return kept

    def _reach(self, way: Way, op: int, bit: int, width: int) -> list[Way]:
        """Straight to where an answer is explained, or by way of what would be missed else, or of anything."""
        steps = self._steps
        found = steps.straight(way, op, width)
        watched = steps.pending.watched
        if width > 1 or not found:
            by = [seen for other, seen in watched.items() if other != bit and not way[1] & other]
        else:
            by = steps.missed(found[0])
        for seen in by:
            for after in steps.towards(way, seen, width):
                found += [after] if (after[0] | after[1]) & bit else steps.straight(after, op, width)
            if len(found) > 2 * width:
                break
        if width >= ANYTHING:
            for after in steps.one_more(way, bit):
                found += [after] if (after[0] | after[1]) & bit else steps.straight(after, op, width)
        return found

    def _last_chances(self, way: Way, op: int, width: int) -> list[Way]:
        """An option can happen no later than now: what may be seen with its help, and not without?"""
        steps = self._steps
        found: list[Way] = []
        for bit, seen in steps.pending.watched.items():
            if not way[1] & bit:
                found += steps.towards(way, seen, width)
        return found + steps.straight(way, op, width) if width > 1 else found
