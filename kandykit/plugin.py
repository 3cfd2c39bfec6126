"""The pytest face: ``pytest suites --profile FILE`` runs the same suites with the same options as ``kandykit run``.

Nothing happens in a pytest session that uses neither the options nor the ``run`` fixture.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kandykit.depth import DEPTHS
from kandykit.embedded import EmbeddedMock
from kandykit.errors import KandykitError, TargetError, UsageError
from kandykit.gate.history import prove_usable
from kandykit.interrupt import heeded
from kandykit.outcome import Conclusion, conclude, point_latest, waivers_of
from kandykit.plan import check_approved, expected_calls, plan_hash, terms_of_run
from kandykit.profile import Profile, load_profile, profile_from_options
from kandykit.report.items import COLLECTED, ITEM, Item, Outcome, never_played
from kandykit.report.terminal import print_statement
from kandykit.run import Options, Run
from kandykit.verdict import Verdict

SUITES = ("workflow", "security", "contract", "quota", "concurrency", "stateful")
"""The suites in the order in which they run: what is cheap and tells most comes first."""


ONE_PROCESS = (
    "a run is one conversation with one account, and each worker of -n would begin one of its own. Leave -n out; "
    "calls that have to overlap do so within a run."
)


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
    group.addoption("--approve", metavar="HASH", help="start only if the plan is still this one, and allow its writes")
    group.addoption("--waivers", metavar="FILE", help="failures that somebody answers for (TOML)")
    group.addoption("--history", metavar="FILE", help="add the run to this history; its page shows the trend (SQLite)")
    group.addoption("--out", metavar="DIR", default="reports", help="where the run's folder is made (reports)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a profile that cannot be used before anything is collected."""
    config.addinivalue_line("markers", "requirements(*ids): the requirements that a test means to put to the test")
    session = Session(config)
    config.stash[SESSION] = session
    if config.getoption("numprocesses", None) and _names_suites(config):
        raise pytest.UsageError(ONE_PROCESS)
    try:
        waivers_of(config.getoption("--waivers"))
        if history := config.getoption("--history"):
            prove_usable(Path(history))
        if config.getoption("--profile") or config.getoption("--base-url"):
            session.profile()
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
    kept.sort(key=_place)
    others = [item for item in items if suite_of(item) is None]
    deselected = [item for item in ours if item not in set(kept)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
    config.stash[SESSION].expected = [item.nodeid for item in kept]
    config.stash[SESSION].planned = [suite for suite in SUITES if suite in map(suite_of, kept)]
    items[:] = kept + others


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A suite that cannot be collected would be missing from the verdict: nothing is run, and the statement says so."""
    if report.failed:
        for session in Session.active:
            if in_suites(session.config.rootpath / report.nodeid.partition("::")[0]):
                session.uncollected.append(Item(report.nodeid, "error", message=str(report.longrepr).strip()))


def pytest_internalerror(excrepr: Any) -> None:
    """A kit that breaks down says where it did."""
    for session in Session.active:
        session.breakdown = session.breakdown or str(excrepr).strip().splitlines()[-1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test begins: the journal knows, should this process not live to tell how it ended."""
    if suite_of(item) is not None:
        item.config.stash[SESSION].begin(item.nodeid)


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
    run.entered(suite, item.nodeid, session.planned)
    if not run.has_a_turn(_requirements(item)):
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
    heeded()
    for session in Session.active:
        if session.run is not None:
            session.run.interrupted = True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put the account back and write the statement and its views."""
    state = session.config.stash.get(SESSION, None)
    if state is not None and state.run is None:
        state.excuse()
    if state is not None and state.run is not None:
        state.finish(int(session.exitstatus), str(session.shouldfail or session.shouldstop or ""))
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

    active: list[Session] = []  # noqa: RUF012  # some of pytest's hooks are given no config
    opening: Callable[[Path], None] = staticmethod(lambda folder: None)
    """Told of a run's folder before anything is in it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run: Run | None = None
        self.error: KandykitError | None = None
        self.items: list[Item] = []
        self.conclusion: Conclusion | None = None
        self.expected: list[str] = []
        self.planned: list[str] = []
        self.uncollected: list[Item] = []
        self.breakdown = ""
        self._now = ""
        self._profile: Profile | None = None
        self._as_live = False
        self._expected_calls = 0
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
            present = self.plan_hash(self._profile)
            if approved := option("--approve"):
                check_approved(approved, present)
            elif not (self._profile.is_loopback or option("--yes") or option("--read-only")):
                raise UsageError(
                    f"{self._profile.target.base_url} is not on this machine and orders may cost money there: look at "
                    "`kandykit plan` and approve it with --approve HASH, or say --yes to allow writes within the "
                    "profile's budget, or --read-only."
                )
        return self._profile

    def plan_hash(self, profile: Profile) -> str:
        """The hash of the plan that this session would carry out."""
        option = self.config.getoption
        terms = terms_of_run(
            SUITES,
            depth=option("--depth"),
            suites=option("--suite"),
            seed=option("--seed"),
            time_budget=option("--time-budget"),
            read_only=option("--read-only"),
        )
        present = plan_hash(profile, terms, embedded=self._mock is not None)
        self._expected_calls = expected_calls(Path(option("--out")), present, terms)
        return present

    def rehearse(self, profile: Profile, *, as_live: bool) -> None:
        """Take this profile, and hold its target to what one that is not on this machine is held to, if ``as_live``."""
        self._profile, self._as_live = profile, as_live

    def start(self, session: pytest.Session) -> Run:
        """Open the run once; raises `TargetError` where the target gives no answer."""
        if self.run is None:
            if hasattr(self.config, "workerinput"):
                raise UsageError(ONE_PROCESS)
            self.run = self._made()
            try:
                self.run.open()
                self._mark(COLLECTED, items=self.expected)
                self.begin(self._now)
            except TargetError as error:
                self.run.target_down = str(error)
                session.shouldstop = str(error)
                raise
            except Exception as error:
                session.shouldstop = f"the run could not be opened: {error}"
                raise
        return self.run

    def _made(self) -> Run:
        option = self.config.getoption
        options = Options(
            depth=DEPTHS[option("--depth")],
            seed=option("--seed"),
            time_budget_s=option("--time-budget"),
            until_fail=option("--until-fail"),
            read_only=option("--read-only"),
            yes=option("--yes") or bool(option("--approve")),
            as_live=self._as_live,
            expected_calls=self._expected_calls,
            announce=self._announce,
            out=Path(option("--out")),
        )
        run = Run(self.profile(), options)
        Session.opening(run.folder)
        run.folder.mkdir(parents=True, exist_ok=True)
        # At once: after a crash, nobody must take the last run's reports for this one's.
        point_latest(run.folder)
        return run

    def _announce(self, text: str) -> None:
        """Say something at once, past pytest's capturing; the screen belongs to the progress, so it goes to stderr."""
        capturing = self.config.pluginmanager.getplugin("capturemanager")
        with capturing.global_and_fixture_disabled() if capturing is not None else nullcontext():
            print(f"kandykit: {text}", file=sys.stderr, flush=True)

    def begin(self, nodeid: str) -> None:
        """A test begins."""
        self._now = nodeid
        self._mark(ITEM, id=nodeid, state="begins")

    def _mark(self, kind: str, **data: Any) -> None:
        if self.run is not None and self.run.opened:
            self.run.journal.mark(kind, **data)

    def excuse(self) -> None:
        """Nothing could be run: make the run that says why, and send nothing."""
        why = self.breakdown
        if self.uncollected:
            first = self.uncollected[0]
            why = f"{first.nodeid} cannot be collected: {first.message.splitlines()[-1] if first.message else ''}"
        if why and (self.expected or self.uncollected):
            self.run = self._made()
            self.run.kit_error = why
            self.run.open(sending=False)
            self.items += self.uncollected

    def record(self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Remember how a test ended: its worst phase counts."""
        if report.when != "call" and report.passed:
            return
        outcome: Outcome = "error" if report.failed and report.when != "call" else report.outcome
        error = call.excinfo.value if call.excinfo else None
        if report.failed and not isinstance(error, ContractViolation):
            outcome = "error"
        message = str(error) if error is not None else ""
        made = Item(item.nodeid, outcome, report.duration, message, _requirements(item))
        self.items.append(made)
        self._mark(ITEM, **made.mark())

    def finish(self, pytest_status: int, stopped: str) -> None:
        """Close the run and write all that it leaves; ``stopped`` says why tests were left out, if they were."""
        assert self.run is not None
        if pytest_status == pytest.ExitCode.INTERNAL_ERROR:
            self.run.kit_error = self.run.kit_error or self.breakdown or "pytest failed internally"
        try:
            if self.run.opened:
                waivers = waivers_of(self.config.getoption("--waivers"))
                # A run that was stopped on purpose says so itself; only one that meant to finish can lose a test.
                stopped = "the run was interrupted" if self.run.interrupted else stopped
                if stopped := stopped or self.breakdown or (self.run.kit_error if self.uncollected else ""):
                    self.items += never_played(self.items, self.expected, stopped)
                history = self.config.getoption("--history")
                self.conclusion = conclude(
                    self.run, self.items, waivers, self.expected, Path(history) if history else None
                )
        finally:
            if self._mock is not None:
                self._mock.stop()


def _names_suites(config: pytest.Config) -> bool:
    """Whether the command line asks for the kit's suites."""
    asked = any(config.getoption(name) for name in ("--profile", "--base-url", "--suite"))
    return asked or any(in_suites(Path(each.partition("::")[0]).resolve()) for each in config.args)


def _requirements(item: pytest.Item) -> tuple[str, ...]:
    marker = item.get_closest_marker("requirements")
    return tuple(marker.args) if marker else ()


def in_suites(path: Path) -> bool:
    """Whether a path is the folder of the kit's suites, or lies in it."""
    folders = [folder for folder in (path, *path.parents) if folder.name == "suites"]
    return any((folder / suite).is_dir() for folder in folders for suite in SUITES)


def _place(item: pytest.Item) -> tuple[int, int, bool, bool, int]:
    """Where a test stands: by its suite, the walk first, then what needs no stock, and first turns before second ones.

    So a slow target, whose time is over before all has had its turn, is tested broadly. Before all that comes whether
    reading changes anything, since every other test reads, and whether one account's orders are another's: each later
    order could use up what the budget allows there.
    """
    wanted = _requirements(item)
    basis = 0 if wanted == ("L13",) else 1 if suite_of(item) == "security" and wanted == ("L11",) else 2
    callspec = getattr(item, "callspec", None)
    turn = sum(callspec.indices.values()) if callspec is not None else 0
    needs_stock = any(requirement.startswith("L") for requirement in wanted)
    return basis, SUITES.index(suite_of(item) or "workflow"), "R4" not in wanted, needs_stock, turn


def suite_of(item: pytest.Item) -> str | None:
    """The suite that a test belongs to; None for tests of anything else."""
    parts = Path(str(item.path)).parts
    for folder, suite in itertools.pairwise(parts):
        if folder == "suites" and suite in SUITES:
            return suite
    return None


SESSION = pytest.StashKey[Session]()
