"""Every fault is seen by a caller in the way its story says, and by no caller of the correct mock."""

import tomllib
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

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


UNREACHABLE = {
    "B2": "the documented challenge holds an error in every case",
    "H4": "that a creation may be answered without Location, or with 200, is a reading that the contract allows",
    "H12": "the identity stands in the URL by the default binding, which the mock has",
}


def test_every_requirement_that_can_be_tested_has_two_faults_at_least() -> None:
    path = Path(__file__).parents[2] / "specs" / "requirements.toml"
    requirements = tomllib.loads(path.read_text())
    broken = Counter(requirement for fault in faults() for requirement in fault.breaks)
    assert set(broken) <= set(requirements)
    for name, requirement in requirements.items():
        if "reason" not in requirement and requirement["level"] != "info" and name not in UNREACHABLE:
            assert broken[name] >= 2, name


def test_there_are_enough_of_each_kind() -> None:
    kinds = Counter(fault.kind for fault in faults())
    assert kinds["business"] + kinds["sequence"] >= 50
    assert kinds["validation"] >= 25
    assert kinds["status"] >= 15
    assert kinds["headers"] >= 15
    assert kinds["authentication"] + kinds["disclosure"] + kinds["isolation"] >= 15
    assert kinds["quota"] + kinds["robustness"] >= 10
    assert kinds["races"] >= 15


def test_names_are_different_and_stories_are_one_sentence() -> None:
    names = Counter(fault.name for fault in faults())
    stories = Counter(fault.story for fault in faults())
    assert set(names.values()) == set(stories.values()) == {1}
    for fault in faults():
        assert fault.story.endswith(".")
        assert fault.depth in ("quick", "standard", "deep")
