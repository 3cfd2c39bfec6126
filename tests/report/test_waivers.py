"""A waivers file is read whole, or refused by file, line and key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kandykit.errors import UsageError
from kandykit.report.waivers import read_waivers

GOOD = """
[[waiver]]
requirement = "H2"
owner = "jo@operator.example"
reason = "the gateway's next release"
ticket = "KANDY-17"
expires = 2027-03-31

[[waiver]]
finding = "L5-0a1b2c3d"
owner = "jo@operator.example"
reason = "agreed in the review"
ticket = "KANDY-18"
expires = 2027-01-31
"""


def test_a_file_gives_its_waivers_in_order(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(GOOD)
    first, second = read_waivers(tmp_path / "w.toml")
    assert (first.requirement, first.expires) == ("H2", date(2027, 3, 31))
    assert second.names == "L5-0a1b2c3d"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('ticket = "KANDY-18"', 'tikcet = "KANDY-18"', 13, "tikcet is unknown"),
        ('ticket = "KANDY-18"', "", 9, "ticket is missing"),
        ("expires = 2027-01-31", 'expires = "2027-01-31"', 14, "without quotes"),
        ("expires = 2027-01-31", "", 9, "expires is no date"),
        ('finding = "L5-0a1b2c3d"', "", 9, "exactly one"),
        ('reason = "agreed in the review"', 'reason = " "', 12, "is no text"),
        ('owner = "jo@operator.example"\nreason = "agreed', 'owner = 3\nreason = "agreed', 11, "is no text"),
        ("\n[[waiver]]\nfinding", "\n[waivers]\nfinding", 9, "waivers is unknown"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    path = tmp_path / "w.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(UsageError, match=words) as refusal:
        read_waivers(path)
    assert f"line {line}:" in str(refusal.value)


def test_a_missing_file_and_one_that_is_no_toml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_waivers(tmp_path / "absent.toml")
    (tmp_path / "w.toml").write_text("= =")
    with pytest.raises(UsageError, match="no TOML"):
        read_waivers(tmp_path / "w.toml")
