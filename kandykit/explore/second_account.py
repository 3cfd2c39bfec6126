"""The second account as a witness: what leaves an account changed for good cannot come again there, elsewhere it can.

A finding that no further play on the account under test shows may be somebody else's doing, or the last that this
account has to show. A second account, which has not seen it yet, tells: the same few steps are played there, and where
they show nothing, all that the first account has been through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Final

from kandykit.calls import Operation
from kandykit.explore.steps import Look, Step, from_json, to_json
from kandykit.explore.walker import PATIENT_S, Walker
from kandykit.hearing import Performance
from kandykit.verdict import Finding

LONGEST_WAY: Final = 4_000
"""A way of more calls than this is not gone once more on the second account."""

PLAYS_LATE: Final = 20
"""The second account may have done a few things less: so many plays more are made at the end of the way, at most."""

LOOKS: Final = frozenset({"Look", "ListOrders"})

COUNTED: Final = {
    **dict.fromkeys(("L1", "L6", "L7", "L8"), Operation.PLACE_ORDER),
    **dict.fromkeys(("L2", "L3", "L5", "L9", "L11"), Operation.CREATE_SUBSCRIBER),
    "L10": Operation.DELETE_SUBSCRIBER,
}
"""Which calls a law is about: what breaks it once in an account's life comes with a certain one of them."""

FEW: Final = 3
"""Of more calls than these, the one that did it cannot be told by its number."""

Cut = Callable[[list[Step], Performance], Performance]


class SecondAccount:
    """Plays on the second account what was played on the first.

    ``ended`` tells whether the run's time is over.
    """

    def __init__(self, walker: Walker, ended: Callable[[], bool]) -> None:
        self.walker = walker
        self.hearing = walker.hearing
        self._ended = ended
        self._retraced = False
        self._tried: list[Performance] = []

    @property
    def _bears_witness(self) -> bool:
        return len(self.walker.names) > 1 and not self.walker.judge.terms.shared

    def tries(self, programmes: Sequence[list[Step]], shows: Callable[[Performance], bool], cut: Cut) -> int | None:
        """The number of the play of one of these that shows it there, or of the last one that did not."""
        number: int | None = None
        self._tried = []
        for programme in programmes:
            moved = _moved(to_json(programme))
            if moved is None or not self._bears_witness:
                continue
            if number is not None and self.hearing.docket.unsettled:
                break
            play = self.walker.perform(moved, patience_s=PATIENT_S)
            number = play.number
            self._tried.append(play)
            if shows(play):
                # Where the second account bears it, a shorter example is worth a few more plays.
                return cut(moved, play).number
        return number

    def goes_the_same_way(self, finding: Finding, first: Performance) -> tuple[str, int] | None:
        """Play all that was played on the first account, up to where ``first`` showed a finding.

        What happens once in an account's life, with its fiftieth order, comes with the second account's fiftieth: the
        finding that shows it there, and the play. None where another call shows one, or none does: then it may be
        anybody's doing. Once in a run, and only for a law about calls that can be counted.
        """
        way = self._way(first)
        broken = finding.requirement
        if self._retraced or not way or broken not in COUNTED or self.hearing.busy:
            return None
        self._retraced = True
        there = self._done(0, broken, max(finding.evidence, default=0))
        for play in self._tried:
            if met := next((met for met in self._met(play) if self._is_the_same(finding, met)), None):
                return met.id, play.number
        for place, steps in enumerate([*way, *way[-1:] * PLAYS_LATE]):
            if self._ended() or (place >= len(way) and self._done(1, broken) >= there):
                return None
            play = self.walker.perform(steps, patience_s=PATIENT_S)
            if all_met := self._met(play):
                same = next((met for met in all_met if self._is_the_same(finding, met)), None)
                return (same.id, play.number) if same else None
        return None

    def _met(self, play: Performance) -> list[Finding]:
        """What came to light of such laws in the answers to the second account, and does not stand already."""
        name, docket = self.walker.names[1], self.hearing.docket
        own = {exchange.seq for exchange in play.exchanges if exchange.intent.account == name}
        counted = (met for met in play.distinct if met.requirement in COUNTED and not docket.knows(met))
        return [met for met in counted if max(met.evidence, default=0) in own]

    def _is_the_same(self, finding: Finding, met: Finding) -> bool:
        """Whether what the second account shows came with the same call in number as what the first had shown.

        Either the law is the same, and as many of its calls were done; or one call of the few that may have done it
        has the same number on both.
        """
        if met.requirement == finding.requirement:
            until, there = (max(each.evidence, default=0) for each in (met, finding))
            if self._done(1, met.requirement, until) == self._done(0, met.requirement, there):
                return True
        suspects = self._suspects(0, finding), self._suspects(1, met)
        return all(len(each) <= FEW for each in suspects) and bool(suspects[0] & suspects[1])

    def _suspects(self, index: int, finding: Finding) -> set[tuple[Operation, int]]:
        """The calls among a finding's evidence that were done, each by how many of its kind the account had seen."""
        counts: Counter[Operation] = Counter()
        found: set[tuple[Operation, int]] = set()
        for seq, operation in self.hearing.deeds(self.walker.names[index], max(finding.evidence, default=0)):
            counts[operation] += 1
            if seq in finding.evidence:
                found.add((operation, counts[operation]))
        return found

    def _done(self, index: int, law: str, until: float = inf) -> int:
        deeds = self.hearing.deeds(self.walker.names[index], until)
        return sum(operation is COUNTED[law] for _, operation in deeds)

    def _way(self, first: Performance) -> list[list[Step]]:
        """The programmes of the first account, in order, ``first``'s the last; empty where they are too long."""
        if not self._bears_witness or self.hearing.calls > LONGEST_WAY:
            return []
        before = [play for play in self.hearing.performances if play.number <= first.number]
        moved = [_moved(play.programme, swapped=True) for play in before]
        return [steps for steps in moved if steps] if moved and moved[-1] else []


def _moved(values: Sequence[dict[str, Any]], *, swapped: bool = False) -> list[Step] | None:
    """The steps as the second account's; None where there are none, or one is not the first's.

    ``swapped`` leaves away other accounts' looks, and gives what else is the second's to the first.
    """
    if swapped:
        values = [value for value in values if value.get("account") == 0 or value["step"] not in LOOKS]
    served = (0, 1) if swapped else (0,)
    if not any(value.get("account") == 0 for value in values) or any(v.get("account") not in served for v in values):
        return None
    # Read twice, so that a late read is not taken for how the account is.
    whose = ("account", "owner")
    moved = [{name: 1 - each if name in whose else each for name, each in value.items()} for value in values]
    return [Look(account=1), Look(account=1), *from_json(moved)]
