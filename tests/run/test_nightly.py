"""The files for CI systems: their steps are run as they stand there, night after night, against the mock."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from kandykit.gate.history import key_of, nights
from kandykit.gate.statements import read_statement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
GITHUB = ROOT / ".github" / "workflows" / "nightly.yml"
GITLAB = ROOT / "ci" / "nightly.gitlab-ci.yml"

QUICKLY = "--yes --depth quick --suite workflow"
"""A night for this test: the steps are what is tried here, not the suites."""


@dataclass
class Night:
    """What one night left: the exit status of its steps, what they printed, and the checkout they ran in."""

    status: int
    out: str
    checkout: Path
    summary: str = ""


@dataclass
class Ci:
    """A CI system as far as its file needs one: a clean checkout each night, and a cache that outlives it."""

    folder: Path
    number: int = 0
    cache: dict[str, Path] = field(default_factory=dict)

    def checkout(self) -> Path:
        """A clean checkout, whose environment is the one that this test runs in."""
        self.number += 1
        made = self.folder / f"night-{self.number}"
        made.mkdir()
        for name in ("Makefile", "requirements.lock", "pyproject.toml"):
            shutil.copy2(ROOT / name, made / name)
        shutil.copytree(ROOT / "ci", made / "ci")
        binaries = made / ".venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "kandykit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kandykit "$@"\n', encoding="utf-8")
        (binaries / "kandykit").chmod(0o755)
        (made / ".venv" / ".ready").touch()
        return made

    def restore(self, path: str, checkout: Path) -> None:
        """Bring back what was kept of a folder, if anything was."""
        if path.rstrip("/") in self.cache:
            shutil.copytree(self.cache[path.rstrip("/")], checkout / path)

    def keep(self, path: str, checkout: Path) -> None:
        """Keep a folder for the next night."""
        kept = self.folder / f"kept-{self.number}"
        shutil.copytree(checkout / path, kept)
        self.cache[path.rstrip("/")] = kept


def shell(command: str, checkout: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """One step as both systems run it: bash, which ends at the first command that fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=checkout,
        env={**inherited, **env},
        capture_output=True,
        text=True,
        timeout=300,
    )


def github(ci: Ci, changes: Mapping[str, str]) -> Night:
    """A night by the workflow for GitHub Actions; ``changes`` go over its environment."""
    job = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"]["conformance"]
    checkout = ci.checkout()
    page = ci.folder / f"summary-{ci.number}.md"
    env = {name: re.sub(r"\$\{\{.*?\}\}", "", str(value)) for name, value in job["env"].items()}
    env |= {"GITHUB_STEP_SUMMARY": str(page), **changes}
    night = Night(0, "", checkout)
    for step in job["steps"]:
        if night.status and step.get("if") != "always()":
            continue
        if "run" in step:
            done = shell(step["run"], checkout, env)
            night.out += done.stdout + done.stderr
            night.status = night.status or done.returncode
        elif step["uses"].startswith("actions/cache/restore@"):
            ci.restore(step["with"]["path"], checkout)
        elif step["uses"].startswith("actions/cache/save@"):
            ci.keep(step["with"]["path"], checkout)
        elif step["uses"].startswith("actions/upload-artifact@"):
            for path in step["with"]["path"].split():
                assert (checkout / path).is_dir(), path
        else:
            assert step["uses"].startswith(("actions/checkout@", "actions/setup-")), step
    night.summary = page.read_text(encoding="utf-8") if page.exists() else ""
    return night


def gitlab(ci: Ci, changes: Mapping[str, str]) -> Night:
    """A night by the job for GitLab CI; ``changes`` go over its variables."""
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["nightly conformance"]
    checkout = ci.checkout()
    env = {name: str(value) for name, value in job["variables"].items()} | dict(changes)
    for path in job["cache"]["paths"]:
        ci.restore(path, checkout)
    # One shell runs all lines of a script, and the first that fails ends it.
    done = shell("\n".join(job["script"]), checkout, env)
    for path in job["cache"]["paths"]:
        ci.keep(path, checkout)
    assert job["cache"]["when"] == job["artifacts"]["when"] == "always"
    for path in job["artifacts"]["paths"]:
        assert (checkout / path).is_dir(), path
    assert list(checkout.glob(job["artifacts"]["reports"]["junit"]))
    summary = checkout / "reports" / "summary.md"
    return Night(done.returncode, done.stdout + done.stderr, checkout, summary.read_text(encoding="utf-8"))


@pytest.fixture(params=[github, gitlab], ids=["GitHub", "GitLab"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Night]:
    """Play one night after the other on one CI system; each gets its profile and whatever else is to be set."""
    ci = Ci(tmp_path)
    return lambda profile, **more: request.param(ci, {"PROFILE": str(profile), "OPTIONS": QUICKLY, **more})


def test_three_nights(play: Callable[..., Night], mock_profile: Callable[..., Path]) -> None:
    """The first one makes the baseline, the second has nothing new, the third meets a fault and fails."""
    good = mock_profile("--limit", "20", readings={"limit": 20})
    first = play(good)
    assert first.status == 0, first.out
    assert "this is the first night" in first.out
    assert "tonight is the baseline now" in first.out

    second = play(good)
    assert second.status == 0, second.out
    assert "first night" not in second.out
    assert "Nothing new: embedded mock" in second.out
    assert "About the baseline" not in second.out, "the same mock on another port is the same target"
    assert "The last 2 of 2 nights" in second.out
    baseline = (second.checkout / "nightly" / "baseline.json").read_bytes()

    third = play(mock_profile("--limit", "20", "--fault", "order-never-in-the-list", readings={"limit": 20}))
    assert third.status == 1, third.out
    assert "### ❌ New failures" in third.summary
    assert (third.checkout / "nightly" / "baseline.json").read_bytes() == baseline, "a bad night is no baseline"
    page = (third.checkout / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert 'class="trend"' in page
    statement = read_statement(third.checkout / "reports" / "latest").statement
    kept = nights(third.checkout / "nightly" / "history.sqlite", key_of(statement))
    assert [night.verdict for night in kept] == ["conformant", "conformant", "not_conformant"]


def test_a_night_that_leaves_nothing_is_not_taken_for_the_last_one(tmp_path: Path) -> None:
    """A profile that is refused, a target that is down: neither becomes the baseline, and both fail."""
    ci = Ci(tmp_path)
    refused = gitlab_script(ci, {"PROFILE": "absent.toml"})
    assert refused.returncode == 2
    assert "the run left no statement (exit status 2)" in refused.stderr
    profile = tmp_path / "down.toml"
    profile.write_text(
        '[target]\nbase_url = "http://127.0.0.1:9/api"\ntoken_url = "http://127.0.0.1:9/token"\n'
        '[[accounts]]\nclient_id = "acme"\nclient_secret = "env:KK_SECRET"\n',
        encoding="utf-8",
    )
    down = gitlab_script(ci, {"PROFILE": str(profile), "KK_SECRET": "s3cret-s"})
    assert down.returncode in (3, 6), down.stdout + down.stderr
    assert "baseline now" not in down.stdout
    assert not (tmp_path / "night-2" / "nightly" / "baseline.json").exists()


def gitlab_script(ci: Ci, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    job: dict[str, Any] = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["nightly conformance"]
    return shell("\n".join(job["script"]), ci.checkout(), env)
