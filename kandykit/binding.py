"""The binding: the only place that knows how a target spells the contract on the wire.

The default is the spelling of the shipped OpenAPI document. A profile's ``[binding]`` table replaces single keys of
`DEFAULTS`; values are JSON pointers (``/order_number``), places (``path``, ``query:NAME``, ``body:/pointer``,
``header:NAME``), paths, or words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache, partial
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

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
    OrderView,
    OtherCall,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    Stage,
    SubscriberView,
)
from kandykit.errors import ProfileError
from kandykit.exchange import Answer, Headers
from kandykit.wire import Outgoing

DEFAULTS: Final[Mapping[str, str]] = {
    "order.path": "/order",
    "order.product": "/product_name",  # empty: orders name no product
    "order.kind": "/order_type",  # empty: there is none, a decrement is a negative quantity
    "order.increment": "increment",
    "order.decrement": "decrement",
    "order.quantity": "/quantity",
    "order.envelope": "",  # where in the answer to a POST the order stands
    "order.number": "/order_number",
    "order.status": "/status",
    "order.created_at": "/created_at",
    "order.open": "pending acknowledged held in_progress inprogress open new waiting scheduled",
    "order.done": "fulfilled completed done finished closed",
    "order.not_done": "rejected failed cancelled canceled aborted",
    "order.list": "/orders",  # where in the answer to a GET the orders stand
    "order.read": "query:order_number",  # or "path", or "list": no reading of a single one
    "order.one": "/orders",  # where in the answer to a GET of one number it stands: a list or the order itself
    "inventory.path": "/inventory",
    "inventory.rows": "/products",  # a list of rows, or one row; empty: the answer itself
    "inventory.product": "/product_name",  # empty: rows carry no product
    "inventory.total": "/total",  # empty: not shown
    "inventory.used": "/used",
    "inventory.available": "/available",
    "subscriber.path": "/subscriber",
    "subscriber.product": "/product_name",
    "subscriber.envelope": "",
    "subscriber.identity": "/identity",
    "subscriber.password": "/password",
    "subscriber.delete": "path",  # or query:NAME, body:/pointer, header:NAME
    "subscriber.domain": "example.com",  # of the identities that the kit chooses
    "product": PRODUCT,
}
"""Every key of the binding with its default spelling."""

LARGEST_QUANTITY: Final = 2**53
"""Above this a JSON number is no exact integer everywhere, so a target refuses it."""

MOST_VIEWS: Final = 20_000
"""So many orders are remembered as they were read."""

IDENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""An identity whose form no target has a reason to refuse."""

_JSON: Final = (("content-type", "application/json"), ("accept", "application/json"))
_READ: Final = (("accept", "application/json"),)
_ABSENT: Final = object()
_HALVES: Final = re.compile("[\ud800-\udfff]")


