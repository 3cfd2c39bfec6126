"""R2, K2, H13 and P1: what stands in bodies, successful ones and errors, and whether it is of the type it claims.

A success is held against the OpenAPI document, once the readings that it leaves out are set aside. A refusal that the
API itself made has the five documented members; what a gateway says in its place may have any form that gateways use.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from kandykit.calls import Malformed, Operation
from kandykit.exchange import Credential
from kandykit.openapi import OperationSpec, Problem
from kandykit.rules.codes import is_oversized
from kandykit.rules.headers import CORS_TABLE, TABLE
from kandykit.rules.rule import NOT_JSON, NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_R2: Final = held("R2")
HELD_H13: Final = held("H13")
HELD_K2: Final = held("K2")
HELD_P1: Final = held("P1")
HELD_MATCH: Final = held("R2", "H13")
HELD_ERROR: Final = held("K2", "R2")

SHIPPED: Final = "kandy-provisioning.openapi.yaml"
"""The file name of the kit's own document; a vendor's is taken at its word, this one has readings beside it."""

MEMBERS: Final = ("transactionId", "status", "name", "message", "info")
"""The members of an error of the API's own."""

_JUDGED_ELSEWHERE: Final = frozenset(
    {*TABLE, *CORS_TABLE, "content-length", "location", "www-authenticate", "allow", "retry-after", "date", "vary"}
)
"""Headers that have rules of their own; the document's word on them would be a second judgement of the same fact."""

_INDEX: Final = re.compile(r"/\d+(?=/|$)")
_STATUS: Final = re.compile(r"[1-5]\d\d")
_ODD_URL: Final = re.compile(r"%00|%(?![0-9A-Fa-f]{2})")
_NUMBERS: Final = frozenset({"total", "used", "available"})
_DOCUMENT: Final = "the OpenAPI document that this target is held against"
_ERRORS: Final = f"{PAGE}, Return codes; KPN's OpenAPI definitions, schema error"


# --- Successes --------------------------------------------------------------------------------------------------------


@judges("R2", "H13")
def successes_match_the_document(sight: Sight) -> tuple[Check, ...]:
    """The answer to a documented operation has the form that the document gives it, as far as no reading differs."""
    if not sight.documented or not 200 <= sight.status < 300 or sight.area is not Area.API:
        return NOTHING
    if isinstance(sight.call, Malformed) and not sight.call.grey:
        # It was to be refused; what it was answered instead is beside the point.
        return NOTHING
    problems = _problems(sight)
    if problems:
        if sight.headers.get("content-length", str(sight.length)) != str(sight.length):
            # Not all that came could be read, or more was to come: H14 says so, and the rest follows from it.
            return NOTHING
        if found := _mismatches(sight, problems):
            return found
    elif sight.reply.unreadable and not _may_be_empty(sight):
        return (
            sight.finding(
                "R2",
                f"{sight.label} succeeds, but {sight.reply.unreadable}",
                "an answer that says what became of the call",
                f"{sight.status} {quoted(sight.body)}",
                source=f"{PAGE}, Provision products and subscribers",
            ),
        )
    return HELD_MATCH if sight.body and is_json_type(sight) else HELD_R2


def _problems(sight: Sight) -> list[Problem]:
    spec = _spec(sight)
    answer = sight.exchange.answer
    if spec is not None and answer is not None and sight.status in spec.statuses:
        found = spec.problems(sight.status, answer.headers, sight.body)
        return [problem for problem in found if not _is_judged_elsewhere(problem)] if found else found
    # The document says nothing of this answer, so the only thing that it owes is to be JSON.
    if not sight.body or (sight.content is not NOT_JSON and is_json_type(sight)):
        return []
    place = "body" if sight.content is NOT_JSON else "content-type"
    return [Problem(place, "JSON", sight.headers.get("content-type", "absent") if place != "body" else sight.body)]


def _spec(sight: Sight) -> OperationSpec | None:
    document = sight.terms.document
    return None if document is None else document.operation(sight.method, sight.path)


def _is_judged_elsewhere(problem: Problem) -> bool:
    return problem.place.startswith("header ") and problem.place[7:].lower() in _JUDGED_ELSEWHERE


def _mismatches(sight: Sight, problems: list[Problem]) -> tuple[Check, ...]:
    """One finding per place, where the same member of several rows is one place."""
    found: dict[str, Check] = {}
    for problem in problems:
        verdict = _verdict_of(sight, problem)
        title = f"{sight.label} answers {_in_words(problem)}"
        if verdict is Verdict.WARN:
            title += ", which KPN's page leaves open"
        if verdict is None or title in found:
            continue
        unparsed = problem.place == "content-type" or (problem.place == "body" and problem.expected.startswith("JSON"))
        found[title] = sight.finding(
            "R2",
            title,
            problem.expected,
            f"{problem.actual} in the {sight.status}",
            verdict=verdict,
            also=("H13",) if unparsed else (),
            source=_DOCUMENT,
        )
    return tuple(found.values())


