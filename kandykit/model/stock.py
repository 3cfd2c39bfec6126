"""The possible worlds of an account's stock, and the questions that answers left open.

A *world* is one state that the answers so far allow. A *question* is something that may have happened, or may happen
yet: every open question doubles the worlds, and every answer that only some worlds could have given halves them again.
An identity whose subscriber is live in some worlds only is *in doubt*, and each world says how it is there.

Three kinds of question are put aside instead of being kept open, so that the worlds stay few: an order whose answer
never came and which a later read did not show (it may be pending, unseen), an increment that is pending for very long
(beyond the limit it may stay so), and the oldest ones when there are too many. They are *dormant*: believed not to
have happened until numbers appear that only they explain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice, product
from math import inf
from typing import Final, NamedTuple

from kandykit.calls import InventoryView

MOST_WORLDS: Final = 128
"""With more worlds than this the oldest question is put aside, rather than being followed for ever."""

MOST_DOUBTS: Final = 6
"""So many identities are followed through the worlds; of an older one it is only known that it is in doubt."""

MOST_AT_START: Final = 5
"""So many open questions are followed when a read starts anew: it may show each as happened already, or not."""

MOST_REVIVALS: Final = 2000
"""So many combinations of dormant questions are tried as the explanation of one answer."""

LONGEST_LAG_S: Final = 5.0
"""A read that is wrong for longer than this, in seconds, is no lagging read."""

STALLED_S: Final = 10.0
"""An increment that is pending for longer than this, in seconds, is one that may never be fulfilled."""

Key = int | str
"""What names a question: the exchange that raised it, or the number of an order that is not ours."""


class World(NamedTuple):
    """One possible state: products owned and used, the open questions answered by yes, the doubtful who are live."""

    total: int
    used: int
    happened: frozenset[Key] = frozenset()
    alive: frozenset[str] = frozenset()

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
    still happen; after that it has happened or never will. ``identity`` is the subscriber that it makes or removes.
    ``lingers`` marks an order that could be pending without anybody having said so.
    """

    key: Key
    total: int
    used: int
    closes: float
    identity: str = ""
    lingers: bool = False


@dataclass(slots=True)
class Extremes:
    """The least that was available and the most that was owned while a pending order waited for its decision."""

    least_available: float = inf
    most_total: float = -inf


