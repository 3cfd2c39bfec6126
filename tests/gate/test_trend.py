"""The trend's drawing: what each night was, which requirements moved, and nothing that a target could smuggle in."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from kandykit.gate.history import Night
from kandykit.report.page import render_page
from kandykit.report.trend import draw_trend
from tests.report.made_up_run import BASE, made_up_statement

SVG = "{http://www.w3.org/2000/svg}"


def nights(*verdicts: dict[str, str]) -> list[Night]:
    return [
        Night(
            f"run-{number}",
            f"2026-11-{number + 1:02}T02:00:00.000Z",
            "not_conformant" if "fail" in each.values() else "conformant",
            "0.1.0",
            "standard",
            900,
            each,
            dict.fromkeys(each, 3),
        )
        for number, each in enumerate(verdicts)
    ]


STEADY = {"L1": "pass", "L2": "pass", "S1": "warn", "L15": "skipped"}


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_one_night_is_no_trend() -> None:
    assert draw_trend([]) == ""
    assert draw_trend(nights(STEADY)) == ""


def test_every_night_has_a_column_as_high_as_its_verdicts() -> None:
    drawing = parsed(draw_trend(nights(STEADY, STEADY | {"L1": "fail"}, STEADY)))
    columns = [group for group in drawing.findall(f"{SVG}g") if group.find(f"{SVG}title") is not None][:3]
    heights = [{rect.get("class"): float(rect.get("height", "0")) for rect in g.findall(f"{SVG}rect")} for g in columns]
    assert set(heights[0]) == {"pass", "warn", "skipped"}
    assert heights[0]["pass"] == 74.5  # two of four requirements in 150
    assert set(heights[1]) == {"fail", "pass", "warn", "skipped"}


def test_what_moved_has_a_line_and_what_stood_has_none() -> None:
    drawing = draw_trend(nights(STEADY, STEADY | {"L1": "fail"}, STEADY))
    titles = re.findall(r"<title>(L1|L2)[^<]*</title>", drawing)
    assert titles == ["L1"] * 3
    assert "L1, 2026-11-02: fail" in drawing
    assert "Not the same every night: L1." in drawing


def test_what_fails_every_night_has_a_line_too() -> None:
    assert "L1, 2026-11-01: fail" in draw_trend(nights(STEADY | {"L1": "fail"}, STEADY | {"L1": "fail"}))


def test_a_requirement_that_came_later_is_shown_as_not_there_before() -> None:
    drawing = draw_trend(nights(STEADY, STEADY | {"L16": "pass"}))
    assert "L16, 2026-11-01: not in the statement" in drawing


def test_many_nights_and_many_movers_stay_in_the_frame() -> None:
    moving = [{f"X{n}": "fail" if (n + night) % 2 else "pass" for n in range(80)} for night in range(28)] * 5
    drawing = draw_trend(nights(*moving))
    root = parsed(drawing.partition("</svg>")[0] + "</svg>")
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.get("x", "")) <= float(rect.get("x", "")) + float(rect.get("width", "")) <= width
        assert 0 <= float(rect.get("y", "")) <= float(rect.get("y", "")) + float(rect.get("height", "")) <= height
    assert "56 more requirements changed" in drawing


def test_names_and_times_are_only_text() -> None:
    nasty = '"><script>alert(1)</script>\x1b'
    night = Night("r", nasty, "conformant", "", "", 1, {nasty: "fail", "L1": nasty}, {})
    drawing = draw_trend([night, night])
    assert "<script" not in drawing
    assert "\x1b" not in drawing


def test_the_page_shows_the_trend_where_there_is_one() -> None:
    from kandykit.binding import Binding

    statement, judgement, exchanges = made_up_statement()
    binding = Binding(BASE, BASE + "/token", {})
    with_nights = render_page(statement, judgement, binding, exchanges, nights(STEADY, STEADY))
    assert 'id="nights"' in with_nights
    assert 'class="trend"' in with_nights
    assert 'id="nights"' not in render_page(statement, judgement, binding, exchanges)
