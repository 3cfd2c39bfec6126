"""From the mock's own answer to a stranger's."""

import re
from collections.abc import Sequence
from typing import Any

from kandykit.mock.answers import Answer
from kandykit.mock.call import Call
from kandykit.mock.dialects.dialect import Dialect
from kandykit.mock.settings import BASE_PATH, PRODUCT

_ORDER_AT = re.compile(re.escape(BASE_PATH) + r"/order(?:\?order_number=|/)([^&/?#]+)")
_METHOD_LISTS = ("allow", "access-control-allow-methods")


def say(dialect: Dialect, heard: Call, answer: Answer) -> None:
    """Put an answer into the stranger's words; what is no JSON of a success stays as it is."""
    if "location" in answer.headers:
        answer.headers["location"] = _location(dialect, answer.headers["location"])
    if dialect.delete[0] != "path" and heard.path == f"{BASE_PATH}/subscriber":
        for name in _METHOD_LISTS:
            if name in answer.headers and "DELETE" not in answer.headers[name]:
                answer.headers[name] += ", DELETE"
    if answer.status >= 300 or answer.raw is not None or not heard.path.startswith(BASE_PATH + "/"):
        return
    content = answer.content
    if heard.at("POST", "order"):
        answer.content = _inside(dialect.placed, _told(dialect, content))
    elif _read(heard, "order") and isinstance(content, dict):
        answer.content = _orders(dialect, content, b"order_number=" in b"&" + heard.query)
    elif _read(heard, "inventory") and isinstance(content, dict):
        answer.content = _stock(dialect, content)
    elif heard.at("POST", "subscriber") or heard.path.startswith(f"{BASE_PATH}/subscriber/"):
        answer.content = _inside(dialect.enrolled, _told(dialect, content))


def _read(heard: Call, resource: str) -> bool:
    return heard.at("GET", resource) or heard.at("HEAD", resource)


def _orders(dialect: Dialect, content: dict[str, Any], by_itself: bool) -> Any:
    orders = content.get("orders")
    beside = {name: _told(dialect, item) for name, item in content.items() if name != "orders"}
    if not isinstance(orders, list):
        return beside
    told = [_told(dialect, order) for order in orders]
    if by_itself and dialect.one is not None and len(told) == 1:
        return _inside(dialect.one, told[0])
    return _inside(dialect.listed, [_inside(dialect.item, order) for order in told]) | beside


def _stock(dialect: Dialect, content: dict[str, Any]) -> Any:
    rows = content.get("products")
    beside = {name: _told(dialect, item) for name, item in content.items() if name != "products"}
    if not isinstance(rows, list):
        return beside
    left_out = {"total", "used", "available"} - set(dialect.counters)
    left_out |= set() if dialect.names_product else {"product_name"}
    kept = [
        {name: item for name, item in row.items() if name not in left_out} if isinstance(row, dict) else row
        for row in rows
        if not dialect.row_alone or not isinstance(row, dict) or row.get("product_name", PRODUCT) == PRODUCT
    ]
    told = [_told(dialect, row) for row in kept]
    if dialect.row_alone:
        alone = told[0] if told else {}
        return _inside(dialect.stock, alone) | beside if isinstance(alone, dict) or dialect.stock else alone
    return _inside(dialect.stock, told) | beside


def _inside(members: Sequence[str], value: Any) -> Any:
    for name in reversed(members):
        value = {name: value}
    return value


def _told(dialect: Dialect, value: Any) -> Any:
    """A value with the stranger's names and words, however deep."""
    if isinstance(value, list):
        return [_told(dialect, item) for item in value]
    if not isinstance(value, dict):
        return value
    value = _amount(dialect, value)
    told = {}
    for name, item in value.items():
        if isinstance(item, str):
            words = {"order_type": dialect.kinds, "status": dialect.states, "product_name": {PRODUCT: dialect.product}}
            item = words.get(name, {}).get(item, item)
        told[dialect.shown.get(name, name)] = _told(dialect, item)
    return told


def _amount(dialect: Dialect, order: dict[str, Any]) -> dict[str, Any]:
    """An order whose type shows in its quantity, where this stranger has no other way."""
    if dialect.quantity == "beside its type" or "quantity" not in order:
        return order
    fewer = order.get("order_type") == "decrement"
    quantity = order["quantity"]
    plain = {name: item for name, item in order.items() if name not in ("order_type", "quantity")}
    if dialect.quantity == "two lines":
        return {**plain, dialect.lines[fewer]: quantity}
    whole = isinstance(quantity, int) and not isinstance(quantity, bool)
    return {**plain, "quantity": -quantity if fewer and whole else quantity}


def _location(dialect: Dialect, location: str) -> str:
    place, name = dialect.read

    def order(match: re.Match[str]) -> str:
        collection = dialect.base + dialect.order
        if place == "path":
            return f"{collection}/{match[1]}"
        # Where orders are only listed, the list is where the order can be read; it takes no notice of the query.
        return f"{collection}?{name or dialect.shown.get('order_number', 'order')}={match[1]}"

    return _ORDER_AT.sub(order, location).replace(BASE_PATH, dialect.base)
