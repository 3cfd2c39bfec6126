"""Sums: how many of each size are needed, and no more, to come to a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

Counts = tuple[int, ...]


@lru_cache(maxsize=65536)
def fewest(need: int, sizes: Counts, most: Counts, least: bool = False) -> tuple[Counts, ...]:
    """How many of each of ``sizes``, at most ``most``, add up to ``need``, or, with ``least``, to no less.

    Only sums of which no part is needless are told, those of the fewest summands first; sizes may be below zero.
    """
    found: list[Counts] = []
    for counts in sorted(_all(need, sizes, most, least), key=sum):
        if not any(all(map(int.__le__, smaller, counts)) for smaller in found):
            found.append(counts)
    return tuple(found)


def _all(need: int, sizes: Sequence[int], most: Sequence[int], least: bool) -> Iterator[Counts]:
    # What the sizes from here on can add at least and at most: bounds cut what cannot come to the number.
    bounds = [(0, 0)]
    for size, count in zip(reversed(sizes), reversed(most), strict=True):
        low, high = bounds[-1]
        bounds.append((low + min(size * count, 0), high + max(size * count, 0)))
    bounds.reverse()

    def further(at: int, left: int, counts: Counts) -> Iterator[Counts]:
        low, high = bounds[at]
        if left > high or (left < low and not least):
            return
        if at == len(sizes):
            yield counts
            return
        size = sizes[at]
        for count in range(most[at] + 1):
            yield from further(at + 1, left - count * size, (*counts, count))
            if least and size > 0 and left - count * size <= 0:
                return  # one more would be needless

    return further(0, need, ())
