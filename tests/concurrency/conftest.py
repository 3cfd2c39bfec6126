"""Runs against a mock in a thread of this process, opened as a user's run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kandykit.depth import DEPTHS
from kandykit.embedded import PROFILE
from kandykit.exchange import Intent
from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.profile import load_profile
from kandykit.run import Options, Run

SECRETS = {"acme": "a-secret-of-acme", "globex": "a-secret-of-globex"}

Racing = Callable[..., Run]


@pytest.fixture
def racing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Racing]:
    """Start a mock with these faults and oddities and open a run against it; ``more`` goes into its profile."""
    for client, secret in SECRETS.items():
        monkeypatch.setenv(f"KANDY_MOCK_{client.upper()}_SECRET", secret)
    with ExitStack() as stack:

        def start(faults: tuple[str, ...] = (), legals: tuple[str, ...] = (), more: str = "", **settings: float) -> Run:
            mock = Mock(Settings(secrets=SECRETS, **settings))  # type: ignore[arg-type]
            catalogue.seed(mock, faults, legals)
            url = stack.enter_context(serving(mock))
            path = tmp_path / "profile.toml"
            path.write_text(PROFILE.format(url=url) + more, encoding="utf-8")
            run = Run(load_profile(path), Options(depth=DEPTHS["quick"], out=tmp_path / "reports"))
            stack.callback(run.close)
            run.open()
            run.walker.calling.intent = Intent("concurrency", "test")
            return run

        yield start
