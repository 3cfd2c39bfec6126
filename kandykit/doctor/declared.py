"""What shows without any call: whether the profile and the vendor's own document agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kandykit.binding import Binding
from kandykit.binding.keys import KEYS
from kandykit.binding.pointer import strangers
from kandykit.calls import Operation
from kandykit.doctor.remark import Remark, fine, odd, wrong
from kandykit.guess.outline import ITEM, Outline, Outlined
from kandykit.guess.spelling import guess, shared_prefix

_KEYS = {
    Operation.PLACE_ORDER: "order.path",
    Operation.READ_ORDERS: "order.read",
    Operation.READ_INVENTORY: "inventory.path",
    Operation.CREATE_SUBSCRIBER: "subscriber.path",
    Operation.DELETE_SUBSCRIBER: "subscriber.delete",
}


def document_remarks(binding: Binding, outline: Outline) -> Iterator[Remark]:
    """Whether each operation of the binding is in the document, and what its requests lack there."""
    prefix = _prefix(outline, binding)
    here = {
        (each.method, path): each for each in outline.operations for path in [_bare(each.template.removeprefix(prefix))]
    }
    guessed = guess(outline, binding.base_url)
    for (method, template), operation in binding.operations.items():
        key = "order.list_path" if (method, template) == ("GET", binding.list_path) else _KEYS[operation]
        found = here.get((method, template))
        if found is None:
            likely = guessed.binding.get(key)
            differs = likely is not None and likely != binding.spelling[key]
            remedy = (
                f'write {key} = "{likely}", as the document has it' if differs else f"correct {key} ({KEYS[key].says})"
            )
            yield wrong(key, f"the document has no {method} {template.replace('{}', '{...}')}", remedy)
            continue
        yield fine(key, f"the document has {found.label}")
        yield from _place_remarks(binding, operation, found)
        if operation in (Operation.PLACE_ORDER, Operation.CREATE_SUBSCRIBER):
            yield from _asked_remarks(binding, operation, found)
    for key in ("order.increment", "order.decrement"):
        likely = guessed.binding.get(key)
        if likely is not None and likely.split()[0] not in binding.spelling[key].split() and binding.sent["order.kind"]:
            yield odd(key, f"the document's word seems to be {likely}", f'if so, write {key} = "{likely}"')


def _place_remarks(binding: Binding, operation: Operation, found: Outlined) -> Iterator[Remark]:
    """Whether the parameter by which a deletion names the identity is a declared one."""
    place, _, name = binding.spelling["subscriber.delete"].partition(":")
    if operation is not Operation.DELETE_SUBSCRIBER or place not in ("query", "header"):
        return
    declared = [each.name for each in found.parameters if each.place == place]
    if name.lower() not in [each.lower() for each in declared]:
        others = ", ".join(f"{each.place}:{each.name}" for each in found.parameters) or "none at all"
        yield wrong(
            "subscriber.delete",
            f"{found.label} has no {place} parameter {name}; it has {others}",
            "write the one it has",
        )


def _asked_remarks(binding: Binding, operation: Operation, found: Outlined) -> Iterator[Remark]:
    """Whether the bodies that the kit would send have what the document asks for, and nothing else."""
    what = "order" if operation is Operation.PLACE_ORDER else "subscriber"
    leaves = {_pointer(each.path): each for each in found.asked if each.is_leaf and ITEM not in each.path}
    if not leaves:
        return
    sent = binding.known_members(what)
    missing = [pointer for pointer, each in leaves.items() if each.required and pointer not in sent]
    for pointer in missing:
        yield wrong(
            f"{what}.also",
            f"{found.label} asks for {pointer}, which no request of the kit has",
            f"point the key that means it there, or give it a value in {what}.also",
        )
    body = binding.order_body(next(iter(binding.words)), 1) if what == "order" else binding.subscriber_body("a@b.c")
    lists = any(ITEM in each.path for each in found.asked)
    for pointer in [] if lists else strangers(body, leaves):
        yield wrong(
            f"{what}.wrap" if pointer.count("/") == 1 and binding.spelling[f"{what}.wrap"] else what,
            f"requests of the kit have {pointer}, which {found.label} does not know in the document",
            "point the key that means it to where the document has it",
        )


def _prefix(outline: Outline, binding: Binding) -> str:
    return shared_prefix([each.template for each in outline.operations], binding.base_url)


def _bare(template: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", template)


def _pointer(path: tuple[str, ...]) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
