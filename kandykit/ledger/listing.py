"""What the target's list of orders tells of those whose answer never came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from kandykit.calls import OrderView, Stage
from kandykit.ledger.account import Account
from kandykit.ledger.effect import Certainty, Effect, OwnOrder

SAME_TIME_S: Final = 600.0
"""An order that was entered further than this, in seconds, from the moment at which we asked is somebody else's."""


def settle_by_list(account: Account, views: Iterable[OrderView]) -> None:
    """Learn from the target's list of orders what became of those whose answer never came.

    An order in the list is ours where its number was given to none of our other orders, was not listed before we
    asked, and kind, quantity and time are what we asked for. Where the list shows no order that could be a call's,
    the call did nothing. What cannot be told either way stays in doubt.
    """
    strangers = _strangers(account, views)
    doubts, account.doubts = account.doubts, []
    for effect in sorted(doubts, key=lambda effect: effect.at):
        possible = [view for view in strangers if _may_be(account, effect, view)]
        if not possible:
            continue
        order = effect.order
        if order is None or any(view.kind is None or view.quantity is None for view in possible):
            account.doubts.append(effect)
            continue
        view = min(possible, key=lambda view: abs(_apart(account, effect, view) or 0))
        strangers.remove(view)
        stage = view.stage or Stage.DONE
        account.orders[str(view.number)] = OwnOrder(str(view.number), order.kind, order.quantity, stage, effect)
        if stage is Stage.DONE:
            account.settled += effect.up - effect.down
        elif stage is Stage.OPEN:
            effect.certainty = Certainty.OPEN
            account.newer.append(effect)


def rule_out_by_list(account: Account, views: Iterable[OrderView]) -> None:
    """Forget the doubts about orders of which the target's list shows none that could be them.

    Where others act meanwhile, one that could be ours could be theirs as well; so nothing is taken for ours.
    """
    strangers = _strangers(account, views)
    account.doubts = [effect for effect in account.doubts if any(_may_be(account, effect, view) for view in strangers)]


def _strangers(account: Account, views: Iterable[OrderView]) -> list[OrderView]:
    """The listed orders whose number none of our known orders has."""
    return [view for view in views if view.number and view.number not in account.orders]


def _may_be(account: Account, effect: Effect, view: OrderView) -> bool:
    listed = account.listed.get(view.number or "")
    if listed is not None and listed < effect.at:
        return False
    order = effect.order
    if order and (view.kind not in (None, order.kind) or view.quantity not in (None, order.quantity)):
        return False
    apart = _apart(account, effect, view)
    return apart is None or abs(apart) <= SAME_TIME_S


def _apart(account: Account, effect: Effect, view: OrderView) -> float | None:
    """How many seconds after the call the order was entered, by the target's clock as our other orders show it."""
    seconds = seconds_between(effect.at, view.created_at or "")
    return None if seconds is None else seconds - account.skew_s


def seconds_between(earlier: str, later: str) -> float | None:
    """From one moment to another, both RFC 3339; None where one of them is no such moment."""
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return None
