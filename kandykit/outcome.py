"""The end of a run: the statement, its views, and the exit status."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kandykit.journal import read_journal
from kandykit.report.har import write_har
from kandykit.report.junit import Item, write_junit
from kandykit.report.page import write_page
from kandykit.report.statement import build_statement, exit_status
from kandykit.report.waivers import read_waivers
from kandykit.requirements import registry
from kandykit.run import Run

PAGE_EXCHANGES = 50_000
"""Runs of more exchanges than this get a page and a HAR of their last ones; the journal holds them all."""


def conclude(run: Run, items: Sequence[Item], waivers: str | None) -> tuple[dict[str, Any], int]:
    """Close a run and write ``statement.json`` and its views into the run's folder; returns both verdicts."""
    run.close()
    if not run.opened:
        return {}, 3
    judgement = run.judgement()
    facts = run.facts()
    if waivers:
        facts = replace(facts, waivers=read_waivers(Path(waivers)))
    statement = build_statement(judgement, facts, registry())
    folder = run.folder
    _write(folder / "statement.json", json.dumps(statement, indent=1, ensure_ascii=False) + "\n")
    exchanges = read_journal(folder / "journal.jsonl").exchanges[-PAGE_EXCHANGES:]
    write_page(folder / "index.html", statement, judgement, run.binding, exchanges)
    write_junit(items, statement, folder / "junit.xml")
    write_har(exchanges, folder / "traffic.har")
    _point_latest(folder)
    return statement, exit_status(statement)


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
