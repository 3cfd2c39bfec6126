"""What led to a lone read goes before it, the fewest calls of all times that it was met."""

from __future__ import annotations

from made_up_run import BASE, Tape

from kandykit.binding import Binding
from kandykit.exchange import Exchange
from kandykit.judgement import Case, Judgement
from kandykit.model.orders import CHANGED
from kandykit.report.lead import with_leads
from kandykit.verdict import Finding

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")


def led(finding: Finding, tape: Tape) -> Case:
    calls = tuple(call for call in tape.taken if call.seq == finding.evidence[-1])
    judgement = Judgement(cases={finding.id: Case(finding, calls)})
    return with_leads(judgement, tape.taken, BINDING).cases[finding.id]


def test_the_fewest_calls_that_led_to_it_are_taken() -> None:
    tape = Tape()
    tape.inventory(2, 1)
    tape.subscriber("a@acme.example")
    tape.subscriber("b@acme.example")
    first = tape.inventory(2, 3)
    tape.delete("a@acme.example")
    tape.inventory(2, 2)
    tape.subscriber("c@acme.example")
    tape.inventory(2, 3)
    case = led(Finding("L3", "t", "e", "a", (first.seq,)), tape)
    assert [call.seq for call in case.calls] == [6, 7, 8]
    assert case.finding.evidence == (6, 7, 8)
    assert case.finding.actual == "total 2, used 3, available -1"


def test_a_fault_that_every_read_shows_is_led_to_by_nothing() -> None:
    tape = Tape()
    tape.inventory(2, 1, 2)
    tape.subscriber("a@acme.example")
    last = tape.inventory(2, 2, 2)
    assert len(led(Finding("L3", "t", "e", "a", (last.seq,)), tape).calls) == 1


def test_numbers_that_add_up_are_too_many_from_this_total_on() -> None:
    tape = Tape()
    tape.inventory(20, 0)
    tape.order("increment", 1)
    last = tape.inventory(21, 0)
    assert [call.seq for call in led(Finding("L3", "t", "e", "a", (last.seq,)), tape).calls] == [1, 2, 3]


def test_calls_of_another_account_led_to_nothing() -> None:
    tape = Tape()
    tape.inventory(1, 1)
    tape.call("POST", "/subscriber", 201, {"identity": "x@globex.example"}, {}, account="account-2")
    last = tape.inventory(1, 2)
    assert len(led(Finding("L3", "t", "e", "a", (last.seq,)), tape).calls) == 1


def test_calls_that_overlapped_are_taken_only_where_no_others_led_to_it() -> None:
    tape = Tape()
    tape.inventory(1, 1)
    tape.call("POST", "/subscriber", 201, {"identity": "b@acme.example"}, {}, seconds=0.015)
    first = tape.subscriber("a@acme.example")
    last = tape.inventory(1, 2)
    finding = Finding("L3", "t", "e", "a", (last.seq,))
    assert [call.seq for call in led(finding, tape).calls] == [1, 2, first.seq, last.seq]
    tape.delete("a@acme.example")
    tape.inventory(1, 1)
    tape.subscriber("c@acme.example")
    tape.subscriber("d@acme.example", 412)
    tape.delete("q@acme.example", 404)
    tape.inventory(1, 2)
    assert [call.seq for call in led(finding, tape).calls] == [6, 7, 8, 9, 10]


def test_what_the_evidence_names_is_shown_even_from_far_before() -> None:
    tape = Tape()
    order = tape.order("decrement", 2, number="KO-7")
    for _ in range(20):
        tape.inventory(2, 1)
    last = tape.call("GET", "/order", 200, {"orders": []})
    case = led(Finding("L8", "t", "the decrement of 2 under number KO-7", "no order", (order.seq, last.seq)), tape)
    assert [call.seq for call in case.calls] == [order.seq, last.seq]


def test_a_header_is_missing_whatever_led_to_it() -> None:
    tape = Tape()
    tape.inventory(1, 1)
    tape.subscriber("a@acme.example")
    last = tape.inventory(1, 2)
    assert len(led(Finding("S1", "t", "e", "a", (last.seq,)), tape).calls) == 1


