"""A small provisioning API with defects that can be switched on, so that failure scripts meet a real server.

It is a stranger to the kit: it shares no code with it, and knows just enough of the contract for the scripts.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BASE_PATH = "/communication/kandy/provisioning"
TOKEN_PATH = "/oauth/client_credential/accesstoken"
CLIENTS = {"acme": "s3cret & sound", "other": "s3cret-2"}
PRODUCT = "KPN-VoiceVideo-C"


class TinyTarget(ThreadingHTTPServer):
    """The server with its accounts; ``faults`` names the defects that are switched on."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *faults: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = set(faults)
        self.lock = threading.Lock()
        self.count = 0
        self.accounts: dict[str, dict[str, Any]] = {
            name: {"total": 0, "users": {}, "orders": {}, "extra": 0} for name in CLIENTS
        }
        self.tokens: dict[str, str] = {}
        self.seen: list[tuple[str, str]] = []

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def quota(self) -> int:
        """How much of the quota is used; the fault lets it fall."""
        return 1_000 - self.fresh() if "quota-falls" in self.faults else self.fresh()

    def fresh(self) -> int:
        """A number never used before."""
        with self.lock:
            self.count += 1
            return self.count


class Handler(BaseHTTPRequestHandler):
    """One call."""

    server: TinyTarget
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def answer(self, status: int, body: Any = None, **headers: str) -> None:
        """Send an answer with the documented headers, unless a fault takes one away."""
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        all_headers = {
            "content-type": "application/json",
            "sunset": "n/a",
            "api-version": "1",
            "quota-limit": "100000",
            "quota-used": str(self.server.quota()),
            "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        } | headers
        if "no-hsts" in self.server.faults:
            del all_headers["strict-transport-security"]
        for name, value in all_headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(octets)))
        self.end_headers()
        if status != 204 and self.command != "HEAD":
            self.wfile.write(octets)

    def refuse(self, status: int, **headers: str) -> None:
        """Send a refusal with the five error members."""
        self.answer(
            status,
            {
                "transactionId": str(self.server.fresh()),
                "status": str(status),
                "name": "no",
                "message": "no",
                "info": "",
            },
            **headers,
        )

    def handle_call(self) -> None:
        """Answer any call."""
        octets = self.rfile.read(int(self.headers.get("content-length", 0)))
        target, path = self.server, urlsplit(self.path).path
        target.seen.append((self.command, path))
        if path == TOKEN_PATH:
            self.token(octets.decode())
            return
        bearer = self.headers.get("authorization", "")
        token = bearer.removeprefix("Bearer ")
        if "start-of-a-token" in target.faults and bearer.startswith("Bearer "):
            token = next((known for known in target.tokens if token.startswith(known)), token)
        name = target.tokens.get(token) if bearer.startswith("Bearer ") else None
        if name is None and "no-token-needed" in target.faults:
            name = "acme"
        if name is None:
            self.refuse(401, **{"WWW-Authenticate": 'Bearer realm="null",error="invalid_token"'})
            return
        if "shared" in target.faults:
            name = "acme"
        self.route(target.accounts[name], path.removeprefix(BASE_PATH), octets)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_call  # noqa: N815 - the names that http.server asks for

    def token(self, body: str) -> None:
        """Mint a token."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        name = form.get("client_id", "")
        secret = form.get("client_secret", "")
        wrong = CLIENTS.get(name) != secret
        if "start-of-the-secret" in self.server.faults and name in CLIENTS:
            wrong = not secret.startswith(CLIENTS[name])
        if wrong:
            self.answer(401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"})
            return
        token = f"token-{self.server.fresh()}-of-{name}"
        self.server.tokens[token] = name
        self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": "3599"})

    def route(self, account: dict[str, Any], path: str, octets: bytes) -> None:
        """Do what a call with a live token asks for."""
        faults = self.server.faults
        if self.command == "PUT":
            headers = {} if "no-allow" in faults else {"allow": "GET, POST"}
            self.refuse(405, **headers)
        elif path == "/inventory":
            used = len(account["users"]) - account["extra"]
            row = {"product_name": PRODUCT, "total": account["total"], "used": used}
            row["available"] = account["total"] - used + (1 if "wrong-sum" in faults else 0)
            self.answer(200, {"products": [row]})
        elif path == "/order" and self.command == "POST":
            self.order(account, octets)
        elif path == "/order":
            wanted = parse_qs(urlsplit(self.path).query).get("order_number", [None])[0]
            orders = [order for number, order in account["orders"].items() if wanted in (None, number)]
            if "orders-change" in faults:
                orders = [{**order, "quantity": order["quantity"] + 1} for order in orders]
            if "forgets-orders" in faults and wanted is None:
                orders = orders[:-1]
            if wanted and not orders:
                self.refuse(404)
            else:
                self.answer(200, {"orders": orders})
        elif path == "/subscriber":
            self.subscriber(account, json.loads(octets))
        elif path.startswith("/subscriber/"):
            self.delete(account, unquote(path.removeprefix("/subscriber/")))
        elif "leaks-token" in faults:
            told = self.headers.get("authorization", "")
            self.answer(404, {"transactionId": "1", "status": "404", "name": "no", "message": told, "info": ""})
        else:
            self.refuse(404)

    def order(self, account: dict[str, Any], octets: bytes) -> None:
        """Place an order."""
        try:
            asked = json.loads(octets)
            sign = {"increment": 1, "decrement": -1}[asked["order_type"]]
            quantity = asked["quantity"] if "quoted-quantity" not in self.server.faults else int(asked["quantity"])
            if not isinstance(quantity, int):
                raise ValueError(quantity)
        except (ValueError, KeyError, TypeError):
            if "malformed-500" in self.server.faults:
                self.answer(500, b"<html>Traceback (most recent call last): ...", **{"content-type": "text/html"})
            else:
                self.refuse(400)
            return
        available = account["total"] - len(account["users"]) + account["extra"]
        if sign < 0 and quantity > available and "below-use" not in self.server.faults:
            self.refuse(412)
            return
        account["total"] += sign * quantity
        number = f"KO-{self.server.fresh()}"
        account["orders"][number] = {
            "order_number": number,
            **asked,
            "status": "fulfilled",
            "created_at": "2026-11-23T10:00:00Z",
        }
        self.answer(201, account["orders"][number], Location=f"{BASE_PATH}/order?order_number={number}")

    def subscriber(self, account: dict[str, Any], asked: dict[str, Any]) -> None:
        """Create a subscriber."""
        available = account["total"] - len(account["users"]) + account["extra"]
        if "race" in self.server.faults:
            time.sleep(0.05)  # between looking and taking, so that two calls at once both find the last one
        elif available < 1 and "oversell" not in self.server.faults:
            self.refuse(412)
            return
        if available < 1 and "oversell" not in self.server.faults:
            self.refuse(412)
            return
        with self.server.lock:
            if "race" not in self.server.faults and "oversell" not in self.server.faults:
                available = account["total"] - len(account["users"]) + account["extra"]
            if available < 1 and "oversell" not in self.server.faults:
                taken = False
            else:
                taken = True
                self.server.count += 1
                number = self.server.count
                identity = asked.get("identity") or f"user{number}@acme.example"
                account["users"][identity] = f"pass-{number}"
        if not taken:
            self.refuse(412)
            return
        self.answer(
            201,
            {"identity": identity, "password": account["users"][identity], "product_name": PRODUCT, "created_at": "x"},
        )

    def delete(self, account: dict[str, Any], identity: str) -> None:
        """Delete a subscriber."""
        faults = self.server.faults
        if identity not in account["users"]:
            if "double-free" in faults and account["users"]:
                account["extra"] += 1
                self.answer(200, {"identity": identity, "product_name": PRODUCT})
            else:
                self.refuse(404)
            return
        password = account["users"].pop(identity)
        shown = {"identity": identity, "product_name": PRODUCT}
        if "leaks-password" in faults:
            shown["password"] = password
        if "delete-204" in faults:
            self.answer(204)
        else:
            self.answer(200, shown)


@contextmanager
def tiny_target(*faults: str) -> Iterator[TinyTarget]:
    """A running target that stops when the block ends."""
    target = TinyTarget(*faults)
    thread = threading.Thread(target=target.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield target
    finally:
        target.shutdown()
        target.server_close()
        thread.join()
