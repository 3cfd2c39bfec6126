"""R2 and H13: what stands in successful answers is what the OpenAPI document says.

The readings that the document leaves out go first: a vendor's own document is taken at its word, but the kit's spells
what KPN's page leaves open.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from kandykit.calls import PRODUCT, CreateSubscriber, DeleteSubscriber, Malformed, Operation
from kandykit.openapi import OperationSpec, Problem
from kandykit.rules.headers import CORS_TABLE, TABLE
from kandykit.rules.rule import NOT_JSON, NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_R2: Final = held("R2")
HELD_BOTH: Final = held("R2", "H13")

SHIPPED: Final = "kandy-provisioning.openapi.yaml"
"""The file name of the kit's own document."""

_JUDGED_ELSEWHERE: Final = frozenset(
    {*TABLE, *CORS_TABLE, "content-length", "location", "www-authenticate", "allow", "retry-after", "date", "vary"}
)
"""Headers that have rules of their own; the document's word on them would be a second judgement of the same fact."""

_INDEX: Final = re.compile(r"/\d+(?=/|$)")
_NUMBERS: Final = frozenset({"inventory.total", "inventory.used", "inventory.available"})
_DOCUMENT: Final = "the OpenAPI document that this target is held against"


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
    if sight.reply.unreadable and not _may_be_empty(sight):
        return (
            sight.finding(
                "R2",
                f"{sight.label} succeeds, but {sight.reply.unreadable}",
                "an answer that says what became of the call",
                f"{sight.status} {quoted(sight.body)}",
                source=f"{PAGE}, Provision products and subscribers",
            ),
        )
    for what, other in (("subscriber", _another_subscriber(sight)), ("product", _another_product(sight))):
        if other:
            return (
                sight.finding(
                    "R2",
                    f"{sight.label} answers with another {what} than the one that was asked for",
                    f"the {what} of the request",
                    f"{quoted(other)} in the {sight.status}",
                    source=_DOCUMENT,
                ),
            )
    return HELD_BOTH if sight.body and is_json_type(sight) else HELD_R2


def _another_subscriber(sight: Sight) -> str:
    """The identity that the answer to a deletion names, where it is not the one in the request; else empty.

    Letter case is the target's choice, and an identity may come back as it stood in the path.
    """
    call, shown = sight.call, sight.reply.subscriber
    if not isinstance(call, DeleteSubscriber) or shown is None or "@" not in (shown.identity or ""):
        return ""
    assert shown.identity is not None
    asked = call.identity.casefold()
    return "" if asked in (shown.identity.casefold(), unquote(shown.identity).casefold()) else shown.identity


def _another_product(sight: Sight) -> str:
    """The product of a new subscriber, where it is not the one that was asked for; else empty.

    A vendor's own document may have answers name a product otherwise than requests.
    """
    document, shown = sight.terms.document, sight.reply.subscriber
    if not isinstance(sight.call, CreateSubscriber) or shown is None or document is None:
        return ""
    return "" if document.path.name != SHIPPED or shown.product in (None, PRODUCT) else str(shown.product)


def _problems(sight: Sight) -> list[Problem]:
    spec = spec_of(sight)
    answer = sight.exchange.answer
    if spec is not None and answer is not None and sight.status in spec.statuses:
        found = spec.problems(sight.status, answer.headers, sight.body)
        return [problem for problem in found if not _is_judged_elsewhere(problem)] if found else found
    # The document says nothing of this answer, so the only thing that it owes is to be JSON.
    if not sight.body or (sight.content is not NOT_JSON and is_json_type(sight)):
        return []
    place = "body" if sight.content is NOT_JSON else "content-type"
    return [Problem(place, "JSON", sight.headers.get("content-type", "absent") if place != "body" else sight.body)]


def spec_of(sight: Sight) -> OperationSpec | None:
    document = sight.terms.document
    return None if document is None else document.operation(sight.method, sight.path)


def _is_judged_elsewhere(problem: Problem) -> bool:
    return problem.place.startswith("header ") and problem.place[7:].lower() in _JUDGED_ELSEWHERE


def _mismatches(sight: Sight, problems: list[Problem]) -> tuple[Check, ...]:
    """One finding per place, where the same member of several rows is one place."""
    found: dict[str, Check] = {}
    for problem in problems:
        verdict = _verdict_of(sight, problem)
        title = f"{sight.label} answers {in_words(problem)}"
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
    key = sight.terms.members.get(member, "")
    if key == "order.status" and not absent and operation in (Operation.PLACE_ORDER, Operation.READ_ORDERS):
        return _verdict_of_status(sight)
    if not absent or reply.unreadable:
        return Verdict.FAIL
    if operation is Operation.PLACE_ORDER:
        # Location may hold the number.
        return None if key == "order.number" else Verdict.FAIL
    if operation is Operation.READ_INVENTORY and key in _NUMBERS:
        return Verdict.WARN
    if operation is Operation.CREATE_SUBSCRIBER and key == "subscriber.password" and _may_be_shown_again(sight):
        return Verdict.WARN
    # The caller knows an identity that he has chosen.
    return None if operation is Operation.CREATE_SUBSCRIBER and key == "subscriber.identity" else Verdict.FAIL


def _may_be_shown_again(sight: Sight) -> bool:
    """Whether this may be a subscriber that was there already: 200 for an identity that the caller named.

    Such an answer makes nothing, and a password is shown once.
    """
    call = sight.call.meant if isinstance(sight.call, Malformed) else sight.call
    return sight.status == 200 and isinstance(call, CreateSubscriber) and call.identity is not None


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


def in_words(problem: Problem) -> str:
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


def is_json_type(sight: Sight) -> bool:
    """Whether the answer's content type is JSON's own, or one built on it."""
    media = sight.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")
