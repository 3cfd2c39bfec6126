"""Input that is taken though it is malformed, or that the server chokes on."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kandykit.mock.accounts import DECREMENT, INCREMENT, Account
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, bend
from kandykit.mock.call import Call, decode
from kandykit.mock.catalogue import Faults
from kandykit.mock.faults.business import any_sign_is_taken, new_order
from kandykit.mock.schemas import malformed
from kandykit.mock.settings import BASE_PATH, PRODUCT

validation = Faults("validation")


class Choked(Exception):
    """Raised where this server has a bug; it becomes a 500."""


def crash_answer(mock: Mock) -> Answer:
    """What a client sees of a crash."""
    return mock.answers.error(500, "Something went wrong.")


def crashing(mock: Mock, seam_owner: object, seam: str, when: Callable[..., bool]) -> None:
    """Let a seam raise where its arguments are such, and answer 500 then."""

    def around(original: Any) -> Any:
        def choking(*arguments: Any) -> Any:
            if when(*arguments):
                raise Choked
            return original(*arguments)

        return choking

    bend(seam_owner, seam, around)
    catching(mock)


def catching(mock: Mock) -> None:
    """Turn a crash inside an operation into a 500, where that is not done already."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            try:
                answer: Answer = await operate(account, call)
            except Choked:
                answer = crash_answer(mock)
            return answer

        return operating

    bend(mock.gateway, "operate", around)