class Binding:
    """Wire <-> contract for one target.

    ``base_url`` and ``token_url`` are absolute; ``spelling`` replaces single keys of `DEFAULTS` and raises
    `ProfileError` for a key that is none of them.
    """

    def __init__(self, base_url: str, token_url: str, spelling: Mapping[str, str] | None = None) -> None:
        unknown = sorted(set(spelling or ()) - set(DEFAULTS))
        if unknown:
            raise ProfileError(
                f"binding.{unknown[0]} is no key of the binding. Known keys: {', '.join(sorted(DEFAULTS))}."
            )
        self.base_url = base_url.rstrip("/")
        self.token_url = token_url
        self.spelling: dict[str, str] = {**DEFAULTS, **(spelling or {})}
        self._base_path = urlsplit(self.base_url).path.rstrip("/")
        self._token_path = urlsplit(token_url).path
        self._paths = {
            self.spelling["order.path"]: "order",
            self.spelling["inventory.path"]: "inventory",
            self.spelling["subscriber.path"]: "subscriber",
        }
        self._views: dict[tuple[Any, ...], tuple[str, OrderView]] = {}
        self._stages = {
            word.lower(): stage
            for key, stage in (
                ("order.open", Stage.OPEN),
                ("order.done", Stage.DONE),
                ("order.not_done", Stage.NOT_DONE),
            )
            for word in self.spelling[key].replace(",", " ").split()
        }

    @cached_property
    def spelled_otherwise(self) -> dict[str, str]:
        """The keys that differ from the default spelling."""
        return {key: value for key, value in self.spelling.items() if DEFAULTS[key] != value}

    # -- requests -----------------------------------------------------------------------------------------------

    def order_body(self, kind: OrderKind, quantity: Any, product: str | None = None) -> dict[str, Any]:
        """The JSON body of an order; ``quantity`` may be anything JSON has, for malformed ones."""
        spell = self.spelling
        body: dict[str, Any] = {}
        _put(body, spell["order.product"], product or spell["product"])
        if spell["order.kind"]:
            _put(body, spell["order.kind"], spell[f"order.{kind.value}"])
        elif kind is OrderKind.DECREMENT and isinstance(quantity, int):
            quantity = -quantity
        _put(body, spell["order.quantity"], quantity)
        return body

    def subscriber_body(self, identity: Any = None, product: str | None = None) -> dict[str, Any]:
        """The JSON body that creates a subscriber; without an identity the target chooses one."""
        body: dict[str, Any] = {}
        _put(body, self.spelling["subscriber.product"], product or self.spelling["product"])
        if identity is not None:
            _put(body, self.spelling["subscriber.identity"], identity)
        return body

    def post(self, what: str, body: Any) -> Outgoing:
        """A POST of any JSON (or raw octets) to the collection of ``what``: ``"order"`` or ``"subscriber"``."""
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Outgoing("POST", self.base_url + self.spelling[f"{what}.path"], _JSON, octets)

    def place_order(self, kind: OrderKind, quantity: int, product: str | None = None) -> Outgoing:
        """Order products more or fewer."""
        return self.post("order", self.order_body(kind, quantity, product))

    def read_orders(self, number: str | None = None) -> Outgoing:
        """Read all orders, or one by its number where the target can read one."""
        url = self.base_url + self.spelling["order.path"]
        place = self.spelling["order.read"]
        if number is not None and place == "path":
            url += "/" + quote(number, safe="")
        elif number is not None and place.startswith("query:"):
            url += f"?{place[6:]}={quote(number, safe='')}"
        return Outgoing("GET", url, _READ)

    def read_inventory(self) -> Outgoing:
        """Read the inventory."""
        return Outgoing("GET", self.base_url + self.spelling["inventory.path"], _READ)

    def create_subscriber(self, identity: str | None = None, product: str | None = None) -> Outgoing:
        """Create a subscriber, under an identity of ours or of the target's choice."""
        return self.post("subscriber", self.subscriber_body(identity, product))

    def delete_subscriber(self, identity: str) -> Outgoing:
        """Delete one subscriber."""
        url = self.base_url + self.spelling["subscriber.path"]
        place, _, name = self.spelling["subscriber.delete"].partition(":")
        if place == "path":
            return Outgoing("DELETE", f"{url}/{quote(identity, safe='')}", _READ)
        if place == "query":
            return Outgoing("DELETE", f"{url}?{name}={quote(identity, safe='')}", _READ)
        if place == "header":
            return Outgoing("DELETE", url, (*_READ, (name, identity)))
        body: dict[str, Any] = {}
        _put(body, name, identity)
        return Outgoing("DELETE", url, _JSON, json.dumps(body).encode())

    @property
    def reads_single_orders(self) -> bool:
        """Whether one order can be read by its number."""
        return self.spelling["order.read"] != "list"

    # -- what a request means -----------------------------------------------------------------------------------

    def call_of(self, method: str, url: str, headers: Headers, body: str) -> Call:
        """What a request asks for, in the words of the contract."""
        parts = urlsplit(url)
        if parts.path == self._token_path and not parts.path.startswith(self._base_path + "/order"):
            return FetchToken() if method == "POST" else OtherCall(method, parts.path)
        below = parts.path[len(self._base_path) :] if parts.path.startswith(self._base_path) else parts.path
        what, rest = self._below(below)
        if what == "order" and method == "POST" and not rest and not below.endswith("/"):
            return self._order_call(headers, body, parts.query)
        if what == "order" and method == "GET" and not below.endswith("/"):
            return self._orders_call(rest, parts.query, below)
        if what == "inventory" and method == "GET" and not rest and not below.endswith("/"):
            return ReadInventory()
        if what == "subscriber" and method == "POST" and not rest and not below.endswith("/"):
            return self._subscriber_call(headers, body, parts.query)
        if what == "subscriber" and method == "DELETE":
            return self._delete_call(rest, parts.query, headers, body, below)
        return OtherCall(method, below)

    def _below(self, path: str) -> tuple[str, str]:
        """Which collection a path lies in ("" for none), and what of the path lies below it."""
        for collection, what in self._paths.items():
            if path == collection or path.startswith(collection + "/"):
                return what, path[len(collection) + 1 :]
        return "", path

    def _order_call(self, headers: Headers, body: str, query: str) -> Call:
        spell = self.spelling
        wrong = partial(Malformed, Operation.PLACE_ORDER)
        parsed, grey, why = _json_body(headers, body, query)
        if why:
            return wrong(why)
        members = {spell["order.product"], spell["order.quantity"], spell["order.kind"]} - {""}
        why = _unknown_members(parsed, members) or self._wrong_product(parsed, "order.product")
        if why:
            return wrong(why)
        quantity = _get(parsed, spell["order.quantity"])
        if isinstance(quantity, bool) or not isinstance(quantity, int | float):
            return wrong(_missing_or("quantity", quantity, "a number"))
        if isinstance(quantity, float):
            if not quantity.is_integer():
                return wrong("quantity is a fraction")
            grey = grey or "quantity is a float without a fraction"
        quantity = int(quantity)
        if spell["order.kind"]:
            word = _get(parsed, spell["order.kind"])
            if not isinstance(word, str):
                return wrong(_missing_or("order type", word, "a string"))
            kinds = {spell[f"order.{kind.value}"]: kind for kind in OrderKind}
            if word not in kinds:
                return wrong("order type is unknown")
            kind = kinds[word]
        else:
            kind = OrderKind.INCREMENT if quantity >= 0 else OrderKind.DECREMENT
            quantity = abs(quantity)
        if quantity < 1:
            return wrong("quantity is zero" if quantity == 0 else "quantity is negative")
        if quantity > LARGEST_QUANTITY:
            return wrong("quantity is above 2^53")
        meant = PlaceOrder(kind, quantity, PRODUCT)
        return Malformed(Operation.PLACE_ORDER, grey, grey=True, meant=meant) if grey else meant

    def _wrong_product(self, body: dict[str, Any], key: str) -> str:
        """Why the product that a request names is none; empty where it is right, or none is to be named."""
        if not self.spelling[key]:
            return ""
        product = _get(body, self.spelling[key])
        if not isinstance(product, str):
            return _missing_or("product", product, "a string")
        return "" if product == self.spelling["product"] else "product is unknown"

    def _orders_call(self, rest: str, query: str, below: str) -> Call:
        place = self.spelling["order.read"]
        if place == "path":
            if "/" in rest:
                return OtherCall("GET", below)
            return ReadOrders(_unquote(rest) if rest else None)
        if rest:
            return OtherCall("GET", below)
        if not query or not place.startswith("query:"):
            return ReadOrders(None)
        values = [value for key, value in parse_qsl(query, keep_blank_values=True) if key == place[6:]]
        if not values:
            return ReadOrders(None)
        if len(values) > 1 or not values[0]:
            why = "order number is empty" if not values[0] else "order number is given twice"
            return Malformed(Operation.READ_ORDERS, why, grey=True)
        return ReadOrders(values[0])

    def _subscriber_call(self, headers: Headers, body: str, query: str) -> Call:
        spell = self.spelling
        wrong = partial(Malformed, Operation.CREATE_SUBSCRIBER)
        parsed, grey, why = _json_body(headers, body, query)
        if why:
            return wrong(why)
        members = {spell["subscriber.product"], spell["subscriber.identity"]} - {""}
        why = _unknown_members(parsed, members) or self._wrong_product(parsed, "subscriber.product")
        if why:
            return wrong(why)
        identity = _get(parsed, spell["subscriber.identity"])
        if identity is _ABSENT:
            identity = None
        elif identity is None:
            grey = grey or "identity is null"
        elif not isinstance(identity, str):
            return wrong("identity is not a string")
        elif not identity:
            return wrong("identity is empty")
        elif "@" not in identity:
            return wrong("identity has no domain")
        elif any(unicodedata.category(sign) == "Cc" for sign in identity):
            return wrong("identity holds a control character")
        elif not IDENTITY.fullmatch(identity):
            grey = grey or "identity has an unusual form"
        meant = CreateSubscriber(identity, PRODUCT)
        return Malformed(Operation.CREATE_SUBSCRIBER, grey, grey=True, meant=meant) if grey else meant

    def _delete_call(self, rest: str, query: str, headers: Headers, body: str, below: str) -> Call:
        place, _, name = self.spelling["subscriber.delete"].partition(":")
        identity: Any = None
        if rest and place != "path":
            return OtherCall("DELETE", below)
        if place == "path":
            if "/" in rest:
                return OtherCall("DELETE", below)
            identity = _unquote(rest)
        elif place == "query":
            identity = dict(parse_qsl(query, keep_blank_values=True)).get(name)
        elif place == "header":
            identity = next((value for key, value in headers if key.lower() == name.lower()), None)
        else:
            parsed, _, why = _json_body(headers, body, "")
            identity = None if why else _get(parsed, name)
        if not isinstance(identity, str) or not identity:
            return Malformed(Operation.DELETE_SUBSCRIBER, "identity is missing")
        return DeleteSubscriber(identity)

    # -- what an answer means -----------------------------------------------------------------------------------

    def reply_of(self, call: Call, answer: Answer | None, failure: str) -> Reply:
        """What an answer says, in the words of the contract; a body that cannot be read says why."""
        if answer is None or failure:
            return Reply(Outcome.UNCLEAR, answer.status if answer else None)
        status = answer.status
        if status == 429:
            return Reply(Outcome.THROTTLED, status)
        if status >= 500 or status < 200:
            return Reply(Outcome.UNCLEAR, status)
        if status >= 400:
            return Reply(Outcome.REFUSED, status)
        if status >= 300:
            # A redirect says neither that it was done nor that it was not.
            return Reply(Outcome.UNCLEAR, status)
        meant = call.meant if isinstance(call, Malformed) else call
        if meant is None or isinstance(meant, FetchToken | OtherCall):
            return Reply(Outcome.DONE, status)
        if not answer.body and isinstance(meant, DeleteSubscriber):
            return Reply(Outcome.DONE, status)
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            location = answer.header("location")
            if isinstance(meant, PlaceOrder) and location and (number := self._number_in(location)):
                return Reply(Outcome.DONE, status, order=OrderView(number))
            return Reply(Outcome.DONE, status, unreadable="the body is no JSON" if answer.body else "the body is empty")
        if isinstance(meant, PlaceOrder):
            order = self._order_view(_get(body, self.spelling["order.envelope"]))
            if order.number is None and (location := answer.header("location")):
                order = OrderView(self._number_in(location), *_rest_of(order))
            return Reply(
                Outcome.DONE, status, order=order, unreadable="" if order.number else "it names no order number"
            )
        if isinstance(meant, ReadOrders):
            return self._orders_reply(meant, status, body)
        if isinstance(meant, ReadInventory):
            view = self._inventory_view(body)
            shown = view.total is not None or view.used is not None or view.available is not None
            return Reply(
                Outcome.DONE,
                status,
                inventory=view if shown else None,
                unreadable="" if shown else "it shows no numbers of the product",
            )
        if isinstance(meant, CreateSubscriber):
            subscriber = self._subscriber_view(_get(body, self.spelling["subscriber.envelope"]))
            known = subscriber.identity or meant.identity
            return Reply(
                Outcome.DONE, status, subscriber=subscriber, unreadable="" if known else "it names no identity"
            )
        return Reply(
            Outcome.DONE, status, subscriber=self._subscriber_view(_get(body, self.spelling["subscriber.envelope"]))
        )

    def _orders_reply(self, call: ReadOrders, status: int, body: Any) -> Reply:
        pointer = self.spelling["order.list" if call.number is None else "order.one"]
        found = _get(body, pointer)
        if found is _ABSENT and call.number is not None:
            found = body
        if isinstance(found, dict) and call.number is not None:
            found = [found]
        if not isinstance(found, list):
            return Reply(Outcome.DONE, status, unreadable="it holds no list of orders")
        return Reply(Outcome.DONE, status, orders=tuple(self._order_view(item) for item in found))

    def _order_view(self, item: Any) -> OrderView:
        """An order as it is shown; a list shows the same orders again and again, so each is read once."""
        try:
            key = tuple(item.items())
            known = self._views.get(key)
        except (AttributeError, TypeError):  # no object, or one with members that cannot be compared at once
            return self._read_order(item)
        # Values that are equal but of another type (1 and True) are told apart by what they are written as.
        if known is None or known[0] != repr(key):
            if len(self._views) >= MOST_VIEWS:
                self._views.clear()
            known = self._views[key] = (repr(key), self._read_order(item))
        return known[1]

    def _read_order(self, item: Any) -> OrderView:
        spell = self.spelling
        quantity = _get(item, spell["order.quantity"])
        quantity = quantity if isinstance(quantity, int) and not isinstance(quantity, bool) else None
        kind: OrderKind | None = None
        if spell["order.kind"]:
            word = _get(item, spell["order.kind"])
            kind = next((kind for kind in OrderKind if spell[f"order.{kind.value}"] == word), None)
        elif quantity is not None:
            kind = OrderKind.INCREMENT if quantity >= 0 else OrderKind.DECREMENT
            quantity = abs(quantity)
        product = _text(_get(item, spell["order.product"]))
        status = _word(_get(item, spell["order.status"]))
        return OrderView(
            number=_text(_get(item, spell["order.number"])),
            kind=kind,
            quantity=quantity,
            product=PRODUCT if product == spell["product"] else product,
            status=status,
            stage=None if status is None else self._stages.get(status.lower()),
            created_at=_text(_get(item, spell["order.created_at"])),
        )

    def _inventory_view(self, body: Any) -> InventoryView:
        spell = self.spelling
        rows = _get(body, spell["inventory.rows"])
        row: Any = rows
        if isinstance(rows, list):
            row = next(
                (
                    item
                    for item in rows
                    if not spell["inventory.product"] or _get(item, spell["inventory.product"]) == spell["product"]
                ),
                _ABSENT,
            )
        total, used, available = (
            _whole(_get(row, spell[key])) if spell[key] else None
            for key in ("inventory.total", "inventory.used", "inventory.available")
        )
        return InventoryView(total, used, available)

    def _subscriber_view(self, item: Any) -> SubscriberView:
        product = _text(_get(item, self.spelling["subscriber.product"]))
        return SubscriberView(
            identity=_text(_get(item, self.spelling["subscriber.identity"])),
            password=_text(_get(item, self.spelling["subscriber.password"])),
            product=PRODUCT if product == self.spelling["product"] else product,
        )

    def _number_in(self, location: str) -> str | None:
        """The order number that a Location names, however one order is read."""
        try:
            parts = urlsplit(location)
        except ValueError:
            return None
        place = self.spelling["order.read"]
        if place.startswith("query:"):
            found = dict(parse_qsl(parts.query)).get(place[6:])
            if found:
                return found
        last = parts.path.rstrip("/").rpartition("/")[2]
        return _unquote(last) if last and last != self.spelling["order.path"].rpartition("/")[2] else None


