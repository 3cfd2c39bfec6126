"""R2, K2, H13 and P1: the response-header table, bodies of successes, and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rule_sights import (
    CREATED,
    DELETED,
    FAULT,
    ORDER,
    PLACED,
    STANDARD,
    STOCK,
    WANTED,
    agreed,
    asked_for_token,
    finding,
    five,
    met,
    says,
)

from kandykit.exchange import Credential
from kandykit.openapi import load_document
from kandykit.rules.headers import standard_headers_are_sent
from kandykit.rules.rule import Sight
from kandykit.rules.shapes import (
    answers_name_their_version,
    errors_can_be_read,
    problem_details_are_consistent,
    successes_match_the_document,
)
from kandykit.verdict import Finding

# --- The header table -------------------------------------------------------------------------------------------------

TWINS = {"sunset": "+S4", "api-version": "+K2", "strict-transport-security": "+S1"}


def test_an_authenticated_success_with_all_standard_headers_holds() -> None:
    assert says(standard_headers_are_sent, met("GET", "/inventory", content=STOCK)) == {"R2 held"}


@pytest.mark.parametrize("name", STANDARD)
def test_a_standard_header_that_is_missing_fails_a_success(name: str) -> None:
    sight = met("GET", "/inventory", content=STOCK, headers={name: None})
    assert says(standard_headers_are_sent, sight) == {f"R2{TWINS.get(name, '+K1')} fail"}
    assert name in finding(standard_headers_are_sent, sight).title


@pytest.mark.parametrize("name", STANDARD)
def test_a_standard_header_that_is_missing_in_a_refusal_warns(name: str) -> None:
    sight = met("POST", "/order", 412, five(412), sent=PLACED, headers={name: None})
    assert says(standard_headers_are_sent, sight) == {f"R2{TWINS.get(name, '+K1')} warn"}


def test_header_names_come_in_any_case() -> None:
    loud = dict.fromkeys(STANDARD)
    sight = met("GET", "/inventory", content=STOCK, headers={**loud, **{k.upper(): v for k, v in STANDARD.items()}})
    assert says(standard_headers_are_sent, sight) == {"R2 held"}


def test_content_has_a_type() -> None:
    sight = met("GET", "/inventory", content=STOCK, headers={"content-type": None})
    assert says(standard_headers_are_sent, sight) == {"R2+H13 fail"}
    assert says(successes_match_the_document, sight) == {"R2 held"}, "said once"


def test_content_has_a_length() -> None:
    assert says(
        standard_headers_are_sent, met("GET", "/inventory", content=STOCK, headers={"content-length": None})
    ) == {"R2 fail"}


def test_a_chunked_answer_without_a_length_only_warns() -> None:
    chunked = {"content-length": None, "transfer-encoding": "chunked"}
    assert says(standard_headers_are_sent, met("GET", "/inventory", content=STOCK, headers=chunked)) == {"R2 warn"}


BARE: dict[str, str | None] = dict.fromkeys(STANDARD)


@pytest.mark.parametrize(
    "sight",
    [
        met("GET", "/inventory", 401, FAULT, headers=BARE),
        met("GET", "/inventory", 401, FAULT, headers=BARE, credential=Credential.NONE),
        met("GET", "/no-such-path", 404, FAULT, headers=BARE),
        met("GET", "/inventory", 503, FAULT, headers=BARE),
        met("OPTIONS", "/order", 200, headers=BARE),
        asked_for_token(),
        met("GET", "/inventory", 400, FAULT, headers=BARE, credential=Credential.PRESUMED),
    ],
    ids=["401", "no token", "gateway's 404", "503", "OPTIONS", "token call", "a stranger's refusal"],
)
def test_what_a_gateway_answers_needs_no_standard_headers(sight: Sight) -> None:
    assert says(standard_headers_are_sent, sight) == set()


def test_a_gateways_429_without_them_warns_at_most() -> None:
    assert {
        text.rpartition(" ")[2] for text in says(standard_headers_are_sent, met("GET", "/order", 429, headers=BARE))
    } == {"warn"}


def test_a_strangers_success_was_authenticated_whoever_he_is() -> None:
    sight = met("GET", "/inventory", content=STOCK, headers={"sunset": None}, credential=Credential.PRESUMED)
    assert says(standard_headers_are_sent, sight) == {"R2+S4 fail"}


def test_api_version_says_something() -> None:
    assert says(answers_name_their_version, met("GET", "/inventory", content=STOCK)) == {"K2 held"}
    assert says(answers_name_their_version, met("GET", "/inventory", headers={"api-version": " "})) == {"K2 fail"}
    assert says(answers_name_their_version, met("GET", "/order", 404, headers={"api-version": ""})) == {"K2 warn"}


# --- Successes --------------------------------------------------------------------------------------------------------

GOOD = [
    met("POST", "/order", 201, ORDER, sent=PLACED),
    met("POST", "/order", 200, ORDER, sent=PLACED),
    met("POST", "/order", 202, {**ORDER, "status": "pending"}, sent=PLACED),
    met("GET", "/order", 200, {"orders": [ORDER, ORDER]}),
    met("GET", "/inventory", 200, STOCK),
    met("POST", "/subscriber", 201, CREATED, sent=WANTED),
    met("DELETE", "/subscriber/u1%40acme.example", 200, DELETED),
]


@pytest.mark.parametrize("sight", GOOD, ids=lambda sight: f"{sight.label} {sight.status}")
def test_what_the_document_says_holds(sight: Sight) -> None:
    assert says(successes_match_the_document, sight) == {"R2 held", "H13 held"}


LEGAL = [
    met("POST", "/order", 201, {**ORDER, "colour": "red"}, sent=PLACED),
    met("POST", "/order", 201, {**ORDER, "status": "completed"}, sent=PLACED),
    met("POST", "/order", 201, None, sent=PLACED, headers={"location": "/order?order_number=KO1"}),
    met(
        "POST",
        "/order",
        201,
        {name: value for name, value in ORDER.items() if name != "order_number"},
        sent=PLACED,
        headers={"location": "/order?order_number=KO1"},
    ),
    met("POST", "/subscriber", 200, CREATED, sent=WANTED),
    met(
        "POST",
        "/subscriber",
        201,
        {name: value for name, value in CREATED.items() if name != "identity"},
        sent={**WANTED, "identity": "u1@acme.example"},
    ),
    met("DELETE", "/subscriber/u1%40acme.example", 202),
    met("DELETE", "/subscriber/u1%40acme.example", 204, terms=agreed(extra_codes=frozenset({204}))),
    met("GET", "/order?order_number=KO9", 200, {"orders": []}),
    met("GET", "/inventory", 200, STOCK, headers={"content-type": "application/vnd.kpn+json"}),
    met("GET", "/inventory", 200, STOCK, headers={"content-type": "application/json; charset=utf-8"}),
]


@pytest.mark.parametrize("sight", LEGAL, ids=lambda sight: f"{sight.label} {sight.status}")
def test_legal_readings_hold(sight: Sight) -> None:
    assert "R2 held" in says(successes_match_the_document, sight)


NOTED = [
    met("GET", "/inventory", 200, {"products": [{"product_name": "KPN-VoiceVideo-C", "available": 3}]}),
    met("DELETE", "/subscriber/u1%40acme.example", 200),
    met("POST", "/order", 201, {**ORDER, "status": "perhaps"}, sent=PLACED),
]


@pytest.mark.parametrize("sight", NOTED, ids=lambda sight: f"{sight.label} {sight.body[:40]}")
def test_what_kpns_page_leaves_open_only_warns(sight: Sight) -> None:
    assert says(successes_match_the_document, sight) == {"R2 warn"}


BAD = [
    (met("POST", "/order", 201, {**ORDER, "quantity": "2"}, sent=PLACED), "/quantity is not as documented"),
    (met("POST", "/order", 201, {}, sent=PLACED), "without /order_number"),
    (met("POST", "/order", 202, {"order_number": "KO1"}, sent=PLACED), "without /status"),
    (met("DELETE", "/subscriber/u1%40acme.example", 200, {"result": "done"}), "without /identity"),
    (met("GET", "/order", 200, {"orders": [{**ORDER, "created_at": "today"}]}), "/orders/*/created_at is not"),
    (met("GET", "/order", 200, {"orders": [{**ORDER, "order_type": "more"}]}), "/orders/*/order_type is not"),
    (met("GET", "/order", 200), "without content"),
    (met("GET", "/inventory", 200, {"products": []}), "/products is not"),
    (met("GET", "/inventory", 200, {"products": [{**STOCK["products"][0], "used": -1}]}), "/products/*/used is not"),
    (met("POST", "/subscriber", 201, {"identity": "u1@acme.example"}, sent=WANTED), "without /password"),
]


@pytest.mark.parametrize(("sight", "words"), BAD, ids=[words for _, words in BAD])
def test_what_is_otherwise_than_the_document_fails(sight: Sight, words: str) -> None:
    assert "R2 fail" in says(successes_match_the_document, sight)
    found = [check for check in successes_match_the_document(sight) if isinstance(check, Finding)]
    assert any(words in check.title for check in found)


def test_the_same_member_of_many_rows_is_one_finding() -> None:
    rows = [{**ORDER, "quantity": "2"}, {**ORDER, "quantity": "3"}]
    found = finding(successes_match_the_document, met("GET", "/order", 200, {"orders": rows}))
    assert found.title == "GET /order answers with a body whose /orders/*/quantity is not as documented"


def test_a_body_that_is_no_json_fails_for_its_type_too() -> None:
    assert says(successes_match_the_document, met("GET", "/inventory", 200, "{")) == {"R2+H13 fail"}


def test_a_body_of_another_length_than_was_announced_is_h14s() -> None:
    sight = met("GET", "/inventory", 200, '{"prod', length=60, headers={"content-length": "6"})
    assert says(successes_match_the_document, sight) == set()


def test_json_under_another_type_fails_for_its_type_too() -> None:
    sight = met("GET", "/inventory", 200, STOCK, headers={"content-type": "text/html"})
    assert says(successes_match_the_document, sight) == {"R2+H13 fail"}


@pytest.mark.parametrize("content", [STOCK, "{"], ids=["good", "bad"])
def test_without_a_document_a_success_still_has_to_be_read(content: Any) -> None:
    sight = met("GET", "/inventory", 200, content, terms=agreed(document=None))
    expected = {"R2 held", "H13 held"} if content is STOCK else {"R2+H13 fail"}
    assert says(successes_match_the_document, sight) == expected


def test_a_success_that_says_nothing_of_its_call_fails() -> None:
    sight = met("POST", "/order", 201, {"ok": True}, sent=PLACED, terms=agreed(document=None))
    assert finding(successes_match_the_document, sight).title == "POST /order succeeds, but it names no order number"


def test_a_vendors_document_is_taken_at_its_word(tmp_path: Path) -> None:
    """What the kit's own document leaves open, the vendor's fixes."""
    vendors = tmp_path / "vendor.yaml"
    vendors.write_text(
        "openapi: 3.0.3\ninfo: {title: v, version: '1'}\npaths:\n  /inventory:\n    get:\n      responses:\n"
        "        '200':\n          description: ok\n          headers: {X-Request-Id: {required: true, schema: {}}}\n"
        "          content: {application/json: {schema: {type: object, required: [region]}}}\n"
    )
    terms = agreed(document=load_document(vendors))
    found = {
        check.title: check.verdict
        for check in successes_match_the_document(met("GET", "/inventory", 200, STOCK, terms=terms))
        if isinstance(check, Finding)
    }
    assert found == {
        "GET /inventory answers without the header X-Request-Id": "fail",
        "GET /inventory answers without /region in the body": "fail",
    }


# --- Errors -----------------------------------------------------------------------------------------------------------


def _refused(status: int, content: Any, **more: Any) -> Sight:
    return met("POST", "/order", status, content, sent=PLACED, **more)


def test_an_error_of_the_five_members_holds() -> None:
    assert says(errors_can_be_read, _refused(412, five(412))) == {"R2 held", "K2 held", "H13 held"}


LEGAL_ERRORS = {
    "fault": FAULT,
    "errorResponse": {"errorResponse": {"code": "503", "message": "no", "info": "x"}},
    "oauth": {"ErrorCode": "x", "Error": "y"},
    "camara": {"status": 503, "code": "UNAVAILABLE", "message": "no"},
    "nested": {"error": five(503)},
    "problem": {"type": "about:blank", "title": "no", "status": 503},
    "kpn": five(503),
}


@pytest.mark.parametrize("shape", LEGAL_ERRORS)
def test_a_gateways_error_may_have_any_usual_form(shape: str) -> None:
    assert says(errors_can_be_read, _refused(503, LEGAL_ERRORS[shape])) == {"K2 held", "H13 held"}


@pytest.mark.parametrize(
    "content", ["<html>Bad Gateway</html>", "", {"detail": "Not Found"}], ids=["html", "none", "other"]
)
@pytest.mark.parametrize(
    ("status", "credential"),
    [(401, Credential.NONE), (502, Credential.LIVE), (403, Credential.LIVE), (404, Credential.PRESUMED)],
)
def test_a_gateways_error_of_no_usual_form_only_warns(content: Any, status: int, credential: Credential) -> None:
    assert says(errors_can_be_read, _refused(status, content, credential=credential)) == {"K2 warn"}


def test_an_error_of_the_gateways_own_code_is_the_gateways() -> None:
    content = {"fault": {"faultstring": "bad", "detail": {"errorcode": "steps.jsonthreatprotection.ExecutionFailed"}}}
    assert says(errors_can_be_read, _refused(400, content)) == {"K2 held", "H13 held"}


@pytest.mark.parametrize("path", ["/subscriber/a%00", "/subscriber/a%4", f"/subscriber/{'a' * 3000}"])
def test_a_request_that_no_front_end_lets_pass_may_be_refused_by_it(path: str) -> None:
    assert says(errors_can_be_read, met("DELETE", path, 400, "Bad request")) == {"K2 warn"}


@pytest.mark.parametrize(
    "content",
    [
        FAULT["fault"],
        {"fault": {"faultstring": "no", "detail": {"errorcode": "kandy.limit"}}},
        {"message": "no"},
        ["no"],
    ],
)
def test_an_error_of_the_apis_own_without_the_five_members_fails(content: Any) -> None:
    assert says(errors_can_be_read, _refused(412, content)) == {"R2 fail"}


@pytest.mark.parametrize("content", ["", "<html>", "no"])
def test_an_error_of_the_apis_own_that_is_no_json_fails(content: str) -> None:
    assert says(errors_can_be_read, _refused(412, content)) == {"K2+R2 fail"}


def test_the_five_members_one_level_down_warn() -> None:
    assert says(errors_can_be_read, _refused(412, {"error": five(412)})) == {"R2 warn"}


@pytest.mark.parametrize(
    "change", [{"info": None}, {"status": 412}, {"transactionId": 7}, {"status": "Precondition failed"}]
)
def test_a_member_that_is_not_as_documented_fails(change: dict[str, Any]) -> None:
    assert says(errors_can_be_read, _refused(412, {**five(412), **change})) == {"R2 fail"}


@pytest.mark.parametrize(
    "content",
    [
        {**five(400), "status": "500"},
        {**five(400), "status": 500},
        {"errorResponse": {"code": "404", "message": "no"}},
        {"status": 403, "code": "X", "message": "no"},
        {"error": five(404)},
    ],
)
def test_an_error_that_repeats_another_status_fails(content: Any) -> None:
    assert says(errors_can_be_read, _refused(400, content)) == {"K2 fail"}


def test_a_code_that_is_none_of_https_is_no_status() -> None:
    content = {"errorResponse": {"code": "40017", "message": "no"}}
    assert says(errors_can_be_read, _refused(400, content, terms=agreed(error_shape="errorResponse"))) >= {"K2 held"}


def test_an_error_has_a_message() -> None:
    assert says(errors_can_be_read, _refused(412, five(412, message=" "))) == {"K2 fail"}
    assert says(errors_can_be_read, _refused(503, five(503, message=""))) == {"K2 warn"}


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        ("fault", {"fault": {"faultstring": "no", "detail": {"errorcode": "kandy.limit"}}}),
        ("errorResponse", {"errorResponse": {"code": "412", "message": "no"}}),
        ("camara", {"status": 412, "code": "FAILED_PRECONDITION", "message": "no"}),
        ("problem", {"type": "about:blank", "title": "no", "status": 412}),
    ],
)
def test_a_form_that_was_agreed_holds(shape: str, content: Any) -> None:
    assert says(errors_can_be_read, _refused(412, content)) == {"R2 fail"}
    agreed_on = agreed(error_shape=shape)
    assert says(errors_can_be_read, _refused(412, content, terms=agreed_on)) == {"R2 held", "K2 held", "H13 held"}
    assert says(errors_can_be_read, _refused(412, five(412), terms=agreed_on)) == {"R2 held", "K2 held", "H13 held"}


def test_a_form_that_the_vendors_document_has_holds(tmp_path: Path) -> None:
    vendors = tmp_path / "vendor.yaml"
    vendors.write_text(
        "openapi: 3.0.3\ninfo: {title: v, version: '1'}\npaths:\n  /order:\n    post:\n      responses:\n"
        "        '412':\n          description: no\n"
        "          content: {application/json: {schema: {type: object, required: [reason]}}}\n"
    )
    terms = agreed(document=load_document(vendors))
    assert says(errors_can_be_read, _refused(412, {"reason": "no"}, terms=terms)) == {"R2 held", "K2 held", "H13 held"}
    assert says(errors_can_be_read, _refused(412, five(412), terms=terms)) == {"R2 fail"}
    assert says(errors_can_be_read, _refused(400, {"reason": "no"}, terms=terms)) == {"R2 fail"}, "not in the document"


def test_json_under_another_type_warns_in_a_refusal() -> None:
    assert says(errors_can_be_read, _refused(412, five(412), headers={"content-type": "text/plain"})) == {
        "R2 held",
        "K2 held",
        "H13 warn",
    }
    bare = _refused(401, FAULT, headers={"content-type": None}, credential=Credential.NONE)
    assert says(errors_can_be_read, bare) == {"K2 held", "H13 warn"}


def test_head_and_options_have_no_error_body() -> None:
    assert says(errors_can_be_read, met("HEAD", "/subscriber", 405)) == set()
    assert says(errors_can_be_read, met("OPTIONS", "/order", 405)) == set()


# --- Problem details --------------------------------------------------------------------------------------------------

PROBLEM = {"content-type": "application/problem+json"}


@pytest.mark.parametrize("content", [{"status": 412, "title": "no"}, {"detail": "no"}, {"type": "https://x.example/y"}])
def test_consistent_problem_details_hold(content: Any) -> None:
    assert says(problem_details_are_consistent, _refused(412, content, headers=PROBLEM)) == {"P1 held"}


@pytest.mark.parametrize(
    "content", [{"status": 400}, {"status": "412"}, {"status": True}, {"title": 7}, {"detail": None}, ["no"], "<p>"]
)
def test_inconsistent_problem_details_fail(content: Any) -> None:
    assert says(problem_details_are_consistent, _refused(412, content, headers=PROBLEM)) == {"P1 fail"}


def test_no_content_is_no_problem_details() -> None:
    assert says(problem_details_are_consistent, met("HEAD", "/order", 405, headers=PROBLEM)) == set()


def test_plain_json_is_no_problem_details() -> None:
    assert says(problem_details_are_consistent, _refused(412, {"status": 400})) == set()
