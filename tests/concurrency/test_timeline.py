"""The drawing of a race: every call has its lane, and what is wrong is told by more than a colour."""

from __future__ import annotations

from xml.etree import ElementTree

from kandykit.report.possible import possible_stock
from kandykit.report.timeline import draw_timeline, overlapping, standing_alone
from tests.concurrency.overlapping import BINDING, create, delete, look, order

CALLS = [
    look(1, (0, 2), 1, 0),
    create(2, (5, 11), "ann"),
    create(3, (5.1, 12), "ben"),
    create(4, (5.2, 12.5), "cy", 412),
    delete(5, (5.3, 30), "dan", 0),
    look(6, (4000, 4002), 1, 2),
]


def texts(drawing: str, kind: str = "") -> list[str]:
    root = ElementTree.fromstring(drawing)
    return ["".join(each.itertext()) for each in root.iter() if kind in (each.get("class") or "") and each.text]


def test_every_call_has_a_lane_with_its_words_and_its_answer() -> None:
    drawing = draw_timeline(CALLS, BINDING, 3, "a refusal")
    said = " ".join(texts(drawing))
    for word in ("create ann", "create ben", "delete dan", "total 1, used 2, free -1", "412", "201"):
        assert word in said
    assert drawing.count('<g class="call') == len(CALLS)


def test_what_is_impossible_is_told_by_a_sign_and_words_as_well_as_by_its_colour() -> None:
    drawing = draw_timeline(CALLS, BINDING, 3, "a refusal")
    assert drawing.count('class="call wrong"') == 1
    assert "✕ impossible answer" in drawing
    assert "✕ 201" in drawing
    assert "a refusal" in drawing
    assert "impossible" not in draw_timeline(CALLS, BINDING)


def test_the_description_says_all_that_is_shown() -> None:
    root = ElementTree.fromstring(draw_timeline(CALLS, BINDING, 3))
    described = next(each.text or "" for each in root.iter() if each.tag == "desc")
    for number in range(1, 7):
        assert f"#{number} " in described
    assert "no order explains this answer" in described


def test_a_long_pause_does_not_squeeze_the_race() -> None:
    root = ElementTree.fromstring(draw_timeline(CALLS, BINDING, 3))
    lanes = [each for each in root.iter() if (each.get("class") or "").startswith("call")]
    widths = [float(each.get("width") or 0) for lane in lanes for each in lane if each.tag == "rect"]
    assert min(widths) >= 3
    assert widths[1] > 60
    assert any(each.get("class") == "break" for each in root.iter())


def test_calls_one_after_another_need_no_drawing() -> None:
    assert draw_timeline([CALLS[0], CALLS[1], CALLS[5]], BINDING) == ""
    assert not overlapping([])


def test_what_a_target_answers_stays_text() -> None:
    hostile = create(3, (6, 12), "<script>alert(1)</script>")
    drawing = draw_timeline([CALLS[1], hostile], BINDING, 3, "<b>&")
    ElementTree.fromstring(drawing)
    assert "<script" not in drawing
    assert "<b>" not in drawing


def test_an_oversell_is_seen_in_the_stock_below_the_lanes() -> None:
    drawing = draw_timeline(CALLS[:4] + CALLS[5:], BINDING, 3)
    assert "2 in use: oversold" in drawing
    assert 'class="over"' in drawing
    assert "more than is owned" in drawing
    spans = possible_stock(CALLS[:4] + CALLS[5:], BINDING)
    assert (0, 2) in [span.used for span in spans]
    assert [(span.owned, span.used, span.oversold) for span in spans][-1] == ((1, 1), (2, 2), True)


def test_what_may_have_happened_stays_possible_until_the_end() -> None:
    lost, pending = create(2, (5, 9), "ann", 0), order(3, (5, 9), "KO1", 202, "pending")
    calls = [look(1, (0, 2), 3, 1), lost, pending, delete(4, (6, 8), "eve"), delete(5, (6, 10), "eve")]
    last = possible_stock(calls, BINDING)[-1]
    assert (last.owned, last.used) == ((3, 4), (0, 1))
    assert not last.oversold


def test_without_a_first_read_no_stock_is_drawn() -> None:
    assert possible_stock(CALLS[1:], BINDING) == []
    assert 'class="stock"' not in draw_timeline(CALLS[1:5], BINDING)


def test_a_drawing_stands_alone_as_a_file() -> None:
    alone = standing_alone(draw_timeline(CALLS, BINDING, 3, "a refusal"))
    root = ElementTree.fromstring(alone)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("height") or 0) > 200
    assert "http" not in alone.replace("http://www.w3.org/2000/svg", "")
