"""The sweep as a command: which journals it takes, which it refuses by name, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kandykit.journal import Journal
from kandykit.mock.server import serving
from tests.run.conftest import Outcome, secrets_in
from tests.run.test_kill import ENVIRONMENT, SECRETS, Bench, Lay, lay  # noqa: F401  # a fixture

pytestmark = pytest.mark.slow


def swept(kandykit: Callable[..., Outcome], bench: Bench, *arguments: str) -> Outcome:
    return kandykit("sweep", "--out", str(bench.out), *arguments, env=ENVIRONMENT)


def test_the_command_sweeps_with_and_without_a_profile(lay: Lay, kandykit: Callable[..., Outcome]) -> None:  # noqa: F811
    bench = lay()
    before = bench.account()
    run = bench.leave_something(203)
    done = swept(kandykit, bench, "--profile", str(bench.profile))
    assert (done.status, done.err) == (0, "")
    assert f"{run.parent.name}: swept." in done.out
    assert bench.account() == before
    assert json.loads(run.with_name("swept.json").read_text(encoding="utf-8"))["clean"] is True
    assert len(bench.journals()) == 2  # the sweep keeps one of its own
    assert swept(kandykit, bench).out == f"nothing to sweep below {bench.out}\n"

    bench.kill_a_run(204)
    done = swept(kandykit, bench)
    assert done.status == 0, done.out + done.err
    assert bench.account() == before
    assert secrets_in(bench.out, list(SECRETS.values())) == []


def test_journals_of_another_target_are_refused_by_name(lay: Lay, kandykit: Callable[..., Outcome]) -> None:  # noqa: F811
    bench = lay()
    bench.kill_a_run(203)
    [run] = bench.journals()
    left = bench.account()
    other = bench.profile.with_name("other.toml")
    with serving(bench.mock) as url:
        here = json.loads(run.read_bytes().splitlines()[0])["profile"]["target"]["base_url"].partition("/comm")[0]
        other.write_text(bench.profile.read_text(encoding="utf-8").replace(here, url), encoding="utf-8")
        done = swept(kandykit, bench, "--profile", str(other))
    assert done.status == 2
    assert f"{run} belongs to embedded mock at {here}" in done.err
    assert bench.account() == left
    assert not run.with_name("swept.json").exists()


def test_a_run_that_is_still_going_on_is_left_alone(lay: Lay, kandykit: Callable[..., Outcome]) -> None:  # noqa: F811
    bench = lay()
    bench.kill_a_run(203)
    [run] = bench.journals()
    folder = bench.out / "20260101-000000-alive"
    folder.mkdir()
    with Journal(folder / "journal.jsonl") as journal:
        header = json.loads(run.read_bytes().splitlines()[0])
        journal.run(**{name: value for name, value in header.items() if name not in ("kind", "version")})
        done = swept(kandykit, bench, "--profile", str(bench.profile))
        assert done.status == 2
        assert f"{folder / 'journal.jsonl'}: its run is still going on" in done.err
    assert f"{run.parent.name}: swept." in done.out
    assert swept(kandykit, bench, "--profile", str(bench.profile)).status == 0


def test_what_is_no_journal_and_what_is_no_folder_are_named(kandykit: Callable[..., Outcome], tmp_path: Path) -> None:
    done = kandykit("sweep", "--out", str(tmp_path / "none"))
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "is no folder with runs in it" in done.err
    broken = tmp_path / "runs" / "broken"
    broken.mkdir(parents=True)
    (broken / "journal.jsonl").write_text('{"kind":"run"}\n{"kind":"sun"}\n', encoding="utf-8")
    done = kandykit("sweep", "--out", str(broken.parent))
    assert done.status == 2
    assert f"{broken / 'journal.jsonl'}, line 1" in done.err
    assert "Traceback" not in done.err


def test_a_target_that_is_gone_leaves_all_of_it_named(lay: Lay, kandykit: Callable[..., Outcome]) -> None:  # noqa: F811
    bench = lay()
    bench.kill_a_run(203)
    [run] = bench.journals()
    text = bench.profile.read_text(encoding="utf-8")
    port = json.loads(run.read_bytes().splitlines()[0])["profile"]["target"]["base_url"].split(":")[2].split("/")[0]
    gone = [run, bench.profile]
    for path in gone:
        path.write_bytes(path.read_bytes().replace(f":{port}/".encode(), b":9/"))
    done = swept(kandykit, bench, "--profile", str(bench.profile))
    assert done.status == 5
    assert "left behind: account-1: cleaning up ended early" in done.out
    for path in gone:
        path.write_bytes(path.read_bytes().replace(b":9/", f":{port}/".encode()))
    assert bench.profile.read_text(encoding="utf-8") == text
    done = swept(kandykit, bench, "--profile", str(bench.profile))
    assert done.status == 0, done.out + done.err
