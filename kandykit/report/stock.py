"""What a call sequence does to an account by its own answers: what it needs before, and whether it adds up.

A script that plays a sequence again must begin where the failure was met: at its boundary, with the subscribers and
orders that the calls refer to. And where calls overlapped, no play gives the same statuses twice, so a race is told by
numbers that do not add up, and not by how it went the last time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kandykit.binding import MINTED, Binding
from kandykit.binding.text import quoted
from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    Operation,
    OrderKind,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Stage,
)
from kandykit.exchange import Exchange
from kandykit.report.words import call_of, reply_of

OWN_ACCOUNT = "1"
NEAR = 25
"""With more products than this the calls were at no boundary, so it is enough that there are as many as they used."""
MOST_USED = 12
"""More subscribers than this are not created only to begin with as many as there were."""
_LARGEST = 1_000
"""An order of more is a probe: that it was taken says nothing of what has to be in stock."""


@dataclass(slots=True)
class Start:
    """What has to be there before a sequence is played.

    ``available`` (and ``total``, where it matters) exactly, None where they are not known, with at least ``used``
    subscribers; else at least ``least`` products; and each of ``subscribers`` and ``orders``, which the calls refer to
    without having made them (empty where any will do).
    """

    available: int | None = None
    total: int | None = None
    used: int = 0
    least: int = 0
    subscribers: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)


def start_of(
    calls: Sequence[Exchange],
    binding: Binding,
    *,
    at_limit: bool,
    about_stock: bool,
    of_nobody: bool = False,
    living: int | None = None,
) -> Start:
    """What has to be there before these calls; ``at_limit`` where it matters how many products there are in all.

    ``about_stock`` says that the finding turns on what was in stock, so that nothing may be put there unless it is
    known to have been; ``of_nobody`` that nobody was there whom the calls delete without having created them. No more
    than ``living`` subscribers were there, if that is known: products can be shown in use that nobody uses any more.
    """
    start = Start()
    view = _first_view(calls, binding)
    if view is None and (at_limit or about_stock):
        view = _view_before(calls, binding)
    writing = any(writes(call, binding) for call in calls)
    refused = any(writes(call, binding) and not done(call) for call in calls)
    # More available than owned is what the fault had already done, and no play can begin with that.
    owned = view is None or view.total is None or view.available is None or view.available <= view.total
    if view is not None and view.available is not None and writing and owned and (view.available <= NEAR or refused):
        start.available = max(0, view.available)
        start.total = view.total if at_limit else None
        used = view.used if living is None or view.used is None else min(view.used, max(living, 0))
        start.used = used if used is not None and 0 < used <= MOST_USED else 0
    elif view is not None or not about_stock:
        # What a single answer shows needs a call that succeeds, whatever the account's state otherwise is.
        start.least = -min(0, *_levels(calls, binding))
    if view is not None and not writing and (view.used or 0) > 0:
        # What a single read shows of an account without subscribers may be right by accident.
        start.subscribers.append("")
    made: set[str] = set()
    ordered: set[str] = set()
    for call in calls:
        asked, reply = asked_for(call, binding), reply_of(call, binding)
        if isinstance(asked, CreateSubscriber) and done(call):
            made.add((reply.subscriber.identity if reply.subscriber else None) or asked.identity or "")
        if reply.order and reply.order.number:
            ordered.add(reply.order.number)
        if account_of(call) != OWN_ACCOUNT or call.answer is None:
            continue
        unmade = isinstance(asked, DeleteSubscriber) and not any(variant_of(asked.identity, each) for each in made)
        if isinstance(asked, DeleteSubscriber) and done(call) and unmade and not of_nobody:
            made.add(asked.identity)
            start.subscribers.append(asked.identity)
        # A number with a run's mark was asked for because nobody has it.
        found = bool(reply.orders) or 300 <= call.answer.status < 400
        found = found and not MINTED.search(f"{getattr(asked, 'number', None)}@")
        found = found and not any(variant_of(getattr(asked, "number", None) or "", each) for each in ordered)
        if isinstance(asked, ReadOrders) and asked.number and found and asked.number not in ordered:
            ordered.add(asked.number)
            start.orders.append(asked.number)
        placing = any(isinstance(asked_for(each, binding), PlaceOrder) for each in calls)
        if (
            isinstance(asked, ReadOrders)
            and asked.number is None
            and (reply.orders or (reply.unreadable and call.answer.body.strip()))
            and not ordered
            and not placing
        ):
            # What is wrong with an order that a list shows can be wrong of one only that is there; an answer without
            # any content may be how the list of none comes.
            ordered.add("")
            start.orders.append("")
    return start


def variant_of(identity: str, known: str) -> bool:
    """Whether an identity is another one, whole or spelled a little otherwise."""
    return bool(known) and identity in (known, known[:-1], known.swapcase(), quoted(known), known + "x", known + " ")


def shows_nothing(calls: Sequence[Exchange], binding: Binding) -> bool:
    """Whether these calls only read, or delete in vain, and what they read is what any account could show."""
    for call in calls:
        if call.request.method not in ("GET", "HEAD", "OPTIONS") and not refers_to_before(call, calls, binding):
            return False
        if not done(call) and not refers_to_before(call, calls, binding):
            return False
    views = [view for call in calls if (view := reply_of(call, binding).inventory)]
    if not all(view.possible for view in views):
        return False
    return len({(view.total, view.used, view.available) for view in views}) <= 1


def available_before(call: Exchange, calls: Sequence[Exchange], binding: Binding) -> int | None:
    """What the last read before a call showed as available, on the same account."""
    earlier = [each for each in calls if each.seq < call.seq and each.intent.account == call.intent.account]
    shown = [view.available for each in earlier if (view := reply_of(each, binding).inventory)]
    return shown[-1] if shown else None


def refers_to_before(call: Exchange, calls: Iterable[Exchange], binding: Binding) -> bool:
    """Whether a refused deletion is of a subscriber that these calls did not create: was it there, or was it not?

    An identity with a run's mark was not: what created it would be among the calls.
    """
    asked = asked_for(call, binding)
    if not isinstance(asked, DeleteSubscriber) or done(call) or MINTED.search(asked.identity):
        return False
    for each in calls:
        created = asked_for(each, binding)
        view = reply_of(each, binding).subscriber
        if isinstance(created, CreateSubscriber) and asked.identity in (
            created.identity,
            view.identity if view else None,
        ):
            return False
    return True


def adds_up(calls: Iterable[Exchange], binding: Binding) -> bool:
    """Whether the account's numbers can be explained by what was done to it between the first read and the last.

    Only what is certain counts: after an unclear outcome, or without a read, everything can be explained.
    """
    began: InventoryView | None = None
    total = 0
    alive: list[str] = []
    numbers: list[str] = []
    for call in calls:
        if account_of(call) != OWN_ACCOUNT:
            continue
        asked, reply = asked_for(call, binding), reply_of(call, binding)
        if not call.answered or (call.answer is not None and call.answer.status >= 500):
            return True
        if isinstance(asked, PlaceOrder) and done(call):
            if reply.order and reply.order.stage in (Stage.OPEN, Stage.NOT_DONE):
                return True
            total += asked.quantity if asked.kind is OrderKind.INCREMENT else -asked.quantity
            numbers += [reply.order.number] if reply.order and reply.order.number else []
        elif isinstance(asked, CreateSubscriber) and done(call):
            alive.append((reply.subscriber.identity if reply.subscriber else None) or asked.identity or "")
        elif isinstance(asked, DeleteSubscriber) and done(call):
            if asked.identity not in alive:
                return True
            alive.remove(asked.identity)
        elif isinstance(asked, ReadInventory) and reply.inventory:
            view = reply.inventory
            if began is None:
                if total or alive:
                    return True
                began = view
            if _wrong(view, began, total, len(alive)):
                return False
    if began is not None and began.available is not None and len(alive) > began.available + total:
        return False
    return len(set(alive)) == len(alive) and len(set(numbers)) == len(numbers)


def asked_for(call: Exchange, binding: Binding) -> Call:
    """What a call asks for; of a malformed one that a target may accept, what it then does."""
    asked = call_of(call, binding)
    return asked.meant if isinstance(asked, Malformed) and asked.meant else asked


def writes(call: Exchange, binding: Binding) -> bool:
    """Whether a call may change the account under test."""
    return account_of(call) == OWN_ACCOUNT and acts(call, binding)


def acts(call: Exchange, binding: Binding) -> bool:
    """Whether a call may change the account that makes it, whichever that is."""
    return isinstance(asked_for(call, binding), PlaceOrder | CreateSubscriber | DeleteSubscriber)


def account_of(call: Exchange) -> str:
    """The account's number: ``account-2`` is the second one."""
    last = call.intent.account.rpartition("-")[2]
    return last if last.isdigit() else OWN_ACCOUNT


