"""K1: the quota headers, one by one and from call to call."""

from __future__ import annotations

from typing import Any

import pytest
from rule_sights import PLACED, STOCK, after, finding, five, met, says

from kandykit.exchange import Credential
from kandykit.rules.quota import quota_headers_make_sense, quota_used_grows, throttling_is_by_quota
from kandykit.rules.rule import Sight


def _quota(status: int = 200, content: Any = STOCK, **headers: Any) -> Sight:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return met("GET", "/inventory", status, content, headers=named)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"quota_used": "1000", "quota_limit": "1000"},
        {"quota_interval": "0"},
        {"quota_time_unit": "Month"},
        {"quota_reset_UTC": "1767312000"},
        {"quota_reset_UTC": "2026-01-02T00:00:00"},
        {"quota_reset_UTC": "Fri, 02 Jan 2026 00:00:00 GMT"},
    ],
)
def test_quota_headers_that_make_sense_hold(headers: dict[str, Any]) -> None:
    assert says(quota_headers_make_sense, _quota(**headers)) == {"K1 held"}


@pytest.mark.parametrize(
    ("headers", "title"),
    [
        ({"quota_used": "-1"}, "quota-used is no whole number"),
        ({"quota_used": ""}, "quota-used is no whole number"),
        ({"quota_limit": "unlimited"}, "quota-limit is no whole number"),
        ({"quota_interval": "1.5"}, "quota-interval is no whole number"),
        ({"quota_time_unit": "second"}, "quota-time-unit is no documented unit"),
        ({"quota_reset_UTC": "tomorrow"}, "quota-reset-UTC is no moment"),
    ],
)
def test_quota_headers_that_make_no_sense_fail(headers: dict[str, Any], title: str) -> None:
    assert says(quota_headers_make_sense, _quota(**headers)) == {"K1+R2 fail"}
    assert finding(quota_headers_make_sense, _quota(**headers)).title == title
    assert says(quota_headers_make_sense, _quota(404, five(404), **headers)) == {"K1+R2 warn"}


@pytest.mark.parametrize("status", [200, 404])
def test_more_use_than_the_limit_fails_in_whatever_was_served(status: int) -> None:
    assert says(quota_headers_make_sense, _quota(status, quota_used="1001")) == {"K1 fail"}


@pytest.mark.parametrize("status", [429, 503])
def test_what_is_turned_away_may_count_beyond_the_limit(status: int) -> None:
    assert says(quota_headers_make_sense, _quota(status, five(status), quota_used="1001")) == {"K1 held"}


def test_headers_without_values_before_the_token_prove_nothing() -> None:
    blank = {"quota-used": "", "quota-limit": ""}
    assert says(quota_headers_make_sense, met("GET", "/order", 401, headers=blank)) == set()
    none = met("GET", "/order", 401, headers=blank, credential=Credential.NONE)
    assert says(quota_headers_make_sense, none) == set()


# --- From call to call ------------------------------------------------------------------------------------------------


def _call(used: int, seq: int, *, past: Any = None, ended: float | None = None, **more: Any) -> Sight:
    headers = {"quota-used": str(used), **more.pop("headers", {})}
    return met(
        "GET", "/inventory", content=STOCK, seq=seq, started=float(seq), ended=ended, past=past, headers=headers, **more
    )


def test_a_use_that_grows_holds() -> None:
    assert says(quota_used_grows, _call(8, 2, past=after(_call(7, 1)))) == {"K1 held"}
    assert says(quota_used_grows, _call(30, 2, past=after(_call(7, 1)))) == {"K1 held"}


def test_a_use_that_falls_fails() -> None:
    sight = _call(6, 2, past=after(_call(7, 1)))
    assert says(quota_used_grows, sight) == {"K1 fail"}
    assert finding(quota_used_grows, sight).evidence == (1, 2)


def test_a_use_that_stands_still_warns() -> None:
    assert says(quota_used_grows, _call(7, 2, past=after(_call(7, 1)))) == {"K1 warn"}


def test_a_use_that_has_reached_the_limit_cannot_grow() -> None:
    assert says(quota_used_grows, _call(1000, 2, past=after(_call(1000, 1)))) == set()


def test_calls_that_overlap_are_not_compared() -> None:
    assert says(quota_used_grows, _call(6, 2, past=after(_call(7, 1, ended=5.0)))) == set()


def test_of_many_calls_the_last_one_that_was_over_is_compared() -> None:
    past = after(_call(7, 1), _call(9, 2, ended=9.0), _call(8, 3, ended=9.0))
    assert says(quota_used_grows, _call(6, 4, past=past)) == {"K1 fail"}
    assert says(quota_used_grows, _call(8, 4, past=past)) == {"K1 held"}


@pytest.mark.parametrize(
    "headers",
    [
        {"quota-reset-UTC": "1767398400000"},
        {"quota-limit": "500"},
        {"quota-reset-UTC": "1767268790000"},
        {"quota-reset-UTC": "soon"},
    ],
    ids=["another period", "another quota", "a period that may be over", "no period that can be read"],
)
def test_a_new_period_counts_from_the_start(headers: dict[str, str]) -> None:
    same = headers if "quota-reset-UTC" in headers and headers["quota-reset-UTC"] != "1767398400000" else {}
    assert says(quota_used_grows, _call(1, 2, past=after(_call(7, 1, headers=same)), headers=headers)) == set()


def test_accounts_have_quotas_of_their_own() -> None:
    assert says(quota_used_grows, _call(1, 2, past=after(_call(7, 1)), account="account-2")) == set()


# --- Throttling -------------------------------------------------------------------------------------------------------


def test_a_429_with_a_used_up_quota_holds() -> None:
    assert says(throttling_is_by_quota, _quota(429, five(429), quota_used="1000")) == {"K1 held"}


def test_a_429_with_quota_left_warns() -> None:
    assert says(throttling_is_by_quota, _quota(429, five(429))) == {"K1 warn"}


@pytest.mark.parametrize(
    "sight",
    [
        met("GET", "/order", 429, five(429), headers={"retry-after": "1"}),
        met("GET", "/order", 429, {"fault": {"faultstring": "Spike arrest violation. Allowed rate : 10ps"}}),
        met("GET", "/order", 429, five(429), headers={"quota-used": None}),
    ],
    ids=["says when", "a spike", "no quota headers"],
)
def test_a_429_for_another_reason_proves_nothing(sight: Sight) -> None:
    assert says(throttling_is_by_quota, sight) == set()


def test_a_used_up_quota_by_500_warns() -> None:
    content = {"fault": {"faultstring": "x", "detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}}
    assert says(throttling_is_by_quota, met("POST", "/order", 500, content, sent=PLACED)) == {"K1 warn"}
