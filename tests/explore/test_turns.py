"""When the time of a run is over, what was never put to the test still has a turn, and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from kandykit.binding import Binding
from kandykit.client import Client
from kandykit.depth import DEPTHS
from kandykit.exchange import Answer, Exchange, Intent, Request
from kandykit.hearing import Hearing
from kandykit.ledger import Ledger
from kandykit.patience import calls_left
from kandykit.profile import profile_from_options
from kandykit.run import GRACE, Options, Run
from kandykit.terms import Terms
from kandykit.verdict import Finding, Verdict

BASE = "http://127.0.0.1/base"
TOKEN = "http://127.0.0.1/token"


def run_after(share: float, monkeypatch: pytest.MonkeyPatch, *, time_budget_s: float | None = None) -> Run:
    """A run that has spent so much of its time; the first law was put to the test, and L12 as well."""
    monkeypatch.setenv("SOME_SECRET", "not-a-real-one")
    depth = replace(DEPTHS["quick"], longest_s=1_000_000.0)
    run = Run(
        profile_from_options(BASE, TOKEN, "someone", "SOME_SECRET"),
        Options(depth=depth, time_budget_s=time_budget_s),
    )
    run.hearing = Hearing(Terms(BASE, TOKEN), Binding(BASE, TOKEN), ["account-1"])
    run.hearing.judge.checked["L1"] = 1
    run.hearing.races.overlapping = 1000
    run._began -= share * depth.longest_s
    return run


@pytest.mark.parametrize(
    ("share", "requirements", "has_a_turn"),
    [
        (0.5, ["L1"], True),
        (1.1, ["L1"], False),
        (1.1, ["L1", "L2"], True),
        (1.1, ["C3", "T8"], False),  # no verdict rests on them
        (1.1, ["L7"], False),  # nobody knows a limit that could be tried
        (1.1, ["L12"], False),
    ],
)
def test_only_what_was_never_tested_has_a_turn_when_the_time_is_over(
    share: float, requirements: list[str], has_a_turn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_after(share, monkeypatch)
    assert run.has_a_turn(requirements) is has_a_turn
    assert run.hearing.missed == (set() if has_a_turn else set(requirements))


def test_races_have_a_turn_until_enough_calls_have_overlapped(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_after(1.1, monkeypatch)
    run.hearing.races.overlapping = 3
    assert run.has_a_turn(["L12"])


def test_what_cannot_be_tested_has_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_after(1.1, monkeypatch)
    run.not_tested("L11", "one account only")
    assert not run.has_a_turn(["L11"])


def test_a_time_that_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not run_after(0.5, monkeypatch, time_budget_s=60.0).has_a_turn(["L2"])


def test_a_suite_that_has_used_up_its_share_leaves_the_others_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_after(0.5, monkeypatch)
    run.walker = SimpleNamespace(calling=SimpleNamespace())  # type: ignore[assignment]
    run.journal = SimpleNamespace(mark=lambda *_, **__: None)  # type: ignore[assignment]
    suites = ("workflow", "security", "stateful")
    for suite in suites:
        run.entered(suite, "a test", suites)
        assert run.has_a_turn(["L2"])
        spend_until(run, run._suite_ends_s + 1.0)
        assert not run.has_a_turn(["L1"])
        assert run.has_a_turn(["L2"])
        assert run._grace_ends_s <= GRACE * run.depth.longest_s
        spend_until(run, run._grace_ends_s + 1.0)
        assert not run.has_a_turn(["L2"])


def spend_until(run: Run, spent_s: float) -> None:
    run._began = time.monotonic() - spent_s


@pytest.mark.parametrize(
    ("met", "enough"),
    [
        ([("R2", Verdict.FAIL)], True),
        ([("R2", Verdict.FAIL), ("L12", Verdict.INCONCLUSIVE)], False),
        ([("L10", Verdict.FAIL), ("L12", Verdict.INCONCLUSIVE)], True),
        ([("H20", Verdict.WARN)], False),
    ],
)
def test_the_shadow_of_a_law_in_doubt_is_not_all_that_was_asked_for(
    met: list[tuple[str, Verdict]], enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_after(0.5, monkeypatch)
    run.options.until_fail = True
    run.docket = run.hearing.docket
    for number, (requirement, verdict) in enumerate(met):
        run.docket.file(Finding(requirement, f"title {number}", "this", "that", (1,), verdict=verdict), [])
    run.content()
    assert run.enough is enough


def quota(limit: str, used: str, seq: int = 1) -> Exchange:
    """An answer that tells of a quota by the day."""
    headers = (("quota-limit", limit), ("quota-used", used), ("quota-interval", "1"), ("quota-time-unit", "day"))
    request = Request("GET", BASE + "/inventory", (), "")
    return Exchange(seq, Intent(account="account-1"), request, Answer(200, headers, "{}", 2), 0.0, 0.1, "")


@pytest.mark.parametrize(
    ("numbers", "spared"),
    [
        ([("100", "10"), ("100", "95")], True),
        ([("100", "10"), ("100", "50")], False),
        ([("5", "1"), ("5", "1")], False),  # numbers that never change
        ([("100", "10"), ("100", "120")], False),  # nobody holds it against us
        ([("9" * 5000, "1"), ("soon", "1")], False),
    ],
)
def test_the_last_calls_of_a_quota_are_spared(
    numbers: list[tuple[str, str]], spared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_after(0.1, monkeypatch)
    run.client = Client.__new__(Client)
    run.client._wall = time.time
    run.ledger = Ledger()
    for exchange in (quota(*pair) for pair in numbers):
        assert exchange.answer is not None
        left = calls_left(exchange.answer)
        if left is not None:
            run._spare_the_last(exchange, left)
    assert bool(run._last_calls) is spared
