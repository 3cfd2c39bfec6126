"""The ledger: what this run may have done to each account, as far as its own calls prove it.

It answers what the guard and the cleaning up must know: which subscribers are ours, by how much ``total`` may have
risen at worst, and how many products may be given back without touching anybody else's. It is fed with exchanges,
asks nobody, and never guesses in the run's favour.

How it counts: an order that the target says it did is *done*, one that it accepted is *open*, one without a clear
answer is *doubtful*. An inventory read that began after a call had ended tells what became of it; what is newer than
the read counts at its worst.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Final

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    Malformed,
    Operation,
    OrderKind,
    OrderView,
    OtherCall,
    Outcome,
    PlaceOrder,
    Reply,
    Stage,
)
from kandykit.exchange import Exchange

ABSURD: Final = 2**31
"""A larger quantity is no order that anybody means: its worst case counts as unbounded."""

_NUMBER: Final = re.compile(r"\s*[+-]?(0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_THOUSANDS: Final = re.compile(r"\s*[+-]?\d{1,3}(?:[.,_' ]\d{3})+\s*")
_NUMBER_IN_TEXT: Final = re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a call could do to ``total`` at worst: raise it by ``up`` products, or lower it by ``down``."""

    up: float = 0
    down: float = 0


NOTHING: Final = Exposure()


def exposure_of(call: Call, method: str, url: str, body: str) -> Exposure:
    """The worst case of a call, if the target took it as badly as it could.

    Of a malformed order every number in it counts by its size, whatever its sign or type; without any number, or
    beyond `ABSURD`, it is unbounded. A call that the contract does not name counts as an order if it could be one.
    """
    match call:
        case PlaceOrder():
            return _ordered(call.kind, call.quantity)
        case Malformed(Operation.PLACE_ORDER):
            numbers = _numbers_in(url, body)
            size = sum(numbers) if numbers else inf
            if isinstance(call.meant, PlaceOrder):
                return _ordered(call.meant.kind, max(size if numbers else 0, call.meant.quantity))
            return _both_ways(size)
        case OtherCall() if method in ("POST", "PUT", "PATCH") and body:
            return _both_ways(max(1, sum(_numbers_in(url, body))))
    return NOTHING


def _ordered(kind: OrderKind, quantity: float) -> Exposure:
    bounded = inf if quantity > ABSURD else quantity
    return Exposure(up=bounded) if kind is OrderKind.INCREMENT else Exposure(down=bounded)


def _both_ways(size: float) -> Exposure:
    size = inf if size > ABSURD else size
    return Exposure(size, size)


def _numbers_in(url: str, body: str) -> list[float]:
    """The size of every number in a request, however it is written."""
    numbers = [_size(number) for number in _NUMBER_IN_TEXT.findall(url.partition("?")[2])]
    try:
        # Members given twice must both be seen, so objects are read as lists of their members.
        parsed = json.loads(
            body, object_pairs_hook=lambda members: [value for _, value in members], parse_constant=_inf
        )
    except (ValueError, RecursionError):
        return numbers + [_size(number) for number in _NUMBER_IN_TEXT.findall(body)]
    waiting = [parsed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float):
            numbers.append(_size(str(abs(value))) if value == value else inf)
        elif isinstance(value, str) and _THOUSANDS.fullmatch(value):
            numbers.append(_size(re.sub(r"\D", "", value)))
        elif isinstance(value, str) and (found := _NUMBER.match(value)):
            numbers.append(_size(found[1]))
        elif isinstance(value, str):
            numbers += [_size(number) for number in _NUMBER_IN_TEXT.findall(value)]
    return numbers


def _inf(_: str) -> float:
    return inf


