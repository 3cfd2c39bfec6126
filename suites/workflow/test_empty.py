"""An account that never ordered anything has nothing: the second account, before the first call of ours changes it."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, DeleteNobody, ListOrders, Look, LookUp, fewer
from kandykit.run import Run


@pytest.mark.requirements("L5", "L6", "L8")
def test_nothing_comes_of_nothing(run: Run) -> None:
    """No subscriber, no product to give back, no order, and nobody to delete."""
    view = run.judge.account(run.names[1]).last_view if len(run.names) > 1 else None
    if view is None or view.total != 0:
        pytest.skip("no second account without products")
    look = Look(account=1)
    run.examine(
        [
            look,
            ListOrders(account=1),
            Create("of nothing", form="caller", account=1),
            look,
            Create("of the server", form="server", account=1),
            look,
            fewer(1, account=1),
            look,
            LookUp(account=1),
            DeleteNobody(account=1),
            look,
            ListOrders(account=1),
        ]
    )
