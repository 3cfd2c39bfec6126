"""A performance: what came of playing one programme, or one race, once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kandykit.exchange import Exchange
from kandykit.verdict import Finding, Verdict


@dataclass(slots=True)
class Performance:
    """What came of playing a programme: its exchanges, what the judge raised, and whether steps could not be sent.

    ``number`` counts the plays of a run from 1, ``programme`` holds the steps as JSON values once the play is over.
    ``over_budget`` says that the guard was what held steps back. ``starts`` holds, for each step played, how many
    exchanges there were before it; ``aftermath`` says that what was raised came up only while the account was put back.
    ``again`` says how often each finding of the programme came again while the account was put back.
    ``trouble`` is the share of all well-formed calls until its end that a server error or a cut was the answer to.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    over_budget: bool = False
    aftermath: bool = False
    again: Counter[str] = field(default_factory=Counter)
    number: int = 0
    programme: list[dict[str, Any]] = field(default_factory=list)
    trouble: float = 0.0

    def steps_of(self, evidence: Sequence[int]) -> set[int]:
        """The steps whose exchanges these are; what came after the last step belongs to none."""
        return {
            bisect_right(self.starts, place) - 1
            for place, exchange in enumerate(self.exchanges)
            if exchange.seq in evidence
        }

    def shows(self, finding: str) -> bool:
        """Whether it raised the finding of this id, as something that rests on the account's state."""
        return not self.aftermath and any(met.id == finding and met.stateful for met in self.findings)

    def met(self, finding: str) -> Finding | None:
        """The finding of this id as it came up here; if there are several, one that names no call from before."""
        known = [met for met in self.findings if met.id == finding]
        own = {exchange.seq for exchange in self.exchanges}
        return next((met for met in known if own.issuperset(met.evidence)), known[0] if known else None)

    @property
    def distinct(self) -> list[Finding]:
        """What it raised that rests on the account's state, each once, in order."""
        kept = {finding.id: finding for finding in reversed(self.findings) if finding.stateful}
        return list(kept.values())[::-1]

    @property
    def came_right(self) -> bool:
        """Whether something was seen that came right again, or could not be decided."""
        return any(finding.verdict is Verdict.INCONCLUSIVE for finding in self.findings)


def evidence(exchanges: Sequence[Exchange], finding: Finding) -> list[Exchange]:
    """The calls of a performance up to the one that shows the finding."""
    last = max(finding.evidence, default=0)
    return [exchange for exchange in exchanges if exchange.seq <= last] or list(exchanges)
