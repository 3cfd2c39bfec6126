"""S1 to S4: HSTS, plain http, and sunset."""

from __future__ import annotations

import pytest
from rule_sights import BASE, STANDARD, STOCK, asked_for_token, finding, five, met, says

from kandykit.rules.dates import http_date, moment
from kandykit.rules.rule import Sight
from kandykit.rules.transport import (
    hsts_has_the_documented_value,
    hsts_is_sent_once,
    plain_http_is_not_served,
    sunset_is_a_date,
)

HSTS = "strict-transport-security"
GOOD = STANDARD[HSTS]


def _with(value: str | None, status: int = 200, repeated: tuple[tuple[str, str], ...] = ()) -> Sight:
    return met("GET", "/inventory", status, STOCK, headers={HSTS: value}, repeated=repeated)


EQUAL = [
    GOOD,
    "preload; includeSubDomains; max-age=31536000",
    'MAX-AGE="31536000";INCLUDESUBDOMAINS;PRELOAD',
    "max-age = 31536000 ; includesubdomains ; preload ;",
]


@pytest.mark.parametrize("value", EQUAL)
def test_the_documented_policy_holds_however_it_is_written(value: str) -> None:
    assert says(hsts_is_sent_once, _with(value)) == {"S1 held"}
    assert says(hsts_has_the_documented_value, _with(value)) == {"S2 held"}


@pytest.mark.parametrize(
    "value", ["includeSubDomains; preload", "max-age=1; max-age=31536000", f"{GOOD}; preload", "", "31536000"]
)
def test_a_policy_that_is_not_well_formed_fails(value: str) -> None:
    assert says(hsts_is_sent_once, _with(value)) == {"S1 fail"}
    assert says(hsts_is_sent_once, _with(value, status=404)) == {"S1 warn"}


def test_two_policies_fail() -> None:
    assert says(hsts_is_sent_once, _with(GOOD, repeated=(("Strict-Transport-Security", GOOD),))) == {"S1 fail"}


@pytest.mark.parametrize(
    "value", ["max-age=0; includeSubDomains; preload", "max-age=31536000", "max-age=31536000; preload"]
)
def test_another_policy_fails(value: str) -> None:
    assert says(hsts_has_the_documented_value, _with(value)) == {"S2 fail"}
    assert says(hsts_has_the_documented_value, _with(value, status=404)) == {"S2 warn"}


def test_a_directive_more_is_only_noted() -> None:
    assert says(hsts_has_the_documented_value, _with(f"{GOOD}; report=/x")) == {"S2 warn"}


def test_a_missing_policy_is_judged_with_the_other_headers() -> None:
    assert says(hsts_is_sent_once, _with(None)) == says(hsts_has_the_documented_value, _with(None)) == set()


def test_the_token_endpoints_policy_is_its_own() -> None:
    assert says(hsts_has_the_documented_value, asked_for_token(headers={HSTS: "max-age=1"})) == set()


# --- S3 ---------------------------------------------------------------------------------------------------------------

PLAIN = BASE.replace("https:", "http:") + "/inventory"


def test_plain_http_that_is_refused_or_redirected_holds() -> None:
    assert says(plain_http_is_not_served, met("GET", PLAIN, 0, failure="unreachable")) == {"S3 held"}
    redirect = {"location": f"{BASE}/inventory", HSTS: None}
    assert says(plain_http_is_not_served, met("GET", PLAIN, 308, headers=redirect)) == {"S3 held"}


def test_plain_http_that_is_served_is_not_told_as_a_pass() -> None:
    """Information never fails; what did not hold is simply not counted."""
    assert says(plain_http_is_not_served, met("GET", PLAIN, 200, STOCK)) == set()
    assert says(plain_http_is_not_served, met("GET", PLAIN, 301, headers={"location": f"{BASE}/inventory"})) == set()


def test_https_is_no_plain_http() -> None:
    assert says(plain_http_is_not_served, met("GET", "/inventory", content=STOCK)) == set()


# --- S4 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["n/a", "N/A", "Sat, 31 Dec 2050 23:59:59 GMT", "2050-12-31"])
def test_a_sunset_to_come_or_none_holds(value: str) -> None:
    assert says(sunset_is_a_date, met("GET", "/inventory", headers={"sunset": value})) == {"S4 held"}


@pytest.mark.parametrize("value", ["", "soon", "none", "Sat, 31 Dec 2050"])
def test_any_other_text_warns(value: str) -> None:
    assert says(sunset_is_a_date, met("GET", "/inventory", headers={"sunset": value})) == {"S4 warn"}


def test_a_sunset_that_is_over_warns() -> None:
    sight = met("GET", "/order", 404, five(404), headers={"sunset": "Wed, 01 Jan 2025 00:00:00 GMT"})
    assert says(sunset_is_a_date, sight) == {"S4 warn"}
    assert finding(sunset_is_a_date, sight).title == "Sunset lies in the past while the API is still served"


def test_a_missing_sunset_is_judged_with_the_other_headers() -> None:
    assert says(sunset_is_a_date, met("GET", "/inventory", headers={"sunset": None})) == set()


# --- Dates ------------------------------------------------------------------------------------------------------------

NEW_YEAR = 1767225600.0


@pytest.mark.parametrize(
    "text",
    [
        "1767225600",
        "1767225600000",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T01:00:00+01:00",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00",
        "2026-01-01 00:00:00 UTC",
        "2026-01-01",
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thursday, 01-Jan-26 00:00:00 GMT",
        "Thu Jan  1 00:00:00 2026",
        "Thu, 01 Jan 2026 00:00:00 +0000",
        "Thu, 1 Jan 2026 01:00:00 +0100",
        "Thu, 01 Jan 2026 00:00:00 UTC",
        "Thu Jan 01 00:00:00 UTC 2026",
    ],
)
def test_a_moment_is_read_in_every_usual_notation(text: str) -> None:
    assert moment(text) == NEW_YEAR


@pytest.mark.parametrize(
    "text", ["", "0", "60", "now", "12:00:00", "2026-13-01", "n/a", "2026", "Thu, 41 Jan 2026 00:00:00 UTC"]
)
def test_other_text_is_no_moment(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00Z", "Thu, 1 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 +0000"]
)
def test_an_http_date_has_three_forms_only(text: str) -> None:
    assert http_date(text) is None
