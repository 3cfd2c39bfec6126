"""Orders that are accepted, fulfilled or shown in another way than usual."""

from math import inf
from typing import Any

from kandykit.mock.accounts import DECREMENT, INCREMENT, PENDING, REJECTED, Account, Order
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter_success, bend
from kandykit.mock.catalogue import Legals
from kandykit.mock.settings import PRODUCT
from kandykit.mock.store import rfc3339

orders = Legals()


@orders.gets("conformant")
def orders_take_a_moment(mock: Mock) -> None:
    """Orders are accepted with 202 and fulfilled a third of a second later."""
    mock.take_time(0.3)


@orders.gets("conformant", readings={"fulfilment_s": 5.0})
def orders_take_two_seconds(mock: Mock) -> None:
    """Orders are accepted with 202 and fulfilled two seconds later, as was agreed."""
    mock.take_time(2.0)


@orders.gets("conformant")
def only_decrements_take_a_moment(mock: Mock) -> None:
    """Increments are fulfilled at once, decrements a third of a second later."""

    def around(place: Any) -> Any:
        def placing(account: Account, kind: str, quantity: int) -> Order:
            mock.store.fulfil_after = 0.3 if kind == DECREMENT else None
            order: Order = place(account, kind, quantity)
            return order

        return placing

    bend(mock.store, "place", around)


@orders.gets("conformant")
def large_orders_take_a_moment(mock: Mock) -> None:
    """Orders of more than two products are fulfilled a third of a second later, smaller ones at once."""

    def around(place: Any) -> Any:
        def placing(account: Account, kind: str, quantity: int) -> Order:
            mock.store.fulfil_after = 0.3 if quantity > 2 else None
            order: Order = place(account, kind, quantity)
            return order

        return placing

    bend(mock.store, "place", around)


@orders.gets("conformant")
def decrement_below_use_ends_rejected(mock: Mock) -> None:
    """A decrement below the products in use is accepted with 202, and its order ends rejected."""
    mock.take_time(0.3)
    bend(mock.operations, "refuse_order", lambda _: lambda _account, _kind, _quantity: None)


@orders.gets("conformant")
def decrement_below_use_rejected_at_once(mock: Mock) -> None:
    """A decrement below the products in use gets an order number, and is rejected from the start."""
    enter_at_once(mock, REJECTED)


@orders.gets("conformant", readings={"limit": 12})
def increment_beyond_the_limit_rejected_at_once(mock: Mock) -> None:
    """An increment beyond the agreed limit gets an order number, and is rejected from the start."""
    mock.agree_on(12)
    enter_at_once(mock, REJECTED)


@orders.gets("conformant", readings={"limit": 12, "fulfilment_s": 1.0})
def increment_beyond_the_limit_stays_pending(mock: Mock) -> None:
    """An increment beyond the agreed limit is accepted with 202, and its order is never decided."""
    mock.agree_on(12)
    refuse = mock.operations.refuse_order
    enter_at_once(mock, PENDING)
    bend(
        mock.operations,
        "refuse_order",
        lambda enter: lambda account, kind, quantity: (enter if kind == INCREMENT else refuse)(account, kind, quantity),
    )


@orders.gets("conformant", readings={"limit": 12})
def small_limit(mock: Mock) -> None:
    """The account may hold twelve products, as was agreed."""
    mock.agree_on(12)


@orders.gets("conformant")
def small_limit_not_declared(mock: Mock) -> None:
    """The account may hold six products, and the profile does not say so."""
    mock.agree_on(6)


@orders.gets("conformant", readings={"limit": 2})
def tiny_limit(mock: Mock) -> None:
    """Each account may hold two products, as was agreed; most of what a race orders beforehand is refused."""
    mock.agree_on(2)


@orders.gets("conformant", readings={"limit": 12})
def the_other_account_has_a_smaller_limit(mock: Mock) -> None:
    """The account under test may hold twelve products, as was agreed, and the other one three."""
    for account in mock.accounts.values():
        account.limit = 12 if account is mock.first_account else 3


@orders.gets("conformant", readings={"limit": 12})
def pending_orders_count_toward_the_limit(mock: Mock) -> None:
    """Orders take a moment, and increments that are still pending count toward the agreed limit."""
    mock.agree_on(12)
    mock.take_time(0.3)

    def around(fits: Any) -> Any:
        def fitting(account: Account, quantity: int) -> bool:
            pending = sum(order.quantity for order in account.pending if order.kind == INCREMENT)
            return bool(fits(account, quantity + pending))

        return fitting

    bend(mock.store, "increment_fits", around)


