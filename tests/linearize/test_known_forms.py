"""Two creates for the last product, both refused: one had to get it, if creates like these were accepted before."""

from __future__ import annotations

from kandykit.linearize import Ok, Violation, judge_history
from kandykit.model.subscriber_law import form_of
from kandykit.terms import Terms
from tests.concurrency.overlapping import BASE, DOMAIN, create, event_of, look

TERMS = Terms(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken", settle_s=0.0)
HISTORY = [look(1, (0, 1), 1, 0), create(2, (2, 8), "a", 412), create(3, (3, 9), "b", 412), look(4, (10, 11), 1, 0)]


def test_a_form_that_was_accepted_before_had_to_be_accepted() -> None:
    judged = judge_history([event_of(call) for call in HISTORY], TERMS, forms=frozenset({form_of("a" + DOMAIN)}))
    assert isinstance(judged, Violation)
    assert {"L12", "L5"} <= set(judged.laws)


def test_a_form_that_never_was_may_be_refused_for_itself() -> None:
    assert isinstance(judge_history([event_of(call) for call in HISTORY], TERMS), Ok)
    for others in (frozenset({"server"}), frozenset({form_of("a@elsewhere.example")})):
        assert isinstance(judge_history([event_of(call) for call in HISTORY], TERMS, forms=others), Ok)
