"""Whatever the kit is asked to do, failures and crashes included, it writes no secret down, however it is spelt."""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.bending import bend
from kandykit.mock.server import serving
from kandykit.mock.settings import BASE_PATH, TOKEN_PATH, Settings
from tests.run.conftest import KIT
from tests.seal.sealing import keys

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2]
SECRETS = {"acme": 'canary/1"Of+Acme\\ =&ü', "globex": "canary2-Of-Globex/plain=="}
LEAKS = (
    "password-in-the-next-answer",
    "passwords-in-the-inventory",
    "password-in-the-refusal-of-a-taken-identity",
    "password-in-the-answer-to-a-deletion",
    "token-in-the-refusal",
    "client-secret-in-the-token-answer",
    "client-secret-in-token-refusals",
    "stack-trace-in-the-refusal",
    "oversell-by-one",
    "last-product-sold-twice",
)
PROFILE = """
[target]
name = "a target that tells everything"
base_url = "{url}{base}"
token_url = "{url}{token}?grant_type=client_credentials"
[[accounts]]
client_id = "acme"
client_secret = "env:CANARY_ONE"
[[accounts]]
client_id = "globex"
client_secret = "env:CANARY_TWO"
"""
WAIVER = '[[waiver]]\nrequirement = "S1"\nowner = "jo"\nreason = "later"\nticket = "K-1"\nexpires = 2999-01-01\n'
BROKEN = """
import logging, os, pytest

def test_that_fails_and_shows_all_it_knows(run):
    token = run.client.token(run.names[0])
    logging.getLogger("suite").warning("a run: %r, its client: %r, a profile: %r", run, run.client, run.profile)
    accounts, profile, walker = run.profile.accounts, run.profile, run.walker
    assert [run, run.client, accounts, profile, walker, run.guard, run.ledger] == []

def test_that_breaks_off(run):
    os._exit(3)
"""


