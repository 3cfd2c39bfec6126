"""An exchange: one request as it was sent and what came back, secrets already replaced by fingerprints.

Everything that judges or reports takes exchanges and nothing else. Bodies are text: bytes that are no UTF-8 are kept
as surrogate escapes, so that ``body.encode("utf-8", "surrogateescape")`` gives the octets again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

Headers = tuple[tuple[str, str], ...]


class Credential(StrEnum):
    """What a request proved itself with, as the kit chose it."""

    LIVE = "live"
    """A token that the target minted for this account and that has not expired."""
    NONE = "none"
    """No Authorization header at all."""
    UNKNOWN = "unknown"
    """A Bearer token that no token endpoint ever gave out."""
    EXPIRED = "expired"
    """A token past its life."""
    OTHER_SCHEME = "other-scheme"
    """A live token under another scheme than Bearer."""
    CLIENT = "client"
    """A token call with the right client id and secret."""
    WRONG_SECRET = "wrong-secret"
    """A token call whose client id or secret is wrong or missing."""
    PRESUMED = "presumed"
    """Recorded by somebody else's client: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Why a call is made: which suite and test sent it, for which account, with which credential.

    ``probe`` names what an unusual call is about (``"preflight"``, ``"malformed: quantity is zero"``); it is empty for
    ordinary calls. Rules may read it to know that a condition was made on purpose, never to learn what happened.
    """

    suite: str = ""
    test: str = ""
    account: str = "account-1"
    credential: Credential = Credential.LIVE
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent, secrets replaced."""

    method: str
    url: str
    headers: Headers
    body: str = ""

    def header(self, name: str) -> str | None:
        """The first value of a header, its name compared without case; None where it is absent."""
        return _header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, secrets replaced; ``length`` counts the body's octets as they came, before any decoding."""

    status: int
    headers: Headers
    body: str = ""
    length: int = 0

    def header(self, name: str) -> str | None:
        """The first value of a header, its name compared without case; None where it is absent."""
        return _header(self.headers, name)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Each value of a header that may be repeated, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call, as intended and as answered.

    ``started`` and ``ended`` are seconds of one monotonic clock, stamped before the first octet went and after the
    last one came; ``at`` is the wall clock at the start (RFC 3339). ``failure`` is empty when the whole answer came,
    else one of `FAILURES`; a cut answer keeps what had come of it.
    """

    seq: int
    intent: Intent
    request: Request
    answer: Answer | None
    started: float
    ended: float
    at: str = ""
    failure: str = ""

    @property
    def answered(self) -> bool:
        """Whether a whole answer came."""
        return self.answer is not None and not self.failure


FAILURES: Final = ("timeout", "unreachable", "cut", "garbled")
"""How a call can end without a whole answer: no answer in time, no connection, cut short, not HTTP."""


@lru_cache(maxsize=2)
def json_of(body: str) -> Any:
    """A body as a JSON value, which nobody may change: all who look at one exchange share it.

    Raises `ValueError` where it is no JSON, `RecursionError` where it is nested too deeply.
    """
    return json.loads(body)


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None
