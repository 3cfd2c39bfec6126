"""Refusals by other codes and in other words, and input that a lenient server takes."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter, alter_success, before, bend, recode, refuse_with
from kandykit.mock.call import Call, decode
from kandykit.mock.catalogue import Legals
from kandykit.mock.settings import BASE_PATH, PRODUCT

refusals = Legals()

AGREED = {"no_stock": [409], "over_limit": [409], "below_use": [409], "taken": [409]}
BY_STATE = (Cause.NO_STOCK, Cause.OVER_LIMIT, Cause.BELOW_USE)


@refusals.gets("conformant")
def state_refused_with_403(mock: Mock) -> None:
    """What the stock does not allow is refused with 403."""
    for cause in BY_STATE:
        refuse_with(mock, cause, 403)


@refusals.gets("conformant")
def state_refused_with_400(mock: Mock) -> None:
    """What the stock does not allow is refused with 400."""
    for cause in BY_STATE:
        refuse_with(mock, cause, 400)


@refusals.gets("conformant", readings={"refusal_codes": AGREED})
def conflicts_answered_409_as_agreed(mock: Mock) -> None:
    """Conflicts with the state are refused with 409, which was agreed."""
    for cause in (Cause.NO_STOCK, Cause.BELOW_USE, Cause.OVER_LIMIT, Cause.TAKEN):
        refuse_with(mock, cause, 409)


@refusals.gets("conformant")
def taken_identity_refused_with_412(mock: Mock) -> None:
    """A taken identity is refused with 412."""
    refuse_with(mock, Cause.TAKEN, 412)


@refusals.gets("conformant")
def taken_identity_is_shown_again(mock: Mock) -> None:
    """Whoever creates a subscriber that is there is shown it with 200 and no password, and no product is used."""

    def around(create: Any) -> Any:
        async def creating(account: Account, call: Call) -> Answer:
            try:
                answer: Answer = await create(account, call)
            except Refused as refusal:
                known = account.subscribers.get(mock.schemas.subscriber(call) or "")
                if refusal.cause is not Cause.TAKEN or known is None:
                    raise
                answer = mock.operations.subscriber_created(account, known)
                answer.status = 200
                del answer.content["password"]
            return answer

        return creating

    bend(mock.operations, "create_subscriber", around)


@refusals.gets("conformant")
def stock_is_looked_at_before_the_identity(mock: Mock) -> None:
    """Where an identity is taken and no product is left, the lack of stock is what is told."""

    def check(account: Account, identity: str | None) -> None:
        if not mock.store.in_stock(account):
            raise Refused(Cause.NO_STOCK, "No product is available.")
        if identity is not None and not mock.store.identity_free(account, identity):
            raise Refused(Cause.TAKEN, "The identity is taken.")

    bend(mock.operations, "check_subscriber", lambda _: check)


@refusals.gets("conformant")
def unknown_product_not_found(mock: Mock) -> None:
    """A product that does not exist is answered with 404."""

    def product(value: Any) -> None:
        if isinstance(value, str) and value != PRODUCT:
            raise Refused(Cause.UNKNOWN_PATH, "The product is not known.")
        original(value)

    original = mock.schemas.product
    bend(mock.schemas, "product", lambda _: product)


@refusals.gets("conformant")
def unknown_order_refused_with_400(mock: Mock) -> None:
    """Asking for an order that does not exist is refused with 400."""
    refuse_with(mock, Cause.UNKNOWN_ORDER, 400)


@refusals.gets("conformant")
def unknown_order_is_an_empty_list(mock: Mock) -> None:
    """Asking for an order that does not exist gives an empty list."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            try:
                answer: Answer = await read(account, call)
            except Refused as refusal:
                if refusal.cause is not Cause.UNKNOWN_ORDER:
                    raise
                return Answer(200, {"orders": []})
            return answer

        return reading

    bend(mock.operations, "read_orders", around)


