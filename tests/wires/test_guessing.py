"""What is guessed from a document is what a reader would take it for, and each guess says why."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from kandykit.binding import DEFAULTS, Binding
from kandykit.guess.outline import outline
from kandykit.guess.spelling import Guessed, guess
from kandykit.guess.vocabulary import FEWER, MORE, NUMBER, fit, sense, words_of
from kandykit.guess.writing import Draft, profile_text
from kandykit.mock.dialects import STRANGERS
from kandykit.requirements import specs_folder
from kandykit.spelled import FILE, write_spelled
from tests.wires.documents import EVERY
from tests.wires.strangers import profile_of

pytestmark = pytest.mark.usefixtures("secrets")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANDY_MOCK_ACME_SECRET", "acme-secret")
    monkeypatch.setenv("KANDY_MOCK_GLOBEX_SECRET", "globex-secret")


def guessed_from(document: object, folder: Path, base_url: str = "") -> Guessed:
    path = folder / "document.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return guess(outline(path), base_url)


@pytest.mark.parametrize("name", STRANGERS)
def test_the_documents_of_all_strangers_are_understood(name: str, tmp_path: Path) -> None:
    """Those that bring one by it, the others by the kit's own, spelled like them: the profile comes out."""
    profile = profile_of(name, tmp_path)
    binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
    document = profile.target.openapi or write_spelled(specs_folder() / FILE, binding, tmp_path)
    found = guess(outline(document)).binding
    # Words that the default knows anyway need not be written, and a document shows no domain of the kit's choice.
    loose = {"order.open", "order.done", "order.not_done", "subscriber.domain"}
    assert {key: value for key, value in found.items() if key not in loose} == {
        key: value for key, value in profile.binding.items() if key not in loose
    }


def test_the_shipped_document_is_the_default() -> None:
    found = guess(outline(specs_folder() / FILE))
    assert {key: value for key, value in found.binding.items() if key != "subscriber.domain"} == {}
    assert not found.remarks
    assert not found.roles.missing


@pytest.mark.parametrize("name", EVERY)
def test_plausible_documents_are_understood(name: str, tmp_path: Path) -> None:
    document, wanted = EVERY[name]()
    found = guessed_from(document, tmp_path).binding
    assert {key: found.get(key, DEFAULTS[key]) for key in wanted} == wanted


def test_each_guess_says_why(tmp_path: Path) -> None:
    found = guessed_from(EVERY["snake"]()[0], tmp_path)
    reasons = {each.key: each.why for each in found.guesses}
    assert reasons["order.number"] == "'order_no' in the answer to POST /v1/orders is integer"
    assert "ADD" in next(each.value for each in found.guesses if each.key == "order.increment")
    assert all(each.why for each in found.guesses)


def test_what_is_not_found_is_said(tmp_path: Path) -> None:
    document, _ = EVERY["signed"]()
    del document["paths"]["/licences"], document["paths"]["/endpoints/{endpointId}"]
    found = guessed_from(document, tmp_path)
    assert found.roles.missing == ["GET /inventory", "DELETE /subscriber"]
    assert any("GET /inventory" in remark for remark in found.remarks)


def test_a_member_without_a_value_is_named(tmp_path: Path) -> None:
    document, _ = EVERY["lines"]()
    asked = document["paths"]["/purchase"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    asked["properties"]["channel"] = {"type": "string"}
    found = guessed_from(document, tmp_path)
    assert "order.also" not in found.binding
    assert any("/channel" in remark for remark in found.remarks)


def test_paths_that_repeat_the_base_url_lose_it(tmp_path: Path) -> None:
    found = guessed_from(EVERY["snake"]()[0], tmp_path, "https://api.x.test/v1")
    assert found.binding["order.path"] == "/orders"
    assert "inventory.path" in found.binding
    assert guessed_from(EVERY["snake"]()[0], tmp_path, "https://api.x.test").binding["order.path"] == "/v1/orders"


def test_who_chooses_the_identity(tmp_path: Path) -> None:
    assert guessed_from(EVERY["signed"]()[0], tmp_path).identity == "server"
    assert guessed_from(EVERY["lines"]()[0], tmp_path).identity == "caller"
    assert guessed_from(EVERY["snake"]()[0], tmp_path).identity == ""


def test_names_are_taken_apart() -> None:
    assert words_of("orderRef") == words_of("order_ref") == words_of("Order-Ref") == ["order", "ref"]
    assert words_of("HTTPStatus2") == ["http", "status", "2"]
    assert fit("orderId", NUMBER) > fit("externalId", NUMBER)
    assert sense("REMOVE", {"more": MORE, "fewer": FEWER}) == "fewer"
    assert sense("NOT_ADDED", {"more": MORE, "fewer": FEWER}) == ""


@pytest.mark.parametrize("name", EVERY)
def test_a_written_profile_holds_the_guesses_and_no_secret(name: str, tmp_path: Path) -> None:
    found = guessed_from(EVERY[name]()[0], tmp_path)
    draft = Draft('a "name"', "https://x.test/b", "https://x.test/t", "env:ID", "env:SECRET", found.outline.path)
    draft.binding = dict(found.binding)
    text = profile_text(draft, found, tmp_path)
    read = tomllib.loads(text)
    flat: dict[str, str] = {}

    def gather(table: dict[str, object], above: str = "") -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                gather(value, f"{above}{key}.")
            else:
                flat[above + key] = str(value)

    gather(read["binding"])
    assert flat == found.binding
    assert read["target"]["openapi"] == "document.json"
    assert read["accounts"] == [{"client_id": "env:ID", "client_secret": "env:SECRET"}]


def test_the_guide_has_every_key() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "your-own-wire.md").read_text(encoding="utf-8")
    for key in DEFAULTS:
        assert f"| `{key}` |" in guide, key
    for name in STRANGERS:
        assert f"`{name}.toml`" in guide


ODD = [
    {"components": {"schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}}}},
    {
        "components": {
            "schemas": {
                "A": {
                    "type": "object",
                    "properties": {name: {"$ref": "#/components/schemas/A"} for name in ("a", "b", "c", "d", "e", "f")},
                }
            }
        }
    },
    {"components": {"schemas": {"A": {"type": ["object", "null"], "properties": {"id": True}}}}},
    {"components": {"schemas": {"A": {}}, "securitySchemes": {"x": None, "y": {"flows": []}, "z": {"flows": None}}}},
    {"components": {"schemas": {"A": {}}}, "servers": [{"url": "/relative", "variables": []}], "tags": None},
    {"components": {"schemas": {"A": {"enum": [None, 1, "x"], "properties": {"order id/~": {"type": "string"}}}}}},
]


@pytest.mark.parametrize("rest", ODD)
def test_no_document_makes_it_stumble(rest: dict[str, object], tmp_path: Path) -> None:
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    paths = {
        path: {"post": {"requestBody": body, "responses": answer}, "get": {"responses": answer}, "parameters": [{}]}
        for path in ("/orders", "/stock", "/users")
    }
    found = guessed_from({"openapi": "3.1.0", "info": {}, "paths": paths, **rest}, tmp_path)
    assert tomllib.loads(profile_text(Draft("n", "https://x", "https://x/t", "env:A", "env:B"), found, tmp_path))
    Binding("https://x", "https://x/t", found.binding)
