"""Hand-written exchanges for the tests of rules: what was sent, what came back, and what a rule says of it.

`met` makes the sight of one exchange. Its answer carries the standard headers unless a test changes them; what the
call means is left to the binding, as in a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kandykit.binding import Binding
from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.openapi import Document, load_document
from kandykit.requirements import specs_folder
from kandykit.rules.past import Past
from kandykit.rules.rule import Rule, Sight, judged_by
from kandykit.terms import Terms
from kandykit.verdict import Finding

BASE = "https://api.example/communication/kandy/provisioning"
TOKEN = "https://api.example/oauth/client_credential/accesstoken?grant_type=client_credentials"
ORIGIN = "https://app.example"

LIVE_TOKEN = "{{access_token:11aa11aa11aa}}"
OTHER_TOKEN = "{{access_token:22bb22bb22bb}}"
MADE_UP_TOKEN = "{{access_token:33cc33cc33cc}}"
PASSWORD = "{{password:44dd44dd44dd}}"
OTHER_PASSWORD = "{{password:55ee55ee55ee}}"
CLIENT_SECRET = "{{client_secret:66ff66ff66ff}}"

STANDARD = {
    "sunset": "n/a",
    "api-version": "1.0",
    "quota-interval": "1",
    "quota-limit": "1000",
    "quota-used": "7",
    "quota-reset-UTC": "1767312000000",
    "quota-time-unit": "day",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
}

ORDER = {
    "order_number": "KO1",
    "order_type": "increment",
    "product_name": "KPN-VoiceVideo-C",
    "quantity": 2,
    "status": "fulfilled",
    "created_at": "2026-01-01T12:00:00Z",
}
PLACED = {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 2}
STOCK = {"products": [{"product_name": "KPN-VoiceVideo-C", "total": 5, "used": 2, "available": 3}]}
WANTED = {"product_name": "KPN-VoiceVideo-C"}
CREATED = {
    "identity": "u1@acme.example",
    "password": PASSWORD,
    "product_name": "KPN-VoiceVideo-C",
    "created_at": "2026-01-01T12:00:00Z",
}
DELETED = {"identity": "u1@acme.example", "product_name": "KPN-VoiceVideo-C"}
FAULT = {
    "fault": {
        "faultstring": "Invalid Access Token",
        "detail": {"errorcode": "keymanagement.service.invalid_access_token"},
    }
}
CHALLENGE = 'Bearer realm="null",error="invalid_token",error_description="Invalid Access Token"'


@cache
def shipped() -> Document:
    """The kit's own OpenAPI document."""
    return load_document(specs_folder() / "kandy-provisioning.openapi.yaml")


def agreed(**changes: Any) -> Terms:
    """Terms with the shipped document and nothing special."""
    return Terms(**{"base_url": BASE, "token_url": TOKEN, "document": shipped(), **changes})


def five(status: int, message: str = "No.") -> dict[str, str]:
    """An error of the API's own."""
    return {"transactionId": "t1", "status": str(status), "name": "Refused", "message": message, "info": ""}


def met(
    method: str,
    path: str,
    status: int = 200,
    content: Any = None,
    *,
    headers: Mapping[str, str | None] | None = None,
    repeated: Iterable[tuple[str, str]] = (),
    sent: Any = None,
    sent_headers: Mapping[str, str | None] | None = None,
    credential: Credential = Credential.LIVE,
    account: str = "account-1",
    probe: str = "",
    failure: str = "",
    length: int | None = None,
    seq: int = 1,
    started: float = 0.0,
    ended: float | None = None,
    past: Past | None = None,
    terms: Terms | None = None,
) -> Sight:
    """The sight of one exchange.

    ``path`` is below the base URL, or an absolute URL. ``content`` and ``sent`` are bodies: text as it is, anything
    else as JSON. ``headers`` change the answer's standard ones, None leaves one out; ``repeated`` adds to them. A
    status of 0 stands for no answer at all; ``failure`` says how it failed, with or without a piece of an answer.
    """
    url = path if "://" in path else BASE + path
    terms = terms or agreed()
    body = _text(content)
    octets = len(body.encode("utf-8", "surrogateescape")) if length is None else length
    ended = started + 0.01 if ended is None else ended
    request = Request(method, url, _sent_headers(sent, sent_headers, credential), _text(sent))
    answer = Answer(status, (*_answer_headers(body, octets, headers), *repeated), body, octets) if status else None
    intent = Intent("suite", "test", account, credential, probe)
    exchange = Exchange(seq, intent, request, answer, started, ended, "2026-01-01T12:00:00Z", failure)
    binding = Binding(terms.base_url, terms.token_url)
    call = binding.call_of(method, url, request.headers, request.body)
    return Sight(exchange, call, binding.reply_of(call, answer, failure), past or Past(), terms)


