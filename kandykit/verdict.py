"""The words a judgement is made of: levels, verdicts, and findings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How strongly a requirement binds: only a MUST can fail a target."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Verdict(StrEnum):
    """What is said of one requirement, or of one finding."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, written so that the target's maker can act on it.

    ``title`` is the fact in one present-tense sentence, the same in every run (no numbers, no identities); what
    differs from run to run stands in ``expected`` and ``actual``. ``evidence`` lists the sequence numbers of the
    exchanges that show it, in order. ``also`` names further requirements that the same fact breaks.
    ``stateful`` says that the finding rests on what the kit believes of the account's state, so somebody else's
    hand could explain it too: it stands only when it comes again.
    """

    requirement: str
    title: str
    expected: str
    actual: str
    evidence: tuple[int, ...]
    verdict: Verdict = Verdict.FAIL
    also: tuple[str, ...] = ()
    source: str = ""
    stateful: bool = False

    @property
    def id(self) -> str:
        """The same finding has the same id in every run, on every target."""
        digest = hashlib.sha256(f"{self.requirement}\n{self.title}".encode()).hexdigest()
        return f"{self.requirement}-{digest[:8]}"

    @property
    def requirements(self) -> tuple[str, ...]:
        """Every requirement that this finding speaks of, the first one first."""
        return (self.requirement, *self.also)


@dataclass(frozen=True, slots=True)
class Held:
    """A requirement was really put to the test by an exchange, and held."""

    requirement: str


Check = Held | Finding
"""What a rule says of one exchange; nothing at all where its condition did not arise."""
