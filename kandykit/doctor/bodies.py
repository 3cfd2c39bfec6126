"""What stands in a target's answers, key by key: is it where the binding says, and if not, where might it be?"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from kandykit.binding import Binding
from kandykit.binding.keys import words_of
from kandykit.binding.pointer import ABSENT, get, names
from kandykit.calls import OrderKind
from kandykit.doctor.remark import Remark, fine, odd, unseen, wrong
from kandykit.guess import vocabulary as words

MEANINGS: Final[Mapping[str, Mapping[str, float]]] = {
    "order.number": words.NUMBER,
    "order.kind": words.KIND,
    "order.quantity": words.QUANTITY,
    "order.product": words.PRODUCT,
    "order.status": words.STATUS,
    "order.created_at": words.CREATED,
    "inventory.product": words.PRODUCT,
    "inventory.total": words.TOTAL,
    "inventory.used": words.USED,
    "inventory.available": words.AVAILABLE,
}
"""The vocabulary of each key that answers to reads show."""

_DEEPEST: Final = 6
_SHOWN: Final = 60


def inventory_remarks(binding: Binding, body: Any) -> Iterator[Remark]:
    """What an answer to the read of the inventory says of each ``inventory`` key."""
    spell = binding.spelling
    rows = get(body, spell["inventory.rows"])
    if not isinstance(rows, dict | list):
        found = [pointer for pointer, value in _all(body) if isinstance(value, list)]
        rest = f'; a list stands at "{found[0]}": inventory.rows = "{found[0]}"' if found else ""
        yield wrong("inventory.rows", f'nothing at "{spell["inventory.rows"]}" in {_short(body)}', f"correct it{rest}")
        return
    row: Any = rows
    if isinstance(rows, list):
        row = yield from _row(binding, rows)
        if row is None:
            return
    else:
        yield fine("inventory.rows", "one object")
    shown: dict[str, int] = {}
    for name in ("total", "used", "available", "number"):
        key = f"inventory.{name}"
        if not spell[key]:
            continue
        value = get(row, spell[key])
        if isinstance(value, int) and not isinstance(value, bool):
            shown[name] = value
            yield fine(key, f"{value}, at {spell[key]}")
        elif value is ABSENT:
            yield _absent(binding, key, row, lambda value: isinstance(value, int) and not isinstance(value, bool))
        else:
            yield wrong(key, f"{_short(value)} at {spell[key]} is no whole number", "let it point to the number")
    if not shown:
        return
    if {"total", "used", "available"} <= shown.keys() and shown["total"] - shown["used"] != shown["available"]:
        yield odd(
            "inventory",
            f"total {shown['total']} less used {shown['used']} is not available {shown['available']}",
            "see that the three keys point to the right numbers; if they do, a run will call it a failure of L3",
        )
    if "number" in shown:
        yield unseen("inventory.number", "which of the three numbers it is, a run finds out by trying")


def _row(binding: Binding, rows: Sequence[Any]) -> Generator[Remark, None, Any]:
    spell = binding.spelling
    pointer, product = spell["inventory.product"], spell["product"]
    if not rows:
        yield unseen(
            "inventory.rows",
            "the list is empty, so its members cannot be seen",
            "an account without any order may look so; look again after the first one",
        )
        return None
    if not pointer:
        yield fine("inventory.rows", f"{len(rows)} rows, the first one counts")
        return rows[0]
    named = [get(row, pointer) for row in rows]
    if product in named:
        yield fine("inventory.rows", f"{len(rows)} rows, one of them of {product}")
        return rows[named.index(product)]
    if all(name is ABSENT for name in named):
        yield _absent(binding, "inventory.product", rows[0], lambda value: isinstance(value, str))
        return None
    seen = ", ".join(sorted({str(name) for name in named if name is not ABSENT}))
    yield wrong(
        "product", f"no row is of {product!r}; there are rows of {seen}", f'write product = "{seen.split(", ")[0]}"'
    )
    return None


def orders_remarks(binding: Binding, body: Any) -> Iterator[Remark]:
    """What an answer to the read of all orders says of each ``order`` key."""
    spell = binding.spelling
    found = get(body, spell["order.list"])
    if not isinstance(found, list):
        lists = [pointer for pointer, value in _all(body) if isinstance(value, list)]
        rest = f'; a list stands at "{lists[0]}": order.list = "{lists[0]}"' if lists else ""
        yield wrong("order.list", f'no list at "{spell["order.list"]}" in {_short(body)}', f"correct it{rest}")
        return
    yield fine("order.list", f"{len(found)} orders")
    if not found:
        yield unseen(
            "order", "there are no orders yet, so their members cannot be seen", "look again after the first one"
        )
        return
    orders = [get(item, spell["order.item"]) for item in found]
    if not any(isinstance(order, dict) for order in orders):
        yield wrong("order.item", f'no order at "{spell["order.item"]}" in {_short(found[0])}', "correct it")
        return
    order = next(order for order in orders if isinstance(order, dict))
    for key in ("order.number", "order.quantity", "order.kind", "order.product", "order.status", "order.created_at"):
        if spell[key] and not (key in ("order.quantity", "order.kind") and spell["order.quantity_less"]):
            yield from _order_key(binding, key, order)
    yield from _words(binding, orders)


def _order_key(binding: Binding, key: str, order: Any) -> Iterator[Remark]:
    value = get(order, binding.spelling[key])
    if value is ABSENT:
        remark = _absent(binding, key, order, lambda value: isinstance(value, str | int | bool))
        # A target need not show everything; what must be there is the number.
        yield (
            remark
            if key == "order.number" or remark.remedy.startswith("write")
            else odd(key, remark.said, f'if this target does not show it, write {key} = ""')
        )
    elif isinstance(value, dict | list):
        yield wrong(key, f"{_short(value)} stands at {binding.spelling[key]}", "let it point to the value itself")
    elif key == "order.product" and value != binding.spelling["product"]:
        yield odd(
            key, f"{_short(value)}, where product is {binding.spelling['product']!r}", "see that product is right"
        )
    else:
        yield fine(key, f"{_short(value)}, at {binding.spelling[key]}")


def _words(binding: Binding, orders: Sequence[Any]) -> Iterator[Remark]:
    """Whether every word that orders show is known, for how they stand and for more or fewer."""
    spell = binding.spelling
    known = {word.lower() for key in ("order.open", "order.done", "order.not_done") for word in words_of(spell[key])}
    states = {str(value) for order in orders if (value := get(order, spell["order.status"])) and _is_word(value)}
    strange = sorted(state for state in states if state.lower() not in known)
    if strange and spell["order.status"]:
        senses = {"open": words.OPEN, "done": words.DONE, "not_done": words.NOT_DONE}
        likely = words.sense(strange[0], senses) or "done"
        yield wrong(
            "order.done",
            f"what {', '.join(strange)} means is not said: no word of order.open, order.done or order.not_done",
            f'add each where it belongs; order.{likely} = "{strange[0]}" seems likely',
        )
    elif states and spell["order.status"]:
        yield fine("order.done", f"every state that orders show is known: {', '.join(sorted(states))}")
    if not spell["order.kind"] or spell["order.quantity_less"]:
        return
    kinds = [value for order in orders if (value := get(order, spell["order.kind"])) is not ABSENT and _is_word(value)]
    mapped = [word for kind in OrderKind for word in binding.words[kind]]
    strange = sorted({str(kind) for kind in kinds if kind not in mapped})
    if strange:
        side = words.sense(strange[0], {"increment": words.MORE, "decrement": words.FEWER}) or "increment"
        yield wrong(
            f"order.{side}",
            f"orders are {', '.join(strange)}, which is neither order.increment nor order.decrement",
            f'write order.{side} = "{strange[0]}"',
        )


def _is_word(value: Any) -> bool:
    return isinstance(value, str | bool) and value != ""


def _absent(binding: Binding, key: str, where: Any, fits: Any) -> Remark:
    """Nothing stands where a key points; names the member that looks most like it."""
    pointer = binding.spelling[key]
    said = f"nothing at {pointer} in {_short(where)}"
    similar = likely(key, where, fits, taken=set(binding.spelling.values()) - {pointer})
    if similar:
        return wrong(key, said, f'write {key} = "{similar}", which is there and looks like it')
    return wrong(key, said, f'let it point to where it stands, or write {key} = "" if it is not shown')


def likely(key: str, where: Any, fits: Any, taken: set[str]) -> str:
    """The pointer of the member that looks most like what a key means; empty where none does."""
    members = [(pointer, names(pointer)[-1]) for pointer, value in _all(where) if fits(value) and pointer not in taken]
    meaning = MEANINGS.get(key, {})
    ranked = sorted(members, key=lambda pair: -words.fit(pair[1], meaning))
    if ranked and words.fit(ranked[0][1], meaning) >= 1.5:
        return ranked[0][0]
    close = get_close_matches(key.partition(".")[2], [name for _, name in members], n=1, cutoff=0.7)
    return next((pointer for pointer, name in members if name in close), "")


def _all(value: Any, above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every member of objects below a value, with its pointer; lists are not entered."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, item in value.items():
            here = f"{above}/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield here, item
            yield from _all(item, here, depth + 1)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
