"""Readings and headers that are others than they were, and which of them are bad news."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kandykit.standing import POLICY

NOT_GIVEN: Final = "not given"
_QUOTA: Final = ("quota-limit", "quota-interval", "quota-time-unit")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080, "month": 43_200}
_OF_THE_RUN: Final = frozenset({"notes", "lag_pairs", "headers"})
"""Readings that say something of one run, not of its target."""


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """A reading that is another now; ``fails`` where the target announces a change for the worse."""

    name: str
    before: str
    after: str
    fails: bool
    why: str = ""


def reading_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ReadingChange]:
    """Every reading and header that is another now, those that fail the gate first.

    A header by which a target announces what its callers must reckon with fails the gate when it changed, unless for
    the better: a sunset that was withdrawn, a quota that was raised. Any other change is told.
    """
    old, new = _headers(before), _headers(after)
    found: list[ReadingChange] = []
    if old and new:
        found += _quota(old, new)
        for name in sorted({*old, *new} - set(_QUOTA)):
            if old.get(name) != new.get(name):
                found.append(_header(name, old.get(name), new.get(name)))
    for name in dict.fromkeys([*before, *after]):
        if name in _OF_THE_RUN or name.lower() in POLICY or before.get(name) == after.get(name):
            continue
        if name in before and name in after:
            found.append(ReadingChange(name, _shown(before[name]), _shown(after[name]), False))
    return sorted(found, key=lambda change: not change.fails)


def _headers(readings: Mapping[str, Any]) -> dict[str, Any]:
    """The headers that stood; a policy header may also stand among the readings themselves."""
    headers = readings.get("headers")
    found = {name: readings[name] for name in readings if name.lower() in POLICY}
    if isinstance(headers, Mapping):
        found |= headers
    return {name.lower(): _listed(value) for name, value in found.items()}


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _header(name: str, old: list[str] | None, new: list[str] | None) -> ReadingChange:
    before, after = _shown(old), _shown(new)
    if name not in POLICY:
        return ReadingChange(name, before, after, False)
    if name in ("sunset", "deprecation"):
        # n/a says as much as nothing does, but a documented header that is gone is another matter.
        if set(new or ["n/a"]) <= {"n/a"}:
            return ReadingChange(name, before, after, new is None and name == "sunset", "")
        why = "is to be switched off" if name == "sunset" else "is deprecated"
        return ReadingChange(name, before, after, True, f"the API, or a part of it, {why}")
    why = "another version of the API answers" if name == "api-version" and new and old else ""
    return ReadingChange(name, before, after, old is not None, why)


def _quota(old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> Iterator[ReadingChange]:
    """The three quota headers as one reading: how many calls an hour."""
    was, is_ = ([side.get(name) for name in _QUOTA] for side in (old, new))
    if was == is_:
        return
    before, after = (", ".join(f"{name} {_shown(side.get(name))}" for name in _QUOTA) for side in (old, new))
    rates = _rate(old), _rate(new)
    if None in rates:
        yield ReadingChange("quota", before, after, True, "the quota is another one")
    elif rates[1] < rates[0]:  # type: ignore[operator]
        yield ReadingChange("quota", before, after, True, "the quota was lowered")
    elif rates[1] > rates[0]:  # type: ignore[operator]
        yield ReadingChange("quota", before, after, False, "the quota was raised")
    else:
        yield ReadingChange("quota", before, after, False, "the same rate in other words")


def _rate(headers: Mapping[str, list[str]]) -> float | None:
    """The lowest rate that the headers allow, in calls a minute; None where it cannot be told."""
    try:
        limit = min(int(value) for value in headers["quota-limit"])
        interval = max(int(value) for value in headers.get("quota-interval", ["1"]))
        minutes = max(_MINUTES[unit] for unit in headers.get("quota-time-unit", ["minute"]))
        return limit / (interval * minutes)
    except (KeyError, ValueError, ZeroDivisionError):
        return None


def _shown(value: Any) -> str:
    if value is None:
        return NOT_GIVEN
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
