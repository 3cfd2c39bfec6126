"""R1, R3 and R7: which codes may come, and what malformed and well-formed calls are answered."""

from __future__ import annotations

from typing import Any

import pytest
from rule_sights import (
    BASE,
    DELETED,
    FAULT,
    ORDER,
    ORIGIN,
    PLACED,
    STOCK,
    after,
    agreed,
    asked_for_token,
    finding,
    five,
    met,
    says,
)

from kandykit.exchange import Credential
from kandykit.rules.codes import only_documented_codes
from kandykit.rules.failing import well_formed_calls_are_answered
from kandykit.rules.malformed import malformed_input_is_refused
from kandykit.rules.rule import Sight

# --- R1 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 302, 400, 401, 403, 404, 405, 412, 429, 500, 502, 503])
def test_documented_codes_hold(status: int) -> None:
    assert says(only_documented_codes, met("GET", "/order", status)) == {"R1 held"}


@pytest.mark.parametrize("status", [203, 204, 301, 402, 409, 410, 415, 422, 501, 504])
def test_other_codes_fail(status: int) -> None:
    assert says(only_documented_codes, met("POST", "/order", status, sent=PLACED)) == {"R1 fail"}


def test_a_code_that_was_agreed_holds() -> None:
    sight = met("POST", "/order", 409, sent=PLACED, terms=agreed(extra_codes=frozenset({409})))
    assert says(only_documented_codes, sight) == {"R1 held"}


def test_who_tidies_paths_up_may_send_an_odd_one_on() -> None:
    assert says(only_documented_codes, met("DELETE", "/subscriber/..%2Forder", 301, "")) == {"R1 warn"}
    assert says(only_documented_codes, met("DELETE", "/subscriber/a%40x.nl", 301, "")) == {"R1 fail"}
    assert says(only_documented_codes, met("DELETE", "/subscriber/..%2Forder", 418, "")) == {"R1 fail"}


def test_who_wants_a_length_beforehand_may_say_so() -> None:
    def chunked(status: int) -> Sight:
        return met("POST", "/order", status, "", sent=PLACED, sent_headers={"transfer-encoding": "chunked"})

    assert says(only_documented_codes, chunked(411)) == {"R1 warn"}
    assert says(only_documented_codes, chunked(501)) == {"R1 fail"}
    assert says(only_documented_codes, met("POST", "/order", 411, "", sent=PLACED)) == {"R1 fail"}


def test_the_title_names_the_operation_and_not_the_code() -> None:
    found = finding(only_documented_codes, met("POST", "/order", 418, sent=PLACED))
    assert found.title == "POST /order answers with an undocumented code"
    assert found.actual == "418"


def test_no_answer_has_no_code() -> None:
    assert says(only_documented_codes, met("GET", "/order", 0, failure="timeout")) == set()


def test_another_servers_codes_are_not_ours_to_judge() -> None:
    assert says(only_documented_codes, met("GET", "https://elsewhere.example/", 418)) == set()


def test_a_redirect_from_plain_http_is_not_the_apis_answer() -> None:
    assert says(only_documented_codes, met("GET", BASE.replace("https", "http") + "/inventory", 308)) == set()


@pytest.mark.parametrize(
    "sight",
    [
        met("OPTIONS", "/order", 204, sent_headers={"origin": ORIGIN, "access-control-request-method": "POST"}),
        asked_for_token(422, {"error": "invalid_client"}, credential=Credential.WRONG_SECRET),
        met("KANDY", "/inventory", 501),
        met("GET", "/order?order_number=" + "9" * 3000, 414),
        met("DELETE", "/subscriber/" + "a" * 200 + "%40x.nl", 414),
    ],
    ids=["preflight", "token endpoint", "unknown method", "over-long URL", "over-long segment"],
)
def test_what_gateways_say_for_themselves_only_warns(sight: Sight) -> None:
    assert says(only_documented_codes, sight) == {"R1 warn"}


# --- R3 ---------------------------------------------------------------------------------------------------------------

NEGATIVE = {**PLACED, "quantity": -1}
HUGE = {**PLACED, "x": "x" * 70000}


