"""H1, H2 and H19: wrong methods, Allow, and HEAD."""

from __future__ import annotations

import pytest
from rule_sights import STOCK, agreed, asked_for_token, finding, five, met, says

from kandykit.exchange import Credential
from kandykit.rules.methods import (
    head_has_no_content,
    refusals_name_the_methods,
    unknown_paths_get_404,
    wrong_methods_get_405,
)

# --- H1 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [405, 403, 404, 501])
def test_a_wrong_method_that_is_refused_as_such_holds(status: int) -> None:
    assert says(wrong_methods_get_405, met("PUT", "/order", status, sent={})) == {"H1 held"}


@pytest.mark.parametrize("status", [200, 204, 400, 412, 500])
def test_any_other_answer_to_a_wrong_method_warns(status: int) -> None:
    sight = met("PATCH", "/inventory", status, sent={})
    assert says(wrong_methods_get_405, sight) == {"H1 warn"}
    expected = "PATCH /inventory is no documented method and is not answered with 405"
    assert finding(wrong_methods_get_405, sight).title == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/inventory"),
        ("HEAD", "/order"),
        ("OPTIONS", "/order"),
        ("PUT", "/no-such-path"),
        ("GET", "/inventory/x"),
    ],
)
def test_what_is_no_wrong_method_is_no_business_of_h1(method: str, path: str) -> None:
    assert says(wrong_methods_get_405, met(method, path, 400)) == set()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_server_error_is_no_answer_to_any_method(method: str) -> None:
    assert says(wrong_methods_get_405, met(method, "/order", 500)) == {"H1 warn"}
    assert says(wrong_methods_get_405, met(method, "/order", 501)) == {"H1 held"}


def test_a_wrong_method_without_a_token_is_judged_by_its_token() -> None:
    assert says(wrong_methods_get_405, met("PUT", "/order", 400, credential=Credential.NONE)) == set()


@pytest.mark.parametrize("document", ["shipped", "none"])
def test_paths_are_known_with_a_document_and_without(document: str) -> None:
    terms = agreed() if document == "shipped" else agreed(document=None)
    for path, method in [
        ("/order", "DELETE"),
        ("/inventory", "POST"),
        ("/subscriber", "GET"),
        ("/subscriber/u", "GET"),
    ]:
        assert says(wrong_methods_get_405, met(method, path, 405, terms=terms)) <= {"H1 held"}, (method, path)
        assert met(method, path, 405, terms=terms).methods


# --- H2 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allow", ["GET, POST", "POST,GET,HEAD,OPTIONS", "get, post"])
def test_allow_with_the_documented_methods_holds(allow: str) -> None:
    assert says(refusals_name_the_methods, met("PUT", "/order", 405, headers={"allow": allow})) == {"H2 held"}


@pytest.mark.parametrize("allow", [None, "", "GET", "GET, POST, PUT"])
def test_any_other_allow_warns(allow: str | None) -> None:
    assert says(refusals_name_the_methods, met("PUT", "/order", 405, headers={"allow": allow})) == {"H2 warn"}


def test_allow_may_come_in_several_headers() -> None:
    sight = met("PUT", "/order", 405, headers={"allow": "GET"}, repeated=[("Allow", "POST")])
    assert says(refusals_name_the_methods, sight) == {"H2 held"}


def test_the_token_endpoint_allows_post() -> None:
    sight = asked_for_token(405, method="GET", headers={"allow": "POST"})
    assert says(refusals_name_the_methods, sight) == {"H2 held"}
    assert says(refusals_name_the_methods, asked_for_token(405, method="GET")) == {"H2 warn"}


def test_other_codes_need_no_allow() -> None:
    assert says(refusals_name_the_methods, met("PUT", "/order", 404)) == set()


# --- Unknown paths ----------------------------------------------------------------------------------------------------


def test_an_unknown_path_that_succeeds_warns() -> None:
    assert says(unknown_paths_get_404, met("GET", "/no-such-path", 200, STOCK)) == {"R2 warn"}


@pytest.mark.parametrize(("path", "status"), [("/no-such-path", 404), ("/no-such-path", 403), ("/order", 200)])
def test_any_other_answer_is_no_business_of_this_rule(path: str, status: int) -> None:
    assert says(unknown_paths_get_404, met("GET", path, status)) == set()


# --- H19 --------------------------------------------------------------------------------------------------------------


def test_head_without_content_holds() -> None:
    assert says(head_has_no_content, met("HEAD", "/inventory", headers={"content-length": "99"})) == {"H19 held"}


@pytest.mark.parametrize("status", [200, 404])
def test_head_with_content_fails(status: int) -> None:
    assert says(head_has_no_content, met("HEAD", "/inventory", status, STOCK)) == {"H19 fail"}


def test_a_head_that_is_not_served_proves_nothing() -> None:
    assert says(head_has_no_content, met("HEAD", "/inventory", 405)) == set()
    assert says(head_has_no_content, met("GET", "/inventory", 405, five(405))) == set()
