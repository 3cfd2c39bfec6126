"""The registry has every row that the contract fixes, and each row says all that a report needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kandykit import requirements
from kandykit.errors import KitError
from kandykit.requirements import AREAS, read_registry, registry, specs_folder
from kandykit.verdict import Level

FAMILIES = {"L": 15, "R": 7, "T": 10, "B": 6, "H": 20, "S": 4, "C": 6, "P": 1, "K": 2}
IDS = [f"{letter}{number}" for letter, count in FAMILIES.items() for number in range(1, count + 1)]
SHOULD = {"T3", "T4", "T5", "T6", "T7", "T10", "B2", "B3", "B5", "S4", "C3"} | {
    "H1", "H2", "H4", "H5", "H7", "H11", "H12", "H13", "H16", "H18", "H20",
}  # fmt: skip
INFO = {"T8", "H8", "S3"}
GOOD = 'level = "must"\ntitle = "t"\nsentence = "s."\nsource = "x"\narea = "orders"\n'


def test_every_requirement_is_there_in_the_order_of_the_reports() -> None:
    assert list(registry()) == IDS


@pytest.mark.parametrize("name", IDS)
def test_each_row_says_what_a_report_needs(name: str) -> None:
    row = registry()[name]
    assert row.id == name
    assert row.area in AREAS
    assert 0 < len(row.title) <= 60
    assert not row.title.endswith(".")
    assert row.sentence.endswith(".")
    assert row.sentence.count(". ") == 0, "one sentence"
    assert row.sentence != row.title
    assert re.search(r"\d|Kandy WebRTC API, |Fetch, ", row.source), "a section or a clause"


@pytest.mark.parametrize("name", IDS)
def test_levels_are_those_of_the_contract(name: str) -> None:
    expected = Level.SHOULD if name in SHOULD else Level.INFO if name in INFO else Level.MUST
    assert registry()[name].level is expected


def test_twins_point_to_the_requirement_that_is_judged() -> None:
    assert {row.id: row.twin for row in registry().values() if row.twin} == {
        "B6": "L4", "H9": "L13", "H10": "L10", "H16": "R3",
    }  # fmt: skip


def test_only_what_no_call_can_show_has_a_reason() -> None:
    assert {row.id for row in registry().values() if row.reason} == {"L14", "L15", "T9", "H15", "B4"}


def test_no_sentence_is_said_twice() -> None:
    sentences = [row.sentence for row in registry().values()]
    assert len(set(sentences)) == len(sentences)


def test_the_registry_is_read_once_and_cannot_be_changed() -> None:
    assert registry() is registry()
    with pytest.raises(TypeError):
        registry()["L1"] = registry()["L2"]  # type: ignore[index]


def test_the_folder_of_a_source_tree_is_found() -> None:
    assert (specs_folder() / "kandy-provisioning.openapi.yaml").is_file()


def test_the_folder_of_a_wheel_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried = tmp_path / "site-packages" / "kandykit" / "_carried" / "specs"
    carried.mkdir(parents=True)
    (carried / "requirements.toml").write_text("")
    foreign = tmp_path / "site-packages" / "specs"
    foreign.mkdir()
    monkeypatch.setattr(requirements, "__file__", str(carried.parents[1] / "requirements.py"))
    assert specs_folder() == carried


def test_a_missing_folder_is_the_kits_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "__file__", str(tmp_path / "kandykit" / "requirements.py"))
    with pytest.raises(KitError, match="install kandykit again"):
        specs_folder()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[L1\n", "cannot be read"),
        ("L1 = 3\n", "L1: not a table"),
        ("[L1]\n" + GOOD + 'colour = "red"\n', "L1: unknown key 'colour'"),
        ("[L1]\n" + GOOD.replace('"t"', '" "'), "L1: title must be text"),
        ("[L1]\n" + GOOD.replace('title = "t"\n', ""), "L1: title is missing"),
        ("[L1]\n" + GOOD.replace("must", "may"), "L1: level must be one of must, should, info"),
        ("[L1]\n" + GOOD.replace("orders", "money"), "L1: area must be one of inventory"),
        ("[L1]\n" + GOOD + 'twin = "L99"\n', "L1: twin 'L99' is no requirement"),
    ],
)
def test_a_row_that_says_too_little_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "requirements.toml"
    file.write_text(text)
    with pytest.raises(KitError) as caught:
        read_registry(file)
    assert complaint in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KitError, match=r"nowhere\.toml"):
        read_registry(tmp_path / "nowhere.toml")
