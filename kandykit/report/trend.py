"""The trend: how the requirements turned out, night after night, as one drawing.

The upper part shows how many had each verdict, the lower part a line for each one that was not the same every night.
It is plain SVG in the page's own colours; what it shows is also said in words, and no verdict by its colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from kandykit.gate.history import Night
from kandykit.report.legible import one_line

ORDER: Final = ("fail", "waived", "inconclusive", "warn", "skipped", "pass")
"""Verdicts from the bottom of a column to its top: what fails stands on the line, where heights are compared best."""

_SIGNS: Final = {"fail": "✕", "waived": "~", "inconclusive": "?", "warn": "!", "skipped": "·", "pass": "✓"}
_NAMES: Final = {"skipped": "not tested"}
_NIGHTS: Final = 60
_LINES: Final = 24
_WIDTH, _LEFT, _RIGHT, _TOP, _COLUMN_HEIGHT, _LINE = 960, 64, 112, 16, 150, 18
_WIDEST: Final = 40.0


def draw_trend(nights: Sequence[Night]) -> str:
    """The drawing as an ``<svg>`` element, the latest night last; empty where there are fewer than two."""
    nights = nights[-_NIGHTS:]
    if len(nights) < 2:
        return ""
    moving = _moving(nights)
    shown = moving[:_LINES]
    base = _TOP + _COLUMN_HEIGHT
    height = base + 26 + (len(shown) * _LINE + 8 if shown else 0)
    step = min((_WIDTH - _LEFT - _RIGHT) / len(nights), _WIDEST)
    parts = [
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="trend-t trend-d">',
        '<title id="trend-t">Requirements by verdict, night after night</title>',
        f'<desc id="trend-d">{escape(one_line(_description(nights, moving), 4_000))}</desc>',
        *_columns(nights, step, base),
        *_lines(nights, shown, step, base + 26),
        "</svg>",
    ]
    if len(moving) > len(shown):
        parts.append(f'<p class="small soft">{len(moving) - len(shown)} more requirements changed, not drawn here.</p>')
    return "".join(parts)


def _columns(nights: Sequence[Night], step: float, base: int) -> Iterator[str]:
    most = max(1, *(sum(night.counts.values()) for night in nights))
    last: list[tuple[float, str]] = []
    for place, night in enumerate(nights):
        across = _LEFT + place * step
        floor = float(base)
        counted = ", ".join(f"{night.counts[word]} {_name(word)}" for word in ORDER if night.counts[word])
        label = f"{night.started[:10]}: {night.verdict.replace('_', ' ')}; {counted}"
        yield f"<g><title>{escape(one_line(label))}</title>"
        for word in ORDER:
            if night.counts[word]:
                tall = _COLUMN_HEIGHT * night.counts[word] / most
                floor -= tall
                yield (
                    f'<rect class="{word}" x="{across + 0.5:.1f}" y="{floor:.1f}" '
                    f'width="{max(step - 1, 1):.1f}" height="{max(tall - 0.5, 0.5):.1f}"/>'
                )
                if place == len(nights) - 1:
                    last.append((floor + tall / 2, word))
        yield "</g>"
    yield from _days(nights, step, base + 16)
    yield from _names(last, nights[-1], _LEFT + len(nights) * step + 8, base)


def _days(nights: Sequence[Night], step: float, down: int) -> Iterator[str]:
    """The first and the last day, and between them as many as fit without touching."""
    apart = max(1, int(90 / step))
    for place in range(0, len(nights), apart):
        # The last day is always named, so one that stands too close to it is not.
        if place == 0 or (len(nights) - 1 - place) * step >= 90:
            yield _text("tick", _LEFT + place * step, down, nights[place].started[:10])
    if (len(nights) - 1) * step >= 90:
        yield _text("tick", _LEFT + (len(nights) - 1) * step, down, nights[-1].started[:10])


def _names(last: Sequence[tuple[float, str]], night: Night, across: float, base: int) -> Iterator[str]:
    """The verdicts beside the last column, moved apart where two lie close."""
    placed = float(base + 15)
    for height, word in last:
        placed = min(height + 4, placed - 15)
        yield _text(f"name {word}", across, placed, f"{_SIGNS[word]} {night.counts[word]} {_name(word)}")


def _lines(nights: Sequence[Night], moving: Sequence[str], step: float, top: int) -> Iterator[str]:
    for row, requirement in enumerate(moving):
        down = top + row * _LINE
        yield _text("tick", _LEFT - 8, down + 12, requirement[:9], "end")
        for place, night in enumerate(nights):
            word = night.verdicts.get(requirement, "")
            across = _LEFT + place * step
            said = f"{requirement}, {night.started[:10]}: {_name(word) if word else 'not in the statement'}"
            yield f'<g class="{word if word in _SIGNS else "none"}"><title>{escape(one_line(said))}</title>'
            yield (
                f'<rect class="cell" x="{across + 0.5:.1f}" y="{down}" width="{max(step - 1, 1):.1f}" '
                f'height="{_LINE - 2}"/>'
            )
            if step >= 11 and word in _SIGNS:
                yield _text("sign", across + step / 2, down + 12, _SIGNS[word], "middle")
            yield "</g>"


def _text(kind: str, across: float, down: float, text: str, anchor: str = "start") -> str:
    shown = escape(one_line(text))
    return f'<text class="{kind}" x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}">{shown}</text>'


def _moving(nights: Sequence[Night]) -> list[str]:
    """The requirements that were not the same every night, or fail now; the ones that fail now first."""
    names = dict.fromkeys(name for night in reversed(nights) for name in night.verdicts)
    changed = [
        name
        for name in names
        if len({night.verdicts.get(name) for night in nights}) > 1 or nights[-1].verdicts.get(name) == "fail"
    ]
    return sorted(changed, key=lambda name: nights[-1].verdicts.get(name) != "fail")


def _description(nights: Sequence[Night], moving: Sequence[str]) -> str:
    counts = [
        f"{night.started[:10]} {night.verdict.replace('_', ' ')} with {night.counts['fail']} failing"
        for night in nights
    ]
    changed = f" Not the same every night: {', '.join(moving)}." if moving else " Every night was the same."
    return f"{len(nights)} nights: {'; '.join(counts)}.{changed}"


def _name(word: str) -> str:
    return _NAMES.get(word, word)
