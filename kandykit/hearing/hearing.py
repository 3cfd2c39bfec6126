"""The hearing: every exchange of a run and every mark of its journal, in order, and what they come to.

It is pure. A live run feeds it as it goes, `kandykit.rejudging` feeds it from a journal, and both come to the same
judgement, because nothing else decides: exploring only chooses what is played, and marks only say what was played and
why, never what it proved. Each mark is a kind and JSON values; `docs/journal.md` describes them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final

from kandykit.binding import Binding
from kandykit.calls import WRITES, Call, Operation, Outcome, PlaceOrder, Reply, Stage, operation_of
from kandykit.docket import Docket
from kandykit.exchange import Exchange
from kandykit.hearing.performance import Performance, evidence
from kandykit.hearing.races import Asks, Expired, Races, event_of
from kandykit.hearing.rulings import MOST_DOUBTS, QUIET_TURNS, Weighing, moved_by_reading, weigh
from kandykit.hearing.shown import View, begins_for_sure, moved, moved_by, turns, views
from kandykit.judge import Judge
from kandykit.judgement import Case
from kandykit.linearize import judge_history
from kandykit.linearize.judge import never
from kandykit.model.event import Event
from kandykit.model.walk import NOT_EXECUTED, lacks_an_identity, walked
from kandykit.patience import met_a_spike
from kandykit.rules.past import failed, kind_of
from kandykit.terms import Terms
from kandykit.verdict import Finding, Held, Verdict

KEPT_EXCHANGES: Final = 20_000
"""So many of the latest exchanges stay in memory as evidence; all of them stand in the journal."""

KEPT_PLAYS: Final = 2_000
"""So many of the latest plays can be weighed against each other."""

WRITING: Final = frozenset({"POST", "DELETE"})

Record = Callable[..., None]


def _unrecorded(kind: str, **data: Any) -> None:
    """Nobody keeps the marks."""


class Hearing:
    """Hears a run.

    `see` takes each exchange when its answer has come, `note` each mark; ``record`` is told of each mark before it
    counts, so that a journal never lacks what a judgement rests on. ``names`` are the accounts, the one under test
    first. ``ask`` judges calls that overlap, ``deadline`` gives for each such question what ends it.
    """

    def __init__(
        self,
        terms: Terms,
        binding: Binding,
        names: Sequence[str],
        *,
        record: Record = _unrecorded,
        ask: Asks = judge_history,
        deadline: Callable[[], Expired] = lambda: never,
    ) -> None:
        self.judge = Judge(terms, names[0])
        self.docket = Docket()
        self.binding = binding
        self.names = list(names)
        self.races = Races(self.judge, self.docket, binding, self.names[0], ask, deadline)
        self.readings: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.undecided: dict[str, str] = {}
        self.remarks: list[str] = []
        self.missed: set[str] = set()
        self.held_back: dict[str, int] = {}
        self.suites: list[str] = []
        self.calls = 0
        self.by_operation: Counter[str] = Counter()
        self.by_status: dict[str, Counter[str]] = {}
        self.now: Performance | None = None
        self.end: Mapping[str, Any] | None = None
        self._record = record
        self._recent: dict[int, Exchange] = {}
        self._plays: dict[int, Performance] = {}
        self._played = 0
        self._well_formed = 0
        self._troubled = 0
        self._open: dict[int, Finding] = {}
        self._came_up: list[tuple[Case, int]] = []
        self._open_races: dict[int, list[Finding]] = {}
        self._before_back = 0
        self._first_at: float | None = None
        self._last_at = 0.0
        self._doubted_at = 0.0
        self._watching_since: float | None = None
        self._silent: list[float] = []
        self._takes: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "test": self._test,
            "terms": self._terms,
            "tolerant": self._tolerant,
            "set aside": self._set_aside,
            "remark": self._remark,
            "not tested": self._not_tested,
            "missed": self._missed,
            "play": self._play,
            "forget": self._forget,
            "overdue": self._overdue,
            "back": self._back,
            "restored": self._restored,
            "played": self._over,
            "deal": self._deal,
            "weigh": self._weigh,
            "looked": self._looked,
            "read often": self._read_often,
            "watch": self._watch,
            "watched": self._watched,
            "ready": self._ready,
            "deal race": self._deal_race,
            "leave": self._leave,
            "arrived": self._arrived,
            "rested": self._rested,
            "weigh race": self._weigh_race,
            "idempotent": self._idempotent,
            "races": self._weigh_races,
            "walk": self._walk,
            "served again": self._served_again,
            "end": self._end,
        }

    # -- the two entrances --------------------------------------------------------------------------------------

    def see(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """An answer has come, or will not come any more: it is counted, judged, and kept as evidence for a while."""
        self.calls += 1
        operation = operation_of(call).value
        self.by_operation[operation] += 1
        status = str(exchange.answer.status) if exchange.answer and not exchange.failure else exchange.failure
        self.by_status.setdefault(operation, Counter())[status] += 1
        if kind_of(call) is not None:
            self._well_formed += 1
            self._troubled += failed(exchange)
        self._recent[exchange.seq] = exchange
        if len(self._recent) > KEPT_EXCHANGES:
            del self._recent[next(iter(self._recent))]
        self._first_at = exchange.started if self._first_at is None else self._first_at
        answer = exchange.answer
        self._silent = (
            [] if answer and not exchange.failure and answer.status < 500 else [*self._silent[:2], exchange.started]
        )
        if exchange.ended < float("inf"):
            self._last_at = max(self._last_at, exchange.ended)
        for finding in self.judge.see(exchange, call, reply):
            if not finding.stateful:
                case = self.docket.file(finding, self._exchanges(finding.evidence))
                if case.seen == 1 and self.now is not None:
                    self._came_up.append((case, exchange.seq))
            elif self.now is not None:
                self.now.findings.append(finding)
        if reply.inventory is not None and exchange.intent.account == self.names[0]:
            self.races.seen(self.judge.account(self.names[0]).last_view)

    def note(self, kind: str, **data: Any) -> Any:
        """Record a mark and hear it; gives what its kind gives."""
        self._record(kind, **data)
        return self.take(kind, data)

    def take(self, kind: str, data: Mapping[str, Any]) -> Any:
        """Hear a mark; those that say nothing to a judge are passed over. Raises `KeyError` where one lacks a value."""
        taking = self._takes.get(kind)
        return taking(data) if taking is not None else None

    def finish(self) -> None:
        """Nothing more will come: what is still open has not been decided."""
        if self.now is not None and self.now.programme != CALIBRATION:
            for finding in self.now.distinct:
                self._left_open(finding, self.now)
        for number, finding in self._open.items():
            self._left_open(finding, self._plays[number])
        for number, fresh in self._open_races.items():
            self._left_open(fresh[0], self._plays[number])
        self._open, self._open_races = {}, {}
        self.now = None
        self.docket.decide_doubts(quiet_enough=False)
        self.races.settle()

    def _left_open(self, finding: Finding, play: Performance) -> None:
        # Where others use the account, what was seen once says nothing.
        if not self.docket.knows(finding) and finding.verdict is Verdict.FAIL:
            said = f"{finding.actual}; the same calls were not made again, so it could be somebody else's doing"
            filed = replace(finding, verdict=Verdict.INCONCLUSIVE, actual=said)
            self.docket.file(filed, evidence(play.exchanges, finding), play.programme)

    def owes(self, requirements: Sequence[str]) -> bool:
        """Whether one of these was never put to the test yet, although nothing is known that keeps it from being so."""
        return any(
            self.races.owed if wanted == "L12" else not self.judge.checked[wanted]
            for wanted in requirements
            if wanted not in self.reasons and (wanted != "L7" or self.judge.terms.limit is not None)
        )

    @property
    def silent_since(self) -> float | None:
        """When the first of three or more calls in a row was made of which none was answered, by whatever but 5xx.

        None where the target is there: what it fails at then is that call, and no outage.
        """
        return self._silent[0] if len(self._silent) > 2 else None

    @property
    def lasted_s(self) -> float:
        """From the first call to the last answer, in seconds."""
        return self._last_at - (self._first_at or self._last_at)

    # -- what the run says of itself ----------------------------------------------------------------------------

    def _test(self, data: Mapping[str, Any]) -> None:
        """A test of a suite begins."""
        if data["suite"] not in self.suites:
            self.suites.append(data["suite"])

    def _terms(self, data: Mapping[str, Any]) -> None:
        """Calibration found out how this target reads what the profile leaves open."""
        known = self.judge.terms
        self.judge.terms = replace(known, **{name: _like(getattr(known, name), data[name]) for name in data})

    def _tolerant(self, data: Mapping[str, Any]) -> None:
        """While lag is measured, any lag up to the longest is taken without a word."""
        for name in self.names:
            self.judge.account(name).tolerant = bool(data["on"])

    def _set_aside(self, _: Mapping[str, Any]) -> None:
        """What the wrong address answered is no evidence against the right one."""
        self.docket.cases.clear()

    def _remark(self, data: Mapping[str, Any]) -> None:
        """What could not be found out or tried, and why."""
        self.remarks.append(str(data["text"]))

    def _not_tested(self, data: Mapping[str, Any]) -> None:
        """A requirement is not put to the test in this run."""
        self.reasons[data["requirement"]] = str(data["reason"])

    def _missed(self, data: Mapping[str, Any]) -> None:
        """A test of these requirements had no turn: the time was over."""
        self.missed.update(data["requirements"])

    def _end(self, data: Mapping[str, Any]) -> None:
        """The run came to its end."""
        self.end = dict(data)

    # -- plays --------------------------------------------------------------------------------------------------

    def _play(self, data: Mapping[str, Any]) -> Performance:
        """A play begins; what is recorded from here on belongs to it."""
        self._played += 1
        at_rest = self.now is None or not any(finding.stateful for finding in self.now.findings)
        self.races.now, self._came_up = None, []
        self.now = Performance(number=self._played)
        if data.get("about") == "calibration":
            self.now.programme = CALIBRATION
        if data.get("fresh"):
            # The other accounts are kept in mind: what is done on the first one must not move them.
            self._forget({"accounts": self.names[:1] if at_rest and not self.busy else []})
        if data.get("about") == "race":
            self.races.begin(self.now)
        return self.now

    def _forget(self, data: Mapping[str, Any]) -> None:
        """What was known of the stock is forgotten, on all accounts or on some; the next read tells."""
        names = data.get("accounts") or list(self.judge.accounts)
        for name in names:
            self.judge.account(name).forget()

    def _overdue(self, _: Mapping[str, Any]) -> None:
        """Doubtful reads were waited for, and did not come right."""
        for account in self.judge.accounts.values():
            if account.suspicions:
                if self.now is not None:
                    self.now.findings += account.overdue()
                account.forget()

    def _back(self, _: Mapping[str, Any]) -> None:
        """From here on the account is put back."""
        self._before_back = len(self.now.findings) if self.now is not None else 0

    def _restored(self, _: Mapping[str, Any]) -> None:
        """It was put back; what came up meanwhile counts unless the programme itself raised something."""
        if self.now is None:
            return
        before = self.now.findings[: self._before_back]
        raised = {finding.id for finding in before if finding.stateful}
        if raised:
            self.now.again.update(met.id for met in self.now.findings[self._before_back :] if met.id in raised)
            self.now.findings = before
        else:
            self.now.aftermath = any(finding.stateful for finding in self.now.findings)

    def _over(self, data: Mapping[str, Any]) -> Performance:
        """A play is over: these were its calls, and where each step began."""
        play = self.now or Performance(number=self._played)
        play.exchanges = self._exchanges(data["calls"])
        play.starts = list(data["starts"])
        play.held_back = list(data.get("held_back", ()))
        play.over_budget = bool(data.get("over_budget"))
        play.programme = list(data["programme"])
        play.trouble = self._troubled / self._well_formed if self._well_formed else 0.0
        self._plays[play.number] = play
        if len(self._plays) > KEPT_PLAYS:
            oldest = next(iter(self._plays))
            del self._plays[oldest]
            self.races.plays.pop(oldest, None)
        self._set_the_scene(play, is_race=self.races.now is not None)
        if self.races.now is not None:
            self.races.end(play.number)
        self.now = None
        return play

    def _set_the_scene(self, play: Performance, *, is_race: bool) -> None:
        """What a single exchange showed is kept with the steps in which it came up, so that it can be tried again."""
        for case, seq in self._came_up:
            steps = play.steps_of([seq])
            if steps:
                case.setting = play.programme if is_race else play.programme[: max(steps) + 1]
        self._came_up = []

    @property
    def performances(self) -> list[Performance]:
        """The plays that are over, in order; empty where the first of them are not kept any more."""
        return list(self._plays.values()) if self._played <= KEPT_PLAYS else []

    def acted_before(self, play: Performance) -> Performance | None:
        """The last play before this one in which more was done than reading, of those kept."""
        before = (self._plays[number] for number in range(play.number - 1, 0, -1) if number in self._plays)
        return next((each for each in before if any(call.request.method in WRITING for call in each.exchanges)), None)

    def shows(self, number: int | None, finding: str) -> bool:
        """Whether the play of this number showed the finding of this id."""
        play = self._plays.get(number or 0)
        return play is not None and play.shows(finding)

    def deeds(self, account: str, until: float = inf) -> list[tuple[int, Operation]]:
        """The orders, creates and deletes that the account had seen done when call ``until`` was answered, with the
        numbers of their calls, in order: of those kept."""
        calls = [each for each in self._recent.values() if each.seq <= until and each.intent.account == account]
        events = [event_of(each, self.binding) for each in calls if each.answered]
        done = [(event.seq, operation_of(event.call)) for event in events if event.reply.outcome is Outcome.DONE]
        return [(seq, operation) for seq, operation in done if operation in WRITES]

    def recent(self, seq: int) -> Exchange | None:
        """One of the latest exchanges; None for one that is long past, or was never heard."""
        return self._recent.get(seq)

    def _exchanges(self, seqs: Sequence[int]) -> list[Exchange]:
        return [self._recent[seq] for seq in seqs if seq in self._recent]

    # -- what plays prove ---------------------------------------------------------------------------------------

    @property
    def worn_out(self) -> bool:
        """Whether so much did not come again that going on would only add to the noise."""
        return self.docket.doubted >= MOST_DOUBTS

    def _deal(self, data: Mapping[str, Any]) -> tuple[list[Finding], Finding | None]:
        """A suite's play is to be dealt with: what it raised of what stands already, and the first that is new.

        ``race`` is the play of a race whose calls needed no overlap to show something.
        """
        play = self._plays.get(data["play"])
        self._open_races.pop(data.get("race", 0), None)
        if play is None:
            return [], None
        for reason in play.held_back:
            self.held_back[reason] = self.held_back.get(reason, 0) + 1
        known: list[Finding] = []
        for finding in play.distinct:
            if self.docket.knows(finding):
                self.docket.count(finding, self._exchanges(finding.evidence))
                known.append(finding)
            elif not self.worn_out:
                self._open[play.number] = finding
                return known, finding  # what came after it came from a state that is no longer known
        return known, None

    def _weigh(self, data: Mapping[str, Any]) -> list[Finding]:
        """The plays that were made for a finding are weighed; gives it if it stands."""
        first = self._plays.get(data["play"])
        if first is None:
            return []
        candidate = self._open.pop(first.number, None)
        elsewhere = self._plays.get(data.get("elsewhere") or 0)
        plays = [self._plays[number] for number in data.get("again", ()) if number in self._plays]
        shown = [self._plays[number] for number in data.get("shown", ()) if number in self._plays]
        every = [first, *plays, *shown, *([elsewhere] if elsewhere else [])]
        finding = next((met for play in every if (met := play.met(data["finding"]))), candidate)
        if finding is None:
            return []
        if self.docket.knows(finding):
            self.docket.count(finding, self._exchanges(finding.evidence))
            return [finding]
        doubted = self.docket.doubted
        quiet = self.quiet(data.get("quiet", ()))
        rested, shared = bool(data.get("rested")), self.judge.terms.shared
        alike = len({moved_by(self._views(play)) for play in plays}) <= 1
        way = bool(data.get("same_way"))
        tried = [self._plays[number] for number in data.get("tried", ()) if number in self._plays]
        sure = elsewhere is not None and begins_for_sure(elsewhere, self.binding)
        total, available = moved_by(self._views(first))
        kept = total - available
        weighing = Weighing(
            first, plays, shown, elsewhere, rested, quiet, self.busy, shared, alike, way, tried, sure, kept
        )
        ruled = weigh(self.docket, finding, weighing)
        if self.docket.doubted > doubted:
            self._doubted_at = self._last_at
        return [ruled] if ruled is not None else []

    def quiet(self, numbers: Sequence[int]) -> list[bool]:
        """Whether inventory or orders moved in each of these plays, in which nothing was done but to read them."""
        return [moved(self._plays[number], self.binding) for number in numbers if number in self._plays]

    @property
    def busy(self) -> bool:
        """Whether others use the account, as the profile says or as was seen."""
        return self.judge.terms.shared or bool(self.docket.foreign)

    # -- other hands --------------------------------------------------------------------------------------------

    def _looked(self, data: Mapping[str, Any]) -> bool:
        """The account was read with nothing of ours between, and again if it had changed: somebody else's, or L13's."""
        plays = [self._plays[number] for number in data["plays"] if number in self._plays]
        # A call that failed, or whose token had ended, tells nothing of other hands: only numbers that moved do.
        moved = [f for play in plays[:1] for f in play.findings if f.stateful and f.requirement.startswith("L")]
        if not moved:
            return False
        again = plays[1:]
        if not again or all(play.findings for play in again):
            return False
        self.docket.foreign.append(moved[0].actual)
        return True

    def turns(self, numbers: Sequence[int]) -> list[bool]:
        """For each of these plays but the last: whether it was the reading in it that moved the numbers."""
        plays = [self._plays[number] for number in numbers if number in self._plays]
        return turns([self._views(play) for play in plays])

    def _read_often(self, data: Mapping[str, Any]) -> list[Finding]:
        """The account was read often and left alone, by turns, for what came up with reads alone; gives what stands."""
        plays = [self._plays[number] for number in data["plays"] if number in self._plays]
        setting, taken = self._plays.get(data["setting"]), self.turns(data["plays"])
        met, play = next(((met, play) for play in plays if (met := play.met(data["finding"]))), (None, None))
        if setting is None or met is None or play is None or not moved_by_reading(taken):
            return []
        if self.docket.knows(met):
            self.docket.count(met, self._exchanges(met.evidence))
            return [met]
        told = (
            f"; so in {sum(taken)} of {len(taken)} times that it was read often, and not in the longer time after each"
            " in which no call was made"
        )
        finding = replace(met, actual=met.actual + told)
        calls = [*setting.exchanges, *evidence(play.exchanges, met)]
        self.docket.file(finding, calls, [*setting.programme, *play.programme])
        return [finding]

    def _views(self, play: Performance) -> list[View]:
        return views(play, self.binding, self.names[0])

    @property
    def watch_s(self) -> float:
        """How long, in seconds, the account has to be watched to see another actor who made all the doubts."""
        times = sum(doubt.times for doubt in self.docket.doubts.values())
        return QUIET_TURNS * (self._doubted_at - (self._first_at or 0.0)) / times if times else 0.0

    @property
    def watched_s(self) -> float:
        """For how long it is being watched, by the clock of the exchanges."""
        return 0.0 if self._watching_since is None else self._last_at - self._watching_since

    def _watch(self, _: Mapping[str, Any]) -> None:
        """From here on the account is watched without any call that acts."""
        self._watching_since = self._last_at

    def _watched(self, _: Mapping[str, Any]) -> None:
        """The watch is over: what is in doubt is decided."""
        self.docket.decide_doubts(quiet_enough=self.watched_s >= self.watch_s)
        self._watching_since = None

    # -- races --------------------------------------------------------------------------------------------------

    def _ready(self, data: Mapping[str, Any]) -> None:
        self.races.over_budget = self.races.over_budget or str(data.get("over_budget", ""))
        self.races.ready(list(data.get("held_back", ())))

    def _leave(self, _: Mapping[str, Any]) -> None:
        self.races.leave()

    def _arrived(self, data: Mapping[str, Any]) -> None:
        self.races.over_budget = self.races.over_budget or str(data.get("over_budget", ""))
        self.races.arrived([self._exchanges(burst) for burst in data["bursts"]], str(data.get("held_back", "")))

    def _rested(self, data: Mapping[str, Any]) -> None:
        self.races.rested(self._exchanges(data["later"]), self.recent)

    def _deal_race(self, data: Mapping[str, Any]) -> list[Finding]:
        """A suite's race is to be dealt with: gives what it showed that is new."""
        play = self.races.plays.get(data["play"])
        if play is None:
            return []
        fresh = [finding for finding in play.findings if not self.races.settled(finding)]
        for finding in play.findings:
            if finding not in fresh:
                self.docket.count(finding, self._exchanges(finding.evidence))
        if fresh:
            self._open_races[data["play"]] = fresh
        return fresh

    def _weigh_race(self, data: Mapping[str, Any]) -> list[Finding]:
        """A race was played again for what one play of it had shown; gives what stands."""
        first, fresh = self.races.plays.get(data["play"]), self._open_races.pop(data["play"], [])
        if first is None or not fresh:
            return []
        again = [self.races.plays[number] for number in data["again"] if number in self.races.plays]
        return self.races.weigh(first, again, fresh, rested=bool(data.get("rested")))

    def _idempotent(self, data: Mapping[str, Any]) -> None:
        play = self._plays.get(data["play"])
        if play is not None:
            self.races.find_out(play)

    def _weigh_races(self, _: Mapping[str, Any]) -> None:
        """The races are over: L12 was put to the test, or could not be."""
        if why := self.races.too_dear():
            self.reasons["L12"] = why
        elif why := self.races.undecided():
            self.undecided["L12"] = why
        else:
            self.judge.checked["L12"] += self.races.explained

    # -- what a suite asks as a whole ---------------------------------------------------------------------------

    def _walk(self, data: Mapping[str, Any]) -> None:
        """The documented walk was walked, once or again until it came to its end (R4)."""
        checks: list[Any] = []
        play = Performance()
        for play in [self._plays[number] for number in data["plays"] if number in self._plays]:
            if play.held_back and not self._full(play.exchanges):
                # What the budget does not cover was not to be tested; what else kept the walk back is a question.
                where = self.reasons if play.over_budget else self.undecided
                where["R4"] = f"the walk could not be walked: {play.held_back[0]}"
                return
            checks = self.walk_checks(play)
            if any(isinstance(check, Held) for check in checks):
                self.judge.checked["R4"] += 1
                self.reasons["R4"] = NOT_EXECUTED
                self.undecided.pop("R4", None)
                return
        findings = [check for check in checks if isinstance(check, Finding)]
        if not findings:
            self.undecided["R4"] = "no walk got clear answers to all its calls"
        elif self._lacks_an_identity(play):
            self.undecided["R4"] = (
                "every identity was refused with 400: the target may take none but those of a domain of its own, which"
                " nothing tells"
            )
        elif self.busy:
            self.undecided["R4"] = "somebody else may have used what the walk had ordered"
        elif self._full(play.exchanges):
            limit = self.judge.terms.limit
            if limit is None:
                self.undecided["R4"] = "no product could be ordered: the account may be full; declare readings.limit"
            else:
                self.reasons["R4"] = f"the account is full up to its agreed limit of {limit}"
        else:
            self.judge.checked["R4"] += 1
            self.docket.file(findings[0], evidence(play.exchanges, findings[0]), play.programme)

    def walk_checks(self, play: Performance) -> list[Any]:
        """What a performance of the documented walk proves of R4."""
        return list(walked([event_of(exchange, self.binding) for exchange in play.exchanges]))

    def _lacks_an_identity(self, play: Performance) -> bool:
        return lacks_an_identity([event_of(exchange, self.binding) for exchange in play.exchanges])

    def _full(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether the walk's order came to nothing as it has to where the account is full, or may be."""
        account, limit = self.judge.account(self.names[0]), self.judge.terms.limit
        events = [event_of(exchange, self.binding) for exchange in exchanges]
        placed = next(((event, event.meant) for event in events if isinstance(event.meant, PlaceOrder)), None)
        if placed is None or account.orders.net() or not _came_to_nothing(placed[0], events):
            return False
        first = account.first_total
        return limit is None or (first is not None and first + placed[1].quantity > limit)

    def _served_again(self, data: Mapping[str, Any]) -> None:
        """Calls beyond a quota were turned away, and others came after the time that was asked for (K1)."""
        turned, later, again = (self._exchanges(data[name]) for name in ("turned_away", "later", "again"))
        # Another account has a quota of its own.
        served = [call.answer.status < 300 for call in later if call.answered and call.answer and _same(call, turned)]
        if any(served):
            self.judge.checked["K1"] += 1
        elif turned and again and all(_used_up(call) for call in (turned[-1], again[-1])):
            shown = [turned[-1], *again]
            self.docket.file(
                Finding(
                    "K1",
                    "Calls are still turned away when the time that was asked for is over",
                    "service in the next quota period",
                    "429 to a call that waited as long as the answer before had said, twice",
                    tuple(call.seq for call in shown),
                    source="Kandy WebRTC API, HTTP response headers: quota-reset-UTC",
                ),
                shown,
            )


def _came_to_nothing(placed: Event, events: Sequence[Event]) -> bool:
    """Whether an order was refused, or was rejected or still pending when it was last seen."""
    if placed.reply.outcome is Outcome.REFUSED:
        return placed.reply.status != 401
    shown = placed.reply.order
    if shown is None or shown.number is None:
        return False
    later = [view for event in events for view in event.reply.orders or () if view.number == shown.number]
    return (later[-1] if later else shown).stage in (Stage.OPEN, Stage.NOT_DONE)


def _used_up(call: Exchange) -> bool:
    """Whether a call was turned away for its quota, and not by a spike limit of which no quota period tells."""
    answer = call.answer
    return answer is not None and answer.status == 429 and not met_a_spike(answer)


def _same(call: Exchange, turned_away: Sequence[Exchange]) -> bool:
    """Whether a call was made for the account that was turned away last."""
    return bool(turned_away) and call.intent.account == turned_away[-1].intent.account


def _like(known: object, value: Any) -> Any:
    """A value of JSON as the kind of value that a term is."""
    if isinstance(known, frozenset):
        return frozenset(value)
    if isinstance(known, Mapping):
        return {name: frozenset(codes) for name, codes in value.items()}
    return value


CALIBRATION: Final[list[dict[str, Any]]] = [{"step": "Calibration"}]
"""Stands for the programme of the calls that find the target's readings out."""
