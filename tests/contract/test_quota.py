"""The quota suite: it reaches a small quota once, judges what is beyond it, and leaves every other quota alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kandykit.errors import TargetDown
from kandykit.journal import read_journal
from kandykit.run import Run
from suites.quota import test_limit as suite
from tests.contract.target import failed, run_against

SMALL: dict[str, Any] = {"quota": 120, "quota_seconds": 1.5}


def reach(run: Run) -> None:
    suite.test_what_is_beyond_the_quota_is_turned_away_and_served_again(run)


def test_a_small_quota_is_reached_and_service_comes_back(tmp_path: Path) -> None:
    with run_against(tmp_path, **SMALL) as run:
        reach(run)
    assert not run.docket.cases
    for requirement in ("H17", "H18", "K1", "L4"):
        assert run.judge.checked[requirement], requirement
    exchanges = read_journal(run.folder / "journal.jsonl").exchanges
    beyond = [exchange for exchange in exchanges if exchange.intent.probe == "beyond the quota"]
    assert [exchange.request.method for exchange in beyond] == ["POST", "POST", "DELETE"]
    assert {exchange.answer.status for exchange in beyond if exchange.answer} == {429}
    after = [exchange.answer.status for exchange in exchanges if exchange.seq > beyond[-1].seq and exchange.answer]
    assert 201 in after
    assert run.residue == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "at most 300"),
        ({"quota": 200, "quota_seconds": 60.0}, "this depth waits 15 s"),
    ],
    ids=["a large quota", "a long window"],
)
def test_other_quotas_are_left_alone_and_it_says_why(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    with run_against(tmp_path, **settings) as run, pytest.raises(pytest.skip.Exception, match=says):
        reach(run)
    assert says in run.hearing.reasons["H17"]
    assert says in run.hearing.reasons["H18"]
    assert "429" not in {status for counts in run.hearing.by_status.values() for status in counts}


def test_a_run_that_only_reads_leaves_it_alone(tmp_path: Path) -> None:
    with run_against(tmp_path, **SMALL) as run:
        run.options.read_only = True
        with pytest.raises(pytest.skip.Exception, match="only reads"):
            reach(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("quota-serves-one-too-many", "K1"),
        ("quota-counted-and-never-enforced", "K1"),
        ("over-quota-refused-but-done", "L4"),
        ("over-quota-deletes", "L10"),
        ("retry-after-in-words", "H17"),
        ("retry-after-below-zero", "H17"),
    ],
)
def test_a_quota_that_is_not_kept_is_found(tmp_path: Path, fault: str, requirement: str) -> None:
    with run_against(tmp_path, (fault,)) as run:
        reach(run)
    assert requirement in failed(run)


@pytest.mark.slow
def test_an_account_that_is_never_served_again_ends_the_run_and_is_found(tmp_path: Path) -> None:
    locked = run_against(tmp_path, ("account-beyond-its-quota-is-locked-out",))
    with locked as run, pytest.raises(TargetDown, match="turned away with 429"):
        reach(run)
    assert "K1" in failed(run)
