"""Calls and replies in the words of the contract; the binding translates them to and from the wire.

Nothing here knows a JSON member, a path or a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PRODUCT: Final = "KPN-VoiceVideo-C"
"""The one product that the primary document names."""


class Operation(StrEnum):
    """The five documented operations, the token call, and everything else."""

    PLACE_ORDER = "POST /order"
    READ_ORDERS = "GET /order"
    READ_INVENTORY = "GET /inventory"
    CREATE_SUBSCRIBER = "POST /subscriber"
    DELETE_SUBSCRIBER = "DELETE /subscriber"
    TOKEN = "POST token"
    OTHER = "other"


WRITES: Final = frozenset({Operation.PLACE_ORDER, Operation.CREATE_SUBSCRIBER, Operation.DELETE_SUBSCRIBER})
"""The operations that change an account."""


class OrderKind(StrEnum):
    """Whether an order adds products or takes them away."""

    INCREMENT = "increment"
    DECREMENT = "decrement"


class Stage(StrEnum):
    """What an order's status word means, whatever the word is."""

    OPEN = "open"
    DONE = "done"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Order ``quantity`` products more, or fewer."""

    kind: OrderKind
    quantity: int
    product: str = PRODUCT


@dataclass(frozen=True, slots=True)
class ReadOrders:
    """Read one order by its number, or all of them."""

    number: str | None = None


@dataclass(frozen=True, slots=True)
class ReadInventory:
    """Read what the account owns, uses, and has left."""


@dataclass(frozen=True, slots=True)
class CreateSubscriber:
    """Create a subscriber, under an identity of the caller's choice or (None) of the target's."""

    identity: str | None = None
    product: str = PRODUCT


@dataclass(frozen=True, slots=True)
class DeleteSubscriber:
    """Delete the subscriber of this identity."""

    identity: str


BODY_NOT_JSON: Final = "the body is not JSON"
"""Why a call is malformed whose body no strict reader takes; of what it is made there are many ways."""

TOO_LARGE: Final = "quantity is above 2^53"
"""Why an order is malformed whose quantity is a whole number, but larger than any limit can be."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A call to a documented operation that the contract does not allow.

    ``why`` names what is wrong in a few words. ``grey`` marks what a target may accept or refuse as it likes; then
    ``meant`` is what it does if it accepts.
    """

    operation: Operation
    why: str
    grey: bool = False
    meant: PlaceOrder | CreateSubscriber | DeleteSubscriber | ReadOrders | None = None


@dataclass(frozen=True, slots=True)
class FetchToken:
    """Ask the token endpoint for a token."""


@dataclass(frozen=True, slots=True)
class OtherCall:
    """A call to something the contract does not name, or by a method it does not document.

    ``written`` says that documented calls write there: what another method may do that is accepted, nobody knows.
    """

    method: str
    path: str
    written: bool = False


Call = (
    PlaceOrder | ReadOrders | ReadInventory | CreateSubscriber | DeleteSubscriber | Malformed | FetchToken | OtherCall
)


_OPERATIONS: Final[Mapping[type, Operation]] = {
    PlaceOrder: Operation.PLACE_ORDER,
    ReadOrders: Operation.READ_ORDERS,
    ReadInventory: Operation.READ_INVENTORY,
    CreateSubscriber: Operation.CREATE_SUBSCRIBER,
    DeleteSubscriber: Operation.DELETE_SUBSCRIBER,
    FetchToken: Operation.TOKEN,
    OtherCall: Operation.OTHER,
}


def operation_of(call: Call) -> Operation:
    """The operation that a call is made to, well-formed or not."""
    return call.operation if isinstance(call, Malformed) else _OPERATIONS[type(call)]


class Outcome(StrEnum):
    """What became of a call, as far as its answer tells."""

    DONE = "done"
    """2xx: the target says it did it."""
    REFUSED = "refused"
    """4xx: the target says it did not."""
    UNCLEAR = "unclear"
    """No whole answer, or 5xx: it may have happened, once and wholly, or not."""
    THROTTLED = "throttled"
    """429: not done, come again later."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as an answer shows it; what the answer does not show is None."""

    number: str | None
    kind: OrderKind | None = None
    quantity: int | None = None
    product: str | None = None
    status: str | None = None
    stage: Stage | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class InventoryView:
    """The account's inventory of the product as an answer shows it; what it does not show is None."""

    total: int | None = None
    used: int | None = None
    available: int | None = None

    @property
    def possible(self) -> bool:
        """Whether an account can have these numbers, whatever came before: none below zero, and their sum right."""
        if any(number is not None and number < 0 for number in (self.total, self.used, self.available)):
            return False
        known = self.total is not None and self.used is not None and self.available is not None
        return not known or self.total - self.used == self.available  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """A subscriber as an answer shows it; ``password`` is a fingerprint, never the password."""

    identity: str | None = None
    password: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, in the words of the contract; only what fits the call is filled."""

    outcome: Outcome
    status: int | None = None
    order: OrderView | None = None
    orders: tuple[OrderView, ...] | None = None
    inventory: InventoryView | None = None
    subscriber: SubscriberView | None = None
    unreadable: str = ""
    """Why a 2xx body could not be read as the answer to its call; empty when it could."""
