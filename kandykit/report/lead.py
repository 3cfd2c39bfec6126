"""What led to a finding, where its calls do not tell: what its evidence names, and what came before a lone read.

A finding may rest on a single read, such as an inventory below zero. That read says what is wrong and not how it came
to be, so nobody could bring it about again. Of all reads of the run that show the same, the one is taken that the
fewest calls led to since the account was last seen without it. Those calls go before it in the letter, the script and
the record. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    OrderKind,
    OrderView,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Stage,
)
from kandykit.exchange import Credential, Exchange
from kandykit.judgement import Case, Judgement
from kandykit.model.order_law import NO_OTHER
from kandykit.model.orders import CHANGED
from kandykit.report.history import NOW_AND_THEN, with_history
from kandykit.report.pattern import telling_call
from kandykit.report.stock import NEAR, acts, done, gave_the_same, variant_of, writes
from kandykit.report.words import call_of, reply_in_words, reply_of

MOST: Final = 12
"""More calls than this between two reads say too little about which of them did it."""

MOST_BETWEEN: Final = 40
"""The same of calls between two answers that gave out the same identity or password."""

NEWER_TOKENS: Final = 5
"""A target may keep a few tokens of a client, and end the oldest."""

UP_TO_THE_QUOTA: Final = "up to the quota"
"""What the reads are about that are made until one is turned away."""

_ABOUT_STATE: Final = ("L", "R1", "R2", "R4", "R7")


def with_leads(judgement: Judgement, exchanges: Sequence[Exchange], binding: Binding) -> Judgement:
    """The judgement with what led to its lone reads, wherever the run tells; the rest is as it was."""
    known = {exchange.seq: exchange for exchange in exchanges}
    cases = {}
    for name, case in judgement.cases.items():
        kept = {call.seq for call in case.calls}
        # Of a longer sequence the evidence may be of several plays, of which one is kept.
        lone = len(kept) == 1
        named = [known[seq] for seq in case.finding.evidence if lone and seq not in kept and seq in known]
        if case.finding.expected == NO_OTHER and kept and min(case.finding.evidence, default=0) < min(kept):
            # What was refused long before its order was seen shows it, whatever was done in between.
            calls = [known[seq] for seq in case.finding.evidence if seq in known]
            cases[name] = replace(case, calls=tuple(calls), programme=[])
        elif named:
            calls = sorted([*named, *case.calls], key=lambda call: (call.started, call.seq))
            cases[name] = replace(case, calls=tuple(calls), programme=[])
        else:
            cases[name] = _with_lead(case, exchanges, binding)
        cases[name] = _once_polled(_once_used_up(cases[name]))
        cases[name] = with_history(_with_between(cases[name], exchanges, binding), exchanges, binding)
    return replace(judgement, cases=cases)


def _once_used_up(case: Case) -> Case:
    """The case without the reads that used up the call quota, one like the other: the first that was turned away tells.

    A play makes as many of them as there are calls left.
    """
    kept = [call for call in case.calls if call.intent.probe != UP_TO_THE_QUOTA or _turned_away(call)]
    return replace(case, calls=tuple(kept)) if any(map(_turned_away, kept)) else case


def _once_polled(case: Case) -> Case:
    """The case with the first and the last of many reads in a row that got the same answer; the time between stays.

    Where a read may do something, or is counted, each of them may be needed.
    """
    if {"L13", "H9", "K1"} & set(case.finding.requirements) or NOW_AND_THEN.search(case.finding.actual):
        return case
    kept: list[Exchange] = []
    for call in case.calls:
        if len(kept) > 1 and _same_read(kept[-2], kept[-1]) and _same_read(kept[-1], call):
            kept.pop()
        kept.append(call)
    return replace(case, calls=tuple(kept)) if len(kept) < len(case.calls) else case


def _same_read(one: Exchange, other: Exchange) -> bool:
    """Whether two calls are the same read with the same answer."""
    if one.request.method != "GET" or one.answer is None or other.answer is None or one.ended > other.started:
        return False
    said, asked = (one.answer.status, one.answer.body), (one.request.method, one.request.url, one.intent)
    return said == (other.answer.status, other.answer.body) and asked == (
        other.request.method,
        other.request.url,
        other.intent,
    )


def _turned_away(call: Exchange) -> bool:
    return call.answer is not None and call.answer.status == 429


def _with_between(case: Case, exchanges: Sequence[Exchange], binding: Binding) -> Case:
    """The case with what was done between two answers that gave out the same: it may come every so many times.

    So it is with the few calls between the last answer that showed an order as it was placed and the one that shows it
    no more, or in another state.
    """
    if case.finding.requirement == "T10" and len(case.calls) == 2:
        return _with_newer_tokens(case, exchanges)
    most = MOST_BETWEEN if "L9" in case.finding.requirements else MOST if case.finding.requirement == "L8" else 0
    if not most or case.programme or len(case.calls) < 2 or case.finding.title == CHANGED:
        return case
    first, *_, last = case.calls
    if "L9" in case.finding.requirements and not gave_the_same(first, last, binding):
        return case
    kept = {call.seq for call in case.calls}
    begin = first.seq
    if case.finding.requirement == "L8":
        placed = reply_of(first, binding).order
        right = [call.seq for call in exchanges if first.seq < call.seq < last.seq and _shows(call, placed, binding)]
        if not right and not _shows_number(last, placed, binding):
            return case  # it was never shown, so nothing in between took it away
        begin = max(right, default=first.seq)
    between = [
        call
        for call in exchanges
        if begin < call.seq < last.seq
        and call.seq not in kept
        and call.intent.account == first.intent.account == last.intent.account
        and writes(call, binding)
        and done(call)
    ]
    if len(between) + len(kept) > most and case.finding.requirement == "L8":
        between = [call for call in between if isinstance(call_of(call, binding), PlaceOrder)]
    if not between or len(between) + len(kept) > most:
        return case
    return replace(case, calls=tuple(sorted([*case.calls, *between], key=lambda call: (call.started, call.seq))))


def _with_newer_tokens(case: Case, exchanges: Sequence[Exchange]) -> Case:
    """The case with the last few tokens that were fetched since the one that ended before its time."""
    first, last = case.calls
    newer = [
        call
        for call in exchanges
        if first.seq < call.seq < last.seq
        and call.intent.account == first.intent.account
        and call.intent.credential is Credential.CLIENT
        and done(call)
    ]
    return replace(case, calls=(first, *newer[-NEWER_TOKENS:], last))


def _shows(call: Exchange, placed: OrderView | None, binding: Binding) -> bool:
    """Whether an answer shows an order in the state in which it was placed."""
    views = reply_of(call, binding).orders or ()
    return placed is not None and any(view.number == placed.number and view.stage is placed.stage for view in views)


def _shows_number(call: Exchange, placed: OrderView | None, binding: Binding) -> bool:
    views = reply_of(call, binding).orders or ()
    return placed is not None and any(view.number == placed.number for view in views)


def _with_lead(case: Case, exchanges: Sequence[Exchange], binding: Binding) -> Case:
    telling = telling_call(case)
    if telling is not None and len(case.calls) == 1 and case.finding.requirement == "R5":
        return _with_giver(case, telling, exchanges, binding)
    if telling is not None and len(case.calls) == 1 and case.finding.requirement == "L8":
        return _with_placing(case, telling, exchanges, binding)
    # Three failures running are one: what they have in common came before the first of them.
    lone = len(case.calls) == 1 or case.finding.requirement == "R7"
    if telling is None or not lone or not case.finding.requirement.startswith(_ABOUT_STATE):
        return case
    if writes(telling, binding):
        # Whatever fails every time fails in one state, and nothing tells which; all else turns on what was in stock.
        near = case.finding.requirement == "R7" or isinstance(call_of(telling, binding), PlaceOrder)
        read = _read_before(telling, NEAR if near else 0, exchanges, binding)
        before = _life_of(telling, exchanges, binding) or ([read] if read is not None else [])
        # The read may have come after the first of the calls, which then began at other numbers than it shows.
        calls = {call.seq: call for call in (*before, *case.calls)}
        return replace(case, calls=tuple(sorted(calls.values(), key=lambda call: (call.started, call.seq))))
    wrong = _Wrong(case, telling, binding)
    if not wrong.of(telling):
        return case
    whole = list(_leads(wrong, telling, exchanges, binding, whole=True))
    ways = whole or _leads(wrong, telling, exchanges, binding)
    best = min(ways, key=lambda calls: (_overlapping(calls), len(calls)), default=None)
    if best is None:
        return case
    best = _with_others(best, exchanges, binding)
    finding = replace(case.finding, evidence=tuple(call.seq for call in best))
    if finding.requirement == "L3":
        # The same is wrong with these numbers, which are others.
        finding = replace(finding, actual=reply_in_words(best[-1], binding))
    return replace(case, finding=finding, calls=tuple(best), programme=[])


def _with_others(calls: Sequence[Exchange], exchanges: Sequence[Exchange], binding: Binding) -> list[Exchange]:
    """The calls with those that created, on another account, whom they delete."""
    wanted = {asked.identity for call in calls if isinstance(asked := call_of(call, binding), DeleteSubscriber)}
    wanted -= {_created(call, binding) for call in calls}
    mine = calls[-1].intent.account
    made = {
        identity: call
        for call in exchanges
        if call.seq < calls[-1].seq and call.intent.account != mine and (identity := _created(call, binding)) in wanted
    }
    return sorted([*made.values(), *calls], key=lambda call: (call.started, call.seq))


def _with_giver(case: Case, telling: Exchange, exchanges: Sequence[Exchange], binding: Binding) -> Case:
    """The case with the creation that gave out the password which an answer shows."""
    answer = telling.answer
    if answer is None:
        return case
    shown = "\n".join([answer.body, *(value for _, value in answer.headers)])
    for call in exchanges:
        view = reply_of(call, binding).subscriber if call.seq < telling.seq and _created(call, binding) else None
        if view is not None and view.password and view.password in shown:
            return replace(case, calls=(call, *case.calls))
    return case


def _with_placing(case: Case, telling: Exchange, exchanges: Sequence[Exchange], binding: Binding) -> Case:
    """The case with the call that placed the order whose number, a little changed, an order was read by."""
    asked = call_of(telling, binding)
    if not isinstance(asked, ReadOrders) or asked.number is None:
        return case
    for call in reversed(exchanges):
        placed = reply_of(call, binding).order if call.seq < telling.seq and done(call) else None
        number = placed.number if placed is not None and isinstance(call_of(call, binding), PlaceOrder) else None
        if number == asked.number:
            break
        if number and call.intent.account == telling.intent.account and variant_of(asked.number, number):
            return replace(case, calls=(call, *case.calls), programme=[])
    return case


def _leads(
    wrong: _Wrong, telling: Exchange, exchanges: Sequence[Exchange], binding: Binding, *, whole: bool = False
) -> Iterable[list[Exchange]]:
    """Every way in which the same came about: a read without the fault, calls that may change something, the fault.

    A ``whole`` way begins where nothing was wrong that is not yet to be seen: before the creation of every subscriber
    that it deletes, and at numbers that fit what was done since the read before.
    """
    shown = wrong.of(telling)
    calls: list[Exchange] | None = None
    known = _Known(binding)
    for call in exchanges:
        if call.intent.account != telling.intent.account or not call.answered:
            continue
        known.see(call)
        if isinstance(call_of(call, binding), ReadInventory) and done(call):
            fault = wrong.of(call)
            led = calls is not None and len(calls) > 1 and fault == shown
            if calls is not None and led and not (whole and _deletes_unmade(calls, binding)):
                yield [*calls, call]
            if fault:
                calls = None
            elif whole and calls is not None and (not known.fits(call) or _lives(calls, binding)):
                if _shown_last(calls, binding) != reply_of(call, binding).inventory:
                    calls = [*calls, call] if len(calls) < MOST else None
            else:
                calls = [call]
                known.begin(call)
        elif calls is not None and _may_change(call, binding):
            calls = [*calls, call] if len(calls) < MOST else None


class _Known:
    """What an account must show by what was done to it since a read, as far as answers tell."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._alive: set[str] = set()
        self._began = InventoryView()
        self._total: int | None = 0
        self._used = 0

    def begin(self, read: Exchange) -> None:
        """From here on, what this read shows is the beginning."""
        self._began = reply_of(read, self._binding).inventory or InventoryView()
        self._total, self._used = 0, 0

    def see(self, call: Exchange) -> None:
        """A call was made."""
        if created := _created(call, self._binding):
            self._alive.add(created)
            self._used += 1
        elif (deleted := _deleted(call, self._binding)) in self._alive:
            self._alive.discard(deleted)
            self._used -= 1
        elif done(call) and isinstance(asked := call_of(call, self._binding), PlaceOrder):
            order = reply_of(call, self._binding).order
            if order is not None and order.stage is not Stage.DONE:
                self._total = None
            elif self._total is not None:
                self._total += asked.quantity if asked.kind is OrderKind.INCREMENT else -asked.quantity

    def fits(self, read: Exchange) -> bool:
        """Whether a read shows that; what cannot be told fits."""
        view = reply_of(read, self._binding).inventory
        if view is None:
            return True
        pairs = ((view.total, self._began.total, self._total), (view.used, self._began.used, self._used))
        return all(None in pair or pair[0] == (pair[1] or 0) + (pair[2] or 0) for pair in pairs)


