"""Stories of codes, errors and frames."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.mock.caller import BASE, Caller, ManualClock
from tests.mock.stories import Story, told
from tests.mock.wire import raw

Ask = Callable[[Caller], httpx.Response]
Look = Callable[[httpx.Response], object]
SLOW = {"fulfil_after": 0.5}


def seen(ask: Ask, look: Look, correct: object, faulty: object, **settings: Any) -> Story:
    """One answer, and what is looked at in it."""
    return told(lambda caller: look(ask(caller)), correct, faulty, **settings)


def code(answer: httpx.Response) -> int:
    return answer.status_code


def members(answer: httpx.Response) -> list[str]:
    return sorted(answer.json())


def after(*doings: Callable[[Caller], object]) -> Ask:
    """Do some things first; the last one's answer counts."""

    def ask(caller: Caller) -> httpx.Response:
        answers = [doing(caller) for doing in doings]
        last = answers[-1]
        assert isinstance(last, httpx.Response)
        return last

    return ask


def up(caller: Caller) -> httpx.Response:
    return caller.up(2)


def down(caller: Caller) -> httpx.Response:
    return caller.down(1)


def bob(caller: Caller) -> httpx.Response:
    return caller.create("bob@shop.example.org")


def no_bob(caller: Caller) -> httpx.Response:
    return caller.delete("bob@shop.example.org")


def create(caller: Caller) -> httpx.Response:
    return caller.create()


def malformed(caller: Caller) -> httpx.Response:
    return caller.order("increment", 0)


def orders(caller: Caller) -> httpx.Response:
    return caller.call("GET", "/order")


def unknown_order(caller: Caller) -> httpx.Response:
    return caller.read("KO1")


def call(method: str, path: str) -> Ask:
    return lambda caller: caller.call(method, path)


def header(name: str) -> Look:
    return lambda answer: answer.headers.get(name)


def has_header(name: str) -> Look:
    return lambda answer: name in answer.headers


def identity_deleted(caller: Caller) -> object:
    caller.up(2)
    for name in ("ann", "bob"):
        caller.create(f"{name}@shop.example.org")
    return caller.delete("ann@shop.example.org").json()["identity"]


def at_location(caller: Caller) -> object:
    """What reading the Location of a new order gives."""
    location = caller.up(2).headers["location"]
    answer = caller.call("GET", location.removeprefix(BASE)) if location.startswith("/") else None
    return answer and answer.status_code


def within_the_api(caller: Caller) -> bool:
    return bool(caller.up(2).headers["location"].startswith(f"{BASE}/"))


def same_at_location(caller: Caller) -> bool:
    caller.up(2)
    placed = caller.down(1)
    found = caller.call("GET", placed.headers["location"].removeprefix(BASE)).json()["orders"]
    return bool(found == [placed.json()])


def second_order_read_by_number(caller: Caller) -> int:
    number = caller.up(2).json()["order_number"]
    return caller.read(number).status_code


def read_when_fulfilled(caller: Caller, clock: ManualClock) -> tuple[int, int]:
    number = caller.up(2).json()["order_number"]
    clock.advance(1)
    return len(caller.orders()), caller.read(number).status_code


def broken_off(ask: Ask) -> Callable[[Caller], str]:
    """Whether the answer to a call came whole."""

    def act(caller: Caller) -> str:
        try:
            return str(ask(caller).status_code)
        except httpx.RemoteProtocolError:
            return "broken off"

    return act


def content_of(method: str, path: str) -> Callable[[Caller], bytes]:
    """All bytes that follow the head of an answer, whatever it announces."""
    return lambda caller: raw(caller, f"{method} {BASE}{path}").partition(b"\r\n\r\n")[2]


def announced_and_sent(caller: Caller) -> int:
    head, _, body = raw(caller, f"GET {BASE}/inventory").partition(b"\r\n\r\n")
    return int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) - len(body)


def head_content(path: str) -> Callable[[Caller], bool]:
    return lambda caller: bool(content_of("HEAD", path)(caller))


def deleted_on_the_wire(caller: Caller) -> tuple[str, str, bool]:
    up(caller)
    bob(caller)
    head, _, body = raw(caller, f"DELETE {BASE}/subscriber/bob@shop.example.org").decode().partition("\r\n\r\n")
    return head.split()[1], head.partition("content-type: ")[2].split("\r\n")[0], bool(body)


FIVE = ["info", "message", "name", "status", "transactionId"]
PUT = call("PUT", "/order")

