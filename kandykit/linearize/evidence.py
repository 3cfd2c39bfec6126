"""From a history that nothing explains to the fewest calls that show it, and to the law that they break."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf

from kandykit.linearize.general import GeneralSearch
from kandykit.linearize.problem import Kind, Mutator, Observation, OutOfTime, Problem, Walked
from kandykit.linearize.search import Search

Expired = Callable[[], bool]

PATIENCE = 150
"""So many times (of some hundred steps each) a search may ask whether it is to go on, for one law."""


MOST_STARTS = 6
"""So many quiet reads are tried as the beginning of the evidence, the latest first."""


MOST_CALLS = 100
"""Evidence of more calls than this does not begin at the start of the history if it need not."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest problem found that still has no explanation, where it gets stuck, and the laws it breaks."""

    problem: Problem
    walked: Walked
    laws: tuple[str, ...] = ()


def shrink(
    problem: Problem, walked: Walked, refused: tuple[Mutator, ...], rejected: tuple[Mutator, ...], expired: Expired
) -> Shrunk:
    """Leave out observations, which never makes a history worse; then all before a quiet read, or any other moment.

    It begins at the latest quiet read from which a dropped law explains the rest, and where there is none in a long
    history, where the proof begins; ``refused`` and ``rejected`` are what `broken_laws` needs to know.
    """
    known = problem.until(walked.when)
    shrunk = Shrunk(walked.proof or known, walked)
    try:
        shrunk = _fewer_observations(shrunk, expired)
        from_the_start = Shrunk(known.with_observations(shrunk.problem.observations), shrunk.walked)
        reads = _quiet_reads(problem, walked.when)
        candidates = [*_later_starts(from_the_start, reads, expired), from_the_start]
        if len(known.mutators) > MOST_CALLS:
            candidates.insert(-1, shrunk)
        for candidate in candidates:
            laws = broken_laws(candidate.problem, refused, rejected, expired)
            if laws:
                return Shrunk(candidate.problem, candidate.walked, laws)
        return candidates[0]
    except OutOfTime:
        return shrunk  # what was found until then is evidence enough


def _still(problem: Problem, expired: Expired) -> Walked | None:
    walked = Search(problem, expired).walk()
    return walked if walked.stuck is not None else None


def _fewer_observations(shrunk: Shrunk, expired: Expired) -> Shrunk:
    seen = tuple(sorted(shrunk.problem.observations, key=lambda each: each.due))
    # By bisection: how many of the latest observations are needed?
    low, high = 0, len(seen)
    while low < high:
        middle = (low + high) // 2
        fewer = shrunk.problem.with_observations(seen[len(seen) - middle :])
        walked = _still(fewer, expired)
        if walked is not None:
            high, shrunk = middle, Shrunk(fewer.until(walked.when), walked)
        else:
            low = middle + 1
    for each in shrunk.problem.observations[::-1]:
        rest = tuple(other for other in shrunk.problem.observations if other is not each)
        fewer = shrunk.problem.with_observations(rest)
        walked = _still(fewer, expired)
        if walked is not None:
            shrunk = Shrunk(fewer.until(walked.when), walked)
    return shrunk


def _later_starts(shrunk: Shrunk, reads: tuple[Observation, ...], expired: Expired) -> Iterator[Shrunk]:
    """The same, from quiet reads on: what they show is certain, so nothing before them needs to be told."""
    problem = shrunk.problem
    for read in reads[:MOST_STARTS]:
        past = [mutator for mutator in problem.mutators if mutator.called < read.called]
        later = replace(
            problem,
            total=problem.total + sum(mutator.kind.total for mutator in past),
            used=problem.used + sum(mutator.kind.used for mutator in past),
            mutators=tuple(mutator for mutator in problem.mutators if mutator.called > read.due),
            observations=(read, *(seen for seen in problem.observations if seen.called > read.due)),
        )
        walked = _still(later, expired)
        if walked is not None:
            yield Shrunk(later, walked)


def _quiet_reads(problem: Problem, before: float) -> tuple[Observation, ...]:
    """Reads of all numbers beside which nothing was under way, and no option left from before; the latest first."""
    options = min((mutator.called for mutator in problem.mutators if mutator.optional), default=inf)
    windows = sorted((mutator.called, mutator.due) for mutator in problem.mutators)
    starts = [called for called, _ in windows]
    over = list(accumulate((due for _, due in windows), max))
    found: list[Observation] = []
    for read in problem.observations:
        if read.total is None or read.used is None or read.due >= min(options, before):
            continue
        begun = bisect_right(starts, read.due)
        if not begun or over[begun - 1] < read.called:
            found.append(read)
    return tuple(sorted(found, key=lambda read: -read.called))


def broken_laws(
    problem: Problem, refused: tuple[Mutator, ...], rejected: tuple[Mutator, ...], expired: Expired
) -> tuple[str, ...]:
    """Each law that, dropped alone, lets an order explain the problem.

    ``refused`` is what refusals say was not done, ``rejected`` what orders that ended rejected did not do. Where the
    structural search finds no explanation the general one decides, for the former counts on the laws; a law that
    cannot be decided soon is not named.
    """
    found: list[str] = []
    for law, dropped in _relaxations(problem, refused, rejected):
        patience = iter(range(PATIENCE))

        def tired(patience: Iterator[int] = patience) -> bool:
            return expired() or next(patience, None) is None

        try:
            explained = Search(dropped, tired).walk().stuck is None
            if explained or GeneralSearch(dropped, (), frozenset(), tired).walk().stuck is None:
                found.append(law)
        except OutOfTime:
            continue
    return tuple(found)


def _relaxations(
    problem: Problem, refused: tuple[Mutator, ...], rejected: tuple[Mutator, ...]
) -> list[tuple[str, Problem]]:
    def kinds(change: Callable[[Kind], Kind], keep: Callable[[Observation], bool] = lambda _: True) -> Problem:
        return replace(
            problem,
            mutators=tuple(replace(each, kind=change(each.kind)) for each in problem.mutators),
            observations=tuple(each for each in problem.observations if keep(each)),
        )

    def twice_or_never(these: Callable[[Kind], bool], others: tuple[Mutator, ...] = ()) -> Problem:
        changed = [replace(each, optional=True) if these(each.kind) else each for each in problem.mutators]
        again = [replace(each, optional=True) for each in problem.mutators if these(each.kind)]
        return replace(problem, mutators=(*changed, *again, *others))

    creates = kinds(
        lambda kind: kind._replace(needs=0) if kind.used else kind,
        lambda seen: seen.available_below != 1,
    )
    downs = kinds(
        lambda kind: kind._replace(needs=0) if kind.total else kind,
        lambda seen: (seen.available_below or 0) <= 1,
    )
    return [
        ("L5", creates),
        ("L6", downs),
        ("L7", kinds(lambda kind: kind._replace(limited=False), lambda seen: seen.total_above is None)),
        ("L4", replace(problem, mutators=(*problem.mutators, *refused))),
        ("L10", twice_or_never(lambda kind: kind.used < 0)),
        ("L2", twice_or_never(lambda kind: kind.used > 0)),
        ("L1", twice_or_never(lambda kind: kind.total != 0, rejected)),
    ]
