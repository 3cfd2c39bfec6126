"""``kandykit judge`` as a user gives it: exit statuses as of a run, and one clear complaint for what is no record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kandykit.cli import cli
from kandykit.errors import KandykitError
from tests.rejudging.conftest import Playing


def judge(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["judge", *arguments])


@pytest.mark.parametrize(("fault", "status"), [("", 0), ("hsts-missing", 1)])
def test_the_exit_status_is_that_of_the_run(
    playing: Playing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, status: int
) -> None:
    played = playing(faults=(fault,) if fault else ())
    monkeypatch.chdir(tmp_path)
    done = judge(str(played.journal), "--out", "out")
    assert done.exit_code == status, done.output
    made = json.loads((tmp_path / "out" / "latest" / "statement.json").read_text(encoding="utf-8"))
    assert made == json.loads(json.dumps(played.statement))
    assert (tmp_path / "out" / "latest" / "index.html").exists()
    assert bool(list((tmp_path / "out" / "latest" / "failures").glob("*.sh"))) is bool(fault)


def test_without_a_folder_the_latest_run_stays_the_latest(
    playing: Playing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = playing()
    monkeypatch.chdir(tmp_path)
    assert judge(str(played.journal)).exit_code == 0
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [f"{played.statement['run']['id']}-judged"]


def test_a_cut_journal_is_inconclusive(playing: Playing, tmp_path: Path) -> None:
    whole = playing().journal.read_bytes()
    (tmp_path / "cut.jsonl").write_bytes(whole[: len(whole) // 2])
    done = judge(str(tmp_path / "cut.jsonl"), "--out", str(tmp_path))
    assert done.exit_code == 3
    assert "the journal ends before its run did" in done.output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is neither a journal"),
        (b'{"kind":"run","version":9}\n', "the journal has version 9, this kit reads versions 1 and 2"),
        (b'{"kind":"run","version":2}\n', "line 1: the record of the run lacks"),
        (b'{"log": 3}', "log: is missing or no object"),
        (b"\xff\xfe{", "is neither a journal"),
    ],
)
def test_what_cannot_be_judged_is_wrong_usage(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    done = judge(str(path), "--out", str(tmp_path / "out"))
    assert isinstance(done.exception, KandykitError)
    assert done.exception.exit_code == 2
    assert complaint in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_damaged_line_is_named(playing: Playing, tmp_path: Path) -> None:
    lines = playing().journal.read_bytes().split(b"\n")
    lines[40] = lines[40][: len(lines[40]) // 2]
    (tmp_path / "damaged.jsonl").write_bytes(b"\n".join(lines))
    done = judge(str(tmp_path / "damaged.jsonl"), "--out", str(tmp_path / "out"))
    assert isinstance(done.exception, KandykitError)
    assert done.exception.exit_code == 2
    assert "damaged.jsonl, line 41" in str(done.exception)
