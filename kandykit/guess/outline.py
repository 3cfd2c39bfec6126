"""A document laid flat: its operations, with every member of what they take and give, whatever version it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from kandykit.openapi import METHODS, Loader, Place

DEEPEST: Final = 12
"""Schemas within schemas are followed so far; they may contain themselves."""

MOST: Final = 2_000
"""So many members of one body are looked at; what matters stands among the first."""

ITEM: Final = "*"
"""Stands in a path for any item of a list."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a body: ``path`` leads to it, `ITEM` for the items of a list.

    ``words`` are the only values that it may have; none where it may have any.
    """

    path: tuple[str, ...]
    types: frozenset[str] = frozenset()
    words: tuple[Any, ...] = ()
    required: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Its name; that of the list for an item."""
        return next((part for part in reversed(self.path) if part != ITEM), "")

    @property
    def parent(self) -> tuple[str, ...]:
        """The path of what it stands in."""
        return self.path[:-1]

    @property
    def is_number(self) -> bool:
        """Whether it is a whole number."""
        return "integer" in self.types or ("number" in self.types and "string" not in self.types)

    @property
    def is_text(self) -> bool:
        """Whether it is text."""
        return "string" in self.types or (not self.types and bool(self.words) and isinstance(self.words[0], str))

    @property
    def is_leaf(self) -> bool:
        """Whether it is no object and no list."""
        return not self.types & {"object", "array"}

    def said(self, *names: str) -> Any:
        """The first of these keywords that its schema has."""
        return next((self.schema[name] for name in names if name in self.schema), None)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter outside the body."""

    name: str
    place: str
    required: bool
    example: Any = None


@dataclass(frozen=True, slots=True)
class Outlined:
    """One operation: ``asked`` are the members of its JSON body, ``given`` those of its first success with content."""

    method: str
    template: str
    words: str
    parameters: tuple[Parameter, ...]
    asked: tuple[Member, ...]
    given: tuple[Member, ...]

    @property
    def label(self) -> str:
        """As people call it."""
        return f"{self.method} {self.template}"

    def parameter(self, *places: str) -> Parameter | None:
        """The first parameter in one of these places."""
        return next((each for each in self.parameters if each.place in places), None)


@dataclass(frozen=True, slots=True)
class Outline:
    """The document as a whole; ``base_url`` and ``token_url`` are empty where it names none."""

    path: Path
    version: str
    title: str
    base_url: str
    token_url: str
    operations: tuple[Outlined, ...]


def outline(path: Path | str) -> Outline:
    """The outline of a document; raises `UsageError` with the place of what is wrong with it."""
    loader = Loader(Path(path))
    document = loader.document()  # a broken document is refused here, before anything is made of it
    tree, root = loader.tree, loader.root
    flat = _Flat(loader)
    operations = []
    for template, item in tree["paths"].items():
        if not str(template).startswith("/"):
            continue
        value, place = loader.resolved(item, root / "paths" / str(template))
        shared = value.get("parameters", [])
        for method in METHODS:
            if isinstance(value.get(method), dict):
                operations.append(flat.operation(method, str(template), value[method], shared, place / method))
    base = _base_url(tree)
    return Outline(Path(path), document.version, document.title, base, _token_url(tree, base), tuple(operations))


class _Flat:
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def operation(self, method: str, template: str, value: dict[str, Any], shared: Any, place: Place) -> Outlined:
        parameters: dict[tuple[str, str], Parameter] = {}
        asked: list[Member] = []
        for index, each in enumerate([*_listed(shared), *_listed(value.get("parameters"))]):
            found, at = self.loader.resolved(each, place / "parameters" / index)
            if not isinstance(found, dict):
                continue
            where, name = str(found.get("in", "")), str(found.get("name", ""))
            if where == "body":
                asked = list(self.members(found.get("schema", {}), at / "schema"))
            elif where == "formData":
                asked.append(Member((name,), _types(found), _words(found), found.get("required") is True, found))
            elif where:
                schema = found.get("schema", found)
                example = found.get("example", schema.get("example") if isinstance(schema, dict) else None)
                parameters[where, name] = Parameter(name, where, found.get("required") is True, example)
        body, at = self.loader.resolved(value.get("requestBody", {}), place / "requestBody")
        if isinstance(body, dict) and body.get("content"):
            asked = list(self._content(body["content"], at / "content"))
        words = [value.get("operationId"), value.get("summary"), *_listed(value.get("tags"))]
        return Outlined(
            method.upper(),
            template,
            " ".join(str(word) for word in words if word),
            tuple(parameters.values()),
            tuple(asked),
            tuple(self._answer(value.get("responses", {}), place / "responses")),
        )

    def _answer(self, responses: Any, place: Place) -> Iterator[Member]:
        if not isinstance(responses, dict):
            return
        by_status = {str(status): response for status, response in responses.items()}
        for status in ("201", "200", "202", "2XX", "default"):
            if status not in by_status:
                continue
            response, at = self.loader.resolved(by_status[status], place / status)
            if status == "default" or not isinstance(response, dict):
                continue
            if "schema" in response:
                found = list(self.members(response["schema"], at / "schema"))
            else:
                found = list(self._content(response.get("content", {}), at / "content"))
            if found:
                yield from found
                return

    def _content(self, content: Any, place: Place) -> Iterator[Member]:
        if not isinstance(content, dict) or not content:
            return
        media = next((name for name in content if "json" in str(name)), next(iter(content)))
        found, at = self.loader.resolved(content[media], place / str(media))
        if isinstance(found, dict) and "schema" in found:
            yield from self.members(found["schema"], at / "schema")

    def members(
        self, schema: Any, place: Place, path: tuple[str, ...] = (), *, required: bool = True
    ) -> Iterator[Member]:
        """Every member of a schema, parents before children; what several branches say of one is put together."""
        found: dict[tuple[str, ...], Member] = {}
        for member in islice(self._members(schema, place, path, required), MOST):
            known = found.get(member.path)
            if known is not None:
                words = known.words or member.words
                member = replace(
                    known,
                    types=known.types | member.types,
                    words=words,
                    required=known.required or member.required,
                    schema={**member.schema, **known.schema},
                )
            found[member.path] = member
        yield from (member for path, member in found.items() if path)

    def _members(
        self, schema: Any, place: Place, path: tuple[str, ...], required: bool, deep: int = 0
    ) -> Iterator[Member]:
        schema, place = self.loader.resolved(schema, place)
        if not isinstance(schema, dict) or deep > DEEPEST:
            return
        types = _types(schema)
        yield Member(path, types, _words(schema), required, schema)
        for keyword in ("allOf", "oneOf", "anyOf"):
            for index, branch in enumerate(_listed(schema.get(keyword))):
                sure = required and keyword == "allOf"
                yield from self._members(branch, place / keyword / index, path, sure, deep + 1)
        asked = _listed(schema.get("required"))
        properties = schema.get("properties")
        for name, inner in (properties if isinstance(properties, dict) else {}).items():
            sure = required and name in asked
            yield from self._members(inner, place / "properties" / str(name), (*path, str(name)), sure, deep + 1)
        if "items" in schema:
            yield from self._members(schema["items"], place / "items", (*path, ITEM), required, deep + 1)


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    types = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    if not types and "properties" in schema:
        types = {"object"}
    if not types and "items" in schema:
        types = {"array"}
    return frozenset(types - {"null"})


def _words(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    if "const" in schema:
        return (schema["const"],)
    return tuple(word for word in _listed(schema.get("enum")) if word is not None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _base_url(tree: Mapping[str, Any]) -> str:
    servers = _listed(tree.get("servers"))
    if servers and isinstance(servers[0], dict):
        url = str(servers[0].get("url", ""))
        variables = servers[0].get("variables", {})
        for name, variable in (variables if isinstance(variables, dict) else {}).items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")) if isinstance(variable, dict) else "")
        return url.rstrip("/") if urlsplit(url).netloc else ""
    if tree.get("host"):
        schemes = [str(scheme) for scheme in _listed(tree.get("schemes"))] or ["https"]
        scheme = "https" if "https" in schemes else schemes[0]
        return f"{scheme}://{tree['host']}{tree.get('basePath', '')}".rstrip("/")
    return ""


def _token_url(tree: Mapping[str, Any], base_url: str) -> str:
    components = tree.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else tree.get("securityDefinitions")
    for scheme in (schemes if isinstance(schemes, dict) else {}).values():
        if not isinstance(scheme, dict):
            continue
        flows = scheme.get("flows")
        flow = flows.get("clientCredentials") if isinstance(flows, dict) else scheme
        if isinstance(flow, dict) and flow.get("tokenUrl"):
            url = urljoin(base_url + "/", str(flow["tokenUrl"]))
            return url if re.match(r"https?://", url) else ""
    return ""
