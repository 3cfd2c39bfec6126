"""The line from profile to exchange, with a little target at its end and time that passes only when told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from little_target import BASE, TOKEN, LittleTarget

from kandykit.binding import Binding
from kandykit.calls import Call, Reply
from kandykit.client import Client
from kandykit.exchange import Exchange, Intent
from kandykit.guard import Guard
from kandykit.journal import Journal
from kandykit.ledger import Ledger
from kandykit.profile import Account, Budget, Profile, Readings, Secret, Target
from kandykit.redaction import Redactor

MARK = "a1b2c3d4"


class Clock:
    """Seconds that pass by a little with each look, and by as much as is slept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.now += 0.0001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Line:
    """Everything between a profile and the exchanges that came of it."""

    target: LittleTarget
    profile: Profile
    binding: Binding
    ledger: Ledger
    guard: Guard
    journal: Journal
    redactor: Redactor
    client: Client
    clock: Clock
    seen: list[tuple[Exchange, Call, Reply]] = field(default_factory=list)

    def send(self, outgoing: Any, **intent: Any) -> tuple[Exchange, Call, Reply]:
        return self.client.send(outgoing, Intent(suite="tests", test="line", **intent))


def profile_of(origin: str, target: LittleTarget, **tables: Any) -> Profile:
    probes = {"unbounded_probes": True, "below_use_probes": True}
    tables.setdefault("budget", Budget(calls=10_000, calls_per_second=inf, **probes))
    return Profile(
        target=Target(
            name="little", base_url=origin + BASE, token_url=f"{origin}{TOKEN}?grant_type=client_credentials"
        ),
        accounts=tuple(
            Account(client_id=name, client_secret=Secret(secret, f"env:{name}"))
            for name, secret in target.secrets.items()
        ),
        readings=tables.pop("readings", Readings()),
        **tables,
    )


MakeLine = Callable[..., Line]
