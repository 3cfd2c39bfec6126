"""Serve a mock: from the command line, or in a thread of a test."""

import argparse
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.dialects import STRANGERS
from kandykit.mock.settings import Settings
from kandykit.mock.wire import WireProtocol


class Announcing(uvicorn.Server):
    """A server that says when it accepts calls."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=WireProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                # A client that idles between two suites must not find its connection closed under its next call.
                timeout_keep_alive=3600,
                timeout_graceful_shutdown=1,
            )
        )
        self.ready = threading.Event()
        self.announcement = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.announcement:
            print(self.announcement, flush=True)
        self.ready.set()


def bind(host: str, port: int) -> socket.socket:
    """A socket to listen on; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is; with it on, an answer of
    # two writes waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The origin that a client uses for this socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serving(app: ASGIApp, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve an application on a free port from a thread of this process; gives its origin."""
    listener = bind(host, 0)
    server = Announcing(app)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    server.ready.wait(10)
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(10)


def parser() -> argparse.ArgumentParser:
    """The command line of the mock."""
    arguments = argparse.ArgumentParser(prog="kandykit mock", description="Serve the embedded mock.")
    add = arguments.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8080, help="port to listen on; 0 takes a free one")
    add("--fault", action="append", default=[], metavar="NAME", help="seed this defect; may be repeated")
    add("--legal", action="append", default=[], metavar="NAME", help="be unusual in this legal way; may be repeated")
    add("--dialect", choices=list(STRANGERS), default="", metavar="NAME", help=f"speak as {', '.join(STRANGERS)}")
    add("--token-life", type=positive, default=3599.0, metavar="S", help="seconds that a token lives")
    add("--limit", type=natural, default=None, metavar="N", help="agreed limit on total products; none without it")
    add("--quota", type=natural, default=1_000_000, metavar="N", help="calls per quota window")
    add("--quota-seconds", type=positive, default=3600.0, metavar="S", help="length of the quota window")
    add("--fulfil-after", type=positive, default=None, metavar="S", help="answer orders 202, fulfil them S seconds on")
    add("--initial-total", type=natural, default=0, metavar="N", help="products of others on the first account")
    add("--initial-subscribers", type=natural, default=0, metavar="N", help="subscribers of others on it")
    return arguments


def natural(text: str) -> int:
    """A whole number from 0 up."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def positive(text: str) -> float:
    """A finite number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0 after either, 2 for wrong usage."""
    try:
        options = parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if options.initial_subscribers > options.initial_total:
        return wrong("--initial-subscribers is higher than --initial-total")
    if options.limit is not None and options.initial_total > options.limit:
        return wrong("--initial-total is higher than --limit")
    mock = Mock(
        Settings(
            dialect=options.dialect,
            token_life=options.token_life,
            limit=options.limit,
            quota=options.quota,
            quota_seconds=options.quota_seconds,
            fulfil_after=options.fulfil_after,
            initial_total=options.initial_total,
            initial_subscribers=options.initial_subscribers,
        )
    )
    try:
        catalogue.seed(mock, options.fault, options.legal)
    except catalogue.UnknownName as unknown:
        return wrong(str(unknown))
    try:
        listener = bind(options.host, options.port)
    except (OSError, OverflowError) as failure:
        return wrong(f"cannot listen on {options.host}:{options.port}: {failure}")
    server = Announcing(mock)
    server.announcement = f"listening on {url_of(listener)}"
    # uvicorn shuts down in order and then raises the signal once more; this turns that into a clean end.
    with suppress(Leaving):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)
        server.run([listener])
    return 0


class Leaving(BaseException):
    """Raised by the signals that end the mock."""


def leave(_number: int, _frame: object) -> None:
    """End without a traceback and without a bad status."""
    raise Leaving


def wrong(text: str) -> int:
    """Say in one line what is wrong with the command."""
    print(f"kandykit mock: {text}", file=sys.stderr)
    return 2
