"""A tiny target for tests of exploring: one account, in memory, with a few ways to be wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PRODUCT = "KPN-VoiceVideo-C"


@dataclass
class TinyTarget:
    """``returned`` products come back with a delete; ``oversell`` lets creates through without stock; every
    ``forgets_every``-th delete is not counted; once ``lax_from`` are in use an order may take one of them; the
    ``lost_order``-th of all orders is listed and not carried out; every ``read_costs``-th read of the inventory uses a
    product up; with ``owes`` the increment after a refused decrement counts twice."""

    total: int = 0
    used: int = 0
    returned: int = 1
    oversell: bool = False
    forgets_every: int = 0
    lax_from: int = 0
    lost_order: int = 0
    owes: bool = False
    owed: bool = False
    read_costs: int = 0
    reads: int = 0
    deletes: int = 0
    orders: list[dict[str, Any]] = field(default_factory=list)
    live: set[str] = field(default_factory=set)

    def answer(self, method: str, url: str, body: str) -> tuple[int, str]:
        """Status and body of one call."""
        parts = urlsplit(url)
        status, value = self._answer(method, parts.path, dict(parse_qsl(parts.query)), body)
        return status, json.dumps(value)

    def _answer(self, method: str, path: str, query: dict[str, str], body: str) -> tuple[int, Any]:
        if (method, path) == ("GET", "/inventory"):
            self.reads += 1
            self.used += bool(self.read_costs and self.reads % self.read_costs == 0 and self.used < self.total)
            row = {"product_name": PRODUCT, "total": self.total, "used": self.used, "available": self.total - self.used}
            return 200, {"products": [row]}
        if (method, path) == ("GET", "/order"):
            number = query.get("order_number")
            found = [order for order in self.orders if number in (None, order["order_number"])]
            return (200, {"orders": found}) if found or number is None else (404, {})
        if (method, path) == ("POST", "/order"):
            return self._order(json.loads(body))
        if (method, path) == ("POST", "/subscriber"):
            return self._create(json.loads(body))
        return self._delete(unquote(path.removeprefix("/subscriber/")))

    def _order(self, sent: dict[str, Any]) -> tuple[int, Any]:
        quantity = sent["quantity"] if sent["order_type"] == "increment" else -sent["quantity"]
        if self.total + quantity < self.used - bool(self.lax_from and self.used >= self.lax_from):
            self.owed = self.owes
            return 412, {}
        if self.owed and quantity > 0:
            quantity, self.owed = 2 * quantity, False
        if len(self.orders) + 1 != self.lost_order:
            self.total += quantity
        order = {
            **sent,
            "order_number": f"N{len(self.orders)}",
            "status": "fulfilled",
            "created_at": "2026-01-01T00:00:00Z",
        }
        self.orders.append(order)
        return 201, order

    def _create(self, sent: dict[str, Any]) -> tuple[int, Any]:
        if self.used >= self.total and not self.oversell:
            return 412, {}
        identity = sent.get("identity") or f"u{len(self.live)}-{self.deletes}@x.example"
        if identity in self.live:
            return 400, {}
        self.live.add(identity)
        self.used += 1
        return 201, {"identity": identity, "password": identity, "product_name": PRODUCT}

    def _delete(self, identity: str) -> tuple[int, Any]:
        if identity not in self.live:
            return 404, {}
        self.live.remove(identity)
        self.deletes += 1
        if not (self.forgets_every and self.deletes % self.forgets_every == 0):
            self.used -= self.returned
        return 200, {"identity": identity, "product_name": PRODUCT}
