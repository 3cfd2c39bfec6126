"""``kandykit judge``: judge recorded traffic again; nothing is sent."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("judge")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", metavar="FILE", help="Judge by this profile's readings, binding and OpenAPI document.")
@click.option("--out", metavar="DIR", help="Where the folder with the statement is made (default: reports).")
def command(file: Path, profile: str | None, out: str | None) -> None:
    """Judge recorded traffic by today's rules: a run's journal.jsonl, or a HAR file of anybody's traffic.

    Nothing is sent, and no secret is needed. A journal gives the statement that its run gave; other traffic is judged
    as far as it carries.

    Exit status: as of `kandykit run`: 0 conformant, 1 not conformant, 2 no file that can be judged, 3 inconclusive.
    """
    from kandykit.errors import JournalError, UsageError
    from kandykit.outcome import conclude_again
    from kandykit.plugin import show
    from kandykit.profile import load_profile
    from kandykit.rejudging import rejudge_file

    declared = load_profile(profile, secrets=False) if profile else None
    try:
        again = rejudge_file(file, declared)
    except JournalError as error:
        raise UsageError(str(error)) from error
    made = conclude_again(again, Path(out or "reports") / f"{again.facts.run_id}-judged", latest=out is not None)
    show(made)
    sys.exit(made.status)
