"""Allure, as a view of the statement: raw results, written from the kit's own record.

They are not written by allure-pytest, which sees only what pytest does and loses or hides results in ways that were
measured: parametrised operations become retries of one another, a crashed worker's test and a collection error leave
nothing at all, a waived failure looks skipped, and steps inside generated examples explode. Here there is one result
per pytest item and one per requirement, each with an identity of its own, and `reconcile` counts them afterwards.

The statement stays the record. No number that Allure shows is ever quoted as the verdict: it has no word for a
requirement that was judged a thousand times, nor for one that was never tested.

=============  ==========================================================  =====================================
Allure         a requirement                                               a pytest item
=============  ==========================================================  =====================================
passed         pass; warn, with the label ``verdict``                      passed
failed         fail; waived, marked as known                               failed
broken                                                                     error: the kit's fault, not the target's
unknown        inconclusive
skipped        skipped, with the reason                                    skipped, with the reason
=============  ==========================================================  =====================================
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from kandykit.binding import Binding
from kandykit.judgement import Case, Judgement
from kandykit.report.allure_exchange import http_exchange, milliseconds
from kandykit.report.items import Item
from kandykit.report.junit import row_message
from kandykit.report.legible import legible, one_line
from kandykit.report.timeline import standing_alone, timeline_of
from kandykit.report.words import call_in_words, status_in_words

API: Final = "Kandy WebRTC provisioning API"
REQUIREMENTS: Final = "1 Requirements"
SUITES: Final = "2 Suites"
"""The two trees of the report; the numbers keep them in this order."""

STEPS: Final = 60
"""How many calls of a sequence go into a result."""

CATEGORIES: Final[list[dict[str, Any]]] = [
    {"name": "Waived", "matchers": {"labels": {"verdict": "^waived$"}}},
    {"name": "Target could not be tested", "matchers": {"message": "^target: "}},
    {"name": "The kit itself failed", "matchers": {"statuses": ["broken"]}},
    {
        "name": "A law is broken",
        "matchers": {"statuses": ["failed"], "labels": {"kind": "^law$"}},
        "groupBy": [{"label": "requirement"}],
    },
    {
        "name": "The contract is broken",
        "matchers": {"statuses": ["failed"]},
        "groupBy": [{"label": "requirement"}],
    },
    {"name": "Inconclusive", "matchers": {"statuses": ["unknown"]}},
    {"name": "Not tested", "matchers": {"statuses": ["skipped"]}},
]
"""The first that matches holds; Allure 3 reads them from its configuration only."""

_SEVERITIES: Final = {"must": "critical", "should": "normal", "info": "minor"}
_ROW_STATUSES: Final = {
    "pass": "passed",
    "warn": "passed",
    "fail": "failed",
    "waived": "failed",
    "inconclusive": "unknown",
    "skipped": "skipped",
}
_ASIDES: Final = {"warn": " (warns)", "waived": " (waived)"}
"""Verdicts that Allure's statuses would hide."""
_ITEM_STATUSES: Final = {"passed": "passed", "failed": "failed", "skipped": "skipped", "error": "broken"}


