"""``kandykit verify``: check a package offline."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from kandykit.errors import UsageError


@click.command("verify")
@click.argument("file", metavar="FILE")
@click.option("--public-key", metavar="FILE", required=True, help="The signer's Ed25519 public key (PEM).")
def command(file: str, public_key: str) -> None:
    """Check a package offline: its form, signature, hashes and expiry, and its journal, judged again.

    Exit status: 0 sound, 1 not sound; 2 a file that cannot be read, or no public key.
    """
    from kandykit.rejudging import rejudge
    from kandykit.report.legible import one_line
    from kandykit.seal.keys import public_key as read_key
    from kandykit.seal.verification import verify

    key = read_key(Path(public_key))
    try:
        octets = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}). Give a package.") from None
    found = verify(octets, key, now=datetime.now(UTC), rejudge=rejudge)
    if not found.sound:
        click.echo(f"not sound: {file}")
        for complaint in found.complaints:
            click.echo(f"  - {one_line(complaint)}")
        sys.exit(1)
    assert found.attested is not None
    assert found.statement is not None
    own = found.attested["predicate"]["kandykit"]
    click.echo(
        f"sound: {file}\n"
        f"  {one_line(own['target']['name'])}: {own['verdict'].replace('_', ' ')}\n"
        f"  {one_line(found.statement.get('why', ''))}\n"
        f"  run {own['run']['id']}, sealed {own['sealed']}, until {own['expires']}, key {key.keyid}\n"
        f"  {len(found.members)} members, every hash as sealed; the journal, judged again, says the same"
    )
