"""Checking a package offline: what it says, and every reason not to believe it."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from securesystemslib.signer import SSlibKey

from kandykit.errors import KandykitError, UsageError
from kandykit.gate.statements import parse_statement
from kandykit.seal.archive import Unsound, unpack
from kandykit.seal.attestation import digest_of, disagreements, subjects_of, times_of
from kandykit.seal.completeness import NEEDED, incomplete, journal_complaints
from kandykit.seal.envelope import opened
from kandykit.seal.package import ENVELOPE, JOURNAL, Rejudge
from kandykit.seal.rehearing import disagreements_of_verdict

CLOCKS_APART: Final = timedelta(hours=1)
"""So far two machines' clocks may be apart."""


@dataclass(slots=True)
class Finding:
    """What a package turned out to be: sound where ``complaints`` is empty.

    ``statement`` and ``attested`` are None where it could not be read as far as them.
    """

    complaints: list[str] = field(default_factory=list)
    members: tuple[str, ...] = ()
    attested: Mapping[str, Any] | None = None
    statement: Mapping[str, Any] | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.complaints


def verify(octets: bytes, key: SSlibKey, *, now: datetime, rejudge: Rejudge) -> Finding:
    """Check a package: its form, its signature, every hash, its expiry, and its journal, judged again.

    Nothing that was not signed is read, and nothing is sent.
    """
    found = Finding()
    try:
        members = unpack(octets, ENVELOPE)
        attested = opened(members.pop(ENVELOPE), key)
        found.members = tuple(sorted(members))
        found.complaints += _contents(members, subjects_of(attested))
        sealed, expires = times_of(attested)
    except Unsound as error:
        found.complaints.append(str(error))
        return found
    found.attested = attested
    if now > expires:
        found.complaints.append(f"it expired on {expires:%Y-%m-%d at %H:%M} UTC")
    if now < sealed - CLOCKS_APART:
        found.complaints.append(f"it was sealed in the future, on {sealed:%Y-%m-%d at %H:%M} UTC")
    if not found.complaints:
        try:
            found.complaints += _judged_again(members, found, rejudge)
        except Unsound as error:
            found.complaints.append(str(error))
    return found


def _contents(members: Mapping[str, bytes], subjects: Mapping[str, str]) -> Iterator[str]:
    """Every member that is missing, was added, or is not what was sealed."""
    for name in sorted(subjects.keys() - members.keys()):
        yield f"{name} is missing"
    for name in sorted(members.keys() - subjects.keys()):
        yield f"{name} was not sealed"
    for name in sorted(members.keys() & subjects.keys()):
        if digest_of(members[name])["sha256"] != subjects[name]:
            yield f"{name} is not what was sealed: its hash differs"


def _judged_again(members: Mapping[str, bytes], found: Finding, rejudge: Rejudge) -> Iterator[str]:
    assert found.attested is not None
    needed = {*NEEDED, JOURNAL} - {"journal.jsonl"}
    if lacking := sorted(needed - members.keys()):
        raise Unsound(f"{', '.join(lacking)} was never sealed, so the package is not complete")
    try:
        statement = parse_statement(members["statement.json"], "statement.json")
        journal = gzip.decompress(members[JOURNAL])
    except UsageError as error:
        raise Unsound(str(error)) from None
    except (OSError, EOFError, zlib.error):
        raise Unsound(f"{JOURNAL} cannot be unpacked") from None
    found.statement = statement
    yield from disagreements(found.attested, statement)
    # Which suites there were is for the kit that sealed it to know: a later one may have more.
    yield from incomplete(statement, inconclusive=True, suites=())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        path.write_bytes(journal)
        complaints = list(journal_complaints(path, statement))
        if not complaints:
            try:
                complaints = disagreements_of_verdict(statement, rejudge(path))
            except KandykitError as error:
                complaints = [f"the journal cannot be judged again: {error}"]
    yield from (complaint.replace(f"{folder}/", "") for complaint in complaints)
