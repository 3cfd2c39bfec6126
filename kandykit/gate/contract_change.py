"""What became of a contract document between two runs, by their outlines (see `kandykit.outline`).

A change is incompatible where a caller that kept the earlier document may now be refused, or may meet what it does not
know. Callers send requests and read answers, so the two are held to opposite rules: a request may ask for less and
never for more, an answer may say more and never less. A word that an answer no longer has counts too: somebody waits
for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kandykit.outline import FORMS, LOWER_BOUNDS, UPPER_BOUNDS

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One change: ``place`` is an operation and what of it, such as ``POST /order, request /quantity``."""

    place: str
    what: str
    incompatible: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def contract_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ContractChange]:
    """Every change from one outline to another, the incompatible ones first."""
    old, new = _by_shape(before), _by_shape(after)
    found: list[ContractChange] = []
    for shape, (name, operation) in old.items():
        if shape in new:
            found += _operation(name, operation, new[shape][1])
        else:
            found.append(ContractChange(name, "the operation is gone", True))
    for shape, (name, _) in new.items():
        if shape not in old:
            found.append(ContractChange(name, "a new operation", False))
    return sorted(found, key=lambda change: not change.incompatible)


def _by_shape(outline: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Operations by method and path, whatever the parameters of the path are called."""
    return {re.sub(r"\{[^{}]*\}", "{}", name): (name, operation) for name, operation in outline.items()}


def _operation(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ContractChange]:
    was, now = old.get("parameters", {}), new.get("parameters", {})
    path = "path "
    yield from _sent(
        f"{name}, parameter ",
        {key: facts for key, facts in was.items() if not key.startswith(path)},
        {key: facts for key, facts in now.items() if not key.startswith(path)},
    )
    yield from _media(f"{name}, request", old.get("media", []), new.get("media", []), answer=False)
    yield from _sent(f"{name}, request ", old.get("request", {}), new.get("request", {}))
    answers, others = old.get("answers", {}), new.get("answers", {})
    for status, answer in answers.items():
        place = f"{name}, answer {status}"
        if status not in others:
            yield ContractChange(place, "the status is gone", True)
            continue
        other = others[status]
        yield from _media(place, answer.get("media", []), other.get("media", []), answer=True)
        yield from _answered(f"{place}, header ", answer.get("headers", {}), other.get("headers", {}))
        yield from _answered(f"{place} ", answer.get("members", {}), other.get("members", {}))
    for status in others:
        if status not in answers:
            yield ContractChange(f"{name}, answer {status}", "a new status", False)


def _media(place: str, old: list[str], new: list[str], *, answer: bool) -> Iterator[ContractChange]:
    for name in old:
        if name not in new:
            yield ContractChange(place, f"{name} is gone", True)
    for name in new:
        if name not in old:
            # Whoever sends may go on as before; whoever reads meets what he did not ask for only if he asks for it.
            yield ContractChange(place, f"{name} is new", answer and not old)


def _sent(place: str, old: Mapping[str, Facts], new: Mapping[str, Facts]) -> Iterator[ContractChange]:
    """What callers send: nothing may be asked for that was not."""
    for name, now in new.items():
        at = place + (name or "body")
        was = old.get(name)
        if was is None:
            required = bool(now.get("required")) and not _under_something_new(name, old, new)
            yield ContractChange(at, "new and required" if required else "new and optional", required)
            continue
        if now.get("required") and not was.get("required"):
            yield ContractChange(at, "optional before, required now", True)
        elif was.get("required") and not now.get("required"):
            yield ContractChange(at, "required before, optional now", False)
        if now.get("closed") and not was.get("closed"):
            yield ContractChange(at, "other members are refused now", True)
        yield from _set(at, was, now, lost=True, gained=False)
        yield from _bounds(at, was, now)
    for name in old:
        if name not in new and not _under_something_new(name, new, old):
            yield ContractChange(place + (name or "body"), "is gone", True)


def _answered(place: str, old: Mapping[str, Facts], new: Mapping[str, Facts]) -> Iterator[ContractChange]:
    """What callers read: nothing may be missing that was there, and no value may come that they do not know."""
    for name, was in old.items():
        at = place + (name or "body")
        now = new.get(name)
        if now is None:
            if not _under_something_new(name, new, old):
                yield ContractChange(at, "is gone", True)
            continue
        if was.get("required") and not now.get("required"):
            yield ContractChange(at, "always there before, optional now", True)
        elif now.get("required") and not was.get("required"):
            yield ContractChange(at, "optional before, always there now", False)
        yield from _set(at, was, now, lost=False, gained=True)
    for name in new:
        if name not in old and not _under_something_new(name, old, new):
            yield ContractChange(place + (name or "body"), "new", False)


def _under_something_new(name: str, old: Mapping[str, Facts], new: Mapping[str, Facts]) -> bool:
    """Whether a member stands below one that is itself new: that one is told, and its members with it."""
    above = name.rpartition("/")[0]
    while above:
        if above in new and above not in old:
            return True
        above = above.rpartition("/")[0]
    return False


def _set(at: str, was: Facts, now: Facts, *, lost: bool, gained: bool) -> Iterator[ContractChange]:
    """Types and words; ``lost`` and ``gained`` say which of the two hurts. A word that is gone always does."""
    for name, what in (("type", "type"), ("enum", "word")):
        old, new = was.get(name), now.get(name)
        if old == new:
            continue
        if new is None:
            yield ContractChange(at, f"no longer restricted to the {what}s {_listed(old or [])}", gained)
        elif old is None:
            yield ContractChange(at, f"restricted to the {what}s {_listed(new)}", lost)
        else:
            # An integer is a number, so whoever allows numbers loses nothing by not naming integers.
            gone = [each for each in old if each not in new and not (each == "integer" and "number" in new)]
            came = [each for each in new if each not in old and not (each == "integer" and "number" in old)]
            if gone:
                yield ContractChange(at, f"the {what} {_listed(gone)} is gone", lost or name == "enum")
            if came:
                yield ContractChange(at, f"the {what} {_listed(came)} is new", gained)


def _bounds(at: str, was: Facts, now: Facts) -> Iterator[ContractChange]:
    for name in (*LOWER_BOUNDS, *UPPER_BOUNDS):
        old, new = was.get(name), now.get(name)
        if old == new:
            continue
        tighter = old is None or (new is not None and ((new > old) == (name in LOWER_BOUNDS)))
        # A lowest length or number of 0 allows everything.
        tighter = tighter and not (old is None and new == 0 and name in LOWER_BOUNDS and name != "minimum")
        yield ContractChange(at, f"{name} was {_shown(old)}, is {_shown(new)}", tighter)
    for name in FORMS:
        if was.get(name) != now.get(name):
            yield ContractChange(at, f"{name} was {_shown(was.get(name))}, is {_shown(now.get(name))}", name in now)


def _listed(values: list[Any]) -> str:
    return ", ".join(_shown(value) for value in values)


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
