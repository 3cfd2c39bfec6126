"""The end of a run: the record first, then its views, then the exit status.

The statement is written before anything else is tried, so no view that fails can cost it. ``KANDYKIT_RECORD_ONLY=1``
leaves out all views but the failures' scripts; the proof, which makes hundreds of runs, sets it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from kandykit.binding import Binding
from kandykit.errors import UsageError
from kandykit.exchange import Exchange
from kandykit.gate.history import Night, key_of, nights, record
from kandykit.journal import read_journal
from kandykit.judgement import Judgement
from kandykit.rejudging import Rejudged, rejudge_journal
from kandykit.report.allure import write_results
from kandykit.report.allure_report import BuildOutcome, build_report
from kandykit.report.curl import write_failures
from kandykit.report.har import write_har
from kandykit.report.items import Item, items_of, never_played
from kandykit.report.junit import write_junit
from kandykit.report.lead import with_leads
from kandykit.report.page import write_page
from kandykit.report.reconcile import reconcile
from kandykit.report.statement import RunFacts, build_statement, exit_status
from kandykit.report.waivers import Waiver, read_waivers
from kandykit.requirements import registry
from kandykit.run import Run

PAGE_EXCHANGES = 50_000
"""Runs of more exchanges than this get a page and a HAR of their last ones; the journal holds them all."""

RECORD_ONLY = "KANDYKIT_RECORD_ONLY"

Views = tuple[tuple[str, Callable[[], object]], ...]
"""What is written, each with what is said where it could not be."""


@dataclass(slots=True)
class Conclusion:
    """What a run came to: its statement, its exit status, where it lies, and what could not be made, and why."""

    statement: dict[str, Any]
    status: int
    folder: Path
    complaints: list[str] = field(default_factory=list)


def conclude(
    run: Run,
    items: Sequence[Item],
    waivers: Sequence[Waiver] = (),
    expected: Collection[str] = (),
    history: Path | None = None,
) -> Conclusion:
    """Close a run and write what it leaves into its folder.

    ``expected`` are the ids of all collected tests; to a ``history`` the run is added, and its page shows the trend.
    """
    run.close(waivers)
    facts = replace(run.facts(), waivers=waivers)
    return write_outcome(run.folder, run.judgement(), facts, run.binding, items, expected, history)


def recover(folder: Path, how: str, waivers: Sequence[Waiver] = ()) -> Conclusion:
    """Make of a run's journal what its process did not live to make; ``how`` says how that ended.

    Raises `JournalError` where there is no journal that could be judged.
    """
    heard = rejudge_journal(folder / "journal.jsonl")
    recording = read_journal(folder / "journal.jsonl")
    items, expected = items_of([(mark.kind, mark.data) for mark in recording.marks], how)
    items += never_played(items, expected, how)
    left = "what the run made on the target may still be there: kandykit sweep removes it"
    residue = [*heard.facts.residue, *([left] if recording.exchanges else [])]
    facts = replace(heard.facts, waivers=waivers, kit_error=how, incomplete="", residue=residue)
    return write_outcome(folder, heard.judgement, facts, heard.binding, items, expected)


def write_outcome(
    folder: Path,
    judgement: Judgement,
    facts: RunFacts,
    binding: Binding,
    items: Sequence[Item] = (),
    expected: Collection[str] = (),
    history: Path | None = None,
) -> Conclusion:
    """Write the statement and all its views into a folder that holds the journal; the views, as far as possible."""
    statement = build_statement(judgement, facts, registry())
    _write(folder / "statement.json", json.dumps(statement, indent=1, ensure_ascii=False) + "\n")
    made = Conclusion(statement, exit_status(statement), folder)
    point_latest(folder)
    _views(made, judgement, binding, items, expected, _nights(made, history) if history else ())
    return made


def _nights(made: Conclusion, history: Path) -> list[Night]:
    """The nights up to this one, itself added; a history that cannot be used must not cost the run's own record."""
    digest = hashlib.sha256((made.folder / "statement.json").read_bytes()).hexdigest()
    try:
        record(history, made.statement, f"sha256:{digest}")
        return nights(history, key_of(made.statement))
    except UsageError as error:
        made.complaints.append(f"not in the history: {error}")
        return []


def conclude_again(again: Rejudged, folder: Path, *, latest: bool = True) -> Conclusion:
    """Write what judging recorded traffic again leaves; a page and scripts as a run's, but no test has run."""
    folder.mkdir(parents=True, exist_ok=True)
    statement = again.statement()
    _write(folder / "statement.json", json.dumps(statement, indent=1, ensure_ascii=False) + "\n")
    made = Conclusion(statement, exit_status(statement), folder)
    if latest:
        point_latest(folder)
    exchanges = again.exchanges[-PAGE_EXCHANGES:]
    told = with_leads(again.judgement, exchanges, again.binding)
    _try(
        (
            ("no failure scripts", lambda: write_failures(told, folder / "failures", again.binding)),
            ("no page", lambda: write_page(folder / "index.html", statement, told, again.binding, exchanges)),
            ("no traffic.har", lambda: write_har(exchanges, folder / "traffic.har")),
        ),
        made,
    )
    return made


def waivers_of(path: str | None) -> tuple[Waiver, ...]:
    """The waivers of a file; raises `UsageError` for one that cannot be used."""
    return read_waivers(Path(path)) if path else ()


def _views(
    made: Conclusion,
    judgement: Judgement,
    binding: Binding,
    items: Sequence[Item],
    expected: Collection[str],
    nights: Sequence[Night],
) -> None:
    folder, statement = made.folder, made.statement
    exchanges: list[Exchange] = []

    def read() -> None:
        exchanges.extend(read_journal(folder / "journal.jsonl").exchanges[-PAGE_EXCHANGES:])

    @cache
    def told() -> Judgement:
        return with_leads(judgement, exchanges, binding)

    results = folder / "allure-results"
    building: list[Future[BuildOutcome]] = []

    def raw_allure() -> None:
        write_results(results, statement, told(), items, binding)
        building.append(beside.submit(build_report, results, folder / "allure-report", statement))

    def allure() -> None:
        if not building:
            return
        built = building[0].result()
        if built.reason:
            made.complaints.append(f"no Allure report: {built.reason}")
        shown = built.shown if built.built else None
        made.complaints.extend(
            reconcile(items, statement, results, folder / "junit.xml", expected=expected, shown=shown)
        )

    views: Views = (
        ("the journal could not be read back", read),
        ("no failure scripts", lambda: write_failures(told(), folder / "failures", binding)),
        ("no Allure results", raw_allure),
        ("no page", lambda: write_page(folder / "index.html", statement, told(), binding, exchanges, nights)),
        ("no junit.xml", lambda: write_junit(items, statement, folder / "junit.xml")),
        ("no traffic.har", lambda: write_har(exchanges, folder / "traffic.har")),
        ("no Allure report", allure),
    )
    # Node builds the Allure report in a process of its own, while everything else is written.
    with ThreadPoolExecutor(1) as beside:
        _try(views[:2] if os.environ.get(RECORD_ONLY) else views, made)


def _try(views: Views, made: Conclusion) -> None:
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


def point_latest(folder: Path) -> None:
    """Let ``latest`` beside a run's folder lead to it; a file system without links goes without."""
    latest = folder.parent / "latest"
    temporary = folder.parent / f".latest-{os.getpid()}"
    try:
        temporary.symlink_to(folder.name)
        temporary.replace(latest)
    except OSError:
        temporary.unlink(missing_ok=True)
