"""Drawing values from a Hypothesis strategy, one independent draw after another.

Hypothesis' engine looks for failures: it starts from the simplest value, repeats itself, and mutates what it drew. Here
the judge looks for failures, so only values are needed, and as different as they come. Without the engine a value costs
half as much and is repeated half as often (decision 0003 has the figures).

This is the one place that uses what Hypothesis keeps to itself, which is why its version is pinned exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final, TypeVar

from hypothesis.control import BuildContext
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

VAIN: Final = 30
"""After so many draws in a row that gave nothing, a strategy counts as empty."""


def draws(strategy: SearchStrategy[T], random: Random) -> Iterator[T]:
    """Values of a strategy without end, or until it has none; the same ``random`` gives the same ones."""
    vain = 0
    while vain < VAIN:
        data = ConjectureData(random=random)
        try:
            with BuildContext(data, is_final=False, wrapped_test=draws):
                value = data.draw(strategy)
        except (StopTest, UnsatisfiedAssumption):
            vain += 1
            continue
        vain = 0
        yield value
