"""A server that breaks one law is caught by ordinary sequences, and the law is among those that the finding names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from simulated import Deed, Habits, Order, Play, Server

from kandykit.calls import OrderKind, OrderView, Stage, SubscriberView

SEQUENCES = 6
STEPS = 50


class Oversells(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        if self.total - self.used == 0 and identity not in self.live:
            self.total += 1
            answer = super().create(identity)
            self.total -= 1
            return answer
        return super().create(identity)


class RefusesTheLast(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        return (412, None) if self.total - self.used == 1 else super().create(identity)


class ReturnsNothing(Server):
    def delete(self, identity: str) -> int:
        self.foreign += identity in self.live
        return super().delete(identity)


class ReturnsTwice(Server):
    def delete(self, identity: str) -> int:
        self.foreign -= identity in self.live and self.foreign > 0
        return super().delete(identity)


class RepeatReturnsAgain(Server):
    def delete(self, identity: str) -> int:
        self.foreign -= identity in self.gone and self.foreign > 0
        return super().delete(identity)


class DeleteShrinksTheTotal(Server):
    def delete(self, identity: str) -> int:
        self.total -= identity in self.live
        return super().delete(identity)


class DeleteForgets(Server):
    def delete(self, identity: str) -> int:
        return 404 if len(self.live) > 1 and identity in self.live else super().delete(identity)


class RefusedOrderActs(Server):
    def order(self, kind: OrderKind, quantity: int) -> tuple[int, Order | None]:
        status, order = super().order(kind, quantity)
        if order is None and kind is OrderKind.DECREMENT and quantity <= self.total:
            self.total -= quantity
            self.foreign = max(0, min(self.foreign, self.total - len(self.live)))
        return status, order


class RefusedCreateConsumes(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        status, subscriber = super().create(identity)
        self.foreign += status == 400 and self.total > self.used
        return status, subscriber


class OffByOne(Server):
    def decide(self, order: Order) -> None:
        before = self.total
        super().decide(order)
        self.total += self.total > before


class AddsNothing(Server):
    def decide(self, order: Order) -> None:
        before = self.total
        super().decide(order)
        if order.quantity == 2:
            self.total = before


class RejectedOrderActs(Server):
    def decide(self, order: Order) -> None:
        super().decide(order)
        if order.stage is Stage.NOT_DONE and order.kind is OrderKind.INCREMENT:
            self.total += order.quantity


class DecrementsBelowUse(Server):
    def fits(self, kind: OrderKind, quantity: int) -> bool:
        return quantity <= self.total if kind is OrderKind.DECREMENT else super().fits(kind, quantity)


class RefusesEquality(Server):
    def fits(self, kind: OrderKind, quantity: int) -> bool:
        if kind is OrderKind.DECREMENT:
            return quantity < self.total - self.used
        return super().fits(kind, quantity)


class ExceedsTheLimit(Server):
    def fits(self, kind: OrderKind, quantity: int) -> bool:
        return kind is OrderKind.INCREMENT or super().fits(kind, quantity)


class StopsBelowTheLimit(Server):
    def fits(self, kind: OrderKind, quantity: int) -> bool:
        limit = self.habits.limit or 0
        return super().fits(kind, quantity) and (kind is OrderKind.DECREMENT or self.total + quantity < limit)


class ForgetsOrders(Server):
    def listed(self) -> tuple[OrderView, ...]:
        return super().listed()[:3]


class ChangesOrders(Server):
    def listed(self) -> tuple[OrderView, ...]:
        return tuple(
            replace(view, quantity=(view.quantity or 0) + (index == 1)) for index, view in enumerate(super().listed())
        )


class ReusesNumbers(Server):
    def number(self) -> str:
        return f"order-{len(self.orders) % 3}"


class ReopensOrders(Server):
    def listed(self) -> tuple[OrderView, ...]:
        views = super().listed()
        return (*views[:-2], *(replace(view, stage=Stage.OPEN) for view in views[-2:-1]), *views[-1:])


class NewestFirst(Server):
    def listed(self) -> tuple[OrderView, ...]:
        return super().listed()[::-1]


class ListsStrangers(Server):
    def listed(self) -> tuple[OrderView, ...]:
        views = super().listed()
        return (*views, OrderView("stray", OrderKind.INCREMENT, 9, stage=Stage.DONE)) if len(views) > 2 else views


class SamePassword(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        status, subscriber = super().create(identity)
        return status, subscriber and replace(subscriber, password="secret")


class AcceptsTaken(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        if identity in self.live and self.total > self.used:
            self.foreign += 1
            return 201, SubscriberView(identity, "another")
        return super().create(identity)


class GivesOneIdentityTwice(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        status, subscriber = super().create(identity)
        if identity is None and subscriber is not None and len(self.live) > 1:
            return status, replace(subscriber, identity=next(iter(self.live)))
        return status, subscriber


class CountsWrongly(Server):
    def inventory(self) -> tuple[int, int]:
        return self.total, self.used - (self.used > 2)


class ReadsConsume(Server):
    def was_listed(self) -> None:
        self.foreign += self.total > self.used + 3


class CreatesConsumeTwo(Server):
    def create(self, identity: str | None) -> tuple[int, SubscriberView | None]:
        status, subscriber = super().create(identity)
        self.foreign += status == 201 and self.total > self.used
        return status, subscriber


SYNC = Habits(limit=12, total=4, used=1)
ASYNC = replace(SYNC, asynchronous=True)

MUTANTS: list[tuple[type[Server], str, Habits]] = [
    (Oversells, "L5", SYNC),
    (RefusesTheLast, "L5", SYNC),
    (ReturnsNothing, "L10", SYNC),
    (ReturnsTwice, "L10", SYNC),
    (RepeatReturnsAgain, "L10", SYNC),
    (RepeatReturnsAgain, "L10", replace(SYNC, repeat_answers=200)),
    (DeleteShrinksTheTotal, "L1", SYNC),
    (DeleteForgets, "L10", SYNC),
    (RefusedOrderActs, "L4", SYNC),
    (RefusedCreateConsumes, "L4", SYNC),
    (OffByOne, "L1", SYNC),
    (OffByOne, "L1", ASYNC),
    (AddsNothing, "L1", SYNC),
    (AddsNothing, "L1", ASYNC),
    (RejectedOrderActs, "L1", replace(ASYNC, over_limit="rejected", limit_known=False)),
    (DecrementsBelowUse, "L6", SYNC),
    (DecrementsBelowUse, "L6", ASYNC),
    (RefusesEquality, "L6", SYNC),
    (RefusesEquality, "L6", replace(ASYNC, over_limit="rejected")),
    (ExceedsTheLimit, "L7", SYNC),
    (ExceedsTheLimit, "L7", ASYNC),
    (StopsBelowTheLimit, "L7", SYNC),
    (ForgetsOrders, "L8", SYNC),
    (ChangesOrders, "L8", SYNC),
    (ReusesNumbers, "L8", SYNC),
    (ReopensOrders, "L8", SYNC),
    (ListsStrangers, "L8", SYNC),
    (NewestFirst, "R2", SYNC),
    (SamePassword, "L9", SYNC),
    (AcceptsTaken, "L9", SYNC),
    (GivesOneIdentityTwice, "L9", replace(SYNC, server_chooses=True)),
    (CountsWrongly, "L2", SYNC),
    (ReadsConsume, "L13", SYNC),
    (CreatesConsumeTwo, "L2", SYNC),
]


def sequence(seed: int, habits: Habits) -> list[Deed]:
    """An ordinary sequence: writes, each with a look behind it, now and then the order list."""
    random = Random(seed)
    deeds = [Deed("look", 0, "clear"), Deed("list", 0, "clear")]
    writes = ("more", "more", "fewer", "create", "create", "create", "again", "delete", "delete", "nobody")
    for _ in range(STEPS):
        deeds.append(Deed(random.choice(writes), random.randrange(12), "clear"))
        if habits.asynchronous:
            deeds += [Deed("decide", 0, "clear"), Deed("list", 0, "clear")]
        deeds.append(Deed("look", 0, "clear"))
        if random.random() < 0.3:
            deeds += [Deed("list", 0, "clear"), Deed("look", 0, "clear")]
        deeds.append(Deed("look", 0, "clear", pause=random.choice((0.01, 6.0))))
    return deeds


@pytest.mark.parametrize(
    ("mutant", "law", "habits"), MUTANTS, ids=lambda value: getattr(value, "__name__", str(value)[:12])
)
def test_a_mutant_is_caught(mutant: Callable[[Habits], Server], law: str, habits: Habits) -> None:
    """In every second sequence at least, and then the first call that shows it names the law."""
    plays = [Play(mutant(habits)).run(sequence(seed, habits)) for seed in range(SEQUENCES)]
    named = [first_named(play) for play in plays if play.failures]
    assert len(named) >= SEQUENCES // 2
    assert sum(law in laws for laws in named) >= 0.8 * len(named), named


def first_named(play: Play) -> set[str]:
    """The laws that are named by the first call that shows a failure."""
    first = play.failures[0].evidence[-1]
    return {law for finding in play.failures if finding.evidence[-1] == first for law in finding.requirements}


@pytest.mark.parametrize("habits", [SYNC, ASYNC, replace(ASYNC, over_limit="rejected")])
def test_the_unmutated_server_is_not(habits: Habits) -> None:
    for seed in range(SEQUENCES):
        assert not Play(Server(habits)).run(sequence(seed, habits)).said


@pytest.mark.parametrize("what", ["more", "create"])
def test_an_unclear_call_that_acts_twice_is_caught(what: str) -> None:
    """L12: once at most."""
    play = Play(Server(replace(SYNC, total=8)))
    play.run([Deed("look", 0, "clear"), Deed(what, 1, "503 acted")])
    if what == "more":
        play.server.total += play.server.orders[-1].quantity
    else:
        play.server.foreign += 1
    play.run([Deed("look", 0, "clear")])
    assert play.failures[0].requirement == "L12"
