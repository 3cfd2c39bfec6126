"""Filling: a generated case becomes a step that means something to this target.

What a schema allows is mostly refused for another reason: a random order number is nobody's, a random quantity is
beyond any budget. So a case that the document allows gets the product, a quantity that the budget covers, a fresh
identity of ours, or one that the programme has made. A case that it forbids is left as it was drawn, but for what is
well-formed in it and could cost money or touch others; that it is still malformed is asked of the binding, which is
what the judge will ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from kandykit.binding import IDENTITY, Binding
from kandykit.binding.pointer import ABSENT, drop, get, put, strangers
from kandykit.calls import Malformed, Operation, OrderKind, OtherCall
from kandykit.explore.generate.cases import ABSENT as NO_BODY
from kandykit.explore.generate.cases import Case, Documented
from kandykit.explore.generate.request import FRESH, body_of, in_the_open, order, outgoing, subscriber
from kandykit.explore.steps import Raw
from kandykit.exposure import ABSURD

_SOMEBODY: Final = "kandykit-1@example.com"
_NUMBER: Final = "kandykit-1"
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")


class Unfit(Exception):
    """This case is not sent; the message says why."""


class Filler:
    """Fills the cases of one document for one target.

    ``most`` is the largest quantity that a filled order has.
    """

    def __init__(self, binding: Binding, most: int) -> None:
        self._binding = binding
        self._spelling: Mapping[str, str] = binding.spelling
        self._most = max(most, 1)

    def operation_of(self, documented: Documented) -> Operation:
        """Which operation of the contract this is; `Operation.OTHER` for what the contract does not name."""
        return self._binding.operation_at(*documented)

    def fill(self, case: Case, number: int, subscribers: list[str], orders: list[str]) -> Raw:
        """The step for a case, the ``number``-th of its programme; raises `Unfit`.

        ``subscribers`` and ``orders`` are labels that the programme has given by then.
        """
        operation = self.operation_of(case.operation)
        case = replace(case, path=dict(case.path), query=dict(case.query), headers=dict(case.headers))
        if case.body is not NO_BODY and not isinstance(case.body, bytes):
            case = replace(case, body=deepcopy(case.body))
        if case.method != case.operation.method:
            return self._by_another_method(case)
        if case.allowed:
            return self._allowed(case, operation, number, subscribers, orders)
        return self._forbidden(case, operation)

    # -- what the document allows -------------------------------------------------------------------------------

    def _allowed(self, case: Case, operation: Operation, number: int, subscribers: list[str], orders: list[str]) -> Raw:
        if operation is Operation.PLACE_ORDER:
            case = replace(case, body=self._order(case.body, number))
        elif operation is Operation.CREATE_SUBSCRIBER:
            case = replace(case, body=self._subscriber(case.body))
        elif operation is Operation.DELETE_SUBSCRIBER:
            case = self._naming(case, number, subscribers)
        elif operation is Operation.READ_ORDERS and number < len(orders):
            case = self._asking(case, order(orders[number]))
        step = _step(case, f"g{number}", "")
        call = self._meaning(step)
        if isinstance(call, Malformed) and not call.grey:
            raise Unfit(f"the document spells {operation} otherwise than the binding: {call.why}")
        # Odd and legal at once, so it may be refused: it is no call that has to be answered by success.
        return replace(step, probe=_probe(case)) if isinstance(call, Malformed | OtherCall) else step

    def _order(self, body: Any, number: int) -> Any:
        """An order of this target with a quantity that the budget covers: more or fewer as it was drawn."""
        sent = self._binding.sent
        self._only(body, "order")
        drawn = get(body, sent["order.quantity"])
        kind = tuple(OrderKind)[number % 2]
        if sent["order.kind"]:
            word = get(body, sent["order.kind"])
            kind = next((kind for kind, words in self._binding.words.items() if word == words[0]), kind)
        elif isinstance(drawn, int | float) and not sent["order.quantity_less"]:
            kind = OrderKind.DECREMENT if drawn < 0 else OrderKind.INCREMENT
        drop(body, sent["order.quantity"])
        drop(body, sent["order.quantity_less"])
        return _over(body, self._binding.order_body(kind, self._modest(drawn)))

    def _subscriber(self, body: Any) -> Any:
        """A subscriber of this target, with a fresh identity of ours where one was drawn."""
        self._only(body, "subscriber")
        pointer = self._binding.sent["subscriber.identity"]
        chosen = bool(pointer) and get(body, pointer) not in (None, ABSENT)
        return _over(body, self._binding.subscriber_body(FRESH if chosen else None))

    def _only(self, body: Any, what: str) -> None:
        """Leave out members that only this document knows: what they do is not the contract's business."""
        if not isinstance(body, dict):
            raise Unfit("the document has a body there that is no JSON object")
        for pointer in reversed(strangers(body, self._binding.known_members(what))):
            drop(body, pointer)

    def _modest(self, quantity: Any) -> int:
        return 1 + abs(int(quantity)) % self._most if isinstance(quantity, int | float) else 1

    def _naming(self, case: Case, number: int, subscribers: list[str]) -> Case:
        """Mostly a subscriber of ours, so that it is really deleted; now and then one that nobody has."""
        place, _, name = self._spelling["subscriber.delete"].partition(":")
        if number % 3 != 2 and subscribers:
            wanted = subscriber(subscribers[number % len(subscribers)])
        elif place == "path":
            # What was drawn stays, and the run's mark behind it makes sure that it is nobody's.
            wanted = next(iter(case.path.values()), "") + FRESH
        else:
            wanted = FRESH
        if place == "path":
            return replace(case, path=dict.fromkeys(_PARAMETER.findall(case.operation.template), wanted))
        if place == "query":
            return replace(case, query={**case.query, name: wanted})
        if place == "header":
            others = {key: value for key, value in case.headers.items() if key.lower() != name.lower()}
            return replace(case, headers={**others, name: wanted})
        body = case.body if isinstance(case.body, dict) else {}
        put(body, name, wanted)
        return replace(case, body=body)

    def _asking(self, case: Case, wanted: str) -> Case:
        place, _, name = self._spelling["order.read"].partition(":")
        if place == "path":
            return replace(case, path=dict.fromkeys(_PARAMETER.findall(case.operation.template), wanted))
        return replace(case, query={**case.query, name: wanted}) if place == "query" else case

    # -- what it forbids ----------------------------------------------------------------------------------------

    def _forbidden(self, case: Case, operation: Operation) -> Raw:
        if operation is Operation.PLACE_ORDER:
            case = self._if_still_malformed(case, self._tamed(case.body))
        elif operation is Operation.CREATE_SUBSCRIBER:
            case = self._if_still_malformed(case, self._ours(case.body))
        elif operation is Operation.DELETE_SUBSCRIBER and self._binding.one_subscriber:
            # Only headers can be odd about it: a path has no value that a document could forbid and HTTP carry.
            case = replace(case, path=dict.fromkeys(case.path, FRESH))
        step = _step(case, "", _probe(case))
        if not isinstance(self._meaning(step), Malformed | OtherCall) and case.method != "GET":
            raise Unfit("the document forbids it and the contract does not, so either answer is right")
        return step

    def _if_still_malformed(self, case: Case, body: Any) -> Case:
        """The case with another body, provided that the same is wrong with it."""
        if body is None or body == case.body:
            return case
        changed = replace(case, body=body)
        meanings = [self._meaning(_step(one, "", "")) for one in (case, changed)]
        return changed if isinstance(meanings[1], Malformed) and meanings[0] == meanings[1] else case

    def _tamed(self, value: Any) -> Any:
        """A JSON value whose numbers are small: a target that takes it all the same should not deliver thousands.

        Beyond what anybody could mean they stay, since only their size is what is odd about them.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | list | dict):
            return None if isinstance(value, bytes) else value
        if isinstance(value, list):
            return [self._tamed(item) for item in value]
        if isinstance(value, dict):
            return {name: self._tamed(item) for name, item in value.items()}
        if not abs(value) < ABSURD:
            return value
        sign = -1 if value < 0 else 1
        return sign * (abs(value) % 1 + abs(int(value)) % (self._most + 1)) if abs(value) > self._most else value

    def _ours(self, body: Any) -> Any:
        """A body whose identity is a fresh one of ours where it has a well-formed one."""
        pointer = self._binding.sent["subscriber.identity"]
        value = get(body, pointer) if pointer else None
        if not isinstance(value, str) or not IDENTITY.fullmatch(value):
            return None
        body = deepcopy(body)
        put(body, pointer, FRESH)
        return body

    def _by_another_method(self, case: Case) -> Raw:
        """A method that the path does not have; should it be served all the same, then with what is ours."""
        body = case.body
        if isinstance(body, dict):
            sent = self._binding.sent
            for quantity in filter(None, (sent["order.quantity"], sent["order.quantity_less"])):
                if isinstance(get(body, quantity), int):
                    put(body, quantity, 1)
            identity = sent["subscriber.identity"]
            if identity and isinstance(get(body, identity), str):
                put(body, identity, FRESH)
        return _step(replace(case, path=dict.fromkeys(case.path, FRESH)), "", _probe(case))

    def _meaning(self, step: Raw) -> Any:
        """What the judge will take the request for."""
        labels = _Anybody()
        made = outgoing(step, self._binding.base_url, labels, _Anybody(_NUMBER), lambda: _SOMEBODY)
        assert made is not None
        request = made[0]
        text = (request.body or b"").decode("utf-8", "surrogateescape")
        return self._binding.call_of(request.method, request.url, request.headers, text)


class _Anybody(dict[str, str]):
    """Labels that all stand for the same, where only the form of a request matters."""

    def __init__(self, value: str = _SOMEBODY) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, label: str) -> str:
        return self._value


def _probe(case: Case) -> str:
    return f"generated, {case.phase}: {case.about}" if case.about else f"generated, {case.phase}"


def _step(case: Case, label: str, probe: str) -> Raw:
    body, octets = body_of(case.octets())
    return Raw(case.method, in_the_open(case.url()), case.sent_headers(), body, octets, label, probe)


def _over(drawn: Any, good: Any) -> Any:
    """What was drawn, in its own order, with the members of a good body written over it."""
    if isinstance(drawn, dict) and isinstance(good, dict):
        kept = {name: _over(value, good[name]) if name in good else value for name, value in drawn.items()}
        return kept | {name: value for name, value in good.items() if name not in kept}
    return good
