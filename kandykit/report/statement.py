"""The statement: what a run says of a target, requirement by requirement. Every report is a view of it.

It is written from a `Judgement` and the facts of the run, and from nothing else, so the same judgement makes the same
statement, today or from last month's journal. How a requirement's verdict comes about, the first that holds:

==============  =========================================================================================
fail            a failure stands that nobody waived (a SHOULD shows it as a warning instead)
waived          failures stand, and somebody answers for each of them
warn            a warning stands
inconclusive    something was seen that could not be decided, or it was to be tested and could not be
pass            it was put to the test at least once
skipped         none of these; the reason is always given
==============  =========================================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from kandykit import __version__
from kandykit.judgement import Case, Judgement
from kandykit.report.legible import legible
from kandykit.report.waivers import Waiver
from kandykit.verdict import Level, Verdict

if TYPE_CHECKING:
    from kandykit.requirements import Requirement

NEVER_AROSE: Final = "its condition never arose in this run"
TEXT_CHARACTERS: Final = 2_000
MET_IN: Final = 40
"""So many of the tests and probes that met a finding are named."""

_GRAVITY: Final = ("fail", "waived", "warn", "inconclusive", "info")
"""Findings of one requirement are listed the gravest first."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is said of the run itself: who was tested, by what, when, with how many calls.

    ``contract`` and ``profile`` are digests (``sha256:...``), ``outline`` is what callers rely on in the contract
    document (see `kandykit.outline`); ``started`` is RFC 3339. ``calls_by_operation`` counts
    calls by `Operation` value, ``calls_by_status`` the same further by status (``"201"``, or how the call failed).
    ``billing`` holds peak_before, peak_during and worst_case, None where total is not shown. ``residue`` lists what
    was left behind. ``interrupted``, ``kit_error`` and ``target_down`` say how the run ended before its end, and
    ``incomplete`` why what was judged is not all of it.
    """

    contract: str
    target: str
    base_url: str
    profile: str
    run_id: str
    started: str
    seconds: float
    seed: int
    depth: str
    calls: int
    kit_version: str = __version__
    outline: Mapping[str, Any] = field(default_factory=dict)
    calls_by_operation: Mapping[str, int] = field(default_factory=dict)
    calls_by_status: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    readings: Mapping[str, Any] = field(default_factory=dict)
    billing: Mapping[str, Any] = field(default_factory=dict)
    residue: Sequence[Any] = ()
    waivers: Sequence[Waiver] = ()
    suites: Sequence[str] = ()
    interrupted: bool = False
    kit_error: str = ""
    target_down: str = ""
    incomplete: str = ""

    @property
    def cut_short(self) -> str:
        """Why the run ended before its end; empty where it did not."""
        if self.interrupted:
            return "the run was interrupted before this was reached"
        if self.target_down:
            return f"the target could not be tested: {self.target_down}"
        if self.kit_error:
            return f"the kit failed before this was reached: {self.kit_error}"
        return f"this may not have been reached: {self.incomplete}" if self.incomplete else ""


def build_statement(
    judgement: Judgement, facts: RunFacts, registry: Mapping[str, Requirement], *, today: date | None = None
) -> dict[str, Any]:
    """The record of a run as JSON values, in the shape that the interface fixes.

    Rows stand in the registry's order, and findings the gravest first. ``today`` decides which waivers have expired;
    absent, it is the day on which the run started, so that judging again says the same.
    """
    day = today or _day(facts.started)
    live = [waiver for waiver in facts.waivers if not waiver.expired(day)]
    rows = [_row(judgement, facts, registry, live, wanted) for wanted in _ids(judgement, registry)]
    verdict = _overall(rows, facts)
    return {
        "kit": {"name": "kandykit", "version": facts.kit_version, "contract": facts.contract},
        "target": {"name": legible(facts.target), "base_url": legible(facts.base_url), "profile": facts.profile},
        "run": {
            "id": facts.run_id,
            "started": facts.started,
            "seconds": facts.seconds,
            "seed": facts.seed,
            "depth": facts.depth,
            "suites": list(facts.suites),
            "calls": facts.calls,
            "calls_by_operation": dict(sorted(facts.calls_by_operation.items())),
            "calls_by_status": {
                name: dict(sorted(counts.items())) for name, counts in sorted(facts.calls_by_status.items())
            },
            "interrupted": facts.interrupted,
            "kit_error": legible(facts.kit_error, TEXT_CHARACTERS),
            "target_down": legible(facts.target_down, TEXT_CHARACTERS),
            "incomplete": legible(facts.incomplete, TEXT_CHARACTERS),
        },
        "verdict": verdict,
        "why": _why(verdict, rows, facts),
        "counts": {word.value: sum(row["verdict"] == word for row in rows) for word in Verdict},
        "requirements": rows,
        "readings": _clean(dict(facts.readings)),
        "billing": _clean(dict(facts.billing)),
        "residue": _clean(list(facts.residue)),
        "waivers": [_waiver(waiver, judgement, rows, registry, day) for waiver in facts.waivers],
        "contract": _clean(dict(facts.outline)),
    }


def exit_status(statement: Mapping[str, Any]) -> int:
    """The exit status of a run that came as far as a statement: 0, 1, 3, 4, 5 or 130.

    2 (wrong usage) never comes from here: a refused run makes no statement. A failure that stands goes before a kit
    that broke down later, since it is true of the target whatever the kit did; an interrupted run says only that.
    """
    run = statement["run"]
    if run["interrupted"]:
        return 130
    if statement["verdict"] == "not_conformant":
        return 1
    if run["kit_error"]:
        return 4
    if statement["verdict"] == "inconclusive":
        return 3
    return 5 if statement["residue"] else 0


def findings(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every finding of a statement once, as it shows under its own requirement: the gravest first, then by row."""
    own: dict[str, dict[str, Any]] = {}
    order = {row["id"]: number for number, row in enumerate(statement["requirements"])}
    for row in statement["requirements"]:
        for finding in row["findings"]:
            if finding["id"] not in own or finding["requirement"] == row["id"]:
                own[finding["id"]] = finding
    return sorted(own.values(), key=lambda found: (_order(found)[0], order.get(found["requirement"], 0), found["id"]))


