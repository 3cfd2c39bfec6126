"""The command line: ``kandykit run`` and ``kandykit mock``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kandykit import __version__
from kandykit.depth import DEPTHS
from kandykit.errors import KandykitError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kandykit")
def cli() -> None:
    """Learn, with evidence, whether an endpoint keeps the Kandy WebRTC provisioning contract."""


@cli.command("run")
@click.option("--profile", metavar="FILE", help="What is to be tested, as whom, at what price (TOML).")
@click.option("--base-url", metavar="URL", help="Instead of a profile: the API's base URL.")
@click.option("--token-url", metavar="URL", help="Instead of a profile: the token endpoint's URL.")
@click.option("--client-id", metavar="ID", help="Instead of a profile: the account's client id.")
@click.option("--client-secret-env", metavar="NAME", help="The environment variable that holds the client secret.")
@click.option("--suite", multiple=True, metavar="NAME", help="Only this suite; may be given again.")
@click.option(
    "--depth", type=click.Choice(list(DEPTHS)), default="standard", show_default=True, help="How deep to look."
)
@click.option("--time-budget", type=float, metavar="SECONDS", help="Start no further sequence after this long.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the same sequences again.")
@click.option("--until-fail", is_flag=True, help="Stop at the first failure that stands.")
@click.option("--read-only", is_flag=True, help="Send only reads and token calls.")
@click.option("--yes", is_flag=True, help="Allow writes to a target that is not on this machine.")
@click.option("--waivers", metavar="FILE", help="Failures that somebody answers for (TOML).")
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="Where the run's folder is made.")
def run_command(**options: Any) -> None:
    """Judge a target; without one, the embedded mock is started and judged.

    Exit status: 0 conformant, 1 not conformant, 2 wrong usage or profile, 3 inconclusive, 4 the kit failed,
    5 conformant but something was left behind, 130 interrupted.
    """
    from kandykit.conduct import conduct

    sys.exit(conduct(options))


@cli.command("mock", context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def mock_command(arguments: tuple[str, ...]) -> None:
    """Serve the mock: --host --port --fault NAME --legal NAME --token-life S --limit N --quota N."""
    from kandykit.mock.server import main as serve

    sys.exit(serve(list(arguments)))


@cli.command("faults")
@click.option("--list", "listing", is_flag=True, help="Name every fault and legal oddity, and run nothing.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Only this fault, or all; may be given again.")
@click.option("--legal", "legals", multiple=True, metavar="NAME", help="Only this oddity, or all; may be given again.")
@click.option("--sample", type=int, metavar="N", help="Only N entries; which ones changes with the day.")
@click.option("--seeds", default="0", metavar="A,B", show_default=True, help="Run each entry with each of these seeds.")
@click.option("--jobs", type=int, default=0, metavar="N", help="So many runs at a time (default: one per core).")
@click.option("--depth", type=click.Choice(list(DEPTHS)), help="Instead of the lowest depth that must catch each one.")
@click.option("--until-fail", is_flag=True, help="Stop each run at its first failure.")
@click.option("--out", metavar="DIR", default="reports/faults", show_default=True, help="Where the matrix is written.")
def faults_command(**options: Any) -> None:
    """Prove that the kit finds faults and accuses nobody: every entry of the mock's catalogues against the suites.

    Exit status: 0 all were right, 1 a fault survived, was named wrongly, or a correct server was accused.
    """
    from kandykit.proving import proving

    sys.exit(proving(**options))


def main() -> None:
    """The entry point; whatever the kit has to complain of is one clear message and its exit status."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KandykitError as error:
        click.echo(f"kandykit: {error}", err=True)
        sys.exit(error.exit_code)


def carried(name: str) -> Path:
    """A folder that the kit carries, ``suites`` or ``specs``: beside the package in a source tree, inside a wheel."""
    here = Path(__file__).resolve().parent
    beside = here.parent / name
    return beside if beside.is_dir() and (here.parent / "pyproject.toml").is_file() else here / "_carried" / name
