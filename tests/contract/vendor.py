"""The shipped document as other people could have written it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from kandykit.requirements import specs_folder

SHIPPED = specs_folder() / "kandy-provisioning.openapi.yaml"


def shipped() -> dict[str, Any]:
    """The shipped document as values."""
    document: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return document


def vendors_own(path: Path) -> Path:
    """The same contract in a vendor's words: no examples, looser and more members, one operation of his own."""
    document = _without_examples(shipped())
    document["info"] = {"title": "Vendor X provisioning", "version": "7"}
    document["servers"] = [{"url": "https://vendor.example/api"}]
    schemas = document["components"]["schemas"]
    schemas["product_name"] = {"type": "string", "minLength": 1}
    schemas["order_request"]["properties"]["cost_centre"] = {"type": "string"}
    schemas["order_request"]["properties"]["quantity"] = {"type": "number", "minimum": 1}
    schemas["subscriber_request"]["properties"]["identity"] = {"type": "string"}
    health = {"responses": {"200": {"description": "It lives."}}}
    document["paths"]["/health"] = {"get": health, "post": copy.deepcopy(health)}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def swagger(path: Path) -> Path:
    """The same contract as Swagger 2.0."""
    document = _without_examples(shipped())
    components = document["components"]

    def resolved(value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in value:
            kind, name = value["$ref"].split("/")[-2:]
            found: dict[str, Any] = components[kind][name]
            return found
        return value

    def parameter(value: dict[str, Any]) -> dict[str, Any]:
        value = dict(resolved(value))
        return {**{name: item for name, item in value.items() if name != "schema"}, **value["schema"]}

    def response(value: dict[str, Any]) -> dict[str, Any]:
        value = resolved(value)
        made: dict[str, Any] = {"description": value.get("description", "")}
        for content in value.get("content", {}).values():
            made["schema"] = content["schema"]
        made["headers"] = {name: resolved(header)["schema"] for name, header in value.get("headers", {}).items()}
        return made

    paths: dict[str, Any] = {}
    for template, item in document["paths"].items():
        for method, operation in item.items():
            parameters = [parameter(value) for value in operation.get("parameters", [])]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                parameters.append({"name": "body", "in": "body", "required": True, "schema": content["schema"]})
            paths.setdefault(template, {})[method] = {
                "parameters": parameters,
                "responses": {status: response(value) for status, value in operation["responses"].items()},
            }
    made = {
        "swagger": "2.0",
        "info": document["info"],
        "host": "api-prd.kpn.com",
        "basePath": "/communication/kandy/provisioning",
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": components["schemas"],
    }
    text = json.dumps(made).replace("#/components/schemas/", "#/definitions/")
    path.write_text(text, encoding="utf-8")
    return path


def _without_examples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_examples(item) for name, item in value.items() if name not in ("example", "examples")}
    return [_without_examples(item) for item in value] if isinstance(value, list) else value
