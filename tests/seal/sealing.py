"""The folder of a small run, a key, and a judge who says what he is told to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from securesystemslib.signer import CryptoSigner

from kandykit.exchange import Answer, Exchange, Intent, Request
from kandykit.journal import Journal
from kandykit.plugin import SUITES
from kandykit.seal.package import Package, package
from tests.gate.nights import night

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = CryptoSigner(KEY)


def keys(folder: Path) -> tuple[Path, Path]:
    """The key pair as OpenSSL writes it: private, public."""
    private, public = folder / "key.pem", folder / "key.pub.pem"
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def complete_statement() -> dict[str, Any]:
    """The statement of a run that came to its end."""
    made = night(0)
    made["run"] |= {"suites": list(SUITES), "calls": 2}
    return made


def run_folder(folder: Path, statement: dict[str, Any] | None = None) -> Path:
    """The folder that this statement's run left."""
    statement = statement or complete_statement()
    folder.mkdir()
    (folder / "statement.json").write_text(json.dumps(statement), encoding="utf-8")
    (folder / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (folder / "junit.xml").write_text("<testsuites/>", encoding="utf-8")
    (folder / "traffic.har").write_text("{}", encoding="utf-8")
    (folder / "failures").mkdir()
    (folder / "failures" / "L5-0a1b2c3d.sh").write_text("exit 1\n", encoding="utf-8")
    with Journal(folder / "journal.jsonl") as journal:
        journal.run(run=statement["run"]["id"])
        for seq in (1, 2):
            request = Request("GET", "http://127.0.0.1/inventory", ())
            journal.intend(seq, Intent("workflow", "walk"), request, 0.0, "2026-11-23T02:00:00.000Z", writes=False)
            answer = Answer(200, (("content-type", "application/json"),), "{}", 2)
            journal.conclude(Exchange(seq, Intent(), request, answer, 0.0, 0.1))
    return folder


class ToldJudge:
    """Says of every journal what it was told to say, and remembers that it was asked."""

    def __init__(self, statement: Mapping[str, Any] | None = None) -> None:
        self.statement = statement or complete_statement()
        self.asked = 0

    def __call__(self, journal: Path) -> Mapping[str, Any]:
        self.asked += 1
        assert journal.read_bytes().startswith(b'{"kind":"run"')
        return deepcopy(dict(self.statement))


def sealed(folder: Path, judge: ToldJudge | None = None, **more: Any) -> Package:
    """The package of a run folder, sealed at noon for 30 days."""
    options: dict[str, Any] = {"now": NOW, "valid": timedelta(days=30), **more}
    return package(folder, SIGNER, rejudge=judge or ToldJudge(), **options)
