"""The client: the only door out.

Nothing reaches a target but through `Door`, a transport. It sends nothing that the guard has not let pass and the
journal has not written down, and it hands on only what was redacted. Whatever the network does becomes an `Exchange`,
never an exception; nothing is retried, and no redirect is followed.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpcore
import httpx

from kandykit import __version__
from kandykit.calls import Call, Reply
from kandykit.errors import NoToken, Refused, TargetDown
from kandykit.exchange import Answer, Credential, Exchange, Headers, Intent, Request
from kandykit.guard import BURST, Guard
from kandykit.journal import Journal
from kandykit.oauth import INTENT, ClientCredentials, ClientSecret
from kandykit.redaction import Redactor
from kandykit.wire import Outgoing

if TYPE_CHECKING:
    from kandykit.profile import Profile

Passed = tuple[Exchange, Call, Reply]
"""A call that went through the door: what was sent and came back, and what both mean."""

CONNECT_S: Final = 5.0
READ_S: Final = 30.0

LARGEST_ANSWER: Final = 16 * 2**20
"""An answer is cut off after so many octets: a target that never ends must not fill the memory."""

HOPELESS: Final = 5
"""After so many calls in a row that reached nobody, the target counts as down."""

_DEPARTURE: Final = "kandykit.departure"
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_WINDOWS: Final = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000}


class Binds(Protocol):
    """What the client needs of a binding: the meaning of what goes over the wire."""

    def call_of(self, method: str, url: str, headers: Headers, body: str) -> Call:
        """What a request asks for."""
        ...

    def reply_of(self, call: Call, answer: Answer | None, failure: str) -> Reply:
        """What an answer says."""
        ...


# -- the wire -----------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Departure:
    """When one call's first octet left, and what came back as octets."""

    started: float = 0.0
    left: bool = False
    together: _Together | None = None
    failed: Exception | None = None
    stream: _Stream | None = None
    came: list[bytes] = field(default_factory=list)


class _Together:
    """Holds calls back until each of them stands ready to leave, then lets the first octets go one right after another.

    The last one to get ready writes for all, so that no thread has to be woken between two writes.
    """

    def __init__(self, calls: int, clock: Callable[[], float]) -> None:
        self._expected = calls
        self._clock = clock
        self._ready: list[tuple[_Departure, httpcore.NetworkStream, bytes, float | None]] = []
        self._gone = threading.Condition()
        self._called_off = False

    def leave(
        self, departure: _Departure, stream: httpcore.NetworkStream, octets: bytes, timeout: float | None
    ) -> None:
        """Wait for the others, and leave with them."""
        with self._gone:
            self._ready.append((departure, stream, octets, timeout))
            if not self._go_if_complete():
                self._gone.wait_for(lambda: departure.left or self._called_off)
            if not departure.left:
                raise httpcore.ConnectError("the burst was called off before it left")
        if departure.failed is not None:
            raise departure.failed

    def drop_out(self) -> None:
        """One call does not leave at all: it found no connection."""
        with self._gone:
            self._expected -= 1
            self._go_if_complete()

    def call_off(self) -> None:
        """Who has not left yet never will."""
        with self._gone:
            self._called_off = True
            self._gone.notify_all()

    def _go_if_complete(self) -> bool:
        if self._called_off or len(self._ready) < self._expected:
            return False
        for departure, stream, octets, timeout in self._ready:
            departure.started, departure.left = self._clock(), True
            try:
                stream.write(octets, timeout)
            except Exception as error:
                departure.failed = error
        self._expected -= len(self._ready)
        self._ready = []
        self._gone.notify_all()
        return True


