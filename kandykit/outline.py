"""The outline of an OpenAPI document: what callers rely on, small enough to be kept in every statement.

Per operation it holds the parameters, the members of the request and of each answer, flat, by JSON pointer, and of each
only what a later document could break: whether it is required, its types, its words; of what callers send also the
bounds. References are followed and compositions are folded, so that a document that was only tidied up keeps its
outline. As JSON values::

    {"POST /order": {"parameters": {}, "media": ["application/json"],
                     "request": {"": {"type": ["object"], "closed": true},
                                 "/quantity": {"required": true, "type": ["integer"], "minimum": 1}},
                     "answers": {"201": {"media": [...], "headers": {"location": {...}}, "members": {...}}}}}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

LOWER_BOUNDS: Final = ("minimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
FORMS: Final = ("format", "pattern", "const", "multipleOf", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
"""Keywords that a value must meet besides; whether one form is stricter than another cannot be told."""

MOST_MEMBERS: Final = 4_000
"""Documents with more members than this keep only their operations and statuses beyond it."""

Resolve = Callable[[Any, Any], tuple[Any, Any]]
"""From a value and its place to what it refers to and where that stands; a place adds parts with ``/``."""
Members = dict[str, dict[str, Any]]


class Outliner:
    """Outlines the operations of one document; ``swagger`` tells the old form, whose bodies are parameters."""

    def __init__(self, resolve: Resolve, swagger: bool) -> None:
        self._resolve = resolve
        self._swagger = swagger
        self._left = MOST_MEMBERS

    def operation(
        self, operation: Mapping[str, Any], shared: Any, place: Any, media: Iterable[str] = ()
    ) -> dict[str, Any]:
        """One operation; ``shared`` are the parameters of its path, ``media`` what Swagger consumes by default."""
        parameters: Members = {}
        request: Members = {}
        consumed: list[str] = []
        listed = [*_list(shared), *_list(operation.get("parameters"))]
        for number, parameter in enumerate(listed):
            value, at = self._resolve(parameter, place / "parameters" / number)
            if not isinstance(value, dict):
                continue
            where, name = str(value.get("in", "")), str(value.get("name", ""))
            if where == "body":
                consumed = [str(name) for name in _list(operation.get("consumes")) or media]
                request = self._members(value.get("schema"), at / "schema", bool(value.get("required")), "readOnly")
            elif where == "formData":
                request.setdefault("", {"type": ["object"]})
                request[f"/{name}"] = self._one(value, at, bool(value.get("required")))
            elif where in ("query", "header", "path", "cookie"):
                schema = value if self._swagger else value.get("schema")
                parameters[f"{where} {name.lower() if where == 'header' else name}"] = self._one(
                    schema, at / "schema", bool(value.get("required")) or where == "path"
                )
        body, at = self._resolve(operation.get("requestBody"), place / "requestBody")
        if isinstance(body, dict):
            consumed, request = self._content(body, at, bool(body.get("required")), "readOnly")
        return {
            "parameters": parameters,
            "media": consumed,
            "request": request,
            "answers": {
                status: self._answer(answer, place / "responses" / status)
                for status, answer in sorted(_table(operation.get("responses")).items())
                if not status.startswith("x-")
            },
        }

    def _answer(self, answer: Any, place: Any) -> dict[str, Any]:
        value, at = self._resolve(answer, place)
        table = _table(value)
        if self._swagger:
            media: list[str] = []
            members = self._members(table.get("schema"), at / "schema", True, "writeOnly") if "schema" in table else {}
        else:
            media, members = self._content(table, at, True, "writeOnly")
        headers = {}
        for name, header in _table(table.get("headers")).items():
            declared, where = self._resolve(header, at / "headers" / name)
            schema = declared if self._swagger else _table(declared).get("schema")
            headers[name.lower()] = self._one(schema, where / "schema", _table(declared).get("required") is True)
        return {"media": media, "headers": _told(headers), "members": _told(members)}

    def _content(self, table: Mapping[str, Any], place: Any, required: bool, hidden: str) -> tuple[list[str], Members]:
        """The media types of a body, and the members of the first of them that has a schema."""
        content = _table(table.get("content"))
        for media, body in content.items():
            value, at = self._resolve(body, place / "content" / media)
            if "schema" in _table(value):
                return sorted(content), self._members(value["schema"], at / "schema", required, hidden)
        return sorted(content), {}

    def _one(self, schema: Any, place: Any, required: bool) -> dict[str, Any]:
        """A value that is no object: a parameter or a header."""
        return self._members(schema, place, required, "").get("", {"required": True} if required else {})

    def _members(self, schema: Any, place: Any, required: bool, hidden: str) -> Members:
        members = self._flat(schema, place, hidden, ())
        if required:
            members.setdefault("", {})["required"] = True
        return members

    def _flat(self, schema: Any, place: Any, hidden: str, above: tuple[Any, ...]) -> Members:
        value, at = self._resolve(schema, place)
        if not isinstance(value, dict) or at in above or self._left <= 0:
            return {"": {}}
        self._left -= 1
        above = (*above, at)
        members = {"": _facts(value)}
        needed = {str(name) for name in _list(value.get("required"))}
        for name, property_schema in _table(value.get("properties")).items():
            inner, _ = self._resolve(property_schema, at / "properties" / name)
            if hidden and _table(inner).get(hidden) is True:
                continue
            flat = self._flat(property_schema, at / "properties" / name, hidden, above)
            if name in needed:
                flat[""]["required"] = True
            members |= {f"/{_escaped(name)}{pointer}": facts for pointer, facts in flat.items()}
        if isinstance(value.get("items"), dict):
            flat = self._flat(value["items"], at / "items", hidden, above)
            members |= {f"/*{pointer}": facts for pointer, facts in flat.items()}
        for number, part in enumerate(_list(value.get("allOf"))):
            members = _both(members, self._flat(part, at / "allOf" / number, hidden, above))
        for word in ("oneOf", "anyOf"):
            branches = [
                self._flat(part, at / word / number, hidden, above)
                for number, part in enumerate(_list(value.get(word)))
            ]
            if branches:
                members = _both(members, _either(branches))
        return members


def _told(members: Members) -> Members:
    """Of what a target answers only what callers could miss, or meet without knowing it: its bounds are its own."""
    kept = ("required", "type", "enum")
    return {pointer: {name: facts[name] for name in kept if name in facts} for pointer, facts in members.items()}


def _facts(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What one schema says of its own value, in one spelling for all versions of OpenAPI."""
    facts: dict[str, Any] = {}
    types = schema.get("type")
    kinds = {str(kind) for kind in (types if isinstance(types, list) else [types] if types else [])}
    if not kinds and ("properties" in schema or "required" in schema):
        kinds = {"object"}
    if kinds and (schema.get("nullable") is True or schema.get("x-nullable") is True):
        kinds.add("null")
    if kinds:
        facts["type"] = sorted(kinds)
    if isinstance(schema.get("enum"), list):
        facts["enum"] = sorted(schema["enum"], key=str)
    for name in (*LOWER_BOUNDS, *UPPER_BOUNDS, *FORMS):
        if isinstance(schema.get(name), str | int | float):
            facts[name] = schema[name]
    if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
        facts["closed"] = True
    return facts


