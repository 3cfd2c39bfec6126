"""``kandykit replay``: make one failure's calls again."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", metavar="FILE", help="Where to make them, and as whom (TOML).")
@click.option("--yes", is_flag=True, help="Allow writes to a target that is not on this machine.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="Where the journal's folder is made.")
def command(file: Path, profile: str | None, yes: bool, out: str) -> None:
    """Make the calls of one failure again (failures/ID.json of a run), and say whether it is still there.

    Without a profile the record's own target is called, KANDY_BASE_URL and KANDY_TOKEN_URL go before it, and the
    credentials come from KANDY_CLIENT_ID and KANDY_CLIENT_SECRET (with _2 at the end for a second account).

    Exit status: 1 still there, 0 gone, 2 could not tell.
    """
    from kandykit.binding import Binding
    from kandykit.replaying import profile_for, read_failure, replay, told
    from kandykit.report.legible import legible

    failure = read_failure(file)
    used = profile_for(failure, profile)
    made = replay(failure, used, out=Path(out), yes=yes)
    binding = Binding(used.target.base_url, used.target.token_url, used.binding)
    click.echo("\n".join(legible(line, 2000) for line in told(failure, made, binding)))
    sys.exit(int(made.said))
