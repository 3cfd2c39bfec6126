"""The walker plays programmes on the target, one call at a time, and puts the account back afterwards.

It never judges: it resolves amounts and labels with what the model believes, sends through the one client, and hands
back what the hearing made of it. Whatever it does to what is believed, it does by a mark, so that the journal tells it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from kandykit.binding import Binding
from kandykit.binding.text import quoted
from kandykit.calls import OrderKind, Outcome, ReadInventory, ReadOrders, Reply, Stage
from kandykit.errors import Refused
from kandykit.exchange import Credential, Exchange, Intent
from kandykit.explore import intrusions, unusual
from kandykit.explore.calling import Calling
from kandykit.explore.generate import request as generated
from kandykit.explore.steps import (
    Amount,
    Await,
    Create,
    Delete,
    DeleteNobody,
    Fill,
    Intrude,
    ListOrders,
    Look,
    LookBack,
    LookUp,
    Order,
    Pause,
    Programme,
    Raw,
    Renew,
    Send,
    Step,
    UseUp,
    filler,
    to_json,
)
from kandykit.hearing import Hearing, Performance
from kandykit.model.account import Account
from kandykit.model.stock import LONGEST_LAG_S, STALLED_S
from kandykit.wire import Outgoing

HASTY_S = 0.15
"""How long exploration waits for a doubtful read to come right, in seconds; what stands is played once patiently."""

MOST_PARTS = 16

MANY = 8
SEEN_AGAIN = 4
"""Where so many subscribers or more are to be deleted after something came up, the first few deletes are looked at."""
"""In so many orders at most everything is given back; each may be twice as large as the one before."""


LISTED_A_CALL = 4_000
"""Where lists of orders have more octets than this for each call of the run, they are read more sparingly."""

USING_UP = "up to the quota"
"""What a read is for that is made to use up a quota: it is not made again when it is turned away."""


@dataclass(slots=True)
class Scene:
    """What the labels of one performance stand for."""

    subscribers: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)


class Walker:
    """Plays steps through ``send`` (the client's), asking the judge of ``hearing`` what is believed of the accounts.

    ``mint`` gives a fresh identity of a domain with the run's mark. ``names`` are the accounts, the one under test
    first. ``renew`` has an account's next call fetch a new token, ``fall_back`` use the one before. ``most_back`` says
    how many products one order on an account may give back under the budget.
    """

    def __init__(
        self,
        binding: Binding,
        hearing: Hearing,
        send: Callable[[Outgoing, Intent], tuple[Exchange, Reply]],
        mint: Callable[[str], str],
        names: list[str],
        *,
        pause: Callable[[Exchange], float],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        intruder: intrusions.Intruder,
        renew: Callable[[str], None] = lambda account: None,
        fall_back: Callable[[str], None] = lambda account: None,
        most_back: Callable[[str], int] = lambda account: 2**53,
    ) -> None:
        self.binding = binding
        self.hearing = hearing
        self.judge = hearing.judge
        self.names = names
        self.calling = Calling(binding, hearing, send, names, pause=pause, sleep=sleep, clock=clock)
        self.read_only = False
        self.hasty_s = HASTY_S
        self.fulfilment_met: tuple[float, float] | None = None
        self._stalled: set[str] = set()
        self.wished: str | None = None
        self.caller_chooses = True
        self.server_chooses = True
        self._mint_at = mint
        self._domain = binding.spelling["subscriber.domain"]
        self._sleep = sleep
        self._clock = clock
        self._intruder = intruder
        self._renew = renew
        self._fall_back = fall_back
        self._most_back = most_back
        self._sparing = False
        self.steps: list[Step] = []
        """The steps of the performance that is being recorded, as far as they were played."""

    # -- performances -------------------------------------------------------------------------------------------

    def perform(
        self,
        programme: Programme,
        *,
        patience_s: float | None = None,
        keep: bool = False,
        whole: bool = False,
        sparing: bool = False,
    ) -> Performance:
        """Play a programme from the account as it is met, and put the account back unless ``keep``.

        What was known of the stock before is forgotten, so that a programme shows by itself what it shows. Steps behind
        one that raised something are played only if it is to be played ``whole``. One of many alike is played
        ``sparing``: without its lists of orders, where those have grown long.
        """
        self.begin(fresh=not keep, sparing=sparing)
        scene = Scene()
        for step in programme:
            if self.play(step, scene, patience_s=patience_s) and not whole:
                break
        if not keep:
            self.restore(patience_s=patience_s)
        return self.end(to_json(programme))

    def watch(self, seconds: float, *, fresh: bool = False) -> Performance:
        """Look at the accounts and their orders, do nothing for so long, and look again; ``fresh`` as in `begin`."""
        looks: list[Step] = [step(account=index) for index in self.seen or [0] for step in (Look, ListOrders)]
        self.begin(fresh=fresh)
        for step in looks:
            self.play(step, Scene())
        self._sleep(seconds)
        for step in looks:
            self.play(step, Scene())
        return self.end(to_json([*looks, *looks]))

    @property
    def seen(self) -> list[int]:
        """The accounts whose inventory was seen so far."""
        return [index for index, name in enumerate(self.names) if self.judge.account(name).last_view is not None]

    def begin(self, *, fresh: bool = False, about: str = "", sparing: bool = False) -> None:
        """Start a new performance; what is recorded from here on belongs to it.

        ``fresh`` forgets what was known of the stock; ``sparing`` as in `perform`. ``about`` is ``race`` or
        ``calibration`` where it is not just a programme.
        """
        self._sparing = sparing
        self.steps = []
        said = {"fresh": True} if fresh else {}
        self.calling.performance = self.hearing.note("play", **said, **({"about": about} if about else {}))

    def end(self, programme: Sequence[dict[str, Any]]) -> Performance:
        """The performance is over; ``programme`` is what was played, as JSON values."""
        now = self.performance
        held_back: dict[str, Any] = {"held_back": now.held_back} if now.held_back else {}
        if now.over_budget:
            held_back["over_budget"] = True
        calls = [exchange.seq for exchange in now.exchanges]
        self.hearing.note("played", calls=calls, starts=now.starts, **held_back, programme=programme)
        return now

    def domain_is(self, domain: str) -> None:
        """Identities of our own choice use the domain that the target itself uses."""
        if domain:
            self._domain = domain

    @property
    def stalls(self) -> bool:
        """Whether an order was met that stays pending for as long as anybody waits for it."""
        return bool(self._stalled)

    def fresh_identity(self) -> str:
        return self._mint_at(self._domain)

    @property
    def performance(self) -> Performance:
        """The performance that is being recorded."""
        return self.calling.performance

    def play(self, step: Step, scene: Scene, *, patience_s: float | None = None) -> bool:
        """Play one step; True when the judge raised something that rests on the account's state."""
        self.performance.starts.append(len(self.performance.exchanges))
        self.steps.append(step)
        if (
            self._sparing
            and isinstance(step, ListOrders)
            and self.calling.listed_octets > LISTED_A_CALL * self.hearing.calls
        ):
            return False
        self._drive(self._calls(step, scene), patience_s)
        return self._raised

    def _drive(self, calls: Iterator[Reply], patience_s: float | None) -> None:
        """Make calls one by one; after each one take what the judge raised, and wait for doubtful reads."""
        try:
            for _ in calls:
                if self._unsettled():
                    self._resolve(patience_s)
        except Refused as refusal:
            self.performance.held_back.append(str(refusal))
            self.performance.over_budget = True

    @property
    def _raised(self) -> bool:
        """Whether what was played so far raised something that rests on the account's state."""
        return any(finding.stateful for finding in self.performance.findings)

    def _unsettled(self) -> bool:
        return any(account.suspicions for account in self.judge.accounts.values())

    def _resolve(self, patience_s: float | None) -> None:
        """A read looks late: look again until it comes right, or patience ends; then it counts as never."""
        waited, pause = 0.0, 0.005
        patience_s = self.hasty_s if patience_s is None else patience_s
        settle = self.judge.terms.settle_s
        while self._unsettled() and waited < max(patience_s, settle):
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, 0.25)
            for index, name in enumerate(self.names):
                for suspicion in self.judge.account(name).suspicions:
                    self.calling.read(self._rereading(suspicion.reread), index)
        if self._unsettled():
            self.hearing.note("overdue")

    def _rereading(self, call: ReadInventory | ReadOrders) -> Outgoing:
        if isinstance(call, ReadOrders):
            return self.binding.read_orders(call.number if self.binding.reads_single_orders else None)
        return self.binding.read_inventory()

    # -- calls that leave together ------------------------------------------------------------------------------

    def outgoing(self, steps: Sequence[Step], scene: Scene) -> list[tuple[Step, Outgoing, Intent]]:
        """The calls of these steps, to be sent together: one for each step that has a call of its own to make.

        Subscribers that nobody created yet get their identities here, so that two creates can share one. Accounts that
        renew their tokens do so together, just before.
        """
        for step in steps:
            if isinstance(step, Renew):
                self._renew(self.names[step.account])
        made = [(step, self._single(step, scene), getattr(step, "account", 0)) for step in steps]
        return [(step, call, self.calling.intent_of(index)) for step, call, index in made if call is not None]

    def _single(self, step: Step, scene: Scene) -> Outgoing | None:
        if isinstance(step, Look):
            return self.binding.read_inventory()
        if isinstance(step, ListOrders):
            return self.binding.read_orders()
        if isinstance(step, Order):
            quantity = self._quantity(step.amount, step.account)
            return None if quantity is None or quantity < 1 else self.binding.place_order(step.kind, quantity)
        if isinstance(step, DeleteNobody):
            return self.binding.delete_subscriber(self.fresh_identity())
        if isinstance(step, Delete):
            identity = scene.subscribers.get(step.label)
            return None if identity is None else self.binding.delete_subscriber(identity)
        if isinstance(step, Create):
            findable = self.calling.loses_answers and self.caller_chooses  # see `Calling.write`
            if step.form == "server" and not step.again and self.server_chooses and not findable:
                return self.binding.create_subscriber(None)
            if not self.caller_chooses:
                return None if step.again else self.binding.create_subscriber(None)
            identity = scene.subscribers.get(step.again) if step.again else self.fresh_identity()
            if identity is None:
                return None
            scene.subscribers[step.label] = identity
            return self.binding.create_subscriber(identity)
        return None

    def settle(self, index: int = 0) -> None:
        """Wait until no order of ours is pending, as long as orders may take."""
        self._drive(self._settle(index), None)

    # -- steps --------------------------------------------------------------------------------------------------

    def _calls(self, step: Step, scene: Scene) -> Iterator[Reply]:
        if isinstance(step, Look):
            yield self.calling.look(step.account)
        elif isinstance(step, Order):
            yield from self._order(step, scene)
        elif isinstance(step, Create):
            yield from self._create(step, scene)
        elif isinstance(step, Delete):
            identity = scene.subscribers.get(step.label)
            if identity is not None:
                yield self.calling.write(self.binding.delete_subscriber(_spelt(identity, step.spelt)), step.account)
        elif isinstance(step, DeleteNobody):
            yield self.calling.write(self.binding.delete_subscriber(self.fresh_identity()), step.account)
        elif isinstance(step, ListOrders):
            yield self.calling.listed(None, step.account)
        elif isinstance(step, LookUp) and step.located:
            yield from self._follow(scene.orders.get(step.label), step.account)
        elif isinstance(step, LookUp):
            number = scene.orders.get(step.label) if step.label else f"none-{self.fresh_identity().partition('@')[0]}"
            if number is not None and self.binding.reads_single_orders:
                if step.spelt == "as given":
                    yield self.calling.listed(number, step.account)
                else:
                    # It is nobody's, and may be refused for its form as well.
                    nearly = self.binding.read_orders(_spelt(number, step.spelt))
                    yield self.calling.probe(nearly, step.account, f"an order number {step.spelt}")
        elif isinstance(step, LookBack):
            numbers = self._account(step.owner).orders.own_numbers() if self.binding.reads_single_orders else []
            # The oldest ones are all among them: what is forgotten or mistaken for another is so first.
            spread = {*range(step.most // 4), *range(0, len(numbers), max(1, len(numbers) // max(1, step.most)))}
            for place in sorted(spread)[: step.most]:
                if place < len(numbers):
                    yield self.calling.listed(numbers[place], step.account)
        elif isinstance(step, Send):
            outgoing = unusual.CATALOGUE[step.name].build(self.binding, self.fresh_identity)
            # A browser sends its preflight without the credentials of the call that it asks for.
            credential = Credential.NONE if step.name.startswith("preflight") else Credential.LIVE
            yield self.calling.probe(outgoing, step.account, step.name, credential)
        elif isinstance(step, Pause):
            self._sleep(step.seconds)
        elif isinstance(step, Await):
            yield from self._settle(step.account)
        elif isinstance(step, Renew):
            (self._fall_back if step.back else self._renew)(self.names[step.account])
        elif isinstance(step, UseUp):
            for _ in range(step.most):
                reply = self.calling.probe(self.binding.read_inventory(), step.account, USING_UP)
                yield reply
                if reply.outcome is Outcome.THROTTLED:
                    return
        elif isinstance(step, Intrude):
            yield from self._intrude(step, scene)
        elif isinstance(step, Fill):
            yield from self._fill(step, scene)
        elif isinstance(step, Raw):
            yield from self._raw(step, scene)

    def _order(self, step: Order, scene: Scene) -> Iterator[Reply]:
        quantity = self._quantity(step.amount, step.account)
        if quantity is None or quantity < 1:
            return
        reply = self.calling.write(self.binding.place_order(step.kind, quantity), step.account)
        yield reply
        if reply.outcome is Outcome.UNCLEAR:
            # Its number never came; the list tells whether there is one.
            yield self.calling.listed(None, step.account)
        number = reply.order.number if reply.order else None
        if number is None:
            return
        if step.label:
            scene.orders[step.label] = number
        assert reply.order is not None
        if step.wait and reply.order.stage not in (Stage.DONE, Stage.NOT_DONE):
            yield from self._await_order(number, step.account)

    def _settle(self, index: int) -> Iterator[Reply]:
        for number in self._account(index).orders.open_numbers():
            yield from self._await_order(number, index)

    def _follow(self, number: str | None, index: int) -> Iterator[Reply]:
        """Read an order where its Location points, if that is a place of this API."""
        locations, name = self.judge.past.locations, self.names[index]
        where = [url for url, placed in locations.items() if placed.account == name and placed.number == number]
        if number is not None and where and where[-1].startswith(self.binding.base_url + "/"):
            yield self.calling.read(Outgoing("GET", where[-1], (("accept", "application/json"),)), index)

    def _await_order(self, number: str, index: int) -> Iterator[Reply]:
        """Read a pending order until it has come to an end, with growing pauses, as long as it may take.

        The first pause is nearly as long as the shortest that an order has been met to take: asking before is in vain.
        """
        began, longest_s = self._clock(), self._patience_with(number)
        settle_s = self.judge.terms.settle_s
        pause = 0.8 * self.fulfilment_met[0] if self.fulfilment_met else 0.002
        while True:
            self._sleep(pause)
            waited = self._clock() - began
            one = number if self.binding.reads_single_orders else None
            reply = self.calling.read(self.binding.read_orders(one), index)
            yield reply
            found = next((view for view in reply.orders or () if view.number == number), None)
            if found and found.stage in (Stage.DONE, Stage.NOT_DONE):
                least, most = self.fulfilment_met or (waited, waited)
                self.fulfilment_met = min(least, waited), max(most, waited)
                return
            missing = reply.outcome is Outcome.REFUSED or (reply.outcome is Outcome.DONE and found is None)
            if waited > (settle_s if missing else longest_s):
                if found is not None:
                    self._stalled.add(number)
                return
            pause = min(max(waited / 4, 0.002), 1.0)

    def _patience_with(self, number: str) -> float:
        """How long an order is waited for: where one took all the time there is, the others are not given as much.

        One beyond the limit may stay pending for ever, and need not be waited for again and again.
        """
        longest_s = self.judge.terms.fulfilment_s
        if number in self._stalled:
            return 0.0
        return min(longest_s, STALLED_S) if self._stalled else longest_s

    def _create(self, step: Create, scene: Scene) -> Iterator[Reply]:
        identity: str | None = None
        if step.again:
            identity = scene.subscribers.get(step.again)
            if identity is None or not self.caller_chooses:
                return
            if step.recased:
                identity = identity.swapcase() if identity.swapcase() != identity else None
            if identity is not None:
                identity = _spelt(identity, step.spelt)
            if step.counted_on:
                identity = _counted_on(identity or "", step.counted_on)
                if identity is None:
                    return
        elif not self.server_chooses or (self.caller_chooses and (step.form == "caller" or self.calling.loses_answers)):
            user, _, domain = self.fresh_identity().rpartition("@")
            identity = f"{user}{step.signs}@{domain}"
        self.wished = identity
        reply = self.calling.write(self.binding.create_subscriber(identity), step.account)
        yield reply
        known = (reply.subscriber.identity if reply.subscriber else None) or identity
        if known is not None:
            scene.subscribers[step.label] = known

    def _fill(self, step: Fill, scene: Scene) -> Iterator[Reply]:
        account = self._account(step.account)
        free = (label for number in count() if (label := filler(number)) not in scene.subscribers)
        for _ in range(step.most):
            if not account.knows or account.stock.availables()[1] <= step.leave:
                return
            for reply in self._create(Create(next(free), account=step.account), scene):
                yield reply
                if reply.outcome is not Outcome.DONE:
                    return

    def _intrude(self, step: Intrude, scene: Scene) -> Iterator[Reply]:
        made = self._intruder.build(step, scene.subscribers.get(step.label), scene.orders.get(step.label))
        if made is None:
            self.performance.held_back.append(f"no {step.credential.value} credential could be had")
            return
        outgoing, credential = made
        probe = f"{step.credential.value} {step.what}: {step.variant}"
        yield self.calling.probe(outgoing, 0, probe, credential)

    def _raw(self, step: Raw, scene: Scene) -> Iterator[Reply]:
        """A probe is sent once, whatever comes of it; a well-formed call is made again like any other."""
        made = generated.outgoing(step, self.binding.base_url, scene.subscribers, scene.orders, self.fresh_identity)
        if made is None:
            return
        request, identity = made
        if step.probe:
            reply = self.calling.probe(request, step.account, step.probe)
        else:
            reply = (self.calling.read if request.method == "GET" else self.calling.write)(request, step.account)
        yield reply
        if not step.label:
            return
        known = (reply.subscriber.identity if reply.subscriber else None) or identity
        if known is not None:
            scene.subscribers[step.label] = known
        if reply.order is not None and reply.order.number is not None:
            scene.orders[step.label] = reply.order.number
            if reply.order.stage not in (Stage.DONE, Stage.NOT_DONE):
                yield from self._await_order(reply.order.number, step.account)

    def _quantity(self, amount: Amount, index: int) -> int | None:
        account = self._account(index)
        if amount.of == "nothing":
            return amount.plus
        if not account.knows:
            return None
        if amount.of == "available":
            return account.stock.availables()[1] + amount.plus
        if amount.of in ("total", "used"):
            return account.stock.shown()[-1][amount.of == "used"] + amount.plus
        if amount.of == "missing":
            return amount.plus - account.stock.totals()[0]
        if amount.of == "room":
            limit = self.judge.terms.limit
            return None if limit is None else limit - account.stock.totals()[1] + amount.plus
        if self.judge.terms.shared:
            return account.orders.net() + amount.plus
        first = account.first_total
        # No more than our own orders came to: what a target does wrong must not grow with each play.
        return None if first is None else min(account.stock.totals()[0] - first, account.orders.net()) + amount.plus

    def _account(self, index: int) -> Account:
        return self.judge.account(self.names[index])

    # -- putting back -------------------------------------------------------------------------------------------

    def restore(self, *, patience_s: float | None = None) -> None:
        """Delete what this run created and is live, and order back what it ordered; bounded, whatever the target does.

        These are real calls, judged like all others; what they raise is the performance's aftermath, and counts
        unless the programme itself raised something.
        """
        self.hearing.note("back")
        for index in self.seen:
            self._drive(self._back(self.judge.account(self.names[index]), index), patience_s)
        self.hearing.note("restored")

    def _back(self, account: Account, index: int) -> Iterator[Reply]:
        standing = account.identities.standing()
        # Where so much was in use when something came up, there may be none left to show it again.
        seen = SEEN_AGAIN if self._raised and len(standing) >= MANY else 0
        if seen:
            yield self.calling.look(index)
        for number, identity in enumerate(standing):
            yield self.calling.write(self.binding.delete_subscriber(identity), index)
            if number < seen:
                yield self.calling.look(index)
        yield from self._settle(index)
        tries = orders = 0
        while tries < 3 and orders < MOST_PARTS:
            yield (reply := self.calling.look(index))
            view = reply.inventory
            if view is None:
                return
            # Where no total is shown, what our own orders came to is all that is known of it.
            before = account.first_total or 0
            shown = view.total if view.total is not None else before + account.orders.net()
            free = view.available if view.available is not None else shown - (view.used or 0)
            above = account.orders.net() if self.judge.terms.shared else shown - before
            surplus = min(above, account.orders.net(), free)
            if surplus < 1:
                # Read once more: numbers that are seen twice are what the guard goes by from here on.
                yield self.calling.look(index)
                return
            # An order to give back could do the opposite, so it may be for less than all; then another follows.
            part = min(surplus, max(self._most_back(self.names[index]), 1))
            tries, orders = tries + (part == surplus), orders + 1
            yield from self._order(Order(OrderKind.DECREMENT, Amount(part), account=index), Scene())


def _counted_on(identity: str, further: int) -> str | None:
    """The identity whose last number is so much higher; None where there is no number to count on from."""
    user, at, domain = identity.rpartition("@")
    numbers = list(re.finditer(r"[0-9]+", user))
    if not numbers:
        return None
    last = numbers[-1]
    number = str(int(last[0]) + further).zfill(len(last[0]))
    return f"{user[: last.start()]}{number}{user[last.end() :]}{at}{domain}"


def _spelt(name: str, how: str) -> str:
    """An identity or a number as given, or nearly so: letter case is a reading of the target's, so it is not varied."""
    user, at, domain = name.partition("@")
    domain = at + domain
    others = {
        "shortened": name[:-1] or name + "x",
        "longer": name + "x",
        "of a shorter user": (user[:-1] or user + "x") + domain,
        "of a longer user": f"{user}x{domain}",
        "with a space": name + " ",
        "with a wildcard for a letter": f"{user[:-1]}_{domain}" if user else name + "x",
        "encoded twice": quoted(name),
        "with a dot within": f"{user[:-1]}.{user[-1:]}{domain}",
        "with a tag": f"{user}+x{domain}",
        "turned round": user[::-1] + domain,
        "of a domain below": f"{user}@x.{domain[1:]}",
        "of a domain beside": f"{user}@x{domain[1:]}",
        "with a dot behind": f"{name}.",
        "with a null behind": f"{name}\0x",
        "with another accent": name.replace("\u00e9", "\u00fc"),
    }
    return others.get(how, name)


PATIENT_S = LONGEST_LAG_S + 0.5
"""How long the last play of a finding waits for a doubtful read to come right, in seconds."""
