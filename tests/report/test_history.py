"""What an account went through before goes along with calls that alone do not show what they showed."""

from __future__ import annotations

import pytest
from made_up_run import BASE, Tape

from kandykit.binding import Binding
from kandykit.exchange import Exchange
from kandykit.judgement import Case, Judgement
from kandykit.report.curl import failure_record, failure_script
from kandykit.report.history import in_words, peak_of
from kandykit.report.lead import with_leads
from kandykit.verdict import Finding

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")


def told(tape: Tape, *calls: Exchange, requirement: str = "L7", actual: str = "a") -> Case:
    finding = Finding(requirement, "t", "e", actual, tuple(call.seq for call in calls), stateful=True)
    judgement = Judgement(cases={finding.id: Case(finding, calls, [{"step": "Look", "account": 0}])})
    return with_leads(judgement, tape.taken, BINDING).cases[finding.id]


def test_a_refusal_where_more_was_taken_before_needs_what_went_before() -> None:
    tape = Tape()
    tape.inventory(0, 0)
    tape.order("increment", 4)
    tape.inventory(4, 0)
    tape.order("decrement", 4)
    read, refused = tape.inventory(0, 0), tape.order("increment", 1, 412)
    case = told(tape, read, refused)
    assert case.history == {0: "@nobody.example +4 -4"}
    assert not case.recent
    script = failure_script(case, BINDING)
    assert "age_first '@nobody.example +4 -4'" in script
    assert "may_age 4 '2 orders'" in script
    assert failure_record(case, BINDING)["history"] == {"0": "@nobody.example +4 -4"}


def test_a_refusal_of_more_than_was_ever_taken_needs_nothing() -> None:
    tape = Tape()
    tape.inventory(0, 0)
    tape.order("increment", 4)
    tape.inventory(4, 0)
    tape.order("decrement", 4)
    read, refused = tape.inventory(0, 0), tape.order("increment", 5, 412)
    case = told(tape, read, refused)
    assert not case.history
    assert case.recent == "@nobody.example +4 -4"


def test_the_same_order_that_moved_the_numbers_otherwise_needs_what_went_before() -> None:
    tape = Tape()
    tape.inventory(0, 0)
    tape.order("increment", 2)
    tape.inventory(2, 0)
    tape.order("decrement", 2)
    calls = tape.inventory(0, 0), tape.order("increment", 2), tape.inventory(0, 0)
    assert told(tape, *calls, requirement="L1").history == {0: "@nobody.example +2 -2"}


def test_a_list_that_showed_its_youngest_order_before_needs_what_went_before() -> None:
    tape = Tape()
    tape.order("increment", 1, number="KO-1")
    tape.call("GET", "/order", 200, {"orders": [{"order_number": "KO-1"}]})
    calls = tape.order("increment", 1, number="KO-2"), tape.call("GET", "/order", 200, {"orders": []})
    assert told(tape, *calls, requirement="L8").history == {0: "@nobody.example +1"}


def test_what_lies_between_calls_far_apart_is_played_in_its_place_and_subscribers_keep_their_names() -> None:
    tape = Tape()
    first = tape.subscriber("kk-0badcafe-1@acme.example")
    tape.subscriber("kk-0badcafe-2@acme.example")
    tape.delete("kk-0badcafe-1@acme.example")
    for number in range(15):
        tape.order("increment", 1, number=f"KO-{number}")
    tape.call("HEAD", "/order", 200)
    last = tape.call("GET", "/order", 200, {"orders": []})
    case = told(tape, first, last, requirement="L8")
    assert case.history == {1: " ".join(["@nobody.example", "s2", "xk1", *["+1"] * 15, "HEAD:/order"])}
    script = failure_script(case, BINDING)
    assert "aged_k1=$value" in script
    assert script.index("\n  number=1 ") < script.index("\n  age '@nobody") < script.index("\n  number=2 ")


def test_what_comes_now_and_then_needs_what_went_before() -> None:
    tape = Tape()
    tape.subscriber("kk-0badcafe-1@acme.example")
    calls = tape.inventory(2, 1), tape.subscriber("kk-0badcafe-2@acme.example"), tape.inventory(2, 1)
    assert told(tape, *calls, requirement="L2", actual="a; in 3 of 9 plays of the same calls").history
    assert not told(tape, *calls, requirement="L2").history


def test_probes_beyond_any_limit_and_calls_of_others_are_no_part_of_it() -> None:
    tape = Tape()
    tape.order("increment", 2_147_483_647, 412)
    tape.call("POST", "/subscriber", 201, {"identity": "x@globex.example"}, {}, account="account-2")
    calls = tape.inventory(0, 0), tape.order("increment", 1, 412)
    assert not told(tape, *calls).recent


@pytest.mark.parametrize(("words", "peak"), [("", 0), ("+2 +3 -5 +4", 5), ("@a.example c1 x1 -1", 0)])
def test_what_a_history_costs_at_most(words: str, peak: int) -> None:
    assert peak_of(words) == peak


def test_a_history_in_words() -> None:
    assert in_words(["@a.example +2 -2 c1", "x1 HEAD:/order"]) == "2 orders, 1 creation, 1 deletion and 1 other call"


def test_products_in_use_that_nobody_uses_are_not_taken_for_subscribers() -> None:
    tape = Tape()
    tape.inventory(3, 0)
    tape.subscriber("kk-0badcafe-1@acme.example")
    tape.delete("kk-0badcafe-1@acme.example")
    read, refused = tape.inventory(3, 1), tape.order("decrement", 3, 412)
    case = told(tape, read, refused, requirement="L6")
    assert case.living == 0
    assert "in_use" not in failure_script(case, BINDING).partition("\nplay() {")[2]
    tape = Tape()
    tape.inventory(3, 0)
    tape.subscriber("kk-0badcafe-1@acme.example")
    case = told(tape, tape.inventory(3, 1), tape.order("decrement", 3, 412), requirement="L6")
    assert "in_use 1" in failure_script(case, BINDING).partition("\nplay() {")[2]


def test_what_showed_where_the_call_quota_was_used_up_uses_it_up_first() -> None:
    tape = Tape()
    turned = tape.call("GET", "/inventory", 429, {}, headers=(("quota-limit", "150"), ("quota-used", "150")))
    finding = Finding("H17", "Retry-After is neither", "e", "a", (turned.seq,))
    assert "\n  use_up\n" in failure_script(Case(finding, (turned,)), BINDING)
    served = tape.call("GET", "/inventory", 200, {}, headers=(("quota-limit", "150"), ("quota-used", "20")))
    assert "\n  use_up\n" not in failure_script(Case(finding, (served,)), BINDING)