def rewriting(mock: Mock, path: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Let a lenient server repair the object in a body before it is checked."""

    def around(json_object: Any) -> Any:
        def repaired(call: Call) -> dict[str, Any]:
            body: dict[str, Any] = json_object(call)
            if call.path == f"{BASE_PATH}/{path}":
                change(body)
            return body

        return repaired

    bend(mock.schemas, "json_object", around)


def default(mock: Mock, path: str, member: str, value: Any) -> None:
    """Let a missing member have a value of its own."""
    rewriting(mock, path, lambda body: body.setdefault(member, value))


def coerce(mock: Mock, path: str, member: str, change: Callable[[Any], Any]) -> None:
    """Let the value of a member be converted before it is checked."""

    def converted(body: dict[str, Any]) -> None:
        if member in body:
            body[member] = change(body[member])

    rewriting(mock, path, converted)


# Quantities.


@validation.breaks("R3", "H16")
def quantity_zero_accepted(mock: Mock) -> None:
    """An order of zero products is accepted and entered into the ledger."""
    bend(mock.schemas, "quantity", lambda check: lambda value: 0 if value == 0 and value is not False else check(value))


@validation.breaks("R3", "L1")
def negative_quantity_accepted(mock: Mock) -> None:
    """A negative quantity is accepted, and an increment of minus one takes a product away."""
    bend(mock.schemas, "quantity", lambda check: lambda value: -check(-value) if negative(value) else check(value))


@validation.breaks("R3")
def quantity_in_quotes_accepted(mock: Mock) -> None:
    """A quantity written as a string of digits is accepted."""
    coerce(mock, "order", "quantity", lambda value: int(value) if digits(value) else value)


@validation.breaks("R3")
def fraction_rounded_down(mock: Mock) -> None:
    """A quantity with a fraction is accepted and rounded down."""
    coerce(mock, "order", "quantity", lambda value: int(value) if fraction(value) else value)


@validation.breaks("R3")
def true_is_one(mock: Mock) -> None:
    """The quantity true is accepted as one."""
    coerce(mock, "order", "quantity", lambda value: 1 if value is True else value)


@validation.breaks("R3")
def missing_quantity_is_one(mock: Mock) -> None:
    """An order without a quantity is one for a single product."""
    default(mock, "order", "quantity", 1)


@validation.breaks("R3")
def null_quantity_is_one(mock: Mock) -> None:
    """The quantity null is accepted as one."""
    coerce(mock, "order", "quantity", lambda value: 1 if value is None else value)


@validation.breaks("R3")
def list_of_one_quantity_accepted(mock: Mock) -> None:
    """A list that holds one quantity is accepted in place of the quantity."""
    coerce(mock, "order", "quantity", lambda value: value[0] if isinstance(value, list) and value else value)


@validation.breaks("L1", "L8")
def quantity_kept_in_four_bits(mock: Mock) -> None:
    """Of a quantity above fifteen only the lowest four bits are added."""
    bend(
        mock.store,
        "change_total",
        lambda change: lambda account, delta: change(account, delta if delta < 0 else delta & 15),
    )


@validation.breaks("L6", "L1")
def quantity_kept_in_32_bits(mock: Mock) -> None:
    """Of a quantity that needs more than 32 bits the lowest 32 are ordered."""

    def around(quantity: Any) -> Any:
        def kept(value: Any) -> int:
            whole: int = quantity(value)
            return whole & 0xFFFFFFFF or whole

        return kept

    bend(mock.schemas, "quantity", around)


@validation.breaks("R3", "R7")
def huge_quantity_crashes(mock: Mock) -> None:
    """A quantity beyond 63 bits is answered with a server error."""
    crashing(mock, mock.schemas, "quantity", lambda value: isinstance(value, int) and abs(value) >= 2**63)


# Order types and products.


@validation.breaks("R3")
def half_a_surrogate_pair_crashes(mock: Mock) -> None:
    """A text that UTF-8 cannot hold, escaped as half a surrogate pair, ends in a 500."""

    def no_text(value: Any) -> bool:
        return isinstance(value, str) and value.encode(errors="ignore").decode() != value

    crashing(mock, mock.schemas, "product", no_text)


@validation.breaks("R3")
def order_type_in_any_letter_case(mock: Mock) -> None:
    """An order type in capitals is accepted."""
    coerce(mock, "order", "order_type", lambda value: value.lower() if isinstance(value, str) else value)


@validation.breaks("R3")
def decrement_in_any_letter_case(mock: Mock) -> None:
    """An order type in capitals is accepted if it means a decrement, and refused otherwise."""
    coerce(
        mock,
        "order",
        "order_type",
        lambda value: DECREMENT if isinstance(value, str) and value.lower() == DECREMENT else value,
    )


@validation.breaks("R3")
def unknown_order_type_is_increment(mock: Mock) -> None:
    """Every word that is not decrement is taken for increment."""
    coerce(
        mock,
        "order",
        "order_type",
        lambda value: INCREMENT if isinstance(value, str) and value != DECREMENT else value,
    )


@validation.breaks("R3")
def missing_order_type_is_increment(mock: Mock) -> None:
    """An order without a type is an increment."""
    default(mock, "order", "order_type", INCREMENT)


@validation.breaks("R3", "H16")
def order_type_of_another_kind_crashes(mock: Mock) -> None:
    """An order type that is no string is answered with a server error."""
    crashing(mock, mock.schemas, "order_type", lambda value: not isinstance(value, str))


@validation.breaks("R3")
def order_for_unknown_product_accepted(mock: Mock) -> None:
    """An order for a product that does not exist adds to the one that does."""
    coerce(mock, "order", "product_name", lambda value: PRODUCT if isinstance(value, str) else value)


@validation.breaks("R3")
def decrement_for_unknown_product_accepted(mock: Mock) -> None:
    """A decrement for a product that does not exist takes from the one that does."""

    def change(body: dict[str, Any]) -> None:
        if body.get("order_type") == DECREMENT and isinstance(body.get("product_name"), str):
            body["product_name"] = PRODUCT

    rewriting(mock, "order", change)


@validation.breaks("R3")
def subscriber_of_unknown_product_accepted(mock: Mock) -> None:
    """A subscriber of a product that does not exist is created with the one that does."""
    coerce(mock, "subscriber", "product_name", lambda value: PRODUCT if isinstance(value, str) else value)


@validation.breaks("R3")
def subscriber_without_product_accepted(mock: Mock) -> None:
    """A subscriber is created though the product is left out."""
    default(mock, "subscriber", "product_name", PRODUCT)


@validation.breaks("R3")
def order_without_product_accepted(mock: Mock) -> None:
    """An order is accepted though the product is left out."""
    default(mock, "order", "product_name", PRODUCT)


# Members and bodies.


@validation.breaks("R3")
def unknown_member_of_order_ignored(mock: Mock) -> None:
    """An order with a member that nobody knows is accepted."""
    keep_only(mock, "order", "product_name", "order_type", "quantity")


@validation.breaks("R3")
def unknown_member_of_subscriber_ignored(mock: Mock) -> None:
    """A subscriber with a member that nobody knows is created."""
    keep_only(mock, "subscriber", "product_name", "identity")


@validation.breaks("R3", "L8")
def status_of_order_can_be_sent(mock: Mock) -> None:
    """An order may bring its own status, and keeps it."""
    sent: list[str] = []

    def take(body: dict[str, Any]) -> None:
        sent[:] = [value] if isinstance(value := body.pop("status", None), str) else []

    def fulfilling(account: Account, order: Any) -> None:
        order.status = sent.pop() if sent else order.status

    rewriting(mock, "order", take)
    after(mock.store, "fulfil", fulfilling)


@validation.breaks("R3", "H16")
def broken_json_crashes(mock: Mock) -> None:
    """A body that is not JSON is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: bool(body) and not is_json(body))


