"""The door: the only way out.

Nothing reaches a target but through `Door`, a transport. It sends nothing that the guard has not let pass and the
journal has not written down, and it hands on only what was redacted. Whatever the network does becomes an `Exchange`,
never an exception; nothing is retried, and no redirect is followed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

import httpx

from kandykit.calls import Call, Reply
from kandykit.errors import Refused, TargetDown
from kandykit.exchange import Answer, Credential, Exchange, Headers, Intent, Request
from kandykit.guard import Guard
from kandykit.interrupt import one_call
from kandykit.journal import Journal
from kandykit.oauth import INTENT
from kandykit.redaction import Redactor
from kandykit.transport import DEPARTURE, READ_S, Departure, Together
from kandykit.wire import Outgoing

Passed = tuple[Exchange, Call, Reply]
"""A call that went through the door: what was sent and came back, and what both mean."""

LARGEST_ANSWER: Final = 16 * 2**20
"""An answer is cut off after so many octets: a target that never ends must not fill the memory."""

HOPELESS: Final = 5
"""After so many calls in a row that reached nobody, the target counts as down."""

COMES_BACK_S: Final = (0.1, 0.4, 1.0, 2.0)
"""The seconds that are waited after each of those but the last: a target that is started anew is away for a while."""


class Binds(Protocol):
    """What the client needs of a binding: the meaning of what goes over the wire."""

    def call_of(self, method: str, url: str, headers: Headers, body: str) -> Call:
        """What a request asks for."""
        ...

    def reply_of(self, call: Call, answer: Answer | None, failure: str) -> Reply:
        """What an answer says."""
        ...


@dataclass(slots=True, eq=False)
class Passage:
    """A call that may leave: the guard has let it pass."""

    seq: int
    intent: Intent
    going: httpx.Request
    request: Request
    call: Call
    writes: bool
    departure: Departure
    started: float = 0.0
    at: str = ""


@dataclass(slots=True, eq=False)
class Arrival:
    """What came of it, as octets."""

    started: float
    ended: float
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    octets: bytes = b""
    length: int = 0
    failure: str = ""
    why: str = ""
    interrupted: BaseException | None = None


class Lost(httpx.TransportError):
    """A call that got no whole answer, for callers that use `Door` as an httpx transport; `passed` tells the rest."""

    def __init__(self, passed: Passed) -> None:
        super().__init__(passed[0].failure)
        self.passed = passed


class Door(httpx.BaseTransport):
    """The transport that every call passes: guard, journal, wire, redaction, journal, binding, ledger, ``see``.

    ``see`` is called once for each exchange, token calls included, one at a time; what was intended earlier is seen
    earlier, unless calls overlap. A request's `Intent` travels in its extensions under `kandykit.oauth.INTENT`.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        binding: Binds,
        guard: Guard,
        journal: Journal,
        redactor: Redactor,
        *,
        see: Callable[[Exchange, Call, Reply], None],
        longest_s: float = 2 * READ_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._inner = inner
        self._binding = binding
        self._guard = guard
        self._journal = journal
        self._redactor = redactor
        self._see = see
        self._longest_s = longest_s
        self._clock = clock
        self._sleep = sleep
        self._wall = wall
        self._lock = threading.RLock()
        self._seq = 0
        self._unreached = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call. Raises `Refused` where it must not leave, `Lost` where no whole answer came."""
        passed, arrival = self.send(request)
        if passed[0].failure:
            raise Lost(passed)
        return response_of(arrival)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def send(self, request: httpx.Request) -> tuple[Passed, Arrival]:
        """One call, whatever comes of it; raises `TargetDown` when too many in a row reached nobody."""
        passage = self.admit(request)
        self.announce([passage])
        with one_call():
            arrival = self.carry(passage)
            passed = self.take_in(passage, arrival)
        self.check_hope([arrival])
        return passed, arrival

    def admit(self, request: httpx.Request, together: Together | None = None) -> Passage:
        """Have the guard check a call, which counts from here on."""
        intent = request.extensions.get(INTENT) or Intent(credential=Credential.PRESUMED)
        url, method, body = str(request.url), request.method, request.read()
        headers = _text_headers(request.headers.raw)
        kept = self._redactor.request(method, url, headers, _text(body))
        call = self._binding.call_of(method, kept.url, kept.headers, kept.body)
        outgoing = Outgoing(method, url, headers, body)
        departure = Departure(together=together)
        request.extensions = {**request.extensions, DEPARTURE: departure}
        with self._lock:
            seq = self._seq + 1
            self._guard.check(outgoing, intent, call, seq=seq, body=kept.body)
            self._seq = seq
        return Passage(seq, intent, request, kept, call, self._guard.writes(method, url), departure)

    def announce(self, passages: Sequence[Passage]) -> None:
        """Wait for the agreed rate, then write the intents down; after this the calls may leave."""
        announced = 0
        try:
            self._guard.pace(len(passages))
            for passage in passages:
                passage.started, passage.at = self._clock(), self._now()
                self._journal.intend(
                    passage.seq, passage.intent, passage.request, passage.started, passage.at, writes=passage.writes
                )
                announced += 1
        except BaseException as error:
            for passage in passages[announced:]:
                self._guard.turn_back(passage.seq, passage.intent.account)
            for passage in passages[:announced]:
                self.take_in(passage, Arrival(passage.started, self._clock(), failure="unreachable", why=str(error)))
            raise

    def carry(self, passage: Passage) -> Arrival:
        """Send a call and bring back what came, as octets."""
        departure, status, headers, chunks, length = passage.departure, 0, [], [], 0
        failure = why = ""
        ended = 0.0
        interrupted: BaseException | None = None
        deadline = passage.started + self._longest_s
        try:
            response = self._inner.handle_request(passage.going)
            try:
                status, headers = response.status_code, response.headers.raw
                assert isinstance(response.stream, httpx.SyncByteStream)
                for chunk in response.stream:
                    chunks.append(chunk)
                    length += len(chunk)
                    if length > LARGEST_ANSWER:
                        failure, why = "cut", f"the answer is longer than {LARGEST_ANSWER} octets"
                        break
                    if self._clock() > deadline:
                        failure, why = "timeout", f"the answer was still coming after {self._longest_s:.0f} s"
                        break
                ended = self._clock()
                if passage.going.method == "HEAD" and departure.stream is not None and not failure:
                    departure.stream.linger(departure)
            finally:
                ended = ended or self._clock()
                response.close()
        except httpx.TransportError as error:
            failure, why = _failure(error), str(error) or type(error).__name__
            if isinstance(error, httpx.LocalProtocolError):
                interrupted = Refused(f"this request cannot be put on the wire: {error}.")
        except BaseException as error:  # Ctrl-C: the call may be under way, so what is known of it is recorded first
            failure, why, interrupted = "cut" if departure.left else "unreachable", type(error).__name__, error
        finally:
            if departure.together is not None and not departure.left:
                departure.together.drop_out()
        if failure:
            ended = self._clock()
        started = departure.started if departure.left else passage.started
        arrival = Arrival(started, ended, status, headers, b"".join(chunks), length, failure, why, interrupted)
        if departure.came and not failure:
            _look_behind(arrival, passage.going.method, departure)
        return arrival

    def learn(self, arrivals: Sequence[Arrival]) -> None:
        """Know the secrets of answers that came at the same time, since any of them may show what another one gave."""
        for arrival in arrivals:
            self._redactor.text(_text(_decoded(arrival)), learn=True)

    def take_in(self, passage: Passage, arrival: Arrival) -> Passed:
        """Redact, record, understand, book and show what came; raises what interrupted the call, if anything did."""
        answer = None
        if arrival.status:
            answer = self._redactor.answer(
                Answer(arrival.status, _text_headers(arrival.headers), _text(_decoded(arrival)), arrival.length)
            )
        exchange = Exchange(
            passage.seq,
            passage.intent,
            passage.request,
            answer,
            arrival.started,
            arrival.ended,
            passage.at,
            arrival.failure,
        )
        with self._lock:
            self._journal.conclude(exchange)
            reply = self._binding.reply_of(passage.call, answer, arrival.failure)
            self._guard.settle(exchange, passage.call, reply)
            self._see(exchange, passage.call, reply)
        if arrival.interrupted is not None:
            raise arrival.interrupted
        return exchange, passage.call, reply

    def check_hope(self, arrivals: Sequence[Arrival]) -> None:
        """Wait a little when a call, or a whole burst, reached nobody; raise `TargetDown` at too many in a row."""
        if any(arrival.failure != "unreachable" for arrival in arrivals):
            self._unreached = 0
            return
        self._unreached += 1
        if self._unreached >= HOPELESS:
            why = self._redactor.text(arrivals[-1].why)
            raise TargetDown(
                f"the target cannot be reached: {self._unreached} calls in a row got no connection ({why})."
            )
        self._sleep(COMES_BACK_S[self._unreached - 1])

    def _now(self) -> str:
        seconds = self._wall()
        whole = int(seconds)
        return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


def response_of(arrival: Arrival) -> httpx.Response:
    """An arrival as httpx knows it."""
    return httpx.Response(arrival.status, headers=arrival.headers, content=arrival.octets)


def _failure(error: httpx.TransportError) -> str:
    """Which of `kandykit.exchange.FAILURES` this is."""
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError | httpx.PoolTimeout | httpx.LocalProtocolError):
        return "unreachable"
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.RemoteProtocolError):
        hung_up = "disconnected" in str(error) or "peer closed connection" in str(error)
        return "cut" if hung_up else "garbled"
    return "cut"


def _look_behind(arrival: Arrival, method: str, departure: Departure) -> None:
    """Count octets that came behind the end of an answer, and never use their connection again.

    An HTTP parser stops where the answer says it ends. What follows would be taken for the answer to the next call.
    """
    names = {name.lower(): value for name, value in arrival.headers}
    if method == "HEAD" or arrival.status in (204, 304):
        expected = 0
    elif b"transfer-encoding" in names:
        return
    elif names.get(b"content-length", b"").isdigit():
        expected = int(names[b"content-length"])
    else:
        return
    raw = departure.came[0] if len(departure.came) == 1 else b"".join(departure.came)
    end = raw.find(b"\r\n\r\n") + 4
    if end < 4 or raw.startswith(b"HTTP/1.1 1") or len(raw) - end <= expected:
        return
    arrival.length = len(raw) - end
    if departure.stream is not None:
        departure.stream.spoilt = True


def _decoded(arrival: Arrival) -> bytes:
    if not arrival.octets or not any(name.lower() == b"content-encoding" for name, _ in arrival.headers):
        return arrival.octets
    try:
        return httpx.Response(arrival.status, headers=arrival.headers, content=arrival.octets).content
    except httpx.DecodingError as error:
        arrival.failure, arrival.why = arrival.failure or "garbled", str(error)
        return arrival.octets


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _text_headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    return tuple([(_text(name), _text(value)) for name, value in raw])


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
