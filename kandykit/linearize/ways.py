"""Ways: a way says what has happened and what was seen; others lead on from it to where an answer is explained.

All cuts are taken here that make the scout quick: equals happen in the order in which they are due, what is due late
and what need never happen is kept for later, no more happens than an answer needs, and observations are passed by
wherever they lie on the way. So what is found is right, and what is not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import Final

from kandykit.linearize.pending import BASE, Pending, Ready
from kandykit.linearize.problem import Mutator, Observation, Problem, Schedule, Trail
from kandykit.linearize.sums import fewest

ALLOWANCES: Final = (0, 1, 2, 4, 8)
"""So many options of each kind may help to explain one answer, tried in turn."""

Way = tuple[int, int, int, int, int, Trail | None]
"""Which pending mutators have happened, which observations were seen, owned, used, the price, and the trail."""

Wanted = dict[int, int]
"""How many mutators of each kind are to happen."""


class Ways:
    """The steps on the calls that are under way.

    ``now`` is the point at which the walk stands, ``allowance`` how many options of each kind may be spent there.
    """

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.pending = Pending(problem, schedule)
        self.now = 0
        self.allowance = 0
        self.ops = schedule.ops
        kinds = self.pending.kinds
        self.total = [kind.total for kind in kinds]
        self.used = [kind.used for kind in kinds]
        self.needs = [kind.needs or -inf for kind in kinds]
        # The greatest total before it that leaves room for it.
        self.room = [problem.limit - kind.total if kind.limited else inf for kind in kinds]
        self._gives = [kind.total - kind.used for kind in kinds]
        self._takes = [kind.used - kind.total for kind in kinds]
        self._falls = [-kind.total for kind in kinds]
        # What makes products available comes before what takes them.
        self._rank = sorted(range(len(kinds)), key=self._takes.__getitem__)

    # -- towards one call -------------------------------------------------------------------------------------------

    def straight(self, way: Way, op: int, most: int) -> list[Way]:
        """Where a call is explained, with no more than it needs; the cheapest ways first, ``most`` of them."""
        pending = self.pending
        if op < len(pending.ready):
            return self._enabled(way, pending.kind_of[op], pending.ready[op], most)
        seen = self.ops[op]
        assert isinstance(seen, Observation)
        return self.towards(way, seen, most)

    def towards(self, way: Way, seen: Observation, most: int) -> list[Way]:
        """Where an observation is true."""
        _, _, total, used, _, _ = way
        if seen.total is not None and seen.used is not None:
            return self._exactly(way, seen.total - total, seen.used - used, most)
        if seen.available_below is not None and seen.total_above is None:
            need = total - used - seen.available_below + 1
            found = self._adding(way, need, self._takes, most, least=True, without=0)
            return [after for after in found if after[2] - after[3] < seen.available_below]
        if seen.total_above is not None and seen.available_below is None:
            return self._adding(way, seen.total_above + 1 - total, self.total, most, least=True)
        if seen.available is not None:
            return self._adding(way, seen.available - total + used, self._gives, most)
        if seen.total is not None:
            return self._adding(way, seen.total - total, self.total, most)
        if seen.used is not None:
            return self._adding(way, seen.used - used, self.used, most)
        return []

    def one_more(self, way: Way, without: int) -> Iterator[Way]:
        """After any one mutator that is allowed now, but for these bits."""
        _, _, total, used, _, _ = way
        for kind, needs in enumerate(self.needs):
            if total - used >= needs and total <= self.room[kind]:
                for ready in self._first(kind, 1, way[0] | without):
                    yield self.take(way, kind, ready)

    def missed(self, way: Way) -> list[Observation]:
        """What could no more be seen on a way, as things stand, without options."""
        taken, ticked, total, used, _, _ = way
        unseen = [(bit, seen) for bit, seen in self.pending.watched.items() if not ticked & bit]
        if not unseen:
            return []
        low, high, least, most = self._bounds(self.pending.must_bits, taken)
        low, high, least, most = total + low, total + high, used + least, used + most
        found = []
        for _, seen in unseen:
            if seen.total is not None and seen.used is not None:
                if low <= seen.total <= high and least <= seen.used <= most:
                    continue
            elif seen.available_below is not None:
                if low - most < seen.available_below:
                    continue
            elif seen.total_above is None or high > seen.total_above:
                continue
            found.append(seen)
        return found

    def _enabled(self, way: Way, kind: int, ready: Ready, most: int) -> list[Way]:
        """Where a mutator has happened, after others have made room for it if they must."""
        _, _, total, used, _, _ = way
        needs, room = self.needs[kind], self.room[kind]
        if total - used >= needs and total <= room:
            return [self.take(way, kind, ready)]
        if total - used < needs:
            before = self._adding(way, int(needs) - total + used, self._gives, most, least=True, without=ready.bit)
        else:
            before = self._adding(way, int(total - room), self._falls, most, least=True, without=ready.bit)
        return [self.take(each, kind, ready) for each in before if each[2] - each[3] >= needs and each[2] <= room]

    def _exactly(self, way: Way, more: int, taken: int, most: int) -> list[Way]:
        """Where exactly so many more are owned and used."""
        low, high, least, greatest = self._bounds(
            self.pending.bits if self.allowance else self.pending.must_bits, way[0]
        )
        if not (low <= more <= high and least <= taken <= greatest):
            return []
        for counts in self._allowed(way[0]):
            left = taken
            base: Wanted = {}
            if taken:
                for kind, each in enumerate(self.used):
                    if each * left > 0 and counts[kind]:
                        base[kind] = min(counts[kind], left // each)
                        left -= base[kind] * each
                if left:
                    continue
            wanted = [base]
            if more:
                kinds = [kind for kind, each in enumerate(self.total) if each and counts[kind]]
                sums = fewest(more, tuple([self.total[k] for k in kinds]), tuple([counts[k] for k in kinds]))
                wanted = [base | {k: n for k, n in zip(kinds, each, strict=True) if n} for each in sums]
            found = self._cheapest(way, wanted, most)
            if found:
                return found
        return []

    def _adding(
        self, way: Way, need: int, sizes: list[int], most: int, *, least: bool = False, without: int | None = None
    ) -> list[Way]:
        """Where mutators of such sizes add up to what is needed, or with ``least`` to no less.

        Where ``without`` is given, others than these bits may make room for them.
        """
        for counts in self._allowed(way[0] | (without or 0)):
            kinds = [k for k, size in enumerate(sizes) if counts[k] and (size > 0 or (size and not least))]
            if not kinds:
                continue
            sums = fewest(need, tuple([sizes[k] for k in kinds]), tuple([counts[k] for k in kinds]), least)
            wanted = [{k: n for k, n in zip(kinds, each, strict=True) if n} for each in sums]
            found = self._cheapest(way, wanted, most, without)
            if found:
                return found
        return []

    def _bounds(self, bits: list[int], taken: int) -> tuple[int, int, int, int]:
        """The least and the most that can still be added to what is owned, and to what is used."""
        low = high = least = most = 0
        for kind, ready in enumerate(bits):
            count = (ready & ~taken).bit_count()
            if count:
                change, use = self.total[kind] * count, self.used[kind] * count
                if change > 0:
                    high += change
                else:
                    low += change
                if use > 0:
                    most += use
                else:
                    least += use
        return low, high, least, most

    def _allowed(self, taken: int) -> Iterator[list[int]]:
        """How many of each kind may happen: what must happen anyway, then with more and more options."""
        pending = self.pending
        counts = [(bits & ~taken).bit_count() for bits in pending.must_bits]
        yield counts
        if pending.options and self.allowance:
            options = [(bits & ~taken).bit_count() for bits in pending.may_bits]
            greatest = max(options)
            for fewer, more in pairwise(ALLOWANCES):
                if fewer < greatest and more <= self.allowance:
                    yield [count + min(more, spare) for count, spare in zip(counts, options, strict=True)]

    # -- several mutators, in some order ------------------------------------------------------------------------------

    def _cheapest(self, way: Way, wanted: list[Wanted], most: int, without: int | None = None) -> list[Way]:
        """Where the cheapest of these lead, ``most`` of them."""
        taken = way[0] | (without or 0)
        if len(wanted) > 1:
            now = self.now
            prices = [
                sum([ready.price - now for kind, count in each.items() for ready in self._first(kind, count, taken)])
                for each in wanted
            ]
            wanted = [wanted[n] for n in sorted(range(len(wanted)), key=prices.__getitem__)]
        found: list[Way] = []
        for each in wanted:
            after = self._follow(way, each, taken, without)
            if after is not None:
                found.append(after)
                if len(found) == most:
                    break
        return found

    def _first(self, kind: int, count: int, taken: int) -> list[Ready]:
        """So many of a kind that are due first, options last."""
        pending = self.pending
        found = [ready for ready in pending.must[kind] if not taken & ready.bit]
        if len(found) < count:
            found += [ready for ready in pending.may[kind] if not taken & ready.bit]
        return found[:count]

    def _follow(self, way: Way, wanted: Wanted, taken: int, without: int | None) -> Way | None:
        """Let so many of each kind happen, and pass by what can be seen on the way, the nearest first."""
        queues = {kind: self._first(kind, count, taken) for kind, count in wanted.items()}
        near = self._near(way, queues) if len(queues) > 1 or sum(wanted.values()) > 1 else []
        for bit, seen in near:
            part = None if way[1] & bit else self._part(way, seen, queues)
            if part:
                after = self._run(way, {kind: queues[kind][:count] for kind, count in part.items()}, None)
                if after is not None:
                    way = after
                    for kind, count in part.items():
                        queues[kind] = queues[kind][count:]
        return self._run(way, queues, without)

    def _near(self, way: Way, queues: dict[int, list[Ready]]) -> list[tuple[int, Observation]]:
        """What may be seen on the way, the nearest first."""
        _, ticked, total, used, _, _ = way
        low = high = total
        least = most = used
        for kind, queue in queues.items():
            change, use = self.total[kind] * len(queue), self.used[kind] * len(queue)
            if change > 0:
                high += change
            else:
                low += change
            if use > 0:
                most += use
            else:
                least += use
        found: list[tuple[int, int, Observation]] = []
        for bit, seen in self.pending.watched.items():
            if ticked & bit:
                continue
            if seen.total is not None and seen.used is not None:
                if low <= seen.total <= high and least <= seen.used <= most:
                    found.append((abs(seen.total - total) + abs(seen.used - used), bit, seen))
            elif seen.available_below is not None:
                if low - most < seen.available_below:
                    found.append((0, bit, seen))
            elif seen.total_above is not None and high > seen.total_above:
                found.append((0, bit, seen))
        if len(found) > 1:
            found.sort(key=lambda each: each[:2])
        return [(bit, seen) for _, bit, seen in found]

    def _part(self, way: Way, seen: Observation, queues: dict[int, list[Ready]]) -> Wanted | None:
        """So many of what is at hand as lead to an observation, if they do."""
        _, _, total, used, _, _ = way
        part: Wanted = {}
        if seen.total is not None and seen.used is not None:
            more, taken = seen.total - total, seen.used - used
            for kind, queue in queues.items():
                each = self.used[kind]
                if each * taken > 0 and queue:
                    part[kind] = min(len(queue), taken // each)
                    taken -= part[kind] * each
            if taken:
                return None
            if more:
                kinds = [kind for kind, queue in queues.items() if self.total[kind] and queue]
                sums = fewest(more, tuple([self.total[k] for k in kinds]), tuple([len(queues[k]) for k in kinds]))
                if not sums:
                    return None
                part |= {kind: count for kind, count in zip(kinds, sums[0], strict=True) if count}
            return part
        if seen.available_below is not None:
            need, sizes = total - used - seen.available_below + 1, self._takes
        else:
            assert seen.total_above is not None
            need, sizes = seen.total_above + 1 - total, self.total
        for kind, queue in queues.items():
            if sizes[kind] > 0 and need > 0 and queue:
                part[kind] = min(len(queue), -(-need // sizes[kind]))
                need -= part[kind] * sizes[kind]
        return part if need <= 0 else None

    def _run(self, way: Way, queues: dict[int, list[Ready]], without: int | None) -> Way | None:
        """Let these happen, what makes room first, each when the laws allow it; None where they never all do.

        Where ``without`` is given, others than these bits may make room for them.
        """
        taken, ticked, total, used, price, trail = way
        for kind in self._rank:
            needs, room = self.needs[kind], self.room[kind]
            change, use = self.total[kind], self.used[kind]
            for ready in queues.get(kind, ()):
                if total - used < needs or total > room:
                    return self._one_by_one(way, queues, without)
                taken |= ready.bit
                total += change
                used += use
                price += ready.price
                trail = trail, ready.seq
        return self.ticked((taken, ticked, total, used, price, trail))

    def _one_by_one(self, way: Way, queues: dict[int, list[Ready]], without: int | None) -> Way | None:
        left = [(kind, list(queues[kind])) for kind in self._rank if queues.get(kind)]
        while left:
            for number, (kind, queue) in enumerate(left):
                if way[2] - way[3] >= self.needs[kind] and way[2] <= self.room[kind]:
                    way = self.take(way, kind, queue.pop(0))
                    if not queue:
                        del left[number]
                    break
            else:
                helped = None if without is None else self._helped(way, without)
                if helped is None:
                    return None
                way = helped
        return way

    def _helped(self, way: Way, without: int) -> Way | None:
        """After something that makes products available and is always allowed, the first that is due."""
        taken = way[0] | without
        ready = [
            (queue[0], kind)
            for kind, gives in enumerate(self._gives)
            if gives > 0 and self.room[kind] == inf and (queue := self._first(kind, 1, taken))
        ]
        if not ready:
            return None
        first, kind = min(ready)
        return self.take(way, kind, first)

    def take(self, way: Way, kind: int, ready: Ready) -> Way:
        """After one mutator more."""
        taken, ticked, total, used, price, trail = way
        total, used = total + self.total[kind], used + self.used[kind]
        return self.ticked((taken | ready.bit, ticked, total, used, price + ready.price, (trail, ready.seq)))

    def ticked(self, way: Way) -> Way:
        """The same with every observation seen that is true now."""
        pending = self.pending
        if not pending.watched:
            return way
        taken, ticked, total, used, price, trail = way
        seen = pending.shown.get(total * BASE + used, 0)
        if pending.below:
            available = total - used
            for bound, bits in pending.below.items():
                if available < bound:
                    seen |= bits
        if pending.above:
            for bound, bits in pending.above.items():
                if total > bound:
                    seen |= bits
        if pending.others:
            for bit, other in pending.others.items():
                if other.fits(total, used):
                    seen |= bit
        seen &= ~ticked
        if not seen:
            return way
        ticked |= seen
        while seen:
            bit = seen & -seen
            trail = trail, pending.seqs[bit]
            seen ^= bit
        return taken, ticked, total, used, price, trail


def is_option(op: Mutator | Observation) -> bool:
    """Whether a call need never have happened."""
    return isinstance(op, Mutator) and op.optional
