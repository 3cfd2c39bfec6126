"""The other account's calls of a race overlap too: their numbers are no order, and what no order explains is found."""

from __future__ import annotations

from dataclasses import replace

from kandykit.docket import Docket
from kandykit.exchange import Exchange
from kandykit.hearing.performance import Performance
from kandykit.hearing.races import Play, Races
from kandykit.judge import Judge
from kandykit.linearize import judge_history
from kandykit.terms import Terms
from tests.concurrency.overlapping import BASE, BINDING, create, event_of, look, order

TERMS = Terms(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken", settle_s=0.0)
NAMES = ("account-1", "account-2")


def of(account: int, exchange: Exchange) -> Exchange:
    """The call as one of that account."""
    return replace(exchange, intent=replace(exchange.intent, account=NAMES[account]))


def played(burst: list[Exchange], later: list[Exchange]) -> Play:
    """What comes of a race in which only the second account acts; both begin with one product and no subscriber."""
    judge = Judge(TERMS)
    races = Races(judge, Docket(), BINDING, NAMES[0], judge_history, lambda: lambda: False)

    def see(exchange: Exchange) -> None:
        event = event_of(exchange)
        judge.see(exchange, event.call, event.reply)

    for exchange in (of(1, look(1, (0, 1), 1, 0)), of(0, look(2, (2, 3), 1, 0))):
        see(exchange)
    races.begin(Performance())
    races.ready([])
    races.leave()
    for exchange in burst:
        see(exchange)
    races.arrived([burst], "")
    for exchange in later:
        see(exchange)
    races.rested(later, lambda _: None)
    return races.end(1)


SPAN = (10, 20)
QUIET = of(0, look(31, (32, 33), 1, 0))


def test_a_create_may_have_waited_for_an_order_that_was_sent_after_it() -> None:
    burst = [of(1, create(3, SPAN, "a")), of(1, create(4, SPAN, "b")), of(1, order(5, SPAN, "KO1"))]
    play = played(burst, [of(1, look(30, (30, 31), 2, 2)), QUIET])
    assert not play.findings


def test_two_creates_for_its_last_product_are_found() -> None:
    burst = [of(1, create(3, SPAN, "a")), of(1, create(4, SPAN, "b"))]
    play = played(burst, [of(1, look(30, (30, 31), 1, 1)), QUIET])
    assert [finding.requirement for finding in play.findings] == ["L12"]
    assert set(play.findings[0].evidence) >= {3, 4}


def test_the_agreed_limit_is_that_of_the_account_under_test() -> None:
    judge = Judge(replace(TERMS, limit=1), NAMES[0])
    assert [judge.account(name).terms.limit for name in NAMES] == [1, None]
    judge.terms = replace(TERMS, limit=2)
    assert [judge.account(name).terms.limit for name in NAMES] == [2, None]

    def heard(*exchanges: Exchange) -> list[str]:
        return [
            finding.requirement
            for event in map(event_of, exchanges)
            for finding in judge.see(event.exchange, event.call, event.reply)
            if finding.stateful
        ]

    first, second = ([of(n, look(1, (0, 1), 0, 0)), of(n, order(2, (2, 3), "KO1", 412))] for n in (0, 1))
    assert heard(*first) == ["L7"]
    assert heard(*second) == [], "nobody knows the limit of the other account"
