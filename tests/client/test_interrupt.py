"""Interrupts: a call is finished first, whoever insists is heeded at once, and the next call is served either way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from client_line import Line
from little_target import Reply

from kandykit.calls import Outcome
from kandykit.interrupt import heed_between_calls, heeded, one_call, started
from kandykit.transport import Wire


@pytest.fixture(autouse=True)
def heeding() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    heed_between_calls()
    started()
    yield
    heeded()
    signal.signal(signal.SIGINT, before)


def ask() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_between_calls_it_is_heeded_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        ask()


def test_until_all_is_loaded_it_is_remembered() -> None:
    heed_between_calls()
    ask()
    with pytest.raises(KeyboardInterrupt):
        started()


def test_one_that_vanished_is_raised_before_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    vanished: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: vanished.append(unraisable.exc_type))

    class Vanishing:
        def __del__(self) -> None:
            ask()

    done: list[str] = []
    Vanishing()
    assert vanished == [KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt):
        call(done, times=0)
    assert not done


def call(done: list[str], times: int) -> None:
    with one_call():
        for _ in range(times):
            ask()
        done.append("all the same")


def test_a_call_is_finished_first() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        call(done, times=1)
    assert done


def test_who_insists_is_heeded_in_the_middle() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        call(done, times=2)
    assert not done
    heeded()
    call(done, times=0)
    assert done


def test_an_answer_that_is_on_its_way_is_still_read(line: Line) -> None:
    line.client.token()

    def meanwhile(_: Reply) -> Reply:
        ask()
        return Reply(404)

    line.target.instead.append(meanwhile)
    with pytest.raises(KeyboardInterrupt):
        line.send(line.binding.delete_subscriber("kk-a1b2c3d4-1@example.com"))
    exchange, _, reply = line.seen[-1]
    assert exchange.answered
    assert reply.outcome is Outcome.REFUSED


def test_after_an_interrupt_inside_the_pool_calls_go_out_again(served: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    served.send(served.binding.read_inventory())
    wire = served.client.door._inner
    assert isinstance(wire, Wire)
    pool = wire._pool

    def insisted(*_: object) -> None:
        pool._optional_thread_lock.__enter__()  # as if the interrupt had come before the lock could be given back
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "handle_request", insisted)
    with pytest.raises(KeyboardInterrupt):
        served.send(served.binding.read_inventory())
    heeded()
    assert served.send(served.binding.read_inventory())[0].answered
