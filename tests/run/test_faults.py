"""Ten ways to break the contract: each run exits 1, names the right requirement, and shows it in a few calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.conftest import Outcome

pytestmark = pytest.mark.slow

TEN = [
    ("oversell-by-one", "L5"),
    ("delete-returns-nothing", "L10"),
    ("deletion-answered-204", "R1"),
    ("decrement-below-use-by-one", "L6"),
    ("refused-decrement-takes-what-is-free", "L4"),
    ("ledger-forgets-all-but-ten", "L8"),
    ("foreign-order-can-be-read", "L11"),
    ("any-token-will-do", "R6"),
    ("broken-json-crashes", "R3"),
    ("password-in-the-answer-to-a-deletion", "R5"),
]


@pytest.mark.parametrize(("fault", "requirement"), TEN)
def test_a_fault_is_found_and_named(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path], fault: str, requirement: str
) -> None:
    """By the requirement that it breaks."""
    done = kandykit("run", "--depth", "quick", "--profile", str(mock_profile("--fault", fault)))
    assert done.status == 1, done.out + done.err
    assert requirement in done.named()
    shortest = min(finding["calls"] for finding in done.findings(requirement))
    # A ledger that forgets after ten orders needs those ten orders to show it.
    assert shortest <= (30 if fault == "ledger-forgets-all-but-ten" else 6)
