"""JSON as it was written: members that are there twice stay so, and each number keeps its digits."""

import json
from typing import Any


class Number(str):
    """A number, NaN or infinity, as it stood in the text."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object's members in order, doubles among them."""


def read(text: str) -> Any:
    """The value of a JSON text; raises `ValueError` where it is none."""
    return json.loads(text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=Number)


def write(value: Any) -> str:
    """The JSON text of a value that `read` gave."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Members):
        return "{" + ", ".join(f"{json.dumps(name)}: {write(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write, value)) + "]"
    return json.dumps(value)
