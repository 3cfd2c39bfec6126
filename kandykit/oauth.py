"""Client credentials: one token per account, minted when it is needed, renewed before it runs out.

The token call goes out by the same door as every other call, so guard and journal see it too.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from kandykit.errors import NoToken, NoTokenEndpoint
from kandykit.exchange import Answer, Credential, Intent
from kandykit.patience import pause_told
from kandykit.redaction import Redactor
from kandykit.wire import Outgoing

INTENT: Final = "kandykit.intent"
"""The request extension in which a request's intent travels to the door."""

READS: Final = frozenset({"GET", "HEAD"})
"""Methods of calls that are sent once more with a fresh token; any other may have acted before it was refused."""

ATTEMPTS: Final = 4
"""How often a token is asked for while the endpoint gives no clear answer: a token call changes nothing."""

LONGEST_PAUSE_S: Final = 60.0
"""So long at most, in seconds, the token endpoint is waited for, whatever it asks."""

_EARLY_S: Final = 30.0
"""A token is renewed so long before its end, or in the last tenth of a shorter life."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What an account proves itself with."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"ClientSecret({self.client_id!r})"


def names_grant(token_url: str) -> bool:
    """Whether a token URL has the grant type in its query, as KPN's has."""
    return any(name == "grant_type" for name, _ in parse_qsl(urlsplit(token_url).query, keep_blank_values=True))


def token_request(token_url: str, client: ClientSecret) -> Outgoing:
    """A good token call: id and secret go in a form body, and so does the grant type where the URL's query has none."""
    form = {"client_id": client.client_id, "client_secret": client.client_secret}
    if not names_grant(token_url):
        form = {"grant_type": "client_credentials", **form}
    body = urlencode(form).encode()
    headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
    return Outgoing("POST", token_url, headers, body)


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    mark: str
    renew_at: float | None
    ends_at: float | None


