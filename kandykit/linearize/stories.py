"""Subscribers taken out of a history: what is left of each one's story is a create and a delete with a window.

This is exact where identities are learnt from the answer or used once. Where a story cannot be told apart (creates of
one identity that overlap its deletes), it is left to the general search.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from kandykit.calls import CreateSubscriber, DeleteSubscriber, Outcome
from kandykit.linearize.problem import Kind, Mutator
from kandykit.linearize.verdict import Violation
from kandykit.model.event import Event

CREATE = Kind(0, 1, needs=1)
DELETE = Kind(0, -1)


@dataclass(slots=True)
class Story:
    """The calls about one identity, in the order of their starts."""

    identity: str
    creates: list[Event] = field(default_factory=list)
    refused: list[Event] = field(default_factory=list)
    deletes: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What came of the stories: mutators, contradictions, and identities that only the general search can judge."""

    mutators: list[Mutator] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    entangled: set[str] = field(default_factory=set)


def tell(events: Sequence[Event], live: frozenset[str], fences: Sequence[float], *, idempotent: bool | None) -> Told:
    """Judge every subscriber's story by itself.

    ``live`` are the identities that lived when the history began; ``fences`` moments at which every earlier call has
    acted or never will; ``idempotent`` whether a delete without effect may be answered 2xx (None: nobody knows).
    """
    told = Told()
    stories: dict[str, Story] = {}
    for event in sorted(events, key=lambda event: event.exchange.started):
        meant, outcome = event.meant, event.reply.outcome
        if isinstance(meant, CreateSubscriber) and outcome is not Outcome.THROTTLED:
            shown = event.reply.subscriber
            identity = (shown.identity if shown else None) or meant.identity
            if identity is None:
                if outcome is not Outcome.REFUSED:
                    told.mutators.append(_create(event, fences))
                continue
            story = stories.setdefault(identity, Story(identity))
            (story.refused if outcome is Outcome.REFUSED else story.creates).append(event)
        elif isinstance(meant, DeleteSubscriber) and outcome is not Outcome.THROTTLED and event.reply.status != 401:
            stories.setdefault(meant.identity, Story(meant.identity)).deletes.append(event)
    for story in stories.values():
        _tell_one(story, story.identity in live, fences, idempotent, told)
    told.violations += _shared_passwords(events)
    return told


def _tell_one(story: Story, lived: bool, fences: Sequence[float], idempotent: bool | None, told: Told) -> None:
    sure = [event for event in story.creates if event.reply.outcome is Outcome.DONE]
    unsure = [event for event in story.creates if event.reply.outcome is not Outcome.DONE]
    if unsure:
        if sure or lived:
            told.entangled.add(story.identity)
        else:
            _tell_unsure(story, unsure, fences, idempotent, told)
        return
    # The same subscriber once more, shown with 200, is no second one.
    if lived:
        sure = [event for event in sure if event.reply.status != 200 or _gone_before(event, story.deletes)]
    elif len(sure) > 1:
        sure = [event for event in sure if event.reply.status != 200] or sure[:1]
    lives: list[Event | None] = [*((None,) if lived else ()), *sure]
    deletes = story.deletes
    ends_of: list[list[Event]] = []
    followed = list(zip(lives, [*lives, None][1:], strict=True))
    for birth, after in followed:
        begins = birth.exchange.ended if birth else -inf
        ends, answered = (after.exchange.started, after.exchange.ended) if after else (inf, inf)
        mine = [event for event in deletes if event.exchange.started <= answered]
        if any(event.exchange.started <= begins or event.exchange.ended >= ends for event in mine):
            # All of its lives are left to the general search: none may be told here as well.
            told.entangled.add(story.identity)
            return
        deletes = deletes[len(mine) :]
        ends_of.append(mine)
    for (birth, after), mine in zip(followed, ends_of, strict=True):
        if birth is not None:
            told.mutators.append(_create(birth, fences))
        if after is not None and not any(_may_delete(event) for event in mine):
            told.violations.append(_two_at_once(birth, after))
            return
        _tell_death(birth, mine, fences, idempotent, told)


