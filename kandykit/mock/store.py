"""The rules of stock: what an order or a subscriber may do, and what it changes.

Each rule and each change is a method of its own, because each is a place where real servers go wrong: a fault of the
catalogue replaces one of them and nothing else.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from kandykit.mock.accounts import DECREMENT, FULFILLED, INCREMENT, PENDING, REJECTED, Account, Order, Subscriber
from kandykit.mock.settings import PRODUCT


class Store:
    """The accounts' stock, one product each. No method waits, so each of them is one indivisible step."""

    def __init__(self, clock: Callable[[], float], fulfil_after: float | None) -> None:
        self.clock = clock
        self.fulfil_after = fulfil_after
        self.numbers = count(100001)

    # What is allowed.

    def increment_fits(self, account: Account, quantity: int) -> bool:
        """Whether so many more products stay within the agreed limit."""
        return account.limit is None or account.total + quantity <= account.limit

    def decrement_fits(self, account: Account, quantity: int) -> bool:
        """Whether so many products are there that no subscriber uses."""
        return quantity <= account.available

    def fits(self, account: Account, kind: str, quantity: int) -> bool:
        """Whether an order of this kind and size can be fulfilled as things are now."""
        return self.increment_fits(account, quantity) if kind == INCREMENT else self.decrement_fits(account, quantity)

    def in_stock(self, account: Account) -> bool:
        """Whether one more subscriber finds a product."""
        return account.available >= 1

    def identity_free(self, account: Account, identity: str) -> bool:
        """Whether no live subscriber of the account has this identity."""
        return identity not in account.subscribers

    # Orders.

    def new_number(self, account: Account) -> str:  # noqa: ARG002 - the account is there for faults that number per account
        """An order number that no order of any account has."""
        return f"KO{next(self.numbers)}"

    def place(self, account: Account, kind: str, quantity: int) -> Order:
        """Enter an order into the ledger, and fulfil it at once unless this server takes its time."""
        now = self.clock()
        due = now + (self.fulfil_after or 0)
        order = Order(self.new_number(account), kind, PRODUCT, quantity, rfc3339(now), PENDING, due)
        self.record(account, order)
        if self.fulfil_after is None:
            self.fulfil(account, order)
        else:
            account.pending.append(order)
        return order

    def record(self, account: Account, order: Order) -> None:
        """Write the order into the account's ledger."""
        account.orders[order.number] = order

    def fulfil(self, account: Account, order: Order) -> None:
        """Give the order its final status, and the account the products."""
        order.status = FULFILLED
        self.change_total(account, -order.quantity if order.kind == DECREMENT else order.quantity)

    def reject(self, account: Account, order: Order) -> None:  # noqa: ARG002
        """End an order that no longer fits when its time comes."""
        order.status = REJECTED

    def settle(self, account: Account) -> None:
        """Decide the pending orders whose time has come, oldest first."""
        now = self.clock()
        while account.pending and account.pending[0].due <= now:
            order = account.pending.pop(0)
            if self.fits(account, order.kind, order.quantity):
                self.fulfil(account, order)
            else:
                self.reject(account, order)

    def change_total(self, account: Account, delta: int) -> None:
        """Add products to the inventory, or take them away."""
        account.total += delta

    def ledger(self, account: Account) -> list[Order]:
        """All orders of the account, oldest first."""
        return list(account.orders.values())

    def find_order(self, account: Account, number: str) -> Order | None:
        """The account's order of that number."""
        return account.orders.get(number)

    # Subscribers.

    def new_identity(self, account: Account) -> str:
        """A fresh identity in the account's own domain."""
        return f"u{secrets.token_hex(6)}@{account.client_id}.webrtc.example"

    def new_password(self) -> str:
        """A fresh password."""
        return secrets.token_urlsafe(15)

    def enrol(self, account: Account, identity: str) -> Subscriber:
        """Create the subscriber and let it use one product."""
        subscriber = Subscriber(identity, self.new_password(), PRODUCT, rfc3339(self.clock()))
        self.remember(account, subscriber)
        self.consume(account, subscriber)
        return subscriber

    def remember(self, account: Account, subscriber: Subscriber) -> None:
        """Enter the subscriber among the live ones."""
        account.subscribers[subscriber.identity] = subscriber

    def consume(self, account: Account, subscriber: Subscriber) -> None:  # noqa: ARG002
        """Count one product as used."""
        account.used += 1

    def find_subscriber(self, account: Account, identity: str) -> Subscriber | None:
        """The account's live subscriber of that identity."""
        return account.subscribers.get(identity)

    def discharge(self, account: Account, subscriber: Subscriber) -> None:
        """Delete the subscriber and free its product."""
        self.forget(account, subscriber)
        self.give_back(account, subscriber)

    def forget(self, account: Account, subscriber: Subscriber) -> None:
        """Strike the subscriber from the live ones."""
        account.subscribers.pop(subscriber.identity, None)

    def give_back(self, account: Account, subscriber: Subscriber) -> None:  # noqa: ARG002
        """Count one product as available again."""
        account.used -= 1


def rfc3339(moment: float) -> str:
    """A moment in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
