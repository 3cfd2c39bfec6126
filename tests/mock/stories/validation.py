"""Stories of malformed input."""

import json
from typing import Any

from tests.mock.caller import PRODUCT, Caller
from tests.mock.stories import Story, told

JSON = {"content-type": "application/json"}
ORDER = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}
SUBSCRIBER = {"product_name": PRODUCT}
MISSING = object()


def changed(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (good | changes).items() if value is not MISSING}


def posting(path: str, content: bytes, correct: object, faulty: object, headers: dict[str, Any] = JSON) -> Story:
    """Post these bytes to an account of three products and one subscriber: code and stock afterwards."""

    def act(caller: Caller) -> str:
        caller.up(3)
        caller.new("bob@shop.example.org")
        answer = caller.call("POST", path, headers=headers, content=content)
        return f"{answer.status_code} " + "/".join(map(str, caller.stock()))

    return told(act, correct, faulty)


def order(correct: str, faulty: str, **changes: Any) -> Story:
    return posting("/order", json.dumps(changed(ORDER, changes)).encode(), correct, faulty)


def subscriber(correct: str, faulty: str, **changes: Any) -> Story:
    return posting("/subscriber", json.dumps(changed(SUBSCRIBER, changes)).encode(), correct, faulty)


def deleting(segment: str, correct: str, faulty: str) -> Story:
    """Delete by a path as it stands, on an account of three products and one subscriber."""

    def act(caller: Caller) -> str:
        caller.up(3)
        caller.new("bob@shop.example.org")
        answer = caller.call("DELETE", f"/subscriber{segment}")
        return f"{answer.status_code} " + "/".join(map(str, caller.stock()))

    return told(act, correct, faulty)


def reading(number: str, faulty: int) -> Story:
    return told(lambda caller: caller.read(number).status_code, 404, faulty)


REFUSED = "400 3/1/2"
CRASHED = "500 3/1/2"
ORDERED = "201 4/1/3"
CREATED = "201 3/2/1"


def ledger_length(caller: Caller) -> tuple[int, int]:
    answer = caller.order("increment", 0)
    return answer.status_code, len(caller.orders())


def ledger_after_unknown_product(caller: Caller) -> tuple[int, int]:
    answer = caller.order("increment", 1, product_name="KPN-Fax")
    return answer.status_code, len(caller.orders())


