"""The ways in which Allure was seen to lie about a run, each with what keeps it from doing so here.

Where a trap is closed elsewhere, the test that proves it is named.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_up_run import BASE, made_up_statement

from kandykit.binding import Binding
from kandykit.report.allure import STEPS, allure_config, write_results
from kandykit.report.allure_report import without_analytics
from kandykit.report.items import Item, items_of, never_played
from kandykit.report.junit import write_junit
from kandykit.report.reconcile import reconcile
from kandykit.report.waivers import Waiver

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")
OPERATIONS = tuple(
    Item(f"suites/contract/test_document.py::test_operation[{name}]", outcome, 0.1, "", ("R2",))
    for name, outcome in (("GET /order", "failed"), ("POST /order", "passed"), ("GET /inventory", "failed"))
)


def written(folder: Path, items: tuple[Item, ...] = OPERATIONS, **facts: Any) -> list[dict[str, Any]]:
    """All raw results of a run, as Allure reads them."""
    statement, judgement, _ = made_up_statement(**facts)
    write_results(folder, statement, judgement, items, BINDING)
    write_junit(items, statement, folder.parent / "junit.xml")
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*-result.json"))]


def of_layer(results: list[dict[str, Any]], layer: str) -> list[dict[str, Any]]:
    return [result for result in results if layer in values(result, "layer")]


def values(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_1_operations_of_one_test_are_no_retries_of_each_other(tmp_path: Path) -> None:
    results = of_layer(written(tmp_path / "results"), "suite")
    assert Counter(result["status"] for result in results) == {"failed": 2, "passed": 1}
    assert len({(result["testCaseId"], result["historyId"]) for result in results}) == 3


def test_2_a_test_that_was_being_played_when_its_process_died_is_broken_and_those_after_it_are_skipped(
    tmp_path: Path,
) -> None:
    """The same with a real process: tests/run/test_totals.py."""
    marks = [
        ("collected", {"items": ["a", "b", "c"]}),
        ("item", {"id": "a", "state": "begins"}),
        ("item", {"id": "a", "state": "passed", "seconds": 0.5, "message": "", "requirements": ["L1"]}),
        ("epoch", {"account": "account-1"}),
        ("item", {"id": "b", "state": "begins"}),
    ]
    items, expected = items_of(marks, "ended by SIGKILL")
    items += never_played(items, expected, "ended by SIGKILL")
    results = of_layer(written(tmp_path / "results", tuple(items), kit_error="ended by SIGKILL"), "suite")
    assert {result["name"]: result["status"] for result in results} == {"a": "passed", "b": "broken", "c": "skipped"}
    assert next(item for item in items if item.nodeid == "a").requirements == ("L1",)


def test_3_a_suite_that_cannot_be_collected_is_a_broken_result_and_a_global_error(tmp_path: Path) -> None:
    """The same with a real suite: tests/run/test_totals.py."""
    lost = Item("suites/security/test_broken.py", "error", message="ModuleNotFoundError: No module named 'x'")
    results = of_layer(written(tmp_path / "results", (lost,), kit_error="test_broken.py cannot be collected"), "suite")
    assert [(result["status"], result["name"]) for result in results] == [("broken", "test_broken.py")]
    assert "ModuleNotFoundError" in results[0]["statusDetails"]["message"]
    (path,) = (tmp_path / "results").glob("*-globals.json")
    assert "cannot be collected" in json.loads(path.read_text())["errors"][0]["message"]


def test_4_and_5_allures_gate_and_history_are_never_asked(tmp_path: Path) -> None:
    """The gate crashes on Node 20, and adds a point to its history whenever it is asked: both are the kit's own."""
    statement, _, _ = made_up_statement()
    config = allure_config(statement, tmp_path)
    assert "qualityGate" not in config
    assert "historyPath" not in config
    assert config["appendHistory"] is False
    assert "allureService" not in config


def test_6_analytics_are_cut_out_and_a_template_that_hides_them_is_refused() -> None:
    head = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n<script>'
    html = without_analytics(f"<html><head>{head}window.dataLayer = []; gtag('x')</script></head><body/></html>")
    assert "googletagmanager" not in html
    with pytest.raises(ValueError, match="analytics"):
        without_analytics("<html><head><script>import('https://www.googletagmanager.com')</script></head></html>")


def test_7_the_report_is_one_file_that_opens_from_the_disk(tmp_path: Path) -> None:
    """Looked at in a browser: test_allure.py."""
    statement, _, _ = made_up_statement()
    assert allure_config(statement, tmp_path)["plugins"]["awesome"]["options"]["singleFile"] is True


def test_8_the_label_that_allure_3_knows_a_test_by_is_there_and_differs(tmp_path: Path) -> None:
    results = written(tmp_path / "results")
    ids = [values(result, "ALLURE_ID") for result in results]
    assert all(len(each) == 1 for each in ids)
    assert len({each[0] for each in ids}) == len(results)
    assert not any(values(result, "as_id") for result in results)


def test_9_a_thousand_examples_are_no_thousand_labels_or_steps(tmp_path: Path) -> None:
    statement, judgement, _ = made_up_statement()
    name, case = next(iter(judgement.cases.items()))
    judgement.cases[name] = replace(case, calls=case.calls * 400, seen=1_000)
    write_results(tmp_path, statement, judgement, OPERATIONS, BINDING)
    results = [json.loads(path.read_text()) for path in tmp_path.glob("*-result.json")]
    assert max(len(result["labels"]) for result in results) < 20
    assert max(len(found["steps"]) for result in results for found in result["steps"] if "steps" in found) < STEPS + 8
    for result in results:
        pairs = [(label["name"], label["value"]) for label in result["labels"]]
        assert len(pairs) == len(set(pairs))


def test_10_a_target_that_breaks_the_contract_twice_has_failed_and_is_not_broken(tmp_path: Path) -> None:
    rows = of_layer(written(tmp_path / "results"), "requirement")
    failing = [row for row in rows if values(row, "verdict") == ["fail"]]
    assert failing
    assert {row["status"] for row in failing} == {"failed"}
    assert "broken" not in {row["status"] for row in rows}


def test_11_a_waived_failure_is_a_known_failure_and_neither_skipped_nor_passed(tmp_path: Path) -> None:
    waiver = Waiver("jo", "known", "K-1", date(2027, 1, 1), requirement="S1")
    rows = of_layer(written(tmp_path / "results", waivers=[waiver]), "requirement")
    (row,) = [row for row in rows if values(row, "verdict") == ["waived"]]
    assert (row["status"], row["statusDetails"]["known"]) == ("failed", True)
    statement, _, _ = made_up_statement()
    categories = allure_config(statement, tmp_path)["categories"]
    assert categories[0]["matchers"]["labels"]["verdict"] == "^waived$"


def test_12_the_verdict_stands_in_the_title_and_every_count_is_reconciled(tmp_path: Path) -> None:
    """Allure's three percentages of one run differ; none of them is quoted."""
    results = written(tmp_path / "results")
    statement, _, _ = made_up_statement()
    assert allure_config(statement, tmp_path)["name"].startswith("Not conformant: ")
    told = reconcile(
        OPERATIONS, statement, tmp_path / "results", tmp_path / "junit.xml", expected=[i.nodeid for i in OPERATIONS]
    )
    assert told == []
    (tmp_path / "results" / f"{results[0]['uuid']}-result.json").unlink()
    assert reconcile(OPERATIONS, statement, tmp_path / "results", tmp_path / "junit.xml")
