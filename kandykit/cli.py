"""The command line: a table of commands, each of which is a module below `kandykit/commands/`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from kandykit import __version__
from kandykit.errors import KandykitError

COMMANDS: Final = (
    "init",
    "doctor",
    "plan",
    "run",
    "sweep",
    "mock",
    "faults",
    "judge",
    "replay",
    "gate",
    "package",
    "verify",
)
"""Every command, in the order in which help lists them; the module of the same name holds it as ``command``."""


class Commands(click.Group):
    """Loads a command's module only when it is asked for, so that no command pays for another's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """The command of this name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"kandykit.commands.{cmd_name}").command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kandykit")
def cli() -> None:
    """Learn, with evidence, whether an endpoint keeps the Kandy WebRTC provisioning contract."""


def main() -> None:
    """The entry point; whatever the kit has to complain of is one clear message and its exit status."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        # Ctrl-C, or a question to which no input was left: a pipeline would see nothing but a number.
        click.echo("\nkandykit: stopped at a question or by Ctrl-C; nothing more was done", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KandykitError as error:
        click.echo(f"kandykit: {error}", err=True)
        sys.exit(error.exit_code)
