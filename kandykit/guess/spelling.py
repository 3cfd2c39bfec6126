"""Every key of the binding, guessed from a document's members, each with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kandykit.binding.keys import DEFAULTS
from kandykit.binding.keys import words_of as words_in
from kandykit.calls import PRODUCT
from kandykit.guess import vocabulary as words
from kandykit.guess.outline import ITEM, Member, Outline, Outlined
from kandykit.guess.roles import Roles, roles_of


@dataclass(frozen=True, slots=True)
class Guess:
    """One key's value and why; ``sure`` is false where somebody should look at it."""

    key: str
    value: str
    why: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Guessed:
    """All guesses about a document: keys of the binding, ``identity`` (who chooses it; empty: tried), and remarks."""

    outline: Outline
    roles: Roles
    guesses: tuple[Guess, ...]
    identity: str
    remarks: tuple[str, ...]

    @property
    def binding(self) -> dict[str, str]:
        """The keys that differ from the default."""
        return {each.key: each.value for each in self.guesses if each.value != DEFAULTS[each.key]}


def guess(outline: Outline, base_url: str = "") -> Guessed:
    """Guess the binding of a document; ``base_url`` is the target's, which may hold the first part of every path."""
    return _Guesser(outline, roles_of(outline), base_url).all()


_SENSES: Final = {"open": words.OPEN, "done": words.DONE, "not_done": words.NOT_DONE}
_KINDS: Final = {"more": words.MORE, "fewer": words.FEWER}


