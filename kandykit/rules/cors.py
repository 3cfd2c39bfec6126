"""C1 to C6: what answers say to browsers that call from a page of another origin.

The kit makes its origins up, so a target may well allow them nothing: that only warns. What fails is an answer that
would be wrong for every origin.
"""

from __future__ import annotations

import re
from typing import Final

from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_C1: Final = held("C1")
HELD_C2: Final = held("C2")
HELD_C3: Final = held("C3")
HELD_C4: Final = held("C4")
HELD_C5: Final = held("C5")
HELD_C6: Final = held("C6")

ORIGIN: Final = "access-control-allow-origin"
CREDENTIALS: Final = "access-control-allow-credentials"
METHODS: Final = "access-control-allow-methods"
HEADERS: Final = "access-control-allow-headers"
MAX_AGE: Final = "access-control-max-age"

_OF_THE_ORIGIN: Final = re.compile(r"\borigin\b", re.IGNORECASE)
_OF_MORE: Final = re.compile(r"\b(?:methods?|headers?)\b", re.IGNORECASE)
_FRACTION: Final = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_NEEDED_HEADERS: Final = frozenset({"authorization", "content-type"})
_TABLE: Final = f"{PAGE}, HTTP response headers"


def is_preflight(sight: Sight) -> bool:
    """Whether a browser would ask this before the call that it wants to make."""
    return (
        sight.method == "OPTIONS"
        and sight.origin is not None
        and sight.exchange.request.header("access-control-request-method") is not None
    )


@judges("C1")
def credentials_flag_is_true_or_absent(sight: Sight) -> tuple[Check, ...]:
    """Access-Control-Allow-Credentials is ``true``, in these letters, or is left out."""
    value = sight.headers.get(CREDENTIALS)
    if sight.area is not Area.API:
        return NOTHING
    if value is None:
        return HELD_C1 if sight.origin is not None and ORIGIN in sight.headers else NOTHING
    if value.strip() == "true":
        return HELD_C1
    # "false" allows what its absence allows: nothing. Anything else was meant to say something that nobody hears.
    pointless = value.strip() == "false"
    what = "false" if pointless else f"something else than true{_aside(sight)}"
    return (
        sight.finding(
            "C1",
            f"Access-Control-Allow-Credentials says {what}",
            "true, or no such header",
            f"{quoted(value)} in the {sight.status} to {sight.label}",
            verdict=Verdict.WARN if pointless else _verdict(sight),
            source="Fetch, CORS protocol: new-header syntax",
        ),
    )


@judges("C2")
def credentials_name_their_origin(sight: Sight) -> tuple[Check, ...]:
    """Where credentials are allowed the origin is that of the request, and never everybody."""
    if sight.area is not Area.API or not sight.status:
        return NOTHING
    allowed = sight.headers.get(ORIGIN)
    credentials = sight.headers.get(CREDENTIALS, "").strip() == "true"
    if sight.origin is None:
        if allowed is not None and allowed.strip() == "*" and credentials:
            return (_wildcard(sight, Verdict.WARN),)
        return NOTHING
    if allowed is None:
        if not (sight.succeeded and (sight.authenticated or is_preflight(sight))):
            return NOTHING
        title, actual = "The origin of a cross-origin call is not allowed", "absent"
        return (_origin_finding(sight, title, actual, Verdict.WARN),)
    answer = sight.exchange.answer
    values = answer.header_values(ORIGIN) if answer is not None else ()
    if len(values) > 1 or "," in allowed:
        title = f"Access-Control-Allow-Origin names more than one origin{_aside(sight)}"
        return (_origin_finding(sight, title, ", ".join(values), _verdict(sight)),)
    if allowed.strip() == "*":
        return (_wildcard(sight, _verdict(sight)),) if credentials else HELD_C2
    if allowed.strip() == sight.origin:
        return HELD_C2
    # Without credentials this is how one refuses an origin; with them it allows another one what was asked for here.
    title = "Access-Control-Allow-Origin names another origin than the caller's"
    if not credentials:
        return (_origin_finding(sight, title, allowed, Verdict.WARN),)
    return (_origin_finding(sight, f"{title}, with credentials{_aside(sight)}", allowed, _verdict(sight)),)


@judges("C3")
def one_origins_answer_varies(sight: Sight) -> tuple[Check, ...]:
    """An answer that repeats the caller's origin says in Vary that another origin would get another one."""
    if sight.origin is None or sight.area is not Area.API or sight.headers.get(ORIGIN) != sight.origin:
        return NOTHING
    answer = sight.exchange.answer
    values = answer.header_values("vary") if answer is not None else ()
    names = {name.strip().lower() for value in values for name in value.split(",")}
    if names & {"origin", "*"}:
        return HELD_C3
    return (
        sight.finding(
            "C3",
            "An answer that repeats the caller's origin does not vary by it",
            "Vary: Origin",
            f"Vary: {', '.join(values) or 'absent'} in the {sight.status} to {sight.label}",
            verdict=Verdict.WARN,
            source="Fetch, CORS protocol and HTTP caches",
        ),
    )


