"""A document of any OpenAPI version is read, judges answers fairly, and is refused with place and remedy if broken."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandykit.errors import UsageError
from kandykit.openapi import Document, OperationSpec, Problem, load_document
from kandykit.requirements import specs_folder

JSON = ("content-type", "application/json")
ORDER = {
    "order_number": "KO-1",
    "order_type": "increment",
    "product_name": "KPN-VoiceVideo-C",
    "quantity": 5,
    "status": "fulfilled",
    "created_at": "2026-01-01T12:00:00Z",
}
STANDARD = (
    JSON,
    ("Sunset", "n/a"),
    ("API-Version", "1.0"),
    ("quota-interval", "1"),
    ("quota-limit", "1000"),
    ("quota-used", "7"),
    ("quota-reset-utc", "1767225600000"),
    ("quota-time-unit", "day"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
)


SHIPPED = load_document(specs_folder() / "kandy-provisioning.openapi.yaml")


@pytest.fixture
def shipped() -> Document:
    return SHIPPED


def without(name: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in STANDARD if pair[0].lower() != name)


def operation(document: Document, method: str, path: str) -> OperationSpec:
    found = document.operation(method, path)
    assert found is not None
    return found


def written(folder: Path, document: Any, name: str = "vendor.json") -> Path:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def of_schema(schema: Any, version: str = "3.0.3", components: Any = None) -> Any:
    return {
        "openapi": version,
        "info": {"title": "vendor", "version": "1"},
        "paths": {
            "/order": {
                "get": {
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}},
                },
            },
        },
        "components": {"schemas": components or {}},
    }


def body_problems(folder: Path, document: Any, value: Any) -> list[Problem]:
    spec = operation(load_document(written(folder, document)), "GET", "/order")
    return spec.problems(200, (JSON,), value if isinstance(value, str) else json.dumps(value))


def complaint(folder: Path, document: Any, name: str = "vendor.json") -> str:
    with pytest.raises(UsageError) as caught:
        load_document(written(folder, document, name))
    return str(caught.value)


# --- the shipped document ---------------------------------------------------------------------------------------------


def test_what_a_document_says_of_itself(shipped: Document) -> None:
    assert shipped.version == "3.0.3"
    assert shipped.title == "Kandy WebRTC provisioning"
    assert shipped.digest == f"sha256:{hashlib.sha256(shipped.path.read_bytes()).hexdigest()}"
    assert len(shipped.operations) == 5


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("POST", "/order", "/order"),
        ("get", "/order", "/order"),
        ("DELETE", "/subscriber/a%40b.c", "/subscriber/{identity}"),
        ("DELETE", "/subscriber/a@b.c", "/subscriber/{identity}"),
        ("PUT", "/order", None),
        ("HEAD", "/inventory", None),
        ("GET", "/orders", None),
        ("GET", "/order/", None),
        ("DELETE", "/subscriber/", None),
        ("DELETE", "/subscriber/a/b", None),
    ],
)
def test_an_operation_is_found_by_method_and_path(
    shipped: Document, method: str, path: str, template: str | None
) -> None:
    found = shipped.operation(method, path)
    assert (found.template if found else None) == template


def test_a_right_answer_has_no_problem(shipped: Document) -> None:
    spec = operation(shipped, "POST", "/order")
    assert spec.problems(201, (*STANDARD, ("Location", "order?order_number=KO-1")), json.dumps(ORDER)) == []
    assert spec.problems(201, STANDARD, json.dumps({**ORDER, "vendor_member": [1]})) == []


def test_a_status_that_is_not_declared_is_no_matter_of_the_document(shipped: Document) -> None:
    assert operation(shipped, "POST", "/order").problems(418, (), "teapot") == []


@pytest.mark.parametrize("name", [name.lower() for name, _ in STANDARD[1:]])
def test_a_missing_standard_header_is_a_problem_of_success_only(shipped: Document, name: str) -> None:
    spec = operation(shipped, "POST", "/order")
    (problem,) = spec.problems(201, without(name), json.dumps(ORDER))
    assert problem.place.lower() == f"header {name}"
    assert (problem.expected, problem.actual) == ("present", "absent")
    error = {"transactionId": "t", "status": "412", "name": "n", "message": "m", "info": "i"}
    assert spec.problems(412, without(name), json.dumps(error)) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("quota-limit", "many", "integer, 0 or more"),
        ("quota-limit", "-1", "integer, 0 or more"),
        ("quota-limit", "1.5", "integer, 0 or more"),
        ("quota-limit", "", "integer, 0 or more"),
        ("quota-time-unit", "year", "string, one of minute, hour, day, week, month"),
        ("api-version", "", "string, minLength 1"),
    ],
)
def test_a_header_that_does_not_fit_is_named(shipped: Document, name: str, value: str, expected: str) -> None:
    spec = operation(shipped, "POST", "/order")
    headers = (*without(name), (name, value))
    assert spec.problems(201, headers, json.dumps(ORDER)) == [Problem(f"header {name}", expected, value)]


@pytest.mark.parametrize(("value", "right"), [("true", True), ("false", True), ("True", False), ("1", False)])
def test_a_boolean_header(shipped: Document, value: str, right: bool) -> None:
    found = operation(shipped, "GET", "/inventory").problems(
        200,
        (*STANDARD, ("access-control-allow-credentials", value)),
        json.dumps({"products": [{"product_name": "p", "total": 1, "used": 0, "available": 1}]}),
    )
    assert (not found) is right


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quantity": 0}, Problem("body /quantity", "1 or more", "0")),
        ({"quantity": "5"}, Problem("body /quantity", "integer", "5")),
        ({"status": "done"}, Problem("body /status", "one of pending, fulfilled, rejected", "done")),
        ({"created_at": "yesterday"}, Problem("body /created_at", "format date-time", "yesterday")),
        ({"order_number": ""}, Problem("body /order_number", "minLength 1", "")),
        ({"order_number": None}, Problem("body /order_number", "string", "null")),
    ],
)
def test_a_body_that_does_not_fit_is_named_by_its_place(
    shipped: Document, change: dict[str, Any], problem: Problem
) -> None:
    spec = operation(shipped, "GET", "/order")
    body = json.dumps({"orders": [ORDER, {**ORDER, **change}]})
    in_list = Problem(problem.place.replace("body ", "body /orders/1"), problem.expected, problem.actual)
    assert spec.problems(200, STANDARD, body) == [in_list]


def test_a_missing_member_is_named_by_its_place(shipped: Document) -> None:
    body = json.dumps({name: value for name, value in ORDER.items() if name != "quantity"})
    (problem,) = operation(shipped, "POST", "/order").problems(201, STANDARD, body)
    assert problem == Problem("body /quantity", "present", "absent")


@pytest.mark.parametrize(
    ("body", "expected", "actual"),
    [
        ("", "content of type application/json", "no content"),
        ("{", "JSON", "{ (Expecting"),
        ('{"quantity": NaN}', "JSON", "NaN is no JSON number"),
        ("[" * 100_000, "JSON", "nested too deeply"),
        ("[" * 500 + "]" * 500, "values that a validator can read", "Recursion limit"),
        ('{"name": "\udcff"}', "JSON in UTF-8", "octets that are no UTF-8"),
        ('{"quantity": ' + "9" * 5000 + "}", "JSON", "Exceeds the limit"),
        ("3", "object", "3"),
    ],
)
def test_a_body_that_is_no_answer_at_all(shipped: Document, body: str, expected: str, actual: str) -> None:
    (problem,) = operation(shipped, "POST", "/order").problems(201, STANDARD, body)
    assert (problem.place, problem.expected) == ("body", expected)
    assert actual in problem.actual


def test_half_a_surrogate_pair_is_legal_json(shipped: Document) -> None:
    spec = operation(shipped, "POST", "/order")
    body = json.dumps({**ORDER, "\ud800": "\udfff", "order_number": "\ud800"})
    assert spec.problems(201, STANDARD, body) == []
    assert [problem.place for problem in spec.problems(201, STANDARD, body.replace("5", "0"))] == ["body /quantity"]


def test_long_values_are_cut(shipped: Document) -> None:
    (problem,) = operation(shipped, "POST", "/order").problems(201, STANDARD, "x" * 10_000)
    assert len(problem.actual) < 300


def test_problems_are_no_flood(shipped: Document) -> None:
    body = json.dumps({"orders": [{}] * 1000})
    assert len(operation(shipped, "GET", "/order").problems(200, STANDARD, body)) == 20


@pytest.mark.parametrize(
    ("media", "problems"),
    [
        ("application/json", 0),
        ("Application/JSON; charset=utf-8", 0),
        ("text/html", 1),
        ("application/problem+json", 1),
        (None, 1),
    ],
)
def test_the_content_type_must_be_a_declared_one(shipped: Document, media: str | None, problems: int) -> None:
    headers = without("content-type") + ((("Content-Type", media),) if media else ())
    found = operation(shipped, "POST", "/order").problems(201, headers, json.dumps(ORDER))
    expected = [Problem("content-type", "application/json", media or "absent")]
    assert found == expected[:problems]


def test_a_body_without_a_type_is_still_judged(shipped: Document) -> None:
    found = operation(shipped, "POST", "/order").problems(201, without("content-type"), "{}")
    assert {problem.place for problem in found} >= {"content-type", "body /quantity"}


@given(st.text(), st.text(), st.sampled_from(["application/json", "", "text/html"]))
def test_no_answer_is_too_strange_to_be_judged(body: str, header: str, media: str) -> None:
    headers = (("quota-limit", header), ("Location", header), ("content-type", media))
    assert operation(SHIPPED, "POST", "/order").problems(201, headers, body)


def test_a_judgement_is_quick(shipped: Document) -> None:
    spec, body = operation(shipped, "POST", "/order"), json.dumps(ORDER)
    answers = [(*without("quota-used"), ("quota-used", str(used))) for used in range(2000)]
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for headers in answers:
            spec.problems(201, headers, body)
        best = min(best, (time.perf_counter() - begun) / len(answers))
    # It is about 10 microseconds; the slack is for a busy machine.
    assert best < 100e-6


# --- versions of OpenAPI ----------------------------------------------------------------------------------------------


def test_3_0_nullable_and_exclusive_bounds(tmp_path: Path) -> None:
    document = of_schema(
        {
            "type": "object",
            "properties": {
                "maybe": {"type": "string", "nullable": True, "enum": ["a"]},
                "never": {"type": "string"},
                "more": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
                "less": {"type": "integer", "maximum": 9, "exclusiveMaximum": False},
                "linked": {"$ref": "#/components/schemas/name", "nullable": True, "description": "ignored"},
            },
        },
        components={"name": {"type": "string"}},
    )
    assert body_problems(tmp_path, document, {"maybe": None, "more": 2, "less": 9, "linked": None}) == []
    assert body_problems(tmp_path, document, {"more": 1}) == [Problem("body /more", "exclusiveMinimum 1", "1")]
    assert body_problems(tmp_path, document, {"less": 10}) == [Problem("body /less", "9 or less", "10")]
    assert body_problems(tmp_path, document, {"never": None}) == [Problem("body /never", "string", "null")]
    assert body_problems(tmp_path, document, {"linked": 3}) == [Problem("body /linked", "null or string", "3")]


def test_3_0_ignores_what_stands_beside_a_reference(tmp_path: Path) -> None:
    beside = {"$ref": "#/components/schemas/name", "maxLength": 1}
    components = {"name": {"type": "string"}}
    assert body_problems(tmp_path, of_schema(beside, "3.0.3", components), '"long"') == []
    assert body_problems(tmp_path, of_schema(beside, "3.1.0", components), '"long"') == [
        Problem("body", "maxLength 1", "long")
    ]


def test_3_1_types_bounds_and_constants(tmp_path: Path) -> None:
    document = of_schema(
        {
            "type": ["object", "null"],
            "properties": {"n": {"exclusiveMinimum": 1}, "c": {"const": "x"}, "t": True, "f": False},
            "unevaluatedProperties": False,
        },
        "3.1.0",
    )
    assert body_problems(tmp_path, document, None) == []
    assert body_problems(tmp_path, document, {"n": 2, "c": "x", "t": 1, "unknown": 1}) == []
    assert sorted(problem.place for problem in body_problems(tmp_path, document, {"n": 1, "c": "y", "f": 0})) == [
        "body /c", "body /f", "body /n",
    ]  # fmt: skip


def test_a_closed_answer_is_read_as_open(tmp_path: Path) -> None:
    closed = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    assert body_problems(tmp_path, of_schema(closed), {"a": 1, "b": 2}) == []
    typed = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert [problem.place for problem in body_problems(tmp_path, of_schema(typed), {"b": "x"})] == ["body /b"]


def test_one_of_closed_branches_may_fit_twice(tmp_path: Path) -> None:
    branch = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "integer"}},
        "additionalProperties": False,
    }
    other = {
        "type": "object",
        "required": ["b"],
        "properties": {"b": {"type": "integer"}},
        "additionalProperties": False,
    }
    document = of_schema({"oneOf": [branch, other]})
    assert body_problems(tmp_path, document, {"a": 1, "b": 2}) == []
    assert body_problems(tmp_path, document, {"a": "x"}) == [Problem("body /a", "integer", "x")]
    assert body_problems(tmp_path, document, {}) == [Problem("body", "one of 2 documented forms", "{}")]


def test_all_of_and_any_of_keep_their_meaning(tmp_path: Path) -> None:
    document = of_schema(
        {
            "allOf": [{"required": ["a"]}, {"anyOf": [{"required": ["b"]}, {"required": ["c"]}]}],
            "oneOf": [{"type": "object"}],
        }
    )
    assert body_problems(tmp_path, document, {"a": 1, "c": 1}) == []
    assert body_problems(tmp_path, document, {"a": 1})
    assert body_problems(tmp_path, document, {"c": 1})


def test_a_schema_may_contain_itself(tmp_path: Path) -> None:
    tree = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "inner": {"$ref": "#/components/schemas/tree"}},
    }
    document = of_schema({"$ref": "#/components/schemas/tree"}, components={"tree": tree})
    assert body_problems(tmp_path, document, {"name": "a", "inner": {"name": "b"}}) == []
    assert body_problems(tmp_path, document, {"name": "a", "inner": {}}) == [
        Problem("body /inner/name", "present", "absent")
    ]


def test_what_only_requests_have_is_not_required(tmp_path: Path) -> None:
    document = of_schema(
        {
            "type": "object",
            "required": ["identity", "password", "pin"],
            "properties": {
                "identity": {"type": "string"},
                "password": {"type": "string", "writeOnly": True},
                "pin": {"$ref": "#/components/schemas/pin"},
            },
        },
        components={"pin": {"type": "string", "writeOnly": True}},
    )
    assert body_problems(tmp_path, document, {"identity": "a"}) == []
    assert body_problems(tmp_path, document, {}) == [Problem("body /identity", "present", "absent")]


def test_members_named_like_keywords_are_members(tmp_path: Path) -> None:
    document = of_schema({"type": "object", "properties": {"type": {"type": "string"}, "$ref": {"type": "string"}}})
    assert body_problems(tmp_path, document, {"type": "x", "$ref": "y"}) == []
    assert len(body_problems(tmp_path, document, {"type": 1, "$ref": 2})) == 2


SWAGGER = """\
swagger: "2.0"
info: {title: vendor, version: "1"}
basePath: /communication/kandy/provisioning
produces: [application/json]
paths:
  /order:
    get:
      responses:
        200:
          description: the orders
          schema:
            type: object
            required: [orders]
            properties:
              orders: {type: array, items: {$ref: "#/definitions/order"}}
              day: {type: string, enum: [2026-01-01, no]}
          headers:
            quota-limit: {type: integer, description: calls}
            flags: {type: array, items: {type: integer}}
        default: {$ref: "#/responses/error"}
  /export:
    get:
      produces: [text/csv]
      responses:
        200: {description: a file, schema: {type: file}}
        4XX: {description: refused}
