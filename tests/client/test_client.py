"""Whatever the network does becomes an exchange, and nothing leaves or comes back but through the door."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from client_line import MARK, Line, MakeLine
from little_target import LittleTarget, Reply, free_port

from kandykit.calls import CreateSubscriber, OrderKind, Outcome, PlaceOrder, ReadInventory
from kandykit.client import Client
from kandykit.door import COMES_BACK_S, HOPELESS, Lost
from kandykit.errors import Refused, TargetDown
from kandykit.exchange import Answer, Credential, Intent
from kandykit.journal import read_journal
from kandykit.patience import SPIKE_S, pause_told
from kandykit.wire import Outgoing

NONE = {"credential": Credential.NONE}


# -- an ordinary call ---------------------------------------------------------------------------------------------


def test_a_call_comes_back_as_exchange_call_and_reply(served: Line) -> None:
    before = time.monotonic()
    exchange, call, reply = served.send(served.binding.place_order(OrderKind.INCREMENT, 3))
    assert call == PlaceOrder(OrderKind.INCREMENT, 3)
    assert reply.outcome is Outcome.DONE
    assert exchange.answered
    assert exchange.answer is not None
    assert exchange.answer.status == 201
    assert exchange.answer.length == len(exchange.answer.body.encode())
    assert before < exchange.started < exchange.ended < time.monotonic()
    assert exchange.at.startswith("20")
    assert exchange.at.endswith("Z")
    assert (exchange.seq, exchange.intent) == (2, Intent("tests", "line"))
    assert served.target.holdings["acme"].total == 3


def test_every_exchange_is_seen_and_journaled_in_order(served: Line) -> None:
    outgoings = [
        served.binding.place_order(OrderKind.INCREMENT, 1),
        served.binding.create_subscriber(),
        served.binding.read_inventory(),
    ]
    sent = [served.send(outgoing) for outgoing in outgoings]
    assert [exchange.seq for exchange, _, _ in served.seen] == [1, 2, 3, 4]
    assert served.seen[1:] == sent
    assert list(read_journal(served.journal.path).exchanges) == [exchange for exchange, _, _ in served.seen]
    assert served.guard.calls == 4


def test_the_intent_is_written_before_the_call_leaves(line: Line) -> None:
    def look(true: Reply) -> Reply:
        recording = read_journal(line.journal.path)
        assert recording.unanswered == (len(recording.exchanges),)
        return true

    line.target.instead.extend([look, look])
    line.send(line.binding.read_inventory())
    assert read_journal(line.journal.path).unanswered == ()


def test_what_is_sent_is_what_was_asked_for(served: Line) -> None:
    headers = (("X-Twice", "1"), ("x-twice", "2"), ("X-Blank", "  b \t"), ("X-Text", "é"))
    served.send(Outgoing("GET", served.binding.base_url + "/subscriber/%2Fa%2e%40?x=%20y", headers), **NONE)
    method, path, sent, body = served.target.seen[0]
    assert (method, path, body) == ("GET", "/communication/kandy/provisioning/subscriber/%2Fa%2e%40?x=%20y", b"")
    assert sent["x-blank"] == "b"
    assert "content-length" not in sent
    assert "authorization" not in sent
    kept = served.seen[0][0].request
    assert [value for name, value in kept.headers if name.lower() == "x-twice"] == ["1", "2"]
    assert kept.header("host") == served.binding.base_url.split("/")[2]
    assert kept.header("x-text") == "é"


@pytest.mark.parametrize(("body", "length"), [(None, "0"), (b"", "0"), (b"\xff{", "2")])
def test_a_body_is_sent_as_it_is(served: Line, body: bytes | None, length: str) -> None:
    served.send(Outgoing("POST", served.binding.base_url + "/order", (), body), **NONE)
    assert served.target.seen[0][2]["content-length"] == length
    assert served.target.seen[0][3] == (body or b"")
    assert served.seen[0][0].request.body.encode("utf-8", "surrogateescape") == (body or b"")


def test_a_body_in_chunks_names_no_length(line: Line) -> None:
    body = b'{"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1}'
    line.send(Outgoing("POST", line.binding.base_url + "/order", (("transfer-encoding", "chunked"),), body))
    _, _, sent, came = line.target.seen[-1]
    assert (sent.get("transfer-encoding"), sent.get("content-length"), came) == ("chunked", None, body)


@pytest.mark.parametrize(
    ("outgoing", "why"),
    [
        (Outgoing("GET", "http://127.0.0.1:8099/x", (("a b", "c"),)), "the header 'a b' cannot be sent"),
        (Outgoing("GET", "http://127.0.0.1:8099/x", (("a", "b\r\nc: d"),)), "the header 'a' cannot be sent"),
        (Outgoing("GET", "http://127.0.0.1:8099/x", (("Content-Length", "7"),)), "is not the length of its body"),
        (Outgoing("G T", "http://127.0.0.1:8099/x"), "'G T' is no HTTP method"),
        (Outgoing("GET", "http://127.0.0.1:8099/a\n"), "this is no URL"),
        (Outgoing("GET", "http://127.0.0.1:8099/x", ()), "account-9 is no account"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(line: Line, outgoing: Outgoing, why: str) -> None:
    with pytest.raises(Refused, match=why):
        line.send(outgoing, account="account-9")
    assert line.target.seen == []


def test_redirects_are_outcomes(served: Line) -> None:
    served.target.instead.extend([None, Reply(302, b"", (("location", "/elsewhere"),))])
    exchange, _, reply = served.send(served.binding.read_inventory())
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.answer.header("location")) == (302, "/elsewhere")
    assert reply.outcome is Outcome.UNCLEAR
    assert len(served.target.seen) == 2


def test_repeated_headers_of_an_answer_are_kept(served: Line) -> None:
    served.target.instead.append(Reply(200, {}, (("X-A", "1"), ("x-a", "2"), ("quota-reset-UTC", "é"))))
    exchange, _, _ = served.send(served.binding.read_inventory(), **NONE)
    assert exchange.answer is not None
    assert exchange.answer.header_values("x-a") == ("1", "2")
    assert ("quota-reset-UTC", "é") in exchange.answer.headers


def test_octets_are_counted_before_they_are_decoded(served: Line) -> None:
    packed = gzip.compress(b'{"products": []}' * 100)
    served.target.instead.append(Reply(200, packed, (("content-encoding", "gzip"),)))
    exchange, _, _ = served.send(served.binding.read_inventory(), **NONE)
    assert exchange.answer is not None
    assert exchange.answer.length == len(packed)
    assert exchange.answer.body == '{"products": []}' * 100


def test_a_connection_is_used_again(served: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    served.send(served.binding.read_inventory())
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("a second connection"))
    for _ in range(3):
        served.send(served.binding.read_inventory())


def test_the_libraries_tell_no_log_what_goes_over_the_wire(served: Line, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        served.send(served.binding.read_inventory())
    assert served.target.seen
    assert [record for record in caplog.records if record.name.partition(".")[0] in ("httpcore", "httpx")] == []


def test_nobody_is_shown_anything_twice_at_once(make_line: MakeLine) -> None:
    inside = threading.Lock()

    def see(*_: Any) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0)
        inside.release()

    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True, client={"see": see})
        threads = [threading.Thread(target=lambda: line.send(line.binding.read_inventory())) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read_journal(line.journal.path).exchanges) == 7


# -- bad networks -------------------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize(
    ("raw", "failure", "status", "body"),
    [
        (b"", "cut", None, ""),
        (OK, "cut", None, ""),
        (OK + b'content-length: 20\r\n\r\n{"a": "h', "cut", 200, '{"a": "h'),
        (OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "cut", 200, "hello"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "garbled", None, ""),
        (OK + b"content-length: many\r\n\r\n{}", "garbled", None, ""),
        (OK + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n", "garbled", 200, ""),
        (
            OK + b"connection: close\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
            "garbled",
            200,
            "hello",
        ),
        (OK + b"\r\n{}", "", 200, "{}"),
    ],
)
def test_how_an_answer_can_fail(served: Line, raw: bytes, failure: str, status: int | None, body: str) -> None:
    served.target.instead.extend([None, Reply(raw=raw)])
    exchange, _, reply = served.send(served.binding.read_inventory())
    assert exchange.failure == failure
    assert (exchange.answer.status if exchange.answer else None) == status
    assert (exchange.answer.body if exchange.answer else "") == body
    if failure:
        assert reply.outcome is Outcome.UNCLEAR
        assert not exchange.answered
    assert len(served.target.seen) == 2  # nothing is sent again
    assert served.send(served.binding.read_inventory())[0].answered


def test_no_answer_in_time_is_a_timeout(make_line: MakeLine) -> None:
    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True, client={"read_s": 0.05})
        target.instead.append(Reply(hang=True))
        exchange, _, _ = line.send(line.binding.read_inventory(), **NONE)
    assert (exchange.failure, exchange.answer) == ("timeout", None)
    assert exchange.ended - exchange.started >= 0.05


def test_an_answer_that_never_ends_is_left(make_line: MakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                line.clock.now += 10
                yield b"x" * 1000

    line = make_line(inner=httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless())))
    monkeypatch.setattr("kandykit.door.LARGEST_ANSWER", 5000)
    exchange, _, _ = line.send(line.binding.read_inventory(), **NONE)
    assert exchange.failure == "cut"
    monkeypatch.setattr("kandykit.door.LARGEST_ANSWER", 10**9)
    exchange, _, _ = line.send(line.binding.read_inventory(), **NONE)
    assert exchange.failure == "timeout"


def test_nobody_there_is_unreachable_and_too_often_is_down(make_line: MakeLine) -> None:
    waited: list[float] = []
    line = make_line(origin=f"http://127.0.0.1:{free_port()}", real_time=True, client={"sleep": waited.append})
    for _ in range(HOPELESS - 1):
        exchange, _, _ = line.send(line.binding.read_inventory(), **NONE)
        assert (exchange.failure, exchange.answer) == ("unreachable", None)
    with pytest.raises(TargetDown, match=r"5 calls in a row got no connection \(.*refused"):
        line.send(line.binding.read_inventory(), **NONE)
    assert len(line.seen) == HOPELESS
    assert len(read_journal(line.journal.path).exchanges) == HOPELESS
    assert waited == list(COMES_BACK_S), "a target that is only started anew has time to come back"


def test_one_answer_restores_hope(make_line: MakeLine) -> None:
    def sometimes(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/inventory"):
            return httpx.Response(401)
        raise httpx.ConnectError("nobody")

    line = make_line(inner=httpx.MockTransport(sometimes))
    for _ in range(3):
        for _ in range(HOPELESS - 1):
            line.send(line.binding.read_orders(), **NONE)
        line.send(line.binding.read_inventory(), **NONE)


@pytest.mark.parametrize(
    ("raw", "length", "method"),
    [
        (OK + b"content-length: 2\r\n\r\n{}more", 6, "GET"),
        (OK + b"content-length: 2\r\n\r\n{}", 2, "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\nmore", 4, "GET"),
        (OK + b"content-length: 2\r\n\r\n{}", 2, "GET"),
        (OK + b"content-length: 2\r\n\r\n", 0, "HEAD"),
    ],
)
def test_octets_behind_an_answer_are_counted_and_never_taken_for_the_next_one(
    make_line: MakeLine, raw: bytes, length: int, method: str
) -> None:
    with raw_server(raw) as origin:
        line = make_line(origin=origin, real_time=True)
        for _ in range(3):
            exchange, _, _ = line.send(Outgoing(method, line.binding.base_url + "/inventory"), **NONE)
            assert exchange.failure == ""
            assert exchange.answer is not None
            assert exchange.answer.length == length


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Answers each request with the same octets, and keeps the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(peer: socket.socket) -> None:
        with peer:
            while b"\r\n\r\n" in peer.recv(65536):
                peer.sendall(answer)

    def listen() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(peer,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_ctrl_c_in_the_middle_of_a_call_is_recorded_before_it_goes_on(line: Line) -> None:
    line.client.token()

    def interrupt(_: Reply) -> Reply:
        raise KeyboardInterrupt

    line.target.instead.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        line.send(line.binding.create_subscriber("kk-a1b2c3d4-1@example.com"))
    exchange, call, reply = line.seen[-1]
    assert isinstance(call, CreateSubscriber)
    assert exchange.failure
    assert reply.outcome is Outcome.UNCLEAR
    assert line.ledger.account("account-1").subscribers.to_delete == ["kk-a1b2c3d4-1@example.com"]
    assert read_journal(line.journal.path).unanswered == ()


def test_a_call_that_ctrl_c_kept_from_leaving_does_not_count(make_line: MakeLine) -> None:
    line = make_line()
    line.guard.limits = type(line.guard.limits)(
        **{name: getattr(line.guard.limits, name) for name in line.guard.limits.__slots__} | {"calls_per_second": 1.0}
    )
    line.guard._allowance = 0.0

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    line.guard._sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        line.send(line.binding.place_order(OrderKind.INCREMENT, 1), credential=Credential.UNKNOWN)
    assert (line.guard.calls, line.ledger.worst_rise("account-1"), line.target.seen) == (0, 0, [])


def test_a_judge_that_fails_does_not_lose_the_exchange(make_line: MakeLine) -> None:
    def see(*_: Any) -> None:
        raise RuntimeError("judge")

    line = make_line(client={"see": see})
    with pytest.raises(RuntimeError):
        line.send(line.binding.read_inventory(), **NONE)
    assert read_journal(line.journal.path).unanswered == ()


# -- the door as a transport --------------------------------------------------------------------------------------


def test_the_door_serves_any_httpx_client(line: Line) -> None:
    with httpx.Client(transport=line.client.door) as client:
        assert client.get(line.binding.read_inventory().url).status_code == 401
        line.target.instead.append(Reply(raw=b""))
        with pytest.raises(Lost) as raised:
            client.get(line.binding.read_inventory().url)
    assert raised.value.passed == line.seen[-1]
    assert [exchange.intent.credential for exchange, _, _ in line.seen] == [Credential.PRESUMED] * 2
    assert line.guard.calls == 2


def test_the_client_closes_as_a_context(make_line: MakeLine) -> None:
    with make_line().client as client:
        assert isinstance(client, Client)


# -- bursts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 8, 32])
def test_a_burst_really_overlaps(make_line: MakeLine, size: int) -> None:
    together = threading.Barrier(size)

    def meet(true: Reply) -> Reply:
        together.wait(5)  # passes only if all calls of the burst are with the target at once
        return true

    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        line.client.token()
        target.instead.extend([meet] * size)
        burst = line.client.send_together([(line.binding.read_inventory(), Intent())] * size)
    assert [reply.outcome for _, _, reply in burst] == [Outcome.DONE] * size
    assert max(exchange.started for exchange, _, _ in burst) < min(exchange.ended for exchange, _, _ in burst)
    assert [exchange.seq for exchange, _, _ in burst] == list(range(2, size + 2))
    assert line.seen[1:] == burst


def test_a_burst_keeps_the_order_of_its_calls(make_line: MakeLine) -> None:
    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        calls = [(line.binding.place_order(OrderKind.INCREMENT, n), Intent(account="account-2")) for n in range(1, 6)]
        burst = line.client.send_together([*calls, (line.binding.read_inventory(), Intent())])
    assert [call for _, call, _ in burst] == [
        *(PlaceOrder(OrderKind.INCREMENT, n) for n in range(1, 6)),
        ReadInventory(),
    ]
    assert target.holdings["other"].total == 15
    assert len(target.tokens) == 2


def test_tokens_for_several_accounts_are_asked_for_at_once(make_line: MakeLine) -> None:
    together = threading.Barrier(2)

    def meet(true: Reply) -> Reply:
        together.wait(5)  # passes only if both token calls are with the target at once
        return true

    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        target.instead.extend([meet] * 2)
        calls = [(line.binding.read_inventory(), Intent(account=f"account-{number}")) for number in (1, 2)]
        burst = line.client.send_together(calls)
    assert [reply.outcome for _, _, reply in burst] == [Outcome.DONE] * 2
    assert len(target.tokens) == 2


def test_of_tokens_asked_for_at_once_one_that_fails_is_asked_for_again(line: Line) -> None:
    line.target.instead.extend([Reply(503), None])
    calls = [(line.binding.read_inventory(), Intent(account=f"account-{number}")) for number in (1, 2)]
    burst = line.client.send_together(calls)
    assert [reply.outcome for _, _, reply in burst] == [Outcome.DONE] * 2
    assert len(line.target.seen) == 5


def test_calls_that_follow_leave_when_the_one_before_them_is_over(make_line: MakeLine) -> None:
    target = LittleTarget()
    read, reads = threading.Event(), []

    def hold(true: Reply) -> Reply:
        if "order_number" in true.body:
            read.wait(5)  # passes only if the reads do not wait for this call
        else:
            reads.append(true)
            if len(reads) == 3:
                read.set()
        return true

    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        line.client.token()
        order = line.binding.place_order(OrderKind.INCREMENT, 1)
        target.instead.extend([hold] * 4)
        calls = [(order, Intent()), *[(line.binding.read_inventory(), Intent())] * 3]
        burst = [exchange for exchange, _, _ in line.client.send_together(calls, {2, 3})]
    assert [exchange.request.method for exchange in burst] == ["POST", "GET", "GET", "GET"]
    for before, after in itertools.pairwise(burst[1:]):
        assert before.ended <= after.started < burst[0].ended


def test_what_one_answer_of_a_burst_gives_away_of_another_is_not_kept(line: Line) -> None:
    line.client.token()
    passwords = ("First-Of/Two+1", "Second-Of/Two+2")
    for own, other in (passwords, reversed(passwords)):
        line.target.instead.append(Reply(201, {"password": own}, headers=(("x-last", other),)))
    line.client.send_together([(line.binding.create_subscriber(f"kk-{MARK}-{n}@x"), Intent()) for n in range(2)])
    kept = line.journal.path.read_text(encoding="utf-8")
    assert kept.count("x-last") == 2
    assert not [password for password in passwords if password in kept]


def test_no_call_of_a_burst_leaves_where_one_is_held_back(line: Line) -> None:
    line.client.token()
    calls = [(line.binding.place_order(OrderKind.INCREMENT, 10), Intent())] * 3
    with pytest.raises(Refused):
        line.client.send_together(calls)
    assert len(line.target.seen) == 1
    assert (line.guard.calls, line.ledger.worst_rise("account-1")) == (1, 0)
    assert len(line.client.send_together(calls[:2])) == 2


def test_a_failing_call_does_not_hold_the_others_of_its_burst(served: Line) -> None:
    served.client.token()
    served.target.instead.extend([Reply(raw=b""), None, Reply(raw=b"garbage\r\n\r\n"), None])
    burst = served.client.send_together([(served.binding.read_inventory(), Intent())] * 4)
    assert sorted(exchange.failure for exchange, _, _ in burst) == ["", "", "cut", "garbled"]


def test_a_burst_to_nobody_counts_once_and_too_many_end(make_line: MakeLine) -> None:
    line = make_line(origin=f"http://127.0.0.1:{free_port()}", real_time=True, client={"sleep": lambda seconds: None})
    intent = Intent(credential=Credential.NONE)
    for _ in range(HOPELESS - 1):
        burst = line.client.send_together([(line.binding.read_inventory(), intent)] * 8)
        assert [exchange.failure for exchange, _, _ in burst] == ["unreachable"] * 8
    with pytest.raises(TargetDown):
        line.client.send_together([(line.binding.read_inventory(), intent)] * 8)
    assert len(line.seen) == 8 * HOPELESS


def test_reads_of_a_burst_are_not_sent_again(line: Line) -> None:
    line.client.token()
    line.target.tokens.clear()
    burst = line.client.send_together([(line.binding.read_inventory(), Intent())] * 2)
    assert [exchange.answer.status for exchange, _, _ in burst if exchange.answer] == [401, 401]
    assert line.send(line.binding.read_inventory())[2].outcome is Outcome.DONE


def test_ctrl_c_in_a_burst_keeps_what_had_come(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.client.token()

    def interrupt(_: Reply) -> Reply:
        raise KeyboardInterrupt

    line.target.instead.extend([None, interrupt, None])
    with pytest.raises(KeyboardInterrupt):
        line.client.send_together([(line.binding.place_order(OrderKind.INCREMENT, 1), Intent())] * 3)
    assert read_journal(line.journal.path).unanswered == ()
    assert len(line.seen) == 4
    assert len(line.client.send_together([(line.binding.read_inventory(), Intent())] * 32)) == 32


def test_ctrl_c_while_a_burst_waits_for_answers_leaves_no_thread_behind(
    make_line: MakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        line.client.token()
        target.instead.extend([Reply(hang=True)] * 3)
        arrived = threading.Event()

        def interrupt(future: Any, timeout: float | None = None) -> Any:
            while len(target.seen) < 4:
                arrived.wait(0.001)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("concurrent.futures.Future.result", interrupt)
            with pytest.raises(KeyboardInterrupt):
                line.client.send_together([(line.binding.read_inventory(), Intent())] * 3)
        assert [exchange.failure for exchange, _, _ in line.seen[1:]] == ["timeout"] * 3
        line.client.close()
        for thread in [thread for thread in threading.enumerate() if thread.name.startswith("kandykit-burst")]:
            thread.join(5)
            assert not thread.is_alive()


@pytest.mark.parametrize("size", [0, 33])
def test_a_burst_has_its_size(line: Line, size: int) -> None:
    with pytest.raises(ValueError, match="1 to 32 calls"):
        line.client.send_together([(line.binding.read_inventory(), Intent())] * size)


# -- coming again later -------------------------------------------------------------------------------------------

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
DATE = ("date", "Thu, 01 Jan 2026 00:00:10 GMT")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("Retry-After", "7")], 7),
        ([("retry-after", " 0 ")], 0),
        ([("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT")], 30),
        ([("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT"), DATE], 20),
        ([("Retry-After", "Thu, 01 Jan 2015 00:00:30 GMT")], 0),
        ([("Retry-After", "soon"), ("quota-time-unit", "minute")], 60),
        ([("Retry-After", "-3")], 1),
        ([("quota-reset-UTC", "2026-01-01T00:00:45Z")], 45),
        ([("quota-reset-UTC", "2026-01-01T01:00:45+01:00"), DATE], 35),
        ([("quota-reset-UTC", "2026-01-01T00:00:45")], 45),
        ([("quota-reset-UTC", "Thu, 01 Jan 2026 00:00:45 GMT")], 45),
        ([("quota-reset-UTC", "1767225645")], 45),
        ([("quota-reset-UTC", "1767225645500")], 45.5),
        ([("quota-reset-UTC", "1767225645.5")], 45.5),
        ([("quota-reset-UTC", "Thu Jan 01 00:00:45 UTC 2026")], 45),
        ([("quota-reset-UTC", "1767225599"), ("quota-time-unit", "hour")], 1),
        ([("quota-reset-UTC", "1767225000"), ("quota-time-unit", "hour")], 3600),
        ([("quota-reset-UTC", "n/a"), ("quota-interval", "5"), ("quota-time-unit", "Minute")], 300),
        ([("quota-interval", "x"), ("quota-time-unit", "day")], 86400),
        ([("quota-time-unit", "fortnight")], 1),
        ([("quota-limit", "9"), ("quota-used", "9"), ("quota-time-unit", "hour")], 3600),
        ([("quota-limit", "9"), ("quota-used", "8"), ("quota-time-unit", "hour")], SPIKE_S),
        ([("quota-limit", "9"), ("quota-used", "8"), ("Retry-After", "7")], 7),
        ([], 1),
    ],
)
def test_how_long_to_wait_after_a_refusal_for_haste(headers: list[tuple[str, str]], seconds: float) -> None:
    assert pause_told(Answer(429, tuple(headers)), NOW) == pytest.approx(seconds)


def test_the_client_tells_the_pause_of_an_exchange(line: Line) -> None:
    line.target.instead.extend([None, Reply(429, {}, (("retry-after", "3"),)), Reply(hang=True)])
    assert line.client.pause_after(line.send(line.binding.read_inventory())[0]) == 3
    assert line.client.pause_after(line.send(line.binding.read_inventory())[0]) == 1
    assert json.dumps(line.clock.slept) == "[]"  # the waiting is the caller's
