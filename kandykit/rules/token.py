"""T1 to T8 and T10: how tokens are asked for, given, refused, and how long they work.

What a gateway was seen to do differently softens only the form of a refusal. That no token is given for a wrong
secret or by another method is R6's, and never soft.
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Any, Final
from urllib.parse import parse_qsl

from kandykit.exchange import Credential, Request
from kandykit.rules.past import token_digits
from kandykit.rules.rule import NOT_JSON, NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_T1: Final = held("T1", "R6")
HELD_T2: Final = held("T2")
HELD_T3: Final = held("T3")
HELD_T4: Final = held("T4")
HELD_T5: Final = held("T5")
HELD_T6: Final = held("T6")
HELD_T7: Final = held("T7")
HELD_T8: Final = held("T8")
HELD_T10: Final = held("T10")
HELD_R6: Final = held("R6")

GRANT: Final = "client_credentials"

_GIVEN: Final = re.compile(r'"access_token"\s*:\s*"[^"]|\baccess_token=[^&\s]')
_INVALID_CLIENT: Final = re.compile(r"invalid_?client", re.IGNORECASE)
_INVALID_REQUEST: Final = re.compile(r"invalid_?request", re.IGNORECASE)
_INVALID_GRANT: Final = re.compile(r"invalid_?request|unsupported_?grant_?type", re.IGNORECASE)
_BAD: Final = frozenset({Credential.WRONG_SECRET, Credential.NONE})
_ENDED_LATE_S: Final = 1.0
"""A life in whole seconds may be rounded: in its last second a token may be live or not."""


@judges("T1", "R6")
def other_methods_give_no_token(sight: Sight) -> tuple[Check, ...]:
    """No method but POST is served a token."""
    if sight.area is not Area.TOKEN or sight.method == "POST" or not 200 <= sight.status < 500:
        return NOTHING
    if not _GIVEN.search(sight.body):
        return NOTHING if sight.status in (401, 429) else HELD_T1
    return (
        sight.finding(
            "T1",
            f"The token endpoint gives a token to {sight.method}",
            "405",
            f"{sight.status} with an access_token",
            also=("R6",),
            source="RFC 6749 3.2",
        ),
    )


@judges("T2")
def token_answers_name_the_token(sight: Sight) -> tuple[Check, ...]:
    """A granted token comes with 200, as JSON with an access_token and a token_type of Bearer."""
    if not _granted(sight):
        return NOTHING
    content = sight.content
    if sight.status != 200:
        what, expected, actual = "comes with another code than 200", "200", str(sight.status)
    elif not isinstance(content, dict):
        what, expected, actual = "is no JSON object", "a JSON object", quoted(sight.body)
    elif not isinstance(content.get("access_token"), str) or not content["access_token"]:
        what, expected, actual = "holds no access_token", "access_token: text", quoted(sight.body)
    elif "token_type" not in content:
        what, expected, actual = "does not name its type", "token_type: Bearer", quoted(sight.body)
    elif str(content["token_type"]).lower() != "bearer":
        actual = quoted(str(content["token_type"]))
        what, expected = "is of another type than Bearer", "token_type: Bearer"
    else:
        return HELD_T2
    return (sight.finding("T2", f"The token answer {what}", expected, actual, source="RFC 6749 5.1; RFC 6750 4"),)


@judges("T3")
def token_life_is_a_number(sight: Sight) -> tuple[Check, ...]:
    """Where it is given, expires_in is a whole number of seconds above zero, as a number or KPN's string of digits."""
    if not _granted(sight) or not isinstance(sight.content, dict) or "expires_in" not in sight.content:
        return NOTHING
    life = sight.content["expires_in"]
    text = life if isinstance(life, str) else str(life) if isinstance(life, int) and life is not True else ""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return HELD_T3
    title = "expires_in is no number of seconds"
    if text[:1].isdigit():
        title = "expires_in is more than a number of seconds, or less than one"
    return (_form(sight, "T3", title, '3599, or "3599"', repr(life), "RFC 6749 5.1"),)


@judges("T4")
def token_answers_are_not_stored(sight: Sight) -> tuple[Check, ...]:
    """An answer with a token forbids caches to store it."""
    if not _granted(sight):
        return NOTHING
    answer = sight.exchange.answer
    values = answer.header_values("cache-control") if answer is not None else ()
    if any(word.strip().lower() == "no-store" for value in values for word in value.split(",")):
        return HELD_T4
    actual = f"Cache-Control: {', '.join(values) or 'absent'}"
    title = f"The token answer {'lets caches store it' if values else 'says nothing to caches'}"
    return (_form(sight, "T4", title, "Cache-Control: no-store", actual, "RFC 6749 5.1"),)


@judges("T5")
def no_refresh_token(sight: Sight) -> tuple[Check, ...]:
    """A token for a client's own use comes without a refresh token, or with KPN's empty one."""
    if not _granted(sight) or not isinstance(sight.content, dict):
        return NOTHING
    if not sight.content.get("refresh_token"):
        return HELD_T5
    title = "The token answer holds a refresh token"
    return (_form(sight, "T5", title, "no refresh_token, or an empty one", "a refresh_token", "RFC 6749 4.4.3"),)