@refusals.gets("conformant")
def repeated_deletion_succeeds(mock: Mock) -> None:
    """Deleting a subscriber once more succeeds and frees nothing; an identity that never existed is not found."""
    gone: dict[tuple[str, str], Subscriber] = {}

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone[account.client_id, subscriber.identity] = subscriber

    def around_nobody(nobody_there: Any) -> Any:
        def answered(account: Account, identity: str) -> Answer:
            before = gone.get((account.client_id, identity))
            answer: Answer = (
                mock.operations.subscriber_deleted(account, before) if before else nobody_there(account, identity)
            )
            return answer

        return answered

    before(mock.store, "forget", forgetting)
    bend(mock.operations, "nobody_there", around_nobody)


@refusals.gets("conformant", readings={"extra_codes": [410]})
def deleted_subscribers_are_gone(mock: Mock) -> None:
    """Deleting a subscriber once more gets 410, as was agreed; an identity that never existed is not found."""
    gone: set[tuple[str, str]] = set()

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone.add((account.client_id, subscriber.identity))

    def around_nobody(nobody_there: Any) -> Any:
        def answered(account: Account, identity: str) -> Answer:
            if (account.client_id, identity) in gone:
                refusal = mock.answers.error(404, "The subscriber was deleted.")
                recode(refusal, 410)
                return refusal
            answer: Answer = nobody_there(account, identity)
            return answer

        return answered

    before(mock.store, "forget", forgetting)
    bend(mock.operations, "nobody_there", around_nobody)


@refusals.gets("conformant")
def any_deletion_succeeds(mock: Mock) -> None:
    """Deleting what is not there succeeds, whether it ever was or not, and frees nothing."""
    bend(
        mock.operations,
        "nobody_there",
        lambda _: lambda _account, identity: Answer(200, {"identity": identity, "product_name": PRODUCT}),
    )


@refusals.gets("conformant")
def deletion_answered_202(mock: Mock) -> None:
    """A deletion is answered with 202."""
    alter_success(mock, "DELETE", "subscriber/", lambda answer: setattr(answer, "status", 202))


@refusals.gets("conformant", readings={"extra_codes": [204]})
def deletion_answered_204_as_agreed(mock: Mock) -> None:
    """A deletion is answered with 204 and no content, which was agreed."""
    bend(mock.operations, "subscriber_deleted", lambda _: lambda _account, _subscriber: Answer(204))


@refusals.gets("conformant")
def subscriber_answered_200(mock: Mock) -> None:
    """A created subscriber is answered with 200."""
    alter_success(mock, "POST", "subscriber", lambda answer: setattr(answer, "status", 200))


# Leniency.


@refusals.gets("conformant")
def whole_number_with_a_point(mock: Mock) -> None:
    """The quantity 2.0 is taken for 2."""

    def around(check: Any) -> Any:
        def checking(value: Any) -> int:
            whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
            checked: int = check(int(value) if whole else value)
            return checked

        return checking

    bend(mock.schemas, "quantity", around)


@refusals.gets("conformant")
def huge_quantity_is_over_the_limit(mock: Mock) -> None:
    """A quantity beyond what a number can hold exactly is refused with 412."""

    def around(check: Any) -> Any:
        def checking(value: Any) -> int:
            if type(value) is int and value >= 2**53:
                raise Refused(Cause.OVER_LIMIT, "The order goes beyond the agreed limit.")
            checked: int = check(value)
            return checked

        return checking

    bend(mock.schemas, "quantity", around)


@refusals.gets("conformant")
def null_identity_is_none(mock: Mock) -> None:
    """The identity null is taken as if it had been left out."""
    bend(mock.schemas, "identity", lambda check: lambda value: None if value is None else check(value))


@refusals.gets("conformant")
def last_of_duplicate_members_counts(mock: Mock) -> None:
    """Where a member is there twice the last one counts."""
    bend(mock.schemas, "members", lambda _: dict)


@refusals.gets("conformant")
def member_names_in_any_letter_case(mock: Mock) -> None:
    """The names of the members of a body are compared without regard to letter case, as libraries for JSON do."""
    bend(
        mock.schemas,
        "members",
        lambda members: lambda pairs: members([(name.lower(), value) for name, value in pairs]),
    )


