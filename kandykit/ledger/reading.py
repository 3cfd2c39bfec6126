"""What an inventory read tells of the orders before it."""

from __future__ import annotations

from kandykit.exchange import Exchange
from kandykit.ledger.account import Account
from kandykit.ledger.assumptions import Assumptions
from kandykit.ledger.effect import Certainty, Observation


def observe(account: Account, total: int | None, exchange: Exchange, assumed: Assumptions) -> None:
    """An inventory read: what ended before it is settled by it, whether or not it shows ``total``."""
    if account.observed is not None and account.observed.started > exchange.started:
        _note_peak(account, total)
        return
    before = None if account.newer else account.observed
    if total is not None and account.newer and not assumed.shared:
        account.contrary |= _rose_instead(account, total)
    newer = []
    for effect in account.newer:
        if effect.ended + assumed.settle_s > exchange.started:
            newer.append(effect)
        elif effect.certainty is Certainty.DONE:
            account.settled += effect.up - effect.down
        elif effect.certainty is Certainty.NOTHING:
            continue
        elif effect.certainty is Certainty.DOUBTFUL and (
            not effect.late or effect.ended + assumed.late_s <= exchange.started
        ):
            account.doubts.append(effect)
        else:
            newer.append(effect)
    account.newer = newer
    if total is None:
        return
    _note_peak(account, total)
    account.observed = Observation(total, exchange.started, exchange.ended)
    if account.baseline is None:
        account.baseline = int(total - account.settled)
    missing = account.settled - max(total - account.baseline, 0)
    if _seen_twice(account, before, total, assumed):
        # A target that miscounts its orders makes our own sum too high. Where nothing is billed, two reads that
        # agree, with nothing of ours between them or under way, are believed instead; if it comes after all, it
        # counts again.
        account.not_come = missing
    account.not_come = max(0.0, min(account.not_come, missing))


def _rose_instead(account: Account, total: int) -> bool:
    """Whether ``total`` went up where only decrements were new, and beyond all that increments of ours explain.

    Those that are under way, that nobody answered, or that an earlier read did not show yet explain it as well.
    """
    if account.observed is None or account.baseline is None or total <= account.observed.total:
        return False
    under_way = sum(exposure.up for exposure in account.in_flight.values())
    explained = account.baseline + account.settled - account.not_come + account.doubt_up + under_way
    return total > explained and all(effect.down and not effect.up for effect in account.newer)


def _seen_twice(account: Account, before: Observation | None, total: int, assumed: Assumptions) -> bool:
    return (
        assumed.trusting
        and assumed.lag_known
        and not assumed.shared
        and before is not None
        and before.total == total
        and not account.newer
        and not account.in_flight
        and not account.doubts
    )


def _note_peak(account: Account, total: int | None) -> None:
    if total is not None:
        account.peak = total if account.peak is None else max(account.peak, total)
