"""Whether an answer is what the document declares: its content type, its headers, its body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from jsonschema_rs import Draft202012Validator, ValidationError

from kandykit.exchange import Headers, json_of
from kandykit.openapi.places import pointer_to, short, without_surrogates


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which an answer is not what the document says.

    ``place`` is ``content-type``, ``header NAME``, ``body``, or ``body POINTER`` with the JSON pointer of the value.
    """

    place: str
    expected: str
    actual: str


_MAX_PROBLEMS: Final = 20
_KNOWN_GOOD: Final = 256
_CONSTANT: Final = re.compile("NaN|Infinity")


class Header:
    """A declared response header; its value is text on the wire, so every reading of it that the schema has counts."""

    __slots__ = ("_good", "_types", "_validator", "name", "required", "wanted")

    def __init__(self, name: str, required: bool, schema: Any, validator: Draft202012Validator | None) -> None:
        self.name = name
        self.required = required
        self.wanted = _wanted(schema)
        self._validator = validator
        self._types = frozenset(_types(schema))
        self._good: set[str] = set()

    def fits(self, value: str) -> bool:
        """Whether the value fits; the last few that did are remembered, most headers never change."""
        if self._validator is None or value in self._good:
            return True
        if not any(self._validator.is_valid(reading) for reading in self._readings(value.strip())):
            return False
        if len(self._good) >= _KNOWN_GOOD:
            self._good.clear()
        self._good.add(value)
        return True

    def _readings(self, text: str) -> Iterator[Any]:
        text = without_surrogates(text)
        yield text
        yield from self._scalars(text)
        if "array" in self._types:
            parts = [part.strip() for part in text.split(",")] if text else []
            yield parts
            yield [next(self._scalars(part), part) for part in parts]

    def _scalars(self, text: str) -> Iterator[Any]:
        if {"integer", "number"} & self._types and re.fullmatch(r"-?[0-9]{1,4000}", text):
            yield int(text)
        elif "number" in self._types and re.fullmatch(r"-?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?", text):
            yield float(text)
        elif "boolean" in self._types and text in ("true", "false"):
            yield text == "true"


class Body:
    """What the body of one media type must be; nothing is asked of what is not JSON."""

    __slots__ = ("_validator",)

    def __init__(self, validator: Draft202012Validator | None) -> None:
        self._validator = validator

    def problems(self, text: str) -> list[Problem]:
        if not text.isascii() and without_surrogates(text) != text:
            return [Problem("body", "JSON in UTF-8", "octets that are no UTF-8")]
        try:
            # Python takes NaN and Infinity for numbers, and JSON does not have them.
            value = json.loads(text, parse_constant=_no_json) if _CONSTANT.search(text) else json_of(text)
        except ValueError as error:
            return [Problem("body", "JSON", f"{short(text)} ({error})")]
        except RecursionError:
            return [Problem("body", "JSON", "values nested too deeply to be read")]
        if self._validator is None:
            return []
        try:
            return [] if self._validator.is_valid(value) else _problems(self._validator, value)
        except UnicodeEncodeError:
            # \ud800 alone is legal JSON, although it is no character: only the rest can be judged.
            return _problems(self._validator, without_surrogates(value))
        except ValueError as error:
            return [Problem("body", "values that a validator can read", str(error))]


