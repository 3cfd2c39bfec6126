"""``kandykit mock``: serve the mock."""

from __future__ import annotations

import sys

import click


@click.command(
    "mock", context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Serve the mock: --host --port --fault NAME --legal NAME --token-life S --limit N --quota N."""
    from kandykit.mock.server import main as serve

    sys.exit(serve(list(arguments)))
