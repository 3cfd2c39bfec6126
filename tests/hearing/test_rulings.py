"""Rulings: what several plays of the same calls prove together, and how often a finding has to come again before
others cannot have made it by chance."""

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
from kandykit.model.lateness import LATE_READ
from kandykit.verdict import Finding, Verdict

L2 = Finding("L2", "A create takes two", "one", "two", (1,), stateful=True)
L13 = Finding("L13", "Reading takes one", "none", "one", (1,), stateful=True)
SHARED = Finding("L2", "A create takes two", "one", "two", (1,), stateful=True, verdict=Verdict.INCONCLUSIVE)


def plays(finding: Finding, number: int) -> list[Performance]:
    return [Performance(findings=[finding], number=play + 1) for play in range(number)]


def shown(finding: Finding, *each: bool) -> list[Performance]:
    return [Performance(findings=[finding] if shows else []) for shows in each]


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


@pytest.mark.parametrize(("requirement", "stands"), [("L2", True), ("R3", False), ("R7", False), ("L13", False)])
def test_what_comes_now_and_then_stands_for_what_is_counted_and_not_for_lost_answers(
    requirement: str, stands: bool
) -> None:
    finding = Finding(requirement, "something is wrong", "right", "wrong", (), stateful=True)
    played = shown(finding, True, False, False, True, False, False, True)
    docket = Docket()
    ruled = weigh(docket, finding, Weighing(played[0], played, rested=True))
    assert (ruled is not None) == stands
    assert bool(docket.cases) == stands


def test_what_shows_each_time_stands_whatever_it_is() -> None:
    finding = Finding("R3", "malformed input gets a server error", "400", "500", (), stateful=True)
    played = shown(finding, True, True, True)
    assert weigh(Docket(), finding, Weighing(played[0], played)) is not None


@pytest.mark.parametrize("requirement", ["R3", "H1"])
def test_where_well_formed_calls_get_server_errors_as_well_others_have_to_get_one_more_often(requirement: str) -> None:
    finding = Finding(requirement, "malformed input gets a server error", "400", "500", (), stateful=True)
    for trouble, needed in ((0.0, 3), (0.01, 3), (0.05, 4), (0.3, 8), (1.0, 14)):
        for times in (needed - 1, needed):
            played = shown(finding, *[True] * times)
            played[0].trouble = trouble
            assert (weigh(Docket(), finding, Weighing(played[0], played)) is not None) == (times == needed)


def test_calls_that_could_not_be_made_again_are_not_told_as_made() -> None:
    finding = Finding("L1", "something is wrong", "right", "wrong", (), stateful=True)
    for held_back, told in ((["no product fits the budget"], "no product fits the budget"), ([], "made three times")):
        tried = [Performance(held_back=list(held_back)) for _ in range(3)]
        docket = Docket()
        assert weigh(docket, finding, Weighing(shown(finding, True)[0], tried=tried)) is None
        docket.decide_doubts(quiet_enough=True)
        assert told in docket.cases[finding.id].finding.actual


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, True),
        ({"rested": False}, False),
        ({"kept": 0}, False),
        ({"busy": True}, False),
        ({"early": True}, False),
        ({"doubted": True}, False),
    ],
)
def test_what_came_again_and_again_while_an_account_could_not_be_put_back_stands_if_nobody_was_ever_seen(
    change: dict[str, bool], stands: bool
) -> None:
    finding = Finding("L10", "a delete returns nothing", "used 22", "used 23", (), stateful=True)
    first = Performance(findings=[finding], number=2 if change.get("early") else 40)
    first.again[finding.id] = 4
    docket = Docket()
    if change.get("doubted"):
        docket.doubt(Finding("L1", "something else", "right", "wrong", (), stateful=True), [])
    told = {"rested": True, "kept": 23} | {name: value for name, value in change.items() if name in ("rested", "kept")}
    weighing = Weighing(first, tried=[Performance()] * 3, busy=change.get("busy", False), **told)
    ruled = weigh(docket, finding, weighing)
    assert (ruled is not None) == stands
    assert ruled is None or "4 times more" in ruled.actual


def test_what_both_accounts_showed_after_the_same_calls_stands_unless_others_act() -> None:
    finding = Finding("L1", "something is wrong", "right", "wrong", (), stateful=True)
    first, elsewhere = shown(finding, True, True)
    for busy in (False, True):
        weighing = Weighing(first, elsewhere=elsewhere, same_way=True, busy=busy)
        assert (weigh(Docket(), finding, weighing) is None) == busy


def test_what_came_up_while_the_second_account_was_put_back_counts_where_all_was_played_there() -> None:
    finding = Finding("L1", "something is wrong", "right", "wrong", (), stateful=True)
    first, elsewhere = shown(finding, True, True)
    elsewhere.aftermath = True
    for same_way in (False, True):
        weighing = Weighing(first, elsewhere=elsewhere, same_way=same_way)
        assert (weigh(Docket(), finding, weighing) is not None) == same_way


@pytest.mark.parametrize(
    ("requirement", "late", "sure", "stands"),
    [
        ("L2", False, False, True),
        ("L2", True, False, False),
        ("L2", True, True, True),
        ("L13", False, False, False),
        ("L13", False, True, True),
        ("R3", False, True, False),
        ("H1", False, True, False),
    ],
)
def test_what_a_second_account_shows_stands_where_no_late_read_can_be_it(
    requirement: str, late: bool, sure: bool, stands: bool
) -> None:
    finding = Finding(requirement, "something is wrong", "right", "wrong", (), stateful=True)
    docket = Docket()
    if late:
        docket.file(Finding(requirement, LATE_READ, "at once", "late", (), verdict=Verdict.INCONCLUSIVE), [])
    first, elsewhere = shown(finding, True, True)
    assert (weigh(docket, finding, Weighing(first, elsewhere=elsewhere, sure=sure)) is not None) == stands
