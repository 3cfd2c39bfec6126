"""The docket: every finding of a run, with its evidence, and what became of those that had to come again to stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kandykit.exchange import Exchange
from kandykit.judgement import Case
from kandykit.model.lateness import LATE_READ
from kandykit.verdict import Finding, Verdict

NOT_AGAIN: Final = "it did not come again when the same calls were made three times"


@dataclass(slots=True)
class Doubt:
    """A finding that rests on the account's state and did not come again when its calls were played again.

    ``why`` says what kept them from being played, where that is so.
    """

    finding: Finding
    calls: tuple[Exchange, ...]
    times: int = 1
    why: str = ""


@dataclass(slots=True)
class Docket:
    """``cases`` stand, by finding id; ``doubts`` did not come again; ``foreign`` says what others were seen to do.

    ``doubted`` counts how often something did not come again.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    doubts: dict[str, Doubt] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    doubted: int = 0

    @property
    def unsettled(self) -> bool:
        """Whether reads lag now and then, or somebody else acts: then only what comes again every time stands."""
        return bool(self.foreign) or any(case.finding.title == LATE_READ for case in self.cases.values())

    def knows(self, finding: Finding) -> bool:
        """Whether this finding stands already."""
        return finding.id in self.cases

    def file(self, finding: Finding, calls: Sequence[Exchange], programme: Iterable[dict[str, Any]] = ()) -> Case:
        """A finding stands; met again, the shorter evidence is kept, and what it was first seen to break as well."""
        known = self.cases.get(finding.id)
        if known is None:
            found_at = max((call.seq for call in calls), default=0)
            known = self.cases[finding.id] = Case(finding, tuple(calls), list(programme), 0, found_at)
            self.doubts.pop(finding.id, None)
            self.count(finding, calls)
            return known
        self.count(finding, calls)
        in_doubt_no_more = known.finding.verdict is Verdict.INCONCLUSIVE and finding.verdict is Verdict.FAIL
        also = finding.also if in_doubt_no_more else known.finding.also or finding.also
        if in_doubt_no_more or (calls and len(calls) < len(known.calls)):
            known.finding, known.calls, known.programme = finding, tuple(calls), list(programme)
        if also != known.finding.also:
            known.finding = replace(known.finding, also=also)
        return known

    def count(self, finding: Finding, calls: Sequence[Exchange]) -> None:
        """A finding that stands was met once more: by the last of these calls."""
        known = self.cases[finding.id]
        known.seen += 1
        if calls:
            known.met(calls[-1])

    def doubt(self, finding: Finding, calls: Sequence[Exchange], why: str = "") -> None:
        """A finding did not come again; ``why`` says what kept its calls from being played again, if anything did."""
        self.doubted += 1
        known = self.doubts.get(finding.id)
        if known is None:
            self.doubts[finding.id] = Doubt(finding, tuple(calls), why=why)
        else:
            known.times += 1

    def decide_doubts(self, *, quiet_enough: bool) -> None:
        """At the end: what never came again is inconclusive; what came up repeatedly stands if nobody else acts.

        ``quiet_enough`` says that the account was watched, without any call of ours, for so long that another actor
        who had made these findings would have been seen.
        """
        quiet_enough = quiet_enough and not self.unsettled
        for doubt in list(self.doubts.values()):
            stands = quiet_enough and doubt.times >= 2
            verdict = doubt.finding.verdict if stands else Verdict.INCONCLUSIVE
            actual = doubt.finding.actual
            if not stands:
                again = f"the same calls could not be made again: {doubt.why}" if doubt.why else NOT_AGAIN
                actual += f"; {again}"
            else:
                actual += f"; met {doubt.times} times, while nothing changed as long as no call was made"
            finding = replace(doubt.finding, verdict=verdict, actual=actual)
            case = self.file(finding, doubt.calls)
            case.seen = doubt.times
        self.doubts.clear()
