"""JSON pointers (RFC 6901), the way in which a binding says where a member stands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

ABSENT: Final = object()
"""What a pointer gives where nothing stands."""

LONGEST_LIST: Final = 16
"""A pointer into a list that is written anew may ask for so many items; nobody orders in more lines."""


@lru_cache(maxsize=512)
def names(pointer: str) -> tuple[str, ...]:
    """The members that a pointer passes through; none for the empty pointer, which is the whole value."""
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:])


def leaf(pointer: str) -> str:
    """The name of the member that a pointer ends at; empty for the whole value."""
    return names(pointer)[-1] if pointer else ""


def get(value: Any, pointer: str) -> Any:
    """What a pointer names, or `ABSENT`."""
    if not pointer:
        return value
    for name in names(pointer):
        if isinstance(value, dict):
            value = value.get(name, ABSENT)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def put(value: Any, pointer: str, member: Any) -> None:
    """Write a member, with the objects and lists that lead to it; the empty pointer, and what has no room, are left."""
    if not pointer:
        return
    path = names(pointer)
    for name, following in pairwise(path):
        inside = _child(value, name)
        if not isinstance(inside, dict | list):
            inside = [] if following.isdecimal() else {}
            _set(value, name, inside)
        value = inside
    _set(value, path[-1], member)


def drop(value: Any, pointer: str) -> None:
    """Take a member away, where it is there."""
    if not pointer:
        return
    *path, last = names(pointer)
    for name in path:
        value = _child(value, name)
    if isinstance(value, dict):
        value.pop(last, None)
    elif isinstance(value, list) and last.isdecimal() and int(last) < len(value):
        del value[int(last)]


def strangers(value: Any, pointers: Iterable[str]) -> list[str]:
    """The pointers of members that none of these pointers leads to or through, the first ones first."""
    found: list[str] = []
    _gather(value, [names(pointer) for pointer in pointers], "", found)
    return found


def _gather(value: Any, known: list[tuple[str, ...]], above: str, found: list[str]) -> None:
    if () in known or not isinstance(value, dict | list):
        return
    members = value.items() if isinstance(value, dict) else ((str(index), item) for index, item in enumerate(value))
    for name, item in members:
        inside = [path[1:] for path in known if path[0] == name]
        here = f"{above}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if inside:
            _gather(item, inside, here, found)
        else:
            found.append(here)


def _child(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    return None


def _set(value: Any, name: str, member: Any) -> None:
    if isinstance(value, dict):
        value[name] = member
    elif isinstance(value, list) and name.isdecimal() and int(name) < LONGEST_LIST:
        value.extend({} for _ in range(int(name) + 1 - len(value)))
        value[int(name)] = member
