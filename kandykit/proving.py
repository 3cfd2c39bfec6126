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
from kandykit.proof import Entry, Result, entries, prove
from kandykit.proof import sample as sample_of
from kandykit.report.matrix import write_matrix


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
) -> int:
    """Run the proof and write ``matrix.json`` and ``matrix.html``; returns the exit status."""
    chosen = entries(faults, legals)
    if listing:
        _list(chosen)
        return 0
    if sample is not None:
        chosen = _of_today(chosen, sample)
    try:
        numbers = [int(seed) for seed in seeds.split(",")]
    except ValueError:
        raise UsageError(f"--seeds {seeds}: write whole numbers with commas between, as in --seeds 1,2,3") from None
    console = Console()
    folder = Path(out)
    total = len(chosen) * len(numbers)
    done = 0

    def told(result: Result) -> None:
        nonlocal done
        done += 1
        console.print(_line(result, done, total), highlight=False, markup=False, soft_wrap=True)

    results = prove(
        chosen,
        seeds=numbers,
        depth=depth,
        jobs=jobs or os.cpu_count() or 1,
        until_fail=until_fail,
        out=folder,
        told=told,
    )
    rows = [result.to_json() for result in results]
    (folder / "matrix.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    write_matrix(folder / "matrix.html", results)
    wrong = [result for result in results if not result.right]
    caught = sum(result.right for result in results if result.entry.is_fault)
    accused = [result for result in results if not result.entry.is_fault and result.failed]
    console.print(
        f"\n{caught} of {sum(result.entry.is_fault for result in results)} faults caught by name, "
        f"{len(accused)} of {sum(not result.entry.is_fault for result in results)} correct servers accused; "
        f"{len(wrong)} wrong in all.\n  {folder / 'matrix.html'}",
        highlight=False,
    )
    return 1 if wrong else 0


def _of_today(chosen: Sequence[Entry], size: int) -> list[Entry]:
    return sample_of(chosen, size, int(time.time() // 86_400))


def _line(result: Result, done: int, total: int) -> str:
    entry = result.entry
    if entry.is_fault:
        said = ", ".join((*result.failed, *(f"({name})" for name in result.warned))) or "nothing"
        word = "caught  " if result.right else "SURVIVED" if not set(entry.breaks) & set(result.failed) else "WRONG   "
        detail = f"breaks {', '.join(entry.breaks)}: named {said}"
    else:
        word = "let be  " if result.right else "ACCUSED " if result.failed else "WRONG   "
        detail = f"must be {entry.verdict}: {result.verdict} {', '.join(result.failed)}"
    after = f", {result.calls_to_detection} calls, example of {result.shortest}" if result.shortest else ""
    how = f"{result.depth}, seed {result.seed}, {result.seconds:.0f} s"
    return f"[{done}/{total}] {word} {entry.name} ({how}): {detail}{after}"


def _list(chosen: Sequence[Entry]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("name", "kind", "breaks", "depth", "story"):
        table.add_column(head, overflow="fold" if head == "story" else "ignore", no_wrap=head == "name")
    for entry in chosen:
        table.add_row(entry.name, entry.kind, " ".join(entry.breaks) or entry.verdict, entry.depth, entry.story)
    Console(width=None if os.isatty(1) else 200).print(table)
    faults = sum(entry.is_fault for entry in chosen)
    click.echo(f"\n{faults} faults, {len(chosen) - faults} legal oddities; races: not yet")
