"""The page: the statement for people, as one file that opens anywhere and reaches out to nothing.

It has no script, no link to anything outside and no picture but its own drawing, and its content policy forbids all of
them besides, so a hostile answer that is shown in it stays text. Nothing is judged here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from kandykit.binding import Binding
from kandykit.exchange import Exchange, Headers
from kandykit.gate.history import Night
from kandykit.judgement import Case, Judgement
from kandykit.report import sequence, words
from kandykit.report.credentials import accounts_of, variants_of
from kandykit.report.history import in_words
from kandykit.report.latency import draw_times, times_of
from kandykit.report.legible import legible, one_line
from kandykit.report.picture import Mark, draw_inventory, inventory_points, phases_of
from kandykit.report.sequence import draw_sequence
from kandykit.report.statement import TEXT_CHARACTERS, findings
from kandykit.report.timeline import timeline_of
from kandykit.report.trend import draw_trend

BODY_CHARACTERS: Final = 2_000
"""How much of a body the page shows in full view; a table shows less."""
_CELL_CHARACTERS: Final = 280
_ROWS: Final = 60
"""Calls of one sequence that are shown; a minimal sequence is far shorter."""

_SIGNS: Final = {
    "fail": "✕",
    "not_conformant": "✕",
    "waived": "~",
    "warn": "!",
    "inconclusive": "?",
    "info": "i",
    "pass": "✓",
    "conformant": "✓",
    "skipped": "·",
}
"""A verdict is never told by its colour alone."""

_NAMES: Final = {
    "not_conformant": "Not conformant",
    "skipped": "not tested",
    "http": "HTTP",
    "cors": "CORS",
    "must": "MUST",
    "should": "SHOULD",
    "info": "info",
}


def write_page(
    path: Path,
    statement: Mapping[str, Any],
    judgement: Judgement,
    binding: Binding,
    exchanges: Iterable[Exchange] = (),
    nights: Sequence[Night] = (),
) -> None:
    """Write the page; ``exchanges`` are the whole run's, for the picture and the times, ``nights`` for the trend."""
    path.write_text(render_page(statement, judgement, binding, exchanges, nights), encoding="utf-8")


def render_page(
    statement: Mapping[str, Any],
    judgement: Judgement,
    binding: Binding,
    exchanges: Iterable[Exchange] = (),
    nights: Sequence[Night] = (),
) -> str:
    """The page as HTML."""
    run = list(exchanges)
    listed = findings(statement)
    rows = {row["id"]: row for row in statement["requirements"]}
    letters = [_letter(found, judgement.cases[found["id"]], rows, binding) for found in listed]
    times = times_of(run, binding)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            statement=statement,
            letters=letters,
            diagram_style=Markup(sequence.STYLE),
            areas=[(area, list(group)) for area, group in groupby(_by_area(statement), key=lambda row: row["area"])],
            untested=_untested(statement),
            notes=_notes(statement),
            readings={name: value for name, value in statement["readings"].items() if name != "notes"},
            picture=Markup(
                draw_inventory(inventory_points(run, binding), _marks(listed, judgement, run), phases_of(run))
            ),
            operations=_operations(statement),
            times=times,
            clock=Markup(draw_times(times)),
            trend=Markup(draw_trend(nights)),
            body_characters=BODY_CHARACTERS,
            cell_characters=_CELL_CHARACTERS,
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kandykit.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["legible"] = lambda value: legible(_text(value), BODY_CHARACTERS)
    environment.filters["value"] = lambda value: legible(words.value_in_words(value), BODY_CHARACTERS)
    environment.filters["name"] = lambda word: _NAMES.get(word, str(word).replace("_", " "))
    environment.filters["heading"] = lambda word: _NAMES.get(word) or _capital(str(word).replace("_", " "))
    environment.filters["capital"] = _capital
    environment.filters["sign"] = lambda word: _SIGNS.get(word, "")
    environment.filters["grouped"] = lambda number: f"{number:,}".replace(",", "\u202f")
    return environment