def _verdict_of(sight: Sight, problem: Problem) -> Verdict | None:
    """How grave a mismatch is: what the contract leaves open is none, whatever the shipped document says of it."""
    if problem.place == "content-type" and is_json_type(sight):
        return None
    if problem.place == "content-type" and "content-type" not in sight.headers and sight.authenticated:
        # `headers` has said so.
        return None
    if problem.place == "body" and not sight.body and _may_be_empty(sight):
        # A deletion that says 200 may be expected to say something; any other code promises nothing.
        return Verdict.WARN if sight.operation is Operation.DELETE_SUBSCRIBER and sight.status == 200 else None
    document = sight.terms.document
    if document is not None and document.path.name == SHIPPED and problem.place.startswith("body /"):
        return _verdict_beside_the_shipped(sight, problem.place.rpartition("/")[2], problem.actual == "absent")
    return Verdict.FAIL


def _verdict_beside_the_shipped(sight: Sight, member: str, absent: bool) -> Verdict | None:
    """How grave it is where a member differs from the kit's own document, whose spelling KPN never wrote.

    Where it shows what KPN's page asks for, though in another place or other words, it is a reading.
    """
    operation, reply = sight.operation, sight.reply
    if member == "status" and not absent and operation in (Operation.PLACE_ORDER, Operation.READ_ORDERS):
        return _verdict_of_status(sight)
    if not absent or reply.unreadable:
        return Verdict.FAIL
    if operation is Operation.PLACE_ORDER:
        # Location may hold the number.
        return None if member == "order_number" else Verdict.FAIL
    if operation is Operation.READ_INVENTORY and member in _NUMBERS:
        return Verdict.WARN
    # The caller knows an identity that he has chosen.
    return None if operation is Operation.CREATE_SUBSCRIBER and member == "identity" else Verdict.FAIL


def _verdict_of_status(sight: Sight) -> Verdict | None:
    """A target may use words of its own for how an order stands, as long as the binding knows what they mean."""
    orders = sight.reply.orders or ((sight.reply.order,) if sight.reply.order else ())
    if not orders or any(order.status is None for order in orders):
        return Verdict.FAIL
    return None if all(order.stage is not None for order in orders) else Verdict.WARN


def _may_be_empty(sight: Sight) -> bool:
    """Whether no content at all is a legal answer: to a deletion, or where Location names the order."""
    if sight.operation is Operation.DELETE_SUBSCRIBER:
        return not sight.body
    order = sight.reply.order
    return sight.operation is Operation.PLACE_ORDER and not sight.body and order is not None and bool(order.number)


def _in_words(problem: Problem) -> str:
    kind, _, pointer = problem.place.partition(" ")
    absent = problem.actual == "absent"
    if kind == "content-type":
        return "with an undocumented content type"
    if kind == "header":
        return f"without the header {pointer}" if absent else f"with a {pointer} header that is not as documented"
    if not pointer:
        return "without content" if problem.actual == "no content" else "with a body that is not as documented"
    pointer = _INDEX.sub("/*", pointer)
    return f"without {pointer} in the body" if absent else f"with a body whose {pointer} is not as documented"


# --- Errors -----------------------------------------------------------------------------------------------------------


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
    said = HELD_ERROR if owed else HELD_K2
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


@judges("K2")
def answers_name_their_version(sight: Sight) -> tuple[Check, ...]:
    """The api-version header is not empty; that it is there is the business of `headers`."""
    version = sight.headers.get("api-version")
    if version is None or not sight.authenticated:
        return NOTHING
    if version.strip():
        return HELD_K2
    return (
        sight.finding(
            "K2",
            f"api-version is empty{sight.aside}",
            "the version that answered",
            f"nothing in the {sight.status} to {sight.label}",
            verdict=Verdict.FAIL if sight.succeeded and sight.documented else Verdict.WARN,
            source=f"{PAGE}, HTTP response headers: api-version",
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


def is_json_type(sight: Sight) -> bool:
    """Whether the answer's content type is JSON's own, or one built on it."""
    media = sight.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


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
    if sight.status in (401, 403, 405, 413, 414, 429, 431):
        return False
    if _ODD_URL.search(sight.exchange.request.url) or is_oversized(sight.exchange):
        # Any front end turns such a request away before it knows whose it is.
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
    spec = _spec(sight)
    answer = sight.exchange.answer
    if spec is not None and answer is not None and _declares_another_form(spec, sight.status):
        found = [problem for problem in spec.problems(sight.status, answer.headers, sight.body) if _is_of_body(problem)]
        if not found:
            return None
        return _shape_finding(sight, f"is {_in_words(found[0]).removeprefix('with ')}", found[0].expected)
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
        source=_ERRORS,
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
        source=_ERRORS,
    )


def _shape_finding(sight: Sight, what: str, expected: str, *, verdict: Verdict = Verdict.FAIL) -> Check:
    return sight.finding(
        "R2",
        f"{_refusal(sight)} {what}",
        expected,
        f"{sight.status} {quoted(sight.body)}",
        verdict=verdict,
        source=_ERRORS,
    )
