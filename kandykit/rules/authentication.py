"""R6 and B1 to B5: nothing succeeds without a live Bearer token, and how a refusal says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kandykit.calls import Malformed
from kandykit.exchange import Credential
from kandykit.rules.past import says_bad_token, token_digits
from kandykit.rules.rule import NOT_JSON, NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_R6: Final = held("R6")
HELD_B1: Final = held("B1")
HELD_B2: Final = held("B2")
HELD_B3: Final = held("B3")
HELD_B4: Final = held("B4")
HELD_B5: Final = held("B5")

NOT_ENTITLED: Final = "no entitlement"
"""The probe of a call whose token is live but belongs to an application that may not use this API."""

DEAD: Final[Mapping[Credential, str]] = {
    Credential.NONE: "without a token",
    Credential.UNKNOWN: "with a token that nobody gave out",
    Credential.EXPIRED: "with an expired token",
    Credential.OTHER_SCHEME: "with a token under another scheme than Bearer",
}
"""The credentials that must not be accepted, in words for titles."""

_BEARER: Final = re.compile(r"(?:^|,)\s*Bearer(?=\s|,|$)", re.IGNORECASE)
_ERROR: Final = re.compile(r'(?:^|[\s,])error\s*=\s*"?([^",\s]+)', re.IGNORECASE)
_NO_PRODUCT: Final = re.compile(r"NoApiProductMatch|no apiproduct match", re.IGNORECASE)
_CHALLENGE: Final = 'WWW-Authenticate: Bearer realm="null",error="invalid_token"'


@judges("R6")
def nothing_without_a_live_token(sight: Sight) -> tuple[Check, ...]:
    """No call but OPTIONS succeeds with a credential that must not be accepted."""
    words = DEAD.get(sight.credential)
    if words is None or sight.area is not Area.API or sight.method == "OPTIONS" or _is_bearer_after_all(sight):
        return NOTHING
    status = sight.status
    if sight.succeeded and not sight.documented and sight.body and sight.content is NOT_JSON:
        return NOTHING  # a page for people, at an address that the contract does not know
    if sight.succeeded:
        probe = sight.exchange.intent.probe
        # RFC 6750 2.3 knows this way, and advises against it: the token is a live one.
        queried = "access_token=" in sight.exchange.request.url
        return (
            sight.finding(
                "R6",
                f"{sight.label} succeeds {'with its token in the query' if queried else words}",
                f"401 with {_CHALLENGE}",
                f"{status} {quoted(sight.body)}{f' [{probe}]' if probe else ''}",
                verdict=Verdict.WARN if queried else Verdict.FAIL,
                source=f"{PAGE}, Authentication; RFC 6750 {'2.3' if queried else '3.1'}",
            ),
        )
    if not status or status == 429 or not sight.documented:
        return NOTHING
    return NOTHING if status >= 500 and not says_bad_token(sight.body) else HELD_R6


@judges("B1", "B2")
def missing_tokens_are_challenged(sight: Sight) -> tuple[Check, ...]:
    """A call without a token gets 401 and a challenge of the Bearer scheme."""
    if sight.credential is not Credential.NONE or not _is_refused(sight):
        return NOTHING
    if sight.status != 401:
        return _not_401(sight)
    challenges = _challenges(sight)
    if not _BEARER.search(challenges):
        actual = quoted(challenges) if challenges else "no WWW-Authenticate"
        what = "names another scheme than Bearer" if challenges else "has no WWW-Authenticate"
        source = "RFC 9110 11.6.1, 15.5.2; RFC 6750 3"
        return (sight.finding("B1", f"The 401 to a call without a token {what}", _CHALLENGE, actual, source=source),)
    named = _ERROR.search(challenges)
    # RFC 6750 wants no error here; KPN's gateway is documented to say invalid_token whatever the call came with.
    if named is None or named[1].lower() == "invalid_token":
        return HELD_B1 + HELD_B2
    title = "The challenge to a call without a token names an error"
    found = sight.finding(
        "B2", title, "no error parameter", quoted(challenges), verdict=Verdict.WARN, source="RFC 6750 3.1"
    )
    return (*HELD_B1, found)


def _not_401(sight: Sight) -> tuple[Check, ...]:
    """What another code than 401 to a call without a token is worth."""
    status = sight.status
    if isinstance(sight.call, Malformed) and status < 500:
        # Two refusals apply at once, and either is right.
        return NOTHING
    # Not found and out of stock may apply as well; 403 and a gateway's 500 were seen. 400 has no such excuse.
    excused = status in (403, 404, 405, 412) or 300 <= status < 400 or (status >= 500 and says_bad_token(sight.body))
    return (
        sight.finding(
            "B1",
            f"A call without a token is refused with {status if excused else 'another code than 401'}",
            f"401 with {_CHALLENGE}",
            f"{status} {quoted(sight.body)} to {sight.label}",
            verdict=Verdict.WARN if excused else Verdict.FAIL,
            source=f"{PAGE}, Return codes: 401; RFC 9110 15.5.2",
            stateful=status >= 500,
        ),
    )


@judges("B3")
def bad_tokens_are_named(sight: Sight) -> tuple[Check, ...]:
    """An unknown or expired token gets 401 and a challenge whose error is invalid_token."""
    if sight.credential not in (Credential.UNKNOWN, Credential.EXPIRED, Credential.OTHER_SCHEME):
        return NOTHING
    if not _is_refused(sight) or _is_bearer_after_all(sight):
        return NOTHING
    status, challenges = sight.status, _challenges(sight)
    if status >= 500 and not says_bad_token(sight.body):
        return NOTHING
    if status < 500 and status != 401 and isinstance(sight.call, Malformed):
        return NOTHING
    named = _ERROR.search(challenges)
    if status == 401 and _BEARER.search(challenges):
        if sight.credential is Credential.OTHER_SCHEME or (named and named[1].lower() == "invalid_token"):
            return HELD_B3
        what = "does not name invalid_token"
    elif status == 401:
        what = "comes without a Bearer challenge"
    else:
        what = "comes with another code than 401"
    return (
        sight.finding(
            "B3",
            f"The refusal of a call {DEAD[sight.credential]} {what}",
            f"401 with {_CHALLENGE}",
            f"{status} with {quoted(challenges) if challenges else 'no WWW-Authenticate'} to {sight.label}",
            verdict=Verdict.WARN,
            source="RFC 6750 3.1",
        ),
    )


@judges("B4")
def entitlement_is_asked_for(sight: Sight) -> tuple[Check, ...]:
    """A live token of an application without this API gets 403 or 401, never success and never a server error."""
    on_purpose = sight.exchange.intent.probe.startswith(NOT_ENTITLED)
    if not sight.status or sight.area is not Area.API or sight.credential is not Credential.LIVE:
        return NOTHING
    if not on_purpose and (sight.status < 400 or not _NO_PRODUCT.search(sight.body)):
        return NOTHING
    if 400 <= sight.status < 500:
        # 404 hides what is there, which RFC 9110 15.5.4 allows.
        return HELD_B4 if sight.status in (401, 403, 404) else NOTHING
    what = "succeeds" if sight.succeeded else "gets a server error"
    return (
        sight.finding(
            "B4",
            f"A token without entitlement {what}",
            "403, or 401",
            f"{sight.status} {quoted(sight.body)} to {sight.label}",
            source=f"{PAGE}, Return codes: 403; RFC 9110 15.5.4",
            stateful=not sight.succeeded,
        ),
    )


@judges("B5")
def bearer_is_accepted(sight: Sight) -> tuple[Check, ...]:
    """A live token is accepted under Bearer, in whatever case the scheme is spelled."""
    status = sight.status
    if not status or status == 429 or not sight.documented or sight.area is not Area.API:
        return NOTHING
    if sight.credential is not Credential.LIVE and not _is_bearer_after_all(sight):
        return NOTHING
    if 200 <= status < 300:
        return HELD_B5
    if status != 401 or _NO_PRODUCT.search(sight.body):
        return NOTHING
    scheme, digits = _scheme(sight), token_digits(sight.exchange.request.headers)
    if not scheme:
        return NOTHING
    minted = sight.past.tokens.get(digits)
    if minted is not None and sight.exchange.ended >= minted.until - 1:
        return NOTHING
    if scheme == "Bearer" and digits in sight.past.accepted_tokens:
        # It was accepted before: that it no longer is, is T10's.
        return NOTHING
    title = "A live Bearer token is refused"
    if scheme != "Bearer":
        title = f"A live token is refused when the scheme is spelled {scheme}"
    return (
        sight.finding(
            "B5",
            title,
            "an answer to the call itself",
            f"401 {quoted(sight.body)} to {sight.label}",
            verdict=Verdict.WARN,
            source="RFC 6750 2.1; RFC 9110 11.1",
        ),
    )


def _is_refused(sight: Sight) -> bool:
    """Whether a documented operation of the API was answered, and not with success."""
    return sight.documented and sight.area is Area.API and sight.status >= 300 and sight.status != 429


def _challenges(sight: Sight) -> str:
    answer = sight.exchange.answer
    return ", ".join(answer.header_values("www-authenticate")) if answer is not None else ""


def _scheme(sight: Sight) -> str:
    return (sight.exchange.request.header("authorization") or "").partition(" ")[0]


def _is_bearer_after_all(sight: Sight) -> bool:
    """Whether the other scheme is Bearer in other letters: then it is the same one, and the token is live."""
    return sight.credential is Credential.OTHER_SCHEME and _scheme(sight).lower() == "bearer"
