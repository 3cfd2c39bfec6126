"""Every fault is seen by a caller in the way its story says, and by no caller of the correct mock."""

from collections import Counter
from collections.abc import Callable
from importlib import import_module

import pytest

from kandykit.mock.catalogue import Fault, faults
from kandykit.mock.faults import KINDS
from tests.mock.caller import Caller, ManualClock
from tests.mock.stories import Story

Start = Callable[..., Caller]
STORIES: dict[str, Story] = {
    name: story for kind in KINDS for name, story in import_module(f"tests.mock.stories.{kind.kind}").STORIES.items()
}


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_a_fault_is_seen_as_its_story_says(start: Start, clock: ManualClock, fault: Fault) -> None:
    story = STORIES[fault.name]
    assert story.act(start(**story.settings), clock) == story.correct
    assert story.act(start(faults=(fault.name,), **story.settings), clock) == story.faulty
    assert story.correct != story.faulty


def test_every_story_is_that_of_a_fault() -> None:
    assert set(STORIES) == {fault.name for fault in faults()}


def test_names_are_different_and_stories_are_one_sentence() -> None:
    names = Counter(fault.name for fault in faults())
    stories = Counter(fault.story for fault in faults())
    assert set(names.values()) == set(stories.values()) == {1}
    for fault in faults():
        assert fault.story.endswith(".")
        assert fault.depth in ("quick", "standard", "deep")
