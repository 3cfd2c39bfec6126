"""What the judge says of a history that overlaps: an order explains it, nothing does, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

from kandykit.verdict import Finding

SOURCE = ""


@dataclass(frozen=True, slots=True)
class Ok:
    """An order of the calls explains every answer: ``order`` lists their exchanges in it."""

    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """No order explains the answers.

    ``laws`` are those that, dropped one at a time, would let an order explain them, the plainest first (L12 is always
    among them); ``evidence`` the fewest exchanges found that still cannot be explained, ``impossible`` the one among
    them that has no explanation when its answer comes, and ``before`` the (total, used) that were possible just
    before it.
    """

    laws: tuple[str, ...]
    title: str
    expected: str
    actual: str
    evidence: tuple[int, ...]
    impossible: int
    before: tuple[tuple[int, int], ...] = ()

    @property
    def finding(self) -> Finding:
        """The violation as a finding of the statement."""
        return Finding(
            self.laws[0],
            self.title,
            self.expected,
            self.actual,
            self.evidence,
            also=self.laws[1:],
            source=SOURCE,
            stateful=True,
        )


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing can be said: ``reason`` tells why, ``explained`` is the longest beginning that an order explains."""

    reason: str
    explained: tuple[int, ...] = ()


Judged = Ok | Violation | Unknown