@validation.breaks("R3", "H16")
def json_of_another_kind_crashes(mock: Mock) -> None:
    """A body that is JSON, but no object, is answered with a server error."""

    def no_object(call: Call) -> bool:
        return is_json(call.body) and not isinstance(json.loads(call.body), dict)

    crashing(mock, mock.schemas, "json_object", no_object)


@validation.breaks("R3")
def empty_body_is_an_order_for_one(mock: Mock) -> None:
    """An order without any body adds one product."""

    def around(parse: Any) -> Any:
        return lambda body: parse(body) if body else one_product()

    bend(mock.schemas, "content_type", lambda check: lambda call: check(call) if call.body else None)
    bend(mock.schemas, "parse", around)


@validation.breaks("R3")
def first_of_a_list_is_carried_out(mock: Mock) -> None:
    """A list of objects is accepted, and its first one is carried out."""

    def around(parse: Any) -> Any:
        def first(body: bytes) -> Any:
            value = parse(body)
            return value[0] if isinstance(value, list) and value else value

        return first

    bend(mock.schemas, "parse", around)


@validation.breaks("R3")
def text_after_the_json_is_ignored(mock: Mock) -> None:
    """What follows the JSON object in a body is not looked at."""

    def around(parse: Any) -> Any:
        def prefix(body: bytes) -> Any:
            try:
                _, end = json.JSONDecoder().raw_decode(body.decode("utf-8"))
            except (ValueError, RecursionError):
                return parse(body)
            return parse(body.decode("utf-8")[:end].encode())

        return prefix

    bend(mock.schemas, "parse", around)


@validation.breaks("R3")
def comments_in_the_json_are_skipped(mock: Mock) -> None:
    """Comments are taken out of a body before it is read as JSON."""

    def around(parse: Any) -> Any:
        return lambda body: parse(re.sub(rb"/\*.*?\*/|//[^\n\"]*$", b"", body))

    bend(mock.schemas, "parse", around)


@validation.breaks("R3")
def single_quotes_serve_as_quotes(mock: Mock) -> None:
    """A body in single quotes is read as if it were JSON."""
    bend(mock.schemas, "parse", lambda parse: lambda body: parse(body.replace(b"'", b'"')))


@validation.breaks("R3")
def bytes_that_are_not_utf_8_are_skipped(mock: Mock) -> None:
    """Octets that are no UTF-8 are left out of a body, also within its texts."""
    bend(mock.schemas, "parse", lambda parse: lambda body: parse(body.decode("utf-8", "ignore").encode()))


@validation.breaks("R3")
def bytes_that_are_not_utf_8_become_question_marks(mock: Mock) -> None:
    """Octets that are no UTF-8 are replaced, and stand in the identity as U+FFFD."""
    any_sign_is_taken(mock)
    bend(mock.schemas, "parse", lambda parse: lambda body: parse(body.decode("utf-8", "replace").encode()))


@validation.breaks("R3")
def product_is_known_by_its_beginning(mock: Mock) -> None:
    """Any product whose name begins like the one there is passes for it."""

    def around(product: Any) -> Any:
        return lambda value: None if isinstance(value, str) and value.startswith(PRODUCT) else product(value)

    bend(mock.schemas, "product", around)