def _both(one: Members, other: Members) -> Members:
    """What holds where both hold."""
    joined = {pointer: dict(facts) for pointer, facts in one.items()}
    for pointer, facts in other.items():
        mine = joined.setdefault(pointer, {})
        for name, value in facts.items():
            known = mine.get(name)
            if known is None:
                mine[name] = value
            elif name in ("type", "enum"):
                mine[name] = [item for item in known if item in value]
            elif name in LOWER_BOUNDS:
                mine[name] = max(known, value)
            elif name in UPPER_BOUNDS:
                mine[name] = min(known, value)
    return joined


def _either(branches: list[Members]) -> Members:
    """What holds whichever of them holds."""
    joined: Members = {}
    for pointer in dict.fromkeys(pointer for branch in branches for pointer in branch):
        known = [branch[pointer] for branch in branches if pointer in branch]
        everywhere = len(known) == len(branches)
        facts = joined.setdefault(pointer, {})
        if everywhere and all(each.get("required") for each in known):
            facts["required"] = True
        for name in ("type", "enum"):
            if all(name in each for each in known):
                facts[name] = sorted({item: None for each in known for item in each[name]}, key=str)
        for name in (*LOWER_BOUNDS, *UPPER_BOUNDS, *FORMS, "closed"):
            values = [each.get(name) for each in known]
            if values[0] is not None and all(value == values[0] for value in values):
                facts[name] = values[0]
    return joined


def _table(value: Any) -> dict[str, Any]:
    return {str(name): item for name, item in value.items()} if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
