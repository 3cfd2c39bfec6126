"""What an account owns: orders, subscribers and two counters. Data only; the rules are in `store`."""

from dataclasses import dataclass, field

PENDING = "pending"
FULFILLED = "fulfilled"
REJECTED = "rejected"

INCREMENT = "increment"
DECREMENT = "decrement"


@dataclass(eq=False)
class Order:
    """One order, as it was placed, with the status it has now."""

    number: str
    kind: str
    product: str
    quantity: int
    created_at: str
    status: str
    due: float
    """When a pending order is decided."""


@dataclass(eq=False)
class Subscriber:
    """One live subscriber."""

    identity: str
    password: str = field(repr=False)
    product: str
    created_at: str


@dataclass(eq=False)
class Account:
    """One customer of the API and all that is his."""

    client_id: str
    limit: int | None = None
    total: int = 0
    used: int = 0
    orders: dict[str, Order] = field(default_factory=dict)
    pending: list[Order] = field(default_factory=list)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """Products that no subscriber uses."""
        return self.total - self.used