def done(call: Exchange) -> bool:
    """Whether the answer says that it was done."""
    return call.answered and call.answer is not None and 200 <= call.answer.status < 300


def groups(calls: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """The calls in the order in which they went out, those that overlapped together."""
    group: list[Exchange] = []
    for call in sorted(calls, key=lambda each: (each.started, each.seq)):
        if group and call.started >= max(each.ended for each in group):
            yield group
            group = []
        group.append(call)
    if group:
        yield group


def gave_the_same(one: Exchange, other: Exchange, binding: Binding) -> bool:
    """Whether two answers gave out the same identity or the same password."""
    views = [reply_of(call, binding).subscriber for call in (one, other)]
    if one is other or views[0] is None or views[1] is None:
        return False
    first, second = ((view.identity, view.password) for view in views if view is not None)
    return any(given is not None and given == again for given, again in zip(first, second, strict=True))


def gave_unlike(one: Exchange, other: Exchange, binding: Binding) -> bool:
    """Whether two calls created subscribers whose answers gave out nothing alike: each tells by itself."""
    created = all(reply_of(call, binding).subscriber is not None for call in (one, other))
    return created and not gave_the_same(one, other, binding)


def widest_gap(calls: Iterable[Exchange]) -> int:
    """How many calls of the run apart two of these calls, one right after the other, were at most."""
    return max((after - before for before, after in pairwise(sorted(call.seq for call in calls))), default=0)


def lanes(calls: Sequence[Exchange]) -> list[list[int]]:
    """The places of calls that overlapped: reads that came one after another in a lane, every other by itself."""
    found: list[list[int]] = []
    for place, call in enumerate(calls):
        reads = [lane for lane in found if {calls[place].request.method, calls[lane[-1]].request.method} == {"GET"}]
        before = [lane for lane in reads if calls[lane[-1]].ended <= call.started]
        if before:
            max(before, key=lambda lane: calls[lane[-1]].ended).append(place)
        else:
            found.append([place])
    return found


def _first_view(calls: Sequence[Exchange], binding: Binding) -> InventoryView | None:
    """What the inventory showed before the first call that may have changed it."""
    for call in calls:
        if writes(call, binding):
            return None
        view = reply_of(call, binding).inventory
        if view is not None and account_of(call) == OWN_ACCOUNT:
            return view
    return None


def _view_before(calls: Sequence[Exchange], binding: Binding) -> InventoryView | None:
    """What the inventory must have shown before the first call, by the first read and what was done before it.

    None where that cannot be told, or could not have been.
    """
    total = used = 0
    for call in calls:
        if account_of(call) != OWN_ACCOUNT:
            continue
        asked, reply = asked_for(call, binding), reply_of(call, binding)
        if reply.inventory is not None:
            view = reply.inventory
            if view.total is None or view.used is None or view.available is None:
                return None
            before = InventoryView(view.total - total, view.used - used, view.available - total + used)
            return before if view.possible and before.possible else None
        if writes(call, binding) and done(call):
            if isinstance(call_of(call, binding), Malformed) or (reply.order and reply.order.stage is Stage.OPEN):
                return None
            rejected = reply.order is not None and reply.order.stage is Stage.NOT_DONE
            if isinstance(asked, PlaceOrder) and not rejected:
                total += asked.quantity if asked.kind is OrderKind.INCREMENT else -asked.quantity
            used += isinstance(asked, CreateSubscriber) - isinstance(asked, DeleteSubscriber)
        elif writes(call, binding) and (not call.answered or (call.answer is not None and call.answer.status >= 500)):
            return None
    return None


def _levels(calls: Sequence[Exchange], binding: Binding) -> Iterator[int]:
    """How many products are available after each call, counted from none."""
    level = 0
    made: set[str] = set()
    yield level
    for call in calls:
        asked = asked_for(call, binding)
        if account_of(call) != OWN_ACCOUNT or not done(call):
            continue
        if isinstance(asked, Malformed):
            # Accepted without anybody knowing what it did; but it was let through only because there was enough.
            level -= _needed(call, asked, binding)
        elif isinstance(asked, PlaceOrder) and asked.quantity < _LARGEST:
            level += asked.quantity if asked.kind is OrderKind.INCREMENT else -asked.quantity
        elif isinstance(asked, CreateSubscriber):
            view = reply_of(call, binding).subscriber
            made.add((view.identity if view else None) or asked.identity or "")
            level -= 1
        elif isinstance(asked, DeleteSubscriber) and asked.identity in made:
            level += 1
        yield level


def _needed(call: Exchange, asked: Malformed, binding: Binding) -> int:
    """How many products a malformed call takes if it is carried out."""
    if asked.operation is Operation.CREATE_SUBSCRIBER:
        return 1
    body = call.request.body
    if asked.operation is not Operation.PLACE_ORDER or not any(
        str(fewer) in body for fewer in binding.words[OrderKind.DECREMENT]
    ):
        return 0
    leaf = binding.spelling["order.quantity"].rpartition("/")[2]
    quantity = re.search(rf'"{re.escape(leaf)}"\s*:\s*"?([0-9]{{1,3}})\b', body)
    return int(quantity[1]) if quantity else 1


def _wrong(view: InventoryView, began: InventoryView, total: int, alive: int) -> bool:
    if not view.possible:
        return True
    if view.total is not None and began.total is not None and view.total != began.total + total:
        return True
    return view.used is not None and began.used is not None and view.used != began.used + alive
