"""The walker plays programmes on the target, one call at a time, and puts the account back afterwards.

It never judges: it resolves amounts and labels with what the model believes, sends through the one client, and hands
back what the judge raised on the way.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kandykit.binding import Binding
from kandykit.calls import OrderKind, Outcome, Reply, Stage
from kandykit.errors import Refused, TargetDown
from kandykit.exchange import Credential, Exchange, Intent
from kandykit.explore import intrusions, unusual
from kandykit.explore.generate import request as generated
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    Fill,
    Intrude,
    ListOrders,
    Look,
    LookUp,
    Order,
    Programme,
    Raw,
    Send,
    Step,
)
from kandykit.judge import Judge
from kandykit.model.account import Account
from kandykit.model.stock import LONGEST_LAG_S
from kandykit.verdict import Finding
from kandykit.wire import Outgoing

HASTY_S = 0.15
"""How long exploration waits for a doubtful read to come right, in seconds; what stands is played once patiently."""

LONGEST_PAUSE_S = 90.0
"""A target that asks for a longer pause than this, in seconds, cannot be tested now."""

TRIES = 3
"""How often a well-formed call that gets no clear answer is made in the same state, once reading has settled that."""


@dataclass(slots=True)
class Scene:
    """What the labels of one performance stand for."""

    subscribers: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Performance:
    """What came of playing a programme: its exchanges, what the judge raised, and whether steps could not be sent.

    ``starts`` holds, for each step played, how many exchanges there were before it; ``aftermath`` says that what was
    raised came up only while the account was put back.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    aftermath: bool = False

    def steps_of(self, evidence: Sequence[int]) -> set[int]:
        """The steps whose exchanges these are; what came after the last step belongs to none."""
        return {
            bisect_right(self.starts, place) - 1
            for place, exchange in enumerate(self.exchanges)
            if exchange.seq in evidence
        }


