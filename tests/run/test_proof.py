"""The proof over the catalogues: what it leaves behind when it is asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.run.conftest import KIT, until_begun

pytestmark = pytest.mark.slow


def below(pid: int) -> list[int]:
    """Every process that descends from this one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *below(child)]
    return found


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_a_proof_that_is_asked_to_end_ends_its_runs_and_their_mocks(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *KIT,
            "faults",
            "--legal",
            "header-names-in-capitals",
            "--jobs",
            "1",
            "--depth",
            "deep",
            "--out",
            str(tmp_path),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until_begun(process, tmp_path / "legal-header-names-in-capitals-0" / "latest" / "journal.jsonl")
    started = below(process.pid)
    assert len(started) >= 2
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_a_run_that_came_out_right_keeps_its_failures_and_not_its_journal(tmp_path: Path) -> None:
    proof = ["faults", "--fault", "no-token-no-challenge", "--until-fail", "--out", str(tmp_path)]
    assert subprocess.run([*KIT, *proof], capture_output=True).returncode == 0
    (run,) = tmp_path.glob("*/latest")
    assert (run / "statement.json").is_file()
    assert any((run / "failures").glob("*.json"))
    assert not (run / "journal.jsonl").exists()