class ClientCredentials(httpx.Auth):
    """Attaches a live Bearer token of one account; thread-safe.

    ``expires_in`` may be a string or a number; where it is missing or zero, the token is kept until a call is answered
    401. After a 401 a read is sent again once, under a fresh token; any other call's 401 is its outcome, and only the
    next call gets a fresh one. Raises `NoToken` where the endpoint gives nothing usable; no message holds a secret.
    """

    def __init__(
        self,
        account: str,
        token_url: str,
        client: ClientSecret,
        redactor: Redactor,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self._outgoing = token_request(token_url, client)
        self._redactor = redactor
        self._clock = clock
        self._sleep = sleep
        self._wall = wall
        self._lock = threading.RLock()
        self._minted: _Minted | None = None
        self._earlier: _Minted | None = None
        redactor.learn("client_secret", client.client_secret)

    # -- what suites may ask ------------------------------------------------------------------------------------

    @property
    def token(self) -> str | None:
        """The token in use, which may have run out; None before the first, and after `expire`."""
        minted = self._minted
        return minted.token if minted else None

    @property
    def fingerprint(self) -> str | None:
        """What stands for the token in use in every record."""
        minted = self._minted
        return minted.mark if minted else None

    @property
    def life_s(self) -> float | None:
        """For how many seconds from now the token in use is good, as the target stated it; None: it did not say."""
        minted = self._minted
        return None if minted is None or minted.ends_at is None else minted.ends_at - self._clock()

    @property
    def fresh(self) -> bool:
        """Whether the token in use needs no renewal yet."""
        minted = self._minted
        return minted is not None and (minted.renew_at is None or self._clock() < minted.renew_at)

    def expire(self, token: str | None = None) -> None:
        """Let the next call mint a token; with ``token`` only if that one is still in use."""
        with self._lock:
            if self._minted is not None and token in (None, self._minted.token):
                self._earlier = None if token else self._minted
                self._minted = None

    def fall_back(self) -> None:
        """Use the token again that was in use before the present one was asked for; nothing where there is none."""
        with self._lock:
            if self._minted is not None and self._earlier is not None:
                self._minted, self._earlier = self._earlier, self._minted

    # -- the flow -----------------------------------------------------------------------------------------------

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Mint if need be, attach, and deal with a 401."""
        used = yield from self._attach(request)
        response = yield request
        if response.status_code != 401:
            return
        self.expire(used)
        if request.method in READS:
            yield from self._attach(request)
            yield request

    def mint(self, intent: Intent) -> Generator[httpx.Request, httpx.Response, None]:
        """Only see to it that a fresh token is there, on behalf of a call with this intent."""
        if self.fresh:
            return
        with self._lock:
            if not self.fresh:  # another thread may have minted meanwhile
                yield from self._mint(intent)

    def _attach(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, str]:
        minted = self._minted
        if minted is None or not self.fresh:
            yield from self.mint(request.extensions.get(INTENT) or Intent(account=self.account))
            minted = self._minted
        if minted is None:
            raise NoToken(f"the token of {self.account} was given up while a call waited for it.")
        request.headers["Authorization"] = f"Bearer {minted.token}"
        return minted.token

    def _mint(self, intent: Intent) -> Generator[httpx.Request, httpx.Response, None]:
        intent = replace(intent, account=self.account, credential=Credential.CLIENT, probe="")
        outgoing = self._outgoing
        why, wait_s = "", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(wait_s)
            asked = self._clock()
            response = yield httpx.Request(
                outgoing.method,
                outgoing.url,
                headers=list(outgoing.headers),
                content=outgoing.body,
                extensions={INTENT: intent},
            )
            answered = self._clock()
            status = response.status_code
            if status != 429 and 0 < status < 500:
                self._minted = self._taken(response, asked, answered)
                return
            why = f"answered {status}" if status else "did not answer"
            wait_s = self._pause_told(response, 0.5 * 2**attempt)
        raise NoToken(
            f"the token endpoint {self._where} {why}, {ATTEMPTS} times;"
            " see that it is up, and that client_id and client_secret are right."
        )

    def _pause_told(self, response: httpx.Response, otherwise: float) -> float:
        """How long to wait before asking again: as the answer tells, where it does."""
        if response.status_code != 429 and "retry-after" not in response.headers:
            return otherwise
        headers = tuple(response.headers.items())
        return min(pause_told(Answer(response.status_code, headers, "", 0), self._wall()), LONGEST_PAUSE_S)

    @property
    def _where(self) -> str:
        return self._redactor.text(self._outgoing.url.partition("?")[0])

    def _taken(self, response: httpx.Response, asked: float, answered: float) -> _Minted:
        status, body = response.status_code, _json_object(response)
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
        if status in (400, 401, 403) and body is not None:
            said = next((body[name] for name in ("error", "ErrorCode") if isinstance(body.get(name), str)), "")
            said = f" ({self._redactor.text(said[:60])})" if said else ""
            raise NoToken(
                f"the token endpoint {self._where} refused {self.account} with {status}{said};"
                " check its client_id and client_secret in the profile."
            )
        if status != 200 or body is None:
            page = "html" in kind or status in (404, 405) or 300 <= status < 400
            raise (NoTokenEndpoint if page else NoToken)(
                f"{self._where} is no OAuth token endpoint: it answered {status} with {kind};"
                " check target.token_url in the profile."
            )
        token = body.get("access_token")
        if not isinstance(token, str) or not token or not token.isprintable() or not token.isascii():
            raise NoToken(
                f"the token endpoint {self._where} answered {status} without an access_token that can be used."
            )
        life = _seconds(body.get("expires_in"))
        return _Minted(
            token,
            self._redactor.learn("access_token", token),
            # Counted from the question, so that the token is never thought to live longer than it does, ...
            renew_at=None if life is None else asked + life - min(_EARLY_S, life / 10),
            # ... and here from the answer, so that it is never thought dead while it lives.
            ends_at=None if life is None else answered + life,
        )


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.read())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _seconds(life: object) -> float | None:
    """``expires_in`` as seconds; None where there is none, or none that says anything."""
    if isinstance(life, bool) or not isinstance(life, str | int | float):
        return None
    try:
        seconds = float(life)
    except ValueError:
        return None
    return seconds if 0 < seconds < 10**9 else None