@pytest.mark.parametrize("status", [400, 404, 412, 415, 422])
def test_a_4xx_to_malformed_input_holds(status: int) -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", status, five(status), sent=NEGATIVE)) == {"R3 held"}


def test_malformed_input_that_is_accepted_fails() -> None:
    sight = met("POST", "/order", 201, ORDER, sent=NEGATIVE)
    assert says(malformed_input_is_refused, sight) == {"R3+H16 fail"}
    assert (
        finding(malformed_input_is_refused, sight).title == "Malformed POST /order (quantity is negative) is accepted"
    )


def test_more_than_any_limit_may_be_found_out_later_and_not_be_accepted_at_once() -> None:
    sent = PLACED | {"quantity": 2**53 + 2}
    assert says(malformed_input_is_refused, met("POST", "/order", 202, ORDER, sent=sent)) == set()
    assert says(malformed_input_is_refused, met("POST", "/order", 201, ORDER, sent=sent)) == {"R3+H16 fail"}
    assert says(malformed_input_is_refused, met("POST", "/order", 202, ORDER, sent=NEGATIVE)) == {"R3+H16 fail"}


def test_what_is_not_json_is_told_by_its_probe() -> None:
    sent = '{"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1 /* one */}'
    title = "Malformed POST /order (the body is not JSON: the body has a comment in it) is accepted"
    commented = met("POST", "/order", 201, ORDER, sent=sent, probe="order: the body has a comment in it")
    assert finding(malformed_input_is_refused, commented).title == title
    recorded = met("POST", "/order", 201, ORDER, sent=sent)
    assert finding(malformed_input_is_refused, recorded).title.endswith("(the body is not JSON) is accepted")
    named = met("POST", "/order", 201, ORDER, sent=NEGATIVE, probe="order: quantity is minus one")
    assert finding(malformed_input_is_refused, named).title.endswith("(quantity is negative) is accepted")


def test_a_server_error_to_malformed_input_fails_if_it_comes_again() -> None:
    sight = met("POST", "/order", 500, FAULT, sent=NEGATIVE)
    assert says(malformed_input_is_refused, sight) == {"R3+H16 fail"}
    assert finding(malformed_input_is_refused, sight).stateful


def test_malformed_input_that_breaks_the_connection_fails_if_it_comes_again() -> None:
    sight = met("POST", "/order", 0, sent="{", failure="cut")
    assert says(malformed_input_is_refused, sight) == {"R3+H16 fail"}
    assert finding(malformed_input_is_refused, sight).stateful


