"""The client: calls for the accounts of a profile, one by one or many at once, with the tokens that they need."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from kandykit import __version__
from kandykit.calls import Call, Reply
from kandykit.door import Arrival, Binds, Door, Passage, Passed, response_of
from kandykit.errors import NoToken, Refused
from kandykit.exchange import Credential, Exchange, Headers, Intent
from kandykit.guard import BURST, Guard
from kandykit.journal import Journal
from kandykit.oauth import INTENT, ClientCredentials, ClientSecret
from kandykit.patience import pause_told
from kandykit.redaction import Redactor
from kandykit.transport import CONNECT_S, READ_S, Together, Wire
from kandykit.wire import Outgoing

if TYPE_CHECKING:
    from kandykit.profile import Profile

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


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
            sleep=sleep,
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
                wall=wall,
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

    def send_together(self, calls: Sequence[tuple[Outgoing, Intent]], follows: Collection[int] = ()) -> list[Passed]:
        """Make up to 32 calls that really overlap: each is ready on its own connection before the first one leaves.

        Those whose places are in ``follows`` leave as soon as the call before them is over, whatever else is under way.
        Tokens are fetched before, those of several accounts at once, so that nothing else goes out meanwhile; no call
        of a burst is sent again. Where the guard holds one back, none leaves. What came is in the order of ``calls``,
        and seen in that order.
        """
        if not 1 <= len(calls) <= BURST:
            raise ValueError(f"a burst has 1 to {BURST} calls, not {len(calls)}")
        requests = [_request(outgoing, intent) for outgoing, intent in calls]
        live = [intent for request, (_, intent) in zip(requests, calls, strict=True) if self._attaches(request, intent)]
        self._mint_together({intent.account: intent for intent in live})
        used: dict[int, tuple[ClientCredentials, str]] = {}
        for number, (request, (_, intent)) in enumerate(zip(requests, calls, strict=True)):
            if self._attaches(request, intent):
                auth = self._auth(intent.account)
                self._follow(auth.mint(intent))
                used[number] = auth, auth.token or ""
                request.headers["Authorization"] = f"Bearer {used[number][1]}"
        arrivals, passed = self._burst(requests, follows)
        for number, (auth, token) in used.items():
            if arrivals[number].status == 401:
                auth.expire(token)
        self.door.check_hope(arrivals)
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

    def fall_back(self, account: str = "account-1") -> None:
        """Use the token that was in use before again, as long as it lives."""
        self._auth(account).fall_back()

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
        self,
        flow: Generator[httpx.Request, httpx.Response, None],
        request: httpx.Request | None = None,
        first: httpx.Response | None = None,
    ) -> Passed | None:
        """Send what an auth flow asks for; returns what came of the last sending of ``request``.

        ``first`` is the answer to its first call, where that was made already.
        """
        passed: Passed | None = None
        try:
            going = next(flow) if first is None else flow.send(first)
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

    def _mint_together(self, intents: Mapping[str, Intent]) -> None:
        """Where several accounts need new tokens, ask for them at once; each goes on by itself with what came."""
        stale = [account for account in intents if not self._auth(account).fresh]
        if len(stale) < 2:
            return
        flows = [self._auth(account).mint(intents[account]) for account in stale]
        try:
            arrivals, passed = self._burst([next(flow) for flow in flows], ())
            for flow, arrival, (came, _, _) in zip(flows, arrivals, passed, strict=True):
                self._follow(flow, first=httpx.Response(0) if came.failure else response_of(arrival))
        finally:
            for flow in flows:
                flow.close()

    def _burst(self, requests: Sequence[httpx.Request], follows: Collection[int]) -> tuple[list[Arrival], list[Passed]]:
        door = self.door
        together = Together(len(requests) - len(follows), self._clock)
        passages: list[Passage] = []
        lanes: list[list[Passage]] = []
        try:
            for number, request in enumerate(requests):
                passages.append(door.admit(request, None if number in follows else together))
                if number in follows:
                    lanes[-1].append(passages[-1])
                else:
                    lanes.append([passages[-1]])
        except BaseException:
            for passage in passages:
                self.guard.turn_back(passage.seq, passage.intent.account)
            raise
        door.announce(passages)
        futures: list[Future[list[Arrival]]] = []
        interrupted: BaseException | None = None
        try:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(BURST, "kandykit-burst")
            for lane in lanes:
                futures.append(self._threads.submit(self._carry, lane, together))
            arrivals = [arrival for future in futures for arrival in future.result()]
        except BaseException as error:
            interrupted = error
            together.call_off()
            # Threads may still wait for answers of this burst; the next one must not wait for them.
            if self._threads is not None:
                self._threads.shutdown(wait=False, cancel_futures=True)
                self._threads = None
            arrivals = [arrival for n, lane in enumerate(lanes) for arrival in self._so_far(futures[n : n + 1], lane)]
        door.learn(arrivals)
        passed = []
        for passage, arrival in zip(passages, arrivals, strict=True):
            try:
                passed.append(door.take_in(passage, arrival))
            except BaseException as error:
                interrupted = interrupted or error
        if interrupted is not None:
            raise interrupted
        return arrivals, passed

    def _carry(self, lane: Sequence[Passage], together: Together) -> list[Arrival]:
        """Make calls one after another; once the burst is called off, none that has not left does."""
        return [
            self.door.carry(passage) if passage is lane[0] or not together.called_off else self._never(passage)
            for passage in lane
        ]

    def _never(self, passage: Passage) -> Arrival:
        return Arrival(passage.started, self._clock(), failure="unreachable", why="interrupted")

    def _so_far(self, future: Sequence[Future[list[Arrival]]], lane: Sequence[Passage]) -> list[Arrival]:
        """What is known of the calls of a lane whose burst was interrupted."""
        if future and future[0].done() and not future[0].cancelled() and future[0].exception() is None:
            return future[0].result()
        return [
            Arrival(passage.departure.started, self._clock(), failure="timeout", why="interrupted")
            if passage.departure.left
            else self._never(passage)
            for passage in lane
        ]


def _request(outgoing: Outgoing, intent: Intent) -> httpx.Request:
    headers = _octet_headers(outgoing.headers)
    declared = next((value for name, value in headers if name.lower() == b"content-length"), None)
    if declared is not None and declared != b"%d" % len(outgoing.body or b""):
        raise Refused("the Content-Length of this request is not the length of its body; leave it out.")
    if not _HEADER_NAME.fullmatch(outgoing.method):
        raise Refused(f"{outgoing.method!r} is no HTTP method.")
    request = httpx.Request(
        outgoing.method,
        _url(outgoing.url),
        headers=headers,
        content=outgoing.body,
        extensions={INTENT: intent},
    )
    if "transfer-encoding" in request.headers:
        request.headers.pop("content-length", None)  # httpx adds it all the same, and a message must not have both
    return request


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