STORIES: dict[str, Story] = {
    # Quantities.
    "quantity-zero-accepted": told(ledger_length, (400, 0), (201, 1)),
    "negative-quantity-accepted": order(REFUSED, "201 2/1/1", quantity=-1),
    "quantity-in-quotes-accepted": order(REFUSED, ORDERED, quantity="1"),
    "fraction-rounded-down": order(REFUSED, ORDERED, quantity=1.7),
    "true-is-one": order(REFUSED, ORDERED, quantity=True),
    "missing-quantity-is-one": order(REFUSED, ORDERED, quantity=MISSING),
    "null-quantity-is-one": order(REFUSED, ORDERED, quantity=None),
    "list-of-one-quantity-accepted": order(REFUSED, ORDERED, quantity=[1]),
    "quantity-kept-in-four-bits": order("201 20/1/19", ORDERED, quantity=17),
    "quantity-kept-in-32-bits": told(
        lambda caller: (caller.up(2).status_code, caller.down(2**32 + 1).status_code, caller.stock()),
        (201, 412, (2, 0, 2)),
        (201, 201, (1, 0, 1)),
    ),
    "half-a-surrogate-pair-crashes": order(REFUSED, CRASHED, product_name="\ud800"),
    "huge-quantity-crashes": order(REFUSED, CRASHED, quantity=2**64),
    # Order types and products.
    "order-type-in-any-letter-case": order(REFUSED, ORDERED, order_type="INCREMENT"),
    "decrement-in-any-letter-case": order(REFUSED, "201 2/1/1", order_type="Decrement"),
    "unknown-order-type-is-increment": order(REFUSED, ORDERED, order_type="refund"),
    "missing-order-type-is-increment": order(REFUSED, ORDERED, order_type=MISSING),
    "order-type-of-another-kind-crashes": order(REFUSED, CRASHED, order_type=7),
    "order-for-unknown-product-accepted": order(REFUSED, ORDERED, product_name="KPN-Fax"),
    "decrement-for-unknown-product-accepted": order(
        REFUSED, "201 2/1/1", order_type="decrement", product_name="KPN-Fax"
    ),
    "subscriber-of-unknown-product-accepted": subscriber(REFUSED, CREATED, product_name="KPN-Fax"),
    "subscriber-without-product-accepted": subscriber(REFUSED, CREATED, product_name=MISSING),
    "order-without-product-accepted": order(REFUSED, ORDERED, product_name=MISSING),
    # Members and bodies.
    "unknown-member-of-order-ignored": order(REFUSED, ORDERED, colour="red"),
    "unknown-member-of-subscriber-ignored": subscriber(REFUSED, CREATED, colour="red"),
    "status-of-order-can-be-sent": told(
        lambda caller: (caller.order("increment", 1, status="rejected").status_code, len(caller.orders())),
        (400, 0),
        (201, 1),
    ),
    "broken-json-crashes": posting("/order", b'{"quantity":', REFUSED, CRASHED),
    "json-of-another-kind-crashes": posting("/subscriber", b"[]", REFUSED, CRASHED),
    "empty-body-is-an-order-for-one": posting("/order", b"", REFUSED, ORDERED, {}),
    "first-of-a-list-is-carried-out": posting("/order", json.dumps([ORDER]).encode(), REFUSED, ORDERED),
    "text-after-the-json-is-ignored": posting("/order", json.dumps(ORDER).encode() + b" and more", REFUSED, ORDERED),
    "product-must-be-the-first-member": posting(
        "/order", json.dumps(dict(reversed(ORDER.items()))).encode(), ORDERED, REFUSED
    ),
    "escaped-letters-are-not-read": posting(
        "/order", json.dumps(ORDER).replace("KPN", r"\u004bPN").encode(), ORDERED, REFUSED
    ),
    "empty-body-is-the-one-before": told(
        lambda caller: [caller.up(1).status_code, caller.call("POST", "/order", JSON).status_code, caller.stock()],
        [201, 400, (1, 0, 1)],
        [201, 201, (2, 0, 2)],
    ),
    "json-without-a-blank-is-not-read": told(lambda caller: caller.up(1).status_code, 201, 400),
    "order-with-a-charset-is-of-one": posting(
        "/order",
        json.dumps(ORDER | {"quantity": 2}).encode(),
        "201 5/1/4",
        ORDERED,
        {"content-type": "application/json; charset=utf-8"},
    ),
    "comments-in-the-json-are-skipped": posting("/order", json.dumps(ORDER).encode() + b" // one", REFUSED, ORDERED),
    "single-quotes-serve-as-quotes": posting("/order", json.dumps(ORDER).replace('"', "'").encode(), REFUSED, ORDERED),
    "bytes-that-are-not-utf-8-are-skipped": posting(
        "/order", json.dumps(ORDER).encode().replace(b"KPN", b"K\xffPN"), REFUSED, ORDERED
    ),
    "bytes-that-are-not-utf-8-become-question-marks": posting(
        "/subscriber",
        json.dumps(SUBSCRIBER | {"identity": "a@shop.example.org"}).encode().replace(b"a@", b"a\xff@"),
        REFUSED,
        CREATED,
    ),
    "product-is-known-by-its-beginning": order(REFUSED, ORDERED, product_name=f"{PRODUCT}2"),
    "bytes-that-are-not-utf-8-crash": posting("/order", b'{"order_type":"\xff"}', REFUSED, CRASHED),
    "deep-nesting-crashes": posting("/order", b"[" * 1000, REFUSED, CRASHED),
    "large-body-crashes": posting("/order", b'{"order_type":"' + b"x" * 70_000 + b'"}', REFUSED, CRASHED),
    "missing-content-type-crashes": posting("/order", json.dumps(ORDER).encode(), REFUSED, CRASHED, {}),
    "not-a-number-crashes": posting(
        "/order", json.dumps(ORDER | {"quantity": float("nan")}).encode(), REFUSED, CRASHED
    ),
    "exponent-crashes": posting("/order", json.dumps(ORDER).replace(": 1}", ": 1e0}").encode(), REFUSED, CRASHED),
    "zero-byte-crashes": order(REFUSED, CRASHED, order_type="increment\x00"),
    # Malformed, refused, and carried out all the same.
    "refused-negative-quantity-acts": order(REFUSED, "400 1/1/0", quantity=-2),
    "refused-unknown-member-acts": subscriber(REFUSED, "400 3/2/1", colour="red"),
    "order-for-unknown-product-refused-but-entered": told(ledger_after_unknown_product, (400, 0), (400, 1)),
    # Identities.
    "empty-identity-accepted": subscriber(REFUSED, CREATED, identity=""),
    "identity-of-digits-accepted-as-number": subscriber(REFUSED, CREATED, identity=12345),
    "identity-without-domain-accepted": subscriber(REFUSED, CREATED, identity="ann"),
    "null-identity-crashes": subscriber(REFUSED, CRASHED, identity=None),
    "identity-with-line-break-accepted": subscriber(REFUSED, CREATED, identity="ann@shop.example.org\n"),
    "long-identity-crashes": subscriber(REFUSED, CRASHED, identity="a" * 300 + "@shop.example.org"),
    "identity-with-quote-crashes": deleting("/o'neil%40shop.example.org", "404 3/1/2", CRASHED),
    "quote-in-order-number-crashes": reading("KO1' or '1'='1", 500),
    "long-order-number-crashes": reading("9" * 200, 500),
    "malformed-path-crashes": deleting("/%C3%28", REFUSED, CRASHED),
    "order-with-a-slash-is-placed-and-not-found": posting(
        "/order/", json.dumps(ORDER).encode(), "404 3/1/2", "404 4/1/3"
    ),
    "broken-escape-crashes": deleting("/bob%zzshop.example.org", REFUSED, CRASHED),
    "percent-sign-deletes-anybody": deleting("/%25", "404 3/1/2", "200 3/0/3"),
    "underscore-in-a-deletion-stands-for-any-sign": deleting("/b_b%40shop.example.org", "404 3/1/2", "200 3/0/3"),
    "path-decoded-twice": deleting("/bob%2540shop.example.org", "404 3/1/2", "200 3/0/3"),
    "delete-of-the-collection-deletes-all": deleting("", "405 3/1/2", "200 3/0/3"),
    "space-after-identity-ignored": deleting("/bob%40shop.example.org%20", "404 3/1/2", "200 3/0/3"),
}
