"""The rehearsal: a run with a target's profile, played on a mock of the kit's own, to see what the real one will do.

Nothing is sent to the target. The mock keeps the contract, so what is measured is what a target that keeps it gets: how
many calls, how many products, what the budget holds back. The guard is as strict as it will be towards the target, and
what each call could do at worst is counted as it will be there.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from math import inf
from typing import Any, Final

import pytest
from rich.console import Console

from kandykit import plugin
from kandykit.binding import Binding
from kandykit.calls import CreateSubscriber, DeleteSubscriber, OrderKind, Outcome, PlaceOrder
from kandykit.conduct import Conductor, arguments_of
from kandykit.embedded import EmbeddedMock
from kandykit.errors import KitError
from kandykit.hearing.summing_up import OCCASIONS
from kandykit.journal import Recording, read_journal
from kandykit.outcome import RECORD_ONLY
from kandykit.plan import Plan, Share, Terms
from kandykit.profile import Profile
from kandykit.run import Run

LONGEST: Final = 48
"""So many letters of such a call's name are shown."""

EXAMPLES: Final = 6
"""So many calls that are held back are named for each reason."""


class _Rehearsing:
    """A pytest plugin that gives the session its profile."""

    def __init__(self, profile: Profile, as_live: bool) -> None:
        self.profile = profile
        self.as_live = as_live
        self.session: plugin.Session | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """The profile is not in a file, so no option can name it."""
        self.session = config.stash[plugin.SESSION]
        self.session.rehearse(self.profile, as_live=self.as_live)


def rehearse(plan: Plan, profile: Profile, terms: Terms) -> None:
    """Play the run and write into the plan what it came to; raises `KitError` where it could not be played."""
    limit = profile.readings.limit
    mock = EmbeddedMock(("--limit", str(limit)) if limit is not None else ())
    try:
        stand_in = _stand_in(profile, mock.start())
        run, recording, statement = _play(stand_in, terms, as_live=not profile.is_loopback)
    finally:
        mock.stop()
    plan.shares = _shares(run, recording)
    plan.not_tested = _not_tested(statement)
    if profile.binding or profile.target.openapi is not None:
        plan.notes.append(
            "rehearsed in the default spelling and with the shipped document: requests that are generated from another"
            " document may be more or fewer"
        )


def _stand_in(profile: Profile, mock: Profile) -> Profile:
    """The target's profile, with the mock in the target's place."""
    accounts = mock.accounts[: len(profile.accounts)]
    return profile.model_copy(
        update={
            "target": mock.target,
            "accounts": accounts,
            "binding": {},
            "readings": profile.readings.model_copy(update={"sdk_url": ""}),
            "budget": profile.budget.model_copy(update={"calls_per_second": inf}),
        }
    )


def _play(profile: Profile, terms: Terms, *, as_live: bool) -> tuple[Run, Recording, Mapping[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="kandykit-plan-") as folder:
        options = {
            "suite": terms.suites,
            "depth": terms.depth,
            "seed": terms.seed,
            "time_budget": terms.time_budget_s,
            "read_only": terms.read_only,
            "yes": True,
            "out": folder,
        }
        rehearsing = _Rehearsing(profile, as_live)
        conductor = Conductor(Console(stderr=True))
        before = os.environ.get(RECORD_ONLY)
        os.environ[RECORD_ONLY] = "1"
        try:
            pytest.main(arguments_of(options), plugins=[conductor, rehearsing])
        finally:
            os.environ.pop(RECORD_ONLY)
            if before is not None:
                os.environ[RECORD_ONLY] = before
        session = rehearsing.session
        if session is None or session.run is None or session.conclusion is None:
            why = str(session.error) if session is not None and session.error else conductor.complaint
            raise KitError(f"the run could not be rehearsed: {why or 'no suite was played'}")
        run = session.run
        return run, read_journal(run.folder / "journal.jsonl"), session.conclusion.statement


def _shares(run: Run, recording: Recording) -> list[Share]:
    """What each suite did, by the journal, and what the guard made of it."""
    binding: Binding = run.binding
    shares: dict[str, Share] = {}
    first: dict[str, int] = {}
    now: dict[str, int] = {}
    for exchange in recording.exchanges:
        suite = exchange.intent.suite or "calibration"
        share = shares.setdefault(suite, Share(suite))
        share.calls += 1
        request = exchange.request
        call = binding.call_of(request.method, request.url, request.headers, request.body)
        reply = binding.reply_of(call, exchange.answer, exchange.failure)
        if reply.inventory is not None and reply.inventory.total is not None:
            now[exchange.intent.account] = reply.inventory.total
            first.setdefault(exchange.intent.account, reply.inventory.total)
            share.peak = max(share.peak, sum(now[name] - first[name] for name in now))
        meant = getattr(call, "meant", None) or call
        if reply.outcome is not Outcome.DONE:
            continue
        if isinstance(meant, PlaceOrder) and meant.kind is OrderKind.INCREMENT:
            share.ordered += meant.quantity
        elif isinstance(meant, PlaceOrder):
            share.given_back += meant.quantity
        elif isinstance(meant, CreateSubscriber):
            share.created += 1
        elif isinstance(meant, DeleteSubscriber):
            share.deleted += 1
    for suite, worst in run.guard.highest.items():
        if suite in shares:
            shares[suite].worst = int(min(worst, 2**53))
    for (suite, because), calls in run.guard.turned_away.items():
        if suite in shares:
            shares[suite].held_back.append((because, calls.total(), _examples(calls)))
    return list(shares.values())


def _examples(calls: Counter[str]) -> list[str]:
    return [name if len(name) <= LONGEST else f"{name[:LONGEST]}..." for name, _ in calls.most_common(EXAMPLES)]


def _not_tested(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """Requirements by the reason for which they are not put to the test; what only a target gives occasion for is no
    matter of the plan."""
    reasons: dict[str, list[str]] = {}
    for row in statement["requirements"]:
        if row["verdict"] in ("skipped", "inconclusive") and row["reason"] and row["id"] not in OCCASIONS:
            reasons.setdefault(row["reason"], []).append(row["id"])
    return reasons
