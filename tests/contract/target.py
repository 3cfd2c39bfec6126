"""A mock behind a real run, in one process, with the contract suite's programmes played on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from kandykit.calls import Operation
from kandykit.depth import DEPTHS
from kandykit.explore.generate.cases import Cases, Phase
from kandykit.explore.generate.programmes import Programmes
from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.profile import load_profile
from kandykit.run import Options, Run
from kandykit.verdict import Verdict

OPERATIONS = (
    Operation.READ_INVENTORY,
    Operation.READ_ORDERS,
    Operation.PLACE_ORDER,
    Operation.CREATE_SUBSCRIBER,
    Operation.DELETE_SUBSCRIBER,
)
SECRETS = {"acme": "acme-secret", "globex": "globex-secret"}

PROFILE = """
[target]
base_url = "{url}/communication/kandy/provisioning"
token_url = "{url}/oauth/client_credential/accesstoken?grant_type=client_credentials"
{target}
[[accounts]]
client_id = "acme"
client_secret = "file:{secret}"
[readings]
{readings}
"""


@contextmanager
def run_against(
    folder: Path,
    faults: tuple[str, ...] = (),
    legals: tuple[str, ...] = (),
    *,
    document: Path | None = None,
    readings: str = "settle_s = 0.0",
    depth: str = "quick",
    **settings: Any,
) -> Iterator[Run]:
    """An open run against a fresh mock with these bends and settings."""
    mock = Mock(Settings(secrets=SECRETS, **settings))
    catalogue.seed(mock, faults, legals)
    secret = folder / "secret"
    secret.write_text("acme-secret")
    with serving(mock) as url:
        path = folder / "profile.toml"
        target = f'openapi = "{document}"' if document else ""
        path.write_text(PROFILE.format(url=url, secret=secret, target=target, readings=readings))
        run = Run(load_profile(path), Options(depth=DEPTHS[depth], out=folder / "out"))
        run.open()
        try:
            yield run
        finally:
            run.close()


@cache
def cases_of(document: Path, seed: int) -> Cases:
    """The cases of a document, drawn once for all tests: drawing them is most of the work."""
    return Cases(document, seed)


def play_all(run: Run, most: int | None = None) -> Programmes:
    """The whole contract suite, without pytest around it."""
    generated = Programmes(cases_of(run.document.path, run.seed), run.binding, room=run.room())
    for phase in Phase:
        for operation in OPERATIONS:
            generated.play(operation, phase, run.depth.random if most is None else most, run.examine)
    return generated


def failed(run: Run) -> set[str]:
    """Every requirement that a standing failure names."""
    cases = run.docket.cases.values()
    return {name for case in cases if case.finding.verdict is Verdict.FAIL for name in case.finding.requirements}


def warned(run: Run) -> set[str]:
    """Every requirement that a standing warning names."""
    cases = run.docket.cases.values()
    return {name for case in cases if case.finding.verdict is Verdict.WARN for name in case.finding.requirements}
