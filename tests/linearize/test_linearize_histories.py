"""Hand-written histories, each a story, with the verdict that it must get."""

from __future__ import annotations

import pytest
from written import HERE, History, histories

from kandykit.linearize import Ok, Violation

WRITTEN = histories()


def test_there_are_many_of_both_kinds() -> None:
    assert len(WRITTEN) >= 40
    assert sum(history.legal for history in WRITTEN) >= 20
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} == {
        "legal",
        "illegal",
    }


@pytest.mark.parametrize("history", WRITTEN, ids=lambda history: history.name)
def test_a_story_is_one_sentence(history: History) -> None:
    assert history.written["story"].endswith(".")
    assert set(history.written) <= {"story", "calls", "start", "limit", "live", "fences", "idempotent", "laws"}


@pytest.mark.parametrize("history", [each for each in WRITTEN if each.legal], ids=lambda history: history.name)
def test_a_legal_history_has_an_order_that_explains_it(history: History) -> None:
    judged = history.judged()
    assert isinstance(judged, Ok), judged
    assert len(judged.order) == len(set(judged.order))


@pytest.mark.parametrize("history", [each for each in WRITTEN if not each.legal], ids=lambda history: history.name)
def test_an_illegal_history_names_its_law(history: History) -> None:
    judged = history.judged()
    assert isinstance(judged, Violation), judged
    assert judged.laws[0] == history.written["laws"][0], judged
    assert set(history.written["laws"]) <= set(judged.laws), judged
    assert "L12" in judged.laws
    assert judged.impossible in judged.evidence
    assert set(judged.evidence) <= {event.seq for event in history.events}
    assert judged.finding.requirements == judged.laws
