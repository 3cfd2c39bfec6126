"""Cleaning up: an account is left as it was met, as far as that can be proved to be our own doing.

Only what the ledger proves to be ours is removed, and each loop is bounded: a faulty target gets no endless attention.
What cannot be removed is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

from kandykit.calls import OrderKind, Outcome, Reply, Stage
from kandykit.client import Client
from kandykit.door import Passed
from kandykit.errors import KandykitError, OverBudget
from kandykit.exchange import Intent
from kandykit.ledger import Account, Ledger
from kandykit.wire import Outgoing

TRIES: Final = 3
"""How often one call is made while its answer is unclear; deleting twice, or reading twice, does no more than once."""

ROUNDS: Final = 6
"""How often all products that are left are ordered back before they count as residue."""

PARTS: Final = 20
"""In so many orders at most, where the budget holds only for a part at a time."""

SILENCE: Final = 3
"""After so many calls in a row without an answer the account is given up."""


class Builds(Protocol):
    """What cleaning up needs of a binding."""

    @property
    def reads_single_orders(self) -> bool:
        """Whether one order can be read by its number."""
        ...

    def place_order(self, kind: OrderKind, quantity: int) -> Outgoing:
        """Order products more or fewer."""
        ...

    def read_orders(self, number: str | None = None) -> Outgoing:
        """Read all orders, or one."""
        ...

    def read_inventory(self) -> Outgoing:
        """Read the inventory."""
        ...

    def delete_subscriber(self, identity: str) -> Outgoing:
        """Delete one subscriber."""
        ...


def restore(
    client: Client,
    ledger: Ledger,
    binding: Builds,
    *,
    fulfilment_s: float = 30.0,
    longest_s: float = 300.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    goes_on: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Remove what the run made, on each account of the client, and say in a sentence each what could not be removed.

    Our live subscribers go first, then ``total`` goes back to what it was, by no more than our own orders changed it.
    An order may stay pending for ``fulfilment_s``, an account is given ``longest_s`` in all (seconds). Nothing that the
    target or the network does raises. A Ctrl-C ends the cleaning and is named too, unless it ``goes_on`` all the same.
    """
    touched = [account for name in client.accounts if not (account := ledger.account(name)).untouched]
    left: dict[str, list[str]] = {}
    with client.guard.cleaning():
        # The budget is one for all accounts: where the others leave no room for giving back, there is some afterwards.
        for turn in range(2):
            short = []
            for account in touched:
                cleaner = _Cleaner(client, ledger, binding, account, fulfilment_s, longest_s, clock, sleep, goes_on)
                left[account.name] = cleaner.clean()
                if cleaner.interrupted:
                    return [sentence for residue in left.values() for sentence in residue]
                if cleaner.over_budget:
                    short.append(account)
            if turn == 0 and len(touched) > 1:
                touched = short
            else:
                break
    return [sentence for residue in left.values() for sentence in residue]


class _GivenUp(Exception):
    """No use in going on with this account."""


