"""The binding reads and writes every spelling, and no body of a target can make it stumble."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kandykit.binding import Binding
from kandykit.calls import (
    PRODUCT,
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    FetchToken,
    InventoryView,
    Malformed,
    Operation,
    OrderKind,
    OtherCall,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    Stage,
)
from kandykit.errors import ProfileError
from kandykit.exchange import Answer
from kandykit.wire import Outgoing

BASE = "https://api.test/communication/kandy/provisioning"
TOKEN = "https://api.test/oauth/client_credential/accesstoken?grant_type=client_credentials"
JSON = (("Content-Type", "application/json"),)
MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT


def binding(**spelling: str) -> Binding:
    return Binding(BASE, TOKEN, {key.replace("__", "."): value for key, value in spelling.items()})


def meaning(bound: Binding, outgoing: Outgoing) -> Call:
    """What the binding makes of a request that it wrote itself."""
    return bound.call_of(outgoing.method, outgoing.url, outgoing.headers, (outgoing.body or b"").decode())


def posted(what: str, body: Any, headers: tuple[tuple[str, str], ...] = JSON, query: str = "") -> Call:
    text = body if isinstance(body, str) else json.dumps(body)
    return binding().call_of("POST", f"{BASE}/{what}{query}", headers, text)


def answered(call: Call, body: Any, bound: Binding | None = None, status: int = 200, **headers: str) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return (bound or binding()).reply_of(call, Answer(status, tuple(headers.items()), text), "")


STRANGE = {
    "camelCase": {
        "order__number": "/orderNumber",
        "order__kind": "/orderType",
        "order__product": "/productName",
        "subscriber__product": "/productName",
        "subscriber__identity": "/userId",
    },
    "signed quantity": {"order__kind": "", "order__quantity": "/delta"},
    "order by path": {"order__read": "path", "order__one": "/result/order", "order__list": "/result/orders"},
    "delete by query": {"subscriber__delete": "query:id"},
    "delete by body": {"subscriber__delete": "body:/user/id"},
    "delete by header": {"subscriber__delete": "header:X-Identity"},
    "nested members": {"order__quantity": "/item/amount", "order__kind": "/item/action", "order__product": "/item/id"},
    "pointers with escapes": {"order__quantity": "/a~1b/~0c"},
    "deep paths": {"order__path": "/v1/orders", "subscriber__path": "/v1/subscribers", "inventory__path": "/v1/stock"},
    "no products": {"order__product": "", "subscriber__product": ""},
    "another product": {"product": "P-1"},
    "other words": {"order__increment": "ADD", "order__decrement": "REMOVE"},
}


@pytest.mark.parametrize("name", ["default", *STRANGE])
def test_what_is_written_is_read_as_it_was_meant(name: str) -> None:
    bound = binding(**STRANGE.get(name, {}))
    assert meaning(bound, bound.place_order(MORE, 3)) == PlaceOrder(MORE, 3)
    assert meaning(bound, bound.place_order(FEWER, 3)) == PlaceOrder(FEWER, 3)
    assert meaning(bound, bound.read_orders()) == ReadOrders()
    assert meaning(bound, bound.read_orders("a/b c?&")) == ReadOrders("a/b c?&")
    assert meaning(bound, bound.read_inventory()) == ReadInventory()
    assert meaning(bound, bound.create_subscriber()) == CreateSubscriber()
    assert meaning(bound, bound.create_subscriber("a@x.nl")) == CreateSubscriber("a@x.nl")
    assert meaning(bound, bound.delete_subscriber("a+b@x.nl")) == DeleteSubscriber("a+b@x.nl")


def test_the_default_spelling_on_the_wire() -> None:
    bound = binding()
    assert json.loads(bound.place_order(FEWER, 2).body or b"") == {
        "product_name": PRODUCT,
        "order_type": "decrement",
        "quantity": 2,
    }
    assert bound.delete_subscriber("a/b@x.nl").url == f"{BASE}/subscriber/a%2Fb%40x.nl"
    assert bound.read_orders("7").url == f"{BASE}/order?order_number=7"


def test_a_target_that_reads_no_single_order() -> None:
    bound = binding(order__read="list")
    assert not bound.reads_single_orders
    assert meaning(bound, bound.read_orders("7")) == ReadOrders()


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"order\.nmuber"):
        Binding(BASE, TOKEN, {"order.nmuber": "/x"})


# -- requests that are none

ORDER = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}


@pytest.mark.parametrize(
    ("why", "body"),
    [
        ("the body is empty", ""),
        ("the body is not JSON", "{"),
        ("the body is not JSON", '{"quantity": NaN}'),
        ("the body is nested deeply", "[" * 100_000),
        ("the body is not JSON", '{"quantity": ' + "9" * 10_000 + "}"),
        ("the body is not JSON", "\udcff"),
        ("the body is not JSON", '{"quantity"'.encode("utf-16").decode("utf-8", "surrogateescape")),
        ("quantity is zero", json.dumps({**ORDER, "quantity": 0}).encode("utf-16").decode("utf-8", "surrogateescape")),
        ("the body is no JSON object", "[]"),
        ("the body is no JSON object", "null"),
        ("a member is unknown", {**ORDER, "extra": 1}),
        ("product is missing", {"order_type": "increment", "quantity": 1}),
        ("product is not a string", {**ORDER, "product_name": 7}),
        ("product is unknown", {**ORDER, "product_name": "another"}),
        ("quantity is missing", {"product_name": PRODUCT, "order_type": "increment"}),
        ("quantity is not a number", {**ORDER, "quantity": "1"}),
        ("quantity is not a number", {**ORDER, "quantity": True}),
        ("quantity is not a number", {**ORDER, "quantity": None}),
        ("quantity is not a number", {**ORDER, "quantity": [1]}),
        ("quantity is a fraction", {**ORDER, "quantity": 1.5}),
        ("quantity is a fraction", '{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":1e999}'),
        ("quantity is zero", {**ORDER, "quantity": 0}),
        ("quantity is negative", {**ORDER, "quantity": -1}),
        ("quantity is above 2^53", {**ORDER, "quantity": 2**53 + 1}),
        ("order type is missing", {"product_name": PRODUCT, "quantity": 1}),
        ("order type is not a string", {**ORDER, "order_type": 1}),
        ("order type is unknown", {**ORDER, "order_type": "INCREMENT"}),
        ("a member is unknown", {**ORDER, "Quantity": 2}),
        ("quantity is zero", {"Product_Name": PRODUCT, "order_type": "increment", "QUANTITY": 0}),
    ],
)
def test_a_malformed_order(why: str, body: Any) -> None:
    assert posted("order", body) == Malformed(Operation.PLACE_ORDER, why)


@pytest.mark.parametrize(
    ("why", "body"),
    [
        ("product is missing", {}),
        ("product is unknown", {"product_name": "another"}),
        ("identity is not a string", {"product_name": PRODUCT, "identity": 7}),
        ("identity is empty", {"product_name": PRODUCT, "identity": ""}),
        ("a member is unknown", {"product_name": PRODUCT, "password": "x"}),
    ],
)
def test_a_malformed_create(why: str, body: Any) -> None:
    assert posted("subscriber", body) == Malformed(Operation.CREATE_SUBSCRIBER, why)


GREY_ORDERS: list[tuple[str, str, tuple[tuple[str, str], ...], str]] = [
    ("quantity is a float without a fraction", json.dumps({**ORDER, "quantity": 1.0}), JSON, ""),
    ("a member is given twice", json.dumps(ORDER)[:-1] + ', "quantity": 1}', JSON, ""),
    ("the content type is not application/json", json.dumps(ORDER), (("content-type", "text/plain"),), ""),
    ("the content type is not application/json", json.dumps(ORDER), (), ""),
    ("the body starts with a byte order mark", "\ufeff" + json.dumps(ORDER), JSON, ""),
    *(
        (
            "the body is in another form of Unicode than UTF-8",
            json.dumps(ORDER).encode(form).decode("utf-8", "surrogateescape"),
            JSON,
            "",
        )
        for form in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
    ),
    ("the query has members", json.dumps(ORDER), JSON, "?a=b"),
    ("the body comes in chunks", json.dumps(ORDER), (*JSON, ("Transfer-Encoding", "chunked")), ""),
    (
        "member names are in other letter case",
        json.dumps({name.title(): value for name, value in ORDER.items()}),
        JSON,
        "",
    ),
]


@pytest.mark.parametrize(("why", "body", "headers", "query"), GREY_ORDERS)
def test_a_grey_order_means_what_it_says_if_it_is_accepted(
    why: str, body: str, headers: tuple[tuple[str, str], ...], query: str
) -> None:
    grey = Malformed(Operation.PLACE_ORDER, why, grey=True, meant=PlaceOrder(MORE, 1))
    assert posted("order", body, headers, query) == grey


@pytest.mark.parametrize("quantities", [(1, 5), (5, 1), (1, 0), (0, 1), (1, "x")])
def test_nobody_knows_what_a_member_means_that_is_given_twice_with_different_values(
    quantities: tuple[Any, Any],
) -> None:
    first, second = quantities
    body = json.dumps({**ORDER, "quantity": first})[:-1] + f', "quantity": {json.dumps(second)}}}'
    why = "a member is given twice with different values"
    assert posted("order", body) == Malformed(Operation.PLACE_ORDER, why, grey=True)


@pytest.mark.parametrize(
    ("why", "identity"),
    [
        ("identity is null", None),
        ("identity has an unusual form", "ü ber@x.nl"),
        ("identity has an unusual form", "a@b"),
    ],
)
def test_a_grey_create(why: str, identity: str | None) -> None:
    grey = Malformed(Operation.CREATE_SUBSCRIBER, why, grey=True, meant=CreateSubscriber(identity))
    assert posted("subscriber", {"product_name": PRODUCT, "identity": identity}) == grey


def test_a_quantity_may_be_as_large_as_an_exact_number_can_be() -> None:
    assert posted("order", {**ORDER, "quantity": 2**53}) == PlaceOrder(MORE, 2**53)


def test_a_content_type_may_have_parameters_and_any_case() -> None:
    assert posted("order", ORDER, (("CONTENT-TYPE", "Application/JSON; charset=utf-8"),)) == PlaceOrder(MORE, 1)


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("GET", "/order?order_number=", Malformed(Operation.READ_ORDERS, "order number is empty", grey=True)),
        (
            "GET",
            "/order?order_number=1&order_number=2",
            Malformed(Operation.READ_ORDERS, "order number is given twice", grey=True),
        ),
        (
            "GET",
            "/order?order_number=%ff",
            Malformed(Operation.READ_ORDERS, "order number is no UTF-8", grey=True),
        ),
        ("GET", "/order?order_number=%c3%a9", ReadOrders("\u00e9")),
        ("GET", "/order?page=2", ReadOrders()),
        ("GET", "/order/7", OtherCall("GET", "/order/7")),
        ("GET", "/order/", OtherCall("GET", "/order/")),
        ("PUT", "/order", OtherCall("PUT", "/order", written=True)),
        ("HEAD", "/inventory", OtherCall("HEAD", "/inventory")),
        ("GET", "/inventory/", OtherCall("GET", "/inventory/")),
        ("GET", "/orders", OtherCall("GET", "/orders")),
        ("POST", "/subscriber/x", OtherCall("POST", "/subscriber/x", written=True)),
        ("GET", "/subscriber", OtherCall("GET", "/subscriber")),
        ("DELETE", "/subscriber", Malformed(Operation.DELETE_SUBSCRIBER, "identity is missing")),
        ("DELETE", "/subscriber/", Malformed(Operation.DELETE_SUBSCRIBER, "identity is missing")),
        ("DELETE", "/subscriber/a/b", OtherCall("DELETE", "/subscriber/a/b")),
        ("DELETE", "/subscriber/a%2Fb%40x.nl", DeleteSubscriber("a/b@x.nl")),
        (
            "DELETE",
            "/subscriber/%FF",
            Malformed(
                Operation.DELETE_SUBSCRIBER,
                "an escape that is no UTF-8",
                grey=True,
                meant=DeleteSubscriber("\udcff"),
            ),
        ),
        ("GET", "", OtherCall("GET", "")),
    ],
)
def test_a_request_without_a_body(method: str, path: str, call: Call) -> None:
    assert binding().call_of(method, BASE + path, (), "") == call


def test_the_token_call() -> None:
    assert binding().call_of("POST", TOKEN, (), "client_id=a") == FetchToken()
    assert binding().call_of("GET", TOKEN, (), "") == OtherCall("GET", "/oauth/client_credential/accesstoken")


def test_a_delete_elsewhere_than_it_was_agreed() -> None:
    bound = binding(subscriber__delete="query:id")
    assert bound.call_of("DELETE", f"{BASE}/subscriber/a?id=b", (), "") == OtherCall("DELETE", "/subscriber/a")
    missing = Malformed(Operation.DELETE_SUBSCRIBER, "identity is missing")
    assert bound.call_of("DELETE", f"{BASE}/subscriber?other=b", (), "") == missing
    assert binding(subscriber__delete="body:/id").call_of("DELETE", f"{BASE}/subscriber", JSON, "[]") == missing


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_identity_finds_its_way_into_a_path_and_back(identity: str) -> None:
    bound = binding()
    assert meaning(bound, bound.delete_subscriber(identity)) == DeleteSubscriber(identity)
    assert quote(identity, safe="") in bound.delete_subscriber(identity).url


# -- answers


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DONE),
        (204, Outcome.DONE),
        (302, Outcome.UNCLEAR),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (412, Outcome.REFUSED),
        (429, Outcome.THROTTLED),
        (500, Outcome.UNCLEAR),
        (599, Outcome.UNCLEAR),
        (100, Outcome.UNCLEAR),
    ],
)
def test_what_a_status_means(status: int, outcome: Outcome) -> None:
    assert answered(DeleteSubscriber("a"), "", status=status).outcome is outcome


def test_no_whole_answer_is_unclear() -> None:
    assert binding().reply_of(ReadOrders(), None, "timeout") == Reply(Outcome.UNCLEAR)
    assert binding().reply_of(ReadOrders(), Answer(200, (), "{}"), "cut") == Reply(Outcome.UNCLEAR, 200)


FULL = {
    "order_number": "7",
    "order_type": "decrement",
    "product_name": PRODUCT,
    "quantity": 2,
    "status": "Pending",
    "created_at": "2026-01-01T00:00:00Z",
}


def test_a_full_order() -> None:
    view = answered(PlaceOrder(FEWER, 2), FULL, status=202).order
    assert view is not None
    assert (view.number, view.kind, view.quantity, view.product) == ("7", FEWER, 2, PRODUCT)
    assert (view.stage, view.created_at) == (Stage.OPEN, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "location", ["/order?order_number=7", f"{BASE}/order/7", "order/7/", f"{BASE}/order?order_number=7"]
)
def test_an_order_number_in_the_location_only(location: str) -> None:
    for body in ("", "{}", "null", '{"status": "pending"}'):
        view = answered(PlaceOrder(MORE, 1), body, status=201, Location=location).order
        assert view is not None
        assert view.number == "7"


@pytest.mark.parametrize("location", [f"{BASE}/order", "http://[", "", "/"])
def test_a_location_without_a_number(location: str) -> None:
    assert answered(PlaceOrder(MORE, 1), "{}", status=201, Location=location).unreadable


def test_an_order_number_may_be_a_json_number_and_a_status_a_boolean() -> None:
    bound = binding(order__done="true", order__open="false")
    view = answered(PlaceOrder(MORE, 1), {"order_number": 7, "status": True}, bound).order
    assert view is not None
    assert (view.number, view.stage) == ("7", Stage.DONE)


def test_a_signed_quantity_tells_the_kind() -> None:
    view = answered(PlaceOrder(FEWER, 2), {"order_number": "7", "quantity": -2}, binding(order__kind="")).order
    assert view is not None
    assert (view.kind, view.quantity) == (FEWER, 2)


def test_orders_by_path_with_other_words_in_a_nested_envelope() -> None:
    bound = binding(
        order__read="path",
        order__envelope="/result",
        order__one="/result",
        order__list="/result/items",
        order__number="/id",
        order__done="Finished",
        order__status="/state/name",
    )
    item = {"id": 7, "state": {"name": "finished"}}
    assert (
        answered(PlaceOrder(MORE, 1), {"result": item}, bound).order
        == answered(ReadOrders("7"), {"result": item}, bound).orders[0]
    )  # type: ignore[index]
    listed = answered(ReadOrders(), {"result": {"items": [item]}}, bound).orders
    assert listed is not None
    assert (listed[0].number, listed[0].stage) == ("7", Stage.DONE)


@pytest.mark.parametrize("body", [{"orders": [FULL]}, FULL])
def test_one_order_may_come_in_a_list_or_bare(body: Any) -> None:
    orders = answered(ReadOrders("7"), body).orders
    assert orders is not None
    assert [view.number for view in orders] == ["7"]


@pytest.mark.parametrize(
    ("body", "spelling", "view"),
    [
        ({"products": [{"product_name": PRODUCT, "total": 3, "used": 1, "available": 2}]}, {}, InventoryView(3, 1, 2)),
        (
            {"products": [{"product_name": "x", "total": 9}, {"product_name": PRODUCT, "total": 3}]},
            {},
            InventoryView(3),
        ),
        ({"products": {"total": 3.0}}, {}, InventoryView(3)),
        (
            {"available": 2},
            {"inventory__rows": "", "inventory__total": "", "inventory__used": ""},
            InventoryView(None, None, 2),
        ),
        ({"free": 2}, {"inventory__rows": "", "inventory__available": "/free"}, InventoryView(None, None, 2)),
        ([{"sku": PRODUCT, "total": 3}], {"inventory__rows": "", "inventory__product": "/sku"}, InventoryView(3)),
        ([{"total": 3}], {"inventory__rows": "", "inventory__product": ""}, InventoryView(3)),
    ],
)
def test_an_inventory_in_many_shapes(body: Any, spelling: dict[str, str], view: InventoryView) -> None:
    assert answered(ReadInventory(), body, binding(**spelling)).inventory == view


@pytest.mark.parametrize("body", [{}, [], {"products": []}, {"products": [{"total": 3}]}, {"products": [7]}, "x", ""])
def test_an_inventory_without_numbers_says_so(body: Any) -> None:
    reply = answered(ReadInventory(), body)
    assert reply.inventory is None
    assert reply.unreadable


def test_a_subscriber_without_an_identity_says_so() -> None:
    assert answered(CreateSubscriber(), {"password": "x"}, status=201).unreadable
    assert not answered(CreateSubscriber("a@x.nl"), {"password": "x"}, status=201).unreadable


def test_half_a_surrogate_pair_is_no_identity() -> None:
    """It could never be sent back."""
    assert answered(CreateSubscriber(), '{"identity": "a\\ud800"}', status=201).unreadable


READ_CALLS: list[Call] = [
    PlaceOrder(MORE, 1),
    ReadOrders(),
    ReadOrders("7"),
    ReadInventory(),
    CreateSubscriber(),
    DeleteSubscriber("a"),
    FetchToken(),
    OtherCall("PUT", "/x"),
    Malformed(Operation.PLACE_ORDER, "x"),
    Malformed(Operation.PLACE_ORDER, "x", grey=True, meant=PlaceOrder(MORE, 1)),
]
HOSTILE = [
    "[" * 100_000,
    '{"a":' * 50_000,
    "9" * 10_000,
    '{"orders": ' + "9" * 10_000 + "}",
    "null",
    "true",
    '"text"',
    "1e999",
    "NaN",
    "-Infinity",
    '{"orders": null, "products": null, "identity": null}',
    '{"orders": {}, "products": "x", "identity": []}',
    '{"orders": [null, 7, [], "x", {}], "products": [[], null]}',
    '{"orders": [{"order_number": {}, "quantity": "1", "status": [], "order_type": 7}]}',
    '{"products": [{"product_name": "KPN-VoiceVideo-C", "total": "3", "used": true, "available": 1e400}]}',
    '{"products": [{"product_name": "KPN-VoiceVideo-C", "total": NaN}]}',
    '{"order_number": true, "quantity": 1e308}',
    "\udcff\x00",
    "<html>",
]


@pytest.mark.parametrize("call", READ_CALLS, ids=lambda call: type(call).__name__)
@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:20].encode("ascii", "replace").decode())
def test_a_hostile_body_is_read_as_far_as_it_goes(call: Call, body: str) -> None:
    for status in (200, 201, 202):
        assert answered(call, body, status=status, location="http://[x").outcome is Outcome.DONE


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(READ_CALLS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from((*FULL, "orders", "products", "total", "used", "identity", "x")), inner)
        ),
        max_leaves=8,
    ),
)
def test_no_body_makes_it_stumble(call: Call, body: Any) -> None:
    reply = answered(call, json.dumps(body))
    for view in (*(reply.orders or ()), *((reply.order,) if reply.order else ())):
        assert view.quantity is None or isinstance(view.quantity, int)
        assert view.number is None or view.number.encode()


def test_a_delete_with_a_broken_escape_is_malformed_and_may_find_nobody() -> None:
    binding = Binding("https://api.example/b", "https://api.example/t", {})
    call = binding.call_of("DELETE", "https://api.example/b/subscriber/a%4z.example", (), "")
    assert isinstance(call, Malformed)
    assert call.grey
    assert isinstance(call.meant, DeleteSubscriber)
    assert isinstance(
        binding.call_of("DELETE", "https://api.example/b/subscriber/a%40z.example", (), ""), DeleteSubscriber
    )


# -- other wires -----------------------------------------------------------------------------------------------------


OTHERS: dict[str, dict[str, str]] = {
    "wrapped": {"order__wrap": "/data", "order__envelope": "/data/order", "subscriber__wrap": "/data"},
    "in a list": {"order__wrap": "/lines/0", "order__sent_quantity": "/qty"},
    "signed": {"order__kind": "", "order__quantity": "/amount"},
    "two lines": {"order__quantity": "/more", "order__quantity_less": "/fewer"},
    "two products": {
        "order__product": "",
        "order__kind": "/sku",
        "order__increment": "VIDEO",
        "order__decrement": "VIDEO-BACK",
    },
    "booleans": {"order__kind": "/adds", "order__increment": "true", "order__decrement": "false"},
    "several words": {"order__increment": "ADD ADDED", "order__decrement": "REMOVE, TAKEN BACK"},
    "paths of their own": {
        "order__path": "/orders/new",
        "order__list_path": "/orders",
        "order__read": "path:/orders/{}/status",
        "subscriber__path": "/users/new",
        "subscriber__delete": "path:/users/{}/account",
    },
    "deleted elsewhere": {"subscriber__delete_path": "/gone", "subscriber__delete": "query:who"},
    "header": {"subscriber__delete": "header:X-Who"},
    "more members": {
        "order__also": '{"channel": "api", "meta": {"by": 7}}',
        "subscriber__also": '{"channel": "api"}',
    },
    "no product": {"order__product": "", "subscriber__product": ""},
    "sent by other names": {
        "order__sent_product": "/sku",
        "subscriber__sent_identity": "/login",
        "order__sent_kind": "/do",
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_another_wire_says_it_understands(name: str) -> None:
    bound = binding(**OTHERS[name])
    assert meaning(bound, bound.place_order(MORE, 3)) == PlaceOrder(MORE, 3)
    assert meaning(bound, bound.place_order(FEWER, 2)) == PlaceOrder(FEWER, 2)
    assert meaning(bound, bound.read_orders()) == ReadOrders()
    assert meaning(bound, bound.read_orders("a/b c")) == ReadOrders("a/b c")
    assert meaning(bound, bound.read_inventory()) == ReadInventory()
    assert meaning(bound, bound.create_subscriber()) == CreateSubscriber()
    assert meaning(bound, bound.create_subscriber("a+b@x.nl")) == CreateSubscriber("a+b@x.nl")
    assert meaning(bound, bound.delete_subscriber("a+b@x.nl")) == DeleteSubscriber("a+b@x.nl")
    assert isinstance(meaning(bound, bound.delete_subscriber_as(None)), Malformed)
    for outgoing in (bound.place_order(MORE, 1), bound.read_orders("1"), bound.delete_subscriber("a@x.nl")):
        path = outgoing.url.removeprefix(BASE).partition("?")[0]
        assert outgoing.method in bound.methods_at(path)
    strange = bound.order_body(MORE, 1) | {"kandykit_unknown": 1}
    assert meaning(bound, bound.post("order", strange)) == Malformed(Operation.PLACE_ORDER, "a member is unknown")


@pytest.mark.parametrize(
    ("order", "kind", "quantity", "spelling"),
    [
        ({"amount": -2}, FEWER, 2, {"order__kind": "", "order__quantity": "/amount"}),
        ({"more": 2}, MORE, 2, {"order__quantity": "/more", "order__quantity_less": "/fewer"}),
        ({"more": 0, "fewer": 2}, FEWER, 2, {"order__quantity": "/more", "order__quantity_less": "/fewer"}),
        ({"order_type": "ADDED", "quantity": 2}, MORE, 2, {"order__increment": "ADD ADDED"}),
        ({"order_type": "TAKEN BACK", "quantity": 2}, FEWER, 2, {"order__decrement": "REMOVE, TAKEN BACK"}),
        ({"up": False, "quantity": 2}, FEWER, 2, OTHERS["booleans"] | {"order__kind": "/up"}),
        ({"lines": [{"n": 4}], "order_type": "increment"}, MORE, 4, {"order__quantity": "/lines/0/n"}),
    ],
)
def test_how_many_an_order_shows(
    order: dict[str, Any], kind: OrderKind, quantity: int, spelling: dict[str, str]
) -> None:
    reply = answered(PlaceOrder(kind, quantity), {"order_number": "1", **order}, binding(**spelling), 201)
    assert reply.order is not None
    assert (reply.order.kind, reply.order.quantity) == (kind, quantity)


def test_orders_in_their_own_wrapping() -> None:
    bound = binding(order__list="/data/orders", order__item="/order", order__one="/data", order__read="path")
    order = {"order_number": "7", "status": "done"}
    listed = answered(ReadOrders(), {"data": {"orders": [{"order": order}, {"order": order}]}}, bound)
    assert [each.number for each in listed.orders or ()] == ["7", "7"]
    for alone in ({"data": {"order": order}}, {"data": order}, {"data": [{"order": order}]}):
        assert [each.number for each in answered(ReadOrders("7"), alone, bound).orders or ()] == ["7"], alone


def test_one_number_says_nothing_until_it_is_understood() -> None:
    bound = binding(
        inventory__number="/n", inventory__rows="", inventory__total="", inventory__used="", inventory__available=""
    )
    assert answered(ReadInventory(), {"n": 3}, bound) == Reply(Outcome.DONE, 200)
    assert answered(ReadInventory(), {"m": 3}, bound).unreadable
    bound.understand("available")
    assert answered(ReadInventory(), {"n": 3}, bound).inventory == InventoryView(available=3)
    assert answered(ReadInventory(), {"m": 3}, bound).unreadable


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order.number", "orderId"),
        ("order.path", "orders"),
        ("order.path", "/orders/{id}"),
        ("order.read", "path:/orders"),
        ("order.read", "body:/x"),
        ("subscriber.delete", "cookie:x"),
        ("subscriber.delete", "header:a b"),
        ("order.also", "[1]"),
        ("order.increment", " "),
        ("product", ""),
        ("order.quantity", "/a~2"),
    ],
)
def test_a_value_that_a_key_cannot_have_is_refused(key: str, value: str) -> None:
    with pytest.raises(ProfileError, match=re.escape(f"binding.{key} must")):
        Binding(BASE, TOKEN, {key: value})
