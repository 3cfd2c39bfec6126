"""Stories of unusual refusals."""

import json
from typing import Any

from tests.mock.caller import PRODUCT, Caller
from tests.mock.stories import Story, played, told
from tests.mock.stories.status import header, malformed, members, seen

ORDER = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}


def posted(path: str, content: bytes, correct: int, unusual: int, kind: str = "application/json") -> Story:
    """Post these bytes to an account with a free product."""

    def act(caller: Caller) -> int:
        caller.up(1)
        return caller.call("POST", path, {"content-type": kind}, content=content).status_code

    return told(act, correct, unusual)


def order(correct: int, unusual: int, **changes: Any) -> Story:
    return posted("/order", json.dumps(ORDER | changes).encode(), correct, unusual)


def unknown_order(caller: Caller) -> tuple[int, object]:
    answer = caller.read("none")
    return answer.status_code, answer.json().get("orders")


def full_and_taken(caller: Caller) -> int:
    caller.up(1)
    caller.new("bob@shop.example.org")
    return caller.create("bob@shop.example.org").status_code


def doubled(caller: Caller) -> tuple[int, tuple[int, int, int]]:
    body = b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":5,"quantity":2}'
    status = caller.call("POST", "/order", {"content-type": "application/json"}, content=body).status_code
    return status, caller.stock()


def options(caller: Caller) -> tuple[int, str]:
    answer = caller.call("OPTIONS", "/order")
    return answer.status_code, answer.headers["allow"]


def in_chunks(caller: Caller) -> int:
    """The answer to an order whose body comes in chunks."""
    body = json.dumps({"product_name": PRODUCT, "order_type": "increment", "quantity": 1}).encode()
    return caller.call("POST", "/order", {"content-type": "application/json"}, content=iter([body])).status_code


def quoted_path(caller: Caller) -> tuple[int, bool]:
    plain, quoted = (caller.call("DELETE", f"/subscriber/{name}") for name in ("a%40b.nl", "o%27b%40b.nl"))
    assert plain.status_code == 404
    return quoted.status_code, not quoted.content


def odd_path(caller: Caller) -> tuple[int, bool]:
    plain, odd = (caller.call("DELETE", f"/subscriber/{name}") for name in ("a%40b.nl", "a%2Fb.nl"))
    assert plain.status_code == 404
    return odd.status_code, "html" in odd.headers["content-type"]


def long_path(caller: Caller) -> tuple[int, int]:
    plain, long = (caller.call("DELETE", f"/subscriber/{name}%40b.nl") for name in ("a", "a" * 101))
    return plain.status_code, long.status_code


def from_a_strange_origin(caller: Caller) -> tuple[int, bool]:
    asking = {"origin": "https://nobody.example", "access-control-request-method": "GET"}
    answer = caller.call("OPTIONS", "/inventory", asking)
    return answer.status_code, "access-control-allow-origin" in answer.headers


def unreadable_number(caller: Caller) -> tuple[int, int]:
    return caller.read("none").status_code, caller.call("GET", "/order?order_number=%ff").status_code


FIVE = ["info", "message", "name", "status", "transactionId"]
BY_STATE = "new up:1 down:2 new:a new"
TWICE = "up:2 new:a new:a del:a del:a del:nobody stock"