def _ids(judgement: Judgement, registry: Mapping[str, Requirement]) -> list[str]:
    """The registry's ids, then those that only findings name: a failure is never lost because a row is missing."""
    named = {wanted for case in judgement.cases.values() for wanted in case.finding.requirements}
    return [*registry, *sorted((named | judgement.inconclusive.keys()) - registry.keys())]


def _row(
    judgement: Judgement,
    facts: RunFacts,
    registry: Mapping[str, Requirement],
    waivers: Sequence[Waiver],
    wanted: str,
) -> dict[str, Any]:
    requirement = registry.get(wanted)
    level = Level(requirement.level) if requirement else Level.MUST
    names = _twins(registry, wanted)
    cases = [case for case in judgement.cases.values() if names & set(case.finding.requirements)]
    found = sorted((_finding(case, level, waivers, names) for case in cases), key=_order)
    # Twins are judged once, so one of the two counts may be zero; where both are kept, adding would count twice.
    checked = max(judgement.checked[name] for name in names)
    checked = max(checked, sum(case.seen for case in cases if case.finding.verdict is not Verdict.INCONCLUSIVE))
    undecided = _first(judgement.inconclusive, wanted, names)
    reason = _first(judgement.reasons, wanted, names)
    verdict = _verdict(found, checked, undecided)
    if verdict is Verdict.SKIPPED:
        reason = reason or (requirement.reason if requirement else "") or ""
        if facts.cut_short and not reason:
            verdict = Verdict.INCONCLUSIVE if level is Level.MUST else Verdict.SKIPPED
            reason = facts.cut_short
        reason = reason or NEVER_AROSE
    elif verdict is Verdict.INCONCLUSIVE:
        reason = undecided or reason
    return {
        "id": wanted,
        "level": level.value,
        "title": requirement.title if requirement else "Not in the registry",
        "sentence": requirement.sentence if requirement else "",
        "source": requirement.source if requirement else "",
        "area": requirement.area if requirement else "Not in the registry",
        "twin": sorted(names - {wanted}),
        "verdict": verdict.value,
        "checked": checked,
        "reason": legible(reason, TEXT_CHARACTERS),
        "findings": found,
    }


def _verdict(found: Sequence[Mapping[str, Any]], checked: int, undecided: str) -> Verdict:
    words = {finding["verdict"] for finding in found}
    for verdict in (Verdict.FAIL, Verdict.WAIVED, Verdict.WARN):
        if verdict in words:
            return verdict
    if Verdict.INCONCLUSIVE in words or undecided:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if checked else Verdict.SKIPPED


def _finding(case: Case, level: Level, waivers: Iterable[Waiver], names: frozenset[str]) -> dict[str, Any]:
    finding = case.finding
    verdict = finding.verdict.value
    if verdict == Verdict.FAIL and level is Level.SHOULD:
        verdict = Verdict.WARN.value
    if verdict in (Verdict.FAIL, Verdict.WARN) and level is Level.INFO:
        verdict = "info"
    if verdict == Verdict.FAIL and any(waiver.covers(finding.id, names) for waiver in waivers):
        verdict = Verdict.WAIVED.value
    return {
        "id": finding.id,
        "requirement": finding.requirement,
        "also": list(finding.also),
        "verdict": verdict,
        "title": legible(finding.title, TEXT_CHARACTERS),
        "expected": legible(finding.expected, TEXT_CHARACTERS),
        "actual": legible(finding.actual, TEXT_CHARACTERS),
        "source": finding.source,
        "calls": len(case.calls),
        "seen": case.seen,
        "met_in": case.met_in[:MET_IN],
        "found_at": case.found_at,
        "suites": sorted({call.intent.suite for call in case.calls if call.intent.suite}),
        "replay": f"failures/{finding.id}.sh",
    }


