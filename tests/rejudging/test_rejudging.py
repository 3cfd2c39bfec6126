"""A journal judged again says what its run said; where the journal is changed, so is what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kandykit.errors import JournalError
from kandykit.profile import load_profile
from kandykit.rejudging import rejudge, rejudge_journal
from kandykit.report.statement import exit_status
from tests.rejudging.conftest import WAIVER, Playing


def as_json(statement: dict[str, Any]) -> dict[str, Any]:
    """As a file would hold it."""
    loaded: dict[str, Any] = json.loads(json.dumps(statement))
    return loaded


def rows(statement: dict[str, Any], *verdicts: str) -> set[str]:
    return {row["id"] for row in statement["requirements"] if row["verdict"] in verdicts}


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where a changed journal is written."""
    return tmp_path / "journal.jsonl"


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="ascii")
    return path


def changed(path: Path, copy: Path, change: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Path:
    """A copy of a journal in which ``change`` was told each intent with its outcome, until it said that it did it."""
    lines = records(path)
    intents = {line["seq"]: line for line in lines if line["kind"] == "intent"}
    for line in lines:
        if line["kind"] == "outcome" and change(intents[line["seq"]], line):
            return written(copy, lines)
    raise AssertionError("nothing could be changed")


# -- the same -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ({}, set()),
        ({"legals": ("orders-take-a-moment",)}, set()),
        ({"legals": ("connection-cut-after-acting",)}, set()),
        ({"legals": ("caller-must-choose",)}, set()),
        pytest.param({"legals": ("inventory-lags",)}, set(), marks=pytest.mark.slow),
        ({"faults": ("delete-returns-nothing",)}, {"L10"}),
        ({"faults": ("oversell-by-one",)}, {"L5"}),
        pytest.param({"faults": ("decrement-takes-nothing",)}, {"L1"}, marks=pytest.mark.slow),
        ({"faults": ("repeated-delete-frees-again",)}, {"L3"}),
        ({"faults": ("passwords-in-the-inventory",)}, {"R5"}),
        ({"faults": ("inventory-without-token",)}, {"R6"}),
        ({"faults": ("stock-is-shared",)}, {"L5"}),
        ({"faults": ("hsts-missing",)}, {"R2"}),
        ({"faults": ("malformed-is-a-200",)}, {"R3"}),
        pytest.param({"faults": ("increment-adds-nothing",)}, {"L1"}, marks=pytest.mark.slow),
    ],
    ids=lambda value: "-".join(value.get("faults", value.get("legals", ("good",)))) if isinstance(value, dict) else "",
)
def test_the_same_statement(playing: Playing, target: dict[str, Any], broken: set[str]) -> None:
    played = playing(**target)
    assert broken <= played.named("fail")
    assert bool(broken) == bool(played.named("fail"))
    assert as_json(rejudge(played.journal)) == as_json(played.statement)


@pytest.mark.parametrize("fault", ["", "last-product-sold-twice", "two-deletes-free-twice"])
def test_races_are_judged_again_with_their_overlaps(playing: Playing, fault: str) -> None:
    played = playing(faults=(fault,) if fault else (), races=3)
    again = rejudge_journal(played.journal)
    assert ("L12" in played.named("fail")) is bool(fault)
    assert again.hearing.races.overlapping == played.run.racer.races.overlapping > 0
    assert as_json(again.statement()) == as_json(played.statement)


def test_somebody_elses_hand_is_seen_again(playing: Playing) -> None:
    played = playing(legals=("somebody-else-is-active",))
    assert not played.named("fail")
    assert as_json(rejudge(played.journal)) == as_json(played.statement)


def test_what_was_waived_is_waived_still(playing: Playing) -> None:
    played = playing(faults=("wrong-method-without-allow",), waivers=(WAIVER,))
    again = rejudge(played.journal)
    assert again["waivers"][0]["owner"] == WAIVER.owner
    assert as_json(again) == as_json(played.statement)


def test_evidence_and_programmes_come_back(playing: Playing) -> None:
    played = playing(faults=("delete-returns-nothing",))
    live, again = played.run.judgement().cases, rejudge_journal(played.journal).judgement.cases
    assert live.keys() == again.keys()
    for name, case in live.items():
        assert case.calls == again[name].calls
        assert case.setting == json.loads(json.dumps(again[name].setting))
        assert json.loads(json.dumps(case.programme)) == again[name].programme


def test_fingerprints_are_compared_like_secrets(playing: Playing) -> None:
    played = playing(faults=("one-password-for-all",))
    assert "L9" in played.named("fail")
    assert "L9" in rows(rejudge(played.journal), "fail")


# -- changed ------------------------------------------------------------------------------------------------------


def test_a_status_that_was_changed_changes_the_verdict(playing: Playing, copy: Path) -> None:
    played = playing()

    def teapot(intent: dict[str, Any], outcome: dict[str, Any]) -> bool:
        if intent["method"] == "GET" and outcome.get("status") == 200 and intent["suite"] == "stateful":
            outcome["status"] = 418
            return True
        return False

    again = rejudge(changed(played.journal, copy, teapot))
    assert "R1" in rows(again, "fail")
    assert exit_status(again) == 1


