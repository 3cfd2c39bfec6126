"""A plain caller of a mock: knows the paths, judges nothing."""

from typing import Any
from urllib.parse import quote

import httpx

BASE = "/communication/kandy/provisioning"
TOKEN = "/oauth/client_credential/accesstoken"
PRODUCT = "KPN-VoiceVideo-C"
SECRETS = {"acme": "acme-secret", "globex": "globex-secret"}


class ManualClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Caller:
    """Calls a mock as one of its clients. Every method gives the bare answer."""

    def __init__(self, http: httpx.Client, client_id: str = "acme") -> None:
        self.http = http
        self.client_id = client_id
        self._token: str | None = None

    @property
    def token(self) -> str:
        if self._token is None:
            self._token = self.mint().json()["access_token"]
        return self._token

    def as_client(self, client_id: str) -> "Caller":
        return Caller(self.http, client_id)

    def mint(self, **changes: Any) -> httpx.Response:
        """Ask for a token; `changes` replace form members, `None` leaves one out."""
        form = {"client_id": self.client_id, "client_secret": SECRETS[self.client_id]} | changes
        form = {name: value for name, value in form.items() if value is not None}
        return self.http.post(TOKEN, params={"grant_type": "client_credentials"}, data=form)

    def call(self, method: str, path: str, headers: dict[str, Any] | None = None, **rest: Any) -> httpx.Response:
        """A call with this client's token; a header of the value `None` is left out."""
        merged = {"authorization": f"Bearer {self.token}"} | (headers or {})
        return self.http.request(
            method, BASE + path, headers={name: value for name, value in merged.items() if value is not None}, **rest
        )

    def order(self, kind: str, quantity: Any, **extra: Any) -> httpx.Response:
        body = {"product_name": PRODUCT, "order_type": kind, "quantity": quantity} | extra
        return self.call("POST", "/order", json=body)

    def up(self, quantity: int = 1) -> httpx.Response:
        return self.order("increment", quantity)

    def down(self, quantity: int = 1) -> httpx.Response:
        return self.order("decrement", quantity)

    def orders(self) -> list[dict[str, Any]]:
        orders: list[dict[str, Any]] = self.call("GET", "/order").json()["orders"]
        return orders

    def read(self, number: str) -> httpx.Response:
        return self.call("GET", "/order", params={"order_number": number})

    def inventory(self) -> httpx.Response:
        return self.call("GET", "/inventory")

    def stock(self) -> tuple[int, int, int]:
        """Total, used and available as the inventory shows them."""
        row = self.inventory().json()["products"][0]
        return row["total"], row["used"], row["available"]

    def create(self, identity: str | None = None, **extra: Any) -> httpx.Response:
        body: dict[str, Any] = {"product_name": PRODUCT} | extra
        if identity is not None:
            body["identity"] = identity
        return self.call("POST", "/subscriber", json=body)

    def delete(self, identity: str) -> httpx.Response:
        return self.call("DELETE", "/subscriber/" + quote(identity, safe=""))

    def new(self, identity: str | None = None) -> str:
        """Create a subscriber that must succeed; gives its identity."""
        answer = self.create(identity)
        assert answer.status_code == 201, answer.text
        created: str = answer.json()["identity"]
        return created
