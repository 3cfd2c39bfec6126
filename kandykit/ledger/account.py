"""The books of one account: what the run did to it, or may have done, and what the inventory showed."""

from __future__ import annotations

from dataclasses import dataclass, field

from kandykit.calls import Stage
from kandykit.exposure import Exposure
from kandykit.ledger.effect import Certainty, Effect, Observation, OwnOrder
from kandykit.ledger.subscribers import OwnSubscribers


@dataclass(slots=True)
class Account:
    """What the run knows of one account of its own.

    ``baseline`` is ``total`` before our first order, ``peak`` the highest that any read showed; ``used_before`` and
    ``used`` are what the first and the latest read showed in use; None: never shown.

    Orders are booked in ``newer`` until an inventory read proves them. ``settled`` sums what is proved, ``not_come`` is
    the part of it that two reads running did not show, and ``doubts`` are those of which no read could tell.
    ``in_flight`` holds the worst case of each call that is under way. ``contrary``: an order was seen to do the
    opposite of what it asked for. ``listed`` tells when each order number was first seen, ``skew_s`` by how many
    seconds the target's clock is ahead of ours.
    """

    name: str
    subscribers: OwnSubscribers = field(default_factory=OwnSubscribers)
    orders: dict[str, OwnOrder] = field(default_factory=dict)
    baseline: int | None = None
    peak: int | None = None
    used_before: int | None = None
    used: int | None = None
    observed: Observation | None = None
    in_flight: dict[int, Exposure] = field(default_factory=dict)
    newer: list[Effect] = field(default_factory=list)
    settled: float = 0
    not_come: float = 0
    contrary: bool = False
    doubts: list[Effect] = field(default_factory=list)
    listed: dict[str, str] = field(default_factory=dict)
    skew_s: float = 0

    @property
    def doubt_up(self) -> float:
        """By how much orders of which nothing could be told may have raised ``total``."""
        return sum(effect.up for effect in self.doubts)

    @property
    def doubt_down(self) -> float:
        """By how much they may have lowered it."""
        return sum(effect.down for effect in self.doubts)

    @property
    def pending(self) -> list[OwnOrder]:
        """Our orders that the target accepted and has not concluded, as far as we know."""
        return [order for order in self.orders.values() if order.stage is Stage.OPEN]

    @property
    def untouched(self) -> bool:
        """Whether nothing that the run did can have left anything on the account."""
        return not (self.subscribers.using or self.orders or self.newer or self.doubts or self.settled)

    @property
    def undecided(self) -> bool:
        """Whether there are orders of which no inventory read could tell yet what became of them."""
        return bool(self.newer)

    @property
    def in_doubt(self) -> list[int]:
        """The calls that may have ordered something, or given it back, and of which nothing has told yet."""
        open_still = [effect for effect in self.newer if effect.certainty is Certainty.DOUBTFUL]
        return sorted(effect.seq for effect in (*self.doubts, *open_still) if effect.up or effect.down)
