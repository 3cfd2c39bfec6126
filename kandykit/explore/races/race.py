"""A race: what is set up first, one call after another, and what then leaves together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kandykit.explore.steps import Create, Look, Programme, Step, to_json

LONGEST_EPOCH: Final = 100
"""So many calls are made at most between two quiet reads: under more, overlapping calls can hide what is lost."""

LARGEST_BURST: Final = 32
"""As many calls can really leave together."""

Burst = tuple[Step, ...]
"""Calls that leave together, in the order in which their first octets go."""


@dataclass(frozen=True, slots=True)
class Race:
    """A programme of overlapping calls on one account.

    ``before`` is played step by step; each of ``bursts`` then leaves together, when all calls of the one before have
    been answered. Quiet reads before and after belong to every race and are not named here. ``name`` is one phrase.
    """

    name: str
    before: Programme
    bursts: tuple[Burst, ...]

    def __post_init__(self) -> None:
        calls = sum(map(len, self.bursts))
        if calls > LONGEST_EPOCH or any(not 2 <= len(burst) <= LARGEST_BURST for burst in self.bursts):
            raise ValueError(f"{self.name}: a burst has 2 to {LARGEST_BURST} calls, a race {LONGEST_EPOCH} at most")

    @property
    def needs_choice(self) -> bool:
        """Whether it can be played only where the caller may choose an identity."""
        return any(isinstance(step, Create) and step.again for burst in self.bursts for step in burst)

    def one_by_one(self) -> list[Step]:
        """The same calls without any overlap."""
        calls = [each for burst in self.bursts for step in burst for each in (step, Look())]
        return [Look(), *self.before, Look(), *calls]

    def to_json(self) -> list[dict[str, Any]]:
        """The programme as JSON values."""
        bursts: Iterator[Sequence[Step]] = iter(self.bursts)
        return [*to_json(self.before), *({"step": "Burst", "calls": to_json(burst)} for burst in bursts)]
