"""Allure is a view of the statement: nothing is lost, nothing is greener, and nothing calls out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_up_run import BASE, made_up_statement

from kandykit.binding import Binding
from kandykit.judgement import Judgement
from kandykit.report import allure_report
from kandykit.report.allure import CATEGORIES, write_results
from kandykit.report.allure_exchange import http_exchange
from kandykit.report.allure_report import allure_install, build_report, without_analytics
from kandykit.report.items import Item
from kandykit.report.junit import write_junit
from kandykit.report.reconcile import reconcile
from kandykit.report.waivers import Waiver

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")
ITEMS = (
    Item("suites/stateful/test_life.py::test_lifecycle", "passed", 3.5, "", ("L1", "L5")),
    Item("suites/contract/test_api.py::test_api[GET /order]", "failed", 0.1, "boom", ("R2",)),
    Item("suites/contract/test_api.py::test_api[POST /order]", "passed", 0.1, "", ("R2",)),
    Item("suites/quota/test_quota.py::test_limit", "skipped", 0.0, "opt-in off loopback", ("K1",)),
    Item("suites/contract/test_broken.py", "error", 0.0, "ImportError: no module"),
)
WAIVER = Waiver("jo", "known", "K-1", date(2027, 1, 1), requirement="S1")

needs_allure = pytest.mark.skipif(
    shutil.which("node") is None or not (allure_install() or Path("-")).joinpath("node_modules/allure").is_dir(),
    reason="needs Node, and npm ci in tools/report",
)


def made(folder: Path, items: tuple[Item, ...] = ITEMS, **facts: Any) -> tuple[dict[str, Any], Judgement]:
    statement, judgement, _ = made_up_statement(**({"waivers": [WAIVER]} | facts))
    write_results(folder / "results", statement, judgement, items, BINDING)
    write_junit(items, statement, folder / "junit.xml")
    return statement, judgement


def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "results").glob("*-result.json"))]


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def by_requirement(folder: Path) -> dict[str, dict[str, Any]]:
    return {labels(r, "requirement")[0]: r for r in results(folder) if labels(r, "layer") == ["requirement"]}


def test_every_item_and_every_requirement_is_one_result_with_an_identity_of_its_own(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    found = results(tmp_path)
    assert len(found) == len(ITEMS) + len(statement["requirements"])
    for identity in ("uuid", "historyId", "testCaseId", "fullName"):
        assert len({result[identity] for result in found}) == len(found)
    assert len({labels(result, "ALLURE_ID")[0] for result in found}) == len(found)


def test_parametrised_operations_are_no_retries_of_one_another(tmp_path: Path) -> None:
    made(tmp_path)
    contract = [r for r in results(tmp_path) if labels(r, "feature") == ["contract"]]
    assert Counter(result["status"] for result in contract) == {"failed": 1, "passed": 1, "broken": 1}


def test_a_waived_failure_is_seen_as_a_failure_that_somebody_knows_of(tmp_path: Path) -> None:
    made(tmp_path)
    waived = by_requirement(tmp_path)["S1"]
    assert (waived["status"], waived["statusDetails"]["known"]) == ("failed", True)
    assert waived["name"].endswith("(waived)")


@pytest.mark.parametrize(
    ("requirement", "status", "severity"),
    [
        ("L1", "passed", "critical"),
        ("L5", "failed", "critical"),
        ("H2", "passed", "normal"),
        ("L11", "unknown", "critical"),
        ("L15", "skipped", "critical"),
        ("L14", "passed", "minor"),
    ],
)
def test_a_verdict_has_its_status_and_a_level_its_severity(
    tmp_path: Path, requirement: str, status: str, severity: str
) -> None:
    made(tmp_path)
    result = by_requirement(tmp_path)[requirement]
    assert (result["status"], labels(result, "severity")) == (status, [severity])


def test_a_finding_shows_its_sequence_as_exchanges_once_each(tmp_path: Path) -> None:
    _, judgement = made(tmp_path)
    (step,) = by_requirement(tmp_path)["L5"]["steps"]
    exchanges = [a for each in step["steps"] for a in each.get("attachments", []) if "http" in a["type"]]
    case = next(case for name, case in judgement.cases.items() if name.startswith("L5"))
    assert len(exchanges) == len(case.calls)
    content = json.loads((tmp_path / "results" / exchanges[0]["source"]).read_text())
    assert content["request"]["method"] == "GET"
    assert content["response"]["status"] == 200
    sources = re.findall(
        r'"source": "([^"]+)"', "".join(p.read_text() for p in (tmp_path / "results").glob("*-result.json"))
    )
    assert len(sources) == len(set(sources))
    assert all((tmp_path / "results" / source).is_file() for source in sources)


def test_an_exchange_hides_credentials_and_shows_a_page_as_text() -> None:
    _, judgement, _ = made_up_statement()
    (call,) = next(case for name, case in judgement.cases.items() if name.startswith("R2")).calls
    content = http_exchange(call)
    assert {"name": "authorization", "value": "__ALLURE_REDACTED__"} in content["request"]["headers"]
    assert content["response"]["body"]["contentType"] == "text/plain"
    assert "\x1b" not in content["response"]["body"]["value"]


def test_a_call_without_an_answer_says_how_it_ended() -> None:
    _, judgement, _ = made_up_statement()
    (call,) = next(case for name, case in judgement.cases.items() if name.startswith("K1")).calls
    content = http_exchange(call)
    assert "response" not in content
    assert content["error"]["name"] == "timeout"


def test_no_key_of_the_environment_has_a_space(tmp_path: Path) -> None:
    made(tmp_path)
    lines = (tmp_path / "results" / "environment.properties").read_text().splitlines()
    assert "Verdict=not_conformant" in lines
    assert all(re.match(r"\w+=", line) for line in lines)


def test_why_a_run_ended_early_is_a_global_error_and_the_statement_is_attached(tmp_path: Path) -> None:
    made(tmp_path, target_down="no answer in 10 s")
    (path,) = (tmp_path / "results").glob("*-globals.json")
    content = json.loads(path.read_text())
    assert [error["message"] for error in content["errors"]] == ["target: no answer in 10 s"]
    (attachment,) = content["attachments"]
    assert json.loads((tmp_path / "results" / attachment["source"]).read_text())["verdict"] == "not_conformant"


def test_writing_again_leaves_nothing_of_the_last_time(tmp_path: Path) -> None:
    made(tmp_path)
    made(tmp_path, ITEMS[:1])
    assert len([r for r in results(tmp_path) if labels(r, "layer") == ["suite"]]) == 1


def test_all_totals_agree(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    expected = [item.nodeid for item in ITEMS]
    shown = len(ITEMS) + len(statement["requirements"])
    assert (
        reconcile(ITEMS, statement, tmp_path / "results", tmp_path / "junit.xml", expected=expected, shown=shown) == []
    )


def test_what_a_crashed_worker_took_with_it_is_missed(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    lost = "suites/stateful/test_life.py::test_crash"
    (problem,) = reconcile(ITEMS, statement, tmp_path / "results", tmp_path / "junit.xml", expected=[lost])
    assert problem == f"{lost} was collected and never reported"


def test_an_item_that_was_reported_twice_is_two_results_and_is_said(tmp_path: Path) -> None:
    items = (*ITEMS, ITEMS[0])
    statement, _ = made(tmp_path, items)
    assert len(results(tmp_path)) == len(items) + len(statement["requirements"])
    assert reconcile(items, statement, tmp_path / "results", tmp_path / "junit.xml") == [
        f"{ITEMS[0].nodeid} was reported 2 times"
    ]


def test_each_kind_of_loss_is_said(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    folder, junit = tmp_path / "results", tmp_path / "junit.xml"
    for path in folder.glob("*-result.json"):
        if labels(json.loads(path.read_text()), "requirement") == ["L5"]:
            path.unlink()
    junit.write_text(junit.read_text().replace("<failure", "<ignored", 1).replace("</failure", "</ignored", 1))
    text = "\n".join(reconcile(ITEMS, statement, folder, junit, shown=3))
    assert "Allure has no result for requirement L5" in text
    assert "shows 3 results" in text
    assert "JUnit's suites declare other totals than they hold" in text
    assert "JUnit counts the suites" in text


def test_a_verdict_that_reads_otherwise_is_said(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    next(row for row in statement["requirements"] if row["id"] == "L5")["verdict"] = "pass"
    problems = reconcile(ITEMS, statement, tmp_path / "results", tmp_path / "junit.xml")
    assert "Allure says failed of L5, the statement pass" in problems


def test_analytics_are_taken_out_and_a_changed_template_is_noticed() -> None:
    head = '<head><script async src="https://www.googletagmanager.com/gtag/js?id=G"></script>\n<script>'
    html = without_analytics(f"<html>{head}\nwindow.dataLayer = 1;</script><body></html>")
    assert "googletagmanager" not in html
    assert "Content-Security-Policy" in html
    with pytest.raises(ValueError, match="analytics"):
        without_analytics("<html><head><script>load('googletagmanager')</script></head></html>")
    with pytest.raises(ValueError, match="from outside"):
        without_analytics('<html><head><link rel="x" href="https://fonts.example/x.css"></head></html>')


def test_without_node_or_the_install_the_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statement, _ = made(tmp_path)
    (tmp_path / "empty").mkdir()
    if shutil.which("node"):
        outcome = build_report(tmp_path / "results", tmp_path / "out", statement, install=tmp_path / "empty")
        assert not outcome.built
        assert "npm ci --ignore-scripts" in outcome.reason
    monkeypatch.setattr(allure_report.shutil, "which", lambda _: None)
    outcome = build_report(tmp_path / "results", tmp_path / "out", statement)
    assert (outcome.built, outcome.reason.partition(";")[0]) == (False, "Node is not installed")
    assert not (tmp_path / "out").exists()


def test_the_lock_pins_every_package_and_names_no_host() -> None:
    folder = allure_install()
    assert folder is not None
    text = (folder / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert packages["node_modules/allure"]["version"] == "3.18.0"
    assert all("integrity" in package for name, package in packages.items() if name)


def test_the_first_category_that_matches_is_the_nearest() -> None:
    names = [category["name"] for category in CATEGORIES]
    assert names.index("Waived") == 0
    assert names.index("A law is broken") < names.index("The contract is broken")


@needs_allure
@pytest.mark.slow
def test_the_report_is_one_file_that_shows_every_result(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    outcome = build_report(tmp_path / "results", tmp_path / "report", statement)
    assert outcome.built, outcome.reason
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["index.html"]
    problems = reconcile(ITEMS, statement, tmp_path / "results", tmp_path / "junit.xml", shown=outcome.shown)
    assert problems == []


@needs_allure
@pytest.mark.slow
def test_the_report_is_built_without_a_network(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no network namespace")
    made(tmp_path)
    code = (
        "import json, sys; from pathlib import Path; from kandykit.report.allure_report import build_report;"
        "outcome = build_report(Path(sys.argv[1]), Path(sys.argv[2]), {'verdict': 'x', 'target': {'name': 'y'}});"
        "print(outcome); sys.exit(not outcome.built)"
    )
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", code, str(tmp_path / "results"), str(tmp_path / "report")],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@needs_allure
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed")
def test_a_browser_opens_the_report_from_the_disk(tmp_path: Path) -> None:
    statement, _ = made(tmp_path)
    outcome = build_report(tmp_path / "results", tmp_path / "report", statement)
    assert outcome.report is not None, outcome.reason
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'user'}",
        "--virtual-time-budget=15000", "--dump-dom", outcome.report.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert "L5 Without stock no subscriber" in done.stdout
    assert "test_api[GET /order]" in done.stdout
    assert "S1 HSTS is sent (waived)" in done.stdout
