"""What the second account is given to play."""

from __future__ import annotations

from kandykit.explore.second_account import _moved
from kandykit.explore.steps import Create, Delete, ListOrders, Look, LookBack, Pause, Step, more, to_json

OPENING: list[Step] = [Look(account=1), Look(account=1)]


def test_the_first_accounts_steps_become_the_seconds() -> None:
    steps = [more(2, label="a"), Look(), Create("b", form="server"), Delete("b")]
    moved = [more(2, label="a", account=1), Look(1), Create("b", form="server", account=1), Delete("b", 1)]
    assert _moved(to_json(steps)) == [*OPENING, *moved]


def test_steps_of_both_are_moved_only_where_they_may_be_swapped() -> None:
    steps = [Look(1), more(2), more(1, account=1), LookBack(5, account=1, owner=0), ListOrders(1), Look()]
    assert _moved(to_json(steps)) is None
    swapped = [more(2, account=1), more(1), LookBack(5, account=0, owner=1), Look(1)]
    assert _moved(to_json(steps), swapped=True) == [*OPENING, *swapped]


def test_what_is_nobodys_or_the_seconds_alone_is_not_moved() -> None:
    for steps in ([more(1), Pause(1.0)], [more(1, account=1)], [Look(1)]):
        assert _moved(to_json(steps)) is None
        assert _moved(to_json(steps), swapped=True) is None
