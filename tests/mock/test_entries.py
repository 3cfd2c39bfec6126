"""Whatever is bent, the mock itself does not fall over: an entry is the one oddity that it says it is."""

import json

import pytest

from kandykit.mock.answers import Answer
from kandykit.mock.app import Mock
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Fault, Legal, faults, legals
from kandykit.mock.settings import Settings
from tests.mock.caller import BASE, PRODUCT, SECRETS, TOKEN, ManualClock
from tests.mock.test_bodies import NOT_JSON, ORDERS, SUBSCRIBERS

ANN = "ann@shop.example.org"
ANN_LOUD = "ANN@shop.example.org"
UP = {"product_name": PRODUCT, "order_type": "increment", "quantity": 5}
DOWN = UP | {"order_type": "decrement"}
WALK: list[tuple[str, str, object]] = [
    ("GET", "/inventory", None),
    ("POST", "/subscriber", {"product_name": PRODUCT}),
    ("POST", "/order", UP),
    ("POST", "/order", UP),
    ("POST", "/subscriber", {"product_name": PRODUCT}),
    ("POST", "/subscriber", {"product_name": PRODUCT, "identity": ANN}),
    ("POST", "/subscriber", {"product_name": PRODUCT, "identity": ANN}),
    ("POST", "/subscriber", {"product_name": PRODUCT, "identity": ANN_LOUD}),
    ("POST", "/order", DOWN | {"quantity": 50}),
    ("POST", "/order", DOWN | {"quantity": 1}),
    ("DELETE", f"/subscriber/{ANN}", None),
    ("DELETE", f"/subscriber/{ANN}", None),
    ("POST", "/subscriber", {"product_name": PRODUCT, "identity": ANN}),
    ("GET", "/order", None),
]
NASTY_PATHS = [
    "/subscriber/%",
    "/subscriber/%C3%28",
    "/subscriber/%00",
    "/subscriber/a%2Fb",
    "/subscriber/" + "a" * 300,
    "/subscriber/+",
    f"/subscriber/{ANN}%20",
    "/order?order_number=%zz",
    "/order?order_number=" + "9" * 300,
    "/order?quantity=-1&order_number=",
    "/inventory?quantity=" + "9" * 300,
    "",
    "/",
    "/subscriber",
]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TOKEN_BODIES = [
    b"",
    b"%",
    b"client_id=acme",
    b"client_id=acme&client_secret=x",
    b"client_id=acme&client_secret=acme-secret",
]


def steps() -> list[tuple[str, str, bytes]]:
    """Every operation in the states that matter, then everything malformed there is."""
    made = [(method, path, b"" if body is None else json.dumps(body).encode()) for method, path, body in WALK]
    for path, bodies in (("/order", ORDERS), ("/subscriber", SUBSCRIBERS)):
        made += [("POST", path, body.encode()) for body in bodies]
        made += [("POST", path, body) for body in NOT_JSON]
    return made + [(method, path, b"") for path in NASTY_PATHS for method in METHODS]


def answered(mock: Mock, method: str, target: str, body: bytes, **headers: str) -> Answer | None:
    """The answer to one call, made without a network; nothing for one that takes its time."""
    path, _, query = target.partition("?")
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    going = mock.gateway.answer(Call(method, path, query.encode(), sent, body))
    try:
        going.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    going.close()
    return None


async def no_time(_seconds: float) -> None:
    """Takes no time, and needs no event loop to wait in."""


@pytest.mark.parametrize("entry", [*faults(), *legals()], ids=lambda entry: entry.name)
def test_no_entry_makes_the_mock_fall_over(entry: Fault | Legal) -> None:
    mock = Mock(Settings(secrets=SECRETS), ManualClock())
    mock.sleep = no_time
    entry.apply(mock)
    for method in METHODS:
        for body in TOKEN_BODIES:
            for query in ("", "?grant_type=client_credentials", "?grant_type=password", "?%"):
                answered(mock, method, TOKEN + query, body, content_type="application/x-www-form-urlencoded")
    for client in ("acme", "globex"):
        token = mock.tokens.mint(mock.accounts[client]).word
        calls = [(f"Bearer {token}", step) for step in steps()]
        calls += [(word, step) for word in ("Bearer x", "Basic x", "Bearer", "") for step in steps()[: len(WALK)]]
        for authorization, (method, path, body) in calls:
            headers = {"authorization": authorization, "content_type": "application/json", "origin": "https://x"}
            answer = answered(mock, method, BASE + path, body, **headers)
            assert answer is None or isinstance(answer.body(), bytes)
