"""The nightly script's own decisions, with a stand-in for the kit that ends as it is told to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

STAND_IN = """#!/bin/sh
echo "$@" >>"$LOG"
case "$1" in
run)
  if [ "$RUN" != 2 ]; then mkdir -p reports/tonight && echo "$TONIGHT" >reports/tonight/statement.json; fi
  if [ "$RUN" != 2 ]; then ln -sfn tonight reports/latest; fi
  exit "$RUN" ;;
gate) exit "$GATE" ;;
esac
"""


def night(folder: Path, run: int, gate: int, tonight: str = "tonight", **env: str) -> tuple[int, str, str]:
    """One night; gives the exit status, the baseline that it left, and how the kit was called."""
    stand_in, log = folder / "kandykit", folder / "log"
    stand_in.write_text(STAND_IN, encoding="utf-8")
    stand_in.chmod(0o755)
    log.unlink(missing_ok=True)
    done = subprocess.run(
        ["bash", str(ROOT / "ci" / "nightly.sh")],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "KANDYKIT": str(stand_in), "LOG": str(log), "TONIGHT": tonight,
             "RUN": str(run), "GATE": str(gate), **env},
        capture_output=True,
        text=True,
    )  # fmt: skip
    baseline = folder / "nightly" / "baseline.json"
    return done.returncode, baseline.read_text().strip() if baseline.exists() else "", log.read_text()


@pytest.mark.parametrize(
    ("run", "gate", "status", "kept"),
    [(0, 0, 0, True), (1, 0, 1, True), (5, 0, 5, True), (3, 0, 3, False), (4, 6, 6, False), (130, 6, 6, False),
     (2, 0, 2, False), (0, 7, 7, True)],
)  # fmt: skip
def test_the_first_night(tmp_path: Path, run: int, gate: int, status: int, kept: bool) -> None:
    ended, baseline, _ = night(tmp_path, run, gate)
    assert (ended, baseline) == (status, "tonight" if kept else "")


@pytest.mark.parametrize(
    ("run", "gate", "status", "kept"),
    [(0, 0, 0, True), (1, 0, 0, True), (1, 1, 1, False), (0, 6, 6, False), (0, 7, 7, False), (5, 0, 5, True),
     (3, 0, 3, False), (3, 6, 6, False), (4, 6, 6, False), (2, 0, 2, False)],
)  # fmt: skip
def test_a_later_night(tmp_path: Path, run: int, gate: int, status: int, kept: bool) -> None:
    night(tmp_path, 0, 0, "the first night")
    ended, baseline, called = night(tmp_path, run, gate)
    assert (ended, baseline) == (status, "tonight" if kept else "the first night")
    assert run == 2 or "gate --baseline nightly/baseline.json reports/latest/statement.json" in called


def test_a_night_is_accepted_although_the_gate_fails_and_the_gate_still_says_so(tmp_path: Path) -> None:
    night(tmp_path, 0, 0, "the first night")
    assert night(tmp_path, 1, 1, ACCEPT="yes")[:2] == (1, "tonight")
    assert night(tmp_path, 3, 6, "cut short", ACCEPT="yes")[:2] == (6, "tonight")


def test_waivers_and_options_reach_both(tmp_path: Path) -> None:
    _, _, called = night(tmp_path, 0, 0, WAIVERS="our waivers.toml", OPTIONS="--approve 12ab --depth deep")
    run, gate = called.splitlines()
    assert run.endswith("--waivers our waivers.toml --approve 12ab --depth deep")
    assert gate.endswith("--waivers our waivers.toml")
    assert "--waivers" not in night(tmp_path, 0, 0)[2]
