"""What the one number of an inventory counts: found out by trying, where the profile does not say.

What is owned rises with an order and stays when a subscriber is created; what is used rises with the subscriber alone;
what is available rises with the order and falls with the subscriber. Nothing else behaves like any of the three.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import OrderKind, Outcome, Reply
from kandykit.exchange import Exchange
from kandykit.wire import Outgoing

LONGEST_S: Final = 5.0
"""So long a number may take to move after a call, in seconds."""

_MOVES: Final = {(1, 0): "total", (0, 1): "used", (1, -1): "available"}
"""How far the number moved with an order of one product, and with a subscriber."""
_ON_STOCK: Final = {0: "total", 1: "used", -1: "available"}
"""How far it moved with a subscriber, where nothing had to be ordered or could be."""

Send = Callable[[Outgoing], tuple[Exchange, Reply]]


def classify(binding: Binding, send: Send, mint: Callable[[], str], sleep: Callable[[float], None]) -> str:
    """``total``, ``used`` or ``available``; empty where the number moves like none of them, or could not be tried.

    One product is ordered and given back, one subscriber is created and deleted, all by ``send``.
    """
    start = _number(binding, send)
    if start is None:
        return ""
    _, ordered = send(binding.place_order(OrderKind.INCREMENT, 1))
    after_order = _moved(binding, send, sleep, start) if ordered.outcome is Outcome.DONE else start
    identity = mint()
    _, created = send(binding.create_subscriber(identity if binding.caller_may_choose else None))
    if created.outcome is not Outcome.DONE and binding.caller_may_choose:
        _, created = send(binding.create_subscriber(None))
        identity = ""
    known = (created.subscriber.identity if created.subscriber else None) or identity
    meaning = ""
    if created.outcome is Outcome.DONE and after_order is not None:
        after_create = _moved(binding, send, sleep, after_order)
        if after_create is not None:
            by_create = after_create - after_order
            if ordered.outcome is Outcome.DONE:
                meaning = _MOVES.get((after_order - start, by_create), "")
            else:
                meaning = _ON_STOCK.get(by_create, "")
    if created.outcome is Outcome.DONE and known:
        send(binding.delete_subscriber(known))
    if ordered.outcome is Outcome.DONE:
        send(binding.place_order(OrderKind.DECREMENT, 1))
    return meaning


def _number(binding: Binding, send: Send) -> int | None:
    exchange, _ = send(binding.read_inventory())
    return binding.one_number(exchange.answer)


def _moved(binding: Binding, send: Send, sleep: Callable[[float], None], before: int) -> int | None:
    """The number after a call: as soon as it moves, or as it still is when it had time enough to.

    Only two of the three move with any one call, so one that stands still is asked again a few times only.
    """
    waited, pause = 0.0, 0.05
    while True:
        number = _number(binding, send)
        if number is None or number != before or waited >= LONGEST_S / 2:
            return number
        sleep(pause)
        waited += pause
        pause = min(pause * 2, 1.0)