def test_a_slow_answer_to_malformed_input_is_no_fault() -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", 0, sent="{", failure="timeout")) == set()


@pytest.mark.parametrize("status", [413, 431])
def test_an_oversized_request_may_be_refused_with_codes_of_its_own(status: int) -> None:
    sight = met("POST", "/order", status, sent=HUGE)
    assert says(malformed_input_is_refused, sight) == {"R3+H16+R1 warn"}
    assert says(only_documented_codes, sight) == set(), "said once"


def test_an_oversized_request_may_be_cut_off() -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", 0, sent=HUGE, failure="cut")) == set()


def test_a_small_request_is_not_too_large() -> None:
    assert says(only_documented_codes, met("POST", "/order", 413, sent=NEGATIVE)) == {"R1 fail"}


def test_a_path_of_ordinary_segments_is_not_too_long() -> None:
    assert says(only_documented_codes, met("DELETE", "/subscriber/" + "a" * 60 + "%40x.nl", 414)) == {"R1 fail"}
    assert says(only_documented_codes, met("DELETE", "/subscriber/" + "a" * 200 + "%40x.nl", 418)) == {"R1 fail"}


def test_a_redirect_is_no_clear_refusal() -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", 302, sent=NEGATIVE)) == {"R3+H16 warn"}


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_for_another_reason_proves_nothing(status: int) -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", status, sent=NEGATIVE)) == set()


@pytest.mark.parametrize(
    ("status", "expected"), [(201, set()), (400, {"R3 held"}), (415, {"R3 held"}), (500, {"R3+H16 fail"})]
)
def test_grey_input_may_be_accepted_or_refused_but_not_crash(status: int, expected: set[str]) -> None:
    sight = met("POST", "/order", status, ORDER, sent=PLACED, sent_headers={"content-type": "text/plain"})
    assert says(malformed_input_is_refused, sight) == expected


def test_well_formed_input_is_no_business_of_r3() -> None:
    assert says(malformed_input_is_refused, met("POST", "/order", 201, ORDER, sent=PLACED)) == set()


def test_malformed_input_without_a_token_is_judged_by_its_token() -> None:
    sight = met("POST", "/order", 201, ORDER, sent=NEGATIVE, credential=Credential.NONE)
    assert says(malformed_input_is_refused, sight) == set()


# --- R7 ---------------------------------------------------------------------------------------------------------------


def _inventory(seq: int, status: int = 500, content: Any = None, **more: Any) -> Sight:
    return met("GET", "/inventory", status, content, seq=seq, started=float(seq), **more)


def test_a_clear_answer_holds() -> None:
    assert says(well_formed_calls_are_answered, met("GET", "/inventory", content=STOCK)) == {"R7 held"}
    assert says(well_formed_calls_are_answered, met("POST", "/order", 412, sent=PLACED)) == {"R7 held"}


@pytest.mark.parametrize("last", [{"status": 500}, {"status": 0, "failure": "cut"}], ids=["500", "cut"])
def test_the_third_failure_in_a_row_fails(last: dict[str, Any]) -> None:
    past = after(_inventory(1), _inventory(2))
    sight = _inventory(3, past=past, **last)
    assert says(well_formed_calls_are_answered, sight) == {"R7 fail"}
    found = finding(well_formed_calls_are_answered, sight)
    assert found.evidence == (1, 2, 3)
    assert found.stateful


def test_two_failures_are_an_unclear_outcome() -> None:
    assert says(well_formed_calls_are_answered, _inventory(2, past=after(_inventory(1)))) == set()


def test_a_success_in_between_makes_failures_sporadic() -> None:
    past = after(_inventory(1), _inventory(2), _inventory(3, 200, STOCK))
    assert says(well_formed_calls_are_answered, _inventory(4, past=past)) == set()


def test_failures_of_one_kind_do_not_count_for_another() -> None:
    up, down = PLACED, {**PLACED, "order_type": "decrement"}
    past = after(
        met("POST", "/order", 500, sent=up, seq=1, started=1), met("POST", "/order", 500, sent=down, seq=2, started=2)
    )
    assert (
        says(well_formed_calls_are_answered, met("POST", "/order", 500, sent=up, seq=3, started=3, past=past)) == set()
    )


def test_calls_that_overlap_may_all_meet_one_bad_moment() -> None:
    past = after(_inventory(1, ended=9.0), _inventory(2, ended=9.0))
    assert says(well_formed_calls_are_answered, _inventory(3, past=past)) == set()


def test_slowness_is_no_failure() -> None:
    slow = [_inventory(seq, 0, failure="timeout") for seq in (1, 2)]
    assert says(well_formed_calls_are_answered, _inventory(3, 0, failure="timeout", past=after(*slow))) == set()


@pytest.mark.parametrize(
    "body",
    [FAULT, {"fault": {"faultstring": "x", "detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}}],
    ids=["bad token", "quota"],
)
def test_what_a_gateway_says_by_500_is_no_failure_of_the_api(body: Any) -> None:
    past = after(_inventory(1, content=body), _inventory(2, content=body))
    assert says(well_formed_calls_are_answered, _inventory(3, content=body, past=past)) == set()


def test_failures_with_a_bad_token_do_not_count() -> None:
    dead = [_inventory(seq, credential=Credential.UNKNOWN) for seq in (1, 2)]
    assert says(well_formed_calls_are_answered, _inventory(3, past=after(*dead))) == set()


def test_a_strangers_failures_count_once_something_of_his_was_accepted() -> None:
    stranger: dict[str, Any] = {"credential": Credential.PRESUMED}
    failures = [_inventory(seq, **stranger) for seq in (2, 3)]
    assert says(well_formed_calls_are_answered, _inventory(4, past=after(*failures), **stranger)) == set()
    accepted = met("DELETE", "/subscriber/u1%40acme.example", 200, DELETED, **stranger)
    past = after(accepted, *failures)
    assert says(well_formed_calls_are_answered, _inventory(4, past=past, **stranger)) == {"R7 fail"}
