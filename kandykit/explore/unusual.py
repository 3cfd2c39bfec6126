"""The catalogue of unusual requests: every way in which a well-meant or hostile client strays from the contract.

Each entry builds one request; whether it is malformed, grey or legal is not said here: the binding reads it off the
wire and the rules judge it, as they would any stranger's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from kandykit.binding import LARGEST_QUANTITY, Binding
from kandykit.binding.pointer import ABSENT, drop, get, leaf, put
from kandykit.calls import OrderKind
from kandykit.wire import Outgoing

Mint = Callable[[], str]
"""Gives a fresh identity that carries the run's mark."""

Build = Callable[[Binding, Mint], Outgoing]

MORE: Final = OrderKind.INCREMENT


@dataclass(frozen=True, slots=True)
class Unusual:
    """One unusual request: its name, the kind it belongs to, and how it is built.

    ``stocked`` entries only mean something while a product is available, ``wild`` ones have a worst case that no
    budget covers.
    """

    name: str
    kind: str
    build: Build
    stocked: bool = False
    wild: bool = False


def _order(name: str, change: Callable[[dict[str, Any], Binding], Any], *, wild: bool = False) -> Unusual:
    """An order whose body is a good one, changed."""

    def build(binding: Binding, mint: Mint) -> Outgoing:
        body = binding.order_body(MORE, 1)
        changed = change(body, binding)
        return binding.post("order", body if changed is None else changed)

    return Unusual(f"order: {name}", "order", build, wild=wild)


def _quantity(name: str, value: Any, *, wild: bool = False) -> Unusual:
    def build(binding: Binding, mint: Mint) -> Outgoing:
        return binding.post("order", binding.order_body(MORE, value))

    return Unusual(f"order: quantity is {name}", "order", build, wild=wild)


def _decrement(name: str, value: Any, *, wild: bool = False) -> Unusual:
    """A decrement's quantity: one that is wrong here may add what it should have taken."""

    def build(binding: Binding, mint: Mint) -> Outgoing:
        return binding.post("order", binding.order_body(OrderKind.DECREMENT, value))

    return Unusual(f"order: quantity of a decrement is {name}", "order", build, wild=wild)


def _less(name: str, change: Callable[[dict[str, Any], Binding], Any], *, wild: bool = False) -> Unusual:
    """A decrement whose body is a good one, changed: what is checked of one type may be forgotten of the other."""

    def build(binding: Binding, mint: Mint) -> Outgoing:
        body = binding.order_body(OrderKind.DECREMENT, 1)
        changed = change(body, binding)
        return binding.post("order", body if changed is None else changed)

    return Unusual(f"order: decrement: {name}", "order", build, wild=wild)


def _subscriber(name: str, change: Callable[[dict[str, Any], Binding, str], Any]) -> Unusual:
    """A create whose body is a good one, changed; it is given a fresh identity to use."""

    def build(binding: Binding, mint: Mint) -> Outgoing:
        identity = mint()
        body = binding.subscriber_body(identity)
        changed = change(body, binding, identity)
        return binding.post("subscriber", body if changed is None else changed)

    return Unusual(f"subscriber: {name}", "subscriber", build, stocked=True)


def _without(key: str) -> Callable[..., None]:
    def change(body: dict[str, Any], binding: Binding, *_: str) -> None:
        drop(body, binding.sent[key])

    return change


def _with(key: str, value: Any) -> Callable[..., None]:
    def change(body: dict[str, Any], binding: Binding, *_: str) -> None:
        good = get(body, binding.sent[key])
        put(body, binding.sent[key], value(good) if callable(value) and good is not ABSENT else value)

    return change


def _recased(word: Any) -> Any:
    """A word in other letter case."""
    return word.swapcase() if isinstance(word, str) else str(word).upper()


def _cut_short(word: Any) -> Any:
    """A word without its last letter."""
    return word[:-1] if isinstance(word, str) else None


