"""From the folder of a run to a package, or to the reasons why it cannot be one."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from securesystemslib.signer import CryptoSigner

from kandykit.errors import UsageError
from kandykit.gate.statements import parse_statement
from kandykit.seal.archive import pack
from kandykit.seal.attestation import attestation
from kandykit.seal.completeness import incomplete, journal_complaints, missing_files
from kandykit.seal.envelope import sealed
from kandykit.seal.rehearing import disagreements_of_verdict

ENVELOPE: Final = "attestation.intoto.jsonl"
JOURNAL: Final = "journal.jsonl.gz"
SUFFIX: Final = ".kandykit.tar"
"""How the file name of a package ends."""

_PACKED: Final = ("statement.json", "index.html", "junit.xml")

Rejudge = Callable[[Path], Mapping[str, Any]]
"""From a journal's path to the statement that its exchanges deserve."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was made: its octets, the statement that it seals, and when it expires."""

    octets: bytes
    statement: Mapping[str, Any]
    expires: datetime
    members: tuple[str, ...]


def package(
    folder: Path,
    signer: CryptoSigner,
    *,
    now: datetime,
    valid: timedelta,
    rejudge: Rejudge,
    inconclusive: bool = False,
) -> Package:
    """Seal the run in a folder; raises `UsageError` with every reason where it is not complete.

    What is packed: the statement, the page, the JUnit file, the journal, and what shows each failure again. Views that
    can be made again, such as Allure's and the HAR file, are named with their digests.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder. Give the folder of a run, such as reports/latest.")
    if complaints := missing_files(folder):
        raise _refusal(folder, complaints)
    statement = parse_statement((folder / "statement.json").read_bytes(), str(folder / "statement.json"))
    journal = folder / "journal.jsonl"
    complaints = [*incomplete(statement, inconclusive=inconclusive), *journal_complaints(journal, statement)]
    if not complaints:
        complaints = disagreements_of_verdict(statement, rejudge(journal))
    if complaints:
        raise _refusal(folder, complaints)
    members = dict(_members(folder))
    attested = attestation(statement, members, dict(_left_out(folder, members)), now, now + valid)
    octets = pack({**members, ENVELOPE: sealed(attested, signer)}, ENVELOPE)
    return Package(octets, statement, now + valid, tuple(sorted(members)))


def _refusal(folder: Path, complaints: list[str]) -> UsageError:
    listed = "".join(f"\n  - {complaint}" for complaint in complaints)
    return UsageError(f"{folder}: this run is not complete, so it is not sealed:{listed}")


def _members(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in _PACKED:
        if (folder / name).is_file():
            yield name, (folder / name).read_bytes()
    # The same journal makes the same octets: no name and no time goes in.
    yield JOURNAL, gzip.compress((folder / "journal.jsonl").read_bytes(), 6, mtime=0)
    for path in _files(folder):
        if path.parent == folder / "failures":
            yield f"failures/{path.name}", path.read_bytes()


def _left_out(folder: Path, members: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in members and name != "journal.jsonl" and not name.endswith(SUFFIX):
            with path.open("rb") as file:
                yield name, hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
