"""A second account sees and touches nothing of the first."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, ListOrders, Look, LookUp, fewer, more
from kandykit.run import Run


@pytest.fixture(autouse=True)
def two_accounts(run: Run) -> None:
    """Isolation can be tested only where the profile lists a second account."""
    if len(run.walker.names) < 2:
        run.not_tested("L11", "the profile lists one account only; a second one makes isolation testable")
        pytest.skip("the profile lists one account only")
    run.examine([Look(account=1)])
    if run.judge.account(run.walker.names[1]).last_view is None:
        run.not_tested("L11", "the second account's inventory cannot be read, so nothing tells what it feels or may do")
        pytest.skip("the second account is not served")


@pytest.mark.requirements("L11")
def test_orders_stay_within_their_account(run: Run) -> None:
    """Neither the list nor a reading by number shows them to another."""
    run.examine(
        [
            Look(),
            Look(account=1),
            ListOrders(account=1),
            ListOrders(),
            more(2, label="mine"),
            Look(),
            Look(account=1),
            LookUp("mine", account=1),
            ListOrders(account=1),
            Look(account=1),
            Look(),
            fewer(1, label="mine too"),
            Look(),
            ListOrders(account=1),
            LookUp("mine too", account=1),
            Look(account=1),
        ]
    )


@pytest.mark.requirements("L11", "L10")
def test_subscribers_stay_within_their_account(run: Run) -> None:
    """Another account cannot delete them, and its inventory does not feel them."""
    run.examine(
        [
            Look(),
            Look(account=1),
            more(2),
            Look(),
            Look(account=1),
            Create("mine"),
            Look(),
            Look(account=1),
            more(1, account=1),
            Create("theirs", account=1),
            Look(account=1),
            Look(),
            Delete("mine", account=1),
            Look(),
            Look(account=1),
            Delete("mine"),
            Look(),
            Look(account=1),
            Delete("mine", account=1),
            Look(),
            Look(account=1),
            Delete("theirs", account=1),
            Look(account=1),
            Look(),
        ]
    )


@pytest.mark.requirements("L11", "L9", "L10")
def test_an_identity_belongs_to_each_account_by_itself(run: Run) -> None:
    """Another account may have it too or is refused: either way nothing happens to the subscriber that has it."""
    both = [Look(), Look(account=1)]
    run.examine(
        [
            *both,
            more(2),
            more(2, account=1),
            *both,
            Create("mine"),
            *both,
            Create("theirs", again="mine", account=1),
            *both,
            Create("theirs", again="mine", account=1),
            *both,
            Create("mine", again="mine"),
            *both,
            Delete("theirs", account=1),
            *both,
            Delete("theirs", account=1),
            *both,
            Delete("mine"),
            *both,
            Create("theirs", again="mine", account=1),
            *both,
            Create("mine", again="mine"),
            *both,
            Delete("mine"),
            *both,
            Delete("theirs", account=1),
            *both,
        ]
    )


@pytest.mark.requirements("L11", "L5")
def test_stock_stays_within_its_account(run: Run) -> None:
    """What one account orders, the other cannot use, whichever of the two has none left."""
    both = [Look(), Look(account=1)]
    run.examine(
        [
            *both,
            more(1, account=1),
            *both,
            Create("mine"),
            *both,
            more(1),
            *both,
            Create("theirs", account=1),
            *both,
            Create("one too many", account=1),
            *both,
            Delete("theirs", account=1),
            *both,
            fewer(1),
            *both,
            fewer(1, account=1),
            *both,
        ]
    )
