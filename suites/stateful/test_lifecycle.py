"""Drawn sequences of orders, subscribers and deletes; the model says after every step what may be true."""

from __future__ import annotations

import pytest

from kandykit.explore.machine import explore
from kandykit.run import Run


@pytest.mark.requirements("L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10", "L13")
def test_no_sequence_breaks_a_law(run: Run) -> None:
    """Whatever is ordered, created, deleted and read, in whatever order."""
    explore(
        run.explorer,
        examples=run.depth.examples,
        steps=run.depth.steps,
        chosen=run.seed,
        ended=run.ended,
    )
