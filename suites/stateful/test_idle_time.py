"""What time and tokens must not change: what an account has outlives a pause, and the token that made it."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, ListOrders, Look, LookUp, Pause, Renew, Step, fewer, more
from kandykit.run import Run

STOCK: list[Step] = [Look(), more(4, label="up"), Create("a"), Create("b", form="server"), Look()]
"""Products, and subscribers of both forms, from before."""


@pytest.mark.requirements("L1", "L2", "L8", "L9", "L10")
def test_a_new_token_finds_all_that_an_older_one_made(run: Run) -> None:
    """What an account has belongs to the account, whichever of its tokens it comes with."""
    run.examine(
        [
            *STOCK,
            Renew(),
            Look(),
            LookUp("up"),
            ListOrders(),
            Create("a", again="a"),
            Look(),
            Delete("a"),
            Look(),
            Create("c"),
            Look(),
            fewer(2),
            Look(),
            Renew(),
            Delete("b"),
            Look(),
            Renew(back=True),
            more(1),
            Look(),
            Create("d"),
            Look(),
            Delete("c"),
            Look(),
            Renew(back=True),
            Delete("d"),
            Look(),
        ]
    )


@pytest.mark.requirements("L1", "L2", "L5", "L8", "L10")
def test_a_while_in_which_nothing_happens_changes_nothing(run: Run) -> None:
    """What is kept for a moment only, or done anew after it, shows when nobody calls for a while."""
    if not run.depth.pause_s:
        pytest.skip("this depth does not wait")
    run.examine(
        [
            *STOCK,
            Pause(run.depth.pause_s),
            Look(),
            LookUp("up"),
            ListOrders(),
            Delete("a"),
            Look(),
            fewer(1),
            Look(),
            Pause(run.depth.pause_s),
            more(1),
            Look(),
            Pause(run.depth.pause_s),
            Create("d"),
            Look(),
            Delete("d"),
            Look(),
            fewer(1),
            Look(),
            Pause(run.depth.stay_s),
            Look(),
            Create("c"),
            Look(),
            Delete("b"),
            Look(),
            more(1),
            Look(),
            Delete("c"),
            Look(),
        ]
    )
