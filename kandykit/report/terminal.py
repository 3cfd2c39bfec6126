"""The last lines of a run: the verdict, a line per finding, what was not tested, and where the rest is.

They read the same in a log file as on a screen: nothing depends on colour, and lines are broken between words, so that
nothing is cut on a narrow screen. Only paths stay whole, to be copied.
"""

from __future__ import annotations

import textwrap
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
WIDEST: Final = 100
"""Longer lines than this are hard to read, however wide the screen is."""
_MOST: Final = 4_000
"""Characters of one text that are shown."""
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
    readings = dict(statement["readings"])
    notes = readings.pop("notes", [])
    _say(console)
    name = one_line(statement["target"]["name"])
    _say(console, name, lead=f"{_SIGNS[verdict]} {_word(verdict)}", style=_STYLES[verdict], gap="  ")
    _say(console, statement["why"], indent=2)
    _say(console)
    counted = [f"{statement['counts'][word]} {_word(word)}" for word in _COUNTED]
    _say(console, ", ".join(counted), lead="  requirements:")
    _say(console, f"{run['calls']:,} calls in {run['seconds']:.1f} s, seed {run['seed']}", indent=2)
    _print_findings(console, findings(statement))
    _print_untested(console, statement["requirements"])
    _print_lines(console, "readings", [f"{name}: {value_in_words(value)}" for name, value in readings.items()])
    _print_lines(console, "notes", notes if isinstance(notes, list) else [str(notes)])
    _print_lines(console, "left behind", [value_in_words(item) for item in statement["residue"]], "yellow")
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
            console.print(_spellable(console, Text(f"  {name:<10}{folder / file}")), soft_wrap=True, highlight=False)


_COUNTED: Final = ("fail", "warn", "inconclusive", "waived", "skipped", "pass")


def _print_findings(console: Console, listed: Sequence[Mapping[str, Any]]) -> None:
    """A line per finding, and what was expected and came below it."""
    if listed:
        _say(console)
    wide = max((len(_word(found["verdict"])) for found in listed), default=0)
    for found in listed:
        calls = f"{found['calls']} call{'s' if found['calls'] != 1 else ''}"
        aside = f"also {', '.join(found['also'])}; {calls}" if found["also"] else calls
        _say(
            console,
            f"{found['id']} {one_line(found['title'])} ({aside})",
            lead=f"  {_word(found['verdict']):<{wide}}",
            style=_STYLES[found["verdict"]],
            gap="  ",
        )
        for name, word in (("expected", "expected"), ("got", "actual")):
            _say(console, one_line(found[word], _MOST), lead=f"{'':{wide + 4}}{name:<8}", style="dim", broken=True)


def _print_untested(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every requirement of which nothing is said, with its reason: a count alone is soon overlooked."""
    untested = [row for row in rows if row["verdict"] in ("skipped", "inconclusive")]
    if not untested:
        return
    reasons: dict[str, list[str]] = {}
    for row in untested:
        reason = row["reason"] or "; ".join(found["title"] for found in row["findings"])
        reasons.setdefault(reason, []).append(row["id"])
    lines = [f"{', '.join(ids)}: {reason}" for reason, ids in reasons.items()]
    _print_lines(console, f"{len(untested)} not tested or not decided", lines)


def _print_lines(console: Console, name: str, lines: Sequence[str], style: str = "") -> None:
    if lines:
        _say(console)
        _say(console, lead=f"  {name}:", style=style)
    for line in lines:
        _say(console, one_line(line, _MOST), indent=4, hang=2)


def _word(word: str) -> str:
    return _WORDS.get(word, word)


def _say(
    console: Console,
    text: str = "",
    *,
    lead: str = "",
    style: str = "",
    gap: str = " ",
    indent: int = 0,
    hang: int = 0,
    broken: bool = False,
) -> None:
    """A text behind its lead, each further line below the first; never read as markup.

    Lines end between words; where a target chose the words, ``broken`` ends them within one that is longer than a line.
    """
    begin = len(lead) + len(gap) if lead else indent
    width = max(40, min(console.width, WIDEST)) - begin - hang
    first, *rest = textwrap.wrap(text, width, break_long_words=broken, break_on_hyphens=False) or [""]
    line = Text.assemble((lead, style), gap if first else "", first) if lead else Text(" " * begin + first)
    console.print(_spellable(console, line), soft_wrap=True, highlight=False)
    for each in rest:
        console.print(_spellable(console, Text(" " * (begin + hang) + each)), soft_wrap=True, highlight=False)


def _spellable(console: Console, line: Text) -> Text:
    """The line, with what the terminal cannot spell replaced."""
    if (console.encoding or "").lower().startswith("utf"):
        return line
    plain = line.copy()
    plain.plain = line.plain.encode("ascii", "replace").decode()
    return plain
