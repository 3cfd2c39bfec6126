"""The guard: what may leave, and what must not.

It stands at the transport, so token calls, redirects and generated requests pass it too. Every refusal names the rule,
what it met, and the remedy; what was refused was not sent, and counts as not tested.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import httpx

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    Malformed,
    Operation,
    OrderKind,
    OtherCall,
    PlaceOrder,
    Reply,
    operation_of,
)
from kandykit.errors import OverBudget, Refused
from kandykit.exchange import Exchange, Intent
from kandykit.exposure import ONE, READS, Exposure, exposure_of
from kandykit.ledger import Ledger
from kandykit.loopback import is_here, leads_here
from kandykit.wire import Outgoing

if TYPE_CHECKING:
    from kandykit.profile import Profile

BURST: Final = 32
"""How many calls may leave at once before the rate holds them back."""

KEPT_BACK: Final = 1
"""So many products of the budget are never ordered: giving one back needs them, for that order too could go wrong."""

WILD: Final = frozenset("*%?,;\\")
"""Characters that a careless target may take for more than one identity."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the profile and the command line allow.

    ``base_url``, ``token_url`` and ``sdk_url`` (empty: none) are all that may be talked to. ``peak_products`` is how
    far ``total`` may rise at worst, ``calls`` how many calls may leave, ``calls_per_second`` how fast (infinity: any).
    ``writes`` allows changing targets that are not on this machine, ``read_only`` forbids changing any.
    ``unbounded_probes`` lets out what no budget can cover, ``below_use_probes`` what a faulty target would take from
    others.
    """

    base_url: str
    token_url: str
    sdk_url: str = ""
    peak_products: int = 25
    calls: int = 20_000
    calls_per_second: float = 20.0
    unbounded_probes: bool = False
    below_use_probes: bool = False
    writes: bool = False
    read_only: bool = False


class Guard:
    """Lets a call out, or raises `Refused` (`OverBudget` where it is a matter of amounts). Thread-safe.

    ``mark`` is the run's mark: an identity that holds it was made up by this run. ``calls`` counts those that left,
    ``highest`` is how far ``total`` may have risen at worst so far, on all accounts together, by suite;
    ``turned_away`` counts by suite and reason what was not let out. ``as_live`` holds a target on this machine to what
    one elsewhere is held to. ``clock`` and ``sleep``
    are in seconds.
    """

    def __init__(
        self,
        limits: Limits,
        ledger: Ledger,
        mark: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not mark:
            raise ValueError("a run without a mark cannot tell its own identities from others'")
        self.limits = limits
        self.ledger = ledger
        self.mark = mark
        self.calls = 0
        self.highest: dict[str, float] = {}
        self.turned_away: dict[tuple[str, str], Counter[str]] = {}
        self.as_live = False
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.RLock()
        self._cleaning = False
        self._allowance = float(BURST)
        self._counted = clock()
        self._available: dict[str, int] = {}
        self._base = _normal(limits.base_url)
        self._below_base = self._base + "/"
        self._token = _normal(limits.token_url).partition("?")[0]
        self._sdk = _normal(limits.sdk_url) if limits.sdk_url else ""
        urls = [url for url in (limits.base_url, limits.token_url, limits.sdk_url) if url]
        self._hosts = frozenset(urlsplit(url).hostname or "" for url in urls)
        self._local = leads_here(limits.base_url)

    @classmethod
    def of(cls, profile: Profile, ledger: Ledger, mark: str, *, yes: bool = False, read_only: bool = False) -> Guard:
        """The guard that a profile asks for; ``yes`` allows writes to a target that is not on this machine.

        It also tells the ledger what the profile knows of the accounts: whether they are shared and how reads lag.
        """
        budget, readings = profile.budget, profile.readings
        ledger.shared = bool(readings.shared_account)
        ledger.settle_s = readings.settle_s or 0.0
        ledger.trusting = profile.is_loopback and budget.unbounded_probes
        ledger.lag_known = readings.settle_s is not None
        ledger.late_s = 1.0 if profile.is_loopback else 30.0
        limits = Limits(
            base_url=profile.target.base_url,
            token_url=profile.target.token_url,
            sdk_url=readings.sdk_url,
            peak_products=budget.peak_products,
            calls=budget.calls,
            calls_per_second=budget.calls_per_second,
            unbounded_probes=budget.unbounded_probes,
            below_use_probes=budget.below_use_probes,
            writes=yes,
            read_only=read_only,
        )
        return cls(limits, ledger, mark)

    # -- before a call ------------------------------------------------------------------------------------------

    def check(self, outgoing: Outgoing, intent: Intent, call: Call, *, seq: int | None = None, body: str = "") -> None:
        """Let this call out, or raise.

        ``outgoing`` is what will really be sent, ``call`` what it means, ``body`` its body as text. With a ``seq``
        the call counts from here on: against the budget, and at its worst until `settle` or `turn_back`.
        """
        try:
            self._check(outgoing, intent, call, seq, body)
        except Refused as refusal:
            # What a read makes room for is asked again after it.
            if seq is not None and not (isinstance(refusal, OverBudget) and refusal.reading_helps):
                what = intent.probe or operation_of(call).value
                self.turned_away.setdefault((intent.suite, refusal.because or str(refusal)), Counter())[what] += 1
            raise

    def _check(self, outgoing: Outgoing, intent: Intent, call: Call, seq: int | None, body: str) -> None:
        method, url = outgoing.method, outgoing.url
        here = self._place(url) and not self.as_live
        writes = self.writes(method, url)
        if writes and self.limits.read_only:
            raise Refused(
                f"{method} would change something, and this run only reads; leave out --read-only.",
                because="this run only reads",
            )
        if writes and not here and not self.limits.writes:
            raise Refused(
                f"{method} would change a target that is not on this machine; say --yes to allow that.",
                because="nobody allowed writes",
            )
        with self._lock:
            self._within_calls()
            exposure = self._within_products(intent, call, outgoing, body) if writes else None
            if method == "DELETE" and writes:
                self._only_ours(url, call, here)
            if seq is None:
                return
            self.calls += 1
            if exposure is not None:
                self.ledger.depart(seq, intent.account, exposure)

    def writes(self, method: str, url: str) -> bool:
        """Whether a call may change something: any method but reads, except on the token endpoint."""
        return method not in READS and url.partition("?")[0] != self._token

    def pace(self, calls: int = 1) -> None:
        """Wait until so many calls may leave under the agreed rate."""
        rate = self.limits.calls_per_second
        if rate == inf or not rate:
            return
        with self._lock:
            now = self._clock()
            self._allowance = min(BURST, self._allowance + (now - self._counted) * rate) - calls
            self._counted = now
            wait = -self._allowance / rate
        if wait > 0:
            self._sleep(wait)

    @contextmanager
    def cleaning(self) -> Iterator[None]:
        """While this lasts, calls may use what the budget keeps back for removing what the run made."""
        self._cleaning = True
        try:
            yield
        finally:
            self._cleaning = False

    # -- after a call -------------------------------------------------------------------------------------------

    def settle(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Book what came of a call."""
        with self._lock:
            shown = reply.inventory
            if shown is not None and shown.available is None and shown.total is not None and shown.used is not None:
                self._available[exchange.intent.account] = shown.total - shown.used
            elif shown is not None and shown.available is not None:
                self._available[exchange.intent.account] = shown.available
            self.ledger.feed(exchange, call, reply)

    def turn_back(self, seq: int, account: str) -> None:
        """A call that had passed was not sent after all."""
        with self._lock:
            self.calls -= 1
            self.ledger.turn_back(seq, account)

    def room(self) -> int:
        """How many products may still be ordered; reading the inventory may bring back some."""
        with self._lock:
            return max(0, int(self.limits.peak_products - self._kept_back - min(self._rise(), 2**53)))

    def may_give_back(self, account: str) -> int:
        """How many products one order may give back: if that order did the opposite, the budget would still hold."""
        if not self.ledger.at_worst(account, PlaceOrder(OrderKind.DECREMENT, 1)):
            return 2**53
        with self._lock:
            return max(0, int(self.limits.peak_products - min(self._rise(), 2**53)))

    @property
    def _kept_back(self) -> int:
        return 0 if self.ledger.trusting else KEPT_BACK

    def _rise(self) -> float:
        """By how much the totals of all accounts may have risen, at worst: each is billed."""
        return sum(max(0.0, self.ledger.worst_rise(name)) for name in self.ledger.accounts)

    # -- rules --------------------------------------------------------------------------------------------------

    def _place(self, url: str) -> bool:
        """Whether a URL is on this machine; raises where it is none that the profile names."""
        if url.startswith(self._below_base) and self._local:
            return True
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise Refused(f"this is no URL that can be called: {error}.") from None
        if parts.scheme not in ("http", "https") or not host:
            raise Refused(f"only http and https URLs can be called, not {parts.scheme or 'a relative'} ones.")
        if host not in self._hosts:
            raise Refused(f"{host} is no host of this profile (they are {', '.join(sorted(self._hosts))}).")
        here = is_here(host)
        if here:
            return True
        if parts.scheme != "https":
            raise Refused(f"plain http to {host} would show every token on the way; use https.")
        known = url == self._base or url.partition("?")[0] == self._token
        known = known or url.startswith((self._below_base, self._base + "?"))
        known = known or bool(self._sdk and url.startswith(self._sdk))
        if not known or _climbs(parts.path):
            raise Refused(f"{host}{parts.path} is outside the base URL of the profile, {self._base}.")
        return False

    def _within_calls(self) -> None:
        kept_back = 0 if self._cleaning else min(self.ledger.calls_to_clean_up, self.limits.calls // 2)
        if self.calls >= self.limits.calls - kept_back:
            why = f", {kept_back} of which are kept back for cleaning up" if kept_back else ""
            raise OverBudget(
                f"the budget of {self.limits.calls} calls is used up{why}; raise budget.calls.",
                because="budget.calls is used up",
            )

    def _within_products(self, intent: Intent, call: Call, outgoing: Outgoing, body: str) -> Exposure:
        worst = self.ledger.at_worst(intent.account, call)
        exposure = exposure_of(call, outgoing.method, outgoing.url, body, worst=worst)
        if exposure.up:
            plain = isinstance(call, PlaceOrder) and call.kind is OrderKind.DECREMENT
            self._may_rise(intent, exposure.up, 0 if plain or exposure is ONE else self._kept_back)
        if exposure.down:
            self._may_fall(intent.account, call, exposure.down)
        if self.ledger.shared and isinstance(call, CreateSubscriber):
            self._may_use_one(intent.account)
        return exposure

    def _may_use_one(self, account: str) -> None:
        """Where others use the account, each subscriber of ours uses a product of ours: theirs may be needed."""
        if self.ledger.account(account).subscribers.using >= self.ledger.removable(account):
            raise Refused("this would use a product of the others who share the account; order one first.")

    def _may_rise(self, intent: Intent, up: float, kept_back: int) -> None:
        peak = self.limits.peak_products
        if up == inf:
            if not self.limits.unbounded_probes:
                raise OverBudget(
                    "the worst case of this order is unbounded; set budget.unbounded_probes to send it.",
                    because="its worst case is unbounded: budget.unbounded_probes lets it out",
                )
            return
        # An account that stands below where it began may be brought back there before anything counts as risen.
        rise = self._rise() + min(0.0, self.ledger.worst_rise(intent.account))
        if rise + up + kept_back > peak:
            stands = "without bound" if rise == inf else f"by {rise:.0f}"
            back = f", {kept_back} of which is kept for giving back" if kept_back else ""
            raise OverBudget(
                f"{up:.0f} more products do not fit the budget: total may have risen {stands} already, and"
                f" budget.peak_products is {peak}{back}; read the inventory, give products back, or raise it.",
                because="its worst case goes beyond budget.peak_products",
                reading_helps=self.ledger.unread(intent.account),
            )
        self.highest[intent.suite] = max(self.highest.get(intent.suite, 0), rise + up)

    def _may_fall(self, account: str, call: Call, down: float) -> None:
        removable = self.ledger.removable(account)
        if down <= removable or self.ledger.began_empty(account):
            return
        # A probe for a refusal: below what is in use, or malformed. Accepted by mistake it would take others' products,
        # so it needs a consent of its own.
        plain = isinstance(call, PlaceOrder) and call.kind is OrderKind.DECREMENT
        probe = not plain or down > self._available.get(account, inf)
        if probe and self.limits.below_use_probes and not self.ledger.shared:
            return
        what = "an unbounded number of" if down == inf else f"{down:.0f}"
        raise Refused(
            f"this could take {what} products away, but only {removable} are proved to be ours;"
            " order some first, or set budget.below_use_probes where nothing of others can be lost.",
            because="a faulty target would take others' products: budget.below_use_probes lets it out",
        )

    def _only_ours(self, url: str, call: Call, here: bool) -> None:
        if isinstance(call, DeleteSubscriber):
            identity = call.identity
            if self.ledger.owner(identity) is not None:
                return
            wild = not WILD.isdisjoint(identity)
            if self.mark in identity and not wild:
                return
            if here and (wild or not identity.strip("@. ") or self._cut_short(identity)):
                return
            raise Refused(
                "this would delete a subscriber that the run did not create; only own subscribers, and identities with"
                " the run's mark, may be deleted.",
                because="a faulty target could delete somebody else's subscriber",
            )
        if here or not isinstance(call, Malformed | OtherCall):
            return
        if isinstance(call, Malformed) and call.operation is not Operation.DELETE_SUBSCRIBER:
            return
        target = unquote(url[len(self._base) :])
        if self.mark not in target or not WILD.isdisjoint(target) or _climbs(target):
            raise Refused(
                "a delete that names no subscriber of ours could remove any; only sent to this machine.",
                because="a faulty target could delete somebody else's subscriber",
            )

    def _cut_short(self, identity: str) -> bool:
        """Whether this is an identity of ours with the end of its domain missing, so nobody's."""
        return "@" in identity and any(
            own.startswith(identity) for account in self.ledger.accounts.values() for own in account.subscribers.known
        )


def _climbs(path: str) -> bool:
    """Whether a path has segments that lead upwards, however they are encoded."""
    return ".." in unquote(path).replace("\\", "/").split("/")


def _normal(url: str) -> str:
    """A URL as the client will spell it: lower-case host, no default port."""
    return str(httpx.URL(url)).rstrip("/")
