"""Levels: all are gone to, within their height, and nobody is refused who needs something."""

from __future__ import annotations

import pytest

from kandykit.calls import OrderKind
from kandykit.explore.levels import filled, reached
from kandykit.explore.steps import Create, Delete, Order, Programme


def stock(programme: Programme) -> list[tuple[str, int, int]]:
    """What each step does, and total and use before it, on a correct account that begins empty."""
    done: list[tuple[str, int, int]] = []
    total, live = 0, set[str]()
    for step in programme:
        before = total, len(live)
        if isinstance(step, Order):
            fits = step.kind is OrderKind.INCREMENT or step.amount.plus <= total - len(live)
            done.append((f"{step.kind.value} {step.amount.plus}" if fits else "below use", *before))
            if fits:
                total += step.amount.plus if step.kind is OrderKind.INCREMENT else -step.amount.plus
        elif isinstance(step, Create):
            done.append(("create" if total > len(live) else "no stock", *before))
            live |= {step.label} if total > len(live) else set()
        elif isinstance(step, Delete):
            done.append(("delete" if step.label in live else "nobody", *before))
            live.discard(step.label)
    return done


@pytest.mark.parametrize("height", [0, 1, 5, 12])
def test_each_total_is_filled_and_emptied_at_every_use(height: int) -> None:
    met = {each for programme in filled(height, 3) for each in stock(programme)}
    for total in range(1, height + 1):
        assert {("create", total, used) for used in range(total)} <= met
        assert {("delete", total, used + 1) for used in range(total)} <= met
        assert {("no stock", total, total), ("below use", total, total)} <= met
    assert not [each for each in met if each[0] == "nobody" or each[1] > height]


@pytest.mark.parametrize("height", [0, 1, 5, 12])
def test_one_order_goes_from_each_total_to_each_other(height: int) -> None:
    ways: list[tuple[int, int]] = []
    for programme in reached(height, 3):
        steps = stock(programme)
        in_use = sum(kind == "create" for kind, _, _ in steps)
        assert "below use" not in {kind for kind, _, _ in steps}
        for kind, total, used in steps[1 if steps[0][1:] == (0, 0) and in_use else 0 :]:
            word, _, quantity = kind.partition(" ")
            if word in ("increment", "decrement") and used == in_use:
                after = total + int(quantity) * (1 if word == "increment" else -1)
                assert max(total, after) <= height + in_use
                ways.append((total - in_use, after - in_use))
    assert set(ways) >= {(one, other) for one in range(height + 1) for other in range(height + 1) if one != other}
