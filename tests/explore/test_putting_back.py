"""What a programme leaves behind is taken back as a part of it, whoever used it."""

from __future__ import annotations

from kandykit.explore.explorer import _putting_back
from kandykit.explore.steps import Create, Delete, Fill, Look, fewer, filler, more


def test_those_who_filled_an_account_up_leave_before_its_products_do() -> None:
    back = _putting_back([more(5), Fill(leave=1, most=2), Create("a"), Fill(leave=0, most=1)])
    everybody = ["a", filler(0), filler(1), filler(2)]
    assert [step.label for step in back if isinstance(step, Delete)] == everybody
    assert back[-3:] == [Look(), fewer(0, "ours"), Look()]


def test_each_leaves_the_account_that_it_came_to() -> None:
    assert _putting_back([Create("a"), Create("b", account=1)])[:4] == [
        Delete("a"),
        Look(),
        Delete("b", account=1),
        Look(account=1),
    ]
