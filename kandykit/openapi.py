"""The OpenAPI document that a target is held against: the shipped one, or the vendor's own.

`load_document` reads OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0, as YAML or JSON, and compiles every response schema at
once, so that a broken document is refused before anything is sent. Answers are judged as open: a member that the
document does not know is legal even where a schema is closed. For the same reason ``oneOf`` asks for at least one
branch: without the closing, two may fit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import unquote

import yaml
from jsonschema_rs import Draft202012Validator, ValidationError

from kandykit.errors import UsageError
from kandykit.exchange import Headers

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which an answer is not what the document says.

    ``place`` is ``content-type``, ``header NAME``, ``body``, or ``body POINTER`` with the JSON pointer of the value.
    """

    place: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One operation of the document; ``template`` is its path as the document writes it, ``statuses`` what it declares.

    A range such as ``4XX`` counts as each of its statuses; ``default`` adds none.
    """

    method: str
    template: str
    statuses: frozenset[int]
    _responses: Mapping[int, _Response] = field(repr=False, compare=False)
    _default: _Response | None = field(default=None, repr=False, compare=False)

    def problems(self, status: int, headers: Headers, body_text: str) -> list[Problem]:
        """What is wrong with an answer: its content type, its declared headers, its body; empty where nothing is.

        Nothing is said of a status that the document does not declare: whether it is legal is another question. The
        answer to HEAD has no body by nature and is not for this.
        """
        response = self._responses.get(status, self._default)
        return [] if response is None else response.problems(headers, body_text)


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document, compiled.

    ``version`` is the version of OpenAPI or Swagger that it is written in, ``digest`` is ``sha256:`` and the digest of
    its file.
    """

    path: Path
    digest: str
    version: str
    title: str
    operations: tuple[OperationSpec, ...]
    _matchers: tuple[tuple[str, re.Pattern[str], OperationSpec], ...] = field(repr=False, compare=False)

    @property
    def statuses(self) -> frozenset[int]:
        """Every status that some operation declares."""
        return frozenset().union(*(operation.statuses for operation in self.operations))

    def operation(self, method: str, path_below_base: str) -> OperationSpec | None:
        """The operation that a call reaches, by method and path (``/order``); None where the document has none.

        The path is as sent, percent-encoding included, without query. Paths without parameters go before templates.
        """
        method = method.upper()
        for wanted, pattern, operation in self._matchers:
            if wanted == method and pattern.fullmatch(path_below_base):
                return operation
        return None


def load_document(path: Path | str) -> Document:
    """The document in a file, with relative references to files beside it resolved.

    Raises `UsageError` with the place (a line, or a JSON pointer into the document) and what to do about it.
    """
    return _Loader(Path(path)).document()


# --- Judging an answer ------------------------------------------------------------------------------------------------

_MAX_PROBLEMS: Final = 20
_KNOWN_GOOD: Final = 256


class _Header:
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
        text = _without_surrogates(text)
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


class _Body:
    """What the body of one media type must be; nothing is asked of what is not JSON."""

    __slots__ = ("_validator",)

    def __init__(self, validator: Draft202012Validator | None) -> None:
        self._validator = validator

    def problems(self, text: str) -> list[Problem]:
        if not text.isascii() and _without_surrogates(text) != text:
            return [Problem("body", "JSON in UTF-8", "octets that are no UTF-8")]
        try:
            value = json.loads(text, parse_constant=_no_json)
        except ValueError as error:
            return [Problem("body", "JSON", f"{_short(text)} ({error})")]
        except RecursionError:
            return [Problem("body", "JSON", "values nested too deeply to be read")]
        if self._validator is None:
            return []
        try:
            return [] if self._validator.is_valid(value) else _problems(self._validator, value)
        except UnicodeEncodeError:
            # \ud800 alone is legal JSON, although it is no character: only the rest can be judged.
            return _problems(self._validator, _without_surrogates(value))
        except ValueError as error:
            return [Problem("body", "values that a validator can read", str(error))]


