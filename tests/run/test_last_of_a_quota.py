"""A quota that ends the run is used up at the end of it: what was left of it shows whether it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kandykit.journal import read_journal
from tests.run.conftest import Outcome

pytestmark = pytest.mark.slow

SMALL = ("--quota", "50", "--quota-seconds", "86400")


def test_a_small_quota_that_nobody_enforces_is_found(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    profile = mock_profile(*SMALL, "--fault", "quota-counted-and-never-enforced")
    done = kandykit("run", "--depth", "quick", "--profile", str(profile))
    assert done.status == 1, done.out + done.err
    assert done.named() == {"K1"}


def test_a_small_quota_that_is_kept_leaves_the_run_open_and_the_account_as_it_was(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    done = kandykit("run", "--depth", "quick", "--profile", str(mock_profile(*SMALL)))
    assert done.status == 3, done.out + done.err
    assert done.statement["residue"] == []
    assert not done.named("fail", "warn")
    calls = [call for call in read_journal(done.folder / "latest" / "journal.jsonl").exchanges if call.answer]
    assert [call.answer.status for call in calls if call.intent.suite == "quota" and call.answer][-2:] == [200, 429]
