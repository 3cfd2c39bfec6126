"""What calls did, or may have done, to the number of products: how sure that is, and what the inventory showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kandykit.calls import OrderKind, PlaceOrder, Stage
from kandykit.exposure import Exposure


class Certainty(Enum):
    """How sure it is that an order happened."""

    DONE = "done"
    OPEN = "open"
    DOUBTFUL = "doubtful"
    NOTHING = "nothing"


@dataclass(slots=True)
class Effect:
    """What one call did, or may have done, to ``total``; times are seconds of the run's monotonic clock.

    ``up`` and ``down`` are what it did if the target did as it was told; ``worst`` is what it may have done before a
    read shows better. ``late`` marks a call that nobody answered in time: the target may still act on it. ``order`` is
    what was asked for where that was well-formed, ``at`` the wall clock when it left.
    """

    seq: int
    up: float
    down: float
    certainty: Certainty
    started: float
    ended: float
    worst: Exposure
    late: bool = False
    order: PlaceOrder | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """``total`` as an inventory read showed it, and when."""

    total: int
    started: float
    ended: float


@dataclass(slots=True)
class OwnOrder:
    """An order that we placed and the target accepted."""

    number: str
    kind: OrderKind
    quantity: int
    stage: Stage
    effect: Effect | None = None
