"""K2, R2, H13 and P1 for errors: they can be read, they contradict nothing, and the API's own have the agreed form.

A refusal that the API itself made has the five documented members, unless the profile or the vendor's document says
otherwise. What a gateway says in its place may have any form that gateways use.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from kandykit.exchange import Credential
from kandykit.front import comes_in_chunks, is_odd, is_oversized, looks_like_an_attack
from kandykit.openapi import OperationSpec, Problem
from kandykit.rules.rule import NOT_JSON, NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.rules.shapes import in_words, is_json_type, spec_of
from kandykit.verdict import Check, Verdict

HELD_K2: Final = held("K2")
HELD_OWED: Final = held("K2", "R2")
HELD_H13: Final = held("H13")
HELD_P1: Final = held("P1")

MEMBERS: Final = ("transactionId", "status", "name", "message", "info")
"""The members of an error of the API's own."""

_STATUS: Final = re.compile(r"[1-5]\d\d")
_SOURCE: Final = f"{PAGE}, Return codes; KPN's OpenAPI definitions, schema error"


@judges("K2", "R2", "H13")
def errors_can_be_read(sight: Sight) -> tuple[Check, ...]:
    """An error parses, has a message for people, repeats no other status than HTTP's, and has the documented members.

    That it has them is owed only where the API itself answered; elsewhere any usual form will do, and none only warns.
    """
    if sight.status < 400 or sight.area is not Area.API or sight.method in ("HEAD", "OPTIONS"):
        return NOTHING
    owed = _made_by_the_api(sight)
    content = sight.content
    if content is NOT_JSON:
        what = "has content that is no JSON" if sight.body else "has no content"
        return (_error(sight, what, owed=owed, also=("R2",) if owed else ()),)
    shape = shape_of(content, sight.headers.get("content-type", ""))
    wrong = _wrong_status(sight, content, shape)
    if wrong is not None:
        return (wrong,)
    if owed and (mismatch := _wrong_shape(sight, content, shape)) is not None:
        return (mismatch,)
    if shape == "":
        if not owed:
            return (_error(sight, "has a form that nothing documents", owed=False),)
    elif not _message(content, shape):
        return (_error(sight, "has no message for people", owed=owed),)
    said = HELD_OWED if owed else HELD_K2
    if is_json_type(sight):
        return said + HELD_H13
    if "content-type" not in sight.headers and sight.authenticated:
        # `headers` has said so.
        return said
    return (
        *said,
        sight.finding(
            "H13",
            f"{_refusal(sight)} is JSON that does not say so",
            "application/json, or another type that ends in +json",
            f"content-type: {sight.headers.get('content-type', 'absent')}",
            verdict=Verdict.WARN,
            source="RFC 9110 8.3",
        ),
    )


@judges("P1")
def problem_details_are_consistent(sight: Sight) -> tuple[Check, ...]:
    """Content that calls itself problem+json has members of the right types, and no other status than HTTP's."""
    if not sight.headers.get("content-type", "").lower().startswith("application/problem+json"):
        return NOTHING
    if not sight.body:
        # An answer to HEAD, or one without content, which other rules speak of.
        return NOTHING
    content = sight.content
    if not isinstance(content, dict):
        what, actual = "is no JSON object", sight.body
    elif wrong := [name for name in ("type", "title", "detail", "instance") if not _is_text(content.get(name, ""))]:
        what, actual = f"has a {wrong[0]} that is no text", json.dumps(content[wrong[0]])
    elif "status" in content and (content["status"] != sight.status or isinstance(content["status"], bool)):
        what, actual = "repeats another status than HTTP's", f"{json.dumps(content['status'])} in a {sight.status}"
    else:
        return HELD_P1
    return (
        sight.finding(
            "P1",
            f"A problem+json answer {what}",
            "an object whose type, title, detail and instance are text and whose status is HTTP's, a number",
            quoted(actual),
            source="RFC 9457 3.1",
        ),
    )


def shape_of(content: Any, content_type: str = "") -> str:
    """Which of the forms of errors that gateways and KPN's own APIs use this is; empty for none of them."""
    if not isinstance(content, dict):
        return ""
    if all(name in content for name in MEMBERS):
        return "kpn"
    inner = content.get("error")
    if isinstance(inner, dict) and all(name in inner for name in MEMBERS):
        return "nested"
    if isinstance(content.get("errorResponse"), dict):
        return "errorResponse"
    if isinstance(content.get("fault"), dict):
        return "fault"
    if "ErrorCode" in content and "Error" in content:
        return "oauth"
    if "problem+json" in content_type.lower():
        return "problem"
    if all(name in content for name in ("status", "code", "message")):
        return "camara"
    return "problem" if "title" in content and ("status" in content or "type" in content) else ""


def _made_by_the_api(sight: Sight) -> bool:
    """Whether the API itself must have made this error.

    Before the token was accepted the gateway answers. Behind it, 403 and 429 may be the gateway's still, and so may
    be what a path or method gets that no operation has.
    """
    if sight.credential is not Credential.LIVE or not sight.documented or sight.status >= 500:
        return False
    if sight.status in (401, 403, 405, 411, 413, 414, 429, 431):
        return False
    if is_odd(sight.exchange) or is_oversized(sight.exchange):
        # Any front end turns such a request away before it knows whose it is.
        return False
    if sight.status == 400 and (looks_like_an_attack(sight.exchange) or comes_in_chunks(sight.exchange)):
        # A firewall calls the one bad, and a front end that wants to know the length beforehand the other.
        return False
    return not _is_the_gateways(sight.content)


