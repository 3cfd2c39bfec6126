"""The pattern of a failure: what of the recorded answers has to come again for it to be still there.

Identities, order numbers, times and quotas differ from play to play, so answers are never compared whole. A `Check`
names one trait of one answer and what it was when the failure was recorded: its status; how far the inventory's
numbers moved since the sequence's first read; a header; a member of its body; or whether it mentions a value that
another answer gave out. Which traits tell depends on what the finding is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import DeleteSubscriber, InventoryView, ReadOrders, Stage
from kandykit.exchange import Answer, Exchange
from kandykit.judgement import Case
from kandykit.model.order_law import NO_OTHER
from kandykit.report.fingerprint import FINGERPRINT
from kandykit.report.words import call_of, reply_of
from kandykit.verdict import Finding

READ_CHARACTERS: Final = 200_000
"""How much of a body is looked at, here and in the script."""

HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "B1": ("www-authenticate",),
    "B2": ("www-authenticate",),
    "B3": ("www-authenticate",),
    "C1": ("access-control-allow-credentials",),
    "C2": ("access-control-allow-origin", "access-control-allow-credentials"),
    "C3": ("vary",),
    "C5": ("access-control-allow-methods", "access-control-allow-headers"),
    "C6": ("access-control-max-age",),
    "H2": ("allow",),
    "H3": ("location",),
    "H7": ("location",),
    "H13": ("content-type",),
    "H17": ("retry-after",),
    "H18": ("retry-after", "cache-control"),
    "H20": ("date",),
    "S1": ("strict-transport-security",),
    "S2": ("strict-transport-security",),
    "S4": ("sunset",),
    "T4": ("cache-control", "pragma"),
}
"""The headers that a requirement is about, where its findings need not name them."""

_BY_NAME: Final = (
    *sorted({name for names in HEADERS.values() for name in names}),
    "api-version",
    "content-length",
    "quota-interval",
    "quota-limit",
    "quota-reset-utc",
    "quota-time-unit",
    "quota-used",
)
_IN_WORDS: Final = {
    "hsts": "strict-transport-security",
    "content type": "content-type",
    "challenge": "www-authenticate",
}
_BY_KIND: Final = frozenset(
    {"content-length", "date", "quota-interval", "quota-limit", "quota-reset-utc", "quota-used", "retry-after"}
)
"""Headers whose value differs from answer to answer: only what kind of value it is can be compared."""

_ABOUT_BODIES: Final = frozenset({"H5", "H13", "H19", "K2", "P1", "R2", "R5", "T2", "T3", "T5", "T6", "T7"})
_ABOUT_VALUES: Final = frozenset({"L8", "L9", "L11", "L13", "R5", "H9"})
"""Requirements whose findings turn on whether an answer mentions what another one gave out."""

_ABOUT_ORDERS: Final = frozenset({"L4", "L8", "L11"})
"""Requirements whose findings may turn on what the list of orders shows."""

_MEMBERS: Final = (
    "transactionId", "status", "name", "message", "info", "ErrorCode", "Error", "error", "access_token", "token_type",
    "expires_in", "refresh_token", "products", "orders",
)  # fmt: skip
TRACE: Final = r"Traceback \(most|at [A-Za-z0-9_.$]+\([A-Za-z0-9_]+\.java|[A-Za-z]+(Exception|Error): "


@dataclass(frozen=True, slots=True)
class Check:
    """One trait of the answer to one call: ``trait`` and ``name`` say which, ``wanted`` how it was recorded."""

    trait: str
    name: str
    wanted: str


def checks_of(
    case: Case, call: Exchange, first: InventoryView | None, given: Sequence[tuple[str, str]], binding: Binding
) -> list[Check]:
    """What of the answer to one call of the case has to come again.

    ``first`` is what the sequence's first read of this account's inventory showed, None for that read itself;
    ``given`` are the values that came before, each with the name under which a play knows its own.
    """
    checks = [Check("status", "", outcome(call))]
    answer = call.answer
    if answer is None or call.failure:
        return checks
    view = reply_of(call, binding).inventory
    if view is not None:
        checks += _numbers(view, first)
        if call is telling_call(case) and case.finding.requirement == "L3" and view.possible and view.total is not None:
            # Numbers that add up and yet cannot be are above the agreed limit, wherever they began.
            checks.append(Check("reaches", "total", str(view.total)))
    elif reply_of(call, binding).unreadable and answer.status < 300 and "H14" not in case.finding.requirements:
        checks.append(Check("body", "", body_kind(answer.body)))
    order = reply_of(call, binding).order
    if order is not None and order.stage in (Stage.DONE, Stage.NOT_DONE):
        # An order may be refused in so many words under the status of one that is accepted.
        checks.append(Check("rejected", "", "yes" if order.stage is Stage.NOT_DONE else "no"))
    finding = case.finding
    located = answer.header("location")
    if "H3" in finding.requirements and order is not None and order.number and located is not None:
        leads = order.number in located and not re.search(r"[\s<>]", located)
        checks.append(Check("leads", "", "yes" if leads else "no"))
    if call is telling_call(case) and "H19" in finding.requirements and call.request.method == "HEAD":
        # What comes behind the head of such an answer is no body of it, and is not recorded as one.
        checks.append(Check("content", "", "yes"))
    elif call is telling_call(case) and not _about_state(finding):
        checks += list(_told(finding, answer, binding))
    asked = call_of(call, binding)
    if isinstance(asked, ReadOrders) and asked.number and asked.number not in {value for _, value in given}:
        # Whose order comes under a number that nobody has turns on all that were placed before.
        leaf = binding.spelling["order.number"].rpartition("/")[2]
        return [*checks, Check("member", leaf, _shape(member_of(answer.body, leaf), leaf, binding))]
    names_another = call is telling_call(case) and isinstance(call_of(call, binding), DeleteSubscriber)
    if _ABOUT_VALUES & set(finding.requirements) or (names_another and "R2" in finding.requirements):
        shown = "\n".join([answer.body[:READ_CHARACTERS], *(value for _, value in answer.headers)])
        checks += [Check("mentions", name, "yes" if value in shown else "no") for name, value in given if value]
    if _ABOUT_ORDERS & set(finding.requirements):
        checks += _orders(case, answer.body[:READ_CHARACTERS], given, binding)
    if call is telling_call(case) and lists_too_many(case):
        checks.append(Check("listed", "", "more"))
    if "K1" in finding.requirements:
        checks += _quota(case, call)
    return checks


def telling_call(case: Case) -> Exchange | None:
    """The call that shows it: the last one that the finding names, else the last of the sequence."""
    named = [call for call in case.calls if call.seq in case.finding.evidence]
    return named[-1] if named else case.calls[-1] if case.calls else None


def lists_too_many(case: Case) -> bool:
    """Whether the finding is that a list shows an order that nobody placed, or one that was refused."""
    return case.finding.expected == NO_OTHER


def outcome(call: Exchange) -> str:
    """The status, or how the call ended without one."""
    return call.failure or (str(call.answer.status) if call.answer else "unreachable")


def kind_of(value: str) -> str:
    """What kind of value a text is: the script has the same words."""
    if not value:
        return "empty"
    if re.fullmatch(r"[0-9]+", value):
        return "integer"
    if re.fullmatch(r"-[0-9]+", value):
        return "negative"
    if re.match(r"([0-9]{4}-[0-9]{2}-[0-9]{2}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )", value):
        return "date"
    return "other"


def member_of(body: str, name: str) -> str:
    """The first member of this name anywhere in a JSON text, as it is written there; empty where there is none."""
    match = re.search(
        f'"{re.escape(name)}"' + r'\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|\[\s*\]|\{\s*\}|[\[{])',
        body[:READ_CHARACTERS],
    )
    return match.group(1) if match else ""


def body_kind(body: str) -> str:
    """What a body is at first sight."""
    body = body.strip(" \t\r\n")
    kind = {"": "empty", "{": "object", "[": "array", "<": "markup"}.get(body[:1], "text")
    whole = {"object": "}", "array": "]"}.get(kind, "")
    seen = kind if body.endswith(whole) else f"{kind} without end"
    return f"{seen} with a comma too many" if re.search(r",[ \t\r\n]*[]}]", body[:READ_CHARACTERS]) else seen


def skeleton(body: str) -> str:
    """Every member name of a JSON text with the type of its value, each once, in order of the alphabet."""
    pattern = r'"([A-Za-z0-9_-]+)"\s*:\s*(["\[{ntf]|-?[0-9])'
    found = {f"{name}:{_TYPES.get(start, 'number')}" for name, start in re.findall(pattern, body[:READ_CHARACTERS])}
    return " ".join(sorted(found))


_TYPES: Final = {'"': "text", "[": "list", "{": "object", "n": "null", "t": "boolean", "f": "boolean"}


def _about_state(finding: Finding) -> bool:
    return finding.stateful or finding.requirement.startswith("L")


def _numbers(view: InventoryView, first: InventoryView | None) -> Iterator[Check]:
    for name in ("total", "used", "available"):
        number = getattr(view, name)
        if number is None:
            yield Check("number", name, "absent")
            continue
        # On an account that was out of bounds before, the sign says nothing of these calls.
        if number < 0 and not (first and (getattr(first, name) or 0) < 0):
            yield Check("sign", name, "negative")
        began = getattr(first, name) if first else None
        if began is not None:
            yield Check("moved", name, f"{number - began:+d}")
    if view.total is not None and view.used is not None and view.available is not None:
        yield Check("sum", "", "right" if view.total - view.used == view.available else "wrong")


def _orders(case: Case, body: str, given: Sequence[tuple[str, str]], binding: Binding) -> Iterator[Check]:
    """What an answer shows of the orders of this sequence, and how many it shows behind the first of them.

    Where calls in between are not among the evidence, their orders stand behind it too, so nothing is counted.
    """
    leaf = binding.spelling["order.number"].rpartition("/")[2]
    numbers = sorted(call.seq for call in case.calls)
    whole = all(after - before <= 1 for before, after in pairwise(numbers))
    for name, value in given if whole else ():
        if name.startswith("order") and f'"{value}"' in body:
            behind = body.partition(f'"{value}"')[2]
            yield Check("after", name, str(len(re.findall(rf'"{re.escape(leaf)}"\s*:', behind))))
            break
    for name, value in given:
        match = re.search(rf'\{{[^{{}}]*"{re.escape(value)}"[^{{}}]*\}}', body) if "order" in name else None
        for key in ("order.kind", "order.quantity", "order.status") if match else ():
            leaf = binding.spelling[key].rpartition("/")[2]
            if match and leaf:
                yield Check("order", f"{name} {leaf}", member_of(match.group(), leaf) or "absent")


def _quota(case: Case, call: Exchange) -> Iterator[Check]:
    """How quota-used stands to the limit, and to what it was the call before."""
    used, limit = (quota_number(call, name) for name in ("quota-used", "quota-limit"))
    if used is not None and limit is not None:
        yield Check("quota", "limit", "within" if used <= limit else "beyond")
    earlier = [each for each in case.calls if each.ended <= call.started and each.seq != call.seq]
    before = quota_number(earlier[-1], "quota-used") if earlier else None
    if used is not None and before is not None:
        yield Check("quota", "call before", "risen" if used > before else "fallen" if used < before else "same")


def quota_number(call: Exchange, name: str) -> int | None:
    """What a header of a call's answer says of the quota, where it is a number."""
    value = call.answer.header(name) if call.answer else None
    return int(value) if value is not None and re.fullmatch(r"[0-9]{1,15}", value) else None