class Stock:
    """All worlds that the answers so far allow; None where nothing is known.

    ``knows_total`` and ``knows_available`` say whether the answers show these numbers at all: a target that shows only
    one number leaves the others relative to wherever they stood at the first read.
    """

    def __init__(self) -> None:
        self.worlds: frozenset[World] | None = None
        self.questions: dict[Key, Question] = {}
        self.answers: dict[Key, bool] = {}
        self.dormant: dict[Key, Question] = {}
        self.doubtful: dict[str, None] = {}
        self.watched: dict[Key, Extremes] = {}
        self.knows_total = False
        self.knows_available = False
        self.memory_s = LONGEST_LAG_S
        self._unsure: set[Key] = set()
        self._past: deque[tuple[float, frozenset[World]]] = deque()
        self._effects: deque[tuple[float, int, int]] = deque()

    # -- what is possible ---------------------------------------------------------------------------------------

    def availables(self, since: float = inf) -> tuple[int, int]:
        """The least and the most that may be available.

        What pending decrements reserve counts as either; ``since`` adds what may have been so since then.
        """
        worlds = self._lately(since)
        unseen = sum(max(question.total, 0) for question in self.dormant.values())
        return min(self._least_available(world) for world in worlds), max(world.available for world in worlds) + unseen

    def totals(self, since: float = inf) -> tuple[int, int]:
        """The least and the most that may be owned; pending increments count as either."""
        worlds = self._lately(since)
        unseen = sum(min(question.total, 0) for question in self.dormant.values())
        return min(world.total for world in worlds) + unseen, max(self._most_total(world) for world in worlds)

    @property
    def unseen(self) -> bool:
        """Whether an order whose answer never came may be pending, without anything having shown it."""
        return any(question.lingers for question in self.dormant.values())

    def shown(self) -> list[tuple[int, int]]:
        """Each possible (total, used), in order, for people."""
        return sorted({(world.total, world.used) for world in self.worlds or ()})

    def _lately(self, since: float) -> Iterable[World]:
        assert self.worlds is not None
        if since == inf or not self._past:
            return self.worlds
        return [*self.worlds, *(world for until, past in self._past if until >= since for world in past)]

    def _least_available(self, world: World, without: Key | None = None) -> int:
        if not self.questions and not self.dormant:
            return world.total - world.used
        return world.available + sum(
            question.total
            for book in (self.questions, self.dormant)
            for question in book.values()
            if question.total < 0 and question.key not in world.happened and question.key != without
        )

    def _most_total(self, world: World, without: Key | None = None) -> int:
        if not self.questions and not self.dormant:
            return world.total
        return world.total + sum(
            question.total
            for book in (self.questions, self.dormant)
            for question in book.values()
            if question.total > 0 and question.key not in world.happened and question.key != without
        )

    # -- what happens -------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Know nothing until the next read; what is still open stays open."""
        self.worlds = None
        self._past.clear()
        self.doubtful.clear()
        self._unsure.update(self.dormant)
        for extremes in self.watched.values():
            extremes.least_available, extremes.most_total = -inf, inf

    def change(self, total: int, used: int, when: float) -> None:
        """Something certainly happened; an open question may be answered by yes after it, too."""
        self._effects.append((when, total, used))
        while self._effects[0][0] < when - self.memory_s:
            self._effects.popleft()
        if self.worlds is not None:
            self._replace((World(w.total + total, w.used + used, w.happened, w.alive) for w in self.worlds), when)
            self._spread(when)

    def narrow(self, worlds: Iterable[World], when: float) -> bool:
        """Keep only these worlds; False (and no change) where none is left."""
        kept = frozenset(worlds)
        if not kept:
            return False
        if kept != self.worlds:
            self._replace(kept, when)
            self._spread(when)
        return True

    def ask(self, question: Question, when: float) -> None:
        """Something may have happened, or may yet."""
        self.questions[question.key] = question
        if self.worlds is not None:
            self._replace(self.worlds, when)
            self._spread(when)

    def watch(self, key: Key) -> None:
        """Note from now on what an order that waits for its decision could have met."""
        self.watched[key] = Extremes(-inf, inf) if self.worlds is None else Extremes()
        self._note()

    def settle(self, key: Key, happened: bool, when: float) -> None:
        """A question is answered, not by numbers but by word; numbers that disagree are made to agree."""
        self.watched.pop(key, None)
        asleep = self.dormant.pop(key, None)
        if asleep is not None:
            if happened and key in self._unsure:
                self.forget()  # whether the last read showed it already was never learnt
            elif happened:
                self.change(asleep.total, asleep.used, when)
            self._unsure.discard(key)
            return
        question = self.questions.pop(key, None)
        if question is None:
            return
        if happened:  # a first read after this may be too late to show it
            self._effects.append((when, question.total, question.used))
        if self.worlds is None:
            return
        agreeing = [world for world in self.worlds if (key in world.happened) == happened]
        sign = 1 if happened else -1
        forced = agreeing or [
            w._replace(total=w.total + sign * question.total, used=w.used + sign * question.used) for w in self.worlds
        ]
        self._replace((w._replace(happened=w.happened - {key}) for w in forced), when)
        self._spread(when)

    def mistake(self, taken: Key, asleep: Key) -> bool:
        """What numbers were laid to one question was done by a dormant one like it; False where that sleeps no more."""
        if not self.answers.get(taken) or asleep not in self.dormant:
            return False
        self.answers[taken] = False
        del self.dormant[asleep]
        self.watched.pop(asleep, None)
        if asleep in self._unsure:
            self._unsure.discard(asleep)
            self.forget()
        return True

    def wake(self, key: Key) -> None:
        """A dormant question turns out to be open for good: an order that is pending after all."""
        asleep = self.dormant.pop(key, None)
        known = asleep or self.questions.get(key)
        if known is None:
            return
        self.questions[key] = Question(key, known.total, known.used, inf, known.identity)
        if asleep is not None and key in self._unsure:
            self._unsure.discard(key)
            self.forget()
        elif self.worlds is not None:
            self._spread(inf)
        self.watch(key)

    def shelve(self, key: Key) -> None:
        """Put an open question aside: an order that is pending for so long that it may be so for ever."""
        if key in self.questions:
            self._sleep(key)

    # -- what a read shows --------------------------------------------------------------------------------------

    def matching(self, view: InventoryView) -> list[World]:
        """The worlds that an inventory answer fits."""
        return [world for world in self.worlds or () if world.shows(view)]

    def grounds(self, view: InventoryView) -> bool:
        """Whether an inventory answer shows a number that no answer has shown since the stock became known."""
        total, available = _shown_by(view)
        return (total and not self.knows_total) or (available and not self.knows_available)

    def affording(self, quantity: int) -> list[World]:
        """The worlds in which so many products are available, be it by an order that nobody confirmed."""
        return [world for world in self.worlds or () if world.available >= quantity] + self.revived(
            lambda world: world.available >= quantity
        )

    def revived(self, fits: Callable[[World], bool]) -> list[World]:
        """The worlds that fit once the fewest dormant questions are answered by yes.

        Questions of one effect cannot be told apart: where all of them are needed they are open again, where only
        some are, nobody knows which, so the rest of their story starts anew when it is told.
        """
        alike: dict[tuple[int, int], list[Question]] = {}
        for question in self.dormant.values():
            alike.setdefault((question.total, question.used), []).append(question)
        tried = islice(product(*(range(len(group) + 1) for group in alike.values())), MOST_REVIVALS)
        for counts in sorted(tried, key=sum)[1:]:
            total = sum(effect[0] * count for effect, count in zip(alike, counts, strict=True))
            used = sum(effect[1] * count for effect, count in zip(alike, counts, strict=True))
            told: set[Key] = set()
            for group, count in zip(alike.values(), counts, strict=True):
                told.update(question.key for question in group if count == len(group))
            found = [
                after
                for w in self.worlds or ()
                if not fits(w) and fits(after := World(w.total + total, w.used + used, w.happened | told, w.alive))
            ]
            if found:
                for group, count in zip(alike.values(), counts, strict=True):
                    if 0 < count < len(group):
                        self._unsure.update(question.key for question in group)
                self.questions.update({key: self.dormant.pop(key) for key in told})
                return found
        return []

    def lagging(self, view: InventoryView, since: float) -> float | None:
        """When numbers that fit this answer were last true, if that was later than ``since``; else None."""
        for until, worlds in reversed(self._past):
            if until < since:
                return None
            if any(world.shows(view) for world in worlds):
                return until
        return None

    def observe(self, worlds: Iterable[World], started: float, ended: float) -> None:
        """An inventory answer left these worlds; questions that all of them answer alike are closed."""
        kept = frozenset(worlds)
        if kept != self.worlds:
            self._replace(kept, ended)
        if not self.questions:
            return
        assert self.worlds is not None
        for key, question in list(self.questions.items()):
            yes = sum(key in world.happened for world in self.worlds)
            if yes == len(self.worlds):
                self._close(key, True)
                self.worlds = frozenset(w._replace(happened=w.happened - {key}) for w in self.worlds)
            elif not yes and question.closes <= started:
                self._close(key, False)
                if question.lingers:
                    self.dormant[key] = question
        self._spread(ended)

    def start(self, view: InventoryView, started: float, lag_s: float = 0.0) -> None:
        """Know what an inventory answer shows; what it does not show is counted from zero.

        Open questions that may still happen stay: the answer may show them as happened already, or not. Where reads
        lag, the latest changes may be missing from it.
        """
        used = view.used
        total = view.total
        if total is None:
            total = (view.available or 0) + (used or 0)
        if used is None:
            used = total - view.available if view.available is not None else 0
        self.knows_total, self.knows_available = _shown_by(view)
        self.forget()
        for key, question in list(self.questions.items()):
            if question.closes <= started:
                del self.questions[key]
                if question.lingers:
                    self._put_aside(question)
        while len(self.questions) > MOST_AT_START:
            self._put_aside(self.questions.pop(next(iter(self.questions))))
        answered: set[frozenset[Key]] = {frozenset()}
        for key in self.questions:
            answered |= {already | {key} for already in answered}
        lately = [effect for effect in self._effects if lag_s and effect[0] >= started - lag_s]
        missing = [(0, 0)]
        for _, more, taken in reversed(lately):
            missing.append((missing[-1][0] + more, missing[-1][1] + taken))
        self.worlds = frozenset(
            World(total + more, used + taken, already) for already in answered for more, taken in missing
        )
        self._spread(started)
        if lag_s:
            # A later read may be older than this one: it may miss what this one shows.
            before = frozenset(earlier for w in self.worlds for earlier in self._before(w))
            for index, (when, _, _) in enumerate(lately):
                more, taken = missing[len(lately) - index]
                self._past.append((when, frozenset(World(w.total - more, w.used - taken) for w in before)))
            self._past.append((started, before))

    # -- identities in doubt ------------------------------------------------------------------------------------

    def doubt(self, identity: str, live: bool) -> None:
        """From now on every world says by itself whether this subscriber is live; so far all say the same."""
        if self.worlds is None or identity in self.doubtful:
            return
        while len(self.doubtful) >= MOST_DOUBTS:
            self._undoubt(next(iter(self.doubtful)))
        self.doubtful[identity] = None
        if live:
            self.worlds = frozenset(w._replace(alive=w.alive | {identity}) for w in self.worlds)

    def decided(self, now: float) -> list[tuple[str, bool]]:
        """The identities of which all worlds say the same and nothing is on its way: they are in doubt no longer."""
        if not self.doubtful or self.worlds is None:
            return []
        found: list[tuple[str, bool]] = []
        for identity in list(self.doubtful):
            if self.under_way(identity, now):
                continue
            said = {identity in world.alive for world in self.worlds}
            if len(said) == 1:
                found.append((identity, said.pop()))
                self._undoubt(identity)
        return found

    def under_way(self, identity: str, now: float) -> bool:
        """Whether an unclear call about this identity may still act."""
        return any(question.identity == identity and question.closes > now for question in self.questions.values())

    def _undoubt(self, identity: str) -> None:
        del self.doubtful[identity]
        self.worlds = frozenset(w._replace(alive=w.alive - {identity}) for w in self.worlds or ())

    # -- inside -------------------------------------------------------------------------------------------------

    def _replace(self, worlds: Iterable[World], when: float) -> None:
        if self.worlds is not None:
            self._past.append((when, self.worlds))
            while self._past and self._past[0][0] < when - self.memory_s:
                self._past.popleft()
            self.worlds = frozenset(worlds)
            self._note()

    def _close(self, key: Key, happened: bool) -> None:
        del self.questions[key]
        self.answers[key] = happened
        self.watched.pop(key, None)

    def _put_aside(self, question: Question) -> None:
        self.dormant[question.key] = question
        self._unsure.add(question.key)
        self.watched.pop(question.key, None)

    def _yes(self, world: World, question: Question) -> World | None:
        """The world after a question was answered by yes; None where it cannot be (again)."""
        if question.key in world.happened:
            return None
        alive = world.alive
        identity = question.identity
        if identity in self.doubtful:
            if (identity in alive) == (question.used > 0):
                return None
            alive = alive | {identity} if question.used > 0 else alive - {identity}
        return World(world.total + question.total, world.used + question.used, world.happened | {question.key}, alive)

    def _before(self, world: World) -> Iterable[World]:
        """The worlds from which answering questions by yes led to this one."""
        reached = {frozenset[Key](): World(world.total, world.used)}
        for key in world.happened:
            question = self.questions[key]
            for kept, w in list(reached.items()):
                reached[kept | {key}] = World(w.total - question.total, w.used - question.used)
        return reached.values()

    def _spread(self, when: float) -> None:
        """A question that is still open may be answered by yes at any time: add the worlds in which it was."""
        if self.worlds is None or not self.questions:
            return
        asked = [question for question in self.questions.values() if question.closes >= when]
        reached = set(self.worlds)
        fresh = list(reached) if asked else []
        while fresh and len(reached) <= MOST_WORLDS:
            world = fresh.pop()
            for question in asked:
                after = self._yes(world, question)
                if after is not None and after not in reached:
                    reached.add(after)
                    fresh.append(after)
        if len(reached) > MOST_WORLDS:
            self._sleep_oldest()
            self._spread(when)
            return
        self.worlds = frozenset(reached)
        self._note()

    def _sleep_oldest(self) -> None:
        self._sleep(next(iter(self.questions)))

    def _sleep(self, key: Key) -> None:
        self._put_aside(self.questions.pop(key))
        if self.worlds is None:
            return
        unhappened = [world for world in self.worlds if key not in world.happened]
        self.worlds = frozenset(unhappened or [w._replace(happened=w.happened - {key}) for w in self.worlds])

    def _note(self) -> None:
        if self.worlds is None:
            return
        for key, extremes in self.watched.items():
            undecided = [world for world in self.worlds if key not in world.happened]
            if undecided:
                least = min(self._least_available(world, key) for world in undecided)
                most = max(self._most_total(world, key) for world in undecided)
                extremes.least_available = min(extremes.least_available, least)
                extremes.most_total = max(extremes.most_total, most)


def _shown_by(view: InventoryView) -> tuple[bool, bool]:
    """Whether an answer shows what is owned, and what is available, be it as the sum or difference of the others."""
    numbers = (view.total is not None, view.used is not None, view.available is not None)
    return numbers[0] or numbers[1:] == (True, True), numbers[2] or numbers[:2] == (True, True)
