"""The inventory over a run as one drawing: total, used and available, with the findings where they were met.

It is plain SVG without script or reference, coloured by the page's own custom properties, so that it follows light,
dark and paper. What it shows is also said in words in its description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from kandykit.binding import Binding
from kandykit.calls import InventoryView
from kandykit.exchange import Exchange
from kandykit.report.legible import one_line
from kandykit.report.words import reply_of

_WIDTH, _HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 92, 34, 34
_COLUMNS = 400
"""More points than this are drawn as what was lowest and highest in each column, so that no peak is lost."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one read of the inventory showed, ``seconds`` into the run; a number that it did not show is None."""

    seconds: float
    total: int | None
    used: int | None
    available: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding, ``seconds`` into the run; ``label`` is its requirement's id."""

    seconds: float
    finding: str
    label: str
    title: str
    verdict: str


def inventory_points(exchanges: Iterable[Exchange], binding: Binding, account: str = "account-1") -> list[Point]:
    """What every answered read of one account's inventory showed, over the seconds since the first exchange."""
    points: list[Point] = []
    start: float | None = None
    for exchange in exchanges:
        start = exchange.started if start is None else min(start, exchange.started)
        if exchange.intent.account != account or not exchange.answered or exchange.request.method != "GET":
            continue
        view = reply_of(exchange, binding).inventory
        if isinstance(view, InventoryView):
            points.append(Point(exchange.ended - start, view.total, view.used, view.available))
    return points


def draw_inventory(points: Sequence[Point], marks: Sequence[Mark] = ()) -> str:
    """The drawing as an ``<svg>`` element; empty where fewer than two reads were made."""
    numbers = [n for point in points for n in (point.total, point.used, point.available) if n is not None]
    if len(points) < 2 or not numbers:
        return ""
    points = sorted(points, key=lambda point: point.seconds)
    # Kept within what double precision and a label can hold: a target may answer with any number at all.
    low, high = max(min(0, *numbers), -(10**9)), min(max(1, *numbers), 10**9)
    end = max([point.seconds for point in points] + [mark.seconds for mark in marks] + [0.001])

    def x(seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(seconds / end, 0.0), 1.0)

    def y(number: float) -> float:
        number = min(max(number, low), high)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (number - low) / (high - low)

    parts = [
        f'<svg class="inventory" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="inv-t inv-d">',
        '<title id="inv-t">The inventory over the run</title>',
        f'<desc id="inv-d">{escape(_description(points, marks, end))}</desc>',
    ]
    for number in _ticks(low, high):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(number):.1f}" y2="{y(number):.1f}"/>'
        )
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y(number) + 4:.1f}" text-anchor="end">{number}</text>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        parts.append(
            f'<text class="tick" x="{x(end * share):.1f}" y="{_HEIGHT - 12}" text-anchor="{anchor}">'
            f"{_seconds(end * share)}</text>"
        )
    heights: list[tuple[float, str]] = []
    for name in ("total", "used", "available"):
        series = [(p.seconds, n) for p in points if (n := getattr(p, name)) is not None]
        if series:
            line = [(x(seconds), y(number)) for seconds, number in _thinned(series, end)]
            parts.append(f'<path class="line {name}" d="{_steps(line, x(end))}"/>')
            heights.append((line[-1][1], f"{name} {series[-1][1]}"))
    parts.extend(_names(heights))
    parts.extend(_marks(marks, x))
    parts.append("</svg>")
    return "".join(parts)


def _thinned(series: Sequence[tuple[float, int]], end: float) -> list[tuple[float, int]]:
    if len(series) <= _COLUMNS:
        return list(series)
    columns: dict[int, list[tuple[float, int]]] = {}
    for point in series:
        columns.setdefault(int(_COLUMNS * point[0] / end), []).append(point)
    kept: list[tuple[float, int]] = []
    for column in columns.values():
        ends = {column[0], column[-1], min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])}
        kept.extend(sorted(ends))
    return kept


def _steps(line: Sequence[tuple[float, float]], end: float) -> str:
    """Numbers hold until the next read says otherwise, so the line goes in steps."""
    words = [f"M{line[0][0]:.1f} {line[0][1]:.1f}"]
    for across, down in line[1:]:
        words.append(f"H{across:.1f}V{down:.1f}")
    return "".join(words) + f"H{end:.1f}"


def _names(heights: Sequence[tuple[float, str]]) -> Iterable[str]:
    """Each line's name beside its end, moved apart where two ends lie close."""
    last = 0.0
    for height, label in sorted(heights):
        last = max(height + 4, last + 15)
        name = label.split()[0]
        yield f'<text class="name {name}" x="{_WIDTH - _RIGHT + 8}" y="{last:.1f}">{escape(label)}</text>'


def _marks(marks: Sequence[Mark], x: object) -> Iterable[str]:
    assert callable(x)
    right = -100.0
    row = 0
    for mark in sorted(marks, key=lambda m: (m.seconds, m.finding)):
        across = x(mark.seconds)
        label = escape(mark.label)
        # A label that would lie on its neighbour is left out; the line and its title stay.
        fits = across - right > 7.5 * len(mark.label) + 6
        right, row = (across, row + 1) if fits else (right, row)
        yield (
            f'<a href="#{escape(mark.finding)}"><g class="mark {escape(mark.verdict)}">'
            f"<title>{label}: {escape(one_line(mark.title))}</title>"
            f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP - 8}" y2="{_HEIGHT - _BOTTOM}"/>'
            f'<path d="M{across - 5:.1f} {_TOP - 16}h10l-5 8z"/>'
            + (f'<text x="{across:.1f}" y="{_TOP - 21}" text-anchor="middle">{label}</text>' if fits else "")
            + "</g></a>"
        )


def _ticks(low: int, high: int) -> list[int]:
    step = 1
    while (high - low) / step > 5:
        # 1, 2, 5, 10, 20, 50, ...
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    first = -(-low // step) * step
    return list(range(first, high + 1, step))


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds else "0 s"
    return f"{seconds:.0f} s" if seconds < 180 else f"{seconds / 60:.0f} min"


def _description(points: Sequence[Point], marks: Sequence[Mark], end: float) -> str:
    said = []
    for name in ("total", "used", "available"):
        numbers = [n for p in points if (n := getattr(p, name)) is not None]
        if numbers:
            said.append(
                f"{name} began at {numbers[0]}, lay between {min(numbers)} and {max(numbers)}, ended at {numbers[-1]}"
            )
    found = f"; {len(marks)} findings are marked" if marks else ""
    return f"{len(points)} reads in {_seconds(end)}: {'; '.join(said)}{found}."
