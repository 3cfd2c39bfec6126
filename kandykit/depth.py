"""How deep a run looks: the numbers behind quick, standard and deep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Depth:
    """``examples`` sequences of at most ``steps`` steps in the state machines, and ``roamed`` ones that go where none
    has been; ``long`` repetitions of the long programmes; ``random`` generated requests per operation;
    ``pause_s`` and ``stay_s`` are for how many seconds nothing is done, to see what time alone changes;
    ``shrink_plays`` how often a failing programme may be played while it is cut down. In seconds: ``watch_s`` and
    ``expiry_s`` the longest waits for another actor to show and for a token to expire; after ``longest_s`` a run starts
    nothing new but what was never put to the test: a fast target never gets there."""

    name: str
    examples: int
    steps: int
    roamed: int
    long: int
    watch_s: float
    expiry_s: float
    pause_s: float
    stay_s: float
    shrink_plays: int
    random: int
    longest_s: float


DEPTHS: Final[Mapping[str, Depth]] = {
    depth.name: depth
    for depth in (
        Depth(
            "quick",
            examples=20,
            steps=14,
            roamed=7,
            long=1,
            watch_s=8.0,
            expiry_s=3.0,
            pause_s=0.0,
            stay_s=0.0,
            shrink_plays=60,
            random=10,
            longest_s=180.0,
        ),
        Depth(
            "standard",
            examples=190,
            steps=24,
            roamed=75,
            long=3,
            watch_s=25.0,
            expiry_s=15.0,
            pause_s=1.2,
            stay_s=6.0,
            shrink_plays=150,
            random=60,
            longest_s=240.0,
        ),
        Depth(
            "deep",
            examples=2500,
            steps=40,
            roamed=1000,
            long=10,
            watch_s=60.0,
            expiry_s=90.0,
            pause_s=6.0,
            stay_s=31.0,
            shrink_plays=300,
            random=400,
            longest_s=600.0,
        ),
    )
}
"""Every depth by its name."""
