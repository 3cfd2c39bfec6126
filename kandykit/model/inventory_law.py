"""Reads of the inventory: their bounds (L3), and whether the calls before them explain their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kandykit.calls import InventoryView, Malformed, Outcome
from kandykit.model.blame import EXACT, Deviation, Suspect, broken_by_nothing, suspects
from kandykit.model.event import Event
from kandykit.model.lateness import Suspicion, came_right
from kandykit.model.state import SOURCE, State, stock_words, view_words
from kandykit.model.stock import LONGEST_LAG_S, World
from kandykit.verdict import Check, Finding, Held


class InventoryLaw:
    """Judges every read of the inventory, and keeps what reads alone tell: the peak, the lag that was met."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.suspicion: Suspicion | None = None
        self.lag_met = 0.0
        self._behind_s = 0.0
        self.agrees = True
        self.up_to_date = False
        self.peak: int | None = None
        self.first_total: int | None = None
        self.last_view: InventoryView | None = None

    def read(self, event: Event, view: InventoryView) -> list[Check]:
        """What a read of the inventory proves or breaks."""
        stock, exchange = self.state.stock, event.exchange
        self._keep_account(view)
        self.up_to_date = False
        if stock.worlds is None or stock.grounds(view):
            settled = exchange.started > self.state.last_write + LONGEST_LAG_S
            checks = self._bounds(event, view, believed=settled)
            self._begin_anew(event, view)
            self.agrees = True
            return checks
        matching = stock.matching(view)
        revived = not matching and bool(matching := self._late(event, view))
        self.agrees = bool(matching)
        if not matching:
            bounds = self._bounds(event, view, believed=False, causes=self._plain_causes(view))
            return bounds + self._unexplained(event, view)
        # Only what came right was late; what never does is wrong, and says nothing about lag.
        self.lag_met, self._behind_s = max(self.lag_met, self._behind_s), 0.0
        checks = self._bounds(event, view, believed=True)
        checks += self.state.window.held()
        if self.suspicion is not None:
            if not self.state.terms.shared:  # else the others may have undone what they had done
                checks += [came_right(finding, event) for finding in self.suspicion.findings]
            self.suspicion = None
        if revived or not self._may_be_late(event, view, matching):
            stock.observe(matching, exchange.started, exchange.ended)
        self.up_to_date = self._shows_the_latest_write(event, view)
        self.state.explained(event, shown=self.up_to_date)
        return checks

    def _begin_anew(self, event: Event, view: InventoryView) -> None:
        self._behind_s = 0.0
        self.state.stock.start(view, event.exchange.started, self.state.lag_s)
        self.state.explained(event, shown=True)

    def _keep_account(self, view: InventoryView) -> None:
        self.last_view = view
        total = view.total
        if total is None and view.used is not None and view.available is not None:
            total = view.used + view.available
        if total is not None:
            self.first_total = total if self.first_total is None else self.first_total
            self.peak = total if self.peak is None else max(self.peak, total)

    def bounds(self, event: Event, view: InventoryView) -> list[Check]:
        """L3, as far as the numbers themselves break it: those were right at no moment."""
        checks = self._bounds(event, view, believed=False)
        return [replace(check, evidence=(event.seq,)) if isinstance(check, Finding) else check for check in checks]

    # -- agreement ----------------------------------------------------------------------------------------------

    def _may_be_late(self, event: Event, view: InventoryView, matching: list[World]) -> bool:
        """Whether numbers that fit may be old ones all the same, so that they decide nothing between the worlds."""
        stock = self.state.stock
        if not self.state.lag_s or len(matching) == len(stock.worlds or ()):
            return False
        return stock.lagging(view, event.exchange.started - self.state.lag_s) is not None

    def _shows_the_latest_write(self, event: Event, view: InventoryView) -> bool:
        """Whether the latest write changed the numbers for certain, and these could be none from before it."""
        window = self.state.window
        if not self.state.lag_s:
            return False  # nobody waits for it, and the past is long
        last = next((past for past in reversed(window.fresh) if past.writes), None)
        if last is None or last.reply.outcome is not Outcome.DONE or isinstance(last.call, Malformed):
            return False
        if last.seq in window.repeats | window.taken | window.rejected:
            return False
        return self.state.stock.lagging(view, event.exchange.started - self.state.lag_s) is None

    def _late(self, event: Event, view: InventoryView) -> list[World]:
        """The worlds in which an unconfirmed order has happened after all, unless a late read explains it."""
        stock = self.state.stock
        if not stock.dormant:
            return []
        if self.state.lag_s and stock.lagging(view, event.exchange.started - self.state.lag_s) is not None:
            return []
        return stock.revived(lambda world: world.shows(view))

    def _unexplained(self, event: Event, view: InventoryView) -> list[Check]:
        started, stock = event.exchange.started, self.state.stock
        allowed = self.state.lag_s
        true_until = stock.lagging(view, started - max(LONGEST_LAG_S, allowed))
        if true_until is not None and started <= true_until + allowed:
            self._behind_s = max(self._behind_s, event.exchange.ended - true_until)
            return []
        if self.state.terms.shared and not any(past.writes for past in self.state.window.events):
            self._begin_anew(event, view)  # nothing of ours: the others'
            return []
        findings = tuple(self._deviates(event, view))
        if true_until is not None:
            if self.suspicion is None:
                self.suspicion = Suspicion(findings, true_until, event.seq)
            return []
        if self.suspicion is not None and started >= self.suspicion.true_until + LONGEST_LAG_S:
            findings = self.suspicion.findings
        # Else the numbers were true at no moment, however late a read may be: that needs no more waiting.
        self.suspicion = None
        self._begin_anew(event, view)
        return list(findings)

    def _blamed(self, view: InventoryView) -> list[Suspect]:
        """The calls that explain best how far these numbers are from what is possible."""
        deviation = self._deviation(view)
        found = suspects(self.state.window, deviation)
        if view.total is None and view.used is None:
            # Only what is available was shown: what looks like a loss of products may be a use of them.
            found = min(found, suspects(self.state.window, Deviation(0, -deviation.total)), key=_best)
        return found

    def _deviation(self, view: InventoryView) -> Deviation:
        """How far these numbers are from the nearest possible ones."""
        possible = self.state.stock.shown()
        near = min(possible, key=lambda pair: abs(_total(view, pair) - pair[0]) + abs(_used(view, pair) - pair[1]))
        return Deviation(_total(view, near) - near[0], _used(view, near) - near[1])

    def _plain_causes(self, view: InventoryView) -> tuple[str, ...]:
        """The laws of the calls whose own effect, once too often or too seldom, makes these numbers to the full."""
        found = self._blamed(view) if not self.state.terms.shared else []
        return tuple(dict.fromkeys(law for suspect in found if suspect.rank == EXACT for law in suspect.laws))

    def _deviates(self, event: Event, view: InventoryView) -> Iterable[Finding]:
        possible = self.state.stock.shown()
        found = self._blamed(view)
        laws = list(dict.fromkeys(law for suspect in found for law in suspect.laws))
        laws = laws or list(broken_by_nothing(self._deviation(view)))
        evidence = {suspect.event.seq for suspect in found} | {event.seq}
        if self.state.window.last_read is not None:
            evidence.add(self.state.window.last_read)
        yield Finding(
            requirement=laws[0],
            title=found[0].title if found else "The inventory changes between two reads and no call of ours",
            expected=" or ".join(stock_words(total, used) for total, used in possible[:4]),
            actual=view_words(view),
            evidence=tuple(sorted(evidence)),
            also=tuple(laws[1:]),
            source=SOURCE,
            stateful=True,
            verdict=self.state.verdict,
        )

    # -- bounds -------------------------------------------------------------------------------------------------

    def _bounds(
        self, event: Event, view: InventoryView, *, believed: bool, causes: tuple[str, ...] = ()
    ) -> list[Check]:
        """L3; ``believed`` says that this is no read that could only lag, so that our own subscribers must show.

        ``causes`` are the laws that the calls before it broke if they made these numbers.
        """
        limit = self.state.terms.limit
        total, used, available = view.total, view.used, view.available
        wrong: list[str] = []
        if (total or 0) < 0 or (used or 0) < 0 or (available or 0) < 0:
            wrong.append("no number below zero")
        if total is not None and used is not None and used > total:
            wrong.append("used no greater than total")
        if total is not None and available is not None and available > total:
            wrong.append("available no greater than total")
        if total is not None and used is not None and available is not None and available != total - used:
            wrong.append("available equal to total less used")
        if total is not None and limit is not None and total > limit:
            wrong.append(f"total no greater than the agreed limit {limit}")
        rests_on_state = not wrong
        if believed and self._fewer_than_live(used):
            wrong.append(f"used no less than the {self.state.identities.live_count} live subscribers of this run")
        if not wrong:
            return [Held("L3")]
        evidence = sorted({*self.state.window.writes()[-3:], event.seq})
        return [
            Finding(
                "L3",
                "The inventory shows numbers that cannot be",
                "; ".join(wrong),
                view_words(view),
                tuple(evidence),
                also=() if rests_on_state else causes,
                source=SOURCE,
                stateful=rests_on_state,
            )
        ]

    def _fewer_than_live(self, used: int | None) -> bool:
        """Whether fewer are in use than this run alone knows to be live; a late read could show that."""
        state = self.state
        if used is None or used >= state.identities.live_count:
            return False
        return not (state.lag_s or self.suspicion is not None)


def _best(found: list[Suspect]) -> int:
    return found[0].rank if found else 0


def _total(view: InventoryView, world: tuple[int, int]) -> int:
    if view.total is not None:
        return view.total
    if view.available is not None:
        return view.available + (view.used if view.used is not None else world[1])
    return world[0]


def _used(view: InventoryView, world: tuple[int, int]) -> int:
    if view.used is not None:
        return view.used
    if view.available is not None and view.total is not None:
        return view.total - view.available
    return world[1]
