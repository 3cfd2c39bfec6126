"""Real runs through the gate: what was switched off, what stopped being checked, what expired, what was announced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.conftest import Outcome

pytestmark = pytest.mark.slow

WAIVER = '[[waiver]]\nrequirement = "R4"\nowner = "jo"\nreason = "the next release"\nticket = "K-1"\nexpires = {}\n'


def test_each_loss_is_told_and_fails_the_gate(
    tmp_path: Path, kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    """Three runs: all is well, a suite is off, and a sunset is announced by a server that is as correct as before."""
    profile = mock_profile()

    def night(name: str, *arguments: str) -> Path:
        done = kandykit("run", "--depth", "quick", "--suite", "workflow", *arguments)
        assert done.status == 0, done.out + done.err
        return Path(shutil.copy(done.folder / "latest" / "statement.json", tmp_path / f"{name}.json"))

    def gate(now: Path, *arguments: str) -> Outcome:
        return kandykit("gate", "--baseline", str(base), str(now), *arguments)

    base = night("base", "--suite", "security", "--profile", str(profile))
    again = night("again", "--suite", "security", "--profile", str(profile))
    assert gate(again).status == 0, gate(again).out

    switched_off = gate(night("off", "--profile", str(profile)))
    assert switched_off.status == 6
    assert "The suite security was not run." in switched_off.out
    assert "was not put to the test; it was" in switched_off.out

    sunset = mock_profile("--legal", "sunset-on-a-date")
    announced = gate(night("sunset", "--suite", "security", "--profile", str(sunset)))
    assert announced.status == 1
    assert "sunset was n/a, is " in announced.out
    assert "New failures:" not in announced.out.replace("New failures: embedded mock", "")

    for expires, state in (("2020-01-01", "has expired"), ("2999-01-01", "waives a failure that is gone")):
        (tmp_path / "waivers.toml").write_text(WAIVER.format(expires), encoding="utf-8")
        waived = gate(again, "--waivers", str(tmp_path / "waivers.toml"))
        assert waived.status == 7
        assert f"R4 {state}" in waived.out

    statement = json.loads(again.read_text(encoding="utf-8"))
    row = next(row for row in statement["requirements"] if row["checked"] > 0)
    row |= {"checked": 0, "verdict": "skipped"}
    again.write_text(json.dumps(statement), encoding="utf-8")
    unchecked = gate(again)
    assert unchecked.status == 6
    assert f"{row['id']} was not put to the test" in unchecked.out
