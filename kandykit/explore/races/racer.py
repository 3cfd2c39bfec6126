"""The racer plays races, has each epoch judged, and confirms what was found by playing it again.

While calls of a burst are under way nothing but single exchanges is judged. Before and after, at rest, the ordinary
judge reads along: what is wrong then needs no overlap to be seen. A race is no certain thing, so a finding stands when
it comes again once in ten plays, and its evidence is the smallest set of calls that shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import CreateSubscriber, DeleteSubscriber, InventoryView, OrderKind, Outcome, PlaceOrder, Stage
from kandykit.docket import Docket
from kandykit.errors import Refused
from kandykit.exchange import Exchange
from kandykit.explore.explorer import Explorer, evidence
from kandykit.explore.races.epoch import Asks, Together, overlaps
from kandykit.explore.races.race import Race
from kandykit.explore.steps import Create, Delete, ListOrders, Look, more
from kandykit.explore.walker import Scene, Walker
from kandykit.judge import Crowd, Judge, with_twins
from kandykit.linearize.verdict import Judged, Ok, Unknown, Violation
from kandykit.model.account import Account
from kandykit.model.event import Event
from kandykit.model.identities import Life
from kandykit.model.state import stock_words
from kandykit.verdict import Finding, Verdict

PLAYS_AGAIN: Final = 10
"""How often a race is played again at most, to see whether what it showed comes again."""

LATE_S: Final = 1.0
"""After a burst in which a call got no answer in time, so long is waited for it to act, in seconds; an assumption."""

SEARCH_S: Final = 2.0
"""So long an explanation of one epoch is looked for, in seconds."""

Quiet = tuple[int, int, frozenset[str]]
"""What is certain before calls leave: total, used, and who is live."""

LOSSES: Final = 4
"""After so many findings that never came again the rest of the races is left alone: it would only add to the noise."""


@dataclass(slots=True)
class Play:
    """What came of one play: its calls, what was found (the race's own finding first), and how many pairs overlapped.

    ``broken_before`` says that a law was broken while nothing overlapped yet, ``left_behind`` that the account could
    not be put back as it was; ``looking_at`` is where the inventory is read.
    """

    calls: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    overlapping: int = 0
    broken_before: bool = False
    left_behind: bool = False
    looking_at: str = ""


class Racer:
    """Plays races on the account under test.

    ``together`` sends calls that leave together; ``ask`` judges an epoch; ``ended`` tells whether the run's time is
    over. ``overlapping`` counts the pairs of calls that were measured to be under way at one moment, ``bursts`` how
    many left, ``racing_s`` how long all that took, and ``held_back`` says why races could not be played.
    """

    def __init__(
        self,
        explorer: Explorer,
        binding: Binding,
        together: Together,
        ask: Asks,
        *,
        ended: Callable[[], bool] = lambda: False,
        watch_s: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.explorer = explorer
        self.overlapping = 0
        self.bursts = 0
        self.explained = 0
        self.held_back: list[str] = []
        self.unknown: list[str] = []
        self._binding = binding
        self._together = together
        self._ask = ask
        self._ended = ended
        self._watch_s = watch_s
        self._clock = clock
        self._sleep = sleep
        self.racing_s = 0.0
        self._watched_s = 0.0
        self._met = 0
        self._idempotent: bool | None = None
        self._lost = 0

    @property
    def walker(self) -> Walker:
        """Who plays what is not a burst."""
        return self.explorer.walker

    @property
    def judge(self) -> Judge:
        """Who judges what is not a burst."""
        return self.explorer.walker.judge

    @property
    def _account(self) -> Account:
        return self.judge.account(self.walker.names[0])

    @property
    def docket(self) -> Docket:
        """Where findings are filed."""
        return self.explorer.docket

    @property
    def worn_out(self) -> bool:
        """Whether so much did not come again that going on would only add to the noise."""
        return self._lost >= LOSSES or self.explorer.worn_out

    # -- races --------------------------------------------------------------------------------------------------

    def examine(self, race: Race) -> list[Finding]:
        """Play a race and deal with what it shows; returns the findings that stand."""
        if self._ended() or self.worn_out or (race.needs_choice and not self.walker.caller_chooses):
            return []
        play = self.play(race)
        if not play.findings:
            return []
        if play.broken_before:
            self.walker.performance.findings = play.findings
            return self.explorer.deal_with([Look(), ListOrders(), *race.before, Look()], self.walker.performance)
        self._met += 1
        fresh = [finding for finding in play.findings if not self.docket.knows(finding)]
        for finding in play.findings:
            if self.docket.knows(finding):
                self.docket.count(finding)
        return self._confirm(race, play, fresh) if fresh else []

    def _confirm(self, race: Race, first: Play, fresh: list[Finding]) -> list[Finding]:
        if not first.left_behind:
            alone = self.walker.perform(race.one_by_one())
            if _broken(alone.findings):
                return self.explorer.deal_with(race.one_by_one(), alone)  # no race at all: it needs no overlap
        plays = [first]
        for number in range(1, PLAYS_AGAIN + 1):
            if self._ended():
                break
            plays.append(self.play(race))
            again = plays[-1].findings
            self._met += bool(again)
            if again and _alike(again, fresh) and not self._somebody_else():
                return self._file(race, plays, fresh, number)
        self._lost += 1
        for finding in fresh[:1]:
            said = f"{finding.actual}; it did not come again in {len(plays) - 1} plays of the same race"
            self.docket.file(replace(finding, verdict=Verdict.INCONCLUSIVE, actual=said), _shown(first, finding))
        return []

    def _file(self, race: Race, plays: list[Play], fresh: list[Finding], number: int) -> list[Finding]:
        """File what came again, each time as its shortest evidence shows it."""
        said = f"; met again at play {number} of the same race" if number > 1 else "; met again at once"
        stood: list[Finding] = []
        last = {finding.id for finding in plays[-1].findings}
        races = [play for play in plays if play.findings]
        for finding in fresh:
            is_race = finding.requirement == "L12"
            if finding.id not in last and not (is_race and not stood and finding is fresh[0]):
                continue
            showing = [
                (len(met.evidence), met, play) for play in races for met in play.findings if met.id == finding.id
            ]
            _, met, play = min(showing, key=lambda each: each[0])
            filed = replace(met, actual=met.actual + said)
            if self.docket.unsettled:
                # Late reads or other hands could be what no order explains.
                filed = replace(filed, verdict=Verdict.INCONCLUSIVE)
            self.docket.file(filed, _shown(play, met), race.to_json())
            stood.append(filed)
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
            return self._play(race)
        finally:
            self.racing_s += self._clock() - began

    def _play(self, race: Race) -> Play:
        walker = self.walker
        walker.begin()
        for known in self.judge.accounts.values():
            known.forget()
        performance, scene, play = walker.performance, Scene(), Play()
        base: InventoryView | None = None
        play.looking_at = self._binding.read_inventory().url
        for step in (Look(), ListOrders(), *race.before, Look()):
            broken = walker.play(step, scene) and _broken(performance.findings)
            base = base or self._account.last_view
            if broken:
                play.broken_before, play.findings = True, list(performance.findings)
                break
        else:
            performance.findings.clear()
        quiet = None if play.findings else self._quiet()
        if quiet is None or performance.held_back:
            if not play.findings:
                self.held_back += performance.held_back or ["the stock was not certain before the calls were to leave"]
            walker.restore()
            return play
        first = len(performance.exchanges)
        crowd = self._burst(race, scene, play)
        if len(performance.exchanges) > first:
            self._rest(crowd.events)
            later = [self._event(exchange) for exchange in performance.exchanges[first + len(crowd.events) :]]
            judged = self._judged(quiet, [*crowd.events, *later])
            if isinstance(judged, Violation) and not _passed_on(crowd.events):
                events = [*crowd.events, *later]
                play.findings.append(self._finding(self._smallest(quiet, events, judged), events))
            elif isinstance(judged, Unknown):
                self.unknown.append(judged.reason)
            elif isinstance(judged, Ok):
                self.explained += 1
            play.findings += [finding for finding in (*crowd.findings, *performance.findings) if finding.stateful]
            for finding in crowd.findings:
                if not finding.stateful:
                    self.docket.file(finding, [call for call in performance.exchanges if call.seq in finding.evidence])
        broken = bool(play.findings)
        walker.restore()
        if broken:
            self._write_off(play, base)
        else:
            # Nothing was wrong until here, so what putting back shows is news and no consequence.
            play.findings = [finding for finding in performance.findings if finding.stateful]
        play.calls = list(performance.exchanges)
        return play

    def _write_off(self, play: Play, base: InventoryView | None) -> None:
        """What could not be put back is the target's damage: from here on it is how the account is."""
        account = self._account
        for identity in account.identities.standing():
            account.identities.set(identity, Life.GONE, self.walker.performance.exchanges[-1].seq)
        play.left_behind = account.last_view != base

    def _quiet(self) -> Quiet | None:
        """The stock and the subscribers as they are for certain, or None."""
        account = self._account
        possible = account.stock.shown()
        if len(possible) != 1 or account.stock.questions or not account.stock.knows_available:
            return None
        if len(account.identities.live()) != len(account.identities.standing()):
            return None
        return (*possible[0], frozenset(account.identities.live()))

    def _burst(self, race: Race, scene: Scene, play: Play) -> Crowd:
        """Let the bursts leave, each when the one before is answered."""
        walker, calls = self.walker, self.walker.performance.exchanges
        with self.judge.crowd(walker.names[0]) as crowd:
            for burst in race.bursts:
                going = walker.outgoing(burst, scene)
                if not going:
                    continue
                try:
                    passed = self._together([(outgoing, intent) for _, outgoing, intent in going])
                except Refused as refusal:
                    self.held_back.append(str(refusal))
                    break
                self.bursts += 1
                came = [exchange for exchange, _, _ in passed]
                calls += came
                play.overlapping += overlaps(came)
                for (step, _, _), (_, _, reply) in zip(going, passed, strict=True):
                    if isinstance(step, Create) and reply.subscriber and reply.subscriber.identity:
                        scene.subscribers[step.label] = reply.subscriber.identity
        self.overlapping += play.overlapping
        return crowd

    def _rest(self, events: Sequence[Event]) -> None:
        """Wait until all is quiet, then read."""
        if any(event.exchange.failure == "timeout" for event in events):
            self._sleep(LATE_S)
        self.walker.settle()
        if self.judge.terms.settle_s:
            self._sleep(self.judge.terms.settle_s)
        for step in (Look(), ListOrders(), Look()):
            self.walker.play(step, Scene())

    def _judged(self, quiet: Quiet, events: Sequence[Event]) -> Judged:
        total, used, live = quiet
        until = self._clock() + SEARCH_S
        return self._ask(
            _fair(events),
            self.judge.terms,
            start=(total, used),
            live=live,
            fences=[event.exchange.started for event in events[-1:]],
            idempotent=self._idempotent,
            expired=lambda: self._clock() > until,
        )

    def _smallest(self, quiet: Quiet, events: Sequence[Event], violation: Violation) -> Violation:
        """The violation with fewer calls, where those that are left out could only have made it worse.

        A create or a decrement that was accepted leaves less for the others; without it they are no less impossible.
        """
        kept = list(events)
        impossible = next((event for event in events if event.seq == violation.impossible), None)
        if impossible is None or impossible.refused or not _takes(impossible):
            return violation
        for event in sorted(events, key=lambda event: -event.exchange.ended):
            if event.seq == violation.impossible or not (_takes(event) or event.is_read):
                continue
            fewer = [each for each in kept if each is not event]
            judged = self._judged(quiet, fewer)
            if isinstance(judged, Violation) and judged.impossible == violation.impossible:
                kept, violation = fewer, judged
        return violation

    def _event(self, exchange: Exchange) -> Event:
        request = exchange.request
        call = self._binding.call_of(request.method, request.url, request.headers, request.body)
        return Event(exchange, call, self._binding.reply_of(call, exchange.answer, exchange.failure))

    def _finding(self, violation: Violation, events: Sequence[Event]) -> Finding:
        """A violation as a finding of L12; the call that fits nowhere is the last of its evidence."""
        shared = self.judge.terms.shared
        others = tuple(seq for seq in violation.evidence if seq != violation.impossible)
        expected = violation.expected
        words = next((event.words for event in events if event.seq == violation.impossible), "a call")
        if violation.before:
            possible = " or ".join(stock_words(total, used) for total, used in violation.before[:4])
            expected = f"an answer that fits the stock, which could only be {possible} just before"
        return with_twins(
            replace(
                violation.finding,
                requirement="L12",
                also=tuple(law for law in violation.laws if law != "L12"),
                expected=expected,
                actual=f"{words} is answered {violation.actual}" if violation.before else violation.actual,
                evidence=(*others, violation.impossible),
                verdict=Verdict.INCONCLUSIVE if shared else Verdict.FAIL,
            )
        )

    def find_out(self) -> None:
        """See how a delete that has no effect any more is answered when nothing else is under way."""
        self.walker.perform([Look(), more(1), Create("once"), Delete("once"), Delete("once"), Look()])
        answers = [
            event.reply.outcome
            for event in map(self._event, self.walker.performance.exchanges)
            if isinstance(event.meant, DeleteSubscriber)
        ]
        if answers[:1] == [Outcome.DONE] and answers[1:2] == [Outcome.REFUSED]:
            self._idempotent = False


def _fair(events: Sequence[Event]) -> list[Event]:
    """The calls without those refusals that a pending order may have caused: whether it counts already is a reading."""
    placed = [event.reply.order for event in events if isinstance(event.meant, PlaceOrder)]
    if not any(order is not None and order.stage not in (Stage.DONE, Stage.NOT_DONE) for order in placed):
        return list(events)
    return [e for e in events if not (e.refused and isinstance(e.meant, PlaceOrder | CreateSubscriber))]


def _passed_on(events: Sequence[Event]) -> bool:
    """Whether an identity was given to a new subscriber while the delete of its last one was still under way.

    Whose subscriber such a delete removed cannot be told from outside, so what follows from it accuses nobody.
    """
    deletes = [event for event in events if isinstance(event.meant, DeleteSubscriber)]
    for event in events:
        shown = event.reply.subscriber
        if not isinstance(event.meant, CreateSubscriber) or event.meant.identity is not None or shown is None:
            continue
        for delete in deletes:
            same = isinstance(delete.meant, DeleteSubscriber) and delete.meant.identity == shown.identity
            if same and overlaps([event.exchange, delete.exchange]):
                return True
    return False


def _takes(event: Event) -> bool:
    """Whether an accepted call left less for all others."""
    meant = event.meant
    takes = isinstance(meant, CreateSubscriber) or (isinstance(meant, PlaceOrder) and meant.kind is OrderKind.DECREMENT)
    return takes and event.reply.outcome is Outcome.DONE


def _broken(findings: Sequence[Finding]) -> bool:
    """Whether a law was broken without any overlap; bounds alone may be what an earlier race has left."""
    return any(finding.stateful and finding.requirement != "L3" for finding in findings)


def _alike(again: Sequence[Finding], first: Sequence[Finding]) -> bool:
    """Whether a play shows again what another showed: the same finding, or calls that no order explains."""
    ids = {finding.id for finding in first}
    both = all(any(finding.requirement == "L12" for finding in found) for found in (again, first))
    return both or any(finding.id in ids for finding in again)


def _shown(play: Play, finding: Finding) -> list[Exchange]:
    """The calls that a finding names, between the inventory as it was before them and as it was after them."""
    named = sorted((call for call in play.calls if call.seq in finding.evidence), key=lambda call: call.started)
    if not named:
        return evidence(play.calls, finding)
    looks = [call for call in play.calls if call.answered and call.request.method == "GET"]
    looks = [call for call in looks if call.request.url == play.looking_at]
    began, ended = named[0].started, max(call.ended for call in named)
    before = [call for call in looks if call.ended < began][-1:]
    after = [call for call in looks if call.started > ended and not _met(call, play.calls)][:1]
    return [*before, *named, *after]


def _met(call: Exchange, calls: Sequence[Exchange]) -> bool:
    """Whether a call overlapped another one."""
    return any(each is not call and each.started <= call.ended and each.ended >= call.started for each in calls)
