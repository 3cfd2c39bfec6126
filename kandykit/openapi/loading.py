"""From files to a document: references followed, every operation and every response schema compiled."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft202012Validator, ValidationError

from kandykit.openapi.answers import Body, Header, Response, essence, is_json
from kandykit.openapi.document import METHODS, Document, OperationSpec, matchers
from kandykit.openapi.places import Place, pointer_to, read, refuse, short
from kandykit.openapi.schemas import Translation
from kandykit.outline import Outliner


def load_document(path: Path | str) -> Document:
    """The document in a file, with relative references to files beside it resolved.

    Raises `UsageError` with the place (a line, or a JSON pointer into the document) and what to do about it.
    """
    return Loader(Path(path)).document()


class Loader:
    """Reads one document; everything that is referred to twice is compiled once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._trees: dict[Path, Any] = {}
        self._responses: dict[tuple[Place, str], Response] = {}
        self._validators: dict[Place, tuple[Any, Draft202012Validator]] = {}
        tree, octets = read(file)
        self._trees[file] = self.tree = tree
        self.root = Place(file, "")
        self._digest = f"sha256:{hashlib.sha256(octets).hexdigest()}"
        self._version = self._find_version(tree)
        self._swagger = self._version.startswith("2.")
        # Up to 3.0 a reference stands alone; from 3.1 on its neighbours count too.
        self.lone_references = self._version.startswith(("2.", "3.0"))

    def document(self) -> Document:
        tree = self._trees[self._file]
        paths = self._table(tree.get("paths", {}), self.root / "paths")
        operations = tuple(
            self._operation(method.upper(), template, value, place)
            for template, item in paths.items()
            if template.startswith("/")
            for item_value, item_place in [self.resolved(item, self.root / "paths" / template)]
            for method, value in self._table(item_value, item_place).items()
            if method in METHODS
            for place in [item_place / method]
        )
        if not operations:
            raise refuse(self.root / "paths", "the document has no operation", "add the paths that the target serves")
        info = tree.get("info")
        title = str(info.get("title", "")) if isinstance(info, dict) else ""
        return Document(
            self._file,
            self._digest,
            self._version,
            title,
            operations,
            self._outline(paths),
            tuple(matchers(operations)),
        )

    def _outline(self, paths: Mapping[str, Any]) -> dict[str, Any]:
        """What callers rely on; by now every operation is known to be one."""
        outliner = Outliner(self.resolved, self._swagger)
        media = self._trees[self._file].get("consumes", []) if self._swagger else []
        return {
            f"{method.upper()} {template}": outliner.operation(
                operation, item.get("parameters"), place / method, media if isinstance(media, list) else []
            )
            for template, value in paths.items()
            if template.startswith("/")
            for item, place in [self.resolved(value, self.root / "paths" / template)]
            for method, operation in item.items()
            if method in METHODS
        }

    def _find_version(self, tree: Any) -> str:
        if not isinstance(tree, dict):
            raise refuse(self.root, "this is no OpenAPI document", "it must be a mapping that begins with openapi:")
        version = str(tree.get("openapi", tree.get("swagger", "")))
        if not re.match(r"2\.0$|3\.[012](\.|$)", version):
            known = "OpenAPI 3.0, 3.1 and 3.2, and Swagger 2.0"
            said = f"version {version!r} is not known" if version else "it does not say its version"
            raise refuse(self.root, said, f"write openapi: 3.0.3 or swagger: '2.0'; known are {known}")
        return version

    def _table(self, value: Any, place: Place) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse(place, f"{short(value) if value is not None else 'nothing'} stands here", "write a mapping")
        return {str(key): item for key, item in value.items()}

    def resolved(self, value: Any, place: Place) -> tuple[Any, Place]:
        """A value and its place, references followed to where they lead."""
        passed: set[Place] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            if place in passed:
                raise refuse(place, f"$ref {value['$ref']!r} leads back to itself", "let it lead to a definition")
            passed.add(place)
            value, place = self.follow(value["$ref"], place)
        return value, place

    def follow(self, reference: str, place: Place) -> tuple[Any, Place]:
        name, _, pointer = reference.partition("#")
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
            raise refuse(place, f"$ref {reference!r} leads to another server", "bundle the document into one file")
        file = place.file.parent / unquote(name) if name else place.file
        if file not in self._trees:
            self._trees[file] = read(file)[0]
        value = self._trees[file]
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        for part in parts:
            if isinstance(value, dict):
                # Status codes are often written as numbers.
                value = {str(key): item for key, item in value.items()}.get(part, Loader)
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                value = Loader
            if value is Loader:
                raise refuse(place, f"$ref {reference!r} leads nowhere", "add what it names, or correct it")
        if pointer and not pointer.startswith("/"):
            raise refuse(place, f"$ref {reference!r} names an anchor", "refer by a path such as #/components/schemas/x")
        return value, Place(file, pointer_to(list(parts)))

    def _operation(self, method: str, template: str, value: Any, place: Place) -> OperationSpec:
        operation = self._table(value, place)
        media = operation.get("produces", self._trees[self._file].get("produces", ["*/*"])) if self._swagger else []
        if not isinstance(media, list):
            raise refuse(place / "produces", f"{short(media)} stands here", "write a list of media types")
        default: Response | None = None
        responses: dict[int, Response] = {}
        ranges: dict[int, Response] = {}
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
                raise refuse(place / "responses" / status, f"{status!r} is no HTTP status", remedy)
        responses = ranges | responses
        return OperationSpec(method, template, frozenset(responses), responses, default)

    def _response(self, value: Any, place: Place, media: Any) -> Response:
        value, place = self.resolved(value, place)
        # In Swagger the same response means something else under another `produces`.
        key = place, json.dumps(media)
        if key not in self._responses:
            self._responses[key] = self._built(self._table(value, place), place, media)
        return self._responses[key]

    def _built(self, response: dict[str, Any], place: Place, media: Any) -> Response:
        bodies: dict[str, Body] = {}
        if self._swagger:
            schema = response.get("schema")
            # type: file is a Swagger word for anything at all.
            if schema is not None and not (isinstance(schema, dict) and schema.get("type") == "file"):
                bodies = dict.fromkeys(map(str, media), Body(self._compiled(schema, place / "schema")[1]))
        else:
            for name, content in self._table(response.get("content", {}), place / "content").items():
                inner = place / "content" / name
                content, inner = self.resolved(content, inner)
                schema = self._table(content, inner).get("schema")
                has_schema = schema is not None and (is_json(essence(name)) or "*" in name)
                bodies[name] = Body(self._compiled(schema, inner / "schema")[1] if has_schema else None)
        headers = self._table(response.get("headers", {}), place / "headers")
        return Response(
            bodies,
            tuple(
                self._header(name, header, place / "headers" / name)
                for name, header in headers.items()
                # OpenAPI says itself that a header object of this name is ignored: `content` has the last word.
                if name.lower() != "content-type"
            ),
        )

    def _header(self, name: str, value: Any, place: Place) -> Header:
        value, place = self.resolved(value, place)
        header = self._table(value, place)
        if self._swagger:
            # The header is its own schema there, and never required.
            plain = {key: item for key, item in header.items() if key != "description"}
            return Header(name, False, *self._compiled(plain, place))
        schema = header.get("schema")
        if schema is None:
            return Header(name, header.get("required") is True, None, None)
        return Header(name, header.get("required") is True, *self._compiled(schema, place / "schema"))

    def _compiled(self, value: Any, place: Place) -> tuple[Any, Draft202012Validator]:
        _, key = self.resolved(value, place)
        if key not in self._validators:
            translation = Translation(self)
            try:
                schema = translation.whole(value, place)
                self._validators[key] = (schema, Draft202012Validator(schema, validate_formats=True))
            except ValidationError as error:
                at = translation.place(list(error.instance_path), key)
                raise refuse(at, f"the schema cannot be used: {error.message}", "correct it") from None
            except (ValueError, RecursionError) as error:
                raise refuse(key, f"the schema cannot be used: {error}", "correct it") from None
        return self._validators[key]