class _Response:
    """One declared response: its media types in order, and its headers by lower-case name."""

    __slots__ = ("_bodies", "_essences", "_headers", "_required")

    def __init__(self, bodies: Mapping[str, _Body], headers: tuple[_Header, ...]) -> None:
        self._bodies = {_essence(name): body for name, body in bodies.items()}
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
                    found.append(Problem(f"header {header.name}", header.wanted, _short(value)))
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
        essence = _essence(media)
        body = self._bodies.get(essence) or self._body_of_a_range(essence)
        if body is None:
            found = [Problem("content-type", self._essences, media or "absent")]
            only = next(iter(self._bodies))
            # Without a type the document's own is the only one that makes sense; with another one, none does.
            return found if media or not _is_json(only) else found + self._bodies[only].problems(body_text)
        return body.problems(body_text) if not essence or _is_json(essence) else []

    def _body_of_a_range(self, essence: str) -> _Body | None:
        kind = essence.partition("/")[0]
        return self._bodies.get(f"{kind}/*") or self._bodies.get("*/*")


def _essence(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _is_json(essence: str) -> bool:
    return essence == "application/json" or essence.endswith("+json")


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for each half of a pair that stands alone; the validator takes characters only."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _without_surrogates(text)
    return text if len(text) <= 120 else f"{text[:117]}..."


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
            return [Problem(place, " or ".join(name for names in types for name in names), _short(error.instance))]
        return [Problem(place, f"one of {len(branches)} documented forms", _short(error.instance))]
    return [Problem(place, _keyword(kind, detail), _short(error.instance))]


def _keyword(kind: str, detail: Any) -> str:
    """A keyword of JSON Schema and its value as an expectation."""
    match kind:
        case "type":
            return " or ".join(detail)
        case "enum":
            return f"one of {', '.join(_short(option) for option in detail)}"
        case "const":
            return _short(detail)
        case "format":
            return f"format {detail}"
        case "pattern":
            return f"text that matches {detail}"
        case "minimum":
            return f"{detail} or more"
        case "maximum":
            return f"{detail} or less"
        case _:
            return f"{kind} {_short(detail)}" if isinstance(detail, int | float | str | list) else kind


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
    return f"body {_pointer(path)}" if path else "body"


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


# --- Loading a document -----------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """Where a value stands: a file, and the JSON pointer in it."""

    file: Path
    pointer: str

    def __truediv__(self, part: str | int) -> _Place:
        return _Place(self.file, self.pointer + _pointer([part]))

    def __str__(self) -> str:
        return f"{self.file}: #{self.pointer}"


def _refuse(place: _Place, why: str, remedy: str) -> UsageError:
    return UsageError(f"{place}: {why}; {remedy}")


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


def _read(file: Path) -> tuple[Any, bytes]:
    try:
        octets = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: the OpenAPI document cannot be read: {error.strerror}") from None
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


class _Loader:
    """Reads one document; everything that is referred to twice is compiled once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._trees: dict[Path, Any] = {}
        self._responses: dict[tuple[_Place, str], _Response] = {}
        self._validators: dict[_Place, tuple[Any, Draft202012Validator]] = {}
        tree, octets = _read(file)
        self._trees[file] = tree
        self._root = _Place(file, "")
        self._digest = f"sha256:{hashlib.sha256(octets).hexdigest()}"
        self._version = self._find_version(tree)
        self._swagger = self._version.startswith("2.")
        # Up to 3.0 a reference stands alone; from 3.1 on its neighbours count too.
        self.lone_references = self._version.startswith(("2.", "3.0"))

    def document(self) -> Document:
        tree = self._trees[self._file]
        paths = self._table(tree.get("paths", {}), self._root / "paths")
        operations = tuple(
            self._operation(method.upper(), template, value, place)
            for template, item in paths.items()
            if template.startswith("/")
            for item_value, item_place in [self.resolved(item, self._root / "paths" / template)]
            for method, value in self._table(item_value, item_place).items()
            if method in METHODS
            for place in [item_place / method]
        )
        if not operations:
            raise _refuse(self._root / "paths", "the document has no operation", "add the paths that the target serves")
        info = tree.get("info")
        title = str(info.get("title", "")) if isinstance(info, dict) else ""
        return Document(self._file, self._digest, self._version, title, operations, tuple(_matchers(operations)))

    def _find_version(self, tree: Any) -> str:
        if not isinstance(tree, dict):
            raise _refuse(self._root, "this is no OpenAPI document", "it must be a mapping that begins with openapi:")
        version = str(tree.get("openapi", tree.get("swagger", "")))
        if not re.match(r"2\.0$|3\.[012](\.|$)", version):
            known = "OpenAPI 3.0, 3.1 and 3.2, and Swagger 2.0"
            said = f"version {version!r} is not known" if version else "it does not say its version"
            raise _refuse(self._root, said, f"write openapi: 3.0.3 or swagger: '2.0'; known are {known}")
        return version

    def _table(self, value: Any, place: _Place) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _refuse(place, f"{_short(value) if value is not None else 'nothing'} stands here", "write a mapping")
        return {str(key): item for key, item in value.items()}

    def resolved(self, value: Any, place: _Place) -> tuple[Any, _Place]:
        """A value and its place, references followed to where they lead."""
        passed: set[_Place] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            if place in passed:
                raise _refuse(place, f"$ref {value['$ref']!r} leads back to itself", "let it lead to a definition")
            passed.add(place)
            value, place = self.follow(value["$ref"], place)
        return value, place

    def follow(self, reference: str, place: _Place) -> tuple[Any, _Place]:
        name, _, pointer = reference.partition("#")
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
            raise _refuse(place, f"$ref {reference!r} leads to another server", "bundle the document into one file")
        file = place.file.parent / unquote(name) if name else place.file
        if file not in self._trees:
            self._trees[file] = _read(file)[0]
        value = self._trees[file]
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        for part in parts:
            if isinstance(value, dict):
                # Status codes are often written as numbers.
                value = {str(key): item for key, item in value.items()}.get(part, _Loader)
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                value = _Loader
            if value is _Loader:
                raise _refuse(place, f"$ref {reference!r} leads nowhere", "add what it names, or correct it")
        if pointer and not pointer.startswith("/"):
            raise _refuse(
                place, f"$ref {reference!r} names an anchor", "refer by a path such as #/components/schemas/x"
            )
        return value, _Place(file, _pointer(list(parts)))

    def _operation(self, method: str, template: str, value: Any, place: _Place) -> OperationSpec:
        operation = self._table(value, place)
        media = operation.get("produces", self._trees[self._file].get("produces", ["*/*"])) if self._swagger else []
        if not isinstance(media, list):
            raise _refuse(place / "produces", f"{_short(media)} stands here", "write a list of media types")
        default: _Response | None = None
        responses: dict[int, _Response] = {}
        ranges: dict[int, _Response] = {}
        for status, response in self._table(operation.get("responses", {}), place / "responses").items():
            if status.startswith("x-"):
                continue
            built = self._response(response, place / "responses" / status, media)
            if status == "default":
                default = built
            elif re.fullmatch(r"[1-5]XX", status):
                ranges |= dict.fromkeys(range(int(status[0]) * 100, int(status[0]) * 100 + 100), built)
            elif re.fullmatch(r"[1-5][0-9][0-9]", status):
                responses[int(status)] = built
            else:
                remedy = "write a status such as '200', a range such as 4XX, or default"
                raise _refuse(place / "responses" / status, f"{status!r} is no HTTP status", remedy)
        responses = ranges | responses
        return OperationSpec(method, template, frozenset(responses), responses, default)

    def _response(self, value: Any, place: _Place, media: Any) -> _Response:
        value, place = self.resolved(value, place)
        # In Swagger the same response means something else under another `produces`.
        key = place, json.dumps(media)
        if key not in self._responses:
            self._responses[key] = self._built(self._table(value, place), place, media)
        return self._responses[key]

    def _built(self, response: dict[str, Any], place: _Place, media: Any) -> _Response:
        bodies: dict[str, _Body] = {}
        if self._swagger:
            schema = response.get("schema")
            # type: file is a Swagger word for anything at all.
            if schema is not None and not (isinstance(schema, dict) and schema.get("type") == "file"):
                bodies = dict.fromkeys(map(str, media), _Body(self._compiled(schema, place / "schema")[1]))
        else:
            for name, content in self._table(response.get("content", {}), place / "content").items():
                inner = place / "content" / name
                content, inner = self.resolved(content, inner)
                schema = self._table(content, inner).get("schema")
                has_schema = schema is not None and (_is_json(_essence(name)) or "*" in name)
                bodies[name] = _Body(self._compiled(schema, inner / "schema")[1] if has_schema else None)
        headers = self._table(response.get("headers", {}), place / "headers")
        return _Response(
            bodies,
            tuple(
                self._header(name, header, place / "headers" / name)
                for name, header in headers.items()
                # OpenAPI says itself that a header object of this name is ignored: `content` has the last word.
                if name.lower() != "content-type"
            ),
        )

    def _header(self, name: str, value: Any, place: _Place) -> _Header:
        value, place = self.resolved(value, place)
        header = self._table(value, place)
        if self._swagger:
            # The header is its own schema there, and never required.
            plain = {key: item for key, item in header.items() if key != "description"}
            return _Header(name, False, *self._compiled(plain, place))
        schema = header.get("schema")
        if schema is None:
            return _Header(name, header.get("required") is True, None, None)
        return _Header(name, header.get("required") is True, *self._compiled(schema, place / "schema"))

    def _compiled(self, value: Any, place: _Place) -> tuple[Any, Draft202012Validator]:
        _, key = self.resolved(value, place)
        if key not in self._validators:
            translation = _Translation(self)
            try:
                schema = translation.whole(value, place)
                self._validators[key] = (schema, Draft202012Validator(schema, validate_formats=True))
            except ValidationError as error:
                at = translation.place(list(error.instance_path), key)
                raise _refuse(at, f"the schema cannot be used: {error.message}", "correct it") from None
            except (ValueError, RecursionError) as error:
                raise _refuse(key, f"the schema cannot be used: {error}", "correct it") from None
        return self._validators[key]


class _Translation:
    """One schema of any OpenAPI version as JSON Schema 2020-12, open, with what it refers to beside it."""

    _ONE: Final[tuple[str, ...]] = (
        "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties",
    )  # fmt: skip
    _MANY: Final = ("allOf", "anyOf", "prefixItems")
    _NAMED: Final = ("dependentSchemas", "patternProperties", "properties")
    _PLAIN: Final[tuple[str, ...]] = (
        "const", "dependentRequired", "enum", "format", "maxContains", "maxItems", "maxLength", "maxProperties",
        "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern",
        "exclusiveMaximum", "exclusiveMinimum", "required", "type", "uniqueItems",
    )  # fmt: skip

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._names: dict[_Place, str] = {}
        self._defs: dict[str, Any] = {}

    def whole(self, value: Any, place: _Place) -> dict[str, Any]:
        schema = self._schema(value, place)
        while isinstance(schema, dict) and list(schema) == ["$ref"]:
            schema = self._defs[schema["$ref"].rpartition("/")[2]]
        if isinstance(schema, bool):
            schema = {} if schema else {"not": {}}
        return {**schema, "$defs": self._defs}

    def place(self, path: list[str | int], root: _Place) -> _Place:
        """Where in the documents a value of the translated schema came from."""
        if path[:1] == ["$defs"]:
            root = next(place for place, name in self._names.items() if name == path[1])
            path = path[2:]
        return _Place(root.file, root.pointer + _pointer(path))

    def _schema(self, value: Any, place: _Place) -> Any:
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise _refuse(place, f"{_short(value)} is no schema", "write a mapping")
        reference = value.get("$ref")
        translated: dict[str, Any] = {}
        if isinstance(reference, str):
            translated["$ref"] = f"#/$defs/{self._name(reference, place)}"
        if not isinstance(reference, str) or not self._loader.lone_references:
            translated |= self._keywords(value, place)
        # Old documents write nullable beside a reference too; strictly it is ignored there, but it is always meant.
        if value.get("nullable") is True or value.get("x-nullable") is True:
            return {"anyOf": [{"type": "null"}, translated]}
        return translated

    def _name(self, reference: str, place: _Place) -> str:
        value, target = self._loader.follow(reference, place)
        if target not in self._names:
            name = self._names[target] = f"s{len(self._names)}"
            self._defs[name] = {}  # in place before it is translated: a schema may contain itself
            self._defs[name] = self._schema(value, target)
        return self._names[target]

    def _keywords(self, value: dict[str, Any], place: _Place) -> dict[str, Any]:
        translated = {name: value[name] for name in self._PLAIN if name in value}
        for name in self._ONE:
            # `false` here closes an object, and an answer may always say more than the document knows.
            if name in value and not (name in ("additionalProperties", "unevaluatedProperties") and not value[name]):
                translated[name] = self._schema(value[name], place / name)
        for name in self._MANY:
            if name in value:
                translated[name] = self._list(value[name], place / name)
        if "oneOf" in value:
            branches = {"anyOf": self._list(value["oneOf"], place / "oneOf")}
            translated["allOf"] = [*translated.get("allOf", []), branches]
        for name in self._NAMED:
            if name in value:
                table = value[name]
                if not isinstance(table, dict):
                    raise _refuse(place / name, f"{_short(table)} stands here", "write a mapping")
                translated[name] = {
                    str(key): self._schema(item, place / name / str(key)) for key, item in table.items()
                }
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            # A flag beside the bound in the old versions, a bound of its own since 3.1.
            if isinstance(translated.get(exclusive), bool):
                flag = translated.pop(exclusive)
                if flag and bound in translated:
                    translated[exclusive] = translated.pop(bound)
        return self._without_what_only_requests_have(translated, value, place)

    def _without_what_only_requests_have(
        self, translated: dict[str, Any], value: dict[str, Any], place: _Place
    ) -> dict[str, Any]:
        required, properties = translated.get("required"), value.get("properties")
        if isinstance(required, list) and isinstance(properties, dict):
            translated["required"] = [
                name
                for name in required
                if name not in properties
                or not isinstance(
                    member := self._loader.resolved(properties[name], place / "properties" / str(name))[0], dict
                )
                or member.get("writeOnly") is not True
            ]
        return translated

    def _list(self, value: Any, place: _Place) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise _refuse(place, f"{_short(value)} stands here", "write a list of schemas")
        return [self._schema(item, place / index) for index, item in enumerate(value)]


def _matchers(operations: tuple[OperationSpec, ...]) -> Iterator[tuple[str, re.Pattern[str], OperationSpec]]:
    """How to find an operation by its path: plain paths, then templates, then both without a prefix they all share.

    Some documents write the base path into every path instead of into ``servers``.
    """
    shared = _shared_prefix([operation.template for operation in operations])
    for prefix in ["", shared] if shared else [""]:
        for operation in sorted(operations, key=lambda operation: "{" in operation.template):
            parts = re.split(r"(\{[^{}/]+\})", operation.template.removeprefix(prefix))
            pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
            yield operation.method, re.compile(pattern), operation


def _shared_prefix(templates: list[str]) -> str:
    split = [template.split("/") for template in templates]
    shared = 0
    for column in zip(*(parts[:-1] for parts in split), strict=False):
        if len(set(column)) > 1 or "{" in column[0]:
            break
        shared += 1
    return "/".join(split[0][:shared])
