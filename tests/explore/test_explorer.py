"""The explorer: what comes again stands, what does not is decided by watching, and examples hold nothing to spare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kandykit.binding import Binding
from kandykit.calls import OrderKind
from kandykit.errors import TargetDown
from kandykit.exchange import Answer, Exchange, Headers, Intent, Request
from kandykit.explore.explorer import OFTEN_READ, Explorer
from kandykit.explore.intrusions import Intruder
from kandykit.explore.steps import Create, Delete, Fill, ListOrders, Look, LookUp, Step, fewer, from_json, more, to_json
from kandykit.explore.walker import Walker
from kandykit.hearing import Hearing
from kandykit.judgement import Case
from kandykit.terms import Terms
from kandykit.verdict import Verdict
from kandykit.wire import Outgoing
from tests.explore.tiny import TinyTarget

BASE = "http://127.0.0.1/api"


class Bench:
    """A walker and an explorer on a tiny target of the tests' own, without a network and with a clock of its own.

    ``second`` is what the second account is, where there is one.
    """

    def __init__(
        self,
        target: TinyTarget,
        elsewhere: Callable[[int], None] = lambda _: None,
        second: TinyTarget | None = None,
    ) -> None:
        self.target = target
        self.targets = {"account-1": target} | ({"account-2": second} if second is not None else {})
        names = list(self.targets)
        self.now = 0.0
        self.exchanges: list[Exchange] = []
        self.minted = 0
        self.more_headers: Headers = ()
        self.away: Callable[[Outgoing], bool] = lambda _: False
        binding = Binding(BASE, "http://127.0.0.1/token")
        self.hearing = Hearing(Terms(BASE, "http://127.0.0.1/token"), binding, names)
        self.docket = self.hearing.docket
        self.binding = binding
        self.elsewhere = elsewhere
        intruder = Intruder(binding, lambda: "nobody@x.example", lambda: None, lambda: None, lambda: ("id", "secret"))
        self.walker = Walker(
            binding,
            self.hearing,
            self.send,
            self.mint,
            names,
            pause=lambda _: 0.0,
            sleep=self.sleep,
            clock=lambda: self.now,
            intruder=intruder,
        )
        self.explorer = Explorer(self.walker, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def mint(self, domain: str) -> str:
        self.minted += 1
        return f"kk-{self.minted}@{domain}"

    def send(self, outgoing: Outgoing, intent: Intent) -> tuple[Exchange, object]:
        self.elsewhere(len(self.exchanges))
        started, self.now = self.now + 0.001, self.now + 0.002
        body = (outgoing.body or b"").decode()
        status, text = 503, "{}"
        if not self.away(outgoing):
            status, text = self.targets[intent.account].answer(outgoing.method, outgoing.url.removeprefix(BASE), body)
        headers: Headers = (("content-type", "application/json"), *self.more_headers)
        request = Request(outgoing.method, outgoing.url, outgoing.headers, body)
        answer = Answer(status, headers, text, len(text))
        exchange = Exchange(len(self.exchanges) + 1, intent, request, answer, started, self.now)
        self.exchanges.append(exchange)
        call = self.binding.call_of(request.method, request.url, request.headers, body)
        reply = self.binding.reply_of(call, answer, "")
        self.hearing.see(exchange, call, reply)
        return exchange, reply


LIFE: list[Step] = [
    Look(),
    ListOrders(),
    more(3, label="up"),
    Look(),
    LookUp("up"),
    Create("a"),
    Look(),
    Create("b"),
    Look(),
    Delete("a"),
    Look(),
    ListOrders(),
    Delete("b"),
    Look(),
    fewer(3),
    Look(),
]


def cases(bench: Bench) -> list[Case]:
    """What was found against the laws; the tiny target's answers lack most headers."""
    return [case for case in bench.docket.cases.values() if case.finding.requirement.startswith("L")]


def standing(bench: Bench) -> dict[str, int]:
    """The laws that stand as broken, with the calls in the example."""
    failed = [case for case in cases(bench) if case.finding.verdict is Verdict.FAIL]
    return {case.finding.requirement: len(case.calls) for case in failed}


