"""Made-up calls that overlap: each from a moment to a moment, in milliseconds."""

from __future__ import annotations

import json
from typing import Any

from kandykit.binding import Binding
from kandykit.exchange import Answer, Exchange, Intent, Request
from kandykit.model.event import Event

BASE = "http://127.0.0.1:8089/communication/kandy/provisioning"
BINDING = Binding(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken", {})
PRODUCT = "KPN-VoiceVideo-C"
DOMAIN = "@acme.webrtc.example"


def call(
    seq: int, span: tuple[float, float], method: str, path: str, body: Any, status: int, answer: Any, failure: str = ""
) -> Exchange:
    """One call; ``status`` 0 for none that came."""
    headers = (("content-type", "application/json"),)
    came = Answer(status, headers, json.dumps(answer), len(json.dumps(answer))) if status else None
    request = Request(method, BASE + path, headers, "" if body is None else json.dumps(body))
    return Exchange(seq, Intent("concurrency", "t"), request, came, span[0] / 1000, span[1] / 1000, "", failure)


def create(seq: int, span: tuple[float, float], name: str, status: int = 201, password: str = "") -> Exchange:
    identity = name + DOMAIN
    answer = {"identity": identity, "password": password or f"{{{{password:{seq:012x}}}}}", "product_name": PRODUCT}
    body = {"product_name": PRODUCT, "identity": identity}
    failure = "" if status else "cut"
    return call(seq, span, "POST", "/subscriber", body, status, answer if status < 300 else {}, failure)


def delete(seq: int, span: tuple[float, float], name: str, status: int = 200) -> Exchange:
    return call(seq, span, "DELETE", f"/subscriber/{name}{DOMAIN.replace('@', '%40')}", None, status, {})


def order(seq: int, span: tuple[float, float], number: str, status: int = 201, stage: str = "fulfilled") -> Exchange:
    body = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}
    answer = {**body, "order_number": number, "status": stage, "created_at": "2026-11-23T15:00:00.000Z"}
    return call(seq, span, "POST", "/order", body, status, answer if status < 300 else {})


def look(seq: int, span: tuple[float, float], total: int, used: int) -> Exchange:
    row = {"product_name": PRODUCT, "total": total, "used": used, "available": total - used}
    return call(seq, span, "GET", "/inventory", None, 200, {"products": [row]})


def listing(seq: int, span: tuple[float, float], *numbers: str) -> Exchange:
    kept = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1, "status": "fulfilled"}
    rows = [{**kept, "order_number": number, "created_at": "2026-11-23T15:00:00.000Z"} for number in numbers]
    return call(seq, span, "GET", "/order", None, 200, {"orders": rows})


def event_of(exchange: Exchange) -> Event:
    request = exchange.request
    meant = BINDING.call_of(request.method, request.url, request.headers, request.body)
    return Event(exchange, meant, BINDING.reply_of(meant, exchange.answer, exchange.failure))
