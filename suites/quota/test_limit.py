"""The call quota, really used up once: what is beyond it is turned away, changes nothing, and is served again later.

Using up a quota locks everybody out who shares it, so this happens on this machine only, and only where the quota is
so small that it ends soon.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from kandykit.calls import OrderKind
from kandykit.exchange import Exchange
from kandykit.explore.explorer import Effort
from kandykit.explore.generate.request import FRESH, raw_of, subscriber
from kandykit.explore.steps import Create, Delete, ListOrders, Look, Programme, Step, UseUp, fewer, more
from kandykit.run import Run

MOST_CALLS = 300
"""A larger quota is not used up: that would take longer than it tells."""

LONGEST_S = {"quick": 15.0}
PATIENT_S = 65.0
"""The longest wait, in seconds, for a window to end: just over a minute, at quick a quarter of that."""

PRELUDE = 12
"""So many calls must be left to begin with: what is needed before the limit is met."""


@pytest.mark.requirements("K1", "H17", "H18", "L4")
def test_what_is_beyond_the_quota_is_turned_away_and_served_again(run: Run) -> None:
    """429, headers that say so, nothing changed, and service again in the next window."""
    why, limit = _may_be_used_up(run)
    if why:
        for requirement in ("H17", "H18"):
            run.not_tested(requirement, why)
        pytest.skip(why)
    effort = run.explorer.effort
    # Each play waits for a window of its own, so there is no time for cutting down.
    run.explorer.effort = Effort(shrink_plays=0)
    try:
        for _ in range(2):
            programme = _programme(run, limit)
            performance = run.walker.perform(programme)
            run.explorer.deal_with(programme, performance)
            if _turned_away(performance.exchanges):
                _judge_return(run, performance.exchanges)
                return
    finally:
        run.explorer.effort = effort
    why = f"after {limit} calls within one quota period none was turned away"
    for requirement in ("H17", "H18"):
        run.not_tested(requirement, why)


def _may_be_used_up(run: Run) -> tuple[str, int]:
    """Why the quota must not be used up, or "", and its limit."""
    if not run.profile.is_loopback or run.options.as_live:
        return "a quota is used up only on this machine: it would lock out all who share it", 0
    if run.options.read_only:
        return "this run only reads, and what is beyond a quota has to be tried with writes", 0
    longest_s = LONGEST_S.get(run.depth.name, PATIENT_S)
    for _ in range(2):
        performance = run.walker.perform([Look()], keep=True)
        answer = performance.exchanges[-1].answer
        limit, used = ((answer.header(name) or "" if answer else "").strip() for name in ("quota-limit", "quota-used"))
        if not (limit.isdigit() and used.isdigit()):
            return "the answers do not say in numbers how large the quota is", 0
        window_s = run.client.pause_after(performance.exchanges[-1])
        rest = int(limit) - int(used)
        if rest > MOST_CALLS or int(limit) > 2 * MOST_CALLS:
            return f"the quota has {rest} calls left, and at most {MOST_CALLS} are spent on reaching it", 0
        if window_s > longest_s:
            return f"the quota period ends in {window_s:.0f} s, and this depth waits {longest_s:.0f} s", 0
        if rest >= PRELUDE:
            return "", int(limit)
        # Nearly used up already: the next window has room for all.
        time.sleep(window_s + 0.1)
    return f"a quota of {limit} calls leaves no room to try anything", 0


def _programme(run: Run, limit: int) -> Programme:
    """Reads until the limit is met, then one write of each kind beyond it; the look behind them waits for service."""
    binding = run.binding
    base = binding.base_url
    writes = [
        raw_of(request, base, probe="beyond the quota")
        for request in (
            binding.place_order(OrderKind.INCREMENT, 1),
            binding.create_subscriber(FRESH),
            binding.delete_subscriber(subscriber("kept")),
        )
    ]
    # The list is read at the end only: an order that was entered all the same would end the next play before its time.
    before: list[Step] = [Look(), more(2), Create("kept"), Look()]
    after: list[Step] = [Look(), ListOrders(), more(1), Look(), Delete("kept"), Look(), fewer(1), Look()]
    return [*before, UseUp(limit), *writes, *after]


def _turned_away(exchanges: Sequence[Exchange]) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.answer is not None and exchange.answer.status == 429]


def _judge_return(run: Run, exchanges: Sequence[Exchange]) -> None:
    """After the time that the target has asked for, it serves again the account that it turned away."""
    last = _turned_away(exchanges)[-1]
    account = last.intent.account
    its_own = (exchange for exchange in exchanges if exchange.intent.account == account)
    later = [exchange for exchange in its_own if exchange.seq > last.seq and exchange.answered]
    again: list[Exchange] = []
    if not any(exchange.answer is not None and exchange.answer.status < 300 for exchange in later):
        time.sleep(1.0 + run.client.pause_after(last))
        again = run.walker.perform([Look(account=run.walker.names.index(account))], keep=True).exchanges
    run.hearing.note(
        "served again",
        turned_away=[last.seq],
        later=[exchange.seq for exchange in later],
        again=[exchange.seq for exchange in again],
    )
