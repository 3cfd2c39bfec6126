"""A failure's calls again: still there on the target that fails, gone on one that does not, else it cannot be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kandykit.binding import Binding
from kandykit.errors import UsageError
from kandykit.explore.again import programme_of
from kandykit.explore.steps import Create, Delete, DeleteNobody, ListOrders, Look, LookUp, Order, Raw, Send
from kandykit.journal import read_journal
from kandykit.profile import load_profile
from kandykit.replaying import Failure, Replay, Said, profile_for, read_failure, replay, told
from kandykit.report.curl import failure_record
from tests.rejudging.conftest import Played, Playing


def record_of(played: Played, requirement: str, folder: Path) -> Path:
    """The record of the first finding of this requirement."""
    cases = played.run.judgement().cases.values()
    case = next(case for case in cases if requirement in case.finding.requirements)
    path = folder / f"{case.finding.id}.json"
    path.write_text(json.dumps(failure_record(case, played.run.binding)), encoding="utf-8")
    return path


def again(failure: Failure, played: Played, folder: Path) -> Replay:
    return replay(failure, load_profile(played.profile), out=folder / "reports")


@pytest.mark.parametrize(
    ("fault", "requirement", "races"),
    [
        ("repeated-delete-frees-again", "L3", 0),
        ("decrement-below-use-by-one", "L6", 0),
        ("hsts-missing", "R2", 0),
        ("inventory-without-token", "R6", 0),
        ("malformed-is-a-200", "R3", 0),
        ("last-product-sold-twice", "L12", 3),
        ("last-product-sold-twice", "L3", 3),  # a lone read shows it, and only overlapping calls bring it about
    ],
)
def test_it_is_still_there_and_elsewhere_gone(
    playing: Playing, tmp_path: Path, fault: str, requirement: str, races: int
) -> None:
    faulty, good = playing(faults=(fault,), races=races), playing()
    failure = read_failure(record_of(faulty, requirement, tmp_path))
    made = again(failure, faulty, tmp_path)
    assert made.said is Said.STILL_THERE
    assert made.now is not None
    lines = told(failure, made, faulty.run.binding)
    assert lines[0].startswith(failure.finding.id)
    assert any(line.startswith("  now  ") for line in lines)
    assert "still there" in lines
    assert again(failure, good, tmp_path).said is Said.GONE


def test_a_replay_keeps_its_journal_and_puts_the_account_back(playing: Playing, tmp_path: Path) -> None:
    faulty, good = playing(faults=("repeated-delete-frees-again",)), playing()
    made = again(read_failure(record_of(faulty, "L3", tmp_path)), good, tmp_path)
    assert made.folder is not None
    recording = read_journal(made.folder / "journal.jsonl")
    assert {exchange.intent.suite for exchange in recording.exchanges} >= {"calibration", "replay"}
    assert not made.residue


def test_a_target_that_gives_no_answer_says_nothing(playing: Playing, tmp_path: Path) -> None:
    faulty = playing(faults=("hsts-missing",))
    failure = read_failure(record_of(faulty, "R2", tmp_path))
    text = faulty.profile.read_text(encoding="utf-8").replace(faulty.run.binding.base_url, "http://127.0.0.1:9/x")
    (tmp_path / "dead.toml").write_text(text, encoding="utf-8")
    made = replay(failure, load_profile(tmp_path / "dead.toml"), out=tmp_path / "reports")
    assert made.said is Said.COULD_NOT_TELL
    assert made.why


def test_nothing_is_sent_to_a_target_elsewhere_without_a_yes(playing: Playing, tmp_path: Path) -> None:
    faulty = playing(faults=("hsts-missing",))
    failure = read_failure(record_of(faulty, "R2", tmp_path))
    text = faulty.profile.read_text(encoding="utf-8").replace("http://127.0.0.1", "https://api.example")
    (tmp_path / "live.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="say --yes"):
        replay(failure, load_profile(tmp_path / "live.toml"), out=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_credentials_come_from_the_environment(
    playing: Playing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = read_failure(record_of(playing(faults=("hsts-missing",)), "R2", tmp_path))
    monkeypatch.delenv("KANDY_CLIENT_ID", raising=False)
    with pytest.raises(UsageError, match="KANDY_CLIENT_ID is not set"):
        profile_for(failure, None)
    monkeypatch.setenv("KANDY_CLIENT_ID", "acme")
    monkeypatch.setenv("KANDY_CLIENT_SECRET", "s")
    monkeypatch.setenv("KANDY_BASE_URL", "http://127.0.0.1:1/other")
    profile = profile_for(failure, None)
    assert profile.target.base_url == "http://127.0.0.1:1/other"
    assert profile.target.token_url == failure.token_url
    assert [account.client_id for account in profile.accounts] == ["acme"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda record: record.pop("finding"), "finding: is no record of a failure"),
        (lambda record: record["finding"].update(verdict="bad"), "finding: is no record"),
        (lambda record: record.pop("target"), "target: is no record"),
        (lambda record: record["target"].update(binding={"no.such": "x"}), "no.such is no key of the binding"),
        (lambda record: record.update(calls=[{}]), "calls: is no record"),
        (lambda record: record.update(programme=[{"step": "Dance"}]), "programme: .*'Dance', which is no step"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(
    playing: Playing, tmp_path: Path, change: Callable[[dict[str, Any]], Any], complaint: str
) -> None:
    path = record_of(playing(faults=("hsts-missing",)), "R2", tmp_path)
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_failure(path)


def test_scripts_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a script"):
        read_failure(tmp_path / "L3-1a2b3c4d.sh")
    with pytest.raises(UsageError, match="cannot be read"):
        read_failure(tmp_path / "L3-1a2b3c4d.json")
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="is no JSON"):
        read_failure(tmp_path / "x.json")


def test_recorded_calls_become_steps_of_today(playing: Playing) -> None:
    """Identities and order numbers are those of the play; what was odd stays odd."""
    played = playing()
    recording = read_journal(played.journal)
    stateful = [call for call in recording.exchanges if call.intent.suite == "stateful"]
    binding: Binding = played.run.binding
    steps = programme_of([call for call in stateful if call.intent.credential.value == "live"], binding)
    kinds = {type(step) for step in steps}
    assert {Look, ListOrders, LookUp, Order, Create, Delete, Send} <= kinds
    labels = {step.label for step in steps if isinstance(step, Create)}
    assert all(step.label in labels for step in steps if isinstance(step, Delete))
    assert not [step for step in steps if isinstance(step, Raw | DeleteNobody) and played.run.mark in repr(step)]


def test_what_the_account_went_through_is_gone_through_first(playing: Playing, tmp_path: Path) -> None:
    """A limit that is used up for good: neither the refused order nor its record alone shows anything."""
    faulty, good = playing(faults=("hsts-missing",)), playing()
    record = json.loads(record_of(faulty, "R2", tmp_path).read_text(encoding="utf-8"))
    record["finding"]["requirement"] = "L7"
    record["history"], record["recent"] = {"0": "@acme.example +2 c1 s2 x1 x2 x0 -2 i l HEAD:/order"}, ""
    path = tmp_path / "with-history.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    failure = read_failure(path)
    assert failure.history == {0: record["history"]["0"]}
    made = again(failure, good, tmp_path)
    assert made.folder is not None
    recording = read_journal(made.folder / "journal.jsonl")
    played = [call.request.method for call in recording.exchanges if call.intent.suite == "replay"]
    assert played[:10] == ["POST", "POST", "POST", "DELETE", "DELETE", "DELETE", "POST", "GET", "GET", "HEAD"]
