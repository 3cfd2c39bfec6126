"""The proof: every fault and every legal oddity of the mock's catalogues against the suites.

Each entry gets a mock process of its own and a run of its own, as a user would start them; what counts is only what
the run's statement says.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kandykit.embedded import EmbeddedMock
from kandykit.errors import KandykitError, UsageError
from kandykit.mock import catalogue
from kandykit.outcome import RECORD_ONLY
from kandykit.requirements import registry

LONGEST_S = 1_800.0
"""A run that takes longer than this is ended and counts as not having found anything, in seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a catalogue, and what a run against it must say.

    ``breaks`` is empty for a legal oddity, whose ``verdict`` a run must end with instead.
    """

    name: str
    kind: str
    story: str
    breaks: tuple[str, ...] = ()
    verdict: str = "not_conformant"
    depth: str = "quick"
    readings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        """Whether this is a defect rather than an oddity."""
        return self.kind != "legal"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run said of one entry: ``right`` is whether it said what it must."""

    entry: Entry
    seed: int
    depth: str
    right: bool
    verdict: str
    exit: int
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    suites: tuple[str, ...]
    calls: int
    calls_to_detection: int | None
    shortest: int | None
    seconds: float
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        row = asdict(self)
        row["entry"] = {**row["entry"], "readings": dict(self.entry.readings)}
        return row


def entries(faults: Sequence[str] = (), legals: Sequence[str] = ()) -> list[Entry]:
    """The entries of both catalogues, or only those that are named; raises `UsageError` for a name of neither."""
    every = [
        *(
            Entry(f.name, f.kind, f.story, tuple(f.breaks), _expected(f.breaks, f.warns), f.depth, f.readings)
            for f in catalogue.faults()
        ),
        *(Entry(o.name, "legal", o.story, (), o.verdict, "quick", o.readings) for o in catalogue.legals()),
    ]
    if not faults and not legals:
        return every
    known = {(entry.is_fault, entry.name): entry for entry in every}
    chosen: list[Entry] = []
    for is_fault, names in ((True, faults), (False, legals)):
        for name in names:
            if name == "all":
                chosen += [entry for entry in every if entry.is_fault is is_fault]
                continue
            if (is_fault, name) not in known:
                kind = "fault" if is_fault else "legal oddity"
                raise UsageError(f"there is no {kind} called {name}; `kandykit faults --list` names them all")
            chosen.append(known[is_fault, name])
    return chosen


def _expected(breaks: Iterable[str], warns: bool) -> str:
    """A defect of SHOULD rows alone warns, and leaves a run conformant."""
    rows = registry()
    if warns:
        return "conformant"
    return "not_conformant" if any(rows[name].level == "must" for name in breaks if name in rows) else "conformant"


def sample(every: Sequence[Entry], size: int, turn: int) -> list[Entry]:
    """``size`` entries, other ones for each ``turn``, so that nights together see all."""
    order = list(every)
    random.Random(0).shuffle(order)
    start = turn * size % max(len(order), 1)
    return (order + order)[start : start + min(size, len(order))]


def prove(
    chosen: Sequence[Entry],
    *,
    seeds: Sequence[int],
    depth: str | None,
    jobs: int,
    until_fail: bool,
    out: Path,
    told: Callable[[Result], None],
) -> list[Result]:
    """Run the suites against each entry with each seed; ``told`` hears of each result as it comes.

    ``depth`` None takes the depth that each entry's catalogue names as the lowest one that must catch it.
    """
    out.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [
            pool.submit(_try, entry, seed, depth or entry.depth, until_fail, out) for entry in chosen for seed in seeds
        ]
        try:
            for done in as_completed(waiting):
                results.append(done.result())
                told(results[-1])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    place = {id(entry): number for number, entry in enumerate(chosen)}
    return sorted(results, key=lambda result: (place[id(result.entry)], result.seed))


def _try(entry: Entry, seed: int, depth: str, until_fail: bool, out: Path) -> Result:
    folder = out / f"{entry.kind}-{entry.name}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    mock = EmbeddedMock([f"--{'fault' if entry.is_fault else 'legal'}", entry.name])
    try:
        profile = folder / "profile.toml"
        mock.write_profile(profile, entry.readings)
        command = [sys.executable, "-m", "kandykit", "run", "--profile", str(profile), "--depth", depth]
        command += ["--seed", str(seed), "--out", str(folder)] + (["--until-fail"] if until_fail else [])
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            env={**os.environ, "NO_COLOR": "1", RECORD_ONLY: "1"},
        )
        statement = json.loads((folder / "latest" / "statement.json").read_text(encoding="utf-8"))
    except (KandykitError, OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Result(
            entry, seed, depth, False, "none", -1, (), (), (), 0, None, None, time.monotonic() - began, str(error)
        )
    finally:
        mock.stop()
    return _read(entry, seed, depth, statement, done.returncode, time.monotonic() - began)


def _read(entry: Entry, seed: int, depth: str, statement: Mapping[str, Any], status: int, seconds: float) -> Result:
    rows = statement["requirements"]
    failed = tuple(row["id"] for row in rows if row["verdict"] == "fail")
    warned = tuple(row["id"] for row in rows if row["verdict"] == "warn")
    named = [
        finding
        for row in rows
        if row["id"] in entry.breaks and row["verdict"] in ("fail", "warn")
        for finding in row["findings"]
    ]
    if entry.is_fault:
        right = bool(named) and statement["verdict"] == entry.verdict
    else:
        right = not failed and statement["verdict"] == entry.verdict
    note = "" if right else statement.get("why", "")
    return Result(
        entry,
        seed,
        depth,
        right,
        statement["verdict"],
        status,
        failed,
        warned,
        tuple(sorted({suite for finding in named for suite in finding.get("suites", ())})),
        statement["run"]["calls"],
        min((finding["found_at"] for finding in named if finding.get("found_at")), default=None),
        min((finding["calls"] for finding in named), default=None),
        round(seconds, 2),
        note,
    )
