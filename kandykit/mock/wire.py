"""Two things that uvicorn's parser does not do: methods that nobody has heard of, and a connection that breaks off."""

from typing import Any

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CUT = "kandykit.cut"
"""Name of the ASGI extension whose value breaks the connection off at once."""


class PatientProtocol(H11Protocol):
    """The slow parser; it takes any method."""


class WireProtocol(HttpToolsProtocol):
    """The fast parser. A method that it does not know is handed over to the slow one, so that it gets its 405."""

    def on_message_begin(self) -> None:
        """Give the application a way to break off."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"abort": self.transport.abort}}

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
        successor: Any = PatientProtocol(self.config, self.server_state, self.app_state, self.loop)
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        successor.data_received(data)