def test_a_deletion_that_breaks_off_is_led_to_by_the_creation() -> None:
    tape = Tape()
    made = tape.subscriber("a@acme.example")
    tape.subscriber("b@acme.example")
    last = tape.call("DELETE", "/subscriber/a%40acme.example", None, failure="cut")
    case = led(Finding("R7", "t", "e", "a", (last.seq,)), tape)
    assert [call.seq for call in case.calls] == [made.seq, last.seq]


def test_an_answer_given_when_nothing_was_available_is_led_to_by_the_read_that_showed_it() -> None:
    tape = Tape()
    read = tape.inventory(1, 1)
    last = tape.subscriber("a@acme.example", 402)
    assert [c.seq for c in led(Finding("R1", "t", "e", "a", (last.seq,)), tape).calls] == [read.seq, last.seq]
    tape = Tape()
    tape.inventory(2, 1)
    last = tape.subscriber("a@acme.example", 402)
    assert len(led(Finding("R1", "t", "e", "a", (last.seq,)), tape).calls) == 1


def test_what_failed_every_time_stays_in_its_order_and_keeps_the_numbers_that_it_began_at() -> None:
    tape = Tape()
    tape.inventory(0, 0)
    tape.order("increment", 1)
    tape.subscriber("a@acme.example", 503)
    tape.inventory(1, 0)
    last = tape.subscriber("a@acme.example", 503)
    finding = Finding("R7", "t", "e", "a", (last.seq,))
    judgement = Judgement(cases={finding.id: Case(finding, tuple(call for call in tape.taken if call.seq != 4))})
    case = with_leads(judgement, tape.taken, BINDING).cases[finding.id]
    assert [call.seq for call in case.calls] == [1, 2, 3, 4, 5]


def test_what_was_done_between_two_answers_that_gave_out_the_same_is_done_again() -> None:
    tape = Tape()
    first = tape.subscriber("a@acme.example")
    tape.inventory(5, 1)
    between = tape.subscriber("b@acme.example")
    tape.subscriber("c@acme.example", 412)
    last = tape.subscriber("a@acme.example")
    finding = Finding("L9", "t", "e", "a", (first.seq, last.seq))
    judgement = Judgement(cases={finding.id: Case(finding, (first, last))})
    case = with_leads(judgement, tape.taken, BINDING).cases[finding.id]
    assert [call.seq for call in case.calls] == [first.seq, between.seq, last.seq]


def test_a_whole_way_begins_before_the_creation_of_whom_it_deletes() -> None:
    tape = Tape()
    begin = tape.inventory(2, 0)
    tape.subscriber("a@acme.example")
    tape.inventory(2, 1)
    tape.delete("nobody@acme.example", 404)
    tape.inventory(2, 0)  # the deletion of nobody freed one, which no read shows by itself
    tape.delete("a@acme.example")
    last = tape.inventory(2, -1)
    case = led(Finding("L3", "t", "e", "a", (last.seq,)), tape)
    assert [call.seq for call in case.calls] == [begin.seq, 2, 3, 4, 5, 6, last.seq]


def l8(tape: Tape, title: str, *seqs: int) -> list[int]:
    finding = Finding("L8", title, "e", "a", seqs)
    calls = tuple(call for call in tape.taken if call.seq in seqs)
    judged = with_leads(Judgement(cases={finding.id: Case(finding, calls)}), tape.taken, BINDING)
    return [call.seq for call in judged.cases[finding.id].calls]


def listed(number: str, status: str) -> dict[str, object]:
    order = {"order_number": number, "order_type": "increment", "quantity": 1, "status": status}
    return {"orders": [order]}


