"""The hearing of races: what calls that leave together prove, and whether what one play showed comes again.

While calls of a burst are under way nothing but single exchanges is judged. Before and after, at rest, the ordinary
judge reads along: what is wrong then needs no overlap to be seen. A race is no certain thing, so a finding stands when
it comes again once in ten plays, and its evidence is the smallest set of calls that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from kandykit.binding import Binding
from kandykit.calls import CreateSubscriber, DeleteSubscriber, InventoryView, OrderKind, Outcome, PlaceOrder, Stage
from kandykit.docket import Docket
from kandykit.exchange import Exchange
from kandykit.hearing.performance import Performance, evidence
from kandykit.judge import Crowd, Judge, with_twins
from kandykit.linearize.verdict import Judged, Ok, Unknown, Violation
from kandykit.model.account import Account
from kandykit.model.event import Event
from kandykit.model.identities import Life
from kandykit.model.state import stock_words
from kandykit.model.stock import LONGEST_LAG_S
from kandykit.terms import Terms
from kandykit.verdict import Finding, Verdict

MOST_UNKNOWN: Final = 10
"""One race in so many may be left unexplained for want of time, and the others still decide."""

LEAST_OVERLAPS: Final = 50
"""Fewer pairs of calls than this that were really under way together say nothing of races."""

Quiet = tuple[int, int, frozenset[str]]
"""What is certain before calls leave: total, used, and who is live."""


class Asks(Protocol):
    """Judges the calls of an epoch, from known numbers to the quiet reads at its end: `kandykit.linearize`'s way."""

    def __call__(
        self,
        events: Sequence[Event],
        terms: Terms,
        *,
        start: tuple[int, int] | None = None,
        live: frozenset[str] = frozenset(),
        fences: Sequence[float] = (),
        idempotent: bool | None = None,
        forms: frozenset[str] = frozenset(),
        expired: Callable[[], bool] = ...,
    ) -> Judged:
        """Whether some order of the calls explains their answers."""
        ...


@dataclass(slots=True)
class Play:
    """What came of one play: its calls, what was found (the race's own finding first), and how many pairs overlapped.

    ``broken_before`` says that a law was broken while nothing overlapped yet, ``left_behind`` that the account could
    not be put back as it was, ``may_be_late`` that all would be explained if reads could be late; ``quiet`` is what was
    certain when the calls left, None where nothing was. ``elsewhere`` has the same of each other account, as far as it
    was certain, and ``crowds`` what each account did meanwhile.
    """

    performance: Performance
    findings: list[Finding] = field(default_factory=list)
    overlapping: int = 0
    broken_before: bool = False
    left_behind: bool = False
    may_be_late: bool = False
    quiet: Quiet | None = None
    elsewhere: dict[str, Quiet] = field(default_factory=dict)
    base: InventoryView | None = None
    crowd: Crowd | None = None
    crowds: dict[str, Crowd] = field(default_factory=dict)

    @property
    def calls(self) -> list[Exchange]:
        """Every call of the play."""
        return self.performance.exchanges