def _size(number: str) -> float:
    """A number's size, a fraction rounded up: nobody sells half a product."""
    value = float(int(number, 16)) if number[:2] in ("0x", "0X") else float(number)
    return value if value == inf else float(-(-value // 1))


class Certainty(Enum):
    """How sure it is that an order happened."""

    DONE = "done"
    OPEN = "open"
    DOUBTFUL = "doubtful"


@dataclass(slots=True)
class Effect:
    """What one call did, or may have done, to ``total``; times are seconds of the run's monotonic clock.

    ``late`` marks a call that nobody answered in time: the target may still act on it.
    """

    seq: int
    up: float
    down: float
    certainty: Certainty
    started: float
    ended: float
    late: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """``total`` as an inventory read showed it, and when."""

    total: int
    started: float
    ended: float


@dataclass(slots=True)
class OwnOrder:
    """An order that we placed and the target accepted."""

    number: str
    kind: OrderKind
    quantity: int
    stage: Stage
    effect: Effect | None = None


@dataclass(slots=True)
class Account:
    """What the run knows of one account of its own.

    ``live``, ``deleted`` and ``unclear`` are the identities of subscribers that we created, or may have created;
    ``lost`` are the sequence numbers of creates that may have made a subscriber whose identity nobody told us.
    ``baseline`` is ``total`` before our first order, ``peak`` the highest that any read showed; ``used_before`` and
    ``used`` are what the first and the latest read showed in use; None: never shown.
    """

    name: str
    live: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    lost: list[int] = field(default_factory=list)
    orders: dict[str, OwnOrder] = field(default_factory=dict)
    baseline: int | None = None
    peak: int | None = None
    used_before: int | None = None
    used: int | None = None
    observed: Observation | None = None
    _touched: dict[str, tuple[float, float]] = field(default_factory=dict)
    _in_flight: dict[int, Exposure] = field(default_factory=dict)
    _newer: list[Effect] = field(default_factory=list)
    _settled: float = 0
    _doubt_up: float = 0
    _doubt_down: float = 0

    def owns(self, identity: str) -> bool:
        """Whether we created this subscriber, or may have, whatever became of it."""
        return identity in self.live or identity in self.unclear or identity in self.deleted

    @property
    def pending(self) -> list[OwnOrder]:
        """Our orders that the target accepted and has not concluded, as far as we know."""
        return [order for order in self.orders.values() if order.stage is Stage.OPEN]

    @property
    def untouched(self) -> bool:
        """Whether nothing that the run did can have left anything on the account."""
        return not (
            self.live
            or self.unclear
            or self.lost
            or self.orders
            or self._newer
            or self._doubt_up
            or self._settled
            or self._doubt_down
        )

    @property
    def undecided(self) -> bool:
        """Whether there are orders of which no inventory read could tell yet what became of them."""
        return bool(self._newer)

    @property
    def to_delete(self) -> list[str]:
        """The subscribers that are ours and may be live, in a stable order."""
        return sorted(self.live | self.unclear)


class Ledger:
    """The books of all accounts of a run.

    ``mark``: the run's mark, which stands in every identity that the run chose itself.
    ``shared``: others use the accounts meanwhile, so what the inventory shows beyond our own orders is not ours.
    ``settle_s``: how long a read may lag behind. ``late_s``: how long a call that was not answered may still act.
    ``trusting``: believe a decrement as soon as the target says it is done; otherwise only a later inventory read
    proves it.
    """

    def __init__(
        self,
        mark: str = "",
        *,
        shared: bool = False,
        settle_s: float = 0.0,
        late_s: float = 30.0,
        trusting: bool = True,
    ) -> None:
        self.mark = mark
        self.shared = shared
        self.settle_s = settle_s
        self.late_s = late_s
        self.trusting = trusting
        self.accounts: dict[str, Account] = {}

    def account(self, name: str) -> Account:
        """The books of one account; an account that was never met has empty ones."""
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account(name)
        return found

    def owner(self, identity: str) -> str | None:
        """Which of our accounts created this subscriber, or may have; None: it is not ours."""
        return next((account.name for account in self.accounts.values() if account.owns(identity)), None)

    @property
    def calls_to_clean_up(self) -> int:
        """About how many calls it takes to remove what we made, if all goes well."""
        return sum(len(account.live) + len(account.unclear) + 6 for account in self.accounts.values())

    # -- what is fed --------------------------------------------------------------------------------------------

    def depart(self, seq: int, account: str, exposure: Exposure) -> None:
        """A call is about to leave: until its exchange is fed, its worst case counts."""
        if exposure is not NOTHING:
            self.account(account)._in_flight[seq] = exposure

    def turn_back(self, seq: int, account: str) -> None:
        """A call that was to leave did not."""
        self.account(account)._in_flight.pop(seq, None)

    def feed(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Take what came of a call into the books."""
        account = self.account(exchange.intent.account)
        account._in_flight.pop(exchange.seq, None)
        if reply.inventory is not None:
            if reply.inventory.used is not None:
                account.used = reply.inventory.used
                account.used_before = account.used if account.used_before is None else account.used_before
            if reply.inventory.total is not None:
                self._observe(account, reply.inventory.total, exchange)
        for view in reply.orders or ():
            self._order_seen(account, view, exchange)
        meant = (call.meant or call) if isinstance(call, Malformed) else call
        match meant:
            case PlaceOrder() | Malformed(Operation.PLACE_ORDER) | OtherCall():
                self._ordered(account, exchange, call, reply)
            case CreateSubscriber() | Malformed(Operation.CREATE_SUBSCRIBER):
                self._created(account, exchange, meant, reply)
            case DeleteSubscriber():
                self._deleted(account, exchange, meant.identity, reply)

    def replay(self, exchanges: Iterable[Exchange], read: Callable[[Exchange], tuple[Call, Reply]]) -> None:
        """Feed what a journal recorded; ``read`` is the binding's word on what call and reply an exchange was.

        The journal's clock is another process's, and nothing of that run is under way any more: its calls count as
        ended long ago, and only a new inventory read tells what became of the doubtful ones.
        """
        for exchange in exchanges:
            self.feed(exchange, *read(exchange))
        for account in self.accounts.values():
            for effect in account._newer:
                effect.started = effect.ended = -inf
                effect.late = False
            account._touched.clear()
            account.observed = None

    # -- what is asked ------------------------------------------------------------------------------------------

    def worst_rise(self, name: str) -> float:
        """By how many products ``total`` may stand above the baseline now, through us, at worst."""
        account = self.account(name)
        rise = sum(exposure.up for exposure in account._in_flight.values())
        seen = account.observed
        if seen is None or self.shared or account.baseline is None:
            done_down = sum(effect.down for effect in account._newer if effect.certainty is Certainty.DONE)
            return rise + account._settled + account._doubt_up + sum(e.up for e in account._newer) - done_down
        yet_to_come = 0.0
        for effect in account._newer:
            if effect.certainty is not Certainty.DONE and effect.ended + self.settle_s <= seen.started:
                yet_to_come += effect.up
            else:
                rise += effect.up
                if self.trusting and effect.certainty is Certainty.DONE and effect.started >= seen.ended:
                    rise -= effect.down
        unexplained = seen.total - account.baseline - account._settled
        already_seen = max(0.0, unexplained - account._doubt_up)
        own = account._settled + self._own_part(account, unexplained)
        return rise + max(seen.total - account.baseline, own) + max(0.0, yet_to_come - already_seen)

    def removable(self, name: str) -> int:
        """How many products may be given back so that, whatever happened, only our own increments are undone."""
        account = self.account(name)
        left = -sum(exposure.down for exposure in account._in_flight.values())
        seen = account.observed
        if seen is None or self.shared or account.baseline is None:
            done_up = sum(effect.up for effect in account._newer if effect.certainty is Certainty.DONE)
            left += account._settled - account._doubt_down + done_up - sum(e.down for e in account._newer)
            return int(max(0.0, left))
        yet_to_come = 0.0
        for effect in account._newer:
            if effect.certainty is not Certainty.DONE and effect.ended + self.settle_s <= seen.started:
                yet_to_come += effect.down
            else:
                left -= effect.down
                if effect.certainty is Certainty.DONE and effect.started >= seen.ended:
                    left += effect.up
        unexplained = seen.total - account.baseline - account._settled
        already_seen = max(0.0, -unexplained - account._doubt_down)
        own = account._settled + self._own_part(account, unexplained)
        left += min(seen.total - account.baseline, own) - max(0.0, yet_to_come - already_seen)
        return int(max(0.0, left))

    def owed(self, name: str) -> int:
        """How many products decrements of ours took away beyond our increments, as the inventory shows it."""
        account = self.account(name)
        seen = account.observed
        if seen is None or self.shared or account.baseline is None or account._newer or account._in_flight:
            return 0
        own = account._settled + self._own_part(account, seen.total - account.baseline - account._settled)
        return int(max(0.0, min(account.baseline - seen.total, -own)))

    def _own_part(self, account: Account, unexplained: float) -> float:
        """How much of a difference the doubtful and open orders can explain; the rest is not ours."""
        up, down = account._doubt_up, account._doubt_down
        for effect in account._newer:
            if effect.certainty is not Certainty.DONE:
                up += effect.up
                down += effect.down
        return min(max(unexplained, -down), up)

    # -- how it is booked ---------------------------------------------------------------------------------------

    def _observe(self, account: Account, total: int, exchange: Exchange) -> None:
        account.peak = total if account.peak is None else max(account.peak, total)
        if account.observed is not None and account.observed.started > exchange.started:
            return
        before = None if account._newer else account.observed
        account.observed = Observation(total, exchange.started, exchange.ended)
        newer = []
        for effect in account._newer:
            if effect.ended + self.settle_s > exchange.started:
                newer.append(effect)
            elif effect.certainty is Certainty.DONE:
                account._settled += effect.up - effect.down
            elif effect.certainty is Certainty.DOUBTFUL and (
                not effect.late or effect.ended + self.late_s <= exchange.started
            ):
                account._doubt_up += effect.up
                account._doubt_down += effect.down
            else:
                newer.append(effect)
        account._newer = newer
        if self._seen_twice(account, before, total):
            # A target that miscounts its orders makes our own sum too high. Where nothing is billed, two reads that
            # agree, with nothing of ours between them or under way, are believed instead. Never the other way: what
            # is there beyond our own orders is not ours to take back.
            account._settled = min(account._settled, max(total - (account.baseline or 0), 0))
        if account.baseline is None:
            account.baseline = int(total - account._settled)

    def _seen_twice(self, account: Account, before: Observation | None, total: int) -> bool:
        return (
            self.trusting
            and not self.shared
            and account.baseline is not None
            and before is not None
            and before.total == total
            and not account._newer
            and not account._in_flight
            and not account._doubt_up
            and not account._doubt_down
        )

    def _ordered(self, account: Account, exchange: Exchange, call: Call, reply: Reply) -> None:
        if reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED):
            return
        if isinstance(call, PlaceOrder):
            increment = call.kind is OrderKind.INCREMENT
            exposure = Exposure(up=call.quantity) if increment else Exposure(down=call.quantity)
        else:
            request = exchange.request
            exposure = exposure_of(call, request.method, request.url, request.body)
        if exposure.up == 0 and exposure.down == 0:
            return
        view = reply.order
        stage = (view.stage if view else None) or (Stage.OPEN if reply.status == 202 else Stage.DONE)
        certainty = Certainty.DOUBTFUL
        if reply.outcome is Outcome.DONE and isinstance(call, PlaceOrder):
            certainty = Certainty.DONE if stage is Stage.DONE else Certainty.OPEN
        effect = Effect(
            exchange.seq,
            exposure.up,
            exposure.down,
            certainty,
            exchange.started,
            exchange.ended,
            late=exchange.failure == "timeout",
        )
        if view and view.number and reply.outcome is Outcome.DONE:
            meant = call.meant if isinstance(call, Malformed) else call
            if isinstance(meant, PlaceOrder):
                account.orders[view.number] = OwnOrder(view.number, meant.kind, meant.quantity, stage, effect)
            if stage is Stage.NOT_DONE:
                return
        account._newer.append(effect)

    def _order_seen(self, account: Account, view: OrderView, exchange: Exchange) -> None:
        """A read tells how one of our open orders stands."""
        order = account.orders.get(view.number) if view.number else None
        if order is None or order.stage is not Stage.OPEN or view.stage in (None, Stage.OPEN):
            return
        order.stage = Stage(view.stage)
        effect, order.effect = order.effect, None
        if effect is None:
            return
        if order.stage is Stage.DONE:
            # It was done some time before this read ended; a later inventory read proves that it is counted.
            effect.certainty = Certainty.DONE if effect.certainty is Certainty.OPEN else effect.certainty
            effect.ended = exchange.ended
        elif effect in account._newer:
            account._newer.remove(effect)

    def _created(self, account: Account, exchange: Exchange, call: CreateSubscriber | Malformed, reply: Reply) -> None:
        if reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED):
            return
        shown = reply.subscriber.identity if reply.subscriber else None
        identity = shown or (call.identity if isinstance(call, CreateSubscriber) else None)
        if identity is None:
            account.lost.append(exchange.seq)
            return
        overlapped = self._overlaps(account, identity, exchange)
        if reply.outcome is Outcome.UNCLEAR or overlapped:
            if identity not in account.live:
                account.deleted.discard(identity)
                account.unclear.add(identity)
            return
        account.unclear.discard(identity)
        account.deleted.discard(identity)
        account.live.add(identity)

    def _deleted(self, account: Account, exchange: Exchange, identity: str, reply: Reply) -> None:
        owner = self.accounts.get(self.owner(identity) or "")
        if owner is None or reply.outcome is Outcome.THROTTLED:
            return
        gone = reply.outcome is Outcome.DONE or reply.status in (404, 410)
        if not gone and reply.outcome is Outcome.REFUSED:
            return
        overlapped = self._overlaps(owner, identity, exchange)
        if owner is not account or overlapped or not gone:
            # Through another account it may have worked (then isolation is broken) or not; so may an unclear one.
            foreign_refusal = owner is not account and reply.outcome is Outcome.REFUSED
            if identity in owner.live and not foreign_refusal:
                owner.live.discard(identity)
                owner.unclear.add(identity)
            return
        owner.live.discard(identity)
        owner.unclear.discard(identity)
        owner.deleted.add(identity)

    @staticmethod
    def _overlaps(account: Account, identity: str, exchange: Exchange) -> bool:
        """Whether another create or delete of the identity was under way meanwhile; then either may be the last."""
        before = account._touched.get(identity)
        started, ended = exchange.started, exchange.ended
        if before is None or before[1] < started:
            account._touched[identity] = (started, ended)
            return False
        account._touched[identity] = (min(started, before[0]), max(ended, before[1]))
        return before[0] <= ended