@validation.breaks("R3", "H16")
def bytes_that_are_not_utf_8_crash(mock: Mock) -> None:
    """A body that is not UTF-8 is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: not is_utf8(body))


@validation.breaks("R3", depth="standard")
def deep_nesting_crashes(mock: Mock) -> None:
    """A body with hundreds of brackets inside each other is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: b"[" * 200 in body or body.count(b'{"') >= 200)


@validation.breaks("R3", depth="standard")
def large_body_crashes(mock: Mock) -> None:
    """A body of more than 60,000 bytes is answered with a server error."""
    crashing(mock, mock.schemas, "json_object", lambda call: call.oversized or len(call.body) > 60_000)


@validation.breaks("R3", depth="standard")
def missing_content_type_crashes(mock: Mock) -> None:
    """A body without any content type is answered with a server error."""
    crashing(mock, mock.schemas, "content_type", lambda call: bool(call.body) and call.header("content-type") is None)


@validation.breaks("R3", depth="standard")
def not_a_number_crashes(mock: Mock) -> None:
    """A quantity of NaN, which JSON does not have, is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: b"NaN" in body)


@validation.breaks("R3", depth="standard")
def exponent_crashes(mock: Mock) -> None:
    """A number that is written with an exponent is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: re.search(rb":\s*\d+[eE]", body) is not None)


@validation.breaks("R3", depth="standard")
def zero_byte_crashes(mock: Mock) -> None:
    """A body with an escaped zero character in any value is answered with a server error."""
    crashing(mock, mock.schemas, "parse", lambda body: b"\\u0000" in body)


# Malformed, refused, and carried out all the same.


@validation.breaks("L4", "R3")
def refused_negative_quantity_acts(mock: Mock) -> None:
    """A negative quantity is refused, and the total falls by it all the same as far as products are free."""

    def act(account: Account, body: Any) -> None:
        quantity = body.get("quantity") if isinstance(body, dict) else None
        if isinstance(quantity, int) and quantity < 0:
            account.total -= min(-quantity, account.available)

    acting_on_refusal(mock, "order", act)


@validation.breaks("L4", "R3")
def refused_unknown_member_acts(mock: Mock) -> None:
    """A subscriber with an unknown member is refused, and uses up a product all the same."""

    def act(account: Account, body: Any) -> None:
        if isinstance(body, dict) and not body.keys() <= {"product_name", "identity"} and account.available:
            account.used += 1

    acting_on_refusal(mock, "subscriber", act)


@validation.breaks("L4", "R3")
def order_for_unknown_product_refused_but_entered(mock: Mock) -> None:
    """An order for an unknown product is refused, and stands in the list of orders as pending."""

    def act(account: Account, body: Any) -> None:
        if isinstance(body, dict) and isinstance(body.get("product_name"), str) and body["product_name"] != PRODUCT:
            mock.store.record(account, new_order(mock, account, INCREMENT, 1, "pending"))

    acting_on_refusal(mock, "order", act)


# Identities, in bodies and in paths.


@validation.breaks("R3")
def empty_identity_accepted(mock: Mock) -> None:
    """An empty identity is taken for none at all, and the server chooses one."""
    bend(mock.schemas, "identity", lambda check: lambda value: value if value == "" else check(value))


@validation.breaks("R3")
def identity_of_digits_accepted_as_number(mock: Mock) -> None:
    """An identity given as a number is accepted and turned into text."""
    bend(
        mock.schemas,
        "identity",
        lambda check: lambda value: f"{value}@numbers.example" if type(value) is int else check(value),
    )


@validation.breaks("R3")
def identity_without_domain_accepted(mock: Mock) -> None:
    """An identity without @ and domain is accepted as it stands."""
    bend(
        mock.schemas,
        "identity",
        lambda check: lambda value: value if word(value) else check(value),
    )


@validation.breaks("R3", "R7")
def null_identity_crashes(mock: Mock) -> None:
    """An identity that is null is answered with a server error."""
    crashing(mock, mock.schemas, "identity", lambda value: value is None)


