"""Stories of failures."""

from collections.abc import Iterator

from tests.mock.caller import Caller
from tests.mock.stories import Story, played, told
from tests.mock.stories.status import after, bob, broken_off, down, no_bob, up

ORDER = b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":1}'


def in_chunks() -> Iterator[bytes]:
    yield ORDER[:10]
    yield ORDER[10:]


def chunked(caller: Caller) -> int:
    return caller.call("POST", "/order", {"content-type": "application/json"}, content=in_chunks()).status_code


def with_charset(caller: Caller) -> int:
    kind = {"content-type": "application/json; charset=utf-8"}
    return caller.call("POST", "/order", kind, content=ORDER).status_code


def forty_orders(caller: Caller) -> str:
    for _ in range(40):
        caller.up(1)
    return broken_off(lambda c: c.call("GET", "/order"))(caller)


STORIES: dict[str, Story] = {
    "empty-inventory-crashes": played("get:inventory up:1 get:inventory", "200 201f 200", "500 201f 200"),
    "list-without-orders-crashes": played("get:order up:1 get:order", "200 201f 200", "500 201f 200"),
    "last-product-answered-503": played("up:2 new new stock", "201f 201 201 2/2/0", "201f 201 503 2/1/1"),
    "create-after-a-decrement-answered-502": played(
        "up:3 down:1 new up:1 new stock", "201f 201f 201 201f 201 3/2/1", "201f 201f 502 201f 201 3/1/2"
    ),
    "api-version-in-the-request-crashes": told(
        lambda caller: caller.call("GET", "/inventory", {"api-version": "1.0"}).status_code, 200, 500
    ),
    "charset-parameter-crashes": told(with_charset, 201, 500),
    "chunked-request-crashes": told(chunked, 201, 500),
    "call-from-another-origin-crashes": told(
        lambda caller: caller.call("GET", "/inventory", {"origin": "https://shop.example.org"}).status_code, 200, 502
    ),
    "deletion-breaks-off": told(
        lambda caller: (broken_off(after(up, bob, no_bob))(caller), caller.stock()),
        ("200", (2, 0, 2)),
        ("broken off", (2, 0, 2)),
    ),
    "refused-decrement-breaks-off": told(broken_off(down), "412", "broken off"),
    "long-answers-are-cut": told(forty_orders, "200", "broken off"),
    "unavailable-after-half-a-creation": played(
        "up:9 new:a new:b new:c new:d stock del:d stock",
        "201f 201 201 201 201 9/4/5 200 9/3/6",
        "201f 201 201 201 503 9/3/6 200 9/2/7",
    ),
    "unavailable-after-doing-it-twice": played(
        "up:1*4 up:3 stock list",
        "201f " * 5 + "7/0/7 +1f,+1f,+1f,+1f,+3f",
        "201f " * 4 + "503 10/0/10 +1f,+1f,+1f,+1f,+3f,+3f",
    ),
    "subscribers-are-forgotten-after-a-second": played(
        "up:2 new:a wait:0.9 stock wait:1.1 stock", "201f 201 2/1/1 2/1/1", "201f 201 2/1/1 2/0/2"
    ),
    "unavailable-after-half-a-deletion": played(
        "up:5 new:a new:b new:c new:d del:a del:b del:c del:d stock del:d stock",
        "201f 201 201 201 201 200 200 200 200 5/0/5 404 5/0/5",
        "201f 201 201 201 201 200 200 200 503 5/0/5 200 5/-1/6",
    ),
}
