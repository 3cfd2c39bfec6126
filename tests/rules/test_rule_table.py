"""The table of rules is whole: each requirement that single exchanges can show is judged by somebody."""

from __future__ import annotations

import time
from itertools import product

import pytest
from rule_sights import CREATED, ORDER, ORIGIN, PLACED, STANDARD, STOCK, WANTED, five, met

from kandykit.exchange import Credential
from kandykit.requirements import registry
from kandykit.rules import RULES
from kandykit.rules.past import Past
from kandykit.rules.rule import Rule, Sight, judged_by
from kandykit.verdict import Check, Finding, Level, Verdict

ELSEWHERE = {
    "R4",  # the walk: a suite's
    "H9", "H10", "B6",  # twins of laws
    "T9", "H15",  # bind the kit, not the target
    *(f"L{number}" for number in range(1, 16)),
}  # fmt: skip


def test_every_requirement_is_judged_by_a_rule() -> None:
    judged = {name for rule in RULES for name in judged_by(rule)}
    assert judged == set(registry()) - ELSEWHERE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_what_it_judges_and_why(rule: Rule) -> None:
    assert judged_by(rule)
    assert rule.__doc__


def test_no_rule_stands_in_the_table_twice() -> None:
    assert len(set(RULES)) == len(RULES)


GOOD = [
    met("GET", "/inventory", content=STOCK),
    met("GET", "/order", content={"orders": [ORDER]}),
    met("POST", "/subscriber", 201, CREATED, sent=WANTED),
    met("GET", "/inventory", 401, {"fault": {"faultstring": "x"}}),
    met("GET", "/inventory", 0, failure="timeout"),
    met("GET", "https://elsewhere.example/", 500, "<html>", headers={"sunset": "never"}),
]


@pytest.mark.parametrize("sight", GOOD, ids=lambda sight: f"{sight.label} {sight.status}")
def test_no_rule_fails_what_is_good(sight: Sight) -> None:
    said = [check for rule in RULES for check in rule(sight)]
    assert not [check for check in said if isinstance(check, Finding) and check.verdict is Verdict.FAIL]


def test_only_a_must_can_fail() -> None:
    """A rule that failed a SHOULD would be softened by the statement; it is to say what it means itself."""
    sight = met("POST", "/order", 201, "<p>", headers=dict.fromkeys(("sunset", "date")), sent={})
    said: list[Check] = [check for rule in RULES for check in rule(sight)]
    failed = {check.requirement for check in said if isinstance(check, Finding) and check.verdict is Verdict.FAIL}
    assert failed
    assert {registry()[name].level for name in failed} == {Level.MUST}


def test_the_same_fact_has_the_same_title_in_every_run() -> None:
    """Numbers, identities and passwords of a run stay out of titles, so that findings can be compared."""
    one = met("DELETE", "/subscriber/u1%40acme.example", 299, {"identity": "u1"}, headers={"quota-used": "x1"})
    two = met("DELETE", "/subscriber/u2%40acme.example", 299, {"identity": "u2"}, headers={"quota-used": "x2"})
    assert _titles(one) == _titles(two) != []


def _titles(sight: Sight) -> list[str]:
    return [check.title for rule in RULES for check in rule(sight) if isinstance(check, Finding)]


CALLS = [
    ("GET", "/inventory", None),
    ("GET", "/order", None),
    ("GET", "/no-such-path", None),
    ("HEAD", "/inventory", None),
    ("POST", "/order", PLACED),
    ("POST", "/order", {**PLACED, "quantity": 0}),
    ("POST", "/subscriber", WANTED),
    ("DELETE", "/subscriber/u1%40acme.example", None),
    ("DELETE", f"/subscriber/{'u' * 3000}", None),
    ("PUT", "/order", {}),
    ("OPTIONS", "/order", None),
]
STATUSES = [200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 414, 418, 429, 500, 501]
ANSWERS = [STOCK, ORDER, {**ORDER, "status": "odd"}, CREATED, five(400), {"fault": {}}, {"error": five(400)}, "<p>", ""]
BROKEN: list[dict[str, str | None]] = [
    dict.fromkeys((*STANDARD, "date", "content-type", "content-length")),
    {"transfer-encoding": "chunked", "content-length": None, "sunset": "soon", "quota-used": "2000", "location": "a b"},
    {**dict.fromkeys(STANDARD, "max-age=0; preload; preload"), "content-length": "1", "retry-after": "x"},
    {"access-control-allow-origin": "*", "access-control-allow-credentials": "true", "api-version": ""},
    {"access-control-allow-origin": "https://b.example", "access-control-max-age": "x", "allow": "PUT"},
    {"access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "yes", "content-type": "text/plain"},
    {"access-control-allow-origin": "https://b.example", "access-control-allow-credentials": "true"},
]


def test_one_title_has_one_verdict() -> None:
    """A finding is known by its title; were it met as a warning first, its failures would hide behind that."""
    verdicts: dict[tuple[str, str], set[Verdict]] = {}
    asking = {
        "origin": ORIGIN,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    for (method, path, sent), status, content, headers, credential, sent_headers in product(
        CALLS, STATUSES, ANSWERS, BROKEN, (Credential.LIVE, Credential.NONE), ({}, asking)
    ):
        if status % 2 and credential is Credential.NONE and sent_headers:
            continue  # enough is enough
        sight = met(
            method, path, status, content, headers=headers, sent=sent, credential=credential, sent_headers=sent_headers
        )
        for rule in RULES:
            for check in rule(sight):
                if isinstance(check, Finding):
                    verdicts.setdefault((check.requirement, check.title), set()).add(check.verdict)
    assert len(verdicts) > 100
    assert {title for title, said in verdicts.items() if len(said) > 1} == set()


def test_judging_an_ordinary_exchange_takes_next_to_no_time() -> None:
    """A deep run has a hundred thousand exchanges; each may cost 100 microseconds (a slow machine is given 1000)."""
    made = met("GET", "/inventory", content=STOCK)
    past = Past()
    started = time.perf_counter()
    for _ in range(200):
        sight = Sight(made.exchange, made.call, made.reply, past, made.terms)
        for rule in RULES:
            rule(sight)
        past.after(made.exchange, made.call, made.reply)
    assert (time.perf_counter() - started) / 200 < 0.001
