"""Exchanges in words: what a call asked for and what its answer said, for people who did not run it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    FetchToken,
    InventoryView,
    Malformed,
    OrderKind,
    OrderView,
    OtherCall,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
)
from kandykit.exchange import Credential, Exchange
from kandykit.report.legible import one_line

_CREDENTIALS: Final = {
    Credential.NONE: "without a token",
    Credential.UNKNOWN: "with an unknown token",
    Credential.EXPIRED: "with an expired token",
    Credential.OTHER_SCHEME: "with the token under another scheme",
    Credential.WRONG_SECRET: "with a wrong client",
}


def call_of(exchange: Exchange, binding: Binding) -> Call:
    """What an exchange's request asks for."""
    request = exchange.request
    return binding.call_of(request.method, request.url, request.headers, request.body)


def reply_of(exchange: Exchange, binding: Binding) -> Reply:
    """What an exchange's answer says."""
    return binding.reply_of(call_of(exchange, binding), exchange.answer, exchange.failure)


def call_in_words(exchange: Exchange, binding: Binding) -> str:
    """What a call asked for: "Order 2 more", "Delete ann@acme.example, without a token"."""
    call = call_of(exchange, binding)
    words = _call(call)
    credential = _CREDENTIALS.get(exchange.intent.credential, "")
    probe = exchange.intent.probe
    # A malformed call already says what is wrong with it; the probe's name would say it twice.
    extras = [credential, "" if isinstance(call, Malformed) or not probe else f"probe: {probe}"]
    return one_line(", ".join(filter(None, [words, *extras])))


def reply_in_words(exchange: Exchange, binding: Binding) -> str:
    """What an answer said, where it said something of the contract: "total 5, used 4, available 1"; else empty."""
    reply = reply_of(exchange, binding)
    if reply.inventory:
        return one_line(_inventory(reply.inventory))
    if reply.order:
        return one_line(_order(reply.order))
    if reply.orders is not None:
        shown = [_order(order) for order in reply.orders[-3:]]
        more = [f"{len(reply.orders)} orders, the last"] if len(reply.orders) > len(shown) else []
        return one_line("; ".join([*more, *shown]) or "no orders")
    if reply.subscriber and reply.subscriber.identity:
        return one_line(f"identity {reply.subscriber.identity}")
    return reply.unreadable


def status_in_words(exchange: Exchange) -> str:
    """The status, or how the call ended without one."""
    if exchange.answer is None:
        return exchange.failure or "no answer"
    return f"{exchange.answer.status}, {exchange.failure}" if exchange.failure else str(exchange.answer.status)


def target_of(exchange: Exchange, binding: Binding) -> str:
    """Where a call went, as it was sent: below the base URL where it is there, else with its host."""
    url = exchange.request.url
    return url[len(binding.base_url) :] or "/" if url.startswith(binding.base_url) else url


def value_in_words(value: object) -> str:
    """A reading or a leftover as text: plain words where it is plain, JSON where it is not."""
    if isinstance(value, Mapping) and all(isinstance(each, str | int | float) for each in value.values()):
        return ", ".join(f"{name.replace('_', ' ')}: {each}" for name, each in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not known"
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(each) for each in value) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _call(call: Call) -> str:
    match call:
        case PlaceOrder(kind, quantity):
            return f"Order {quantity} {'more' if kind is OrderKind.INCREMENT else 'fewer'}"
        case ReadOrders(None):
            return "Read all orders"
        case ReadOrders(number):
            return f"Read order {number}"
        case ReadInventory():
            return "Read the inventory"
        case CreateSubscriber(None):
            return "Create a subscriber"
        case CreateSubscriber(identity):
            return f"Create subscriber {identity}"
        case DeleteSubscriber(identity):
            return f"Delete subscriber {identity}"
        case Malformed(operation, why):
            return f"{operation} where {why}"
        case FetchToken():
            return "Fetch a token"
        case OtherCall(method, path):
            return f"{method} {path}"


def _inventory(view: InventoryView) -> str:
    numbers = {"total": view.total, "used": view.used, "available": view.available}
    return ", ".join(f"{name} {number}" for name, number in numbers.items() if number is not None)


def _order(order: OrderView) -> str:
    kind = order.kind.value if order.kind else ""
    quantity = "" if order.quantity is None else str(order.quantity)
    return " ".join(filter(None, ["order", order.number or "without a number", kind, quantity, order.status or ""]))
