"""What an account went through before the calls of a finding, and between them, where those alone do not show it.

Some faults wait: for the twentieth order, for a limit that is used up and never free again, for one thing to have come
after another long ago. The calls in which such a fault was met cannot show it on an account that went through nothing,
so what was done before goes along, in few words: a play begins with it. That it is needed is read off the record: the
calls lie far apart, or came now and then, or the same was answered otherwise before, with the same numbers shown.

A history is a line of words: ``+3`` and ``-3`` order so many more or fewer, ``c1`` creates a subscriber under an
identity of the caller's choice and ``s1`` under one of the target's, ``x1`` deletes that one and ``x0`` nobody.
``xk2`` deletes the one that the second of the finding's own calls created; ``@acme.example`` is the identities' domain.
``HEAD:/order`` is another call without content that was served, and ``i`` and ``l`` read the inventory and the orders,
which is told only where reads may have done it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final

from kandykit.binding import IDENTITY, Binding
from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    OrderKind,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Stage,
)
from kandykit.exchange import Credential, Exchange
from kandykit.judgement import Case
from kandykit.report.stock import account_of, acts, done, gave_the_same, groups
from kandykit.report.words import call_of, reply_of

MOST_WORDS: Final = 500
"""The latest of a longer history are kept."""

RECENT_WORDS: Final = 40
"""So much of it is tried last, where nothing tells that it is needed."""

_LARGEST: Final = 100
"""An order of more is a probe of the limit, refused or not, and no part of an ordinary life."""

_PLAIN: Final = re.compile(r"/[A-Za-z0-9/._~?=&%-]*")

ONCE_EACH: Final = re.compile(r"; once on each of two accounts, after the same calls$")
"""What an account shows once in its life: where it has done so, that it does not come now says nothing."""

NOW_AND_THEN: Final = re.compile(r"; in \d+ of \d+ plays of the same calls$")
"""How what was met ends, where it did not come in every play."""

BY_READING: Final = re.compile(r"; so in \d+ of \d+ times that it was read often, ")
"""How it goes on where it was met while the account was read often, and not while it was left alone."""


def with_history(case: Case, exchanges: Sequence[Exchange], binding: Binding) -> Case:
    """The case with what the account went through, where the calls alone do not show the finding, or may not."""
    about_state = case.finding.stateful or case.finding.requirement.startswith("L")
    about_state = about_state and case.finding.requirement != "R3"
    if not about_state or not case.calls or any(len(group) > 1 for group in groups(case.calls)):
        return case
    if "L9" in case.finding.requirements and not gave_the_same(case.calls[0], case.calls[-1], binding):
        return case
    account, alone = account_of(case.calls[0]), len({account_of(call) for call in case.calls}) == 1
    last = case.calls[-1].seq
    own = [call for call in exchanges if account_of(call) == account and call.seq <= last]
    before = [call for call in own if call.seq < case.calls[0].seq]
    case = replace(case, living=_living(before, binding) if alone else None)
    gaps = _gaps(case.calls, own, binding)
    spelled = _Words(binding, reads="L13" in case.finding.requirements)
    counted = gaps or NOW_AND_THEN.search(case.finding.actual)
    needed = counted or (alone and "L9" not in case.finding.requirements and _otherwise(case, own, binding))
    if not needed or (not counted and any(_open(call, binding) for call in before)):
        # Where orders stay open for a while, no play comes to the same state by them, so it is not begun with.
        words = spelled.of(before)[-(MOST_WORDS if needed else RECENT_WORDS) :]
        return replace(case, recent=" ".join([f"@{spelled.domain}", *words]) if words else "")
    gaps[0] = before
    history = {}
    for place, call in enumerate(case.calls):
        if words := spelled.of(gaps.get(place, ())):
            history[place] = words[-MOST_WORDS:]
        spelled.name(call, f"k{place + 1}")
    if history:
        history[min(history)].insert(0, f"@{spelled.domain}")
    return replace(case, history={place: " ".join(words) for place, words in history.items()})


def _open(call: Exchange, binding: Binding) -> bool:
    """Whether an order was accepted and not fulfilled at once."""
    order = reply_of(call, binding).order
    return order is not None and order.stage is Stage.OPEN


def _living(calls: Iterable[Exchange], binding: Binding) -> int | None:
    """How many subscribers there must be after these calls, the first that an account ever saw; None if unknown."""
    living: int | None = None
    for call in calls:
        asked, view = call_of(call, binding), reply_of(call, binding).inventory
        if living is None and view is not None:
            living = view.used
        elif living is not None and done(call):
            living += isinstance(asked, CreateSubscriber) - isinstance(asked, DeleteSubscriber)
    return living


def peak_of(words: str) -> int:
    """By how much a history may raise the total at most, as far as its orders are taken."""
    return max(accumulate((int(word) for word in words.split() if word[0] in "+-"), initial=0))


def in_words(history: Iterable[str]) -> str:
    """What a history holds, for people: "40 orders, 12 creations and 12 deletions"."""
    words = [word for line in history for word in line.split()]
    counts = {
        "order": sum(word[0] in "+-" for word in words),
        "creation": sum(word[0] in "cs" for word in words),
        "deletion": sum(word[0] == "x" for word in words),
    }
    counts["other call"] = len(words) - sum(counts.values()) - sum(word[0] == "@" for word in words)
    parts = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _gaps(calls: Sequence[Exchange], own: Sequence[Exchange], binding: Binding) -> dict[int, list[Exchange]]:
    """What may have changed the account between two calls and is not among them, by the place of the later one."""
    kept = {call.seq for call in calls}
    found = {}
    for place, (before, after) in enumerate(pairwise(calls), start=1):
        between = [call for call in own if before.seq < call.seq < after.seq and call.seq not in kept]
        if any(acts(call, binding) for call in between):
            found[place] = between
    return found


def _otherwise(case: Case, own: Sequence[Exchange], binding: Binding) -> bool:
    """Whether what the calls did was answered otherwise before, where the account showed the same numbers."""
    kept = {call.seq for call in case.calls}
    acts = list(_acts(own, binding))
    ours = [act for act in acts if act.seq in kept]
    return any(act.contradicts(other) for act in ours for other in acts if other.seq not in kept)


@dataclass(frozen=True, slots=True)
class _Act:
    """One call that acts: what it asked for and whether it was done, and what the read right behind it shows of it.

    ``level`` is how much it asked of what was there: the total that an increment would lead to, or how many products
    less than available it would leave; None where no read told. Of two calls of a kind the one that asks for less
    cannot be refused where the other one was done.
    """

    seq: int
    what: Hashable
    numbers: Hashable
    level: int | None
    done: bool
    read: str
    shown: Hashable

    def contradicts(self, other: _Act) -> bool:
        """Whether the account cannot have been the same for both."""
        if self.what != other.what:
            return False
        if self.done != other.done:
            taken, refused = (self, other) if self.done else (other, self)
            return taken.level is not None and refused.level is not None and taken.level >= refused.level
        alike = self.read == other.read and (self.read == "orders" or self.numbers == other.numbers)
        return alike and self.read != "" and self.shown != other.shown


def _acts(own: Sequence[Exchange], binding: Binding) -> Iterator[_Act]:
    """Every well-formed call that acts and was answered."""
    view: InventoryView | None = None
    seen: dict[str, bool] = {}
    """Identity -> whether a subscriber lives under it."""
    for call, after in zip(own, [*own[1:], None], strict=True):
        if call.intent.credential is Credential.CLIENT:
            continue
        view = reply_of(call, binding).inventory or view
        if not acts(call, binding):
            continue
        before, view = view, None
        asked = call_of(call, binding)
        known, free = before is not None and before.possible, before.available if before is not None else None
        what, asks, numbers = _asks(asked, before, seen)
        if isinstance(asked, CreateSubscriber | DeleteSubscriber) and done(call):
            made = reply_of(call, binding).subscriber
            name = (made.identity if made else None) or asked.identity or ""
            seen[name] = isinstance(asked, CreateSubscriber)
        live = call.intent.credential in (Credential.LIVE, Credential.PRESUMED)
        troubled = call.answer is None or call.answer.status == 429 or call.answer.status >= 500
        if what is not None and live and call.answered and not troubled:
            level = asks if known and free is not None else None
            yield _Act(call.seq, what, numbers, level, done(call), *_shown(call, after, binding))


def _asks(asked: Call, view: InventoryView | None, seen: Mapping[str, bool]) -> tuple[Hashable, int, Hashable]:
    """What kind of call this is, how much it asks of what is there, and what it asks for at which numbers."""
    total, free = (view.total or 0, view.available or 0) if view is not None else (0, 0)
    shown = (view.total, view.used, view.available) if view is not None else None
    match asked:
        case PlaceOrder(kind, quantity):
            more = kind is OrderKind.INCREMENT
            return kind, total + quantity if more else quantity - free, (quantity, shown)
        case CreateSubscriber(identity):
            return ("create", identity is None, seen.get(identity or "")), -free, shown
        case DeleteSubscriber(identity):
            return ("delete", seen.get(identity)), 0, shown
    return None, 0, None


def _shown(call: Exchange, after: Exchange | None, binding: Binding) -> tuple[str, Hashable]:
    """What the read right behind a call shows of it, where there is one: which read it is, and what it shows."""
    if after is None or not done(after):
        return "", None
    reply = reply_of(after, binding)
    if reply.inventory is not None:
        return "inventory", (reply.inventory.total, reply.inventory.used, reply.inventory.available)
    placed = reply_of(call, binding).order
    if reply.orders is not None and isinstance(call_of(after, binding), ReadOrders) and placed is not None:
        return "orders", any(order.number == placed.number for order in reply.orders)
    return "", None


class _Words:
    """Spells calls as words; a subscriber keeps its number, whoever created it."""

    def __init__(self, binding: Binding, *, reads: bool) -> None:
        self._binding = binding
        self._reads = reads
        self._numbers: dict[str, str] = {}
        self.domain = "nobody.example"

    def of(self, calls: Iterable[Exchange]) -> list[str]:
        """The words of what these calls did, or were refused."""
        return [word for call in calls if (word := self._word(call))]

    def name(self, call: Exchange, number: str) -> None:
        """A subscriber that a call creates goes by this number from here on."""
        asked = call_of(call, self._binding)
        if isinstance(asked, CreateSubscriber) and done(call):
            made = reply_of(call, self._binding).subscriber
            self._numbers[(made.identity if made else None) or asked.identity or ""] = number

    def _word(self, call: Exchange) -> str:
        asked = call_of(call, self._binding)
        live = call.intent.credential in (Credential.LIVE, Credential.PRESUMED)
        if not live or not call.answered:
            return ""
        path, method = call.request.url.removeprefix(self._binding.base_url), call.request.method
        if method in ("HEAD", "OPTIONS") and done(call) and _PLAIN.fullmatch(path):
            return f"{method}:{path}"
        if method == "GET" and self._reads and isinstance(asked, ReadInventory | ReadOrders):
            return "i" if isinstance(asked, ReadInventory) else "l"
        if isinstance(asked, PlaceOrder) and asked.quantity <= _LARGEST:
            return f"{'+' if asked.kind is OrderKind.INCREMENT else '-'}{asked.quantity}"
        if isinstance(asked, CreateSubscriber):
            if asked.identity is not None and not IDENTITY.fullmatch(asked.identity):
                return ""
            made = reply_of(call, self._binding).subscriber if done(call) else None
            identity = asked.identity or (made.identity if made else None) or f"nobody {call.seq}"
            if asked.identity:
                self.domain = asked.identity.rpartition("@")[2]
            number = self._numbers.setdefault(identity, str(len(self._numbers) + 1))
            return f"{'c' if asked.identity else 's'}{number}"
        if isinstance(asked, DeleteSubscriber):
            return f"x{self._numbers.get(asked.identity, '0')}"
        return ""
