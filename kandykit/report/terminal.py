"""The last lines of a run: the verdict, a line per finding, what was not tested, and where the rest is.

They read the same in a log file as on a screen: nothing depends on colour, width or a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from kandykit.report.legible import one_line
from kandykit.report.statement import findings
from kandykit.report.words import value_in_words

_STYLES: Final = {
    "fail": "bold red",
    "not_conformant": "bold red",
    "warn": "yellow",
    "inconclusive": "magenta",
    "waived": "cyan",
    "skipped": "dim",
    "info": "blue",
    "pass": "green",
    "conformant": "bold green",
}
_SIGNS: Final = {"not_conformant": "✕", "inconclusive": "?", "conformant": "✓"}
_WORDS: Final = {"skipped": "not tested", "not_conformant": "not conformant"}
_STATES: Final = {
    "expired": "has expired and waives nothing",
    "gone": "waives a failure that is gone",
    "untested": "waives what was not tested",
    "unmatched": "matches nothing",
}
_FILES: Final = (
    ("page", "index.html"),
    ("statement", "statement.json"),
    ("journal", "journal.jsonl"),
    ("failures", "failures"),
    ("allure", "allure-report/index.html"),
)


def print_statement(statement: Mapping[str, Any], folder: Path, console: Console | None = None) -> None:
    """Print a statement's summary; only those files of ``folder`` that are there are named."""
    console = console or Console(highlight=False)
    run = statement["run"]
    verdict = statement["verdict"]
    _say(console)
    _say(
        console,
        (f"{_SIGNS[verdict]} {_word(verdict)}", _STYLES[verdict]),
        f"  {one_line(statement['target']['name'])}",
    )
    _say(console, f"  {statement['why']}")
    _say(console)
    counted = [f"{statement['counts'][word]} {_word(word)}" for word in _COUNTED]
    _say(console, f"  requirements: {', '.join(counted)}")
    _say(console, f"  {run['calls']:,} calls in {run['seconds']:.1f} s, seed {run['seed']}")
    _print_findings(console, findings(statement))
    _print_untested(console, statement["requirements"])
    _print_lines(
        console,
        "readings",
        [f"{name}: {one_line(value_in_words(value))}" for name, value in statement["readings"].items()],
    )
    _print_lines(console, "left behind", [one_line(value_in_words(item)) for item in statement["residue"]], "yellow")
    _print_lines(
        console,
        "waivers",
        [
            f"{waiver['finding'] or waiver['requirement']} {_STATES[waiver['state']]} ({one_line(waiver['owner'])})"
            for waiver in statement["waivers"]
            if waiver["state"] in _STATES
        ],
        "yellow",
    )
    _say(console)
    for name, file in _FILES:
        if (folder / file).exists():
            _say(console, (f"  {name:<10}", "dim"), str(folder / file))


_COUNTED: Final = ("fail", "warn", "inconclusive", "waived", "skipped", "pass")


def _print_findings(console: Console, listed: Sequence[Mapping[str, Any]]) -> None:
    if listed:
        _say(console)
    for found in listed:
        ids = ", ".join([found["requirement"], *found["also"]])
        calls = f"{found['calls']} call{'s' if found['calls'] != 1 else ''}"
        _say(
            console,
            (f"  {_word(found['verdict']):<13}", _STYLES[found["verdict"]]),
            f"{found['id']:<14} {ids}: {one_line(found['title'])} ",
            (f"({calls})", "dim"),
        )
        _say(console, (f"{'':15}expected {one_line(found['expected'])}; got {one_line(found['actual'])}", "dim"))


def _print_untested(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every requirement of which nothing is said, with its reason: a count alone is soon overlooked."""
    untested = [row for row in rows if row["verdict"] in ("skipped", "inconclusive")]
    if not untested:
        return
    _say(console)
    _say(console, f"  {len(untested)} not tested or not decided:")
    reasons: dict[str, list[str]] = {}
    for row in untested:
        reason = row["reason"] or "; ".join(found["title"] for found in row["findings"])
        reasons.setdefault(reason, []).append(row["id"])
    for reason, ids in reasons.items():
        _say(console, f"    {', '.join(ids)}: {one_line(reason)}")


def _print_lines(console: Console, name: str, lines: Sequence[str], style: str = "") -> None:
    if lines:
        _say(console)
        _say(console, (f"  {name}:", style))
    for line in lines:
        _say(console, f"    {line}")


def _word(word: str) -> str:
    return _WORDS.get(word, word)


def _say(console: Console, *parts: str | tuple[str, str]) -> None:
    """One line, never wrapped and never read as markup; what the terminal cannot spell is replaced."""
    line = Text.assemble(*parts)
    if not (console.encoding or "").lower().startswith("utf"):
        line = Text.assemble(
            *(
                (part.encode("ascii", "replace").decode(), "")
                if isinstance(part, str)
                else (part[0].encode("ascii", "replace").decode(), part[1])
                for part in parts
            )
        )
    console.print(line, soft_wrap=True, highlight=False)