class _Guesser:
    def __init__(self, outline: Outline, roles: Roles, base_url: str) -> None:
        self.outline = outline
        self.roles = roles
        self.found: dict[str, Guess] = {}
        self.remarks = [f"{operation}: the document has nothing like it" for operation in roles.missing]
        self.used: dict[str, set[tuple[str, ...]]] = {"order": set(), "subscriber": set()}
        self.identity = ""
        # Some documents repeat the base path in every path.
        self.prefix = shared_prefix([each.template for each in outline.operations], base_url)

    def all(self) -> Guessed:
        self._orders()
        self._inventory()
        self._subscribers()
        guesses = tuple(self.found[key] for key in DEFAULTS if key in self.found)
        return Guessed(self.outline, self.roles, guesses, self.identity, tuple(self.remarks))

    def say(self, key: str, value: str, why: str, *, sure: bool = True) -> None:
        self.found.setdefault(key, Guess(key, value, why, sure))

    def path(self, each: Outlined) -> str:
        return each.template.removeprefix(self.prefix)

    # -- orders -------------------------------------------------------------------------------------------------

    def _orders(self) -> None:
        roles = self.roles
        place, orders, one = roles.place, roles.orders, roles.one_order
        if place is not None:
            self.say("order.path", self.path(place), roles.why["place"])
        if orders is not None and place is not None and orders.template != place.template:
            self.say("order.list_path", self.path(orders), roles.why["orders"])
        given = place.given if place is not None and place.given else ()
        listed = orders.given if orders is not None else ()
        alone = one.given if one is not None else ()
        source = (place if given else orders if listed else one) or place
        shown = given or listed or alone
        if source is None:
            return
        number = self._best(
            [each for each in shown if each.is_text or each.is_number],
            words.NUMBER,
            lambda each: -3 if each.words else 0,
        )
        home = _envelope(shown, number)
        self._order_members(source, _within(shown, home), number, home)
        if given and place is not None and home:
            self.say("order.envelope", _pointer(home), f"there the order stands in the answer to {place.label}")
        if orders is not None:
            self._listed(orders, number)
        self._single(one, orders, number)
        if place is not None:
            self._asked_order(place)

    def _order_members(
        self, source: Outlined, members: Sequence[Member], number: Member | None, home: tuple[str, ...]
    ) -> None:
        seen = f"in the answer to {source.label}"
        if number is not None:
            self._member("order.number", number, seen, home)
        taken = {number.path} if number else set()
        status = self._best(
            [each for each in members if each.is_leaf and not each.is_number and each.path not in taken],
            words.STATUS,
            lambda each: 2.0 * bool(words.best_words(each.words, _SENSES)["done"]),
        )
        if status is None:
            self.say("order.status", "", f"nothing {seen} says how the order stands", sure=not members)
        else:
            self._member("order.status", status, seen, home)
            self._states(status)
        created = self._best(
            [each for each in members if each.path not in taken and (each.is_text or each.is_number)],
            words.CREATED,
            lambda each: 2.0 * (each.said("format") == "date-time"),
        )
        if created is None:
            self.say("order.created_at", "", f"nothing {seen} says when it was placed")
        else:
            self._member("order.created_at", created, seen, home)
        self._amount(members, seen, home)
        product = self._best([each for each in members if each.is_text], words.PRODUCT, _is_product)
        if product is None:
            self.say("order.product", "", f"nothing {seen} names the product")
        else:
            self._member("order.product", product, seen, home)
            self._product(product)

    def _states(self, status: Member) -> None:
        if not status.words:
            return
        sorted_out = words.best_words(status.words, _SENSES)
        unknown = [word for word in status.words if not words.sense(word, _SENSES)]
        for sense, key in (("open", "order.open"), ("done", "order.done"), ("not_done", "order.not_done")):
            ordinary = {word.lower() for word in words_in(DEFAULTS[key])}
            if any(str(word).lower() not in ordinary for word in sorted_out[sense]):
                self.say(key, _written(sorted_out[sense]), f"of the words of {status.name!r}, these sound like it")
        if unknown:
            said = ", ".join(map(str, unknown))
            self.remarks.append(f"order.status: what {said} means is unknown; add each to order.open, done or not_done")

    def _amount(self, members: Sequence[Member], seen: str, home: tuple[str, ...]) -> None:
        """Quantity and kind, as answers show them: with a word, with a sign, or in two members."""
        numbers = [each for each in members if each.is_number]
        lines = self._lines(numbers)
        if lines is not None:
            more, fewer = lines
            self._member("order.quantity", more, f"{seen}; {fewer.name!r} beside it says how many fewer", home)
            self._member("order.quantity_less", fewer, seen, home)
            self.say("order.kind", DEFAULTS["order.kind"], "two members say it, so no word is needed")
            return
        quantity = self._best(numbers, words.QUANTITY, lambda each: 0)
        if quantity is not None:
            self._member("order.quantity", quantity, seen, home)
        kind = self._kind(members)
        if kind is not None:
            self._member("order.kind", kind, seen, home)

    def _kind(self, members: Sequence[Member]) -> Member | None:
        def telling(each: Member) -> float:
            found = words.best_words(each.words, _KINDS)
            return 6.0 * (len(found["more"]) == 1 and len(found["fewer"]) == 1) + 2.0 * bool(found["fewer"])

        candidates = [each for each in members if each.is_leaf and not each.is_number]
        found = self._best(candidates, words.KIND, telling, least=2.5)
        return found if found is not None and (not found.words or telling(found) > 0) else None

    def _lines(self, numbers: Sequence[Member]) -> tuple[Member, Member] | None:
        sides: dict[str, Member] = {}
        for each in numbers:
            side = words.sense(each.name, _KINDS)
            if side:
                sides.setdefault(side, each)
        return (sides["more"], sides["fewer"]) if len(sides) == 2 else None

    def _product(self, member: Member) -> None:
        known = [str(word) for word in member.words]
        example = member.said("const", "example", "default")
        if len(known) == 1:
            self.say("product", known[0], f"the only value that {member.name!r} may have")
        elif PRODUCT in known or example == PRODUCT:
            self.say("product", PRODUCT, f"the document names it at {member.name!r}")
        elif known:
            likely = next((word for word in known if re.search("video|voice", word, re.IGNORECASE)), known[0])
            self.say("product", likely, f"one of the values of {member.name!r}: {', '.join(known)}", sure=False)
        elif isinstance(example, str) and example:
            self.say("product", example, f"the example of {member.name!r}", sure=False)

    def _listed(self, orders: Outlined, number: Member | None) -> None:
        if number is None:
            return
        same = [each for each in orders.given if each.name == number.name and ITEM in each.path]
        arrays = [each for each in orders.given if "array" in each.types]
        if not same and not arrays:
            return
        if same:
            path = min(same, key=lambda each: len(each.path)).path
            at = len(path) - 1 - path[::-1].index(ITEM)
            home, item = path[:at], path[at + 1 : -1]
        else:
            home, item = arrays[0].path, ()
        self.say("order.list", _pointer(home), f"there the list stands in the answer to {orders.label}")
        if item:
            self.say("order.item", _pointer(item), "there the order stands in each item of that list")

    def _single(self, one: Outlined | None, orders: Outlined | None, number: Member | None) -> None:
        asked = None
        if orders is not None:
            queries = [each for each in orders.parameters if each.place == "query"]
            asked = max(queries, key=lambda each: words.fit(each.name, words.NUMBER), default=None)
            if asked is not None and words.fit(asked.name, words.NUMBER) < 2:
                asked = None
        if one is not None:
            template = self.path(one)
            bare = re.sub(r"\{[^{}]*\}", "{}", template)
            collection = self.found.get("order.list_path") or self.found.get("order.path")
            plain = collection is not None and bare == f"{collection.value}/{{}}"
            self.say("order.read", "path" if plain else f"path:{bare}", f"{one.label} reads one")
            members = one.given
            same = next((each for each in members if number and each.name == number.name), None)
            home = _envelope(members, same)
            inside = home[: home.index(ITEM)] if ITEM in home else home
            self.say("order.one", _pointer(inside), f"there the order stands in the answer to {one.label}")
        elif asked is not None and orders is not None:
            self.say("order.read", f"query:{asked.name}", f"{orders.label} has a query parameter of that name")
            listed = self.found.get("order.list")
            if listed is not None:
                self.say("order.one", listed.value, "as in the answer without that parameter")
        elif orders is not None:
            self.say("order.read", "list", f"{orders.label} has no parameter that names an order")

    def _asked_order(self, place: Outlined) -> None:
        members, wrap = _unwrapped(place.asked)
        if wrap:
            self.say("order.wrap", _pointer(wrap), f"the body of {place.label} has only that member at its top")
        seen = f"in the body of {place.label}"
        numbers = [each for each in members if each.is_number]
        lines = self._lines(numbers)
        kind = None
        if lines is None:
            quantity = self._best(numbers, words.QUANTITY, lambda each: 1.0 * each.required)
            kind = self._kind(members)
            if quantity is not None:
                self._sent("order.quantity", "order.sent_quantity", quantity, wrap, seen)
            if kind is not None:
                self._sent("order.kind", "order.sent_kind", kind, wrap, seen)
                self._kind_words(kind)
            else:
                signed = quantity is not None and (quantity.said("minimum") or -1) < 0
                if signed and "order.kind" not in self.found:
                    why = f"nothing {seen} says more or fewer, and {quantity.name!r} may be negative"  # type: ignore[union-attr]
                    self.say("order.kind", "", why)
                elif "order.kind" not in self.found:
                    self.say("order.kind", "", f"nothing {seen} says more or fewer", sure=False)
        else:
            for key, member in zip(("order.quantity", "order.quantity_less"), lines, strict=True):
                self.say(key, _pointer(member.path[len(wrap) :]), f"{member.name!r} {seen}")
                self.used["order"].add(member.path)
        product = self._best([each for each in members if each.is_text and each != kind], words.PRODUCT, _is_product)
        if product is not None:
            self._sent("order.product", "order.sent_product", product, wrap, seen)
            self._product(product)
        elif "order.product" in self.found and self.found["order.product"].value:
            self.say("order.sent_product", "", f"nothing {seen} names the product")
        else:
            self.say("order.product", "", f"nothing {seen} names the product")
        self._others("order", place, members)

    def _kind_words(self, kind: Member) -> None:
        found = words.best_words(kind.words, _KINDS)
        for side, key in (("more", "order.increment"), ("fewer", "order.decrement")):
            if found[side]:
                self.say(key, _written(found[side]), f"of the words of {kind.name!r}, this sounds like {side}")
        if kind.words and not (found["more"] and found["fewer"]):
            said = ", ".join(map(str, kind.words))
            if len(kind.words) == 2:
                backwards = kind.words[0] in found["fewer"] or kind.words[1] in found["more"]
                first, second = reversed(kind.words) if backwards else kind.words
                why = f"one of the two words of {kind.name!r}"
                self.say("order.increment", _written([first]), why, sure=False)
                self.say("order.decrement", _written([second]), why, sure=False)
            self.remarks.append(f"order.kind: which of {said} means more and which fewer is not certain")

    # -- inventory ----------------------------------------------------------------------------------------------

    def _inventory(self) -> None:
        read = self.roles.inventory
        if read is None:
            return
        self.say("inventory.path", self.path(read), self.roles.why["inventory"])
        seen = f"in the answer to {read.label}"
        numbers = [each for each in read.given if each.is_number]
        chosen: dict[str, Member] = {}
        for key, meaning in (("total", words.TOTAL), ("used", words.USED), ("available", words.AVAILABLE)):
            left = [each for each in numbers if each not in chosen.values()]
            found = self._best(left, meaning, lambda each: 0, least=2)
            if found is not None:
                chosen[key] = found
        if not chosen and len(numbers) == 1:
            member = numbers[0]
            home = member.path[: -1 if member.path[-1] != ITEM else None]
            self.say("inventory.number", _pointer(member.path[len(home) :]), f"the only number {seen}", sure=False)
            chosen = {"": member}
        if not chosen:
            self.remarks.append(f"inventory: no number {seen} looks like total, used or available")
            return
        first = next(iter(chosen.values()))
        home = first.parent
        for key in ("total", "used", "available"):
            if key in chosen:
                self._member(f"inventory.{key}", chosen[key], seen, home)
            else:
                self.say(f"inventory.{key}", "", f"no number {seen} looks like it")
        rows = home[: home.index(ITEM)] if ITEM in home else home
        form = "a list" if ITEM in home else "one object" if home else "the answer itself"
        self.say("inventory.rows", _pointer(rows), f"there the numbers stand, {form}")
        product = self._best(
            [each for each in read.given if each.is_text and each.parent == home], words.PRODUCT, _is_product
        )
        if product is None:
            self.say("inventory.product", "", f"nothing beside the numbers {seen} names a product")
        else:
            self._member("inventory.product", product, seen, home)
            self._product(product)

    # -- subscribers --------------------------------------------------------------------------------------------

    def _subscribers(self) -> None:
        create, delete = self.roles.create, self.roles.delete
        if create is not None:
            self.say("subscriber.path", self.path(create), self.roles.why["create"])
            self._created(create)
        if delete is not None:
            self._deleting(create, delete)
        if create is not None:
            members, _ = _unwrapped(create.asked)
            self._others("subscriber", create, members)

    def _created(self, create: Outlined) -> None:
        seen = f"in the answer to {create.label}"
        hint = self.roles.delete.parameters[-1].name if self.roles.delete and self.roles.delete.parameters else ""
        texts = [each for each in create.given if each.is_leaf and not each.words]
        identity = self._best(
            texts,
            words.IDENTITY,
            lambda each: 3.0 * (each.name == hint) - 4.0 * (words.fit(each.name, words.PASSWORD) > 0),
        )
        home = _envelope(create.given, identity)
        if home:
            self.say("subscriber.envelope", _pointer(home), f"there the subscriber stands {seen}")
        if identity is not None:
            self._member("subscriber.identity", identity, seen, home)
            self._domain(identity)
        secret = self._best(
            [each for each in texts if each != identity],
            words.PASSWORD,
            lambda each: 3.0 * (each.said("format") == "password"),
        )
        if secret is None:
            self.say("subscriber.password", "", f"nothing {seen} looks like a password")
        else:
            self._member("subscriber.password", secret, seen, home)
        product = self._best([each for each in create.given if each.is_text], words.PRODUCT, _is_product)
        if product is None:
            self.say("subscriber.product", "", f"nothing {seen} names the product")
        else:
            self._member("subscriber.product", product, seen, home)
        self._asked_subscriber(create, identity)

    def _asked_subscriber(self, create: Outlined, identity: Member | None) -> None:
        members, wrap = _unwrapped(create.asked)
        if wrap:
            self.say("subscriber.wrap", _pointer(wrap), f"the body of {create.label} has only that member at its top")
        seen = f"in the body of {create.label}"
        product = self._best([each for each in members if each.is_text], words.PRODUCT, _is_product)
        if product is not None:
            if self.found["subscriber.product"].value == "":
                self.found.pop("subscriber.product")
            self._sent("subscriber.product", "subscriber.sent_product", product, wrap, seen)
            self._product(product)
        elif self.found["subscriber.product"].value:
            self.say("subscriber.sent_product", "", f"nothing {seen} names the product")
        texts = [each for each in members if each.is_text and not each.words and each != product]
        asked = self._best(
            texts,
            words.IDENTITY,
            lambda each: (
                4.0 * (identity is not None and each.name == identity.name)
                - 4.0 * (words.fit(each.name, words.PASSWORD) > 0)
            ),
        )
        if asked is None:
            self.say("subscriber.sent_identity", "", f"nothing {seen} is an identity, so the target chooses it")
            self.identity = "server"
        else:
            self._sent("subscriber.identity", "subscriber.sent_identity", asked, wrap, seen)
            self._domain(asked)
            self.identity = "caller" if asked.required else ""

    def _domain(self, identity: Member) -> None:
        example = identity.said("example", "default")
        examples = identity.said("examples")
        if example is None and isinstance(examples, list) and examples:
            example = examples[0]
        if isinstance(example, str) and "@" in example:
            self.say("subscriber.domain", example.rpartition("@")[2], f"as in the example of {identity.name!r}")

    def _deleting(self, create: Outlined | None, delete: Outlined) -> None:
        template = self.path(delete)
        bare = re.sub(r"\{[^{}]*\}", "{}", template)
        home = self.path(create) if create else ""
        why = self.roles.why["delete"]
        if "{}" in bare:
            plain = bare == f"{home}/{{}}"
            self.say("subscriber.delete", "path" if plain else f"path:{bare}", f"{why}; its path names the identity")
            return
        if template != home:
            self.say("subscriber.delete_path", template, why)
        ranked = sorted(
            (each for each in delete.parameters if each.place in ("query", "header")),
            key=lambda each: -words.fit(each.name, words.IDENTITY) - 2 * each.required,
        )
        if ranked and (ranked[0].required or words.fit(ranked[0].name, words.IDENTITY) > 0):
            self.say("subscriber.delete", f"{ranked[0].place}:{ranked[0].name}", f"a parameter of {delete.label}")
            return
        identity = self._best([each for each in delete.asked if each.is_leaf], words.IDENTITY, lambda each: 1.0)
        if identity is not None:
            self.say("subscriber.delete", f"body:{_pointer(identity.path)}", f"a member of the body of {delete.label}")
        else:
            self.remarks.append(f"subscriber.delete: nothing in {delete.label} names the subscriber")

    # -- pieces -------------------------------------------------------------------------------------------------

    def _best(
        self, members: Iterable[Member], meaning: Mapping[str, float], more: Any, *, least: float = 1.5
    ) -> Member | None:
        """The member whose name, and what else is known of it, fits a meaning best; none where none fits."""
        ranked = [
            (words.fit(each.name, meaning) + more(each) - 0.1 * len(each.path), -index, each)
            for index, each in enumerate(members)
            if each.path and each.path[-1] != ITEM
        ]
        if not ranked:
            return None
        score, _, best = max(ranked, key=lambda one: one[:2])
        return best if score >= least - 0.1 * len(best.path) else None

    def _member(self, key: str, member: Member, seen: str, home: tuple[str, ...]) -> None:
        pointer = _pointer(member.path[len(home) :]) if member.path[: len(home)] == home else _pointer(member.path)
        kind = "/".join(sorted(member.types)) or "any value"
        closed = f", one of {', '.join(map(str, member.words[:5]))}" if len(member.words) > 1 else ""
        self.say(key, pointer, f"{member.name!r} {seen} is {kind}{closed}")

    def _sent(self, key: str, sent_key: str, member: Member, wrap: tuple[str, ...], seen: str) -> None:
        """A member of a request: where answers have it elsewhere, or not at all, it is said apart."""
        pointer = _pointer(member.path[len(wrap) :])
        self.used[key.partition(".")[0]].add(member.path)
        known = self.found.get(key)
        if known is None:
            self.say(key, pointer, f"{member.name!r} {seen}")
        elif known.value != pointer:
            self.say(sent_key, pointer, f"{member.name!r} {seen}")

    def _others(self, what: str, source: Outlined, members: Sequence[Member]) -> None:
        """Members that the document asks for and the contract has no name for."""
        also: dict[str, Any] = {}
        for each in members:
            if not each.required or not each.is_leaf or each.path in self.used[what] or ITEM in each.path:
                continue
            value = each.words[0] if each.words else each.said("default", "example")
            if value is None:
                self.remarks.append(
                    f"{what}.also: {source.label} asks for {_pointer(each.path)}, and no value for it is known"
                )
                continue
            inside = also
            for name in each.path[:-1]:
                inside = inside.setdefault(name, {})
            inside[each.name] = value
        if also:
            why = f"{source.label} asks for it; the value is the document's own"
            self.say(f"{what}.also", json.dumps(also), why, sure=False)


