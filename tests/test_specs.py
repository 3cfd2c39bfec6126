"""The shipped OpenAPI document is valid, says what the contract says, and agrees with its own examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import validate

from kandykit.binding import IDENTITY
from kandykit.openapi import Document, load_document
from kandykit.requirements import specs_folder
from kandykit.terms import DOCUMENTED_CODES

FILE = specs_folder() / "kandy-provisioning.openapi.yaml"
STANDARD_HEADERS = {
    "sunset", "api-version", "quota-interval", "quota-limit", "quota-used", "quota-reset-UTC", "quota-time-unit",
    "strict-transport-security",
}  # fmt: skip
OPERATIONS = {
    ("/order", "post"): "place_order",
    ("/order", "get"): "read_orders",
    ("/inventory", "get"): "read_inventory",
    ("/subscriber", "post"): "create_subscriber",
    ("/subscriber/{identity}", "delete"): "delete_subscriber",
}


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def document() -> Document:
    return load_document(FILE)


def operations(tree: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in tree["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def followed(tree: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in value:
        for part in value["$ref"].split("/")[1:]:
            tree = tree[part]
        return tree
    return value


def request_schema(tree: dict[str, Any], name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": tree["components"]}
    )


def test_it_is_valid_openapi(tree: dict[str, Any]) -> None:
    assert tree["openapi"] == "3.0.3"
    validate(tree)


def test_it_has_the_five_documented_operations(tree: dict[str, Any]) -> None:
    assert {(path, method): operation["operationId"] for path, method, operation in operations(tree)} == OPERATIONS
    assert [server["url"] for server in tree["servers"]] == ["https://api-prd.kpn.com/communication/kandy/provisioning"]


def test_every_call_needs_a_client_credentials_token(tree: dict[str, Any]) -> None:
    (name,) = tree["security"][0]
    scheme = tree["components"]["securitySchemes"][name]
    assert scheme["type"] == "oauth2"
    assert scheme["flows"]["clientCredentials"]["tokenUrl"].endswith("?grant_type=client_credentials")
    assert not [operation for _, _, operation in operations(tree) if "security" in operation]


def test_only_documented_codes_are_declared(document: Document) -> None:
    assert document.statuses == DOCUMENTED_CODES
    for operation in document.operations:
        assert {302, 400, 401, 403, 404, 405, 412, 429, 500, 502, 503} <= operation.statuses
        assert 200 in operation.statuses


def test_standard_headers_are_required_of_success_only(tree: dict[str, Any]) -> None:
    for path, method, operation in operations(tree):
        for status, reference in operation["responses"].items():
            headers = followed(tree, reference).get("headers", {})
            required = {name for name, header in headers.items() if followed(tree, header).get("required")}
            if status.startswith("2"):
                assert required == STANDARD_HEADERS, (path, method, status)
            elif status in ("400", "403", "404", "405", "412", "429"):
                assert set(headers) >= STANDARD_HEADERS
                assert not required
            assert not {"content-type", "content-length"} & {name.lower() for name in headers}


def test_requests_are_closed_and_answers_are_open(tree: dict[str, Any]) -> None:
    schemas = tree["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == {"order_request", "subscriber_request"}


@pytest.mark.parametrize(
    ("name", "body", "fits"),
    [
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1}, True),
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "decrement", "quantity": 2**53 - 1}, True),
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 0}, False),
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": "1"}, False),
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "increment"}, False),
        ("order_request", {"product_name": "KPN-VoiceVideo-C", "order_type": "add", "quantity": 1}, False),
        ("order_request", {"product_name": "other", "order_type": "increment", "quantity": 1}, False),
        (
            "order_request",
            {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1, "more": 1}, False,
        ),
        ("subscriber_request", {"product_name": "KPN-VoiceVideo-C"}, True),
        ("subscriber_request", {"product_name": "KPN-VoiceVideo-C", "identity": "a.b@video.example.com"}, True),
        ("subscriber_request", {"product_name": "KPN-VoiceVideo-C", "identity": "nobody"}, False),
        ("subscriber_request", {"product_name": "KPN-VoiceVideo-C", "identity": "a@b"}, False),
        ("subscriber_request", {"product_name": "KPN-VoiceVideo-C", "password": "x"}, False),
        ("subscriber_request", {}, False),
    ],
)  # fmt: skip
def test_what_a_request_may_say(tree: dict[str, Any], name: str, body: dict[str, Any], fits: bool) -> None:
    assert request_schema(tree, name).is_valid(body) is fits


def test_an_identity_has_the_form_that_the_kit_takes_for_unobjectionable(tree: dict[str, Any]) -> None:
    pattern = tree["components"]["schemas"]["subscriber_request"]["properties"]["identity"]["pattern"]
    assert pattern == f"^{IDENTITY.pattern}$"


def test_the_oldest_order_comes_first_and_says_so(tree: dict[str, Any]) -> None:
    assert "oldest first" in tree["paths"]["/order"]["get"]["description"].lower()
    example = tree["components"]["schemas"]["order_list"]["example"]["orders"]
    assert [order["created_at"] for order in example] == sorted(order["created_at"] for order in example)


@pytest.mark.parametrize("status", ["200", "201", "202"])
def test_creation_links_to_what_can_be_done_next(tree: dict[str, Any], status: str) -> None:
    order = followed(tree, tree["paths"]["/order"]["post"]["responses"][status])["links"]["read_it_again"]
    assert (order["operationId"], order["parameters"]) == (
        "read_orders", {"order_number": "$response.body#/order_number"},
    )  # fmt: skip
    subscriber = followed(tree, tree["paths"]["/subscriber"]["post"]["responses"][status])["links"]["delete_it"]
    assert (subscriber["operationId"], subscriber["parameters"]) == (
        "delete_subscriber", {"identity": "$response.body#/identity"},
    )  # fmt: skip


def test_every_example_is_what_its_schema_says(tree: dict[str, Any]) -> None:
    seen = 0
    for name, schema in tree["components"]["schemas"].items():
        validator = request_schema(tree, name)
        if "example" in schema:
            assert validator.is_valid(schema["example"]), name
            seen += 1
        for member, inner in schema.get("properties", {}).items():
            assert "$ref" in inner or "example" in inner or inner["type"] == "array", (name, member)
    for _, _, operation in operations(tree):
        for example in (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {}).values()
        ):
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert request_schema(tree, name).is_valid(example["value"])
            seen += 1
    assert seen >= 12


def test_every_example_answer_is_without_a_problem(tree: dict[str, Any], document: Document) -> None:
    for path, method, operation in operations(tree):
        spec = document.operation(method, path.replace("{identity}", "a@b.c"))
        assert spec is not None
        for status, reference in operation["responses"].items():
            response = followed(tree, reference)
            headers = tuple(
                (name, example if isinstance(example, str) else json.dumps(example))
                for name, header in response.get("headers", {}).items()
                for example in [followed(tree, header)["example"]]
            )
            content = response.get("content", {}).get("application/json")
            body = json.dumps(content["example"]) if content else ""
            headers += (("content-type", "application/json; charset=utf-8"),) if content else ()
            assert spec.problems(int(status), headers, body) == [], (path, method, status)


def test_no_line_is_longer_than_a_screen_is_wide() -> None:
    assert not [line for line in FILE.read_text().splitlines() if len(line) > 120]


def test_names_are_in_one_style(tree: dict[str, Any]) -> None:
    members = {
        member
        for name, schema in tree["components"]["schemas"].items()
        if name not in ("error", "gateway_error")
        for member in schema.get("properties", {})
    }
    assert not [member for member in members if not re.fullmatch(r"[a-z]+(_[a-z]+)*", member)]
