"""By how much ``total`` may have risen through us at worst, and how much may be given back without touching others'."""

from __future__ import annotations

from math import inf

from kandykit.ledger.account import Account
from kandykit.ledger.assumptions import Assumptions
from kandykit.ledger.effect import Certainty, Effect


def worst_rise(account: Account, assumed: Assumptions) -> float:
    """By how many products ``total`` may stand above the baseline now, through us, at worst."""
    rise = sum(exposure.up for exposure in account.in_flight.values())
    seen = account.observed
    if seen is None or assumed.shared or account.baseline is None:
        rise += account.settled + account.doubt_up + sum(effect.worst.up for effect in account.newer)
        if assumed.trusting:
            rise -= sum(effect.down for effect in account.newer if effect.certainty is Certainty.DONE)
        return rise
    yet_to_come = 0.0
    for effect in account.newer:
        if _read_since(effect, seen.started, assumed):
            yet_to_come += _covered(effect.worst.up)
        else:
            rise += effect.worst.up
            believed = assumed.trusting and not account.contrary and effect.certainty is Certainty.DONE
            if believed and effect.started >= seen.ended:
                rise -= effect.down
    settled = account.settled - account.not_come
    unexplained = seen.total - account.baseline - settled
    # At worst what is seen was done by something else, and the order is still to come.
    already_seen = max(0.0, unexplained - account.doubt_up) if assumed.trusting else 0.0
    own = settled + _own_part(account, unexplained)
    return rise + max(seen.total - account.baseline, own) + max(0.0, yet_to_come - already_seen)


def unread(account: Account, assumed: Assumptions) -> bool:
    """Whether calls of ours count at their worst only because no inventory read began after them."""
    seen = account.observed
    return any(seen is None or not _read_since(effect, seen.started, assumed) for effect in account.newer)


def removable(account: Account, assumed: Assumptions) -> int:
    """How many products may be given back so that, whatever happened, only our own increments are undone."""
    left = -sum(exposure.down for exposure in account.in_flight.values())
    seen = account.observed
    if seen is None or assumed.shared or account.baseline is None:
        done_up = sum(effect.up for effect in account.newer if effect.certainty is Certainty.DONE)
        left += account.settled - account.doubt_down + done_up - sum(e.worst.down for e in account.newer)
        return int(max(0.0, left))
    yet_to_come = 0.0
    for effect in account.newer:
        if _read_since(effect, seen.started, assumed):
            yet_to_come += _covered(effect.worst.down)
        else:
            left -= effect.worst.down
            if effect.certainty is Certainty.DONE and effect.started >= seen.ended:
                left += effect.up
    unexplained = seen.total - account.baseline - account.settled
    already_seen = max(0.0, -unexplained - account.doubt_down)
    own = account.settled + _own_part(account, unexplained)
    left += min(seen.total - account.baseline, own) - max(0.0, yet_to_come - already_seen)
    return int(max(0.0, left))


def owed(account: Account, assumed: Assumptions) -> int:
    """How many products decrements of ours took away beyond our increments, as the inventory shows it."""
    seen = account.observed
    if seen is None or assumed.shared or account.baseline is None or account.newer or account.in_flight:
        return 0
    own = account.settled + _own_part(account, seen.total - account.baseline - account.settled)
    return int(max(0.0, min(account.baseline - seen.total, -own)))


def _read_since(effect: Effect, started: float, assumed: Assumptions) -> bool:
    """Whether a read that began then shows what an order has done so far that may yet do more."""
    return effect.certainty is not Certainty.DONE and effect.ended + assumed.settle_s <= started


def _covered(amount: float) -> float:
    """What a pending order may yet do, as far as a budget can cover it: whoever let it out agreed to the rest."""
    return 0.0 if amount == inf else amount


def _own_part(account: Account, unexplained: float) -> float:
    """How much of a difference the doubtful and open orders can explain; the rest is not ours."""
    up, down = account.doubt_up, account.doubt_down
    for effect in account.newer:
        if effect.certainty is not Certainty.DONE:
            up += effect.up
            down += effect.down
    return min(max(unexplained, -down), up)