def _deletes_unmade(calls: Sequence[Exchange], binding: Binding) -> bool:
    """Whether a subscriber is deleted that these calls did not create."""
    made = {identity for call in calls if (identity := _created(call, binding))}
    return any(_deleted(call, binding) not in made for call in calls if _deleted(call, binding))


def _lives(calls: Sequence[Exchange], binding: Binding) -> bool:
    """Whether these calls created a subscriber that they did not delete."""
    made = {identity for call in calls if (identity := _created(call, binding))}
    return bool(made - {_deleted(call, binding) for call in calls})


def _created(call: Exchange, binding: Binding) -> str:
    """The identity of the subscriber that a call created; empty where it created none."""
    asked = call_of(call, binding)
    if not isinstance(asked, CreateSubscriber) or not done(call):
        return ""
    view = reply_of(call, binding).subscriber
    return (view.identity if view else None) or asked.identity or ""


def _deleted(call: Exchange, binding: Binding) -> str:
    """The identity of the subscriber that a call deleted; empty where it deleted none."""
    asked = call_of(call, binding)
    return asked.identity if isinstance(asked, DeleteSubscriber) and done(call) else ""


def _shown_last(calls: Sequence[Exchange], binding: Binding) -> InventoryView | None:
    views = [view for call in calls if (view := reply_of(call, binding).inventory)]
    return views[-1] if views else None


