"""Statement, JUnit and Allure tell of the same run, however it ended: with a crash, a broken suite, or as it should."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from kandykit.journal import read_journal
from tests.run.conftest import KIT, until_begun

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2]
CRASH = """
import os

def test_that_dies(run):
    os._exit(0)
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the kit whose suites may be broken."""
    folder = tmp_path / "kit"
    for name in ("kandykit", "suites", "specs"):
        shutil.copytree(SOURCE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SOURCE / "pyproject.toml", folder)
    return folder


def play(kit: Path, *arguments: str, command: tuple[str, ...] = ("-m", "kandykit", "run", "--depth", "quick")) -> Any:
    return subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=kit,
        env={**os.environ, "PYTHONPATH": str(kit), "NO_COLOR": "1", "KANDYKIT_ALLURE": str(SOURCE / "tools/report")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def junit(folder: Path, suite: str) -> Counter[str]:
    found = Xml.parse(folder / "junit.xml").getroot().find(f"testsuite[@name='{suite}']")
    assert found is not None
    kinds = (("error", "error"), ("failure", "failed"), ("skipped", "skipped"))
    return Counter(
        next((kind for tag, kind in kinds if case.find(tag) is not None), "passed")
        for case in found.findall("testcase")
    )


def allure(folder: Path, layer: str) -> list[dict[str, Any]]:
    results = [json.loads(path.read_text()) for path in (folder / "allure-results").glob("*-result.json")]
    return [result for result in results if {"name": "layer", "value": layer} in result["labels"]]


def agree(folder: Path) -> dict[str, Any]:
    """The statement, once all totals of all three were found to be the same."""
    statement: dict[str, Any] = json.loads((folder / "statement.json").read_text())
    words = {"broken": "error"}
    tests = Counter(words.get(result["status"], result["status"]) for result in allure(folder, "suite"))
    assert tests == junit(folder, "suites")
    told = {
        "pass": "passed",
        "warn": "passed",
        "fail": "failed",
        "waived": "failed",
        "inconclusive": "unknown",
        "skipped": "skipped",
    }
    judged = Counter(told[row["verdict"]] for row in statement["requirements"])
    assert Counter(result["status"] for result in allure(folder, "requirement")) == judged
    assert sum(junit(folder, "requirements").values()) == len(statement["requirements"])
    assert junit(folder, "requirements")["failed"] == judged["failed"] - statement["counts"]["waived"]
    assert Counter(row["verdict"] for row in statement["requirements"]) == {
        word: count for word, count in statement["counts"].items() if count
    }
    return statement


def test_failures_warnings_and_skips_are_counted_alike(mock_profile: Callable[..., Path], tmp_path: Path) -> None:
    profile = mock_profile("--fault", "oversell-by-one", "--fault", "wrong-method-without-allow")
    done = play(SOURCE, "--profile", str(profile), "--out", str(tmp_path / "reports"))
    assert done.returncode == 1, done.stdout + done.stderr
    folder = tmp_path / "reports" / "latest"
    statement = agree(folder)
    assert statement["counts"]["fail"]
    assert statement["counts"]["warn"]
    assert statement["counts"]["skipped"]
    assert junit(folder, "suites")["failed"]
    assert "note:" not in done.stdout


def test_a_process_that_dies_in_a_test_is_no_green_run(copied: Path, mock_profile: Callable[..., Path]) -> None:
    """Its exit status was 0; what had been recorded is judged, and the test and those after it are shown."""
    (copied / "suites/security/test_a_crash.py").write_text(CRASH)
    profile = mock_profile("--fault", "oversell-by-one")
    done = play(copied, "--profile", str(profile), "--suite", "workflow", "--suite", "security")
    folder = copied / "reports" / "latest"
    assert done.returncode == 1, done.stdout + done.stderr
    statement = agree(folder)
    assert "left without a word" in statement["run"]["kit_error"]
    assert "L5" in {row["id"] for row in statement["requirements"] if row["verdict"] == "fail"}
    assert statement["residue"]
    broken = [result for result in allure(folder, "suite") if result["status"] == "broken"]
    assert [result["name"] for result in broken] == ["test_that_dies"]
    skipped = [result for result in allure(folder, "suite") if result["status"] == "skipped"]
    assert any("not played" in result["statusDetails"]["message"] for result in skipped)
    assert "Traceback" not in done.stdout + done.stderr


def test_a_suite_that_cannot_be_collected_leaves_a_statement_and_sends_nothing(copied: Path) -> None:
    (copied / "suites/security/test_broken.py").write_text("import nothing_like_it\n")
    done = play(copied)
    assert done.returncode == 4, done.stdout + done.stderr
    folder = copied / "reports" / "latest"
    statement = agree(folder)
    assert statement["verdict"] == "inconclusive"
    assert "security/test_broken.py cannot be collected" in statement["run"]["kit_error"]
    assert not read_journal(folder / "journal.jsonl").exchanges
    assert junit(folder, "suites")["error"] == 1
    assert not junit(folder, "suites")["passed"]
    assert "Traceback" not in done.stdout + done.stderr


def test_workers_of_xdist_are_refused_before_anything_is_sent(copied: Path) -> None:
    done = play(copied, "-n", "2", command=("-m", "pytest", "suites", "-q"))
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Leave -n out" in done.stdout + done.stderr
    assert not (copied / "reports").exists()


def started(kit: Path, profile: Path) -> subprocess.Popen[str]:
    """A run whose journal has begun."""
    process = subprocess.Popen(
        [*KIT, "run", "--profile", str(profile), "--out", str(kit / "reports")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "KANDYKIT_RECORD_ONLY": "1"},
    )
    until_begun(process, kit / "reports" / "latest" / "journal.jsonl")
    return process


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("number", "status", "word"), [(signal.SIGTERM, 130, "interrupted"), (signal.SIGKILL, 4, "SIGKILL")]
)
def test_a_run_that_is_asked_to_end_cleans_up_and_one_that_is_killed_is_judged_as_far_as_it_came(
    tmp_path: Path, mock_profile: Callable[..., Path], number: signal.Signals, status: int, word: str
) -> None:
    process = started(tmp_path, mock_profile())
    os.kill(process.pid if number is signal.SIGTERM else child_of(process.pid), number)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == status, out
    assert word in out
    statement = json.loads((tmp_path / "reports" / "latest" / "statement.json").read_text())
    assert statement["verdict"] == "inconclusive"
    assert statement["residue"] or number is signal.SIGTERM


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_a_run_without_anybody_who_could_stop_it_sends_nothing_more(
    tmp_path: Path, mock_profile: Callable[..., Path]
) -> None:
    process = started(tmp_path, mock_profile())
    child = child_of(process.pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not (tmp_path / "reports" / "latest" / "statement.json").exists()
