"""The catalogues against the concurrency suite alone, each entry in a run as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kandykit.embedded import EmbeddedMock
from kandykit.mock.catalogue import Fault, Legal, faults, legals
from kandykit.outcome import RECORD_ONLY

pytestmark = pytest.mark.slow

RACES = [fault for fault in faults() if fault.kind == "races"]
UNDER_LOAD = (
    "unavailable-before-acting",
    "unavailable-after-acting",
    "connection-cut-before-acting",
    "connection-cut-after-acting",
    "connection-cut-on-reads",
    "slow-answers",
    "spike-arrest",
    "inventory-lags",
    "orders-take-a-moment",
    "pending-orders-count-toward-the-limit",
    "repeated-deletion-succeeds",
    "any-deletion-succeeds",
    "server-chooses-and-ignores-a-wish",
    "caller-must-choose",
    "nearly-full-account",
)


def verdicts(folder: Path, entry: Fault | Legal, depth: str) -> dict[str, str]:
    """The verdict on each requirement, and on the whole under "run"."""
    mock = EmbeddedMock(["--fault" if isinstance(entry, Fault) else "--legal", entry.name])
    try:
        folder.mkdir(exist_ok=True)
        profile = folder / "profile.toml"
        mock.write_profile(profile, entry.readings)
        command = ["run", "--profile", str(profile), "--depth", depth, "--suite", "concurrency", "--out", str(folder)]
        subprocess.run(
            [sys.executable, "-m", "kandykit", *command],
            env={**os.environ, RECORD_ONLY: "1"},
            capture_output=True,
            timeout=300,
        )
    finally:
        mock.stop()
    statement = json.loads((folder / "latest" / "statement.json").read_text(encoding="utf-8"))
    return {row["id"]: row["verdict"] for row in statement["requirements"]} | {"run": statement["verdict"]}


@pytest.mark.parametrize("fault", RACES, ids=lambda fault: fault.name)
def test_a_race_is_found_by_a_law_that_it_breaks(tmp_path: Path, fault: Fault) -> None:
    """Whether two calls meet is chance, and a busy machine has its own: so a second run may find what one did not."""
    for run in ("first", "second"):
        met = verdicts(tmp_path / run, fault, fault.depth)
        if "fail" in {met[law] for law in fault.breaks}:
            break
    assert met["run"] == "not_conformant"
    assert "fail" in {met[law] for law in fault.breaks}


@pytest.mark.parametrize("name", UNDER_LOAD)
def test_who_is_unusual_under_load_is_not_accused(tmp_path: Path, name: str) -> None:
    """Not in any run; what a busy machine left open is tried once more."""
    entry = next(entry for entry in legals() if entry.name == name)
    for run in ("first", "second"):
        met = verdicts(tmp_path / run, entry, "standard")
        assert "fail" not in met.values()
        if met["run"] == entry.verdict:
            break
    assert met["run"] == entry.verdict
