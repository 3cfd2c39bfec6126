"""``kandykit gate``: what is new since the baseline."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from kandykit.errors import UsageError


@click.command("gate")
@click.argument("statement", metavar="STATEMENT")
@click.option("--baseline", metavar="FILE", required=True, help="The statement that this one is compared with.")
@click.option("--waivers", metavar="FILE", help="Failures that somebody answers for, instead of the run's own (TOML).")
@click.option("--summary", metavar="FILE", help="Write what was found as Markdown, for the page of a CI job.")
@click.option("--history", metavar="FILE", help="Add the run to this history (SQLite), and show its last nights.")
def command(statement: str, baseline: str, waivers: str | None, summary: str | None, history: str | None) -> None:
    """Compare a run's statement with a baseline: the nightly gate.

    The Markdown is also appended to $GITHUB_STEP_SUMMARY where that is set.

    Exit status: 0 nothing new; 1 new failures, a header that announces a change, or a contract document that breaks its
    callers; 6 checks no longer executed; 7 a waiver that is expired or stale; 2 wrong usage. Where several hold, 1 goes
    before 6 and 6 before 7; all of them are told.
    """
    from kandykit.gate.comparison import compare
    from kandykit.gate.history import key_of, nights, record
    from kandykit.gate.statements import read_statement
    from kandykit.gate.summary import as_markdown, as_text
    from kandykit.gate.waiving import waived_again, waivers_in
    from kandykit.report.waivers import read_waivers

    before, current = read_statement(Path(baseline)), read_statement(Path(statement))
    listed = read_waivers(Path(waivers)) if waivers else waivers_in(current.statement)
    now = waived_again(current.statement, listed, datetime.now(UTC).date())
    found = compare(before.statement, now)
    shown, unkept = [], None
    if history:
        try:
            record(Path(history), current.statement, current.digest)
            shown = nights(Path(history), key_of(current.statement))
        except UsageError as error:
            unkept = error  # a history that cannot be used must not cost what the gate has to say
    click.echo(as_text(found, now, shown), nl=False)
    report = as_markdown(found, now, shown)
    if summary:
        _write(Path(summary), report, append=False)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        _write(Path(page), report, append=True)
    if unkept:
        raise unkept
    sys.exit(found.status)


def _write(path: Path, text: str, *, append: bool) -> None:
    try:
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}: the summary cannot be written ({error.strerror}). Give another file.") from None
