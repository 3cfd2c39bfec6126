"""A finding's calls as a sequence diagram: who called, what was asked, what came, and which answer shows the fault.

Time goes down; every account has a line of its own, and the target is on the right. Like the other drawings of the page
it is plain SVG without script or reference, and what it shows stands in words in its description and in the table below
it. Calls that overlapped are drawn as lanes instead (see `timeline`).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from kandykit.binding import Binding
from kandykit.exchange import Exchange
from kandykit.report.legible import clipped
from kandykit.report.words import call_in_words, reply_in_words, status_in_words, target_of

MOST: Final = 24
"""Calls that are drawn; a longer sequence is drawn from both its ends, and its table has them all."""

_WIDTH: Final = 960
_FIRST: Final = 118
_APART: Final = 150
_TARGET: Final = 842
_HEAD: Final = 54
_ROW: Final = 66
_FOOT: Final = 18
_PIXELS: Final = 6.9
"""How wide a character of the page's small print is, about."""

STYLE: Final = (Path(__file__).parent / "templates" / "sequence.css").read_text(encoding="utf-8")


def draw_sequence(
    calls: Sequence[Exchange],
    binding: Binding,
    telling: Exchange | None = None,
    expected: str = "",
    name: str = "s",
    actual: str = "",
) -> str:
    """The diagram as an ``<svg>`` element; empty where there are no calls.

    ``telling`` is the call whose answer shows the fault, ``expected`` what should have come, and ``actual`` what came
    instead, which is drawn where the answer's own words do not say it; ``name`` makes the element's ids differ from
    those of the page's other drawings.
    """
    if not calls:
        return ""
    drawn = _ends(calls, telling)
    accounts = list(dict.fromkeys(call.intent.account for call in calls))
    lines = {account: _FIRST + _APART * number for number, account in enumerate(accounts)}
    height = _HEAD + sum(_height(each, telling, expected) for each in drawn) + _FOOT
    parts = [
        f'<svg class="diagram" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">The calls in their order</title>',
        f'<desc id="{name}-d">{escape(_description(calls, binding, telling))}</desc>',
        *(_line(x, account.replace("-", " "), height) for account, x in lines.items()),
        _line(_TARGET, "target", height),
    ]
    top = _HEAD
    for call in drawn:
        if isinstance(call, int):
            parts.append(f'<text class="tick" x="{(_FIRST + _TARGET) / 2}" y="{top + 20}" text-anchor="middle">')
            parts.append(f"⋮ {call} further calls, see the table</text>")
        else:
            fault = (expected, actual) if call is telling else None
            parts += _call(call, binding, top, lines[call.intent.account], fault)
        top += _height(call, telling, expected)
    parts.append("</svg>")
    return "".join(parts)


def _ends(calls: Sequence[Exchange], telling: Exchange | None) -> list[Exchange | int]:
    """The calls that are drawn, with the number of those left out in the place where they are missing."""
    if len(calls) <= MOST:
        return list(calls)
    last = next((index for index, call in enumerate(calls) if call is telling), len(calls) - 1)
    tail = calls[max(4, last - MOST + 8) : last + 1][-(MOST - 4) :]
    left_out = last + 1 - len(tail) - 4
    drawn: list[Exchange | int] = [*calls[:4], *([left_out] if left_out > 0 else []), *tail]
    behind = len(calls) - last - 1
    return [*drawn, behind] if behind else drawn


def _height(each: Exchange | int, telling: Exchange | None, expected: str) -> int:
    if isinstance(each, int):
        return 34
    return _ROW + (20 if each is telling and expected else 0)


def _line(x: int, name: str, height: int) -> str:
    return (
        f'<line class="life" x1="{x}" x2="{x}" y1="{_HEAD - 14}" y2="{height - 6}"/>'
        f'<rect class="party" x="{x - 52}" y="12" width="104" height="26" rx="6"/>'
        f'<text class="party" x="{x}" y="29" text-anchor="middle">{escape(clipped(name, 15))}</text>'
    )


def _call(call: Exchange, binding: Binding, top: int, x: int, fault: tuple[str, str] | None) -> list[str]:
    """One call: an arrow there with what was asked, and one back with what came."""
    wrong, (expected, actual) = fault is not None, fault or ("", "")
    there, back = top + 22, top + 48
    room = int((_TARGET - x - 24) / _PIXELS)
    asked = clipped(call_in_words(call, binding), room)
    wire = clipped(f"{call.request.method} {target_of(call, binding)}", max(0, room - len(asked) - 4))
    said = reply_in_words(call, binding)
    came = clipped(" · ".join(filter(None, [status_in_words(call), said])), room - 2)
    unanswered = call.answer is None
    parts = [f'<g class="call{" wrong" if wrong else ""}">']
    if wrong:
        height = _ROW + (20 if expected else 0) - 4
        parts.append(f'<rect class="band" x="2" y="{top + 2}" width="{_WIDTH - 4}" height="{height}" rx="6"/>')
    parts += [
        f'<text class="tick" x="12" y="{there - 5}">#{call.seq}</text>',
        f'<line class="there" x1="{x}" x2="{_TARGET - 8}" y1="{there}" y2="{there}"/>',
        f'<path class="head" d="M{_TARGET} {there}l-9 -4.5v9z"/>',
        f'<text x="{x + 12}" y="{there - 6}"><tspan class="asked">{escape(asked)}</tspan>'
        + (f'<tspan class="tick" dx="10">{escape(wire)}</tspan>' if len(wire) > 6 else "")
        + "</text>",
    ]
    if unanswered:
        parts.append(f'<text class="came" x="{_TARGET - 12}" y="{back - 6}" text-anchor="end">✕ {escape(came)}</text>')
    else:
        sign = "✕ " if wrong else ""
        parts += [
            f'<line class="back" x1="{x + 8}" x2="{_TARGET}" y1="{back}" y2="{back}"/>',
            f'<path class="head" d="M{x} {back}l9 -4.5v9z"/>',
            f'<text class="came" x="{_TARGET - 12}" y="{back - 6}" text-anchor="end">{sign}{escape(came)}</text>',
        ]
    if expected:
        # An answer's own words name what the contract knows; a header, a date or a member may be what is wrong.
        instead = f"; came: {actual}" if actual and actual not in came and not actual.startswith(came) else ""
        told = clipped(f"expected: {expected}{instead}", int((_TARGET - 24) / _PIXELS))
        parts.append(
            f'<text class="expected" x="{_TARGET - 12}" y="{back + 18}" text-anchor="end">{escape(told)}</text>'
        )
    return [*parts, "</g>"]


def _description(calls: Sequence[Exchange], binding: Binding, telling: Exchange | None) -> str:
    said = []
    for call in calls[: 2 * MOST]:
        answer = ", ".join(filter(None, [status_in_words(call), reply_in_words(call, binding)]))
        wrong = "; this answer shows the fault" if call is telling else ""
        said.append(f"{call.intent.account}: {call_in_words(call, binding)}; answered {answer}{wrong}")
    return ". ".join(said) + "."
