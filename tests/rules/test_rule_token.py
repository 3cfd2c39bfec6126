"""T1 to T8, T10 and R6 at the token endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from rule_sights import (
    CLIENT_SECRET,
    FAULT,
    LIVE_TOKEN,
    OTHER_TOKEN,
    STOCK,
    TOKEN,
    after,
    asked_for_token,
    finding,
    met,
    minted,
    says,
)

from kandykit.exchange import Credential
from kandykit.rules import token as rules

REFUSED = {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}
APIGEE = {"fault": {"faultstring": "Invalid", "detail": {"errorcode": "oauth.v2.InvalidClientIdentifier"}}}


# --- T1 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 405), ("PUT", 404), ("GET", 400), ("HEAD", 200), ("DELETE", 403)]
)
def test_another_method_that_gets_no_token_holds(method: str, status: int) -> None:
    sight = asked_for_token(status, {"ErrorCode": "method_not_allowed", "Error": "x"}, method=method)
    assert says(rules.other_methods_give_no_token, sight) == {"T1 held", "R6 held"}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_token_by_another_method_fails(method: str) -> None:
    sight = asked_for_token(method=method)
    assert says(rules.other_methods_give_no_token, sight) == {"T1+R6 fail"}
    assert finding(rules.other_methods_give_no_token, sight).title == f"The token endpoint gives a token to {method}"


def test_post_is_the_method() -> None:
    assert says(rules.other_methods_give_no_token, asked_for_token()) == set()


# --- T2 to T5, T8: a token that was granted ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", "BearerToken"])
def test_the_token_type_is_bearer_in_any_case(kind: str) -> None:
    expected = {"T2 fail"} if kind == "BearerToken" else {"T2 held"}
    assert says(rules.token_answers_name_the_token, asked_for_token(content=minted(token_type=kind))) == expected


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (201, minted()),
        (200, "access_token=abc&token_type=Bearer"),
        (200, [minted()]),
        (200, minted(access_token=None)),
        (200, minted(access_token="")),
        (200, minted(access_token=7)),
        (200, minted(token_type=None)),
    ],
)
def test_a_token_answer_that_cannot_be_used_fails(status: int, content: Any) -> None:
    assert says(rules.token_answers_name_the_token, asked_for_token(status, content)) == {"T2 fail"}


def test_the_grant_type_may_stand_in_the_form() -> None:
    sent = f"grant_type=client_credentials&client_id=acme&client_secret={CLIENT_SECRET}"
    assert says(rules.token_answers_name_the_token, asked_for_token(url=TOKEN.partition("?")[0], sent=sent)) == {
        "T2 held"
    }


@pytest.mark.parametrize("life", ["3599", 3600, "60"])
def test_a_life_in_seconds_holds(life: Any) -> None:
    assert says(rules.token_life_is_a_number, asked_for_token(content=minted(expires_in=life))) == {"T3 held"}


def test_a_life_that_is_not_named_is_no_number_and_no_fault() -> None:
    assert says(rules.token_life_is_a_number, asked_for_token(content=minted(expires_in=None))) == set()


@pytest.mark.parametrize("life", ["", "1h", "59.9", 59.9, 0, "0", -1, True, "3599 s"])
def test_any_other_life_warns(life: Any) -> None:
    assert says(rules.token_life_is_a_number, asked_for_token(content=minted(expires_in=life))) == {"T3 warn"}


@pytest.mark.parametrize(
    ("control", "expected"),
    [("no-store", "T4 held"), ("private, No-Store", "T4 held"), ("no-cache", "T4 warn"), (None, "T4 warn")],
)
def test_a_token_answer_is_not_stored(control: str | None, expected: str) -> None:
    sight = asked_for_token(headers={"cache-control": control})
    assert says(rules.token_answers_are_not_stored, sight) == {expected}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (minted(), "T5 held"),
        (minted(refresh_token=""), "T5 held"),
        (minted(refresh_token="{{refresh_token:778899aabbcc}}"), "T5 warn"),
    ],
)
def test_no_refresh_token_comes(content: Any, expected: str) -> None:
    assert says(rules.no_refresh_token, asked_for_token(content=content)) == {expected}


def test_basic_authentication_is_only_told() -> None:
    basic = {"authorization": "Basic {{authorization:66ff66ff66ff}}"}
    assert says(rules.basic_is_understood, asked_for_token(sent_headers=basic)) == {"T8 held"}
    assert says(rules.basic_is_understood, asked_for_token(401, REFUSED, sent_headers=basic)) == set()
    assert says(rules.basic_is_understood, asked_for_token()) == set()


def test_a_strangers_token_answer_is_judged_all_the_same() -> None:
    sight = asked_for_token(content=minted(token_type="mac"), credential=Credential.PRESUMED)
    assert says(rules.token_answers_name_the_token, sight) == {"T2 fail"}


# --- T6 ---------------------------------------------------------------------------------------------------------------


def _wrong_client(status: int, content: Any, **more: Any) -> Any:
    return asked_for_token(status, content, credential=Credential.WRONG_SECRET, **more)


@pytest.mark.parametrize("content", [REFUSED, APIGEE, {"error": "invalid_client"}], ids=["kpn", "apigee", "rfc"])
@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_client_that_is_told_so_holds(status: int, content: Any) -> None:
    assert says(rules.wrong_clients_are_told_so, _wrong_client(status, content)) == {"T6 held", "R6 held"}


def test_a_refusal_may_be_spelt_with_escapes() -> None:
    content = r'{"Erro\u0072Code": "inva\u006cid_cl\u0069ent"}'
    assert says(rules.wrong_clients_are_told_so, _wrong_client(401, content)) == {"T6 held", "R6 held"}


def test_a_missing_credential_is_an_invalid_request() -> None:
    content = {"ErrorCode": "invalid_request", "Error": "The request is missing a required parameter : client_id"}
    missing = _wrong_client(400, content, sent=f"client_secret={CLIENT_SECRET}")
    assert says(rules.wrong_clients_are_told_so, missing) == {"T6 held", "R6 held"}
    assert says(rules.wrong_clients_are_told_so, _wrong_client(400, content)) == {"T6 warn", "R6 held"}
    basic = {"authorization": "Basic {{authorization:66ff66ff66ff}}"}
    elsewhere = _wrong_client(400, content, sent="", sent_headers=basic)
    assert says(rules.wrong_clients_are_told_so, elsewhere) == {"T6 held", "R6 held"}


@pytest.mark.parametrize(
    ("status", "content"),
    [(500, {"ErrorCode": "oauth.invalid_client-invalid_client_id"}), (403, REFUSED), (401, "<p>"), (401, {"x": 1})],
)
def test_another_form_of_refusal_warns(status: int, content: Any) -> None:
    assert says(rules.wrong_clients_are_told_so, _wrong_client(status, content)) == {"T6 warn", "R6 held"}


@pytest.mark.parametrize("content", [minted(), "access_token=abc"], ids=["json", "form"])
def test_a_token_for_a_wrong_client_fails(content: Any) -> None:
    assert says(rules.wrong_clients_are_told_so, _wrong_client(200, content)) == {"R6+T6 fail"}


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_is_not_itself_proves_nothing(status: int) -> None:
    assert says(rules.wrong_clients_are_told_so, _wrong_client(status, {"x": 1})) == set()


# --- T7 ---------------------------------------------------------------------------------------------------------------

BARE = TOKEN.partition("?")[0]
UNSUPPORTED = {"ErrorCode": "unsupported_grant_type", "Error": "x"}


@pytest.mark.parametrize(
    ("url", "content"),
    [(BARE, {"ErrorCode": "invalid_request"}), (f"{BARE}?grant_type=password", UNSUPPORTED), (BARE, UNSUPPORTED)],
)
def test_a_wrong_grant_that_is_told_so_holds(url: str, content: Any) -> None:
    assert says(rules.wrong_grants_are_told_so, asked_for_token(400, content, url=url)) == {"T7 held"}


@pytest.mark.parametrize(
    ("status", "content"), [(200, minted()), (400, {"x": 1}), (403, UNSUPPORTED), (500, UNSUPPORTED)]
)
def test_a_wrong_grant_that_is_not_told_so_warns(status: int, content: Any) -> None:
    sight = asked_for_token(status, content, url=f"{BARE}?grant_type=password")
    assert says(rules.wrong_grants_are_told_so, sight) == {"T7 warn"}


def test_a_right_grant_is_no_business_of_t7() -> None:
    assert says(rules.wrong_grants_are_told_so, asked_for_token()) == set()
    assert says(rules.wrong_grants_are_told_so, _wrong_client(401, REFUSED, url=BARE)) == set(), "wrong in two ways"


# --- T10 --------------------------------------------------------------------------------------------------------------

FIRST = asked_for_token(seq=1)
SECOND = asked_for_token(content=minted(OTHER_TOKEN), seq=2)
USED = met("GET", "/inventory", content=STOCK, seq=3)


def test_an_older_token_that_still_works_holds() -> None:
    assert says(rules.tokens_work_until_they_expire, met("GET", "/inventory", past=after(FIRST, SECOND))) == {
        "T10 held"
    }


def test_the_same_token_twice_holds() -> None:
    assert says(rules.tokens_work_until_they_expire, met("GET", "/inventory", past=after(FIRST, FIRST))) == {"T10 held"}


def test_a_single_token_proves_nothing() -> None:
    assert says(rules.tokens_work_until_they_expire, met("GET", "/inventory", past=after(FIRST))) == set()


def test_a_token_that_a_newer_one_ends_warns() -> None:
    sight = met("GET", "/inventory", 401, FAULT, seq=4, past=after(FIRST, USED, SECOND))
    assert says(rules.tokens_work_until_they_expire, sight) == {"T10 warn"}
    found = finding(rules.tokens_work_until_they_expire, sight)
    assert found.evidence == (1, 4)
    assert found.title == "A token ends before its time, when a newer one is there"


def test_a_token_that_ends_in_time_is_as_it_should_be() -> None:
    past = after(FIRST, USED)
    assert says(rules.tokens_work_until_they_expire, met("GET", "/order", 401, started=3599, past=past)) == set()


def test_a_token_whose_life_was_not_named_ends_when_it_ends() -> None:
    unnamed = asked_for_token(content=minted(expires_in=None), seq=1)
    sight = met("GET", "/inventory", 401, FAULT, seq=4, past=after(unnamed, USED))
    assert says(rules.tokens_work_until_they_expire, sight) == set()


@pytest.mark.parametrize(("scheme", "said"), [("BEARER", set()), ("Bearer", {"T10 warn"})])
def test_a_token_under_another_spelling_of_the_scheme_is_b5s(scheme: str, said: set[str]) -> None:
    headers = {"authorization": f"{scheme} {LIVE_TOKEN}"}
    sight = met("GET", "/order", 401, sent_headers=headers, seq=4, past=after(FIRST, USED))
    assert says(rules.tokens_work_until_they_expire, sight) == said


def test_a_token_that_never_worked_is_b5s() -> None:
    assert says(rules.tokens_work_until_they_expire, met("GET", "/order", 401, past=after(FIRST, SECOND))) == set()


def test_a_made_up_token_is_not_ours() -> None:
    sight = met("GET", "/order", 401, credential=Credential.UNKNOWN, past=after(FIRST))
    assert says(rules.tokens_work_until_they_expire, sight) == set()


def test_a_token_is_known_by_its_fingerprint() -> None:
    assert after(FIRST).newest_token == {"account-1": LIVE_TOKEN[-14:-2]}
