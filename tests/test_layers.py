"""Who may import whom: judging stays pure, the mock stays a stranger, and the kit never leans on its suites."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KIT = ROOT / "kandykit"

NETWORK = {
    "httpx",
    "httpcore",
    "requests",
    "socket",
    "ssl",
    "asyncio",
    "http",
    "urllib3",
    "aiohttp",
    "starlette",
    "uvicorn",
    "anyio",
}
"""Modules by which something could leave; judging must not have them."""

CLOCKS = {"time", "random", "secrets", "threading", "subprocess", "os"}
"""Modules by which a judgement could differ from one time to the next."""

PURE = (
    "model",
    "linearize",
    "rules",
    "hearing",
    "judge",
    "verdict",
    "calls",
    "exchange",
    "front",
    "terms",
    "judgement",
    "binding",
    "wire",
    "outline",
    "standing",
)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, but not for type checking only."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            yield node.module or ""


def files(*parts: str) -> list[Path]:
    """The Python files of modules or packages of the kit."""
    found: list[Path] = []
    for part in parts:
        found += sorted((KIT / part).rglob("*.py")) if (KIT / part).is_dir() else list(KIT.glob(f"{part}.py"))
    return found


def every(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", files(*PURE), ids=name_of)
def test_judging_reaches_nothing_and_asks_no_clock(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imported(path)}
    assert not roots & (NETWORK | CLOCKS)
    outside = {
        "kandykit.client",
        "kandykit.door",
        "kandykit.transport",
        "kandykit.guard",
        "kandykit.oauth",
        "kandykit.journal",
        "kandykit.run",
        "kandykit.mock",
    }
    assert not {module for module in imported(path) if any(module.startswith(name) for name in outside)}


@pytest.mark.parametrize("path", every(KIT / "mock"), ids=name_of)
def test_the_mock_is_a_stranger(path: Path) -> None:
    foreign = {module for module in imported(path) if module.partition(".")[0] == "kandykit"}
    assert all(module == "kandykit.mock" or module.startswith("kandykit.mock.") for module in foreign), foreign


@pytest.mark.parametrize("path", every(KIT), ids=name_of)
def test_the_kit_never_leans_on_its_suites_or_tests(path: Path) -> None:
    assert not {module for module in imported(path) if module.partition(".")[0] in ("suites", "tests", "conftest")}


@pytest.mark.parametrize("path", every(ROOT / "suites"), ids=name_of)
def test_suites_take_from_the_kit_and_reach_nothing_themselves(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imported(path)}
    assert not roots & NETWORK
    assert "tests" not in roots
