"""Wrong codes, misleading errors, and answers that do not say what they must."""

import html
import json
from datetime import datetime, timedelta
from typing import Any

from starlette.types import Scope

from kandykit.mock.accounts import Account, Order, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import (
    alter,
    alter_delivery,
    alter_error,
    alter_success,
    before,
    bend,
    recode,
    refuse_with,
    write_bare,
)
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults
from kandykit.mock.settings import BASE_PATH

status = Faults("status")


# Codes.


@status.breaks("R1")
def deletion_answered_204(mock: Mock) -> None:
    """A deletion is answered with 204, which is not among the documented codes."""

    def deleted(_account: Account, _subscriber: Subscriber) -> Answer:
        return Answer(204)

    bend(mock.operations, "subscriber_deleted", lambda _: deleted)


@status.breaks("R1", "H6")
def empty_list_answered_204_with_length(mock: Mock) -> None:
    """An account without orders gets 204 and a Content-Length with it."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            return answer if answer.content["orders"] else Answer(204, None, {"content-length": "0"})

        return reading

    bend(mock.operations, "read_orders", around)


@status.breaks("H6", "R1")
def deletion_answered_204_with_content(mock: Mock) -> None:
    """A deletion is answered with 204 and content follows."""

    alter_success(mock, "DELETE", "subscriber/", lambda answer: setattr(answer, "status", 204))

    async def deliver(answer: Answer, scope: Scope) -> bool:
        write_bare(mock, answer, scope, answer.body())
        return True

    alter_delivery(mock, lambda _call, answer: answer.status == 204, deliver)


@status.breaks("R1")
def taken_identity_answered_409(mock: Mock) -> None:
    """A taken identity is refused with 409, which is not among the documented codes."""
    refuse_with(mock, Cause.TAKEN, 409)


@status.breaks("R1")
def lack_of_stock_answered_402(mock: Mock) -> None:
    """Lack of stock is answered with 402, which is not among the documented codes."""
    refuse_with(mock, Cause.NO_STOCK, 402)


@status.breaks("R1")
def malformed_answered_422(mock: Mock) -> None:
    """Malformed content is answered with 422, which is not among the documented codes."""
    refuse_with(mock, Cause.MALFORMED, 422)


@status.breaks("R1")
def decrement_below_use_answered_409(mock: Mock) -> None:
    """A decrement below the products in use is refused with 409, which is not among the documented codes."""
    refuse_with(mock, Cause.BELOW_USE, 409)


@status.breaks("R1")
def repeated_deletion_answered_410(mock: Mock) -> None:
    """Deleting a subscriber once more is answered with 410, which is not among the documented codes."""
    gone: set[tuple[str, str]] = set()

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone.add((account.client_id, subscriber.identity))

    def around(nobody_there: Any) -> Any:
        def answered(account: Account, identity: str) -> Any:
            if (account.client_id, identity) in gone:
                answer = mock.answers.error(404, "The subscriber is gone.")
                recode(answer, 410)
                return answer
            return nobody_there(account, identity)

        return answered

    before(mock.store, "forget", forgetting)
    bend(mock.operations, "nobody_there", around)


@status.breaks("R1", "H1")
def unknown_method_answered_418(mock: Mock) -> None:
    """PUT and PATCH are answered with 418."""

    def changed(call: Call, answer: Answer) -> None:
        if answer.status == 405 and call.method in ("PUT", "PATCH"):
            recode(answer, 418)

    alter(mock, changed)


@status.breaks("H11")
def deletion_answered_201(mock: Mock) -> None:
    """A deletion is answered with 201, as if it had created something."""
    alter_success(mock, "DELETE", "subscriber/", lambda answer: setattr(answer, "status", 201))


@status.breaks("H11", "H7", "R2", depth="standard")
def deletion_redirects(mock: Mock) -> None:
    """A deletion is carried out and answered with 302, without saying where to."""

    def redirect(answer: Answer) -> None:
        answer.status = 302

    alter_success(mock, "DELETE", "subscriber/", redirect)


@status.breaks("H7", "R4")
def order_redirects_to_nowhere(mock: Mock) -> None:
    """Reading one order by its number is answered with 302 and no Location."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            return Answer(302) if b"order_number" in call.query else answer

        return reading

    bend(mock.operations, "read_orders", around)


@status.breaks("H1")
def put_on_order_is_served(mock: Mock) -> None:
    """PUT on orders is carried out like POST."""
    method_served_as(mock, "PUT", "order", "POST")


