"""The inventory over a run as one drawing: total, used and available, each in a band of its own over one time.

The highest total, which the month is billed by, is marked; so are what each part of the run was about, the findings
where they were met, and everything below zero. It is plain SVG without script or reference, coloured by the page's own
custom properties, so that it follows light, dark and paper. What it shows is also said in words in its description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import InventoryView, ReadInventory
from kandykit.exchange import Exchange
from kandykit.report.legible import clipped, one_line
from kandykit.report.words import call_of, reply_of

_WIDTH: Final = 960
_LEFT: Final = 44
_RIGHT: Final = 116
_MARKS: Final = 30
"""Height of the row that holds the findings' triangles."""
_PHASES: Final = 24
_BAND: Final = 84
_GAP: Final = 18
_FOOT: Final = 26
_COLUMNS: Final = 400
"""More points than this are drawn as what was lowest and highest in each column, so that no peak is lost."""
_NAMES: Final = ("total", "used", "available")


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
        if exchange.intent.account != account or not exchange.answered:
            continue
        if not isinstance(call_of(exchange, binding), ReadInventory):
            continue
        view = reply_of(exchange, binding).inventory
        if isinstance(view, InventoryView):
            points.append(Point(exchange.ended - start, view.total, view.used, view.available))
    return points


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the run: what it was about, and from when to when, in seconds."""

    name: str
    start: float
    end: float


def phases_of(exchanges: Iterable[Exchange]) -> list[Phase]:
    """The parts of a run, one after the other, as the suites followed."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.started)
    if not ordered:
        return []
    start = ordered[0].started
    phases = []
    for name, group in groupby(ordered, key=lambda exchange: exchange.intent.suite):
        calls = list(group)
        phases.append(Phase(name, calls[0].started - start, calls[-1].ended - start))
    return phases


def draw_inventory(points: Sequence[Point], marks: Sequence[Mark] = (), phases: Sequence[Phase] = ()) -> str:
    """The drawing as an ``<svg>`` element; empty where fewer than two reads were made."""
    numbers = [n for point in points for n in (point.total, point.used, point.available) if n is not None]
    if len(points) < 2 or not numbers:
        return ""
    points = sorted(points, key=lambda point: point.seconds)
    # Kept within what double precision and a label can hold: a target may answer with any number at all.
    low, high = max(min(0, *numbers), -(10**9)), min(max(1, *numbers), 10**9)
    ends = [point.seconds for point in points] + [mark.seconds for mark in marks] + [phase.end for phase in phases]
    end = max([*(each for each in ends if each != float("inf")), 0.001])
    first = _MARKS + (_PHASES if phases else 8)
    bottom = first + len(_NAMES) * (_BAND + _GAP) - _GAP

    def x(seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(seconds / end, 0.0), 1.0)

    parts = [
        f'<svg class="inventory" viewBox="0 0 {_WIDTH} {bottom + _FOOT}" role="group" aria-labelledby="inv-t inv-d">',
        '<title id="inv-t">The inventory over the run</title>',
        f'<desc id="inv-d">{escape(_description(points, marks, end))}</desc>',
        *_phases(phases, x, bottom),
    ]
    for number, name in enumerate(_NAMES):
        series = [(p.seconds, n) for p in points if (n := getattr(p, name)) is not None]
        parts += _band(name, series, first + number * (_BAND + _GAP), low, high, x, end)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        parts.append(
            f'<text class="tick" x="{x(end * share):.1f}" y="{bottom + 18}" text-anchor="{anchor}">'
            f"{_seconds(end * share)}</text>"
        )
    parts += _marks(marks, x, bottom)
    parts.append("</svg>")
    return "".join(parts)