class Races:
    """What the races of a run come to.

    ``ask`` judges an epoch; ``deadline`` gives, for each question, what tells that its time is over. ``overlapping``
    counts the pairs of calls that were measured to be under way at one moment, ``lost`` the findings that never came
    again, ``held_back`` says why races could not be played, and ``over_budget`` why the budget allowed only smaller
    ones, or none.
    """

    def __init__(
        self, judge: Judge, docket: Docket, binding: Binding, account: str, ask: Asks, deadline: Callable[[], Expired]
    ) -> None:
        self.judge = judge
        self.docket = docket
        self.ask = ask
        self.overlapping = 0
        self.bursts = 0
        self.explained = 0
        self.lost = 0
        self.held_back: list[str] = []
        self.over_budget = ""
        self.unknown: list[str] = []
        self.idempotent: bool | None = None
        self.now: Play | None = None
        self.plays: dict[int, Play] = {}
        self._doubted: dict[str, Play] = {}
        self._perhaps_late: set[str] = set()
        self._binding = binding
        self._looking_at = binding.read_inventory().url
        self._name = account
        self._deadline = deadline
        self._leaving = False

    @property
    def account(self) -> Account:
        """The model of the account under test."""
        return self.judge.account(self._name)

    # -- one play -----------------------------------------------------------------------------------------------

    def begin(self, performance: Performance) -> None:
        """A race begins; `seen` is to be told of each answer of the inventory until its calls leave."""
        self.now = Play(performance)

    def seen(self, view: InventoryView | None) -> None:
        """The first numbers of a play are what the account has to be put back to."""
        if self.now is not None and self.now.base is None:
            self.now.base = view

    @property
    def certain(self) -> bool:
        """Whether the race may begin: all is well until here, and the stock is known."""
        return self.now is not None and self.now.quiet is not None

    def ready(self, held_back: Sequence[str]) -> None:
        """What comes before the race was played: is the stock certain, and is all well until here?"""
        play = self._play()
        if broken(play.performance.findings):
            play.broken_before, play.findings = True, list(play.performance.findings)
            return
        play.performance.findings.clear()
        play.quiet = None if held_back else _quiet(self.account)
        others = {name: _quiet(account) for name, account in self.judge.accounts.items() if name != self._name}
        play.elsewhere = {name: quiet for name, quiet in others.items() if quiet is not None}
        if play.quiet is None:
            self.held_back += held_back or ["the stock was not certain before the calls were to leave"]

    def leave(self, others: Collection[str] | None = None) -> None:
        """From here on calls overlap: those of the account under test, and those of these others, or of all others."""
        play = self._play()
        play.crowd = self.judge.begin_crowd(self._name)
        names = set(self.judge.accounts) - {self._name} if others is None else others
        play.crowds = {name: self.judge.begin_crowd(name) for name in sorted(names)}
        self._leaving = True

    def arrived(self, bursts: Sequence[Sequence[Exchange]], held_back: str) -> None:
        """All answers have come; how many calls of each burst were really under way together?"""
        if not self._leaving:
            return
        play = self._play()
        for name in (self._name, *play.crowds):
            self.judge.end_crowd(name)
        self._leaving = False
        if held_back:
            self.held_back.append(held_back)
        for burst in bursts:
            self.bursts += 1
            play.overlapping += overlaps(burst)
        self.overlapping += play.overlapping

    def rested(self, later: Sequence[Exchange], recent: Callable[[int], Exchange | None]) -> None:
        """The quiet reads behind the calls were made: is there an order that explains all answers?"""
        play = self._play()
        if play.crowd is None or play.quiet is None:
            return
        judged = self._explain(play, self._name, play.quiet, play.crowd, later)
        if isinstance(judged, Unknown):
            self.unknown.append(judged.reason)
        elif isinstance(judged, Ok):
            self.explained += 1
        for name, crowd in play.crowds.items():
            # Another account's calls overlapped as much as those of the one under test.
            if crowd.events and (quiet := play.elsewhere.get(name)) is not None:
                self._explain(play, name, quiet, crowd, later)
        crowded = [finding for crowd in (play.crowd, *play.crowds.values()) for finding in crowd.findings]
        play.findings += [finding for finding in (*crowded, *play.performance.findings) if _rests_on_state(finding)]
        for finding in crowded:
            if not finding.stateful:
                self.docket.file(finding, [call for seq in finding.evidence if (call := recent(seq)) is not None])

    def _explain(self, play: Play, name: str, quiet: Quiet, crowd: Crowd, later: Sequence[Exchange]) -> Judged:
        """Judge what one account did meanwhile, with the quiet reads of it; what no order explains is a finding."""
        own = [exchange for exchange in later if exchange.intent.account == name]
        events = [*crowd.events, *(event_of(exchange, self._binding) for exchange in own)]
        judged = self._judged(quiet, events)
        if isinstance(judged, Violation) and not _passed_on(crowd.events):
            play.may_be_late |= not isinstance(self._judged(quiet, events, settle_s=LONGEST_LAG_S), Violation)
            play.findings.append(self._finding(self._smallest(quiet, events, judged), events))
        return judged

    def end(self, number: int) -> Play:
        """The account was put back, or was not."""
        play, self.now = self._play(), None
        if play.crowd is not None:
            if play.findings:
                self._write_off(play)
            else:
                # Nothing was wrong until here, so what putting back shows is news and no consequence.
                play.findings = [finding for finding in play.performance.findings if _rests_on_state(finding)]
        self.plays[number] = play
        return play

    def _play(self) -> Play:
        if self.now is None:
            self.now = Play(Performance())
        return self.now

    def _write_off(self, play: Play) -> None:
        """What could not be put back is the target's damage: from here on it is how the account is."""
        account = self.account
        for identity in account.identities.standing():
            account.identities.set(identity, Life.GONE, play.calls[-1].seq if play.calls else 0)
        play.left_behind = account.last_view != play.base

    # -- several plays ------------------------------------------------------------------------------------------

    def settled(self, finding: Finding) -> bool:
        """Whether nothing more is to be found out about a finding: it stands, and is in no doubt."""
        earlier = self._doubted.get(_doubt(finding))
        return self.docket.knows(finding) and (earlier is None or earlier.may_be_late or self.docket.unsettled)

    def doubted_before(self, play: Play, fresh: Sequence[Finding]) -> bool:
        """Whether another race showed what is the same, did not show it again, and neither can be a late read."""
        earlier = [self._doubted[doubt] for finding in fresh if (doubt := _doubt(finding)) in self._doubted]
        return bool(earlier) and not any(each.may_be_late for each in (*earlier, play))

    def weigh(self, first: Play, again: Sequence[Play], fresh: Sequence[Finding], *, rested: bool) -> list[Finding]:
        """File what came again, as it stands; what did not is inconclusive.

        What another race had shown already has come again, if ``rested`` says that nobody else was seen to act and
        neither can be a late read.
        """
        if rested and self.doubted_before(first, fresh) and not self.docket.foreign:
            earlier = next(self._doubted.pop(doubt) for each in fresh if (doubt := _doubt(each)) in self._doubted)
            return self._file([earlier, first], fresh, "; met again in another race")
        plays = [first]
        for number, play in enumerate(again, start=1):
            plays.append(play)
            if play.findings and alike(play.findings, fresh) and not self.docket.foreign:
                said = f"; met again at play {number} of the same race" if number > 1 else "; met again at once"
                return self._file(plays, fresh, said)
        self.lost += 1
        for finding in fresh[:1]:
            self._doubted[_doubt(finding)] = first
            said = f"{finding.actual}; it did not come again in {len(plays) - 1} plays of the same race"
            self.docket.file(replace(finding, verdict=Verdict.INCONCLUSIVE, actual=said), self._shown(first, finding))
        return []

    def _file(self, plays: Sequence[Play], fresh: Sequence[Finding], said: str) -> list[Finding]:
        """File what came again, each time as its shortest evidence shows it."""
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
            if not self.docket.knows(filed) and all(each.may_be_late for each in races):
                self._perhaps_late.add(filed.id)
            self.docket.file(filed, self._shown(play, met), play.performance.programme)
            stood.append(filed)
        return stood

    def settle(self) -> None:
        """The run is over: what late reads would explain is in doubt where such were met, before or after it."""
        if not self.docket.unsettled:
            return
        for name in self._perhaps_late:
            case = self.docket.cases[name]
            case.finding = replace(case.finding, verdict=Verdict.INCONCLUSIVE)

    def _shown(self, play: Play, finding: Finding) -> list[Exchange]:
        """The calls that a finding names, between their account's inventory as it was before and after them."""
        named = sorted((call for call in play.calls if call.seq in finding.evidence), key=lambda call: call.started)
        if not named:
            return evidence(play.calls, finding)
        looks = [call for call in play.calls if call.answered and call.request.method == "GET"]
        accounts = {call.intent.account for call in named}
        looks = [call for call in looks if call.request.url == self._looking_at and call.intent.account in accounts]
        began, ended = named[0].started, max(call.ended for call in named)
        before = [call for call in looks if call.ended < began][-1:]
        after = [call for call in looks if call.started > ended and not _met(call, play.calls)][:1]
        return [*before, *named, *after]

    def find_out(self, performance: Performance) -> None:
        """See how a delete that has no effect any more is answered when nothing else is under way."""
        answers = [
            event.reply.outcome
            for event in (event_of(exchange, self._binding) for exchange in performance.exchanges)
            if isinstance(event.meant, DeleteSubscriber)
        ]
        if answers[:1] == [Outcome.DONE] and answers[1:2] == [Outcome.REFUSED]:
            self.idempotent = False

    def too_dear(self) -> str:
        """Why the races were too few because of the budget; empty where they were not."""
        if self.overlapping >= LEAST_OVERLAPS or not self.over_budget:
            return ""
        pairs = f"only {self.overlapping} pairs of calls were under way together, {LEAST_OVERLAPS} are needed"
        return f"{pairs}, and larger crowds do not fit the budget: {self.over_budget}"

    def undecided(self) -> str:
        """What keeps the races from deciding L12: too few of them, or a search without an end; empty where nothing."""
        if self.overlapping < LEAST_OVERLAPS:
            why = f"only {self.overlapping} pairs of calls were under way together, {LEAST_OVERLAPS} are needed"
            return why + (f": {self.held_back[0]}" if self.held_back else "")
        if len(self.unknown) * MOST_UNKNOWN > self.explained:
            return f"{len(self.unknown)} races could not be judged: {self.unknown[0]}"
        return ""

    @property
    def owed(self) -> bool:
        """Whether more races are needed before L12 can be decided."""
        return self.overlapping < LEAST_OVERLAPS and not self.too_dear()

    # -- one question -------------------------------------------------------------------------------------------

    def _judged(self, quiet: Quiet, events: Sequence[Event], settle_s: float | None = None) -> Judged:
        """Judge the calls of one account, under its terms or as if its reads could be late by so many seconds."""
        total, used, live = quiet
        name = events[0].exchange.intent.account if events else self._name
        terms = self.judge.account(name).terms
        return self.ask(
            _fair(events),
            terms if settle_s is None else replace(terms, settle_s=settle_s),
            start=(total, used),
            live=live,
            fences=[event.exchange.started for event in events[-1:]],
            idempotent=self.idempotent,
            forms=self.judge.account(name).forms,
            expired=self._deadline(),
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

    def _finding(self, violation: Violation, events: Sequence[Event]) -> Finding:
        """A violation as a finding of L12; the call that fits nowhere is the last of its evidence."""
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
                verdict=Verdict.INCONCLUSIVE if self.judge.terms.shared else Verdict.FAIL,
            )
        )


