"""Whatever kills a run, and whenever: a sweep from another process leaves the account as it was met."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kandykit.embedded import PROFILE
from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.profile import load_profile
from kandykit.sweep import SWEPT, Swept, sweep
from tests.run.conftest import KIT

SECRETS = {"acme": "acme-secret-of-these-tests", "globex": "globex-secret-of-these-tests"}
ENVIRONMENT = {f"KANDY_MOCK_{name.upper()}_SECRET": secret for name, secret in SECRETS.items()}

SUITES = ("workflow", "security", "contract", "stateful", "concurrency")

LATEST_CALL = 700
"""A run is killed at a random one of so many first calls."""

NAMED = "a subscriber may be left whose identity the target never told"
"""All that a sweep may have to leave, and has to name."""

TROUBLE = ("unavailable-after-acting", "connection-cut-after-acting")
"""Two in a hundred writes are carried out and answered 503, two are carried out and not answered."""


@dataclass
class Bench:
    """A mock that others use too, a profile that reaches it, and a folder for the runs."""

    mock: Mock
    profile: Path
    out: Path
    url: str

    def account(self) -> dict[str, Any]:
        """All that there is on both accounts."""
        return {
            name: (account.total, account.used, frozenset(account.subscribers), len(account.pending))
            for name, account in self.mock.accounts.items()
        }

    def kill_a_run(self, number: int) -> int:
        """Start a run and kill it, with all it started, at a call that only the number decides; gives that call."""
        chance = random.Random(number)
        suite, call = chance.choice(SUITES), chance.randint(1, LATEST_CALL)
        before = set(self.journals())
        arguments = ["run", "--profile", str(self.profile), "--depth", "quick", "--suite", suite, "--seed", str(number)]
        run = subprocess.Popen(
            [*KIT, *arguments, "--out", str(self.out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT},
        )
        until = time.monotonic() + 120
        while run.poll() is None and time.monotonic() < until:
            journals = set(self.journals()) - before
            if journals and journals.pop().read_bytes().count(b'"kind":"intent"') >= call:
                break
            time.sleep(0.002)
        run.kill()
        run.wait()
        for _ in range(3):  # what the dead process had sent is served before what is sent now
            httpx.get(f"{self.url}/communication/kandy/provisioning/inventory", timeout=30)
        return call

    def leave_something(self, number: int) -> Path:
        """Kill runs until one leaves the account changed, and give its journal: one killed between two plays does not.

        The folders of those that left nothing are removed.
        """
        before = self.account()
        for other in range(number, number + 10):
            known = set(self.journals())
            self.kill_a_run(other)
            [run] = set(self.journals()) - known
            if self.account() != before:
                return run
            shutil.rmtree(run.parent)
        raise AssertionError("ten runs were killed, and none left anything")

    def journals(self) -> list[Path]:
        return [path for path in self.out.glob("*/journal.jsonl") if not path.parent.is_symlink()]

    def sweep(self) -> Swept:
        """Sweep in this process, which is another one than the runs'."""
        return sweep(self.out, load_profile(self.profile))

    def forgive(self, before: dict[str, Any], residue: Sequence[str]) -> None:
        """What is left must be subscribers that the target named itself, named by the sweep; then they are removed."""
        for number, (name, account) in enumerate(self.mock.accounts.items(), start=1):
            named = any(text.startswith(f"account-{number}: {NAMED}") for text in residue)
            strangers = set(account.subscribers) - before[name][2]
            assert all(not identity.startswith("kk-") for identity in strangers)
            assert bool(strangers) == named, (strangers, residue)
            for identity in strangers:
                self.mock.store.discharge(account, account.subscribers[identity])
            account.total -= min(len(strangers), max(account.total - before[name][0], 0))


@contextmanager
def bench_of(folder: Path, legals: Sequence[str] = (), **settings: Any) -> Iterator[Bench]:
    mock = Mock(Settings(secrets=SECRETS, **{"initial_total": 9, "initial_subscribers": 4, **settings}))
    catalogue.seed(mock, (), legals)
    with serving(mock) as url:
        profile = folder / "profile.toml"
        profile.write_text(PROFILE.format(url=url), encoding="utf-8")
        out = folder / "reports"
        out.mkdir()
        yield Bench(mock, profile, out, url)


Lay = Callable[..., Bench]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lay]:
    """Make a bench."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    opened: list[Any] = []

    def make(*legals: str, **settings: Any) -> Bench:
        bench = bench_of(tmp_path, legals, **settings)
        opened.append(bench)
        return bench.__enter__()  # type: ignore[no-any-return]

    yield make
    for bench in opened:
        bench.__exit__(None, None, None)


def kill_and_sweep(bench: Bench, numbers: Sequence[int], together: int = 1) -> None:
    """Kill a run for each number, sweep after each so many, and compare each time."""
    before = bench.account()
    for start in range(0, len(numbers), together):
        calls = [bench.kill_a_run(number) for number in numbers[start : start + together]]
        left = bench.account() != before
        swept = bench.sweep()
        print("killed at", calls, "left" if left else "clean", swept.done, swept.residue)
        assert swept.complaints == []
        where = (numbers[start : start + together], calls, swept)
        if swept.residue:
            assert all(NAMED in text or "total is" in text for text in swept.residue), where
            bench.forgive(before, swept.residue)
            for path in bench.journals():
                path.with_name(SWEPT).write_text('{"clean": true}', encoding="utf-8")
        assert bench.account() == before, where
        again = bench.sweep()
        assert (again.done, again.residue, again.status) == ([], [], 0), where


def test_a_killed_run_is_swept(lay: Lay) -> None:
    """At five moments, two of them of runs that lie there together."""
    bench = lay()
    kill_and_sweep(bench, [1, 2, 3])
    kill_and_sweep(bench, [4, 5], together=2)


@pytest.mark.slow
def test_runs_killed_at_any_moment_are_swept(lay: Lay) -> None:
    """At fifty moments."""
    bench = lay(fulfil_after=0.01)
    kill_and_sweep(bench, range(10, 40))
    kill_and_sweep(bench, range(40, 60), together=4)


@pytest.mark.slow
def test_runs_killed_in_trouble_are_swept(lay: Lay) -> None:
    """While answers are lost, and others say 503 after acting."""
    bench = lay(*TROUBLE)
    kill_and_sweep(bench, range(100, 120))
    kill_and_sweep(bench, range(120, 130), together=2)
