"""How long each operation took to answer: a row of bars per operation over one scale, which grows tenfold by tenfold.

It is there to be looked at and never judged: slowness is no fault. Plain SVG in the page's own colours.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import operation_of
from kandykit.exchange import Exchange
from kandykit.report.words import call_of

_WIDTH: Final = 960
_LEFT: Final = 150
_RIGHT: Final = 24
_TOP: Final = 8
_LANE: Final = 40
_BARS: Final = 96
_LEAST_MS: Final = 0.1
"""Anything quicker than this is drawn as this."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one operation's answers, in milliseconds, from the quickest to the slowest."""

    operation: str
    milliseconds: tuple[float, ...]

    @property
    def calls(self) -> int:
        """How many answers there were."""
        return len(self.milliseconds)

    @property
    def median(self) -> float:
        """Half of the answers came within this."""
        return statistics.median(self.milliseconds)

    @property
    def most(self) -> float:
        """95 of 100 answers came within this."""
        return self.milliseconds[int(0.95 * (self.calls - 1))]

    @property
    def slowest(self) -> float:
        """The slowest answer."""
        return self.milliseconds[-1]


def times_of(exchanges: Iterable[Exchange], binding: Binding) -> list[Times]:
    """The times of every operation that was answered, in alphabetical order."""
    taken: dict[str, list[float]] = {}
    for exchange in exchanges:
        if exchange.answered:
            name = operation_of(call_of(exchange, binding)).value
            taken.setdefault(name, []).append(max(0.0, exchange.ended - exchange.started) * 1000)
    return [Times(name, tuple(sorted(each))) for name, each in sorted(taken.items())]


def draw_times(times: Sequence[Times]) -> str:
    """The drawing as an ``<svg>`` element; empty where nothing was answered."""
    if not times:
        return ""
    low = floor(log10(max(_LEAST_MS, min(each.milliseconds[0] for each in times))))
    high = max(low + 1, ceil(log10(max(_LEAST_MS, max(each.slowest for each in times)))))
    bottom = _TOP + _LANE * len(times)

    def x(milliseconds: float) -> float:
        share = (log10(max(_LEAST_MS, milliseconds)) - low) / (high - low)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, max(0.0, share))

    parts = [
        f'<svg class="times" viewBox="0 0 {_WIDTH} {bottom + 28}" role="img" aria-labelledby="times-t times-d">',
        '<title id="times-t">Time to the whole answer, per operation</title>',
        f'<desc id="times-d">{escape(_description(times))}</desc>',
    ]
    for power in range(low, high + 1):
        across = x(10.0**power)
        parts.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        anchor = "end" if power == high else "middle"
        parts.append(
            f'<text class="tick" x="{across:.1f}" y="{bottom + 18}" text-anchor="{anchor}">{_unit(power)}</text>'
        )
    for number, each in enumerate(times):
        parts += _lane(each, _TOP + _LANE * number, low, high, x(each.median))
    return "".join([*parts, "</svg>"])


def _lane(each: Times, top: int, low: int, high: int, median: float) -> list[str]:
    foot, room = top + _LANE - 4, _LANE - 10
    bars = [0] * _BARS
    for milliseconds in each.milliseconds:
        share = (log10(max(_LEAST_MS, milliseconds)) - low) / (high - low)
        bars[min(_BARS - 1, max(0, int(share * _BARS)))] += 1
    wide, most = (_WIDTH - _LEFT - _RIGHT) / _BARS, max(bars)
    # The square root of a share: one slow answer among a thousand quick ones is still to be seen.
    path = "".join(
        f"M{_LEFT + wide * number + 0.5:.1f} {foot}"
        f"v-{max(1.5, room * (count / most) ** 0.5):.1f}h{wide - 1:.1f}V{foot}z"
        for number, count in enumerate(bars)
        if count
    )
    return [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{foot}" y2="{foot}"/>',
        f'<text class="name" x="{_LEFT - 14}" y="{foot - 8}" text-anchor="end">{escape(each.operation)}</text>',
        f'<path class="bars" d="{path}"/>',
        f'<line class="median" x1="{median:.1f}" x2="{median:.1f}" y1="{foot - room}" y2="{foot + 3}"/>',
    ]


def _unit(power: int) -> str:
    if power >= 3:
        return f"{10 ** (power - 3):,} s"
    return f"{10**power} ms" if power >= 0 else f"{10.0**power:g} ms"


def _description(times: Sequence[Times]) -> str:
    said = [
        f"{each.operation}: {each.calls} answers, half of them within {each.median:.1f} ms, "
        f"95 of 100 within {each.most:.1f} ms, the slowest after {each.slowest:.1f} ms"
        for each in times
    ]
    return ". ".join(said) + "."
