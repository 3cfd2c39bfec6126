"""What is only read stays as it is."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, ListOrders, Look, LookUp, fewer, more
from kandykit.run import Run


@pytest.mark.requirements("L13")
def test_reading_changes_nothing(run: Run) -> None:
    """However often it is done: with products free and in use, the numbers stay."""
    often = [Look()] * 4
    run.examine([*often, more(2, label="bought"), *often, Create("a"), *often, ListOrders(), LookUp("bought"), *often])


@pytest.mark.requirements("L8")
def test_an_order_reads_the_same_however_often(run: Run) -> None:
    """By its number and in the list: what was carried out stays so, and keeps its quantity and its date."""
    by_number = [LookUp("up"), LookUp("down")] * 5
    run.examine([Look(), more(2, label="up"), fewer(1, label="down"), *by_number, *[ListOrders()] * 4, Look()])
