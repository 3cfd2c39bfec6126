"""One-line builders for hand-written histories: what was asked, what came back, and what the model says of it."""

from __future__ import annotations

from typing import Any

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    Operation,
    OrderKind,
    OrderView,
    OtherCall,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    Stage,
    SubscriberView,
)
from kandykit.exchange import Answer, Exchange, Intent, Request
from kandykit.model.account import Account
from kandykit.model.event import Event
from kandykit.terms import Terms
from kandykit.verdict import Finding, Held, Verdict

OPEN, DONE, NOT_DONE = Stage.OPEN, Stage.DONE, Stage.NOT_DONE
MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT
METHODS = {ReadInventory: "GET", ReadOrders: "GET", DeleteSubscriber: "DELETE"}


class Story:
    """A history as it is told to the model, one call a line; ``answer`` is a status or the way a call failed.

    ``said`` collects the findings, ``held`` the laws that were tested and held.
    """

    def __init__(self, **terms: Any) -> None:
        self.account = Account("account-1", Terms("http://t", "http://t/token", **terms))
        self.other = Account("account-2", self.account.terms)
        self.account.others.append(self.other)
        self.other.others.append(self.account)
        self.said: list[Finding] = []
        self.held: list[str] = []
        self.now = 0.0
        self.probe = ""
        self.path = "/x"
        self.headers: tuple[tuple[str, str], ...] = ()
        self.seq = 0

    # -- reads

    def shows(self, total: int | None = None, used: int | None = None, available: int | None = None) -> Story:
        """The inventory is read; with total and used, what is available follows."""
        if available is None and total is not None and used is not None:
            available = total - used
        view = InventoryView(total, used, available)
        return self._tell(ReadInventory(), Reply(Outcome.DONE, 200, inventory=view))

    def sees(self, **view: int) -> Story:
        """The inventory is read and shows just these numbers."""
        return self._tell(ReadInventory(), Reply(Outcome.DONE, 200, inventory=InventoryView(**view)))

    def lists(self, *orders: OrderView) -> Story:
        """All orders are read."""
        return self._tell(ReadOrders(), Reply(Outcome.DONE, 200, orders=orders))

    def finds(self, number: str, *orders: OrderView, answer: int = 200) -> Story:
        """One order is read by its number."""
        if answer != 200:
            return self._tell(ReadOrders(number), _reply(answer))
        return self._tell(ReadOrders(number), Reply(Outcome.DONE, 200, orders=orders))

    # -- writes

    def more(self, quantity: int, number: str = "", *, stage: Stage | None = DONE, answer: int | str = 201) -> Story:
        """An increment order."""
        return self._order(MORE, quantity, number, stage, answer)

    def fewer(self, quantity: int, number: str = "", *, stage: Stage | None = DONE, answer: int | str = 201) -> Story:
        """A decrement order."""
        return self._order(FEWER, quantity, number, stage, answer)

    def _order(self, kind: OrderKind, quantity: int, number: str, stage: Stage | None, answer: int | str) -> Story:
        number = number or f"order-{self.seq}"
        reply = _reply(answer, order=order(number, kind, quantity, stage))
        return self._tell(PlaceOrder(kind, quantity), reply, answer)

    def creates(
        self, identity: str | None = None, *, given: str = "", password: str = "", answer: int | str = 201
    ) -> Story:
        """A create, under an identity of ours or one that is ``given``."""
        password = password or f"password-{self.seq}"
        shown = SubscriberView(given or identity or f"given-{self.seq}@x.nl", password)
        return self._tell(CreateSubscriber(identity), _reply(answer, subscriber=shown), answer)

    def tries(self, probe: str) -> Story:
        """From here on calls are odd in themselves, and called so."""
        self.probe = probe
        return self

    def at(self, path: str) -> Story:
        """From here on calls go to this path."""
        self.path = path
        return self

    def asks_for_version(self, version: str) -> Story:
        """From here on calls name a version of the API."""
        self.headers = (("Api-Version", version),)
        return self

    def deletes(self, identity: str, *, answer: int | str = 200) -> Story:
        """A delete."""
        return self._tell(DeleteSubscriber(identity), _reply(answer), answer)

    def malformed(self, operation: Operation, *, answer: int | str = 400) -> Story:
        """A malformed call."""
        return self._tell(Malformed(operation, "quantity is zero"), _reply(answer), answer)

    def calls(self, method: str, path: str = "/order", *, answer: int | str = 405, body: str = "") -> Story:
        """A call by a method that is not documented."""
        return self._tell(OtherCall(method, path, path == "/order"), _reply(answer), answer, method, body)

    def elsewhere(self, call: Call, *, answer: int = 201, **shown: Any) -> Story:
        """Another account does something of its own."""
        event = self._event(call, _reply(answer, **shown), answer)
        self.account.elsewhere(event)
        self.other.see(event)
        return self

    def other_orders(self, quantity: int, number: str) -> Story:
        """Another account orders products."""
        event = self._event(PlaceOrder(MORE, quantity), _reply(201, order=order(number, MORE, quantity, DONE)), 201)
        self.account.elsewhere(event)
        self.other.see(event)
        return self

    def waits(self, seconds: float) -> Story:
        """Nothing happens for a while."""
        self.now += seconds
        return self

    # -- the verdict

    @property
    def named(self) -> list[str]:
        """The requirement that each failure names first, in order."""
        return [finding.requirement for finding in self.said if finding.verdict is Verdict.FAIL]

    @property
    def verdicts(self) -> list[Verdict]:
        return [finding.verdict for finding in self.said]

    def _tell(self, call: Call, reply: Reply, answer: int | str = 200, method: str = "", body: str = "") -> Story:
        for check in self.account.see(self._event(call, reply, answer, method, body)):
            if isinstance(check, Held):
                self.held.append(check.requirement)
            else:
                self.said.append(check)
        return self

    def _event(self, call: Call, reply: Reply, answer: int | str, method: str = "", body: str = "") -> Event:
        self.seq += 1
        self.now += 0.01
        started, ended = self.now, self.now + (10.0 if answer == "timeout" else 0.01)
        self.now = ended
        failure = answer if isinstance(answer, str) else ""
        shown = None if reply.status is None else Answer(reply.status, (), body)
        request = Request(method or METHODS.get(type(call), "POST"), f"http://t{self.path}", self.headers)
        intent = Intent(probe=self.probe)
        return Event(Exchange(self.seq, intent, request, shown, started, ended, failure=failure), call, reply)


def order(number: str, kind: OrderKind, quantity: int, stage: Stage | None = DONE, created_at: str = "") -> OrderView:
    """An order as an answer shows it."""
    return OrderView(number, kind, quantity, None, stage.value if stage else None, stage, created_at or None)


def _reply(answer: int | str, **shown: Any) -> Reply:
    if isinstance(answer, str):
        return Reply(Outcome.UNCLEAR)
    if answer == 429:
        return Reply(Outcome.THROTTLED, answer)
    if answer >= 500:
        return Reply(Outcome.UNCLEAR, answer)
    if answer >= 400:
        return Reply(Outcome.REFUSED, answer)
    return Reply(Outcome.DONE, answer, **shown)
