"""The wire: HTTP/1.1 connections, on which each call's moment of leaving is known and calls can leave together."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpcore
import httpx

from kandykit.guard import BURST

CONNECT_S: Final = 5.0
READ_S: Final = 30.0

LINGER_S: Final = 0.05
"""So long, in seconds, an answer to HEAD is listened to for content that it must not have."""

READ_BEHIND: Final = 65_536
"""At most so many octets of that are read."""

DEPARTURE: Final = "kandykit.departure"
"""The extension of a request under which its `Departure` travels."""

for _library in (httpcore.__name__, httpx.__name__):
    # Their own logs would tell URLs and headers as they go over the wire, to whoever asks pytest for debug output.
    logging.getLogger(_library).setLevel(logging.WARNING)


@dataclass(slots=True, eq=False)
class Departure:
    """When one call's first octet left, and what came back as octets."""

    started: float = 0.0
    left: bool = False
    together: Together | None = None
    failed: Exception | None = None
    stream: _Stream | None = None
    came: list[bytes] = field(default_factory=list)


class Together:
    """Holds calls back until each of them stands ready to leave, then lets the first octets go one right after another.

    The last one to get ready writes for all, so that no thread has to be woken between two writes.
    """

    def __init__(self, calls: int, clock: Callable[[], float]) -> None:
        self._expected = calls
        self._clock = clock
        self._ready: list[tuple[Departure, httpcore.NetworkStream, bytes, float | None]] = []
        self._gone = threading.Condition()
        self.called_off = False

    def leave(self, departure: Departure, stream: httpcore.NetworkStream, octets: bytes, timeout: float | None) -> None:
        """Wait for the others, and leave with them."""
        with self._gone:
            self._ready.append((departure, stream, octets, timeout))
            if not self._go_if_complete():
                self._gone.wait_for(lambda: departure.left or self.called_off)
            if not departure.left:
                raise httpcore.ConnectError("the burst was called off before it left")
        if departure.failed is not None:
            raise departure.failed

    def drop_out(self) -> None:
        """One call does not leave at all: it found no connection."""
        with self._gone:
            self._expected -= 1
            self._go_if_complete()

    def call_off(self) -> None:
        """Who has not left yet never will."""
        with self._gone:
            self.called_off = True
            self._gone.notify_all()

    def _go_if_complete(self) -> bool:
        if self.called_off or len(self._ready) < self._expected:
            return False
        for departure, stream, octets, timeout in self._ready:
            departure.started, departure.left = self._clock(), True
            try:
                stream.write(octets, timeout)
            except Exception as error:
                departure.failed = error
        self._expected -= len(self._ready)
        self._ready = []
        self._gone.notify_all()
        return True


class _Stream(httpcore.NetworkStream):
    """A connection that sends a whole request at once, as late as it can be, and stamps the moment."""

    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self._held: list[bytes] = []
        self._timeout: float | None = None
        self.spoilt = False
        """More came than the answer's length said: what follows on this connection could be taken for an answer."""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._held.append(buffer)
            self._timeout = timeout

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        departure = self._wire.departure
        if self._held:
            departure.stream = self
            octets, self._held = b"".join(self._held), []
            # A target may answer and hang up before it has read all; if it did not answer, reading tells.
            with suppress(httpcore.WriteError):
                self._leave(departure, octets)
        data = self._stream.read(max_bytes, timeout)
        departure.came.append(data)
        return data

    def linger(self, departure: Departure) -> None:
        """Wait a moment for octets behind an answer that must have none: they may come in a packet of their own."""
        with suppress(httpcore.TimeoutException, httpcore.NetworkError):
            departure.came.append(self._stream.read(READ_BEHIND, LINGER_S))

    def _leave(self, departure: Departure, octets: bytes) -> None:
        if departure.together is not None:
            departure.together.leave(departure, self._stream, octets, self._timeout)
            return
        departure.started, departure.left = self._wire.clock(), True
        self._stream.write(octets, self._timeout)

    def close(self) -> None:
        # Closing alone would not wake a thread that waits for an answer on this connection.
        with suppress(OSError, AttributeError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(*args, **kwargs), self._wire)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self.spoilt:
            return True  # the pool takes this for a connection that was closed, and opens another
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, wire: Wire) -> None:
        self._backend = httpcore.SyncBackend()
        self._wire = wire

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(*args, **kwargs), self._wire)


_FAILURES: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


class Wire(httpx.BaseTransport):
    """HTTP/1.1 over kept-alive connections, like `httpx.HTTPTransport`, but each call's moment of leaving is known.

    ``connect_s`` and ``read_s`` are seconds; ``read_s`` is also the longest that one write may take. Certificates are
    verified as httpx does it, ``SSL_CERT_FILE`` included; without ``tls`` they need not be loaded.
    """

    def __init__(
        self,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        tls: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._local = threading.local()
        self._timeouts = {"connect": connect_s, "read": read_s, "write": read_s, "pool": connect_s}
        self._tls = httpx.create_ssl_context() if tls else None
        self._pool = self._new_pool()

    def _new_pool(self) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._tls,
            max_connections=2 * BURST,
            max_keepalive_connections=2 * BURST,
            # Each idle connection is looked at before each call: what a crowd opened must not slow down who follows.
            keepalive_expiry=5.0,
            network_backend=_Backend(self),
        )

    @property
    def departure(self) -> Departure:
        """The call that this thread is making."""
        departure: Departure = self._local.departure
        return departure

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its answer's body is still to be read, by the same thread."""
        self._local.departure = request.extensions.get(DEPARTURE) or Departure()
        url = request.url
        going = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": self._timeouts},
        )
        try:
            came = self._pool.handle_request(going)
        except Exception as error:
            raise _as_httpx(error) from error
        except BaseException:
            # Whoever insists on an interrupt may have come while the pool held its lock, which is never opened again.
            self._pool = self._new_pool()
            raise
        return httpx.Response(came.status, headers=came.headers, stream=_Body(came), extensions=came.extensions)

    def close(self) -> None:
        """Close every connection; calls that are still under way are cut."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, came: httpcore.Response) -> None:
        self._came = came

    def __iter__(self) -> Generator[bytes, None, None]:
        try:
            yield from self._came.iter_stream()
        except Exception as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        self._came.close()


def _as_httpx(error: Exception) -> Exception:
    return next((theirs(str(error)) for ours, theirs in _FAILURES if isinstance(error, ours)), error)
