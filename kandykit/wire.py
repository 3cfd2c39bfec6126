"""A request before it is sent: what a suite, through the binding, asks the client to send."""

from __future__ import annotations

from dataclasses import dataclass

from kandykit.exchange import Headers


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to send: ``headers`` without Authorization unless the call is about authentication itself.

    ``url`` is absolute and already encoded; ``body`` is the octets to send, None for no body at all.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes | None = None
