"""The pytest face: ``pytest suites --profile FILE`` runs the same suites with the same options as ``kandykit run``.

Nothing happens in a pytest session that uses neither the options nor the ``run`` fixture.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kandykit.depth import DEPTHS
from kandykit.embedded import EmbeddedMock
from kandykit.errors import KandykitError, TargetError, UsageError
from kandykit.exchange import Intent
from kandykit.outcome import Conclusion, conclude, waivers_of
from kandykit.profile import Profile, load_profile, profile_from_options
from kandykit.report.junit import Item, Outcome
from kandykit.report.terminal import print_statement
from kandykit.run import Options, Run
from kandykit.verdict import Verdict

SUITES = ("workflow", "security", "contract", "quota", "stateful", "concurrency")
"""The suites in the order in which they run: what is cheap and tells most comes first."""


class ContractViolation(AssertionError):
    """A test met findings that stand against the target."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of ``kandykit run``, under their own heading."""
    group = parser.getgroup("kandykit", "conformance of a Kandy WebRTC provisioning endpoint")
    group.addoption("--profile", metavar="FILE", help="what is to be tested, as whom, at what price (TOML)")
    group.addoption("--base-url", metavar="URL", help="instead of a profile: the API's base URL")
    group.addoption("--token-url", metavar="URL", help="instead of a profile: the token endpoint's URL")
    group.addoption("--client-id", metavar="ID", help="instead of a profile: the account's client id")
    group.addoption("--client-secret-env", metavar="NAME", help="the variable that holds the client secret")
    group.addoption("--suite", action="append", default=[], metavar="NAME", help=f"only these of {', '.join(SUITES)}")
    group.addoption("--depth", choices=tuple(DEPTHS), default="standard", help="how deep to look")
    group.addoption("--time-budget", type=float, metavar="SECONDS", help="start no further sequence after this long")
    group.addoption("--seed", type=int, default=0, metavar="N", help="draws the same sequences again (default 0)")
    group.addoption("--until-fail", action="store_true", help="stop at the first failure that stands")
    group.addoption("--read-only", action="store_true", help="send only reads and token calls")
    group.addoption("--yes", action="store_true", help="allow writes to a target that is not on this machine")
    group.addoption("--waivers", metavar="FILE", help="failures that somebody answers for (TOML)")
    group.addoption("--out", metavar="DIR", default="reports", help="where the run's folder is made (reports)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a profile that cannot be used before anything is collected."""
    config.addinivalue_line("markers", "requirements(*ids): the requirements that a test means to put to the test")
    session = Session(config)
    config.stash[SESSION] = session
    if config.getoption("--profile") or config.getoption("--base-url"):
        try:
            session.profile()
            waivers_of(config.getoption("--waivers"))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the suites into their order, and leave out those that were not asked for."""
    wanted = config.getoption("--suite")
    ours = [item for item in items if suite_of(item) is not None]
    if not ours:
        return
    if unknown := sorted(set(wanted) - set(SUITES)):
        raise pytest.UsageError(f"--suite {unknown[0]}: there is no such suite. Suites: {', '.join(SUITES)}.")
    kept = [item for item in ours if not wanted or suite_of(item) in wanted]
    kept.sort(key=lambda item: (SUITES.index(suite_of(item) or "workflow"), "R4" not in _requirements(item)))
    others = [item for item in items if suite_of(item) is None]
    deselected = [item for item in ours if item not in set(kept)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
    config.stash[SESSION].expected = [item.nodeid for item in kept]
    items[:] = kept + others


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run that all tests of a session share: one target, one client, one journal, one judge."""
    session = request.config.stash[SESSION]
    return session.start(request.session)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test fails by the findings that came to stand while it ran, whatever its body says."""
    session = item.config.stash[SESSION]
    suite = suite_of(item)
    if suite is None or session.run is None:
        return (yield)
    run = session.run
    run.walker.intent = Intent(suite, item.nodeid)
    if suite not in run.suites:
        run.suites.append(suite)
    if run.ended():
        pytest.skip("the run's time is over, or its first failure was found")
    before = set(run.docket.cases)
    try:
        result = yield
    except TargetError as error:
        run.target_down = str(error)
        item.session.shouldstop = str(error)
        raise
    fresh = [case.finding for key, case in run.docket.cases.items() if key not in before]
    failed = [finding for finding in fresh if finding.verdict is Verdict.FAIL]
    run.content()
    if run.enough:
        item.session.shouldstop = "the first failure was found"
    if failed:
        raise ContractViolation(
            "\n".join(
                f"{finding.requirement} {finding.title}\n  expected: {finding.expected}\n  actual:   {finding.actual}"
                for finding in failed
            )
        )
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what became of each test for the reports; a kit that fails is not a target that fails."""
    report = yield
    session = item.config.stash[SESSION]
    if suite_of(item) is None:
        return report
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, ContractViolation):
        report.longrepr = str(error)
    elif isinstance(error, KandykitError):
        report.longrepr = str(error)
        if session.run is not None and isinstance(error, TargetError):
            session.run.target_down = str(error)
            item.session.shouldstop = str(error)
        session.error = session.error or error
    elif report.failed and session.run is not None:
        session.run.kit_error = session.run.kit_error or f"{item.nodeid}: {type(error).__name__}: {error}"
    session.record(item, report, call)
    return report


