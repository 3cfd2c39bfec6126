"""The kit beside ``schemathesis run``: what each finds in the same time, whom it accuses, and what it leaves behind.

    .venv/bin/python bench/detection.py [--seconds 60] [--faults 20] [--legals 6] [--turn 0] [--out reports/bench]

A sample of the mock's catalogues, without the faults that need only warn; each tool gets a fresh mock, a token or
credentials, and the same time of the clock. ``schemathesis run`` has all its phases and checks, positive and negative
data, no shrinking and as many examples as fit. A fault counts as found when a tool fails in a way in which it does not
fail on the correct mock, a false alarm is the same on a legal oddity. Calls are counted by the mock in its quota
headers; left behind is what total and use are above those at the start.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from kandykit.embedded import EmbeddedMock
from kandykit.outcome import RECORD_ONLY
from kandykit.proof import Entry, entries, sample

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BASE = "/communication/kandy/provisioning"
FAILS = "not_conformant"
TOKEN = "/oauth/client_credential/accesstoken?grant_type=client_credentials"


@dataclass
class Ran:
    """What one tool said of one mock."""

    failures: set[str] = field(default_factory=set)
    calls: int = 0
    left: tuple[int, int] = (0, 0)


@dataclass
class Score:
    """What one tool did over all entries."""

    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    accused: list[str] = field(default_factory=list)
    calls: int = 0
    products: int = 0
    subscribers: int = 0


class Target:
    """A fresh mock, and a look at its account."""

    def __init__(self, mock: EmbeddedMock, profile: Path, entry: Entry | None) -> None:
        mock.write_profile(profile, entry.readings if entry else {})
        self.profile = profile
        self.url = re.findall(r'base_url = "(.*?)/communication', profile.read_text(encoding="utf-8"))[0]
        form = {"client_id": "acme", "client_secret": os.environ["KANDY_MOCK_ACME_SECRET"]}
        answer = httpx.post(self.url + TOKEN, data=form, timeout=30).json()
        self.token = str(answer["access_token"])
        self.calls, self.total, self.used = self.look()

    def look(self) -> tuple[int, int, int]:
        """Calls so far, total and used; zeros where the fault hides them."""
        try:
            answer = httpx.get(
                f"{self.url}{BASE}/inventory", headers={"authorization": f"Bearer {self.token}"}, timeout=30
            )
            row = answer.json()["products"][0]
            return int(answer.headers["quota-used"]), int(row["total"]), int(row["used"])
        except (httpx.HTTPError, ValueError, KeyError, IndexError):
            return 0, 0, 0


@contextmanager
def target(entry: Entry | None) -> Iterator[Target]:
    """A mock with this fault or oddity, in a process of its own."""
    kind = "--fault" if entry and entry.is_fault else "--legal"
    mock = EmbeddedMock([kind, entry.name] if entry else [])
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Target(mock, Path(folder) / "profile.toml", entry)
        finally:
            mock.stop()


def schemathesis(at: Target, seconds: float, folder: str) -> set[str]:
    """``schemathesis run`` at its best."""
    command = [str(BIN / "schemathesis"), "run", str(ROOT / "specs" / "kandy-provisioning.openapi.yaml")]
    command += ["-u", at.url + BASE, "-H", f"Authorization: Bearer {at.token}", "--seed", "1", "-m", "all", "-c", "all"]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "-n", "100000", "--max-time", str(round(seconds))]
    command += ["--no-shrink", "--continue-on-failure", "--generation-database", "none", "-w", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=seconds * 5 + 120)
    if done.returncode not in (0, 1):
        raise SystemExit(f"schemathesis could not run: {done.stderr or done.stdout}")
    where, told = "", set()
    for line in done.stdout.splitlines():
        if heading := re.fullmatch(r"_{3,} (.+?) _{3,}", line):
            where = heading[1]
        elif failure := re.fullmatch(r"- (ST\d+ .+)", line):
            told.add(f"{where}: {failure[1]}")
    return told


def kandykit(at: Target, seconds: float, folder: str) -> set[str]:
    """``kandykit run`` at standard, cut off after the same time."""
    command = [
        str(BIN / "kandykit"),
        "run",
        "--profile",
        str(at.profile),
        "--time-budget",
        str(seconds),
        "--out",
        folder,
    ]
    subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, RECORD_ONLY: "1"})
    statement = json.loads(next(Path(folder).glob("2*/statement.json")).read_text(encoding="utf-8"))
    return {row["id"] for row in statement["requirements"] if row["verdict"] == "fail"}


TOOLS: dict[str, Callable[[Target, float, str], set[str]]] = {"schemathesis run": schemathesis, "kandykit": kandykit}


def measure(tool: str, entry: Entry | None, seconds: float) -> Ran:
    """One tool against one fresh mock."""
    with target(entry) as at, tempfile.TemporaryDirectory() as folder:
        failures = TOOLS[tool](at, seconds, folder)
        calls, total, used = at.look()
        return Ran(failures, max(calls - at.calls - 1, 0), (max(total - at.total, 0), max(used - at.used, 0)))


def words(scores: dict[str, Score], faults: int, legals: int, seconds: float) -> str:
    """The table, in Markdown."""
    lines = [
        f"{seconds:.0f} s each, {faults} faults, {legals} legal oddities.",
        "",
        "| | faults found | false alarms | calls | left behind: products, subscribers |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, score in scores.items():
        lines.append(
            f"| {name} | {len(score.found)} of {faults} | {len(score.accused)} of {legals} |"
            f" {score.calls} | {score.products}, {score.subscribers} |"
        )
    for name, score in scores.items():
        lines += [
            "",
            f"{name} missed: {', '.join(score.missed) or 'none'}; accused: {', '.join(score.accused) or 'none'}.",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the table after every entry."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--faults", type=int, default=20)
    arguments.add_argument("--legals", type=int, default=6)
    arguments.add_argument("--turn", type=int, default=0, help="another sample")
    arguments.add_argument("--out", type=Path, default=Path("reports/bench"))
    options = arguments.parse_args()
    every = entries()
    chosen = [
        *sample([entry for entry in every if entry.is_fault and entry.verdict == FAILS], options.faults, options.turn),
        *sample([entry for entry in every if not entry.is_fault], options.legals, options.turn),
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    # Twice, for what a tool says of the correct mock differs with how far it gets.
    always = {
        tool: {told for _ in range(2) for told in measure(tool, None, options.seconds).failures} for tool in TOOLS
    }
    scores = {tool: Score() for tool in TOOLS}
    for name, failures in always.items():
        print(f"{name} on the correct mock: {', '.join(sorted(failures)) or 'no failures'}", flush=True)
    done = {True: 0, False: 0}
    for entry in chosen:
        done[entry.is_fault] += 1
        for tool, score in scores.items():
            ran = measure(tool, entry, options.seconds)
            hit = bool(ran.failures - always[tool])
            if entry.is_fault:
                (score.found if hit else score.missed).append(entry.name)
            elif hit:
                score.accused.append(entry.name)
            score.calls += ran.calls
            score.products += ran.left[0]
            score.subscribers += ran.left[1]
            print(
                f"{entry.name}: {tool} {'failed' if hit else 'silent'}, {ran.calls} calls, left {ran.left}", flush=True
            )
        table = words(scores, done[True], done[False], options.seconds)
        (options.out / "detection.md").write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
