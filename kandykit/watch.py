"""Watching over a run from outside it: whatever kills its process, what was recorded until then becomes a statement.

A test process can die without a word (out of memory, a crash of the interpreter, ``os._exit``), and with any exit
status, 0 too. So the suites are played in a child process, and the parent does nothing but wait. A child that ends as
programs end has said all there is to say, and its status is passed on; of one that does not, the parent writes the
reports from the journal. Where an operating system has not what this needs, a run goes unwatched.

Neither outlives the other for long. The child is a process group of its own, so what asks the parent to end, be it a
terminal or another program, reaches the child once, by way of the parent, and always as an interrupt, after which a run
puts the account back. A child whose parent is gone ends at once: nobody would be left to stop what it sends.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

_ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()
_ENDED: Final = b"ended\n"


def watched(recover: Callable[[Path | None, str], int]) -> Callable[[Path], None]:
    """Fork; in the child this returns what it must tell its folder to, and the parent never comes back from here.

    The parent exits with the child's status, or, if the child died, with what ``recover`` makes of the folder (None
    where the run had not come so far) and of the words that say how it died.
    """
    if not hasattr(signal, "sigtimedwait"):
        return lambda folder: None
    sys.stdout.flush()
    sys.stderr.flush()
    told, telling = os.pipe()
    living, alive = os.pipe()
    heeded = [*_ASKING, signal.SIGTSTP, signal.SIGCHLD]
    signal.pthread_sigmask(signal.SIG_BLOCK, heeded)
    child = os.fork()
    if child == 0:
        os.close(told)
        os.close(alive)
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
        threading.Thread(target=_die_with_parent, args=(living,), daemon=True).start()
        atexit.register(os.write, telling, _ENDED)
        return lambda folder: _tell(telling, folder)
    os.close(telling)
    os.close(living)
    status = _wait(child, heeded)
    with os.fdopen(told, "rb") as heard:
        lines = heard.read().splitlines(keepends=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
    if _ENDED in lines:
        os._exit(_passed_on(status))
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[?25h")  # a progress bar had hidden the cursor
    folders = [Path(os.fsdecode(line.rstrip(b"\n"))) for line in lines]
    code = recover(folders[-1] if folders else None, _how(status))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _tell(pipe: int, folder: Path) -> None:
    os.write(pipe, os.fsencode(folder.resolve()) + b"\n")


def _die_with_parent(living: int) -> None:
    """Nothing is ever written to this pipe: reading it ends when the parent is gone."""
    os.read(living, 1)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait(child: int, heeded: Collection[int]) -> int:
    """Wait for the child, passing on what asks the parent to end or to stop; gives the child's wait status."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        came = signal.sigtimedwait(heeded, 1.0)
        if came is None or came.si_signo == signal.SIGCHLD:
            continue
        if came.si_signo == signal.SIGTSTP:
            os.kill(child, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.kill(child, signal.SIGCONT)
        else:
            os.kill(child, signal.SIGINT)


def _passed_on(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return f"the process that played the suites was ended by {name}"
    return f"the process that played the suites left without a word, with status {os.WEXITSTATUS(status)}"
