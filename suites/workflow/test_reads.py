"""What is only read stays as it is."""

from __future__ import annotations

import pytest

from kandykit.explore.explorer import OFTEN_READ
from kandykit.explore.steps import Create, ListOrders, Look, LookUp, more
from kandykit.run import Run


@pytest.mark.requirements("L13")
def test_reading_changes_nothing(run: Run) -> None:
    """However often it is done: with products free and in use, the numbers stay."""
    often = [Look()] * 4
    run.examine([*often, more(2, label="bought"), *often, Create("a"), *often, ListOrders(), LookUp("bought"), *often])


@pytest.mark.requirements("L13")
def test_reading_very_often_changes_nothing(run: Run) -> None:
    """What comes with each so many reads only."""
    run.examine([Look(), more(2), Create("a"), *OFTEN_READ])