_GATEWAY_CODES: Final = re.compile(
    r"(?:steps|policies|messaging|protocol|keymanagement|oauth|security|flow)\.", re.IGNORECASE
)


def _is_the_gateways(content: Any) -> bool:
    """Whether an error names one of the gateway's own codes: those it gives to what it turns away by itself."""
    fault = content.get("fault") if isinstance(content, dict) else None
    detail = fault.get("detail") if isinstance(fault, dict) else None
    code = detail.get("errorcode") if isinstance(detail, dict) else None
    return isinstance(code, str) and _GATEWAY_CODES.match(code) is not None


def _wrong_shape(sight: Sight, content: Any, shape: str) -> Check | None:
    """The finding for an error of the API's own that has not the form which was agreed."""
    spec = spec_of(sight)
    answer = sight.exchange.answer
    if spec is not None and answer is not None and _declares_another_form(spec, sight.status):
        found = [problem for problem in spec.problems(sight.status, answer.headers, sight.body) if _is_of_body(problem)]
        if not found:
            return None
        return _shape_finding(sight, f"is {in_words(found[0]).removeprefix('with ')}", found[0].expected)
    if shape == sight.terms.error_shape != "kpn":
        return None
    if shape == "nested":
        return _shape_finding(sight, "has its members one level too deep", "the five members", verdict=Verdict.WARN)
    if shape != "kpn":
        missing = [name for name in MEMBERS if not isinstance(content, dict) or name not in content]
        return _shape_finding(sight, "lacks documented members", f"{', '.join(MEMBERS)}; missing: {', '.join(missing)}")
    wrong = [name for name in MEMBERS if not isinstance(content[name], str)]
    if wrong:
        return _shape_finding(sight, f"has a {wrong[0]} that is no text", "five members of text")
    if not _STATUS.fullmatch(content["status"]):
        return _shape_finding(sight, "has a status that is none of HTTP's", f'"{sight.status}"')
    return None


_SAMPLE: Final = json.dumps(
    {"transactionId": "1", "status": "400", "name": "Bad request", "message": "Malformed.", "info": "-"}
)


def _declares_another_form(spec: OperationSpec, status: int) -> bool:
    """Whether the document has a form of its own for this error, one that the five members do not fit."""
    sample = _SAMPLE.replace("400", str(status))
    return any(map(_is_of_body, spec.problems(status, (("content-type", "application/json"),), sample)))


def _is_of_body(problem: Problem) -> bool:
    return problem.place == "content-type" or problem.place.startswith("body")


def _wrong_status(sight: Sight, content: Any, shape: str) -> Check | None:
    """The finding for an error that repeats another status than HTTP's, whoever made it."""
    if not isinstance(content, dict) or "problem+json" in sight.headers.get("content-type", "").lower():
        # Problem details have a rule of their own.
        return None
    inner = content.get({"nested": "error", "errorResponse": "errorResponse"}.get(shape, ""), content)
    repeated = inner.get("code" if shape == "errorResponse" else "status")
    if isinstance(repeated, bool) or not _STATUS.fullmatch(str(repeated)) or int(repeated) == sight.status:
        return None
    return sight.finding(
        "K2",
        f"{_refusal(sight)} repeats another status than HTTP's",
        f"{sight.status}",
        f"{json.dumps(repeated)}",
        source=_SOURCE,
    )


def _message(content: dict[str, Any], shape: str) -> bool:
    """Whether an error of a known form tells people what is wrong."""
    inner: Any = content
    if shape in ("errorResponse", "fault"):
        inner = content[shape]
    elif shape == "nested":
        inner = content["error"]
    names = {"fault": ("faultstring",), "oauth": ("Error",), "problem": ("detail", "title")}.get(shape, ("message",))
    return any(isinstance(inner.get(name), str) and inner[name].strip() for name in names)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _refusal(sight: Sight) -> str:
    return f"The {'server error' if sight.status >= 500 else 'refusal'} of {sight.label}"


def _error(sight: Sight, what: str, *, owed: bool, also: tuple[str, ...] = ()) -> Check:
    who = _refusal(sight) if owed else f"A {sight.status} that a gateway may have made"
    return sight.finding(
        "K2",
        f"{who} {what}",
        f"JSON with {', '.join(MEMBERS)}" if owed else "JSON with a message for people",
        f"{sight.status} {quoted(sight.body)} to {sight.label}",
        verdict=Verdict.FAIL if owed else Verdict.WARN,
        also=also,
        source=_SOURCE,
    )


def _shape_finding(sight: Sight, what: str, expected: str, *, verdict: Verdict = Verdict.FAIL) -> Check:
    return sight.finding(
        "R2",
        f"{_refusal(sight)} {what}",
        expected,
        f"{sight.status} {quoted(sight.body)}",
        verdict=verdict,
        source=_SOURCE,
    )