@status.breaks("L4", "B6")
def put_on_order_is_refused_but_done(mock: Mock) -> None:
    """PUT on orders is refused with 405, and carried out like POST all the same."""

    def doing(account: Account, call: Call, resource: str) -> None:
        if call.method == "PUT" and resource == "order":
            kind, quantity = mock.operations.schemas.order(call)
            if mock.store.fits(account, kind, quantity):
                mock.store.place(account, kind, quantity)

    before(mock.gateway, "wrong_method", doing)


@status.breaks("L8", "R2")
def order_is_found_by_the_start_of_its_number(mock: Mock) -> None:
    """Asking for an order by a number that is too short gives the first one whose number begins like that."""

    def around(find: Any) -> Any:
        def found(account: Account, number: str) -> Order | None:
            alike = (one for one in mock.store.ledger(account) if len(number) > 3 and one.number.startswith(number))
            order: Order | None = find(account, number) or next(alike, None)
            return order

        return found

    bend(mock.store, "find_order", around)


@status.breaks("H1")
def delete_on_inventory_is_served(mock: Mock) -> None:
    """DELETE on the inventory is answered with the inventory, as if it had been read."""
    method_served_as(mock, "DELETE", "inventory", "GET")


@status.breaks("H1", warns=True)
def patch_crashes(mock: Mock) -> None:
    """PATCH on any path is answered with a server error."""

    def changed(call: Call, answer: Answer) -> None:
        if answer.status == 405 and call.method == "PATCH":
            recode(answer, 500)

    alter(mock, changed)


@status.breaks("H2")
def wrong_method_without_allow(mock: Mock) -> None:
    """A 405 has no Allow header."""
    alter(mock, lambda _call, answer: answer.headers.pop("allow", None))