def test_a_correct_target_raises_nothing_and_is_put_back() -> None:
    bench = Bench(TinyTarget(total=4, used=2))
    bench.explorer.examine(LIFE)
    assert cases(bench) == []
    assert (bench.target.total, bench.target.used) == (4, 2)


def test_a_programme_that_stops_halfway_is_put_back() -> None:
    bench = Bench(TinyTarget())
    bench.walker.perform([Look(), more(5), Look(), Fill(leave=1), Look()])
    assert (bench.target.total, bench.target.used) == (0, 0)


def test_a_delete_that_returns_nothing_is_cut_down_to_its_five_calls() -> None:
    bench = Bench(TinyTarget(returned=0))
    bench.explorer.examine(LIFE)
    assert standing(bench) == {"L10": 5}


def test_an_oversold_product_needs_two_calls() -> None:
    bench = Bench(TinyTarget(oversell=True))
    bench.explorer.examine([Look(), more(1), Look(), Create("a"), Look(), Create("b"), Look(), ListOrders()])
    assert standing(bench)["L5"] == 2


def test_an_order_in_an_example_is_no_larger_than_it_must_be() -> None:
    """Five in use are enough, so there are a look, an order, five creates, and the decrement that shows it."""
    bench = Bench(TinyTarget(lax_from=5))
    bench.explorer.examine([Look(), more(12), Look(), Fill(leave=0), Look(), fewer(1), Look()])
    assert standing(bench)["L6"] == 8


def test_many_orders_become_one_in_an_example() -> None:
    bench = Bench(TinyTarget(lax_from=5))
    ordered = [step for _ in range(9) for step in (more(1), Look())]
    bench.explorer.examine([Look(), *ordered, Fill(leave=0), Look(), fewer(1), Look()])
    assert standing(bench)["L6"] == 8


def test_a_target_that_keeps_a_product_with_each_play_is_played_a_few_times_only() -> None:
    """Each play that shows it costs a product, and there are only so many."""
    target = TinyTarget(returned=0)
    bench = Bench(target)
    names = ("a", "b", "c", "d")
    created = [step for name in names for step in (Create(name), Look())]
    bench.explorer.examine([Look(), more(4), Look(), *created, ListOrders(), Look(), Delete("a"), Look()])
    assert standing(bench) == {"L10": 5}
    assert target.used <= 15


def test_what_comes_once_in_an_accounts_life_comes_in_the_second_accounts_too() -> None:
    """Its seventh order is lost: nothing shows that again on the account itself, nor a few calls on another."""
    for second, verdicts in ((TinyTarget(lost_order=7), [Verdict.FAIL]), (TinyTarget(), [Verdict.INCONCLUSIVE])):
        bench = Bench(TinyTarget(lost_order=7), second=second)
        for _ in range(5):
            bench.explorer.examine([Look(), more(2), Look(), fewer(1), Look()])
        bench.explorer.watch(10.0)
        met = [case.finding for case in cases(bench)]
        assert [finding.verdict for finding in met] == verdicts
        assert [finding.requirement for finding in met] == ["L1"]
        assert ("once on each of two accounts" in met[0].actual) == (verdicts == [Verdict.FAIL])


def test_what_never_comes_again_is_inconclusive() -> None:
    target = TinyTarget()

    def once(call: int) -> None:
        if call == 6:
            target.total += 1

    bench = Bench(target, once)
    bench.explorer.examine(LIFE)
    assert standing(bench) == {}
    bench.explorer.watch(10.0)
    assert standing(bench) == {}
    assert [case.finding.verdict for case in cases(bench)] == [Verdict.INCONCLUSIVE]


