"""The racer plays races, and plays again what showed something.

What the calls prove is the hearing's business (`kandykit.hearing.races`); the racer says by marks which calls left
together, and when all was quiet again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from kandykit.docket import Docket
from kandykit.door import Passed
from kandykit.errors import OverBudget, Refused
from kandykit.exchange import Exchange, Intent
from kandykit.explore.explorer import Explorer
from kandykit.explore.races.epoch import Together
from kandykit.explore.races.race import Race
from kandykit.explore.steps import Await, Create, Delete, ListOrders, Look, Step, more
from kandykit.explore.walker import Scene, Walker
from kandykit.hearing import Hearing
from kandykit.hearing.races import Play, Races, alike, broken
from kandykit.judge import Judge
from kandykit.verdict import Finding
from kandykit.wire import Outgoing

PLAYS_AGAIN: Final = 10
"""How often a race is played again at most, to see whether what it showed comes again."""

LATE_S: Final = 1.0
"""After a burst in which a call got no answer in time, so long is waited for it to act, in seconds; an assumption."""

LOSSES: Final = 4
"""After so many findings that never came again the rest of the races is left alone: it would only add to the noise."""


class Racer:
    """Plays races on the account under test.

    ``together`` sends calls that leave together; ``ended`` tells whether the run's time is over. ``racing_s`` says how
    long all that took, and `races` what it came to.
    """

    def __init__(
        self,
        explorer: Explorer,
        together: Together,
        *,
        ended: Callable[[], bool] = lambda: False,
        watch_s: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.explorer = explorer
        self._together = together
        self._dear = ""
        self._ended = ended
        self._watch_s = watch_s
        self._clock = clock
        self._sleep = sleep
        self.racing_s = 0.0
        self._watched_s = 0.0
        self._met = 0

    @property
    def hearing(self) -> Hearing:
        """What hears the calls and says what they prove."""
        return self.explorer.hearing

    @property
    def races(self) -> Races:
        """What the races came to."""
        return self.hearing.races

    @property
    def walker(self) -> Walker:
        """Who plays what is not a burst."""
        return self.explorer.walker

    @property
    def judge(self) -> Judge:
        """Who judges what is not a burst."""
        return self.hearing.judge

    @property
    def docket(self) -> Docket:
        """Where findings are filed."""
        return self.hearing.docket

    @property
    def worn_out(self) -> bool:
        """Whether so much did not come again that going on would only add to the noise."""
        return self.races.lost >= LOSSES or self.explorer.worn_out

    # -- races --------------------------------------------------------------------------------------------------

    def examine(self, race: Race) -> list[Finding]:
        """Play a race and deal with what it shows; returns the findings that stand."""
        if self._ended() or self.worn_out or (race.needs_choice and not self.walker.caller_chooses):
            return []
        if race.accounts > len(self.walker.names):
            return []
        play = self.play(race)
        if play.broken_before:
            return self.explorer.deal_with(race.opening, play.performance)
        self._met += bool(play.findings)
        fresh: list[Finding] = self.hearing.note("deal race", play=play.performance.number)
        return self._confirm(race, play, fresh) if fresh else []

    def _confirm(self, race: Race, first: Play, fresh: list[Finding]) -> list[Finding]:
        number = first.performance.number
        if not first.left_behind:
            alone = self.walker.perform(race.one_by_one())
            if broken(alone.findings):
                # No race at all: it needs no overlap.
                return self.explorer.deal_with(race.one_by_one(), alone, race=number)
        if self.races.doubted_before(first, fresh) and not self._somebody_else():
            return list(self.hearing.note("weigh race", play=number, again=[], rested=True))
        again: list[int] = []
        for _ in range(PLAYS_AGAIN):
            if self._ended():
                break
            play = self.play(race)
            again.append(play.performance.number)
            self._met += bool(play.findings)
            if play.findings and alike(play.findings, fresh) and not self._somebody_else():
                break
        stood: list[Finding] = self.hearing.note("weigh race", play=number, again=again)
        return stood

    def _somebody_else(self) -> bool:
        """Watch without acting, so long that another actor who had made these findings would have been seen."""
        began = self._clock()
        needed = min(3 * self.racing_s / max(self._met, 1), self._watch_s) - self._watched_s
        while self._clock() - began < needed and not self.docket.foreign:
            self._sleep(0.05)
            self.explorer.look_for_others()
        self._watched_s += self._clock() - began
        return bool(self.docket.foreign)

    # -- one play -----------------------------------------------------------------------------------------------

    def play(self, race: Race) -> Play:
        """Play a race once and put the account back."""
        began = self._clock()
        try:
            number = self._play(race)
        finally:
            self.racing_s += self._clock() - began
        return self.races.plays[number]

    def _play(self, race: Race) -> int:
        walker, note, scene = self.walker, self.hearing.note, Scene()
        walker.begin(fresh=True, about="race")
        performance = walker.performance
        for step in race.opening:
            if walker.play(step, scene) and broken(performance.findings):
                break
        for index in range(race.accounts):
            if self.judge.account(walker.names[index]).stock.unseen:
                # An order that nobody answered may be pending; what the list says of it has to be seen first.
                for step in (ListOrders(index), Await(index), Look(index)):
                    walker.play(step, scene)
        dear = {"over_budget": performance.held_back[0]} if performance.over_budget else {}
        note("ready", **({"held_back": performance.held_back} if performance.held_back else {}), **dear)
        if self.races.certain:
            first = len(performance.exchanges)
            self._burst(race, scene)
            flown = len(performance.exchanges)
            if flown > first:
                self._rest(race, performance.exchanges[first:])
                note("rested", later=[exchange.seq for exchange in performance.exchanges[flown:]])
        walker.restore()
        return walker.end(race.to_json()).number

    def _burst(self, race: Race, scene: Scene) -> None:
        """Let the bursts leave, each when the one before is answered."""
        walker, calls = self.walker, self.walker.performance.exchanges
        bursts: list[list[int]] = []
        held_back = self._dear = ""
        self.hearing.note("leave")
        try:
            for burst in race.bursts:
                going = walker.outgoing(burst, scene)
                if not going:
                    continue
                try:
                    passed = self._as_many_as_may(going)
                except Refused as refusal:
                    held_back = str(refusal)
                    break
                going = going[: len(passed)]
                came = [exchange for exchange, _, _ in passed]
                bursts.append([exchange.seq for exchange in came])
                calls += came
                for (step, _, _), (_, _, reply) in zip(going, passed, strict=True):
                    if isinstance(step, Create) and reply.subscriber and reply.subscriber.identity:
                        scene.subscribers[step.label] = reply.subscriber.identity
        finally:
            dear = {"over_budget": self._dear} if self._dear else {}
            self.hearing.note("arrived", bursts=bursts, **({"held_back": held_back} if held_back else {}), **dear)

    def _as_many_as_may(self, going: Sequence[tuple[Step, Outgoing, Intent]]) -> list[Passed]:
        """Send a burst together; where its worst case does not fit the budget, its first half, down to two calls."""
        while True:
            try:
                follows = {place for place, (step, _, _) in enumerate(going) if place and getattr(step, "then", False)}
                return self._together([(outgoing, intent) for _, outgoing, intent in going], follows)
            except OverBudget as refusal:
                self._dear = str(refusal)
                if len(going) < 4:
                    raise
                going = going[: len(going) // 2]

    def _rest(self, race: Race, flown: Sequence[Exchange]) -> None:
        """Wait until all is quiet, then read."""
        if any(exchange.failure == "timeout" for exchange in flown):
            self._sleep(LATE_S)
        self.walker.settle()
        if self.judge.terms.settle_s:
            self._sleep(self.judge.terms.settle_s)
        for step in (*race.quiet_reads, Look()):
            self.walker.play(step, Scene())

    def find_out(self) -> None:
        """See how a delete that has no effect any more is answered when nothing else is under way."""
        play = self.walker.perform([Look(), more(1), Create("once"), Delete("once"), Delete("once"), Look()])
        self.hearing.note("idempotent", play=play.number)