definitions:
  order: {type: object, required: [number], properties: {number: {type: string, x-nullable: true}}}
responses:
  error: {description: an error, schema: {type: object, required: [message]}}
"""


def test_swagger(tmp_path: Path) -> None:
    document = load_document(written(tmp_path, SWAGGER, "vendor.yaml"))
    spec = operation(document, "GET", "/order")
    assert document.version == "2.0"
    assert spec.statuses == {200}
    good = json.dumps({"orders": [{"number": None}], "day": "2026-01-01"})
    assert spec.problems(200, (JSON, ("quota-limit", "5"), ("flags", "1, 2")), good) == []
    assert spec.problems(200, (JSON, ("quota-limit", "x")), good) == [Problem("header quota-limit", "integer", "x")]
    assert spec.problems(200, (JSON, ("flags", "1, x")), good) == [Problem("header flags", "array", "1, x")]
    assert spec.problems(200, (JSON,), '{"orders": [{}]}') == [Problem("body /orders/0/number", "present", "absent")]
    assert spec.problems(200, (JSON,), '{"orders": [], "day": "no"}') == []
    assert spec.problems(404, (JSON,), "{}") == [Problem("body /message", "present", "absent")]
    export = operation(document, "GET", "/export")
    assert export.problems(200, (("content-type", "text/csv"),), "a,b") == []
    assert 404 in export.statuses
    assert export.problems(404, (), "") == []
    assert len(document.statuses) == 101


def test_a_base_path_in_every_path_is_no_obstacle(tmp_path: Path) -> None:
    answer = {"200": {"description": ""}}
    paths = {
        "/communication/kandy/provisioning/order": {"get": {"responses": answer}},
        "/communication/kandy/provisioning/subscriber/{id}": {"delete": {"responses": answer}},
        "/communication/kandy/provisioning/subscriber/all": {"delete": {"responses": answer}},
    }
    document = load_document(written(tmp_path, {"openapi": "3.1.0", "paths": paths}))
    assert operation(document, "GET", "/order").template.endswith("/order")
    assert operation(document, "DELETE", "/subscriber/a").template.endswith("{id}")
    assert operation(document, "DELETE", "/subscriber/all").template.endswith("/all")
    assert document.operation("GET", "/communication/kandy/provisioning/order") is not None
    assert document.operation("GET", "/kandy/provisioning/order") is None


def test_references_lead_into_files_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    written(
        tmp_path,
        {"order": {"type": "object", "required": ["n"], "properties": {"n": {"$ref": "b.json"}}}},
        "parts/a.json",
    )
    written(tmp_path, {"type": "integer"}, "parts/b.json")
    document = of_schema({"$ref": "parts/a.json#/order"})
    assert body_problems(tmp_path, document, {"n": 1}) == []
    assert body_problems(tmp_path, document, {"n": "x"}) == [Problem("body /n", "integer", "x")]


def test_references_with_escaped_characters(tmp_path: Path) -> None:
    document = of_schema({"$ref": "#/paths/~1order/get/responses/201/content/application~1json/schema"})
    document["paths"]["/order"]["get"]["responses"]["201"] = {
        "description": "", "content": {"application/json": {"schema": {"type": "integer"}}},
    }  # fmt: skip
    assert body_problems(tmp_path, document, "1") == []
    assert body_problems(tmp_path, document, '"x"') == [Problem("body", "integer", "x")]


def test_media_ranges_and_other_media(tmp_path: Path) -> None:
    document = of_schema({"type": "integer"})
    content = document["paths"]["/order"]["get"]["responses"]["200"]["content"]
    content["application/json; charset=utf-8"] = content.pop("application/json")
    content["text/*"] = {"schema": {"type": "string"}}
    spec = operation(load_document(written(tmp_path, document)), "GET", "/order")
    assert spec.problems(200, (JSON,), "1") == []
    assert spec.problems(200, (JSON,), "x")[0].place == "body"
    assert spec.problems(200, (("content-type", "text/plain"),), "x") == []
    assert spec.problems(200, (("content-type", "image/png"),), "x")[0].place == "content-type"


def test_header_objects_of_every_kind(tmp_path: Path) -> None:
    document = of_schema({"type": "integer"}, "3.1.0")
    document["paths"]["/order"]["get"]["responses"]["200"]["headers"] = {
        "Content-Type": {"required": True, "schema": {"const": "ignored"}},
        "X-Plain": {"required": True},
        "X-Share": {"schema": {"type": "number"}},
        "X-Either": {"schema": {"type": ["integer", "boolean"]}},
        "X-Linked": {"$ref": "#/components/headers/linked"},
    }
    document["components"]["headers"] = {"linked": {"schema": {"$ref": "#/components/schemas/word"}}}
    document["components"]["schemas"] = {"word": {"enum": ["a", "b"]}}
    spec = operation(load_document(written(tmp_path, document)), "GET", "/order")
    good = (JSON, ("x-plain", ""), ("x-share", "0.5"), ("x-either", "true"), ("x-linked", "a"))
    assert spec.problems(200, good, "1") == []
    bad = (JSON, ("x-share", "half"), ("x-either", "yes"), ("x-linked", "c"))
    assert [problem.place for problem in spec.problems(200, bad, "1")] == [
        "header X-Share", "header X-Either", "header X-Linked", "header X-Plain",
    ]  # fmt: skip


# --- broken documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("openapi: 3.0.3\npaths: [\n", "vendor.yaml:3: ", "this is no YAML"),
        ("openapi: 3.0.3\n  paths: x\n", "vendor.yaml:2: ", "this is no YAML"),
        ('{"openapi": "3.0.3",\n}', "vendor.yaml:2: ", "this is no JSON"),
        ("", "vendor.yaml: #: ", "this is no OpenAPI document"),
        ("- 1", "vendor.yaml: #: ", "this is no OpenAPI document"),
        ("paths: {}", "vendor.yaml: #: ", "it does not say its version"),
        ("openapi: 4.0.0", "vendor.yaml: #: ", "version '4.0.0' is not known"),
        ("swagger: 1.2", "vendor.yaml: #: ", "version '1.2' is not known"),
        ("openapi: 3.0.3", "vendor.yaml: #/paths: ", "the document has no operation"),
        ("openapi: 3.0.3\npaths: 3", "vendor.yaml: #/paths: ", "3 stands here; write a mapping"),
        ("openapi: 3.0.3\npaths: {/a: }", "vendor.yaml: #/paths/~1a: ", "nothing stands here"),
        ("openapi: 3.0.3\npaths: {/a: {get: 1}}", "#/paths/~1a/get: ", "1 stands here"),
        ("openapi: 3.0.3\npaths: {/a: {get: {responses: {2000: {}}}}}", "/responses/2000: ", "is no HTTP status"),
        ("swagger: 2.0\npaths: {/a: {get: {produces: x}}}", "/get/produces: ", "write a list of media types"),
        (
            "openapi: 3.0.3\npaths: {/a: {get: {responses: {200: {$ref: '#/components/responses/x'}}}}}",
            "#/paths/~1a/get/responses/200: ", "'#/components/responses/x' leads nowhere",
        ),
        (
            "openapi: 3.0.3\npaths: {/a: {get: {responses: {200: {$ref: '#/paths/~1a/get/responses/200'}}}}}",
            "#/paths/~1a/get/responses/200: ", "leads back to itself",
        ),
        (
            "openapi: 3.0.3\npaths: {/a: {get: {responses: {200: {$ref: 'https://x.example/a.yaml#/b'}}}}}",
            "/200: ", "leads to another server; bundle the document",
        ),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '#here'}}", "#/paths/~1a: ", "names an anchor"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: 'missing.yaml'}}", "missing.yaml: ", "cannot be read"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '%00'}}", "x00': ", "no file can have this name"),
    ],
)  # fmt: skip
def test_a_broken_document_is_refused_with_its_place(tmp_path: Path, text: str, place: str, why: str) -> None:
    message = complaint(tmp_path, text, "vendor.yaml")
    assert place in message
    assert why in message


@pytest.mark.parametrize(
    ("schema", "place", "why"),
    [
        ({"type": "strin"}, "/schema/type: ", "the schema cannot be used"),
        ({"properties": {"a": {"pattern": "("}}}, "/schema/properties/a/pattern: ", "is not a"),
        (
            {"properties": {"a": {"$ref": "#/components/schemas/x"}}},
            "#/components/schemas/x/required: ",
            "cannot be used",
        ),
        ({"properties": {"a": 3}}, "/schema/properties/a: ", "3 is no schema"),
        ({"properties": 3}, "/schema/properties: ", "3 stands here"),
        ({"properties": {}, "required": [[]]}, "/schema/required/0: ", "is not of type"),
        ({"allOf": {}}, "/schema/allOf: ", "write a list of schemas"),
        ({"oneOf": []}, "/schema/oneOf: ", "write a list of schemas"),
        ({"$ref": "#/components/schemas/y"}, "/schema: ", "leads nowhere"),
        ({"items": {"$ref": "#/components/schemas/y"}}, "/schema/items: ", "leads nowhere"),
        (3, "/schema: ", "3 is no schema"),
    ],
)
def test_a_broken_schema_is_refused_with_its_place(tmp_path: Path, schema: Any, place: str, why: str) -> None:
    message = complaint(tmp_path, of_schema(schema, components={"x": {"required": True}}))
    assert place in message
    assert why in message
    assert str(tmp_path / "vendor.json") in message


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: the OpenAPI document cannot be read: No such file"):
        load_document(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"title: \xe9")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        load_document(str(tmp_path / "latin.yaml"))
