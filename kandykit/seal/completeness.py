"""Whether a run is complete: only what came to its end, with all that shows it, can be sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kandykit.errors import KandykitError
from kandykit.journal import Recording, read_journal
from kandykit.plugin import SUITES

NEEDED: Final = ("statement.json", "journal.jsonl", "index.html")
"""What a package holds of every run, whatever else it holds."""


def missing_files(folder: Path) -> list[str]:
    """What is not there, or empty."""
    return [
        f"{name} is {'empty' if (folder / name).is_file() else 'missing'}"
        for name in NEEDED
        if not (folder / name).is_file() or not (folder / name).stat().st_size
    ]


def incomplete(
    statement: Mapping[str, Any], *, inconclusive: bool = False, suites: Sequence[str] = SUITES
) -> Iterator[str]:
    """Why a run is not complete by its own statement.

    ``inconclusive`` lets one pass that could not decide a MUST; ``suites`` are those that it has to have run.
    """
    run = statement["run"]
    if run.get("interrupted"):
        yield "the run was interrupted"
    if run.get("target_down"):
        yield f"the target could not be tested: {run['target_down']}"
    if run.get("kit_error"):
        yield f"the kit failed: {run['kit_error']}"
    if run.get("incomplete"):
        yield f"not all of it was judged: {run['incomplete']}"
    not_run = [suite for suite in suites if suite not in run.get("suites", ())]
    if not_run:
        yield f"of its suites {', '.join(not_run)} {'was' if len(not_run) == 1 else 'were'} not run"
    if statement["verdict"] == "inconclusive" and not inconclusive:
        open_rows = [
            row["id"]
            for row in statement["requirements"]
            if row["verdict"] == "inconclusive" and row.get("level", "must") == "must"
        ]
        named = f": {', '.join(open_rows)} could not be decided" if open_rows else ""
        yield f"its verdict is inconclusive{named} (--inconclusive seals it all the same, as not passed)"


def journal_complaints(journal: Path, statement: Mapping[str, Any]) -> Iterator[str]:
    """Why a journal is not the whole of the run that a statement speaks of."""
    try:
        recording = read_journal(journal)
    except KandykitError as error:
        yield str(error).rstrip(".")
        return
    yield from _recorded(recording, statement)


def _recorded(recording: Recording, statement: Mapping[str, Any]) -> Iterator[str]:
    run = statement["run"]
    if recording.header.get("run") != run["id"]:
        yield f"the journal is of run {recording.header.get('run')}, and the statement of run {run['id']}"
    if recording.truncated:
        yield "the journal's last line was cut off"
    if recording.unanswered:
        yield f"the journal holds {len(recording.unanswered)} calls of which it never learnt the outcome"
    if isinstance(run.get("calls"), int) and run["calls"] != len(recording.exchanges):
        yield f"the journal holds {len(recording.exchanges)} calls, and the statement speaks of {run['calls']}"
