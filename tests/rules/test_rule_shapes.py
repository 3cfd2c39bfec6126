"""R2 and H13: the response-header table, and bodies of successes; K2 for api-version."""

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
from kandykit.rules.headers import answers_name_their_version, standard_headers_are_sent
from kandykit.rules.rule import Sight
from kandykit.rules.shapes import successes_match_the_document
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


def test_a_deletion_names_the_subscriber_that_it_was_asked_for() -> None:
    another = met("DELETE", "/subscriber/u2%40acme.example", 200, DELETED)
    assert says(successes_match_the_document, another) == {"R2 fail"}
    for name in ("U1%40acme.example", "u1%40ACME.example"):
        loud = met("DELETE", f"/subscriber/{name}", 200, DELETED)
        assert says(successes_match_the_document, loud) == {"R2 held", "H13 held"}


def test_a_creation_names_the_product_that_it_was_asked_for() -> None:
    another = met("POST", "/subscriber", 201, {**CREATED, "product_name": "KPN-VoiceVideo-Z"}, sent=WANTED)
    assert says(successes_match_the_document, another) == {"R2 fail"}


def test_an_inventory_has_one_row_of_the_product() -> None:
    row = STOCK["products"][0]
    other = {**row, "product_name": "KPN-Other"}
    assert says(successes_match_the_document, met("GET", "/inventory", 200, {"products": [row, other]})) == {
        "R2 held",
        "H13 held",
    }
    assert says(successes_match_the_document, met("GET", "/inventory", 200, {"products": [row, row]})) == {"R2 fail"}


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


NAMED = {**WANTED, "identity": "u1@acme.example"}
SHOWN_AGAIN = {name: value for name, value in CREATED.items() if name != "password"}


def test_a_subscriber_that_is_only_shown_again_has_no_password_to_show() -> None:
    assert says(successes_match_the_document, met("POST", "/subscriber", 200, SHOWN_AGAIN, sent=NAMED)) == {"R2 warn"}
    for status, sent in ((201, NAMED), (200, WANTED)):
        sight = met("POST", "/subscriber", status, SHOWN_AGAIN, sent=sent)
        assert says(successes_match_the_document, sight) == {"R2 fail"}