@refusals.gets("conformant")
def json_under_any_content_type(mock: Mock) -> None:
    """JSON is taken under any content type."""
    bend(
        mock.schemas,
        "content_type",
        lambda check: lambda call: check(call) if call.header("content-encoding") else None,
    )


@refusals.gets("conformant")
def json_in_any_form_of_unicode(mock: Mock) -> None:
    """A body in UTF-16 or UTF-32 is read for what it says, as readers do that look at its first octets."""

    def around(parse: Any) -> Any:
        def parsed(body: bytes) -> Any:
            form = json.detect_encoding(body)
            try:
                return parse(body if form.startswith("utf-8") else body.decode(form).encode())
            except UnicodeError:
                return parse(b"")

        return parsed

    bend(mock.schemas, "parse", around)


# Other methods.


@refusals.gets("conformant")
def options_answered_200(mock: Mock) -> None:
    """OPTIONS that is no preflight is answered with 200 and Allow."""

    def around(wrong_method: Any) -> Any:
        def answered(account: Account, call: Call, resource: str) -> Answer:
            if call.method == "OPTIONS":
                return Answer(200, {}, {"allow": f"{mock.gateway.allow(resource)}, OPTIONS"})
            answer: Answer = wrong_method(account, call, resource)
            return answer

        return answered

    bend(mock.gateway, "wrong_method", around)


@refusals.gets("conformant")
def head_refused(mock: Mock) -> None:
    """HEAD is refused with 405."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            resource, _ = mock.gateway.route(call)
            if call.method == "HEAD":
                return mock.gateway.wrong_method(account, call, resource)
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)
    bend(mock.gateway, "allow", lambda allow: lambda resource: allow(resource).replace(", HEAD", ""))


@refusals.gets("conformant")
def wrong_method_is_forbidden(mock: Mock) -> None:
    """A method that a path does not have is answered with 403."""
    refuse_with(mock, Cause.METHOD, 403)


# What stands in front.


def in_front(mock: Mock, turned_away: Callable[[Call], Answer | None]) -> None:
    """Somebody in front may answer a call before the API sees it."""

    def around(answer: Any) -> Any:
        async def answering(call: Call) -> Answer:
            made: Answer = turned_away(call) or await answer(call)
            return made

        return answering

    bend(mock.gateway, "answer", around)


@refusals.gets("conformant")
def odd_paths_do_not_get_through(mock: Mock) -> None:
    """A firewall in front answers 400 in HTML where a path holds an escaped slash, percent sign or semicolon."""

    def turned_away(call: Call) -> Answer | None:
        page = Answer(400, None, {"content-type": "text/html"}, b"<html><h1>Bad Request</h1></html>")
        return page if re.search("%(2f|25|3b|5c)", call.path, re.IGNORECASE) else None

    in_front(mock, turned_away)


@refusals.gets("conformant")
def long_segments_do_not_get_through(mock: Mock) -> None:
    """A router takes no more than a hundred characters between two slashes of a path, and answers 414."""

    def turned_away(call: Call) -> Answer | None:
        long = max(map(len, call.path.split("/"))) > 100
        return Answer(414, None, {"content-type": "text/plain"}, b"URI Too Long") if long else None

    in_front(mock, turned_away)


@refusals.gets("conformant")
def strange_origins_are_refused(mock: Mock) -> None:
    """A preflight from an origin that is not on the list is answered 400, in plain text."""

    def turned_away(call: Call) -> Answer | None:
        refused = Answer(400, None, {"content-type": "text/plain"}, b"Disallowed CORS origin")
        return refused if call.method == "OPTIONS" and call.header("access-control-request-method") else None

    in_front(mock, turned_away)
    bend(mock.gateway, "cross_origin", lambda _: lambda _call: {"vary": "Origin"})


@refusals.gets("conformant")
def unreadable_parameters_are_dropped(mock: Mock) -> None:
    """An order number in the query that is no UTF-8 counts as none, so that the list is shown."""

    def around(answer: Any) -> Any:
        async def answering(call: Call) -> Answer:
            if decode(call.query) is None and b"%" in call.query:
                call = replace(call, query=b"")
            made: Answer = await answer(call)
            return made

        return answering

    bend(mock.gateway, "answer", around)


@refusals.gets("conformant")
def chunks_do_not_get_through(mock: Mock) -> None:
    """A front end that wants to know the length beforehand answers 400 in HTML to a request that comes in chunks."""
    turn_chunks_away(mock, 400)


@refusals.gets("conformant")
def a_length_is_required(mock: Mock) -> None:
    """A front end answers 411 in HTML to a request that comes in chunks."""
    turn_chunks_away(mock, 411)


def turn_chunks_away(mock: Mock, status: int) -> None:
    """Answer what does not name its length with this status, before anything looks at it."""

    def turned_away(call: Call) -> Answer | None:
        page = Answer(status, None, {"content-type": "text/html"}, b"<html><h1>No length</h1></html>")
        return page if "chunked" in (call.header("transfer-encoding") or "") else None

    in_front(mock, turned_away)


@refusals.gets("conformant")
def quotes_do_not_get_through(mock: Mock) -> None:
    """A firewall in front answers 400 without content where a URL holds a quote or an angle bracket, escaped or not."""

    def turned_away(call: Call) -> Answer | None:
        url = f"{call.path}?{call.query.decode('latin-1')}"
        return Answer(400) if re.search("%(2[27]|3[ce])|[\"'<>]", url, re.IGNORECASE) else None

    in_front(mock, turned_away)


# Other forms of errors.


def shaped(mock: Mock, shape: Any, kind: str = "application/json") -> None:
    """Give the errors behind the token another form."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and answer.status >= 400 and answer.content is not None:
            answer.content = shape(answer.status, answer.content["name"], answer.content["message"])
            answer.headers["content-type"] = kind

    alter(mock, changed)