def test_what_was_done_since_an_order_was_last_shown_right_is_done_again() -> None:
    tape = Tape()
    placed = tape.order("increment", 1, number="KO-7")
    tape.order("increment", 2, number="KO-8")
    tape.call("GET", "/order", 200, listed("KO-7", "fulfilled"))
    between = tape.order("decrement", 1, number="KO-9")
    changed = tape.call("GET", "/order", 200, listed("KO-7", "rejected"))
    assert l8(tape, "An order leaves its final status", placed.seq, changed.seq) == [placed.seq, 4, changed.seq]
    assert between.seq == 4
    assert l8(tape, CHANGED, placed.seq, changed.seq) == [placed.seq, changed.seq]


def test_what_was_never_shown_needs_nothing_in_between() -> None:
    tape = Tape()
    placed = tape.order("decrement", 1, number="KO-7")
    tape.order("increment", 2, number="KO-8")
    missing = tape.call("GET", "/order", 200, listed("KO-8", "fulfilled"))
    assert l8(tape, "The order list misses an accepted order", placed.seq, missing.seq) == [placed.seq, missing.seq]


def test_a_second_deletion_is_led_to_by_the_whole_life_of_whom_it_deletes() -> None:
    tape = Tape()
    made = tape.subscriber("a@acme.example")
    gone = tape.delete("a@acme.example")
    last = tape.delete("a@acme.example", 410)
    case = led(Finding("R1", "t", "e", "a", (last.seq,)), tape)
    assert [call.seq for call in case.calls] == [made.seq, gone.seq, last.seq]


def test_a_password_that_is_shown_is_led_to_by_the_creation_that_gave_it_out() -> None:
    tape = Tape()
    secret = "{{password:0123456789ab}}"
    asked = {"product_name": "KPN-VoiceVideo-C"}
    made = tape.call("POST", "/subscriber", 201, {"identity": "a@acme.example", "password": secret}, asked)
    tape.call("POST", "/subscriber", 201, {"identity": "b@acme.example", "password": "{{password:f}}"}, asked)
    last = tape.call("DELETE", "/subscriber/b%40acme.example", 200, {"identity": "b@acme.example", "was": secret})
    case = led(Finding("R5", "t", "e", "a", (last.seq,)), tape)
    assert [call.seq for call in case.calls] == [made.seq, last.seq]


def test_what_another_account_was_asked_for_goes_along_with_whom_it_was_about() -> None:
    tape = Tape()
    row = {"product_name": "KPN-VoiceVideo-C"}

    def read(total: int, used: int) -> Exchange:
        shown = {"products": [{**row, "total": total, "used": used, "available": total - used}]}
        return tape.call("GET", "/inventory", 200, shown, account="account-2")

    made = tape.subscriber("a@acme.example")
    begin = read(1, 0)
    refused = tape.call("DELETE", "/subscriber/a%40acme.example", 404, {}, account="account-2")
    last = read(1, -1)
    case = led(Finding("L3", "t", "e", "a", (last.seq,)), tape)
    assert [call.seq for call in case.calls] == [made.seq, begin.seq, refused.seq, last.seq]


def test_polls_that_got_the_same_answer_are_shown_by_the_first_and_the_last() -> None:
    def case(requirement: str) -> Case:
        tape = Tape()
        tape.order("increment", 1, 202)
        for _ in range(9):
            tape.call("GET", "/order?order_number=KO-1041", 404, {})
        finding = Finding(requirement, "t", "e", "a", (1, 10), stateful=True)
        judgement = Judgement(cases={finding.id: Case(finding, tuple(tape.taken))})
        return with_leads(judgement, tape.taken, BINDING).cases[finding.id]

    assert [call.seq for call in case("L8").calls] == [1, 2, 10]
    assert len(case("L13").calls) == 10


def test_nothing_between_is_needed_where_two_answers_gave_out_nothing_alike() -> None:
    tape = Tape()
    first = tape.subscriber("a@acme.example")
    tape.subscriber("b@acme.example")
    last = tape.subscriber("c@acme.example")
    finding = Finding("L9", "t", "e", "a", (first.seq, last.seq))
    judgement = Judgement(cases={finding.id: Case(finding, (first, last))})
    case = with_leads(judgement, tape.taken, BINDING).cases[finding.id]
    assert case.calls == (first, last)
    assert not case.history