class _Stream(httpcore.NetworkStream):
    """A connection that sends a whole request at once, as late as it can be, and stamps the moment."""

    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self._held: list[bytes] = []
        self._timeout: float | None = None
        self.spoilt = False
        """More came than the answer's length said: what follows on this connection could be taken for an answer."""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._held.append(buffer)
            self._timeout = timeout

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        departure = self._wire.departure
        if self._held:
            departure.stream = self
            octets, self._held = b"".join(self._held), []
            # A target may answer and hang up before it has read all; if it did not answer, reading tells.
            with suppress(httpcore.WriteError):
                self._leave(departure, octets)
        data = self._stream.read(max_bytes, timeout)
        departure.came.append(data)
        return data

    def _leave(self, departure: _Departure, octets: bytes) -> None:
        if departure.together is not None:
            departure.together.leave(departure, self._stream, octets, self._timeout)
            return
        departure.started, departure.left = self._wire.clock(), True
        self._stream.write(octets, self._timeout)

    def close(self) -> None:
        # Closing alone would not wake a thread that waits for an answer on this connection.
        with suppress(OSError, AttributeError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(*args, **kwargs), self._wire)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self.spoilt:
            return True  # the pool takes this for a connection that was closed, and opens another
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, wire: Wire) -> None:
        self._backend = httpcore.SyncBackend()
        self._wire = wire

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(*args, **kwargs), self._wire)


_FAILURES: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