def _told(finding: Finding, answer: Answer, binding: Binding) -> Iterator[Check]:
    said = f"{finding.title} {finding.expected} {finding.actual}".lower()
    names = {name for wanted in finding.requirements for name in HEADERS.get(wanted, ())}
    # Not "access-control-allow" for Allow, nor a member's "format date-time" for Date.
    names |= {name for name in _BY_NAME if re.search(rf"(?<![\w/-])(?<!format ){name}(?![\w-])", said)}
    names |= {header for words, header in _IN_WORDS.items() if words in said}
    if "content-length" in names or "H14" in finding.requirements:
        declared = answer.header("content-length")
        yield Check(
            "length", "", "absent" if declared is None else "right" if declared == str(answer.length) else "wrong"
        )
        names.discard("content-length")
    for name in sorted(names):
        values = answer.header_values(name)
        if name == "location":
            yield Check("present", name, "yes" if values else "no")
        elif name in _BY_KIND:
            yield Check("kind", name, " | ".join(kind_of(value.strip()) for value in values) or "absent")
        else:
            yield Check("header", name, " | ".join(value.strip() for value in values) if values else "absent")
    if not names and _ABOUT_BODIES & set(finding.requirements):
        yield from _body(said, answer, binding)


def _body(said: str, answer: Answer, binding: Binding) -> Iterator[Check]:
    body = answer.body
    yield Check("body", "", body_kind(body))
    yield Check("trace", "", "yes" if re.search(TRACE, body[:READ_CHARACTERS]) else "no")
    words = set(re.findall(r"[a-z_][a-z0-9_]{2,}", said))
    leaves = {pointer.rpartition("/")[2] for pointer in binding.spelling.values() if pointer.startswith("/")}
    own = set(re.findall(r'"([A-Za-z_][A-Za-z0-9_]*)"\s*:', body[:READ_CHARACTERS]))
    named = sorted(name for name in {*_MEMBERS, *leaves, *own} if name.lower() in words)
    if not named:
        yield Check("keys", "", skeleton(body))
    for name in named:
        yield Check("member", name, _shape(member_of(body, name), name, binding))


def _shape(member: str, name: str, binding: Binding) -> str:
    """A member's type; the value too where it is a short text that is the same from play to play."""
    if not member:
        return "absent"
    if member[0] in "[{" and member.endswith(("]", "}")):
        return f"empty {_TYPES[member[0]]}"
    if not member.startswith('"'):
        return _TYPES.get(member[0], "negative" if member.startswith("-") else "number")
    changing = {
        binding.spelling[key].rpartition("/")[2]
        for key in ("order.number", "order.created_at", "subscriber.identity", "subscriber.password")
    } | {"transactionId", "access_token", "message", "info", "created_at", "issued_at"}
    # Digits and dates in quotes are quantities and moments; an error's status is the same in every play.
    counted = kind_of(member[1:-1]) != "other" and name.lower() != "status"
    if counted or name in changing or len(member) > 60 or not member.isascii() or FINGERPRINT.search(member):
        return f"text {kind_of(member[1:-1])}"
    return f"text {member}"
