"""Epochs: what the racer needs of whoever sends calls together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from kandykit.calls import Call, Reply
from kandykit.exchange import Exchange, Intent
from kandykit.wire import Outgoing

Together = Callable[[Sequence[tuple[Outgoing, Intent]], Collection[int]], list[tuple[Exchange, Call, Reply]]]
"""Sends calls that leave together, but for those at some places, which follow the one before them."""
