"""Conducting a run from the command line: pytest plays the suites, rich shows how far it has come."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click
import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kandykit import plugin


class Conductor:
    """A pytest plugin that shows progress and takes the session's outcome."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.complaint = ""
        self.session: plugin.Session | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[news]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("collecting", total=None, news="")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know how much there is to do."""
        self.session = session.config.stash[plugin.SESSION]
        self._progress.start()
        self._progress.update(self._task, total=len(session.items), description="calibrating")

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Say what is tried now."""
        self._progress.update(self._task, description=f"{plugin.suite_of(item)}: {item.originalname or item.name}")  # type: ignore[attr-defined]

    def pytest_runtest_logfinish(self) -> None:
        """Count on, and say what was found so far."""
        run = self.session.run if self.session else None
        news = ""
        if run is not None and run.opened:
            news = f"{run.calls} calls"
            if failures := sum(case.finding.verdict == "fail" for case in run.docket.cases.values()):
                news += f", {failures} failing"
        self._progress.update(self._task, advance=1, news=news)

    def pytest_sessionfinish(self) -> None:
        """Take the progress off the screen."""
        self._progress.stop()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected would be missing from the verdict: nothing is run, and it is named."""
        if report.failed:
            last = str(report.longrepr).strip().splitlines()[-1]
            self.complaint = self.complaint or f"{report.nodeid} cannot be collected: {last}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> bool:
        """A kit that breaks says where, briefly; the whole story is not for the user's screen."""
        self.complaint = str(excrepr).strip().splitlines()[-1]
        return True


def conduct(options: Mapping[str, Any]) -> int:
    """Run the suites with these options (those of ``kandykit run``); returns the exit status."""
    from kandykit.cli import carried

    console = Console(stderr=False)
    suites = str(carried("suites"))
    # The user's own pytest configuration is none of the kit's business, and pytest's own screen is not for its user.
    # Nothing here asserts in pytest's way, and rewriting the modules of every plugin would take seconds.
    arguments = [suites, "--rootdir", suites, "-c", os.devnull, "--assert=plain"]
    for name in ("terminal", "cacheprovider", "schemathesis", "xdist"):
        arguments += ["-p", f"no:{name}"]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            arguments.append(flag)
        elif isinstance(value, tuple | list):
            for item in value:
                arguments += [flag, item]
        elif value not in (None, False, ""):
            arguments += [flag, str(value)]
    if "kandykit.plugin" not in _loaded_by_entry_point():
        arguments += ["-p", "kandykit.plugin"]
    conductor = Conductor(console)
    try:
        status = int(pytest.main(arguments, plugins=[conductor]))
    except KeyboardInterrupt:
        status = 130
    session = conductor.session
    if session is None and not conductor.complaint:
        return 2
    if session is not None and session.conclusion is not None:
        plugin.show(session.conclusion, console)
        return session.conclusion.status
    if session is not None and session.error is not None:
        click.echo(f"kandykit: {session.error}", err=True)
        return session.error.exit_code
    if conductor.complaint:
        click.echo(f"kandykit: the kit failed: {conductor.complaint}", err=True)
        return 4
    return 2 if status == pytest.ExitCode.USAGE_ERROR else 4 if status else 0


def _loaded_by_entry_point() -> set[str]:
    from importlib.metadata import entry_points

    return {entry.value for entry in entry_points(group="pytest11")}
