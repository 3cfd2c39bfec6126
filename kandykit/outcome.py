"""The end of a run: the record first, then its views, then the exit status.

The statement is written before anything else is tried, so no view that fails can cost it. ``KANDYKIT_RECORD_ONLY=1``
leaves the views out; the proof, which makes hundreds of runs, sets it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kandykit.exchange import Exchange
from kandykit.journal import read_journal
from kandykit.judgement import Judgement
from kandykit.report.allure import write_results
from kandykit.report.allure_report import build_report
from kandykit.report.curl import write_failures
from kandykit.report.har import write_har
from kandykit.report.junit import Item, write_junit
from kandykit.report.page import write_page
from kandykit.report.reconcile import reconcile
from kandykit.report.statement import build_statement, exit_status
from kandykit.report.waivers import Waiver, read_waivers
from kandykit.requirements import registry
from kandykit.run import Run

PAGE_EXCHANGES = 50_000
"""Runs of more exchanges than this get a page and a HAR of their last ones; the journal holds them all."""

RECORD_ONLY = "KANDYKIT_RECORD_ONLY"


@dataclass(slots=True)
class Conclusion:
    """What a run came to: its statement, its exit status, where it lies, and what could not be made, and why."""

    statement: dict[str, Any]
    status: int
    folder: Path
    complaints: list[str] = field(default_factory=list)


def conclude(
    run: Run, items: Sequence[Item], waivers: Sequence[Waiver] = (), expected: Collection[str] = ()
) -> Conclusion:
    """Close a run and write what it leaves into its folder; ``expected`` are the ids of all collected tests."""
    run.close()
    judgement = run.judgement()
    statement = build_statement(judgement, replace(run.facts(), waivers=waivers), registry())
    folder = run.folder
    _write(folder / "statement.json", json.dumps(statement, indent=1, ensure_ascii=False) + "\n")
    made = Conclusion(statement, exit_status(statement), folder)
    _point_latest(folder)
    if not os.environ.get(RECORD_ONLY):
        _views(run, judgement, items, expected, made)
    return made


def waivers_of(path: str | None) -> tuple[Waiver, ...]:
    """The waivers of a file; raises `UsageError` for one that cannot be used."""
    return read_waivers(Path(path)) if path else ()


def _views(run: Run, judgement: Judgement, items: Sequence[Item], expected: Collection[str], made: Conclusion) -> None:
    folder, statement, binding = made.folder, made.statement, run.binding
    exchanges: list[Exchange] = []

    def read() -> None:
        exchanges.extend(read_journal(folder / "journal.jsonl").exchanges[-PAGE_EXCHANGES:])

    def allure() -> None:
        results = folder / "allure-results"
        write_results(results, statement, judgement, items, binding)
        built = build_report(results, folder / "allure-report", statement)
        if built.reason:
            made.complaints.append(f"no Allure report: {built.reason}")
        shown = built.shown if built.built else None
        made.complaints.extend(
            reconcile(items, statement, results, folder / "junit.xml", expected=expected, shown=shown)
        )

    views: tuple[tuple[str, Callable[[], object]], ...] = (
        ("the journal could not be read back", read),
        ("no failure scripts", lambda: write_failures(judgement, folder / "failures", binding)),
        ("no page", lambda: write_page(folder / "index.html", statement, judgement, binding, exchanges)),
        ("no junit.xml", lambda: write_junit(items, statement, folder / "junit.xml")),
        ("no traffic.har", lambda: write_har(exchanges, folder / "traffic.har")),
        ("no Allure results", allure),
    )
    for otherwise, view in views:
        try:
            view()
        except Exception as error:  # a view that fails must not cost the others
            made.complaints.append(f"{otherwise}: {type(error).__name__}: {error}")


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a statement that was cut by a full disk must not look like one."""
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _point_latest(folder: Path) -> None:
    latest = folder.parent / "latest"
    temporary = folder.parent / f".latest-{os.getpid()}"
    try:
        temporary.symlink_to(folder.name)
        temporary.replace(latest)
    except OSError:
        temporary.unlink(missing_ok=True)
