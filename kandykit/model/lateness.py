"""Late reads: an answer that would have been right a moment ago accuses nobody before a later one has decided.

What comes right within `LONGEST_LAG_S` is inconclusive at most (contract, section 4); what never does is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from kandykit.calls import ReadInventory, ReadOrders
from kandykit.model.event import Event
from kandykit.model.stock import LONGEST_LAG_S
from kandykit.verdict import Finding, Verdict

LATE_READ: Final = "A read lags although none did at the start of the run"
"""The title of what is said of a read that was wrong and came right."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An answer that would be right if the target's reads lagged; it waits for a later answer to decide.

    ``true_until`` is when it was last right, in seconds of the exchanges' clock; ``reread`` the read that decides.
    """

    findings: tuple[Finding, ...]
    true_until: float
    seq: int
    reread: ReadInventory | ReadOrders = field(default_factory=ReadInventory)


def came_right(finding: Finding, event: Event) -> Finding:
    """What is left of a finding when a later read shows what was expected."""
    return replace(
        finding,
        verdict=Verdict.INCONCLUSIVE,
        title=LATE_READ,
        actual=f"{finding.actual}, then what was expected within {LONGEST_LAG_S:.0f} s",
        evidence=(*finding.evidence, event.seq),
        also=(),
        stateful=False,
    )
