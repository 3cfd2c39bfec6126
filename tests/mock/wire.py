"""Bytes as they come over the wire, for answers that an HTTP client would tidy up."""

import socket

from tests.mock.caller import Caller


def raw(caller: Caller, start: str) -> bytes:
    """Everything that is answered to a call without a body, until the connection ends."""
    url = caller.http.base_url
    request = f"{start} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {caller.token}\r\nconnection: close\r\n\r\n"
    with socket.create_connection((url.host, url.port or 80), timeout=5) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer
