"""The last lines of a run read the same in a log as on a screen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from made_up_run import made_up_statement
from rich.console import Console

from kandykit.report.statement import findings
from kandykit.report.terminal import print_statement


def printed(tmp_path: Path, **console: object) -> str:
    statement, _, _ = made_up_statement()
    (tmp_path / "index.html").touch()
    out = io.StringIO()
    print_statement(statement, tmp_path, Console(file=out, highlight=False, **console))  # type: ignore[arg-type]
    return out.getvalue()


def test_a_log_has_the_verdict_every_finding_and_the_paths(tmp_path: Path) -> None:
    text = printed(tmp_path)
    assert "not conformant" in text
    assert "L10-1f130a87" in text
    assert "A subscriber is created although nothing is available (also L3; 5 calls)" in " ".join(text.split())
    assert "5 not tested or not decided:" in text
    assert "L15: needs the SDK's own server" in text
    assert str(tmp_path / "index.html") in text
    assert "statement.json" not in text
    assert "\x1b" not in text


def test_no_colour_is_printed_where_none_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in printed(tmp_path, force_terminal=True)


def test_a_hostile_answer_cannot_paint_the_terminal(tmp_path: Path) -> None:
    statement, judgement, _ = made_up_statement()
    statement["target"]["name"] = "[bold]x[/bold] \x1b[2J"
    out = io.StringIO()
    print_statement(statement, tmp_path, Console(file=out, highlight=False))
    assert "[bold]x[/bold] \\x1b[2J" in out.getvalue()
    assert len(judgement.cases) == 7


def test_a_terminal_without_unicode_still_gets_the_verdict(tmp_path: Path) -> None:
    statement, _, _ = made_up_statement()
    octets = io.BytesIO()
    file = io.TextIOWrapper(octets, encoding="ascii")
    print_statement(statement, tmp_path, Console(file=file, highlight=False))
    file.flush()
    assert b"? not conformant" in octets.getvalue()


def test_nothing_is_cut_and_no_line_is_wider_than_the_screen(tmp_path: Path) -> None:
    statement, _, _ = made_up_statement()
    note = " ".join(f"word{number}" for number in range(400))
    statement["readings"]["notes"] = [note, "another note"]
    statement["requirements"][0]["reason"] = ""
    for found in statement["requirements"][0]["findings"] or findings(statement)[:1]:
        found["actual"] = "x" * 500
    out = io.StringIO()
    print_statement(statement, Path("reports"), Console(file=out, highlight=False, width=80))
    assert max(len(line) for line in out.getvalue().splitlines()) <= 80
    assert note in " ".join(out.getvalue().split())
    assert "".join(out.getvalue().split()).count("x" * 500) == 1
    assert "not shown" not in out.getvalue()
