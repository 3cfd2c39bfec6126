"""The page shows all of the statement, reaches out to nothing, and shows a hostile answer as text."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from made_up_run import BASE, REGISTRY, Tape, made_up_facts, made_up_points, made_up_statement

from kandykit.binding import Binding
from kandykit.judgement import Case
from kandykit.report.page import render_page, write_page
from kandykit.report.picture import Mark, Point, draw_inventory, inventory_points
from kandykit.report.statement import build_statement
from kandykit.verdict import Finding

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")


def page() -> tuple[str, dict[str, Any]]:
    statement, judgement, exchanges = made_up_statement()
    return render_page(statement, judgement, BINDING, exchanges), statement


class Elements(HTMLParser):
    """Every element and attribute of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_shows_every_requirement_and_every_finding() -> None:
    text, statement = page()
    ids = {attributes.get("id") for _, attributes in Elements(text).found}
    for row in statement["requirements"]:
        assert f"req-{row['id']}" in ids
        for found in row["findings"]:
            assert found["id"] in ids
            assert found["replay"] in text


def test_the_page_reaches_out_to_nothing() -> None:
    text, _ = page()
    for tag, attributes in Elements(text).found:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"src", "srcset", "action", "data"}
            if name == "href":
                assert (value or "").startswith("#")
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_every_link_has_its_place() -> None:
    text, _ = page()
    elements = Elements(text).found
    ids = [str(attributes["id"]) for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        if tag == "a":
            assert str(attributes["href"])[1:] in ids
        for name in ("aria-labelledby",):
            assert all(each in ids for each in (attributes.get(name) or "").split())


def test_a_hostile_answer_is_shown_as_text_and_cut() -> None:
    text, _ = page()
    assert "<script" not in text
    assert "&lt;script&gt;alert(" in text
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert "\x1b" not in text
    assert "\\xff\\xfe" in text
    assert "A" * 2_001 not in text
    assert "more characters not shown" in text
    text.encode("utf-8")


def test_a_verdict_is_never_told_by_colour_alone() -> None:
    text, _ = page()
    tags = re.findall(r'<span class="tag (\w+)"><span aria-hidden="true">(.)</span>([^<]+)</span>', text)
    assert {(verdict, sign) for verdict, sign, _ in tags} >= {("fail", "✕"), ("pass", "✓"), ("warn", "!")}
    assert all(name.strip() for _, _, name in tags)


def test_headings_go_down_one_step_at_a_time() -> None:
    text, _ = page()
    levels = [int(tag[1]) for tag, _ in Elements(text).found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_page_without_findings_says_so() -> None:
    statement, judgement, _ = made_up_statement()
    judgement.cases.clear()
    for row in statement["requirements"]:
        row["findings"] = []
    text = render_page(statement, judgement, BINDING)
    assert "Nothing was found that this kit could object to." in text
    assert "<svg" not in text


def test_the_inventory_is_read_from_the_answers_of_one_account() -> None:
    tape = Tape()
    exchanges = [tape.inventory(5, 2), tape.call("GET", "/inventory", 500, "down"), tape.inventory(6, 2)]
    other = tape.call("GET", "/inventory", 200, {"products": []}, account="account-2")
    points = inventory_points([*exchanges, other], BINDING)
    assert [(p.total, p.used, p.available) for p in points] == [(5, 2, 3), (6, 2, 4)]


def test_the_picture_keeps_every_peak_however_many_reads_there_are() -> None:
    points = [Point(second / 10, 5, 2, 3) for second in range(5_000)]
    points[3_210] = Point(321.0, 40, 2, 38)
    drawing = draw_inventory(points, [Mark(321.0, "L1-00000000", "L1", "<title>", "fail")])
    assert "between 5 and 40" in drawing
    assert len(drawing) < 60_000
    assert "&lt;title&gt;" in drawing


@pytest.mark.parametrize("numbers", [(0, 0, 0), (-5, 3, -8), (10**30, 1, 10**30), (None, 4, None)])
def test_the_picture_holds_any_number_that_a_target_may_say(numbers: tuple[Any, Any, Any]) -> None:
    drawing = draw_inventory([Point(0, *numbers), Point(1, *numbers)])
    assert drawing.startswith("<svg")
    assert "nan" not in drawing


def test_the_page_of_a_big_run_stays_small() -> None:
    tape = Tape()
    for number in range(5_000):
        tape.inventory(number % 40, number % 30)
        tape.subscriber(f"a{number}@acme.example")
        tape.delete(f"a{number}@acme.example")
        tape.order("increment", 1)
    statement, judgement, _ = made_up_statement()
    judgement.cases.clear()
    for number in range(50):
        calls = tape.taken[number * 100 : number * 100 + 8]
        finding = Finding("L5", f"Fault {number}", "x", "y", (calls[-1].seq,))
        judgement.cases[finding.id] = Case(finding, tuple(calls))
    statement = build_statement(judgement, made_up_facts(), REGISTRY)
    text = render_page(statement, judgement, BINDING, tape.taken)
    assert text.count("<article") == 50
    assert len(text.encode()) < 1_000_000


def test_nothing_is_drawn_of_a_run_without_reads() -> None:
    assert draw_inventory([]) == ""
    assert draw_inventory([Point(0, 1, 1, 0)]) == ""


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed")
@pytest.mark.parametrize("width", [400, 1200])
def test_a_browser_shows_the_page_without_running_anything_in_it(tmp_path: Path, width: int) -> None:
    statement, judgement, exchanges = made_up_statement()
    write_page(tmp_path / "index.html", statement, judgement, BINDING, exchanges)
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'user'}",
        f"--window-size={width},900", f"--screenshot={tmp_path / 'page.png'}", "--dump-dom",
        (tmp_path / "index.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (tmp_path / "page.png").stat().st_size > 20_000
    assert "Deleting a subscriber twice frees two products" in done.stdout
    assert "<script" not in done.stdout


def test_made_up_points_are_a_legal_inventory() -> None:
    assert all(total - used == available >= 0 for _, total, used, available in made_up_points())


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_stands_out_from_what_it_stands_on_in_light_dark_and_print() -> None:
    css = files("kandykit.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    palettes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]+)", block)) for block in re.findall(r":root \{([^}]*)\}", css)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        grounds = {name for name in palette if name in ("paper", "card", "wash")}
        for name in palette.keys() - grounds - {"rule"}:
            if name.endswith("-wash"):
                continue
            for ground in (*sorted(grounds), f"{name}-wash"):
                if ground in palette:
                    light, dark = sorted((luminance(palette[name]), luminance(palette[ground])), reverse=True)
                    assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{name} on {ground}"


def test_a_letter_says_what_came_before_its_calls_where_they_alone_may_not_show_it() -> None:
    statement, judgement, exchanges = made_up_statement()
    assert "These calls alone may not show it" not in render_page(statement, judgement, BINDING, exchanges)
    case = next(iter(judgement.cases.values()))
    case.history = {0: "@acme.example +4 -4 c1"}
    text = render_page(statement, judgement, BINDING, exchanges)
    assert "they came after 2 orders and 1 creation, which" in text
