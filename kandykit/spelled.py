"""The shipped OpenAPI document, spelled as a target's binding says: for targets that bring no document of their own.

Paths, places and members are the binding's; return codes, headers and error bodies are the contract's, and stay. What
the binding leaves open is left open here too: an order number may be text or a number, and where a profile respells
some members of an answer, those that it says nothing of may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from kandykit.binding import LARGEST_QUANTITY, Binding
from kandykit.binding.keys import words_of
from kandykit.binding.pointer import names
from kandykit.calls import Operation, OrderKind
from kandykit.openapi import Document, load_document, read_tree
from kandykit.requirements import specs_folder

if TYPE_CHECKING:
    from kandykit.profile import Profile

FILE: Final = "kandy-provisioning.openapi.yaml"
"""The shipped document's file name; a spelled one keeps it, since it is the same document in other words."""

Schema = dict[str, Any]

_ALWAYS: Final = frozenset({"order.number", "order.quantity", "subscriber.identity"})
"""What answers have to show, whether or not the profile speaks of it."""


def document_of(profile: Profile, binding: Binding, folder: Path) -> Document:
    """The document that a target is held against: the vendor's own, the shipped one, or that one as it is spelled here.

    A spelled one is written into ``folder``. Raises `UsageError` for a vendor's document that cannot be used.
    """
    shipped = specs_folder() / FILE
    if profile.target.openapi is not None:
        return load_document(profile.target.openapi)
    return load_document(write_spelled(shipped, binding, folder) if binding.spelled_otherwise else shipped)


