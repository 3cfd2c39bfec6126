"""What an account went through before goes along with calls that alone do not show what they showed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_run import BASE, Tape

from kandykit.binding import Binding
from kandykit.exchange import Credential, Exchange
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


def test_where_orders_stay_open_for_a_while_what_went_before_is_tried_last() -> None:
    tape = Tape()
    tape.inventory(0, 0)
    sent = {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 4}
    tape.call("POST", "/order", 202, {"order_number": "KO-1", **sent, "status": "pending"}, sent)
    tape.inventory(4, 0)
    tape.order("decrement", 4)
    case = told(tape, tape.inventory(0, 0), tape.order("increment", 1, 412))
    assert not case.history
    assert case.recent == "@nobody.example +4 -4"
    assert "aged_round=$rounds" in failure_script(case, BINDING)


def test_an_order_read_by_a_part_of_its_number_is_placed_first() -> None:
    tape = Tape()
    placed = tape.order("increment", 1, number="KO-1041")
    shown = {"orders": [{"order_number": "KO-104", "order_type": "increment", "quantity": 3, "status": "fulfilled"}]}
    read = tape.call("GET", "/order?order_number=KO-104", 200, shown, probe="an order number shortened")
    finding = Finding("L8", "t", "e", "a", (read.seq,))
    judgement = Judgement(cases={finding.id: Case(finding, (read,))})
    case = with_leads(judgement, tape.taken, BINDING).cases[finding.id]
    assert case.calls == (placed, read)
    script = failure_script(case, BINDING)
    assert 'order_from_call_1_varied="${order_from_call_1%?}"' in script
    assert "stock_exactly" not in script.partition("\nplay() {")[2]


@pytest.mark.parametrize(
    ("credential", "probe", "headers", "wanted"),
    [
        (
            Credential.UNKNOWN,
            "unknown inventory: client id",
            "Bearer sha:11",
            "'Authorization: Bearer %s\\n' \"$id_1\"",
        ),
        (Credential.WRONG_SECRET, "client token: wrong secret by basic", "Basic sha:11", "$id_1:wrong-$fresh"),
    ],
)
def test_a_wrong_credential_is_wrong_in_the_same_way(
    credential: Credential, probe: str, headers: str, wanted: str
) -> None:
    tape = Tape()
    call = tape.call("GET", "/inventory", 200, {}, credential=credential, probe=probe)
    call = replace(call, request=replace(call.request, headers=(("authorization", headers),)))
    assert wanted in failure_script(Case(Finding("R6", "t", "e", "a", (call.seq,)), (call,)), BINDING)


def test_a_pause_is_kept_where_time_alone_may_end_a_token() -> None:
    tape = Tape()
    first = tape.call("GET", "/inventory", 200, {})
    for _ in range(400):
        tape.inventory(0, 0)
    last = tape.call("GET", "/inventory", 401, {})
    finding = Finding("T10", "t", "e", "a", (first.seq, last.seq))
    assert "\n  sleep 4.0\n" in failure_script(Case(finding, (first, last)), BINDING)
    other = Finding("R1", "t", "e", "a", (first.seq, last.seq))
    assert "\n  sleep 0.2\n" in failure_script(Case(other, (first, last)), BINDING)


def test_reads_that_used_the_quota_up_are_made_as_many_as_are_left() -> None:
    tape = Tape()
    calls = [tape.inventory(4, 0)]
    for _ in range(30):
        calls.append(tape.inventory(4, 0))
        calls[-1] = tape.taken[-1] = replace(calls[-1], intent=replace(calls[-1].intent, probe="up to the quota"))
    calls.append(tape.call("GET", "/inventory", 429, {}, probe="up to the quota"))
    calls += [tape.order("increment", 1, 429), tape.inventory(5, 0)]
    case = told(tape, *calls, requirement="L4")
    assert [call.seq for call in case.calls] == [1, 32, 33, 34]
    assert not case.history
    play = failure_script(case, BINDING).partition("\nplay() {")[2]
    assert play.count("\n  use_up\n") == 1
    assert play.index("\n  number=1 ") < play.index("\n  use_up\n") < play.index("\n  number=2 ")
    assert 'could_not_tell "${not_used_up:-' in play


def test_a_list_that_came_without_content_may_be_that_of_no_orders() -> None:
    tape = Tape()
    empty = tape.call("GET", "/order", 204)
    finding = Finding("R1", "t", "e", "a", (empty.seq,))
    assert "place_order 1\n" not in failure_script(Case(finding, (empty,)), BINDING).partition("\nplay() {")[2]
    broken = tape.call("GET", "/order", 200, '{"orders": [')
    assert "place_order 1\n" in failure_script(Case(finding, (broken,)), BINDING).partition("\nplay() {")[2]


def test_what_another_account_placed_long_before_has_behind_it_what_it_had_then() -> None:
    tape = Tape()
    placed = tape.order("increment", 2, number="KO-1")
    for number in range(2, 16):
        tape.order("increment", 1, number=f"KO-{number}")
    shown = {"orders": [{"order_number": "KO-1", "order_type": "increment", "quantity": 2, "status": "fulfilled"}]}
    read = tape.call("GET", "/order?order_number=KO-1", 200, shown, account="account-2")
    case = told(tape, placed, read, requirement="L11")
    assert case.history == {1: " ".join(["@nobody.example", *["+1"] * 14])}
    play = failure_script(case, BINDING).partition("\nplay() {")[2]
    assert play.index("\n  account=1\n  age ") < play.index("\n  number=2 account=2")


def test_a_body_that_came_in_chunks_comes_in_chunks_again() -> None:
    tape = Tape()
    call = tape.order("increment", 1, 500)
    assert "chunked" not in failure_script(Case(Finding("R3", "t", "e", "a", (call.seq,)), (call,)), BINDING)
    headers = (("transfer-encoding", "chunked"), *call.request.headers)
    call = replace(call, request=replace(call.request, headers=headers))
    script = failure_script(Case(Finding("R3", "t", "e", "a", (call.seq,)), (call,)), BINDING)
    assert "--header 'transfer-encoding: chunked'" in script
