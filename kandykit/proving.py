"""``kandykit faults``: what the proof is told to do, and what people see of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from kandykit.errors import UsageError
from kandykit.mock.dialects import STRANGERS
from kandykit.proof import Entry, Result, entries, prove
from kandykit.proof import sample as sample_of
from kandykit.report.matrix import matrix_words, write_matrix


def proving(
    *,
    listing: bool,
    faults: Sequence[str],
    legals: Sequence[str],
    sample: int | None,
    seeds: str,
    jobs: int,
    depth: str | None,
    until_fail: bool,
    out: str,
    dialect: str = "",
    part: str | None = None,
    time_budget: float | None = None,
    resume: bool = False,
) -> int:
    """Run the proof and write ``matrix.json``, ``matrix.html`` and ``matrix.md``; returns the exit status.

    The files are written again after each run, so that a proof that is interrupted keeps what it has; ``resume`` takes
    up such a matrix and runs only what is missing in it or was wrong.
    """
    chosen = entries(faults, legals)
    if listing:
        _list(chosen)
        return 0
    if dialect and dialect not in STRANGERS:
        raise UsageError(f"--dialect {dialect}: the mock speaks {', '.join(STRANGERS)}")
    if part is not None:
        chosen = part_of(chosen, part)
    if sample is not None:
        chosen = _of_today(chosen, sample)
    try:
        numbers = [int(seed) for seed in seeds.split(",")]
    except ValueError:
        raise UsageError(f"--seeds {seeds}: write whole numbers with commas between, as in --seeds 1,2,3") from None
    console = Console()
    folder = Path(out)
    kept = _kept(folder, chosen) if resume else []
    have = {(result.entry.is_fault, result.entry.name) for result in kept}
    chosen = [entry for entry in chosen if (entry.is_fault, entry.name) not in have]
    total = len(chosen) * len(numbers)
    latest: dict[tuple[bool, str, int], Result] = {_key(result): result for result in kept}
    done = 0

    def told(result: Result) -> None:
        nonlocal done
        done += result.tries == 1
        latest[_key(result)] = result
        console.print(_line(result, done, total), highlight=False, markup=False, soft_wrap=True)
        _write(folder, list(latest.values()))

    prove(
        chosen,
        seeds=numbers,
        depth=depth,
        jobs=jobs or os.cpu_count() or 1,
        until_fail=until_fail,
        out=folder,
        told=told,
        dialect=dialect,
        budget_s=time_budget,
    )
    results = list(latest.values())
    _write(folder, results)
    wrong = [result for result in results if not result.right and not result.left_open]
    left_open = sum(result.left_open for result in results)
    caught = sum(result.right for result in results if result.entry.is_fault)
    accused = [result for result in results if result.accuses]
    missing = total + len(kept) - len(results)
    console.print(
        f"\n{caught} of {sum(result.entry.is_fault for result in results)} faults caught by name, "
        f"{len(accused)} of {sum(not result.entry.is_fault for result in results)} correct servers accused; "
        f"{len(wrong)} wrong in all"
        + (f", {left_open} left open" if left_open else "")
        + (f"; the time was over before {missing} more" if missing else "")
        + f".\n  {folder / 'matrix.html'}",
        highlight=False,
    )
    return 1 if wrong or (total and not results) else 0


def part_of(chosen: Sequence[Entry], part: str) -> list[Entry]:
    """The entries of one of so many equal parts, as in ``2/4``; raises `UsageError` for anything else."""
    number, _, parts = part.partition("/")
    if not (number.isdigit() and parts.isdigit() and 1 <= int(number) <= int(parts)):
        raise UsageError(f"--part {part}: write which part of how many, as in --part 2/4")
    return list(chosen[int(number) - 1 :: int(parts)])


def _key(result: Result) -> tuple[bool, str, int]:
    return result.entry.is_fault, result.entry.name, result.seed


def _write(folder: Path, results: Sequence[Result]) -> None:
    order = {(entry.is_fault, entry.name): number for number, entry in enumerate(entries())}
    ordered = sorted(results, key=lambda one: (order.get((one.entry.is_fault, one.entry.name), 0), one.seed))
    rows = [result.to_json() for result in ordered]
    (folder / "matrix.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (folder / "matrix.md").write_text(matrix_words(ordered), encoding="utf-8")
    write_matrix(folder / "matrix.html", ordered)


def _kept(folder: Path, chosen: Sequence[Entry]) -> list[Result]:
    """What an earlier proof in the same folder has found right."""
    path = folder / "matrix.json"
    if not path.exists():
        return []
    known = {(entry.is_fault, entry.name): entry for entry in chosen}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        places = [(row, known.get((row["entry"]["kind"] != "legal", row["entry"]["name"]))) for row in rows]
        return [Result.from_json(row, entry) for row, entry in places if entry is not None and row["right"]]
    except (ValueError, TypeError, KeyError):
        raise UsageError(
            f"{path} is no matrix of this version; write the proof into another folder, or remove it"
        ) from None


def _of_today(chosen: Sequence[Entry], size: int) -> list[Entry]:
    return sample_of(chosen, size, int(time.time() // 86_400))


def _line(result: Result, done: int, total: int) -> str:
    entry = result.entry
    if entry.is_fault:
        said = ", ".join((*result.failed, *(f"({name})" for name in result.warned))) or "nothing"
        word = "caught  " if result.right else "SURVIVED" if not set(entry.breaks) & set(result.failed) else "WRONG   "
        detail = f"breaks {', '.join(entry.breaks)}: named {said}"
    else:
        word = (
            "let be  "
            if result.right
            else "ACCUSED "
            if result.accuses
            else "OPEN    "
            if result.left_open
            else "WRONG   "
        )
        detail = f"must be {entry.verdict}: {result.verdict} {', '.join(result.failed)}"
    after = f", {result.calls_to_detection} calls, example of {result.shortest}" if result.shortest else ""
    again = ", second try" if result.tries > 1 else ""
    how = f"{result.depth}{again}, seed {result.seed}, {result.seconds:.0f} s"
    return f"[{done}/{total}] {word} {entry.name} ({how}): {detail}{after}"


def _list(chosen: Sequence[Entry]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("name", "kind", "breaks", "depth", "story"):
        table.add_column(head, overflow="fold" if head == "story" else "ignore", no_wrap=head == "name")
    for entry in chosen:
        table.add_row(entry.name, entry.kind, " ".join(entry.breaks) or entry.verdict, entry.depth, entry.story)
    Console(width=None if os.isatty(1) else 200).print(table)
    faults = sum(entry.is_fault for entry in chosen)
    click.echo(f"\n{faults} faults, {len(chosen) - faults} legal oddities")
