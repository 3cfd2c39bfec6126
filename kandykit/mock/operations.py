"""The five operations. Each checks, then acts, then answers; between check and act nothing waits.

`pause` marks the place between check and act. It does nothing here; a race fault makes it wait, and two calls can then
pass the same check.
"""

from typing import Any
from urllib.parse import quote

from kandykit.mock.accounts import PENDING, Account, Order, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.call import Call, form
from kandykit.mock.schemas import Schemas
from kandykit.mock.settings import BASE_PATH, PRODUCT
from kandykit.mock.store import Store


class Operations:
    """What an authenticated account can do."""

    def __init__(self, store: Store, schemas: Schemas) -> None:
        self.store = store
        self.schemas = schemas

    async def pause(self, where: str) -> None:
        """The gap between check and act; closed in a correct server."""

    # POST /order

    async def place_order(self, account: Account, call: Call) -> Answer:
        """Order products, or give some back."""
        kind, quantity = self.schemas.order(call)
        if not self.store.fits(account, kind, quantity):
            self.refuse_order(account, kind, quantity)
        await self.pause("place_order")
        return self.order_placed(account, self.store.place(account, kind, quantity))

    def refuse_order(self, account: Account, kind: str, quantity: int) -> None:  # noqa: ARG002
        """Decline an order that does not fit."""
        if kind == "increment":
            raise Refused(Cause.OVER_LIMIT, "The order goes beyond the agreed limit.")
        raise Refused(Cause.BELOW_USE, "The order goes below the number of products in use.")

    def order_placed(self, account: Account, order: Order) -> Answer:  # noqa: ARG002
        """The answer to an accepted order."""
        status = 202 if order.status == PENDING else 201
        return Answer(status, self.show_order(order), {"location": self.location(order)})

    def location(self, order: Order) -> str:
        """Where the order can be read."""
        return f"{BASE_PATH}/order?order_number={quote(order.number, safe='')}"

    # GET /order

    async def read_orders(self, account: Account, call: Call) -> Answer:
        """All orders, or the one that is asked for."""
        number = self.wanted_number(call)
        orders = self.store.ledger(account) if number is None else [self.wanted_order(account, number)]
        return Answer(200, {"orders": [self.show_order(order) for order in orders]})

    def wanted_number(self, call: Call) -> str | None:
        """The order number in the query, if there is one."""
        pairs = form(call.query)
        if pairs is None:
            raise Refused(Cause.MALFORMED, "The query is malformed.")
        numbers = [value for name, value in pairs if name == "order_number"]
        if len(numbers) > 1:
            raise Refused(Cause.MALFORMED, "The query names more than one order.")
        return numbers[0] if numbers else None

    def wanted_order(self, account: Account, number: str) -> Order:
        """The order of that number, or a refusal."""
        order = self.store.find_order(account, number)
        if order is None:
            raise Refused(Cause.UNKNOWN_ORDER, "There is no order of that number.")
        return order

    def show_order(self, order: Order) -> dict[str, Any]:
        """An order on the wire."""
        return {
            "order_number": order.number,
            "order_type": order.kind,
            "product_name": order.product,
            "quantity": order.quantity,
            "status": order.status,
            "created_at": order.created_at,
        }

    # GET /inventory

    async def read_inventory(self, account: Account, call: Call) -> Answer:  # noqa: ARG002
        """The stock, one row."""
        return Answer(200, {"products": [await self.show_stock(account)]})

    async def show_stock(self, account: Account) -> dict[str, Any]:
        """The stock on the wire; both counters are read in one step, so that they belong together."""
        total = account.total
        await self.pause("show_stock")
        used = account.used
        return {"product_name": PRODUCT, "total": total, "used": used, "available": total - used}

    # POST /subscriber

    async def create_subscriber(self, account: Account, call: Call) -> Answer:
        """Create a subscriber, under the identity asked for or a new one."""
        identity = self.schemas.subscriber(call)
        self.check_subscriber(account, identity)
        await self.pause("create_subscriber")
        subscriber = self.store.enrol(account, identity or self.store.new_identity(account))
        return self.subscriber_created(account, subscriber)

    def check_subscriber(self, account: Account, identity: str | None) -> None:
        """Decline a subscriber whose identity is taken, or for whom no product is left."""
        if identity is not None and not self.store.identity_free(account, identity):
            raise Refused(Cause.TAKEN, "The identity is taken.")
        if not self.store.in_stock(account):
            raise Refused(Cause.NO_STOCK, "No product is available.")

    def subscriber_created(self, account: Account, subscriber: Subscriber) -> Answer:  # noqa: ARG002
        """The answer to a creation: the only one that shows the password."""
        return Answer(
            201,
            {
                "identity": subscriber.identity,
                "password": subscriber.password,
                "product_name": subscriber.product,
                "created_at": subscriber.created_at,
            },
        )

    # DELETE /subscriber/{identity}

    async def delete_subscriber(self, account: Account, call: Call, identity: str | None) -> Answer:  # noqa: ARG002
        """Delete a subscriber and free its product; a path that cannot be decoded names nobody."""
        if identity is None:
            raise Refused(Cause.MALFORMED, "The identity in the path is malformed.")
        subscriber = self.store.find_subscriber(account, identity)
        if subscriber is None:
            return self.nobody_there(account, identity)
        await self.pause("delete_subscriber")
        self.store.discharge(account, subscriber)
        return self.subscriber_deleted(account, subscriber)

    def nobody_there(self, account: Account, identity: str) -> Answer:  # noqa: ARG002
        """The answer where there is nobody to delete."""
        raise Refused(Cause.UNKNOWN_SUBSCRIBER, "There is no subscriber of that identity.")

    def subscriber_deleted(self, account: Account, subscriber: Subscriber) -> Answer:  # noqa: ARG002
        """The answer to a deletion."""
        return Answer(200, {"identity": subscriber.identity, "product_name": subscriber.product})