def asked_for_token(
    status: int = 200,
    content: Any = None,
    *,
    method: str = "POST",
    url: str = TOKEN,
    sent: str = f"client_id=acme&client_secret={CLIENT_SECRET}",
    credential: Credential = Credential.CLIENT,
    headers: Mapping[str, str | None] | None = None,
    **more: Any,
) -> Sight:
    """The sight of a call to the token endpoint, which sends none of the API's headers."""
    bare: dict[str, str | None] = dict.fromkeys(STANDARD)
    return met(
        method,
        url,
        status,
        minted() if content is None else content,
        headers={**bare, "cache-control": "no-store", **(headers or {})},
        sent=sent,
        credential=credential,
        **more,
    )


def minted(token: str = LIVE_TOKEN, **changes: Any) -> dict[str, Any]:
    """A token answer in KPN's form; None leaves a member out."""
    content = {"access_token": token, "token_type": "Bearer", "expires_in": "3599", "scope": "", **changes}
    return {name: value for name, value in content.items() if value is not None}


def after(*sights: Sight) -> Past:
    """What these exchanges leave behind for a later one."""
    past = Past()
    for sight in sights:
        past.after(sight.exchange, sight.call, sight.reply)
    return past


def says(rule: Rule, sight: Sight) -> set[str]:
    """What a rule says of an exchange, in short: ``{"R1 held"}``, ``{"R3+H16 fail"}``, or nothing."""
    said = set()
    for check in rule(sight):
        if isinstance(check, Finding):
            assert set(check.requirements) <= {*judged_by(rule), "R1"}, "a rule names what it judges"
            assert check.evidence[-1] == sight.exchange.seq
            assert check.title
            assert check.expected
            assert check.actual
            assert check.source
            said.add(f"{'+'.join(check.requirements)} {check.verdict}")
        else:
            assert check.requirement in judged_by(rule), "a rule names what it judges"
            said.add(f"{check.requirement} held")
    return said


def finding(rule: Rule, sight: Sight) -> Finding:
    """The one finding of a rule on an exchange."""
    (found,) = [check for check in rule(sight) if isinstance(check, Finding)]
    return found


def _text(content: Any) -> str:
    if content is None:
        return ""
    return content if isinstance(content, str) else json.dumps(content)


def _sent_headers(
    sent: Any, changes: Mapping[str, str | None] | None, credential: Credential
) -> tuple[tuple[str, str], ...]:
    tokens = {
        Credential.LIVE: f"Bearer {LIVE_TOKEN}",
        Credential.PRESUMED: f"Bearer {LIVE_TOKEN}",
        Credential.EXPIRED: f"Bearer {LIVE_TOKEN}",
        Credential.UNKNOWN: f"Bearer {MADE_UP_TOKEN}",
        Credential.OTHER_SCHEME: "Token {{authorization:11aa11aa11aa}}",
    }
    headers: dict[str, str | None] = {"accept": "application/json"}
    if sent is not None:
        form = credential in (Credential.CLIENT, Credential.WRONG_SECRET)
        headers["content-type"] = "application/x-www-form-urlencoded" if form else "application/json"
    if credential in tokens:
        headers["authorization"] = tokens[credential]
    return tuple((name, value) for name, value in {**headers, **(changes or {})}.items() if value is not None)


def _answer_headers(body: str, octets: int, changes: Mapping[str, str | None] | None) -> tuple[tuple[str, str], ...]:
    headers: dict[str, str | None] = {
        "date": "Thu, 01 Jan 2026 12:00:00 GMT",
        **STANDARD,
        "content-type": "application/json" if body else None,
        "content-length": str(octets),
        **(changes or {}),
    }
    return tuple((name, value) for name, value in headers.items() if value is not None)