@orders.gets("conformant")
def order_without_location(mock: Mock) -> None:
    """The answer to an order has no Location; its number stands in the content."""
    alter_success(mock, "POST", "order", lambda answer: answer.headers.pop("location"))


@orders.gets("conformant")
def order_answered_200(mock: Mock) -> None:
    """An order that is fulfilled at once is answered with 200."""
    alter_success(mock, "POST", "order", lambda answer: setattr(answer, "status", 200))


@orders.gets("conformant")
def order_answered_202_when_done(mock: Mock) -> None:
    """An order is answered with 202 though it is fulfilled already."""
    alter_success(mock, "POST", "order", lambda answer: setattr(answer, "status", 202))


@orders.gets("conformant")
def relative_location(mock: Mock) -> None:
    """The Location of an order is relative to the path of the request."""
    bend(mock.operations, "location", lambda _: lambda order: f"order?order_number={order.number}")


@orders.gets("conformant")
def order_numbers_with_signs(mock: Mock) -> None:
    """Order numbers hold characters that must be escaped in a query."""
    bend(mock.store, "new_number", lambda number: lambda account: f"{number(account)}/26 #7&b=1+%41")


@orders.gets("conformant")
def order_numbers_are_long(mock: Mock) -> None:
    """Order numbers are digits, more than any number type holds exactly."""
    bend(mock.store, "new_number", lambda number: lambda account: f"90071992547409{number(account)[2:].zfill(26)}")


@orders.gets("conformant")
def dates_with_offset_and_nanoseconds(mock: Mock) -> None:
    """Dates are in UTC with an offset of zero and nine digits after the second."""

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"created_at": row["created_at"].replace("Z", "456789+00:00")}

    bend(mock.operations, "show_order", lambda show: lambda order: shown(show(order)))
    alter_success(mock, "POST", "subscriber", lambda answer: answer.content.update(shown(answer.content)))


@orders.gets("conformant")
def products_and_subscribers_of_others(mock: Mock) -> None:
    """The account holds products and subscribers of others when a run begins, and they stay."""
    mock.furnish(7, 3)


@orders.gets("conformant")
def a_long_past(mock: Mock) -> None:
    """The account has sixty orders behind it when a run begins, and four products that are free."""
    for number in range(60):
        mock.store.place(mock.first_account, DECREMENT if number % 3 == 2 else INCREMENT, 1 + (number % 3 == 2))
    mock.furnish(4, 0)


@orders.gets("conformant")
def an_old_order_is_still_pending(mock: Mock) -> None:
    """The account has an increment of last month that is pending, and stays so for ever."""
    mock.furnish(4, 0)
    long_ago = mock.clock() - 30 * 86400
    account = mock.first_account
    number = mock.store.new_number(account)
    mock.store.record(account, Order(number, INCREMENT, PRODUCT, 3, rfc3339(long_ago), PENDING, inf))


@orders.gets("inconclusive")
def full_account(mock: Mock) -> None:
    """The account is at its agreed limit and every product is in use by others, so that nothing can be tried."""
    mock.furnish(5, 5)
    mock.first_account.limit = 5


@orders.gets("inconclusive")
def full_account_that_rejects(mock: Mock) -> None:
    """The account is full in the same way, but orders get a number and are rejected, as all are that do not fit."""
    full_account(mock)
    enter_at_once(mock, REJECTED)


@orders.gets("conformant")
def room_for_one_and_rejections(mock: Mock) -> None:
    """The account may hold one product, which nobody declared, and orders that do not fit get a number as rejected."""
    mock.agree_on(1)
    enter_at_once(mock, REJECTED)


@orders.gets("conformant", readings={"limit": 8})
def nearly_full_account(mock: Mock) -> None:
    """The account has room for two more products below its agreed limit; all the others are in use."""
    mock.furnish(6, 6)
    mock.first_account.limit = 8


def enter_at_once(mock: Mock, status: str) -> None:
    """Enter an order that does not fit, with this status for good, instead of refusing it."""
    entered: list[Order] = []

    def enter(account: Account, kind: str, quantity: int) -> None:
        now = mock.clock()
        order = Order(mock.store.new_number(account), kind, PRODUCT, quantity, rfc3339(now), status, now)
        mock.store.record(account, order)
        entered.append(order)

    def around(place: Any) -> Any:
        def placing(account: Account, kind: str, quantity: int) -> Order:
            order: Order = entered.pop() if entered else place(account, kind, quantity)
            return order

        return placing

    bend(mock.operations, "refuse_order", lambda _: enter)
    bend(mock.store, "place", around)
