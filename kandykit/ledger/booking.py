"""How an order is booked when it was answered, and when a read of orders tells more of it."""

from __future__ import annotations

from kandykit.calls import (
    Call,
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
from kandykit.ledger.account import Account
from kandykit.ledger.assumptions import Assumptions
from kandykit.ledger.effect import Certainty, Effect, OwnOrder
from kandykit.ledger.listing import seconds_between


def book(account: Account, exchange: Exchange, call: Call, reply: Reply, assumed: Assumptions) -> None:
    """Book what a call may have done to ``total``."""
    request = exchange.request
    worst = exposure_of(call, request.method, request.url, request.body, worst=at_worst(account, call, assumed))
    if worst == NOTHING:
        return
    view = reply.order
    stage = (view.stage if view else None) or (Stage.OPEN if reply.status == 202 else Stage.DONE)
    answered_no = reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED)
    if answered_no and assumed.trusting:
        return
    up = down = 0.0
    certainty = Certainty.NOTHING
    if not answered_no and _orders(call, worst):
        up, down, certainty = _asked(call, worst, reply, stage)
    late = exchange.failure == "timeout"
    asked = call.meant if isinstance(call, Malformed) else call
    order = asked if isinstance(asked, PlaceOrder) else None
    effect = Effect(
        exchange.seq, up, down, certainty, exchange.started, exchange.ended, worst, late, order, exchange.at
    )
    if view and view.created_at and (lasted := seconds_between(exchange.at, view.created_at)) is not None:
        account.skew_s = lasted
    if view and view.number and reply.outcome is Outcome.DONE:
        if order is not None:
            account.orders[view.number] = OwnOrder(view.number, order.kind, order.quantity, stage, effect)
        if stage is Stage.NOT_DONE:
            if assumed.trusting:
                return
            effect.up, effect.down, effect.certainty = 0, 0, Certainty.NOTHING
    account.newer.append(effect)


def at_worst(account: Account, call: Call, assumed: Assumptions) -> bool:
    """Whether a call on this account counts at its worst: orders do once one was seen to do the opposite."""
    return not assumed.trusting or (account.contrary and isinstance(call, PlaceOrder))


def _asked(call: Call, worst: Exposure, reply: Reply, stage: Stage) -> tuple[float, float, Certainty]:
    """By how much a call that may be an order raises and lowers ``total``, and how sure it is that it did."""
    done, view = reply.outcome is Outcome.DONE, reply.order
    said = Certainty.DONE if stage is Stage.DONE else Certainty.OPEN
    if isinstance(call, PlaceOrder):
        return *_changes(call), said if done else Certainty.DOUBTFUL
    meant = call.meant if isinstance(call, Malformed) else None
    if not isinstance(meant, PlaceOrder):
        return worst.up, worst.down, Certainty.DOUBTFUL
    if done and view and view.number and (view.kind, view.quantity) == (meant.kind, meant.quantity):
        # The target says itself what it took the call for, as it does of any order.
        return *_changes(meant), said
    up, down = (worst.up, 0.0) if meant.kind is OrderKind.INCREMENT else (0.0, worst.down)
    # It may be taken for what it means, and still to come.
    return up, down, Certainty.OPEN if done and stage is Stage.OPEN else Certainty.DOUBTFUL


def _changes(order: PlaceOrder) -> tuple[float, float]:
    """By how much an order raises and lowers ``total``."""
    return (order.quantity, 0.0) if order.kind is OrderKind.INCREMENT else (0.0, order.quantity)


def _orders(call: Call, worst: Exposure) -> bool:
    """Whether a call is an order, or could be taken for one."""
    if isinstance(call, OtherCall):
        return bool(worst.down)
    return isinstance(call, PlaceOrder) or (isinstance(call, Malformed) and call.operation is Operation.PLACE_ORDER)


def see_order(account: Account, view: OrderView, exchange: Exchange, assumed: Assumptions) -> None:
    """A read tells how one of our open orders stands."""
    if view.number:
        account.listed.setdefault(view.number, exchange.at)
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
    elif assumed.trusting and effect in account.newer:
        account.newer.remove(effect)
    else:
        # It says that nothing came of it; the next inventory read shows whether that is so.
        effect.up, effect.down, effect.certainty, effect.ended = 0, 0, Certainty.NOTHING, exchange.ended
