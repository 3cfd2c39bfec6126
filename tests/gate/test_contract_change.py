"""A contract document that changed: what breaks its callers, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kandykit.gate.comparison import compare
from kandykit.gate.contract_change import contract_changes
from kandykit.openapi import load_document
from kandykit.requirements import specs_folder
from tests.gate.nights import night

SMALL = """
openapi: 3.0.3
info: {title: small, version: "1"}
paths:
  /order:
    parameters:
      - {name: trace, in: header, schema: {type: string}}
    post:
      parameters:
        - {name: dry, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Wish'}
      responses:
        '201':
          description: made
          headers:
            Location: {required: true, schema: {type: string}}
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Order'}
        '412': {description: refused}
  /subscriber/{identity}:
    delete:
      parameters:
        - {name: identity, in: path, required: true, schema: {type: string}}
      responses:
        '200': {description: gone}
components:
  schemas:
    Wish:
      type: object
      required: [order_type, quantity]
      properties:
        order_type: {type: string, enum: [increment, decrement]}
        quantity: {type: integer, minimum: 1}
        note: {type: string, maxLength: 40}
    Order:
      type: object
      required: [order_number, status]
      properties:
        order_number: {type: string}
        status: {type: string, enum: [pending, fulfilled, rejected]}
        lines:
          type: array
          items: {type: object, properties: {sku: {type: string}}}
"""

Change = Callable[[dict[str, Any]], object]


def outline(folder: Path, change: Change | None = None) -> Any:
    document = yaml.safe_load(SMALL)
    if change:
        change(document)
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return load_document(path).outline


def wish(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Wish"]
    return found


def order(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Order"]
    return found


def post(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/order"]["post"]
    return found


BREAKING: dict[str, tuple[Change, str]] = {
    "operation gone": (lambda d: d["paths"].pop("/order"), "POST /order: the operation is gone"),
    "status gone": (lambda d: post(d)["responses"].pop("412"), "answer 412: the status is gone"),
    "new required member": (
        lambda d: wish(d)["required"].append("site") or wish(d)["properties"].update(site={"type": "string"}),
        "request /site: new and required",
    ),
    "member required now": (lambda d: wish(d)["required"].append("note"), "request /note: optional before"),
    "request member gone": (lambda d: wish(d)["properties"].pop("note"), "request /note: is gone"),
    "request word gone": (
        lambda d: wish(d)["properties"]["order_type"].update(enum=["increment"]),
        "request /order_type: the word decrement is gone",
    ),
    "request type changed": (
        lambda d: wish(d)["properties"]["quantity"].update(type="string"),
        "request /quantity: the type integer is gone",
    ),
    "request bound tighter": (
        lambda d: wish(d)["properties"]["quantity"].update(minimum=2),
        "request /quantity: minimum was 1, is 2",
    ),
    "request bound new": (lambda d: wish(d)["properties"]["quantity"].update(maximum=9), "maximum was not given, is 9"),
    "request shorter": (lambda d: wish(d)["properties"]["note"].update(maxLength=4), "maxLength was 40, is 4"),
    "request pattern": (lambda d: wish(d)["properties"]["note"].update(pattern="^x"), "pattern was not given, is ^x"),
    "request closed": (lambda d: wish(d).update(additionalProperties=False), "other members are refused now"),
    "parameter required now": (
        lambda d: post(d)["parameters"][0].update(required=True),
        "parameter query dry: optional before, required now",
    ),
    "new required parameter": (
        lambda d: post(d)["parameters"].append({"name": "X-Site", "in": "header", "required": True, "schema": {}}),
        "parameter header x-site: new and required",
    ),
    "parameter of the path gone": (lambda d: d["paths"]["/order"].pop("parameters"), "parameter header trace: is gone"),
    "request media gone": (
        lambda d: post(d)["requestBody"].update(content={"application/xml": {}}),
        "request: application/json is gone",
    ),
    "answer word gone": (
        lambda d: order(d)["properties"]["status"].update(enum=["pending", "fulfilled"]),
        "answer 201 /status: the word rejected is gone",
    ),
    "answer word new": (
        lambda d: order(d)["properties"]["status"]["enum"].append("held"),
        "answer 201 /status: the word held is new",
    ),
    "answer member optional": (lambda d: order(d)["required"].remove("status"), "/status: always there before"),
    "answer member gone": (
        lambda d: order(d)["properties"].pop("order_number"),
        "answer 201 /order_number: is gone",
    ),
    "answer nullable": (
        lambda d: order(d)["properties"]["order_number"].update(nullable=True),
        "/order_number: the type null is new",
    ),
    "answer member of a list gone": (
        lambda d: order(d)["properties"]["lines"]["items"]["properties"].pop("sku"),
        "answer 201 /lines/*/sku: is gone",
    ),
    "answer header gone": (
        lambda d: post(d)["responses"]["201"].pop("headers"),
        "answer 201, header location: is gone",
    ),
}

HARMLESS: dict[str, Change] = {
    "nothing": lambda d: None,
    "a new operation": lambda d: d["paths"].update({"/ping": {"get": {"responses": {"200": {"description": ""}}}}}),
    "a new status": lambda d: post(d)["responses"].update({"429": {"description": "slow down"}}),
    "a new optional member": lambda d: wish(d)["properties"].update(site={"type": "string"}),
    "a member optional now": lambda d: wish(d)["required"].remove("quantity"),
    "a new word to send": lambda d: wish(d)["properties"]["order_type"]["enum"].append("set"),
    "a looser bound": lambda d: wish(d)["properties"]["quantity"].update(minimum=0),
    "a wider type to send": lambda d: wish(d)["properties"]["quantity"].update(type="number"),
    "more in the answer": lambda d: order(d)["properties"].update(site={"type": "string"}),
    "always in the answer now": lambda d: order(d)["required"].append("lines"),
    "another parameter name": lambda d: d["paths"].update(
        {"/subscriber/{id}": d["paths"].pop("/subscriber/{identity}")}
    ) or d["paths"]["/subscriber/{id}"]["delete"]["parameters"][0].update(name="id"),
    "a tighter answer": lambda d: order(d)["properties"]["order_number"].update(pattern="^KO"),
    "in place of a reference": lambda d: post(d)["requestBody"]["content"]["application/json"].update(
        schema=wish(d)
    ),
    "by composition": lambda d: d["components"]["schemas"].update(
        Wish={"allOf": [wish(d), {"type": "object", "description": "the same"}]}
    ),
    "reworded": lambda d: d["info"].update(title="another title"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_callers_is_incompatible(tmp_path: Path, name: str) -> None:
    change, words = BREAKING[name]
    found = contract_changes(outline(tmp_path), outline(tmp_path, change))
    assert any(words in str(each) and each.incompatible for each in found), [*map(str, found)]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_leaves_callers_alone_is_compatible(tmp_path: Path, name: str) -> None:
    found = contract_changes(outline(tmp_path), outline(tmp_path, HARMLESS[name]))
    assert not [str(each) for each in found if each.incompatible]


def test_alternatives_are_folded(tmp_path: Path) -> None:
    """A member that one of two forms does not have is optional; a word of either may come."""

    def split(document: dict[str, Any]) -> None:
        one = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}}}
        other = {"type": "object", "properties": {"a": {"type": "string", "enum": ["y"]}}}
        document["components"]["schemas"]["Order"] = {"oneOf": [one, other]}

    members = outline(tmp_path, split)["POST /order"]["answers"]["201"]["members"]
    assert members["/a"] == {"type": ["string"], "enum": ["x", "y"]}


def test_a_schema_that_contains_itself_ends(tmp_path: Path) -> None:
    def nest(document: dict[str, Any]) -> None:
        order(document)["properties"]["parent"] = {"$ref": "#/components/schemas/Order"}

    members = outline(tmp_path, nest)["POST /order"]["answers"]["201"]["members"]
    assert "/parent" in members
    assert "/parent/order_number" not in members


def test_a_swagger_document_has_an_outline_too(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(
        """
swagger: "2.0"
info: {title: old, version: "1"}
consumes: [application/json]
produces: [application/json]
paths:
  /order:
    post:
      parameters:
        - name: body
          in: body
          required: true
          schema: {type: object, required: [q], properties: {q: {type: integer}}}
        - {name: page, in: query, type: integer, minimum: 1}
      responses:
        201: {description: made, schema: {type: object, properties: {n: {type: string}}}}
""",
        encoding="utf-8",
    )
    made = load_document(path).outline["POST /order"]
    assert made["media"] == ["application/json"]
    assert made["request"]["/q"] == {"required": True, "type": ["integer"]}
    assert made["parameters"] == {"query page": {"type": ["integer"], "minimum": 1}}
    assert made["answers"]["201"]["members"]["/n"] == {"type": ["string"]}


def test_the_shipped_document_keeps_its_callers() -> None:
    made = load_document(specs_folder() / "kandy-provisioning.openapi.yaml").outline
    assert contract_changes(made, made) == []
    assert made["POST /order"]["request"]["/quantity"]["required"] is True


def test_the_gate_tells_and_fails_where_callers_break(tmp_path: Path) -> None:
    before, now = night(0), night(1)
    before["contract"], now["contract"] = outline(tmp_path), outline(tmp_path, BREAKING["status gone"][0])
    now["kit"]["contract"] = "sha256:c1"
    assert compare(before, now).status == 1
    now["contract"] = outline(tmp_path, HARMLESS["a new status"])
    found = compare(before, now)
    assert (found.status, len(found.contract)) == (0, 1)
