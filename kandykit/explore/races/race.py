"""A race: what is set up first, one call after another, and what then leaves together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kandykit.explore.steps import Create, ListOrders, Look, Order, Programme, Step, to_json

LONGEST_EPOCH: Final = 100
"""So many calls are made at most between two quiet reads: under more, overlapping calls can hide what is lost."""

LARGEST_BURST: Final = 32
"""As many calls can really leave together."""

Burst = tuple[Step, ...]
"""Calls that leave together, in the order in which their first octets go; reads may follow each other in one lane."""


@dataclass(frozen=True, slots=True)
class Race:
    """A programme of overlapping calls on one account, with others beside it where two accounts must not meet.

    Of another account only such calls may overlap that succeed in whatever order they come: it is judged call by call.
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

    @property
    def accounts(self) -> int:
        """How many accounts take part."""
        steps = [*self.before, *(step for burst in self.bursts for step in burst)]
        return 1 + max((getattr(step, "account", 0) for step in steps), default=0)

    @property
    def opening(self) -> list[Step]:
        """What is played before anything overlaps: quiet reads, and between them what the race needs."""
        return [*self.quiet_reads, *self.before, Look()]

    @property
    def quiet_reads(self) -> list[Step]:
        """What is read when nothing is under way; all orders only where some overlap, since their list grows long."""
        orders = any(isinstance(step, Order | ListOrders) for burst in self.bursts for step in burst)
        others = [Look(account=account) for account in range(1, self.accounts)]
        return [*others, Look(), ListOrders()] if orders else [*others, Look()]

    def one_by_one(self) -> list[Step]:
        """The same calls without any overlap."""
        calls = [each for burst in self.bursts for step in burst for each in (step, Look())]
        return [Look(), *self.before, Look(), *calls]

    def to_json(self) -> list[dict[str, Any]]:
        """The programme as JSON values."""
        bursts: Iterator[Sequence[Step]] = iter(self.bursts)
        return [*to_json(self.before), *({"step": "Burst", "calls": to_json(burst)} for burst in bursts)]
