"""A judgement: what was put to the test, how often, and what was found; the statement is written from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kandykit.exchange import Exchange
from kandykit.verdict import Finding


@dataclass(slots=True)
class Case:
    """A finding with its evidence: the smallest call sequence that is known to show it.

    ``calls`` are the exchanges of that sequence, in order; ``programme`` the steps that play it again (JSON values,
    empty where a single exchange says it all), ``setting`` the steps in which such an exchange came up; ``seen`` counts
    how often the finding was met in the run, ``met_in`` names the probes and tests in which it was, in order, and
    ``found_at`` is the number of the call at which it came to stand. ``history`` says what the account went through
    before the call in each place (see `kandykit.report.history`), where the calls alone do not show it, ``recent`` the
    last of it where they may, and ``living`` how many subscribers there must have been then, whatever was shown.
    """

    finding: Finding
    calls: tuple[Exchange, ...]
    programme: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 1
    found_at: int = 0
    setting: list[dict[str, Any]] = field(default_factory=list)
    history: dict[int, str] = field(default_factory=dict)
    recent: str = ""
    living: int | None = None
    met_in: list[str] = field(default_factory=list)

    def met(self, call: Exchange) -> None:
        """Keep in which test it was met once more, or by which probe, from the call that shows it."""
        where = call.intent.probe or call.intent.test
        if where and where not in self.met_in:
            self.met_in.append(where)


@dataclass(slots=True)
class Judgement:
    """What the judges say of all exchanges of a run.

    ``checked`` counts, per requirement id, how often it was really put to the test; ``cases`` are the findings that
    stand, by finding id; ``reasons`` says for a requirement why it was not tested, or not as far as it should be;
    ``inconclusive`` holds, per requirement id, why nothing can be said although it was to be tested.
    """

    checked: Counter[str] = field(default_factory=Counter)
    cases: dict[str, Case] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    inconclusive: dict[str, str] = field(default_factory=dict)
