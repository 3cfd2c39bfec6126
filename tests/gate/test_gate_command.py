"""``kandykit gate`` as people and pipelines call it: its files, its words, its exit status."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kandykit.cli import cli
from kandykit.errors import UsageError
from kandykit.gate.history import key_of, nights, record
from tests.gate.nights import failing, night, row, written

WAIVERS = """[[waiver]]
finding = "L5-0a1b2c3d"
owner = "jo@operator.example"
reason = "the next release"
ticket = "KANDY-17"
expires = {expires}
"""

Gate = Callable[..., Result]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["gate", *map(str, arguments)])

    return call


def test_nothing_new_ends_with_0_and_says_so(tmp_path: Path, gate: Gate) -> None:
    before, now = written(tmp_path, "b.json", night(0)), written(tmp_path, "n.json", night(1))
    done = gate("--baseline", before, now)
    assert done.exit_code == 0
    assert done.output.startswith("Nothing new: staging\n")


def test_a_new_failure_ends_with_1_and_is_named_on_both_pages(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    (tmp_path / "job.md").write_text("# before\n", encoding="utf-8")
    before, now = written(tmp_path, "b.json", night(0)), written(tmp_path, "n.json", failing(night(1)))
    done = gate(now, "--baseline", before, "--summary", tmp_path / "s.md")
    assert done.exit_code == 1
    assert "L5-0a1b2c3d: A subscriber is created although nothing is available (201)" in done.output
    summary = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert "### ❌ New failures" in summary
    assert (tmp_path / "job.md").read_text(encoding="utf-8") == "# before\n" + summary


def test_a_run_is_given_by_its_folder(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "run").mkdir()
    written(tmp_path / "run", "statement.json", night(1))
    before = night(0)
    before["run"]["suites"].append("quota")
    assert gate("--baseline", written(tmp_path, "b.json", before), tmp_path / "run").exit_code == 6


def test_waivers_from_a_file(tmp_path: Path, gate: Gate) -> None:
    before, now = written(tmp_path, "b.json", night(0)), written(tmp_path, "n.json", failing(night(1)))
    file = tmp_path / "waivers.toml"
    file.write_text(WAIVERS.format(expires="2999-12-31"), encoding="utf-8")
    assert gate("--baseline", before, now, "--waivers", file).exit_code == 0
    done = gate("--baseline", before, before, "--waivers", file)
    assert done.exit_code == 7
    assert "L5-0a1b2c3d waives a failure that is gone: jo@operator.example, KANDY-17, until 2999-12-31" in done.output


def test_what_a_target_says_is_only_text_in_markdown(tmp_path: Path, gate: Gate) -> None:
    nasty = "<img src=x> [a](http://evil.example) **b** `c` @all | d\n# e \x1b[31m"
    now = written(tmp_path, "n.json", failing(night(1), title=nasty, actual=nasty))
    assert gate("--baseline", written(tmp_path, "b.json", night(0)), now, "--summary", tmp_path / "s.md").exit_code == 1
    line = next(
        line for line in (tmp_path / "s.md").read_text(encoding="utf-8").splitlines() if line.startswith("- L5")
    )
    for bad in ("<img", "](", "http://", "**", "@all", "\x1b"):
        assert bad not in line
    assert r"\*\*b\*\*" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "n.json:1: is no JSON"),
        ('{"kit": ', "n.json:1: is no JSON"),
        ("[]", "it is no statement"),
        ("{}", "/kit is missing"),
        ('{"verdict": NaN}', "NaN"),
        ("[" * 100_000, "is no JSON"),
        ("\xff", "is no JSON"),
    ],
    ids=["empty", "cut", "list", "bare", "NaN", "deep", "octets"],
)
def test_a_file_that_is_no_statement_is_refused_by_name(tmp_path: Path, gate: Gate, text: str, words: str) -> None:
    (tmp_path / "n.json").write_text(text, encoding="latin-1")
    done = gate("--baseline", written(tmp_path, "b.json", night(0)), tmp_path / "n.json")
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("verdict",), "fine", "/verdict"),
        (("kit", "contract"), 3, "/kit/contract"),
        (("requirements",), {}, "/requirements"),
        (("requirements", 1, "checked"), -1, "/requirements/1/checked (L5)"),
        (("requirements", 1, "checked"), True, "/requirements/1/checked (L5)"),
        (("requirements", 1, "verdict"), "ok", "/requirements/1/verdict (L5)"),
        (("requirements", 1, "id"), "L1", "L1 a second time"),
        (("requirements", 1, "findings"), [{}], "/requirements/1/findings (L5)"),
        (("requirements", 1, "findings"), [{"id": "L5-1", "suites": 2.5}], "whose suites are no list"),
        (("readings",), [], "/readings"),
        (("waivers",), {}, "/waivers"),
    ],
)
def test_a_statement_that_is_damaged_is_refused_by_place(
    tmp_path: Path, gate: Gate, path: tuple[str | int, ...], value: object, words: str
) -> None:
    broken = night(1)
    holder = broken
    for part in path[:-1]:
        holder = holder[part]  # type: ignore[index]
    holder[path[-1]] = value  # type: ignore[index]
    done = gate("--baseline", written(tmp_path, "b.json", night(0)), written(tmp_path, "n.json", broken))
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)


def test_files_that_are_not_there_end_with_2(tmp_path: Path) -> None:
    """In a process of its own, since the exit status is made at the very end."""
    now = written(tmp_path, "n.json", night(1))
    for arguments in (["--baseline", "absent.json", now], [now], ["--baseline", now, "absent.json"]):
        done = subprocess.run(
            [sys.executable, "-m", "kandykit", "gate", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "absent.json" in done.stderr or "--baseline" in done.stderr


# -- history ----------------------------------------------------------------------------------------------------------


def test_nights_are_kept_in_order_and_told(tmp_path: Path, gate: Gate) -> None:
    before = written(tmp_path, "b.json", night(0))
    for number in (2, 1, 3):
        now = night(number)
        if number == 2:
            failing(now)
        done = gate("--baseline", before, written(tmp_path, f"{number}.json", now), "--history", tmp_path / "h.sqlite")
    assert "The last 3 of 3 nights" in done.output
    kept = nights(tmp_path / "h.sqlite", key_of(night(0)))
    assert [each.started[:10] for each in kept] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert [each.verdict for each in kept] == ["conformant", "not_conformant", "conformant"]
    assert kept[1].verdicts["L5"] == "fail"
    assert kept[1].checked["L1"] == 40
    assert kept[1].counts == {"pass": 4, "fail": 1, "warn": 0, "inconclusive": 0, "skipped": 1, "waived": 0}


def test_trends_of_other_targets_profiles_and_contracts_are_kept_apart(tmp_path: Path) -> None:
    base = tmp_path / "h.sqlite"
    others = [night(number) for number in range(4)]
    others[1]["target"]["name"] = "production"
    others[2]["target"]["profile"] = "sha256:ff"
    others[3]["kit"]["contract"] = "sha256:ff"
    for number, each in enumerate(others):
        assert record(base, each, f"sha256:{number}")
    assert [len(nights(base, key_of(each))) for each in others] == [1, 1, 1, 1]


def test_a_run_is_kept_once_and_never_changed(tmp_path: Path) -> None:
    base = tmp_path / "h.sqlite"
    assert record(base, night(1), "sha256:1")
    assert not record(base, night(1), "sha256:1")
    with pytest.raises(UsageError, match="with another statement"):
        record(base, failing(night(1)), "sha256:2")
    assert [each.verdict for each in nights(base, key_of(night(1)))] == ["conformant"]


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    base, problems = tmp_path / "h.sqlite", []
    begin = threading.Barrier(8)

    def write(number: int) -> None:
        begin.wait()
        try:
            for part in range(4):
                now = night(number % 7)
                now["run"]["id"] = f"{number}-{part}"
                record(base, now, f"sha256:{number}-{part}")
        except UsageError as error:
            problems.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert problems == []
    assert len(nights(base, key_of(night(0)))) == 32


def damaged_in_the_middle(path: Path) -> None:
    for number in range(60):
        now = night(number % 7)
        now["run"]["id"] = str(number)
        record(path, now, f"sha256:{number}")
    octets = bytearray(path.read_bytes())
    octets[8192:12288] = b"\xa5" * 4096
    path.write_bytes(octets)


def another_database(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE runs (x)")
    base.close()


def of_another_version(path: Path) -> None:
    record(path, night(1), "sha256:1")
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 9")
    base.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_text("no database at all, but long enough to be looked at" * 20), "cannot be used"),
        (damaged_in_the_middle, "cannot be used"),
        (another_database, "no history of kandykit"),
        (of_another_version, "version 9"),
        (lambda path: path.mkdir(), "cannot be used"),
    ],
    ids=["text", "damaged", "another", "version", "folder"],
)
def test_a_history_that_cannot_be_used_is_left_alone_and_costs_nothing(
    tmp_path: Path, gate: Gate, damage: Callable[[Path], object], words: str
) -> None:
    base = tmp_path / "h.sqlite"
    damage(base)
    octets = base.read_bytes() if base.is_file() else b""
    before, now = written(tmp_path, "b.json", night(0)), written(tmp_path, "n.json", failing(night(6)))
    done = gate("--baseline", before, now, "--history", base, "--summary", tmp_path / "s.md")
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert "New failures" in done.output, "what the gate has to say is said all the same"
    assert "New failures" in (tmp_path / "s.md").read_text(encoding="utf-8")
    assert (base.read_bytes() if base.is_file() else b"") == octets


def test_an_expired_waiver_shows_in_a_run_of_the_gate(tmp_path: Path, gate: Gate) -> None:
    before = failing(night(0))
    row(before, "L5")["verdict"] = row(before, "L5")["findings"][0]["verdict"] = "waived"
    file = tmp_path / "w.toml"
    file.write_text(WAIVERS.format(expires="2020-01-01"), encoding="utf-8")
    now = failing(night(1))
    done = gate("--baseline", written(tmp_path, "b.json", before), written(tmp_path, "n.json", now), "--waivers", file)
    assert done.exit_code == 7
    assert "has expired" in done.output