def test_somebody_elses_steady_hand_is_seen_by_watching() -> None:
    target = TinyTarget()
    bench = Bench(target)
    last = [0.0]

    def now_and_then(_: int) -> None:
        if bench.now - last[0] > 0.35:
            target.total += 1
            last[0] = bench.now

    bench.elsewhere = now_and_then
    for _ in range(40):
        bench.explorer.examine(LIFE)
    bench.explorer.watch(10.0)
    assert standing(bench) == {}
    assert bench.docket.foreign


def test_a_counter_that_drifts_stands_because_nothing_moves_while_nothing_is_done() -> None:
    bench = Bench(TinyTarget(forgets_every=37))
    for _ in range(60):
        bench.explorer.examine(LIFE)
    bench.explorer.watch(1000.0)
    assert "L2" in standing(bench) or "L10" in standing(bench)


def dead_ends(bench: Bench) -> list[str]:
    """Which operations are said to fail every time."""
    found = [case.finding for case in bench.docket.cases.values() if case.finding.requirement == "R7"]
    return [finding.title.partition(" fails")[0] for finding in found if finding.verdict is Verdict.FAIL]


def test_what_did_the_harm_is_named_beside_where_it_showed() -> None:
    class Consuming(TinyTarget):
        def _create(self, sent: dict[str, Any]) -> tuple[int, Any]:
            self.used += sent.get("identity") in self.live
            return super()._create(sent)

    bench = Bench(Consuming())
    bench.explorer.examine([Look(), more(2), Create("a"), Create("a", again="a"), Create("last")])
    assert set(standing(bench)) >= {"L4", "L5"}


def test_another_accounts_deletion_is_named_where_it_showed_as_a_missing_product() -> None:
    class Trespassing(TinyTarget):
        def _delete(self, identity: str) -> tuple[int, Any]:
            if identity in first.live:
                first.total -= 1
            return 404, {}

    first = TinyTarget()
    bench = Bench(first, second=Trespassing())
    bench.explorer.examine([Look(account=1), Look(), more(2), Create("a"), Delete("a", account=1), Create("last")])
    assert set(standing(bench)) >= {"L5", "L11"}


def test_long_lists_of_orders_are_read_sparingly_by_what_is_played_for_the_many() -> None:
    old = {"product_name": "p", "order_type": "increment", "quantity": 1, "status": "fulfilled"}
    many = [{**old, "order_number": f"old-{number}", "created_at": "2026-01-01T00:00:00Z"} for number in range(400)]
    bench = Bench(TinyTarget(total=400, orders=many))

    def lists(*, sparing: bool) -> int:
        before = len(bench.exchanges)
        bench.explorer.examine([Look(), ListOrders(), more(1), Look(), ListOrders()], sparing=sparing)
        return sum(exchange.request.url.endswith("/order") for exchange in bench.exchanges[before:]) - 2

    assert [lists(sparing=each) for each in (False, True, True, False)] == [2, 0, 0, 2]
    few = Bench(TinyTarget())
    few.explorer.examine([Look(), ListOrders()], sparing=True)
    assert [exchange.request.url for exchange in few.exchanges].count(f"{BASE}/order") == 1


def test_what_an_account_feels_of_every_fifth_order_of_another_is_met_while_putting_back() -> None:
    class Leaking(TinyTarget):
        def _order(self, sent: dict[str, Any]) -> tuple[int, Any]:
            second.total += len(self.orders) % 5 == 0
            return super()._order(sent)

    second = TinyTarget()
    bench = Bench(Leaking(), second=second)
    bench.explorer.examine([Look(account=1)])
    for _ in range(4):
        bench.explorer.examine(LIFE)
    assert standing(bench)["L11"]


def test_who_uses_the_second_account_accuses_nobody() -> None:
    second = TinyTarget()
    bench = Bench(TinyTarget(), second=second)
    last = [0.0]

    def now_and_then(_: int) -> None:
        if bench.now - last[0] > 0.35:
            second.total += 1
            last[0] = bench.now

    bench.elsewhere = now_and_then
    bench.explorer.examine([Look(account=1)])
    for _ in range(40):
        bench.explorer.examine(LIFE)
    bench.explorer.watch(10.0)
    assert standing(bench) == {}
    assert bench.docket.foreign


