"""Every edge is where it was, whatever came just before: the last product, one too many, all that is free.

Refusals are tried by themselves before, with a look after each: here one that acts would show as another fault.
"""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, DeleteNobody, Look, LookUp, Send, Step, fewer, more
from kandykit.run import Run

BEGIN: list[Step] = [Look(), more(2), Create("a"), Create("gone"), Delete("gone"), Look()]
"""One product free, one in use, and an identity that was in use once."""


def _refusals(run: Run) -> list[Step]:
    """One of each kind: all are refused, so that nothing may be different after them."""
    refusals: list[Step] = [
        Create("a", again="a"),
        Delete("gone"),
        DeleteNobody(),
        Send("order: quantity is minus one"),
        Send("subscriber: product is unknown"),
        fewer(2, "available"),
        LookUp(),
        Send("method: PUT inventory"),
    ]
    if run.may_go_beyond_the_limit():
        refusals.append(more(1, "room"))
    return [*refusals, Delete("a", account=1)] if len(run.walker.names) > 1 else refusals


@pytest.mark.requirements("L5", "L6", "L4")
def test_nothing_is_left_after_any_refusal_either(run: Run) -> None:
    """Without a free product neither a subscriber nor a decrement gets one."""
    steps: list[Step] = []
    for number, refusal in enumerate(_refusals(run)):
        steps += [refusal, Create("too many", form="server" if number % 2 else "caller"), Look()]
        steps += [refusal, fewer(1), Look()]
    run.examine([*BEGIN, Create("last"), Look(), *steps, Delete("last"), Look(), Create("again"), Look()])


@pytest.mark.requirements("L5", "L6", "L4")
def test_the_last_product_is_there_after_any_refusal(run: Run) -> None:
    """It makes a subscriber, and it can be given back."""
    steps: list[Step] = []
    for number, refusal in enumerate(_refusals(run)):
        steps += [refusal, Create("last", form="server" if number % 2 else "caller"), Look(), Delete("last")]
        steps += [refusal, fewer(1), Look(), more(1)]
    run.examine([*BEGIN, *steps, Look()])


@pytest.mark.requirements("L7", "L3", "L4")
def test_the_limit_is_where_it_was_after_anything(run: Run) -> None:
    """At the limit nothing fits, and one below it one product does."""
    if run.judge.terms.limit is None:
        run.not_tested("L7", "the agreed limit is not known; declare readings.limit to have it tested")
        pytest.skip("the limit is not known")
    deeds: list[Step] = [*_refusals(run), Create("b"), Delete("b")]
    at = [step for deed in deeds for step in (deed, more(1), Look())]
    below = [step for deed in deeds for step in (deed, more(1), Look(), fewer(1))]
    begin: list[Step] = [Look(), more(0, "room"), Create("a"), Create("gone"), Delete("gone"), Look()]
    run.examine([*begin, *at, fewer(1), more(2), Look(), more(1), Look()])
    run.examine([*begin, fewer(1), *below, Look()])


@pytest.mark.requirements("L7", "L11")
def test_the_limit_is_each_accounts_own(run: Run) -> None:
    """What another account has ordered takes none of this one's room."""
    if run.judge.terms.limit is None or len(run.walker.names) < 2:
        pytest.skip("this needs a second account, and a limit that is known")
    run.examine(
        [Look(), Look(account=1), more(1, account=1), Look(account=1), more(0, "room"), Look(), more(1), Look()]
    )