class _Cleaner:
    """Cleans one account."""

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        binding: Builds,
        account: Account,
        fulfilment_s: float,
        longest_s: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        goes_on: Callable[[], bool],
    ) -> None:
        self.client = client
        self.ledger = ledger
        self.binding = binding
        self.account = account
        self.fulfilment_s = fulfilment_s
        self.deadline = clock() + longest_s
        self.clock = clock
        self.sleep = sleep
        self.goes_on = goes_on
        self.silent = 0
        self.said: dict[str, str] = {}
        self.interrupted = False
        self.over_budget = False
        self.available: int | None = None

    def clean(self) -> list[str]:
        """Do all that can be done; returns what is left."""
        residue: list[str] = []
        try:
            if self.ledger.aged:
                self._look()
                orders = self._call(self.binding.read_orders()).orders
                if orders is not None:
                    self.ledger.settle_by_list(self.account.name, orders)
            for identity in self.account.subscribers.to_delete:
                self.said[identity] = self._delete(identity)
            self._balance()
            if self.ledger.shared and self.account.in_doubt:
                # The total may be anybody's; but an order that is not in the list was never carried out.
                orders = self._call(self.binding.read_orders()).orders
                if orders is not None:
                    self.ledger.rule_out_by_list(self.account.name, orders)
                    self._balance()
        except _GivenUp as reason:
            residue.append(self._sentence(f"cleaning up ended early: {reason}"))
        except KandykitError as error:
            residue.append(self._sentence(f"cleaning up ended early: {error}"))
        except KeyboardInterrupt:
            if self.goes_on():
                return self.clean()
            self.interrupted = True
            residue.append(self._sentence("cleaning up was interrupted"))
        return residue + self._left()

    # -- steps --------------------------------------------------------------------------------------------------

    def _delete(self, identity: str) -> str:
        reply = self._call(self.binding.delete_subscriber(identity))
        return _said(reply)

    def _balance(self) -> None:
        """Order back what was ordered, looking each time, until nothing of ours is left or nothing moves."""
        self._await_orders()
        placed = refused = whole = 0
        waited = False
        until, pause = min(self.clock() + self.ledger.late_s + self.ledger.settle_s + 1.0, self.deadline), 0.01
        while placed < PARTS and whole < ROUNDS and refused < 2:
            self._look()
            surplus, owed = self.ledger.removable(self.account.name), self.ledger.owed(self.account.name)
            if self.available is not None:
                surplus = min(surplus, self.available)
            if surplus < 1 and owed < 1:
                # An order that nobody answered may yet be done, and a read may lag: only time can tell.
                if not self._off_baseline() or not self.account.undecided or self.clock() >= until:
                    break
                self.sleep(pause)
                pause = min(2 * pause, 0.5)
                continue
            kind, quantity = (OrderKind.DECREMENT, surplus) if surplus >= 1 else (OrderKind.INCREMENT, owed)
            part = min(quantity, self.client.guard.may_give_back(self.account.name))
            if part < 1 and self.account.undecided and not waited:
                # What was given back last still counts at its worst, for as long as a read may lag.
                self.sleep(self.ledger.settle_s)
                waited = True
                continue
            waited = False
            if part < 1:
                # An order to give back could do the opposite, and for that the budget has no room.
                self.said["total"] = "does not fit the budget: if the target did the opposite, it would be passed"
                self.over_budget = True
                break
            reply = self._call(self.binding.place_order(kind, part), again=False)
            placed, whole = placed + 1, whole + (part == quantity)
            if reply.outcome is Outcome.REFUSED:
                refused += 1
                self.said["total"] = _said(reply)
            self._await_orders()
        self._await_baseline()

    def _await_orders(self) -> None:
        """Read our pending orders, with growing pauses, until none is pending or they had their time."""
        until, pause = min(self.clock() + self.fulfilment_s, self.deadline), 0.01
        while pending := self.account.pending:
            one = pending[0].number if self.binding.reads_single_orders else None
            reply = self._call(self.binding.read_orders(one))
            stage = next((view.stage for view in reply.orders or () if view.number == pending[0].number), None)
            if stage in (Stage.DONE, Stage.NOT_DONE):
                continue
            if self.clock() >= until:
                return
            self.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _await_baseline(self) -> None:
        """A read may lag behind: look again for as long as it may, and at least a moment."""
        until, pause = self.clock() + max(1.0, self.ledger.settle_s), 0.01
        while self._off_baseline() and self.clock() < until:
            self.sleep(pause)
            pause = min(2 * pause, 0.5)
            self._look()

    def _look(self) -> None:
        view = self._call(self.binding.read_inventory()).inventory
        self.available = None
        if view is not None:
            counted = view.total is not None and view.used is not None
            self.available = view.total - view.used if counted else view.available  # type: ignore[operator]

    def _call(self, outgoing: Outgoing, *, again: bool = True) -> Reply:
        """One call of cleaning up; where that does no harm, again while its answer is unclear."""
        for attempt in range(TRIES):
            if self.clock() > self.deadline:
                raise _GivenUp("it took too long")
            exchange, _, reply = self._send(outgoing)
            self.silent = 0 if exchange.answered else self.silent + 1
            if self.silent >= SILENCE:
                raise _GivenUp(f"{SILENCE} calls in a row got no answer ({exchange.failure})")
            throttled = reply.outcome is Outcome.THROTTLED
            if attempt == TRIES - 1 or not (throttled or (again and reply.outcome is Outcome.UNCLEAR)):
                break
            pause = self.client.pause_after(exchange) if throttled else 0.05 * 2**attempt
            if self.clock() + pause > self.deadline:
                raise _GivenUp(f"the target asks to wait {pause:.0f} s")
            self.sleep(pause)
        return reply

    def _send(self, outgoing: Outgoing) -> Passed:
        intent = Intent(suite="cleanup", test="cleanup", account=self.account.name)
        try:
            return self.client.send(outgoing, intent)
        except OverBudget as refusal:
            if not refusal.reading_helps:
                raise
            # What was written since the last read counts at its worst; reading shows what became of it.
            self.sleep(self.ledger.settle_s)
            self.client.send(self.binding.read_inventory(), intent)
            return self.client.send(outgoing, intent)

    # -- what is left -------------------------------------------------------------------------------------------

    def _left(self) -> list[str]:
        account, left = self.account, []
        for identity in account.subscribers.to_delete:
            what = "is still live" if identity in account.subscribers.live else "may still be live"
            said = self.said.get(identity)
            left.append(self._sentence(f"subscriber {identity} {what}" + (f"; its deletion {said}" if said else "")))
        if account.subscribers.lost and not self._all_free_again():
            calls = ", ".join(account.subscribers.lost)
            left.append(
                self._sentence(
                    f"a subscriber may be left whose identity the target never told (created by call {calls};"
                    f" {account.used} in use, {account.used_before} at the start)"
                )
            )
        left += [
            self._sentence(f"order {order.number} ({order.kind.value} by {order.quantity}) is still pending")
            for order in account.pending
        ]
        off = self._off_baseline()
        if off and account.observed is not None:
            side = "above" if off > 0 else "below"
            said = self.said.get("total")
            why = f"; ordering back {said}" if said else ""
            before = account.observed.total - off if self.ledger.aged else account.baseline
            left.append(
                self._sentence(
                    f"total is {account.observed.total}, {abs(off)} {side} the {before} it was at the start{why}"
                )
            )
        elif products := self.ledger.removable(account.name):
            left.append(self._sentence(f"{products} products that were ordered were not given back"))
        elif self.ledger.shared and account.in_doubt and self._differs():
            calls = ", ".join(map(str, account.in_doubt))
            left.append(self._sentence(f"what was ordered by call {calls} may be left: no answer and no list told"))
        return left

    def _differs(self) -> bool:
        """Whether ``total`` is not known to be what it was at the start, whoever changed it."""
        account = self.account
        return account.observed is None or account.observed.total != account.baseline

    def _off_baseline(self) -> int:
        """By how much ``total`` differs from the start; where others may act, only our own part counts."""
        account = self.account
        if account.baseline is None or account.observed is None:
            return 0
        if self.ledger.shared or self.ledger.aged:
            return self.ledger.removable(account.name)
        return account.observed.total - account.baseline

    def _all_free_again(self) -> bool:
        """Whether the inventory shows no more in use than at the start, so that no lost subscriber is left."""
        account = self.account
        if account.used is None or account.used_before is None:
            return False
        # Where others come and go as well only an account that nobody is on tells anything.
        return account.used == 0 or (not self.ledger.shared and account.used <= account.used_before)

    def _sentence(self, text: str) -> str:
        return f"{self.account.name}: {text.rstrip('.')}."


def _said(reply: Reply) -> str:
    if reply.status is None:
        return "got no answer"
    return f"was answered {reply.status}"
