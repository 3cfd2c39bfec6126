"""K2, R2, H13 and P1 for errors: read, without contradiction, and in the agreed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rule_sights import FAULT, PLACED, agreed, five, met, says

from kandykit.exchange import Credential
from kandykit.openapi import load_document
from kandykit.rules.errors import errors_can_be_read, problem_details_are_consistent
from kandykit.rules.rule import Sight

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


ODD_PATHS = ["a%00", "a%4", "a" * 3000, "a%2Fb@x.nl", "a%5Cb", "a%3Bb", "a%25b", "..%2Forder", "%2e%2E", "a%ff", "a%0A"]


@pytest.mark.parametrize("name", ODD_PATHS)
def test_a_request_that_no_front_end_lets_pass_may_be_refused_by_it(name: str) -> None:
    assert says(errors_can_be_read, met("DELETE", f"/subscriber/{name}", 400, "Bad request")) == {"K2 warn"}


@pytest.mark.parametrize("number", ["a%02", "%1fa", "a%7F", "%00", "a%", "%ff"])
def test_so_may_one_with_a_control_character_in_its_query(number: str) -> None:
    assert says(errors_can_be_read, met("GET", f"/order?order_number={number}", 400, "Bad request")) == {"K2 warn"}


@pytest.mark.parametrize("number", ["a%2Fb", "a%3Bb", "..%2Forder", "a%20b", "%C3%A9"])
def test_what_is_odd_in_a_path_may_stand_in_a_query(number: str) -> None:
    refused = met("GET", f"/order?order_number={number}", 400, "Bad request")
    assert says(errors_can_be_read, refused) == {"K2+R2 fail"}


@pytest.mark.parametrize("name", ["a%40x.nl", "o%27neill%40x.nl", "a%2Bb%40x.nl", "a%20b", "%C3%A9%40x.nl"])
def test_a_request_that_every_front_end_lets_pass_is_the_apis_to_refuse(name: str) -> None:
    assert says(errors_can_be_read, met("DELETE", f"/subscriber/{name}", 404, "Not found")) == {"K2+R2 fail"}


@pytest.mark.parametrize(
    "path", ["/subscriber/o%27neill%40x.nl", "/order?order_number=%22", "/order?order_number=%3Cb"]
)
def test_a_quote_or_a_bracket_may_stop_at_a_firewall_that_calls_it_bad(path: str) -> None:
    method = "GET" if "?" in path else "DELETE"
    assert says(errors_can_be_read, met(method, path, 400, "")) == {"K2 warn"}
    assert says(errors_can_be_read, met(method, path, 404, "")) == {"K2+R2 fail"}


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
