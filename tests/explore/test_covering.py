"""Covering: every run of deeds comes, no programme needs more than its room, and none is refused what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from kandykit.calls import OrderKind
from kandykit.explore.covering import CHANGING, EVERY, FINEST, READS, UNUSUAL, Deed, covering, de_bruijn, without_limit
from kandykit.explore.steps import Create, Delete, DeleteNobody, Look, Order, Programme, Send

CASES = [(CHANGING, 3), (CHANGING, 4), (without_limit(EVERY), 3), (EVERY, 3), (FINEST, 2)]


@pytest.mark.parametrize(("deeds", "run"), CASES)
def test_every_run_of_deeds_comes_once(deeds: Sequence[Deed], run: int) -> None:
    sequence = de_bruijn(deeds, run)
    runs = [tuple(sequence[start : start + run]) for start in range(len(sequence) - run + 1)]
    assert sorted(runs) == sorted(product(deeds, repeat=run))


def account(programme: Programme, *, finest: bool = False) -> tuple[list[str], int, int]:
    """What each step does on a correct account that begins empty, the highest total, and the fewest that are free."""
    total, highest, fewest = 0, 0, 0
    live: set[str] = set()
    done: list[str] = []
    for step in programme:
        if isinstance(step, Order) and step.amount.of == "available":
            done.append("below use")
        elif isinstance(step, Order) and step.amount.of == "room":
            done.append("beyond limit")
        elif isinstance(step, Order):
            total += step.amount.plus if step.kind is OrderKind.INCREMENT else -step.amount.plus
            done.append("more" if step.kind is OrderKind.INCREMENT else "fewer")
        elif isinstance(step, Create):
            unnamed = finest and step.form == "server"
            done.append("taken" if step.label in live else "create unnamed" if unnamed else "create")
            live.add(step.label)
        elif finest and step in READS.values():
            done.append(next(deed for deed, read in READS.items() if read == step))
        elif isinstance(step, Delete | DeleteNobody):
            label = getattr(step, "label", "")
            done.append("delete" if label in live else "nobody")
            live.discard(label)
        elif isinstance(step, Send):
            done.append(next(deed for deed, name in UNUSUAL.items() if name == step.name))
        highest, fewest = max(highest, total), min(fewest, total - len(live))
    return done, highest, fewest


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("room", [4, 8, 20])
@pytest.mark.parametrize(("deeds", "run"), CASES)
def test_programmes_do_what_the_sequence_says_within_their_room(
    deeds: Sequence[Deed], run: int, room: int, seen: bool
) -> None:
    met: set[tuple[str, ...]] = set()
    for programme in covering(deeds, run, 7, room, seen=seen):
        done, highest, fewest = account(programme, finest=deeds is FINEST)
        assert highest <= room
        assert fewest >= 0
        met |= {tuple(done[start : start + run]) for start in range(len(done) - run + 1)}
    # With little room four products cannot be had in a row, and a look behind each read is a deed itself.
    assert (
        room < 20 or (deeds is FINEST and seen) or met >= {tuple(map(str, each)) for each in product(deeds, repeat=run)}
    )


def test_without_room_there_is_nothing_to_play() -> None:
    assert list(covering(CHANGING, 3, 0, 0)) == []


def test_where_deeds_are_not_seen_nothing_is_read_between_them() -> None:
    for programme in covering(EVERY, 2, 7, 20, seen=False):
        assert [place for place, step in enumerate(programme) if isinstance(step, Look)] == [0, len(programme) - 1]
