"""What a dead or foreign credential should not have got, and did, is R6's; no law is broken by what it then did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kandykit.exchange import Credential, Exchange
from kandykit.judge import Judge
from kandykit.terms import Terms
from tests.concurrency.overlapping import BASE, create, delete, event_of, look

TERMS = Terms(BASE, "http://127.0.0.1:8089/oauth/client_credential/accesstoken", settle_s=0.0)


def by_an_intruder(exchange: Exchange) -> Exchange:
    return replace(exchange, intent=replace(exchange.intent, credential=Credential.EXPIRED))


def named(*exchanges: Exchange) -> set[str]:
    """The requirements that a history breaks."""
    judge, broken = Judge(TERMS), set[str]()
    for exchange in exchanges:
        event = event_of(exchange)
        broken |= {finding.requirement for finding in judge.see(exchange, event.call, event.reply)}
    return broken & {"L1", "L2", "L3", "L4", "L5", "L9", "L10", "R6"}


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_subscriber_that_an_intruder_deleted_may_be_gone_or_not(carried_out: bool) -> None:
    used, said = (0, 404) if carried_out else (1, 200)
    history = [look(1, (0, 1), 2, 0), create(2, (2, 3), "a"), look(3, (4, 5), 2, 1)]
    history += [by_an_intruder(delete(4, (6, 7), "a")), look(5, (8, 9), 2, used), delete(6, (10, 11), "a", said)]
    assert named(*history, look(7, (12, 13), 2, 0)) == {"R6"}
