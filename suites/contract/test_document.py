"""Requests generated from the OpenAPI document, allowed and forbidden: every rule and law judges what comes back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from kandykit.calls import Operation
from kandykit.run import Run

if TYPE_CHECKING:
    from kandykit.explore.generate.programmes import Programmes

OPERATIONS = [
    Operation.READ_INVENTORY,
    Operation.READ_ORDERS,
    Operation.PLACE_ORDER,
    Operation.CREATE_SUBSCRIBER,
    Operation.DELETE_SUBSCRIBER,
]


def _play(run: Run, generated: Programmes, operation: Operation, phase: str) -> None:
    from kandykit.explore.generate.cases import Phase

    if not generated.documented(operation):
        pytest.skip(f"the document has no operation that the binding takes for {operation}")
    if run.options.read_only and operation not in (Operation.READ_INVENTORY, Operation.READ_ORDERS):
        pytest.skip("this run only reads")
    played = generated.play(operation, Phase(phase), run.depth.random, partial(run.examine, sparing=True), run.ended)
    if not played and not run.ended():
        pytest.skip(f"the document gives no such requests for {operation}")


@pytest.mark.requirements("R1", "R2", "L1", "L2", "L5", "L6", "L8", "L13")
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_examples_of_the_document_hold(run: Run, generated: Programmes, operation: Operation) -> None:
    """What the document shows as an example works, with our own identities and quantities in it."""
    _play(run, generated, operation, "examples")


@pytest.mark.requirements("R1", "R2", "R3", "L4", "H1", "H2", "L13")
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_each_constraint_is_kept_and_broken(run: Run, generated: Programmes, operation: Operation) -> None:
    """Each constraint of each schema at its bounds and beyond them, one at a time, and methods that a path has not."""
    _play(run, generated, operation, "coverage")


@pytest.mark.requirements("R1", "R2", "L1", "L2", "L5", "L6", "L8", "L10", "L13")
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_what_the_document_allows_is_answered_as_it_says(run: Run, generated: Programmes, operation: Operation) -> None:
    """Drawn at random from all that the schemas allow."""
    _play(run, generated, operation, "allowed")


@pytest.mark.requirements("R1", "R2", "R3", "L4", "L13")
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_what_the_document_forbids_is_refused(run: Run, generated: Programmes, operation: Operation) -> None:
    """Drawn at random from what the schemas forbid."""
    _play(run, generated, operation, "forbidden")