@judges("C4")
def preflights_are_answered(sight: Sight) -> tuple[Check, ...]:
    """A preflight to a documented path is answered with 2xx, and needs no token for it."""
    if not is_preflight(sight) or not _on_a_known_path(sight) or sight.status in (0, 429):
        return NOTHING
    without_token = sight.exchange.request.header("authorization") is None
    if sight.succeeded:
        return HELD_C4 if without_token else NOTHING
    forbidden = _refuses_the_origin(sight)
    return (
        sight.finding(
            "C4",
            "A preflight is forbidden"
            if forbidden
            else f"A preflight {'without a token ' if without_token else ''}is not answered with success",
            "200",
            f"{sight.status} to {sight.label}",
            # A server error for once is an unclear outcome.
            verdict=Verdict.WARN if forbidden else Verdict.FAIL,
            source="Fetch, CORS-preflight fetch",
            stateful=sight.status >= 500,
        ),
    )


def _refuses_the_origin(sight: Sight) -> bool:
    """Whether a preflight may have been refused for its origin, which we made up.

    Some middleware with a list of origins says 403, some says 400 and names what it is that it does not allow.
    """
    if sight.status == 403:
        return True
    return sight.status == 400 and bool(_OF_THE_ORIGIN.search(sight.body)) and not _OF_MORE.search(sight.body)


@judges("C5")
def preflights_allow_what_is_documented(sight: Sight) -> tuple[Check, ...]:
    """A preflight's answer allows the path's methods, and the headers that were asked for and the API needs."""
    if not is_preflight(sight) or not sight.succeeded or not _on_a_known_path(sight):
        return NOTHING
    methods = _listed(sight, METHODS)
    missing = [method for method in sight.methods if method.lower() not in methods and "*" not in methods]
    found = []
    if missing:
        # A list may be shortened to what was asked for; to leave that out is to deny it.
        wanted = (sight.exchange.request.header("access-control-request-method") or "").strip()
        denied = wanted in missing
        what = "the documented method that is asked for" if denied else "a documented method that is not asked for"
        found.append(_not_allowed(sight, METHODS, what, ", ".join(sight.methods), stops=denied))
    asked = {name.strip().lower() for name in _asked_headers(sight).split(",")} & _NEEDED_HEADERS
    headers = _listed(sight, HEADERS)
    refused = {name for name in asked if name not in headers and not ("*" in headers and name != "authorization")}
    if refused:
        what = "Authorization, which * does not stand for" if "*" in headers else "a header that the API needs"
        found.append(_not_allowed(sight, HEADERS, what, ", ".join(sorted(asked)), stops=True))
    return tuple(found) or HELD_C5


@judges("C6")
def max_age_is_a_number(sight: Sight) -> tuple[Check, ...]:
    """Access-Control-Max-Age is a whole number of seconds; a preflight without one is noted."""
    value = sight.headers.get(MAX_AGE)
    if sight.area is not Area.API:
        return NOTHING
    if value is None:
        if not is_preflight(sight) or not sight.succeeded or not _on_a_known_path(sight):
            return NOTHING
        title, verdict = "A preflight is answered without Access-Control-Max-Age", Verdict.WARN
    elif value.strip().isascii() and value.strip().isdigit():
        return HELD_C6
    else:
        whole = " whole" if _FRACTION.fullmatch(value.strip()) else ""
        title, verdict = f"Access-Control-Max-Age is no{whole} number of seconds{_aside(sight)}", _verdict(sight)
    return (
        sight.finding(
            "C6",
            title,
            "a whole number of seconds",
            quoted(value) if value is not None else "absent",
            verdict=verdict,
            source=f"{_TABLE}: {MAX_AGE}; Fetch, CORS protocol: new-header syntax",
        ),
    )


def _on_a_known_path(sight: Sight) -> bool:
    return sight.area is Area.API and bool(sight.methods)


def _listed(sight: Sight, name: str) -> set[str]:
    answer = sight.exchange.answer
    values = answer.header_values(name) if answer is not None else ()
    return {word.strip().lower() for value in values for word in value.split(",")} - {""}


def _asked_headers(sight: Sight) -> str:
    return sight.exchange.request.header("access-control-request-headers") or ""


def _not_allowed(sight: Sight, name: str, what: str, expected: str, *, stops: bool) -> Check:
    allowed = ORIGIN in sight.headers
    fails = stops and allowed
    return sight.finding(
        "C5",
        # An origin that is not allowed at all may be told nothing more.
        f"{_spelled(name)} leaves out {what}{'' if allowed else ', for an origin that is not allowed'}",
        expected,
        f"{', '.join(sorted(_listed(sight, name))) or 'absent'} for {sight.label}",
        verdict=Verdict.FAIL if fails else Verdict.WARN,
        source=f"Fetch, CORS-preflight fetch; {_TABLE}: {name}",
    )


def _spelled(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))


def _wildcard(sight: Sight, verdict: Verdict) -> Check:
    title = f"Credentials are allowed to every origin{_aside(sight) if sight.origin else ', in a call of no origin'}"
    return _origin_finding(sight, title, "* together with Access-Control-Allow-Credentials: true", verdict)


def _origin_finding(sight: Sight, title: str, actual: str, verdict: Verdict) -> Check:
    return sight.finding(
        "C2",
        title,
        sight.origin or "the origin of the request",
        f"{actual} in the {sight.status} to {sight.label}",
        verdict=verdict,
        source=f"Fetch, CORS check; {_TABLE}: {ORIGIN}",
    )


def _aside(sight: Sight) -> str:
    return "" if sight.succeeded else " in a refusal"


def _verdict(sight: Sight) -> Verdict:
    """A header of the table that is wrong in a refusal is only noted."""
    return Verdict.FAIL if sight.succeeded else Verdict.WARN