def _lengthened(word: Any) -> Any:
    """A word with more behind it, as a comparison of beginnings takes it."""
    return f"{word}2" if isinstance(word, str) else None


def _with_a_stray_octet(text: str) -> bytes:
    """An octet that is no UTF-8 in the identity where there is one, else in the first text."""
    octets = text.encode()
    return octets.replace(b"@", b"\xff@", 1) if b"@" in octets else re.sub(rb'(: ")', rb"\1" + b"\xff", octets, count=1)


def _escaped(text: str) -> bytes:
    """The first capital or hyphen of a value behind a backslash: JSON has no such escape."""
    return re.sub(r'(: "\w*?)([A-Z-])', r"\1\\\2", text, count=1).encode()


def _spaced(word: Any) -> str:
    return f"{word} "


def _listed(word: Any) -> list[Any]:
    return [word]


def _raw(text: Callable[[str], bytes]) -> Callable[..., bytes]:
    def change(body: dict[str, Any], binding: Binding, *_: str) -> bytes:
        return text(json.dumps(body))

    return change


def _typed(what: str, content_type: str | None, recode: Callable[[str], bytes] = str.encode) -> Build:
    def build(binding: Binding, mint: Mint) -> Outgoing:
        body = binding.order_body(MORE, 1) if what == "order" else binding.subscriber_body(mint())
        good = binding.post(what, body)
        headers = tuple((name, value) for name, value in good.headers if name != "content-type")
        if content_type is not None:
            headers = (("content-type", content_type), *headers)
        return Outgoing(good.method, good.url, headers, recode(json.dumps(body)))

    return build


def _renamed(body: dict[str, Any], *_: Any) -> dict[str, Any]:
    """The body with every member's name in other letter case, as libraries take it that do not look closely."""
    return {name.swapcase(): value for name, value in body.items()}


def _bodies(make: Callable[..., Unusual]) -> list[Unusual]:
    """What can be wrong with any JSON body, whatever it means."""
    return [
        make("the body is empty", _raw(lambda _: b"")),
        make("the body is no JSON", _raw(lambda _: b"product_name=KPN-VoiceVideo-C&quantity=1")),
        make("the body is cut", _raw(lambda text: text[:-1].encode())),
        make("the body has a trailing comma", _raw(lambda text: (text[:-1] + ",}").encode())),
        make("the body is followed by more", _raw(lambda text: (text + " x").encode())),
        make("the body is a list", _raw(lambda text: f"[{text}]".encode())),
        make("the body is a string", _raw(lambda text: json.dumps(text).encode())),
        make("the body is a number", _raw(lambda _: b"1")),
        make("the body is null", _raw(lambda _: b"null")),
        make("the body is an empty object", _raw(lambda _: b"{}")),
        make("the body is not UTF-8", _raw(lambda text: text.encode("utf-16"))),
        make("the body has stray octets", _raw(lambda text: text.encode()[:-1] + b"\xff\xfe}")),
        make("an octet of a text is no UTF-8", _raw(_with_a_stray_octet)),
        make("a member is unknown", _raw(lambda text: (text[:-1] + ', "kandykit_unknown": 1}').encode())),
        make("a member like a comment is unknown", _raw(lambda text: (text[:-1] + ', "_comment": "x"}').encode())),
        make("member names are in other letter case", _renamed),
        make("the body is nested deeply", _raw(lambda _: b"[" * 2000 + b"]" * 2000)),
        make("the body is huge", _raw(lambda text: (text[:-1] + ', "x": "' + "x" * 70000 + '"}').encode())),
    ]


def _more(body: dict[str, Any], binding: Binding, key: str, value: Any) -> dict[str, Any]:
    """The body with a member that only answers have, where they have it by a name of its own."""
    name = binding.leaf(key)
    return {**body, name: value} if name else {**body, "kandykit_unknown": value}