def write_spelled(shipped: Path, binding: Binding, folder: Path) -> Path:
    """Write the document for this binding into a folder; gives its path."""
    path = folder / FILE
    text = yaml.dump(spelled(read_tree(shipped), binding), Dumper=_Plain, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def spelled(shipped: Mapping[str, Any], binding: Binding) -> dict[str, Any]:
    """The shipped document's tree with this binding's paths and members."""
    tree = deepcopy(dict(shipped))
    _Speller(tree, binding).spell()
    return tree


class _Plain(yaml.SafeDumper):
    """YAML without anchors: each place says what it means."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # yaml's signature
        return True


class _Speller:
    def __init__(self, tree: dict[str, Any], binding: Binding) -> None:
        self.tree = tree
        self.binding = binding
        self.spelling = binding.spelling
        self.schemas: dict[str, Schema] = tree["components"]["schemas"]
        self.responses: dict[str, Schema] = tree["components"]["responses"]

    def spell(self) -> None:
        self.tree["servers"] = [{"url": self.binding.base_url}]
        self._requests()
        self._answers()
        self._paths()

    # -- requests -----------------------------------------------------------------------------------------------

    def _requests(self) -> None:
        binding, sent = self.binding, self.binding.sent
        order = _Members(closed=True)
        for pointer, schema in _fixed(binding.also["order"], ""):
            order.add(pointer, schema, required=True)
        order.add(sent["order.product"], {"type": "string", "enum": [self.spelling["product"]]}, required=True)
        words = [binding.words[kind][0] for kind in OrderKind]
        kind = "boolean" if isinstance(words[0], bool) else "string"
        order.add(sent["order.kind"], {"type": kind, "enum": words}, required=True)
        either = bool(sent["order.quantity_less"])
        most = LARGEST_QUANTITY - 1
        quantity: Schema = {"type": "integer", "minimum": 1, "maximum": most}
        if not sent["order.kind"] and not either:
            quantity = {"type": "integer", "minimum": -most, "maximum": most, "not": {"enum": [0]}}
        order.add(sent["order.quantity"], quantity, required=not either)
        order.add(sent["order.quantity_less"], quantity, required=False)
        self.schemas["order_request"] = order.schema
        subscriber = _Members(closed=True)
        for pointer, schema in _fixed(binding.also["subscriber"], ""):
            subscriber.add(pointer, schema, required=True)
        subscriber.add(
            sent["subscriber.product"], {"type": "string", "enum": [self.spelling["product"]]}, required=True
        )
        identity = self.schemas["subscriber_request"]["properties"]["identity"]
        subscriber.add(sent["subscriber.identity"], identity, required=False)
        self.schemas["subscriber_request"] = subscriber.schema

    def _examples(self) -> dict[str, dict[str, Any]]:
        binding = self.binding
        chosen = {"identity": binding.subscriber_body("agent-7@video.example.com")} if binding.caller_may_choose else {}
        return {
            "order_request": {
                "increment": binding.order_body(OrderKind.INCREMENT, 5),
                "decrement": binding.order_body(OrderKind.DECREMENT, 2),
            },
            "subscriber_request": {"server": binding.subscriber_body(), **chosen},
        }

    # -- answers ------------------------------------------------------------------------------------------------

    def _answers(self) -> None:
        spell = self.spelling
        for response in self.responses.values():
            response.pop("links", None)
            for content in response.get("content", {}).values():
                content.pop("example", None)
        if self._respells("order"):
            order = self._order()
            self.schemas["order"] = order
            self.schemas["placed_order"] = _inside(spell["order.envelope"], order)
            each = _inside(spell["order.item"], order)
            every = _inside(spell["order.list"], {"type": "array", "items": each})
            found = {"anyOf": [{"type": "array", "items": {"anyOf": [each, order]}}, each, order]}
            one = _inside(spell["order.one"], found)
            self.schemas["one_order"] = {"anyOf": [one, order]} if spell["order.one"] else one
            by_query = spell["order.read"].startswith("query:")
            same = spell["order.one"] == spell["order.list"]
            self.schemas["order_list"] = {"anyOf": [every, one]} if by_query and not same else every
            for name in ("order_placed", "order_fulfilled", "order_pending"):
                self._content(name, "placed_order")
            self.responses["one_order"] = deepcopy(self.responses["order_list"])
            self._content("one_order", "one_order")
        if self._respells("inventory"):
            row = self._row()
            rows = {"anyOf": [{"type": "array", "minItems": 1, "items": row}, row]}
            self.schemas["inventory"] = _inside(spell["inventory.rows"], rows)
        if self._respells("subscriber"):
            subscriber = self._subscriber()
            self.schemas["subscriber"] = _inside(spell["subscriber.envelope"], subscriber)
            self.schemas["deleted_subscriber"] = {"type": "object"}

    def _order(self) -> Schema:
        spell, words = self.spelling, self.binding.words
        order = _Members()
        self._add(order, "order.number", {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]})
        if not spell["order.quantity_less"]:
            every = [word for kind in OrderKind for word in words[kind]]
            self._add(order, "order.kind", {"enum": every})
        self._add(order, "order.product", {"type": "string", "minLength": 1})
        quantity: Schema = {"type": "integer"} if not spell["order.kind"] else {"type": "integer", "minimum": 1}
        if spell["order.quantity_less"]:
            order.add(spell["order.quantity"], {"type": "integer", "nullable": True}, required=False)
        else:
            self._add(order, "order.quantity", quantity)
        known = [word for key in ("order.open", "order.done", "order.not_done") for word in words_of(spell[key])]
        self._add(order, "order.status", {"enum": [*known, True, False] if "true" in known else known})
        self._add(order, "order.created_at", {"anyOf": [{"type": "string"}, {"type": "integer"}]})
        return order.schema

    def _row(self) -> Schema:
        row = _Members()
        self._add(row, "inventory.product", {"type": "string", "minLength": 1})
        for name in ("total", "used", "available", "number"):
            row.add(self.spelling[f"inventory.{name}"], {"type": "integer", "minimum": 0}, required=True)
        return row.schema

    def _subscriber(self) -> Schema:
        subscriber = _Members()
        self._add(
            subscriber, "subscriber.identity", {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}
        )
        self._add(subscriber, "subscriber.password", {"type": "string", "minLength": 1})
        self._add(subscriber, "subscriber.product", {"type": "string", "minLength": 1})
        return subscriber.schema

    def _add(self, members: _Members, key: str, schema: Schema) -> None:
        required = key in _ALWAYS or key in self.binding.spelled_otherwise
        members.add(self.spelling[key], schema, required=required)

    def _respells(self, what: str) -> bool:
        """Whether the profile says anything of how answers about orders, inventory or subscribers are spelled."""
        asked = {f"{what}.path", f"{what}.list_path", f"{what}.delete_path", f"{what}.delete", f"{what}.domain"}
        asked |= {f"{what}.wrap", f"{what}.also"}
        spoken = {key for key in self.binding.spelled_otherwise if key not in asked and ".sent_" not in key}
        return any(key.startswith(f"{what}.") for key in spoken) or "product" in spoken

    def _content(self, response: str, schema: str) -> None:
        self.responses[response]["content"]["application/json"]["schema"] = {"$ref": f"#/components/schemas/{schema}"}

    # -- paths --------------------------------------------------------------------------------------------------

    def _paths(self) -> None:
        binding, shipped = self.binding, self.tree["paths"]
        found = {
            Operation.PLACE_ORDER: shipped["/order"]["post"],
            Operation.READ_ORDERS: shipped["/order"]["get"],
            Operation.READ_INVENTORY: shipped["/inventory"]["get"],
            Operation.CREATE_SUBSCRIBER: shipped["/subscriber"]["post"],
            Operation.DELETE_SUBSCRIBER: shipped["/subscriber/{identity}"]["delete"],
        }
        paths: dict[str, dict[str, Any]] = {}
        for (method, template), operation in binding.operations.items():
            made = deepcopy(found[operation])
            name = "identity" if operation is Operation.DELETE_SUBSCRIBER else "order_number"
            if operation is Operation.DELETE_SUBSCRIBER:
                self._place(made, self.spelling["subscriber.delete"], name)
            elif operation is Operation.READ_ORDERS:
                single = "{}" in template
                place = self.spelling["order.read"]
                self._place(made, place if single or place.startswith("query:") else "", name)
                if single:
                    made["operationId"] = "read_order"
                    known = "one_order" if "one_order" in self.responses else "order_list"
                    made["responses"]["200"] = {"$ref": f"#/components/responses/{known}"}
            elif "requestBody" in made:
                asked = "order_request" if operation is Operation.PLACE_ORDER else "subscriber_request"
                examples = {label: {"value": value} for label, value in self._examples()[asked].items()}
                made["requestBody"]["content"]["application/json"]["examples"] = examples
            paths.setdefault(template.replace("{}", f"{{{name}}}"), {})[method.lower()] = made
        self.tree["paths"] = paths

    def _place(self, operation: dict[str, Any], place: str, name: str) -> None:
        """Put the parameter that names an order or a subscriber where this target has it."""
        mine = next(each for each in operation["parameters"] if each.get("name") == name)
        operation["parameters"].remove(mine)
        kind, _, called = place.partition(":")
        if kind == "body":
            members = _Members(closed=True)
            members.add(called, mine["schema"], required=True)
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": members.schema}}}
        elif kind in ("path", "query", "header"):
            required = kind == "path" or name == "identity"
            called = name if kind == "path" else called
            operation["parameters"].append({**mine, "name": called, "in": kind, "required": required})


class _Members:
    """An object schema that grows by pointers; ``closed`` ones know all their members."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed = closed
        self.schema: Schema = self._object()

    def add(self, pointer: str, schema: Schema, *, required: bool) -> None:
        """Put a member in; the empty pointer puts nothing."""
        if not pointer:
            return
        path = names(pointer)
        inside = self.schema
        for name, following in pairwise(path):
            listed = following.isdecimal()
            fresh = {"type": "array", "minItems": 1, "items": self._object()} if listed else self._object()
            inside = self._member(inside, name, fresh, required)
        self._member(inside, path[-1], schema, required)

    def _member(self, inside: Schema, name: str, schema: Schema, required: bool) -> Schema:
        if inside.get("type") == "array":
            items: Schema = inside.setdefault("items", schema)
            return items
        if required and name not in inside.get("required", ()):
            inside["required"] = [*inside.get("required", ()), name]
        found: Schema = inside["properties"].setdefault(name, schema)
        return found

    def _object(self) -> Schema:
        return {"type": "object", "properties": {}} | ({"additionalProperties": False} if self.closed else {})


def _inside(pointer: str, schema: Schema) -> Schema:
    """A schema for an answer in which the other stands at a pointer."""
    if not pointer:
        return schema
    members = _Members()
    members.add(pointer, schema, required=True)
    return members.schema


def _fixed(value: Any, above: str) -> list[tuple[str, Schema]]:
    """The members that every request has, each with the one value that it has."""
    if isinstance(value, dict):
        return [
            pair
            for name, item in value.items()
            for pair in _fixed(item, f"{above}/{str(name).replace('~', '~0').replace('/', '~1')}")
        ]
    return [(above, {"enum": [value]})] if above else []
