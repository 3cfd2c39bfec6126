"""What is said of a run as a whole: of other hands, of late reads, and of a target that is often away."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kandykit.docket import Docket
from kandykit.hearing.hearing import Hearing
from kandykit.hearing.summing_up import judgement_of, notes_of
from kandykit.judge import Judge
from kandykit.terms import Terms


@pytest.mark.parametrize(("settle_s", "late"), [(0.0, False), (0.3, True)])
def test_a_change_between_two_reads_is_put_on_late_reads_as_well_where_some_were_met(
    settle_s: float, late: bool
) -> None:
    docket = Docket(foreign=["total 3 became total 0"])
    judge = Judge(Terms("http://t", "http://t/token", settle_s=settle_s))
    heard: Any = SimpleNamespace(judge=judge, docket=docket, reasons={}, undecided={}, missed=set(), remarks=[])
    reason = judgement_of(cast(Hearing, heard)).inconclusive["L1"]
    assert reason.startswith("somebody else acts on the account")
    assert ("reads lag" in reason) is late


@pytest.mark.parametrize(("away", "told"), [(5, False), (40, True)])
def test_a_target_that_is_often_away_may_limit_the_pace(away: int, told: bool) -> None:
    counts = {"GET /order": Counter({"200": 100 - away, "503": away})}
    heard = SimpleNamespace(remarks=[], held_back={}, by_status=counts, calls=100)
    notes = notes_of(cast(Hearing, heard))
    assert ["budget.calls_per_second" in note for note in notes] == [True] * told