class Walker:
    """Plays steps through ``send`` (the client's), asking ``judge`` what is believed of the accounts.

    ``mint`` gives a fresh identity of a domain with the run's mark; ``raised`` takes what the judge has raised since
    it was last asked. ``names`` are the accounts, the one under test first.
    """

    def __init__(
        self,
        binding: Binding,
        judge: Judge,
        send: Callable[[Outgoing, Intent], tuple[Exchange, Reply]],
        raised: Callable[[], list[Finding]],
        mint: Callable[[str], str],
        names: list[str],
        *,
        pause: Callable[[Exchange], float],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        intruder: intrusions.Intruder,
    ) -> None:
        self.binding = binding
        self.judge = judge
        self.names = names
        self.intent = Intent()
        self.read_only = False
        self.hasty_s = HASTY_S
        self._loses_answers = False
        self._wrote_at: float | None = None
        self.caller_chooses = True
        self.server_chooses = True
        self._send = send
        self._raised = raised
        self._mint_at = mint
        self._domain = binding.spelling["subscriber.domain"]
        self._pause = pause
        self._sleep = sleep
        self._clock = clock
        self._intruder = intruder
        self._now = Performance()

    # -- performances -------------------------------------------------------------------------------------------

    def perform(self, programme: Programme, *, patience_s: float | None = None, keep: bool = False) -> Performance:
        """Play a programme from the account as it is met, and put the account back unless ``keep``.

        What was known of the stock before is forgotten, so that a programme shows by itself what it shows.
        """
        self.begin()
        if not keep:
            for account in self.judge.accounts.values():
                account.forget()
        scene = Scene()
        for step in programme:
            if self.play(step, scene, patience_s=patience_s):
                break
        if not keep:
            self.restore(patience_s=patience_s)
        return self._now

    def begin(self) -> None:
        """Start a new performance; what is recorded from here on belongs to it."""
        self._raised()
        self._now = Performance()

    def domain_is(self, domain: str) -> None:
        """Identities of our own choice use the domain that the target itself uses."""
        if domain:
            self._domain = domain

    def fresh_identity(self) -> str:
        return self._mint_at(self._domain)

    @property
    def performance(self) -> Performance:
        """The performance that is being recorded."""
        return self._now

    def play(self, step: Step, scene: Scene, *, patience_s: float | None = None) -> bool:
        """Play one step; True when the judge raised something that rests on the account's state."""
        self._now.starts.append(len(self._now.exchanges))
        self._drive(self._calls(step, scene), patience_s)
        return any(finding.stateful for finding in self._now.findings)

    def _drive(self, calls: Iterator[Reply], patience_s: float | None) -> None:
        """Make calls one by one; after each one take what the judge raised, and wait for doubtful reads."""
        try:
            for _ in calls:
                self._collect()
                if self._unsettled():
                    self._resolve(patience_s)
        except Refused as refusal:
            self._now.held_back.append(str(refusal))

    def _collect(self) -> None:
        self._now.findings += self._raised()

    def _unsettled(self) -> bool:
        return any(account.suspicion is not None for account in self.judge.accounts.values())

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
                if self.judge.account(name).suspicion is not None:
                    self._look(index)
            self._collect()
        for account in self.judge.accounts.values():
            if account.suspicion is not None:
                self._now.findings += account.overdue()
                account.forget()

    # -- calls that leave together ------------------------------------------------------------------------------

    def outgoing(self, steps: Sequence[Step], scene: Scene, index: int = 0) -> list[tuple[Step, Outgoing, Intent]]:
        """The calls of these steps, to be sent together: one for each step that has a call of its own to make.

        Subscribers that nobody created yet get their identities here, so that two creates can share one.
        """
        made = [(step, self._single(step, scene, index)) for step in steps]
        return [(step, call, self._intent(index)) for step, call in made if call is not None]

    def _single(self, step: Step, scene: Scene, index: int) -> Outgoing | None:
        if isinstance(step, Look):
            return self.binding.read_inventory()
        if isinstance(step, ListOrders):
            return self.binding.read_orders()
        if isinstance(step, Order):
            quantity = self._quantity(step.amount, index)
            return None if quantity is None or quantity < 1 else self.binding.place_order(step.kind, quantity)
        if isinstance(step, DeleteNobody):
            return self.binding.delete_subscriber(self.fresh_identity())
        if isinstance(step, Delete):
            identity = scene.subscribers.get(step.label)
            return None if identity is None else self.binding.delete_subscriber(identity)
        if isinstance(step, Create):
            if step.form == "server" and not step.again and self.server_chooses:
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
        account = self._account(index)
        for number in account.orders.open_numbers():
            self._drive(self._await_order(number, index), None)

    # -- steps --------------------------------------------------------------------------------------------------

    def _calls(self, step: Step, scene: Scene) -> Iterator[Reply]:
        if isinstance(step, Look):
            yield self._look(step.account)
        elif isinstance(step, Order):
            yield from self._order(step, scene)
        elif isinstance(step, Create):
            yield from self._create(step, scene)
        elif isinstance(step, Delete):
            identity = scene.subscribers.get(step.label)
            if identity is not None:
                yield self._write(self.binding.delete_subscriber(_spelt(identity, step.spelt)), step.account)
        elif isinstance(step, DeleteNobody):
            yield self._write(self.binding.delete_subscriber(self.fresh_identity()), step.account)
        elif isinstance(step, ListOrders):
            yield self._read(self.binding.read_orders(), step.account)
        elif isinstance(step, LookUp):
            number = scene.orders.get(step.label) if step.label else f"none-{self.fresh_identity().partition('@')[0]}"
            if number is not None and self.binding.reads_single_orders:
                yield self._read(self.binding.read_orders(number), step.account)
        elif isinstance(step, Send):
            outgoing = unusual.CATALOGUE[step.name].build(self.binding, self.fresh_identity)
            # A browser sends its preflight without the credentials of the call that it asks for.
            credential = Credential.NONE if step.name.startswith("preflight") else Credential.LIVE
            yield self._attempt(outgoing, self._intent(step.account, credential=credential, probe=step.name))
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
        reply = self._write(self.binding.place_order(step.kind, quantity), step.account)
        yield reply
        if reply.outcome is Outcome.UNCLEAR:
            # Its number never came; the list tells whether there is one.
            yield self._read(self.binding.read_orders(), step.account)
        number = reply.order.number if reply.order else None
        if number is None:
            return
        if step.label:
            scene.orders[step.label] = number
        assert reply.order is not None
        if step.wait and reply.order.stage not in (Stage.DONE, Stage.NOT_DONE):
            yield from self._await_order(number, step.account)

    def _await_order(self, number: str, index: int) -> Iterator[Reply]:
        """Read a pending order until it has come to an end, with growing pauses, as long as it may take."""
        waited, pause = 0.0, 0.002
        while waited < self.judge.terms.fulfilment_s:
            one = number if self.binding.reads_single_orders else None
            reply = self._read(self.binding.read_orders(one), index)
            yield reply
            found = next((view for view in reply.orders or () if view.number == number), None)
            if reply.outcome is Outcome.REFUSED or (found and found.stage in (Stage.DONE, Stage.NOT_DONE)):
                return
            if reply.outcome is Outcome.DONE and found is None:
                return
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, 1.0)

    def _create(self, step: Create, scene: Scene) -> Iterator[Reply]:
        identity: str | None = None
        if step.again:
            identity = scene.subscribers.get(step.again)
            if identity is None or not self.caller_chooses:
                return
            if step.recased:
                identity = identity.swapcase() if identity.swapcase() != identity else None
        elif not self.server_chooses or (self.caller_chooses and (step.form == "caller" or self._loses_answers)):
            user, _, domain = self.fresh_identity().rpartition("@")
            identity = f"{user}{step.signs}@{domain}"
        reply = self._write(self.binding.create_subscriber(identity), step.account)
        yield reply
        known = (reply.subscriber.identity if reply.subscriber else None) or identity
        if known is not None:
            scene.subscribers[step.label] = known

    def _fill(self, step: Fill, scene: Scene) -> Iterator[Reply]:
        account = self._account(0)
        for number in range(step.most):
            if not account.knows or account.stock.availables()[1] <= step.leave:
                return
            for reply in self._create(Create(f"filler {number}"), scene):
                yield reply
                if reply.outcome is not Outcome.DONE:
                    return

    def _intrude(self, step: Intrude, scene: Scene) -> Iterator[Reply]:
        made = self._intruder.build(step, scene.subscribers.get(step.label))
        if made is None:
            self._now.held_back.append(f"no {step.credential.value} credential could be had")
            return
        outgoing, credential = made
        probe = f"{step.credential.value} {step.what}: {step.variant}"
        yield self._attempt(outgoing, self._intent(0, credential=credential, probe=probe))

    def _raw(self, step: Raw, scene: Scene) -> Iterator[Reply]:
        """A probe is sent once, whatever comes of it; a well-formed call is made again like any other."""
        made = generated.outgoing(step, self.binding.base_url, scene.subscribers, scene.orders, self.fresh_identity)
        if made is None:
            return
        request, identity = made
        if step.probe:
            reply = self._attempt(request, self._intent(step.account, probe=step.probe))
        else:
            reply = (self._read if request.method == "GET" else self._write)(request, step.account)
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
        if amount.of == "room":
            limit = self.judge.terms.limit
            return None if limit is None else limit - account.stock.totals()[1] + amount.plus
        first = account.first_total
        return None if first is None else account.stock.totals()[0] - first + amount.plus

    # -- single calls -------------------------------------------------------------------------------------------

    def _account(self, index: int) -> Account:
        return self.judge.account(self.names[index])

    def _intent(self, index: int, *, credential: Credential = Credential.LIVE, probe: str = "") -> Intent:
        base = self.intent
        return Intent(base.suite, base.test, self.names[index], credential, probe)

    def _look(self, index: int) -> Reply:
        """Read the inventory; where reads lag, once the latest write is old enough to show."""
        settle_s = self.judge.terms.settle_s
        if settle_s and self._wrote_at is not None:
            self._sleep(max(self._wrote_at + settle_s - self._clock(), 0))
            self._wrote_at = None
        return self._read(self.binding.read_inventory(), index)

    def _read(self, outgoing: Outgoing, index: int) -> Reply:
        """A read may be made again: it changes nothing."""
        reply = self._attempt(outgoing, self._intent(index))
        for _ in range(TRIES - 1):
            if reply.outcome is not Outcome.UNCLEAR:
                break
            reply = self._attempt(outgoing, self._intent(index))
        return reply

    def _write(self, outgoing: Outgoing, index: int) -> Reply:
        """A write whose answer is unclear is looked into first; only what certainly did not happen is made again."""
        intent = self._intent(index)
        reply = self._attempt(outgoing, intent)
        for _ in range(TRIES - 1):
            if reply.outcome is not Outcome.UNCLEAR:
                return reply
            # A create whose answer is lost can be undone only where we chose the identity: from here on we do.
            self._loses_answers = True
            key = self._now.exchanges[-1].seq
            self._look(index)
            if self._account(index).stock.answers.get(key) is not False:
                return reply
            reply = self._attempt(outgoing, intent)
        return reply

    def _attempt(self, outgoing: Outgoing, intent: Intent) -> Reply:
        exchange, reply = self._send(outgoing, intent)
        self._now.exchanges.append(exchange)
        if outgoing.method not in ("GET", "HEAD", "OPTIONS"):
            self._wrote_at = exchange.ended
        if reply.outcome is Outcome.THROTTLED and intent.probe == "":
            wait_s = self._pause(exchange)
            if wait_s > LONGEST_PAUSE_S:
                raise TargetDown(
                    f"the quota is used up: the target asks to come again in {wait_s:.0f} s, which is longer than the "
                    f"{LONGEST_PAUSE_S:.0f} s that a run waits. Run again after that, or with a larger quota."
                )
            self._sleep(wait_s)
            exchange, reply = self._send(outgoing, intent)
            self._now.exchanges.append(exchange)
        return reply

    # -- putting back -------------------------------------------------------------------------------------------

    def restore(self, *, patience_s: float | None = None) -> None:
        """Delete what this run created and is live, and order back what it ordered; bounded, whatever the target does.

        These are real calls, judged like all others; what they raise is the performance's aftermath, and counts
        unless the programme itself raised something.
        """
        found = list(self._now.findings)
        for index, name in enumerate(self.names):
            if self.judge.account(name).first_total is not None:
                self._drive(self._back(self.judge.account(name), index), patience_s)
        if any(finding.stateful for finding in found):
            self._now.findings = found
        else:
            self._now.aftermath = any(finding.stateful for finding in self._now.findings)

    def _back(self, account: Account, index: int) -> Iterator[Reply]:
        for identity in account.identities.standing():
            yield self._write(self.binding.delete_subscriber(identity), index)
        for number in account.orders.open_numbers():
            yield from self._await_order(number, index)
        for _ in range(3):
            yield (reply := self._look(index))
            view = reply.inventory
            if view is None or account.first_total is None:
                return
            shown = view.total if view.total is not None else account.first_total + account.orders.net()
            free = view.available if view.available is not None else shown - (view.used or 0)
            surplus = min(shown - account.first_total, account.orders.net(), free)
            if surplus < 1:
                # Read once more: numbers that are seen twice are what the guard goes by from here on.
                yield self._look(index)
                return
            yield from self._order(Order(OrderKind.DECREMENT, Amount(surplus), account=index), Scene())


def _spelt(identity: str, how: str) -> str:
    """The identity as given, or one that nobody has: letter case is a reading of the target's, so it is not varied."""
    return identity[:-1] if how == "shortened" else identity


PATIENT_S = LONGEST_LAG_S + 0.5
"""How long the last play of a finding waits for a doubtful read to come right, in seconds."""
