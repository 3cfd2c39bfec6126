"""A programme made of recorded calls: what they asked for, in steps that can be played on an account of today.

Identities and order numbers are this play's own, tokens are live ones of today. What was odd about a call is made odd
again in the same way, where its record says in which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote

from kandykit.binding import MINTED, Binding
from kandykit.calls import CreateSubscriber, DeleteSubscriber, FetchToken, PlaceOrder, ReadInventory, ReadOrders
from kandykit.exchange import Credential, Exchange, Headers
from kandykit.explore import unusual
from kandykit.explore.generate.request import FRESH, body_of, order, subscriber
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    Intrude,
    ListOrders,
    Look,
    LookUp,
    Order,
    Raw,
    Send,
    Step,
)
from kandykit.model.event import Event

_MADE_BY_THE_CLIENT: Final = frozenset(
    {"authorization", "host", "content-length", "connection", "user-agent", "accept-encoding", "transfer-encoding"}
)


def programme_of(calls: Sequence[Exchange], binding: Binding) -> list[Step]:
    """The steps that make these calls again, in order."""
    maker = _Maker(binding)
    return [maker.step(number, call) for number, call in enumerate(calls, start=1)]


class _Maker:
    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._subscribers: dict[str, str] = {}
        self._orders: dict[str, str] = {}

    def step(self, number: int, exchange: Exchange) -> Step:
        request, intent = exchange.request, exchange.intent
        call = self._binding.call_of(request.method, request.url, request.headers, request.body)
        event = Event(exchange, call, self._binding.reply_of(call, exchange.answer, exchange.failure))
        account = _index(intent.account)
        label = f"call {number}"
        step = self._by_probe(exchange, account)
        if step is None:
            step = self._well_formed(event, label, account)
        if step is None:
            step = self._as_sent(exchange, label, account)
        self._learn(event, label)
        return step

    def _by_probe(self, exchange: Exchange, account: int) -> Step | None:
        """What a call was about, where that alone says how to make it."""
        probe, credential = exchange.intent.probe, exchange.intent.credential
        if probe in unusual.CATALOGUE:
            return Send(probe, account)
        kind, space, rest = probe.partition(" ")
        what, colon, variant = rest.partition(": ")
        if space and colon and kind in set(Credential):
            return Intrude(Credential(kind), what, variant, self._label_in(exchange))
        if not probe and credential is Credential.CLIENT:
            return Intrude(Credential.CLIENT, "token", "good")
        return None

    def _label_in(self, exchange: Exchange) -> str:
        shown = unquote(exchange.request.url)
        return next((label for identity, label in self._subscribers.items() if identity in shown), "")

    def _well_formed(self, event: Event, label: str, account: int) -> Step | None:
        call = event.call
        if event.exchange.intent.probe or isinstance(call, FetchToken):
            return None
        if isinstance(call, ReadInventory):
            return Look(account)
        if isinstance(call, ReadOrders):
            if call.number is None:
                return ListOrders(account)
            return LookUp(self._orders.get(call.number, ""), account)
        if isinstance(call, PlaceOrder):
            return Order(call.kind, Amount(call.quantity), label, account)
        if isinstance(call, CreateSubscriber):
            if call.identity is None:
                return Create(label, form="server", account=account)
            if call.identity in self._subscribers:
                return Create(label, again=self._subscribers[call.identity], account=account)
            chosen = MINTED.match(call.identity)
            return Create(label, signs=chosen["signs"] if chosen else "", account=account)
        if isinstance(call, DeleteSubscriber):
            known = self._subscribers.get(call.identity)
            return Delete(known, account) if known else DeleteNobody(account)
        return None

    def _as_sent(self, exchange: Exchange, label: str, account: int) -> Raw:
        """The request as it was, with this play's own identities and numbers in it."""
        request = exchange.request
        below = request.url[len(self._binding.base_url) :] if request.url.startswith(self._binding.base_url) else ""
        body, octets = body_of(request.body.encode("utf-8", "surrogateescape") if request.body else None)
        headers: Headers = tuple(
            (name, self._own(value, raw=True))
            for name, value in request.headers
            if name.lower() not in _MADE_BY_THE_CLIENT
        )
        if body is not None and not octets:
            body = self._own(body, raw=True)
        probe = exchange.intent.probe or "recorded"
        return Raw(request.method, self._own(below, raw=False), headers, body, octets, label, probe, account)

    def _own(self, text: str, *, raw: bool) -> str:
        """The text with placeholders for identities and numbers that earlier calls, or the run itself, gave out."""
        known = {identity: subscriber(label) for identity, label in self._subscribers.items()}
        known |= {number: order(label) for number, label in self._orders.items() if len(number) > 3}
        for value, placeholder in sorted(known.items(), key=lambda item: -len(item[0])):
            text = text.replace(value if raw else quote(value, safe=""), placeholder)
        return re.sub(r"kk-[0-9a-f]{8}-\d+(?:@|%40)[A-Za-z0-9.-]+", lambda _: FRESH, text)

    def _learn(self, event: Event, label: str) -> None:
        shown, placed = event.reply.subscriber, event.reply.order
        meant = event.meant
        chosen = meant.identity if isinstance(meant, CreateSubscriber) else None
        identity = (shown.identity if shown and isinstance(meant, CreateSubscriber) else None) or chosen
        if identity:
            self._subscribers[identity] = label
        if placed is not None and placed.number and isinstance(meant, PlaceOrder):
            self._orders.setdefault(placed.number, label)


def _index(account: str) -> int:
    number = account.rpartition("-")[2]
    return max(int(number) - 1, 0) if number.isdecimal() else 0
