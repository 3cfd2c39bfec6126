"""Drawn races: Hypothesis mixes calls of all kinds; what is drawn never depends on what the target answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kandykit.explore.races.race import Burst, Race
from kandykit.explore.steps import Create, Delete, DeleteNobody, Fill, ListOrders, Look, Step, fewer, more

LIVE: Final = ("a", "b", "c", "d")
"""Labels of the subscribers that a drawn race may begin with."""

calls: Final[st.SearchStrategy[Step]] = st.one_of(
    st.builds(Create, st.sampled_from(("n0", "n1", "n2", "n3")), st.just("server")),
    st.builds(Create, st.sampled_from(("n4", "n5")), st.just("caller")),
    st.builds(Delete, st.sampled_from(LIVE)),
    st.builds(Delete, st.sampled_from(LIVE)),
    st.just(DeleteNobody()),
    st.builds(more, st.integers(1, 2)),
    st.builds(fewer, st.integers(1, 2)),
    st.just(fewer(0, "available")),
    st.just(Look()),
    st.just(ListOrders()),
)
bursts: Final[st.SearchStrategy[Burst]] = st.lists(calls, min_size=3, max_size=12).map(tuple)


@st.composite
def races(draw: st.DrawFn) -> Race:
    """Any race: a little stock, a few subscribers, and one to three bursts."""
    free, subscribers = draw(st.integers(0, 4)), draw(st.integers(0, len(LIVE)))
    made: list[Step] = [Create(label) for label in LIVE[:subscribers]]
    order: list[Step] = [more(free + subscribers), Look()] if free + subscribers else []
    edge: list[Step] = [Look(), Fill(leave=free)] if draw(st.booleans()) else []
    return Race("calls of all kinds", [*order, *made, *edge], tuple(draw(st.lists(bursts, min_size=1, max_size=3))))


def draw_races(number: int, chosen: int, play: Callable[[Race], None]) -> None:
    """Draw so many races with the seed ``chosen`` and play each."""

    @seed(chosen)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(races())
    def played(race: Race) -> None:
        play(race)

    played()
