"""Races: calls that leave together, each way in which they could come between each other, and mixed ones."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from kandykit.explore.races.aimed import AIMED
from kandykit.explore.races.drawn import draw_races
from kandykit.explore.races.race import Race
from kandykit.run import Run

REPEATS = {"quick": 1, "standard": 3, "deep": 4}
"""How often each aimed race is run at once."""

ROUNDS = {"quick": 0, "standard": 6, "deep": 56}
"""How often all of them are run once more, each: chance decides whether two calls meet."""

SHARE_S = {"quick": 0.5, "standard": 3.0, "deep": 40.0}
"""A race that has taken this long is not repeated: a slow target is raced less often rather than for hours."""

LONGEST_S = {"quick": 30.0, "standard": 60.0, "deep": 1800.0}
"""When races have taken this long no further one is begun: orders that stay pending for seconds make each one slow."""

DRAWN = {"quick": 4, "standard": 50, "deep": 600}
"""How many races are drawn."""


@pytest.fixture(scope="module", autouse=True)
def account(run: Run) -> Iterator[None]:
    """Races need an account that may be written to and that nobody else uses; afterwards they are weighed."""
    why = ""
    if run.options.read_only:
        why = "this run only reads, and races need calls that write"
    elif run.judge.terms.shared:
        why = "others use the account meanwhile, so no state of it is certain"
    if why:
        run.not_tested("L12", why)
        pytest.skip(why)
    run.racer.find_out()
    yield
    run.weigh_races()


@pytest.mark.requirements("L12", "L1", "L2", "L3", "L5", "L6", "L7", "L8", "L9", "L10")
@pytest.mark.parametrize("race", AIMED, ids=lambda race: race.name.replace(" ", "-"))
def test_an_aimed_race_has_an_order_that_explains_it(run: Run, race: Race) -> None:
    """Every answer and the stock afterwards are as if the calls had come one after another."""
    if run.racer.racing_s > LONGEST_S.get(run.depth.name, 15.0):
        pytest.skip("the target is slow, and the races before have used up their time")
    until = time.monotonic() + SHARE_S.get(run.depth.name, 0.5)
    for number in range(REPEATS.get(run.depth.name, 1)):
        if number == 0 or time.monotonic() < until:
            run.race(race)


@pytest.mark.requirements("L12", "L1", "L2", "L3", "L5", "L6", "L7", "L8", "L9", "L10")
def test_aimed_races_have_such_an_order_however_often(run: Run) -> None:
    """Two calls that meet within a thousandth of a second do so in one of many races."""
    rounds, longest_s = ROUNDS.get(run.depth.name, 0), LONGEST_S.get(run.depth.name, 15.0)
    if not rounds:
        pytest.skip("at this depth each race is run once")
    for _ in range(rounds):
        for race in AIMED:
            if run.racer.racing_s <= longest_s:
                run.race(race)


@pytest.mark.requirements("L12", "L1", "L2", "L3", "L5", "L6", "L8", "L9", "L10")
def test_calls_of_all_kinds_have_an_order_that_explains_them(run: Run) -> None:
    """Mixtures that nobody thought of."""
    until = time.monotonic() + 5 * SHARE_S.get(run.depth.name, 0.5)

    def play(race: Race) -> None:
        if time.monotonic() < until:
            run.race(race)

    draw_races(DRAWN.get(run.depth.name, 4), run.seed, play)
