"""Malformed requests: always a documented refusal, never an effect."""

import json
from typing import Any

import pytest

from tests.mock.caller import BASE, PRODUCT, Caller
from tests.mock.wire import raw

GOOD_ORDER = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}
JSON = {"content-type": "application/json"}
MISSING = object()


def changed(good: dict[str, Any], name: str, value: Any) -> str:
    body = {member: was for member, was in good.items() if member != name}
    return json.dumps(body if value is MISSING else body | {name: value})


ORDERS = [
    changed(GOOD_ORDER, name, value)
    for name, values in {
        "quantity": (MISSING, None, 0, -1, 1.0, 1.5, 1e2, True, "1", "", [1], {}, 2**53, 10**400, -(2**63)),
        "order_type": (MISSING, None, "", "INCREMENT", "Increment", "increment ", "delete", 1, True, ["increment"], {}),
        "product_name": (MISSING, None, "", "kpn-voicevideo-c", PRODUCT + " ", "KPN-VoiceVideo-D", 1, [PRODUCT], {}),
        "extra": (1, None),
        "order_number": ("KO1",),
        "status": ("fulfilled",),
    }.items()
    for value in values
]
SUBSCRIBERS = [
    changed({"product_name": PRODUCT}, name, value)
    for name, values in {
        "product_name": (MISSING, None, "", "KPN", 1),
        "identity": (
            None, "", "ann", "ann@", "@x.org", "ann@x", "a@b@c.org", "a b@x.org", "ann@x..org", "ann@.org", "a/b@x.org",
            "ann@x.org\n", "ann@x.org\x00", "änn@x.org", "..@x.org", "a" * 65 + "@x.org",
            "ann@" + "abcdefgh." * 30 + "org", "<b>@x.org", "'or'1@x.org", 1, True, [], {},
            "\ud800@x.org",
        ),
        "password": ("secret",),
        "quantity": (1,),
    }.items()
    for value in values
]  # fmt: skip
NOT_JSON = [
    b"", b" ", b"{", b"}", b"null", b"true", b"1", b'"x"', b"[]", b"[{}]", b"{}", b"quantity=1", b"<a/>", b"\xff\xfe",
    b"\xef\xbb\xbf" + json.dumps(GOOD_ORDER).encode(), json.dumps(GOOD_ORDER).encode("utf-16"),
    json.dumps(GOOD_ORDER).encode() + b"x", json.dumps(GOOD_ORDER).encode()[:-1],
    b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":NaN}',
    b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":Infinity}',
    b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":01}',
    b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":1,"quantity":2}',
    b'{"product_name":"KPN-VoiceVideo-C","product_name":"KPN-VoiceVideo-C"}',
    b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":' + b"9" * 5000 + b"}",
    b"[" * 5_000, b'{"a":' * 5_000, b'{"\\ud800":1}', b'{"product_name":"\\u0000"}',
]  # fmt: skip


def refused(caller: Caller, path: str, content: bytes, headers: dict[str, str] = JSON) -> None:
    """The call gets a 400 in five strings, and nothing has changed."""
    before = caller.stock(), caller.orders()
    answer = caller.call("POST", path, headers=headers, content=content)
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert set(body) == {"transactionId", "status", "name", "message", "info"}
    assert all(isinstance(value, str) for value in body.values())
    assert body["status"] == "400"
    assert (caller.stock(), caller.orders()) == before


@pytest.fixture
def stocked(caller: Caller) -> Caller:
    caller.up(2)
    return caller


@pytest.mark.parametrize("body", ORDERS)
def test_a_malformed_order_is_refused(stocked: Caller, body: str) -> None:
    refused(stocked, "/order", body.encode())


@pytest.mark.parametrize("body", SUBSCRIBERS)
def test_a_malformed_subscriber_is_refused(stocked: Caller, body: str) -> None:
    refused(stocked, "/subscriber", body.encode())


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
@pytest.mark.parametrize("path", ["/order", "/subscriber"])
def test_what_is_not_a_json_object_is_refused(stocked: Caller, path: str, body: bytes) -> None:
    refused(stocked, path, body)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x"],
)
def test_another_content_type_is_refused(stocked: Caller, kind: str) -> None:
    refused(stocked, "/order", json.dumps(GOOD_ORDER).encode(), {"content-type": kind})


def test_a_missing_content_type_or_an_encoded_body_is_refused(stocked: Caller) -> None:
    refused(stocked, "/order", json.dumps(GOOD_ORDER).encode(), {})
    refused(stocked, "/order", json.dumps(GOOD_ORDER).encode(), JSON | {"content-encoding": "gzip"})


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/json; charset=UTF-8"])
def test_json_by_any_legal_spelling_is_taken(stocked: Caller, kind: str) -> None:
    content = json.dumps(GOOD_ORDER).encode()
    answer = stocked.call("POST", "/order", headers={"content-type": kind}, content=content)
    assert answer.status_code == 201


def test_an_oversized_body_is_refused_and_the_connection_goes_on(stocked: Caller) -> None:
    refused(stocked, "/order", b'{"product_name":"' + b"x" * (3 << 20) + b'"}')


def test_the_largest_quantity_is_taken(caller: Caller) -> None:
    assert caller.up(2**53 - 1).status_code == 201
    assert caller.stock() == (2**53 - 1, 0, 2**53 - 1)


@pytest.mark.parametrize(
    "segment", ["%", "%z", "%zz", "%C3%28", "%00", "%2F", "..", "%2e%2e", "a" * 4000, "*", "%25", "%F0%9F%98%80", "+"]
)
def test_a_strange_identity_in_the_path_names_nobody(stocked: Caller, segment: str) -> None:
    # httpx would tidy the path up before it sends it, so the connection is used directly.
    status = int(raw(stocked, f"DELETE {BASE}/subscriber/{segment}").split()[1])
    assert status in (400, 404)
    assert stocked.stock() == (2, 0, 2)


@pytest.mark.parametrize(
    "query", ["order_number=%zz", "order_number=a&order_number=b", "order_number=", "order_number=%00", "%ff=1", "&&=&"]
)
def test_a_strange_query_gets_a_documented_answer(stocked: Caller, query: str) -> None:
    assert int(raw(stocked, f"GET {BASE}/order?{query}").split()[1]) in (200, 400, 404)
