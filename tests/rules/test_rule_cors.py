"""C1 to C6: what browsers are told that call from another origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from rule_sights import BASE, ORIGIN, STOCK, agreed, finding, five, met, says

from kandykit.exchange import Credential
from kandykit.rules import cors as rules
from kandykit.rules.rule import Sight

ALLOWED = {"access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true", "vary": "Origin"}


def _cross(headers: Mapping[str, str | None] | None = None, status: int = 200, **more: Any) -> Sight:
    """A call from a page of another origin; the answer allows it unless told otherwise."""
    answer = {**ALLOWED, **(headers or {})}
    return met("GET", "/inventory", status, STOCK, headers=answer, sent_headers={"origin": ORIGIN}, **more)


def _plain(headers: Mapping[str, str | None]) -> Sight:
    return met("GET", "/inventory", 200, STOCK, headers=headers)


# --- C1 ---------------------------------------------------------------------------------------------------------------


def test_true_and_absent_hold() -> None:
    assert says(rules.credentials_flag_is_true_or_absent, _cross()) == {"C1 held"}
    absent = _cross({"access-control-allow-credentials": None})
    assert says(rules.credentials_flag_is_true_or_absent, absent) == {"C1 held"}
    assert says(rules.credentials_flag_is_true_or_absent, _plain({})) == set()


def test_false_only_warns() -> None:
    false = {"access-control-allow-credentials": "false"}
    assert says(rules.credentials_flag_is_true_or_absent, _cross(false)) == {"C1 warn"}


@pytest.mark.parametrize("value", ["True", "TRUE", "yes", "1", ""])
def test_any_other_word_fails(value: str) -> None:
    wrong: Mapping[str, str | None] = {"access-control-allow-credentials": value}
    assert says(rules.credentials_flag_is_true_or_absent, _cross(wrong)) == {"C1 fail"}
    assert says(rules.credentials_flag_is_true_or_absent, _plain(wrong)) == {"C1 fail"}
    assert says(rules.credentials_flag_is_true_or_absent, _cross(wrong, 404)) == {"C1 warn"}


# --- C2 ---------------------------------------------------------------------------------------------------------------


def test_the_callers_origin_holds() -> None:
    assert says(rules.credentials_name_their_origin, _cross()) == {"C2 held"}


def test_everybody_without_credentials_holds() -> None:
    open_to_all = {"access-control-allow-origin": "*", "access-control-allow-credentials": None}
    assert says(rules.credentials_name_their_origin, _cross(open_to_all)) == {"C2 held"}


def test_everybody_with_credentials_fails() -> None:
    assert says(rules.credentials_name_their_origin, _cross({"access-control-allow-origin": "*"})) == {"C2 fail"}


def test_everybody_with_credentials_warns_where_nobody_asked() -> None:
    sight = _plain({"access-control-allow-origin": "*", "access-control-allow-credentials": "true"})
    assert says(rules.credentials_name_their_origin, sight) == {"C2 warn"}


def test_two_origins_fail() -> None:
    two = _cross({"access-control-allow-origin": f"{ORIGIN}, https://b.example"})
    assert says(rules.credentials_name_their_origin, two) == {"C2 fail"}
    twice = _cross(repeated=[("Access-Control-Allow-Origin", "https://b.example")])
    assert says(rules.credentials_name_their_origin, twice) == {"C2 fail"}


def test_an_origin_that_we_made_up_need_not_be_allowed() -> None:
    assert says(rules.credentials_name_their_origin, _cross({"access-control-allow-origin": None})) == {"C2 warn"}


@pytest.mark.parametrize("allowed", ["https://app.kpn.com", "null"])
def test_another_origin_is_allowed_without_credentials_only(allowed: str) -> None:
    without = {"access-control-allow-origin": allowed, "access-control-allow-credentials": None}
    assert says(rules.credentials_name_their_origin, _cross(without)) == {"C2 warn"}
    assert says(rules.credentials_name_their_origin, _cross({"access-control-allow-origin": allowed})) == {"C2 fail"}


def test_a_call_of_no_origin_needs_no_cors_headers() -> None:
    assert says(rules.credentials_name_their_origin, _plain({})) == set()
    assert says(rules.credentials_name_their_origin, _plain(dict(ALLOWED))) == set()


def test_a_refusal_before_the_token_needs_none_either() -> None:
    bare = {"access-control-allow-origin": None, "access-control-allow-credentials": None}
    assert says(rules.credentials_name_their_origin, _cross(bare, 401, credential=Credential.NONE)) == set()


# --- C3 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vary", ["Origin", "Accept-Encoding, origin", "*"])
def test_an_answer_that_varies_by_origin_holds(vary: str) -> None:
    assert says(rules.one_origins_answer_varies, _cross({"vary": vary})) == {"C3 held"}


@pytest.mark.parametrize("vary", [None, "Accept-Encoding"])
def test_an_answer_that_does_not_warns(vary: str | None) -> None:
    assert says(rules.one_origins_answer_varies, _cross({"vary": vary})) == {"C3 warn"}


def test_an_answer_for_everybody_need_not_vary() -> None:
    assert says(rules.one_origins_answer_varies, _cross({"access-control-allow-origin": "*", "vary": None})) == set()


# --- C4 to C6: preflights ---------------------------------------------------------------------------------------------

PREFLIGHT = {
    **ALLOWED,
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type",
    "access-control-max-age": "3600",
}


def _preflight(
    headers: Mapping[str, str | None] | None = None,
    status: int = 200,
    path: str = "/order",
    method: str = "POST",
    asked: str | None = "authorization, content-type",
    credential: Credential = Credential.NONE,
    content: Any = None,
) -> Sight:
    sent = {"origin": ORIGIN, "access-control-request-method": method, "access-control-request-headers": asked}
    terms = agreed(extra_codes=frozenset({204}))
    answer = {**PREFLIGHT, **(headers or {})}
    return met("OPTIONS", path, status, content, headers=answer, sent_headers=sent, credential=credential, terms=terms)


@pytest.mark.parametrize("status", [200, 204])
def test_a_preflight_that_is_answered_without_a_token_holds(status: int) -> None:
    assert says(rules.preflights_are_answered, _preflight(status=status)) == {"C4 held"}


def test_a_preflight_with_a_token_does_not_show_that_none_is_needed() -> None:
    assert says(rules.preflights_are_answered, _preflight(credential=Credential.LIVE)) == set()


@pytest.mark.parametrize("status", [302, 400, 401, 404, 405, 500])
def test_a_preflight_that_is_refused_fails(status: int) -> None:
    sight = _preflight(status=status)
    assert says(rules.preflights_are_answered, sight) == {"C4 fail"}
    assert finding(rules.preflights_are_answered, sight).stateful == (status == 500)


def test_a_preflight_may_be_refused_for_its_origin() -> None:
    assert says(rules.preflights_are_answered, _preflight(status=403)) == {"C4 warn"}


@pytest.mark.parametrize("text", ["Disallowed CORS origin", "Origin is not allowed to make this request"])
def test_some_say_so_with_400(text: str) -> None:
    assert says(rules.preflights_are_answered, _preflight(status=400, content=text)) == {"C4 warn"}
    assert says(rules.preflights_are_answered, _preflight(status=401, content=text)) == {"C4 fail"}


@pytest.mark.parametrize("text", ["Disallowed CORS method", "Disallowed CORS origin, headers", "Bad request", ""])
def test_what_is_refused_for_more_than_its_origin_fails(text: str) -> None:
    assert says(rules.preflights_are_answered, _preflight(status=400, content=text)) == {"C4 fail"}


@pytest.mark.parametrize("status", [405, 200])
def test_an_options_that_is_no_preflight_may_be_refused(status: int) -> None:
    for rule in (rules.preflights_are_answered, rules.preflights_allow_what_is_documented, rules.max_age_is_a_number):
        assert says(rule, met("OPTIONS", "/order", status, five(status))) == set()


def test_a_preflight_to_an_unknown_path_may_be_refused() -> None:
    assert says(rules.preflights_are_answered, _preflight(status=404, path="/nothing")) == set()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"access-control-allow-methods": "get,post"},
        {"access-control-allow-methods": "*"},
        {"access-control-allow-headers": "authorization, *"},
    ],
)
def test_a_preflight_that_allows_what_is_documented_holds(headers: Mapping[str, str | None]) -> None:
    assert says(rules.preflights_allow_what_is_documented, _preflight(headers)) == {"C5 held"}


def test_a_preflight_may_allow_only_the_headers_that_were_asked_for() -> None:
    only = {"access-control-allow-headers": "authorization"}
    assert says(rules.preflights_allow_what_is_documented, _preflight(only, asked="authorization")) == {"C5 held"}
    assert says(rules.preflights_allow_what_is_documented, _preflight(only)) == {"C5 fail"}
    none: Mapping[str, str | None] = {"access-control-allow-headers": None}
    assert says(rules.preflights_allow_what_is_documented, _preflight(none, asked=None)) == {"C5 held"}


def test_a_star_does_not_cover_authorization() -> None:
    assert says(rules.preflights_allow_what_is_documented, _preflight({"access-control-allow-headers": "*"})) == {
        "C5 fail"
    }


def test_without_delete_nobody_can_delete() -> None:
    path = "/subscriber/u1%40acme.example"
    without = _preflight({}, path=path, method="DELETE")
    assert says(rules.preflights_allow_what_is_documented, without) == {"C5 fail"}
    listed = _preflight({"access-control-allow-methods": "DELETE"}, path=path, method="DELETE")
    assert says(rules.preflights_allow_what_is_documented, listed) == {"C5 held"}


def test_a_list_may_be_shortened_to_the_method_that_was_asked_for() -> None:
    only_post: Mapping[str, str | None] = {"access-control-allow-methods": "POST"}
    assert says(rules.preflights_allow_what_is_documented, _preflight(only_post, method="POST")) == {"C5 warn"}
    assert says(rules.preflights_allow_what_is_documented, _preflight(only_post, method="GET")) == {"C5 fail"}


def test_an_origin_that_is_not_allowed_may_be_told_nothing_more() -> None:
    bare: Mapping[str, str | None] = dict.fromkeys(PREFLIGHT)
    assert says(rules.preflights_allow_what_is_documented, _preflight(bare)) == {"C5 warn"}


@pytest.mark.parametrize("value", ["0", "3600"])
def test_a_max_age_in_seconds_holds(value: str) -> None:
    assert says(rules.max_age_is_a_number, _preflight({"access-control-max-age": value})) == {"C6 held"}


@pytest.mark.parametrize("value", ["-1", "1h", "3600.5", ""])
def test_any_other_max_age_fails(value: str) -> None:
    assert says(rules.max_age_is_a_number, _preflight({"access-control-max-age": value})) == {"C6 fail"}


def test_a_preflight_without_a_max_age_warns() -> None:
    assert says(rules.max_age_is_a_number, _preflight({"access-control-max-age": None})) == {"C6 warn"}
    assert says(rules.max_age_is_a_number, _cross()) == set()


def test_a_slash_at_the_end_of_the_base_url_changes_nothing() -> None:
    terms = agreed(base_url=BASE + "/")
    sent = {"origin": ORIGIN, "access-control-request-method": "GET"}
    assert met("OPTIONS", BASE + "/order", sent_headers=sent, terms=terms).methods == ("GET", "POST")