class Wire(httpx.BaseTransport):
    """HTTP/1.1 over kept-alive connections, like `httpx.HTTPTransport`, but each call's moment of leaving is known.

    ``connect_s`` and ``read_s`` are seconds; ``read_s`` is also the longest that one write may take. Certificates are
    verified as httpx does it, ``SSL_CERT_FILE`` included; without ``tls`` they need not be loaded.
    """

    def __init__(
        self,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        tls: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._local = threading.local()
        self._timeouts = {"connect": connect_s, "read": read_s, "write": read_s, "pool": connect_s}
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context() if tls else None,
            max_connections=2 * BURST,
            max_keepalive_connections=2 * BURST,
            keepalive_expiry=60.0,
            network_backend=_Backend(self),
        )

    @property
    def departure(self) -> _Departure:
        """The call that this thread is making."""
        departure: _Departure = self._local.departure
        return departure

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its answer's body is still to be read, by the same thread."""
        self._local.departure = request.extensions.get(_DEPARTURE) or _Departure()
        url = request.url
        going = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": self._timeouts},
        )
        try:
            came = self._pool.handle_request(going)
        except Exception as error:
            raise _as_httpx(error) from error
        return httpx.Response(came.status, headers=came.headers, stream=_Body(came), extensions=came.extensions)

    def close(self) -> None:
        """Close every connection; calls that are still under way are cut."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, came: httpcore.Response) -> None:
        self._came = came

    def __iter__(self) -> Generator[bytes, None, None]:
        try:
            yield from self._came.iter_stream()
        except Exception as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        self._came.close()


def _as_httpx(error: Exception) -> Exception:
    return next((theirs(str(error)) for ours, theirs in _FAILURES if isinstance(error, ours)), error)


# -- the door -----------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Passage:
    """A call that may leave: the guard has let it pass."""

    seq: int
    intent: Intent
    going: httpx.Request
    request: Request
    call: Call
    writes: bool
    departure: _Departure
    started: float = 0.0
    at: str = ""


@dataclass(slots=True, eq=False)
class _Arrival:
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

    def send(self, request: httpx.Request) -> tuple[Passed, _Arrival]:
        """One call, whatever comes of it; raises `TargetDown` when too many in a row reached nobody."""
        passage = self.admit(request)
        self.announce([passage])
        arrival = self.carry(passage)
        passed = self.take_in(passage, arrival)
        self.check_hope(arrival)
        return passed, arrival

    def admit(self, request: httpx.Request, together: _Together | None = None) -> _Passage:
        """Have the guard check a call, which counts from here on."""
        intent = request.extensions.get(INTENT) or Intent(credential=Credential.PRESUMED)
        url, method, body = str(request.url), request.method, request.read()
        headers = _text_headers(request.headers.raw)
        kept = self._redactor.request(method, url, headers, _text(body))
        call = self._binding.call_of(method, kept.url, kept.headers, kept.body)
        outgoing = Outgoing(method, url, headers, body)
        departure = _Departure(together=together)
        request.extensions = {**request.extensions, _DEPARTURE: departure}
        with self._lock:
            seq = self._seq + 1
            self._guard.check(outgoing, intent, call, seq=seq, body=kept.body)
            self._seq = seq
        return _Passage(seq, intent, request, kept, call, self._guard.writes(method, url), departure)

    def announce(self, passages: Sequence[_Passage]) -> None:
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
                self.take_in(passage, _Arrival(passage.started, self._clock(), failure="unreachable", why=str(error)))
            raise

    def carry(self, passage: _Passage) -> _Arrival:
        """Send a call and bring back what came, as octets."""
        departure, status, headers, chunks, length = passage.departure, 0, [], [], 0
        failure = why = ""
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
            finally:
                ended = self._clock()
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
        arrival = _Arrival(started, ended, status, headers, b"".join(chunks), length, failure, why, interrupted)
        if departure.came and not failure:
            _look_behind(arrival, passage.going.method, departure)
        return arrival

    def take_in(self, passage: _Passage, arrival: _Arrival) -> Passed:
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

    def check_hope(self, arrival: _Arrival) -> None:
        """Raise `TargetDown` when this is one of too many calls in a row that reached nobody."""
        self._unreached = self._unreached + 1 if arrival.failure == "unreachable" else 0
        if self._unreached >= HOPELESS:
            why = self._redactor.text(arrival.why)
            raise TargetDown(
                f"the target cannot be reached: {self._unreached} calls in a row got no connection ({why})."
            )

    def _now(self) -> str:
        seconds = self._wall()
        whole = int(seconds)
        return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


def response_of(arrival: _Arrival) -> httpx.Response:
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


def _look_behind(arrival: _Arrival, method: str, departure: _Departure) -> None:
    """Count octets that came behind the end of an answer, and never use their connection again.

    An HTTP parser stops where the answer says it ends. What follows would be taken for the answer to the next call.
    """
    names = {name.lower(): value for name, value in arrival.headers}
    if b"transfer-encoding" in names:
        return
    if method == "HEAD" or arrival.status in (204, 304):
        expected = 0
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


def _decoded(arrival: _Arrival) -> bytes:
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


# -- the client ---------------------------------------------------------------------------------------------------


class Client:
    """Sends calls for the accounts of a profile, ``account-1`` being its first.

    ``see`` is shown every exchange, in order, before the call returns. ``connect_s`` and ``read_s`` are seconds;
    ``inner`` stands in for the network in tests.
    """

    def __init__(
        self,
        profile: Profile,
        binding: Binds,
        guard: Guard,
        journal: Journal,
        redactor: Redactor,
        *,
        see: Callable[[Exchange, Call, Reply], None] = lambda exchange, call, reply: None,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        inner: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.guard = guard
        self._clock = clock
        self._wall = wall
        limits = guard.limits
        tls = any(url.startswith("https:") for url in (limits.base_url, limits.token_url, limits.sdk_url))
        self.door = Door(
            inner or Wire(connect_s=connect_s, read_s=read_s, tls=tls, clock=clock),
            binding,
            guard,
            journal,
            redactor,
            see=see,
            longest_s=2 * read_s,
            clock=clock,
            wall=wall,
        )
        self._auths = {
            f"account-{number}": ClientCredentials(
                f"account-{number}",
                profile.target.token_url,
                ClientSecret(account.client_id, account.client_secret.reveal()),
                redactor,
                clock=clock,
                sleep=sleep,
            )
            for number, account in enumerate(profile.accounts, 1)
        }
        self._threads: ThreadPoolExecutor | None = None

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of the accounts, the one under test first."""
        return tuple(self._auths)

    def send(self, outgoing: Outgoing, intent: Intent) -> Passed:
        """Make one call and say what came of it; an answer that did not come is an outcome, not an error.

        With `Credential.LIVE` a live token is attached, unless ``outgoing`` carries an Authorization header of its
        own; with any other credential the call is sent with the headers that it has. Raises `Refused` where the guard
        holds it back, `NoToken` and `TargetDown` where the target cannot be tested.
        """
        request = _request(outgoing, intent)
        if not self._attaches(request, intent):
            return self.door.send(request)[0]
        passed = self._follow(self._auth(intent.account).sync_auth_flow(request), request)
        assert passed is not None
        return passed

    def send_together(self, calls: Sequence[tuple[Outgoing, Intent]]) -> list[Passed]:
        """Make up to 32 calls that really overlap: each is ready on its own connection before the first one leaves.

        Tokens are fetched before, so that nothing else goes out meanwhile; no call of a burst is sent again. Where the
        guard holds one back, none leaves. What came is in the order of ``calls``, and seen in that order.
        """
        if not 1 <= len(calls) <= BURST:
            raise ValueError(f"a burst has 1 to {BURST} calls, not {len(calls)}")
        requests = [_request(outgoing, intent) for outgoing, intent in calls]
        used: dict[int, tuple[ClientCredentials, str]] = {}
        for number, (request, (_, intent)) in enumerate(zip(requests, calls, strict=True)):
            if self._attaches(request, intent):
                auth = self._auth(intent.account)
                self._follow(auth.mint(intent))
                used[number] = auth, auth.token or ""
                request.headers["Authorization"] = f"Bearer {used[number][1]}"
        arrivals, passed = self._burst(requests)
        for number, (auth, token) in used.items():
            if arrivals[number].status == 401:
                auth.expire(token)
        for arrival in arrivals:
            self.door.check_hope(arrival)
        return passed

    def pause_after(self, exchange: Exchange) -> float:
        """How many seconds to wait before coming again, as the answer tells: ``Retry-After``, else the quota's reset,
        else its window, else one second."""
        return pause_told(exchange.answer, self._wall()) if exchange.answer else 1.0

    def token(self, account: str = "account-1", intent: Intent | None = None) -> str | None:
        """A live token itself, for calls that test authentication; None where none could be had."""
        auth = self._auth(account)
        try:
            self._follow(auth.mint(intent or Intent(account=account)))
        except NoToken:
            return None
        return auth.token

    def token_life(self, account: str = "account-1") -> float | None:
        """For how many seconds from now the token in use is good; None where the target did not say, or none is."""
        return self._auth(account).life_s

    def token_fingerprint(self, account: str = "account-1") -> str | None:
        """What stands for the token in use in every record; None before the first call."""
        return self._auth(account).fingerprint

    def expire(self, account: str = "account-1") -> None:
        """Forget the token in use: the next call mints another. The target still takes the old one while it lives."""
        self._auth(account).expire()

    def close(self) -> None:
        """Close every connection."""
        self.door.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attaches(self, request: httpx.Request, intent: Intent) -> bool:
        return intent.credential is Credential.LIVE and "authorization" not in request.headers

    def _auth(self, account: str) -> ClientCredentials:
        found = self._auths.get(account)
        if found is None:
            raise Refused(f"{account} is no account of this profile (it has {', '.join(self._auths)}).")
        return found

    def _follow(
        self, flow: Generator[httpx.Request, httpx.Response, None], request: httpx.Request | None = None
    ) -> Passed | None:
        """Send what an auth flow asks for; returns what came of the last sending of ``request``."""
        passed: Passed | None = None
        try:
            going = next(flow)
            while True:
                came, arrival = self.door.send(going)
                if going is request:
                    passed = came
                    if came[0].failure or arrival.status != 401:
                        return passed  # the flow would only end, for which it needs no httpx response
                # A token call without an answer is told to the flow as status 0, which no answer has.
                going = flow.send(httpx.Response(0) if came[0].failure else response_of(arrival))
        except StopIteration:
            return passed
        finally:
            flow.close()

    def _burst(self, requests: Sequence[httpx.Request]) -> tuple[list[_Arrival], list[Passed]]:
        door = self.door
        together = _Together(len(requests), self._clock)
        passages: list[_Passage] = []
        try:
            for request in requests:
                passages.append(door.admit(request, together))
        except BaseException:
            for passage in passages:
                self.guard.turn_back(passage.seq, passage.intent.account)
            raise
        door.announce(passages)
        futures: list[Future[_Arrival]] = []
        interrupted: BaseException | None = None
        try:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(BURST, "kandykit-burst")
            for passage in passages:
                futures.append(self._threads.submit(door.carry, passage))
            arrivals = [future.result() for future in futures]
        except BaseException as error:
            interrupted = error
            together.call_off()
            # Threads may still wait for answers of this burst; the next one must not wait for them.
            if self._threads is not None:
                self._threads.shutdown(wait=False, cancel_futures=True)
                self._threads = None
            arrivals = [self._so_far(futures[n : n + 1], passage) for n, passage in enumerate(passages)]
        passed = []
        for passage, arrival in zip(passages, arrivals, strict=True):
            try:
                passed.append(door.take_in(passage, arrival))
            except BaseException as error:
                interrupted = interrupted or error
        if interrupted is not None:
            raise interrupted
        return arrivals, passed

    def _so_far(self, future: Sequence[Future[_Arrival]], passage: _Passage) -> _Arrival:
        """What is known of a call whose burst was interrupted."""
        if future and future[0].done() and not future[0].cancelled() and future[0].exception() is None:
            return future[0].result()
        departure = passage.departure
        if not departure.left:
            return _Arrival(passage.started, self._clock(), failure="unreachable", why="interrupted")
        return _Arrival(departure.started, self._clock(), failure="timeout", why="interrupted")


