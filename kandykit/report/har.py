"""``traffic.har``: every exchange as HAR 1.2, for a browser's network panel or any other tool that reads it.

Secrets are the journal's fingerprints here too. What HAR has no member for stands in members of our own, whose names
begin with an underscore as the format asks.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kandykit import __version__
from kandykit.exchange import Answer, Exchange, Headers, Request
from kandykit.report.legible import legible


def write_har(exchanges: Iterable[Exchange], path: Path) -> None:
    """Write the exchanges, one entry a line, so that a long run needs no memory of its own."""
    creator = json.dumps({"name": "kandykit", "version": __version__})
    with path.open("w", encoding="utf-8") as file:
        file.write('{"log": {"version": "1.2", "creator": ' + creator + ', "entries": [')
        for number, exchange in enumerate(exchanges):
            file.write((",\n" if number else "\n") + json.dumps(har_entry(exchange)))
        file.write("\n]}}\n")


def har_entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a HAR entry; without an answer its status is 0, and ``_error`` says why."""
    seconds = exchange.ended - exchange.started if isfinite(exchange.ended) else 0.0
    milliseconds = max(0.0, seconds * 1000)
    intent = exchange.intent
    entry: dict[str, Any] = {
        "startedDateTime": _moment(exchange),
        "time": round(milliseconds, 3),
        "request": _request(exchange.request),
        "response": _response(exchange.answer),
        "cache": {},
        "timings": {"send": 0, "wait": round(milliseconds, 3), "receive": 0},
        "_seq": exchange.seq,
        "_started": exchange.started,
        "_ended": exchange.ended if isfinite(exchange.ended) else None,
        "_suite": intent.suite,
        "_test": intent.test,
        "_account": intent.account,
        "_credential": intent.credential.value,
        "_probe": intent.probe,
    }
    if exchange.failure:
        entry["_error"] = exchange.failure
    return entry


def _request(request: Request) -> dict[str, Any]:
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    made: dict[str, Any] = {
        "method": request.method,
        "url": legible(request.url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(request.headers),
        "queryString": [{"name": legible(name), "value": legible(value)} for name, value in query],
        "headersSize": -1,
        "bodySize": len(request.body.encode("utf-8", "surrogateescape")),
    }
    if request.body:
        made["postData"] = {"mimeType": request.header("content-type") or "", **_text(request.body, "_encoding")}
    return made


def _response(answer: Answer | None) -> dict[str, Any]:
    status = answer.status if answer else 0
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = ""
    return {
        "status": status,
        "statusText": words,
        "httpVersion": "HTTP/1.1" if answer else "",
        "cookies": [],
        "headers": _headers(answer.headers) if answer else [],
        "content": {
            "size": answer.length if answer else 0,
            "mimeType": (answer.header("content-type") if answer else None) or "x-unknown",
            **_text(answer.body if answer else "", "encoding"),
        },
        "redirectURL": legible((answer.header("location") if answer else None) or ""),
        "headersSize": -1,
        "bodySize": answer.length if answer else -1,
    }


def _text(body: str, encoding: str) -> dict[str, str]:
    """A body as text, or as base64 where its octets are no UTF-8; HAR names that encoding for answers only."""
    try:
        body.encode("utf-8")
    except UnicodeEncodeError:
        return {"text": base64.b64encode(body.encode("utf-8", "surrogateescape")).decode("ascii"), encoding: "base64"}
    return {"text": body}


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": legible(name), "value": legible(value)} for name, value in headers]


def _moment(exchange: Exchange) -> str:
    """When the call began; traffic without a clock keeps at least its order."""
    return exchange.at or (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=exchange.started)).isoformat()
