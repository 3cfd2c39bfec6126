"""JUnit is never greener than the statement."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from made_up_run import made_up_statement

from kandykit.report.items import Item
from kandykit.report.junit import write_junit

ITEMS = (
    Item("suites/stateful/test_life.py::test_lifecycle", "passed", 3.5, "", ("L1", "L5")),
    Item("suites/security/test_tokens.py::test_no_token[get]", "failed", 0.1, "boom \x1b \ud800", ("R6",)),
    Item("suites/quota/test_quota.py::test_limit", "skipped", 0.0, "opt-in off loopback", ("K1",)),
    Item("suites/contract/test_broken.py", "error", 0.0, "ImportError: no module"),
)


def written(tmp_path: Path) -> Xml.Element:
    statement, _, _ = made_up_statement()
    write_junit(ITEMS, statement, tmp_path / "junit.xml")
    return Xml.parse(tmp_path / "junit.xml").getroot()


def test_each_item_has_its_outcome_and_its_requirements(tmp_path: Path) -> None:
    suite = written(tmp_path).find("testsuite[@name='suites']")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    case = suite.find("testcase[@name='test_lifecycle']")
    assert case is not None
    properties = [(p.get("name"), p.get("value")) for p in case.iter("property")]
    assert properties[:2] == [("requirement", "L1"), ("verdict.L1", "pass")]
    assert ("verdict.L5", "fail") in properties


def test_each_requirement_is_a_case_as_the_statement_judges_it(tmp_path: Path) -> None:
    statement, _, _ = made_up_statement()
    suite = written(tmp_path).find("testsuite[@name='requirements']")
    assert suite is not None
    assert int(suite.get("tests", 0)) == len(statement["requirements"])
    assert int(suite.get("failures", 0)) == statement["counts"]["fail"]
    assert int(suite.get("errors", 0)) == 2
    assert int(suite.get("skipped", 0)) == statement["counts"]["skipped"]


def test_the_file_names_run_and_verdict(tmp_path: Path) -> None:
    suite = written(tmp_path).find("testsuite[@name='suites']")
    assert suite is not None
    facts = {p.get("name"): p.get("value") for p in suite.findall("properties/property")}
    assert facts["verdict"] == "not_conformant"
    assert facts["seed"] == "20261123"
