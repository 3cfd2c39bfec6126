"""What an account learns of calls that overlapped: only what is so in every order of them."""

from __future__ import annotations

import pytest

from kandykit.exchange import Exchange
from kandykit.judge import Judge
from kandykit.model.account import Account
from kandykit.model.identities import Life
from kandykit.terms import Terms
from kandykit.verdict import Finding
from tests.concurrency.overlapping import BASE, DOMAIN, create, delete, event_of, listing, look, order

TERMS = Terms(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken")


def life(account: Account, name: str) -> Life | None:
    known = account.identities.of(name + DOMAIN)
    return known.life if known else None


def noted(*exchanges: Exchange, before: tuple[Exchange, ...] = ()) -> tuple[Account, list[Finding]]:
    account = Account("account-1", TERMS)
    for exchange in before:
        account.see(event_of(exchange))
    checks = account.note([event_of(exchange) for exchange in exchanges])
    return account, [check for check in checks if isinstance(check, Finding)]


SPAN = (0.0, 9.0)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([create(1, SPAN, "a")], Life.LIVE),
        ([create(1, SPAN, "a", 412)], None),
        ([create(1, SPAN, "a", 0)], Life.IN_DOUBT),
        ([create(1, SPAN, "a"), create(2, SPAN, "a", 400)], Life.LIVE),
        ([create(1, SPAN, "a"), create(2, SPAN, "a")], Life.IN_DOUBT),
        ([create(1, SPAN, "a"), delete(2, SPAN, "a")], Life.IN_DOUBT),
        ([create(1, SPAN, "a"), delete(2, SPAN, "a", 404)], Life.LIVE),
        ([delete(1, SPAN, "nobody")], None),
    ],
)
def test_who_is_live_after_calls_without_an_order(calls: list[Exchange], expected: Life | None) -> None:
    account, _ = noted(*calls)
    assert life(account, "a") is expected


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([delete(2, SPAN, "a")], Life.GONE),
        ([delete(2, SPAN, "a"), delete(3, SPAN, "a", 404)], Life.GONE),
        ([delete(2, SPAN, "a"), create(3, SPAN, "a")], Life.IN_DOUBT),
        ([delete(2, SPAN, "a", 404)], Life.LIVE),
        ([delete(2, SPAN, "a", 503)], Life.IN_DOUBT),
    ],
)
def test_what_became_of_one_who_was_live(calls: list[Exchange], expected: Life) -> None:
    account, _ = noted(*calls, before=(create(1, (-5.0, -4.0), "a"),))
    assert life(account, "a") is expected


def test_order_numbers_and_passwords_differ_in_any_order_and_are_judged() -> None:
    _, findings = noted(order(1, SPAN, "KO1"), order(2, SPAN, "KO1"))
    assert [finding.requirement for finding in findings] == ["L8"]
    one = "{{password:0123456789ab}}"
    _, findings = noted(create(1, SPAN, "a", password=one), create(2, SPAN, "b", password=one))
    assert [finding.requirement for finding in findings] == ["L9"]


@pytest.mark.parametrize(
    ("shown", "broken"),
    [(["KO1", "KO9"], ["L11"]), (["KO1"], []), (["KO1", "KO7"], []), (["KO1", "KO8"], [])],
    ids=["another account's", "its own", "nobody's that is known", "its own of another account's number"],
)
def test_an_order_of_another_account_is_shown_in_no_order_of_the_calls(shown: list[str], broken: list[str]) -> None:
    account, other = Account("account-1", TERMS), Account("account-2", TERMS)
    account.others.append(other)
    for seq, number in enumerate(("KO8", "KO9"), 1):
        other.see(event_of(order(seq, (-9.0, -8.0), number)))
    account.see(event_of(listing(4, (-5.0, -4.0), "KO1")))
    together = [listing(6, SPAN, *shown), order(7, SPAN, "KO8")]
    checks = account.note([event_of(exchange) for exchange in together])
    assert [check.requirement for check in checks if isinstance(check, Finding)] == broken


def test_what_can_be_cleaned_up_is_known() -> None:
    account, findings = noted(order(1, SPAN, "KO1"), order(2, SPAN, "KO2", 202, "pending"), create(3, SPAN, "a"))
    assert not findings
    assert account.orders.net() == 1
    assert account.orders.open_numbers() == ["KO2"]
    assert account.identities.standing() == ["a" + DOMAIN]
    assert not account.knows


@pytest.mark.parametrize(("used", "broken"), [(2, []), (3, ["L3"])])
def test_numbers_that_were_right_at_no_moment_are_wrong_in_a_crowd_as_well(used: int, broken: list[str]) -> None:
    judge = Judge(TERMS)
    judge.see(*event_of(look(1, (0, 1), 2, 0)))
    with judge.crowd("account-1"):
        found = judge.see(*event_of(look(2, (5, 10), 2, used)))
    assert [finding.requirement for finding in found if finding.requirement.startswith("L")] == broken
    assert all(not finding.stateful and finding.evidence == (2,) for finding in found)


def test_calls_under_way_together_are_not_judged_one_after_another() -> None:
    """The same calls accuse the target when they are taken for a sequence."""
    calls = [create(6, (10, 30), "a"), create(5, (10, 20), "b", 412)]
    before = [create(1, (-9, -8), "z"), delete(2, (-7, -6), "z"), look(3, (0, 5), 1, 0)]

    def judged(overlapping: bool) -> list[str]:
        judge = Judge(TERMS)
        for exchange in before:
            judge.see(*event_of(exchange))
        findings: list[Finding] = []
        if overlapping:
            with judge.crowd("account-1") as crowd:
                for exchange in reversed(calls):
                    findings += judge.see(*event_of(exchange))
            assert len(crowd.events) == 2
            findings += crowd.findings
        else:
            for exchange in reversed(calls):
                findings += judge.see(*event_of(exchange))
        return [finding.requirement for finding in findings if finding.stateful]

    assert judged(overlapping=False) == ["L5"]
    assert judged(overlapping=True) == []
