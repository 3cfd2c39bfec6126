"""How deep a run looks: the numbers behind quick, standard and deep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Depth:
    """``examples`` sequences of at most ``steps`` steps in the state machines; ``long`` repetitions of the long
    programmes; ``watch_s`` and ``expiry_s`` the longest waits, in seconds, for another actor to show and for a token
    to expire; ``shrink_plays`` how often a failing programme may be played while it is cut down; ``random`` generated
    requests per operation."""

    name: str
    examples: int
    steps: int
    long: int
    watch_s: float
    expiry_s: float
    shrink_plays: int
    random: int


DEPTHS: Final[Mapping[str, Depth]] = {
    depth.name: depth
    for depth in (
        Depth("quick", examples=25, steps=14, long=1, watch_s=3.0, expiry_s=3.0, shrink_plays=60, random=10),
        Depth("standard", examples=220, steps=24, long=3, watch_s=10.0, expiry_s=15.0, shrink_plays=150, random=60),
        Depth("deep", examples=2500, steps=40, long=10, watch_s=30.0, expiry_s=90.0, shrink_plays=300, random=400),
    )
}
"""Every depth by its name."""
