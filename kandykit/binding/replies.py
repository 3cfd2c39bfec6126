"""What an answer means: its members, wherever this target puts them, in the words of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from kandykit.binding.pointer import ABSENT, get
from kandykit.binding.spelling import Spelling
from kandykit.binding.text import HALVES, unquoted
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
    SubscriberView,
)
from kandykit.exchange import Answer, json_of

MOST_VIEWS: Final = 20_000
"""So many orders are remembered as they were read."""


class Replies(Spelling):
    """The answers' half of a binding."""

    def __init__(self, base_url: str, token_url: str, spelling: Mapping[str, str] | None = None) -> None:
        super().__init__(base_url, token_url, spelling)
        self._views: dict[str, OrderView] = {}

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
            return Reply(Outcome.DONE, status, subscriber=self._made_all_the_same(call, answer))
        if not answer.body and isinstance(meant, DeleteSubscriber):
            return Reply(Outcome.DONE, status)
        try:
            body = json_of(answer.body)
        except (ValueError, RecursionError):
            location = answer.header("location")
            if isinstance(meant, PlaceOrder) and location and (number := self._number_in(location)):
                return Reply(Outcome.DONE, status, order=OrderView(number))
            return Reply(Outcome.DONE, status, unreadable="the body is no JSON" if answer.body else "the body is empty")
        if isinstance(meant, PlaceOrder):
            order = self._order_view(get(body, self.spelling["order.envelope"]))
            if order.number is None and (location := answer.header("location")):
                order = OrderView(self._number_in(location), *_rest_of(order))
            return Reply(
                Outcome.DONE, status, order=order, unreadable="" if order.number else "it names no order number"
            )
        if isinstance(meant, ReadOrders):
            return self._orders_reply(meant, status, body)
        if isinstance(meant, ReadInventory):
            return self._inventory_reply(status, body)
        subscriber = self._subscriber_view(get(body, self.spelling["subscriber.envelope"]))
        if isinstance(meant, CreateSubscriber) and not (subscriber.identity or meant.identity):
            return Reply(Outcome.DONE, status, subscriber=subscriber, unreadable="it names no identity")
        return Reply(Outcome.DONE, status, subscriber=subscriber)

    def _made_all_the_same(self, call: Call, answer: Answer) -> SubscriberView | None:
        """The subscriber that an accepted malformed call made: whoever cleans up has to know it."""
        if not isinstance(call, Malformed) or call.operation is not Operation.CREATE_SUBSCRIBER:
            return None
        try:
            view = self._subscriber_view(get(json_of(answer.body), self.spelling["subscriber.envelope"]))
        except (ValueError, RecursionError):
            return None
        return view if view.identity else None

    # -- orders -------------------------------------------------------------------------------------------------

    def _orders_reply(self, call: ReadOrders, status: int, body: Any) -> Reply:
        one = call.number is not None and self.reads_single_orders
        found = get(body, self.spelling["order.one" if one else "order.list"])
        if found is ABSENT and one:
            found = body
        if isinstance(found, dict) and one:
            found = [found]
        if not isinstance(found, list):
            return Reply(Outcome.DONE, status, unreadable="it holds no list of orders")
        item = self.spelling["order.item"]
        if item:
            # An order that is read by itself may stand there without what a list's items are wrapped in.
            found = [inner if (inner := get(outer, item)) is not ABSENT else outer for outer in found]
        return Reply(Outcome.DONE, status, orders=tuple(self._order_view(each) for each in found))

    def _order_view(self, item: Any) -> OrderView:
        """An order as it is shown; a list shows the same orders again and again, so each is read once."""
        try:
            # As it is written, since 1 and True are equal and not the same.
            key = repr(item)
        except RecursionError:
            return self._read_order(item)
        known = self._views.get(key)
        if known is None:
            if len(self._views) >= MOST_VIEWS:
                self._views.clear()
            known = self._views[key] = self._read_order(item)
        return known

    def _read_order(self, item: Any) -> OrderView:
        spell = self.spelling
        kind, quantity = self._amount(item)
        product = _text(get(item, spell["order.product"]))
        status = _word(get(item, spell["order.status"]))
        return OrderView(
            number=_text(get(item, spell["order.number"])),
            kind=kind,
            quantity=quantity,
            product=PRODUCT if product == spell["product"] else product,
            status=status,
            stage=None if status is None else self._stages.get(status.lower()),
            created_at=_text(get(item, spell["order.created_at"])),
        )

    def _amount(self, item: Any) -> tuple[OrderKind | None, int | None]:
        """Whether more or fewer, and how many, as far as an order shows it."""
        spell = self.spelling
        quantity = _number(get(item, spell["order.quantity"]))
        if spell["order.quantity_less"]:
            fewer = _number(get(item, spell["order.quantity_less"]))
            # Where both stand there, one of them says none.
            if fewer:
                return OrderKind.DECREMENT, fewer
            return None if quantity is None else OrderKind.INCREMENT, quantity
        if spell["order.kind"]:
            word = get(item, spell["order.kind"])
            kind = next((kind for kind, words in self.words.items() if _among(word, words)), None)
            # Words say it, so a sign is only repeated.
            return kind, quantity
        if quantity is None:
            return None, None
        return (OrderKind.INCREMENT if quantity >= 0 else OrderKind.DECREMENT), abs(quantity)

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
        path = parts.path.rstrip("/")
        _, _, behind = self.one_order.partition("{}")
        if behind and path.endswith(behind):
            path = path[: -len(behind)]
        last = path.rpartition("/")[2]
        collections = {self.spelling["order.path"].rpartition("/")[2], self.list_path.rpartition("/")[2]}
        return unquoted(last) if last and last not in collections else None

    # -- inventory and subscribers ------------------------------------------------------------------------------

    def _inventory_reply(self, status: int, body: Any) -> Reply:
        spell = self.spelling
        row = self._row_of(body)
        shown = {name: _whole(get(row, spell[f"inventory.{name}"])) for name in _NUMBERS if spell[f"inventory.{name}"]}
        if spell["inventory.number"]:
            number = _whole(get(row, spell["inventory.number"]))
            if number is not None and not self.number_means:
                # Nobody knows yet what it counts: it is read, and says nothing.
                return Reply(Outcome.DONE, status)
            if self.number_means:
                shown[self.number_means] = number
        view = InventoryView(**shown)
        if view == InventoryView():
            return Reply(Outcome.DONE, status, unreadable="it shows no numbers of the product")
        again = "it shows the product in more than one row" if self._rows_of(body) > 1 else ""
        return Reply(Outcome.DONE, status, inventory=view, unreadable=again)

    def _rows_of(self, body: Any) -> int:
        """How many rows of the product there are; 1 where rows stand in no list, or name no product."""
        rows, product = get(body, self.spelling["inventory.rows"]), self.spelling["inventory.product"]
        if not isinstance(rows, list) or not product:
            return 1
        return sum(get(item, product) == self.spelling["product"] for item in rows)

    def one_number(self, answer: Answer | None) -> int | None:
        """The number at ``inventory.number`` of an answer, whatever it counts; None where there is none."""
        if answer is None or answer.status != 200 or not self.spelling["inventory.number"]:
            return None
        try:
            return _whole(get(self._row_of(json_of(answer.body)), self.spelling["inventory.number"]))
        except (ValueError, RecursionError):
            return None

    def _row_of(self, body: Any) -> Any:
        """The row of the product, where rows stand in a list; else the one row that there is."""
        rows, product = get(body, self.spelling["inventory.rows"]), self.spelling["inventory.product"]
        if not isinstance(rows, list):
            return rows
        return next((item for item in rows if not product or get(item, product) == self.spelling["product"]), ABSENT)

    def _subscriber_view(self, item: Any) -> SubscriberView:
        product = _text(get(item, self.spelling["subscriber.product"]))
        password = self.spelling["subscriber.password"]
        return SubscriberView(
            identity=_text(get(item, self.spelling["subscriber.identity"])),
            password=_text(get(item, password)) if password else None,
            product=PRODUCT if product == self.spelling["product"] else product,
        )


_NUMBERS: Final = ("total", "used", "available")


def _rest_of(order: OrderView) -> tuple[Any, ...]:
    return order.kind, order.quantity, order.product, order.status, order.stage, order.created_at


def _among(word: Any, words: tuple[Any, ...]) -> bool:
    """Whether a word is one of these; 1 is not true here."""
    return any(word == one and type(word) is type(one) for one in words)


def _text(value: Any) -> str | None:
    """An identity or number as text; a number that came as a JSON number keeps its digits.

    What no octets can spell (half of a surrogate pair) is no text: it could never be sent back.
    """
    if isinstance(value, str):
        return value if value and not HALVES.search(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _number(value)
