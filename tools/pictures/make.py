"""The pictures of the README, taken anew: ``.venv/bin/python tools/pictures/make.py`` (chromium, node and npm needed).

A mock with six faults is judged at depth quick, so that every picture shows a real run; they lie in docs/pictures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

HERE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(HERE), str(HERE / "tests" / "report")]

from chromium import Chromium, chromium  # noqa: E402

from kandykit.embedded import EmbeddedMock  # noqa: E402
from kandykit.report.terminal import print_statement  # noqa: E402

OUT = HERE / "docs" / "pictures"
FAULTS = (
    "oversell-by-one",
    "order-date-moves",
    "wrong-method-without-allow",
    "password-in-the-answer-to-a-deletion",
    "foreign-order-can-be-read",
    "broken-json-crashes",
)
LETTER = "L5"
"""The requirement whose letter is shown."""


def main() -> None:
    """Make a run and take its pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = made(folder)
        terminal(run)
        with chromium(folder) as browser:
            pages(browser, run)
    for path in OUT.glob("*.png"):
        print(f"{path.relative_to(HERE)}: {path.stat().st_size // 1024} kB")


def made(folder: Path) -> Path:
    """A run against the faulty mock: its folder."""
    mock = EmbeddedMock([part for fault in FAULTS for part in ("--fault", fault)] + ["--limit", "20"])
    profile = folder / "profile.toml"
    mock.write_profile(profile, {"limit": 20})
    profile.write_text(profile.read_text().replace("embedded mock", "a mock with six faults"), encoding="utf-8")
    command = [sys.executable, "-m", "kandykit", "run", "--profile", str(profile), "--depth", "quick"]
    try:
        done = subprocess.run([*command, "--out", str(folder / "reports")], cwd=HERE, env=os.environ, check=False)
    finally:
        mock.stop()
    if done.returncode != 1:
        sys.exit(f"the run ended with {done.returncode}, and the mock is faulty")
    return (folder / "reports" / "latest").resolve()


def terminal(run: Path) -> None:
    """What the terminal shows, as a drawing that stays sharp."""
    statement = json.loads((run / "statement.json").read_text(encoding="utf-8"))
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=88, force_terminal=True, highlight=False, file=nowhere)
        console.print("$ kandykit run --profile staging.toml --depth quick", style="bold")
        print_statement(statement, run, console)
    text = console.export_svg(title="kandykit", theme=DEFAULT_TERMINAL_THEME)
    (OUT / "terminal.svg").write_text(text.replace(f"{run}/", "reports/latest/"), encoding="utf-8")


def pages(browser: Chromium, run: Path) -> None:
    """The page, one letter of it, what its run looked like, and the Allure report."""
    statement = json.loads((run / "statement.json").read_text(encoding="utf-8"))
    browser.open(run / "index.html", width=1120)
    browser.picture(OUT / "page.png", clip={"x": 0, "y": 0, "width": 1120, "height": 1480})
    row = next(row for row in statement["requirements"] if row["id"] == LETTER)
    taken(browser, OUT / "letter.png", f"document.getElementById('{row['findings'][0]['id']}')")
    taken(browser, OUT / "inventory.png", "document.querySelector('svg.inventory').closest('figure')")
    report = run / "allure-report" / "index.html"
    if report.exists():
        browser.open(report, width=1120)
        browser.value("new Promise(done => setTimeout(done, 3000))")
        browser.value("document.querySelectorAll('*').forEach(each => { each.scrollTop = 0; })")
        browser.picture(OUT / "allure.png")


def taken(browser: Chromium, path: Path, element: str) -> None:
    """A picture of one element."""
    box = browser.value(
        f"(() => {{ const b = {element}.getBoundingClientRect();"
        " return {x: b.x + scrollX - 12, y: b.y + scrollY - 12, width: b.width + 24, height: b.height + 24}; })()"
    )
    browser.picture(path, clip=box)


if __name__ == "__main__":
    main()
