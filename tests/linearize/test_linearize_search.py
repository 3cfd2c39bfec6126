"""The search: what the scout finds is an order, what is proven has none, and time never runs away unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import inf

import pytest
from brute_force import explainable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_linearize_properties import never, small

from bench.linearize import FAULTS, Shape, history
from kandykit.linearize.certificate import explains
from kandykit.linearize.frontier import Frontier
from kandykit.linearize.general import GeneralSearch
from kandykit.linearize.problem import Kind, Mutator, Observation, OutOfTime, Problem
from kandykit.linearize.search import Search
from kandykit.linearize.sums import fewest

CREATE, DELETE = Kind(0, 1, needs=1), Kind(0, -1)


def shapes() -> st.SearchStrategy[Shape]:
    return st.tuples(
        st.sampled_from((2, 4, 8, 16)),
        st.sampled_from((40, 150, 400)),
        st.sampled_from((0.0, 0.02)),
        st.sampled_from(("correct", *FAULTS)),
    )


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(shapes(), st.integers(0, 10**6))
def test_what_is_found_is_an_order_and_what_is_proven_has_none(shape: Shape, seed: int) -> None:
    problem = history(shape, seed)
    walked = Search(problem, never).walk()
    if walked.stuck is None:
        assert explains(problem, walked.trail)
        return
    assert shape[3] != "correct"
    assert walked.proof is not None
    assert len(walked.proof.observations) <= len(problem.observations)
    assert Frontier(problem, patient(20_000)).walk().stuck is not None


def patient(steps: int) -> Callable[[], bool]:
    """Some patience, which the histories at hand do not wear out."""
    left = iter(range(steps))
    return lambda: next(left, None) is None


@pytest.mark.slow
@pytest.mark.parametrize("block", range(8))
def test_thirty_thousand_small_histories_end_as_every_order_tells(block: int) -> None:
    for seed in range(10_000 + block * 4000, 14_000 + block * 4000):
        problem = small(seed)
        expected = explainable(problem)
        walked = Search(problem, never).walk()
        assert (walked.stuck is None) == expected, seed
        assert (Frontier(problem, never).walk().stuck is None) == expected, seed
        assert not expected or explains(problem, walked.trail), seed


def test_a_window_may_begin_with_more_in_use_than_owned() -> None:
    """A delete that is still under way made room for a create that was answered: without it the sum is off."""
    mutators = (
        Mutator(1, CREATE, 3, 11),
        Mutator(2, Kind(2, 0), 7, 15),
        Mutator(3, DELETE, 10, inf, optional=True),
    )
    seen = (Observation(4, 2, 9, available_below=2), Observation(5, 12, 13, total=0, used=0))
    assert Search(Problem(0, 0, mutators, seen), never).walk().stuck is None


def test_an_option_with_the_same_end_does_not_stand_in_for_what_must_happen() -> None:
    mutators = (Mutator(1, DELETE, 0, 9, optional=True), Mutator(2, DELETE, 0, 9))
    seen = (Observation(3, 1, 8, total=3, used=2), Observation(4, 10, 11, total=3, used=2))
    assert Search(Problem(3, 3, mutators, seen), never).walk().stuck is None
    assert Frontier(Problem(3, 3, mutators, seen), never).walk().stuck is None


def test_room_below_the_limit_is_made_by_what_room_was_made_for() -> None:
    """At the limit with nothing free, an increment waits for a decrement, and that for two deletes."""
    mutators = (
        Mutator(1, Kind(2, 0, limited=True), 0, 4),
        Mutator(2, Kind(-2, 0, needs=2), 0, 9),
        Mutator(3, DELETE, 0, 9),
        Mutator(4, DELETE, 0, 9),
    )
    assert Search(Problem(6, 6, mutators, (), 6), never).walk().stuck is None
    assert Search(Problem(6, 6, mutators[:3], (), 6), never).walk().stuck == 1


def test_sixty_four_clients_end_in_time_whatever_they_met() -> None:
    """Steps are counted instead of seconds: a search that asks nobody whether to go on would never come back."""
    for seed in range(3):
        problem = history((64, 400, 0.05, "misread"), seed)
        with suppress(OutOfTime):
            walked = Search(problem, patient(3000)).walk()
            assert walked.stuck is not None or explains(problem, walked.trail)


def test_a_short_order_no_order_and_another_calls_order_are_no_certificates() -> None:
    problem = Problem(1, 0, (Mutator(1, CREATE, 0, 2),), (Observation(2, 3, 4, total=1, used=1),))
    assert explains(problem, (1, 2))
    assert not explains(problem, (2, 1))
    assert not explains(problem, (1,))
    assert not explains(problem, (1, 2, 3))
    assert not explains(problem, (1, 1, 2))


def test_sums_hold_nothing_needless() -> None:
    assert fewest(2, (1, 2), (3, 1)) == ((0, 1), (2, 0))
    assert fewest(0, (1, -1), (2, 2)) == ((0, 0),)
    assert fewest(3, (2, 1), (5, 5), least=True) == ((1, 1), (2, 0), (0, 3))
    assert fewest(4, (1,), (3,)) == ()


def test_both_searches_know_that_what_needs_nothing_waits_for_nothing() -> None:
    """With a law dropped the numbers may go below what is possible; a delete happens all the same."""
    problem = Problem(0, 1, (Mutator(1, DELETE, 0, 2),), (Observation(2, 3, 4, total=0, used=0),))
    assert Search(problem, never).walk().stuck is None
    assert GeneralSearch(problem, (), frozenset(), never).walk().stuck is None
