"""For every fault a story: what is done, what the correct mock answers, and what the damaged one does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.mock.caller import Caller, ManualClock
from tests.mock.play import Play

Act = Callable[[Caller, ManualClock], object]


@dataclass(frozen=True)
class Story:
    """One scenario with both its ends."""

    act: Act
    correct: object
    faulty: object
    settings: dict[str, Any] = field(default_factory=dict)


def played(line: str, correct: str, faulty: str, **settings: Any) -> Story:
    """A story in steps; see `play`."""
    return Story(lambda caller, clock: Play(caller, clock).play(line), correct, faulty, settings)


def told(act: Callable[[Caller], object], correct: object, faulty: object, **settings: Any) -> Story:
    """A story in Python, of one caller."""
    return Story(lambda caller, _clock: act(caller), correct, faulty, settings)
