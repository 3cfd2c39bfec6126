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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kandykit.depth import DEPTHS
from kandykit.embedded import EmbeddedMock
from kandykit.errors import KandykitError, UsageError
from kandykit.mock import catalogue
from kandykit.outcome import RECORD_ONLY
from kandykit.requirements import registry

LONGEST_S = 1_800.0
"""A run that takes longer than this is ended and counts as not having found anything, in seconds."""

RACES = "concurrency"
"""The suite that alone is asked where a run may stop at a race's first failure: those before it would cost a minute."""

PATIENCE_S = 900.0
"""The time that each run may take for itself, whatever its depth: a busy machine must not look like a missed fault."""


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
    """What a run said of one entry: ``right`` is whether it said what it must.

    ``where`` names for each requirement the probes, or else the tests, in which something was found to break it.
    """

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
    findings: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    tries: int = 1
    note: str = ""

    @property
    def accuses(self) -> bool:
        """Whether a correct server is accused."""
        return not self.entry.is_fault and bool(self.failed)

    @property
    def left_open(self) -> bool:
        """Whether a correct server was neither accused nor cleared: a busy machine can do that, a wrong kit as well."""
        return not self.entry.is_fault and not self.right and not self.failed and self.verdict == "inconclusive"

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        row = asdict(self)
        row["entry"] = {**row["entry"], "readings": dict(self.entry.readings)}
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any], entry: Entry) -> Result:
        """The row of an earlier matrix for an entry that the catalogues still have."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }
        values["entry"] = entry
        return cls(**values)


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
    budget_s: float | None = None,
    dialect: str = "",
) -> list[Result]:
    """Run the suites against each entry with each seed; ``told`` hears of each result as it comes.

    ``depth`` None takes the depth that each entry's catalogue names as the lowest one that must catch it; ``dialect``
    lets the mock speak as that stranger. Races that are run ``until_fail`` are run by the suite of races alone.

    When ``budget_s`` is over no further run is begun. What was not as it must be is tried once more when all else is
    done, by itself and with another seed: on a busy machine two calls of a race may not have met. A correct server that
    was accused gets no second try. An interrupt ends the runs that are under way, and their mocks.
    """
    until = None if budget_s is None else time.monotonic() + budget_s

    def attempt(entry: Entry, seed: int) -> Result | None:
        if until is not None and time.monotonic() > until:
            return None
        return _try(entry, seed, depth or entry.depth, until_fail, out, dialect, under_way)

    out.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    under_way: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(attempt, entry, seed) for entry in chosen for seed in seeds]
        try:
            for done in as_completed(waiting):
                if (result := done.result()) is not None:
                    results.append(result)
                    told(result)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for run in tuple(under_way):
                run.terminate()  # its mock ends with it
            raise
    for number, result in enumerate(results):
        if not result.right and not result.accuses and (again := attempt(result.entry, result.seed + 1)) is not None:
            results[number] = replace(again, seed=result.seed, tries=2)
            told(results[number])
    place = {id(entry): number for number, entry in enumerate(chosen)}
    return sorted(results, key=lambda result: (place[id(result.entry)], result.seed))


def _try(
    entry: Entry,
    seed: int,
    depth: str,
    until_fail: bool,
    out: Path,
    dialect: str,
    under_way: set[subprocess.Popen[bytes]],
) -> Result:
    folder = out / f"{entry.kind}-{entry.name}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    mock = EmbeddedMock([f"--{'fault' if entry.is_fault else 'legal'}", entry.name], dialect)
    try:
        profile = folder / "profile.toml"
        mock.write_profile(profile, entry.readings)
        command = [sys.executable, "-m", "kandykit", "run", "--profile", str(profile), "--depth", depth]
        command += ["--seed", str(seed), "--out", str(folder)] + (["--until-fail"] if until_fail else [])
        command += ["--time-budget", str(PATIENCE_S)] if DEPTHS[depth].longest_s < PATIENCE_S else []
        command += ["--suite", RACES] if until_fail and entry.kind == "races" else []
        status = _ended(command, under_way)
        statement = json.loads((folder / "latest" / "statement.json").read_text(encoding="utf-8"))
    except (KandykitError, OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Result(
            entry, seed, depth, False, "none", -1, (), (), (), 0, None, None, time.monotonic() - began, note=str(error)
        )
    finally:
        mock.stop()
    result = _read(entry, seed, depth, statement, status, time.monotonic() - began)
    if result.right:  # up to 300 MB each, and hundreds of them fill a disk; the failures hold the calls that count
        (folder / "latest" / "journal.jsonl").unlink(missing_ok=True)
    return result


def _ended(command: Sequence[str], under_way: set[subprocess.Popen[bytes]]) -> int:
    """The exit status of a command, which is among those ``under_way`` until it has ended."""
    env = {**os.environ, RECORD_ONLY: "1"}
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    under_way.add(run)
    try:
        return run.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        raise
    finally:
        under_way.discard(run)


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
    told = [finding for row in rows if row["verdict"] in ("fail", "warn") for finding in row["findings"]]
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
        tuple(sorted({finding["id"] for finding in told})),
        tuple(sorted({f"{finding['requirement']} {place}" for finding in told for place in finding["met_in"]})),
        note=note,
    )
