"""What any front end may refuse for its form alone, before it knows whose call it is: odd URLs, large requests."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from kandykit.exchange import Exchange

# What a request must measure, in octets, before a server may call it too large. Far above any well-meant call.
_LARGE_BODY: Final = 4096
_LARGE_URL: Final = 1024
_LARGE_HEADERS: Final = 4096
_LARGE_SEGMENT: Final = 100
"""As much as a router takes for one parameter where nobody set another limit; Fastify's answers 414 above it."""

# What path normalisers and request firewalls stumble over, decoded or not: slashes, percent signs, dots and semicolons
# that were escaped, and in a query too control characters and escapes that are none.
_ODD_IN_A_PATH: Final = re.compile(r"%(?:2[5ef]|3b|5c)|/\.{0,2}/|/\.{0,2}$|[;\\]", re.IGNORECASE)
_ODD_ANYWHERE: Final = re.compile(r"%(?:[01][0-9a-f]|7f|(?![0-9a-f]{2}))", re.IGNORECASE)
_ATTACK: Final = re.compile(r"""%(?:2[27]|3[ce]|60)|["'<>`]""", re.IGNORECASE)


def is_oversize_refusal(exchange: Exchange) -> bool:
    """Whether an oversized request got one of the codes that HTTP has for it: 413, 414 or 431."""
    status = exchange.answer.status if exchange.answer is not None else 0
    return status in (413, 414, 431) and (is_oversized(exchange) or (status == 414 and _has_a_large_segment(exchange)))


def _has_a_large_segment(exchange: Exchange) -> bool:
    return any(len(segment) > _LARGE_SEGMENT for segment in urlsplit(exchange.request.url).path.split("/"))


def comes_in_chunks(exchange: Exchange) -> bool:
    """Whether a request does not say beforehand how long its body is."""
    return "chunked" in (exchange.request.header("transfer-encoding") or "").lower()


def is_oversized(exchange: Exchange) -> bool:
    """Whether a request is so large that a server may refuse it for that alone."""
    request = exchange.request
    return (
        len(request.url) > _LARGE_URL
        or len(request.body) > _LARGE_BODY
        or sum(len(name) + len(value) for name, value in request.headers) > _LARGE_HEADERS
    )


def is_odd(exchange: Exchange) -> bool:
    """Whether any front end may turn a request away for its URL alone, before it is known whose it is.

    Who gave an identity out that makes such a path must delete it all the same; that is L10's, and no matter of form.
    """
    url = exchange.request.url
    if _ODD_ANYWHERE.search(url) or _ODD_IN_A_PATH.search(urlsplit(url).path):
        return True
    if "%" not in url:
        return False
    try:
        unquote_to_bytes(url).decode()
    except UnicodeDecodeError:
        return True
    return False


def looks_like_an_attack(exchange: Exchange) -> bool:
    """Whether a firewall may take a URL for an attack on a database or a page, by its quotes and angle brackets.

    Most let it pass, so what says that there is nobody of such a name is the API; what calls it bad may be either.
    """
    return _ATTACK.search(exchange.request.url) is not None


def may_stop_in_front(exchange: Exchange) -> bool:
    """Whether a call may have been refused before the API saw what it asks for, as a front end's 4xx or the API's."""
    return is_odd(exchange) or is_oversized(exchange) or looks_like_an_attack(exchange)
