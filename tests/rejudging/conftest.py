"""Runs against a mock in a thread of this process, a few programmes long, whose journals are then judged again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kandykit.depth import DEPTHS
from kandykit.embedded import PROFILE
from kandykit.exchange import Credential
from kandykit.explore.races.aimed import AIMED
from kandykit.explore.steps import (
    Create,
    Delete,
    Fill,
    Intrude,
    ListOrders,
    Look,
    LookUp,
    Send,
    Step,
    fewer,
    more,
)
from kandykit.hearing.races import LEAST_OVERLAPS
from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.profile import load_profile
from kandykit.report.statement import build_statement
from kandykit.report.waivers import Waiver
from kandykit.requirements import registry
from kandykit.run import Options, Run

SECRETS = {"acme": "a-secret-of-acme", "globex": "a-secret-of-globex"}

LIFE: list[Step] = [
    Look(), ListOrders(), more(3, label="up"), Look(), LookUp("up"), Create("a"), Look(), Create("b", form="server"),
    Look(), Delete("a"), Look(), Delete("a"), Look(), ListOrders(), Create("c"), Look(), Fill(leave=0), Look(),
    Create("d"), Look(), fewer(1, "available"), Look(), Delete("b"), Look(), fewer(1), Look(),
]  # fmt: skip

ODD: list[Step] = [
    Look(), more(2), Look(), Send("order: quantity is zero"), Look(), Send("subscriber: product is unknown"), Look(),
    LookUp(), Intrude(Credential.UNKNOWN, "inventory"), Intrude(Credential.NONE, "subscriber"), Look(),
    Intrude(Credential.NONE, "inventory"),
    Look(account=1), Create("theirs", account=1), Look(account=1), Look(),
]  # fmt: skip

WALK: list[Step] = [
    Look(), more(2, label="order"), LookUp("order"), Look(), Create("subscriber"), Look(), Delete("subscriber"),
    Look(), fewer(2), Look(), ListOrders(),
]  # fmt: skip


@dataclass(frozen=True)
class Played:
    """A run that is over: its statement, its journal, and the run itself."""

    statement: dict[str, Any]
    journal: Path
    profile: Path
    run: Run

    def named(self, verdict: str = "fail") -> set[str]:
        """The requirements with this verdict."""
        return {row["id"] for row in self.statement["requirements"] if row["verdict"] == verdict}


Playing = Callable[..., Played]


@pytest.fixture(scope="session")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    """Play a short run of the usual programmes, and races where ``races`` says how often.

    The same target is played once per session: what it left is only read, or changed in a copy.
    """
    known: dict[str, Played] = {}
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for client, secret in SECRETS.items():
            patch.setenv(f"KANDY_MOCK_{client.upper()}_SECRET", secret)

        def play(*, races: int = 0, waivers: tuple[Waiver, ...] = (), **target: Any) -> Played:
            key = repr((races, waivers, sorted(target.items())))
            if key not in known:
                known[key] = _play(stack, tmp_path_factory.mktemp("run"), races, waivers, **target)
            return known[key]

        yield play


def _play(
    stack: ExitStack,
    folder: Path,
    races: int,
    waivers: tuple[Waiver, ...],
    faults: tuple[str, ...] = (),
    legals: tuple[str, ...] = (),
    **settings: Any,
) -> Played:
    mock = Mock(Settings(secrets=SECRETS, **settings))
    catalogue.seed(mock, faults, legals)
    url = stack.enter_context(serving(mock))
    profile = folder / "profile.toml"
    profile.write_text(PROFILE.format(url=url), encoding="utf-8")
    run = Run(load_profile(profile), Options(depth=DEPTHS["quick"], out=folder))
    stack.callback(run.close)
    run.open()
    run.entered("workflow", "suites/workflow/test_walk.py::test_the_walk")
    run.walk(WALK)
    run.entered("stateful", "suites/stateful/test_lifecycle.py::test_no_sequence_breaks_a_law")
    run.examine(LIFE)
    run.examine(ODD)
    run.several_tokens()
    run.not_tested("L7", "the agreed limit is not known; declare readings.limit to have it tested")
    if races:
        run.entered("concurrency", "suites/concurrency/test_races.py::test_an_aimed_race")
        run.racer.find_out()
        for _ in range(races):
            for race in AIMED:
                run.race(race)
            if run.racer.races.overlapping >= LEAST_OVERLAPS:
                break
        run.weigh_races()
    run.close(waivers)
    statement = build_statement(run.judgement(), replace(run.facts(), waivers=waivers), registry())
    return Played(statement, run.folder / "journal.jsonl", profile, run)


WAIVER = Waiver("jo@operator.example", "known", "KANDY-17", date(2999, 1, 1), requirement="H2")
