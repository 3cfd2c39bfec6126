"""The ledger of a run: it is fed with every exchange, and answers what the guard and the cleaning up must know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    Malformed,
    Operation,
    OrderView,
    Outcome,
    Reply,
)
from kandykit.exchange import Exchange
from kandykit.exposure import NOTHING, Exposure
from kandykit.ledger import booking, bounds
from kandykit.ledger.account import Account
from kandykit.ledger.assumptions import Assumptions
from kandykit.ledger.listing import rule_out_by_list, settle_by_list
from kandykit.ledger.reading import observe


class Ledger(Assumptions):
    """The books of all accounts of a run, under the assumptions that hold at the time.

    ``mark``: the run's mark, which stands in every identity that the run chose itself.
    """

    def __init__(
        self,
        mark: str = "",
        *,
        shared: bool = False,
        settle_s: float = 0.0,
        late_s: float = 30.0,
        trusting: bool = True,
        lag_known: bool = True,
        aged: bool = False,
    ) -> None:
        super().__init__(
            shared=shared, settle_s=settle_s, late_s=late_s, trusting=trusting, lag_known=lag_known, aged=aged
        )
        self.mark = mark
        self.whose = ""
        self._nobody_gets: set[int | None] = set()
        self.accounts: dict[str, Account] = {}

    def account(self, name: str) -> Account:
        """The books of one account; an account that was never met has empty ones."""
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account(name)
        return found

    # -- what is fed --------------------------------------------------------------------------------------------

    def depart(self, seq: int, account: str, exposure: Exposure) -> None:
        """A call is about to leave: until its exchange is fed, its worst case counts."""
        if exposure != NOTHING:
            self.account(account).in_flight[seq] = exposure

    def turn_back(self, seq: int, account: str) -> None:
        """A call that was to leave did not."""
        self.account(account).in_flight.pop(seq, None)

    def feed(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Take what came of a call into the books."""
        account = self.account(exchange.intent.account)
        account.in_flight.pop(exchange.seq, None)
        view = reply.inventory
        if view is not None:
            if view.used is not None:
                account.used = view.used
                account.used_before = account.used if account.used_before is None else account.used_before
            observe(account, view.total, exchange, self)
        for order in reply.orders or ():
            booking.see_order(account, order, exchange, self)
        meant = (call.meant or call) if isinstance(call, Malformed) else call
        booking.book(account, exchange, call, reply, self)
        match meant:
            case CreateSubscriber() | Malformed(Operation.CREATE_SUBSCRIBER):
                self._created(account, exchange, meant, reply)
            case DeleteSubscriber():
                self._deleted(account, exchange, meant.identity, reply)

    def replay(
        self, exchanges: Iterable[Exchange], read: Callable[[Exchange], tuple[Call, Reply]], run: str = ""
    ) -> None:
        """Feed what a journal recorded; ``read`` is the binding's word on what call and reply an exchange was.

        ``run`` names the run where there are several; their journals are fed in the order in which they were made.

        The journal's clock is another process's, and nothing of that run is under way any more: its calls count as
        ended long ago, and only a new inventory read tells what became of the doubtful ones.
        """
        self.whose = f" of run {run}" if run else ""
        for exchange in exchanges:
            self.feed(exchange, *read(exchange))
        self.whose = ""
        for account in self.accounts.values():
            for effect in account.newer:
                effect.started = effect.ended = -inf
                effect.late = False
            account.subscribers.forget_times()
            account.observed = None

    def settle_by_list(self, name: str, views: Iterable[OrderView]) -> None:
        """Learn from the target's list of orders what became of those whose answer never came."""
        settle_by_list(self.account(name), views)

    def rule_out_by_list(self, name: str, views: Iterable[OrderView]) -> None:
        """Learn from it, where others act meanwhile, which of them did nothing."""
        rule_out_by_list(self.account(name), views)

    # -- what is asked ------------------------------------------------------------------------------------------

    def at_worst(self, name: str, call: Call) -> bool:
        """Whether a call on this account counts at its worst."""
        return booking.at_worst(self.account(name), call, self)

    def owner(self, identity: str) -> str | None:
        """Which of our accounts created this subscriber, or may have; None: it is not ours."""
        return next((each.name for each in self.accounts.values() if each.subscribers.owns(identity)), None)

    @property
    def calls_to_clean_up(self) -> int:
        """About how many calls it takes to remove what we made, if all goes well."""
        return sum(len(account.subscribers.to_delete) + 6 for account in self.accounts.values())

    def worst_rise(self, name: str) -> float:
        """By how many products ``total`` may stand above the baseline now, through us, at worst."""
        return bounds.worst_rise(self.account(name), self)

    def unread(self, name: str) -> bool:
        """Whether calls of ours count at their worst only because no inventory read began after them."""
        return bounds.unread(self.account(name), self)

    def removable(self, name: str) -> int:
        """How many products may be given back so that, whatever happened, only our own increments are undone."""
        return bounds.removable(self.account(name), self)

    def owed(self, name: str) -> int:
        """How many products decrements of ours took away beyond our increments, as the inventory shows it."""
        return bounds.owed(self.account(name), self)

    def began_empty(self, name: str) -> bool:
        """Whether the account held no product before this run, so that nobody else can lose one."""
        return self.account(name).baseline == 0 and not self.shared

    # -- subscribers --------------------------------------------------------------------------------------------

    def _created(self, account: Account, exchange: Exchange, call: CreateSubscriber | Malformed, reply: Reply) -> None:
        if reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED):
            return
        shown = reply.subscriber.identity if reply.subscriber else None
        identity = shown or (call.identity if isinstance(call, CreateSubscriber) else None)
        if identity is None:
            account.subscribers.lost.append(f"{exchange.seq}{self.whose}")
            return
        account.subscribers.created(identity, exchange, clear=reply.outcome is not Outcome.UNCLEAR)

    def _deleted(self, account: Account, exchange: Exchange, identity: str, reply: Reply) -> None:
        # Two accounts may each have a subscriber of this identity: then a delete is about the own one, while it stands.
        having = [account, *(other for other in self.accounts.values() if other is not account)]
        owner = next(
            (each for each in having if each.subscribers.may_live(identity)),
            next((each for each in having if each.subscribers.owns(identity)), None),
        )
        if owner is None and reply.outcome is Outcome.REFUSED and reply.status in (400, 412):
            self._nobody_gets.add(reply.status)
        if owner is None or reply.outcome is Outcome.THROTTLED:
            return
        gone = reply.outcome is Outcome.DONE or reply.status in (404, 410)
        # Who is certain to be there is not gone because the target refuses to delete with what a stranger gets.
        gone = gone or (reply.status in self._nobody_gets and identity in owner.subscribers.unclear)
        if reply.outcome is Outcome.REFUSED and (not gone or owner is not account):
            return
        # Through another account it may have worked (then isolation is broken) or not; so may an unclear one.
        owner.subscribers.gone(identity, exchange, clear=gone and owner is account)
