"""Two things that uvicorn's parser does not do: methods that nobody has heard of, and a connection that breaks off."""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "kandykit.transport"
"""Name of the ASGI extension that holds the bare connection, for answers that no honest server would write."""


class OneWrite:
    """A transport that keeps the head of an answer back until its body follows, and sends both at once.

    uvicorn writes them apart, which costs a system call here and a second wake-up in the client.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.head = b""
        self.over = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        """Keep a head back; send anything else, after the head."""
        if self.over:
            return
        if not self.head and data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self.head = data
        else:
            self.transport.write(self.head + data)
            self.head = b""

    def write_last(self, data: bytes) -> None:
        """Send this, end the connection, and drop whatever is written later."""
        self.transport.write(data)
        self.over = True
        self.transport.close()

    def flush(self) -> None:
        """Send a head that no body follows."""
        if self.head:
            self.transport.write(self.head)
            self.head = b""

    def close(self) -> None:
        """Close once everything is sent."""
        self.flush()
        self.transport.close()


class WireProtocol(HttpToolsProtocol):
    """The fast parser. A method that it does not know is handed over to the slow one, so that it gets its 405."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport behind one that writes once."""
        super().connection_made(OneWrite(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        """Send what is still kept back: the head of an answer to HEAD."""
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_message_begin(self) -> None:
        """Give the application a way to break off."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"bare": self.transport}}

    def data_received(self, data: bytes) -> None:
        """Parse, or hand over."""
        between_calls = self.cycle is None or self.cycle.response_complete
        if between_calls and data.startswith(b"CONNECT "):
            self.hand_over(data)
            return
        if not between_calls:
            super().data_received(data)
            return
        try:
            self._unset_keepalive_if_required()
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            self.hand_over(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()

    def hand_over(self, data: bytes) -> None:
        """Let the slow parser serve this connection from here on."""
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        transport: Any = self.transport
        successor = H11Protocol(self.config, self.server_state, self.app_state, self.loop)
        transport.set_protocol(successor)
        successor.connection_made(transport.transport)
        successor.data_received(data)
