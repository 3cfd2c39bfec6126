"""A target of a few lines, for what leaves the kit and how it comes back; it may be told to answer otherwise."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

BASE = "/communication/kandy/provisioning"
TOKEN = "/oauth/client_credential/accesstoken"


@dataclass
class Reply:
    """An answer; `raw` instead sends exactly these octets and hangs up."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    hang: bool = False

    @property
    def octets(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Holding:
    total: int = 0
    subscribers: dict[str, str] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)


class LittleTarget:
    """Keeps the contract for accounts named in ``secrets`` (client id -> secret).

    ``instead`` holds answers for the next calls (None: the true one); a callable gets the true answer, and may act.
    ``pending`` accepts orders that stay pending until `fulfil`.
    """

    def __init__(self, secrets: dict[str, str] | None = None) -> None:
        self.secrets = secrets or {"acme": "s3cret-Of/Acme+1", "other": "An0ther-secret=="}
        self.holdings = {client: Holding() for client in self.secrets}
        self.tokens: dict[str, str] = {}
        self.expires_in: Any = "3599"
        self.instead: deque[Reply | Callable[[Reply], Reply] | None] = deque()
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.pending = False
        self.released = threading.Event()
        self.made = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.seen.append((method, path, headers, body))
        planned = self.instead.popleft() if self.instead else None
        if isinstance(planned, Reply):
            return planned
        true = self._token(method, body) if path.startswith(TOKEN) else self._behind(method, path, headers, body)
        return planned(true) if planned else true

    def _token(self, method: str, body: bytes) -> Reply:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        client = form.get("client_id", "")
        if method != "POST" or self.secrets.get(client) != form.get("client_secret"):
            return Reply(401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"})
        self.made += 1
        token = f"{client}Token{self.made:020d}"
        self.tokens[token] = client
        return Reply(
            200,
            {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in, "client_id": client},
        )

    def _behind(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        scheme, _, word = headers.get("authorization", "").partition(" ")
        client = self.tokens.get(word) if scheme == "Bearer" else None
        if client is None:
            return Reply(401, {"message": "no"})
        holding = self.holdings[client]
        parts = urlsplit(path)
        below = parts.path.removeprefix(BASE)
        if (method, below) == ("GET", "/inventory"):
            used = len(holding.subscribers)
            row = {"product_name": "KPN-VoiceVideo-C", "total": holding.total, "used": used}
            return Reply(200, {"products": [{**row, "available": holding.total - used}]})
        if (method, below) == ("GET", "/order"):
            wanted = parse_qs(parts.query).get("order_number")
            return Reply(200, {"orders": [o for o in holding.orders if not wanted or o["order_number"] in wanted]})
        if (method, below) == ("POST", "/order"):
            return self._order(holding, json.loads(body))
        if (method, below) == ("POST", "/subscriber"):
            return self._create(holding, json.loads(body))
        if method == "DELETE" and below.startswith("/subscriber/"):
            identity = unquote(below.removeprefix("/subscriber/"))
            if holding.subscribers.pop(identity, None) is None:
                return Reply(404, {"message": "unknown"})
            return Reply(200, {"identity": identity, "product_name": "KPN-VoiceVideo-C"})
        return Reply(404, {"message": "nothing here"})

    def _order(self, holding: Holding, wanted: dict[str, Any]) -> Reply:
        sign = 1 if wanted["order_type"] == "increment" else -1
        if sign * wanted["quantity"] < len(holding.subscribers) - holding.total:
            return Reply(412, {"message": "in use"})
        self.made += 1
        order = {**wanted, "order_number": f"order-{self.made}", "status": "pending" if self.pending else "fulfilled"}
        holding.orders.append(order)
        if not self.pending:
            holding.total += sign * wanted["quantity"]
        return Reply(202 if self.pending else 201, dict(order))

    def _create(self, holding: Holding, wanted: dict[str, Any]) -> Reply:
        if holding.total <= len(holding.subscribers):
            return Reply(412, {"message": "no product"})
        self.made += 1
        identity = wanted.get("identity") or f"user{self.made}@example.com"
        password = f"Pa55/w0rd+{self.made:04d}"
        holding.subscribers[identity] = password
        return Reply(201, {"identity": identity, "password": password, "product_name": wanted["product_name"]})

    def fulfil(self) -> None:
        for holding in self.holdings.values():
            for order in holding.orders:
                if order["status"] == "pending":
                    order["status"] = "fulfilled"
                    holding.total += order["quantity"] * (1 if order["order_type"] == "increment" else -1)

    # -- with and without a socket ------------------------------------------------------------------------------

    def transport(self) -> httpx.MockTransport:
        """The target without a socket; ``hang`` times out at once, ``raw`` is a connection that was cut."""

        def handle(request: httpx.Request) -> httpx.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            reply = self.answer(request.method, request.url.raw_path.decode(), headers, request.read())
            if reply.hang:
                raise httpx.ReadTimeout("timed out")
            if reply.raw is not None:
                raise httpx.ReadError("connection reset")
            given = [("content-type", "application/json"), *reply.headers]
            return httpx.Response(reply.status, headers=given, stream=httpx.ByteStream(reply.octets))

        return httpx.MockTransport(handle)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """The target on a port of this machine; gives its origin."""
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, ValueError):
                    self.close_connection = True

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.any_method
                raise AttributeError(name)

            def any_method(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = target.answer(self.command, self.path, headers, body)
                if reply.hang:
                    target.released.wait(20)
                    self.close_connection = True
                elif reply.raw is not None:
                    self.wfile.write(reply.raw)
                    self.close_connection = True
                else:
                    # One write, so that no answer waits for the peer's delayed acknowledgement.
                    lines = [f"HTTP/1.1 {reply.status} X", "content-type: application/json"]
                    lines += [f"{name}: {value}" for name, value in reply.headers]
                    if not any(name.lower() == "content-length" for name, _ in reply.headers):
                        lines.append(f"content-length: {len(reply.octets)}")
                    self.wfile.write("\r\n".join([*lines, "", ""]).encode() + reply.octets)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        server = Server(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
