"""Exposure: what a call could do to ``total`` if the target did the worst with it.

Two ways of counting. *At worst*, the target may turn any order round, take a malformed quantity for any number that
stands in the call, act on what it refuses, and lose or add a product with every subscriber: nothing that it is asked is
taken to be obeyed before an inventory read has shown it. *As meant*, it may do what it is asked and no more: so the
embedded mock is counted, where no product costs anything and every probe is wanted.

`docs/safety.md` has the table, and what no counting can bound.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import inf
from typing import Final
from urllib.parse import unquote

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    Malformed,
    Operation,
    OrderKind,
    OtherCall,
    PlaceOrder,
)

ABSURD: Final = 2**31
"""A larger quantity is no order that anybody means: its worst case counts as unbounded."""

READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing on a target that keeps the contract, nor on any that keeps HTTP."""

_NUMBER: Final = re.compile(r"\s*[+-]?(0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_THOUSANDS: Final = re.compile(r"\s*[+-]?\d{1,3}(?:[.,_' ]\d{3})+\s*")
_NUMBER_IN_TEXT: Final = re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a call could do to ``total``: raise it by ``up`` products, or lower it by ``down``."""

    up: float = 0
    down: float = 0


NOTHING: Final = Exposure()
ONE: Final = Exposure(up=1)
"""A subscriber that comes or goes must leave ``total`` alone; a target that counts wrong moves it by that one."""


def exposure_of(call: Call, method: str, url: str, body: str, *, worst: bool = True) -> Exposure:
    """The exposure of a call, at worst or (``worst`` false) as it is meant.

    Of a malformed order every number in it counts by its size, whatever its sign or type; without any number, or
    beyond `ABSURD`, it is unbounded. At worst a quantity of nothing is taken for one. A call that the contract does not
    name counts as an order if it could be one.
    """
    if method in READS:
        return NOTHING
    match call:
        case PlaceOrder():
            return _ordered(call.kind, call.quantity, worst)
        case Malformed(Operation.PLACE_ORDER):
            numbers = _numbers_in(url, body)
            size = sum(numbers) if numbers else inf
            if isinstance(call.meant, PlaceOrder):
                return _ordered(call.meant.kind, max(size if numbers else 0, call.meant.quantity), worst)
            return _both_ways(max(size, 1) if worst else size)
        case OtherCall() if method in ("POST", "PUT", "PATCH") and body:
            return _both_ways(max(1, sum(_numbers_in(url, body))))
        case CreateSubscriber() | DeleteSubscriber() | OtherCall() if worst:
            return ONE
        case Malformed(Operation.CREATE_SUBSCRIBER | Operation.DELETE_SUBSCRIBER | Operation.OTHER) if worst:
            return ONE
    return NOTHING


def _ordered(kind: OrderKind, quantity: float, worst: bool) -> Exposure:
    bounded = inf if quantity > ABSURD else quantity
    if kind is OrderKind.INCREMENT:
        return Exposure(up=bounded)
    return Exposure(up=bounded if worst else 0, down=bounded)


def _both_ways(size: float) -> Exposure:
    size = inf if size > ABSURD else size
    return Exposure(size, size)


def _numbers_in(url: str, body: str) -> list[float]:
    """The size of every number in a request, however it is written."""
    numbers = [_size(number) for number in _NUMBER_IN_TEXT.findall(unquote(url.partition("?")[2]))]
    try:
        # Members given twice must both be seen, so objects are read as lists of their members.
        parsed = json.loads(
            body, object_pairs_hook=lambda members: [value for _, value in members], parse_constant=_inf
        )
    except (ValueError, RecursionError):
        return numbers + [_size(number) for number in _NUMBER_IN_TEXT.findall(body)]
    waiting = [parsed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float):
            numbers.append(_size(str(abs(value))) if value == value else inf)
        elif isinstance(value, str) and _THOUSANDS.fullmatch(value):
            numbers.append(_size(re.sub(r"\D", "", value)))
        elif isinstance(value, str) and (found := _NUMBER.match(value)):
            numbers.append(_size(found[1]))
        elif isinstance(value, str):
            numbers += [_size(number) for number in _NUMBER_IN_TEXT.findall(value)]
    return numbers


def _inf(_: str) -> float:
    return inf


def _size(number: str) -> float:
    """A number's size, a fraction rounded up: nobody sells half a product."""
    value = float(int(number, 16)) if number[:2] in ("0x", "0X") else float(number)
    return value if value == inf else float(-(-value // 1))