def _is_product(each: Member) -> float:
    return 3.0 * (PRODUCT in each.words) + 1.0 * (len(each.words) == 1)


def _envelope(members: Sequence[Member], member: Member | None) -> tuple[str, ...]:
    """What a member stands in."""
    return member.parent if member is not None else ()


def _within(members: Sequence[Member], home: tuple[str, ...]) -> list[Member]:
    return [each for each in members if each.path[: len(home)] == home and len(each.path) > len(home)]


def _unwrapped(members: Sequence[Member]) -> tuple[list[Member], tuple[str, ...]]:
    """The members of a body below whatever it is wrapped in: objects that are alone at their level."""
    wrap: tuple[str, ...] = ()
    while True:
        inside = [each for each in members if each.path[:-1] == wrap and len(each.path) == len(wrap) + 1]
        if len(inside) != 1 or inside[0].types & {"string", "integer", "number", "boolean"}:
            break
        if inside[0].name == ITEM or "array" in inside[0].types:
            break
        wrap = inside[0].path
    return _within(members, wrap), wrap


def _pointer(path: Iterable[str]) -> str:
    parts = ["0" if part == ITEM else part for part in path]
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)


def _written(found: Sequence[Any]) -> str:
    """Words as the binding has them: parted by commas where one has a blank."""
    texts = [str(word).lower() if isinstance(word, bool) else str(word) for word in found]
    if any(" " in text for text in texts):
        return ", ".join(texts) + ("," if len(texts) == 1 else "")
    return " ".join(texts)


def shared_prefix(templates: Sequence[str], base_url: str) -> str:
    """The first part of every path, where the base URL ends with it."""
    if not base_url or not templates:
        return ""
    split = [template.split("/")[1:-1] for template in templates]
    shared: list[str] = []
    for column in zip(*split, strict=False):
        if len(set(column)) > 1 or "{" in column[0]:
            break
        shared.append(column[0])
    prefix = "/" + "/".join(shared) if shared else ""
    return prefix if prefix and base_url.rstrip("/").endswith(prefix) else ""