@status.breaks("H2")
def allow_lists_the_refused_method(mock: Mock) -> None:
    """The Allow header of a 405 lists every method there is, the refused one too."""

    def changed(_call: Call, answer: Answer) -> None:
        if answer.status == 405 and "allow" in answer.headers:
            answer.headers["allow"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE"

    alter(mock, changed)


@status.breaks("R7", "R3")
def unknown_order_number_crashes(mock: Mock) -> None:
    """Asking for an order that does not exist is answered with a server error."""
    refuse_with(mock, Cause.UNKNOWN_ORDER, 500)


@status.breaks("R7", "L10")
def unknown_identity_answered_503(mock: Mock) -> None:
    """Deleting a subscriber that does not exist is answered with 503."""
    refuse_with(mock, Cause.UNKNOWN_SUBSCRIBER, 503)


# Success that is none.


@status.breaks("L5", "R2")
def lack_of_stock_is_a_200(mock: Mock) -> None:
    """Lack of stock is told in the body of a 200."""
    refuse_with(mock, Cause.NO_STOCK, 200)


@status.breaks("L6", "R2")
def decrement_below_use_is_a_200(mock: Mock) -> None:
    """A decrement below the products in use is turned down in the body of a 200."""
    refuse_with(mock, Cause.BELOW_USE, 200)


@status.breaks("R3", "R2")
def malformed_is_a_200(mock: Mock) -> None:
    """Malformed content is turned down in the body of a 200."""
    refuse_with(mock, Cause.MALFORMED, 200)


@status.breaks("R2", "L8")
def unknown_order_is_null(mock: Mock) -> None:
    """Asking for an order that does not exist gives a list with null in it."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            try:
                answer: Answer = await read(account, call)
            except Refused as refusal:
                if refusal.cause is Cause.UNKNOWN_ORDER:
                    return Answer(200, {"orders": [None]})
                raise
            return answer

        return reading

    bend(mock.operations, "read_orders", around)


# Answers that lack something, or have it in the wrong form.


@status.breaks("R2", "L8", "R4")
def order_answer_without_number(mock: Mock) -> None:
    """The answer to an order has neither its number nor a Location."""

    def stripped(answer: Answer) -> None:
        answer.content = {name: value for name, value in answer.content.items() if name != "order_number"}
        answer.headers.pop("location")

    alter_success(mock, "POST", "order", stripped)


@status.breaks("R2")
def quantity_shown_as_text(mock: Mock) -> None:
    """The quantity of an order is shown as a string."""
    bend(mock.operations, "show_order", lambda shown: lambda order: shown(order) | {"quantity": str(order.quantity)})


@status.breaks("R2")
def order_date_in_local_form(mock: Mock) -> None:
    """The date of an order is shown without a time zone and with the day first."""

    def shown(order: Order) -> str:
        year, month, rest = order.created_at.split("-")
        return f"{rest[:2]}-{month}-{year} {rest[3:8]}"

    bend(mock.operations, "show_order", lambda show: lambda order: show(order) | {"created_at": shown(order)})


@status.breaks("R2")
def order_date_is_local_time(mock: Mock) -> None:
    """The date of an order is the time on the wall in Amsterdam, and says that it is UTC."""

    def shown(order: Order) -> str:
        return f"{datetime.fromisoformat(order.created_at) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    bend(mock.operations, "show_order", lambda show: lambda order: show(order) | {"created_at": shown(order)})


@status.breaks("R2")
def created_subscriber_without_date(mock: Mock) -> None:
    """The answer to a created subscriber has null for the date of creation."""
    alter_success(mock, "POST", "subscriber", lambda answer: answer.content.update(created_at=None))


@status.breaks("R2")
def deleted_subscriber_not_named(mock: Mock) -> None:
    """The answer to a deletion is an empty object."""
    alter_success(mock, "DELETE", "subscriber/", lambda answer: answer.content.clear())


@status.breaks("R2")
def deletion_names_another_subscriber(mock: Mock) -> None:
    """The answer to a deletion names the subscriber that was created last, whoever was deleted."""
    latest: dict[str, str] = {}

    def remembering(account: Account, subscriber: Subscriber) -> None:
        latest[account.client_id] = subscriber.identity

    def around(deleted: Any) -> Any:
        def answered(account: Account, subscriber: Subscriber) -> Answer:
            answer: Answer = deleted(account, subscriber)
            answer.content["identity"] = latest.get(account.client_id, subscriber.identity)
            return answer

        return answered

    before(mock.store, "remember", remembering)
    bend(mock.operations, "subscriber_deleted", around)


@status.breaks("H3")
def location_leads_nowhere(mock: Mock) -> None:
    """The Location of a new order is an address that does not exist."""
    bend(mock.operations, "location", lambda _: lambda order: f"{BASE_PATH}/orders/{order.number}")


@status.breaks("H3", warns=True)
def location_lacks_the_path_of_the_api(mock: Mock) -> None:
    """The Location of a new order is an address of the server, outside the API."""
    bend(mock.operations, "location", lambda _: lambda order: f"/order?order_number={order.number}")


@status.breaks("H3")
def location_is_no_address(mock: Mock) -> None:
    """The Location of a new order is a sentence and no address."""
    bend(mock.operations, "location", lambda _: lambda order: f"order <{order.number}> created")


@status.breaks("H3", "L8")
def location_of_the_first_order(mock: Mock) -> None:
    """The Location of every decrement is that of the account's first order."""

    def around(placed: Any) -> Any:
        def answered(account: Account, order: Order) -> Answer:
            answer: Answer = placed(account, order)
            if order.kind == "decrement":
                answer.headers["location"] = mock.operations.location(next(iter(account.orders.values())))
            return answer

        return answered

    bend(mock.operations, "order_placed", around)


@status.breaks("H5", "L8")
def accepted_order_never_found_by_number(mock: Mock) -> None:
    """Orders take a moment, and those accepted with 202 stand in the list, but are never found by their number."""
    mock.take_time(0.5)
    bend(mock.store, "find_order", lambda _: lambda _account, _number: None)


@status.breaks("H5", "R2")
def accepted_without_status(mock: Mock) -> None:
    """Orders take a moment, and the 202 gives the number of the order alone, with neither a status nor a Location."""
    mock.take_time(0.5)

    def stripped(answer: Answer) -> None:
        answer.content = {"order_number": answer.content["order_number"]}
        answer.headers.pop("location")

    alter_success(mock, "POST", "order", stripped)


# Errors.


@status.breaks("R2")
def errors_without_transaction_id(mock: Mock) -> None:
    """Refusals by state have no transaction id."""
    alter_error(mock, lambda answer: answer.content.pop("transactionId"), 412)


@status.breaks("R2")
def error_status_as_number(mock: Mock) -> None:
    """The status in the body of a 404 is a number."""
    alter_error(mock, lambda answer: answer.content.update(status=answer.status), 404)


@status.breaks("K2")
def error_status_contradicts(mock: Mock) -> None:
    """The body of a refusal for malformed content names the status 500."""
    alter_error(mock, lambda answer: answer.content.update(status="500"), 400)


@status.breaks("K2", "R2")
def not_found_in_html(mock: Mock) -> None:
    """What is not found is told on a page of HTML, also to a program."""

    def page(answer: Answer) -> None:
        answer.raw = f"<html><body>{html.escape(answer.content['message'])}</body></html>".encode()
        answer.headers["content-type"] = "text/html"

    alter_error(mock, page, 404)


@status.breaks("K2", "R2")
def refusal_without_body(mock: Mock) -> None:
    """A refusal by state has no body at all."""

    alter_error(mock, lambda answer: setattr(answer, "content", None), 412)


@status.breaks("K2")
def error_without_words(mock: Mock) -> None:
    """The message of every error is empty."""
    alter_error(mock, lambda answer: answer.content.update(message="", info=""), 400, 404, 405, 412)


@status.breaks("P1", "K2")
def problem_with_another_status(mock: Mock) -> None:
    """Refusals by state call themselves problem details, and name another status than the answer has."""
    alter_error(mock, lambda answer: answer.content.update(status="400"), 412)
    alter_error(mock, lambda answer: answer.headers.update({"content-type": "application/problem+json"}), 412)


@status.breaks("P1")
def problem_with_members_of_wrong_type(mock: Mock) -> None:
    """What is not found calls itself problem details, with a list for a type and a number for a title."""
    alter_error(mock, lambda answer: answer.content.update(type=["not", "found"], title=404), 404)
    alter_error(mock, lambda answer: answer.headers.update({"content-type": "application/problem+json"}), 404)


# Bodies and their frames.


@status.breaks("H13", "R2")
def inventory_calls_itself_html(mock: Mock) -> None:
    """The inventory is JSON and calls itself text/html."""
    alter_success(
        mock, "GET", "inventory", lambda answer: answer.headers.update({"content-type": "text/html; charset=utf-8"})
    )


@status.breaks("H13", "R2")
def whatever_is_read_calls_itself_html(mock: Mock) -> None:
    """The inventory and the list of orders are JSON, and both call themselves text/html."""
    for resource in ("inventory", "order"):
        alter_success(mock, "GET", resource, lambda answer: answer.headers.update({"content-type": "text/html"}))


@status.breaks("H13", "R2")
def orders_with_a_comma_too_many(mock: Mock) -> None:
    """A list of more than one order has a comma after the last one, which JSON does not allow."""

    def comma(answer: Answer) -> None:
        if len(answer.content["orders"]) > 1:
            answer.raw = json.dumps(answer.content).replace("}]}", "},]}").encode()

    alter_success(mock, "GET", "order", comma)


@status.breaks("H13", "R2")
def answer_to_a_creation_without_type(mock: Mock) -> None:
    """The answer to a created subscriber has an empty content type."""
    alter_success(mock, "POST", "subscriber", lambda answer: answer.headers.update({"content-type": ""}))


@status.breaks("H14", "R7")
def deletion_announces_more_than_it_sends(mock: Mock) -> None:
    """The answer to a deletion announces ten bytes more than it sends, and the connection ends."""
    announce(mock, "DELETE", "subscriber/", 10)


@status.breaks("H14", depth="standard")
def inventory_announces_less_than_it_sends(mock: Mock) -> None:
    """The inventory's content is longer than its Content-Length says."""
    announce(mock, "GET", "inventory", -1)


@status.breaks("H19")
def head_has_content(mock: Mock) -> None:
    """HEAD on the inventory is answered with the content that only GET should get."""

    async def deliver(answer: Answer, scope: Scope) -> bool:
        write_bare(mock, answer, scope, answer.body(), len(answer.body()))
        return True

    alter_delivery(mock, lambda call, answer: call.at("HEAD", "inventory") and answer.status == 200, deliver)


@status.breaks("H19")
def head_refused_with_content(mock: Mock) -> None:
    """HEAD on orders is refused, and the text of the refusal follows."""

    async def deliver(_answer: Answer, scope: Scope) -> bool:
        refusal = mock.answers.error(405, "No HEAD here.", {"allow": "GET, POST"})
        write_bare(mock, refusal, scope, refusal.body(), len(refusal.body()))
        return True

    alter_delivery(mock, lambda call, answer: call.at("HEAD", "order") and answer.status == 200, deliver)


def announce(mock: Mock, method: str, resource: str, more: int) -> None:
    """Send a success with a Content-Length that is off by so much."""

    async def deliver(answer: Answer, scope: Scope) -> bool:
        body = answer.body()
        write_bare(mock, answer, scope, body, len(body) + more)
        return True

    alter_delivery(mock, lambda call, answer: call.at(method, resource) and answer.status < 300, deliver)


def method_served_as(mock: Mock, method: str, resource: str, other: str) -> None:
    """Carry a method out as if it were another one."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if call.at(method, resource):
                call.method = other
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)