def _band(
    name: str,
    series: Sequence[tuple[float, int]],
    top: int,
    low: int,
    high: int,
    x: Callable[[float], float],
    end: float,
) -> list[str]:
    """One of the three numbers: its steps over the time, filled down to nothing, and what it came to."""

    def y(number: float) -> float:
        return top + _BAND - _BAND * (min(max(number, low), high) - low) / (high - low)

    right = _WIDTH - _RIGHT
    parts = []
    if low < 0:
        parts.append(
            f'<rect class="below" x="{_LEFT}" y="{y(0):.1f}" width="{right - _LEFT}" height="{y(low) - y(0):.1f}"/>'
        )
    for number in _ticks(low, high):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y(number):.1f}" y2="{y(number):.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y(number) + 4:.1f}" text-anchor="end">{number}</text>')
    middle = top + _BAND / 2
    parts.append(f'<text class="name {name}" x="{right + 12}" y="{middle - 8:.1f}">{name}</text>')
    if not series:
        parts.append(f'<text class="tick" x="{right + 12}" y="{middle + 9:.1f}">not shown</text>')
        return parts
    line = [(x(seconds), y(number)) for seconds, number in _thinned(series, end)]
    steps = _steps(line, x(end))
    numbers = [number for _, number in series]
    parts += [
        f'<path class="line {name}" d="{steps}V{y(0):.1f}H{line[0][0]:.1f}"/>',
        f'<text class="tick" x="{right + 12}" y="{middle + 9:.1f}">'
        f"{_count(min(numbers))} to {_count(max(numbers))}</text>",
        f'<text class="tick" x="{right + 12}" y="{middle + 25:.1f}">ends at {_count(numbers[-1])}</text>',
    ]
    if name == "total":
        when, peak = max(series, key=lambda point: (min(point[1], high), -point[0]))
        parts += [
            f'<line class="peak" x1="{_LEFT}" x2="{right}" y1="{y(peak):.1f}" y2="{y(peak):.1f}"/>',
            f'<circle class="peak" cx="{x(when):.1f}" cy="{y(peak):.1f}" r="3.5"/>',
            f'<text class="peak" x="{right + 12}" y="{y(peak) + 4:.1f}">billing peak {_count(peak)}</text>',
        ]
    return parts


def _phases(phases: Sequence[Phase], x: Callable[[float], float], bottom: int) -> Iterable[str]:
    for number, phase in enumerate(phases):
        left, right = x(phase.start), x(phase.end)
        width = max(0.5, right - left)
        parts = f'<rect class="phase{" odd" if number % 2 else ""}" x="{left:.1f}" y="{_MARKS}" '
        yield parts + f'width="{width:.1f}" height="{bottom - _MARKS}"/>'
        if width > 6.4 * len(phase.name) + 6:
            name = escape(clipped(phase.name, 24))
            yield f'<text class="tick" x="{left + width / 2:.1f}" y="{_MARKS + 14}" text-anchor="middle">{name}</text>'


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


def _marks(marks: Sequence[Mark], x: Callable[[float], float], bottom: int) -> Iterable[str]:
    right = -100.0
    for mark in sorted(marks, key=lambda m: (m.seconds, m.finding)):
        across = x(mark.seconds)
        label = escape(mark.label)
        # A label that would lie on its neighbour is left out; the line and its title stay.
        fits = across - right > 7.5 * len(mark.label) + 6
        right = across if fits else right
        yield (
            f'<a href="#{escape(mark.finding)}" aria-label="{label}: {escape(one_line(mark.title))}">'
            f'<g class="mark {escape(mark.verdict)}"><title>{label}: {escape(one_line(mark.title))}</title>'
            f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{_MARKS - 8}" y2="{bottom}"/>'
            f'<path d="M{across - 5:.1f} {_MARKS - 14}h10l-5 8z"/>'
            + (f'<text x="{across:.1f}" y="{_MARKS - 18}" text-anchor="middle">{label}</text>' if fits else "")
            + "</g></a>"
        )


def _ticks(low: int, high: int) -> list[int]:
    step = 1
    while (high - low) / step > 3:
        # 1, 2, 5, 10, 20, 50, ...
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    first = -(-low // step) * step
    return list(range(first, high + 1, step))


def _count(number: int) -> str:
    return f"{number:,}" if abs(number) < 10**9 else f"{float(number):.0e}"


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
