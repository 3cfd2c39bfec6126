"""Accounts that see or change what is another one's."""

from collections.abc import Callable
from itertools import count
from typing import Any

from kandykit.mock.accounts import Account, Order, Subscriber
from kandykit.mock.answers import Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, before, bend
from kandykit.mock.catalogue import Faults
from kandykit.mock.tokens import Token

isolation = Faults("isolation")


def others(mock: Mock, account: Account) -> list[Account]:
    """All accounts but this one."""
    return [other for other in mock.accounts.values() if other is not account]


def evicting(mock: Mock) -> Callable[[Account, str], None]:
    """Removes the subscribers of an identity from all accounts but the one that asks."""

    def evict(account: Account, identity: str) -> None:
        for other in others(mock, account):
            if identity in other.subscribers:
                mock.store.discharge(other, other.subscribers[identity])

    return evict


@isolation.breaks("L11")
def foreign_order_can_be_read(mock: Mock) -> None:
    """An order can be read by its number from any account."""

    def find(_account: Account, number: str) -> Order | None:
        return next((one.orders[number] for one in mock.accounts.values() if number in one.orders), None)

    bend(mock.store, "find_order", lambda _: find)


@isolation.breaks("L11")
def foreign_orders_are_listed(mock: Mock) -> None:
    """The list of orders holds those of all accounts."""
    bend(
        mock.store,
        "ledger",
        lambda ledger: lambda _account: [order for one in mock.accounts.values() for order in ledger(one)],
    )


@isolation.breaks("L11")
def foreign_subscriber_can_be_deleted(mock: Mock) -> None:
    """A subscriber can be deleted from any account, and its product returns to its owner."""
    homes: dict[int, Account] = {}

    def find(account: Account, identity: str) -> Subscriber | None:
        for one in (account, *others(mock, account)):
            if identity in one.subscribers:
                homes[id(one.subscribers[identity])] = one
                return one.subscribers[identity]
        return None

    bend(mock.store, "find_subscriber", lambda _: find)
    bend(
        mock.store,
        "discharge",
        lambda discharge: lambda account, subscriber: discharge(homes.pop(id(subscriber), account), subscriber),
    )


@isolation.breaks("L11", "L4")
def foreign_deletion_refused_but_done(mock: Mock) -> None:
    """Deleting another account's subscriber is refused as unknown, and the subscriber is gone."""
    before(mock.operations, "nobody_there", evicting(mock))


@isolation.breaks("L11", "L10")
def foreign_deletion_frees_an_own_product(mock: Mock) -> None:
    """Deleting another account's subscriber is refused, and frees a product of the account that asks."""

    def freeing(account: Account, identity: str) -> None:
        if account.used and any(identity in other.subscribers for other in others(mock, account)):
            account.used -= 1

    before(mock.operations, "nobody_there", freeing)


@isolation.breaks("L11", "L1")
def order_adds_to_every_account(mock: Mock) -> None:
    """An increment of one account adds its products to all of them."""

    def changing(account: Account, delta: int) -> None:
        for other in others(mock, account):
            other.total += max(delta, 0)

    after(mock.store, "change_total", changing)


@isolation.breaks("L11", "L1", depth="standard")
def every_fifth_order_counts_for_others_too(mock: Mock) -> None:
    """Every fifth increment adds its products to all accounts."""
    placed = count(1)

    def changing(account: Account, delta: int) -> None:
        if delta > 0 and next(placed) % 5 == 0:
            for other in others(mock, account):
                other.total += delta

    after(mock.store, "change_total", changing)


@isolation.breaks("L11", "L2", depth="standard")
def every_seventh_subscriber_counts_for_others_too(mock: Mock) -> None:
    """Every seventh subscriber is counted as used in all accounts, and never taken off there."""
    made = count(1)

    def consuming(account: Account, _subscriber: Subscriber) -> None:
        if next(made) % 7 == 0:
            for other in others(mock, account):
                other.used += 1

    after(mock.store, "consume", consuming)


@isolation.breaks("L11", "L5")
def stock_is_shared(mock: Mock) -> None:
    """A subscriber may use a product of another account where its own has none left, and is booked there."""
    homes: dict[int, Account] = {}

    def consume(account: Account, subscriber: Subscriber) -> None:
        home = account if account.available else others(mock, account)[0]
        homes[id(subscriber)] = home
        home.used += 1

    def give_back(account: Account, subscriber: Subscriber) -> None:
        homes.pop(id(subscriber), account).used -= 1

    bend(
        mock.store,
        "in_stock",
        lambda check: lambda account: check(account) or check(others(mock, account)[0]),
    )
    bend(mock.store, "consume", lambda _: consume)
    bend(mock.store, "give_back", lambda _: give_back)


@isolation.breaks("L11", "R6", depth="standard")
def token_of_the_one_who_asked_before(mock: Mock) -> None:
    """The token endpoint remembers the last client, and a client that comes after another gets a token of that one."""
    latest: list[Account] = []

    def around(mint: Any) -> Any:
        def minting(account: Account) -> Token:
            token: Token = mint(latest[0] if latest else account)
            latest[:] = [account]
            return token

        return minting

    bend(mock.tokens, "mint", around)


@isolation.breaks("L11")
def inventory_of_the_last_caller(mock: Mock) -> None:
    """The inventory is kept for all accounts together, and shows that of the account which changed something last."""
    latest: list[Account] = []

    def noting(act: Any) -> Any:
        def acting(account: Account, *rest: Any) -> None:
            act(account, *rest)
            latest[:] = [account]

        return acting

    for seam in ("change_total", "consume", "give_back"):
        bend(mock.store, seam, noting)
    bend(mock.operations, "show_stock", lambda show: lambda account: show(latest[0] if latest else account))


@isolation.breaks("L11", "L8")
def old_foreign_order_can_be_read(mock: Mock) -> None:
    """An order with three younger ones behind it can be read by its number from any account."""

    def around(find: Any) -> Any:
        def found(account: Account, number: str) -> Order | None:
            archived = [one.orders[number] for one in others(mock, account) if number in list(one.orders)[:-3]]
            order: Order | None = archived[0] if archived else find(account, number)
            return order

        return found

    bend(mock.store, "find_order", around)


@isolation.breaks("L11", "L9")
def foreign_identity_is_taken_over(mock: Mock) -> None:
    """A subscriber that gets the identity of another account's takes its place, and that one is gone."""
    before(mock.store, "enrol", evicting(mock))


@isolation.breaks("L11", "L4")
def foreign_identity_is_refused_and_consumes(mock: Mock) -> None:
    """An identity of another account's is refused as taken, and uses up a product of that account."""

    def checking(account: Account, identity: str | None) -> None:
        for other in others(mock, account):
            if identity in other.subscribers:
                other.used += bool(other.available)
                raise Refused(Cause.TAKEN, "The identity is taken.")

    before(mock.operations, "check_subscriber", checking)


@isolation.breaks("L11", "L9")
def foreign_identity_brings_its_password(mock: Mock) -> None:
    """A subscriber that gets the identity of another account's gets its password as well."""

    def remembering(account: Account, subscriber: Subscriber) -> None:
        for other in others(mock, account):
            if subscriber.identity in other.subscribers:
                subscriber.password = other.subscribers[subscriber.identity].password

    before(mock.store, "remember", remembering)
