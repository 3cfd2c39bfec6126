"""Hearing exchanges that nobody marked: which of them overlapped, and what came again often enough to stand.

Recorded traffic cannot be played again, and whoever recorded it may not have been alone on the account. So a finding
that rests on the account's state stands only when the same came up three times running, and nothing was ever seen to
move between two reads with no call between them. What a late read would explain stands only where reads were seen not
to lag. All else of that kind is inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import FetchToken, InventoryView
from kandykit.exchange import Exchange
from kandykit.hearing import Hearing, Performance
from kandykit.hearing.races import LEAST_OVERLAPS, event_of
from kandykit.hearing.rulings import OFTEN, QUIET_TURNS
from kandykit.model.event import Event
from kandykit.traffic.recorded import Recorded
from kandykit.verdict import Finding, Verdict

MOST_LATER: Final = 6
"""So many reads behind calls that overlapped are enough to see what they came to."""

STILL: Final = 3
"""In so many quiet windows at least nothing may have moved."""

PROMPT: Final = 30
"""Reads right behind a call that acts which have to show it before lag is taken to be none (the contract's number)."""


@dataclass(slots=True)
class _Met:
    """A finding that rests on the account's state, and how it came up; ``may_lag``: a late read would explain it."""

    finding: Finding
    first_at: float
    last_at: float = 0.0
    times: int = 0
    running: int = 0
    longest: int = 0
    may_lag: bool = False


class Unmarked:
    """Hears a recording's exchanges in order; `decide` then says what of it stands.

    ``alone`` says that the user declared that nobody else uses the account, ``prompt`` that he declared how long reads
    lag.
    """

    def __init__(self, hearing: Hearing, binding: Binding, *, alone: bool = False, prompt: bool = False) -> None:
        self._hearing = hearing
        self._binding = binding
        self._alone = alone
        self._prompt = prompt
        self._shown_at_once = 0
        self._acted: set[str] = set()
        self._met: dict[str, _Met] = {}
        self._quiet_s = 0.0
        self._still = 0
        self._moved = 0
        self._last_read: dict[str, tuple[InventoryView, float]] = {}
        self._later: list[Exchange] | None = None
        self._race = Performance()
        self._races = 0

    def hear(self, exchanges: Sequence[Exchange]) -> None:
        """Hear all of them."""
        for group in _groups([event_of(exchange, self._binding) for exchange in exchanges]):
            if len(group) == 1:
                self._one(group[0])
            else:
                self._crowd(group)
        self._end_of_race()
        self._overdue(exchanges[-1:])

    # -- one after another --------------------------------------------------------------------------------------

    def _one(self, event: Event) -> None:
        exchange, hearing = event.exchange, self._hearing
        if _acts(event):
            self._overdue([exchange])
        in_race = self._later is not None and exchange.intent.account == hearing.names[0]
        if in_race and _acts(event):
            self._end_of_race()
            in_race = False
        if in_race:
            assert self._later is not None
            hearing.now = self._race
            hearing.see(*event)
            self._later.append(exchange)
            if len(self._later) >= MOST_LATER:
                self._end_of_race()
        else:
            hearing.now = Performance()
            before = {name: hearing.judge.checked[name] for name in self._laws()}
            hearing.see(*event)
            self._keep(hearing.now.findings, exchange)
            self._rest_held(before, hearing.now.findings)
        self._watch(event)

    def _overdue(self, exchanges: Sequence[Exchange]) -> None:
        """The next call acts, so a read that looked late never came right: it was wrong, or too little was waited."""
        if exchanges and any(account.suspicions for account in self._hearing.judge.accounts.values()):
            self._hearing.now = Performance()
            self._hearing.take("overdue", {})
            self._keep(self._hearing.now.findings, exchanges[0], may_lag=True)

    def _keep(self, findings: Sequence[Finding], exchange: Exchange, *, may_lag: bool = False) -> None:
        for finding in findings:
            met = self._met.setdefault(finding.id, _Met(finding, exchange.started, may_lag=may_lag))
            met.may_lag = met.may_lag and may_lag
            if len(finding.evidence) < len(met.finding.evidence):
                met.finding = finding
            met.times += 1
            met.running += 1
            met.longest = max(met.longest, met.running)
            met.last_at = exchange.ended
        if findings:
            # What comes after it comes from a state that is no longer known: the next read tells.
            self._hearing.take("forget", {})

    def _laws(self) -> set[str]:
        return {met.finding.requirement for met in self._met.values()}

    def _rest_held(self, before: dict[str, int], findings: Sequence[Finding]) -> None:
        """Where a law was put to the test and held, what had come up against it came no more times running."""
        broken = {name for finding in findings for name in finding.requirements}
        held = {name for name, count in before.items() if self._hearing.judge.checked[name] > count} - broken
        for met in self._met.values():
            if met.finding.requirement in held:
                met.running = 0

    def _watch(self, event: Event) -> None:
        """Between two reads of the inventory with no call that acts between them, did anything move?"""
        account = event.exchange.intent.account
        if _acts(event):
            self._last_read.clear()
            self._acted.add(account)
        view = event.reply.inventory
        if view is None:
            return
        if account in self._acted:
            self._acted.discard(account)
            self._shown_at_once += self._hearing.judge.account(account).agrees
        last = self._last_read.get(account)
        if last is not None and last[0] == view:
            self._quiet_s += max(event.exchange.started - last[1], 0.0)
            self._still += 1
        elif last is not None:
            self._moved += 1
        self._last_read[account] = view, event.exchange.ended

    # -- at the same time ---------------------------------------------------------------------------------------

    def _crowd(self, group: Sequence[Event]) -> None:
        """Calls of one account that overlapped, and perhaps calls of others between them."""
        hearing = self._hearing
        self._end_of_race()
        under_test = hearing.names[0]
        own = [event for event in group if event.exchange.intent.account == under_test]
        others = {event.exchange.intent.account for event in group} - {under_test}
        self._last_read.clear()
        crowds = [name for name in others if sum(event.exchange.intent.account == name for event in group) > 1]
        self._race = hearing.now = Performance()
        if len(own) > 1:
            hearing.races.begin(self._race)
            hearing.races.ready([])
            hearing.races.leave(crowds)
            crowds = []
        for name in crowds:
            hearing.judge.begin_crowd(name)
        for event in group:
            hearing.see(*event)
        for name in crowds:
            hearing.judge.end_crowd(name)
        if len(own) > 1:
            hearing.races.arrived([[event.exchange for event in own]], "")
            self._race.exchanges = [event.exchange for event in own]
            self._later = []
        else:
            self._keep(self._race.findings, group[-1].exchange)

    def _end_of_race(self) -> None:
        if self._later is None:
            return
        hearing, later, self._later = self._hearing, self._later, None
        hearing.races.rested(later, hearing.recent)
        self._race.exchanges = [*self._race.exchanges, *later]
        self._races += 1
        play = hearing.races.end(self._races)
        if play.findings:
            self._keep(play.findings, self._race.exchanges[-1])

    # -- what stands --------------------------------------------------------------------------------------------

    def decide(self) -> None:
        """Say what stands of all that rests on the state of an account."""
        hearing, docket = self._hearing, self._hearing.docket
        for met in self._met.values():
            # What moves whenever it is read is moved by the reading; what moves now and then is somebody else's.
            every_time = met.times >= OFTEN and not self._still
            if met.finding.requirement == "L13" and not every_time and not self._alone:
                docket.foreign.append(f"{met.finding.expected} became {met.finding.actual}")
        for met in self._met.values():
            finding = met.finding
            verdict = finding.verdict
            if self._stands(met):
                said = f"; met {met.times} times in this traffic, {met.longest} times running"
            else:
                late = " or a late read" if met.may_lag else ""
                said = f"; recorded traffic cannot be played again, so this could be somebody else's doing{late}"
                verdict = Verdict.INCONCLUSIVE
            calls = [call for seq in finding.evidence if (call := hearing.recent(seq)) is not None]
            case = docket.file(replace(finding, verdict=verdict, actual=finding.actual + said), calls)
            case.seen = met.times
        self._weigh_races()

    def _stands(self, met: _Met) -> bool:
        if self._hearing.docket.foreign or met.times < OFTEN:
            return False
        if self._moved and met.finding.requirement != "L13" and not self._alone:
            return False
        if met.may_lag and (self._hearing.docket.unsettled or not (self._prompt or self._shown_at_once >= PROMPT)):
            return False
        needed_s = QUIET_TURNS * (met.last_at - met.first_at) / met.times
        if met.finding.requirement == "L13":
            return self._alone or not self._still
        return self._alone or self._quiet_s >= needed_s or (met.longest >= OFTEN and self._still >= STILL)

    def _weigh_races(self) -> None:
        races = self._hearing.races
        if races.overlapping >= LEAST_OVERLAPS and not races.undecided():
            self._hearing.judge.checked["L12"] += races.explained
        else:
            few = f"{races.overlapping} pairs of calls that write were under way together, {LEAST_OVERLAPS} are needed"
            self._hearing.reasons.setdefault("L12", f"in this traffic {few}")


def say_what_is_open(hearing: Hearing, traffic: Recorded, *, outside: int, cached: int) -> None:
    """Say what the recording does not tell, and leave undecided what rests on it."""
    judge, docket = hearing.judge, hearing.docket
    if traffic.ambiguous:
        for name in [name for name in judge.checked if name.startswith("L") or name in ("K1", "T10")]:
            judge.checked[name] = 0
            hearing.undecided[name] = traffic.ambiguous
    if traffic.bodiless:
        times = f"{traffic.bodiless} answers were recorded without their bodies"
        hearing.undecided["R2"] = f"{times}, so what they said could not be judged"
        hearing.remarks.append(f"{times}, so those calls count as calls without a clear answer")
    if outside:
        hearing.remarks.append(f"{outside} recorded calls are no calls to this API, or ask only for what is new")
    if cached:
        hearing.remarks.append(f"{cached} recorded calls were answered from a cache and say nothing of the target")
    for case in docket.cases.values():
        finding = case.finding
        rests_on_others = len(finding.evidence) > 1 and bool(traffic.ambiguous)
        # Those who record traffic count octets in different ways.
        rests_on_lengths = finding.requirement == "H14" and not traffic.ours
        if rests_on_others or rests_on_lengths:
            said = "; a recording does not tell this for sure"
            case.finding = replace(finding, verdict=Verdict.INCONCLUSIVE, actual=finding.actual + said)


def _groups(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The calls in order, those together that overlapped; reads among themselves need no order."""
    group: list[Event] = []
    until = float("-inf")
    for event in sorted(events, key=lambda event: (event.exchange.started, event.seq)):
        if group and event.exchange.started > until:
            yield from _apart(group)
            group, until = [], float("-inf")
        group.append(event)
        if not isinstance(event.call, FetchToken):
            until = max(until, event.exchange.ended)
    yield from _apart(group)


def _acts(event: Event) -> bool:
    """Whether a call may change an account; one that mints a token does not."""
    return event.writes and not isinstance(event.call, FetchToken)


def _apart(group: list[Event]) -> Iterator[list[Event]]:
    if len(group) > 1 and any(map(_acts, group)):
        yield group
    else:
        yield from ([event] for event in sorted(group, key=lambda event: event.exchange.ended))
