"""The past: what earlier exchanges of a run left behind that a later one can only be judged by.

It holds a few numbers per token, password and account, never exchanges or secrets: those are fingerprints already.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    FetchToken,
    Operation,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
)
from kandykit.exchange import Answer, Credential, Exchange, Headers
from kandykit.redaction import FINGERPRINT

Kind = tuple[Operation, str]
"""A well-formed call by its operation and the kind of its arguments: two calls of one kind fail for one reason."""

OVERLAPPING: Final = 64
"""How many of an account's latest quota numbers are kept: more than calls are ever in flight at once."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A token as it was given out: to which account, by which exchange, how often, and when it was still sure to live.

    ``until`` is on the exchanges' clock, in seconds; infinite where the answer named no life.
    """

    account: str
    seq: int
    until: float
    times: int = 1


@dataclass(frozen=True, slots=True)
class QuotaUsed:
    """What one answer said of an account's quota; ``window`` is what names the quota period."""

    used: int
    window: tuple[str | None, ...]
    ended: float
    seq: int


@dataclass(frozen=True, slots=True)
class Failed:
    """One of several failures of a kind of call in a row."""

    seq: int
    ended: float


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that an answer gave a Location for."""

    account: str
    number: str | None
    pending: bool
    seq: int
    ended: float


class Past:
    """What earlier exchanges left; told of each one by `after`, once all rules have seen it."""

    def __init__(self) -> None:
        self.tokens: dict[str, Minted] = {}
        """By the digits of the token's fingerprint."""
        self.newest_token: dict[str, str] = {}
        """By account, the digits of the token that was minted last."""
        self.passwords: dict[str, int] = {}
        """By the digits of its fingerprint, the exchange in which a password was first shown."""
        self.client_secrets: set[str] = set()
        """The digits of every client secret that a good token call was made with."""
        self.accepted_tokens: set[str] = set()
        """The digits of every token that opened a documented operation."""
        self.accepted_accounts: set[str] = set()
        """The accounts with a call that was let in."""
        self.locations: dict[str, Placed] = {}
        """By absolute URL, the order that an answer said can be read there."""
        self._quota: dict[str, deque[QuotaUsed]] = {}
        self._failures: dict[tuple[str, Kind], list[Failed]] = {}

    def quota_before(self, account: str, started: float) -> QuotaUsed | None:
        """The last quota number of the account that was answered before ``started``: that call overlaps nothing."""
        for seen in reversed(self._quota.get(account, ())):
            if seen.ended < started:
                return seen
        return None

    def failures(self, account: str, kind: Kind) -> list[Failed]:
        """The failures of this kind of call since the last clear answer, those that overlap another left out."""
        return self._failures.get((account, kind), [])

    def after(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Keep what later exchanges are judged by; called when every rule has seen this one."""
        answer = exchange.answer
        self._count_failures(exchange, call)
        if answer is None or exchange.failure:
            return
        if isinstance(call, FetchToken):
            if answer.status == 200:
                self._mint(exchange, answer)
                self.client_secrets |= {
                    found[2] for found in FINGERPRINT.finditer(exchange.request.body) if found[1] == "client_secret"
                }
            return
        if reply.outcome is Outcome.DONE:
            self._keep_what_was_made(exchange, call, reply, answer)
        if exchange.intent.credential in _OURS:
            self._keep_quota(exchange, answer)

    def _mint(self, exchange: Exchange, answer: Answer) -> None:
        try:
            content = json.loads(answer.body)
        except (ValueError, RecursionError):
            return
        digits = digits_of(content.get("access_token")) if isinstance(content, dict) else ""
        if not digits:
            return
        account = exchange.intent.account
        life = content.get("expires_in")
        seconds = float(life) if str(life).isdecimal() else float("inf")
        known = self.tokens.get(digits)
        until = exchange.started + seconds
        # A gateway may hand the same token out again with the life that is left of it: the later end is the true one.
        self.tokens[digits] = Minted(
            account, exchange.seq, max(until, known.until) if known else until, known.times + 1 if known else 1
        )
        self.newest_token[account] = digits

    def _keep_what_was_made(self, exchange: Exchange, call: Call, reply: Reply, answer: Answer) -> None:
        account = exchange.intent.account
        if exchange.intent.credential in _OURS and type(call) in _WELL_FORMED:
            self.accepted_accounts.add(account)
            if digits := token_digits(exchange.request.headers):
                self.accepted_tokens.add(digits)
        subscriber = reply.subscriber
        if subscriber is not None and exchange.request.method == "POST" and (digits := digits_of(subscriber.password)):
            self.passwords.setdefault(digits, exchange.seq)
        if reply.order is not None and (location := answer.header("location")):
            self.locations[urljoin(exchange.request.url, location)] = Placed(
                account, reply.order.number, answer.status == 202, exchange.seq, exchange.ended
            )

    def _keep_quota(self, exchange: Exchange, answer: Answer) -> None:
        values = {name.lower(): value for name, value in answer.headers if name[:6].lower() == "quota-"}
        used = values.get("quota-used", "")
        if not used.isdecimal():
            return
        account = exchange.intent.account
        kept = self._quota.get(account)
        if kept is None:
            kept = self._quota[account] = deque(maxlen=OVERLAPPING)
        kept.append(QuotaUsed(int(used), quota_window(values), exchange.ended, exchange.seq))

    def _count_failures(self, exchange: Exchange, call: Call) -> None:
        kind = kind_of(call)
        if kind is None or exchange.intent.credential not in _GOOD:
            return
        account = exchange.intent.account
        if failed(exchange):
            kept = self._failures.setdefault((account, kind), [])
            if not kept or kept[-1].ended < exchange.started:
                kept.append(Failed(exchange.seq, exchange.ended))
        elif self._failures and answered_clearly(exchange):
            self._failures.pop((account, kind), None)
            answer = exchange.answer
            if answer is not None and answer.status < 300:
                # A success shows that the operation works: what failed before was sporadic, whatever its arguments.
                for known in [known for known in self._failures if known[0] == account and known[1][0] is kind[0]]:
                    del self._failures[known]


_OURS: Final = frozenset({Credential.LIVE, Credential.PRESUMED})
_GOOD: Final = _OURS | {Credential.CLIENT}
_WINDOW: Final = ("quota-reset-utc", "quota-limit", "quota-interval", "quota-time-unit")
_WELL_FORMED: Final = frozenset({PlaceOrder, ReadOrders, ReadInventory, CreateSubscriber, DeleteSubscriber})
_BROKEN_OFF: Final = frozenset({"cut", "garbled"})

# A gateway may say with 500 what is really a 401 or a 429: then it has not failed, it has refused.
_BAD_TOKEN: Final = re.compile(
    r"invalid_?access_?token|access_token_expired|invalid_token|invalid access token|access token expired",
    re.IGNORECASE,
)
_OVER_QUOTA: Final = re.compile(r"QuotaViolation|SpikeArrestViolation")


def says_bad_token(body: str) -> bool:
    """Whether an answer speaks of an invalid or expired token, whatever its status."""
    return bool(body) and _BAD_TOKEN.search(body) is not None


def says_over_quota(body: str) -> bool:
    """Whether an answer speaks of a quota or spike limit, whatever its status."""
    return bool(body) and _OVER_QUOTA.search(body) is not None


def failed(exchange: Exchange) -> bool:
    """Whether a call was answered by a server error, or cut short; slowness is no failure."""
    answer = exchange.answer
    if exchange.failure:
        return exchange.failure in _BROKEN_OFF
    if answer is None or answer.status < 500:
        return False
    return not (says_bad_token(answer.body) or says_over_quota(answer.body))


def answered_clearly(exchange: Exchange) -> bool:
    """Whether the operation itself answered: a server error, a bad token and a used-up quota say nothing of it."""
    answer = exchange.answer
    return answer is not None and not exchange.failure and answer.status < 500 and answer.status not in (401, 429)


def quota_window(headers: Mapping[str, str]) -> tuple[str | None, ...]:
    """What names a quota period: everything the quota headers say (names in lower case) but the use itself."""
    return tuple(headers.get(name) for name in _WINDOW)


def digits_of(text: object) -> str:
    """The digits of a fingerprint that is the whole text; empty where it is none."""
    found = FINGERPRINT.fullmatch(text) if isinstance(text, str) else None
    return found[2] if found else ""


def token_digits(headers: Headers) -> str:
    """The digits of the token that a request carries; empty where it carries none."""
    for name, value in headers:
        if name.lower() == "authorization":
            return digits_of(value.rpartition(" ")[2])
    return ""


def kind_of(call: Call) -> Kind | None:
    """The kind of a well-formed call; None for calls that are not."""
    if isinstance(call, PlaceOrder):
        return Operation.PLACE_ORDER, call.kind.value
    if isinstance(call, ReadOrders):
        return Operation.READ_ORDERS, "all" if call.number is None else "one"
    if isinstance(call, ReadInventory):
        return Operation.READ_INVENTORY, ""
    if isinstance(call, CreateSubscriber):
        return Operation.CREATE_SUBSCRIBER, "the target's identity" if call.identity is None else "an identity of ours"
    if isinstance(call, DeleteSubscriber):
        return Operation.DELETE_SUBSCRIBER, ""
    return (Operation.TOKEN, "") if isinstance(call, FetchToken) else None