STORIES: dict[str, Story] = {
    "state-refused-with-403": played(BY_STATE, "412 201f 412 201 412", "403 201f 403 201 403"),
    "state-refused-with-400": played(BY_STATE, "412 201f 412 201 412", "400 201f 400 201 400"),
    "conflicts-answered-409-as-agreed": played(
        "new up:2 down:3 new:a new:a", "412 201f 412 201 400", "409 201f 409 201 409"
    ),
    "taken-identity-refused-with-412": played("up:2 new:a new:a", "201f 201 400", "201f 201 412"),
    "taken-identity-is-shown-again": played("up:2 new:a new:a stock", "201f 201 400 2/1/1", "201f 201 200 2/1/1"),
    "stock-is-looked-at-before-the-identity": told(full_and_taken, 400, 412),
    "unknown-product-not-found": order(400, 404, product_name="KPN-Fax"),
    "unknown-order-refused-with-400": told(unknown_order, (404, None), (400, None)),
    "unknown-order-is-an-empty-list": told(unknown_order, (404, None), (200, [])),
    "repeated-deletion-succeeds": played(TWICE, "201f 201 400 200 404 404 2/0/2", "201f 201 400 200 200 404 2/0/2"),
    "any-deletion-succeeds": played(TWICE, "201f 201 400 200 404 404 2/0/2", "201f 201 400 200 200 200 2/0/2"),
    "deletion-answered-202": played("up:1 new:a del:a del:a stock", "201f 201 200 404 1/0/1", "201f 201 202 404 1/0/1"),
    "deletion-answered-204-as-agreed": played("up:1 new:a del:a stock", "201f 201 200 1/0/1", "201f 201 204 1/0/1"),
    "subscriber-answered-200": played("up:1 new:a new stock", "201f 201 412 1/1/0", "201f 200 412 1/1/0"),
    # Leniency.
    "whole-number-with-a-point": order(400, 201, quantity=2.0),
    "huge-quantity-is-over-the-limit": order(400, 412, quantity=2**60),
    "null-identity-is-none": posted(
        "/subscriber", json.dumps({"product_name": PRODUCT, "identity": None}).encode(), 400, 201
    ),
    "last-of-duplicate-members-counts": told(doubled, (400, (0, 0, 0)), (201, (2, 0, 2))),
    "member-names-in-any-letter-case": posted(
        "/order", json.dumps({name.title(): value for name, value in ORDER.items()}).encode(), 400, 201
    ),
    "json-under-any-content-type": posted("/order", json.dumps(ORDER).encode(), 400, 201, "text/plain"),
    "json-in-any-form-of-unicode": posted("/order", json.dumps(ORDER).encode("utf-16"), 400, 201),
    # Other methods.
    "options-answered-200": told(options, (405, "GET, HEAD, POST"), (200, "GET, HEAD, POST, OPTIONS")),
    "head-refused": played("head:order head:inventory put:order", "200 200 405", "405 405 405"),
    "wrong-method-is-forbidden": played("put:order delete:inventory", "405 405", "403 403"),
    # What stands in front.
    "deleted-subscribers-are-gone": played(TWICE, "201f 201 400 200 404 404 2/0/2", "201f 201 400 200 410 404 2/0/2"),
    "chunks-do-not-get-through": told(in_chunks, 201, 400),
    "a-length-is-required": told(in_chunks, 201, 411),
    "quotes-do-not-get-through": told(quoted_path, (404, False), (400, True)),
    "long-segments-do-not-get-through": told(long_path, (404, 404), (404, 414)),
    "strange-origins-are-refused": told(from_a_strange_origin, (200, True), (400, False)),
    "unreadable-parameters-are-dropped": told(unreadable_number, (404, 400), (404, 200)),
    "odd-paths-do-not-get-through": told(odd_path, (404, False), (400, True)),
    # Other forms of errors.
    "errors-in-an-envelope": seen(malformed, members, FIVE, ["errorResponse"]),
    "errors-as-gateway-faults": seen(malformed, members, FIVE, ["fault"]),
    "errors-as-camara-has-them": seen(malformed, members, FIVE, ["code", "message", "status"]),
    "errors-as-problem-details": seen(
        malformed, header("content-type"), "application/json", "application/problem+json"
    ),
    "token-refusals-as-gateway-faults": told(
        lambda caller: members(caller.call("GET", "/inventory", {"authorization": None})), FIVE, ["fault"]
    ),
    "token-refusals-without-content": told(
        lambda caller: len(caller.call("GET", "/inventory", {"authorization": None}).content) > 0, True, False
    ),
}
