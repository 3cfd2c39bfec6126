"""The judge: every exchange of a run through every rule and law, in order.

It is pure: the same exchanges under the same terms give the same judgement, online or from a journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from kandykit.calls import Call, Malformed, Operation, Outcome, Reply
from kandykit.exchange import Credential, Exchange
from kandykit.model.account import Account
from kandykit.model.event import Event
from kandykit.rules import RULES
from kandykit.rules.past import Past
from kandykit.rules.rule import Sight
from kandykit.standing import StandingHeaders
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding

TWINS: Final = {"L13": "H9", "L10": "H10", "R3": "H16", "L4": "B6"}
"""Standards' rules that say the same as a law: judged once, shown under both ids."""

_OWN: Final = frozenset({Credential.LIVE, Credential.PRESUMED})


@dataclass(slots=True)
class Crowd:
    """One account's calls that were under way together, and what they prove whatever their order was."""

    events: list[Event] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Judge:
    """All rules and laws over one run.

    ``checked`` counts per requirement how often it was put to the test; `see` returns the findings of one exchange.
    ``standing`` has the headers that came with every answer. The agreed limit holds for the account ``under_test``
    alone; where none is named, for all.
    """

    def __init__(self, terms: Terms, under_test: str = "") -> None:
        self.checked: Counter[str] = Counter()
        self.past = Past()
        self.standing = StandingHeaders()
        self.accounts: dict[str, Account] = {}
        self._terms = terms
        self._under_test = under_test
        self._crowds: dict[str, Crowd] = {}

    @property
    def terms(self) -> Terms:
        """What was agreed with the target; replaced when calibration has found a reading out."""
        return self._terms

    @terms.setter
    def terms(self, terms: Terms) -> None:
        self._terms = terms
        for account in self.accounts.values():
            account.terms = self._of(account.name)

    def _of(self, name: str) -> Terms:
        """The terms of one account: the agreed limit is that of the account under test, and others may have another."""
        return self._terms if name == (self._under_test or name) else replace(self._terms, limit=None)

    def account(self, name: str) -> Account:
        """The model of one account."""
        known = self.accounts.get(name)
        if known is None:
            known = Account(name, self._of(name))
            for other in self.accounts.values():
                other.others.append(known)
                known.others.append(other)
            self.accounts[name] = known
        return known

    @contextmanager
    def crowd(self, name: str) -> Iterator[Crowd]:
        """While this lasts an account's calls may overlap, so its model of one call after another must not judge them.

        Rules of single exchanges still do. When it ends, the account has learnt what the calls prove of subscribers
        and orders, and knows nothing of its stock until the next read; `kandykit.linearize` judges the rest.
        """
        crowd = self.begin_crowd(name)
        try:
            yield crowd
        finally:
            self.end_crowd(name)

    def begin_crowd(self, name: str) -> Crowd:
        """From here on an account's calls may overlap: what `crowd` begins with."""
        crowd = self._crowds[name] = Crowd()
        return crowd

    def end_crowd(self, name: str) -> None:
        """All of the crowd's calls are over: what `crowd` ends with."""
        crowd = self._crowds.pop(name)
        crowd.findings += self._counted(self.account(name).note(crowd.events))

    def see(self, exchange: Exchange, call: Call, reply: Reply) -> list[Finding]:
        """Judge one exchange; the findings are those that it raises, twins named beside their laws."""
        sight = Sight(exchange, call, reply, self.past, self._terms)
        checks: list[Check] = [check for rule in RULES for check in rule(sight)]
        self.past.after(exchange, call, reply)
        self.standing.see(exchange)
        checks += self._by_law(exchange, call, reply)
        return self._counted(checks)

    def _counted(self, checks: list[Check]) -> list[Finding]:
        findings: list[Finding] = []
        for check in checks:
            if isinstance(check, Finding):
                findings.append(with_twins(check))
                self.checked.update(findings[-1].requirements)
            else:
                self.checked[check.requirement] += 1
                if twin := TWINS.get(check.requirement):
                    self.checked[twin] += 1
        return findings

    def _by_law(self, exchange: Exchange, call: Call, reply: Reply) -> list[Check]:
        intent = exchange.intent
        if intent.credential in (Credential.CLIENT, Credential.WRONG_SECRET):
            return []
        event = Event(exchange, call, reply)
        account = self.account(intent.account)
        if intent.credential not in _OWN:
            if event.writes and reply.outcome in (Outcome.DONE, Outcome.UNCLEAR):
                # It should not have been let in; whether it was carried out, and for whom, the next reads must tell.
                for known in self.accounts.values():
                    known.forget()
                account.note([Event(exchange, call, replace(reply, outcome=Outcome.UNCLEAR))])
                return []
            call = Malformed(Operation.OTHER, "without a live token")
            event = Event(exchange, call, reply)
        for other in account.others:
            other.elsewhere(event)
        crowd = self._crowds.get(intent.account)
        if crowd is not None:
            crowd.events.append(event)
            return account.bounds(event)
        return account.see(event)


def with_twins(finding: Finding) -> Finding:
    """The finding with the twins of the laws it names beside them."""
    named = finding.requirements
    twins = [TWINS[name] for name in named if name in TWINS and TWINS[name] not in named]
    return replace(finding, also=(*finding.also, *twins)) if twins else finding
