"""Conducting a run from the command line: pytest plays the suites, rich shows how far it has come."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kandykit import plugin
from kandykit.errors import KandykitError
from kandykit.interrupt import started
from kandykit.outcome import recover, waivers_of


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
        """Know how much there is to do; whoever wants the run to end may say so from here on."""
        self.session = session.config.stash[plugin.SESSION]
        self._progress.start()
        self._progress.update(self._task, total=len(session.items), description="calibrating")
        started()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Say what is tried now."""
        self._progress.update(self._task, description=f"{plugin.suite_of(item)}: {item.originalname or item.name}")  # type: ignore[attr-defined]

    def pytest_runtest_logfinish(self) -> None:
        """Count on, and say what was found so far."""
        run = self.session.run if self.session else None
        news = ""
        if run is not None and run.opened:
            news = f"{run.hearing.calls} calls"
            if failures := sum(case.finding.verdict == "fail" for case in run.docket.cases.values()):
                news += f", {failures} failing"
        self._progress.update(self._task, advance=1, news=news)

    def pytest_sessionfinish(self) -> None:
        """Take the progress off the screen."""
        self._progress.stop()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> bool:
        """A kit that breaks says where, briefly; the whole story is not for the user's screen."""
        self.complaint = str(excrepr).strip().splitlines()[-1]
        return True


def recovered(folder: Path | None, how: str, waivers: str | None) -> int:
    """Say how a run's process died, and make its reports from its journal; returns the exit status."""
    click.echo(f"kandykit: the kit failed: {how}", err=True)
    if folder is None:
        return 4
    try:
        conclusion = recover(folder, how, waivers_of(waivers))
    except KandykitError as error:
        click.echo(f"kandykit: its reports could not be made: {error}", err=True)
        return 4
    plugin.show(conclusion, Console(stderr=False))
    return conclusion.status


def arguments_of(options: Mapping[str, Any]) -> list[str]:
    """The options of ``kandykit run`` as arguments of pytest."""
    from kandykit.carried import carried

    # Else hypothesis would leave a folder of its own wherever the run is started.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / f"kandykit-{os.getuid()}"))
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
    return arguments


def conduct(options: Mapping[str, Any], opening: Callable[[Path], None] = lambda folder: None) -> int:
    """Run the suites with these options (those of ``kandykit run``); returns the exit status.

    ``opening`` is told of the run's folder before anything is in it.
    """
    plugin.Session.opening = staticmethod(opening)
    console = Console(stderr=False)
    arguments = arguments_of(options)
    conductor = Conductor(console)
    try:
        status = int(pytest.main(arguments, plugins=[conductor]))
    except KeyboardInterrupt:
        status = 130
    session = conductor.session
    interrupted = status in (130, pytest.ExitCode.INTERRUPTED)
    if session is None and not conductor.complaint and not interrupted:
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
    if interrupted:
        click.echo("kandykit: interrupted before the first call; nothing was sent, and there is no report", err=True)
        return 130
    return 2 if status == pytest.ExitCode.USAGE_ERROR else 4 if status else 0


def _loaded_by_entry_point() -> set[str]:
    from importlib.metadata import entry_points

    return {entry.value for entry in entry_points(group="pytest11")}
