"""The wheel is the whole kit: installed into a fresh environment, it judges the embedded mock in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from kandykit.cli import COMMANDS

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``kandykit`` of a fresh environment into which only the wheel was installed.

    What the wheel needs is lent from this environment, the kit itself is not: it must come out of the wheel.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(SOURCE)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("kandykit-*.whl")
    fresh = folder / "fresh"
    venv.create(fresh, with_pip=True, symlinks=True)
    (site,) = (fresh / "lib").glob("python*/site-packages")
    for path in map(Path, sys.path):
        if path.name == "site-packages":
            for each in path.iterdir():
                ours = "kandykit" in each.name or each.name in ("pip", "setuptools", "__pycache__")
                if not ours and not each.name.startswith(("pip-", "setuptools-")) and not (site / each.name).exists():
                    (site / each.name).symlink_to(each)
    install = [fresh / "bin" / "python", "-m", "pip", "install", "--no-index", "--quiet", wheel]
    subprocess.run(install, check=True, capture_output=True, timeout=300, env=environment())
    return fresh / "bin" / "kandykit"


def environment() -> dict[str, str]:
    """Nothing of this source tree can be found from it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "KANDY"))}


def run(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )


def test_it_judges_the_mock_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "run", "--depth", "quick", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"reports"}
    made = {path.name for path in (tmp_path / "reports" / "latest").iterdir()}
    assert made >= {
        "statement.json",
        "index.html",
        "junit.xml",
        "journal.jsonl",
        "traffic.har",
        "failures",
        "allure-results",
    }
    again = run(installed, "judge", "reports/latest/journal.jsonl", "--out", "judged", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_asked_for_its_help(installed: Path, tmp_path: Path, command: str) -> None:
    done = run(installed, command, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "usage: kandykit" in done.stdout.lower()


def test_it_carries_no_test_and_nothing_that_was_left_over(installed: Path) -> None:
    files = subprocess.run(
        [installed.parent / "python", "-m", "pip", "show", "--files", "kandykit"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "kandykit/_carried/suites/workflow/test_walk.py" in files
    assert "kandykit/_carried/specs/requirements.toml" in files
    assert "kandykit/_carried/report/package-lock.json" in files
    assert "kandykit/report/templates/failure.sh" in files
    assert "kandykit/report/templates/page.css" in files
    assert "tests/" not in files.replace("_carried/suites", "")
    assert "node_modules" not in files
    assert shutil.which("kandykit", path=str(installed.parent))
