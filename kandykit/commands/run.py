"""``kandykit run``: judge a target."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kandykit.commands.options import of_a_run


@click.command("run")
@of_a_run
@click.option("--until-fail", is_flag=True, help="Stop at the first failure that stands.")
@click.option("--yes", is_flag=True, help="Allow writes to a target that is not on this machine.")
@click.option("--approve", metavar="HASH", help="Start only if the plan still has this hash; allows its writes.")
@click.option("--waivers", metavar="FILE", help="Failures that somebody answers for (TOML).")
@click.option("--history", metavar="FILE", help="Add the run to this history, and show the trend in its page (SQLite).")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="Where the run's folder is made.")
def command(**options: Any) -> None:
    """Judge a target; without one, the embedded mock is started and judged.

    Exit status: 0 conformant, 1 not conformant, 2 wrong usage or profile, 3 inconclusive, 4 the kit failed,
    5 conformant but something was left behind, 130 interrupted.
    """
    from kandykit.interrupt import heed_between_calls
    from kandykit.watch import watched

    def recover(folder: Path | None, how: str) -> int:
        from kandykit.conduct import recovered

        return recovered(folder, how, options["waivers"])

    heed_between_calls()
    opening = watched(recover)
    from kandykit.conduct import conduct

    sys.exit(conduct(options, opening))
