"""``junit.xml``: the run for tools that read JUnit, without a green that the statement does not give.

JUnit knows passed, failed, error and skipped only, and a suite that merely explores passes while the target fails. So
the file has two test suites: ``suites`` with the pytest items, each with the requirements it speaks of, and
``requirements`` with one case per requirement, as the statement judges it:

=============================  ==================================
pass, warn                     passed (a warning is in the output)
fail                           failure
inconclusive, of a MUST        error
inconclusive, skipped, waived  skipped, with the reason
=============================  ==================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from kandykit.report.items import Item, Outcome
from kandykit.report.legible import legible


def write_junit(items: Iterable[Item], statement: Mapping[str, Any], path: Path) -> None:
    """Write the file; it is well-formed whatever the target answered."""
    root = Xml.Element("testsuites", name="kandykit")
    rows = {row["id"]: row for row in statement["requirements"]}
    _suite(root, "suites", [_item_case(item, rows) for item in items], _facts(statement))
    _suite(root, "requirements", [_row_case(row) for row in rows.values()], [])
    suites = root.findall("testsuite")
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    Xml.indent(root)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def row_outcome(row: Mapping[str, Any]) -> Outcome:
    """How a requirement's verdict reads in words that know only four."""
    match row["verdict"]:
        case "pass" | "warn":
            return "passed"
        case "fail":
            return "failed"
        case "inconclusive" if row["level"] == "must":
            return "error"
        case _:
            return "skipped"


def row_message(row: Mapping[str, Any]) -> str:
    """A requirement's verdict with its reason and findings, in a few lines, of which the first says it all in short."""
    titles = [found["title"] for found in row["findings"]]
    more = f" (and {len(titles) - 1} more)" if len(titles) > 1 else ""
    lines = [f"{row['verdict']}: {row['reason'] or titles[0] + more}" if row["reason"] or titles else row["verdict"]]
    lines += [f"{f['id']} {f['title']}: expected {f['expected']}; got {f['actual']}" for f in row["findings"]]
    return "\n".join(lines)


def _suite(root: Xml.Element, name: str, cases: Sequence[Xml.Element], properties: Sequence[tuple[str, str]]) -> None:
    def count(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    suite = Xml.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=count("failure"),
        errors=count("error"),
        skipped=count("skipped"),
        time=f"{sum(float(case.get('time', '0')) for case in cases):.3f}",
    )
    _properties(suite, properties)
    suite.extend(cases)


def _facts(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    run, kit, target = statement["run"], statement["kit"], statement["target"]
    facts = {
        "verdict": statement["verdict"],
        "target": target["name"],
        "base_url": target["base_url"],
        "profile": target["profile"],
        "kit": kit["version"],
        "contract": kit["contract"],
        "run": run["id"],
        "seed": run["seed"],
        "depth": run["depth"],
    }
    return [(name, str(value)) for name, value in facts.items()]


def _item_case(item: Item, rows: Mapping[str, Mapping[str, Any]]) -> Xml.Element:
    file, _, name = item.nodeid.partition("::")
    case = _case(file.removesuffix(".py").replace("/", "."), name or file, item.seconds)
    properties = []
    for wanted in item.requirements:
        properties.append(("requirement", wanted))
        if wanted in rows:
            properties.append((f"verdict.{wanted}", rows[wanted]["verdict"]))
            properties.append((f"reason.{wanted}", rows[wanted]["reason"]))
    _properties(case, [(key, value) for key, value in properties if value])
    _outcome(case, item.outcome, item.message)
    return case


def _row_case(row: Mapping[str, Any]) -> Xml.Element:
    case = _case("requirements", f"{row['id']} {row['title']}", 0.0)
    facts = ("level", "verdict", "checked", "reason")
    _properties(case, [("requirement", row["id"]), *((name, str(row[name])) for name in facts if row[name] != "")])
    _outcome(case, row_outcome(row), row_message(row))
    if row["verdict"] == "warn":
        Xml.SubElement(case, "system-out").text = legible(row_message(row))
    return case


def _case(classname: str, name: str, seconds: float) -> Xml.Element:
    return Xml.Element("testcase", classname=legible(classname), name=legible(name), time=f"{seconds:.3f}")


def _properties(parent: Xml.Element, properties: Sequence[tuple[str, str]]) -> None:
    if properties:
        holder = Xml.SubElement(parent, "properties")
        for name, value in properties:
            Xml.SubElement(holder, "property", name=name, value=legible(value))


def _outcome(case: Xml.Element, outcome: Outcome, message: str) -> None:
    tags = {"failed": "failure", "error": "error", "skipped": "skipped"}
    if outcome in tags:
        message = legible(message)
        first = message.partition("\n")[0]
        Xml.SubElement(case, tags[outcome], message=first).text = message