Expired = Callable[[], bool]


def overlaps(exchanges: Sequence[Exchange]) -> int:
    """How many pairs of these calls were under way at one moment, as measured; calls that reached nobody do not count.

    Each call lasts from its first octet to the last of its answer, both moments included.
    """
    under_way: list[float] = []
    pairs = 0
    for call in sorted((each for each in exchanges if each.failure != "unreachable"), key=lambda each: each.started):
        under_way = [ended for ended in under_way if ended >= call.started]
        pairs += len(under_way)
        under_way.append(call.ended)
    return pairs


def _quiet(account: Account) -> Quiet | None:
    """An account's stock and subscribers as they are for certain, or None."""
    stock = account.stock
    possible = stock.shown()
    if len(possible) != 1 or stock.questions or stock.unseen or not stock.knows_available:
        return None
    if len(account.identities.live()) != len(account.identities.standing()):
        return None
    return (*possible[0], frozenset(account.identities.live()))


def event_of(exchange: Exchange, binding: Binding) -> Event:
    """An exchange with its meaning."""
    request = exchange.request
    call = binding.call_of(request.method, request.url, request.headers, request.body)
    return Event(exchange, call, binding.reply_of(call, exchange.answer, exchange.failure))


def broken(findings: Sequence[Finding]) -> bool:
    """Whether a law was broken without any overlap; bounds alone may be what an earlier race has left."""
    return any(finding.stateful and finding.requirement != "L3" for finding in findings)


def alike(again: Sequence[Finding], first: Sequence[Finding]) -> bool:
    """Whether a play shows again what another showed: the same finding, or calls that no order explains."""
    ids = {finding.id for finding in first}
    both = all(any(finding.requirement == "L12" for finding in found) for found in (again, first))
    return both or any(finding.id in ids for finding in again)


def _doubt(finding: Finding) -> str:
    """What a finding is doubted as: calls that no order explains are alike, whichever law would explain them."""
    return finding.requirement if finding.requirement == "L12" else finding.id


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


def _rests_on_state(finding: Finding) -> bool:
    """Whether it is the account's state that shows something: server errors that come and go meet races as well."""
    return finding.stateful and finding.requirement not in ("R3", "R7")


def _takes(event: Event) -> bool:
    """Whether an accepted call left less for all others."""
    meant = event.meant
    takes = isinstance(meant, CreateSubscriber) or (isinstance(meant, PlaceOrder) and meant.kind is OrderKind.DECREMENT)
    return takes and event.reply.outcome is Outcome.DONE


def _met(call: Exchange, calls: Sequence[Exchange]) -> bool:
    """Whether a call overlapped another one."""
    return any(each is not call and each.started <= call.ended and each.ended >= call.started for each in calls)