def _rest_of(order: OrderView) -> tuple[Any, ...]:
    return order.kind, order.quantity, order.product, order.status, order.stage, order.created_at


def _unquote(segment: str) -> str:
    return unquote_to_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def _json_body(headers: Headers, body: str, query: str) -> tuple[Any, str, str]:
    """The parsed body, why it is grey (or ""), and why it is no acceptable body at all (or "")."""
    grey = "the query has members" if query else ""
    content_type = next((value for key, value in headers if key.lower() == "content-type"), "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        grey = "the content type is not application/json"
    if not body:
        return None, "", "the body is empty"
    repeated: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(members)
        if len(result) != len(members):
            repeated.append("a member is given twice")
        return result

    def no_constant(word: str) -> Any:
        raise ValueError(word)

    if body.startswith("\ufeff"):
        body, grey = body[1:], "the body starts with a byte order mark"
    try:
        body.encode("utf-8")
        parsed = json.loads(body, object_pairs_hook=pairs, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None, "", "the body is not JSON"
    if not isinstance(parsed, dict):
        return None, "", "the body is no JSON object"
    return parsed, repeated[0] if repeated else grey, ""


def _unknown_members(body: dict[str, Any], pointers: set[str]) -> str:
    """Names the first member that the request schema, being closed, does not have."""
    known: dict[str, set[str]] = {}
    for pointer in pointers:
        head, _, rest = pointer[1:].partition("/")
        known.setdefault(_unescaped(head), set()).update({"/" + rest} if rest else ())
    for name, value in body.items():
        if name not in known:
            return "a member is unknown"
        if known[name] and isinstance(value, dict) and (why := _unknown_members(value, known[name])):
            return why
    return ""


def _missing_or(name: str, value: Any, should: str) -> str:
    return f"{name} is missing" if value is _ABSENT else f"{name} is not {should}"


def _get(body: Any, pointer: str) -> Any:
    """What a JSON pointer names, or `_ABSENT`."""
    if not pointer:
        return body
    for name in _names(pointer):
        if isinstance(body, dict):
            body = body.get(name, _ABSENT)
        elif isinstance(body, list) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        else:
            return _ABSENT
    return body


@lru_cache(maxsize=256)
def _names(pointer: str) -> tuple[str, ...]:
    """The members that a JSON pointer passes through; there are only as many pointers as keys of the binding."""
    return tuple(map(_unescaped, pointer[1:].split("/")))


def _unescaped(name: str) -> str:
    """A reference token of a JSON pointer as the member that it names."""
    return name.replace("~1", "/").replace("~0", "~")


def _put(body: dict[str, Any], pointer: str, value: Any) -> None:
    if not pointer:
        return
    *parents, name = map(_unescaped, pointer[1:].split("/"))
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def _text(value: Any) -> str | None:
    """An identity or number as text; a number that came as a JSON number keeps its digits.

    What no octets can spell (half of a surrogate pair) is no text: it could never be sent back.
    """
    if isinstance(value, str):
        return value if value and not _HALVES.search(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value)


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
