"""The page in a real browser: quiet, legible in light, dark and print, and of use to people who see or point badly."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import AXE, Chromium, chromium
from made_up_run import BASE, made_up_nights, made_up_statement

from kandykit.binding import Binding
from kandykit.report.page import write_page

BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("chromium")) as made:
        yield made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    statement, judgement, exchanges = made_up_statement()
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(path, statement, judgement, BINDING, exchanges, made_up_nights())
    return path, statement


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1200])
def test_it_asks_for_nothing_and_complains_of_nothing(
    browser: Chromium, page: tuple[Path, dict[str, Any]], width: int, dark: bool
) -> None:
    browser.asked.clear()
    browser.logged.clear()
    browser.open(page[0], width=width, dark=dark)
    assert browser.asked == [page[0].as_uri()]
    assert browser.logged == []
    assert browser.value("document.querySelectorAll('script').length") == 0
    # Nothing but what may be scrolled by itself is wider than the window.
    assert browser.value("document.documentElement.scrollWidth") <= width
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", ground)[:3]))
    assert brightness < 200 if dark else brightness > 600


@pytest.mark.skipif(not AXE.is_file(), reason="needs npm ci in tests/browser")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_grave(browser: Chromium, page: tuple[Path, dict[str, Any]], width: int, dark: bool) -> None:
    browser.open(page[0], width=width, dark=dark)
    found = browser.violations()
    assert [each for each in found if each[0] in ("serious", "critical")] == []
    assert [each for each in found if each[0] == "moderate"] == []


def test_it_can_be_read_with_the_keyboard_alone(browser: Chromium, page: tuple[Path, dict[str, Any]]) -> None:
    browser.open(page[0])
    browser.key("Tab", 9)
    assert browser.value("document.activeElement.className") == "skip"
    assert browser.value("document.activeElement.getBoundingClientRect().left") >= 0
    seen = set()
    for _ in range(400):
        browser.key("Tab", 9)
        place = browser.value("document.activeElement.getAttribute('href') || document.activeElement.ariaLabel || ''")
        if place in seen and place == "#findings":
            break
        seen.add(place)
        outline = browser.value("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or document_itself(browser), place
    for name in ("#findings", "#not-tested", "#requirements", "#limits"):
        assert name in seen
    for row in page[1]["requirements"]:
        for found in row["findings"]:
            assert f"#{found['id']}" in seen


def document_itself(browser: Chromium) -> bool:
    """Whether the focus has left the page for the browser's own frame."""
    return bool(browser.value("document.activeElement === document.body"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_it_is_whole_on_paper(browser: Chromium, page: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    browser.open(page[0], dark=True)
    browser.printed(tmp_path / "page.pdf")
    done = subprocess.run(
        ["pdftotext", "-raw", str(tmp_path / "page.pdf"), "-"], capture_output=True, text=True, check=True
    )
    text = re.sub(r"\s+", "", done.stdout)
    for row in page[1]["requirements"]:
        assert re.sub(r"\s+", "", row["title"]) in text
        assert re.sub(r"\s+", "", row["sentence"]) in text
        if row["reason"]:
            assert re.sub(r"\s+", "", row["reason"])[1:] in text
        for found in row["findings"]:
            for part in ("id", "title", "expected"):
                assert re.sub(r"\s+", "", found[part]) in text
    for name in ("contract", "name", "version"):
        assert page[1]["kit"][name] in text
    assert page[1]["target"]["profile"] in text
    assert "neverthatnoneare" in text
