"""``kandykit package``: seal a complete run."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from kandykit.errors import UsageError


@click.command("package")
@click.argument("folder", metavar="DIR")
@click.option("--key", metavar="FILE", required=True, help="The Ed25519 private key that signs it (PEM).")
@click.option("--passphrase-env", metavar="NAME", help="The variable that holds the key's passphrase, if it has one.")
@click.option(
    "--valid-for", type=click.IntRange(min=1, max=36_500), default=90, show_default=True, metavar="DAYS",
    help="After this many days it is no longer sound.",
)  # fmt: skip
@click.option("--inconclusive", is_flag=True, help="Seal a run that could not decide every MUST, as not passed.")
@click.option("--out", metavar="FILE", help="Where it is written (default: RUN.kandykit.tar in the run's folder).")
def command(
    folder: str, key: str, passphrase_env: str | None, valid_for: int, inconclusive: bool, out: str | None
) -> None:
    """Seal a complete run: statement, page, journal and the hashes of everything, signed, in one file.

    Exit status: 0 sealed, 2 the run is not complete, or the key cannot be used; every reason is given.
    """
    from kandykit.rejudging import rejudge
    from kandykit.seal.keys import signing_key
    from kandykit.seal.package import SUFFIX, package

    passphrase = os.environ.get(passphrase_env) if passphrase_env else None
    if passphrase_env and not passphrase:
        raise UsageError(f"--passphrase-env {passphrase_env}: this environment variable is not set. Export it.")
    signer = signing_key(Path(key), passphrase)
    now = datetime.now(UTC).replace(microsecond=0)
    made = package(
        Path(folder), signer, now=now, valid=timedelta(days=valid_for), rejudge=rejudge, inconclusive=inconclusive
    )
    path = Path(out) if out else Path(folder) / f"{made.statement['run']['id']}{SUFFIX}"
    _write(path, made.octets)
    click.echo(
        f"sealed: {path}\n"
        f"  {made.statement['target'].get('name', '')}: {made.statement['verdict'].replace('_', ' ')}\n"
        f"  {len(made.members)} members, {len(made.octets):,} octets, sound until {made.expires:%Y-%m-%d %H:%M} UTC\n"
        f"  key {signer.public_key.keyid}"
    )


def _write(path: Path, octets: bytes) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(octets)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written ({error.strerror}). Give another file with --out.") from None
