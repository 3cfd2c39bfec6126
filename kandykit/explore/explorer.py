"""The explorer plays programmes and, when the judge raises something, finds out whether it stands and what shows it.

A finding that rests on the account's state could be somebody else's doing, so it must come again: its programme is
cut down to the fewest steps that still show it, and those are played until they have shown it three times running.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kandykit.calls import OrderKind
from kandykit.docket import Docket
from kandykit.exchange import Exchange
from kandykit.explore.steps import Amount, Create, Delete, Look, Order, Programme, Raw, Step, fewer, from_json, to_json
from kandykit.explore.walker import HASTY_S, PATIENT_S, Performance, Walker
from kandykit.verdict import Finding, Verdict

PLAYS_AGAIN = 3
"""How often a stateful finding has to come again, running, to stand (the contract's number)."""


OFTEN = 3
MOST_PLAYS = 14
"""What shows in so many of at most so many plays of the same calls comes with our calls, and not by chance."""

REST_S = 2.0
"""For so long, in seconds, nothing may move while we only look, before a finding that comes now and then stands."""


@dataclass(slots=True)
class Effort:
    """How much the explorer may spend: plays per finding while it is cut down, and unconfirmed findings in all."""

    shrink_plays: int = 120
    doubts: int = 12


class Explorer:
    """Plays programmes through a walker and files what stands in a docket.

    ``ended`` tells whether the run's time is over; ``mark`` writes a mark into the journal.
    """

    def __init__(
        self,
        walker: Walker,
        docket: Docket,
        effort: Effort | None = None,
        *,
        ended: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.walker = walker
        self.docket = docket
        self.effort = effort or Effort()
        self.held_back: dict[str, int] = {}
        self._ended = ended
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self._unconfirmed = 0
        self._last_doubt = self._started

    @property
    def worn_out(self) -> bool:
        """Whether so much did not come again that going on would only add to the noise."""
        return self._unconfirmed >= self.effort.doubts

    def examine(self, programme: Programme) -> list[Finding]:
        """Play a programme and deal with all that it raises; returns the findings that stand."""
        return self.deal_with(programme, self.walker.perform(programme))

    def deal_with(self, programme: Programme, performance: Performance) -> list[Finding]:
        """Confirm, cut down and file what a performance of this programme raised."""
        for reason in performance.held_back:
            self.held_back[reason] = self.held_back.get(reason, 0) + 1
        stood: list[Finding] = []
        for finding in _distinct(performance.findings):
            if self.docket.knows(finding):
                self.docket.count(finding)
                stood.append(finding)
            elif not self.worn_out:
                stood += self._confirm(list(programme), finding, performance)
                break  # what came after the first finding came from a state that is no longer known
        return stood

    def _confirm(self, programme: list[Step], finding: Finding, first: Performance) -> list[Finding]:
        shows = self._shows(finding)
        played: list[Performance] = []
        if first.aftermath:
            # It came up while the account was put back: make that a part of what is played.
            programme = [*programme, *_putting_back(programme)]
            first = self.walker.perform(programme)
            played = [first] if shows(first) else []
            finding = next((met for met in first.findings if met.id == finding.id), finding)
        # A damaged target may cost products with each play, so the likeliest few steps are tried first, and smallest.
        gist = _gist(programme, first, finding)
        for likely in ([_least(step) for step in gist], gist):
            if likely != programme and shows(play := self.walker.perform(likely)):
                programme, played = likely, [play]
                break
        if not played:
            played = [play for _ in range(PLAYS_AGAIN) if shows(play := self.walker.perform(programme))][:1]
        if not played:
            if met := self._elsewhere(programme, shows, finding):
                return [met]
            self._not_again(finding, first)
            return []
        played += [self.walker.perform(programme, patience_s=PATIENT_S if last else None) for last in (0, 1)]
        if not all(shows(play) for play in played):
            if any(_came_right(play) for play in played):
                return []
            if met := self._now_and_then(programme, shows, finding, played):
                return [met]
            self._not_again(finding, first)
            return []
        # A law that is broken for good breaks at every turn: its next doubtful reads need no waiting.
        self.walker.hasty_s = HASTY_S / 10
        smallest = self._cut_down(programme, shows)
        play = self.walker.perform(smallest) if smallest is not programme else played[-1]
        if not shows(play):
            smallest, play = programme, played[-1]
        met = next(met for met in play.findings if met.id == finding.id)
        self.docket.file(met, evidence(play.exchanges, met), to_json(smallest))
        return [met]

    def _now_and_then(
        self, programme: list[Step], shows: Callable[[Performance], bool], finding: Finding, played: list[Performance]
    ) -> Finding | None:
        """What comes every so many calls comes again in some plays only; it stands if nothing moves while we rest."""
        if self.docket.unsettled or finding.requirement == "L13":
            return None  # a change with no call of ours is somebody else's, or a late read's
        while sum(map(shows, played)) < OFTEN and len(played) < MOST_PLAYS and not self._ended():
            played.append(self.walker.perform(programme))
        showing = [play for play in played if shows(play)]
        if len(showing) < OFTEN:
            return None
        until = self._clock() + REST_S
        while self._clock() < until and not self.docket.foreign:
            self._sleep(0.05)
            self.look_for_others()
        if self.docket.unsettled:
            return None
        met = next(met for met in showing[-1].findings if met.id == finding.id)
        told = replace(met, actual=f"{met.actual}; in {len(showing)} of {len(played)} plays of the same calls")
        self.docket.file(told, evidence(showing[-1].exchanges, met), to_json(programme))
        return told

    def _elsewhere(
        self, programme: list[Step], shows: Callable[[Performance], bool], finding: Finding
    ) -> Finding | None:
        """What leaves an account changed for good cannot come again there; on a second account it can, once."""
        values = to_json(programme)
        if len(self.walker.names) < 2 or any(value.get("account") != 0 for value in values):
            return None
        moved = from_json([{**value, "account": 1} for value in values])
        play = self.walker.perform(moved, patience_s=PATIENT_S)
        if not shows(play):
            return None
        met = next(met for met in play.findings if met.id == finding.id)
        self.docket.file(met, evidence(play.exchanges, met), to_json(moved))
        return met

    def _not_again(self, finding: Finding, first: Performance) -> None:
        if finding.requirement == "R7" or finding.verdict is not Verdict.FAIL:
            return  # three unclear answers running that do not come again are sporadic: no fault
        if finding.requirement.startswith("R"):
            return
        if finding.requirement == "L13":
            # Seen in a quiet window, and not again with the same reads: that is somebody else's hand.
            self.docket.foreign.append(f"{finding.expected} became {finding.actual}")
        self._unconfirmed += 1
        self._last_doubt = self._clock()
        self.docket.doubt(finding, evidence(first.exchanges, finding))

    def _shows(self, finding: Finding) -> Callable[[Performance], bool]:
        return lambda performance: (
            not performance.aftermath and any(met.id == finding.id and met.stateful for met in performance.findings)
        )

    def _cut_down(self, programme: list[Step], shows: Callable[[Performance], bool]) -> list[Step]:
        """Leave out steps, then make amounts smaller, as long as the finding still shows."""
        plays = 0

        def still(candidate: list[Step]) -> bool:
            nonlocal plays
            if plays >= self.effort.shrink_plays or self._ended():
                return False
            plays += 1
            return shows(self.walker.perform(candidate))

        smallest = programme
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
        return smallest

    # -- other hands --------------------------------------------------------------------------------------------

    def watch(self, longest_s: float) -> None:
        """Decide the doubts: watch the account without acting, long enough to see another actor if there is one."""
        times = sum(doubt.times for doubt in self.docket.doubts.values())
        if not times:
            return
        needed = 3 * (self._last_doubt - self._started) / times
        until = self._clock() + min(needed, longest_s)
        while self._clock() < until and not self.docket.foreign:
            self._sleep(0.05)
            self.look_for_others()
        self.docket.decide_doubts(quiet_enough=needed <= longest_s)

    def look_for_others(self) -> None:
        """Read the inventory twice with nothing of ours between; a change is somebody else's, or L13's."""
        performance = self.walker.perform([Look(), Look()], keep=True)
        if any(finding.stateful for finding in performance.findings):
            again = [self.walker.perform([Look(), Look()], keep=True) for _ in range(PLAYS_AGAIN)]
            if not all(play.findings for play in again):
                self.docket.foreign.append(performance.findings[0].actual)


def evidence(exchanges: Sequence[Exchange], finding: Finding) -> list[Exchange]:
    """The calls of a performance up to the one that shows the finding."""
    last = max(finding.evidence, default=0)
    return [exchange for exchange in exchanges if exchange.seq <= last] or list(exchanges)


def _putting_back(programme: Sequence[Step]) -> list[Step]:
    """The steps that put the account back after a programme, each seen by a look."""
    made = dict.fromkeys(step.label for step in programme if isinstance(step, Create | Raw) and step.label)
    deletes = [step for label in made for step in (Delete(label), Look())]
    return [*deletes, fewer(0, "ours"), Look()]


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


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    return list({finding.id: finding for finding in reversed(findings) if finding.stateful}.values())[::-1]


def _came_right(performance: Performance) -> bool:
    return any(finding.verdict is Verdict.INCONCLUSIVE for finding in performance.findings)


def _simpler(step: Step) -> list[Step]:
    if isinstance(step, Order) and step.amount != Amount(1):
        return [replace(step, amount=Amount(1)), replace(step, amount=Amount(2))]
    return []