@validation.breaks("R3")
def identity_with_line_break_accepted(mock: Mock) -> None:
    """An identity that ends with a line break is accepted, line break and all."""

    def around(check: Any) -> Any:
        def checking(value: Any) -> str:
            if isinstance(value, str) and value.endswith("\n"):
                return f"{check(value[:-1])}\n"
            checked: str = check(value)
            return checked

        return checking

    bend(mock.schemas, "identity", around)


@validation.breaks("R3", "R7", depth="standard")
def long_identity_crashes(mock: Mock) -> None:
    """An identity of more than 200 characters is answered with a server error."""
    crashing(mock, mock.schemas, "identity", lambda value: isinstance(value, str) and len(value) > 200)


@validation.breaks("R3", "R7", depth="standard")
def identity_with_quote_crashes(mock: Mock) -> None:
    """Deleting an identity with an apostrophe in it is answered with a server error."""
    crashing(mock, mock.store, "find_subscriber", lambda _account, identity: "'" in identity)


@validation.breaks("R3", "R7", depth="standard")
def quote_in_order_number_crashes(mock: Mock) -> None:
    """Reading an order whose number holds an apostrophe is answered with a server error."""
    crashing(mock, mock.operations, "wanted_order", lambda _account, number: "'" in number)


@validation.breaks("R3", "R7", depth="standard")
def long_order_number_crashes(mock: Mock) -> None:
    """Reading an order whose number has more than 100 characters is answered with a server error."""
    crashing(mock, mock.operations, "wanted_order", lambda _account, number: len(number) > 100)


@validation.breaks("R3")
def malformed_path_crashes(mock: Mock) -> None:
    """A path with an escape that is not UTF-8 is answered with a server error."""
    crashing(
        mock,
        mock.operations,
        "delete_subscriber",
        lambda _account, _call, identity: identity is None,
    )


@validation.breaks("L4")
def order_with_a_slash_is_placed_and_not_found(mock: Mock) -> None:
    """An order whose path has a slash behind it is placed, and answered as an unknown path."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if call.method == "POST" and call.path == f"{BASE_PATH}/order/":
                await operate(account, replace(call, path=call.path[:-1]))
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)


@validation.breaks("R3")
def broken_escape_crashes(mock: Mock) -> None:
    """A percent sign in a path without two digits behind it is answered with a server error."""

    def broken(_account: Account, call: Call, _identity: str | None) -> bool:
        return bool(re.search(r"%(?![0-9A-Fa-f]{2})", call.path))

    crashing(mock, mock.operations, "delete_subscriber", broken)


@validation.breaks("L10", "R3", depth="standard")
def percent_sign_deletes_anybody(mock: Mock) -> None:
    """A percent sign for an identity matches any subscriber, and the oldest one is deleted."""

    def around(find: Any) -> Any:
        return lambda account, identity: (
            next(iter(account.subscribers.values()), None) if identity == "%" else find(account, identity)
        )

    bend(mock.store, "find_subscriber", around)


@validation.breaks("L10")
def underscore_in_a_deletion_stands_for_any_sign(mock: Mock) -> None:
    """The identity in the path is a pattern to the database: an underscore matches any sign."""

    def around(find: Any) -> Any:
        def like(account: Account, identity: str) -> Any:
            pattern = re.escape(identity).replace("_", ".")
            return find(account, identity) or next(
                (one for name, one in account.subscribers.items() if re.fullmatch(pattern, name)), None
            )

        return like

    bend(mock.store, "find_subscriber", around)


@validation.breaks("L10")
def path_decoded_twice(mock: Mock) -> None:
    """The identity in the path is decoded twice, so that an identity that does not exist deletes one that does."""

    def around(find: Any) -> Any:
        return lambda account, identity: find(account, decode(identity.encode()) or identity)

    bend(mock.store, "find_subscriber", around)


@validation.breaks("L10", "H1", "R3")
def delete_of_the_collection_deletes_all(mock: Mock) -> None:
    """DELETE without an identity deletes every subscriber of the account."""

    def around(wrong_method: Any) -> Any:
        def deleting(account: Account, call: Call, resource: str) -> Answer:
            if (call.method, resource) != ("DELETE", "subscriber"):
                answer: Answer = wrong_method(account, call, resource)
                return answer
            for subscriber in list(account.subscribers.values()):
                mock.store.discharge(account, subscriber)
            return Answer(200, {"identity": "*", "product_name": PRODUCT})

        return deleting

    bend(mock.gateway, "wrong_method", around)


@validation.breaks("L10", depth="standard")
def space_after_identity_ignored(mock: Mock) -> None:
    """An identity with spaces around it in the path deletes the subscriber without them."""
    bend(mock.store, "find_subscriber", lambda find: lambda account, identity: find(account, identity.strip()))


def negative(value: Any) -> bool:
    """Whether this is a whole number below zero."""
    return isinstance(value, int) and value < 0


def digits(value: Any) -> bool:
    """Whether this is a string that spells a whole number."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16


