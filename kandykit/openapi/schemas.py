"""Schemas of every OpenAPI version as JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kandykit.openapi.places import Place, pointer_to, refuse, short

if TYPE_CHECKING:
    from kandykit.openapi.loading import Loader


class Translation:
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

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._names: dict[Place, str] = {}
        self._defs: dict[str, Any] = {}

    def whole(self, value: Any, place: Place) -> dict[str, Any]:
        schema = self._schema(value, place)
        while isinstance(schema, dict) and list(schema) == ["$ref"]:
            schema = self._defs[schema["$ref"].rpartition("/")[2]]
        if isinstance(schema, bool):
            schema = {} if schema else {"not": {}}
        return {**schema, "$defs": self._defs}

    def place(self, path: list[str | int], root: Place) -> Place:
        """Where in the documents a value of the translated schema came from."""
        if path[:1] == ["$defs"]:
            root = next(place for place, name in self._names.items() if name == path[1])
            path = path[2:]
        return Place(root.file, root.pointer + pointer_to(path))

    def _schema(self, value: Any, place: Place) -> Any:
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise refuse(place, f"{short(value)} is no schema", "write a mapping")
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

    def _name(self, reference: str, place: Place) -> str:
        value, target = self._loader.follow(reference, place)
        if target not in self._names:
            name = self._names[target] = f"s{len(self._names)}"
            self._defs[name] = {}  # in place before it is translated: a schema may contain itself
            self._defs[name] = self._schema(value, target)
        return self._names[target]

    def _keywords(self, value: dict[str, Any], place: Place) -> dict[str, Any]:
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
                    raise refuse(place / name, f"{short(table)} stands here", "write a mapping")
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
        self, translated: dict[str, Any], value: dict[str, Any], place: Place
    ) -> dict[str, Any]:
        required, properties = translated.get("required"), value.get("properties")
        if isinstance(required, list) and isinstance(properties, dict):
            translated["required"] = [
                name
                for name in required
                if not isinstance(name, str)
                or name not in properties
                or not isinstance(
                    member := self._loader.resolved(properties[name], place / "properties" / str(name))[0], dict
                )
                or member.get("writeOnly") is not True
            ]
        return translated

    def _list(self, value: Any, place: Place) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise refuse(place, f"{short(value)} stands here", "write a list of schemas")
        return [self._schema(item, place / index) for index, item in enumerate(value)]
