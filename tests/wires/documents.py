"""Documents of made-up vendors, each with what a reader would take it for."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def _content(schema: JSON) -> JSON:
    return {"content": {"application/json": {"schema": schema}}}


def _object(**members: JSON) -> JSON:
    return {"type": "object", "properties": members, "required": list(members)}


TEXT: JSON = {"type": "string"}
NUMBER: JSON = {"type": "integer"}


def _listed(items: JSON) -> JSON:
    return {"type": "array", "items": items}


STOCK = _object(purchased=NUMBER, consumed=NUMBER, available=NUMBER)


def _three(paths: JSON) -> JSON:
    return {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": paths}


def snake() -> tuple[JSON, dict[str, str]]:
    """order_no, ADD/REMOVE, qty, stock, DELETE by a header."""
    order = _object(
        order_no=NUMBER,
        action={"enum": ["ADD", "REMOVE"], "type": "string"},
        qty=NUMBER,
        state={"enum": ["NEW", "IN_PROGRESS", "DONE", "CANCELLED"], "type": "string"},
        created=TEXT,
    )
    asked = _object(
        product_code={"type": "string", "enum": ["KPN-VoiceVideo-C"]}, action=order["properties"]["action"], qty=NUMBER
    )
    document = _three(
        {
            "/v1/orders": {
                "post": {"requestBody": _content(asked), "responses": {"201": _content(order)}},
                "get": {
                    "parameters": [{"name": "order_no", "in": "query", "schema": NUMBER}],
                    "responses": {"200": _content({"type": "array", "items": order})},
                },
            },
            "/v1/stock": {"get": {"responses": {"200": _content(_object(owned=NUMBER, in_use=NUMBER, free=NUMBER))}}},
            "/v1/users": {
                "post": {
                    "requestBody": _content({"type": "object", "properties": {"username": TEXT}}),
                    "responses": {"201": _content(_object(username=TEXT, pin=TEXT))},
                },
                "delete": {
                    "parameters": [{"name": "username", "in": "header", "required": True, "schema": TEXT}],
                    "responses": {"200": {"description": "gone"}},
                },
            },
        }
    )
    return document, {
        "order.path": "/v1/orders",
        "order.number": "/order_no",
        "order.kind": "/action",
        "order.increment": "ADD",
        "order.decrement": "REMOVE",
        "order.quantity": "/qty",
        "order.product": "",
        "order.sent_product": "/product_code",
        "order.status": "/state",
        "order.created_at": "/created",
        "order.list": "",
        "order.read": "query:order_no",
        "inventory.path": "/v1/stock",
        "inventory.rows": "",
        "inventory.total": "/owned",
        "inventory.used": "/in_use",
        "inventory.available": "/free",
        "inventory.product": "",
        "subscriber.path": "/v1/users",
        "subscriber.identity": "/username",
        "subscriber.password": "/pin",
        "subscriber.delete": "header:username",
    }


def signed() -> tuple[JSON, dict[str, str]]:
    """A signed delta, one number in the inventory, orders by path, an identity that the target chooses."""
    change = _object(changeId=TEXT, delta={"type": "integer", "minimum": -100}, status={"type": "boolean"})
    document = _three(
        {
            "/licences/changes": {
                "post": {
                    "summary": "Order licences",
                    "requestBody": _content(_object(delta={"type": "integer", "minimum": -100, "maximum": 100})),
                    "responses": {"202": _content(_object(data=change))},
                },
                "get": {"responses": {"200": _content(_object(data={"type": "array", "items": change}))}},
            },
            "/licences/changes/{changeId}": {
                "get": {
                    "parameters": [{"name": "changeId", "in": "path", "required": True, "schema": TEXT}],
                    "responses": {"200": _content(_object(data=change))},
                }
            },
            "/licences": {
                "get": {
                    "operationId": "getLicenceBalance",
                    "responses": {"200": _content(_object(data=_object(licences=NUMBER)))},
                }
            },
            "/endpoints": {
                "post": {"responses": {"201": _content(_object(data=_object(endpointId=TEXT, credential=TEXT)))}}
            },
            "/endpoints/{endpointId}": {
                "delete": {
                    "parameters": [{"name": "endpointId", "in": "path", "required": True, "schema": TEXT}],
                    "responses": {"200": {"description": "gone"}},
                }
            },
        }
    )
    return document, {
        "order.path": "/licences/changes",
        "order.envelope": "/data",
        "order.number": "/changeId",
        "order.kind": "",
        "order.quantity": "/delta",
        "order.product": "",
        "order.list": "/data",
        "order.read": "path",
        "order.one": "/data",
        "inventory.path": "/licences",
        "inventory.rows": "/data",
        "inventory.number": "/licences",
        "subscriber.path": "/endpoints",
        "subscriber.envelope": "/data",
        "subscriber.identity": "/endpointId",
        "subscriber.sent_identity": "",
        "subscriber.password": "/credential",
    }


def lines() -> tuple[JSON, dict[str, str]]:
    """Two lines, a body for the deletion, and a member that the contract has no name for."""
    document = _three(
        {
            "/purchase": {
                "post": {
                    "requestBody": _content(
                        _object(channel={"type": "string", "enum": ["api"]}, add=NUMBER, remove=NUMBER)
                    ),
                    "responses": {"200": _content(_object(reference=TEXT, add=NUMBER, remove=NUMBER, status=TEXT))},
                },
                "get": {
                    "responses": {
                        "200": _content(_object(items={"type": "array", "items": _object(reference=TEXT, status=TEXT)}))
                    }
                },
            },
            "/entitlement": {
                "get": {
                    "responses": {
                        "200": _content(
                            _object(entitlements=_listed(_object(sku=TEXT, total=NUMBER, remaining=NUMBER)))
                        )
                    }
                }
            },
            "/account-user": {
                "post": {
                    "requestBody": _content(_object(user=_object(login={"type": "string", "example": "a@voice.test"}))),
                    "responses": {"201": _content(_object(user=_object(login=TEXT, password=TEXT)))},
                },
                "delete": {
                    "requestBody": _content(_object(login=TEXT)),
                    "responses": {"200": {"description": "gone"}},
                },
            },
        }
    )
    return document, {
        "order.path": "/purchase",
        "order.also": '{"channel": "api"}',
        "order.quantity": "/add",
        "order.quantity_less": "/remove",
        "order.number": "/reference",
        "order.list": "/items",
        "order.read": "list",
        "inventory.path": "/entitlement",
        "inventory.rows": "/entitlements",
        "inventory.product": "/sku",
        "inventory.used": "",
        "inventory.available": "/remaining",
        "subscriber.path": "/account-user",
        "subscriber.wrap": "/user",
        "subscriber.envelope": "/user",
        "subscriber.identity": "/login",
        "subscriber.domain": "voice.test",
        "subscriber.delete": "body:/login",
    }


def swagger() -> tuple[JSON, dict[str, str]]:
    """Swagger 2.0 with parameters that are referred to, and a deletion by a query."""
    document = {
        "swagger": "2.0",
        "info": {"title": "x", "version": "1"},
        "host": "api.x.test",
        "basePath": "/b",
        "paths": {
            "/subscription-orders": {
                "post": {
                    "parameters": [{"$ref": "#/parameters/body"}],
                    "responses": {"201": {"description": "", "schema": {"$ref": "#/definitions/Order"}}},
                },
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "schema": _listed({"$ref": "#/definitions/Order"}),
                        }
                    }
                },
            },
            "/inventory": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "schema": STOCK,
                        }
                    }
                }
            },
            "/subscribers": {
                "post": {
                    "parameters": [
                        {"name": "s", "in": "body", "schema": _object(product=TEXT, identity=TEXT)},
                    ],
                    "responses": {"201": {"description": "", "schema": _object(identity=TEXT, secret=TEXT)}},
                },
                "delete": {
                    "parameters": [{"name": "identity", "in": "query", "type": "string", "required": True}],
                    "responses": {"204": {"description": ""}},
                },
            },
        },
        "parameters": {"body": {"name": "o", "in": "body", "schema": {"$ref": "#/definitions/NewOrder"}}},
        "definitions": {
            "NewOrder": _object(
                product=TEXT, type={"type": "string", "enum": ["increase", "decrease"]}, amount={"type": "integer"}
            ),
            "Order": {
                "allOf": [
                    {"$ref": "#/definitions/NewOrder"},
                    _object(id={"type": "integer", "x-nullable": True}, status={"type": "string"}),
                ]
            },
        },
    }
    return document, {
        "order.path": "/subscription-orders",
        "order.number": "/id",
        "order.kind": "/type",
        "order.increment": "increase",
        "order.decrement": "decrease",
        "order.quantity": "/amount",
        "order.product": "/product",
        "order.list": "",
        "inventory.total": "/purchased",
        "inventory.used": "/consumed",
        "subscriber.path": "/subscribers",
        "subscriber.delete": "query:identity",
        "subscriber.password": "/secret",
    }


EVERY = {"snake": snake, "signed": signed, "lines": lines, "swagger": swagger}
