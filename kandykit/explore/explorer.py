"""The explorer plays programmes and, when the judge raises something, finds out whether it stands and what shows it.

A finding that rests on the account's state could be somebody else's doing, so it must come again: its programme is
cut down to the fewest steps that still show it, and those are played until they have shown it three times running.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kandykit.calls import InventoryView, OrderKind
from kandykit.exchange import Exchange
from kandykit.explore.second_account import SecondAccount
from kandykit.explore.shortcut import shortcuts
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    Fill,
    ListOrders,
    Look,
    LookUp,
    Order,
    Pause,
    Programme,
    Raw,
    Step,
    fewer,
    filler,
    from_json,
    more,
)
from kandykit.explore.walker import HASTY_S, PATIENT_S, Walker
from kandykit.hearing import Performance
from kandykit.hearing.rulings import (
    LONGER,
    MOST_PLAYS,
    MOST_TURNS,
    OFTEN,
    PLAYS_AGAIN,
    may_come_now_and_then,
    moved_by_reading,
    plays_needed,
)
from kandykit.verdict import Finding

QUIET = 3
QUIET_IF_BUSY = 10
LONGEST_QUIET_S = 1.0
"""So many windows, each as long as a play and at most so many seconds, show how often others act."""

LONG = 24
"""Before a programme of more steps than these is played again, one of a few steps of every kind is tried."""

SHORT = 6
"""A programme of no more steps needs no shorter way to where it shows something."""

OFTEN_READ: Final[list[Step]] = [Look(), *(Look() if each % 8 else ListOrders() for each in range(1, 41)), Look()]
"""Reads, a prime number of both kinds: what comes with every tenth or so does not keep coming with the last of them."""

OUTAGE_S = 5.0
"""A target that answers nothing for less than this, in seconds, is started anew or maintained; that is no fault."""

OF_A_SECOND_ACCOUNT = 4
"""So many plays in a row that do not show it say that a second account is damaged as well."""

REST_S = 2.0
"""For so long, in seconds, nothing may move while we only look, before a finding that comes now and then stands."""


LONGEST_CUT_S = 30.0
"""Cutting one finding down takes no longer than this, in seconds, however slow its plays are."""


@dataclass(slots=True)
class Effort:
    """How much the explorer may spend: plays per finding while it is cut down."""

    shrink_plays: int = 120


class Explorer:
    """Plays programmes through a walker and has its hearing weigh what they show.

    ``ended`` tells whether the run's time is over.
    """

    def __init__(
        self,
        walker: Walker,
        effort: Effort | None = None,
        *,
        ended: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.walker = walker
        self.hearing = walker.hearing
        self.docket = walker.hearing.docket
        self.effort = effort or Effort()
        self.second_account = SecondAccount(walker, ended)
        self._ended = ended
        self._read_often = False
        self._clock = clock
        self._sleep = sleep

    @property
    def worn_out(self) -> bool:
        """Whether so much did not come again that going on would only add to the noise."""
        return self.hearing.worn_out

    def examine(self, programme: Programme, *, sparing: bool = False) -> list[Finding]:
        """Play a programme and deal with all that it raises; returns the findings that stand.

        ``sparing`` says that it is one of many alike.
        """
        return self.deal_with(programme, self.walker.perform(programme, sparing=sparing))

    def deal_with(self, programme: Programme, performance: Performance, *, race: int = 0) -> list[Finding]:
        """Confirm and cut down what a performance raised, by playing ``programme``; returns what stands.

        ``race`` is the play of a race that the programme is made of.
        """
        stood, fresh = self.hearing.note("deal", play=performance.number, **({"race": race} if race else {}))
        return [*stood, *self._confirm(list(programme), fresh, performance)] if fresh is not None else list(stood)

    def _confirm(self, programme: list[Step], finding: Finding, first: Performance) -> list[Finding]:
        def shows(performance: Performance) -> bool:
            return performance.shows(finding.id)

        def weigh(met: str = finding.id, **played: Any) -> list[Finding]:
            stood: list[Finding] = self.hearing.note("weigh", play=first.number, finding=met, **played)
            return stood

        def cut_elsewhere(steps: list[Step], play: Performance) -> Performance:
            return self._cut_down(steps, play, shows, most=OF_A_SECOND_ACCOUNT)[1]

        played: list[Performance] = []
        latest = first
        met = [exchange.intent.account for exchange in first.exchanges if exchange.seq in finding.evidence]
        others = [Look(index) for index, name in enumerate(self.walker.names) if index and name in met]
        if finding.requirement == "L13" and (stood := self._by_reading(finding)):
            return stood
        if len(programme) > LONG and self.effort.shrink_plays:
            # A long programme may do much damage each time; what shows with any call needs none of it.
            played = self._shown_twice(tour := _tour([Look(), *others]), shows)
        if played:
            programme, latest = tour, played[-1]
        elif first.aftermath:
            # It came up while the accounts were put back: make that a part of what is played.
            programme = [*others, *programme, *_putting_back(programme), *others]
            latest = self._again(programme)
            played = [latest] if shows(latest) else []
        elif self.effort.shrink_plays:
            programme = programme[: len(first.starts)]  # the steps behind the finding were never played
        whole = list(programme), latest
        # A damaged target may cost products with each play, so the likeliest few steps are tried first, and smallest.
        gist = _gist(programme, latest, latest.met(finding.id) or finding)
        short = gist == programme or not self.effort.shrink_plays
        ways = () if short else shortcuts(programme, latest, self._inventory_of)
        likely_ones = [[_least(step) for step in gist], gist, *ways]
        for likely in likely_ones:
            if likely != programme and (twice := self._shown_twice(likely, shows)):
                programme, played = likely, twice
                break
        if not played:
            tried = [self._again(programme) for _ in range(PLAYS_AGAIN)]
            played = [play for play in tried if shows(play)][:1]
        if not played and (longer := self._with_what_came_before(programme, first)):
            # What a play has left behind unseen may show at the next one only.
            played = self._shown_twice(longer, shows)
            if played:
                programme, whole = longer, (longer, played[-1])
        if not played:
            # The account is put out of order for good by the first that shows it, so the shortest goes first.
            shortest_first = sorted([*likely_ones, programme], key=len)
            elsewhere = self.second_account.tries(shortest_first, shows, cut_elsewhere)
            if not self.hearing.shows(elsewhere, finding.id):
                began = self._clock()
                broken = self.second_account.goes_the_same_way(finding, first)
                if broken is not None:
                    # Somebody else who acts now and then may have hit both accounts: then they act again.
                    self._rest(max(REST_S, self._clock() - began))
                    return weigh(broken[0], elsewhere=broken[1], same_way=True)
                if rested := first.again[finding.id] >= PLAYS_AGAIN:
                    self._rest(REST_S)
                return weigh(elsewhere=elsewhere, tried=[play.number for play in tried], rested=rested)
            return weigh(elsewhere=elsewhere, tried=[play.number for play in tried])
        while len(played) < PLAYS_AGAIN:
            patience_s = PATIENT_S if len(played) == PLAYS_AGAIN - 1 else None
            played.append(self._again(programme, patience_s=patience_s))
        if not all(shows(play) for play in played):
            rested = not any(play.came_right for play in played) and self._now_and_then(
                programme, shows, finding, played
            )
            elsewhere = None if rested else self.second_account.tries([programme], shows, cut_elsewhere)
            stood = weigh(again=[play.number for play in played], rested=rested, elsewhere=elsewhere)
            return (
                [*stood, *self._seen_at_its_step(programme, finding, plays=MOST_PLAYS)] if stood and rested else stood
            )
        reads_only = finding.requirement == "L13"
        paused = any(isinstance(step, Pause) and step.seconds >= LONGEST_QUIET_S for step in programme)
        quiet = [] if reads_only else self._quiet(max(_lasted_s(play) for play in played), whole=paused)
        moved = any(self.hearing.quiet(quiet)) or self.hearing.busy
        windows, busy = self.hearing.quiet(quiet), self.hearing.busy
        needed = plays_needed(finding, windows, busy=busy, trouble=first.trouble)
        while len(played) < needed <= MOST_PLAYS and shows(played[-1]):
            played.append(self._again(programme))
        again = [play.number for play in played]
        if moved or len(played) < needed:
            return weigh(again=again, quiet=quiet)  # shorter programmes might show what others do
        # A law that is broken for good breaks at every turn: its next doubtful reads need no waiting.
        self.walker.hasty_s = HASTY_S / 10
        smallest, last = self._smallest([whole, (programme, played[-1])], shows, finding.id)
        stood = weigh(again=again, shown=[last.number] if last is not played[-1] else [], quiet=quiet)
        if stood and any(not self.docket.knows(met) for met in last.distinct):
            # One answer may break a rule and a law: with the few calls that are left the other one is soon confirmed.
            stood += self.deal_with(smallest, last)
        return [*stood, *self._seen_at_its_step(smallest, finding)] if stood else []

    def _seen_at_its_step(self, programme: list[Step], finding: Finding, plays: int = 1) -> list[Finding]:
        """What is wrong may have been done by a step before the one that it showed at: look after each of them.

        What comes now and then only is played more often, until it shows.
        """
        watched = _each_seen(programme)
        if not finding.requirement.startswith("L") or len(watched) == len(programme):
            return []
        for _ in range(plays):
            if self._ended():
                break
            performance = self.walker.perform(watched)
            if performance.distinct:
                return self.deal_with(watched, performance)
        return []

    def _with_what_came_before(self, programme: Sequence[Step], play: Performance) -> list[Step]:
        """The programme behind that of the last play before which did more than read; empty where that is none."""
        before = self.hearing.acted_before(play)
        try:
            steps = from_json(before.programme) if before is not None else []
        except ValueError:
            return []  # a race, or calibration
        return [*steps, *_putting_back(steps), *programme] if steps else []

    def _shown_twice(self, programme: Programme, shows: Callable[[Performance], bool]) -> list[Performance]:
        """Two plays that show it; none where it does not show, or only shows what an earlier play had left behind."""
        first = self._again(programme)
        second = self._again(programme) if shows(first) else first
        return [first, second] if shows(first) and shows(second) else []

    def _again(self, programme: Programme, *, patience_s: float | None = None) -> Performance:
        """Play once more; where nothing at all is answered any more, not before a short outage would be over."""
        since = self.hearing.silent_since
        if since is not None:
            self._sleep(max(0.0, since + OUTAGE_S - self._clock()))
        return self.walker.perform(programme, patience_s=patience_s)

    def _quiet(self, seconds: float, *, whole: bool = False) -> list[int]:
        """Look at the account at rest, for as long as a play lasts, again and again: does anything move by itself?

        Where a play waits to see what time does, what that does after the play comes first, and the windows are as long
        as the ``whole`` play.
        """
        busy = self.hearing.busy or bool(self.docket.doubts)
        windows: list[int] = []
        if whole:
            self._sleep(seconds)
            self.walker.watch(0.0, fresh=True)
        while len(windows) < (QUIET_IF_BUSY if not whole and (busy or any(self.hearing.quiet(windows))) else QUIET):
            windows.append(self.walker.watch(seconds if whole else min(seconds, LONGEST_QUIET_S)).number)
        return windows

    def _now_and_then(
        self, programme: list[Step], shows: Callable[[Performance], bool], finding: Finding, played: list[Performance]
    ) -> bool:
        """What comes every so many calls comes again in some plays only: play often, then see whether anything moves.

        True when the account was watched at rest afterwards.
        """
        if self.docket.unsettled or self.walker.judge.terms.shared or not may_come_now_and_then(finding):
            return False
        while sum(map(shows, played)) < OFTEN and len(played) < MOST_PLAYS and not self._ended():
            played.append(self.walker.perform(programme))
        if sum(map(shows, played)) < OFTEN:
            return False
        self._rest(REST_S)
        return True

    def _by_reading(self, finding: Finding) -> list[Finding]:
        """What moves once in so many reads looks like somebody else's doing, but it does not move while nobody reads.

        Gives the finding if that shows. It is tried once: where others act, more tries would accuse by chance.
        """
        if self._read_often or self.walker.judge.terms.shared:
            return []
        self._read_often = True
        setting = self.walker.perform([more(1 + MOST_TURNS), Create("there"), Look()], keep=True, whole=True)
        plays = [self.walker.perform(OFTEN_READ, keep=True, whole=True)]
        while moved_by_reading(self.hearing.turns([play.number for play in plays])) is None:
            # Whoever acts by a clock of his own must not keep in step with the turns.
            self._sleep(_lasted_s(plays[-1]) * (LONGER + 1 + len(plays) * 0.37 % 1))
            plays.append(self.walker.perform(OFTEN_READ, keep=True, whole=True))
        stood: list[Finding] = self.hearing.note(
            "read often", finding=finding.id, setting=setting.number, plays=[play.number for play in plays]
        )
        self.walker.perform([Look()])
        return stood

    def _rest(self, seconds: float) -> None:
        """Do nothing for so long but look whether anything moves."""
        until = self._clock() + seconds
        while self._clock() < until and not self.docket.foreign:
            self._sleep(0.05)
            self.look_for_others()

    def _inventory_of(self, exchange: Exchange) -> InventoryView | None:
        """What an exchange shows of the inventory of the account under test."""
        request, answer = exchange.request, exchange.answer
        if request.method != "GET" or answer is None or exchange.intent.account != self.walker.names[0]:
            return None
        binding = self.walker.binding
        call = binding.call_of(request.method, request.url, request.headers, request.body)
        return binding.reply_of(call, answer, exchange.failure).inventory

    def _smallest(
        self, known: Sequence[tuple[list[Step], Performance]], shows: Callable[[Performance], bool], finding: str
    ) -> tuple[list[Step], Performance]:
        """The fewest steps that are known to show a finding by themselves, with the play that does.

        A play by itself shows nothing where the finding names calls before it, or where the account began with numbers
        that cannot be: what an earlier play had left behind may show it then. Only where no other play is known it
        will do. ``known`` are programmes with plays of theirs that show it, the one to begin with last.
        """
        programme, last = known[-1]
        sound: list[tuple[list[Step], Performance]] = []

        def alone(play: Performance) -> bool:
            return shows(play) and _names_only_its_own(play, finding)

        def noted(candidate: list[Step], play: Performance) -> None:
            if self._began_right(play):
                sound.append((candidate, play))

        shown = alone if alone(last) else shows
        for candidate, play in known:
            if shown(play):
                noted(candidate, play)
        smallest, last = self._by_a_shorter_way(*self._cut_down(programme, last, shown, noted), shown)
        if self._began_right(last) or not sound:
            return smallest, last
        return self._cut_down(*sound[-1], lambda play: shown(play) and self._began_right(play))

    def _began_right(self, play: Performance) -> bool:
        """Whether the account showed numbers that can be when the play began."""
        views = (self._inventory_of(exchange) for exchange in play.exchanges)
        first = next((view for view in views if view is not None), None)
        return first is None or first.possible

    def _cut_down(
        self,
        programme: list[Step],
        shown: Performance,
        shows: Callable[[Performance], bool],
        noted: Callable[[list[Step], Performance], None] = lambda programme, play: None,
        most: int | None = None,
    ) -> tuple[list[Step], Performance]:
        """Leave out steps, then make amounts smaller, as long as the finding still shows; with the play that shows it.

        ``shown`` is a play of the programme. A target that keeps products may leave none for another play of what is
        left, so the one that showed it is kept. ``noted`` is told of each smaller programme that shows it. It ends
        after ``most`` plays in a row that do not.
        """
        plays = in_vain = 0
        until = self._clock() + LONGEST_CUT_S

        def still(candidate: list[Step]) -> bool:
            nonlocal plays, in_vain, shown
            enough = plays >= self.effort.shrink_plays or in_vain == most or self._clock() > until
            if enough or self._ended():
                return False
            plays, in_vain = plays + 1, in_vain + 1
            if showing := shows(play := self.walker.perform(candidate)):
                shown, in_vain = play, 0
                noted(candidate, play)
            return showing

        # A target that keeps a product with each play soon leaves none to play with: most looks go at once.
        lean = [
            step
            for place, step in enumerate(programme)
            if place in (0, len(programme) - 1) or not isinstance(step, Look)
        ]
        smallest = lean if len(lean) < len(programme) and still(lean) else programme
        width = max(len(smallest) // 2, 1)
        while True:
            start, cut = len(smallest) - width, False
            while start > -width:
                candidate = smallest[: max(start, 0)] + smallest[start + width :]
                if len(candidate) < len(smallest) and candidate and still(candidate):
                    smallest, cut = candidate, True
                start -= width
            if width > 1:
                width = width // 2
            elif not cut:
                break
        for index, step in enumerate(smallest):
            for simpler in _simpler(step):
                candidate = [*smallest[:index], simpler, *smallest[index + 1 :]]
                if still(candidate):
                    smallest = candidate
                    break
            else:
                smallest = _with_least(smallest, index, still)
        return smallest, shown

    def _by_a_shorter_way(
        self, programme: list[Step], last: Performance, shows: Callable[[Performance], bool]
    ) -> tuple[list[Step], Performance]:
        """No step can be left out of ``programme``, yet one order may do what many did: try to come there at once."""
        if len(programme) <= SHORT or not self.effort.shrink_plays or not shows(last):
            return programme, last
        for way in shortcuts(programme, last, self._inventory_of):
            if len(way) < len(programme) and not self._ended() and shows(play := self.walker.perform(way)):
                smallest, shown = self._cut_down(way, play, shows)
                if len(shown.exchanges) < len(last.exchanges):
                    return smallest, shown
        return programme, last

    # -- other hands --------------------------------------------------------------------------------------------

    def watch(self, longest_s: float) -> None:
        """Decide the doubts: watch the account without acting, long enough to see another actor if there is one."""
        needed = min(self.hearing.watch_s, longest_s)
        if not self.docket.doubts:
            return
        self.hearing.note("watch")
        until = self._clock() + needed + 5.0  # a read that cannot be made must not be waited for
        while self.hearing.watched_s < needed and self._clock() < until and not self.docket.foreign:
            self._sleep(0.05)
            self.look_for_others()
        self.hearing.note("watched")

    def look_for_others(self) -> None:
        """Read each inventory twice with nothing of ours between; a change is somebody else's, or L13's."""
        looks = [look for index in self.walker.seen or [0] for look in (Look(index), Look(index))]
        plays = [self.walker.perform(looks, keep=True)]
        if any(finding.stateful for finding in plays[0].findings):
            plays += [self.walker.perform(looks, keep=True) for _ in range(PLAYS_AGAIN)]
        self.hearing.note("looked", plays=[play.number for play in plays])


def _names_only_its_own(play: Performance, finding: str) -> bool:
    """Whether the finding of this id names no call from before the play."""
    met = play.met(finding)
    first = min((exchange.seq for exchange in play.exchanges), default=0)
    return met is not None and min(met.evidence, default=first) >= first


def _lasted_s(play: Performance) -> float:
    """From its first call to its last answer."""
    return play.exchanges[-1].ended - play.exchanges[0].started if play.exchanges else 0.0


def _tour(looks: Sequence[Look]) -> list[Step]:
    """One call of each kind that acts, each seen by all ``looks``."""
    acts = (more(1), Create("tour"), Delete("tour"), fewer(1))
    return [*looks, *(step for act in acts for step in (act, *looks))]


def _putting_back(programme: Sequence[Step]) -> list[Step]:
    """The steps that put the account back after a programme, each seen by a look but those of who only filled it up."""
    made = {step.label: step.account for step in programme if isinstance(step, Create | Raw) and step.label}
    deletes = [step for label, index in made.items() for step in (Delete(label, index), Look(index))]
    filled = [step for step in programme if isinstance(step, Fill)]
    most = sum(step.most for step in filled)
    emptied: list[Step] = [Delete(filler(number), filled[0].account) for number in range(most)]
    return [*deletes, *emptied, *([Look()] if emptied else []), fewer(0, "ours"), Look()]


def _each_seen(programme: Sequence[Step]) -> list[Step]:
    """The same steps with looks after each that may change something, at each account that takes part."""
    accounts = sorted({getattr(step, "account", 0) for step in programme})
    seen: list[Step] = []
    for step, after in zip(programme, [*programme[1:], None], strict=True):
        reads = isinstance(step, Look | ListOrders | LookUp)
        seen += [step, *([] if reads else [Look(index) for index in accounts if after != Look(index)])]
    return seen


def _gist(programme: Sequence[Step], performance: Performance, finding: Finding) -> list[Step]:
    """The steps whose calls the finding names, with what they need: a first look, stock, and those that made labels."""
    kept = {index for index in performance.steps_of(finding.evidence) if 0 <= index < len(programme)}
    for index in sorted(kept, reverse=True):
        step = programme[index]
        needed = {getattr(step, name, "") for name in ("label", "again")} - {""}
        made = (i for i in range(index) if isinstance(programme[i], Create | Order | Raw))
        kept |= {before for before in made if getattr(programme[before], "label", "") in needed}
    orders = [i for i, step in enumerate(programme) if isinstance(step, Order) and step.kind is OrderKind.INCREMENT]
    kept |= {index for index in orders if index < min(kept, default=0)}
    looks = {getattr(programme[index], "account", 0) for index in kept}
    first = {
        account: next((i for i, step in enumerate(programme) if step == Look(account=account)), None)
        for account in looks
    }
    kept |= {index for index in first.values() if index is not None}
    # The numbers before a write and after it are part of the story; the last read is in the evidence already.
    for index in list(kept):
        if not isinstance(programme[index], Look) and index and isinstance(programme[index - 1], Look):
            kept.add(index - 1)
    return [programme[index] for index in sorted(kept)]


def _least(step: Step) -> Step:
    """The step with the least amount, where it names one outright."""
    return replace(step, amount=Amount(1)) if isinstance(step, Order) and step.amount.of == "nothing" else step


def _with_least(programme: list[Step], index: int, still: Callable[[list[Step]], bool]) -> list[Step]:
    """The programme with as small an amount in one order as halving finds that ``still`` holds of."""
    step = programme[index]
    if not isinstance(step, Order) or step.amount.of not in ("nothing", "missing"):
        return programme
    too_few = 2 if step.amount.of == "nothing" else 0
    while isinstance(step, Order) and step.amount.plus - too_few > 1:
        middle = (too_few + step.amount.plus) // 2
        candidate = [
            *programme[:index],
            replace(step, amount=replace(step.amount, plus=middle)),
            *programme[index + 1 :],
        ]
        if still(candidate):
            programme, step = candidate, candidate[index]
        else:
            too_few = middle
    return programme


def _simpler(step: Step) -> list[Step]:
    if isinstance(step, Order) and step.amount != Amount(1):
        return [replace(step, amount=Amount(1)), replace(step, amount=Amount(2))]
    return []
