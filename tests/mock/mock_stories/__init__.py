"""For every fault a story: what is done, what the correct mock answers, and what the damaged one does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mock_caller import Caller, ManualClock
from mock_play import Play

Act = Callable[[Caller, ManualClock], object]


@dataclass(frozen=True)
class Story:
    """One scenario with both its ends."""

    act: Act
    correct: object
    faulty: object
    settings: dict[str, Any] = field(default_factory=dict)


def played(line: str, correct: str, faulty: str, **settings: Any) -> Story:
    """A story in steps; see `mock_play`."""
    return Story(lambda caller, clock: Play(caller, clock).play(line), correct, faulty, settings)


def told(act: Callable[[Caller], object], correct: object, faulty: object, **settings: Any) -> Story:
    """A story in Python, of one caller."""
    return Story(lambda caller, _clock: act(caller), correct, faulty, settings)
