"""What several plays of the same calls prove together."""

from __future__ import annotations

import pytest

from kandykit.docket import Docket
from kandykit.exchange import Exchange, Intent, Request
from kandykit.hearing import Performance
from kandykit.hearing.rulings import Weighing, weigh
from kandykit.model.lateness import LATE_READ
from kandykit.verdict import Finding, Verdict


def plays(finding: Finding, *shown: bool) -> list[Performance]:
    return [Performance(findings=[finding] if shows else []) for shows in shown]


@pytest.mark.parametrize(("requirement", "stands"), [("L2", True), ("R3", False), ("R7", False), ("L13", False)])
def test_what_comes_now_and_then_stands_for_what_is_counted_and_not_for_lost_answers(
    requirement: str, stands: bool
) -> None:
    finding = Finding(requirement, "something is wrong", "right", "wrong", (), stateful=True)
    played = plays(finding, True, False, False, True, False, False, True)
    docket = Docket()
    ruled = weigh(docket, finding, Weighing(played[0], played, rested=True))
    assert (ruled is not None) == stands
    assert bool(docket.cases) == stands


def test_what_shows_each_time_stands_whatever_it_is() -> None:
    finding = Finding("R3", "malformed input gets a server error", "400", "500", (), stateful=True)
    played = plays(finding, True, True, True)
    assert weigh(Docket(), finding, Weighing(played[0], played)) is not None


def test_where_well_formed_calls_get_server_errors_as_well_malformed_input_has_to_get_one_more_often() -> None:
    finding = Finding("R3", "malformed input gets a server error", "400", "500", (), stateful=True)
    for trouble, needed in ((0.0, 3), (0.01, 3), (0.05, 4), (0.3, 8), (1.0, 14)):
        for times in (needed - 1, needed):
            played = plays(finding, *[True] * times)
            played[0].trouble = trouble
            assert (weigh(Docket(), finding, Weighing(played[0], played)) is not None) == (times == needed)


def test_what_made_a_finding_the_first_time_is_kept_when_it_is_met_again() -> None:
    first = Finding("L3", "numbers that cannot be", "right", "wrong", (1, 2), also=("L10",))
    calls = [Exchange(seq, Intent(), Request("GET", "http://t/x", ()), None, 0.0, 0.0) for seq in (1, 2, 3)]
    docket = Docket()
    docket.file(first, calls[:2])
    docket.file(Finding("L3", "numbers that cannot be", "right", "wrong", (3,)), calls[2:])
    case = docket.cases[first.id]
    assert case.finding.requirements == ("L3", "L10")
    assert len(case.calls) == 1


def test_calls_that_could_not_be_made_again_are_not_told_as_made() -> None:
    finding = Finding("L1", "something is wrong", "right", "wrong", (), stateful=True)
    for held_back, told in ((["no product fits the budget"], "no product fits the budget"), ([], "made three times")):
        tried = [Performance(held_back=list(held_back)) for _ in range(3)]
        docket = Docket()
        assert weigh(docket, finding, Weighing(plays(finding, True)[0], tried=tried)) is None
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
    first, elsewhere = plays(finding, True, True)
    for busy in (False, True):
        weighing = Weighing(first, elsewhere=elsewhere, same_way=True, busy=busy)
        assert (weigh(Docket(), finding, weighing) is None) == busy


def test_what_came_up_while_the_second_account_was_put_back_counts_where_all_was_played_there() -> None:
    finding = Finding("L1", "something is wrong", "right", "wrong", (), stateful=True)
    first, elsewhere = plays(finding, True, True)
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
    ],
)
def test_what_a_second_account_shows_stands_where_no_late_read_can_be_it(
    requirement: str, late: bool, sure: bool, stands: bool
) -> None:
    finding = Finding(requirement, "something is wrong", "right", "wrong", (), stateful=True)
    docket = Docket()
    if late:
        docket.file(Finding(requirement, LATE_READ, "at once", "late", (), verdict=Verdict.INCONCLUSIVE), [])
    first, elsewhere = plays(finding, True, True)
    assert (weigh(docket, finding, Weighing(first, elsewhere=elsewhere, sure=sure)) is not None) == stands


def test_a_case_names_each_probe_and_test_that_met_it_once_in_order() -> None:
    finding = Finding("R3", "malformed input is accepted", "400", "201", (1,))
    docket = Docket()
    for number, (test, probe) in enumerate([("t::one", ""), ("t::two", "order: zero"), ("t::one", "")], start=1):
        intent = Intent("security", test, probe=probe)
        docket.file(finding, [Exchange(number, intent, Request("GET", "http://127.0.0.1/", (), None), None, 0.0, 1.0)])
    docket.count(finding, [])
    case = docket.cases[finding.id]
    assert case.seen == 4
    assert case.met_in == ["t::one", "order: zero"]
