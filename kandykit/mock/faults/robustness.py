"""A server that fails, breaks off, or does half of what it was asked."""

from collections import Counter
from typing import Any

from starlette.types import Scope

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.answers import Answer
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter_delivery, before, bend, cut, write_bare
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults

robustness = Faults("robustness")


def failing(mock: Mock, when: Any, code: int = 500) -> None:
    """Fail before anything is done, where `when` says so of account and call."""

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if when(account, call):
                return mock.answers.error(code, "Something went wrong.")
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)


@robustness.breaks("R7")
def empty_inventory_crashes(mock: Mock) -> None:
    """Reading the inventory of an account without products is answered with a server error."""
    failing(mock, lambda account, call: call.at("GET", "inventory") and account.total == 0)


@robustness.breaks("R7")
def list_without_orders_crashes(mock: Mock) -> None:
    """Listing the orders of an account that never ordered is answered with a server error."""
    failing(mock, lambda account, call: call.at("GET", "order") and not call.query and not account.orders)


@robustness.breaks("R7", "L5")
def last_product_answered_503(mock: Mock) -> None:
    """Creating a subscriber with the last free product is answered with 503."""
    failing(mock, lambda account, call: call.at("POST", "subscriber") and account.available == 1, 503)


@robustness.breaks("R7", "L5", depth="standard")
def create_after_a_decrement_answered_502(mock: Mock) -> None:
    """Creating a subscriber is answered with 502 while the latest order is a decrement."""

    def when(account: Account, call: Call) -> bool:
        latest = next(reversed(account.orders.values()), None)
        return call.at("POST", "subscriber") and latest is not None and latest.kind == "decrement"

    failing(mock, when, 502)


@robustness.breaks("R7")
def api_version_in_the_request_crashes(mock: Mock) -> None:
    """A call that names a version of the API is answered with a server error."""
    failing(mock, lambda _account, call: call.header("api-version") is not None)


@robustness.breaks("R7")
def charset_parameter_crashes(mock: Mock) -> None:
    """A content type that names its charset is answered with a server error."""
    failing(mock, lambda _account, call: "charset" in call.media_type()[1])


@robustness.breaks("R3", "R7")
def chunked_request_crashes(mock: Mock) -> None:
    """A body sent in chunks is answered with a server error."""
    failing(mock, lambda _account, call: call.header("transfer-encoding") is not None)


@robustness.breaks("R7")
def call_from_another_origin_crashes(mock: Mock) -> None:
    """A call with an Origin is answered with 502."""
    failing(mock, lambda _account, call: call.header("origin") is not None, 502)


@robustness.breaks("R7", "R4")
def deletion_breaks_off(mock: Mock) -> None:
    """A deletion is carried out, and the connection breaks off before the answer."""
    breaking_off(mock, lambda call, _answer: call.at("DELETE", "subscriber/"))


@robustness.breaks("R7", "L6")
def refused_decrement_breaks_off(mock: Mock) -> None:
    """A decrement below the products in use gets no answer: the connection breaks off."""
    breaking_off(mock, lambda call, answer: call.at("POST", "order") and answer.status == 412)


@robustness.breaks("R7", depth="standard")
def long_answers_are_cut(mock: Mock) -> None:
    """An answer of more than 4096 bytes is cut off there."""

    async def deliver(answer: Answer, scope: Scope) -> bool:
        body = answer.body()
        write_bare(mock, answer, scope, body[:4096], len(body))
        return True

    alter_delivery(mock, lambda _call, answer: len(answer.body()) > 4096, deliver)


@robustness.breaks("L12", "L2", depth="standard")
def unavailable_after_half_a_creation(mock: Mock) -> None:
    """Every fourth subscriber under an identity of the caller's gets 503: it exists and uses no product."""
    half_done(mock)


@robustness.breaks("L12", "L1", depth="standard")
def unavailable_after_doing_it_twice(mock: Mock) -> None:
    """Every fifth increment gets 503, and was carried out twice."""
    placed: Counter[str] = Counter()

    def around(order_placed: Any) -> Any:
        def answered(account: Account, order: Any) -> Answer:
            placed[account.client_id] += order.kind == "increment"
            if order.kind == "increment" and placed[account.client_id] % 5 == 0:
                mock.store.place(account, order.kind, order.quantity)
                return mock.answers.error(503, "The service is not available.")
            answer: Answer = order_placed(account, order)
            return answer

        return answered

    bend(mock.operations, "order_placed", around)


@robustness.breaks("L12", "L10", depth="standard")
def unavailable_after_half_a_deletion(mock: Mock) -> None:
    """Every fourth deletion gets 503: the product is free again and the subscriber lives on."""
    deleted: Counter[str] = Counter()

    def around(discharge: Any) -> Any:
        def discharging(account: Account, subscriber: Subscriber) -> None:
            deleted[account.client_id] += 1
            if deleted[account.client_id] % 4:
                discharge(account, subscriber)
            else:
                mock.store.give_back(account, subscriber)

        return discharging

    def around_answer(answered: Any) -> Any:
        def answer(account: Account, subscriber: Subscriber) -> Answer:
            if deleted[account.client_id] % 4:
                made: Answer = answered(account, subscriber)
                return made
            return mock.answers.error(503, "The service is not available.")

        return answer

    bend(mock.store, "discharge", around)
    bend(mock.operations, "subscriber_deleted", around_answer)


def breaking_off(mock: Mock, when: Any) -> None:
    """Let the connection break off instead of answering."""

    async def deliver(_answer: Answer, scope: Scope) -> bool:
        cut(scope)
        return True

    alter_delivery(mock, when, deliver)


def half_done(mock: Mock) -> None:
    """Let every fourth subscriber with a chosen identity exist without a product."""
    chosen: Counter[str] = Counter()
    half: set[int] = set()

    def around_consume(consume: Any) -> Any:
        def consuming(account: Account, subscriber: Subscriber) -> None:
            if not subscriber.identity.endswith(f"@{account.client_id}.webrtc.example"):
                chosen[account.client_id] += 1
                if chosen[account.client_id] % 4 == 0:
                    half.add(id(subscriber))
                    return
            consume(account, subscriber)

        return consuming

    def around_answer(created: Any) -> Any:
        def answer(account: Account, subscriber: Subscriber) -> Answer:
            if id(subscriber) in half:
                half.discard(id(subscriber))
                return mock.answers.error(503, "The service is not available.")
            made: Answer = created(account, subscriber)
            return made

        return answer

    bend(mock.store, "consume", around_consume)
    bend(mock.operations, "subscriber_created", around_answer)


@robustness.breaks("L2", "L10", depth="standard")
def subscribers_are_forgotten_after_a_second(mock: Mock) -> None:
    """When nobody has called for a second, an account's subscribers are gone, and their products are free again."""
    latest: dict[int, float] = {}

    def settling(account: Account) -> None:
        now = mock.store.clock()
        if now - latest.get(id(account), now) > 1.0:
            for subscriber in list(account.subscribers.values()):
                mock.store.discharge(account, subscriber)
        latest[id(account)] = now

    before(mock.store, "settle", settling)
