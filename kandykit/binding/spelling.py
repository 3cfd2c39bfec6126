"""What a spelling says of the target as a whole: its paths, and which operation is found where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from kandykit.binding.keys import DEFAULTS, SAME, complaint_about, members_of, words_of
from kandykit.binding.pointer import leaf
from kandykit.calls import Operation, OrderKind, Stage
from kandykit.errors import ProfileError

_PARAMETER: Final = re.compile(r"\{[^{}/]*\}")


class Spelling:
    """One target's spelling; raises `ProfileError` for a key that is none, or a value that it cannot have."""

    def __init__(self, base_url: str, token_url: str, spelling: Mapping[str, str] | None = None) -> None:
        for key, value in (spelling or {}).items():
            if key not in DEFAULTS:
                raise ProfileError(
                    f"binding.{key} is no key of the binding. Known keys: {', '.join(sorted(DEFAULTS))}."
                )
            if complaint := complaint_about(key, value):
                raise ProfileError(f"binding.{key} {complaint}")
        self.base_url = base_url.rstrip("/")
        self.token_url = token_url
        self.spelling: dict[str, str] = {**DEFAULTS, **(spelling or {})}
        spell = self.spelling
        self._base_path = urlsplit(self.base_url).path.rstrip("/")
        self._token_path = urlsplit(token_url).path
        self.list_path = _or_same(spell["order.list_path"], spell["order.path"])
        self.delete_path = _or_same(spell["subscriber.delete_path"], spell["subscriber.path"])
        self.one_order = self._template("order.read", self.list_path)
        self.one_subscriber = self._template("subscriber.delete", self.delete_path)
        self.number_means = ""
        self.words: Mapping[OrderKind, tuple[Any, ...]] = {
            kind: tuple(map(_literal, words_of(spell[f"order.{kind.value}"]))) for kind in OrderKind
        }
        self._stages = {
            word.lower(): stage
            for key, stage in (
                ("order.open", Stage.OPEN),
                ("order.done", Stage.DONE),
                ("order.not_done", Stage.NOT_DONE),
            )
            for word in words_of(spell[key])
        }

    @cached_property
    def spelled_otherwise(self) -> dict[str, str]:
        """The keys that differ from the default spelling."""
        return {key: value for key, value in self.spelling.items() if DEFAULTS[key] != value}

    @property
    def reads_single_orders(self) -> bool:
        """Whether one order can be read by its number."""
        return self.spelling["order.read"] != "list"

    @property
    def caller_may_choose(self) -> bool:
        """Whether a request for a subscriber has a place for an identity."""
        return bool(self.sent["subscriber.identity"])

    def understand(self, meaning: str) -> None:
        """From now on the inventory's one number is the ``total``, ``used`` or ``available``."""
        self.number_means = meaning

    # -- where members stand ------------------------------------------------------------------------------------

    @cached_property
    def sent(self) -> Mapping[str, str]:
        """Key -> the pointer of the member in a request; empty where it is not sent."""
        spell = self.spelling
        sent: dict[str, str] = {}
        for key in ("order.product", "order.kind", "order.quantity", "subscriber.product", "subscriber.identity"):
            kind, _, name = key.partition(".")
            pointer = _or_same(spell[f"{kind}.sent_{name}"], spell[key])
            sent[key] = pointer and spell[f"{kind}.wrap"] + pointer
        less = spell["order.quantity_less"]
        sent["order.quantity_less"] = less and spell["order.wrap"] + less
        if less:
            sent["order.kind"] = ""
        return sent

    @cached_property
    def also(self) -> Mapping[str, dict[str, Any]]:
        """``order`` and ``subscriber`` -> the further members that their requests have."""
        texts = {what: self.spelling[f"{what}.also"] for what in ("order", "subscriber")}
        return {what: json.loads(text) if text else {} for what, text in texts.items()}

    def known_members(self, what: str) -> list[str]:
        """The pointers of every member that a request for an ``order`` or a ``subscriber`` may have."""
        pointers = [pointer for key, pointer in self.sent.items() if pointer and key.startswith(what)]
        return pointers + list(_leaves(self.also[what], ""))

    def leaf(self, key: str) -> str:
        """The name of the member that a key's pointer ends at, as answers have it."""
        return leaf(self.spelling[key])

    @cached_property
    def members(self) -> Mapping[str, str]:
        """The name of each member that answers have -> its key; what is not shown has none."""
        return members_of(self.spelling)

    @property
    def public_words(self) -> list[str]:
        """The words of this spelling: members, paths and values that every answer may show."""
        spoken = [part for value in self.spelling.values() for part in re.split(r"[/\s,]+", value)]
        return [word for word in dict.fromkeys(spoken) if word]

    @property
    def plain_members(self) -> list[str]:
        """The members that this spelling gives a meaning of their own, so that what they hold is no password."""
        place = self.spelling["order.read"]
        asked = [place[6:]] if place.startswith("query:") else []
        return [*asked, *(name for name, key in members_of(self.spelling).items() if key != "subscriber.password")]

    # -- where operations are -----------------------------------------------------------------------------------

    @cached_property
    def operations(self) -> Mapping[tuple[str, str], Operation]:
        """Method and path below the base URL, with ``{}`` for a parameter -> the operation that is there."""
        spell = self.spelling
        known = {
            ("POST", spell["order.path"]): Operation.PLACE_ORDER,
            ("GET", self.list_path): Operation.READ_ORDERS,
            ("GET", spell["inventory.path"]): Operation.READ_INVENTORY,
            ("POST", spell["subscriber.path"]): Operation.CREATE_SUBSCRIBER,
            ("DELETE", self.one_subscriber or self.delete_path): Operation.DELETE_SUBSCRIBER,
        }
        if self.one_order:
            known["GET", self.one_order] = Operation.READ_ORDERS
        return known

    def operation_at(self, method: str, template: str) -> Operation:
        """The operation at a path as a document writes it (``/orders/{orderId}``)."""
        return self.operations.get((method, _PARAMETER.sub("{}", template)), Operation.OTHER)

    def methods_at(self, path: str) -> tuple[str, ...]:
        """The methods that the contract has at a path below the base URL, as it was sent; none for any other path."""
        return tuple(sorted(method for method, template in self.operations if _pattern(template).fullmatch(path)))

    def path_of(self, operation: Operation) -> str:
        """The path of an operation below the base URL, with ``{}`` for a parameter."""
        return next(path for (_, path), found in self.operations.items() if found is operation)

    def _template(self, key: str, collection: str) -> str:
        place, _, template = self.spelling[key].partition(":")
        return (template or f"{collection}/{{}}") if place == "path" else ""


@lru_cache(maxsize=256)
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, template.split("{}"))))


def _or_same(value: str, otherwise: str) -> str:
    return otherwise if value == SAME else value


def _literal(word: str) -> Any:
    """A word as JSON has it: true and false are no text there."""
    return {"true": True, "false": False}.get(word, word)


def _leaves(value: Any, above: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{above}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif above:
        yield above