def _by_area(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows with each area's together, areas in the order in which the registry first names them."""
    order: dict[str, int] = {}
    for row in statement["requirements"]:
        order.setdefault(row["area"], len(order))
    return sorted(statement["requirements"], key=lambda row: order[row["area"]])


def _letter(found: Mapping[str, Any], case: Case, rows: Mapping[str, Any], binding: Binding) -> dict[str, Any]:
    """A finding with all that its maker needs in order to act on it."""
    telling = _telling(case)
    drawing = timeline_of(case, binding)
    name = f"diagram-{found['id']}"
    actual, here = str(found["actual"]), legible(case.finding.actual, TEXT_CHARACTERS)
    return {
        **found,
        "actual": actual if here == actual else f"{actual}; in the calls that are shown here: {here}",
        "rows": [rows[name] for name in (found["requirement"], *found["also"]) if name in rows],
        "sequence": [_step(call, call is telling, binding) for call in case.calls[:_ROWS]],
        "calls": len(case.calls),
        "more": max(0, len(case.calls) - _ROWS),
        "history": in_words(case.history.values()),
        "telling": _exchange(telling, binding) if telling else None,
        "stateful": case.finding.stateful,
        "clients": accounts_of(case.calls, variants_of(case.calls, case.programme)),
        "timeline": Markup(drawing),
        "diagram": Markup(
            "" if drawing else draw_sequence(case.calls, binding, telling, found["expected"], name, actual=here)
        ),
    }


def _telling(case: Case) -> Exchange | None:
    """The call that shows it: the last one that the finding names, else the last of the sequence."""
    named = [call for call in case.calls if call.seq in case.finding.evidence]
    return (named or list(case.calls) or [None])[-1]  # type: ignore[list-item]


def _step(call: Exchange, telling: bool, binding: Binding) -> dict[str, Any]:
    said = words.reply_in_words(call, binding)
    body = call.answer.body if call.answer else ""
    return {
        "seq": call.seq,
        "at": _clock(call),
        "account": call.intent.account,
        "words": words.call_in_words(call, binding),
        "wire": one_line(f"{call.request.method} {words.target_of(call, binding)}", _CELL_CHARACTERS),
        "sent": one_line(call.request.body, _CELL_CHARACTERS),
        "status": words.status_in_words(call),
        "said": said,
        # What the answer says in words stands for its body; anything else is shown as it came.
        "body": "" if said and call.answered else one_line(body, _CELL_CHARACTERS),
        "telling": telling,
    }


def _exchange(call: Exchange, binding: Binding) -> dict[str, Any]:
    answer = call.answer
    return {
        "words": words.call_in_words(call, binding),
        "request": _head(f"{call.request.method} {_place(call)}", call.request.headers),
        "sent": legible(_pretty(call.request.body), BODY_CHARACTERS),
        "status": words.status_in_words(call),
        "answer": _head(words.status_in_words(call), answer.headers) if answer else "",
        "came": legible(_pretty(answer.body), BODY_CHARACTERS) if answer else "",
        "octets": answer.length if answer else 0,
        "milliseconds": (call.ended - call.started) * 1000,
    }


def _head(first: str, headers: Headers) -> str:
    lines = [one_line(first, BODY_CHARACTERS), *(one_line(f"{name}: {value}", 500) for name, value in headers[:60])]
    return "\n".join(lines)


def _place(call: Exchange) -> str:
    """Where a call went, as its first line has it: the host stands in its Host header, where it has one."""
    parts = urlsplit(call.request.url)
    host = call.request.header("host")
    return call.request.url.partition(f"//{parts.netloc}")[2] or "/" if host == parts.netloc else call.request.url


def _pretty(body: str) -> str:
    """JSON with line breaks where it is JSON and small enough to be worth it; anything else as it came."""
    if len(body) > BODY_CHARACTERS:
        return body
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _clock(call: Exchange) -> str:
    """The time of day with milliseconds; the day stands at the top of the page."""
    match = re.search(r"T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)", call.at)
    return match.group(1) if match else f"{call.started:.3f} s"


def _marks(listed: Sequence[Mapping[str, Any]], judgement: Judgement, exchanges: Sequence[Exchange]) -> list[Mark]:
    if not exchanges:
        return []
    start = min(exchange.started for exchange in exchanges)
    times = {exchange.seq: exchange.ended - start for exchange in exchanges}
    marks = []
    for found in listed:
        telling = _telling(judgement.cases[found["id"]])
        if telling and telling.seq in times:
            marks.append(Mark(times[telling.seq], found["id"], found["requirement"], found["title"], found["verdict"]))
    return marks


def _operations(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Calls by operation and status, as a table: its columns, and a row per operation."""
    by_status = statement["run"]["calls_by_status"]
    columns = sorted({status for counts in by_status.values() for status in counts})
    totals = statement["run"]["calls_by_operation"]
    names = [*totals, *(name for name in by_status if name not in totals)]
    rows = [
        {"name": name, "calls": totals.get(name, 0), "counts": [by_status.get(name, {}).get(c, 0) for c in columns]}
        for name in names
    ]
    return {"columns": columns, "rows": rows}


def _untested(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The requirements of which nothing is said, those of one reason together, the undecided ones first."""
    groups: dict[tuple[bool, str], list[Mapping[str, Any]]] = {}
    for row in statement["requirements"]:
        if row["verdict"] in ("skipped", "inconclusive"):
            reason = row["reason"] or "; ".join(found["title"] for found in row["findings"])
            groups.setdefault((row["verdict"] == "skipped", reason), []).append(row)
    ordered = sorted(groups.items(), key=lambda group: group[0][0])
    return [{"reason": reason, "rows": rows, "verdict": rows[0]["verdict"]} for (_, reason), rows in ordered]


def _notes(statement: Mapping[str, Any]) -> list[str]:
    """What else the run could not do, each as a sentence."""
    notes = statement["readings"].get("notes", [])
    return [str(note) for note in notes] if isinstance(notes, list) else [str(notes)]


def _capital(words: str) -> str:
    """The words with a capital first letter, the others as they are: "needs the SDK" keeps its SDK."""
    words = re.sub(r" s$", " (s)", words)  # a unit at the end, as in settle_s
    return words[:1].upper() + words[1:]


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)
