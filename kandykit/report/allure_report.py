"""The built Allure report: one file, made by the pinned Allure 3, that calls nobody.

Allure's HTML loads Google Analytics and has no switch for it. The script is taken out here, its absence is asserted,
and a content policy forbids every connection besides, so that a template that changes one day is noticed and cannot
call either. Node is a luxury: without it, or without the install, everything else a run leaves is still made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kandykit.report.allure import allure_config

NODE_OLDEST: Final = (20, 19)
"""What Allure 3 asks for."""
BUILD_S: Final = 300

_ANALYTICS: Final = re.compile(
    r'<script async src="https://www\.googletagmanager\.com/[^"]*"></script>\s*<script>\s*window\.dataLayer.*?</script>',
    re.DOTALL,
)
_POLICY: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "connect-src data: blob:; form-action 'none'\">"
)
_OUTSIDE: Final = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="https?://', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """What became of the report: its file, or why there is none; ``shown`` counts the results in it."""

    report: Path | None
    reason: str = ""
    shown: int = 0

    @property
    def built(self) -> bool:
        """Whether there is a report."""
        return self.report is not None


def build_report(
    results: Path, out: Path, statement: Mapping[str, Any], *, install: Path | None = None
) -> BuildOutcome:
    """Build ``out/index.html`` from raw results; nothing is installed or fetched, and a failure is said, not raised.

    ``install`` is the folder with ``package-lock.json`` and ``node_modules``; absent, `allure_install` finds it.
    """
    node = shutil.which("node")
    if node is None:
        return BuildOutcome(None, "Node is not installed; allure-results can be built elsewhere")
    if (version := _node_version(node)) < NODE_OLDEST:
        return BuildOutcome(None, f"Node {'.'.join(map(str, version))} is too old, Allure 3 needs 20.19 or newer")
    folder = install or allure_install()
    command = folder / "node_modules" / "allure" / "cli.js" if folder else None
    if folder is None or command is None or not command.is_file():
        place = folder or "tools/report"
        return BuildOutcome(None, f"Allure is not installed; run: npm ci --ignore-scripts --prefix {place}")
    with tempfile.TemporaryDirectory() as home:
        made = Path(home) / "report"
        config = Path(home) / "allurerc.json"
        config.write_text(json.dumps(allure_config(statement, made)), encoding="utf-8")
        arguments = [node, str(command), "generate", "--config", str(config), "--cwd", home, str(results.resolve())]
        try:
            # A home of its own: Allure writes logs there, and would read a user's settings.
            done = subprocess.run(
                arguments,
                env=_environment(home),
                cwd=home,
                capture_output=True,
                text=True,
                timeout=BUILD_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return BuildOutcome(None, f"Allure did not end within {BUILD_S} s")
        page = made / "index.html"
        if done.returncode != 0 or not page.is_file():
            return BuildOutcome(None, f"Allure failed ({done.returncode}): {_last_line(done.stderr or done.stdout)}")
        try:
            html = without_analytics(page.read_text(encoding="utf-8"))
        except ValueError as error:
            return BuildOutcome(None, str(error))
        shown = _shown(made)
        out.mkdir(parents=True, exist_ok=True)
        (out / "index.html").write_text(html, encoding="utf-8")
    return BuildOutcome(out / "index.html", "", shown)


def allure_install() -> Path | None:
    """The folder that pins Allure: ``$KANDYKIT_ALLURE``, the source tree's ``tools/report``, or the wheel's own."""
    package = Path(__file__).resolve().parent.parent
    named = os.environ.get("KANDYKIT_ALLURE")
    candidates = [Path(named)] if named else []
    candidates += [package.parent / "tools" / "report", package / "_carried" / "report"]
    return next((folder for folder in candidates if (folder / "package-lock.json").is_file()), None)


def without_analytics(html: str) -> str:
    """The page without its analytics and with a policy that forbids calls; raises `ValueError` if any is left."""
    html = _ANALYTICS.sub("", html)
    if "googletagmanager" in html or "google-analytics" in html:
        raise ValueError("the Allure report still holds analytics: its template has changed, so it was not kept")
    if match := _OUTSIDE.search(html):
        raise ValueError(f"the Allure report loads something from outside, so it was not kept: {match.group()[:80]}")
    head, found, rest = html.partition("<head>")
    if not found:
        raise ValueError("the Allure report has no head to put a content policy into, so it was not kept")
    return f"{head}<head>{_POLICY}{rest}"


def _environment(home: str) -> dict[str, str]:
    """As little as Node needs: on a CI machine Allure would read its variables and link to its pages."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": home, "USERPROFILE": home, "ALLURE_NO_ANALYTICS": "true", "NO_COLOR": "1"}


def _node_version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    numbers = re.findall(r"\d+", said)[:2]
    return tuple(int(number) for number in numbers)


def _shown(made: Path) -> int:
    """How many results Allure itself counts in what it built; -1 where it does not say."""
    try:
        summary = json.loads((made / "summary.json").read_text(encoding="utf-8"))
        return int(summary["stats"]["total"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
