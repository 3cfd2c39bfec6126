"""Whole runs on every stranger: the correct one is left alone, and faults are found by name as on the default wire.

`kandykit faults --dialect NAME` proves any part of the catalogue on a stranger; here are two faults of each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kandykit.depth import DEPTHS
from kandykit.mock.dialects import STRANGERS
from kandykit.proof import entries, prove
from tests.run.conftest import Outcome, kandykit, mock_profile  # noqa: F401  # fixtures

pytestmark = pytest.mark.slow

UNTRIED = {"L14", "L15", "T8", "T9", "B4", "H5", "H6", "H7", "H15", "H17", "H18", "S3", "P1", "L7"}
"""What a run against the mock gives no occasion for; L7 where a target never shows its total."""

FAULTS = [
    ("camel", "oversell-by-one"),
    ("camel", "deletion-without-token"),
    ("signed", "decrement-below-use-by-one"),
    ("signed", "delete-returns-nothing"),
    ("nested", "list-hides-decrements"),
    ("nested", "broken-json-crashes"),
    ("single", "increment-adds-one"),
    ("single", "ledger-forgets-all-but-ten"),
    ("swagger", "password-in-the-answer-to-a-deletion"),
    ("swagger", "refused-decrement-takes-what-is-free"),
]


@pytest.mark.parametrize("name", STRANGERS)
def test_a_correct_stranger_is_left_alone(name: str, kandykit, mock_profile) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    """And nearly all is put to the test, as on the default wire."""
    profile: Path = mock_profile("--limit", "20", dialect=name, readings={"limit": 20})
    done: Outcome = kandykit("run", "--depth", "quick", "--profile", str(profile))
    assert done.status == 0, done.out + done.err
    assert done.named("fail", "inconclusive") == set()
    assert done.named("skipped") <= UNTRIED
    assert done.statement["residue"] == []


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_fault_is_found_on_a_stranger(name: str, fault: str, tmp_path: Path) -> None:
    """By the requirement that it breaks."""
    [result] = prove(
        entries([fault]), seeds=[0], depth=None, jobs=1, until_fail=True, out=tmp_path, told=print, dialect=name
    )
    assert result.right, result
    assert result.where
    assert result.depth in DEPTHS
