"""Lines from profile to exchange, made for a test and taken down after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from client_line import MARK, Clock, Line, MakeLine, profile_of
from little_target import LittleTarget

from kandykit.binding import Binding
from kandykit.calls import Call, Reply
from kandykit.client import Client
from kandykit.exchange import Exchange
from kandykit.guard import Guard
from kandykit.journal import Journal
from kandykit.ledger import Ledger
from kandykit.redaction import Redactor


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
        guard._clock, guard._sleep, guard._counted = clock, clock.sleep, clock()
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


@pytest.fixture
def served(make_line: MakeLine) -> Iterator[Line]:
    """A line to a target behind a real socket, in real time."""
    target = LittleTarget()
    with target.serve() as origin:
        yield make_line(target, origin=origin, real_time=True, client={"connect_s": 2.0, "read_s": 5.0})