def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """An interrupted run still cleans up and says what it had learnt; a run that stops itself is none."""
    if isinstance(excinfo.value, pytest.Session.Interrupted):
        return
    for session in Session.active:
        if session.run is not None:
            session.run.interrupted = True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put the account back and write the statement and its views."""
    state = session.config.stash.get(SESSION, None)
    if state is not None and state.run is not None:
        state.finish(int(session.exitstatus))
        if state.conclusion is not None:
            session.exitstatus = state.conclusion.status


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say the verdict under plain pytest as well."""
    session = config.stash[SESSION]
    if session.conclusion is not None:
        terminalreporter.ensure_newline()
        show(session.conclusion)


def show(conclusion: Conclusion, console: Console | None = None) -> None:
    """Say the verdict, and what could not be made."""
    console = console or Console()
    print_statement(conclusion.statement, conclusion.folder, console)
    for complaint in conclusion.complaints:
        console.print(f"  note: {complaint}", highlight=False, markup=False, soft_wrap=True)


class Session:
    """What one pytest session shares: the profile, the embedded mock, the run, and how its tests ended."""

    active: list[Session] = []  # noqa: RUF012  # pytest's interrupt hook is given no config

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run: Run | None = None
        self.error: KandykitError | None = None
        self.items: list[Item] = []
        self.conclusion: Conclusion | None = None
        self.expected: list[str] = []
        self._profile: Profile | None = None
        self._mock: EmbeddedMock | None = None
        Session.active.append(self)

    def profile(self) -> Profile:
        """The profile that the options name, or the embedded mock's; raises `UsageError`."""
        if self._profile is None:
            option = self.config.getoption
            if option("--profile"):
                self._profile = load_profile(option("--profile"))
            elif option("--base-url"):
                self._profile = profile_from_options(
                    option("--base-url"), option("--token-url"), option("--client-id"), option("--client-secret-env")
                )
            else:
                self._mock = EmbeddedMock()
                self._profile = self._mock.start()
            if not (self._profile.is_loopback or option("--yes") or option("--read-only")):
                raise UsageError(
                    f"{self._profile.target.base_url} is not on this machine and orders may cost money there: "
                    "say --yes to allow writes within the profile's budget, or --read-only."
                )
        return self._profile

    def start(self, session: pytest.Session) -> Run:
        """Open the run once; raises `TargetError` where the target gives no answer."""
        if self.run is None:
            option = self.config.getoption
            options = Options(
                depth=DEPTHS[option("--depth")],
                seed=option("--seed"),
                time_budget_s=option("--time-budget"),
                until_fail=option("--until-fail"),
                read_only=option("--read-only"),
                yes=option("--yes"),
                out=Path(option("--out")),
            )
            self.run = Run(self.profile(), options)
            try:
                self.run.open()
            except TargetError as error:
                self.run.target_down = str(error)
                session.shouldstop = str(error)
                raise
            except Exception as error:
                session.shouldstop = f"the run could not be opened: {error}"
                raise
        return self.run

    def record(self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Remember how a test ended: its worst phase counts."""
        if report.when != "call" and report.passed:
            return
        outcome: Outcome = "error" if report.failed and report.when != "call" else report.outcome
        error = call.excinfo.value if call.excinfo else None
        if report.failed and not isinstance(error, ContractViolation):
            outcome = "error"
        message = str(error) if error is not None else ""
        self.items.append(Item(item.nodeid, outcome, report.duration, message, _requirements(item)))

    def finish(self, pytest_status: int) -> None:
        """Close the run and write all that it leaves."""
        assert self.run is not None
        if pytest_status == pytest.ExitCode.INTERNAL_ERROR:
            self.run.kit_error = self.run.kit_error or "pytest failed internally"
        try:
            if self.run.opened:
                waivers = waivers_of(self.config.getoption("--waivers"))
                # A run that was stopped on purpose says so itself; only one that meant to finish can lose a test.
                stopped = self.run.target_down or self.run.interrupted or self.run.enough or self.run.kit_error
                self.conclusion = conclude(self.run, self.items, waivers, () if stopped else self.expected)
        finally:
            if self._mock is not None:
                self._mock.stop()


def _requirements(item: pytest.Item) -> tuple[str, ...]:
    marker = item.get_closest_marker("requirements")
    return tuple(marker.args) if marker else ()


def suite_of(item: pytest.Item) -> str | None:
    """The suite that a test belongs to; None for tests of anything else."""
    parts = Path(str(item.path)).parts
    for folder, suite in itertools.pairwise(parts):
        if folder == "suites" and suite in SUITES:
            return suite
    return None


SESSION = pytest.StashKey[Session]()