class Response:
    """One declared response: its media types in order, and its headers by lower-case name."""

    __slots__ = ("_bodies", "_essences", "_headers", "_required")

    def __init__(self, bodies: Mapping[str, Body], headers: tuple[Header, ...]) -> None:
        self._bodies = {essence(name): body for name, body in bodies.items()}
        self._essences = ", ".join(self._bodies)
        self._headers = {header.name.lower(): header for header in headers}
        self._required = tuple(name for name, header in self._headers.items() if header.required)

    def problems(self, headers: Headers, body_text: str) -> list[Problem]:
        found: list[Problem] = []
        seen: set[str] = set()
        media = ""
        declared = self._headers
        for name, value in headers:
            name = name.lower()
            header = declared.get(name)
            if header is not None:
                seen.add(name)
                if not header.fits(value):
                    found.append(Problem(f"header {header.name}", header.wanted, short(value)))
            elif name == "content-type":
                media = value
        if len(seen) < len(declared):
            for name in self._required:
                if name not in seen:
                    found.append(Problem(f"header {declared[name].name}", "present", "absent"))
        if self._bodies:
            found += self._body_problems(media, body_text)
        return found

    def _body_problems(self, media: str, body_text: str) -> list[Problem]:
        if not body_text:
            return [Problem("body", f"content of type {self._essences}", "no content")]
        kind = essence(media)
        body = self._bodies.get(kind) or self._body_of_a_range(kind)
        if body is None:
            found = [Problem("content-type", self._essences, media or "absent")]
            only = next(iter(self._bodies))
            # Without a type the document's own is the only one that makes sense; with another one, none does.
            return found if media or not is_json(only) else found + self._bodies[only].problems(body_text)
        return body.problems(body_text) if not kind or is_json(kind) else []

    def _body_of_a_range(self, essence: str) -> Body | None:
        kind = essence.partition("/")[0]
        return self._bodies.get(f"{kind}/*") or self._bodies.get("*/*")


def essence(media: str) -> str:
    """A media type without its parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def is_json(essence: str) -> bool:
    """Whether content of this type is JSON."""
    return essence == "application/json" or essence.endswith("+json")


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _problems(validator: Draft202012Validator, value: Any) -> list[Problem]:
    found: list[Problem] = []
    for error in validator.iter_errors(value):
        found += _from_error(error)
        if len(found) >= _MAX_PROBLEMS:
            break
    return found[:_MAX_PROBLEMS]


def _from_error(error: ValidationError) -> list[Problem]:
    place = _body_place(error.instance_path)
    kind, detail = error.kind.name, error.kind.value
    if kind == "required":
        return [Problem(_body_place([*error.instance_path, detail]), "present", "absent")]
    if kind == "anyOf":
        # Where one branch got deeper into the value than the others it is the one that was meant.
        branches = [branch for branch in error.kind.context if branch]  # type: ignore[attr-defined]
        meant: list[ValidationError] = max(branches, key=lambda branch: len(branch[0].instance_path), default=[])
        if meant and len(meant[0].instance_path) > len(error.instance_path):
            return [problem for inner in meant for problem in _from_error(inner)]
        types = [inner.kind.value for branch in branches for inner in branch if inner.kind.name == "type"]
        if branches and len(types) == len(branches):
            return [Problem(place, " or ".join(name for names in types for name in names), short(error.instance))]
        return [Problem(place, f"one of {len(branches)} documented forms", short(error.instance))]
    return [Problem(place, _keyword(kind, detail), short(error.instance))]


def _keyword(kind: str, detail: Any) -> str:
    """A keyword of JSON Schema and its value as an expectation."""
    match kind:
        case "type":
            return " or ".join(detail)
        case "enum":
            return f"one of {', '.join(short(option) for option in detail)}"
        case "const":
            return short(detail)
        case "format":
            return f"format {detail}"
        case "pattern":
            return f"text that matches {detail}"
        case "minimum":
            return f"{detail} or more"
        case "maximum":
            return f"{detail} or less"
        case _:
            return f"{kind} {short(detail)}" if isinstance(detail, int | float | str | list) else kind


def _wanted(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "a value that the document allows"
    said = [
        _keyword(name, [schema[name]] if name == "type" and isinstance(schema[name], str) else schema[name])
        for name in ("type", "format", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength")
        if name in schema
    ]
    return ", ".join(said) or "a value that the document allows"


def _types(schema: Any) -> Iterator[str]:
    """Each type that a compiled schema speaks of, wherever in it."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "type" and not isinstance(value, dict):
                yield from [value] if isinstance(value, str) else value
            elif name not in ("enum", "const"):
                yield from _types(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _types(item)


def _body_place(path: list[str | int]) -> str:
    return f"body {pointer_to(path)}" if path else "body"