class _Wrong:
    """What is wrong with the numbers that a read of the inventory shows, as one finding sees them."""

    def __init__(self, case: Case, telling: Exchange, binding: Binding) -> None:
        self._binding = binding
        self._about_bodies = case.finding.requirement.startswith("R")
        view = reply_of(telling, binding).inventory
        above = case.finding.requirement == "L3" and view is not None and not list(_faults(view))
        self._ceiling = view.total if above and view is not None else None
        """Numbers that add up and yet cannot be are above the agreed limit."""

    def of(self, call: Exchange) -> frozenset[str]:
        """Nothing, where nothing is wrong with them by themselves."""
        if not isinstance(call_of(call, self._binding), ReadInventory) or not done(call):
            return frozenset()
        view = reply_of(call, self._binding).inventory
        if view is None:
            return frozenset({"no numbers"}) if self._about_bodies else frozenset()
        faults = set(_faults(view))
        if self._ceiling is not None and view.total is not None and view.total >= self._ceiling:
            faults.add("total above the limit")
        return frozenset(faults)


def _faults(view: InventoryView) -> Iterable[str]:
    for name in ("total", "used", "available"):
        number = getattr(view, name)
        if number is not None and number < 0:
            yield f"{name} below zero"
    if view.total is not None and view.used is not None:
        if view.used > view.total:
            yield "used above total"
        if view.available is not None and view.total - view.used != view.available:
            yield "available is not the difference"


