"""An exchange as Allure 3 shows requests and answers: a panel of its own, with credentials as stars."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from kandykit.exchange import Exchange, Headers
from kandykit.report.legible import legible

BODY_CHARACTERS: Final = 20_000
"""How much of a body goes into a result."""

_HIDDEN_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_HIDDEN: Final = "__ALLURE_REDACTED__"
"""Allure shows this as stars; what it stands for was a fingerprint already."""


def http_exchange(call: Exchange) -> dict[str, Any]:
    """An exchange as Allure 3 shows requests and answers; what is no JSON is shown as text, never as a page."""
    answer = call.answer
    start = milliseconds(call.at)
    content: dict[str, Any] = {
        "schemaVersion": 1,
        "start": start,
        "stop": start + max(0, round((call.ended - call.started) * 1000)),
        "request": {
            "method": call.request.method,
            "url": legible(call.request.url),
            "headers": _headers(call.request.headers),
            **({"body": _body(call.request.body, len(call.request.body))} if call.request.body else {}),
        },
    }
    if answer is not None:
        content["response"] = {
            "status": answer.status,
            "headers": _headers(answer.headers),
            **({"body": _body(answer.body, answer.length)} if answer.body else {}),
        }
    if call.failure:
        content["error"] = {"name": call.failure, "message": f"no whole answer came: {call.failure}"}
    return content


def _body(body: str, size: int) -> dict[str, Any]:
    try:
        json.loads(body)
        kind = "application/json"
    except (ValueError, RecursionError):
        kind = "text/plain"
    return {
        "contentType": kind,
        "value": legible(body, BODY_CHARACTERS),
        "size": size,
        "truncated": len(body) > BODY_CHARACTERS,
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [
        {"name": legible(name), "value": _HIDDEN if name.lower() in _HIDDEN_HEADERS else legible(value)}
        for name, value in headers
    ]


def milliseconds(moment: str) -> int:
    """A wall clock (RFC 3339) in milliseconds since 1970; 0 where it is none."""
    try:
        return int(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return 0
