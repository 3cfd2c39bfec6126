"""What goes out, and what a request means: the operations as this target spells them, well-formed and malformed."""

from __future__ import annotations

import json
import re
import unicodedata
from copy import deepcopy
from functools import cached_property, partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from kandykit.binding.keys import words_of
from kandykit.binding.pointer import ABSENT, get, names, put, strangers
from kandykit.binding.spelling import Spelling
from kandykit.binding.text import HALVES, quoted, unquoted
from kandykit.calls import (
    BODY_NOT_JSON,
    PRODUCT,
    TOO_LARGE,
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    FetchToken,
    Malformed,
    Operation,
    OrderKind,
    OtherCall,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
)
from kandykit.exchange import Headers
from kandykit.wire import Outgoing

LARGEST_QUANTITY: Final = 2**53
"""Above this a JSON number is no exact integer everywhere, so a target refuses it."""

_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

AMBIGUOUS: Final = "a member is given twice with different values"
"""Which of the two counts is the target's choice, so nobody knows what such a body means."""

IDENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""An identity whose form no target has a reason to refuse."""
MINTED: Final = re.compile(r"kk-[0-9a-f]{8}-\d+(?P<signs>[^@]*)@")
"""An identity that a run chose: its mark, its number, and what signs it was to have behind them."""

_JSON: Final = (("content-type", "application/json"), ("accept", "application/json"))
_READ: Final = (("accept", "application/json"),)


class Requests(Spelling):
    """The requests' half of a binding."""

    # -- what goes out ------------------------------------------------------------------------------------------

    def order_body(self, kind: OrderKind, quantity: Any, product: str | None = None) -> dict[str, Any]:
        """The JSON body of an order; ``quantity`` may be anything JSON has, for malformed ones."""
        sent = self.sent
        body: dict[str, Any] = deepcopy(self.also["order"])
        put(body, sent["order.product"], product or self.spelling["product"])
        place = sent["order.quantity"]
        if sent["order.quantity_less"]:
            place = sent["order.quantity_less"] if kind is OrderKind.DECREMENT else place
        elif sent["order.kind"]:
            put(body, sent["order.kind"], self.words[kind][0])
        elif kind is OrderKind.DECREMENT and isinstance(quantity, int) and not isinstance(quantity, bool):
            quantity = -quantity
        put(body, place, quantity)
        return body

    def subscriber_body(self, identity: Any = None, product: str | None = None) -> dict[str, Any]:
        """The JSON body that creates a subscriber; without an identity the target chooses one."""
        body: dict[str, Any] = deepcopy(self.also["subscriber"])
        put(body, self.sent["subscriber.product"], product or self.spelling["product"])
        if identity is not None:
            put(body, self.sent["subscriber.identity"], identity)
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
        return self.read_orders_as(None if number is None else quoted(number))

    def read_orders_as(self, encoded: str | None) -> Outgoing:
        """The same, with a number that is percent-encoded already, well or badly."""
        url = self.base_url + self.list_path
        place, _, name = self.spelling["order.read"].partition(":")
        if encoded is not None and place == "path":
            url = self.base_url + self.one_order.replace("{}", encoded)
        elif encoded is not None and place == "query":
            url += f"?{name}={encoded}"
        return Outgoing("GET", url, _READ)

    def read_inventory(self) -> Outgoing:
        """Read the inventory."""
        return Outgoing("GET", self.base_url + self.spelling["inventory.path"], _READ)

    def create_subscriber(self, identity: str | None = None, product: str | None = None) -> Outgoing:
        """Create a subscriber, under an identity of ours or of the target's choice."""
        return self.post("subscriber", self.subscriber_body(identity, product))

    def delete_subscriber(self, identity: str) -> Outgoing:
        """Delete one subscriber."""
        return self.delete_subscriber_as(quoted(identity), identity)

    def delete_subscriber_as(self, encoded: str | None, plain: str | None = None) -> Outgoing:
        """The same, with an identity that is percent-encoded already, well or badly; None names nobody at all.

        ``plain`` is what goes into a body or a header, where nothing is percent-encoded.
        """
        url = self.base_url + self.delete_path
        place, _, name = self.spelling["subscriber.delete"].partition(":")
        if place == "path":
            prefix, _, rest = self.one_subscriber.partition("{}")
            below = prefix.rstrip("/") if encoded is None else prefix + encoded + rest
            return Outgoing("DELETE", self.base_url + below, _READ)
        if encoded is None:
            return Outgoing("DELETE", url, _READ)
        if place == "query":
            return Outgoing("DELETE", f"{url}?{name}={encoded}", _READ)
        plain = unquoted(encoded) if plain is None else plain
        if place == "header":
            return Outgoing("DELETE", url, (*_READ, (name, plain)))
        body: dict[str, Any] = {}
        put(body, name, plain)
        return Outgoing("DELETE", url, _JSON, json.dumps(body).encode())

    # -- what a request means -----------------------------------------------------------------------------------

    def call_of(self, method: str, url: str, headers: Headers, body: str) -> Call:
        """What a request asks for, in the words of the contract."""
        parts = urlsplit(url)
        spell = self.spelling
        below = parts.path[len(self._base_path) :] if parts.path.startswith(self._base_path) else parts.path
        if parts.path == self._token_path and not self.methods_at(below):
            return FetchToken() if method == "POST" else OtherCall(method, parts.path)
        if method == "POST" and below == spell["order.path"]:
            return self._order_call(headers, body, parts.query)
        if method == "POST" and below == spell["subscriber.path"]:
            return self._subscriber_call(headers, body, parts.query)
        if method == "POST" and below in (f"{spell['order.path']}/", f"{spell['subscriber.path']}/"):
            bare = parts._replace(path=parts.path.removesuffix("/")).geturl()
            return _with_a_slash_behind(self.call_of(method, bare, headers, body))
        if method == "GET" and below == spell["inventory.path"]:
            return ReadInventory()
        if method == "GET":
            return self._orders_call(below, parts.query)
        if method == "DELETE":
            return self._delete_call(below, parts.query, headers, body)
        return self._other(method, below)

    def _other(self, method: str, below: str) -> OtherCall:
        written = method not in ("HEAD", "OPTIONS") and not {"POST", "DELETE"}.isdisjoint(self.methods_at(below))
        return OtherCall(method, below, written)

    def _order_call(self, headers: Headers, body: str, query: str) -> Call:
        sent = self.sent
        wrong = partial(Malformed, Operation.PLACE_ORDER)
        parsed, grey, why = _json_body(headers, body, query)
        if why or grey == AMBIGUOUS:
            return wrong(why or grey, grey=not why)
        parsed, recased = self._in_known_case(parsed, "order")
        grey = grey or recased
        why = self._unknown_member(parsed, "order") or self._wrong_product(parsed, "order.product")
        if why:
            return wrong(why)
        kind: OrderKind | None = None
        quantity = get(parsed, sent["order.quantity"])
        if sent["order.quantity_less"]:
            kind = OrderKind.INCREMENT
            fewer = get(parsed, sent["order.quantity_less"])
            if fewer is not ABSENT:
                if quantity is not ABSENT:
                    return wrong("quantity is given both ways", grey=True)
                kind, quantity = OrderKind.DECREMENT, fewer
        if isinstance(quantity, bool) or not isinstance(quantity, int | float):
            return wrong(_missing_or("quantity", quantity, "a number"))
        if isinstance(quantity, float):
            if not quantity.is_integer():
                return wrong("quantity is a fraction")
            grey = grey or "quantity is a float without a fraction"
        quantity = int(quantity)
        if sent["order.kind"]:
            word = get(parsed, sent["order.kind"])
            if not isinstance(word, type(self.words[OrderKind.INCREMENT][0])):
                return wrong(_missing_or("order type", word, "a string"))
            kind = next((kind for kind, words in self.words.items() if word in words), None)
            if kind is None:
                return wrong("order type is unknown")
            if word != self.words[kind][0]:
                grey = grey or "order type is a word of answers"
        elif kind is None:
            kind = OrderKind.INCREMENT if quantity >= 0 else OrderKind.DECREMENT
            quantity = abs(quantity)
        if quantity < 1:
            return wrong("quantity is zero" if quantity == 0 else "quantity is negative")
        if quantity > LARGEST_QUANTITY:
            return wrong(TOO_LARGE)
        meant = PlaceOrder(kind, quantity, PRODUCT)
        return Malformed(Operation.PLACE_ORDER, grey, grey=True, meant=meant) if grey else meant

    @cached_property
    def _known(self) -> dict[str, list[str]]:
        return {what: self.known_members(what) for what in ("order", "subscriber")}

    def _in_known_case(self, body: dict[str, Any], what: str) -> tuple[dict[str, Any], str]:
        """A body with its members' names in the letter case that they should have, and why it is grey if they had not.

        Widespread JSON libraries (Go's, .NET's for the web) find members whatever their case is; others do not.
        """
        if not strangers(body, self._known[what]):
            return body, ""
        told = _recased(body, [names(pointer) for pointer in self._known[what]])
        return told, "" if told == body else "member names are in other letter case"

    def _unknown_member(self, body: Any, what: str) -> str:
        """Whether a request has a member that its schema, being closed, does not have."""
        return "a member is unknown" if strangers(body, self._known[what]) else ""

    def _wrong_product(self, body: dict[str, Any], key: str) -> str:
        """Why the product that a request names is none; empty where it is right, or none is to be named."""
        if not self.sent[key]:
            return ""
        product = get(body, self.sent[key])
        if not isinstance(product, str):
            return _missing_or("product", product, "a string")
        return "" if product == self.spelling["product"] else "product is unknown"

    def _orders_call(self, below: str, query: str) -> Call:
        place, _, name = self.spelling["order.read"].partition(":")
        if below != self.list_path:
            number = _between(below, self.one_order) if place == "path" else ""
            return ReadOrders(unquoted(number)) if number else OtherCall("GET", below)
        if not query or place != "query":
            return ReadOrders(None)
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        values = [value for key, value in pairs if key == name]
        if not values:
            return ReadOrders(None)
        if any(HALVES.search(value) for value in values):
            # Many a framework drops a parameter that it cannot read, and so is asked for the list.
            return Malformed(Operation.READ_ORDERS, "order number is no UTF-8", grey=True)
        if len(values) > 1 or not values[0]:
            why = "order number is empty" if not values[0] else "order number is given twice"
            return Malformed(Operation.READ_ORDERS, why, grey=True)
        return ReadOrders(values[0])

    def _subscriber_call(self, headers: Headers, body: str, query: str) -> Call:
        wrong = partial(Malformed, Operation.CREATE_SUBSCRIBER)
        parsed, grey, why = _json_body(headers, body, query)
        if why or grey == AMBIGUOUS:
            return wrong(why or grey, grey=not why)
        parsed, recased = self._in_known_case(parsed, "subscriber")
        grey = grey or recased
        why = self._unknown_member(parsed, "subscriber") or self._wrong_product(parsed, "subscriber.product")
        if why:
            return wrong(why)
        identity = get(parsed, self.sent["subscriber.identity"]) if self.caller_may_choose else ABSENT
        if identity is ABSENT:
            identity = None
        elif identity is None:
            grey = grey or "identity is null"
        elif not isinstance(identity, str):
            return wrong("identity is not a string")
        elif not identity:
            return wrong("identity is empty")
        elif not identity.partition("@")[2]:
            return wrong("identity has no domain")
        elif identity.startswith("@"):
            return wrong("identity has no user")
        elif any(unicodedata.category(sign) == "Cc" for sign in identity):
            return wrong("identity holds a control character")
        elif not IDENTITY.fullmatch(identity):
            grey = grey or "identity has an unusual form"
        meant = CreateSubscriber(identity, PRODUCT)
        return Malformed(Operation.CREATE_SUBSCRIBER, grey, grey=True, meant=meant) if grey else meant

    def _delete_call(self, below: str, query: str, headers: Headers, body: str) -> Call:
        place, _, name = self.spelling["subscriber.delete"].partition(":")
        identity: Any = None
        if place == "path":
            if below.rstrip("/") != self.one_subscriber.partition("{}")[0].rstrip("/"):
                found = _between(below, self.one_subscriber)
                if found is None:
                    return self._other("DELETE", below)
                identity = unquoted(found)
                # Whom it names is anybody's guess, and to refuse it is as right as to find nobody.
                no_text = "an escape that is no UTF-8" if HALVES.search(identity) else ""
                if broken := "a broken escape" if _BROKEN_ESCAPE.search(found) else no_text:
                    meant = DeleteSubscriber(identity)
                    return Malformed(Operation.DELETE_SUBSCRIBER, broken, grey=True, meant=meant)
        elif below != self.delete_path:
            return self._other("DELETE", below)
        elif place == "query":
            identity = dict(parse_qsl(query, keep_blank_values=True)).get(name)
        elif place == "header":
            identity = next((value for key, value in headers if key.lower() == name.lower()), None)
        else:
            parsed, _, why = _json_body(headers, body, "")
            identity = None if why else get(parsed, name)
        if not isinstance(identity, str) or not identity:
            return Malformed(Operation.DELETE_SUBSCRIBER, "identity is missing")
        return DeleteSubscriber(identity)

    # -- what a request may be changed to -----------------------------------------------------------------------

    def order_words(self) -> tuple[Any, Any]:
        """The words that are sent for more and for fewer."""
        return self.words[OrderKind.INCREMENT][0], self.words[OrderKind.DECREMENT][0]

    def done_word(self) -> str:
        """A word for an order that is fulfilled."""
        return words_of(self.spelling["order.done"])[0]


