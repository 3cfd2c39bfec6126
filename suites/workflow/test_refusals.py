"""The documented refusals: no stock, below use, over the limit, unknown orders and subscribers."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, DeleteNobody, Fill, ListOrders, Look, LookUp, Step, fewer, more
from kandykit.exposure import ABSURD
from kandykit.run import Run


@pytest.mark.requirements("L5", "L3")
@pytest.mark.parametrize("stock", [0, 1, 2, 3])
def test_without_a_product_there_is_no_subscriber(run: Run, stock: int) -> None:
    """The last product makes a subscriber; the one after it is refused, and changes nothing.

    Its identity neither: with a product free again it can be had.
    """
    steps = [Look()]
    steps += [more(stock)] if stock else []
    run.examine(
        [
            *steps,
            Look(),
            Fill(leave=0),
            Look(),
            Create("too many"),
            Look(),
            Create("too many as well"),
            Look(),
            Create("of the server", form="server"),
            Look(),
            Delete("filler 0"),
            Look(),
            Create("too many", again="too many"),
            Look(),
            Delete("too many"),
            Look(),
            Create("again"),
            Look(),
            Create("too many again"),
            Look(),
            ListOrders(),
            Look(),
        ]
    )


@pytest.mark.requirements("L6", "L4")
@pytest.mark.parametrize("live", [0, 1, 2])
def test_a_decrement_takes_what_is_available_and_no_more(run: Run, live: int) -> None:
    """Equality is legal, one more is refused."""
    create = [step for number in range(live) for step in (Create(f"s{number}"), Look())]
    run.examine(
        [
            Look(),
            more(3 + live),
            Look(),
            Fill(leave=3 + live),
            *create,
            Look(),
            fewer(1, "available", label="one too many"),
            Look(),
            ListOrders(),
            Look(),
            fewer(2, "available", label="two too many"),
            Look(),
            fewer(-1, "available", label="all but one"),
            Look(),
            fewer(0, "available", label="the last"),
            Look(),
            fewer(1, label="one from none"),
            Look(),
            ListOrders(),
            Look(),
        ]
    )


@pytest.mark.requirements("L6")
def test_a_decrement_takes_the_last_product(run: Run) -> None:
    """Down to the very first total again, in one order."""
    run.examine([Look(), more(4), Look(), fewer(4), Look(), more(1), Look(), fewer(1), Look(), ListOrders()])


@pytest.mark.requirements("L6", "L2")
def test_no_live_subscriber_loses_its_product(run: Run) -> None:
    """With every product in use, a decrement of one is refused."""
    run.examine(
        [
            Look(),
            more(2),
            Look(),
            Fill(leave=0),
            Look(),
            fewer(1),
            Look(),
            fewer(2),
            Look(),
            Delete("filler 0"),
            Look(),
            fewer(2),
            Look(),
            fewer(1),
            Look(),
        ]
    )


@pytest.mark.requirements("L6", "L7")
def test_no_number_is_so_large_that_it_becomes_small(run: Run) -> None:
    """An order of one more than 8, 16 or 32 bits hold is not one for a single product."""
    if not run.profile.budget.unbounded_probes or not run.profile.budget.below_use_probes:
        pytest.skip("no budget covers what a faulty target would make of it")
    view, limit = run.judge.account(run.names[0]).last_view, run.judge.terms.limit
    here = (view.total if view is not None else None) or 0
    wrapped = [2**bits + 1 for bits in (8, 16, 32)]
    beyond = [step for number in wrapped if number > here + 2 for step in (fewer(number), Look())]
    run.examine([Look(), more(2), Look(), *beyond, ListOrders(), Look()])
    if limit is not None:
        # What is no order that anybody means is let out as a probe; anything less must fit the budget.
        most = run.profile.budget.peak_products - 1
        sent = [number for number in wrapped if number > limit and (number > ABSURD or number <= most)]
        beyond = [step for number in sent for step in (more(number), Look())]
        run.examine([Look(), more(1), Look(), *beyond, ListOrders(), Look()])


TO_THE_LIMIT: dict[str, list[Step]] = {
    "too many at once": [Look(), more(1, "room"), Look(), ListOrders(), Look()],
    "all at once": [
        Look(),
        more(0, "room"),
        Look(),
        more(1),
        Look(),
        fewer(1),
        Look(),
        more(2),
        Look(),
        more(1),
        Look(),
    ],
    "all but one": [Look(), more(-1, "room"), Look(), more(2), Look(), more(1), Look(), more(1), Look(), ListOrders()],
    # What was just refused can be given back, by the same quantity and at once.
    "given back": [Look(), more(-1, "room"), Look(), more(2), fewer(2), Look(), more(3), fewer(1), Look()],
}


@pytest.mark.requirements("L7")
@pytest.mark.parametrize("steps", TO_THE_LIMIT.values(), ids=TO_THE_LIMIT)
def test_an_increment_goes_up_to_the_limit_and_no_further(run: Run, steps: list[Step]) -> None:
    """Exactly to the agreed limit is legal, one beyond is refused."""
    limit = run.judge.terms.limit
    if limit is None:
        run.not_tested("L7", "the agreed limit is not known; declare readings.limit to have it tested")
        pytest.skip("the limit is not known")
    run.examine(steps)


@pytest.mark.requirements("L10", "L4")
def test_an_unknown_subscriber_frees_nothing(run: Run) -> None:
    """Neither one that never was nor one that is gone."""
    run.examine(
        [
            Look(),
            more(2),
            Look(),
            DeleteNobody(),
            Look(),
            Create("a"),
            Look(),
            DeleteNobody(),
            Look(),
            Delete("a"),
            Look(),
            Delete("a"),
            Look(),
            Delete("a"),
            Look(),
            DeleteNobody(),
            Look(),
        ]
    )


@pytest.mark.requirements("L8")
def test_an_unknown_order_is_not_found(run: Run) -> None:
    """A number that was never given is refused, or shows nothing; and reading changes nothing."""
    nearly = [LookUp("a", spelt=spelt) for spelt in ("shortened", "longer")]
    run.examine([Look(), LookUp(), Look(), more(1, label="a"), Look(), LookUp(), Look(), LookUp("a"), *nearly, Look()])
