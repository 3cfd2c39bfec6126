"""What the gate found, in words: for a terminal, and as Markdown for the page of a CI job.

Both show the same sections in the same order, what fails the gate first. Whatever came from a target is written so that
neither a terminal nor a Markdown page takes it for more than text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kandykit.gate.comparison import (
    NEW_FAILURES,
    NOT_EXECUTED,
    NOTHING_NEW,
    STALE_WAIVER,
    Comparison,
    Failure,
)
from kandykit.gate.history import Night
from kandykit.report.legible import one_line

HEADLINES: Final = {
    NOTHING_NEW: "Nothing new",
    NEW_FAILURES: "New failures",
    NOT_EXECUTED: "Checks that are no longer executed",
    STALE_WAIVER: "Waivers that are expired or stale",
}
_STATES: Final = {
    "expired": "has expired and waives nothing",
    "gone": "waives a failure that is gone",
    "untested": "waives what was not tested",
    "unmatched": "matches nothing",
}
_MOST_LINES: Final = 60
_NIGHTS: Final = 14
_VERDICTS: Final = {"conformant": "✓", "not_conformant": "✕", "inconclusive": "?"}


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with its lines; ``fails`` where it is a reason for the gate to fail."""

    title: str
    lines: tuple[str, ...]
    fails: bool = False


def sections(found: Comparison) -> list[Section]:
    """Everything that the gate found, empty sections left out."""
    bad = [change for change in found.readings if change.fails]
    other = [change for change in found.readings if not change.fails]
    broken = [str(change) for change in found.contract if change.incompatible]
    harmless = [str(change) for change in found.contract if not change.incompatible]
    listed = (
        Section("New failures", _failures(found.new), True),
        Section("No longer waived, and not mended", _failures(found.unanswered), True),
        Section("Headers that announce a change", tuple(map(_reading, bad)), True),
        Section("The contract document broke its callers", tuple(broken), True),
        Section("No longer executed", tuple(found.missing), True),
        Section("Waivers to be looked at", tuple(map(_waiver, found.waivers)), True),
        Section("Failing again, because their waiver expired", _failures(found.expired)),
        Section("About the baseline", tuple(found.about)),
        Section("Fixed", _failures(found.fixed, actual=False)),
        Section("Failed in the baseline, not looked for now", _failures(found.unseen, actual=False)),
        Section("Still failing", _failures(found.standing)),
        Section("Waived", _failures(found.waived)),
        Section("Put to the test far less often", tuple(found.thinned)),
        Section("Readings that changed", tuple(map(_reading, other))),
        Section("The contract document changed, compatibly", tuple(harmless)),
    )
    return [section for section in listed if section.lines]


def as_text(found: Comparison, now: Mapping[str, Any], nights: Sequence[Night] = ()) -> str:
    """For a terminal or a log: plain lines, the same in any width."""
    lines = [f"{HEADLINES[found.status]}: {_target(now)}", f"  {_counted(now)}"]
    for section in sections(found):
        lines += ["", f"  {section.title}:"]
        lines += [f"    {one_line(line, 600)}" for line in _cut(section.lines)]
    if nights:
        lines += ["", f"  The last {min(len(nights), _NIGHTS)} of {len(nights)} nights, the latest last:"]
        lines += [f"    {line}" for line in _night_lines(nights)]
    return "\n".join([*lines, ""])


def as_markdown(found: Comparison, now: Mapping[str, Any], nights: Sequence[Night] = ()) -> str:
    """For the page of a CI job."""
    sign = "✅" if found.status == NOTHING_NEW else "❌"
    run = now["run"]
    lines = [
        f"## {sign} {HEADLINES[found.status]}: {markdown(_target(now))}",
        "",
        f"{markdown(_counted(now))}",
        "",
        f"Run `{_code(run['id'])}`, {markdown(str(run.get('depth', '')))}, started {markdown(run['started'])}.",
    ]
    for section in sections(found):
        lines += ["", f"### {'❌ ' if section.fails else ''}{section.title}", ""]
        lines += [f"- {markdown(one_line(line, 600))}" for line in _cut(section.lines)]
    if nights:
        lines += ["", "### The last nights", "", "| started | verdict | fail | warn | waived | not tested | pass |"]
        lines += ["| --- | --- | --: | --: | --: | --: | --: |"]
        lines += [
            f"| {markdown(night.started)} | {_VERDICTS.get(night.verdict, '')} {markdown(_words(night.verdict))} "
            f"| {night.counts['fail']} | {night.counts['warn']} | {night.counts['waived']} "
            f"| {night.counts['skipped'] + night.counts['inconclusive']} | {night.counts['pass']} |"
            for night in nights[-_NIGHTS:]
        ]
    return "\n".join([*lines, ""])


def markdown(text: str) -> str:
    """The text as Markdown that shows as just this text: no markup, no link, no HTML, no mention."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A link is also made of a bare address, and a mention of a name after @.
    text = re.sub(r"(?<=[a-z])://", "&#58;//", text).replace("@", "&#64;").replace("www.", "www&#46;")
    return re.sub(r"([\\`*_{}\[\]()#+\-!|~$])", r"\\\1", text).replace("&\\#", "&#")


def _code(text: str) -> str:
    return re.sub(r"[`\s]", "", text)


def _target(now: Mapping[str, Any]) -> str:
    return one_line(str(now["target"].get("name") or now["target"]["base_url"]))


def _counted(now: Mapping[str, Any]) -> str:
    rows = now["requirements"]
    counted = (
        (sum(row["verdict"] == word for row in rows), name)
        for word, name in (
            ("fail", "fail"),
            ("warn", "warn"),
            ("inconclusive", "inconclusive"),
            ("waived", "waived"),
            ("skipped", "not tested"),
            ("pass", "pass"),
        )
    )
    return f"{_words(now['verdict'])}; " + ", ".join(f"{count} {name}" for count, name in counted)


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _failures(failures: Iterable[Failure], *, actual: bool = True) -> tuple[str, ...]:
    return tuple(
        f"{failure.id}: {failure.title}" + (f" ({one_line(failure.actual, 200)})" if actual and failure.actual else "")
        for failure in failures
    )


def _reading(change: Any) -> str:
    why = f": {change.why}" if change.why else ""
    return f"{change.name} was {change.before}, is {change.after}{why}"


def _waiver(waiver: Mapping[str, Any]) -> str:
    state = _STATES.get(str(waiver["state"]), str(waiver["state"]))
    return (
        f"{waiver['finding'] or waiver['requirement']} {state}: "
        f"{waiver['owner']}, {waiver['ticket']}, until {waiver['expires']}"
    )


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"and {len(lines) - _MOST_LINES} more"


def _night_lines(nights: Sequence[Night]) -> Iterator[str]:
    for night in nights[-_NIGHTS:]:
        counts = ", ".join(f"{count} {word}" for word, count in night.counts.items() if count)
        yield f"{one_line(night.started)}  {_words(night.verdict):<14} {counts}"
