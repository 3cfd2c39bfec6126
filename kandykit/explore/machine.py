"""The state machine: Hypothesis draws programmes of orders, subscribers and deletes, step by step, and plays them.

What is drawn never depends on what the target answers: steps speak of amounts and subscribers in relative terms
(`kandykit.explore.steps`), so Hypothesis never meets an example that it cannot draw again. Judging, confirming and
cutting down belong to the judge and the explorer; the machine only chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kandykit.calls import OrderKind
from kandykit.explore import unusual
from kandykit.explore.explorer import Explorer
from kandykit.explore.steps import (
    Amount,
    Await,
    Create,
    Delete,
    DeleteNobody,
    Fill,
    ListOrders,
    Look,
    LookUp,
    Order,
    Send,
    Step,
    to_json,
)
from kandykit.explore.walker import Scene

LOOKS: Final = ("after every write", "after every write", "now and then", "when asked")
"""How often an example reads the inventory by itself; faults hide behind reading too often as well as too seldom."""

ORDINARY_MALFORMED: Final = (
    "order: quantity is zero",
    "order: quantity is minus one",
    "order: quantity is a string",
    "order: order type is unknown",
    "order: product is unknown",
    "subscriber: product is unknown",
    "subscriber: product is missing",
    "subscriber: a member is unknown",
    "delete: no identity",
)
"""Malformed calls that are mixed into sequences: their refusal must change nothing wherever it comes."""

SIGNS: Final = ("", "", "", "", "+", "._", "A", "-" + "x" * 40)
"""What may stand in identities of our own choice: an identity that was accepted must work in every operation."""

labels = st.integers(0, 11)


class Lifecycle(RuleBasedStateMachine):
    """One example: a programme that grows by a step per rule and is played as it grows."""

    explorer: Explorer
    accounts: int
    ended: Callable[[], bool]

    def __init__(self) -> None:
        super().__init__()
        self.programme: list[Step] = []
        self.scene = Scene()
        self.subscribers = 0
        self.orders = 0
        self.looks = LOOKS[0]
        self.lists = True
        self.waits = True
        self.over = self.ended() or self.explorer.worn_out
        if not self.over:
            self.explorer.walker.begin(fresh=True, sparing=True)

    def take(self, step: Step) -> None:
        """Add a step to the programme and play it, unless the example is over."""
        if self.over:
            return
        self.programme.append(step)
        self.over = self.explorer.walker.play(step, self.scene)

    def write(self, step: Step, *, look: bool = True) -> None:
        """A step that may change something, followed by a look if the example is in the habit."""
        if isinstance(step, Order):
            step = replace(step, wait=self.waits)
        self.take(step)
        if self.looks == LOOKS[0] or (self.looks == "now and then" and look):
            self.take(Look())

    @initialize(
        looks=st.sampled_from(LOOKS),
        lists=st.sampled_from((False, False, False, True)),
        waits=st.sampled_from((True, True, False)),
        stock=st.integers(0, 6),
        leave=st.integers(0, 3),
        fill=st.booleans(),
    )
    def begin(self, looks: str, lists: bool, waits: bool, stock: int, leave: int, fill: bool) -> None:
        """Read what there is, buy a little, and maybe use most of it up.

        Lists grow with every order that an account ever had, so only some examples end with one. Where orders take a
        moment, only some wait for them.
        """
        self.looks, self.lists, self.waits = looks, lists, waits
        self.take(Look())
        if stock:
            self.take(Order(OrderKind.INCREMENT, Amount(stock), label="o0"))
            self.orders = 1
            self.take(Look())
        if fill:
            self.take(Fill(leave=min(leave, stock)))
            self.take(Look())

    @rule(quantity=st.integers(1, 5), look=st.booleans())
    def order_more(self, quantity: int, look: bool) -> None:
        """An increment of a few."""
        self.orders += 1
        self.write(Order(OrderKind.INCREMENT, Amount(quantity), label=f"o{self.orders - 1}"), look=look)

    @rule(plus=st.sampled_from((0, 0, 1, 1, -1, 2)), look=st.booleans())
    def order_fewer_at_the_edge(self, plus: int, look: bool) -> None:
        """A decrement of exactly what is available, one less, one more."""
        self.orders += 1
        self.write(Order(OrderKind.DECREMENT, Amount(plus, "available"), label=f"o{self.orders - 1}"), look=look)

    @rule(quantity=st.integers(1, 3), look=st.booleans())
    def order_fewer(self, quantity: int, look: bool) -> None:
        """A decrement of a few."""
        self.orders += 1
        self.write(Order(OrderKind.DECREMENT, Amount(quantity), label=f"o{self.orders - 1}"), look=look)

    @rule(plus=st.sampled_from((0, 1)), look=st.booleans())
    def order_to_the_limit(self, plus: int, look: bool) -> None:
        """An increment up to the agreed limit, or one beyond; nothing where no limit is known."""
        self.orders += 1
        self.write(Order(OrderKind.INCREMENT, Amount(plus, "room"), label=f"o{self.orders - 1}"), look=look)

    @rule(
        form=st.sampled_from(("caller", "caller", "caller", "server")), signs=st.sampled_from(SIGNS), look=st.booleans()
    )
    def create(self, form: str, signs: str, look: bool) -> None:
        """A new subscriber."""
        self.subscribers += 1
        self.write(Create(f"s{self.subscribers - 1}", form, signs=signs if form == "caller" else ""), look=look)

    @rule(look=st.booleans())
    def create_another(self, look: bool) -> None:
        """Creating is the commonest thing that customers do."""
        self.create(form="caller", signs="", look=look)

    @rule(pick=labels, look=st.booleans())
    def create_again(self, pick: int, look: bool) -> None:
        """A create under an identity that is taken, or was."""
        if self.subscribers:
            label = f"s{pick % self.subscribers}"
            self.write(Create(label, again=label), look=look)

    @rule(pick=labels, look=st.booleans())
    def delete(self, pick: int, look: bool) -> None:
        """A delete of any subscriber of the example, live or not."""
        if self.subscribers:
            self.write(Delete(f"s{pick % self.subscribers}"), look=look)

    @rule(look=st.booleans())
    def delete_latest(self, look: bool) -> None:
        """A delete of the youngest subscriber."""
        if self.subscribers:
            self.write(Delete(f"s{self.subscribers - 1}"), look=look)

    @rule(pick=labels, look=st.booleans())
    def delete_twice(self, pick: int, look: bool) -> None:
        """A delete and its repeat."""
        if self.subscribers:
            label = f"s{pick % self.subscribers}"
            self.write(Delete(label), look=look)
            self.write(Delete(label), look=look)

    @rule(look=st.booleans())
    def delete_nobody(self, look: bool) -> None:
        """A delete of a subscriber that never existed."""
        self.write(DeleteNobody(), look=look)

    @rule(name=st.sampled_from(ORDINARY_MALFORMED), look=st.booleans())
    def send_malformed(self, name: str, look: bool) -> None:
        """A malformed call in the middle of things."""
        assert name in unusual.CATALOGUE
        self.write(Send(name), look=look)

    @rule()
    def look_at_inventory(self) -> None:
        """A read of the inventory."""
        self.take(Look())

    @rule()
    def list_orders(self) -> None:
        """A read of all orders."""
        self.take(ListOrders())

    @rule(pick=labels)
    def look_up_order(self, pick: int) -> None:
        """A read of one order of the example."""
        if self.orders:
            self.take(LookUp(f"o{pick % self.orders}"))

    @rule()
    def look_up_nothing(self) -> None:
        """A read of an order that never existed."""
        self.take(LookUp())

    @rule()
    def await_orders(self) -> None:
        """Nothing more until no order is pending."""
        self.take(Await())
        self.take(Look())

    @rule(leave=st.integers(0, 1))
    def use_up(self, leave: int) -> None:
        """Subscribers until the last product, or the last but one."""
        self.write(Fill(leave=leave))

    @rule(what=st.sampled_from(("order", "create", "delete", "look")), pick=labels)
    def another_account(self, what: str, pick: int) -> None:
        """Another account does something of its own; nothing of it may show in this one."""
        if self.accounts < 2:
            return
        if what == "order":
            self.write(Order(OrderKind.INCREMENT, Amount(1), label="theirs", account=1))
        elif what == "create":
            self.write(Create("their subscriber", account=1))
        elif what == "delete":
            label = f"s{pick % self.subscribers}" if self.subscribers else "their subscriber"
            self.write(Delete(label, account=1))
        else:
            self.take(Look(account=1))

    def teardown(self) -> None:
        """See how it ended, put the account back, and deal with what was raised."""
        explorer = self.explorer
        if not self.programme:
            return
        self.take(Look())
        if self.lists:
            self.take(ListOrders())
            self.take(Look())
        explorer.walker.restore()
        explorer.deal_with(self.programme, explorer.walker.end(to_json(self.programme)))


def explore(explorer: Explorer, *, examples: int, steps: int, chosen: int, ended: Callable[[], bool]) -> None:
    """Play ``examples`` drawn programmes of ``steps`` steps each; ``chosen`` is the seed that draws them."""
    members: dict[str, Any] = {
        "explorer": explorer,
        "accounts": len(explorer.walker.names),
        "ended": staticmethod(ended),
    }
    machine = seed(chosen)(type("SeededLifecycle", (Lifecycle,), members))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
