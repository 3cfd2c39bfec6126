"""The contract suite on a correct mock, on defective ones, on other legal ones, and with other documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kandykit.explore.steps import Raw
from kandykit.journal import read_journal
from kandykit.mock import catalogue
from kandykit.run import Run
from tests.contract.target import failed, play_all, run_against, warned
from tests.contract.vendor import swagger, vendors_own

FAULTS = {
    "quantity-zero-accepted": "R3",
    "order-without-product-accepted": "R3",
    "unknown-member-of-order-ignored": "R3",
    "subscriber-of-unknown-product-accepted": "R3",
    "broken-json-crashes": "R3",
    "refused-unknown-member-acts": "L4",
    "deletion-answered-204": "R1",
    "malformed-answered-422": "R1",
    "hsts-missing": "R2",
    "quota-headers-missing-on-creates": "R2",
    "sunset-missing-on-inventory": "R2",
    "delete-returns-nothing": "L10",
    "create-consumes-two": "L2",
    "increment-adds-one": "L1",
}
"""Defects that generated requests must show, and the requirement that has to be named for each."""


def outline(run: Run) -> list[tuple[str, str, str]]:
    """Every call of a run in order, without what differs from run to run."""
    kept = []
    for exchange in read_journal(run.folder / "journal.jsonl").exchanges:
        request = exchange.request
        words = [request.method, request.url.partition("/communication")[2], request.body]
        text = "\n".join(words).replace(run.mark, "MARK")
        # Secrets are fresh in each run, and so are the identities that the mock chooses.
        text = re.sub(r"\{\{\w+:\w+\}\}|\bu[0-9a-f]{12}\b", "FRESH", text)
        kept.append((text, str(exchange.answer and exchange.answer.status), exchange.intent.probe))
    return kept


def test_a_correct_mock_shows_nothing(tmp_path: Path) -> None:
    with run_against(tmp_path) as run:
        play_all(run)
    assert not run.docket.cases
    assert not run.docket.doubts
    assert run.residue == []
    for requirement in ("R1", "R2", "R3", "L1", "L2", "L4", "L8", "L10", "L13", "H1", "H2", "K1", "S1"):
        assert run.judge.checked[requirement], requirement


def test_operations_by_id_are_reached_with_success(tmp_path: Path) -> None:
    with run_against(tmp_path) as run:
        play_all(run)
    exchanges = read_journal(run.folder / "journal.jsonl").exchanges
    done = [exchange.request for exchange in exchanges if exchange.answer and exchange.answer.status < 300]
    assert sum(request.method == "DELETE" for request in done) > 10
    assert any(request.method == "GET" and "order_number=" in request.url for request in done)


def test_the_same_seed_makes_the_same_calls(tmp_path: Path) -> None:
    outlines = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with run_against(tmp_path / name) as run:
            play_all(run)
        outlines.append(outline(run))
    assert outlines[0] == outlines[1]


@pytest.mark.parametrize("settings", [{"fulfil_after": 0.02}, {"limit": 20}, {"initial_total": 7}], ids=str)
def test_legal_settings_show_nothing(tmp_path: Path, settings: dict[str, Any]) -> None:
    with run_against(tmp_path, **settings) as run:
        play_all(run, 3)
    assert not run.docket.cases


@pytest.mark.parametrize(
    "legal",
    [
        "state-refused-with-403",
        "state-refused-with-400",
        "extra-members-everywhere",
        "order-answered-200",
        "deletion-answered-202",
        "any-deletion-succeeds",
        "unknown-order-is-an-empty-list",
        "json-under-any-content-type",
        "null-identity-is-none",
        "whole-number-with-a-point",
        "options-answered-200",
        "server-chooses-and-refuses-a-wish",
        "caller-must-choose",
    ],
)
def test_legal_oddities_show_nothing(tmp_path: Path, legal: str) -> None:
    with run_against(tmp_path, legals=(legal,)) as run:
        play_all(run, 3)
    assert not failed(run)


@pytest.mark.slow
@pytest.mark.parametrize("legal", [entry.name for entry in catalogue.legals() if "two-seconds" not in entry.name])
def test_no_legal_oddity_fails(tmp_path: Path, legal: str) -> None:
    """All of them; where orders take seconds the walk is the same and only takes minutes."""
    readings = next(entry.readings for entry in catalogue.legals() if entry.name == legal)
    lines = [f"{name} = {_toml(value)}" for name, value in readings.items()]
    with run_against(tmp_path, legals=(legal,), readings="\n".join(lines)) as run:
        play_all(run)
    assert not failed(run)


@pytest.mark.parametrize(("fault", "requirement"), FAULTS.items())
def test_a_defect_is_found_under_its_requirement(tmp_path: Path, fault: str, requirement: str) -> None:
    with run_against(tmp_path, (fault,)) as run:
        play_all(run, 3)
    assert requirement in failed(run)


@pytest.mark.parametrize(("fault", "requirement"), [("wrong-method-without-allow", "H2"), ("sunset-in-words", "S4")])
def test_a_should_only_warns(tmp_path: Path, fault: str, requirement: str) -> None:
    with run_against(tmp_path, (fault,)) as run:
        play_all(run, 3)
    assert requirement in warned(run)
    assert requirement not in failed(run)


def test_a_finding_that_needs_state_is_cut_down_to_its_request(tmp_path: Path) -> None:
    """So that it can be replayed: what is left is the request that did it, and the look that shows it."""
    with run_against(tmp_path, ("refused-unknown-member-acts",)) as run:
        play_all(run, 0)
    case = next(case for case in run.docket.cases.values() if case.finding.requirement == "L4")
    names = [step["step"] for step in case.programme]
    assert names.count(Raw.__name__) == 1
    assert len(names) <= 5


# -- other documents -------------------------------------------------------------------------------------------------


def test_a_vendors_document_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    document = vendors_own(tmp_path / "vendor.json")
    with run_against(tmp_path, document=document) as run:
        generated = play_all(run)
    assert not failed(run)
    assert {operation.template for operation in generated.elsewhere()} == {"/health"}
    exchanges = read_journal(run.folder / "journal.jsonl").exchanges
    assert not any("/health" in exchange.request.url for exchange in exchanges)
    assert any(
        exchange.request.method == "DELETE" and exchange.answer.status == 200
        for exchange in exchanges
        if exchange.answer
    )
    # His own member is none of the contract's, so nothing that was to succeed carries it.
    assert not any("cost_centre" in exchange.request.body for exchange in exchanges if not exchange.intent.probe)


def test_a_vendors_document_finds_defects_too(tmp_path: Path) -> None:
    document = vendors_own(tmp_path / "vendor.json")
    with run_against(tmp_path, ("delete-returns-nothing",), document=document) as run:
        play_all(run, 5)
    assert "L10" in failed(run)


def test_swagger_works_as_well(tmp_path: Path) -> None:
    document = swagger(tmp_path / "swagger.json")
    with run_against(tmp_path, document=document) as run:
        generated = play_all(run)
    assert run.document.version == "2.0"
    assert not generated.unusable
    assert not failed(run)
    assert run.judge.checked["R3"]
    assert run.judge.checked["L10"]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
