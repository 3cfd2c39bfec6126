"""The stock that the answers of a few overlapping calls leave possible, from moment to moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import NamedTuple

from kandykit.binding import Binding
from kandykit.calls import CreateSubscriber, DeleteSubscriber, OrderKind, Outcome, PlaceOrder, ReadInventory, Stage
from kandykit.exchange import Exchange
from kandykit.report.words import call_of, reply_of


class Range(NamedTuple):
    """The least and the most that a number can be."""

    low: int
    high: int

    def plus(self, change: int, *, certain: bool) -> Range:
        """After something that changed it, or may have."""
        if certain:
            return Range(self.low + change, self.high + change)
        return Range(self.low + min(change, 0), self.high + max(change, 0))

    @property
    def words(self) -> str:
        """As a reader sees it."""
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Span:
    """What was owned and in use from one moment to another, as far as the answers tell; no law is asked."""

    began: float
    ended: float
    owned: Range
    used: Range

    @property
    def oversold(self) -> bool:
        """Whether more was in use than owned, whatever happened in between."""
        return self.used.low > self.owned.high


@dataclass(frozen=True, slots=True)
class _Change:
    """What one call did to the stock, somewhere from its call until it was due; ``sure`` False if perhaps nothing."""

    owned: int
    used: int
    called: float
    due: float
    sure: bool = True


def possible_stock(calls: Sequence[Exchange], binding: Binding) -> list[Span]:
    """The stock between the calls' beginnings and ends; empty where no read tells with what it began.

    Reads of the inventory that overlapped nothing tell anew what was there.
    """
    calls = sorted(calls, key=lambda call: (call.started, call.seq))
    quiet = {call.ended: shown for call in calls if (shown := _shown(call, binding)) and _alone(call, calls)}
    if not quiet or min(quiet) > min(call.ended for call in calls):
        return []
    changes = list(_changes(calls, binding))
    moments = sorted({moment for call in calls for moment in (call.started, call.ended)})
    spans: list[Span] = []
    known, since = quiet[min(quiet)], min(quiet)
    for began, ended in pairwise(moments):
        if began in quiet and began > since and not any(not c.sure and c.called < began for c in changes):
            known, since = quiet[began], began
        if began < since:
            continue
        owned, used = known
        for change in changes:
            if change.called <= began and change.due > since:
                certain = change.sure and change.due <= began
                owned, used = owned.plus(change.owned, certain=certain), used.plus(change.used, certain=certain)
        spans.append(Span(began, ended, owned, used))
    return spans


def _shown(call: Exchange, binding: Binding) -> tuple[Range, Range] | None:
    view = reply_of(call, binding).inventory
    if not isinstance(call_of(call, binding), ReadInventory) or view is None:
        return None
    if view.total is None or view.used is None:
        return None
    return Range(view.total, view.total), Range(view.used, view.used)


def _alone(call: Exchange, calls: Sequence[Exchange]) -> bool:
    return not any(each is not call and each.started <= call.ended and each.ended >= call.started for each in calls)


def _changes(calls: Sequence[Exchange], binding: Binding) -> Iterator[_Change]:
    """Each change once: of the deletes of one subscriber the first that was answered has done it."""
    deletes: dict[str, list[Exchange]] = {}
    for call in calls:
        asked, reply = call_of(call, binding), reply_of(call, binding)
        if reply.outcome not in (Outcome.DONE, Outcome.UNCLEAR):
            continue
        sure = reply.outcome is Outcome.DONE
        due = call.ended if sure else inf
        if isinstance(asked, CreateSubscriber):
            yield _Change(0, 1, call.started, due, sure)
        elif isinstance(asked, DeleteSubscriber):
            deletes.setdefault(asked.identity, []).append(call)
        elif isinstance(asked, PlaceOrder):
            change = asked.quantity if asked.kind is OrderKind.INCREMENT else -asked.quantity
            stage = reply.order.stage if reply.order else None
            if stage is Stage.DONE:
                yield _Change(change, 0, call.started, due, sure)
            elif stage is not Stage.NOT_DONE:
                yield _Change(change, 0, call.started, inf, False)
    for same in deletes.values():
        answered = [call.ended for call in same if reply_of(call, binding).outcome is Outcome.DONE]
        yield _Change(0, -1, same[0].started, min(answered, default=inf), bool(answered))
