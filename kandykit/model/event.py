"""An event: an exchange together with its meaning."""

from __future__ import annotations

from typing import NamedTuple

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    Malformed,
    Operation,
    OrderKind,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
)
from kandykit.exchange import Exchange


class Event(NamedTuple):
    """What was asked, what was answered, and the exchange that shows it."""

    exchange: Exchange
    call: Call
    reply: Reply

    @property
    def seq(self) -> int:
        """The number of the exchange in its run."""
        return self.exchange.seq

    @property
    def meant(self) -> Call:
        """The call, or what a grey call means if the target accepts it."""
        call = self.call
        return call.meant if isinstance(call, Malformed) and call.meant is not None else call

    @property
    def excused(self) -> bool:
        """Whether a refusal is as right as success: of what is malformed or grey, or asks for a version of the API.

        Nobody has to serve every origin either, and who does not says 403.
        """
        asked = {name.lower() for name, _ in self.exchange.request.headers}
        foreign = "origin" in asked and self.reply.status == 403
        return isinstance(self.call, Malformed) or "api-version" in asked or foreign

    @property
    def is_read(self) -> bool:
        """Whether the call is one that must change nothing, by its method."""
        return self.exchange.request.method in ("GET", "HEAD", "OPTIONS")

    @property
    def writes(self) -> bool:
        """Whether the call could change the account, did the target accept it."""
        return not self.is_read

    @property
    def words(self) -> str:
        """The call in a few words without numbers, the same in every run."""
        call = self.call
        if isinstance(call, PlaceOrder):
            return f"{'an' if call.kind is OrderKind.INCREMENT else 'a'} {call.kind.value} order"
        if isinstance(call, CreateSubscriber):
            return "a create"
        if isinstance(call, DeleteSubscriber):
            return "a delete"
        if isinstance(call, ReadInventory):
            return "a read of the inventory"
        if isinstance(call, ReadOrders):
            return "a read of the orders" if call.number is None else "a read of one order"
        if isinstance(call, Malformed):
            if call.operation is Operation.OTHER:
                return f"a call {call.why}"
            return f"a malformed {call.operation.value}"
        return f"a {self.exchange.request.method} call"

    @property
    def refused(self) -> bool:
        """Whether the target said that it did not do it (429 included)."""
        return self.reply.outcome in (Outcome.REFUSED, Outcome.THROTTLED)