@pytest.mark.parametrize(
    ("served_again", "headers", "accused"),
    [
        (0, (("retry-after", "1"),), True),
        (0, (), False),
        (0, (("retry-after", "0"), ("quota-limit", "1000"), ("quota-used", "60")), False),
        (4, (("retry-after", "1"),), False),
    ],
    ids=["locked out", "not told when", "too fast", "served now and then"],
)
def test_who_waits_as_told_and_is_never_served_again_is_locked_out(
    served_again: int, headers: Headers, accused: bool
) -> None:
    class Quota(TinyTarget):
        calls = 0

        def _answer(self, *sent: Any) -> tuple[int, Any]:
            self.calls += 1
            if self.calls > 3 and not (served_again and self.calls % served_again == 0):
                return 429, {}
            return super()._answer(*sent)

    bench = Bench(Quota())
    bench.more_headers = headers
    if served_again:
        bench.explorer.examine([Look()] * 20)
    else:
        with pytest.raises(TargetDown, match="5 times in a row"):
            bench.explorer.examine([Look()] * 20)
    found = [case.finding for case in bench.docket.cases.values() if case.finding.requirement == "K1"]
    assert any("still turned away" in finding.title for finding in found) is accused


def test_a_target_that_is_away_for_some_seconds_is_not_accused() -> None:
    bench = Bench(TinyTarget())
    bench.away = lambda _: 0.02 < bench.now < 3.0
    for _ in range(3):
        bench.explorer.examine(LIFE)
    assert dead_ends(bench) == []
    assert bench.now > 3.0


def test_a_target_that_never_answers_again_is() -> None:
    bench = Bench(TinyTarget())
    bench.away = lambda _: bench.now > 0.02
    for _ in range(3):
        bench.explorer.examine(LIFE)
    assert dead_ends(bench)
    assert bench.now < 15.0, "the same silence is waited out once"


def test_one_operation_that_always_fails_is_and_nobody_waits_for_it() -> None:
    bench = Bench(TinyTarget())
    bench.away = lambda outgoing: outgoing.method == "DELETE"
    bench.explorer.examine(LIFE)
    assert dead_ends(bench) == ["DELETE /subscriber"]
    assert bench.now < 5.0


def test_programmes_survive_json() -> None:
    programme = [*LIFE, Fill(leave=2), more(1, "available")]
    assert from_json(to_json(programme)) == programme
    assert to_json([more(2)])[0]["kind"] == OrderKind.INCREMENT


def test_what_comes_with_every_so_many_reads_is_no_other_hands_doing() -> None:
    bench = Bench(TinyTarget(read_costs=25))
    stood = bench.explorer.examine([more(2), *OFTEN_READ])
    assert [finding.requirement for finding in stood] == ["L13"]
    assert "times that it was read often" in stood[0].actual
    case = bench.docket.cases[stood[0].id]
    assert {call.request.method for call in case.calls[3:]} == {"GET"}
    again = Bench(TinyTarget(read_costs=25))
    assert again.walker.perform(from_json(case.programme), whole=True).shows(stood[0].id)


def test_what_comes_with_time_is_not_laid_to_the_reads() -> None:
    target = TinyTarget(total=40)

    def elsewhere(_: int) -> None:
        # Somebody creates a subscriber every 40 ms, which is once in each time that the account is read often.
        target.used = min(int(bench.now / 0.04), 38)

    bench = Bench(target, elsewhere)
    bench.explorer.examine([more(2), *OFTEN_READ])
    assert not any(finding.requirement == "L13" for finding in (case.finding for case in bench.docket.cases.values()))


def test_what_one_play_leaves_behind_unseen_is_met_at_the_next_and_found() -> None:
    bench = Bench(TinyTarget(owes=True))
    assert not bench.explorer.examine([Look(), more(1), fewer(1, "available"), Look()])
    stood = bench.explorer.examine([Look(), more(2), Look()])
    assert [finding.requirement for finding in stood] == ["L1"]
