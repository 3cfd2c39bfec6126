"""Where a value of a document stands, and how its files are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from kandykit.errors import UsageError


class Place(NamedTuple):
    """Where a value stands: a file, and the JSON pointer in it."""

    file: Path
    pointer: str

    def __truediv__(self, part: str | int) -> Place:
        return Place(self.file, self.pointer + pointer_to([part]))

    def __str__(self) -> str:
        return f"{self.file}: #{self.pointer}"


def refuse(place: Place, why: str, remedy: str) -> UsageError:
    """The error that says where a document is wrong, and what to do about it."""
    return UsageError(f"{place}: {why}; {remedy}")


def pointer_to(path: list[str | int]) -> str:
    """The JSON pointer (RFC 6901) of the value at the end of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for each half of a pair that stands alone; the validator takes characters only."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


def short(value: Any) -> str:
    """A value as a message shows it: JSON of at most 120 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = without_surrogates(text)
    return text if len(text) <= 120 else f"{text[:117]}..."


class _Yaml(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as OpenAPI wants it: dates stay text, and only true and false are booleans."""

    yaml_implicit_resolvers: Final = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag != "tag:yaml.org,2002:timestamp" and (tag != "tag:yaml.org,2002:bool" or first in "tTfF")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(file: Path) -> tuple[Any, bytes]:
    """The values in a YAML or JSON file, and its octets; raises `UsageError` with the line."""
    try:
        octets = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: the OpenAPI document cannot be read: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{str(file)!r}: the OpenAPI document cannot be read: no file can have this name") from None
    try:
        # JSON is nearly YAML, but for tabs; and its own reader names the place of a mistake better.
        text = octets.decode("utf-8-sig")
        return (json.loads(text) if text.lstrip().startswith(("{", "[")) else yaml.load(text, _Yaml)), octets
    except UnicodeDecodeError:
        raise UsageError(f"{file}: the OpenAPI document is no UTF-8 text; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}: this is no JSON: {error.msg}; correct that line") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{file}:{line}: this is no YAML: {error.problem}; correct that line") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{file}: this is no YAML: {error}; correct it") from None


def read_tree(path: Path | str) -> Any:
    """The values that a YAML or JSON file holds, as documents are read; raises `UsageError` with the line."""
    return read(Path(path))[0]