def test_a_number_that_was_changed_accuses_nobody_but_shows(playing: Playing, copy: Path) -> None:
    """It shows once and in no play again, so it could be another hand's: that is not decided."""
    played = playing()

    def one_more(intent: dict[str, Any], outcome: dict[str, Any]) -> bool:
        stateful = intent["suite"] == "stateful" and intent["account"] == "account-1"
        if not (stateful and intent["url"].endswith("/inventory") and outcome.get("status") == 200):
            return False
        body = json.loads(outcome["body"])
        row = body["products"][0]
        if row["used"] == 0:
            return False
        row["total"], row["available"] = row["total"] + 1, row["available"] + 1
        outcome["body"] = json.dumps(body)
        outcome["headers"] = [pair for pair in outcome["headers"] if pair[0].lower() != "content-length"]
        return True

    again = rejudge(changed(played.journal, copy, one_more))
    assert rows(again, "fail") <= {"R2"}  # the length that was taken out
    assert {"L1", "L2"} & rows(again, "inconclusive")


def test_what_no_longer_came_again_does_not_stand(playing: Playing, copy: Path) -> None:
    """All plays but the first are healed: one play proves nothing."""
    played = playing(faults=("delete-returns-nothing",))
    assert "L10" in played.named("fail")
    lines = records(played.journal)
    deals = [n for n, line in enumerate(lines) if line["kind"] == "mark" and line["mark"] == "weigh"]
    kept = [line for n, line in enumerate(lines) if n not in deals]
    again = rejudge(written(copy, kept))
    assert "L10" not in rows(again, "fail")
    assert "L10" in rows(again, "inconclusive")


def test_a_finding_with_no_other_play_is_open(playing: Playing, copy: Path) -> None:
    played = playing(faults=("delete-returns-nothing",))
    lines = records(played.journal)
    first = next(n for n, line in enumerate(lines) if line.get("mark") == "weigh")
    lines[first]["data"]["again"] = lines[first]["data"]["again"][:1]
    again = rejudge(written(copy, lines))
    assert "L10" not in rows(again, "fail")


def test_another_profile_gives_other_terms(playing: Playing, tmp_path: Path) -> None:
    played = playing(faults=("taken-identity-answered-409",), limit=20)
    text = played.profile.read_text(encoding="utf-8") + "\n[readings]\nlimit = 2\n"
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    again = rejudge(played.journal, load_profile(tmp_path / "other.toml", secrets=False))
    assert "L3" in rows(again, "fail")
    assert again["target"]["profile"] != played.statement["target"]["profile"]


# -- incomplete ---------------------------------------------------------------------------------------------------


def test_a_journal_that_ends_early_is_judged_as_far_as_it_goes(playing: Playing, copy: Path) -> None:
    played = playing()
    whole = played.journal.read_bytes()
    for part in (0.3, 0.6, 0.95):
        copy.write_bytes(whole[: int(len(whole) * part)])
        again = rejudge(copy)
        assert again["verdict"] == "inconclusive"
        assert "ends before its run did" in again["run"]["incomplete"]
        assert "not all was judged" in again["why"]
        assert exit_status(again) == 3
        assert again["run"]["calls"] <= played.statement["run"]["calls"]


def test_a_failure_that_stood_before_the_end_stands(playing: Playing, copy: Path) -> None:
    played = playing(faults=("hsts-missing",))
    lines = records(played.journal)
    again = rejudge(written(copy, lines[: len(lines) // 2]))
    assert "R2" in rows(again, "fail")
    assert exit_status(again) == 1


def test_a_run_that_was_killed_while_it_confirmed_has_not_decided(playing: Playing, copy: Path) -> None:
    played = playing(faults=("delete-returns-nothing",))
    lines = records(played.journal)
    first = next(n for n, line in enumerate(lines) if line.get("mark") == "weigh")
    again = rejudge(written(copy, lines[:first]))
    assert "L10" in rows(again, "inconclusive")


def test_a_journal_without_marks_still_shows_single_exchanges(playing: Playing, copy: Path) -> None:
    """As a journal of version 1 has them."""
    played = playing(faults=("hsts-missing",))
    lines = [line for line in records(played.journal) if line["kind"] != "mark"]
    lines[0]["version"] = 1
    again = rejudge(written(copy, lines))
    assert "R2" in rows(again, "fail")


# -- not a journal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lines: lines[0].pop("profile"), "line 1: the record of the run lacks profile"),
        (lambda lines: lines[0].update(profile={}), "line 1: the record of the run holds no profile"),
        (lambda lines: lines[0].update(binding={"no.such": "x"}), "line 1: no.such is no key of the binding"),
        (lambda lines: lines[0].update(accounts=[]), "line 1: the record of the run holds no profile"),
        (lambda lines: lines.append({"kind": "mark", "mark": "played", "data": {}}), "the mark 'played'"),
        (lambda lines: lines.append({"kind": "mark", "mark": "terms", "data": {"none": 1}}), "the mark 'terms'"),
    ],
)
def test_what_cannot_be_judged_is_refused(playing: Playing, copy: Path, change: Any, complaint: str) -> None:
    played = playing()
    lines = records(played.journal)
    change(lines)
    with pytest.raises(JournalError, match=complaint):
        rejudge(written(copy, lines))


def test_marks_that_nobody_knows_are_passed_over(playing: Playing, copy: Path) -> None:
    played = playing()
    lines = [*records(played.journal), {"kind": "mark", "mark": "of a later kit", "data": {"a": 1}}]
    again = rejudge(written(copy, lines))
    assert as_json(again) == as_json(played.statement)