def _twice(body: dict[str, Any], binding: Binding) -> bytes:
    name = leaf(binding.sent["order.quantity"])
    return json.dumps(body).replace(f'"{name}": 1', f'"{name}": 1, "{name}": 1').encode()


def _subscribers() -> list[Unusual]:
    identity = "subscriber.identity"
    return [
        *_bodies(_subscriber),
        _subscriber("product is missing", _without("subscriber.product")),
        _subscriber("product is unknown", _with("subscriber.product", "KPN-VoiceVideo-Z")),
        _subscriber("product is empty", _with("subscriber.product", "")),
        _subscriber("product is null", _with("subscriber.product", None)),
        _subscriber("product is a number", _with("subscriber.product", 1)),
        _subscriber("product is in other letter case", _with("subscriber.product", _recased)),
        _subscriber("product is a list", _with("subscriber.product", _listed)),
        _subscriber("product has a space behind it", _with("subscriber.product", _spaced)),
        _subscriber("the body has a comment behind it", _raw(lambda text: (text + " // one").encode())),
        _subscriber("the body escapes a sign that has no escape", _raw(_escaped)),
        _subscriber("product is followed by more", _with("subscriber.product", _lengthened)),
        _subscriber("product is half a surrogate pair", _with("subscriber.product", "\ud800")),
        _subscriber("a date is sent", lambda body, *_: {**body, "created_at": "2026-01-01T12:00:00Z"}),
        _subscriber("identity is a number", _with(identity, 7)),
        _subscriber("identity is empty", _with(identity, "")),
        _subscriber(
            "identity has no domain", lambda body, binding, mint: _with(identity, mint.partition("@")[0])(body, binding)
        ),
        _subscriber(
            "identity holds a line break", lambda body, binding, mint: _with(identity, "\n" + mint)(body, binding)
        ),
        _subscriber(
            "identity ends with a line break", lambda body, binding, mint: _with(identity, mint + "\n")(body, binding)
        ),
        _subscriber(
            "identity holds a tab", lambda body, binding, mint: _with(identity, mint.replace("@", "\t@"))(body, binding)
        ),
        _subscriber(
            "identity is over-long", lambda body, binding, mint: _with(identity, "a" * 5000 + mint)(body, binding)
        ),
        _subscriber(
            "identity has a quote in it", lambda body, binding, mint: _with(identity, "o'" + mint)(body, binding)
        ),
        _subscriber("identity is null", _with(identity, None)),
        _subscriber(
            "identity has no user",
            lambda body, binding, mint: _with(identity, "@" + mint.partition("@")[2])(body, binding),
        ),
        _subscriber(
            "identity ends with the at sign",
            lambda body, binding, mint: _with(identity, mint.partition("@")[0] + "@")(body, binding),
        ),
        _subscriber("identity is true", _with(identity, True)),
        _subscriber("identity is a list", lambda body, binding, mint: _with(identity, [mint])(body, binding)),
        _subscriber(
            "identity is an object", lambda body, binding, mint: _with(identity, {"user": mint})(body, binding)
        ),
    ]


