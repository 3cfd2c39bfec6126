"""From a stranger's call to the mock's own."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from kandykit.mock.call import Call
from kandykit.mock.dialects.dialect import Dialect
from kandykit.mock.dialects.text import Members, Number, read, write
from kandykit.mock.settings import BASE_PATH, PRODUCT, TOKEN_PATH

NOWHERE = "/nothing/of/the/kind"
NOBODY = "%"
"""An identity that cannot be decoded: what a deletion names that names nobody."""
OWN = ("order", "inventory", "subscriber")


def hear(dialect: Dialect, call: Call) -> Call:
    """The call in the mock's own words; what means nothing to the stranger means nothing to the mock."""
    if call.path == dialect.token:
        return replace(call, path=TOKEN_PATH)
    if call.path != dialect.base and not call.path.startswith(dialect.base + "/"):
        return replace(call, path=NOWHERE)
    below = call.path[len(dialect.base) :]
    plain = below if "/" in below[1:] else f"/{unquote(below[1:])}"
    if plain == dialect.order:
        return _orders(dialect, call)
    if plain == dialect.inventory:
        return replace(call, path=f"{BASE_PATH}/inventory")
    if plain == dialect.subscriber:
        return _subscribers(dialect, call)
    collection, _, name = below.rpartition("/")
    if name and collection == dialect.subscriber and dialect.delete[0] == "path":
        return replace(call, path=f"{BASE_PATH}/subscriber/{name}")
    if name and collection == dialect.order and dialect.read[0] == "path":
        return _one_order(dialect, call, name)
    if unquote(below[1:]).partition("/")[0] in OWN:
        below = f"/not-{below[1:]}"
    return replace(call, path=BASE_PATH + below)


def _one_order(dialect: Dialect, call: Call, number: str) -> Call:
    if call.method not in ("GET", "HEAD"):
        # Nothing but reading is done there, as with the inventory.
        return replace(call, path=f"{BASE_PATH}/inventory")
    query = [pair for pair in call.query.split(b"&") if pair] + [
        b"order_number=" + number.replace("+", "%2B").encode("latin-1")
    ]
    return replace(call, path=f"{BASE_PATH}/order", query=b"&".join(query))


def _orders(dialect: Dialect, call: Call) -> Call:
    place, name = dialect.read
    pairs = []
    for pair in call.query.split(b"&"):
        key, equals, value = pair.partition(b"=")
        if key == b"order_number" and name != "order_number":
            key = b"not_order_number"
        elif place == "query" and key == name.encode():
            key = b"order_number"
        pairs.append(key + equals + value)
    call = replace(call, path=f"{BASE_PATH}/order", query=b"&".join(pairs))
    return replace(call, body=_body(dialect, call.body, _ordered)) if call.method == "POST" else call


def _subscribers(dialect: Dialect, call: Call) -> Call:
    call = replace(call, path=f"{BASE_PATH}/subscriber")
    if call.method == "POST":
        return replace(call, body=_body(dialect, call.body, _as_it_is))
    if call.method != "DELETE" or dialect.delete[0] == "path":
        return call
    place, name = dialect.delete
    return replace(call, path=f"{BASE_PATH}/subscriber/{_named(call, place, name) or NOBODY}", query=b"", body=b"")


def _named(call: Call, place: str, name: str) -> str:
    """The identity that a deletion names, percent-encoded; empty where it names none, or two."""
    if place == "query":
        pairs = [pair.partition(b"=") for pair in call.query.split(b"&")]
        values = [value.replace(b"+", b"%20").decode("latin-1") for key, _, value in pairs if key == name.encode()]
        return values[0] if len(values) == 1 else ""
    if place == "header":
        value = call.headers.get(name.lower().encode(), b"")
        return quote(value, safe="")
    try:
        body = read(call.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    values = [value for key, value in body if key == name] if isinstance(body, Members) else []
    sound = len(values) == 1 and isinstance(values[0], str) and not isinstance(values[0], Number)
    return quote(values[0].encode("utf-8", "surrogatepass"), safe="") if sound else ""


def _body(dialect: Dialect, body: bytes, shape: Any) -> bytes:
    try:
        value = read(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return _rough(dialect, body)
    if not isinstance(value, Members):
        return body
    if dialect.wrap:
        value = _unwrapped(value, dialect.wrap)
    return write(shape(dialect, _renamed(dialect, value))).encode("utf-8", "surrogatepass")


def _rough(dialect: Dialect, body: bytes) -> bytes:
    """A body that is no JSON, its members renamed as far as they can be seen."""
    names = {theirs: own for own, theirs in dialect.asked.items()}

    def rename(match: re.Match[bytes]) -> bytes:
        name = match[1].decode("latin-1")
        return b'"' + names.get(name, name).encode("latin-1") + b'"' + match[2]

    return re.sub(rb'"([A-Za-z_]+)"(\s*:)', rename, body)


def _unwrapped(value: Members, wrap: str) -> Members:
    """What stands in the wrapping; what stands beside it is unknown there too."""
    inside = Members()
    for name, item in value:
        if name == wrap and isinstance(item, Members):
            inside += item
        else:
            inside.append(("beside", item))
    return inside


def _renamed(dialect: Dialect, value: Members) -> Members:
    names = {theirs: own for own, theirs in dialect.asked.items()}
    own_names = {"product_name", "order_type", "quantity", "identity"}
    renamed = Members()
    for name, item in value:
        own = names.get(name)
        if own is None:
            unknown = name in own_names and (name in dialect.asked or dialect.quantity != "beside its type")
            own = f"not_{name}" if unknown else name
        if own == "product_name":
            item = _word(item, {PRODUCT: dialect.product})
        elif own == "order_type":
            item = _word(item, dialect.kinds)
        renamed.append((own, item))
    return renamed


def _word(said: Any, words: Mapping[str, str]) -> Any:
    """A stranger's word as the mock's own; one in other letter case, or with blanks around it, stays as wrong."""
    if not isinstance(said, str) or isinstance(said, Number):
        return said
    bare = said.strip()
    for own, theirs in words.items():
        if bare == theirs:
            return said.replace(bare, own)
        if bare.lower() == theirs.lower():
            return said.replace(bare, own.swapcase())
    known = {own.lower() for own, theirs in words.items() if own != theirs}
    return f"not-{said}" if bare.lower() in known else said


def _as_it_is(_dialect: Dialect, value: Members) -> Members:
    return value


def _ordered(dialect: Dialect, value: Members) -> Members:
    """An order with its type beside its quantity."""
    if dialect.quantity == "signed":
        quantity = next((item for name, item in value if name == "quantity"), None)
        fewer = isinstance(quantity, Number) and quantity.startswith("-")
        value = Members(
            (name, Number(item[1:]) if name == "quantity" and isinstance(item, Number) and item[:1] == "-" else item)
            for name, item in value
        )
        return Members([*value, ("order_type", "decrement" if fewer else "increment")])
    if dialect.quantity == "two lines":
        more, less = dialect.lines
        kind = "decrement" if any(name == less for name, _ in value) else "increment"
        value = Members(("quantity" if name in (more, less) else name, item) for name, item in value)
        return Members([*value, ("order_type", kind)])
    return value
