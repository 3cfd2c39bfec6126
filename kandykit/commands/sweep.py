"""``kandykit sweep``: remove what earlier runs left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("sweep")
@click.option("--profile", "profile_file", metavar="FILE", help="Only this target's runs, reached as this file says.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="Where the runs' folders are.")
def command(profile_file: str | None, out: str) -> None:
    """Remove what earlier runs left behind, from their journals alone.

    Own subscribers are deleted, total goes back by what the runs ordered, nothing else is touched; what cannot be
    removed is named. Sweeping again does no harm.

    Exit status: 0 all is clean, 5 something is left, 2 wrong usage, or a journal that could not be swept.
    """
    from kandykit.profile import load_profile
    from kandykit.sweep import sweep

    swept = sweep(Path(out), load_profile(profile_file) if profile_file else None)
    for text in swept.done:
        click.echo(text)
    for text in swept.residue:
        click.echo(f"left behind: {text}")
    for text in (*swept.foreign, *swept.complaints):
        click.echo(f"kandykit: {text}", err=True)
    if not (swept.done or swept.residue or swept.foreign or swept.complaints):
        click.echo(f"nothing to sweep below {out}")
    sys.exit(swept.status)
