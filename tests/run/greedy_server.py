"""A server that accepts everything: whatever the numbers of a call are, it sells them, and it never refuses.

``python -m tests.run.greedy_server MANNER`` prints ``listening on URL``; ``GET /peak`` shows the highest ``total`` of
all accounts together above what they held at first. It shares no code with the kit: what it takes for a number is its
own choice, and never more than the sum of all numbers in a call.

Manners: ``sells`` obeys well-formed orders and takes malformed ones for increments; ``adds`` raises ``total`` with
every order, decrements included, and by one with every subscriber that comes or goes; ``refuses`` does the same and
says 412.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

BASE = "/communication/kandy/provisioning"
BEFORE = {"acme": 10, "globex": 0}


class Greedy:
    """What it sold to whom."""

    def __init__(self, manner: str) -> None:
        self.manner = manner
        self.totals = dict(BEFORE)
        self.live: dict[str, dict[str, str]] = {name: {} for name in BEFORE}
        self.orders: dict[str, list[dict[str, Any]]] = {name: [] for name in BEFORE}
        self.tokens: dict[str, str] = {}
        self.peak = 0
        self.made = 0
        self.lock = threading.RLock()

    def sell(self, name: str, by: int) -> None:
        """Change a total, down to nothing at most."""
        self.totals[name] = max(self.totals[name] + by, 0)
        self.peak = max(self.peak, sum(max(self.totals[each] - BEFORE[each], 0) for each in BEFORE))

    def answer(self, method: str, url: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        """The status and the body of an answer."""
        path, _, query = url.partition("?")
        if path == "/peak":
            return 200, {"peak": self.peak, "totals": self.totals, "live": self.live}
        if path.startswith("/oauth"):
            name = parse_qs(body).get("client_id", [""])[0]
            if name not in BEFORE:
                return 401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}
            self.made += 1
            self.tokens[f"token-{self.made:030d}"] = name
            return 200, {"access_token": f"token-{self.made:030d}", "token_type": "Bearer", "expires_in": "3599"}
        name = self.tokens.get(headers.get("authorization", "").rpartition(" ")[2], "acme")
        below = path.removeprefix(BASE)
        if method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return self.read(name, below, parse_qs(query))
        if below.startswith("/order"):
            return self.order(name, body, query)
        return self.subscriber(name, method, below, body)

    def read(self, name: str, below: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        """Both reads show the truth."""
        if below.startswith("/order"):
            wanted = query.get("order_number")
            return 200, {"orders": [o for o in self.orders[name] if not wanted or o["order_number"] in wanted]}
        total, used = self.totals[name], len(self.live[name])
        row = {"product_name": "KPN-VoiceVideo-C", "total": total, "used": used, "available": total - used}
        return 200, {"products": [row]}

    def order(self, name: str, body: str, query: str) -> tuple[int, Any]:
        """Whatever it is, it is sold."""
        try:
            parsed = json.loads(body)
            quantity, kind = parsed["quantity"], parsed["order_type"]
            plain = isinstance(quantity, int) and not isinstance(quantity, bool) and quantity > 0
        except (ValueError, TypeError, KeyError, RecursionError):
            plain, quantity, kind = False, 0, "increment"
        if not plain:
            found = re.findall(r"\d+(?:\.\d+)?", unquote(query) + body)
            quantity = int(sum(-(-float(number) // 1) for number in found)) or 1
        self.sell(name, -quantity if kind == "decrement" and plain and self.manner == "sells" else quantity)
        self.made += 1
        made = {
            "order_number": f"G{self.made}",
            "order_type": kind if kind in ("increment", "decrement") else "increment",
            "product_name": "KPN-VoiceVideo-C",
            "quantity": quantity,
            "status": "fulfilled",
            "created_at": "2026-01-01T00:00:00.000Z",
        }
        if self.manner == "refuses":
            return 412, error(412)
        self.orders[name].append(made)
        return 201, made

    def subscriber(self, name: str, method: str, below: str, body: str) -> tuple[int, Any]:
        """Everybody comes and goes, and so may a product."""
        if self.manner != "sells":
            self.sell(name, 1)
        if self.manner == "refuses":
            return 412, error(412)
        if method == "DELETE":
            self.live[name].pop(unquote(below.rpartition("/")[2]), None)
            return 200, {"product_name": "KPN-VoiceVideo-C"}
        try:
            identity = json.loads(body)["identity"]
        except (ValueError, TypeError, KeyError, RecursionError):
            identity = None
        self.made += 1
        identity = identity if isinstance(identity, str) and identity else f"g{self.made}@greedy.example"
        self.live[name][identity] = f"password-{self.made}"
        return 201, {"identity": identity, "password": f"password-{self.made}", "product_name": "KPN-VoiceVideo-C"}


def error(status: int) -> dict[str, str]:
    """The five members."""
    return {"transactionId": "1", "status": str(status), "name": "no", "message": "no", "info": "no"}


def serve(manner: str) -> ThreadingHTTPServer:
    """The server, bound to a free port of this machine."""
    greedy = Greedy(manner)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.handle_any
            raise AttributeError(name)

        def handle_any(self) -> None:
            size = self.headers.get("content-length", "0")
            body = self.rfile.read(int(size) if size.isdigit() else 0).decode("utf-8", "replace")
            headers = {key.lower(): value for key, value in self.headers.items()}
            with greedy.lock:
                status, came = greedy.answer(self.command, self.path, headers, body)
            octets = b"" if self.command == "HEAD" else json.dumps(came).encode()
            head = f"HTTP/1.1 {status} Any\r\ncontent-type: application/json\r\ncontent-length: {len(octets)}\r\n\r\n"
            self.wfile.write(head.encode() + octets)

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", 0), Handler)


if __name__ == "__main__":
    made = serve(sys.argv[1])
    print(f"listening on http://127.0.0.1:{made.server_address[1]}", flush=True)
    made.serve_forever()