def _order(finding: Mapping[str, Any]) -> tuple[int, str]:
    return _GRAVITY.index(finding["verdict"]) if finding["verdict"] in _GRAVITY else len(_GRAVITY), finding["id"]


def _twins(registry: Mapping[str, Requirement], wanted: str) -> frozenset[str]:
    """The requirement and those that are the same by another name, whichever of them says so."""
    names = {wanted}
    if wanted in registry and registry[wanted].twin:
        names.add(str(registry[wanted].twin))
    names |= {other for other, requirement in registry.items() if requirement.twin in names}
    return frozenset(names)


def _first(texts: Mapping[str, str], wanted: str, names: frozenset[str]) -> str:
    """What is said under the requirement's own id, or under its twin's."""
    return next((texts[name] for name in (wanted, *sorted(names)) if texts.get(name)), "")


def _overall(rows: Sequence[Mapping[str, Any]], facts: RunFacts) -> str:
    if any(row["verdict"] == Verdict.FAIL for row in rows):
        return "not_conformant"
    undecided = any(row["verdict"] == Verdict.INCONCLUSIVE and row["level"] == Level.MUST for row in rows)
    return "inconclusive" if undecided or facts.cut_short else "conformant"


def _why(verdict: str, rows: Sequence[Mapping[str, Any]], facts: RunFacts) -> str:
    """The verdict's reason in one sentence."""
    count = Counter(row["verdict"] for row in rows)
    if verdict == "not_conformant":
        broken = [row["id"] for row in rows if row["verdict"] == Verdict.FAIL]
        number = len({f["id"] for row in rows for f in row["findings"] if f["verdict"] == Verdict.FAIL})
        return f"{_number(number, 'failure stands', 'failures stand')}, against {_listed(broken)}."
    if verdict == "inconclusive":
        if facts.interrupted:
            return "The run was interrupted, and no failure was found until then."
        if facts.target_down:
            return f"The target could not be tested: {legible(facts.target_down, 300)}"
        if facts.kit_error:
            return f"The kit itself failed: {legible(facts.kit_error, 300)}"
        if facts.incomplete:
            return f"No failure was found, but not all was judged: {legible(facts.incomplete, 300)}."
        open_rows = [row["id"] for row in rows if row["verdict"] == Verdict.INCONCLUSIVE and row["level"] == Level.MUST]
        return f"No failure was found, but {_listed(open_rows)} could not be decided."
    tested = sum(row["checked"] > 0 for row in rows)
    sentence = f"{_number(tested, 'requirement was', 'requirements were')} put to the test and no failure stands"
    extras = [
        _number(count[Verdict.WARN], "warns", "warn") if count[Verdict.WARN] else "",
        _number(count[Verdict.WAIVED], "is waived", "are waived") if count[Verdict.WAIVED] else "",
        f"{count[Verdict.SKIPPED]} could not be tested" if count[Verdict.SKIPPED] else "",
    ]
    return "; ".join([sentence, *filter(None, extras)]) + "."


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _listed(ids: Sequence[str], most: int = 12) -> str:
    shown = [*ids[:most], f"{len(ids) - most} more"] if len(ids) > most else list(ids)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _waiver(
    waiver: Waiver,
    judgement: Judgement,
    rows: Sequence[Mapping[str, Any]],
    registry: Mapping[str, Requirement],
    day: date,
) -> dict[str, Any]:
    """A waiver as it turned out; what only warns needs no waiver, so one for it has no failure to waive."""
    requirement = waiver.requirement or waiver.finding.rpartition("-")[0]
    row = next((row for row in rows if row["id"] == requirement), None)
    names = _twins(registry, requirement)
    failed = {
        finding["id"]
        for each in rows
        if waiver.finding or each["id"] in names
        for finding in each["findings"]
        if finding["verdict"] in (Verdict.FAIL, Verdict.WAIVED)
    }
    failing = [
        case.finding.id
        for case in judgement.cases.values()
        if case.finding.id in failed and waiver.covers(case.finding.id, names)
    ]
    tested = bool(row["checked"]) if row else None
    state = waiver.turned_out(expired=waiver.expired(day), failing=bool(failing), tested=tested)
    return waiver.to_json(state, sorted(failing))


def _clean(value: Any) -> Any:
    """JSON values whose texts can be written anywhere: a reading may quote what the target said."""
    if isinstance(value, str):
        return legible(value, TEXT_CHARACTERS)
    if isinstance(value, Mapping):
        return {str(name): _clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each) for each in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _day(started: str) -> date:
    try:
        return datetime.fromisoformat(started).astimezone(UTC).date()
    except ValueError:
        return datetime.now(UTC).date()
