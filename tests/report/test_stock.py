"""What has to be in stock before calls can be played again."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_run import BASE, Tape

from kandykit.binding import Binding
from kandykit.report.stock import start_of

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")


@pytest.mark.parametrize(
    ("path", "sent", "least"),
    [
        ("/subscriber", {}, 1),
        ("/order", {"product_name": "Another", "order_type": "decrement", "quantity": 3}, 3),
        ("/order", {"product_name": "Another", "order_type": "increment", "quantity": 3}, 0),
        ("/order", {"product_name": "KPN-VoiceVideo-C", "order_type": "decrement"}, 1),
    ],
)
def test_an_accepted_malformed_call_had_what_it_takes(path: str, sent: dict[str, Any], least: int) -> None:
    tape = Tape()
    tape.call("POST", path, 201, {}, sent)
    assert start_of(tape.taken, BINDING, at_limit=False, about_stock=False).least == least


@pytest.mark.parametrize(
    ("total", "used", "available", "exactly", "least"),
    [(3, 1, 2, 2, 0), (0, 0, 0, 0, 0), (0, -22, 22, None, 1)],
)
def test_a_play_begins_where_it_was_recorded_if_that_can_be(
    total: int, used: int, available: int, exactly: int | None, least: int
) -> None:
    tape = Tape()
    shown = {"product_name": "KPN-VoiceVideo-C", "total": total, "used": used, "available": available}
    tape.call("GET", "/inventory", 200, {"products": [shown]})
    made = {"identity": "a@x.example", "password": "p", "product_name": "KPN-VoiceVideo-C"}
    tape.call("POST", "/subscriber", 201, made, {"product_name": "KPN-VoiceVideo-C"})
    start = start_of(tape.taken, BINDING, at_limit=False, about_stock=True)
    assert (start.available, start.least) == (exactly, least)


def test_without_a_read_before_them_the_first_one_behind_tells_where_calls_began() -> None:
    tape = Tape()
    tape.order("decrement", 1)
    tape.subscriber("a@acme.example")
    tape.inventory(22, 4)
    start = start_of(tape.taken, BINDING, at_limit=True, about_stock=True)
    assert (start.available, start.total, start.used) == (20, 23, 3)
    assert start_of(tape.taken, BINDING, at_limit=False, about_stock=False).available is None


@pytest.mark.parametrize(
    ("identity", "of_nobody", "before"),
    [
        ("a@acme.example", False, []),
        ("a@acme.exampl", False, []),
        ("z@acme.example", False, ["z@acme.example"]),
        ("z@acme.example", True, []),
    ],
)
def test_only_who_was_there_is_created_to_begin_with(identity: str, of_nobody: bool, before: list[str]) -> None:
    tape = Tape()
    tape.subscriber("a@acme.example")
    tape.delete(identity)
    start = start_of(tape.taken, BINDING, at_limit=False, about_stock=False, of_nobody=of_nobody)
    assert start.subscribers == before