def _tell_death(
    birth: Event | None, deletes: list[Event], fences: Sequence[float], idempotent: bool | None, told: Told
) -> None:
    """One life's end: the first delete that has effect, somewhere before the first answer that tells of it."""
    accepted = [event for event in deletes if event.reply.outcome is Outcome.DONE]
    refused = [event for event in deletes if event.reply.outcome is Outcome.REFUSED]
    acting = [event for event in deletes if _may_delete(event)]
    if idempotent is False and len(accepted) > 1:
        told.violations.append(
            Violation(
                ("L10", "L12"),
                "Two deletes of one subscriber are both accepted",
                "one accepted delete, and a refusal of the other",
                "both are accepted",
                tuple(event.seq for event in _with(birth, accepted[:2])),
                accepted[1].seq,
            )
        )
        return
    gone = min((event.exchange.ended for event in (*accepted, *refused)), default=inf)
    acting = [event for event in acting if event.exchange.started <= gone]
    if not acting:
        if refused:
            told.violations.append(
                Violation(
                    ("L10", "L12"),
                    "A delete of a live subscriber is refused",
                    "the subscriber is deleted",
                    f"a refusal with {refused[0].reply.status}",
                    tuple(event.seq for event in _with(birth, refused[:1])),
                    refused[0].seq,
                )
            )
        return
    called = min(event.exchange.started for event in acting)
    unclear = all(event.reply.outcome is Outcome.UNCLEAR for event in acting)
    seq = next((event.seq for event in acting if event.reply.outcome is Outcome.DONE), acting[0].seq)
    if unclear:
        # A fence caps also what a later refusal has resolved: by then the last delete had acted, or none ever would.
        gone = min(gone, _fence(max(event.exchange.started for event in acting), fences))
    told.mutators.append(Mutator(seq, DELETE, called, gone, optional=unclear and not refused))


def _tell_unsure(
    story: Story, unsure: list[Event], fences: Sequence[float], idempotent: bool | None, told: Told
) -> None:
    """A create whose answer never came, of an identity of our choice: it made one subscriber at most."""
    called = min(event.exchange.started for event in unsure)
    fence = _fence(max(event.exchange.started for event in unsure), fences)
    accepted = [event for event in story.deletes if event.reply.outcome is Outcome.DONE]
    refused = [event for event in story.deletes if event.reply.outcome is Outcome.REFUSED]
    seq = unsure[0].seq
    if (
        not accepted
        and any(event.exchange.started >= fence for event in refused)
        and len(refused) == len(story.deletes)
    ):
        return
    if accepted and idempotent is False and len(story.deletes) == 1:
        gone = accepted[0]
        told.mutators.append(Mutator(seq, CREATE, called, min(gone.exchange.ended, fence)))
        told.mutators.append(Mutator(gone.seq, DELETE, gone.exchange.started, gone.exchange.ended))
        return
    told.mutators.append(Mutator(seq, CREATE, called, fence, optional=True))
    acting = [event for event in story.deletes if _may_delete(event)]
    if acting:
        first = acting[0]
        told.mutators.append(Mutator(first.seq, DELETE, first.exchange.started, inf, optional=True))


def _create(event: Event, fences: Sequence[float]) -> Mutator:
    exchange = event.exchange
    if event.reply.outcome is Outcome.DONE:
        return Mutator(event.seq, CREATE, exchange.started, exchange.ended)
    return Mutator(event.seq, CREATE, exchange.started, _fence(exchange.started, fences), optional=True)


def _fence(called: float, fences: Sequence[float]) -> float:
    return min((fence for fence in fences if fence >= called), default=inf)


def _may_delete(event: Event) -> bool:
    return event.reply.outcome in (Outcome.DONE, Outcome.UNCLEAR)


def _gone_before(create: Event, deletes: Iterable[Event]) -> bool:
    """Whether a delete may have acted before the create was answered."""
    return any(_may_delete(event) and event.exchange.started <= create.exchange.ended for event in deletes)


def _with(birth: Event | None, events: list[Event]) -> list[Event]:
    return [*((birth,) if birth else ()), *events]


def _two_at_once(first: Event | None, second: Event) -> Violation:
    return Violation(
        ("L9", "L12"),
        "Two live subscribers share an identity",
        "a refusal of one of the creates",
        "both creates are accepted, and no delete lies between",
        tuple(event.seq for event in _with(first, [second])),
        second.seq,
    )


def _shared_passwords(events: Sequence[Event]) -> Iterable[Violation]:
    """A password that two subscribers got."""
    first: dict[str, tuple[str | None, int]] = {}
    for event in events:
        shown = event.reply.subscriber
        if not isinstance(event.meant, CreateSubscriber) or shown is None or not shown.password:
            continue
        identity, seq = first.setdefault(shown.password, (shown.identity, event.seq))
        if identity != shown.identity:
            yield Violation(
                ("L9", "L12"),
                "Two subscribers get the same password",
                "a password of its own for each subscriber",
                "the password of another subscriber",
                (seq, event.seq),
                event.seq,
            )