@refusals.gets("conformant", readings={"error_shape": "errorResponse"})
def errors_in_an_envelope(mock: Mock) -> None:
    """Errors come in an envelope with code, message and info, as was agreed."""
    shaped(mock, lambda status, name, text: {"errorResponse": {"code": str(status), "message": name, "info": text}})


@refusals.gets("conformant", readings={"error_shape": "fault"})
def errors_as_gateway_faults(mock: Mock) -> None:
    """Errors have the form of the gateway's own faults, as was agreed."""
    shaped(
        mock,
        lambda status, _name, text: {"fault": {"faultstring": text, "detail": {"errorcode": f"kandy.{status}"}}},
    )


@refusals.gets("conformant", readings={"error_shape": "camara"})
def errors_as_camara_has_them(mock: Mock) -> None:
    """Errors have a numeric status, a code and a message, as was agreed."""
    shaped(mock, lambda status, name, text: {"status": status, "code": name.upper().replace(" ", "_"), "message": text})


@refusals.gets("conformant", readings={"error_shape": "problem"})
def errors_as_problem_details(mock: Mock) -> None:
    """Errors are problem details, as was agreed."""
    shaped(
        mock,
        lambda status, name, text: {"type": "about:blank", "title": name, "status": status, "detail": text},
        "application/problem+json",
    )


@refusals.gets("conformant")
def token_refusals_as_gateway_faults(mock: Mock) -> None:
    """The refusal of a bad token has the form of the gateway's own faults."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and answer.status == 401:
            detail = {"errorcode": "oauth.v2.InvalidAccessToken"}
            answer.raw = json.dumps({"fault": {"faultstring": "Invalid access token", "detail": detail}}).encode()

    alter(mock, changed)


@refusals.gets("conformant")
def token_refusals_without_content(mock: Mock) -> None:
    """The refusal of a bad token has a challenge and no content."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and answer.status == 401:
            answer.content = None

    alter(mock, changed)
