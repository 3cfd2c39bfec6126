"""The racer: it accuses nobody who is right, finds who is not, and wants to see it twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kandykit.explore.races.aimed import AIMED
from kandykit.explore.races.race import Race
from kandykit.explore.races.racer import PLAYS_AGAIN
from kandykit.explore.steps import Create, Look
from kandykit.hearing.races import LEAST_OVERLAPS
from kandykit.judgement import Case
from kandykit.linearize import Ok, Unknown, Violation, judge_history
from kandykit.run import Run
from kandykit.terms import Terms
from kandykit.verdict import Verdict
from tests.concurrency.conftest import Racing

BY_NAME = {race.name: race for race in AIMED}
LAST_PRODUCT = BY_NAME["many creates for the last product"]
DOUBLE_DELETE = BY_NAME["several deletes of one subscriber"]


def races_of(run: Run) -> list[Case]:
    return [case for case in run.docket.cases.values() if case.finding.requirement == "L12"]


def stock(run: Run) -> tuple[int | None, int | None]:
    run.walker.perform([Look()])
    view = run.judge.account("account-1").last_view
    assert view is not None
    return view.total, view.used


@pytest.mark.parametrize(
    ("legals", "settings"),
    [
        ((), {}),
        ((), {"limit": 20}),
        (("unavailable-after-acting",), {}),
        (("connection-cut-after-acting",), {}),
        ((), {"fulfil_after": 0.02}),
        ((), {"initial_total": 9, "initial_subscribers": 4}),
    ],
)
def test_a_correct_server_is_never_accused(racing: Racing, legals: tuple[str, ...], settings: dict[str, Any]) -> None:
    run = racing(legals=legals, **settings)
    before = stock(run)
    run.racer.find_out()
    for race in AIMED:
        run.race(race)
    run.weigh_races()
    assert not run.docket.cases
    assert run.racer.races.overlapping >= LEAST_OVERLAPS
    assert not run.hearing.undecided
    assert run.judge.checked["L12"] >= 10
    assert stock(run) == before


def test_a_race_is_found_named_and_shown_by_the_fewest_calls(racing: Racing) -> None:
    run = racing(("last-product-sold-twice",))
    run.race(LAST_PRODUCT)
    (case,) = races_of(run)
    finding = case.finding
    assert finding.verdict is Verdict.FAIL
    assert "L5" in finding.also
    assert "met again" in finding.actual
    named = [call for call in case.calls if call.seq in finding.evidence]
    assert [call.request.method for call in named] == ["POST", "POST"]
    assert finding.evidence[-1] in {call.seq for call in named}
    assert [call.request.method for call in case.calls] == ["GET", "POST", "POST", "GET"]
    assert case.programme[-1]["step"] == "Burst"


def test_a_target_that_repeats_deletes_by_404_may_not_accept_two_at_once(racing: Racing) -> None:
    run = racing(("two-deletes-free-twice",))
    run.racer.find_out()
    run.race(DOUBLE_DELETE)
    assert "L10" in {law for case in races_of(run) for law in case.finding.requirements}


@pytest.mark.parametrize(("if_reads_are_late", "verdict"), [("wrong", Verdict.FAIL), ("right", Verdict.INCONCLUSIVE)])
def test_what_does_not_come_again_is_inconclusive_until_another_race_shows_it(
    racing: Racing, if_reads_are_late: str, verdict: Verdict
) -> None:
    run = racing()
    wrong = True

    def now_and_then(events: Any, terms: Terms, **more: Any) -> Ok | Violation | Unknown:
        nonlocal wrong
        if wrong:
            wrong, event = terms.settle_s == 0 and if_reads_are_late == "wrong", events[0]
            return Violation(("L5", "L12"), "It happened once", "it not", "it", (event.seq,), event.seq)
        return judge_history(events, terms, **more)

    run.hearing.races.ask = now_and_then  # type: ignore[assignment]
    run.race(LAST_PRODUCT)
    (case,) = run.docket.cases.values()
    assert case.finding.verdict is Verdict.INCONCLUSIVE
    assert f"in {PLAYS_AGAIN} plays" in case.finding.actual
    wrong = True
    run.race(DOUBLE_DELETE)
    (case,) = run.docket.cases.values()
    assert case.finding.verdict is verdict
    assert ("in another race" in case.finding.actual) == (verdict is Verdict.FAIL)


@pytest.mark.parametrize(("if_reads_are_late", "verdict"), [("wrong", Verdict.FAIL), ("right", Verdict.INCONCLUSIVE)])
def test_what_late_reads_would_explain_is_in_doubt_where_such_are_met_later(
    racing: Racing, if_reads_are_late: str, verdict: Verdict
) -> None:
    run = racing()

    def each_time(events: Any, terms: Terms, **more: Any) -> Ok | Violation | Unknown:
        if terms.settle_s and if_reads_are_late == "right":
            return judge_history(events, replace(terms, settle_s=0), **more)
        return Violation(("L2", "L12"), "It happened", "it not", "it", (events[0].seq,), events[0].seq)

    run.hearing.races.ask = each_time  # type: ignore[assignment]
    run.race(LAST_PRODUCT)
    (case,) = run.docket.cases.values()
    assert case.finding.verdict is Verdict.FAIL
    run.docket.foreign.append("a late read")
    run.hearing.finish()
    assert case.finding.verdict is verdict


def test_a_defect_that_needs_no_overlap_is_told_as_what_it_is(racing: Racing) -> None:
    run = racing(("oversell-by-one",))
    run.race(LAST_PRODUCT)
    assert not races_of(run)
    assert "L5" in {case.finding.requirement for case in run.docket.cases.values()}


def test_too_little_overlap_decides_nothing(racing: Racing) -> None:
    run = racing()
    run.race(Race("two", [], ((Look(), Look()),)))
    run.weigh_races()
    assert "1 pairs" in run.hearing.undecided["L12"]


def test_a_search_without_an_end_decides_nothing(racing: Racing) -> None:
    run = racing()
    run.hearing.races.ask = lambda *_, **__: Unknown("the deadline passed")  # type: ignore[assignment]
    for _ in range(3):
        run.race(LAST_PRODUCT)
    run.weigh_races()
    assert "the deadline passed" in run.hearing.undecided["L12"]
    assert not run.docket.cases


def test_a_budget_that_is_too_small_is_the_reason_that_is_given(racing: Racing) -> None:
    run = racing(more="\n[budget]\npeak_products = 2\n")
    crowd = replace(LAST_PRODUCT, before=[*BY_NAME["equal orders"].before], bursts=BY_NAME["equal orders"].bursts)
    run.race(crowd)
    run.weigh_races()
    assert "budget" in run.hearing.reasons["L12"]


def test_identities_are_chosen_only_where_the_caller_may(racing: Racing) -> None:
    run = racing()
    run.walker.caller_chooses = False
    run.race(BY_NAME["one identity for several creates"])
    assert not run.racer.races.bursts
    run.race(Race("creates", BY_NAME["equal orders"].before, ((Create("a", "caller"), Create("b"), Look()),)))
    assert run.racer.races.bursts == 1
    assert not run.docket.cases