STORIES: dict[str, Story] = {
    # Codes.
    "deletion-answered-204": seen(after(up, bob, no_bob), code, 200, 204),
    "empty-list-answered-204-with-length": seen(
        orders, lambda answer: (answer.status_code, answer.headers["content-length"]), (200, "13"), (204, "0")
    ),
    "deletion-answered-204-with-content": told(
        deleted_on_the_wire, ("200", "application/json", True), ("204", "application/json", True)
    ),
    "taken-identity-answered-409": seen(after(up, bob, bob), code, 400, 409),
    "lack-of-stock-answered-402": seen(create, code, 412, 402),
    "malformed-answered-422": seen(malformed, code, 400, 422),
    "decrement-below-use-answered-409": seen(down, code, 412, 409),
    "repeated-deletion-answered-410": seen(after(up, bob, no_bob, no_bob), code, 404, 410),
    "unknown-method-answered-418": seen(PUT, code, 405, 418),
    "deletion-answered-201": seen(after(up, bob, no_bob), code, 200, 201),
    "deletion-redirects": seen(
        after(up, bob, no_bob),
        lambda answer: (answer.status_code, "location" in answer.headers),
        (200, False),
        (302, False),
    ),
    "order-redirects-to-nowhere": told(second_order_read_by_number, 200, 302),
    "put-on-order-is-refused-but-done": told(
        lambda caller: (
            caller.call(
                "PUT", "/order", json={"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1}
            ).status_code,
            caller.stock(),
        ),
        (405, (0, 0, 0)),
        (405, (1, 0, 1)),
    ),
    "order-is-found-by-the-start-of-its-number": told(
        lambda caller: caller.read(caller.up(1).json()["order_number"][:-1]).status_code, 404, 200
    ),
    "put-on-order-is-served": seen(
        lambda caller: caller.call(
            "PUT", "/order", json={"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1}
        ),
        code,
        405,
        201,
    ),
    "delete-on-inventory-is-served": seen(call("DELETE", "/inventory"), code, 405, 200),
    "patch-crashes": seen(call("PATCH", "/order"), code, 405, 500),
    "wrong-method-without-allow": seen(PUT, header("allow"), "GET, HEAD, POST", None),
    "allow-lists-the-refused-method": seen(PUT, lambda answer: "PUT" in answer.headers["allow"], False, True),
    "unknown-order-number-crashes": seen(unknown_order, code, 404, 500),
    "unknown-identity-answered-503": seen(no_bob, code, 404, 503),
    # Success that is none.
    "lack-of-stock-is-a-200": seen(create, code, 412, 200),
    "decrement-below-use-is-a-200": seen(down, code, 412, 200),
    "malformed-is-a-200": seen(malformed, code, 400, 200),
    "unknown-order-is-null": seen(unknown_order, lambda answer: answer.json().get("orders"), None, [None]),
    # Answers that lack something.
    "order-answer-without-number": seen(
        up, lambda answer: ("order_number" in answer.json(), "location" in answer.headers), (True, True), (False, False)
    ),
    "quantity-shown-as-text": seen(up, lambda answer: answer.json()["quantity"], 2, "2"),
    "order-date-in-local-form": seen(up, lambda answer: answer.json()["created_at"][-1:], "Z", "3"),
    "order-date-is-local-time": seen(
        up, lambda answer: answer.json()["created_at"], "2026-09-21T14:13:20.000Z", "2026-09-21T15:13:20Z"
    ),
    "created-subscriber-without-date": seen(
        after(up, create), lambda answer: answer.json()["created_at"] is None, False, True
    ),
    "deleted-subscriber-not-named": seen(after(up, bob, no_bob), members, ["identity", "product_name"], []),
    "deletion-names-another-subscriber": told(identity_deleted, "ann@shop.example.org", "bob@shop.example.org"),
    "location-leads-nowhere": told(at_location, 200, 404),
    "location-lacks-the-path-of-the-api": told(within_the_api, True, False),
    "location-is-no-address": told(at_location, 200, None),
    "location-of-the-first-order": told(same_at_location, True, False),
    "accepted-order-never-found-by-number": Story(read_when_fulfilled, (1, 200), (1, 404), SLOW),
    "accepted-without-status": seen(
        up,
        lambda answer: ("status" in answer.json(), "location" in answer.headers),
        (True, True),
        (False, False),
        **SLOW,
    ),
    # Errors.
    "errors-without-transaction-id": seen(create, members, FIVE, FIVE[:-1]),
    "error-status-as-number": seen(no_bob, lambda answer: answer.json()["status"], "404", 404),
    "error-status-contradicts": seen(malformed, lambda answer: answer.json()["status"], "400", "500"),
    "not-found-in-html": seen(no_bob, header("content-type"), "application/json", "text/html"),
    "refusal-without-body": seen(create, lambda answer: answer.content == b"", False, True),
    "error-without-words": seen(malformed, lambda answer: answer.json()["message"] == "", False, True),
    "problem-with-another-status": seen(
        create,
        lambda answer: (answer.headers["content-type"], answer.json()["status"]),
        ("application/json", "412"),
        ("application/problem+json", "400"),
    ),
    "problem-with-members-of-wrong-type": seen(
        no_bob,
        lambda answer: (answer.headers["content-type"], answer.json().get("title")),
        ("application/json", None),
        ("application/problem+json", 404),
    ),
    # Bodies and their frames.
    "whatever-is-read-calls-itself-html": seen(
        call("GET", "/order"), header("content-type"), "application/json", "text/html"
    ),
    "inventory-calls-itself-html": seen(
        call("GET", "/inventory"), header("content-type"), "application/json", "text/html; charset=utf-8"
    ),
    "orders-with-a-comma-too-many": seen(after(up, up, orders), lambda answer: answer.content[-4:], b'"}]}', b"},]}"),
    "answer-to-a-creation-without-type": seen(after(up, create), header("content-type"), "application/json", ""),
    "deletion-announces-more-than-it-sends": told(broken_off(after(up, bob, no_bob)), "200", "broken off"),
    "inventory-announces-less-than-it-sends": told(announced_and_sent, 0, -1),
    "head-has-content": told(head_content("/inventory"), False, True),
    "head-refused-with-content": told(head_content("/order"), False, True),
}
