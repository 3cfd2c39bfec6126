"""Asking a run to end (Ctrl-C, SIGTERM): heeded between two calls, not in the middle of one, and never lost.

Cut short, a call would be unclear although its answer was on its way, and the connection pool could be left with a
lock that nobody opens again, so that putting the account back would wait for ever. An interrupt that is raised while
modules are imported or garbage is collected can vanish without a trace: so it is remembered until somebody heeds it.
Who asks twice in the middle of a call is heeded at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Asked:
    """Whether the main thread must not be interrupted now, and whether it was asked to end."""

    busy = False
    waiting = False


def heed_between_calls() -> None:
    """From now on an interrupt waits until `started`, then for the end of the call that it comes into.

    Only the main thread can say so.
    """
    if threading.current_thread() is threading.main_thread():
        _Asked.busy = True
        signal.signal(signal.SIGINT, _ask)


def started() -> None:
    """All is loaded; raises `KeyboardInterrupt` if that was asked for meanwhile."""
    _Asked.busy = False
    _raise_if_asked()


def heeded() -> None:
    """The run is ending as it was asked to: the calls that put the account back are not interrupted by that again."""
    _Asked.waiting = False


@contextmanager
def one_call() -> Iterator[None]:
    """What is done in here is finished first; raises `KeyboardInterrupt` before or after it if that was asked for.

    Other threads than the main one are never interrupted anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _raise_if_asked()
    _Asked.busy = True
    try:
        yield
    finally:
        _Asked.busy = False
        _raise_if_asked()


def _ask(number: int, frame: FrameType | None) -> None:
    waits = _Asked.busy and not _Asked.waiting
    _Asked.waiting = True
    if not waits:
        raise KeyboardInterrupt


def _raise_if_asked() -> None:
    if _Asked.waiting:
        raise KeyboardInterrupt
