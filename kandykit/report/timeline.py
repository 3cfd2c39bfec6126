"""Overlapping calls as a drawing: a lane for each call that was under way, and the answer that no order explains.

Below the lanes stand what was owned and what was in use, as far as the answers tell, so that more in use than owned is
seen, and a read that shows what cannot have been.

Like the picture of the inventory it is plain SVG without script or reference, in the page's own colours. What is wrong
is told by a sign and a word besides its colour, and all that is shown stands in words in its description.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    OrderKind,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
)
from kandykit.exchange import Exchange
from kandykit.judgement import Case
from kandykit.report.legible import one_line
from kandykit.report.possible import Span, possible_stock
from kandykit.report.words import call_of, reply_in_words, reply_of, status_in_words

_WIDTH: Final = 960
_LEFT: Final = 330
_RIGHT: Final = 190
_TOP: Final = 30
_LANE: Final = 40
_BAR: Final = 20
_FOOT: Final = 52
_CHART: Final = 104
"""Room for the stock below the lanes."""
_NUMBERED: Final = 4
"""Up to so many numbers of the stock each have a mark beside the chart; of more, only the least and the most."""
_CHARACTERS: Final = 44
"""So many characters of words fit beside a lane."""
_MOST: Final = 48
"""Lanes that a page can show; the smallest set of calls of a race is far smaller."""
_BREAK: Final = 0.35
"""A pause longer than this share of the time in which calls were under way is drawn short, and as a break."""

_HOW: Final = (
    "A bar lasts from a call's first octet to the last of its answer. Bars that share a moment were under way together."
)

_MORE: Final = " The last read shows other calls as well, which are left out here: these suffice."

STYLE: Final = (Path(__file__).parent / "templates" / "timeline.css").read_text(encoding="utf-8")


def overlapping(exchanges: Sequence[Exchange]) -> bool:
    """Whether any two of these calls were under way at one moment."""
    latest = float("-inf")
    for call in sorted(exchanges, key=lambda each: each.started):
        if call.started <= latest:
            return True
        latest = max(latest, call.ended)
    return False


def timeline_of(case: Case, binding: Binding) -> str:
    """The drawing of a finding's calls; empty where none of them overlap.

    The evidence of a race ends with the call that fits nowhere, wherever its number stands.
    """
    finding = case.finding
    race = finding.requirement == "L12" and bool(finding.evidence)
    impossible, expected = (finding.evidence[-1], finding.expected) if race else (None, "")
    return draw_timeline(case.calls[:_MOST], binding, impossible, expected)


def standing_alone(drawing: str) -> str:
    """A drawing as a file of its own, on white ground, that any viewer of SVG shows; it refers to nothing else."""
    height = drawing.partition(f'viewBox="0 0 {_WIDTH} ')[2].partition('"')[0]
    size = f'width="{_WIDTH}" height="{height}"'
    named = drawing.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" {size} ', 1)
    return named.replace("<style>", f'<rect class="ground" {size}/><style>svg .ground {{ fill: #ffffff; }} ', 1) + "\n"


def draw_timeline(
    exchanges: Sequence[Exchange], binding: Binding, impossible: int | None = None, expected: str = ""
) -> str:
    """The drawing as an ``<svg>`` element; empty where no two of the calls overlap.

    ``impossible`` is the number of the call whose answer no order explains, ``expected`` what should have come.
    """
    if not overlapping(exchanges):
        return ""
    calls = sorted(exchanges, key=lambda call: (call.started, call.seq))
    scale = _Scale(calls)
    spans = possible_stock(calls, binding)
    bottom = _TOP + _LANE * len(calls)
    stock_bottom = bottom + (_CHART if spans else 0)
    height = stock_bottom + _FOOT
    name = f"timeline-{calls[0].seq}-{calls[-1].seq}"
    parts = [
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">The calls that overlapped</title>',
        f'<desc id="{name}-d">{escape(_description(calls, binding, impossible) + _stock_in_words(spans))}</desc>',
        f"<style>{STYLE}</style>",
        *_axis(scale, stock_bottom),
    ]
    for lane, call in enumerate(calls):
        parts += _lane(call, binding, _TOP + _LANE * lane, scale, wrong=call.seq == impossible)
    if spans:
        reads = [call for call in calls if reply_of(call, binding).inventory is not None]
        parts += _stock(spans, [(call, reply_of(call, binding).inventory) for call in reads], bottom, scale, impossible)
    foot = stock_bottom + 22
    if expected and impossible is not None:
        told = escape(one_line(f"✕ #{impossible} should be {expected}", 128))
        parts.append(f'<text class="expected" x="12" y="{foot}">{told}</text>')
    how = _HOW + (_MORE if spans and impossible is not None and _shows_more(calls[-1], spans[-1], binding) else "")
    parts.append(f'<text class="tick" x="12" y="{foot + 18}">{how}</text></svg>')
    return "".join(parts)


class _Scale:
    """Where a moment lies across; pauses in which no call was under way are cut short."""

    def __init__(self, calls: Sequence[Exchange]) -> None:
        spans: list[tuple[float, float]] = []
        for call in calls:
            if spans and call.started <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], call.ended))
            else:
                spans.append((call.started, call.ended))
        busy = sum(ended - started for started, ended in spans) or 1e-6
        self.breaks: list[float] = []
        self._anchors: list[tuple[float, float]] = []
        drawn = 0.0
        for number, (started, ended) in enumerate(spans):
            if number:
                pause = started - spans[number - 1][1]
                if pause > _BREAK * busy:
                    pause = 0.12 * busy
                    self.breaks.append(drawn + pause / 2)
                drawn += pause
            self._anchors += [(started, drawn), (ended, drawn + ended - started)]
            drawn += ended - started
        self.start, self.whole = spans[0][0], drawn or 1e-6
        self.breaks = [self._across(at) for at in self.breaks]

    def _across(self, drawn: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * drawn / self.whole

    def x(self, moment: float) -> float:
        """Where a moment lies."""
        before = self._anchors[0]
        for anchor in self._anchors:
            if anchor[0] >= moment:
                share = (moment - before[0]) / ((anchor[0] - before[0]) or 1.0)
                return self._across(before[1] + share * (anchor[1] - before[1]))
            before = anchor
        return self._across(before[1])

    def moments(self) -> list[float]:
        """The moments that the axis names: the first and last of each time in which calls were under way."""
        return sorted({moment for moment, _ in self._anchors})


def _axis(scale: _Scale, bottom: float) -> list[str]:
    parts: list[str] = []
    right = float("-inf")
    for moment in scale.moments():
        across = scale.x(moment)
        parts.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP - 6}" y2="{bottom}"/>')
        label = f"{(moment - scale.start) * 1000:.1f} ms"
        if across - right > 62:
            parts.append(f'<text class="tick" x="{across:.1f}" y="{_TOP - 12}" text-anchor="middle">{label}</text>')
            right = across
    for across in scale.breaks:
        parts.append(
            f'<path class="break" d="M{across - 4:.1f} {_TOP - 6}V{bottom}M{across + 4:.1f} {_TOP - 6}V{bottom}"/>'
        )
    return parts


def _lane(call: Exchange, binding: Binding, top: float, scale: _Scale, *, wrong: bool) -> list[str]:
    left, right = scale.x(call.started), scale.x(call.ended)
    width = max(right - left, 3.0)
    middle = top + _LANE / 2
    kind = "wrong" if wrong else _kind(call)
    status = escape(status_in_words(call))
    said = escape(one_line(_brief_answer(call, binding), 30))
    words = escape(one_line(_brief_call(call, binding), _CHARACTERS))
    sign = {"wrong": "✕ ", "refused": "⊘ ", "unclear": "? ", "read": "", "done": ""}[kind]
    inside = width > 13 + 7.5 * len(sign + status)
    parts = [
        f'<g class="call {kind}">',
        f'<text class="words" x="{_LEFT - 14}" y="{middle + (0 if wrong else 4):.1f}" text-anchor="end">'
        f'<tspan class="tick">#{call.seq}</tspan> {words}</text>',
        f'<rect x="{left:.1f}" y="{middle - _BAR / 2:.1f}" width="{width:.1f}" height="{_BAR}" rx="3"/>',
    ]
    if wrong:
        parts.append(
            f'<text class="verdict" x="{_LEFT - 14}" y="{middle + 14:.1f}" text-anchor="end">✕ impossible answer</text>'
        )
    if inside:
        parts.append(f'<text class="status" x="{left + 7:.1f}" y="{middle + 4:.1f}">{sign}{status}</text>')
        label = said
    else:
        label = f"{sign}{status} {said}".strip()
    if label:
        parts.append(f'<text class="said" x="{left + width + 7:.1f}" y="{middle + 4:.1f}">{label}</text>')
    return [*parts, "</g>"]


def _stock(
    spans: Sequence[Span],
    reads: Sequence[tuple[Exchange, InventoryView | None]],
    top: float,
    scale: _Scale,
    impossible: int | None,
) -> list[str]:
    """Owned as a line, in use as a band from the least to the most that it can be, and what each read showed."""
    shown = [view.used for _, view in reads if view is not None and view.used is not None]
    most = max([*(max(span.owned.high, span.used.high) for span in spans), *shown])
    least = min([*(min(span.owned.low, span.used.low) for span in spans), *shown])
    upper, lower = top + 26, top + _CHART - 16

    def y(number: int) -> float:
        return lower - (lower - upper) * (number - least) / max(most - least, 1)

    def level(span: Span, low: int, high: int, kind: str) -> str:
        left, right = scale.x(span.began), scale.x(span.ended)
        above, below = y(high) - 1.5, y(low) + 1.5
        return (
            f'<rect class="{kind}" x="{left:.1f}" y="{above:.1f}" width="{max(right - left, 0.5):.1f}" '
            f'height="{below - above:.1f}"/>'
        )

    first, last = spans[0], spans[-1]
    words = _LEFT - 34
    parts = [
        '<g class="stock">',
        f'<text x="{words}" y="{upper + 4:.1f}" text-anchor="end">the stock, by these answers:</text>',
        f'<text x="{words}" y="{upper + 22:.1f}" text-anchor="end">'
        f'<tspan class="owned-key">━</tspan> owned {first.owned.words}</text>',
        f'<text x="{words}" y="{upper + 40:.1f}" text-anchor="end">'
        f'<tspan class="used-key">■</tspan> in use {first.used.words}</text>',
    ]
    for number in range(least, most + 1) if most - least <= _NUMBERED else (least, most):
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y(number) + 4:.1f}" text-anchor="end">{number}</text>')
    for span in spans:
        parts.append(level(span, span.used.low, span.used.high, "used"))
        if span.oversold:
            parts.append(level(span, span.owned.high, span.used.low, "over"))
        single = span.owned.low == span.owned.high
        parts.append(level(span, span.owned.low, span.owned.high, "owned" if single else "owned unsure"))
    labels = [(y(last.owned.high), f"owned {last.owned.words}", "")]
    over = next((span for span in reversed(spans) if span.oversold), None)
    if over is None:
        labels.append((y(last.used.low), f"in use {last.used.words}", ""))
    else:
        labels.append((y(over.used.low), f"✕ {over.used.words} in use: oversold", "verdict"))
    for call, view in reads:
        if view is not None and view.used is not None:
            wrong = call.seq == impossible
            across, high = (scale.x(call.started) + scale.x(call.ended)) / 2, y(view.used)
            parts.append(f'<circle class="{"wrong" if wrong else "read"}" cx="{across:.1f}" cy="{high:.1f}" r="4.5"/>')
            if wrong:
                labels.append((high, f"✕ #{call.seq} shows {view.used} in use", "verdict"))
    free = float("-inf")
    for high, said, kind in sorted(labels):
        free = max(high + 4, free)
        parts.append(f'<text class="{kind}" x="{_WIDTH - _RIGHT + 12}" y="{free:.1f}">{said}</text>')
        free += 15
    return [*parts, "</g>"]


def _shows_more(call: Exchange, last: Span, binding: Binding) -> bool:
    """Whether a read in the end shows more in use than the calls at hand did."""
    view = reply_of(call, binding).inventory
    return view is not None and view.used is not None and view.used > last.used.high


def _stock_in_words(spans: Sequence[Span]) -> str:
    if not spans:
        return ""
    first, last = spans[0], spans[-1]
    over = " That is more than is owned." if last.oversold else ""
    return (
        f" By these answers {first.owned.words} are owned and {first.used.words} in use at first, "
        f"{last.owned.words} owned and {last.used.words} in use in the end.{over}"
    )


def _kind(call: Exchange) -> str:
    if not call.answered or call.answer is None or call.answer.status >= 500:
        return "unclear"
    if call.answer.status >= 300:
        return "refused"
    return "read" if call.request.method == "GET" else "done"


def _brief_call(call: Exchange, binding: Binding) -> str:
    """What was asked, without what is the same in every lane: the domain of an identity."""
    asked = call_of(call, binding)
    match asked:
        case CreateSubscriber(identity):
            return "create" if identity is None else f"create {_name(identity)}"
        case DeleteSubscriber(identity):
            return f"delete {_name(identity)}"
        case PlaceOrder(kind, quantity):
            return f"order {quantity} {'more' if kind is OrderKind.INCREMENT else 'fewer'}"
        case ReadInventory():
            return "read the inventory"
        case ReadOrders():
            return "read the orders"
    return f"{call.request.method}"


def _brief_answer(call: Exchange, binding: Binding) -> str:
    reply = reply_of(call, binding)
    if reply.inventory is not None:
        view = reply.inventory
        numbers = (("total", view.total), ("used", view.used), ("free", view.available))
        return ", ".join(f"{name} {number}" for name, number in numbers if number is not None)
    if reply.subscriber is not None and reply.subscriber.identity and call.request.method == "POST":
        return _name(reply.subscriber.identity)
    if reply.order is not None:
        return " ".join(filter(None, [reply.order.number, reply.order.status]))
    return ""


def _name(identity: str) -> str:
    return identity.partition("@")[0]


def _description(calls: Sequence[Exchange], binding: Binding, impossible: int | None) -> str:
    start = calls[0].started
    said = []
    for call in calls:
        wrong = "; no order explains this answer" if call.seq == impossible else ""
        answer = ", ".join(filter(None, [status_in_words(call), reply_in_words(call, binding)]))
        began, ended = (call.started - start) * 1000, (call.ended - start) * 1000
        said.append(f"#{call.seq} {_brief_call(call, binding)} from {began:.1f} to {ended:.1f} ms: {answer}{wrong}")
    return f"{len(calls)} calls. " + ". ".join(said) + "."