def fraction(value: Any) -> bool:
    """Whether this is a number with a point, of a sensible size."""
    return isinstance(value, float) and abs(value) < 2**53


def word(value: Any) -> bool:
    """Whether this is a plain word of letters and digits."""
    return isinstance(value, str) and value.isascii() and value.isalnum()


def is_utf8(body: bytes) -> bool:
    """Whether the bytes are text at all."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_json(body: bytes) -> bool:
    """Whether the body can be parsed, leniently."""
    try:
        json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def one_product() -> dict[str, Any]:
    """The order that a server with a default makes of nothing."""
    return {"product_name": PRODUCT, "order_type": INCREMENT, "quantity": 1}


def keep_only(mock: Mock, path: str, *members: str) -> None:
    """Drop the members that are not known."""

    def drop(body: dict[str, Any]) -> None:
        for name in body.keys() - set(members):
            del body[name]

    rewriting(mock, path, drop)


def acting_on_refusal(mock: Mock, path: str, act: Callable[[Account, Any], None]) -> None:
    """Do something with a malformed body before it is refused."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            try:
                answer: Answer = await operate(account, call)
            except Refused as refusal:
                if refusal.cause is Cause.MALFORMED and call.at("POST", path) and is_json(call.body):
                    act(account, json.loads(call.body))
                raise
            return answer

        return operating

    bend(mock.gateway, "operate", around)


# Well-formed input in other words.


def refusing_text(mock: Mock, when: Callable[[bytes], bool]) -> None:
    """Refuse a body for how it is written, as who takes JSON apart by hand does."""

    def around(parse: Any) -> Any:
        def parsing(body: bytes) -> Any:
            if when(body):
                malformed("The request body cannot be read.")
            return parse(body)

        return parsing

    bend(mock.operations.schemas, "parse", around)


@validation.breaks("L7", "L6", "L5")
def product_must_be_the_first_member(mock: Mock) -> None:
    """A body that does not begin with the product is refused as malformed."""
    refusing_text(mock, lambda body: body.startswith(b"{") and not body.startswith(b'{"product_name"'))


@validation.breaks("L7", "L6", "L5")
def escaped_letters_are_not_read(mock: Mock) -> None:
    """A body with an escaped letter in it is refused as malformed."""
    refusing_text(mock, lambda body: rb"\u00" in body)


@validation.breaks("L7", "L6", "L5")
def json_without_a_blank_is_not_read(mock: Mock) -> None:
    """A body without any blank, as JavaScript writes it, is refused as malformed."""
    refusing_text(mock, lambda body: body.startswith(b"{") and b" " not in body)


@validation.breaks("R3", "L4")
def empty_body_is_the_one_before(mock: Mock) -> None:
    """A call without a body is served with the body of the account's call before it on that path."""
    latest: dict[tuple[str, str], bytes] = {}

    def around(read: Any) -> Any:
        def reading(call: Call) -> Any:
            place = call.header("authorization") or "", call.path
            if call.body:
                latest[place] = call.body
            return read(replace(call, body=call.body or latest.get(place, b"")))

        return reading

    bend(mock.schemas, "order", around)
    bend(mock.schemas, "subscriber", around)


@validation.breaks("L1")
def order_with_a_charset_is_of_one(mock: Mock) -> None:
    """An order whose content type names a charset is served as one of a single product."""

    def around(read: Any) -> Any:
        def order(call: Call) -> tuple[str, int]:
            kind, quantity = read(call)
            return kind, 1 if "charset" in (call.header("content-type") or "") else quantity

        return order

    bend(mock.schemas, "order", around)
