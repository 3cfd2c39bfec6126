"""Rulings: what several plays of the same calls prove together.

A finding that rests on the account's state could be somebody else's doing, so it has to come again. What was played
is the explorer's business; whether a finding stands is decided here, from the plays alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, comb, log
from typing import Final

from kandykit.docket import Docket
from kandykit.hearing.performance import Performance, evidence
from kandykit.verdict import Finding, Verdict

PLAYS_AGAIN: Final = 3
"""How often a stateful finding has to come again, running, to stand (the contract's number)."""

READS_AGAIN: Final = 8
"""The same for a change that comes with reads alone, which another actor could make at any moment."""

OFTEN: Final = 3
MOST_PLAYS: Final = 14
"""What shows in so many of at most so many plays of the same calls comes with our calls, and not by chance."""

QUIET_TURNS: Final = 3
"""An account is watched for so many times the time that passed between two doubts, to see whoever made them."""

UNLIKELY: Final = 1e-4
"""A finding stands where others act only if they would show it in as many plays by a smaller chance than this."""

TROUBLED: Final = frozenset({"R3", "H1"})
"""What rests on server errors to calls of other kinds than those that tell how often such an error comes by itself."""

CALM: Final = 20
"""After so many plays in which nobody else was seen, what comes again and again in one play is not somebody else's."""

MOST_TURNS: Final = 12
"""In so many turns of reading and of rest at most it shows whether what moves the numbers is the reading."""

LONGER: Final = 2.0
"""In each turn the account is left alone for more than so many times the time in which it was read."""

MOST_DOUBTS: Final = 12
"""After so many findings that did not come again, going on would only add to the noise."""


@dataclass(slots=True)
class Weighing:
    """What was played for one finding that ``first`` raised.

    ``plays`` were made of the same calls, one after another; ``shown`` are the plays whose calls may serve as evidence,
    the best first; ``elsewhere`` was played on another account, where what damages an account for good can come again;
    ``rested`` says that afterwards the account was watched without any call that acts. ``quiet`` are windows without
    such calls, as long as a play: whether anything moved in each of them. ``busy`` says that others use the account,
    or were seen to, ``shared`` that the profile says so, ``alike`` that each play moved the inventory by the same.
    ``same_way`` says that all was played ``elsewhere`` that had been played before, and not these calls alone.
    ``tried`` are the plays of the same calls that showed nothing, where none did; ``sure`` says that what was
    played ``elsewhere`` began with numbers that were read twice. ``kept`` is how many more products were in use after
    ``first`` than before it.
    """

    first: Performance
    plays: Sequence[Performance] = ()
    shown: Sequence[Performance] = field(default_factory=list)
    elsewhere: Performance | None = None
    rested: bool = False
    quiet: Sequence[bool] = ()
    busy: bool = False
    shared: bool = False
    alike: bool = True
    same_way: bool = False
    tried: Sequence[Performance] = ()
    sure: bool = False
    kept: int = 0


def plays_needed(finding: Finding, quiet: Sequence[bool], *, busy: bool, trouble: float = 0.0) -> int:
    """How often, running, the same calls have to show a finding, so that it cannot have come by chance.

    How often others act is estimated from quiet windows as long as a play. Where nobody is known to act and nothing
    moved, `PLAYS_AGAIN` are enough. What moves with reads alone (L13) moves in such windows too: it has to come often.
    So has a server error to malformed input (R3) or to another method (H1) where ``trouble``, the share of well-formed
    calls that get one, is large: it may be one of those that come and go.
    """
    if finding.requirement == "L13":
        return READS_AGAIN
    needed = PLAYS_AGAIN
    if finding.requirement in TROUBLED and trouble > 0:
        needed = max(needed, min(MOST_PLAYS, ceil(log(UNLIKELY) / log(min(trouble, 0.5)))))
    if busy or any(quiet):
        chance = (sum(quiet) + 1) / (len(quiet) + 2)
        needed = max(needed, ceil(log(UNLIKELY) / log(chance)))
    return needed


def weigh(docket: Docket, finding: Finding, weighing: Weighing) -> Finding | None:
    """File a finding that stands, and give it; doubt one that did not come again."""
    plays, name = weighing.plays, finding.id
    unsure = finding.requirement == "L13" and bool(weighing.busy or docket.doubts) and not weighing.alike
    showing = [play for play in plays if play.shows(name)]
    needed = plays_needed(finding, weighing.quiet, busy=weighing.busy, trouble=weighing.first.trouble)
    if len(plays) >= needed and len(showing) == len(plays) and not unsure:
        best = next((play for play in (*weighing.shown, plays[-1]) if play.shows(name)), plays[-1])
        return _file(docket, finding, best)
    # A server error damages no account: shown once elsewhere it may come and go there as well. So may a change that is
    # none, where the read before it was late.
    late = finding.requirement == "L13" or docket.unsettled
    lasting = finding.requirement.startswith("L") and (weighing.sure or not late)
    others = weighing.same_way and weighing.busy
    elsewhere = weighing.elsewhere
    # Where all was played there, what came up while that was put back comes after the same calls too.
    there = elsewhere and (elsewhere.met(name) if weighing.same_way else elsewhere.shows(name))
    if lasting and not others and elsewhere is not None and there:
        told = "; once on each of two accounts, after the same calls" if weighing.same_way else ""
        return _file(docket, finding, elsewhere, told)
    if weighing.shared or any(play.came_right for play in plays):
        return None
    if any(weighing.quiet) and len(showing) == len(plays):
        docket.foreign.append("the inventory moved while no call of ours was under way")
    settled = not docket.unsettled and may_come_now_and_then(finding)
    if weighing.rested and settled and len(showing) >= OFTEN:
        told = f"; in {len(showing)} of {len(plays)} plays of the same calls"
        return _file(docket, finding, showing[-1], told)
    held_back = [play.held_back[0] for play in weighing.tried if play.held_back]
    every = held_back and len(held_back) == len(weighing.tried)
    again = weighing.first.again[name]
    never_again = every or weighing.kept >= again
    if lasting and never_again and weighing.rested and again >= PLAYS_AGAIN and _calm(docket, weighing):
        told = f"; and {again} times more while the account was put back, which could not be done"
        return _file(docket, finding, weighing.first, told)
    _not_again(docket, finding, weighing.first, held_back[0] if every else "")
    return None


def _calm(docket: Docket, weighing: Weighing) -> bool:
    """Whether nobody else was ever seen to act, in plays enough to have been seen."""
    return weighing.first.number > CALM and not (weighing.busy or docket.doubts or docket.unsettled)


def moved_by_reading(turns: Sequence[bool]) -> bool | None:
    """Whether it is the reading that moves the numbers: None while more turns could tell.

    In each turn the account was read often, and then left alone for longer. A turn is true where the numbers moved
    while it was read and not while it was left alone: whoever else acts makes at most one turn of four look so.
    """
    if _by_chance(sum(turns), len(turns)) < UNLIKELY:
        return True
    at_best = sum(turns) + MOST_TURNS - len(turns)
    return None if len(turns) < MOST_TURNS and _by_chance(at_best, MOST_TURNS) < UNLIKELY else False


def _by_chance(true: int, turns: int) -> float:
    """How likely so many of these turns, or more, are true where one in four is."""
    return sum(comb(turns, hits) * 0.25**hits * 0.75 ** (turns - hits) for hits in range(true, turns + 1))


def may_come_now_and_then(finding: Finding) -> bool:
    """Whether a finding can stand that comes in some plays of the same calls only.

    Not where it is a server error: a sporadic one is unclear and no fault (R7). Nor where it is a change with no call
    of ours: that is somebody else's, or a late read's.
    """
    return finding.requirement.startswith("L") and finding.requirement != "L13"


def _file(docket: Docket, finding: Finding, play: Performance, told: str = "") -> Finding:
    met = play.met(finding.id) or finding
    # What one answer leaves open where others act, so many plays do not.
    verdict = Verdict.FAIL if met.verdict is Verdict.INCONCLUSIVE else met.verdict
    filed = replace(met, actual=met.actual + told, verdict=verdict)
    docket.file(filed, evidence(play.exchanges, met), play.programme)
    return filed


def _not_again(docket: Docket, finding: Finding, first: Performance, why: str) -> None:
    if finding.verdict is not Verdict.FAIL or finding.requirement.startswith("R"):
        return  # three unclear answers running that do not come again are sporadic: no fault
    if finding.requirement == "L13":
        # Seen in a quiet window, and not again with the same reads: that is somebody else's hand.
        docket.foreign.append(f"{finding.expected} became {finding.actual}")
    docket.doubt(finding, evidence(first.exchanges, finding), why)
