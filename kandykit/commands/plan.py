"""``kandykit plan``: what a run would send, and could cost."""

from __future__ import annotations

import sys
from typing import Any

import click

from kandykit.commands.options import of_a_run


@click.command("plan")
@of_a_run
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="The plan is kept in DIR/plans.")
def command(**options: Any) -> None:
    """Say what a run with these options would send, create and cost, and what it would not test; sends nothing.

    The run is rehearsed on a mock of the kit's own, under the profile's budget, so this takes as long as a run against
    a fast target. The hash at the end is what `kandykit run --approve` takes.
    """
    from kandykit.planning import planning

    sys.exit(planning(**options))