class Overheard:
    """An application, and every token and password that it gave out."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.secrets: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def heard(message: Any) -> None:
            for value in re.findall(rb'"(?:access_token|password)": ?("(?:[^"\\]|\\.)*")', message.get("body", b"")):
                self.secrets.add(json.loads(value))
            await send(message)

        await self.app(scope, receive, heard)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Overheard]:
    """A mock that gives all its secrets away, and the profile that reaches it, ``profile.toml``."""
    mock = Mock(Settings(secrets=SECRETS))
    catalogue.seed(mock, LEAKS)
    numbers = iter(range(1_000_000))
    bend(mock.store, "new_password", lambda old: lambda: f'{old()}/+"{next(numbers)}&=')
    overheard = Overheard(mock)
    with serving(overheard) as url:
        text = PROFILE.format(url=url, base=BASE_PATH, token=TOKEN_PATH)
        (tmp_path / "profile.toml").write_text(text, encoding="utf-8")
        yield overheard


def as_text(secret: str) -> set[str]:
    """A secret as it could be written down as text."""
    octets = secret.encode()
    percent = {"".join(f"%{octet:{digits}}" for octet in octets) for digits in ("02X", "02x")}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    once = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), *percent, *escaped}
    return once | {json.dumps(text)[1:-1] for text in once}


def spellings(secret: str) -> set[bytes]:
    """Every form that is searched for: as text, and that text in base64, at each of three places in its groups."""
    found: set[bytes] = set()
    for text in as_text(secret):
        octets = text.encode()
        found.add(octets)
        for before in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                code = encode(b"\0" * before + octets)
                # Without the characters at either end that hold bits of what stands around it.
                found.add(code[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6])
    return found


def octets_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """What a file holds, and what is packed inside it."""
    yield from _unpacked(str(path), path.read_bytes())
    if path.read_bytes()[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as base:
            yield f"{path} as SQL", "\n".join(base.iterdump()).encode()


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{name} unpacked", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(BytesIO(content)) as packed:
            for member in packed.namelist():
                yield from _unpacked(f"{name}/{member}", packed.read(member))
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=BytesIO(content)) as packed_files:
            for each in packed_files:
                if (file := packed_files.extractfile(each)) is not None:
                    yield from _unpacked(f"{name}/{each.name}", file.read())


class Desk:
    """A user's desk: commands are run in one folder, and all that they say is kept there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = folder / "said"
        for name in ("said", "home", "tmp"):
            (folder / name).mkdir()
        places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
        secrets = {"CANARY_ONE": SECRETS["acme"], "CANARY_TWO": SECRETS["globex"]}
        self.script = {"KANDY_CLIENT_ID": "acme", "KANDY_CLIENT_SECRET": SECRETS["acme"]}
        self.script |= {"KANDY_CLIENT_ID_2": "globex", "KANDY_CLIENT_SECRET_2": SECRETS["globex"]}
        self.environment = {**os.environ, **places, **secrets, "KANDYKIT_ALLURE": str(SOURCE / "tools/report")}
        self.environment |= {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "examples"), "PYTHONFAULTHANDLER": "1"}

    def run(self, *command: object, cwd: Path | None = None, **env: str) -> int:
        """Run a command; gives its exit status."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env={**self.environment, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        number = len(list(self.said.iterdir()))
        (self.said / f"{number}.txt").write_bytes(b" ".join(str(w).encode() for w in command) + b"\n" + done.stdout)
        return done.returncode

    def kit(self, *arguments: object, **env: str) -> int:
        """Run the kit."""
        return self.run(*KIT, *arguments, **env)


def test_nothing_that_any_command_writes_holds_a_secret(target: Overheard, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    private, public = keys(tmp_path)
    (tmp_path / "waivers.toml").write_text(WAIVER, encoding="utf-8")
    profile = ("--profile", tmp_path / "profile.toml")
    quick = ("--depth", "quick", "--history", "history.sqlite", "--waivers", "waivers.toml")
    assert desk.kit("doctor", *profile) in (0, 1)
    assert desk.kit("plan", *profile, "--depth", "quick", "--suite", "workflow") == 0
    assert desk.kit("run", *profile, *quick) == 1
    run = (tmp_path / "reports" / "latest").resolve()
    statement = json.loads((run / "statement.json").read_text(encoding="utf-8"))
    failed = {row["id"]: row["findings"] for row in statement["requirements"] if row["verdict"] == "fail"}
    assert {"R5", "L5"} <= set(failed)
    for finding in (failed["R5"][0], failed["L5"][0]):
        name = Path(finding["replay"]).stem
        assert desk.run("bash", "-x", run / "failures" / f"{name}.sh", **desk.script) in (0, 1, 2)
        assert desk.kit("replay", run / "failures" / f"{name}.json", *profile) in (0, 1, 2)
    assert desk.kit("judge", run / "journal.jsonl", *profile, "--out", "judged") == 1
    assert desk.kit("judge", run / "traffic.har", *profile, "--out", "har") in (1, 3)
    assert desk.kit("gate", "--baseline", run / "statement.json", run / "statement.json") in (0, 7)
    assert desk.kit("package", run, "--key", private) == 0
    assert desk.kit("verify", next(run.glob("*.kandykit.tar")), "--public-key", public) == 0
    assert desk.kit(
        "run", *profile, *quick[:2], "--suite", "workflow", "--out", "wrong", CANARY_ONE=SECRETS["globex"]
    ) in (1, 3)

    for name in ("kandykit", "suites", "specs", "pyproject.toml"):
        copy = shutil.copytree if (SOURCE / name).is_dir() else shutil.copy
        copy(SOURCE / name, tmp_path / "kit" / name if name != "pyproject.toml" else tmp_path / "kit")
    shutil.rmtree(tmp_path / "kit" / "suites" / "stateful")
    (tmp_path / "kit" / "suites" / "workflow" / "test_broken.py").write_text(BROKEN, encoding="utf-8")
    own = {"PYTHONPATH": str(tmp_path / "kit")}
    loud = ("-vv", "--showlocals", "--tb=long", "-o", "log_cli=true", "--log-cli-level=DEBUG", "-rA", "--capture=no")
    shown = ("-m", "pytest", "suites", *loud, *profile, "--depth", "quick", "--out", "crashed", "-k", "broken or walk")
    assert desk.run(sys.executable, *shown, cwd=tmp_path / "kit", **own) == 3
    assert desk.run(*KIT, "run", *profile, "--depth", "quick", "--suite", "workflow", cwd=tmp_path / "kit", **own) == 1
    assert desk.kit("judge", tmp_path / "kit" / "crashed" / "latest" / "journal.jsonl", "--out", "again") in (1, 3, 4)
    assert desk.kit("sweep", *profile, "--out", tmp_path / "kit" / "reports") in (0, 5)

    given = sorted(target.secrets)
    assert len(given) > 50
    some = [*SECRETS.values(), *given[:: max(1, len(given) // 30)]]
    patterns = {secret: spellings(secret) for secret in some}
    written = {
        name: content
        for path in sorted(tmp_path.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py"
        for name, content in octets_of(path)
    }
    assert sum(map(len, written.values())) > 1_000_000
    found = [
        f"{name}: {content[max(0, content.find(form) - 80) : content.find(form) + 80]!r}"
        for name, content in written.items()
        for forms in patterns.values()
        for form in forms
        if form in content
    ]
    assert not found, "\n".join(found[:20])


def test_the_search_would_find_them(tmp_path: Path) -> None:
    secret = SECRETS["acme"]
    text = json.dumps({"a": f"Basic {base64.b64encode(f'x:{secret}'.encode()).decode()}"})
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inner.gz", gzip.compress(text.encode()))
    with sqlite3.connect(tmp_path / "a.sqlite") as base:
        base.execute("create table t (a text)")
        base.execute("insert into t values (?)", (quote(secret, safe=""),))
    for name in ("a.zip", "a.sqlite"):
        held = [content for _, content in octets_of(tmp_path / name)]
        assert any(form in content for content in held for form in spellings(secret)), name
