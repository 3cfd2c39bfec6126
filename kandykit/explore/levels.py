"""Levels: every number of products with every number of them in use, and an order from each total to each other.

What is wrong at one level only (a seventh subscriber of ten products, an order for as many as there are) shows to
whoever was there. All levels up to a height are few enough to go to each of them once. Nothing here depends on what
the target answers.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Final

from kandykit.explore.steps import Create, Delete, Look, Programme, Step, fewer, more

ORDERS_TOGETHER: Final = 16
"""So many orders share one programme."""

IN_USE: Final = (0, 1, 2, 4)
"""So many products are in use while orders go from total to total."""


def filled(height: int, chosen: int) -> Iterator[Programme]:
    """For each total up to ``height`` a programme that uses up all products one by one, and frees them again.

    ``chosen`` is the seed that draws who chooses an identity, and who is deleted next.
    """
    drawn = random.Random(chosen)
    for total in range(1, height + 1):
        labels = [f"s{number}" for number in range(total)]
        steps: list[Step] = [Look(), more(total), Look()]
        for label in labels:
            steps += [Create(label, drawn.choice(("caller", "server"))), Look()]
        steps += [Create("none left"), Look(), fewer(1), Look()]
        drawn.shuffle(labels)
        for label in labels:
            steps += [Delete(label), Look()]
        yield steps


def reached(height: int, chosen: int) -> Iterator[Programme]:
    """Programmes whose orders together go from each total up to ``height`` to each other, each by one order.

    ``chosen`` is the seed that draws which way round, and how many products are in use meanwhile.
    """
    drawn = random.Random(chosen)
    way = _round(height, drawn)
    for start in range(0, len(way) - 1, ORDERS_TOGETHER):
        part = way[start : start + ORDERS_TOGETHER + 1]
        in_use = drawn.choice([used for used in IN_USE if used <= height // 4])
        yield _orders(part, in_use)


def _orders(way: list[int], in_use: int) -> list[Step]:
    """The orders that go this way, above what is in use."""
    steps: list[Step] = [Look()]
    if start := way[0] + in_use:
        steps += [more(start), Look()]
    steps += [Create(f"s{number}") for number in range(in_use)]
    steps += [Look()] if in_use else []
    for before, after in itertools.pairwise(way):
        steps += [more(after - before) if after > before else fewer(before - after), Look()]
    return steps


def _round(height: int, drawn: random.Random) -> list[int]:
    """A way through all totals up to ``height`` that goes from each to each other once, and ends where it began."""
    open_ways = {total: [other for other in range(height + 1) if other != total] for total in range(height + 1)}
    for others in open_ways.values():
        drawn.shuffle(others)
    way, stack = [], [0]
    while stack:
        if others := open_ways[stack[-1]]:
            stack.append(others.pop())
        else:
            way.append(stack.pop())
    return way[::-1]
