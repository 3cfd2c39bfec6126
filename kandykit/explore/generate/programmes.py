"""Programmes: generated requests a few at a time, with looks at the stock between them.

Each is short, so that cutting it down stays cheap, and begins with what its requests need to be answered by success:
products, subscribers, orders. After each write somebody looks, so that "changed nothing" is really judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from kandykit.binding import Binding
from kandykit.calls import WRITES, Operation
from kandykit.explore.generate.cases import DRAWN, Cases, Documented, Phase
from kandykit.explore.generate.filling import Filler, Unfit
from kandykit.explore.steps import Create, Delete, ListOrders, Look, Programme, Raw, Step, more

TOGETHER: Final = 6
"""So many generated requests share one programme."""

SATED: Final = 25
"""After so many cases in a row that come to what was sent before, an operation has no new ones."""

_STOCK: Final = 2


class Programmes:
    """What the contract suite plays, made of one document's cases for one target.

    ``room`` is how many products a programme may order. ``unfit`` counts the cases that were not sent, by the reason.
    """

    def __init__(self, cases: Cases, binding: Binding, *, room: int) -> None:
        self._cases = cases
        self._filler = Filler(binding, min(3, (room - _STOCK) // TOGETHER))
        self._room = room
        self.unfit: Counter[str] = Counter()
        self.unusable = dict(self._cases.unusable)

    def documented(self, operation: Operation) -> list[Documented]:
        """The document's operations that are this one of the contract."""
        return [found for found in self._cases.operations if self._filler.operation_of(found) is operation]

    def elsewhere(self) -> list[Documented]:
        """The document's operations that the contract does not name: nothing is generated for them."""
        return self.documented(Operation.OTHER)

    def of(self, operation: Operation, phase: Phase, most: int) -> Iterator[list[Step]]:
        """Programmes with all cases of one phase, or ``most`` of a phase that has no end."""
        batch: list[Raw] = []
        for raw in self._requests(operation, phase, most):
            if operation is Operation.CREATE_SUBSCRIBER and not raw.probe:
                # By itself: a target that loses products with each subscriber must not have lost the budget before
                # that is confirmed.
                yield self._programme(operation, [raw])
                continue
            batch.append(raw)
            if len(batch) == TOGETHER:
                yield self._programme(operation, batch)
                batch = []
        if batch:
            yield self._programme(operation, batch)

    def play(
        self,
        operation: Operation,
        phase: Phase,
        most: int,
        examine: Callable[[Programme], object],
        ended: Callable[[], bool] = lambda: False,
    ) -> int:
        """Give each programme to ``examine`` until it has ``ended``; returns how many there were."""
        played = 0
        for programme in self.of(operation, phase, most):
            if ended():
                break
            examine(programme)
            played += 1
        return played

    def _requests(self, operation: Operation, phase: Phase, most: int) -> Iterator[Raw]:
        seen: set[tuple[int, Raw]] = set()
        # What is odd about a read changes nothing and costs the most to draw.
        enough = most if operation in WRITES or phase is Phase.ALLOWED else most // 3
        for documented in self.documented(operation):
            made = repeated = 0
            for number, case in enumerate(self._cases.of(documented, phase)):
                if repeated > SATED or (phase in DRAWN and made == enough):
                    break
                repeated += 1
                try:
                    raw = self._filler.fill(case, number, *_labels(operation))
                except Unfit as reason:
                    self.unfit[str(reason)] += 1
                    continue
                # A delete means something else when it is made again, and when others were made before it.
                place = number if operation is Operation.DELETE_SUBSCRIBER else 0
                if (bare := (place, replace(raw, label="", probe=""))) in seen:
                    continue
                seen.add(bare)
                repeated = 0
                made += 1
                yield raw

    def _programme(self, operation: Operation, batch: list[Raw]) -> list[Step]:
        subscribers, orders = _labels(operation)
        stock = 1 if operation is Operation.CREATE_SUBSCRIBER else _STOCK
        steps: list[Step] = [Look(), ListOrders()] if operation is Operation.PLACE_ORDER else [Look()]
        if operation is not Operation.READ_INVENTORY:
            steps += [more(max(1, min(stock, self._room)), label=orders[0] if orders else ""), Look()]
        for label in subscribers:
            steps += [Create(label), Look()]
        for raw in batch:
            steps += [raw, Look()] if operation in WRITES or raw.method != "GET" else [raw]
        if steps[-1] != Look():
            steps.append(Look())
        if operation is Operation.PLACE_ORDER:
            steps.append(ListOrders())
        if operation is Operation.CREATE_SUBSCRIBER:
            # Deleting is a part of the programme, so that what shows only then can be shown again by its steps.
            for raw in batch:
                steps += [Delete(raw.label), Look()] if raw.label else []
        return steps


def _labels(operation: Operation) -> tuple[list[str], list[str]]:
    """The labels of the subscribers and orders that a programme begins with."""
    subscribers = ["s0", "s1"] if operation is Operation.DELETE_SUBSCRIBER else []
    return subscribers, ["o0"] if operation is Operation.READ_ORDERS else []
