"""The possible worlds of an account's stock, and the questions that answers left open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from kandykit.calls import InventoryView

MOST_WORLDS: Final = 4096
"""Beyond this many worlds the stock counts as unknown until the next read, rather than being searched for ever."""

LONGEST_LAG_S: Final = 5.0
"""A read that is wrong for longer than this, in seconds, is no lagging read."""


class World(NamedTuple):
    """One possible state: products owned, products used, and which open questions are answered by yes in it."""

    total: int
    used: int
    happened: frozenset[int] = frozenset()

    @property
    def available(self) -> int:
        """Products that a new subscriber could take."""
        return self.total - self.used

    def shows(self, view: InventoryView) -> bool:
        """Whether an inventory answer could have been made in this world."""
        return (
            (view.total is None or view.total == self.total)
            and (view.used is None or view.used == self.used)
            and (view.available is None or view.available == self.available)
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Something that may have happened, or may still: a pending order, or a call whose answer is unclear.

    ``total`` and ``used`` are what it adds when it happens. Until ``closes`` (seconds of the exchanges' clock) it may
    still happen; after that it has happened or never will.
    """

    key: int
    total: int
    used: int
    closes: float


class Stock:
    """All worlds that the answers so far allow; None where nothing is known."""

    def __init__(self) -> None:
        self.worlds: frozenset[World] | None = None
        self.questions: dict[int, Question] = {}
        self.answers: dict[int, bool] = {}
        self._past: deque[tuple[float, frozenset[World]]] = deque(maxlen=64)

    # -- what is possible ---------------------------------------------------------------------------------------

    def availables(self) -> tuple[int, int]:
        """The least and the most that may be available; reserved by pending decrements counts as either."""
        assert self.worlds is not None
        least = min(world.available - self._reserved(world) for world in self.worlds)
        return least, max(world.available for world in self.worlds)

    def totals(self) -> tuple[int, int]:
        """The least and the most that may be owned; pending increments count as either."""
        assert self.worlds is not None
        most = max(world.total + self._promised(world) for world in self.worlds)
        return min(world.total for world in self.worlds), most

    def shown(self) -> list[tuple[int, int]]:
        """Each possible (total, used), in order, for people."""
        return sorted({(world.total, world.used) for world in self.worlds or ()})

    def _reserved(self, world: World) -> int:
        return -sum(min(q.total, 0) for q in self.questions.values() if q.key not in world.happened)

    def _promised(self, world: World) -> int:
        return sum(max(q.total, 0) for q in self.questions.values() if q.key not in world.happened)

    # -- what happens -------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Know nothing until the next read; what is still open stays open."""
        self.worlds = None
        self._past.clear()

    def change(self, total: int, used: int, when: float) -> None:
        """Something certainly happened."""
        self._replace((World(w.total + total, w.used + used, w.happened) for w in self.worlds or ()), when)

    def narrow(self, worlds: Iterable[World]) -> bool:
        """Keep only these worlds; False (and no change) where none is left."""
        kept = frozenset(worlds)
        if not kept:
            return False
        self.worlds = kept
        return True

    def ask(self, question: Question, when: float) -> None:
        """Something may have happened, or may yet."""
        self.questions[question.key] = question
        if self.worlds is None:
            return
        self._replace(self.worlds, when)
        self._spread()

    def settle(self, key: int, happened: bool, when: float) -> bool:
        """A question is answered; False where no world agrees with the answer, which is then forced."""
        question = self.questions.pop(key, None)
        if question is None or self.worlds is None:
            return True
        agreeing = [world for world in self.worlds if (key in world.happened) == happened]
        forced = agreeing or [
            World(
                w.total + (question.total if happened else -question.total),
                w.used + (question.used if happened else -question.used),
                w.happened,
            )
            for w in self.worlds
        ]
        self._replace((World(w.total, w.used, w.happened - {key}) for w in forced), when)
        return bool(agreeing)

    def matching(self, view: InventoryView) -> list[World]:
        """The worlds that an inventory answer fits."""
        return [world for world in self.worlds or () if world.shows(view)]

    def lagging(self, view: InventoryView, since: float) -> float | None:
        """When numbers that fit this answer were last true, if that was later than ``since``; else None."""
        for until, worlds in reversed(self._past):
            if until < since:
                return None
            if any(world.shows(view) for world in worlds):
                return until
        return None

    def observe(self, worlds: Iterable[World], started: float) -> None:
        """An inventory answer left these worlds; questions that all of them answer alike are closed."""
        self.worlds = frozenset(worlds)
        for key, question in list(self.questions.items()):
            answers = {key in world.happened for world in self.worlds}
            if answers == {True} or (answers == {False} and question.closes <= started):
                del self.questions[key]
                self.answers[key] = answers == {True}
                self.worlds = frozenset(World(w.total, w.used, w.happened - {key}) for w in self.worlds)
        self._spread()

    def start(self, view: InventoryView, started: float) -> None:
        """Know what an inventory answer shows; what it does not show is counted from zero.

        Open questions that may still happen stay: the answer may show them as happened already, or not.
        """
        used = view.used
        total = view.total
        if total is None:
            total = (view.available or 0) + (used or 0)
        if used is None:
            used = total - view.available if view.available is not None else 0
        self.questions = {key: question for key, question in self.questions.items() if question.closes > started}
        self._past.clear()
        if 2 ** len(self.questions) > MOST_WORLDS:
            return
        answered: set[frozenset[int]] = {frozenset()}
        for key in self.questions:
            answered |= {already | {key} for already in answered}
        self.worlds = frozenset(World(total, used, already) for already in answered)
        self._spread()

    def _replace(self, worlds: Iterable[World], when: float) -> None:
        if self.worlds is not None:
            self._past.append((when, self.worlds))
            self.worlds = frozenset(worlds)

    def _spread(self) -> None:
        """An open question may be answered by yes at any time: add the worlds in which it was."""
        if self.worlds is None or not self.questions:
            return
        reached = set(self.worlds)
        for question in self.questions.values():
            reached |= {
                World(w.total + question.total, w.used + question.used, w.happened | {question.key})
                for w in reached
                if question.key not in w.happened
            }
            if len(reached) > MOST_WORLDS:
                self.forget()
                return
        self.worlds = frozenset(reached)
