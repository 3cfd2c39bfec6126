"""H3 to H8, H11, H12, H14, H17, H18 and H20: what HTTP says of single codes and headers."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from kandykit.calls import DeleteSubscriber, Operation, Outcome
from kandykit.exchange import Credential
from kandykit.redaction import FINGERPRINT
from kandykit.rules.dates import http_date
from kandykit.rules.past import Placed
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_H3: Final = held("H3")
HELD_H4: Final = held("H4")
HELD_H5: Final = held("H5")
HELD_H6: Final = held("H6")
HELD_H7: Final = held("H7")
HELD_H8: Final = held("H8")
HELD_H11: Final = held("H11")
HELD_H12: Final = held("H12")
HELD_H14: Final = held("H14")
HELD_H17: Final = held("H17")
HELD_H18: Final = held("H18")
HELD_H20: Final = held("H20")

# RFC 3986 2: the characters of a URI reference, and nothing after a percent sign but two hex digits.
_URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_CREATIONS: Final = frozenset({Operation.PLACE_ORDER, Operation.CREATE_SUBSCRIBER})
_OURS: Final = frozenset({Credential.LIVE, Credential.PRESUMED})


@judges("H3")
def location_is_a_reference(sight: Sight) -> tuple[Check, ...]:
    """The Location of something created is a URI reference."""
    if not sight.succeeded or sight.operation not in _CREATIONS:
        return NOTHING
    location = sight.headers.get("location")
    if location is None:
        return NOTHING
    if _URI_REFERENCE.fullmatch(FINGERPRINT.sub("-", location)):
        base = sight.terms.base_url.rstrip("/")
        place = urljoin(sight.exchange.request.url, location)
        elsewhere = _origin(place) != _origin(base)
        if not elsewhere and f"{urlsplit(place).path}/".startswith(f"{urlsplit(base).path}/"):
            return HELD_H3
        return (
            sight.finding(
                "H3",
                f"The Location of {sight.label} is {'at another origin than' if elsewhere else 'outside'} the API",
                "where what was created can be read, with the token of this API",
                quoted(location),
                verdict=Verdict.WARN,
                source="RFC 9110 10.2.2",
            ),
        )
    return (
        sight.finding(
            "H3",
            f"The Location of {sight.label} is no URI reference",
            "a URI reference, spaces and other characters percent-encoded",
            quoted(location),
            source="RFC 9110 10.2.2",
        ),
    )


@judges("H3")
def location_is_the_orders_own(sight: Sight) -> tuple[Check, ...]:
    """No two orders are given the same Location where that names the number of one of them.

    A Location that names no order at all (the list, say) may well be the same for all of them.
    """
    location = sight.headers.get("location")
    order = sight.reply.order
    if location is None or not sight.succeeded or order is None or sight.operation is not Operation.PLACE_ORDER:
        return NOTHING
    target = urljoin(sight.exchange.request.url, location)
    other = sight.past.locations.get(target)
    if other is None or other.account != sight.exchange.intent.account or not order.number or not other.number:
        return NOTHING
    names = _names_in(target)
    if other.number == order.number or not {order.number, other.number} & set(names):
        return NOTHING
    own = order.number in names
    return (
        sight.finding(
            "H3",
            f"The Location of POST /order is that of {'a later' if own else 'an earlier'} order",
            f"where order {other.number if own else order.number} can be read",
            location,
            source="RFC 9110 15.3.2",
            before=(other.seq,),
        ),
    )


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; a port that cannot be read counts as none."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def _names_in(url: str) -> list[str]:
    """What a URL may name: its last segment, and the values of its query."""
    parts = urlsplit(url)
    return [unquote(parts.path.rpartition("/")[2]), *(value for _, value in parse_qsl(parts.query))]


@judges("H3", "H5")
def location_leads_to_the_order(sight: Sight) -> tuple[Check, ...]:
    """Reading what Location named gives the order that was placed."""
    locations = sight.past.locations
    if not locations or sight.method != "GET" or not sight.status or sight.credential not in _OURS:
        return NOTHING
    placed = locations.get(sight.exchange.request.url)
    if placed is None or placed.account != sight.exchange.intent.account:
        return NOTHING
    if sight.status >= 500 or sight.status in (401, 403, 429):
        return NOTHING
    if sight.succeeded:
        shown = [order.number for order in sight.reply.orders or ()]
        if not shown or placed.number is None or placed.number in shown:
            # Another form of reading than the binding's: that it succeeds is all that can be said.
            return HELD_H3
        actual = f"{sight.status} with order {', '.join(map(str, shown))}"
        return (_dead_end(sight, placed, "to another order", actual),)
    if sight.exchange.started <= placed.ended + sight.terms.settle_s:
        return NOTHING
    if sight.status in (404, 410):
        return (_dead_end(sight, placed, "nowhere", f"{sight.status}"),)
    if sight.exchange.intent.probe:
        return NOTHING
    # It is there, or was not looked for: the refusal may be about how it was asked for.
    return (_dead_end(sight, placed, "to what cannot be read", f"{sight.status}", Verdict.WARN),)


def _dead_end(sight: Sight, placed: Placed, where: str, actual: str, verdict: Verdict = Verdict.FAIL) -> Check:
    return sight.finding(
        "H3",
        f"The Location of POST /order leads {where}",
        f"the order {placed.number or 'that was placed'}",
        f"{actual} to GET {sight.exchange.request.url}",
        verdict=verdict,
        also=("H5",) if placed.pending else (),
        source="RFC 9110 15.3.2",
        stateful=True,
        before=(placed.seq,),
    )


@judges("H4")
def creation_says_where(sight: Sight) -> tuple[Check, ...]:
    """A 201 to an order names it in Location; 200 is as good, and subscribers cannot be read anyway."""
    if sight.operation not in _CREATIONS or sight.status not in (200, 201):
        return NOTHING
    if sight.status == 200 or sight.operation is Operation.CREATE_SUBSCRIBER or "location" in sight.headers:
        return HELD_H4
    return (
        sight.finding(
            "H4",
            "POST /order answers 201 without a Location",
            "a Location that names the order",
            "no Location header",
            verdict=Verdict.WARN,
            source="RFC 9110 9.3.3",
        ),
    )


@judges("H5")
def acceptance_shows_where_it_stands(sight: Sight) -> tuple[Check, ...]:
    """A 202 to an order shows its status or points to where it can be read."""
    if sight.status != 202 or sight.operation is not Operation.PLACE_ORDER:
        return NOTHING
    order = sight.reply.order
    if "location" in sight.headers or (order is not None and order.status is not None):
        return HELD_H5
    return (
        sight.finding(
            "H5",
            "POST /order answers 202 without saying how the order stands",
            "the order's status, or a Location",
            quoted(sight.body),
            verdict=Verdict.WARN,
            source="RFC 9110 15.3.3",
        ),
    )


@judges("H6")
def no_content_is_none(sight: Sight) -> tuple[Check, ...]:
    """A 204 has neither content nor Content-Length."""
    if sight.status != 204 or sight.area is Area.ELSEWHERE:
        return NOTHING
    if sight.length:
        what, actual = "content", f"{sight.length} octets"
    elif "content-length" in sight.headers:
        what, actual = "a Content-Length", f"Content-Length: {sight.headers['content-length']}"
    else:
        return HELD_H6
    return (
        sight.finding(
            "H6", f"A 204 has {what}", f"no {what.removeprefix('a ')}", actual, source="RFC 9110 8.6, 15.3.5"
        ),
    )


@judges("H7", "R2")
def redirects_lead_on(sight: Sight) -> tuple[Check, ...]:
    """A 302 has a Location, as the return-code table says; that it comes at all on a documented operation is noted."""
    if sight.status != 302 or sight.area is not Area.API:
        return NOTHING
    location = sight.headers.get("location", "").strip()
    if not location:
        return (_redirect(sight, "has no Location", "a Location header", "none", Verdict.FAIL),)
    url = sight.exchange.request.url
    if sight.method == "GET" and location in (url, _without_origin(url)):
        return (_redirect(sight, "leads to itself", "another address", quoted(location), Verdict.FAIL),)
    if not sight.documented:
        return HELD_H7
    expected = "an answer: the contract needs no redirect here"
    return (_redirect(sight, "answers a documented operation", expected, f"302 to {location}", Verdict.WARN),)


def _redirect(sight: Sight, what: str, expected: str, actual: str, verdict: Verdict) -> Check:
    fails = verdict is Verdict.FAIL
    return sight.finding(
        "R2" if fails else "H7",
        f"A 302 {what}",
        expected,
        f"{actual} in answer to {sight.label}",
        verdict=verdict,
        also=("H7",) if fails else (),
        source=f"{PAGE}, Return codes: 302; RFC 9110 15.4.3",
    )


def _without_origin(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


@judges("H8")
def precondition_failed(sight: Sight) -> tuple[Check, ...]:
    """412 is RFC 9110's word for If headers and KPN's for refusals by state. It is counted, and judged either way."""
    return HELD_H8 if sight.status == 412 and sight.area is Area.API else NOTHING


@judges("H11")
def deletions_succeed_in_three_ways(sight: Sight) -> tuple[Check, ...]:
    """A deletion that succeeds says so with 200, 202 or 204."""
    if not isinstance(sight.call, DeleteSubscriber) or not sight.succeeded:
        return NOTHING
    if sight.status in (200, 202, 204):
        return HELD_H11
    return (
        sight.finding(
            "H11",
            "DELETE /subscriber succeeds with an unusual code",
            "200, 202 or 204",
            str(sight.status),
            verdict=Verdict.WARN,
            source="RFC 9110 9.3.5",
        ),
    )


@judges("H12")
def deletions_name_their_object(sight: Sight) -> tuple[Check, ...]:
    """What to delete stands in the URL, not in content that has no meaning there."""
    if not isinstance(sight.call, DeleteSubscriber) or sight.reply.outcome is not Outcome.DONE:
        return NOTHING
    if not sight.exchange.request.body:
        return HELD_H12
    return (
        sight.finding(
            "H12",
            "DELETE /subscriber takes the identity from its content",
            "the identity in the URL",
            "a request with content",
            verdict=Verdict.WARN,
            source="RFC 9110 9.3.5",
        ),
    )


@judges("H14")
def content_length_is_true(sight: Sight) -> tuple[Check, ...]:
    """Content-Length is the number of octets that came, before any content coding is undone.

    A cut answer counts where what came is a whole JSON text all the same: then nothing was lost on the way.
    """
    exchange, status = sight.exchange, sight.status
    if not status:
        return _length_of_what_came(sight)
    if sight.method == "HEAD" or status in (204, 304) or sight.area is Area.ELSEWHERE:
        return NOTHING
    value = sight.headers.get("content-length")
    if value is None:
        return NOTHING
    if value == str(sight.length):
        return HELD_H14
    if sight.credential is Credential.PRESUMED and "content-encoding" in sight.headers:
        # Recordings of browsers do not tell for sure how long encoded content was.
        return NOTHING
    declared = [part.strip() for part in value.split(",")]
    if all(part.isascii() and part.isdigit() and int(part) == sight.length for part in declared):
        return HELD_H14
    return (_length(sight, value, sight.length, exchange.answer.status if exchange.answer else 0),)


def _length_of_what_came(sight: Sight) -> tuple[Check, ...]:
    exchange = sight.exchange
    answer = exchange.answer
    if answer is None or exchange.failure not in ("cut", "timeout") or not answer.body:
        return NOTHING
    value = answer.header("content-length") or ""
    if not (value.isascii() and value.isdigit()) or int(value) <= answer.length or not _is_whole(answer.body):
        return NOTHING
    return (_length(sight, value, answer.length, answer.status, stateful=True),)


def _is_whole(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False


def _length(sight: Sight, declared: str, came: int, status: int, *, stateful: bool = False) -> Check:
    return sight.finding(
        "H14",
        "Content-Length is not the number of octets that come",
        f"{came}, as many octets as came",
        f"Content-Length: {declared} in the {status} to {sight.label}",
        source="RFC 9110 8.6; RFC 9112 6.3",
        stateful=stateful,
    )


@judges("H17")
def retry_after_can_be_read(sight: Sight) -> tuple[Check, ...]:
    """Retry-After is an HTTP date or a whole number of seconds."""
    value = sight.headers.get("retry-after")
    if value is None or sight.area is Area.ELSEWHERE or not (sight.status in (429, 503) or 300 <= sight.status < 400):
        return NOTHING
    if (value.isascii() and value.isdigit()) or http_date(value) is not None:
        return HELD_H17
    return (
        sight.finding(
            "H17",
            "Retry-After is neither a date nor a number of seconds",
            "an HTTP date, or a whole number of seconds",
            f"{quoted(value)} in the {sight.status} to {sight.label}",
            source="RFC 9110 10.2.3",
        ),
    )


@judges("H18")
def throttling_explains_itself(sight: Sight) -> tuple[Check, ...]:
    """The content of a 429 tells why."""
    if sight.status != 429 or sight.area is Area.ELSEWHERE or sight.method == "HEAD":
        return NOTHING
    # A bare null or an empty object is content, and says nothing.
    if sight.body.strip() and sight.content not in (None, {}, [], ""):
        return HELD_H18
    return (
        sight.finding(
            "H18",
            "A 429 does not say why",
            "content that explains it",
            "no content",
            verdict=Verdict.WARN,
            source="RFC 6585 4",
        ),
    )


@judges("H20")
def answers_are_dated(sight: Sight) -> tuple[Check, ...]:
    """Answers of 2xx, 3xx and 4xx have a Date; its absence is only noted."""
    if not 200 <= sight.status < 500 or sight.area is Area.ELSEWHERE:
        return NOTHING
    date = sight.headers.get("date")
    if date is not None and http_date(date) is not None:
        return HELD_H20
    return (
        sight.finding(
            "H20",
            "An answer has no Date header" if date is None else "The Date of an answer is no HTTP date",
            "Date: with an HTTP date",
            f"{'none' if date is None else quoted(date)} in the {sight.status} to {sight.label}",
            verdict=Verdict.WARN,
            source="RFC 9110 6.6.1",
        ),
    )
