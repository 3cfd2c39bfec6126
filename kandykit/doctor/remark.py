"""What the doctor says of one point of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a point of the profile fares."""

    FINE = "ok"
    """It was met as declared."""
    UNSEEN = "--"
    """Reads alone do not show it."""
    ODD = "??"
    """It works, and something about it should be known before a run."""
    WRONG = "!!"
    """The profile says something that the target contradicts."""
    OUT_OF_REACH = "XX"
    """The target does not answer, so nothing can be said."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One point: ``about`` is a key of the profile, ``said`` what was met, ``remedy`` what to do (empty: nothing)."""

    health: Health
    about: str
    said: str
    remedy: str = ""


def fine(about: str, said: str) -> Remark:
    """It is as declared."""
    return Remark(Health.FINE, about, said)


def unseen(about: str, said: str, remedy: str = "") -> Remark:
    """It does not show."""
    return Remark(Health.UNSEEN, about, said, remedy)


def odd(about: str, said: str, remedy: str = "") -> Remark:
    """It works, but."""
    return Remark(Health.ODD, about, said, remedy)


def wrong(about: str, said: str, remedy: str) -> Remark:
    """It is not as declared."""
    return Remark(Health.WRONG, about, said, remedy)


def out_of_reach(about: str, said: str, remedy: str) -> Remark:
    """Nothing answers."""
    return Remark(Health.OUT_OF_REACH, about, said, remedy)


def exit_status(remarks: list[Remark]) -> int:
    """3 where the target is out of reach, else 2 where the profile is wrong, else 0."""
    met = {remark.health for remark in remarks}
    return 3 if Health.OUT_OF_REACH in met else 2 if Health.WRONG in met else 0
