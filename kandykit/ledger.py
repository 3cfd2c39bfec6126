"""The ledger: what this run may have done to each account, as far as its own calls prove it.

It answers what the guard and the cleaning up must know: which subscribers are ours, by how much ``total`` may have
risen at worst, and how many products may be given back without touching anybody else's. It is fed with exchanges,
asks nobody, and never guesses in the run's favour.

How it counts: an order that the target says it did is *done*, one that it accepted is *open*, one without a clear
answer is *doubtful*; what it refused, and what should not touch ``total``, did nothing, if that is true. An inventory
read that began after a call had ended tells what became of it; what is newer than the read counts at its worst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
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
from kandykit.exposure import NOTHING, Exposure, exposure_of

SAME_TIME_S: Final = 600.0
"""An order that was entered further than this, in seconds, from the moment at which we asked is somebody else's."""


class Certainty(Enum):
    """How sure it is that an order happened."""

    DONE = "done"
    OPEN = "open"
    DOUBTFUL = "doubtful"
    NOTHING = "nothing"


@dataclass(slots=True)
class Effect:
    """What one call did, or may have done, to ``total``; times are seconds of the run's monotonic clock.

    ``up`` and ``down`` are what it did if the target did as it was told; ``worst`` is what it may have done before a
    read shows better. ``late`` marks a call that nobody answered in time: the target may still act on it. ``order`` is
    what was asked for where that was well-formed, ``at`` the wall clock when it left.
    """

    seq: int
    up: float
    down: float
    certainty: Certainty
    started: float
    ended: float
    worst: Exposure
    late: bool = False
    order: PlaceOrder | None = None
    at: str = ""


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
    ``lost`` names the creates, by their numbers, that may have made a subscriber whose identity nobody told us.
    ``baseline`` is ``total`` before our first order, ``peak`` the highest that any read showed; ``used_before`` and
    ``used`` are what the first and the latest read showed in use; None: never shown.
    """

    name: str
    live: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
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
    _not_come: float = 0
    _contrary: bool = False
    _doubts: list[Effect] = field(default_factory=list)
    _listed: dict[str, str] = field(default_factory=dict)
    _skew_s: float = 0

    @property
    def _doubt_up(self) -> float:
        return sum(effect.up for effect in self._doubts)

    @property
    def _doubt_down(self) -> float:
        return sum(effect.down for effect in self._doubts)

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
            self.live or self.unclear or self.lost or self.orders or self._newer or self._doubts or self._settled
        )

    @property
    def undecided(self) -> bool:
        """Whether there are orders of which no inventory read could tell yet what became of them."""
        return bool(self._newer)

    @property
    def in_doubt(self) -> list[int]:
        """The calls that may have ordered something, or given it back, and of which nothing has told yet."""
        open_still = [effect for effect in self._newer if effect.certainty is Certainty.DOUBTFUL]
        return sorted(effect.seq for effect in (*self._doubts, *open_still) if effect.up or effect.down)

    @property
    def to_delete(self) -> list[str]:
        """The subscribers that are ours and may be live, in a stable order."""
        return sorted(self.live | self.unclear)


class Ledger:
    """The books of all accounts of a run.

    ``mark``: the run's mark, which stands in every identity that the run chose itself.
    ``shared``: others use the accounts meanwhile, so what the inventory shows beyond our own orders is not ours.
    ``settle_s``: how long a read may lag behind. ``late_s``: how long a call that was not answered may still act.
    ``trusting``: count each call as it is meant, and believe a decrement as soon as the target says it is done;
    otherwise everything counts at its worst until a later inventory read proves it.
    ``aged``: the calls are another process's and long over, so others may have acted since: what our own orders do not
    explain is theirs.
    ``lag_known``: whether ``settle_s`` was declared or measured; until then nothing is concluded from what a read does
    not show yet.
    """

    def __init__(
        self,
        mark: str = "",
        *,
        shared: bool = False,
        settle_s: float = 0.0,
        late_s: float = 30.0,
        trusting: bool = True,
        lag_known: bool = True,
        aged: bool = False,
    ) -> None:
        self.mark = mark
        self.shared = shared
        self.settle_s = settle_s
        self.late_s = late_s
        self.trusting = trusting
        self.lag_known = lag_known
        self.aged = aged
        self.whose = ""
        self.accounts: dict[str, Account] = {}

    def account(self, name: str) -> Account:
        """The books of one account; an account that was never met has empty ones."""
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account(name)
        return found

    def at_worst(self, name: str, call: Call) -> bool:
        """Whether a call on this account counts at its worst: orders do once one was seen to do the opposite."""
        return not self.trusting or (self.account(name)._contrary and isinstance(call, PlaceOrder))

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
        if exposure != NOTHING:
            self.account(account)._in_flight[seq] = exposure

    def turn_back(self, seq: int, account: str) -> None:
        """A call that was to leave did not."""
        self.account(account)._in_flight.pop(seq, None)

    def feed(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Take what came of a call into the books."""
        account = self.account(exchange.intent.account)
        account._in_flight.pop(exchange.seq, None)
        view = reply.inventory
        if view is not None:
            if view.used is not None:
                account.used = view.used
                account.used_before = account.used if account.used_before is None else account.used_before
            self._observe(account, view.total, exchange)
        for order in reply.orders or ():
            self._order_seen(account, order, exchange)
        meant = (call.meant or call) if isinstance(call, Malformed) else call
        self._counted(account, exchange, call, reply)
        match meant:
            case CreateSubscriber() | Malformed(Operation.CREATE_SUBSCRIBER):
                self._created(account, exchange, meant, reply)
            case DeleteSubscriber():
                self._deleted(account, exchange, meant.identity, reply)

    def replay(
        self, exchanges: Iterable[Exchange], read: Callable[[Exchange], tuple[Call, Reply]], run: str = ""
    ) -> None:
        """Feed what a journal recorded; ``read`` is the binding's word on what call and reply an exchange was.

        ``run`` names the run where there are several; their journals are fed in the order in which they were made.

        The journal's clock is another process's, and nothing of that run is under way any more: its calls count as
        ended long ago, and only a new inventory read tells what became of the doubtful ones.
        """
        self.whose = f" of run {run}" if run else ""
        for exchange in exchanges:
            self.feed(exchange, *read(exchange))
        self.whose = ""
        for account in self.accounts.values():
            for effect in account._newer:
                effect.started = effect.ended = -inf
                effect.late = False
            account._touched.clear()
            account.observed = None

    def settle_by_list(self, name: str, views: Iterable[OrderView]) -> None:
        """Learn from the target's list of orders what became of those whose answer never came.

        An order in the list is ours where its number was given to none of our other orders, was not listed before we
        asked, and kind, quantity and time are what we asked for. Where the list shows no order that could be a call's,
        the call did nothing. What cannot be told either way stays in doubt.
        """
        account = self.account(name)
        strangers = [view for view in views if view.number and view.number not in account.orders]
        doubts, account._doubts = account._doubts, []
        for effect in sorted(doubts, key=lambda effect: effect.at):
            possible = [view for view in strangers if self._may_be(account, effect, view)]
            if not possible:
                continue
            order = effect.order
            if order is None or any(view.kind is None or view.quantity is None for view in possible):
                account._doubts.append(effect)
                continue
            view = min(possible, key=lambda view: abs(self._apart(account, effect, view) or 0))
            strangers.remove(view)
            stage = view.stage or Stage.DONE
            account.orders[str(view.number)] = OwnOrder(str(view.number), order.kind, order.quantity, stage, effect)
            if stage is Stage.DONE:
                account._settled += effect.up - effect.down
            elif stage is Stage.OPEN:
                effect.certainty = Certainty.OPEN
                account._newer.append(effect)

    def rule_out_by_list(self, name: str, views: Iterable[OrderView]) -> None:
        """Forget the doubts about orders of which the target's list shows none that could be them.

        Where others act meanwhile, one that could be ours could be theirs as well; so nothing is taken for ours.
        """
        account = self.account(name)
        strangers = [view for view in views if view.number and view.number not in account.orders]
        account._doubts = [
            effect for effect in account._doubts if any(self._may_be(account, effect, view) for view in strangers)
        ]

    def _may_be(self, account: Account, effect: Effect, view: OrderView) -> bool:
        listed = account._listed.get(view.number or "")
        if listed is not None and listed < effect.at:
            return False
        order = effect.order
        if order and (view.kind not in (None, order.kind) or view.quantity not in (None, order.quantity)):
            return False
        apart = self._apart(account, effect, view)
        return apart is None or abs(apart) <= SAME_TIME_S

    @staticmethod
    def _apart(account: Account, effect: Effect, view: OrderView) -> float | None:
        """How many seconds after the call the order was entered, by the target's clock as our other orders show it."""
        seconds = seconds_between(effect.at, view.created_at or "")
        return None if seconds is None else seconds - account._skew_s

    # -- what is asked ------------------------------------------------------------------------------------------

    def worst_rise(self, name: str) -> float:
        """By how many products ``total`` may stand above the baseline now, through us, at worst."""
        account = self.account(name)
        rise = sum(exposure.up for exposure in account._in_flight.values())
        seen = account.observed
        if seen is None or self.shared or account.baseline is None:
            rise += account._settled + account._doubt_up + sum(effect.worst.up for effect in account._newer)
            if self.trusting:
                rise -= sum(effect.down for effect in account._newer if effect.certainty is Certainty.DONE)
            return rise
        yet_to_come = 0.0
        for effect in account._newer:
            if self._read_since(effect, seen.started):
                yet_to_come += effect.worst.up
            else:
                rise += effect.worst.up
                believed = self.trusting and not account._contrary and effect.certainty is Certainty.DONE
                if believed and effect.started >= seen.ended:
                    rise -= effect.down
        settled = account._settled - account._not_come
        unexplained = seen.total - account.baseline - settled
        # At worst what is seen was done by something else, and the order is still to come.
        already_seen = max(0.0, unexplained - account._doubt_up) if self.trusting else 0.0
        own = settled + self._own_part(account, unexplained)
        return rise + max(seen.total - account.baseline, own) + max(0.0, yet_to_come - already_seen)

    def unread(self, name: str) -> bool:
        """Whether calls of ours count at their worst only because no inventory read began after them."""
        seen = self.account(name).observed
        return any(seen is None or not self._read_since(effect, seen.started) for effect in self.account(name)._newer)

    def removable(self, name: str) -> int:
        """How many products may be given back so that, whatever happened, only our own increments are undone."""
        account = self.account(name)
        left = -sum(exposure.down for exposure in account._in_flight.values())
        seen = account.observed
        if seen is None or self.shared or account.baseline is None:
            done_up = sum(effect.up for effect in account._newer if effect.certainty is Certainty.DONE)
            left += account._settled - account._doubt_down + done_up - sum(e.worst.down for e in account._newer)
            return int(max(0.0, left))
        yet_to_come = 0.0
        for effect in account._newer:
            if self._read_since(effect, seen.started):
                yet_to_come += effect.worst.down
            else:
                left -= effect.worst.down
                if effect.certainty is Certainty.DONE and effect.started >= seen.ended:
                    left += effect.up
        unexplained = seen.total - account.baseline - account._settled
        already_seen = max(0.0, -unexplained - account._doubt_down)
        own = account._settled + self._own_part(account, unexplained)
        left += min(seen.total - account.baseline, own) - max(0.0, yet_to_come - already_seen)
        return int(max(0.0, left))

    def began_empty(self, name: str) -> bool:
        """Whether the account held no product before this run, so that nobody else can lose one."""
        return self.account(name).baseline == 0 and not self.shared

    def owed(self, name: str) -> int:
        """How many products decrements of ours took away beyond our increments, as the inventory shows it."""
        account = self.account(name)
        seen = account.observed
        if seen is None or self.shared or account.baseline is None or account._newer or account._in_flight:
            return 0
        own = account._settled + self._own_part(account, seen.total - account.baseline - account._settled)
        return int(max(0.0, min(account.baseline - seen.total, -own)))

    def _read_since(self, effect: Effect, started: float) -> bool:
        """Whether a read that began then shows what an order has done so far that may yet do more."""
        return effect.certainty is not Certainty.DONE and effect.ended + self.settle_s <= started

    def _own_part(self, account: Account, unexplained: float) -> float:
        """How much of a difference the doubtful and open orders can explain; the rest is not ours."""
        up, down = account._doubt_up, account._doubt_down
        for effect in account._newer:
            if effect.certainty is not Certainty.DONE:
                up += effect.up
                down += effect.down
        return min(max(unexplained, -down), up)

    # -- how it is booked ---------------------------------------------------------------------------------------

    def _observe(self, account: Account, total: int | None, exchange: Exchange) -> None:
        """An inventory read: what ended before it is settled by it, whether or not it shows ``total``."""
        if account.observed is not None and account.observed.started > exchange.started:
            self._note_peak(account, total)
            return
        before = None if account._newer else account.observed
        if total is not None and account._newer and not self.shared:
            account._contrary |= self._rose_instead(account, total)
        newer = []
        for effect in account._newer:
            if effect.ended + self.settle_s > exchange.started:
                newer.append(effect)
            elif effect.certainty is Certainty.DONE:
                account._settled += effect.up - effect.down
            elif effect.certainty is Certainty.NOTHING:
                continue
            elif effect.certainty is Certainty.DOUBTFUL and (
                not effect.late or effect.ended + self.late_s <= exchange.started
            ):
                account._doubts.append(effect)
            else:
                newer.append(effect)
        account._newer = newer
        if total is None:
            return
        self._note_peak(account, total)
        account.observed = Observation(total, exchange.started, exchange.ended)
        if account.baseline is None:
            account.baseline = int(total - account._settled)
        missing = account._settled - max(total - account.baseline, 0)
        if self._seen_twice(account, before, total):
            # A target that miscounts its orders makes our own sum too high. Where nothing is billed, two reads that
            # agree, with nothing of ours between them or under way, are believed instead; if it comes after all, it
            # counts again.
            account._not_come = missing
        account._not_come = max(0.0, min(account._not_come, missing))

    @staticmethod
    def _rose_instead(account: Account, total: int) -> bool:
        """Whether ``total`` went up where only decrements were new, and beyond all that increments of ours explain.

        Those that are under way, that nobody answered, or that an earlier read did not show yet explain it as well.
        """
        if account.observed is None or account.baseline is None or total <= account.observed.total:
            return False
        under_way = sum(exposure.up for exposure in account._in_flight.values())
        explained = account.baseline + account._settled - account._not_come + account._doubt_up + under_way
        return total > explained and all(effect.down and not effect.up for effect in account._newer)

    def _seen_twice(self, account: Account, before: Observation | None, total: int) -> bool:
        return (
            self.trusting
            and self.lag_known
            and not self.shared
            and before is not None
            and before.total == total
            and not account._newer
            and not account._in_flight
            and not account._doubts
        )

    @staticmethod
    def _note_peak(account: Account, total: int | None) -> None:
        if total is not None:
            account.peak = total if account.peak is None else max(account.peak, total)

    def _counted(self, account: Account, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Book what a call may have done to ``total``."""
        request = exchange.request
        worst = exposure_of(call, request.method, request.url, request.body, worst=self.at_worst(account.name, call))
        if worst == NOTHING:
            return
        up = down = 0.0
        certainty = Certainty.NOTHING
        view = reply.order
        stage = (view.stage if view else None) or (Stage.OPEN if reply.status == 202 else Stage.DONE)
        answered_no = reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED)
        if answered_no and self.trusting:
            return
        if not answered_no and self._orders(call, worst):
            if isinstance(call, PlaceOrder):
                increment = call.kind is OrderKind.INCREMENT
                up, down = (call.quantity, 0) if increment else (0, call.quantity)
            else:
                up, down = worst.up, worst.down
                if isinstance(call, Malformed) and isinstance(call.meant, PlaceOrder):
                    up, down = (up, 0) if call.meant.kind is OrderKind.INCREMENT else (0, down)
            certainty = Certainty.DOUBTFUL
            if reply.outcome is Outcome.DONE and isinstance(call, PlaceOrder):
                certainty = Certainty.DONE if stage is Stage.DONE else Certainty.OPEN
            elif reply.outcome is Outcome.DONE and isinstance(call, Malformed) and _taken_as_meant(call, view):
                # The target says itself what it took the call for, as it does of any order.
                assert isinstance(call.meant, PlaceOrder)
                increment = call.meant.kind is OrderKind.INCREMENT
                up, down = (call.meant.quantity, 0) if increment else (0, call.meant.quantity)
                certainty = Certainty.DONE if stage is Stage.DONE else Certainty.OPEN
            elif reply.outcome is Outcome.DONE and stage is Stage.OPEN and isinstance(call, Malformed) and call.meant:
                certainty = Certainty.OPEN  # taken for what it means, and still to come
        late = exchange.failure == "timeout"
        effect = Effect(exchange.seq, up, down, certainty, exchange.started, exchange.ended, worst, late)
        asked = call.meant if isinstance(call, Malformed) else call
        effect.order, effect.at = (asked if isinstance(asked, PlaceOrder) else None), exchange.at
        if view and view.created_at and (lasted := seconds_between(exchange.at, view.created_at)) is not None:
            account._skew_s = lasted
        if view and view.number and reply.outcome is Outcome.DONE:
            meant = call.meant if isinstance(call, Malformed) else call
            if isinstance(meant, PlaceOrder):
                account.orders[view.number] = OwnOrder(view.number, meant.kind, meant.quantity, stage, effect)
            if stage is Stage.NOT_DONE:
                if self.trusting:
                    return
                effect.up, effect.down, effect.certainty = 0, 0, Certainty.NOTHING
        account._newer.append(effect)

    @staticmethod
    def _orders(call: Call, worst: Exposure) -> bool:
        """Whether a call is an order, or could be taken for one."""
        if isinstance(call, OtherCall):
            return bool(worst.down)
        return isinstance(call, PlaceOrder) or (isinstance(call, Malformed) and call.operation is Operation.PLACE_ORDER)

    def _order_seen(self, account: Account, view: OrderView, exchange: Exchange) -> None:
        """A read tells how one of our open orders stands."""
        if view.number:
            account._listed.setdefault(view.number, exchange.at)
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
        elif self.trusting and effect in account._newer:
            account._newer.remove(effect)
        else:
            # It says that nothing came of it; the next inventory read shows whether that is so.
            effect.up, effect.down, effect.certainty, effect.ended = 0, 0, Certainty.NOTHING, exchange.ended

    def _created(self, account: Account, exchange: Exchange, call: CreateSubscriber | Malformed, reply: Reply) -> None:
        if reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED):
            return
        shown = reply.subscriber.identity if reply.subscriber else None
        identity = shown or (call.identity if isinstance(call, CreateSubscriber) else None)
        if identity is None:
            account.lost.append(f"{exchange.seq}{self.whose}")
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
        # Two accounts may each have a subscriber of this identity: then a delete is about the own one, while it stands.
        having = [account, *(other for other in self.accounts.values() if other is not account)]
        owner = next(
            (each for each in having if identity in each.live or identity in each.unclear),
            next((each for each in having if each.owns(identity)), None),
        )
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


def _taken_as_meant(call: Malformed, view: OrderView | None) -> bool:
    """Whether the answer to a grey order shows the order that it means, by number, kind and quantity."""
    meant = call.meant
    if not isinstance(meant, PlaceOrder) or view is None or not view.number:
        return False
    return view.kind is meant.kind and view.quantity == meant.quantity


def seconds_between(earlier: str, later: str) -> float | None:
    """From one moment to another, both RFC 3339; None where one of them is no such moment."""
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return None
