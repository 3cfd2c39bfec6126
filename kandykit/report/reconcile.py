"""Whether Allure, JUnit and the statement tell of the same run: every total, and every verdict, one by one.

Results get lost on the way to a report in more ways than anybody foresees: a worker that crashes, two tests under one
identity, a file that was not written. So nothing is assumed; what was written is read again and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from kandykit.report.items import Item
from kandykit.report.junit import row_outcome

_ALLURE: Mapping[str, frozenset[str]] = {
    "pass": frozenset({"passed"}),
    "warn": frozenset({"passed"}),
    "fail": frozenset({"failed"}),
    "waived": frozenset({"failed"}),
    "inconclusive": frozenset({"unknown"}),
    "skipped": frozenset({"skipped"}),
}
_ITEMS: Mapping[str, str] = {"passed": "passed", "failed": "failed", "skipped": "skipped", "error": "broken"}


def reconcile(
    items: Sequence[Item],
    statement: Mapping[str, Any],
    results: Path,
    junit: Path,
    *,
    expected: Collection[str] = (),
    shown: int | None = None,
) -> list[str]:
    """Every discrepancy, each as a sentence; empty where all of them tell the same.

    ``expected`` are the node ids that were collected: one of them without an item was lost, in a crashed worker for
    example. ``shown`` is what the built Allure report counts (`BuildOutcome.shown`), where one was built.
    """
    reported = Counter(item.nodeid for item in items)
    problems = [f"{nodeid} was collected and never reported" for nodeid in expected if nodeid not in reported]
    problems += [f"{nodeid} was reported {count} times" for nodeid, count in reported.items() if count > 1]
    return [
        *problems,
        *_allure(items, statement, results, shown),
        *_junit(items, statement, junit),
    ]


def _allure(items: Sequence[Item], statement: Mapping[str, Any], folder: Path, shown: int | None) -> Iterable[str]:
    results = []
    for path in sorted(folder.glob("*-result.json")):
        try:
            results.append(json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            yield f"Allure: {path.name} is no JSON"
    rows = {row["id"]: row for row in statement["requirements"]}
    wanted = len(items) + len(rows)
    if len(results) != wanted:
        yield f"Allure has {len(results)} results, the run had {len(items)} tests and {len(rows)} requirements"
    identities = Counter(_label(result, "ALLURE_ID") for result in results)
    yield from (
        f"Allure: {count} results share the identity {name!r}" for name, count in identities.items() if count > 1
    )
    if shown is not None and shown != wanted:
        yield f"the built Allure report shows {shown} results, and {wanted} were written"
    judged = {_label(result, "requirement"): result for result in results if _label(result, "layer") == "requirement"}
    for name, row in rows.items():
        result = judged.get(name)
        if result is None:
            yield f"Allure has no result for requirement {name}"
        elif result["status"] not in _ALLURE[row["verdict"]] or _label(result, "verdict") != row["verdict"]:
            yield f"Allure says {result['status']} of {name}, the statement {row['verdict']}"
    statuses = Counter(result["status"] for result in results if _label(result, "layer") == "suite")
    if statuses != (told := Counter(_ITEMS[item.outcome] for item in items)):
        yield f"Allure counts the tests as {dict(sorted(statuses.items()))}, pytest as {dict(sorted(told.items()))}"


def _junit(items: Sequence[Item], statement: Mapping[str, Any], path: Path) -> Iterable[str]:
    try:
        root = Xml.parse(path).getroot()
    except (OSError, Xml.ParseError) as error:
        yield f"JUnit cannot be read: {error}"
        return
    wanted = {
        "suites": Counter(item.outcome for item in items),
        "requirements": Counter(row_outcome(row) for row in statement["requirements"]),
    }
    for name, told in wanted.items():
        suite = root.find(f"testsuite[@name='{name}']")
        if suite is None:
            yield f"JUnit has no test suite {name}"
            continue
        counted = Counter(_junit_outcome(case) for case in suite.findall("testcase"))
        declared = [int(suite.get(each, "-1")) for each in ("tests", "failures", "errors", "skipped")]
        if declared != [counted.total(), counted["failed"], counted["error"], counted["skipped"]]:
            yield f"JUnit's {name} declare other totals than they hold"
        if counted != told:
            yield f"JUnit counts the {name} as {dict(sorted(counted.items()))}, the run as {dict(sorted(told.items()))}"


def _junit_outcome(case: Xml.Element) -> str:
    for tag, outcome in (("error", "error"), ("failure", "failed"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return outcome
    return "passed"


def _label(result: Mapping[str, Any], name: str) -> str:
    return next((label["value"] for label in result.get("labels", ()) if label["name"] == name), "")
