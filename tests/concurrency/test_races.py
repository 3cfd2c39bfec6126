"""The words of races: what may leave together, how overlap is measured, and that drawing depends on nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kandykit.explore.races.aimed import AIMED
from kandykit.explore.races.drawn import draw_races
from kandykit.explore.races.race import LONGEST_EPOCH, Race
from kandykit.explore.steps import Look
from kandykit.hearing.races import overlaps
from tests.concurrency.overlapping import look


@pytest.mark.parametrize("race", AIMED, ids=lambda race: race.name)
def test_an_aimed_race_fits_an_epoch_and_into_json(race: Race) -> None:
    assert 2 <= sum(map(len, race.bursts)) <= LONGEST_EPOCH
    written = json.loads(json.dumps(race.to_json()))
    assert [step["step"] for step in written].count("Burst") == len(race.bursts)


def test_every_aimed_race_has_a_name_of_its_own() -> None:
    assert len({race.name for race in AIMED}) == len(AIMED)


@pytest.mark.parametrize("sizes", [(1,), (33,), (32, 32, 32, 5)])
def test_a_burst_or_an_epoch_that_is_too_large_or_too_small_is_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a burst has 2 to 32 calls"):
        Race("too much", [], tuple((Look(),) * size for size in sizes))


def test_the_same_seed_draws_the_same_races_and_another_seed_others() -> None:
    drawn: dict[int, list[list[Race]]] = {1: [], 2: []}
    for seed in (1, 1, 2):
        races: list[Race] = []
        draw_races(12, seed, races.append)
        drawn[seed].append(races)
    assert drawn[1][0] == drawn[1][1]
    assert drawn[1][0] != drawn[2][0]
    assert len(drawn[1][0]) == 12


def test_calls_overlap_when_they_share_a_moment_be_it_their_ends() -> None:
    calls = [look(1, (0, 10), 1, 0), look(2, (10, 20), 1, 0), look(3, (15, 16), 1, 0), look(4, (21, 22), 1, 0)]
    assert overlaps(calls) == 2
    assert overlaps(calls[::-1]) == 2
    nobody = replace(calls[2], answer=None, failure="unreachable")
    assert overlaps([*calls[:2], nobody]) == 1
    assert overlaps([]) == 0
