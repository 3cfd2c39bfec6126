"""The proof's own books: who is tried when, what is kept of an earlier proof, and what the table says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kandykit.errors import UsageError
from kandykit.proof import Entry, Result, entries, sample
from kandykit.proving import _kept, part_of
from kandykit.report.matrix import matrix_words

FAULT, OTHER = entries(["oversell-by-one", "increment-adds-one"])
LEGAL = entries(legals=["orders-take-a-moment"])[0]


def result(entry: Entry, *failed: str, right: bool = True) -> Result:
    return Result(
        entry,
        seed=0,
        depth="quick",
        right=right,
        verdict="not_conformant" if failed else "conformant",
        exit=1 if failed else 0,
        failed=failed,
        warned=(),
        suites=("workflow",),
        calls=300,
        calls_to_detection=12,
        shortest=4,
        seconds=3.0,
        findings=tuple(f"{name}-0a" for name in failed),
    )


def test_parts_together_are_all_and_no_entry_is_in_two() -> None:
    every = entries()
    parts = [part_of(every, f"{number}/4") for number in (1, 2, 3, 4)]
    assert sorted(entry.name for part in parts for entry in part) == sorted(entry.name for entry in every)


@pytest.mark.parametrize("part", ["0/4", "5/4", "2", "a/b", "1/0"])
def test_a_part_that_is_none_is_refused(part: str) -> None:
    with pytest.raises(UsageError, match="--part"):
        part_of(entries(), part)


def test_samples_of_enough_turns_see_every_entry() -> None:
    every = entries()
    turns = -(-len(every) // 60)
    seen = {id(entry) for turn in range(turns) for entry in sample(every, 60, turn)}
    assert len(seen) == len(every)


def test_an_earlier_proof_keeps_what_was_right_and_nothing_else(tmp_path: Path) -> None:
    rows = [result(FAULT, "L5").to_json(), result(OTHER, right=False).to_json(), result(LEGAL).to_json()]
    (tmp_path / "matrix.json").write_text(json.dumps(rows), encoding="utf-8")
    assert _kept(tmp_path, entries()) == [result(FAULT, "L5"), result(LEGAL)]


def test_a_matrix_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "matrix.json").write_text('[{"entry": 3}]', encoding="utf-8")
    with pytest.raises(UsageError, match="no matrix"):
        _kept(tmp_path, entries())


def test_the_table_counts_marks_and_names_equal_kill_vectors() -> None:
    missed = replace(result(OTHER, right=False), suites=())
    told = matrix_words([result(FAULT, "L5"), missed, result(LEGAL, "L1", right=False)])
    assert "1 of 2 faults were caught by the right name, 1 of 1 correct servers were accused." in told
    assert "| oversell-by-one | business | L5 L3 | L5 | workflow | 12 | 4 | quick |" in told
    assert "increment-adds-one ✗" in told
    assert "alike" not in told
    assert "- alike: oversell-by-one, increment-adds-one" in matrix_words([result(FAULT, "L5"), result(OTHER, "L5")])
    elsewhere = replace(result(OTHER, "L5"), where=("workflow/test_orders.py::test_another",))
    assert "alike" not in matrix_words([result(FAULT, "L5"), elsewhere])
    by_another_rule = replace(result(OTHER, "L5"), failed=("L5", "L4"))
    assert "alike" not in matrix_words([result(FAULT, "L5"), by_another_rule])


def test_a_correct_server_may_be_left_open_but_neither_accused_nor_named_as_something_else() -> None:
    undecided = replace(result(LEGAL, right=False), verdict="inconclusive", exit=3)
    assert undecided.left_open
    assert not undecided.accuses
    assert not replace(undecided, failed=("L1",)).left_open
    assert not replace(undecided, verdict="not_conformant").left_open
    assert not replace(undecided, entry=FAULT).left_open
