"""The keys of a profile's ``[binding]`` table: what each one says, how it is written, and what it is by default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from kandykit.binding.pointer import leaf
from kandykit.calls import PRODUCT

SAME: Final = "same"
"""Says that a request has a member where an answer has it, or that a path is that of the other operation."""


class Key(NamedTuple):
    """One key: how its value is written (``form``), its default, and what it says."""

    form: str
    default: str
    says: str


KEYS: Final[Mapping[str, Key]] = {
    "product": Key("word", PRODUCT, "what the one product is called"),
    # -- orders
    "order.path": Key("path", "/order", "where orders are placed"),
    "order.list_path": Key("path or same", SAME, "where orders are read, if not where they are placed"),
    "order.wrap": Key("pointer", "", "where in the body of a POST the order's members stand; empty: at its top"),
    "order.also": Key("json", "", "further members of that body that this target asks for, as a JSON object"),
    "order.product": Key("pointer", "/product_name", "the product; empty: orders name none"),
    "order.kind": Key("pointer", "/order_type", "more or fewer; empty: a decrement is a negative quantity"),
    "order.increment": Key("words", "increment", "the word for more; the first is sent, all are understood"),
    "order.decrement": Key("words", "decrement", "the word for fewer"),
    "order.quantity": Key("pointer", "/quantity", "how many products"),
    "order.quantity_less": Key("pointer", "", "how many fewer, where that is another member than how many more"),
    "order.sent_product": Key("pointer or same", SAME, "the product in the POST, if it stands elsewhere"),
    "order.sent_kind": Key("pointer or same", SAME, "the same for more or fewer"),
    "order.sent_quantity": Key("pointer or same", SAME, "the same for how many"),
    "order.envelope": Key("pointer", "", "where in the answer to a POST the order stands"),
    "order.number": Key("pointer", "/order_number", "the order's number"),
    "order.status": Key("pointer", "/status", "how the order stands; empty: not shown"),
    "order.created_at": Key("pointer", "/created_at", "when it was placed; empty: not shown"),
    "order.open": Key(
        "words",
        "pending acknowledged held in_progress inprogress open new waiting scheduled",
        "the words for an order that may still be fulfilled",
    ),
    "order.done": Key("words", "fulfilled completed done finished closed", "the words for one that is"),
    "order.not_done": Key(
        "words", "rejected failed cancelled canceled aborted", "the words for one that will not be fulfilled"
    ),
    "order.list": Key("pointer", "/orders", "where in the answer to a GET the list of orders stands"),
    "order.item": Key("pointer", "", "where in an item of that list the order stands"),
    "order.read": Key("reading place", "query:order_number", "how one order is read by its number; list: it is not"),
    "order.one": Key("pointer", "/orders", "where in that answer it stands: a list, or the order itself"),
    # -- inventory
    "inventory.path": Key("path", "/inventory", "where the inventory is read"),
    "inventory.rows": Key("pointer", "/products", "a list of rows, or the one row; empty: the whole answer"),
    "inventory.product": Key("pointer", "/product_name", "a row's product; empty: rows name none"),
    "inventory.total": Key("pointer", "/total", "products that were ordered; empty: not shown"),
    "inventory.used": Key("pointer", "/used", "products that subscribers use; empty: not shown"),
    "inventory.available": Key("pointer", "/available", "products that are left; empty: not shown"),
    "inventory.number": Key("pointer", "", "one number that is one of the three; a run finds out which by trying"),
    # -- subscribers
    "subscriber.path": Key("path", "/subscriber", "where subscribers are created"),
    "subscriber.delete_path": Key("path or same", SAME, "where they are deleted, if not there"),
    "subscriber.delete": Key("deleting place", "path", "where a DELETE names the identity"),
    "subscriber.wrap": Key("pointer", "", "where in the body of a POST the subscriber's members stand"),
    "subscriber.also": Key("json", "", "further members of that body, as a JSON object"),
    "subscriber.product": Key("pointer", "/product_name", "the product; empty: subscribers name none"),
    "subscriber.sent_product": Key("pointer or same", SAME, "the product in the POST, if it stands elsewhere"),
    "subscriber.identity": Key("pointer", "/identity", "the identity"),
    "subscriber.sent_identity": Key("pointer or same", SAME, "the identity in the POST; empty: the target chooses it"),
    "subscriber.envelope": Key("pointer", "", "where in the answer to a POST the subscriber stands"),
    "subscriber.password": Key("pointer", "/password", "the password; empty: not shown"),
    "subscriber.domain": Key("word", "example.com", "the domain of identities that the kit chooses"),
}
"""Every key, in the order in which people read them."""

DEFAULTS: Final[Mapping[str, str]] = {name: key.default for name, key in KEYS.items()}
"""Every key with its default spelling."""

_POINTER: Final = r"(?:/(?:[^~/]|~[01])*)*"
_PATH: Final = r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+"
_HEADER: Final = r"header:[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUERY: Final = r"query:[^\s&=#?]+"
_TEMPLATE: Final = r"path(?::(?:/[^\s?#{}/]+)*/[^\s?#{}/]*\{\}[^\s?#]*)?"
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "pointer": (_POINTER, 'a JSON pointer such as "/orderId" or "/data/orderId", or "" for none'),
    "pointer or same": (rf"same|{_POINTER}", 'a JSON pointer such as "/orderId", or "same"'),
    "path": (_PATH, 'a path below the base URL, such as "/orders"'),
    "path or same": (rf"same|{_PATH}", 'a path below the base URL, such as "/orders", or "same"'),
    "reading place": (
        rf"list|{_QUERY}|{_TEMPLATE}",
        '"query:NAME", "path" (the number behind the path), "path:/orders/{}/status", or "list"',
    ),
    "deleting place": (
        rf"{_QUERY}|{_HEADER}|body:(?:/(?:[^~/]|~[01])*)+|{_TEMPLATE}",
        '"path", "path:/users/{}/account", "query:NAME", "body:/pointer", or "header:NAME"',
    ),
}


def complaint_about(name: str, value: str) -> str:
    """What is wrong with the value of a key, and what to write; empty where nothing is."""
    form = KEYS[name].form
    if form in _FORMS:
        pattern, wanted = _FORMS[form]
        return "" if re.fullmatch(pattern, value) else f"must be {wanted}"
    if form == "json":
        return "" if not value or isinstance(_json(value), dict) else "must be a JSON object, such as '{\"a\": 1}'"
    return "" if value.strip() else f'must not be empty; leave it out for "{KEYS[name].default}"'


def words_of(text: str) -> tuple[str, ...]:
    """The words of a value: parted by commas where it has any, by blanks where not."""
    parts = text.split(",") if "," in text else text.split()
    return tuple(part.strip() for part in parts if part.strip())


def members_of(spelling: Mapping[str, str]) -> dict[str, str]:
    """The name of each member that answers have -> its key; what is not shown has none."""
    keys = [name for name, key in KEYS.items() if key.form == "pointer" and key.default]
    return {leaf(spelling[key]): key for key in keys if spelling[key]}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
