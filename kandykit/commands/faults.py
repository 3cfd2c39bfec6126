"""``kandykit faults``: prove the kit against both catalogues."""

from __future__ import annotations

import signal
import sys
from typing import Any

import click

from kandykit.depth import DEPTHS


@click.command("faults")
@click.option("--list", "listing", is_flag=True, help="Name every fault and legal oddity, and run nothing.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Only this fault, or all; may be given again.")
@click.option("--legal", "legals", multiple=True, metavar="NAME", help="Only this oddity, or all; may be given again.")
@click.option("--sample", type=int, metavar="N", help="Only N entries; which ones changes with the day.")
@click.option("--part", metavar="N/M", help="Only the Nth of M parts that together are all, for M machines.")
@click.option("--seeds", default="0", metavar="A,B", show_default=True, help="Run each entry with each of these seeds.")
@click.option("--jobs", type=int, default=0, metavar="N", help="So many runs at a time (default: one per core).")
@click.option("--depth", type=click.Choice(list(DEPTHS)), help="Instead of the lowest depth that must catch each one.")
@click.option("--dialect", default="", metavar="NAME", help="Let the mock speak as this stranger.")
@click.option(
    "--until-fail", is_flag=True, help="Stop each run at its first failure; look for races with their suite alone."
)
@click.option("--time-budget", type=float, metavar="SECONDS", help="Begin no further run after so long.")
@click.option("--resume", is_flag=True, help="Keep what the matrix in --out has found right, and run the rest.")
@click.option("--out", metavar="DIR", default="reports/faults", show_default=True, help="Where the matrix is written.")
def command(**options: Any) -> None:
    """Prove that the kit finds faults and accuses nobody: every entry of the mock's catalogues against the suites.

    A run that came out right keeps its statement and its failures, not its journal of up to 300 MB.

    Exit status: 0 all were right, 1 a fault survived, was named wrongly, or a correct server was accused. A correct
    server that a run could neither accuse nor clear is told, and no reason to fail.
    """
    from kandykit.proving import proving

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(proving(**options))
