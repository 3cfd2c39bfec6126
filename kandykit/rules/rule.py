"""What a rule is: a pure function that looks at one exchange and says what it proves, or nothing.

A rule answers with `Held` for each requirement that the exchange really put to the test, with a `Finding` where it
was broken, and with nothing where its condition did not arise; only so are the statement's ``checked`` counts true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kandykit.calls import Call, Reply
from kandykit.exchange import Exchange
from kandykit.rules.past import Past
from kandykit.terms import Terms
from kandykit.verdict import Check


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule sees: the exchange, its meaning, what came before it in this run, and what was agreed."""

    exchange: Exchange
    call: Call
    reply: Reply
    past: Past
    terms: Terms


Rule = Callable[[Sight], Iterable[Check]]
