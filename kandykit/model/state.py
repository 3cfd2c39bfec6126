"""What the laws of one account share: its three books, the calls to be explained, and what was agreed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kandykit.calls import InventoryView
from kandykit.front import may_stop_in_front
from kandykit.model.event import Event
from kandykit.model.identities import Identities
from kandykit.model.orders import Orders
from kandykit.model.refusals import Refusals
from kandykit.model.stock import LONGEST_LAG_S, Stock
from kandykit.model.window import Window
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding, Verdict

if TYPE_CHECKING:
    from kandykit.model.account import Account

LATE_EFFECT_S = 30.0
"""A call that timed out may still act for this long, in seconds; one that was answered 5xx or cut has acted or not."""

SOURCE = ""


class State:
    """One account as it is known, and the words in which a broken law is told."""

    def __init__(self, terms: Terms) -> None:
        self.stock = Stock()
        self.orders = Orders()
        self.identities = Identities()
        self.window = Window()
        self.refusals = Refusals()
        self.others: list[Account] = []
        self.tolerant = False
        self.served = False
        self.last_write = float("-inf")
        self.terms = terms

    @property
    def terms(self) -> Terms:
        """What was agreed with the target."""
        return self._terms

    @terms.setter
    def terms(self, terms: Terms) -> None:
        self._terms = terms
        self.stock.memory_s = max(LONGEST_LAG_S, terms.settle_s)

    @property
    def lag_s(self) -> float:
        """How long a read may lag behind a write just now, in seconds."""
        return LONGEST_LAG_S if self.tolerant else self._terms.settle_s

    @property
    def verdict(self) -> Verdict:
        """What one finding weighs that rests on the account's state: on a shared account others may have made it."""
        return Verdict.INCONCLUSIVE if self._terms.shared else Verdict.FAIL

    def closes(self, event: Event) -> float:
        """Until when a call with an unclear answer may still show an effect that nothing has shown."""
        late = LATE_EFFECT_S if event.exchange.failure == "timeout" else 0.0
        return event.exchange.ended + late + self._terms.settle_s

    def lately(self, event: Event) -> float:
        """Since when what was true may still be what the target goes by, where its reads lag."""
        return event.exchange.started - self.lag_s if self.lag_s else float("inf")

    def refused_for(self, cause: str, event: Event, exactly: str = "") -> Iterable[Check]:
        """A refusal whose cause is certain; what is looked for by an odd name may be refused for its form.

        So it may be in front of the API, if its URL is odd. Whoever was never served may be refused for who it is.
        """
        if cause == "unknown" and (event.exchange.intent.probe or may_stop_in_front(event.exchange)):
            return ()
        if event.reply.status == 403 and not self.served:
            return ()
        return self.refusals.refused(cause, event, self._terms, exactly)

    def explained(self, event: Event, *, shown: bool) -> None:
        """The inventory is as expected (or known anew): calls before this read need no more explaining.

        Those that may still act stay, and where reads lag those that may not show yet; ``shown`` says that all do.
        """
        stock, since = self.stock, event.exchange.started - self.lag_s
        lags = self.lag_s > 0 and not shown

        def keep(past: Event) -> bool:
            return past.seq in stock.questions or past.seq in stock.dormant or (lags and past.exchange.ended > since)

        self.window.close(keep, event.seq)

    def law(
        self,
        law: str,
        title: str,
        event: Event,
        expected: str,
        actual: str,
        *earlier: int | None,
        also: tuple[str, ...] = (),
    ) -> Finding:
        """A finding that rests on what is believed of the account: the calls that made the belief are its evidence."""
        shown = {event.seq, *self.window.writes(), *(seq for seq in earlier if seq is not None)}
        if self.window.last_read is not None:
            shown.add(self.window.last_read)
        return Finding(
            law,
            title,
            expected,
            actual,
            tuple(sorted(shown)),
            also=also,
            source=SOURCE,
            stateful=True,
            verdict=self.verdict,
        )

    def possible(self) -> str:
        """The stock as it is believed, in words."""
        return " or ".join(stock_words(total, used) for total, used in self.stock.shown()[:4])


def view_words(view: InventoryView) -> str:
    """An inventory answer in words."""
    parts = (("total", view.total), ("used", view.used), ("available", view.available))
    return ", ".join(f"{name} {number}" for name, number in parts if number is not None)


def stock_words(total: int, used: int) -> str:
    """A state of the stock in words."""
    return f"total {total}, used {used}, available {total - used}"
