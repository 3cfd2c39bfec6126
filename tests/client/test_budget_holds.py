"""No server gets the peak above the budget, whatever it does with the numbers in the calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from client_line import MARK
from hypothesis import given, settings
from hypothesis import strategies as st

from kandykit.binding import Binding
from kandykit.calls import InventoryView, OrderKind, OrderView, Outcome, ReadInventory, Stage
from kandykit.calls import Reply as Meaning
from kandykit.errors import Refused
from kandykit.exchange import Exchange, Intent, Request
from kandykit.exposure import exposure_of
from kandykit.guard import Guard, Limits
from kandykit.ledger import Ledger
from kandykit.wire import Outgoing

BASE = "https://api.example.com/communication/kandy/provisioning"
TOKEN = "https://api.example.com/oauth/token?grant_type=client_credentials"
MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT

Deed = Callable[[int], int]

DEEDS: dict[str, Deed] = {
    "adds": lambda size: size,
    "takes": lambda size: -size,
    "adds one": lambda size: min(size, 1),
    "nothing": lambda size: 0,
}
"""What a server may do with a call of a size: raise total by it, lower it, or leave it."""


class Adversary:
    """A server that does to ``total`` what it is told to for each call, and a kit that asks its guard before each."""

    def __init__(self, budget: int, settle_s: float = 0.0, shared: bool = False) -> None:
        self.binding = Binding(BASE, TOKEN)
        self.ledger = Ledger(MARK, trusting=False, settle_s=settle_s, shared=shared)
        self.guard = Guard(Limits(BASE, TOKEN, peak_products=budget, writes=True, calls=10**6), self.ledger, MARK)
        self.totals = {"account-1": 10, "account-2": 0}
        self.before = dict(self.totals)
        self.peak = 0
        self.seq = 0
        self.now = 0.0
        self.later: list[tuple[str, int]] = []
        for account in self.totals:
            self.look(account)

    def look(self, account: str) -> None:
        view = InventoryView(self.totals[account], 0, self.totals[account])
        self.pass_on(self.binding.read_inventory(), account, Meaning(Outcome.DONE, 200, inventory=view))

    def pass_on(self, outgoing: Outgoing, account: str, reply: Meaning, failure: str = "") -> None:
        self.seq += 1
        self.now += 10
        body = (outgoing.body or b"").decode("utf-8", "surrogateescape")
        call = self.binding.call_of(outgoing.method, outgoing.url, outgoing.headers, body)
        request = Request(outgoing.method, outgoing.url, outgoing.headers, body)
        exchange = Exchange(self.seq, Intent(account=account), request, None, self.now, self.now + 1, "", failure)
        self.guard.settle(exchange, call, reply)

    def ask(self, outgoing: Outgoing, account: str, deed: Deed, reply: Meaning, failure: str = "") -> None:
        body = (outgoing.body or b"").decode("utf-8", "surrogateescape")
        call = self.binding.call_of(outgoing.method, outgoing.url, outgoing.headers, body)
        try:
            self.guard.check(outgoing, Intent(account=account), call, seq=self.seq + 1, body=body)
        except Refused:
            return
        size = max(1, exposure_of(call, outgoing.method, outgoing.url, body).up)
        assert size < 2**32
        if reply.order is not None and reply.order.stage is Stage.OPEN and size % 2:
            self.later.append((account, deed(int(size))))
        else:
            self.change(account, deed(int(size)))
        self.pass_on(outgoing, account, reply, failure)

    def change(self, account: str, by: int) -> None:
        self.totals[account] += by
        self.peak = max(self.peak, sum(max(self.totals[name] - self.before[name], 0) for name in self.totals))


quantities: st.SearchStrategy[Any] = st.one_of(
    st.integers(-5, 40), st.floats(-3, 12), st.sampled_from(["3", "1e1", "0x10", None, True, [2, 3], 2**31, 2**40])
)
calls: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.sampled_from(["more", "more", "fewer"]), st.integers(1, 12)),
    st.tuples(st.sampled_from(["order", "odd order", "put"]), quantities),
    st.tuples(st.sampled_from(["create", "odd create", "delete", "look", "look", "fulfil"]), st.none()),
)
replies: st.SearchStrategy[tuple[Outcome, Stage | None, str]] = st.one_of(
    st.tuples(st.just(Outcome.DONE), st.sampled_from([Stage.DONE, Stage.OPEN, Stage.NOT_DONE, None]), st.just("")),
    st.tuples(st.sampled_from([Outcome.REFUSED, Outcome.THROTTLED]), st.none(), st.just("")),
    st.tuples(st.just(Outcome.UNCLEAR), st.none(), st.sampled_from(["", "timeout", "cut"])),
)


def outgoing_of(binding: Binding, what: str, amount: Any) -> Outgoing:
    match what:
        case "more":
            return binding.place_order(MORE, amount)
        case "fewer":
            return binding.place_order(FEWER, amount)
        case "order":
            return binding.post("order", binding.order_body(MORE, amount))
        case "odd order":
            return binding.post("order", {"n": amount, **binding.order_body(FEWER, 1)})
        case "put":
            return Outgoing("PUT", BASE + "/order", (), repr(amount).encode())
        case "create":
            return binding.create_subscriber(f"{MARK}-1@example.com")
        case "odd create":
            return binding.post("subscriber", b"{")
    return binding.delete_subscriber(f"{MARK}-1@example.com")


@pytest.mark.parametrize("budget", [0, 1, 2, 5, 25])
@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(
    play=st.lists(
        st.tuples(calls, st.sampled_from(sorted(DEEDS)), replies, st.sampled_from(["account-1", "account-2"])),
        max_size=60,
    )
)
def test_the_peak_never_passes_the_budget(budget: int, play: list[Any]) -> None:
    server = Adversary(budget)
    for (what, amount), deed, (outcome, stage, failure), account in play:
        if what == "look":
            server.look(account)
            continue
        if what == "fulfil":
            while server.later:
                server.change(*server.later.pop())
            continue
        status = {Outcome.DONE: 201, Outcome.REFUSED: 412, Outcome.THROTTLED: 429}.get(outcome)
        view = OrderView(f"n{server.seq}", stage=stage) if outcome is Outcome.DONE else None
        reply = Meaning(outcome, status, order=view)
        server.ask(outgoing_of(server.binding, what, amount), account, DEEDS[deed], reply, failure)
        assert server.peak <= budget


def test_an_order_that_is_still_to_come_counts_beside_what_another_did() -> None:
    server = Adversary(9)
    accepted = Meaning(Outcome.DONE, 202, order=OrderView("n1", stage=Stage.OPEN))
    server.ask(server.binding.place_order(MORE, 3), "account-1", DEEDS["adds"], accepted)
    server.ask(server.binding.place_order(FEWER, 3), "account-1", DEEDS["adds"], Meaning(Outcome.DONE, 201))
    server.look("account-1")
    server.ask(server.binding.place_order(MORE, 3), "account-1", DEEDS["adds"], Meaning(Outcome.DONE, 201))
    server.change(*server.later.pop())
    assert server.peak <= 9


@pytest.mark.parametrize("budget", [2, 5, 25])
def test_a_server_that_adds_with_every_call_is_left_alone_at_the_budget(budget: int) -> None:
    server = Adversary(budget)
    for number in range(200):
        what = ("more", "fewer", "create", "delete", "odd order")[number % 5]
        reply = Meaning((Outcome.DONE, Outcome.REFUSED)[number % 2], (201, 412)[number % 2])
        server.ask(outgoing_of(server.binding, what, 1), "account-1", DEEDS["adds"], reply)
        server.look("account-1")
    assert 0 < server.peak <= budget


@pytest.mark.parametrize("budget", [2, 3, 5, 25])
def test_what_a_true_server_sold_can_always_be_given_back(budget: int) -> None:
    server = Adversary(budget)
    done = Meaning(Outcome.DONE, 201)
    while server.guard.room():
        server.ask(server.binding.place_order(MORE, 1), "account-1", DEEDS["adds"], done)
    server.look("account-1")
    assert server.totals["account-1"] == 10 + budget - 1
    while quantity := min(server.ledger.removable("account-1"), server.guard.may_give_back("account-1")):
        server.ask(server.binding.place_order(FEWER, quantity), "account-1", DEEDS["takes"], done)
        server.look("account-1")
    assert server.totals["account-1"] == 10
    assert isinstance(server.binding.call_of("GET", BASE + "/inventory", (), ""), ReadInventory)
