"""``kandykit doctor``: check a profile against its target with reads only."""

from __future__ import annotations

import sys

import click


@click.command("doctor")
@click.option("--profile", metavar="FILE", default="kandykit.toml", show_default=True, help="The profile to check.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="Where its journal is kept.")
def command(profile: str, out: str) -> None:
    """Check a profile against its target: a token for each account and a few reads, nothing that writes.

    Each line says what was met for one key of the profile, and what to do about it. Exit status: 0 fine, 2 the profile
    is wrong, 3 the target is out of reach.
    """
    from kandykit.doctor.speaking import examine

    sys.exit(examine(profile, out))
