"""R6 and B1 to B5: nothing without a live Bearer token, and the form of the refusal."""

from __future__ import annotations

from typing import Any

import pytest
from rule_sights import (
    CHALLENGE,
    FAULT,
    LIVE_TOKEN,
    ORDER,
    ORIGIN,
    PLACED,
    STOCK,
    after,
    asked_for_token,
    finding,
    five,
    met,
    says,
)

from kandykit.exchange import Credential
from kandykit.rules.authentication import (
    DEAD,
    bad_tokens_are_named,
    bearer_is_accepted,
    entitlement_is_asked_for,
    missing_tokens_are_challenged,
    nothing_without_a_live_token,
)

NONE, UNKNOWN, EXPIRED, OTHER = DEAD
CHALLENGED = {"www-authenticate": CHALLENGE}


# --- R6 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", DEAD)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 405])
def test_a_refusal_of_a_dead_credential_holds(credential: Credential, status: int) -> None:
    """Which code it is refused with is form, and other rules' business."""
    assert says(nothing_without_a_live_token, met("GET", "/order", status, FAULT, credential=credential)) == {"R6 held"}


@pytest.mark.parametrize("credential", DEAD)
def test_a_success_with_a_dead_credential_fails(credential: Credential) -> None:
    sight = met("GET", "/inventory", 200, STOCK, credential=credential)
    assert says(nothing_without_a_live_token, sight) == {"R6 fail"}
    assert finding(nothing_without_a_live_token, sight).title == f"GET /inventory succeeds {DEAD[credential]}"


@pytest.mark.parametrize(("method", "path"), [("PUT", "/order"), ("HEAD", "/inventory"), ("GET", "/no-such-path")])
def test_no_method_and_no_path_is_open(method: str, path: str) -> None:
    assert says(nothing_without_a_live_token, met(method, path, 200, credential=NONE)) == {"R6 fail"}


def test_a_page_for_people_where_nothing_is_documented_proves_nothing() -> None:
    page = met("GET", "/inventory.html", 200, "<p>Welcome</p>", credential=NONE)
    assert says(nothing_without_a_live_token, page) == set()
    assert says(nothing_without_a_live_token, met("GET", "/inventory.json", 200, STOCK, credential=NONE)) == {"R6 fail"}


def test_a_500_that_speaks_of_the_token_is_a_refusal() -> None:
    assert says(nothing_without_a_live_token, met("GET", "/order", 500, FAULT, credential=UNKNOWN)) == {"R6 held"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_not_itself_proves_nothing(status: int) -> None:
    assert says(nothing_without_a_live_token, met("GET", "/order", status, five(status), credential=NONE)) == set()


def test_a_live_token_and_an_unknown_one_of_somebody_elses_prove_nothing() -> None:
    for credential in (Credential.LIVE, Credential.PRESUMED):
        assert (
            says(nothing_without_a_live_token, met("GET", "/inventory", content=STOCK, credential=credential)) == set()
        )


def test_options_needs_no_token() -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "POST"}
    assert (
        says(nothing_without_a_live_token, met("OPTIONS", "/order", sent_headers=preflight, credential=NONE)) == set()
    )


def test_bearer_in_other_letters_is_no_other_scheme() -> None:
    sight = met(
        "GET", "/inventory", content=STOCK, credential=OTHER, sent_headers={"authorization": f"bearer {LIVE_TOKEN}"}
    )
    assert says(nothing_without_a_live_token, sight) == set()
    assert says(bearer_is_accepted, sight) == {"B5 held"}


# --- B1, B2 -----------------------------------------------------------------------------------------------------------


def _without_token(status: int, challenge: str | None, content: Any = FAULT, **more: Any) -> Any:
    headers = {"www-authenticate": challenge}
    return met("GET", "/inventory", status, content, headers=headers, credential=NONE, **more)


@pytest.mark.parametrize(
    "challenge",
    [
        CHALLENGE,
        "Bearer",
        'bearer realm="kandy"',
        'Basic realm="x", Bearer realm="y"',
        'Bearer realm="kandy", scope="orders"',
    ],
)
def test_a_bearer_challenge_holds(challenge: str) -> None:
    """The invalid_token that KPN's gateway always names is documented, so it holds too."""
    assert says(missing_tokens_are_challenged, _without_token(401, challenge)) == {"B1 held", "B2 held"}


@pytest.mark.parametrize("challenge", [None, 'Basic realm="x"', "BearerToken", 'Digest realm="Bearer of news"'])
def test_a_401_without_a_bearer_challenge_fails(challenge: str | None) -> None:
    assert says(missing_tokens_are_challenged, _without_token(401, challenge)) == {"B1 fail"}


def test_an_error_where_nothing_was_tried_warns() -> None:
    sight = _without_token(401, 'Bearer realm="x", error="insufficient_scope"')
    assert says(missing_tokens_are_challenged, sight) == {"B1 held", "B2 warn"}


@pytest.mark.parametrize("status", [403, 404, 405, 412, 302])
def test_another_refusal_of_a_missing_token_warns(status: int) -> None:
    assert says(missing_tokens_are_challenged, _without_token(status, None)) == {"B1 warn"}


