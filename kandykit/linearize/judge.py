"""The judge of a history in which calls overlap: is there an order that explains every answer?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from math import inf

from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    OrderKind,
    Outcome,
    PlaceOrder,
    ReadInventory,
    Stage,
)
from kandykit.linearize.evidence import Expired, shrink
from kandykit.linearize.general import Birth, Death, GeneralSearch
from kandykit.linearize.ledger import Ledger, ledger_violations, order_kind, order_mutators
from kandykit.linearize.problem import Mutator, Observation, OutOfTime, Problem, Walked
from kandykit.linearize.search import Search
from kandykit.linearize.stories import CREATE, DELETE, tell
from kandykit.linearize.verdict import Judged, Ok, Unknown, Violation
from kandykit.model.event import Event
from kandykit.model.subscriber_law import form_of
from kandykit.terms import Terms

MOST_STARTS = 64
"""So many possible starts are tried where the first read of the inventory was not alone."""


def never() -> bool:
    """No deadline."""
    return False


def judge_history(
    events: Sequence[Event],
    terms: Terms,
    *,
    start: tuple[int, int] | None = None,
    live: frozenset[str] = frozenset(),
    fences: Sequence[float] = (),
    idempotent: bool | None = None,
    forms: frozenset[str] = frozenset(),
    expired: Callable[[], bool] = never,
) -> Judged:
    """Whether one account's history can be explained (L12), and by which law not.

    ``start`` is the (total, used) before the first event; without it the first read of the inventory tells. ``live``
    are the identities that lived then. ``fences`` are moments (of the exchanges' clock) at which every earlier call has
    acted or never will, usually the starts of quiet reads; ``idempotent`` says whether this target answers a delete
    without effect by 2xx (None: nobody knows). ``forms`` are the forms of identities (`form_of`) that it has accepted
    before: a create of one it never accepted may be refused for that. ``expired`` ends the search: then the answer is
    `Unknown`.
    """
    shown = [_shows_total(event.reply.inventory) for event in events if event.reply.inventory is not None]
    if shown and not any(shown):
        # The limit bounds a number that this target never shows: how near it was, nobody can tell.
        terms = replace(terms, limit=None)
    lags = terms.settle_s > 0
    fences = _quiet(events, fences)
    ledger = Ledger(events)
    broken = list(ledger_violations(events, ledger, lags=lags))
    told = tell(events, live, fences, idempotent=idempotent)
    broken += told.violations
    if broken:
        return broken[0]
    orders = tuple(order_mutators(events, ledger, fences, lags=lags))
    mutators = (*told.mutators, *orders)
    waiting = [each for each in orders if each.due - each.called > 0 and each.optional]
    observations = () if lags else tuple(_observations(events, terms, live, waiting, forms))
    limit = inf if terms.limit is None else float(terms.limit)
    starts = [start] if start is not None else _starts(mutators, observations)
    if starts is None:
        return Unknown("no read of the inventory tells where the history began")
    judged: Judged = Unknown("no read of the inventory tells where the history began")
    for total, used in starts:
        problem = Problem(total, used, mutators, observations, limit)
        judged = _judge(problem, events, told.entangled, live, idempotent, expired)
        if not isinstance(judged, Violation):
            break
    return judged


def _judge(
    problem: Problem,
    events: Sequence[Event],
    entangled: set[str],
    live: frozenset[str],
    idempotent: bool | None,
    expired: Expired,
) -> Judged:
    try:
        if entangled:
            followed = tuple(_followed(events, entangled, idempotent))
            walked = GeneralSearch(problem, followed, live & entangled, expired).walk()
            evidence = tuple(sorted({*(op.seq for op in followed), *_about(problem, walked)}))
            laws: tuple[str, ...] = ("L9",) if any(op.seq == walked.stuck for op in followed) else ()
        else:
            walked = Search(problem, expired).walk()
            if walked.stuck is not None:
                shrunk = shrink(problem, walked, tuple(_refused(events)), tuple(_rejected(events)), expired)
                walked, problem, laws = shrunk.walked, shrunk.problem, shrunk.laws
                ops: list[Mutator | Observation] = [*problem.mutators, *problem.observations]
                evidence = tuple(sorted({op.seq for op in ops}))
    except OutOfTime as late:
        return Unknown("the deadline passed before the search was over", late.trail)
    if walked.stuck is None:
        return Ok(walked.trail)
    event = next(event for event in events if event.seq == walked.stuck)
    laws = tuple(dict.fromkeys((*_plainest(event, problem), *laws, "L12")))
    return Violation(
        laws,
        _title(event),
        "one of " + " or ".join(f"total {total}, used {used}" for total, used in walked.before[:6]) + " just before",
        _claim(event),
        evidence,
        walked.stuck,
        walked.before,
    )


def _shows_total(view: InventoryView) -> bool:
    return view.total is not None or (view.used is not None and view.available is not None)


def _quiet(events: Sequence[Event], moments: Sequence[float]) -> list[float]:
    """Those moments at which no call was under way that was answered: only they can be fences."""
    answered = sorted(
        (event.exchange.started, event.exchange.ended) for event in events if event.reply.outcome is not Outcome.UNCLEAR
    )
    latest = list(accumulate((ended for _, ended in answered), max, initial=-inf))
    return [moment for moment in moments if latest[bisect_left(answered, (moment, -inf))] <= moment]


class _Waiting:
    """Orders that may still be decided, in sums by the moments at which that begins and ends."""

    def __init__(self, mutators: Iterable[Mutator], sign: int) -> None:
        of_kind = [(each.called, each.due, abs(each.kind.total)) for each in mutators if each.kind.total * sign > 0]
        self._called, self._due = sorted(each[0] for each in of_kind), sorted(each[1] for each in of_kind)
        self._begun = [0, *accumulate(size for _, _, size in sorted(of_kind))]
        self._over = [0, *accumulate(size for _, _, size in sorted(of_kind, key=lambda each: each[1]))]

    def during(self, called: float, due: float) -> int:
        """How many products the orders are about that were waiting at any moment of this time."""
        return self._begun[bisect_right(self._called, due)] - self._over[bisect_left(self._due, called)]


# -- what was seen ----------------------------------------------------------------------------------------------


def _observations(
    events: Sequence[Event],
    terms: Terms,
    live: frozenset[str],
    waiting: Sequence[Mutator],
    known: frozenset[str],
) -> Iterable[Observation]:
    """What reads and refusals say of the numbers; 429, 401 and refusals with more than one cause say nothing."""
    forms = known | {form_of(event.meant.identity) for event in events if _created(event)}  # type: ignore[union-attr]
    touched: dict[str, int] = {}
    for event in events:
        if isinstance(event.meant, CreateSubscriber | DeleteSubscriber):
            shown = event.reply.subscriber
            if identity := event.meant.identity or (shown.identity if shown else None):
                touched[identity] = touched.get(identity, 0) + 1
    fewer, more = _Waiting(waiting, -1), _Waiting(waiting, 1)
    for event in events:
        meant, reply, exchange = event.meant, event.reply, event.exchange
        called, due = exchange.started, exchange.ended
        if isinstance(meant, ReadInventory) and reply.outcome is Outcome.DONE and reply.inventory is not None:
            view = reply.inventory
            yield Observation(event.seq, called, due, view.total, view.used, view.available)
            continue
        rejected = isinstance(meant, PlaceOrder) and reply.order is not None and reply.order.stage is Stage.NOT_DONE
        refused = reply.outcome is Outcome.REFUSED and reply.status != 401 and not event.excused
        if not (refused or rejected):
            continue
        reserved, promised = fewer.during(called, due), more.during(called, due)
        if isinstance(meant, CreateSubscriber):
            fresh = meant.identity is None or (meant.identity not in live and touched[meant.identity] == 1)
            if fresh and form_of(meant.identity) in forms:
                yield Observation(event.seq, called, due, available_below=1 + reserved)
        elif isinstance(meant, PlaceOrder) and meant.kind is OrderKind.DECREMENT:
            yield Observation(event.seq, called, due, available_below=meant.quantity + reserved)
        elif isinstance(meant, PlaceOrder) and terms.limit is not None:
            yield Observation(event.seq, called, due, total_above=terms.limit - meant.quantity - promised)


def _created(event: Event) -> bool:
    return isinstance(event.meant, CreateSubscriber) and event.reply.outcome is Outcome.DONE


def _starts(mutators: Sequence[Mutator], observations: Sequence[Observation]) -> list[tuple[int, int]] | None:
    """The numbers before the history, from its first full read: what had happened by then, and what may have."""
    reads = [seen for seen in observations if _owned(seen) is not None]
    if not reads:
        return None
    first = min(reads, key=lambda seen: seen.due)
    shown = _owned(first)
    assert shown is not None
    starts = {shown}
    for mutator in mutators:
        if mutator.called > first.due:
            continue
        without = {(total - mutator.kind.total, used - mutator.kind.used) for total, used in starts}
        certain = mutator.due < first.called and not mutator.optional
        starts = without if certain else starts | without
        if len(starts) > MOST_STARTS:
            return None
    return sorted((total, used) for total, used in starts if 0 <= used <= total)


def _owned(seen: Observation) -> tuple[int, int] | None:
    if seen.total is not None and seen.used is not None:
        return seen.total, seen.used
    if seen.total is not None and seen.available is not None:
        return seen.total, seen.total - seen.available
    if seen.used is not None and seen.available is not None:
        return seen.used + seen.available, seen.used
    return None


# -- identities that only the general search can follow ----------------------------------------------------------


def _followed(events: Sequence[Event], entangled: set[str], idempotent: bool | None) -> Iterable[Birth | Death]:
    for event in events:
        meant, reply, exchange = event.meant, event.reply, event.exchange
        unclear = reply.outcome is Outcome.UNCLEAR
        due = inf if unclear else exchange.ended
        if isinstance(meant, CreateSubscriber):
            identity = (reply.subscriber.identity if reply.subscriber else None) or meant.identity
            if identity in entangled and reply.outcome in (Outcome.DONE, Outcome.UNCLEAR):
                yield Birth(event.seq, identity, exchange.started, due, unclear, again=reply.status == 200)
        elif isinstance(meant, DeleteSubscriber) and meant.identity in entangled:
            if reply.outcome is Outcome.THROTTLED or reply.status == 401:
                continue
            effect = reply.outcome is not Outcome.REFUSED
            idle = idempotent is not False
            yield Death(event.seq, meant.identity, exchange.started, due, unclear, effect, idle)


def _about(problem: Problem, walked: Walked) -> set[int]:
    """Calls in flight when it got stuck."""
    ops: list[Mutator | Observation] = [*problem.mutators, *problem.observations]
    return {op.seq for op in ops if op.called <= walked.when <= op.due or op.seq == walked.stuck}


# -- words -------------------------------------------------------------------------------------------------------


def _refused(events: Sequence[Event]) -> Iterable[Mutator]:
    """What refusals say was not done, as options: with L4 dropped it was."""
    for event in events:
        if event.reply.outcome not in (Outcome.REFUSED, Outcome.THROTTLED):
            continue
        meant, exchange = event.meant, event.exchange
        if isinstance(meant, PlaceOrder):
            kind = order_kind(meant)._replace(needs=0, limited=False)
        elif isinstance(meant, CreateSubscriber):
            kind = CREATE._replace(needs=0)
        elif isinstance(meant, DeleteSubscriber):
            kind = DELETE
        else:
            continue
        yield Mutator(event.seq, kind, exchange.started, exchange.ended, optional=True)


def _rejected(events: Sequence[Event]) -> Iterable[Mutator]:
    """What orders that were accepted and ended rejected did not do, as options: with L1 dropped they did."""
    ended = {
        view.number
        for event in events
        for view in (*(event.reply.orders or ()), *((event.reply.order,) if event.reply.order else ()))
        if view.stage is Stage.NOT_DONE
    }
    for event in events:
        view = event.reply.order
        if isinstance(event.meant, PlaceOrder) and view is not None and view.number in ended:
            kind = order_kind(event.meant)._replace(needs=0, limited=False)
            yield Mutator(event.seq, kind, event.exchange.started, inf, optional=True)


def _plainest(event: Event, problem: Problem) -> tuple[str, ...]:
    """The law that the impossible answer itself speaks of."""
    meant, reply = event.meant, event.reply
    if isinstance(meant, CreateSubscriber):
        return ("L5",)
    if isinstance(meant, PlaceOrder):
        return ("L6",) if meant.kind is OrderKind.DECREMENT else ("L7",)
    if isinstance(meant, ReadInventory) and reply.inventory is not None:
        view = reply.inventory
        total, used = view.total, view.used
        if (total is not None and used is not None and used > total) or (view.available or 0) < 0:
            return ("L3",)
        if total is not None and total > problem.limit:
            return ("L3",)
    return ()


def _title(event: Event) -> str:
    meant, refused = event.meant, event.refused
    if isinstance(meant, ReadInventory):
        return "No order of the concurrent calls explains what a read of the inventory shows"
    did = "refused" if refused else "accepted"
    return f"No order of the concurrent calls explains that {event.words} is {did}"


def _claim(event: Event) -> str:
    view = event.reply.inventory
    if view is not None:
        parts = (("total", view.total), ("used", view.used), ("available", view.available))
        return ", ".join(f"{name} {number}" for name, number in parts if number is not None)
    return f"{event.reply.status}"
