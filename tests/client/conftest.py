"""The line from profile to exchange, with a little target at its end and time that passes only when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import httpx
import pytest
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
    tables.setdefault("budget", Budget(calls=10_000, calls_per_second=inf, unbounded_probes=True))
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


@pytest.fixture
def make_line(tmp_path: Path) -> Iterator[MakeLine]:
    """Make a line; without an origin its target needs no socket."""
    made: list[Line] = []

    def make(
        target: LittleTarget | None = None,
        *,
        origin: str = "",
        inner: httpx.BaseTransport | None = None,
        yes: bool = False,
        read_only: bool = False,
        real_time: bool = False,
        client: dict[str, Any] | None = None,
        **tables: Any,
    ) -> Line:
        target = target or LittleTarget()
        clock = Clock()
        profile = profile_of(origin or "http://127.0.0.1:8099", target, **tables)
        binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
        ledger = Ledger(MARK)
        guard = Guard.of(profile, ledger, MARK, yes=yes, read_only=read_only)
        guard._clock, guard._sleep = clock, clock.sleep
        redactor = Redactor(b"the key of this run")
        journal = Journal(tmp_path / f"journal-{len(made)}.jsonl")
        journal.run(kit="0", seed=0)
        seen: list[tuple[Exchange, Call, Reply]] = []
        times = {} if real_time else {"clock": clock, "sleep": clock.sleep}
        inner = inner or (None if origin else target.transport())
        told = Client(
            profile,
            binding,
            guard,
            journal,
            redactor,
            inner=inner,
            **{"see": lambda *passed: seen.append(passed), **times, **(client or {})},
        )
        line = Line(target, profile, binding, ledger, guard, journal, redactor, told, clock, seen)
        made.append(line)
        return line

    yield make
    for line in made:
        line.client.close()
        line.journal.close()


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """A line whose target needs no socket."""
    return make_line()