def _orders() -> list[Unusual]:
    return [
        *_bodies(_order),
        _quantity("zero", 0),
        _quantity("minus one", -1),
        _quantity("a fraction", 1.5),
        _quantity("a half", 0.5),
        _quantity("a small fraction above a whole", 1.0000001),
        _quantity("a string", "1"),
        _quantity("an empty string", "", wild=True),
        _quantity("words", "two", wild=True),
        _quantity("true", True),
        _quantity("false", False),
        _quantity("null", None, wild=True),
        _quantity("a list", [1]),
        _quantity("an object", {"value": 1}),
        _quantity("above 2^53", LARGEST_QUANTITY + 2, wild=True),
        _quantity("one more than 64 bits hold", 2**64 + 1, wild=True),
        _quantity("beyond any number", 10**400, wild=True),
        _decrement("minus one", -1),
        _decrement("zero", 0),
        _decrement("a string", "1"),
        _decrement("a fraction", 1.5),
        _decrement("true", True),
        _decrement("null", None, wild=True),
        _decrement("one more than 64 bits hold", 2**64 + 1, wild=True),
        _decrement("a list", [1]),
        _less("quantity is missing", _without("order.quantity"), wild=True),
        _less("order type is in other letter case", _with("order.kind", _recased)),
        _less("order type is a synonym", _with("order.kind", "decrease")),
        _less("product is missing", _without("order.product")),
        _less("product is null", _with("order.product", None)),
        _less("product is in other letter case", _with("order.product", _recased)),
        _less("product is unknown", _with("order.product", "KPN-VoiceVideo-Z")),
        _less("a member is unknown", _raw(lambda text: (text[:-1] + ', "kandykit_unknown": 1}').encode())),
        _order("quantity is missing", _without("order.quantity"), wild=True),
        _order("order type is missing", _without("order.kind")),
        _order("order type is unknown", _with("order.kind", "replace")),
        _order("order type is empty", _with("order.kind", "")),
        _order("order type is null", _with("order.kind", None)),
        _order("order type is a number", _with("order.kind", 1)),
        _order("order type is in other letter case", _with("order.kind", _recased)),
        _order("order type has a space behind it", _with("order.kind", _spaced)),
        _order("order type is cut short", _with("order.kind", _cut_short)),
        _order("order type is a synonym", _with("order.kind", "increase")),
        _order("order type is a list", _with("order.kind", _listed)),
        _order("product is missing", _without("order.product")),
        _order("product is unknown", _with("order.product", "KPN-VoiceVideo-Z")),
        _order("product is empty", _with("order.product", "")),
        _order("product is null", _with("order.product", None)),
        _order("product is a number", _with("order.product", 1)),
        _order("product is in other letter case", _with("order.product", _recased)),
        _order("product has a space behind it", _with("order.product", _spaced)),
        _order("product is a list", _with("order.product", _listed)),
        _order("product is followed by more", _with("order.product", _lengthened)),
        _order("product is half a surrogate pair", _with("order.product", "\ud800")),
        _order("a member is unknown and null", lambda body, _: {**body, "note": None}),
        _order(
            "a member of the answer is sent",
            lambda body, binding: _more(body, binding, "order.status", binding.done_word()),
        ),
        _order("an order number is sent", lambda body, binding: _more(body, binding, "order.number", "1")),
        _order("quantity is not a number", _raw(lambda text: text.replace(": 1}", ": NaN}").encode())),
        _order("quantity is infinite", _raw(lambda text: text.replace(": 1}", ": Infinity}").encode()), wild=True),
        _order("quantity is in hexadecimal", _raw(lambda text: text.replace(": 1}", ": 0x1}").encode())),
        _order("quantity has a leading zero", _raw(lambda text: text.replace(": 1}", ": 01}").encode())),
        _order("quantity has a plus sign", _raw(lambda text: text.replace(": 1}", ": +1}").encode())),
        _order("the body has a comment in it", _raw(lambda text: (text[:-1] + " /* one */}").encode())),
        _order("the body is in single quotes", _raw(lambda text: text.replace('"', "'").encode())),
        _order("member names are not quoted", _raw(lambda text: re.sub(r'"(\w+)":', r"\1:", text).encode())),
        _order("members are separated by semicolons", _raw(lambda text: text.replace(", ", "; ").encode())),
    ]


def _other(name: str, kind: str, build: Build) -> Unusual:
    return Unusual(name, kind, build)


def _delete(tail: Callable[[str], str | None]) -> Build:
    def build(binding: Binding, mint: Mint) -> Outgoing:
        return binding.delete_subscriber_as(tail(mint()))

    return build


def _get(tail: str) -> Build:
    return lambda binding, mint: Outgoing("GET", binding.base_url + tail, (("accept", "application/json"),))