def _request(outgoing: Outgoing, intent: Intent) -> httpx.Request:
    headers = _octet_headers(outgoing.headers)
    declared = next((value for name, value in headers if name.lower() == b"content-length"), None)
    if declared is not None and declared != b"%d" % len(outgoing.body or b""):
        raise Refused("the Content-Length of this request is not the length of its body; leave it out.")
    if not _HEADER_NAME.fullmatch(outgoing.method):
        raise Refused(f"{outgoing.method!r} is no HTTP method.")
    return httpx.Request(
        outgoing.method,
        _url(outgoing.url),
        headers=headers,
        content=outgoing.body,
        extensions={INTENT: intent},
    )


@lru_cache(maxsize=1024)
def _url(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Refused(f"this is no URL that can be called: {error}.") from None


@lru_cache(maxsize=256)
def _octet_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as octets, with those added that every call has. Blanks around a value are no part of it."""
    octets = []
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Refused(f"the header {name!r} cannot be sent: its name or value has characters that HTTP forbids.")
        octets.append((name.encode(), value.strip(" \t").encode("utf-8", "surrogateescape")))
    given = {name.lower() for name, _ in octets}
    standing = ((b"user-agent", f"kandykit/{__version__}".encode()), (b"accept-encoding", b"identity"))
    return octets + [(name, value) for name, value in standing if name not in given]


# -- coming again later -------------------------------------------------------------------------------------------


def pause_told(answer: Answer, now: float) -> float:
    """How many seconds an answer asks to wait; ``now`` is the wall clock, used where the answer has no date itself."""
    date = _moment(answer.header("date") or "")
    here = now if date is None else date
    again = (answer.header("retry-after") or "").strip()
    if again.isascii() and again.isdigit():
        return float(again)
    if (moment := _moment(again)) is not None:
        return max(0.0, moment - here)
    if (moment := _moment(answer.header("quota-reset-utc") or "")) is not None and moment > here:
        return moment - here
    window = _WINDOWS.get((answer.header("quota-time-unit") or "").strip().lower())
    if window is None:
        return 1.0
    interval = (answer.header("quota-interval") or "").strip()
    return float(window * (int(interval) if interval.isascii() and interval.isdigit() else 1))


def _moment(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, an ISO 8601 date, or a count of seconds or milliseconds."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        count = int(text[:16])
        return count / 1000 if count > 10**11 else float(count)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        # A date without a zone is in UTC: so RFC 9110 has it, and so the name of the quota header says.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
