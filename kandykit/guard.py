"""The guard: what may leave, and what must not.

It stands at the transport, so token calls, redirects and generated requests pass it too. Every refusal names the rule,
what it met, and the remedy; what was refused was not sent, and counts as not tested.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import httpx

from kandykit.calls import Call, DeleteSubscriber, Malformed, Operation, OrderKind, OtherCall, PlaceOrder, Reply
from kandykit.errors import OverBudget, Refused
from kandykit.exchange import Exchange, Intent
from kandykit.ledger import Exposure, Ledger, exposure_of
from kandykit.wire import Outgoing

if TYPE_CHECKING:
    from kandykit.profile import Profile

BURST: Final = 32
"""How many calls may leave at once before the rate holds them back."""

READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing on a target that keeps the contract, nor on any that keeps HTTP."""

WILD: Final = frozenset("*%?,;\\")
"""Characters that a careless target may take for more than one identity."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the profile and the command line allow.

    ``base_url``, ``token_url`` and ``sdk_url`` (empty: none) are all that may be talked to. ``peak_products`` is how
    far ``total`` may rise at worst, ``calls`` how many calls may leave, ``calls_per_second`` how fast (infinity: any).
    ``writes`` allows changing targets that are not on this machine, ``read_only`` forbids changing any.
    ``unbounded_probes`` lets out what no budget can cover.
    """

    base_url: str
    token_url: str
    sdk_url: str = ""
    peak_products: int = 25
    calls: int = 20_000
    calls_per_second: float = 20.0
    unbounded_probes: bool = False
    writes: bool = False
    read_only: bool = False


class Guard:
    """Lets a call out, or raises `Refused` (`OverBudget` where it is a matter of amounts). Thread-safe.

    ``mark`` is the run's mark: an identity that holds it was made up by this run. ``clock`` and ``sleep`` are in
    seconds.
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
        self._local = is_loopback(limits.base_url)

    @classmethod
    def of(cls, profile: Profile, ledger: Ledger, mark: str, *, yes: bool = False, read_only: bool = False) -> Guard:
        """The guard that a profile asks for; ``yes`` allows writes to a target that is not on this machine.

        It also tells the ledger what the profile knows of the accounts: whether they are shared and how reads lag.
        """
        budget, readings = profile.budget, profile.readings
        ledger.shared = bool(readings.shared_account)
        ledger.settle_s = readings.settle_s or 0.0
        ledger.trusting = profile.is_loopback
        ledger.late_s = 1.0 if profile.is_loopback else 30.0
        limits = Limits(
            base_url=profile.target.base_url,
            token_url=profile.target.token_url,
            sdk_url=readings.sdk_url,
            peak_products=budget.peak_products,
            calls=budget.calls,
            calls_per_second=budget.calls_per_second,
            unbounded_probes=budget.unbounded_probes,
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
        method, url = outgoing.method, outgoing.url
        here = self._place(url)
        writes = self.writes(method, url)
        if writes and self.limits.read_only:
            raise Refused(f"{method} would change something, and this run only reads; leave out --read-only.")
        if writes and not here and not self.limits.writes:
            raise Refused(f"{method} would change a target that is not on this machine; say --yes to allow that.")
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

    def room(self, account: str) -> int:
        """How many products may still be ordered on an account; reading its inventory may bring back some."""
        with self._lock:
            return max(0, int(self.limits.peak_products - min(self.ledger.worst_rise(account), 2**53)))

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
        here = _on_loopback(host)
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
            raise OverBudget(f"the budget of {self.limits.calls} calls is used up{why}; raise budget.calls.")

    def _within_products(self, intent: Intent, call: Call, outgoing: Outgoing, body: str) -> Exposure:
        exposure = exposure_of(call, outgoing.method, outgoing.url, body)
        if exposure.up:
            self._may_rise(intent.account, exposure.up)
        if exposure.down:
            self._may_fall(intent.account, call, exposure.down)
        return exposure

    def _may_rise(self, account: str, up: float) -> None:
        peak = self.limits.peak_products
        if up == inf:
            if not self.limits.unbounded_probes:
                raise OverBudget("the worst case of this order is unbounded; set budget.unbounded_probes to send it.")
            return
        rise = self.ledger.worst_rise(account)
        if rise + up > peak:
            stands = "without bound" if rise == inf else f"by {rise:.0f}"
            raise OverBudget(
                f"{up:.0f} more products do not fit the budget: total may have risen {stands} already, and"
                f" budget.peak_products is {peak}; read the inventory, give products back, or raise it."
            )

    def _may_fall(self, account: str, call: Call, down: float) -> None:
        removable = self.ledger.removable(account)
        if down <= removable:
            return
        # A probe for a refusal: below what is in use, or malformed. Accepted by mistake it would take others' products,
        # so it needs the same consent as other probes that no budget covers.
        plain = isinstance(call, PlaceOrder) and call.kind is OrderKind.DECREMENT
        probe = not plain or down > self._available.get(account, inf)
        if probe and self.limits.unbounded_probes:
            return
        what = "an unbounded number of" if down == inf else f"{down:.0f}"
        raise Refused(
            f"this could take {what} products away, but only {removable} are proved to be ours;"
            " order some first, or set budget.unbounded_probes where nothing of others can be lost."
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
                " the run's mark, may be deleted."
            )
        if here or not isinstance(call, Malformed | OtherCall):
            return
        if isinstance(call, Malformed) and call.operation is not Operation.DELETE_SUBSCRIBER:
            return
        target = unquote(url[len(self._base) :])
        if self.mark not in target or not WILD.isdisjoint(target) or _climbs(target):
            raise Refused("a delete that names no subscriber of ours could remove any; only sent to this machine.")

    def _cut_short(self, identity: str) -> bool:
        """Whether this is an identity of ours with the end of its domain missing, so nobody's."""
        return "@" in identity and any(
            own.startswith(identity)
            for account in self.ledger.accounts.values()
            for own in (*account.live, *account.unclear, *account.deleted)
        )


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return _on_loopback(urlsplit(url).hostname or "")


@lru_cache(maxsize=64)
def _on_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _climbs(path: str) -> bool:
    """Whether a path has segments that lead upwards, however they are encoded."""
    return ".." in unquote(path).replace("\\", "/").split("/")


def _normal(url: str) -> str:
    """A URL as the client will spell it: lower-case host, no default port."""
    return str(httpx.URL(url)).rstrip("/")