def _number(encoded: str | None) -> Build:
    return lambda binding, mint: binding.read_orders_as(encoded)


def _number_twice(binding: Binding, mint: Mint) -> Outgoing:
    place, _, name = binding.spelling["order.read"].partition(":")
    return binding.read_orders_as(f"0&{name}=1" if place == "query" else "0/1")


def _inventory(tail: str = "") -> Build:
    return lambda binding, mint: _get(binding.spelling["inventory.path"] + tail)(binding, mint)


def _with_an_order(key: str) -> Build:
    """A read with all that an order has in its query."""

    def build(binding: Binding, mint: Mint) -> Outgoing:
        members = {name: value for name, value in binding.order_body(MORE, 1).items() if isinstance(value, str | int)}
        return _get(f"{binding.spelling[key]}?{urlencode(members)}")(binding, mint)

    return build


def _method(method: str, key: str, body: bytes | None = None) -> Build:
    def build(binding: Binding, mint: Mint) -> Outgoing:
        headers: tuple[tuple[str, str], ...] = (("accept", "application/json"),)
        if body is not None:
            headers = (("content-type", "application/json"), *headers)
        return Outgoing(method, binding.base_url + binding.spelling[key], headers, body)

    return build


def _instead(method: str, build: Build) -> Build:
    """A good call by another method: whoever acts before refusing the method has all that it needs to act."""

    def instead(binding: Binding, mint: Mint) -> Outgoing:
        return replace(build(binding, mint), method=method)

    return instead


def _origin(build: Build, origin: str = "https://app.example") -> Build:
    def with_origin(binding: Binding, mint: Mint) -> Outgoing:
        good = build(binding, mint)
        return Outgoing(good.method, good.url, (("origin", origin), *good.headers), good.body)

    return with_origin


def _preflight(build: Build) -> Build:
    """What a browser asks before the call that ``build`` makes."""

    def asked(binding: Binding, mint: Mint) -> Outgoing:
        meant = build(binding, mint)
        headers = (
            ("origin", "https://app.example"),
            ("access-control-request-method", meant.method),
            ("access-control-request-headers", "authorization, content-type"),
        )
        return Outgoing("OPTIONS", meant.url, headers)

    return asked


def _with_header(name: str, value: str, build: Build) -> Build:
    def with_header(binding: Binding, mint: Mint) -> Outgoing:
        good = build(binding, mint)
        kept = tuple(pair for pair in good.headers if pair[0] != name)
        return Outgoing(good.method, good.url, ((name, value), *kept), good.body)

    return with_header


def _place_one(binding: Binding, mint: Mint) -> Outgoing:
    return binding.place_order(MORE, 1)


def _place_two(binding: Binding, mint: Mint) -> Outgoing:
    """An order whose quantity is not the one that a target may take for granted."""
    return binding.place_order(MORE, 2)


def _create_one(binding: Binding, mint: Mint) -> Outgoing:
    return binding.create_subscriber(mint())


def _take_two(binding: Binding, mint: Mint) -> Outgoing:
    return binding.place_order(OrderKind.DECREMENT, 2)


def _written(write: Callable[[Any], str], build: Build) -> Build:
    """The same JSON value in other words."""

    def written(binding: Binding, mint: Mint) -> Outgoing:
        good = build(binding, mint)
        return Outgoing(good.method, good.url, good.headers, write(json.loads(good.body or b"null")).encode())

    return written


def _turned_round(value: Any) -> str:
    return json.dumps(dict(reversed(value.items())) if isinstance(value, dict) else value)


def _with_escapes(value: Any) -> str:
    """Each string begins with an escape that it does not need."""
    return re.sub(r'"([A-Za-z])', lambda found: f'"\\u{ord(found[1]):04x}', json.dumps(value))


