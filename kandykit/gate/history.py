"""The history: every night of every target in one SQLite file.

A row per run and one per requirement of it, under a key of target, profile and contract, so that the trend of one
target is never mixed with another's, nor with its own under another contract. A run is written once and never changed;
writing it again does nothing, so that whoever is not sure may do so.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kandykit.errors import UsageError
from kandykit.verdict import Verdict

VERSION: Final = 1
APPLICATION: Final = 0x4B616E64
"""SQLite's mark for "this file is ours": "Kand" in ASCII."""

_PATIENCE_S: Final = 30.0
_TABLES: Final = """
CREATE TABLE runs (
    run TEXT PRIMARY KEY,       -- the run's id
    key TEXT NOT NULL,          -- target, profile and contract, as JSON
    started TEXT NOT NULL,      -- RFC 3339, UTC
    verdict TEXT NOT NULL,
    kit TEXT NOT NULL,          -- the version that judged it
    depth TEXT NOT NULL,
    seconds REAL NOT NULL,
    calls INTEGER NOT NULL,
    statement TEXT NOT NULL     -- the digest of its statement.json
) STRICT;
CREATE TABLE requirements (
    run TEXT NOT NULL REFERENCES runs (run),
    place INTEGER NOT NULL,     -- where it stands in the statement
    id TEXT NOT NULL,
    level TEXT NOT NULL,
    verdict TEXT NOT NULL,
    checked INTEGER NOT NULL,
    findings TEXT NOT NULL,     -- the ids of its findings, as a JSON list
    PRIMARY KEY (run, id)
) STRICT;
CREATE INDEX runs_by_key ON runs (key, started);
"""


@dataclass(frozen=True, slots=True)
class Night:
    """One run in the history; ``verdicts`` and ``checked`` are by requirement id, in the statement's order."""

    run: str
    started: str
    verdict: str
    kit: str
    depth: str
    calls: int
    verdicts: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many requirements have each verdict, those without one included."""
        counted = Counter(self.verdicts.values())
        return {word.value: counted[word.value] for word in Verdict}


def key_of(statement: Mapping[str, Any]) -> str:
    """What a night belongs to: the target, the profile, and the contract document."""
    target = statement["target"]
    parts = [str(target.get("name") or target["base_url"]), target["profile"], statement["kit"]["contract"]]
    return json.dumps(parts, ensure_ascii=False)


def record(path: Path, statement: Mapping[str, Any], digest: str) -> bool:
    """Add a run to the history, made if it is not there; False where the run is in it already.

    ``digest`` is that of its statement's file. Raises `UsageError` where the file is no history, is damaged, or has
    another statement under the same run: the file is then left as it was.
    """
    run = statement["run"]
    with _opened(path) as base:
        known = base.execute("SELECT statement FROM runs WHERE run = ?", (run["id"],)).fetchone()
        if known is not None:
            if known[0] != digest:
                raise UsageError(
                    f"{path}: run {run['id']} is in the history with another statement ({known[0]}, not {digest}). "
                    "A statement that was changed after its run is no evidence; give the one that the run wrote."
                )
            return False
        base.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run["id"],
                key_of(statement),
                run["started"],
                statement["verdict"],
                str(statement["kit"].get("version", "")),
                str(run.get("depth", "")),
                float(run.get("seconds") or 0),
                int(run.get("calls") or 0),
                digest,
            ),
        )
        base.executemany(
            "INSERT INTO requirements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    run["id"],
                    place,
                    row["id"],
                    str(row.get("level", "")),
                    row["verdict"],
                    row["checked"],
                    json.dumps([finding["id"] for finding in row.get("findings", [])]),
                )
                for place, row in enumerate(statement["requirements"])
            ],
        )
    return True


def nights(path: Path, key: str, most: int = 400) -> list[Night]:
    """The latest nights under a key, the oldest first; raises `UsageError` where the file is no history or damaged."""
    with _opened(path) as base:
        found = base.execute(
            "SELECT run, started, verdict, kit, depth, calls FROM runs WHERE key = ? ORDER BY started DESC LIMIT ?",
            (key, most),
        ).fetchall()
        listed = []
        for run, started, verdict, kit, depth, calls in reversed(found):
            rows = base.execute(
                "SELECT id, verdict, checked FROM requirements WHERE run = ? ORDER BY place", (run,)
            ).fetchall()
            verdicts = {name: word for name, word, _ in rows}
            checked = {name: times for name, _, times in rows}
            listed.append(Night(run, started, verdict, kit, depth, calls, verdicts, checked))
    return listed


def prove_usable(path: Path) -> None:
    """Make sure, before a run, that it can be added to this history afterwards; raises `UsageError` where not."""
    with _opened(path):
        pass


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The history, locked against other writers; what is done inside is done wholly or not at all."""
    try:
        base = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    try:
        # The lock is taken before anything is read, so that two first nights do not both make the tables.
        base.execute("BEGIN IMMEDIATE")
        _prepare(base, path)
        yield base
        base.execute("COMMIT")
    except sqlite3.OperationalError as error:
        _roll_back(base)
        if "locked" in str(error):
            raise UsageError(
                f"{path}: another process has held the history for {_PATIENCE_S:.0f} seconds. Try again, or end it."
            ) from None
        raise _unusable(path, error) from None
    except sqlite3.Error as error:
        _roll_back(base)
        raise _unusable(path, error) from None
    except BaseException:
        _roll_back(base)
        raise
    finally:
        base.close()


def _prepare(base: sqlite3.Connection, path: Path) -> None:
    base.execute("PRAGMA foreign_keys = ON")
    version = base.execute("PRAGMA user_version").fetchone()[0]
    application = base.execute("PRAGMA application_id").fetchone()[0]
    if (version, application) == (0, 0) and not base.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        for statement in _TABLES.split(";"):
            base.execute(statement)
        base.execute(f"PRAGMA user_version = {VERSION}")
        base.execute(f"PRAGMA application_id = {APPLICATION}")
    elif application != APPLICATION:
        raise UsageError(f"{path}: is a database, but no history of kandykit. Give another file.")
    elif version != VERSION:
        raise UsageError(
            f"{path}: is a history of version {version}, and this kit writes version {VERSION}. "
            "Use the kit that made it, or begin another file."
        )
    complaint = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    if complaint != "ok":
        raise sqlite3.DatabaseError(str(complaint))


def _roll_back(base: sqlite3.Connection) -> None:
    try:
        if base.in_transaction:
            base.execute("ROLLBACK")
    except sqlite3.Error:
        pass  # the file is what it was: nothing of an open transaction counts


def _unusable(path: Path, error: sqlite3.Error) -> UsageError:
    return UsageError(
        f"{path}: the history cannot be used ({error}). Nothing was written to it; "
        "move it aside, keep it, and let a new file begin."
    )
