"""Rulings: how often a finding has to come again before others cannot have made it by chance."""

from __future__ import annotations

import pytest

from kandykit.docket import Docket
from kandykit.hearing.performance import Performance
from kandykit.hearing.rulings import (
    MOST_TURNS,
    Weighing,
    may_come_now_and_then,
    moved_by_reading,
    plays_needed,
    weigh,
)
from kandykit.verdict import Finding, Verdict

L2 = Finding("L2", "A create takes two", "one", "two", (1,), stateful=True)
L13 = Finding("L13", "Reading takes one", "none", "one", (1,), stateful=True)
SHARED = Finding("L2", "A create takes two", "one", "two", (1,), stateful=True, verdict=Verdict.INCONCLUSIVE)


def plays(finding: Finding, number: int) -> list[Performance]:
    return [Performance(findings=[finding], number=play + 1) for play in range(number)]


@pytest.mark.parametrize(
    ("quiet", "busy", "needed"),
    [([False] * 3, False, 3), ([], False, 3), ([False] * 10, True, 4), ([True] * 5 + [False] * 5, True, 14)],
)
def test_the_more_moves_by_itself_the_more_often_a_finding_has_to_come(
    quiet: list[bool], busy: bool, needed: int
) -> None:
    assert plays_needed(L2, quiet, busy=busy) == needed


def test_a_change_with_reads_alone_has_to_come_often() -> None:
    assert plays_needed(L13, [], busy=False) > plays_needed(L2, [], busy=False)


def test_what_comes_three_times_stands_where_nothing_moves() -> None:
    docket = Docket()
    assert weigh(docket, L2, Weighing(plays(L2, 1)[0], plays(L2, 3), quiet=[False] * 3)) is not None
    assert docket.cases[L2.id].finding.verdict is Verdict.FAIL


def test_what_comes_three_times_on_a_busy_account_is_in_doubt() -> None:
    docket = Docket()
    assert weigh(docket, L2, Weighing(plays(L2, 1)[0], plays(L2, 3), quiet=[True, False, True])) is None
    assert docket.foreign
    assert not docket.cases


def test_on_a_shared_account_enough_plays_accuse_and_fewer_say_nothing() -> None:
    docket, quiet = Docket(), [False] * 10
    few = Weighing(plays(SHARED, 1)[0], plays(SHARED, 3), quiet=quiet, busy=True, shared=True)
    assert weigh(docket, SHARED, few) is None
    assert not docket.cases
    assert not docket.doubts
    enough = Weighing(plays(SHARED, 1)[0], plays(SHARED, 4), quiet=quiet, busy=True, shared=True)
    ruled = weigh(docket, SHARED, enough)
    assert ruled is not None
    assert ruled.verdict is Verdict.FAIL


def test_reads_that_move_it_by_this_and_that_on_a_busy_account_are_somebody_elses() -> None:
    docket = Docket()
    assert weigh(docket, L13, Weighing(plays(L13, 1)[0], plays(L13, 8), busy=True, alike=False)) is None
    assert weigh(docket, L13, Weighing(plays(L13, 1)[0], plays(L13, 8), busy=True, alike=True)) is not None


def test_server_errors_that_come_and_go_never_stand() -> None:
    error = Finding("R3", "A malformed order gets a server error", "400", "503", (1,), stateful=True)
    assert not may_come_now_and_then(error)
    assert may_come_now_and_then(L2)
    assert not may_come_now_and_then(L13)


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([], None),
        ([True] * 6, None),
        ([True] * 7, True),
        ([False, True, True, True, True, True, True, True, True], None),
        ([False, *[True] * 9], True),
        ([False, False], None),
        ([False] * 3, False),
        ([True, False] * (MOST_TURNS // 2), False),
    ],
)
def test_numbers_that_move_in_turn_after_turn_of_reading_and_never_at_rest_are_moved_by_it(
    turns: list[bool], told: bool | None
) -> None:
    assert moved_by_reading(turns) is told
