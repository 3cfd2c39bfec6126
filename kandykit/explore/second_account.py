"""The second account as a witness: what leaves an account changed for good cannot come again there, elsewhere it can.

A finding that no further play on the account under test shows may be somebody else's doing, or the last that this
account has to show. A second account, which has not seen it yet, tells: the same few steps are played there, and where
they show nothing, all that the first account has been through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from kandykit.explore.steps import Step, from_json, to_json
from kandykit.explore.walker import PATIENT_S, Walker
from kandykit.hearing import Performance
from kandykit.verdict import Finding

LONGEST_WAY: Final = 4_000
"""A way of more calls than this is not gone once more on the second account."""

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

    @property
    def _bears_witness(self) -> bool:
        return len(self.walker.names) > 1 and not self.walker.judge.terms.shared

    def tries(self, programmes: Sequence[list[Step]], shows: Callable[[Performance], bool], cut: Cut) -> int | None:
        """The number of the play of one of these that shows it there, or of the last one that did not."""
        number: int | None = None
        for programme in programmes:
            moved = _moved(to_json(programme))
            if moved is None or not self._bears_witness:
                continue
            if number is not None and self.hearing.docket.unsettled:
                break
            play = self.walker.perform(moved, patience_s=PATIENT_S)
            number = play.number
            if shows(play):
                # Where the second account bears it, a shorter example is worth a few more plays.
                return cut(moved, play).number
        return number

    def goes_the_same_way(self, finding: Finding) -> tuple[str, int] | None:
        """Play all that was played on the first account, until the same law is broken: by which finding, in which play.

        What happens once in an account's life, with its fiftieth order, comes with the second account's fiftieth. Once
        in a run, and only for a law that nothing but our own calls can be seen to break.
        """
        way = self._way()
        broken = finding.requirement
        if self._retraced or not way or not broken.startswith("L") or broken == "L13" or self.hearing.busy:
            return None
        self._retraced = True
        for steps in way:
            if self._ended():
                return None
            play = self.walker.perform(steps, patience_s=PATIENT_S)
            met = next((met for met in play.distinct if met.requirement == broken and play.shows(met.id)), None)
            if met is not None:
                return met.id, play.number
        return None

    def _way(self) -> list[list[Step]]:
        """The programmes of the first account, in order; empty where they are too long, or not all known."""
        if not self._bears_witness or self.hearing.calls > LONGEST_WAY:
            return []
        moved = (_moved(play.programme) for play in self.hearing.performances)
        return [steps for steps in moved if steps]


def _moved(values: Sequence[dict[str, Any]]) -> list[Step] | None:
    """The steps as the second account's; None where one of them is no step of the first."""
    if any(value.get("account") != 0 for value in values):
        return None
    return from_json([{**value, "account": 1} for value in values])
