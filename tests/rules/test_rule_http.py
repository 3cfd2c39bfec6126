"""H3 to H8, H11, H12, H14, H17, H18 and H20: single codes and headers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rule_sights import (
    BASE,
    CREATED,
    DELETED,
    ORDER,
    PLACED,
    STOCK,
    WANTED,
    after,
    agreed,
    asked_for_token,
    finding,
    five,
    met,
    says,
)

from kandykit.exchange import Credential
from kandykit.rules import http as rules
from kandykit.rules.rule import Sight

PATH = "/communication/kandy/provisioning"


# --- H3 ---------------------------------------------------------------------------------------------------------------


def _placed(location: str | None, status: int = 201, **more: Any) -> Sight:
    return met("POST", "/order", status, ORDER, sent=PLACED, headers={"location": location}, **more)


@pytest.mark.parametrize(
    "location", [f"{PATH}/order?order_number=KO1", "order/KO1", f"{BASE}/order/KO%201", "?order_number=KO1"]
)
def test_a_uri_reference_holds(location: str) -> None:
    assert says(rules.location_is_a_reference, _placed(location)) == {"H3 held"}


@pytest.mark.parametrize("location", ["/order/KO 1", "/order/<KO1>", "/order/KO%1", "/order/KÖ1", ""])
def test_anything_else_in_location_fails(location: str) -> None:
    assert says(rules.location_is_a_reference, _placed(location)) == {"H3 fail"}


@pytest.mark.parametrize("location", ["https://other.example/order/KO1", "//localhost:8080/order/KO1"])
def test_a_location_at_another_origin_warns(location: str) -> None:
    assert says(rules.location_is_a_reference, _placed(location)) == {"H3 warn"}


@pytest.mark.parametrize("location", ["/order/KO1", f"{PATH}s/order/KO1", "../../order/KO1"])
def test_a_location_outside_the_api_warns(location: str) -> None:
    assert says(rules.location_is_a_reference, _placed(location)) == {"H3 warn"}


def test_no_location_is_legal() -> None:
    assert says(rules.location_is_a_reference, _placed(None)) == set()


def _placed_next(location: str, number: str = "KO2") -> Sight:
    content = {**ORDER, "order_number": number}
    past = after(_placed(location))
    return met("POST", "/order", 201, content, sent=PLACED, headers={"location": location}, past=past, seq=2)


@pytest.mark.parametrize("location", [f"{PATH}/order?order_number=KO1", f"{PATH}/order/KO1"])
def test_a_location_of_another_order_fails(location: str) -> None:
    sight = _placed_next(location)
    assert says(rules.location_is_the_orders_own, sight) == {"H3 fail"}
    assert finding(rules.location_is_the_orders_own, sight).evidence == (1, 2)


def test_a_location_that_the_next_order_turns_out_to_own_fails() -> None:
    sight = _placed_next(f"{PATH}/order?order_number=KO2")
    assert says(rules.location_is_the_orders_own, sight) == {"H3 fail"}
    assert "a later order" in finding(rules.location_is_the_orders_own, sight).title


def test_a_location_that_is_the_same_for_all_orders_names_none() -> None:
    assert says(rules.location_is_the_orders_own, _placed_next(f"{PATH}/order")) == set()
    assert says(rules.location_is_the_orders_own, _placed_next(f"{PATH}/order/KO1", "KO1")) == set()


def _read(url: str, status: int, content: Any = None, past: Any = None, **more: Any) -> Sight:
    return met("GET", url, status, content, past=past, seq=2, started=1.0, **more)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (f"{PATH}/order?order_number=KO1", f"{BASE}/order?order_number=KO1"),
        ("order?order_number=KO1", f"{BASE}/order?order_number=KO1"),
        (f"{BASE}/order/KO1", f"{BASE}/order/KO1"),
    ],
    ids=["path", "relative", "absolute"],
)
def test_a_location_that_leads_to_its_order_holds(location: str, url: str) -> None:
    sight = _read(url, 200, {"orders": [ORDER]}, after(_placed(location)))
    assert says(rules.location_leads_to_the_order, sight) == {"H3 held"}


LOCATION = f"{BASE}/order?order_number=KO1"


@pytest.mark.parametrize("status", [404, 410])
def test_a_location_that_leads_nowhere_fails(status: int) -> None:
    sight = _read(LOCATION, status, past=after(_placed(LOCATION)))
    assert says(rules.location_leads_to_the_order, sight) == {"H3 fail"}
    found = finding(rules.location_leads_to_the_order, sight)
    assert found.stateful
    assert found.evidence == (1, 2)


def test_a_pending_order_that_cannot_be_read_yet_fails_for_its_202_too() -> None:
    sight = _read(LOCATION, 404, past=after(_placed(LOCATION, 202)))
    assert says(rules.location_leads_to_the_order, sight) == {"H3+H5 fail"}


def test_a_location_that_leads_to_another_order_fails() -> None:
    sight = _read(LOCATION, 200, {"orders": [{**ORDER, "order_number": "KO2"}]}, after(_placed(LOCATION)))
    assert says(rules.location_leads_to_the_order, sight) == {"H3 fail"}


@pytest.mark.parametrize("status", [400, 405])
def test_a_location_that_cannot_be_read_that_way_warns(status: int) -> None:
    assert says(rules.location_leads_to_the_order, _read(LOCATION, status, past=after(_placed(LOCATION)))) == {
        "H3 warn"
    }


def test_reads_may_lag_as_long_as_was_agreed() -> None:
    sight = _read(LOCATION, 404, past=after(_placed(LOCATION)), terms=agreed(settle_s=5.0))
    assert says(rules.location_leads_to_the_order, sight) == set()


@pytest.mark.parametrize(
    "more",
    [{"status": 503}, {"status": 401}, {"status": 404, "account": "account-2"}],
    ids=["503", "401", "other account"],
)
def test_what_says_nothing_of_the_location(more: dict[str, Any]) -> None:
    sight = _read(LOCATION, past=after(_placed(LOCATION)), **more)
    assert says(rules.location_leads_to_the_order, sight) == set()


# --- H4, H5 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sight",
    [_placed("/order/KO1"), _placed(None, 200), met("POST", "/subscriber", 201, CREATED, sent=WANTED)],
    ids=["201 with Location", "200", "a subscriber"],
)
def test_a_creation_that_says_where_holds(sight: Sight) -> None:
    assert says(rules.creation_says_where, sight) == {"H4 held"}


def test_a_201_without_location_warns() -> None:
    assert says(rules.creation_says_where, _placed(None)) == {"H4 warn"}


def test_a_202_that_shows_the_order_or_points_to_it_holds() -> None:
    assert says(rules.acceptance_shows_where_it_stands, _placed(None, 202)) == {"H5 held"}
    pointing = met("POST", "/order", 202, sent=PLACED, headers={"location": "/order/KO1"})
    assert says(rules.acceptance_shows_where_it_stands, pointing) == {"H5 held"}


def test_a_202_that_does_neither_warns() -> None:
    sight = met("POST", "/order", 202, {"order_number": "KO1"}, sent=PLACED)
    assert says(rules.acceptance_shows_where_it_stands, sight) == {"H5 warn"}


# --- H6, H7, H8 -------------------------------------------------------------------------------------------------------


def test_an_empty_204_holds() -> None:
    sight = met("DELETE", "/subscriber/u1", 204, headers={"content-length": None})
    assert says(rules.no_content_is_none, sight) == {"H6 held"}


@pytest.mark.parametrize(("content", "length"), [(DELETED, "58"), (DELETED, None), (None, "0")])
def test_a_204_with_content_or_a_length_fails(content: Any, length: str | None) -> None:
    sight = met("DELETE", "/subscriber/u1", 204, content, headers={"content-length": length})
    assert says(rules.no_content_is_none, sight) == {"H6 fail"}


def test_a_302_without_location_fails() -> None:
    assert says(rules.redirects_lead_on, met("GET", "/inventory", 302)) == {"R2+H7 fail"}


@pytest.mark.parametrize("location", [f"{BASE}/inventory", f"{PATH}/inventory"])
def test_a_302_that_leads_to_itself_fails(location: str) -> None:
    assert says(rules.redirects_lead_on, met("GET", "/inventory", 302, headers={"location": location})) == {
        "R2+H7 fail"
    }


def test_a_302_of_a_documented_operation_is_noted() -> None:
    assert says(rules.redirects_lead_on, met("GET", "/inventory", 302, headers={"location": "/else"})) == {"H7 warn"}


def test_a_302_of_anything_else_leads_on() -> None:
    assert says(rules.redirects_lead_on, met("GET", "/docs", 302, headers={"location": "/else"})) == {"H7 held"}


def test_412_is_only_counted() -> None:
    assert says(rules.precondition_failed, met("POST", "/order", 412, five(412), sent=PLACED)) == {"H8 held"}
    assert says(rules.precondition_failed, met("POST", "/order", 400, five(400), sent=PLACED)) == set()


# --- H11, H12 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, {"H11 held"}), (202, {"H11 held"}), (204, {"H11 held"}), (201, {"H11 warn"}), (404, set())],
)
def test_a_deletion_succeeds_in_three_ways(status: int, expected: set[str]) -> None:
    assert says(rules.deletions_succeed_in_three_ways, met("DELETE", "/subscriber/u1", status)) == expected


def test_a_deletion_names_its_object_in_the_url() -> None:
    assert says(rules.deletions_name_their_object, met("DELETE", "/subscriber/u1", 200, DELETED)) == {"H12 held"}
    with_content = met("DELETE", "/subscriber/u1", 200, DELETED, sent={"identity": "u1"})
    assert says(rules.deletions_name_their_object, with_content) == {"H12 warn"}
    assert says(rules.deletions_name_their_object, met("DELETE", "/subscriber/u1", 404)) == set()


# --- H14 --------------------------------------------------------------------------------------------------------------


def test_a_true_length_holds() -> None:
    assert says(rules.content_length_is_true, met("GET", "/inventory", content=STOCK)) == {"H14 held"}


def test_the_length_is_that_of_what_came_encoded() -> None:
    """The body is shown decoded; what counts are the octets on the wire."""
    sight = met("GET", "/inventory", content=STOCK, length=60, headers={"content-encoding": "gzip"})
    assert says(rules.content_length_is_true, sight) == {"H14 held"}


def test_the_same_length_twice_is_one_length() -> None:
    length = str(len(json.dumps(STOCK)))
    sight = met("GET", "/inventory", content=STOCK, headers={"content-length": f"{length}, {length}"})
    assert says(rules.content_length_is_true, sight) == {"H14 held"}


@pytest.mark.parametrize("length", ["1", "9999", "many", "-1", ""])
def test_a_wrong_length_fails(length: str) -> None:
    sight = met("GET", "/inventory", content=STOCK, headers={"content-length": length})
    assert says(rules.content_length_is_true, sight) == {"H14 fail"}


@pytest.mark.parametrize(
    "sight",
    [
        met("HEAD", "/inventory", headers={"content-length": "99"}),
        met("GET", "/inventory", 304, headers={"content-length": "99"}),
        met("GET", "/inventory", content=STOCK, headers={"content-length": None}),
        met(
            "GET",
            "/inventory",
            content=STOCK,
            length=60,
            headers={"content-encoding": "gzip", "content-length": "61"},
            credential=Credential.PRESUMED,
        ),
    ],
    ids=["HEAD", "304", "chunked", "a recording"],
)
def test_where_the_length_says_nothing_of_what_came(sight: Sight) -> None:
    assert says(rules.content_length_is_true, sight) == set()


@pytest.mark.parametrize("failure", ["cut", "timeout"])
def test_a_whole_body_that_was_declared_longer_fails_if_it_comes_again(failure: str) -> None:
    sight = met("GET", "/inventory", 200, STOCK, headers={"content-length": "9999"}, failure=failure)
    assert says(rules.content_length_is_true, sight) == {"H14 fail"}
    assert finding(rules.content_length_is_true, sight).stateful


@pytest.mark.parametrize("content", ['{"products": [', None, "7"])
def test_an_answer_that_really_was_cut_proves_nothing(content: Any) -> None:
    sight = met("GET", "/inventory", 200, content, headers={"content-length": "9999"}, failure="cut")
    assert says(rules.content_length_is_true, sight) == set()


# --- H17, H18, H20 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0", "120", "Fri, 02 Jan 2026 00:00:00 GMT"])
@pytest.mark.parametrize("status", [429, 503, 302])
def test_a_readable_retry_after_holds(status: int, value: str) -> None:
    assert says(rules.retry_after_can_be_read, met("GET", "/order", status, headers={"retry-after": value})) == {
        "H17 held"
    }


@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "2026-01-02T00:00:00Z", "Fri, 32 Jan 2026 00:00:00 GMT"])
def test_any_other_retry_after_fails(value: str) -> None:
    assert says(rules.retry_after_can_be_read, met("GET", "/order", 429, headers={"retry-after": value})) == {
        "H17 fail"
    }


def test_retry_after_may_be_absent() -> None:
    assert says(rules.retry_after_can_be_read, met("GET", "/order", 429)) == set()


def test_a_429_says_why() -> None:
    assert says(rules.throttling_explains_itself, met("GET", "/order", 429, five(429))) == {"H18 held"}
    assert says(rules.throttling_explains_itself, met("GET", "/order", 429)) == {"H18 warn"}
    assert says(rules.throttling_explains_itself, met("GET", "/order", 429, "null")) == {"H18 warn"}
    assert says(rules.throttling_explains_itself, met("GET", "/order", 429, "Too many calls.")) == {"H18 held"}
    assert says(rules.throttling_explains_itself, asked_for_token(429, " ")) == {"H18 warn"}


def test_an_answer_is_dated() -> None:
    assert says(rules.answers_are_dated, met("GET", "/inventory", content=STOCK)) == {"H20 held"}
    assert says(rules.answers_are_dated, met("GET", "/inventory", headers={"date": None})) == {"H20 warn"}
    assert says(rules.answers_are_dated, met("GET", "/inventory", headers={"date": "1767225600"})) == {"H20 warn"}
    assert says(rules.answers_are_dated, met("GET", "/inventory", 503, headers={"date": None})) == set()