@judges("T6", "R6")
def wrong_clients_are_told_so(sight: Sight) -> tuple[Check, ...]:
    """A wrong or missing client id or secret gets no token, and 400 or 401 with invalid_client."""
    if not _asked(sight) or sight.credential not in _BAD or sight.status in (0, 429):
        return NOTHING
    if sight.succeeded and _GIVEN.search(sight.body):
        return (
            sight.finding(
                "R6",
                "The token endpoint gives a token for wrong credentials",
                "401 with invalid_client",
                f"{sight.status} {quoted(sight.body)}",
                also=("T6",),
                source=f"{PAGE}, Authentication; RFC 6749 5.2",
            ),
        )
    named = _INVALID_CLIENT.search(_said(sight))
    if named is None and not _names_a_client(sight.exchange.request):
        named = _INVALID_REQUEST.search(_said(sight))
    if sight.status >= 500 and not named:
        return NOTHING
    if sight.status in (400, 401) and named and sight.content is not NOT_JSON:
        return HELD_T6 + HELD_R6
    how = "are not refused as invalid_client"
    if sight.status >= 500:
        how = "are answered by a server error"
    elif sight.status not in (400, 401):
        how = "are refused with another code"
    title = f"Wrong credentials {how}"
    expected = "400 or 401 with invalid_client as JSON"
    found = _form(sight, "T6", title, expected, f"{sight.status} {quoted(sight.body)}", "RFC 6749 5.2")
    return (found, *HELD_R6)


def _said(sight: Sight) -> str:
    """The answer's words, whichever letters of them are escaped."""
    return sight.body if sight.content is NOT_JSON else json.dumps(sight.content, ensure_ascii=False)


@judges("T7")
def wrong_grants_are_told_so(sight: Sight) -> tuple[Check, ...]:
    """A missing or unknown grant type gets 400 with invalid_request or unsupported_grant_type."""
    if not _asked(sight) or sight.credential in _BAD or sight.status in (0, 401, 429):
        return NOTHING
    grants = grant_types(sight.exchange.request)
    if grants == {GRANT}:
        return NOTHING
    wanted = "unsupported_grant_type" if grants else "invalid_request"
    named = _INVALID_GRANT.search(_said(sight))
    if sight.status == 400 and named and sight.content is not NOT_JSON:
        return HELD_T7
    if sight.status >= 500 and not named:
        return NOTHING
    what = "An unknown" if grants else "A missing"
    how = "is answered with success" if sight.succeeded else f"is not refused as {wanted}"
    actual = f"{sight.status} {quoted(sight.body)}"
    return (_form(sight, "T7", f"{what} grant type {how}", f"400 with {wanted}", actual, "RFC 6749 5.2"),)


@judges("T8")
def basic_is_understood(sight: Sight) -> tuple[Check, ...]:
    """A client that sends its id and secret by HTTP Basic gets a token. KPN documents the body only: information."""
    if not _granted(sight):
        return NOTHING
    authorization = sight.exchange.request.header("authorization") or ""
    return HELD_T8 if authorization[:6].lower() == "basic " else NOTHING


@judges("T10")
def tokens_work_until_they_expire(sight: Sight) -> tuple[Check, ...]:
    """A token works for as long as it was given, also when another one was asked for after it."""
    if sight.credential is not Credential.LIVE or not sight.documented or sight.area is not Area.API:
        return NOTHING
    if sight.status == 401:
        return _ended_early(sight)
    past = sight.past
    if not sight.succeeded or len(past.tokens) == 0:
        return NOTHING
    digits = token_digits(sight.exchange.request.headers)
    minted = past.tokens.get(digits)
    if minted is None:
        return NOTHING
    older = past.newest_token.get(minted.account) != digits
    return HELD_T10 if older or minted.times > 1 else NOTHING


def _ended_early(sight: Sight) -> tuple[Check, ...]:
    digits = token_digits(sight.exchange.request.headers)
    minted = sight.past.tokens.get(digits)
    if minted is None or digits not in sight.past.accepted_tokens:
        # One that never worked is another story: B5's.
        return NOTHING
    if not (sight.exchange.request.header("authorization") or "").startswith("Bearer "):
        # Under an unusual spelling of the scheme it may never work: B5's as well.
        return NOTHING
    if isinf(minted.until) or sight.exchange.ended >= minted.until - _ENDED_LATE_S:
        # Where no life was named nobody can say that it was cut short.
        return NOTHING
    newer = sight.past.newest_token.get(minted.account) != digits
    title = f"A token ends before its time{', when a newer one is there' if newer else ''}"
    return (
        sight.finding(
            "T10",
            title,
            f"a token that works for {minted.until - sight.exchange.ended:.0f} s more",
            f"401 {quoted(sight.body)}",
            verdict=Verdict.WARN,
            source="RFC 6749 1.4",
            before=(minted.seq,),
        ),
    )


def grant_types(request: Request) -> set[str]:
    """The grant types that a token call names, in its query or in its form body."""
    query = request.url.partition("?")[2].partition("#")[0]
    return {value for text in (query, request.body) for name, value in parse_qsl(text) if name == "grant_type"}


def _names_a_client(request: Request) -> bool:
    """Whether a token call carries a client id and a secret, right or wrong, where KPN documents them: in its body."""
    names = {name for name, value in parse_qsl(request.body) if value}
    return names >= {"client_id", "client_secret"}


def _asked(sight: Sight) -> bool:
    return sight.area is Area.TOKEN and sight.method == "POST"


def _granted(sight: Sight) -> bool:
    """Whether this answers a good token request with success."""
    if not _asked(sight) or not sight.succeeded or sight.credential in _BAD:
        return False
    return grant_types(sight.exchange.request) == {GRANT}


def _form(sight: Sight, requirement: str, title: str, expected: str, actual: Any, source: str) -> Check:
    return sight.finding(requirement, title, expected, actual, verdict=Verdict.WARN, source=source)
