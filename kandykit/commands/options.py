"""Options that more than one command takes, with one wording for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kandykit.depth import DEPTHS

_RUN = (
    click.option("--profile", metavar="FILE", help="What is to be tested, as whom, at what price (TOML)."),
    click.option("--base-url", metavar="URL", help="Instead of a profile: the API's base URL."),
    click.option("--token-url", metavar="URL", help="Instead of a profile: the token endpoint's URL."),
    click.option("--client-id", metavar="ID", help="Instead of a profile: the account's client id."),
    click.option("--client-secret-env", metavar="NAME", help="The environment variable that holds the client secret."),
    click.option("--suite", multiple=True, metavar="NAME", help="Only this suite; may be given again."),
    click.option(
        "--depth", type=click.Choice(list(DEPTHS)), default="standard", show_default=True, help="How deep to look."
    ),
    click.option("--time-budget", type=float, metavar="SECONDS", help="Start no further sequence after this long."),
    click.option("--seed", type=int, default=0, show_default=True, help="Draws the same sequences again."),
    click.option("--read-only", is_flag=True, help="Send only reads and token calls."),
)


def of_a_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all that makes one run what it is: its target, its suites, how deep and how long it looks."""
    for option in reversed(_RUN):
        command = option(command)
    return command
