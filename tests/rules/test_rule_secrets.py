"""R5: no answer shows a secret, or the inside of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rule_sights import (
    CLIENT_SECRET,
    CREATED,
    LIVE_TOKEN,
    MADE_UP_TOKEN,
    OTHER_PASSWORD,
    OTHER_TOKEN,
    PASSWORD,
    PLACED,
    STOCK,
    WANTED,
    after,
    asked_for_token,
    finding,
    five,
    met,
    minted,
    says,
)

from kandykit.exchange import Credential
from kandykit.rules.rule import Sight
from kandykit.rules.secrets import answers_show_no_secret, answers_show_no_stack_trace

CREATION = met("POST", "/subscriber", 201, CREATED, sent=WANTED)
MINTING = asked_for_token()


@pytest.mark.parametrize(
    "sight",
    [
        CREATION,
        MINTING,
        met("GET", "/inventory", content=STOCK),
        met("GET", "/inventory", content={**STOCK, "password": ""}),
        met("GET", "/inventory", content={**STOCK, "password": "********"}),
        met("GET", "/inventory", content={**STOCK, "next_page_token": "{{token:0123456789ab}}"}),
        met("POST", "/subscriber", 201, {**CREATED, "sdk": {"password": PASSWORD}}, sent=WANTED),
        met("POST", "/subscriber", 201, CREATED, sent={**WANTED, "password": PASSWORD}),
    ],
    ids=[
        "creation",
        "minting",
        "no secret",
        "empty",
        "masked",
        "some other token",
        "twice in one answer",
        "the caller's",
    ],
)
def test_an_answer_without_a_secret_of_somebody_elses_holds(sight: Sight) -> None:
    assert says(answers_show_no_secret, sight) == {"R5 held"}


@pytest.mark.parametrize("password", [PASSWORD, OTHER_PASSWORD], ids=["known", "never seen"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/order"), ("GET", "/inventory"), ("DELETE", "/subscriber/u1")])
def test_a_password_in_any_other_success_fails(method: str, path: str, password: str) -> None:
    sight = met(method, path, 200, {"password": password}, past=after(CREATION))
    assert says(answers_show_no_secret, sight) == {"R5 fail"}
    assert "shows a password" in finding(answers_show_no_secret, sight).title


def test_a_known_password_in_a_refusal_fails() -> None:
    sight = met("DELETE", "/subscriber/u1", 404, five(404, f"not {PASSWORD}"), past=after(CREATION))
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


def test_a_password_that_was_sent_and_refused_does_not_come_back() -> None:
    sight = met("POST", "/subscriber", 400, five(400, PASSWORD), sent={**WANTED, "password": PASSWORD})
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


def test_a_refusal_may_say_what_is_wrong_with_a_password() -> None:
    """The redactor cannot tell ``{"password": "is not known"}`` from a password; it is too little to fail for."""
    sight = met("POST", "/subscriber", 400, {"password": OTHER_PASSWORD}, sent=WANTED)
    assert says(answers_show_no_secret, sight) == {"R5 warn"}


def test_another_subscribers_password_beside_the_new_one_fails() -> None:
    content = {**CREATED, "password": OTHER_PASSWORD, "previous": PASSWORD}
    sight = met("POST", "/subscriber", 201, content, sent=WANTED, past=after(CREATION))
    assert finding(answers_show_no_secret, sight).title == "POST /subscriber shows another subscriber's password"


def test_the_same_password_again_is_a_laws_business() -> None:
    """L9 says that passwords differ, and an idempotent repeat of a creation is a legal reading."""
    sight = met("POST", "/subscriber", 200, CREATED, sent=WANTED, past=after(CREATION))
    assert says(answers_show_no_secret, sight) == {"R5 held"}


@pytest.mark.parametrize("status", [200, 400])
def test_a_token_outside_its_minting_fails(status: int) -> None:
    sight = met("GET", "/inventory", status, {"you": LIVE_TOKEN}, past=after(MINTING))
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


def test_a_token_in_a_header_fails() -> None:
    sight = met("GET", "/inventory", content=STOCK, headers={"location": f"/x?token={LIVE_TOKEN}"})
    assert finding(answers_show_no_secret, sight).actual == "an access token in the header location of the answer"


def test_an_expired_token_is_still_a_secret() -> None:
    sight = met("GET", "/order", 401, {"Error": LIVE_TOKEN}, credential=Credential.EXPIRED, past=after(MINTING))
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


def test_a_token_that_nobody_gave_out_may_be_repeated() -> None:
    sight = met("GET", "/order", 401, {"Error": f"Invalid token {MADE_UP_TOKEN}"}, credential=Credential.UNKNOWN)
    assert says(answers_show_no_secret, sight) == {"R5 held"}


def test_another_accounts_token_in_a_refused_minting_fails() -> None:
    past = after(asked_for_token(content=minted(OTHER_TOKEN)))
    sight = asked_for_token(401, {"access_token": OTHER_TOKEN}, credential=Credential.WRONG_SECRET, past=past)
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


@pytest.mark.parametrize(
    "sight",
    [
        asked_for_token(content=minted(client_secret=CLIENT_SECRET)),
        asked_for_token(401, {"Error": CLIENT_SECRET}, credential=Credential.WRONG_SECRET),
        met("GET", "/inventory", 400, five(400, CLIENT_SECRET), past=after(MINTING)),
    ],
    ids=["minting", "refused minting", "elsewhere"],
)
def test_a_client_secret_in_any_answer_fails(sight: Sight) -> None:
    assert says(answers_show_no_secret, sight) == {"R5 fail"}
    assert "a client secret" in finding(answers_show_no_secret, sight).title


def test_a_secret_counts_in_an_answer_that_was_cut() -> None:
    sight = met("GET", "/order", 200, f'{{"x": "{PASSWORD}', failure="cut", past=after(CREATION))
    assert says(answers_show_no_secret, sight) == {"R5 fail"}


TRACES = {
    "python": 'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in place\n    raise KeyError',
    "java": "NullPointerException\n\tat com.kandy.Stock.take(Stock.java:88)\n\tat com.kandy.Api.x(Api.java:1)",
    "kotlin": "at com.kandy.StockKt.take(Stock.kt:88)",
    "native": "at java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)",
    "node": "TypeError: x is undefined\n    at place (/srv/app/order.js:10:15)\n    at node:internal/main:1:1",
    "node internals": "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "typescript": "    at OrderService.place (/srv/src/order.ts:10:15)",
    ".net": "   at Kandy.Stock.Take(Int32 n) in C:\\src\\Stock.cs:line 42",
    ".net release": "   at Kandy.Api.Stock.Take(Int32 n)\r\n   at Kandy.Api.Orders.Place(Order o)",
    "php": "Stack trace:\n#0 /var/www/order.php(12): place()\n#1 {main}",
    "go": "goroutine 17 [running]:\nmain.place(0x1)\n\t/src/main.go:10",
    "ruby": "app/models/order.rb:12:in `place'",
    "rust": "thread 'main' panicked at src/main.rs:10:5",
}


@pytest.mark.parametrize("runtime", TRACES)
@pytest.mark.parametrize("how", ["as text", "inside JSON", "inside JSON, by numbers"])
def test_a_stack_trace_fails(runtime: str, how: str) -> None:
    body: Any = TRACES[runtime] if how == "as text" else json.dumps(five(500, TRACES[runtime]))
    if how.endswith("by numbers"):
        body = body.replace("\\n", "\\u000a").replace("\\t", "\\u0009").replace("\\r", "\\u000D")
    sight = met("POST", "/order", 500, body, sent=PLACED)
    assert says(answers_show_no_stack_trace, sight) == {"R5 fail"}
    assert finding(answers_show_no_stack_trace, sight).title == "POST /order answers with a stack trace"


HARMLESS = [
    "The order was refused at 12:00:01.",
    "No product available at this time. Order products at /order first.",
    "See https://developer.kpn.com/app.js:443/x for details, at least.",
    "Error at line 3 of the body: expected a number at position 12",
    "The class com.kandy.Order is at fault (see order.java: nothing)",
    "Look at the docs (order.md:12:3)",
    "at most 5, at least 1, not at all",
    "Traceback is enabled",
    "thread 'main'",
]


@pytest.mark.parametrize("message", HARMLESS)
def test_a_message_is_no_stack_trace(message: str) -> None:
    assert says(answers_show_no_stack_trace, met("POST", "/order", 400, five(400, message), sent=PLACED)) == set()


def test_a_trace_that_we_sent_ourselves_may_come_back() -> None:
    sent = {**PLACED, "product_name": TRACES["rust"]}
    sight = met("POST", "/order", 400, five(400, f"Unknown product {TRACES['rust']}"), sent=sent)
    assert says(answers_show_no_stack_trace, sight) == set()
