"""Whether an example is as short as it can be: each step of each one is left out, and the rest replayed.

    .venv/bin/python bench/minimal.py [--faults 40] [--turn 0] [--depth quick] [NAME ...]

A run against a fresh mock with one fault gives the failures' records. The steps of each are played whole, and then once
more for each step without it, always on a fresh mock with the fault whose account begins as it did then. A step is
needless when the same finding shows without it. Races and R4, which is about all that was tried, are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kandykit.binding import Binding
from kandykit.depth import DEPTHS
from kandykit.embedded import EmbeddedMock
from kandykit.errors import KandykitError
from kandykit.exchange import Intent
from kandykit.explore.steps import from_json
from kandykit.profile import load_profile
from kandykit.proof import entries, sample
from kandykit.replaying import Failure, read_failure
from kandykit.report.words import reply_of
from kandykit.run import Options, Run

BIN = Path(sys.executable).parent
PLAYS = 2
PATIENCE_S = 1.0


@contextmanager
def profile_of(fault: str, folder: Path, *began: str) -> Iterator[Path]:
    """A profile for a fresh mock with this fault."""
    mock = EmbeddedMock(["--fault", fault, *began])
    try:
        path = folder / "profile.toml"
        mock.write_profile(path, {})
        yield path
    finally:
        mock.stop()


def failures_of(fault: str, depth: str, folder: Path) -> list[Path]:
    """The records of a run's failures."""
    with profile_of(fault, folder) as path:
        command = [str(BIN / "kandykit"), "run", "--profile", str(path), "--depth", depth, "--out", str(folder)]
        subprocess.run(command, capture_output=True, cwd=folder)
    return sorted(folder.glob("2*/failures/*.json"))


def shows(failure: Failure, fault: str) -> bool:
    """Whether the steps alone show it, on a fresh mock whose account has what it had when they were first played."""
    began = start(failure)
    with tempfile.TemporaryDirectory() as name, profile_of(fault, Path(name), *began) as path:
        run = Run(load_profile(str(path)), Options(depth=DEPTHS["quick"], out=Path(name)))
        run.open()
        try:
            run.walker.calling.intent = Intent("replay", failure.finding.id)
            plays = [run.walker.perform(from_json(failure.programme), patience_s=PATIENCE_S) for _ in range(PLAYS)]
        finally:
            run.close()
    return any(play.shows(failure.finding.id) for play in plays)


def start(failure: Failure) -> list[str]:
    """What the mock is told so that its account begins as it was when the steps were played."""
    binding = Binding(failure.base_url, failure.token_url, failure.binding)
    views = [reply_of(call, binding).inventory for call in failure.calls if call.intent.account.endswith("1")]
    first = next((view for view in views if view is not None), None)
    if first is None or not first.possible or not first.total:
        return []
    return ["--initial-total", str(first.total), "--initial-subscribers", str(first.used or 0)]


def without_each(failure: Failure) -> Iterator[tuple[dict[str, Any], Failure]]:
    """Each step, and the failure without it."""
    steps = failure.programme
    for place, step in enumerate(steps):
        yield step, replace(failure, programme=[*steps[:place], *steps[place + 1 :]])


def main() -> None:
    """Print a line for each failure, and how many steps of how many are needless."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help="these faults instead of a sample")
    arguments.add_argument("--faults", type=int, default=40)
    arguments.add_argument("--turn", type=int, default=0, help="which sample")
    arguments.add_argument("--depth", default="quick")
    options = arguments.parse_args()
    faults = [entry for entry in entries() if entry.is_fault]
    chosen = [entry.name for entry in sample(faults, options.faults, options.turn)]
    examples = shown = needless = total = 0
    for fault in options.names or chosen:
        with tempfile.TemporaryDirectory() as name:
            for path in failures_of(fault, options.depth, Path(name)):
                failure = read_failure(path)
                races = any(step.get("step") == "Burst" for step in failure.programme)
                if not failure.programme or races or failure.finding.requirement == "R4":
                    continue
                examples += 1
                title = f"{fault}: {failure.finding.id}, {len(failure.programme)} steps"
                try:
                    if not shows(failure, fault):
                        print(f"{title}: does not show by itself", flush=True)
                        continue
                    shown += 1
                    spare = []
                    for step, rest in without_each(failure):
                        total += 1
                        if rest.programme and shows(rest, fault):
                            spare.append(step)
                except KandykitError as error:
                    print(f"{title}: {error}", flush=True)
                    continue
                needless += len(spare)
                told = (
                    f"can go without {', '.join(json.dumps(step) for step in spare)}" if spare else "nothing to spare"
                )
                print(f"{title}: {told}", flush=True)
    print(f"{examples} examples, {shown} shown by themselves; {needless} of their {total} steps can be left out")


if __name__ == "__main__":
    main()