def _life_of(telling: Exchange, exchanges: Sequence[Exchange], binding: Binding) -> list[Exchange]:
    """The calls that created the subscriber whose deletion, or second creation, was refused, and deleted it before."""
    asked = call_of(telling, binding)
    if not isinstance(asked, DeleteSubscriber | CreateSubscriber) or not asked.identity or done(telling):
        return []
    life: list[Exchange] = []
    for call in exchanges:
        if call.seq >= telling.seq:
            break
        if call.intent.account != telling.intent.account or not done(call):
            continue
        if _created(call, binding) == asked.identity:
            life = [call]
        elif _deleted(call, binding) == asked.identity and life:
            life = [life[0], call]
    return life


def _read_before(telling: Exchange, most: int, exchanges: Sequence[Exchange], binding: Binding) -> Exchange | None:
    """The read that showed, right before a call, that at most so much was available: it may be answered so because."""
    read: Exchange | None = None
    for call in exchanges:
        if call.seq >= telling.seq:
            break
        if call.intent.account != telling.intent.account or call.intent.credential is Credential.CLIENT:
            continue
        view = reply_of(call, binding).inventory if isinstance(call_of(call, binding), ReadInventory) else None
        if view is not None:
            near = view.available is not None and view.available <= most
            read = call if near and call.ended < telling.started else None
        elif _may_change(call, binding):
            read = None
    return read


def _may_change(call: Exchange, binding: Binding) -> bool:
    """Whether a call may have changed the account: one that asks for it, or anything odd that was let through."""
    if call.intent.credential in (Credential.CLIENT, Credential.WRONG_SECRET):
        return False
    return acts(call, binding) or (done(call) and call.request.method not in ("GET", "HEAD", "OPTIONS"))


def _overlapping(calls: Sequence[Exchange]) -> bool:
    return any(after.started <= before.ended for before, after in pairwise(calls))