def write_results(
    folder: Path, statement: Mapping[str, Any], judgement: Judgement, items: Sequence[Item], binding: Binding
) -> None:
    """Write all raw results, ``environment.properties`` and the globals into ``folder``, and clear what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("*-result.json", "*-globals.json", "*-attachment*"):
        for old in folder.glob(pattern):
            old.unlink()
    writer = _Writer(folder, statement, judgement, binding)
    for row in statement["requirements"]:
        writer.requirement(row)
    seen: Counter[str] = Counter()
    for item in items:
        seen[item.nodeid] += 1
        writer.item(item, seen[item.nodeid])
    writer.environment()
    writer.globals()


def allure_config(statement: Mapping[str, Any], output: Path) -> dict[str, Any]:
    """The configuration of the report: one file, no history (the kit keeps its own), no service."""
    return {
        "name": f"{statement['verdict'].replace('_', ' ').capitalize()}: {one_line(statement['target']['name'], 80)}",
        "output": str(output),
        "appendHistory": False,
        "hideLabels": ["host", "thread", "language", "framework", "package", "ALLURE_ID"],
        "categories": CATEGORIES,
        "plugins": {
            "awesome": {
                "options": {
                    "singleFile": True,
                    "reportLanguage": "en",
                    "theme": "auto",
                    "groupBy": ["epic", "feature"],
                }
            }
        },
    }


class _Writer:
    """Writes one run's results into one folder."""

    def __init__(self, folder: Path, statement: Mapping[str, Any], judgement: Judgement, binding: Binding) -> None:
        self.folder = folder
        self.statement = statement
        self.judgement = judgement
        self.binding = binding
        self.run = str(statement["run"]["id"])
        self.rows = {row["id"]: row for row in statement["requirements"]}
        self.start = milliseconds(statement["run"]["started"])
        self.written = 0
        self.stop = self.start + int(statement["run"]["seconds"] * 1000)

    def requirement(self, row: Mapping[str, Any]) -> None:
        """One result for a requirement, its findings as steps."""
        labels = [
            ("epic", REQUIREMENTS),
            ("feature", _capital(row["area"])),
            ("story", f"{row['id']} {row['title']}"),
            ("severity", _SEVERITIES[row["level"]]),
            ("layer", "requirement"),
            ("requirement", row["id"]),
            ("level", row["level"]),
            ("verdict", row["verdict"]),
            ("kind", "law" if row["id"].startswith("L") else "rule"),
            ("tag", row["level"].upper()),
        ]
        description = [
            row["sentence"] or row["title"],
            f"Source: {row['source']}" if row["source"] else "",
            f"{row['level'].upper()}, checked {row['checked']} times, verdict **{row['verdict']}**.",
            f"The same as {', '.join(row['twin'])}." if row["twin"] else "",
        ]
        self._result(
            f"requirement {row['id']}",
            name=f"{row['id']} {row['title']}{_ASIDES.get(row['verdict'], '')}",
            status=_ROW_STATUSES[row["verdict"]],
            message="" if row["verdict"] == "pass" else row_message(row),
            known=row["verdict"] == "waived",
            labels=labels,
            description="\n\n".join(filter(None, description)),
            steps=[self._finding(found, row["id"]) for found in row["findings"]],
            seconds=0.0,
        )

    def item(self, item: Item, number: int) -> None:
        """One result for a pytest item; an item that was reported twice is two results, and reconciling says so."""
        rows = [self.rows[wanted] for wanted in item.requirements if wanted in self.rows]
        levels = [level for level in ("must", "should", "info") if any(row["level"] == level for row in rows)]
        suite, file, name = _places(item.nodeid)
        found = [
            found
            for found in _all_findings(self.statement)
            if any(call.intent.test == item.nodeid for call in self.judgement.cases[found["id"]].calls)
        ]
        message = item.message
        if item.outcome == "error" and self.statement["run"]["target_down"]:
            message = f"target: {message}"
        self._result(
            item.nodeid if number == 1 else f"{item.nodeid} ({number})",
            name=name if number == 1 else f"{name} (reported again, {number})",
            status=_ITEM_STATUSES[item.outcome],
            message=message,
            known=False,
            labels=[
                ("epic", SUITES),
                ("feature", suite),
                ("story", file),
                ("severity", _SEVERITIES[levels[0]] if levels else "normal"),
                ("layer", "suite"),
                *(("requirement", row["id"]) for row in rows),
                ("kind", "law" if any(row["id"].startswith("L") for row in rows) else "rule"),
            ],
            description=f"`{item.nodeid}` explores; whether the target behaved is judged per requirement.",
            steps=[self._finding(each) for each in found],
            seconds=item.seconds,
        )

    def environment(self) -> None:
        """What was tested, by what: keys without spaces, which Allure would cut."""
        kit, target, run = (self.statement[name] for name in ("kit", "target", "run"))
        facts = {
            "Verdict": self.statement["verdict"],
            "Target": target["name"],
            "BaseURL": target["base_url"],
            "Profile": target["profile"],
            "Kit": f"{kit['name']} {kit['version']}",
            "Contract": kit["contract"],
            "Run": run["id"],
            "Started": run["started"],
            "Seed": run["seed"],
            "Depth": run["depth"],
            "Calls": run["calls"],
        }
        lines = [f"{key}={_property(str(value))}" for key, value in facts.items()]
        (self.folder / "environment.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def globals(self) -> None:
        """The statement itself as the report's attachment, and why a run ended early as its errors."""
        run = self.statement["run"]
        errors = [
            f"target: {run['target_down']}" if run["target_down"] else "",
            f"kit: {run['kit_error']}" if run["kit_error"] else "",
            "the run was interrupted" if run["interrupted"] else "",
        ]
        statement = json.dumps(self.statement, indent=1, default=str)
        attachment = self._attach("statement.json", "application/json", ".json", statement, "global statement")
        content = {
            "attachments": [{**attachment, "timestamp": self.stop}],
            "errors": [{"message": legible(error), "timestamp": self.stop} for error in errors if error],
        }
        self._write(f"{self._uuid('globals')}-globals.json", content)

    # -- pieces -------------------------------------------------------------------------------------------------

    def _result(
        self,
        identity: str,
        *,
        name: str,
        status: str,
        message: str,
        known: bool,
        labels: Iterable[tuple[str, str]],
        description: str,
        steps: list[dict[str, Any]],
        seconds: float,
    ) -> None:
        # Allure 3 takes its identity from ALLURE_ID, Allure 2 from historyId: both are ours, and differ for each.
        digest = hashlib.md5(identity.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
        uuid = self._uuid(identity)
        # Allure sorts by start: a millisecond each keeps them in the order of the statement.
        self.written += 1
        start = self.start + self.written
        self._write(
            f"{uuid}-result.json",
            {
                "uuid": uuid,
                "name": legible(name),
                "fullName": legible(identity),
                "testCaseId": digest,
                "historyId": digest,
                "status": status,
                "statusDetails": {"message": legible(message), "known": known} if message or known else {},
                "description": legible(description),
                "labels": [
                    {"name": key, "value": legible(value)} for key, value in [("ALLURE_ID", identity), *labels] if value
                ],
                "steps": steps,
                "start": start,
                "stop": start + max(0, round(seconds * 1000)),
                "stage": "finished",
            },
        )

    def _finding(self, found: Mapping[str, Any], row: str = "") -> dict[str, Any]:
        """A finding as a step; under its requirement's ``row``, with its shortest sequence as exchanges."""
        case = self.judgement.cases[found["id"]]
        status = {"fail": "failed", "waived": "failed", "inconclusive": "unknown"}.get(found["verdict"], "passed")
        said = legible(f"expected {found['expected']}; got {found['actual']}")
        step = self._step(f"[{found['verdict']}] {found['id']}: {found['title']}", status)
        return {**step, "statusDetails": {"message": said}, "steps": self._calls(found, case, row)} if row else step

    def _calls(self, found: Mapping[str, Any], case: Case, row: str) -> list[dict[str, Any]]:
        steps = [
            self._step(f"expected: {found['expected']}"),
            self._step(f"got: {case.finding.actual}", "failed" if found["verdict"] == "fail" else "passed"),
        ]
        for number, call in enumerate(case.calls[:STEPS], 1):
            said = f"{call_in_words(call, self.binding)}, answered {status_in_words(call)}"
            content = json.dumps(http_exchange(call))
            # Allure gives a file to the first step that names it only, so each row has files of its own.
            key = f"{row} {found['id']} {number}"
            attachment = self._attach(said, "application/vnd.allure.http+json", ".httpexchange", content, key)
            start = milliseconds(call.at) or self.start
            took = max(0, round((call.ended - call.started) * 1000))
            steps.append(
                {**self._step(f"{number}. {said}"), "attachments": [attachment], "start": start, "stop": start + took}
            )
        drawing = timeline_of(case, self.binding)
        if drawing:
            shown = self._attach(
                "The calls that overlapped",
                "image/svg+xml",
                ".svg",
                standing_alone(drawing),
                f"{row} {found['id']} race",
            )
            steps.insert(2, {**self._step("How the calls overlapped"), "attachments": [shown]})
        if len(case.calls) > STEPS:
            steps.append(self._step(f"{len(case.calls) - STEPS} further calls are in the journal"))
        again = f"KANDY_CLIENT_ID=... KANDY_CLIENT_SECRET=... bash {found['replay']}\n"
        attachment = self._attach("Command", "text/plain", ".txt", again, f"{row} {found['id']} again")
        return [*steps, {**self._step("To see it again"), "attachments": [attachment]}]

    def _step(self, name: str, status: str = "passed") -> dict[str, Any]:
        return {"name": legible(name), "status": status, "start": self.start, "stop": self.start}

    def _attach(self, name: str, kind: str, ending: str, content: str, key: str) -> dict[str, str]:
        source = f"{self._uuid(key)}-attachment{ending}"
        (self.folder / source).write_text(content, encoding="utf-8")
        return {"name": legible(name), "type": kind, "source": source}

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")

    def _uuid(self, key: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.run} {key}".encode("utf-8", "backslashreplace").decode()))


def _all_findings(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = {each["id"]: each for row in statement["requirements"] for each in row["findings"]}
    return [found[name] for name in sorted(found)]


def _places(nodeid: str) -> tuple[str, str, str]:
    """Suite, file and name of a pytest item: "suites/security/test_token.py::test_x[get]"."""
    path, _, name = nodeid.partition("::")
    parts = path.split("/")
    suite = parts[parts.index("suites") + 1] if "suites" in parts[:-2] else parts[0]
    return suite, parts[-1], name or parts[-1]


def _property(value: str) -> str:
    return one_line(value, 500).replace("\\", "\\\\")


def _capital(words: str) -> str:
    return {"http": "HTTP", "cors": "CORS"}.get(words, words[:1].upper() + words[1:])
