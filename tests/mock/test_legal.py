"""Every legal oddity is seen by a caller in the way its story says, and stays within the laws."""

import asyncio
from collections.abc import Callable
from importlib import import_module

import pytest

from kandykit.mock.catalogue import Legal, legals
from tests.mock.board import Switchboard
from tests.mock.caller import Caller, ManualClock
from tests.mock.stories import Story

Start = Callable[..., Caller]
SHELVES = ("orders", "refusals", "identities", "forms", "trouble")
STORIES: dict[str, Story] = {
    name: story
    for shelf in SHELVES
    for name, story in import_module(f"tests.mock.stories.legal.{shelf}").STORIES.items()
}
SLOW = {"slow-answers": [0.03, 0.04, 0.01, 0.02, 0.03], "now-and-then-very-slow": [0.0, 0.0, 0.0, 0.0, 0.0]}


@pytest.mark.parametrize("legal", [one for one in legals() if one.name not in SLOW], ids=lambda legal: legal.name)
def test_an_oddity_is_seen_as_its_story_says(start: Start, clock: ManualClock, legal: Legal) -> None:
    story = STORIES[legal.name]
    assert story.act(start(**story.settings), clock) == story.correct
    assert story.act(start(legals=(legal.name,), **story.settings), clock) == story.faulty
    assert story.correct != story.faulty


@pytest.mark.parametrize("name", SLOW)
def test_slow_answers_wait_and_come(start: Start, switchboard: Switchboard, name: str) -> None:
    caller = start(legals=(name,))
    assert caller.token
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    switchboard.mock.sleep = sleep
    for _ in range(5):
        assert caller.stock() == (0, 0, 0)
    assert waited == pytest.approx(SLOW[name])
    for _ in range(35):
        caller.stock()
    assert max(waited) == (1.5 if name == "now-and-then-very-slow" else pytest.approx(0.04))


def test_every_oddity_has_a_story() -> None:
    assert set(STORIES) | set(SLOW) == {legal.name for legal in legals()}


def test_verdicts_are_two_and_stories_are_one_sentence() -> None:
    assert {legal.verdict for legal in legals()} == {"conformant", "inconclusive"}
    assert len({legal.story for legal in legals()}) == len(legals())
    assert all(legal.story.endswith(".") for legal in legals())