def _between(path: str, template: str) -> str | None:
    """What stands in a path where its template has ``{}``; None where the path is another one."""
    before, _, behind = template.partition("{}")
    found = path[len(before) : len(path) - len(behind)]
    fits = path.startswith(before) and path.endswith(behind) and len(path) >= len(before) + len(behind)
    return found if fits and "/" not in found else None


def _with_a_slash_behind(call: Call) -> Call:
    """A slash behind the path may make another path of it, or the same."""
    if not isinstance(call, PlaceOrder | CreateSubscriber):
        return call
    operation = Operation.PLACE_ORDER if isinstance(call, PlaceOrder) else Operation.CREATE_SUBSCRIBER
    return Malformed(operation, "its path has a slash behind it", grey=True, meant=call)


def _json_body(headers: Headers, body: str, query: str) -> tuple[Any, str, str]:
    """The parsed body, why it is grey (or ""), and why it is no acceptable body at all (or "")."""
    grey = "the query has members" if query else ""
    content_type = next((value for key, value in headers if key.lower() == "content-type"), "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        grey = "the content type is not application/json"
    if any(key.lower() == "transfer-encoding" for key, _ in headers):
        grey = "the body comes in chunks"  # whoever wants a length may say so with 411
    if not body:
        return None, "", "the body is empty"
    repeated: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(members)
        if len(result) != len(members):
            alike = all(result[name] == value for name, value in members)
            repeated.append("a member is given twice" if alike else AMBIGUOUS)
        return result

    def no_constant(word: str) -> Any:
        raise ValueError(word)

    other = _in_another_form_of_unicode(body)
    if other is not None:
        body, grey = other, "the body is in another form of Unicode than UTF-8"
    if body.startswith("\ufeff"):
        body, grey = body[1:], "the body starts with a byte order mark"
    try:
        body.encode("utf-8")
        parsed = json.loads(body, object_pairs_hook=pairs, parse_constant=no_constant)
    except ValueError:
        return None, "", BODY_NOT_JSON
    except RecursionError:
        return None, "", "the body is nested deeply"
    if not isinstance(parsed, dict):
        return None, "", "the body is no JSON object"
    return parsed, max(repeated, key=AMBIGUOUS.__eq__) if repeated else grey, ""


def _in_another_form_of_unicode(body: str) -> str | None:
    """The text of a body in UTF-16 or UTF-32, with a byte order mark or without; None where it is in neither.

    RFC 8259 8.1 asks UTF-8 of who sends, and its section 9 lets a parser take more: many widespread ones look at the
    first octets, as RFC 4627 told them to, and read such a body for what it says.
    """
    try:
        octets = body.encode("utf-8", "surrogateescape")
        form = json.detect_encoding(octets)
        return None if form.startswith("utf-8") else octets.decode(form)
    except UnicodeError:
        return None


def _recased(value: Any, known: list[tuple[str, ...]]) -> Any:
    """A JSON value whose members are called as in ``known``, wherever only the letter case is another."""
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for name, item in value.items():
        alike = [path for path in known if path and path[0].casefold() == name.casefold()]
        meant = name if any(path[0] == name for path in alike) or not alike else alike[0][0]
        if meant != name and (meant in value or meant in result):
            meant = name
        result[meant] = _recased(item, [path[1:] for path in alike if path[0] == meant])
    return result


def _missing_or(name: str, value: Any, should: str) -> str:
    return f"{name} is missing" if value is ABSENT else f"{name} is not {should}"
