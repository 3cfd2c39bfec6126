"""A statement says what the judgement holds, no more and no less."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from made_up_run import REGISTRY, Clause, made_up_facts, made_up_statement

from kandykit.judgement import Case, Judgement
from kandykit.report.statement import NEVER_AROSE, build_statement, exit_status, findings
from kandykit.report.waivers import Waiver
from kandykit.verdict import Finding, Level, Verdict


def clause(id: str, level: str = "must", **more: str) -> Clause:
    return Clause(id, Level(level), f"title of {id}", "a sentence", "a source", "Laws", **more)


def judged(*cases: Finding, checked: dict[str, int] | None = None, **more: Any) -> Judgement:
    return Judgement(checked=Counter(checked or {}), cases={found.id: Case(found, ()) for found in cases}, **more)


def finding(requirement: str, verdict: Verdict = Verdict.FAIL, *also: str, title: str = "it is so") -> Finding:
    return Finding(requirement, title, "this", "that", (1,), verdict=verdict, also=also)


def rows(judgement: Judgement, *clauses: Clause, **facts: Any) -> dict[str, dict[str, Any]]:
    registry: Any = {each.id: each for each in clauses}
    statement = build_statement(judgement, made_up_facts(**facts), registry)
    return {row["id"]: row for row in statement["requirements"]}


def statement_of(judgement: Judgement, *clauses: Clause, **facts: Any) -> dict[str, Any]:
    return build_statement(judgement, made_up_facts(residue=(), **facts), {each.id: each for each in clauses})  # type: ignore[misc]


@pytest.mark.parametrize(
    ("cases", "checked", "verdict"),
    [
        ((), 3, "pass"),
        ((), 0, "skipped"),
        ((Verdict.INCONCLUSIVE,), 3, "inconclusive"),
        ((Verdict.WARN, Verdict.INCONCLUSIVE), 3, "warn"),
        ((Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE), 3, "fail"),
        ((Verdict.FAIL,), 0, "fail"),
    ],
)
def test_a_row_has_its_gravest_verdict(cases: tuple[Verdict, ...], checked: int, verdict: str) -> None:
    found = [finding("L1", each, title=f"fact {number}") for number, each in enumerate(cases)]
    row = rows(judged(*found, checked={"L1": checked}), clause("L1"))["L1"]
    assert row["verdict"] == verdict
    assert [each["verdict"] for each in row["findings"]] == [str(case) for case in cases]


def test_a_failure_stands_under_every_requirement_that_it_names() -> None:
    found = rows(judged(finding("L5", Verdict.FAIL, "L3")), clause("L3"), clause("L5"))
    assert [found[name]["verdict"] for name in ("L3", "L5")] == ["fail", "fail"]


def test_a_should_never_fails_and_information_never_warns() -> None:
    found = rows(
        judged(finding("L1", Verdict.FAIL, "H2", "L14"), checked={"L14": 1}),
        clause("L1"), clause("H2", "should"), clause("L14", "info"),
    )  # fmt: skip
    assert [found[name]["verdict"] for name in ("L1", "H2", "L14")] == ["fail", "warn", "pass"]
    assert found["H2"]["findings"][0]["verdict"] == "warn"


def test_twins_share_counts_and_findings_whichever_names_the_other() -> None:
    found = rows(judged(finding("L10"), checked={"L10": 7}), clause("L10"), clause("H10", twin="L10"))
    assert found["H10"]["checked"] == found["L10"]["checked"] == 7
    assert found["H10"]["verdict"] == found["L10"]["verdict"] == "fail"
    found = rows(judged(checked={"H9": 4}), clause("L13"), clause("H9", twin="L13"))
    assert found["L13"]["verdict"] == "pass"


def test_a_row_that_was_not_tested_says_why() -> None:
    found = rows(
        judged(reasons={"L7": "no limit is declared"}),
        clause("L7"),
        clause("L15", reason="needs a server"),
        clause("R1"),
    )
    assert [found[name]["reason"] for name in ("L7", "L15", "R1")] == [
        "no limit is declared",
        "needs a server",
        NEVER_AROSE,
    ]
    assert {row["verdict"] for row in found.values()} == {"skipped"}


def test_a_must_that_was_to_be_tested_and_was_not_makes_the_run_inconclusive() -> None:
    statement = statement_of(judged(inconclusive={"L11": "no token"}, checked={"R1": 1}), clause("L11"), clause("R1"))
    assert statement["verdict"] == "inconclusive"
    assert statement["requirements"][0]["reason"] == "no token"
    assert exit_status(statement) == 3


def test_an_inconclusive_should_leaves_the_run_conformant() -> None:
    statement = statement_of(judged(inconclusive={"T4": "no token"}), clause("T4", "should"))
    assert statement["verdict"] == "conformant"


@pytest.mark.parametrize(
    ("facts", "failing", "verdict", "status"),
    [
        ({}, False, "conformant", 0),
        ({}, True, "not_conformant", 1),
        ({"target_down": "no answer"}, False, "inconclusive", 3),
        ({"target_down": "no answer"}, True, "not_conformant", 1),
        ({"kit_error": "KeyError"}, False, "inconclusive", 4),
        ({"kit_error": "KeyError"}, True, "not_conformant", 1),
        ({"interrupted": True}, False, "inconclusive", 130),
        ({"interrupted": True}, True, "not_conformant", 130),
    ],
)
def test_the_exit_status_follows_the_verdict(facts: dict[str, Any], failing: bool, verdict: str, status: int) -> None:
    cases = [finding("L1")] if failing else []
    statement = statement_of(judged(*cases, checked={"L1": 2}), clause("L1"), **facts)
    assert (statement["verdict"], exit_status(statement)) == (verdict, status)


def test_a_conformant_run_that_left_something_behind_exits_with_5() -> None:
    statement = build_statement(judged(checked={"L1": 1}), made_up_facts(residue=["x"]), {"L1": clause("L1")})  # type: ignore[dict-item]
    assert exit_status(statement) == 5


def test_what_a_cut_short_run_never_reached_is_inconclusive_if_it_is_a_must() -> None:
    found = rows(
        judged(), clause("L1"), clause("T4", "should"), clause("L15", reason="needs a server"), interrupted=True
    )
    assert [row["verdict"] for row in found.values()] == ["inconclusive", "skipped", "skipped"]


def test_a_failure_of_an_unknown_requirement_is_never_lost() -> None:
    statement = statement_of(judged(finding("Z9")), clause("L1"))
    assert statement["requirements"][-1]["id"] == "Z9"
    assert statement["verdict"] == "not_conformant"


def waiver(expires: date = date(2027, 1, 31), **names: str) -> Waiver:
    return Waiver(owner="jo", reason="known", ticket="K-1", expires=expires, **names)


def test_a_waived_failure_is_waived_and_never_a_pass() -> None:
    found = finding("L1")
    for covering in (waiver(requirement="L1"), waiver(finding=found.id)):
        statement = statement_of(judged(found), clause("L1"), waivers=[covering])
        assert statement["requirements"][0]["verdict"] == "waived"
        assert statement["verdict"] == "conformant"
        assert statement["counts"]["waived"] == 1
        assert statement["waivers"][0]["state"] == "used"


def test_one_failure_that_nobody_waived_still_fails_the_requirement() -> None:
    first, second = finding("L1"), finding("L1", title="another fact")
    statement = statement_of(judged(first, second), clause("L1"), waivers=[waiver(finding=first.id)])
    assert statement["requirements"][0]["verdict"] == "fail"


def test_waiving_a_requirement_does_not_waive_the_other_one_that_a_finding_breaks() -> None:
    statement = statement_of(
        judged(finding("H2", Verdict.FAIL, "L4")), clause("H2"), clause("L4"), waivers=[waiver(requirement="H2")]
    )
    assert [row["verdict"] for row in statement["requirements"]] == ["waived", "fail"]


@pytest.mark.parametrize(
    ("covering", "state"),
    [
        (waiver(date(2026, 11, 22), requirement="L1"), "expired"),
        (waiver(date(2026, 11, 23), requirement="L1"), "used"),
        (waiver(requirement="L2"), "gone"),
        (waiver(finding="L2-00000000"), "gone"),
        (waiver(requirement="L3"), "untested"),
        (waiver(requirement="L99"), "unmatched"),
    ],
)
def test_a_waiver_that_waives_nothing_shows(covering: Waiver, state: str) -> None:
    judgement = judged(finding("L1"), checked={"L1": 1, "L2": 1})
    statement = statement_of(judgement, clause("L1"), clause("L2"), clause("L3"), waivers=[covering])
    assert statement["waivers"][0]["state"] == state
    assert statement["verdict"] == ("conformant" if state == "used" else "not_conformant")


def test_a_waiver_for_what_only_warns_has_no_failure_to_waive() -> None:
    """Neither for a SHOULD that was broken, nor for a MUST whose failure became a warning."""
    judgement = judged(finding("S1"), finding("L1", Verdict.WARN), checked={"S1": 1, "L1": 1})
    waivers = [waiver(requirement="S1"), waiver(requirement="L1"), waiver(finding=finding("L1").id)]
    statement = statement_of(judgement, clause("S1", "should"), clause("L1"), waivers=waivers)
    assert [entry["state"] for entry in statement["waivers"]] == ["gone", "gone", "gone"]
    assert [row["verdict"] for row in statement["requirements"]] == ["warn", "warn"]


def test_the_statement_is_json_and_the_same_each_time() -> None:
    first, second = (json.dumps(made_up_statement()[0], sort_keys=False) for _ in range(2))
    assert first == second
    first.encode("utf-8")
    assert "\\ud" not in first


def test_findings_are_listed_once_each_the_gravest_first() -> None:
    statement, judgement, _ = made_up_statement()
    listed = findings(statement)
    assert {found["id"] for found in listed} == set(judgement.cases)
    assert [found["verdict"] for found in listed] == sorted(
        (f["verdict"] for f in listed), key=["fail", "warn", "inconclusive"].index
    )
    assert all(found["calls"] == len(judgement.cases[found["id"]].calls) for found in listed)


def test_every_row_of_the_registry_is_in_the_statement_in_its_order() -> None:
    statement, _, _ = made_up_statement()
    assert [row["id"] for row in statement["requirements"]] == list(REGISTRY)