def _slashed(build: Build) -> Build:
    def slashed(binding: Binding, mint: Mint) -> Outgoing:
        good = build(binding, mint)
        return replace(good, url=f"{good.url}/")

    return slashed


_GREY: Final = [
    _other("order: content type is text", "content type", _typed("order", "text/plain")),
    _other("order: content type is a form's", "content type", _typed("order", "application/x-www-form-urlencoded")),
    _other("order: content type is missing", "content type", _typed("order", None)),
    _other("order: the body comes in chunks", "content type", _with_header("transfer-encoding", "chunked", _place_two)),
    _other("order: content type is XML", "content type", _typed("order", "application/xml")),
    _other("order: a slash behind its path", "content type", _slashed(_place_two)),
    _other("subscriber: a slash behind its path", "content type", _slashed(_create_one)),
    _quantity("one and a dot", 1.0),
    _order("quantity has an exponent", _raw(lambda text: text.replace(": 1}", ": 1e0}").encode())),
    _order("a member is given twice", _twice),
]


def _read_one(number: str) -> Build:
    return lambda binding, mint: binding.read_orders(number)


def _delete_one(sign: str) -> Build:
    return lambda binding, mint: binding.delete_subscriber(sign + mint())


_ODD: Final = [
    *(
        _other(f"odd: {header} {value[:40]} with {name}", "odd", _with_header(header, value, build))
        for header, value in (
            ("api-version", "1.0"),
            ("accept", "*/*"),
            ("accept-language", "nl, en;q=0.5"),
            ("user-agent", "k" * 300),
            ("origin", "https://app.example"),
            ("x-request-id", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            ("accept", "application/json, text/plain, */*"),
            ("connection", "close"),
            ("cache-control", "no-cache"),
            ("if-none-match", '"kandykit"'),
        )
        for name, build in (
            ("an order", _place_two),
            ("a create", _create_one),
            ("a read of the inventory", lambda binding, mint: binding.read_inventory()),
            ("a read of the orders", lambda binding, mint: binding.read_orders()),
        )
    ),
    *(
        _other(
            f"odd: {name} whose content type names the charset",
            "odd",
            _with_header("content-type", "application/json; charset=utf-8", build),
        )
        for name, build in (("an order", _place_two), ("a create", _create_one), ("a decrement", _take_two))
    ),
    *(
        _other(f"odd: {name} {how}", "odd", _written(write, build))
        for how, write in (
            ("with its members the other way round", _turned_round),
            ("without a blank", lambda value: json.dumps(value, separators=(",", ":"))),
            ("on several lines", lambda value: json.dumps(value, indent="\t")),
            ("with escaped letters", _with_escapes),
        )
        for name, build in (("an order", _place_two), ("a create", _create_one), ("a decrement", _take_two))
    ),
    *(
        _other(f"odd: a read of the order {number[:12]}", "odd", _read_one(number))
        for number in ("O'Neill", "9" * 120, "null", "../order", "%00", "\u00e9\u4e2d", "-1", "a b")
    ),
    *(
        _other(f"odd: a delete of an identity with {name}", "odd", _delete_one(sign))
        for name, sign in (
            ("a quote", "o'"),
            ("a slash", "a/b"),
            ("two hundred letters more", "a" * 200),
            ("a sign beyond ASCII", "\u00e9"),
            ("a semicolon", "a;b"),
        )
    ),
]

_NAMELESS: Final = [
    _other("delete: no identity", "delete", _delete(lambda _: None)),
    _other("delete: an empty identity", "delete", _delete(lambda _: "")),
    _other("delete: a wildcard", "delete", _delete(lambda _: "*")),
    _other("delete: a percent sign", "delete", _delete(lambda _: "%25")),
    _other("delete: nothing but an at sign", "delete", _delete(lambda _: "%40")),
    _other("delete: a broken escape", "delete", _delete(lambda name: name.replace("@", "%zz"))),
    _other("delete: an escape that is no UTF-8", "delete", _delete(lambda name: name.replace("@", "%ff%40"))),
    _other("delete: an over-long identity", "delete", _delete(lambda name: "a" * 3000 + name.replace("@", "%40"))),
    _other("delete: a zero octet", "delete", _delete(lambda name: name.replace("@", "%40") + "%00")),
]

_READS: Final = [
    _other("read: an empty order number", "read", _number("")),
    _other("read: an order number twice", "read", _number_twice),
    _other("read: an unknown parameter", "read", _inventory("?kandykit=1")),
    _other("read: an order in the inventory's query", "read", _with_an_order("inventory.path")),
    _other("read: an order in the orders' query", "read", _with_an_order("order.path")),
    _other("read: an order number that is no UTF-8", "read", _number("%ff")),
    _other("read: an over-long order number", "read", _number("9" * 3000)),
    _other("read: an order number of odd characters", "read", _number("%27%20OR%20%271%27%3D%271")),
]

_METHODS: Final = [
    *(
        _other(
            f"method: {method} {key.partition('.')[0]}",
            "method",
            _instead(method, _place_one) if (method, key) == ("PUT", "order.path") else _method(method, key, body=body),
        )
        for key in ("order.path", "inventory.path", "subscriber.path")
        for method, body in (("PUT", b"{}"), ("PATCH", b"{}"), ("DELETE", None), ("POST", b"{}"), ("GET", None))
        if (method, key)
        not in {
            ("POST", "order.path"),
            ("GET", "order.path"),
            ("GET", "inventory.path"),
            ("POST", "subscriber.path"),
            ("DELETE", "subscriber.path"),
        }
    ),
    _other("method: TRACE inventory", "method", _method("TRACE", "inventory.path")),
    _other("method: one that does not exist", "method", _method("KANDY", "inventory.path")),
    _other("method: HEAD inventory", "method", _method("HEAD", "inventory.path")),
    _other("method: HEAD order", "method", _method("HEAD", "order.path")),
    _other(
        "method: HEAD one order", "method", lambda binding, mint: replace(_number("0")(binding, mint), method="HEAD")
    ),
    _other("method: OPTIONS inventory", "method", _method("OPTIONS", "inventory.path")),
    _other("method: OPTIONS order", "method", _method("OPTIONS", "order.path")),
    _other("path: one that does not exist", "method", _get("/kandykit-no-such-path")),
    _other("path: below the inventory", "method", _inventory("/kandykit")),
]

_ORIGINS: Final = [
    _other("origin: read of the inventory", "origin", _origin(_inventory())),
    _other("origin: read of the orders", "origin", _origin(_number(None))),
    _other("origin: a refused read", "origin", _origin(_number("kandykit-none"))),
    _other("origin: another one", "origin", _origin(_inventory(), "https://other.example:8443")),
    _other("origin: none that can be named", "origin", _origin(_inventory(), "null")),
    _other("preflight: POST order", "preflight", _preflight(lambda binding, mint: binding.post("order", {}))),
    _other("preflight: GET order", "preflight", _preflight(lambda binding, mint: binding.read_orders())),
    _other("preflight: GET inventory", "preflight", _preflight(lambda binding, mint: binding.read_inventory())),
    _other("preflight: POST subscriber", "preflight", _preflight(_create_one)),
    _other("preflight: DELETE subscriber", "preflight", _preflight(_delete_one(""))),
]

CATALOGUE: Final[Mapping[str, Unusual]] = {
    entry.name: entry
    for entry in (*_orders(), *_subscribers(), *_GREY, *_ODD, *_NAMELESS, *_READS, *_METHODS, *_ORIGINS)
}
"""Every unusual request by its name."""


def names(*kinds: str, wild: bool = True) -> list[str]:
    """The names of the catalogue's entries of these kinds, in order."""
    return [entry.name for entry in CATALOGUE.values() if entry.kind in kinds and (wild or not entry.wild)]