def test_a_gateways_500_for_a_missing_token_warns() -> None:
    assert says(missing_tokens_are_challenged, _without_token(500, None)) == {"B1 warn"}


@pytest.mark.parametrize("status", [400, 500])
def test_a_code_that_has_no_excuse_fails(status: int) -> None:
    sight = _without_token(status, None, five(status))
    assert says(missing_tokens_are_challenged, sight) == {"B1 fail"}
    assert finding(missing_tokens_are_challenged, sight).stateful == (status == 500)


def test_malformed_input_without_a_token_may_be_refused_for_either() -> None:
    assert (
        says(missing_tokens_are_challenged, met("POST", "/order", 400, five(400), sent="{", credential=NONE)) == set()
    )


def test_an_unknown_path_may_be_unknown_before_the_token_is() -> None:
    assert says(missing_tokens_are_challenged, met("GET", "/nothing", 404, FAULT, credential=NONE)) == set()


# --- B3 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [UNKNOWN, EXPIRED, OTHER])
def test_a_bad_token_that_is_named_holds(credential: Credential) -> None:
    sight = met("GET", "/order", 401, FAULT, headers=CHALLENGED, credential=credential)
    assert says(bad_tokens_are_named, sight) == {"B3 held"}


def test_another_scheme_needs_no_error() -> None:
    sight = met("GET", "/order", 401, FAULT, headers={"www-authenticate": "Bearer"}, credential=OTHER)
    assert says(bad_tokens_are_named, sight) == {"B3 held"}


@pytest.mark.parametrize(
    ("status", "challenge"), [(401, None), (401, "Bearer"), (401, 'Basic realm="x"'), (403, None), (500, None)]
)
def test_a_bad_token_that_is_not_named_warns(status: int, challenge: str | None) -> None:
    sight = met("GET", "/order", status, FAULT, headers={"www-authenticate": challenge}, credential=UNKNOWN)
    assert says(bad_tokens_are_named, sight) == {"B3 warn"}


def test_a_server_error_that_says_nothing_of_tokens_proves_nothing() -> None:
    assert says(bad_tokens_are_named, met("GET", "/order", 503, five(503), credential=EXPIRED)) == set()


# --- B4 ---------------------------------------------------------------------------------------------------------------

NO_PRODUCT = {
    "fault": {
        "faultstring": "Invalid API call as no apiproduct match found",
        "detail": {"errorcode": "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"},
    }
}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_without_entitlement_is_refused(status: int) -> None:
    assert says(entitlement_is_asked_for, met("GET", "/order", status, NO_PRODUCT)) == {"B4 held"}
    assert says(entitlement_is_asked_for, met("GET", "/order", status, five(status), probe="no entitlement")) == {
        "B4 held"
    }


@pytest.mark.parametrize("status", [200, 500])
def test_a_token_without_entitlement_opens_nothing(status: int) -> None:
    assert says(entitlement_is_asked_for, met("GET", "/inventory", status, STOCK, probe="no entitlement")) == {
        "B4 fail"
    }


def test_a_server_error_that_means_entitlement_fails() -> None:
    assert says(entitlement_is_asked_for, met("GET", "/inventory", 500, NO_PRODUCT)) == {"B4 fail"}


def test_a_403_for_another_reason_says_nothing_of_entitlement() -> None:
    assert says(entitlement_is_asked_for, met("POST", "/order", 403, five(403), sent=PLACED)) == set()


# --- B5 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_live_token_is_accepted(scheme: str) -> None:
    sent = {"authorization": f"{scheme} {LIVE_TOKEN}"}
    assert says(bearer_is_accepted, met("GET", "/inventory", content=STOCK, sent_headers=sent)) == {"B5 held"}


def test_a_scheme_in_other_letters_that_is_refused_warns() -> None:
    sight = met("GET", "/order", 401, FAULT, sent_headers={"authorization": f"bearer {LIVE_TOKEN}"})
    assert says(bearer_is_accepted, sight) == {"B5 warn"}
    assert finding(bearer_is_accepted, sight).title == "A live token is refused when the scheme is spelled bearer"


def test_a_fresh_token_that_never_works_warns() -> None:
    assert says(bearer_is_accepted, met("GET", "/order", 401, FAULT, past=after(asked_for_token()))) == {"B5 warn"}


def test_a_token_that_is_refused_at_the_end_of_its_life_is_nobodys_fault() -> None:
    past = after(asked_for_token())
    assert says(bearer_is_accepted, met("GET", "/order", 401, FAULT, started=3600, past=past)) == set()


def test_a_token_that_worked_before_is_t10s() -> None:
    past = after(asked_for_token(), met("GET", "/inventory", content=STOCK))
    assert says(bearer_is_accepted, met("GET", "/order", 401, FAULT, past=past)) == set()


def test_a_refusal_by_the_api_says_nothing_of_the_scheme() -> None:
    assert says(bearer_is_accepted, met("POST", "/order", 412, five(412), sent=PLACED)) == set()
    assert says(bearer_is_accepted, met("POST", "/order", 201, ORDER, sent=PLACED)) == {"B5 held"}
