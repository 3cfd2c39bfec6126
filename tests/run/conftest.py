"""Whole runs as a user starts them: the command in a process of its own, against servers in processes of theirs."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kandykit.embedded import SECRETS, EmbeddedMock

KIT = [sys.executable, "-m", "kandykit"]


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit status, both outputs, its folder and its statement ({} where it made none)."""

    status: int
    out: str
    err: str
    folder: Path
    statement: dict[str, Any]

    def named(self, *verdicts: str) -> set[str]:
        """The requirements with one of these verdicts."""
        return {row["id"] for row in self.statement["requirements"] if row["verdict"] in (verdicts or ("fail",))}

    def findings(self, requirement: str) -> list[dict[str, Any]]:
        """The findings of a requirement."""
        return next(row["findings"] for row in self.statement["requirements"] if row["id"] == requirement)


def until_begun(process: subprocess.Popen[Any], journal: Path) -> None:
    """Wait until a run has put a hundred answers into its journal; fails where it ends before that."""
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b'"outcome"') > 100):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def kandykit(tmp_path: Path) -> Callable[..., Outcome]:
    """Run ``kandykit`` with these arguments; ``run`` gets a folder of its own."""

    def call(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Outcome:
        folder = tmp_path / "reports"
        extra = ["--out", str(folder)] if arguments[0] == "run" else []
        done = subprocess.run(
            [*KIT, *arguments, *extra],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=600,
            cwd=cwd or tmp_path,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
        )
        made = folder / "latest" / "statement.json"
        statement = json.loads(made.read_text(encoding="utf-8")) if made.exists() else {}
        return Outcome(done.returncode, done.stdout, done.stderr, folder, statement)

    return call


@pytest.fixture
def mock_profile(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Start a mock with these arguments; gives the path of a profile that reaches it."""
    started: list[EmbeddedMock] = []

    def start(*arguments: str, readings: dict[str, Any] | None = None, dialect: str = "") -> Path:
        mock = EmbeddedMock(arguments, dialect)
        started.append(mock)
        path = tmp_path / f"profile-{len(started)}.toml"
        mock.write_profile(path, readings)
        return path

    yield start
    for mock in started:
        mock.stop()


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[http.server.BaseHTTPRequestHandler], None]], str]]:
    """Serve one function as every method of every path; gives the server's URL."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: answer(self)
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                return

        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        servers.append(made)
        return f"http://127.0.0.1:{made.server_address[1]}"

    yield start
    for made in servers:
        made.shutdown()
        made.server_close()


def secrets_in(folder: Path, secrets: Sequence[str]) -> list[str]:
    """The files below a folder that hold one of these secrets."""
    return [
        f"{path}: {secret}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]


def mock_secrets() -> list[str]:
    """The client secrets of the mock's two accounts."""
    return [os.environ[name] for name in SECRETS]
