"""Each stranger of the mock and the profile that ships for it understand each other, in right and in wrong calls."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest

from kandykit.calls import InventoryView, Malformed, OrderKind, Outcome, PlaceOrder, Stage
from kandykit.explore.unusual import CATALOGUE
from kandykit.mock.dialects import STRANGERS
from kandykit.openapi import load_document
from kandykit.spelled import document_of
from kandykit.wire import Outgoing
from tests.wires.strangers import calling, profile_of

pytestmark = pytest.mark.usefixtures("secrets")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANDY_MOCK_ACME_SECRET", "acme-secret")
    monkeypatch.setenv("KANDY_MOCK_GLOBEX_SECRET", "globex-secret")


@pytest.mark.parametrize("name", STRANGERS)
def test_the_walk(name: str, tmp_path: Path) -> None:
    """Order, look, create, delete, give back: all understood, and all numbers right."""
    with calling(name, tmp_path) as caller:
        binding = caller.binding

        def look() -> tuple[int, int]:
            view = caller.send(binding.read_inventory())[2].inventory
            assert view is not None
            assert view.available is not None
            if view.total is None:
                assert view == InventoryView(available=view.available)
                return -1, view.available
            assert view.total - (view.used or 0) == view.available
            return view.total, view.available

        total, available = look()
        call, answer, reply = caller.send(binding.place_order(OrderKind.INCREMENT, 3))
        assert call == PlaceOrder(OrderKind.INCREMENT, 3)
        assert answer.status == 201
        assert reply.order is not None
        assert (reply.order.kind, reply.order.quantity, reply.order.stage) == (OrderKind.INCREMENT, 3, Stage.DONE)
        number = reply.order.number
        assert number is not None
        assert look()[1] == available + 3
        _, _, listed = caller.send(binding.read_orders())
        assert listed.orders is not None
        assert [order.number for order in listed.orders] == [number]
        _, answer, one = caller.send(binding.read_orders(number))
        assert one.orders == (reply.order,)
        placed = caller.send(binding.place_order(OrderKind.DECREMENT, 1))[1]
        location = placed.header("location") or ""
        assert not binding.reads_single_orders or binding._number_in(location)
        there = caller.send(Outgoing("GET", urljoin(binding.base_url, location)))[1]
        assert there.status == 200, "a Location has to lead somewhere"
        assert look()[1] == available + 2
        for identity in (None, "somebody@example.com"):
            _, answer, created = caller.send(binding.create_subscriber(identity))
            assert answer.status == 201
            assert created.subscriber is not None
            assert created.subscriber.password
            assert created.subscriber.identity
            assert identity in (None, created.subscriber.identity)
            assert look()[1] == available + 1
            _, answer, deleted = caller.send(binding.delete_subscriber(created.subscriber.identity))
            assert (answer.status, deleted.outcome) == (200, Outcome.DONE)
        _, answer, _ = caller.send(binding.delete_subscriber("nobody@example.com"))
        assert answer.status == 404
        assert look() == (total + 2 if total >= 0 else -1, available + 2)


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_malformed_is_refused(name: str, tmp_path: Path) -> None:
    """Every unusual request that the binding takes for malformed gets a 4xx, and changes nothing."""
    with calling(name, tmp_path) as caller:
        caller.send(caller.binding.place_order(OrderKind.INCREMENT, 2))
        before = caller.send(caller.binding.read_inventory())[1].body
        tried = 0
        for entry in CATALOGUE.values():
            outgoing = entry.build(caller.binding, lambda: "kk-1@example.com")
            body = (outgoing.body or b"").decode("utf-8", "surrogateescape")
            meant = caller.binding.call_of(outgoing.method, outgoing.url, outgoing.headers, body)
            if not isinstance(meant, Malformed) or meant.grey or "content-type" not in dict(outgoing.headers):
                continue
            _, answer, _ = caller.send(outgoing)
            assert 400 <= answer.status < 500, (entry.name, answer)
            tried += 1
        assert tried > 40
        assert caller.send(caller.binding.read_inventory())[1].body == before


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_knows_only_its_own_words(name: str, tmp_path: Path) -> None:
    """What the mock itself would understand means nothing in a dialect."""
    with calling(name, tmp_path) as caller:
        origin = caller.binding.base_url.partition("/api")[0]
        own = {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 1}
        call = caller.binding.post("order", own)
        assert caller.send(call)[1].status == 400
        for path in ("/order", "/inventory", "/communication/kandy/provisioning/inventory"):
            if path not in caller.binding.spelling.values():
                outgoing = caller.binding.read_inventory()
                assert caller.raw(type(outgoing)("GET", origin + path)).status in (401, 404)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_fault_shows_in_each_dialect(name: str, tmp_path: Path) -> None:
    """The translation carries defects through as they are."""
    with calling(name, tmp_path, "increment-adds-one") as caller:
        caller.send(caller.binding.place_order(OrderKind.INCREMENT, 3))
        view = caller.send(caller.binding.read_inventory())[2].inventory
        assert view is not None
        assert view.available == 1
    with calling(name, tmp_path, "password-in-the-answer-to-a-deletion") as caller:
        caller.send(caller.binding.place_order(OrderKind.INCREMENT, 1))
        caller.send(caller.binding.create_subscriber("a@example.com"))
        _, answer, _ = caller.send(caller.binding.delete_subscriber("a@example.com"))
        assert caller.binding.leaf("subscriber.password") in answer.body


@pytest.mark.parametrize("name", STRANGERS)
def test_answers_are_what_the_document_says(name: str, tmp_path: Path) -> None:
    """The vendor's own document, or the shipped one spelled so."""
    with calling(name, tmp_path) as caller:
        document = document_of(profile_of(name, tmp_path), caller.binding, tmp_path)
        caller.send(caller.binding.place_order(OrderKind.INCREMENT, 2))
        number = caller.send(caller.binding.place_order(OrderKind.DECREMENT, 1))[2].order
        assert number is not None
        for outgoing in (
            caller.binding.place_order(OrderKind.INCREMENT, 1),
            caller.binding.read_orders(),
            caller.binding.read_orders(number.number),
            caller.binding.read_inventory(),
            caller.binding.create_subscriber("b@example.com"),
            caller.binding.delete_subscriber("b@example.com"),
            caller.binding.delete_subscriber("b@example.com"),
        ):
            _, answer, _ = caller.send(outgoing)
            path = outgoing.url.removeprefix(caller.binding.base_url).partition("?")[0]
            spec = document.operation(outgoing.method, path)
            assert spec is not None, path
            assert spec.problems(answer.status, answer.headers, answer.body) == []


def test_every_stranger_ships_a_profile_and_its_document(tmp_path: Path) -> None:
    """And the documents are of all three kinds."""
    versions = set()
    for name in STRANGERS:
        profile = profile_of(name, tmp_path)
        if profile.target.openapi:
            versions.add(load_document(profile.target.openapi).version[:3])
    assert versions == {"2.0", "3.0", "3.1"}


def test_members_that_are_there_twice_stay_so() -> None:
    """The translation must not mend what a caller got wrong."""
    from kandykit.mock.dialects.text import read, write

    for text in ('{"a": 1, "a": 2.50}', '{"a": [NaN, {"b": 1e3}]}', '"x"'):
        assert write(read(text)) == text
    assert json.loads(write(read('{"a": "\\u00e9"}'))) == {"a": "é"}
