"""Rules of stock, orders and subscribers that are wrong by themselves, whatever went before."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

from kandykit.mock.accounts import DECREMENT, FULFILLED, INCREMENT, REJECTED, Account, Order, Subscriber
from kandykit.mock.answers import Answer
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, before, bend
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults
from kandykit.mock.settings import PRODUCT
from kandykit.mock.store import rfc3339

business = Faults("business")
LIMIT = 12


def any_sign_is_taken(mock: Mock) -> None:
    """Let the user part of an identity hold whatever a caller likes, which no document forbids."""

    def around(identity: Any) -> Any:
        return lambda value: value if isinstance(value, str) and re.fullmatch(ANY_IDENTITY, value) else identity(value)

    bend(mock.schemas, "identity", around)


ANY_IDENTITY = r"[^@\s\x00-\x1f]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"

# Stock and subscribers.


@business.breaks("L5", "L3")
def oversell_by_one(mock: Mock) -> None:
    """The check for stock lets one more subscriber through when nothing is left."""
    bend(mock.store, "in_stock", lambda _: lambda account: account.available >= 0)


@business.breaks("L5", "L3")
def stock_check_forgets_use(mock: Mock) -> None:
    """The check for stock asks whether the account owns any product, not whether one is free."""
    bend(mock.store, "in_stock", lambda _: lambda account: account.total >= 1)


@business.breaks("L5", "R4")
def last_product_never_sold(mock: Mock) -> None:
    """The check for stock wants two free products, so that the last one is never given out."""
    bend(mock.store, "in_stock", lambda _: lambda account: account.available >= 2)


@business.breaks("L2")
def create_consumes_nothing(mock: Mock) -> None:
    """A new subscriber does not use up a product."""
    bend(mock.store, "consume", lambda _: lambda _account, _subscriber: None)


@business.breaks("L2")
def create_consumes_two(mock: Mock) -> None:
    """A new subscriber uses up two products where two are free."""

    def consume(account: Account, _subscriber: Subscriber) -> None:
        account.used += min(2, account.available)

    bend(mock.store, "consume", lambda _: consume)


@business.breaks("L2", "L1")
def create_lowers_total(mock: Mock) -> None:
    """A new subscriber takes its product out of the inventory instead of using it, and a deletion puts it back."""

    def consume(account: Account, _subscriber: Subscriber) -> None:
        account.total -= 1

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.total += 1

    bend(mock.store, "consume", lambda _: consume)
    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L2")
def caller_chosen_identity_is_free(mock: Mock) -> None:
    """A subscriber under an identity chosen by the caller uses up no product."""

    def consume(account: Account, subscriber: Subscriber) -> None:
        if subscriber.identity.endswith(f"@{account.client_id}.webrtc.example"):
            account.used += 1

    bend(mock.store, "consume", lambda _: consume)


@business.breaks("L10", "L2")
def delete_returns_nothing(mock: Mock) -> None:
    """A deletion does not return the product."""
    bend(mock.store, "give_back", lambda _: lambda _account, _subscriber: None)


@business.breaks("L10", "L2", "L3")
def delete_returns_two(mock: Mock) -> None:
    """A deletion returns two products."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.used -= 2

    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L2", "L1")
def delete_takes_the_product_away(mock: Mock) -> None:
    """A deleted subscriber's product leaves the inventory together with it."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.used -= 1
        account.total -= 1

    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L2", "L1")
def delete_adds_to_total(mock: Mock) -> None:
    """A deletion adds a product to the inventory instead of freeing the one in use."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.total += 1

    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L10", "L2")
def last_delete_returns_nothing(mock: Mock) -> None:
    """Deleting the only subscriber that is left returns nothing."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        if account.subscribers:
            account.used -= 1

    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L10", "L2")
def use_never_falls_to_nothing(mock: Mock) -> None:
    """The use falls to one and no lower: each account shows it with its first subscriber, and never again."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.used = max(account.used - 1, 1)

    bend(mock.store, "give_back", lambda _: give_back)


@business.breaks("L10", "L4")
def unknown_delete_frees_a_product(mock: Mock) -> None:
    """Deleting an identity that never existed is refused and frees a product all the same."""

    def freeing(account: Account, identity: str) -> None:
        account.used = max(0, account.used - 1)

    before(mock.operations, "nobody_there", freeing)


@business.breaks("L1", "L2")
def order_of_as_many_as_are_in_use_frees_them(mock: Mock) -> None:
    """An increment of as many products as are in use, two or more, takes all of them out of use."""

    def freeing(account: Account, order: Order) -> None:
        if order.kind == INCREMENT and order.quantity == account.used > 1:
            account.used = 0

    before(mock.store, "fulfil", freeing)


@business.breaks("L5")
def subscribers_before_the_first_order_are_free(mock: Mock) -> None:
    """An account that never ordered anything gets subscribers that are counted nowhere."""

    def never_ordered(account: Account) -> bool:
        return not account.orders and account.total == 0

    def counted(count: Callable[[Account, Subscriber], None]) -> Callable[[Account, Subscriber], None]:
        return lambda account, one: None if never_ordered(account) else count(account, one)

    bend(mock.store, "in_stock", lambda in_stock: lambda account: never_ordered(account) or in_stock(account))
    bend(mock.store, "consume", counted)
    bend(mock.store, "give_back", counted)


@business.breaks("L9")
def taken_identity_is_looked_for_among_eight(mock: Mock) -> None:
    """Whether an identity is taken is looked up among the first eight living subscribers only."""

    def free(account: Account, identity: str) -> bool:
        return identity not in list(account.subscribers)[:8]

    bend(mock.store, "identity_free", lambda _: free)


@business.breaks("L9", "L2")
def taken_identity_is_accepted(mock: Mock) -> None:
    """Nobody looks whether an identity is taken, so two living subscribers share it."""
    bend(mock.store, "identity_free", lambda _: lambda _account, _identity: True)


@business.breaks("L4", "L3")
def refusal_for_no_stock_consumes(mock: Mock) -> None:
    """A subscriber refused for lack of stock is counted as using a product."""

    def counting(account: Account, identity: str | None) -> None:
        if account.available < 1:
            account.used += 1

    before(mock.operations, "check_subscriber", counting)


@business.breaks("L4")
def refusal_of_taken_identity_consumes(mock: Mock) -> None:
    """A subscriber refused because its identity is taken still uses up a product where one is free."""

    def counting(account: Account, identity: str | None) -> None:
        if identity in account.subscribers and account.available:
            account.used += 1

    before(mock.operations, "check_subscriber", counting)


@business.breaks("L9", "L10", depth="standard")
def delete_ignores_letter_case(mock: Mock) -> None:
    """Two subscribers may differ in letter case only, yet a deletion finds the first one that matches without it."""

    def find(account: Account, identity: str) -> Subscriber | None:
        same = [one for one in account.subscribers.values() if one.identity.lower() == identity.lower()]
        return same[0] if same else None

    bend(mock.store, "find_subscriber", lambda _: find)


@business.breaks("L10")
def delete_ends_at_a_null(mock: Mock) -> None:
    """The identity of a deletion ends at its first NUL, so that what follows it is not compared."""

    def ending(find: Callable[[Account, str], Subscriber | None]) -> Callable[[Account, str], Subscriber | None]:
        return lambda account, identity: find(account, identity.partition("\0")[0])

    bend(mock.store, "find_subscriber", ending)


@business.breaks("L10", "L5")
def letters_beyond_ascii_are_all_one(mock: Mock) -> None:
    """Identities are compared without telling letters beyond ASCII from each other."""
    any_sign_is_taken(mock)

    def folded(identity: str) -> str:
        return re.sub(r"[^\x00-\x7f]", "?", identity)

    def find(account: Account, identity: str) -> Subscriber | None:
        return next((one for one in account.subscribers.values() if folded(one.identity) == folded(identity)), None)

    def free(account: Account, identity: str) -> bool:
        return find(account, identity) is None

    bend(mock.store, "identity_free", lambda _: free)
    bend(mock.store, "find_subscriber", lambda _: find)


@business.breaks("L10", depth="standard")
def delete_finds_by_user_alone(mock: Mock) -> None:
    """A deletion looks at what stands before the @ only, and takes any subscriber of that name."""

    def find(account: Account, identity: str) -> Subscriber | None:
        user = identity.partition("@")[0]
        same = [one for one in account.subscribers.values() if one.identity.partition("@")[0] == user]
        return same[0] if same else None

    bend(mock.store, "find_subscriber", lambda _: find)


@business.breaks("L10", depth="standard")
def delete_takes_who_begins_alike_as_well(mock: Mock) -> None:
    """A deletion removes every subscriber whose identity's user begins with the one that it names, and frees one."""

    def discharge(account: Account, subscriber: Subscriber) -> None:
        user, _, domain = subscriber.identity.partition("@")
        for one in list(account.subscribers.values()):
            other, _, theirs = one.identity.partition("@")
            if other.startswith(user) and theirs == domain:
                mock.store.forget(account, one)
        mock.store.give_back(account, subscriber)

    bend(mock.store, "discharge", lambda _: discharge)


@business.breaks("L9", depth="standard")
def counted_identity_is_given_although_taken(mock: Mock) -> None:
    """The server numbers its identities, and gives the next number out even where a caller chose it before."""
    made: Counter[str] = Counter()

    def next_one(account: Account) -> str:
        made[account.client_id] += 1
        return f"user{made[account.client_id]}@{account.client_id}.webrtc.example"

    bend(mock.store, "new_identity", lambda _: next_one)


@business.breaks("L9", "R2")
def long_identities_are_cut(mock: Mock) -> None:
    """An identity whose user has more than forty characters is cut after the fortieth, and the subscriber gets that."""

    def around(enrol: Any) -> Any:
        def enrolling(account: Account, identity: str) -> Subscriber:
            user, _, domain = identity.partition("@")
            subscriber: Subscriber = enrol(account, f"{user[:40]}@{domain}")
            return subscriber

        return enrolling

    bend(mock.store, "enrol", around)


@business.breaks("L5", "L9")
def taken_goes_by_the_first_thirty_two_signs(mock: Mock) -> None:
    """Whether an identity is taken is asked of a column that holds the first thirty-two characters of its user."""

    def free(account: Account, identity: str) -> bool:
        user, _, domain = identity.partition("@")
        return not any(
            (taken.partition("@")[0][:32], taken.partition("@")[2]) == (user[:32], domain)
            for taken in account.subscribers
        )

    bend(mock.store, "identity_free", lambda _: free)


@business.breaks("L9", "L10", depth="standard")
def letter_case_overwrites(mock: Mock) -> None:
    """Subscribers are kept by identity in lower case, so that a second spelling replaces the first subscriber."""

    def remember(account: Account, subscriber: Subscriber) -> None:
        account.subscribers[subscriber.identity.lower()] = subscriber

    def find(account: Account, identity: str) -> Subscriber | None:
        found = account.subscribers.get(identity.lower())
        return found if found and found.identity == identity else None

    def forget(account: Account, subscriber: Subscriber) -> None:
        account.subscribers.pop(subscriber.identity.lower(), None)

    bend(mock.store, "remember", lambda _: remember)
    bend(mock.store, "find_subscriber", lambda _: find)
    bend(mock.store, "forget", lambda _: forget)


@business.breaks("L10", depth="standard")
def identity_with_plus_cannot_be_deleted(mock: Mock) -> None:
    """A plus sign in the path of a deletion is read as a space, as if it stood in a form."""

    def around(find: Any) -> Any:
        return lambda account, identity: find(account, identity.replace("+", " "))

    bend(mock.store, "find_subscriber", around)


@business.breaks("L10")
def identity_with_semicolon_cannot_be_deleted(mock: Mock) -> None:
    """Any sign may stand in an identity, but a deletion takes a semicolon in its path for the end of it."""
    any_sign_is_taken(mock)

    def around(find: Any) -> Any:
        return lambda account, identity: find(account, identity.partition(";")[0])

    bend(mock.store, "find_subscriber", around)


@business.breaks("L10")
def accented_identity_cannot_be_deleted(mock: Mock) -> None:
    """Identities are kept in Unicode's composed form, and a deletion looks for what it is given as it stands."""
    any_sign_is_taken(mock)

    def keeping(account: Account, subscriber: Subscriber) -> None:
        account.subscribers[normalize("NFC", subscriber.identity)] = account.subscribers.pop(subscriber.identity)

    after(mock.store, "remember", keeping)


@business.breaks("L10", "L9", "R4", depth="standard")
def delete_needs_lower_case(mock: Mock) -> None:
    """A deletion looks for the identity in lower case, and never finds one that was created with capitals."""

    def around(find: Any) -> Any:
        return lambda account, identity: find(account, identity.lower())

    bend(mock.store, "find_subscriber", around)


# Orders.


@business.breaks("L6", "L3")
def decrement_below_use_by_one(mock: Mock) -> None:
    """A decrement may take one product more than are free."""
    bend(mock.store, "decrement_fits", lambda _: lambda account, quantity: quantity <= account.available + 1)


@business.breaks("L6", "L3")
def decrement_compares_with_total(mock: Mock) -> None:
    """A decrement is checked against what the account owns, not against what is free."""
    bend(mock.store, "decrement_fits", lambda _: lambda account, quantity: quantity <= account.total)


@business.breaks("L6")
def decrement_of_all_that_is_free_refused(mock: Mock) -> None:
    """A decrement of exactly the free products is refused."""
    bend(mock.store, "decrement_fits", lambda _: lambda account, quantity: quantity < account.available)


@business.breaks("L6")
def decrement_to_nothing_refused(mock: Mock) -> None:
    """A decrement that would leave an account without any product is refused."""
    bend(
        mock.store,
        "decrement_fits",
        lambda fits: lambda account, quantity: fits(account, quantity) and quantity < account.total,
    )


@business.breaks("L6", "L8")
def decrement_takes_what_it_can(mock: Mock) -> None:
    """A decrement that is too large is accepted, and takes only the products that are free."""

    def change(account: Account, delta: int) -> None:
        account.total += max(delta, -account.available)

    bend(mock.store, "decrement_fits", lambda _: lambda _account, _quantity: True)
    bend(mock.store, "change_total", lambda _: change)


@business.breaks("L6", "L2")
def decrement_evicts_subscribers(mock: Mock) -> None:
    """A decrement below the products in use is accepted, and subscribers are deleted to make it fit."""

    def evicting(account: Account, delta: int) -> None:
        while account.available < -delta and account.subscribers:
            mock.store.discharge(account, next(iter(account.subscribers.values())))

    bend(mock.store, "decrement_fits", lambda _: lambda account, quantity: quantity <= account.total)
    before(mock.store, "change_total", evicting)


@business.breaks("L1", "L8")
def decrement_adds(mock: Mock) -> None:
    """A decrement raises the total by its quantity."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, abs(delta)))


@business.breaks("L1", "L8")
def decrement_takes_nothing(mock: Mock) -> None:
    """A decrement is reported as fulfilled and takes nothing."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, max(delta, 0)))


@business.breaks("L1", "L8")
def decrement_takes_one(mock: Mock) -> None:
    """A decrement takes one product, whatever its quantity."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, max(delta, -1)))


@business.breaks("L1", "L8")
def increment_adds_one(mock: Mock) -> None:
    """An increment adds one product, whatever its quantity."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, min(delta, 1)))


@business.breaks("L1", "R4")
def increment_adds_nothing(mock: Mock) -> None:
    """An increment is reported as fulfilled and adds nothing."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, min(delta, 0)))


@business.breaks("L1", "L8")
def increment_of_ten_or_more_short_by_one(mock: Mock) -> None:
    """An increment of ten products or more adds one too few."""
    bend(mock.store, "change_total", lambda change: lambda account, delta: change(account, delta - (delta >= 10)))


@business.breaks("L4", "L8")
def refused_decrement_is_entered(mock: Mock) -> None:
    """A refused decrement stands in the list of orders afterwards, as fulfilled."""

    def entering(account: Account, kind: str, quantity: int) -> None:
        if kind == DECREMENT:
            mock.store.record(account, new_order(mock, account, kind, quantity, FULFILLED))

    before(mock.operations, "refuse_order", entering)


@business.breaks("L4", "L8")
def refused_order_stands_as_rejected(mock: Mock) -> None:
    """An order that is refused with 412 stands in the list of orders afterwards, as rejected."""

    def entering(account: Account, kind: str, quantity: int) -> None:
        order = new_order(mock, account, kind, quantity, REJECTED)
        account.orders[order.number] = order

    before(mock.operations, "refuse_order", entering)


@business.breaks("L4", "L1")
def refused_decrement_takes_what_is_free(mock: Mock) -> None:
    """A refused decrement takes the free products all the same."""

    def taking(account: Account, kind: str, quantity: int) -> None:
        if kind == DECREMENT:
            account.total = account.used

    before(mock.operations, "refuse_order", taking)


# The agreed limit.


@business.breaks("L7", "L3", readings={"limit": LIMIT})
def limit_passed_by_one(mock: Mock) -> None:
    """An increment may go one product beyond the agreed limit."""
    mock.agree_on(LIMIT)
    bend(mock.store, "increment_fits", lambda fits: lambda account, quantity: fits(account, quantity - 1))


@business.breaks("L7", readings={"limit": LIMIT})
def limit_cannot_be_reached(mock: Mock) -> None:
    """An increment that reaches the agreed limit exactly is refused."""
    mock.agree_on(LIMIT)
    bend(mock.store, "increment_fits", lambda fits: lambda account, quantity: fits(account, quantity + 1))


@business.breaks("L7", "L3", readings={"limit": LIMIT})
def limit_holds_for_each_order_alone(mock: Mock) -> None:
    """The agreed limit is compared with the quantity of the order, not with the total that it leads to."""
    mock.agree_on(LIMIT)
    bend(mock.store, "increment_fits", lambda _: lambda account, quantity: quantity <= account.limit)


@business.breaks("L7", "L3", readings={"limit": LIMIT})
def limit_holds_for_free_products(mock: Mock) -> None:
    """Products in use do not count toward the agreed limit."""
    mock.agree_on(LIMIT)
    bend(
        mock.store, "increment_fits", lambda _: lambda account, quantity: account.available + quantity <= account.limit
    )


@business.breaks("L5", depth="standard", readings={"limit": LIMIT})
def last_product_of_the_limit_never_sold(mock: Mock) -> None:
    """An account that owns all that was agreed must keep one product free."""
    mock.agree_on(LIMIT)

    def around(in_stock: Any) -> Any:
        return lambda account: in_stock(account) and (account.total != account.limit or account.available > 1)

    bend(mock.store, "in_stock", around)


@business.breaks("L7", readings={"limit": LIMIT})
def limit_never_gets_room_back(mock: Mock) -> None:
    """All increments ever made count toward the agreed limit, and decrements do not make room again."""
    mock.agree_on(LIMIT)

    def fits(account: Account, quantity: int) -> bool:
        ordered = sum(order.quantity for order in account.orders.values() if order.kind == INCREMENT)
        return account.limit is None or ordered + quantity <= account.limit

    bend(mock.store, "increment_fits", lambda _: fits)


@business.breaks("L8", "L1", "L7", readings={"limit": LIMIT})
def increment_clipped_at_the_limit(mock: Mock) -> None:
    """An increment beyond the agreed limit is accepted as fulfilled, and adds only what still fits."""
    mock.agree_on(LIMIT)

    def change(account: Account, delta: int) -> None:
        account.total += delta if account.limit is None else min(delta, account.limit - account.total)

    bend(mock.store, "increment_fits", lambda _: lambda account, _quantity: account.total < account.limit)
    bend(mock.store, "change_total", lambda _: change)


@business.breaks("L4", "L1", readings={"limit": LIMIT})
def refused_increment_fills_up(mock: Mock) -> None:
    """An increment refused at the agreed limit fills the account up to the limit all the same."""
    mock.agree_on(LIMIT)

    def filling(account: Account, kind: str, quantity: int) -> None:
        if kind == INCREMENT and account.limit is not None:
            account.total = account.limit

    before(mock.operations, "refuse_order", filling)


# What is shown.


@business.breaks("L3")
def available_shows_total(mock: Mock) -> None:
    """The inventory shows all products as available, those in use too."""
    show(mock, lambda row: row | {"available": row["total"]})


@business.breaks("L3", "L1", "L2")
def total_shows_available(mock: Mock) -> None:
    """The inventory shows the free products as the total."""
    show(mock, lambda row: row | {"total": row["available"]})


@business.breaks("L2")
def use_never_shown(mock: Mock) -> None:
    """The inventory shows no product as used and all of them as available, whatever is in use."""
    show(mock, lambda row: row | {"used": 0, "available": row["total"]})


@business.breaks("R2", "R4")
def empty_account_has_no_row(mock: Mock) -> None:
    """An account whose products are all gone or in use gets an inventory without a row."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            return await read(account, call) if account.available else Answer(200, {"products": []})

        return reading

    bend(mock.operations, "read_inventory", around)


# The ledger.


@business.breaks("L8")
def list_hides_decrements(mock: Mock) -> None:
    """The list of orders leaves decrements out."""
    bend(mock.store, "ledger", lambda ledger: lambda account: [one for one in ledger(account) if one.kind == INCREMENT])


@business.breaks("L8")
def decrement_listed_as_increment(mock: Mock) -> None:
    """Reading an order shows every decrement as an increment."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            orders = [order | {"order_type": INCREMENT} for order in answer.content["orders"]]
            return Answer(200, {"orders": orders})

        return reading

    bend(mock.operations, "read_orders", around)


@business.breaks("L8")
def order_read_by_number_is_the_one_before(mock: Mock) -> None:
    """Reading one order by its number shows the one that was placed before it."""

    def around(find: Any) -> Any:
        def found(account: Account, number: str) -> Order | None:
            numbers = list(account.orders)
            if number in account.orders and numbers.index(number):
                number = numbers[numbers.index(number) - 1]
            order: Order | None = find(account, number)
            return order

        return found

    bend(mock.store, "find_order", around)


@business.breaks("L8")
def order_date_moves(mock: Mock) -> None:
    """An order's date of creation is the time at which it is read."""
    bend(
        mock.operations,
        "show_order",
        lambda shown: lambda order: shown(order) | {"created_at": rfc3339(mock.clock())},
    )


@business.breaks("L8", "L7", "R4")
def increment_rejected_but_counted(mock: Mock) -> None:
    """An increment of three products or more is reported as rejected, and the products are there all the same."""

    def fulfilling(account: Account, order: Order) -> None:
        if order.kind == INCREMENT and order.quantity >= 3:
            order.status = REJECTED

    after(mock.store, "fulfil", fulfilling)


@business.breaks("L8", "R4")
def order_never_in_the_list(mock: Mock) -> None:
    """An order of a single product is carried out, but stands in no list and cannot be read by its number."""

    def around(record: Any) -> Any:
        def recording(account: Account, order: Order) -> None:
            if order.quantity > 1:
                record(account, order)

        return recording

    bend(mock.store, "record", around)


@business.breaks("L6", "L3")
def pending_decrement_not_checked_again(mock: Mock) -> None:
    """Orders take a moment, and a decrement is carried out even when its products were given out meanwhile."""
    mock.take_time(0.3)

    def settle(account: Account) -> None:
        while account.pending and account.pending[0].due <= mock.clock():
            mock.store.fulfil(account, account.pending.pop(0))

    bend(mock.store, "settle", lambda _: settle)


@business.breaks("L1", "L8")
def pending_order_counted_twice(mock: Mock) -> None:
    """Orders take a moment, and each is carried out when it is placed and once more when it is fulfilled."""
    mock.take_time(0.3)

    def recording(account: Account, order: Order) -> None:
        if order.kind == INCREMENT:
            mock.store.change_total(account, order.quantity)

    after(mock.store, "record", recording)


@business.breaks("L7", "L6", "L8", readings={"limit": LIMIT})
def pending_order_rejected_when_the_next_comes(mock: Mock) -> None:
    """Orders take a moment, and one that is still pending when the next is placed ends rejected, though it fits."""
    mock.agree_on(LIMIT)
    mock.take_time(0.3)

    def reject(account: Account, _kind: str, _quantity: int) -> None:
        while account.pending:
            mock.store.reject(account, account.pending.pop())

    before(mock.store, "place", reject)


@business.breaks("L1", "L8")
def equal_increments_that_wait_together_count_once(mock: Mock) -> None:
    """Orders take a moment, and of two pending increments of the same quantity only one is carried out."""
    mock.take_time(0.1)

    def around(fulfil: Any) -> Any:
        def fulfilling(account: Account, order: Order) -> None:
            alike = [other for other in account.pending if other.quantity == order.quantity]
            if order.kind == INCREMENT and any(other.kind == INCREMENT for other in alike):
                order.status = FULFILLED
            else:
                fulfil(account, order)

        return fulfilling

    bend(mock.store, "fulfil", around)


@business.breaks("L8", depth="standard", readings={"fulfilment_s": 3.0})
def pending_decrement_forgotten_when_a_subscriber_leaves(mock: Mock) -> None:
    """Orders take a moment, and a decrement that is pending when a subscriber is deleted stays so for ever."""
    mock.take_time(0.1)

    def forget(account: Account, _subscriber: Subscriber) -> None:
        account.pending[:] = [order for order in account.pending if order.kind == INCREMENT]

    before(mock.store, "discharge", forget)


def show(mock: Mock, change: Any) -> None:
    """Bend what the inventory shows."""

    def around(show_stock: Any) -> Any:
        async def shown(account: Account) -> dict[str, Any]:
            row: dict[str, Any] = change(await show_stock(account))
            return row

        return shown

    bend(mock.operations, "show_stock", around)


def new_order(mock: Mock, account: Account, kind: str, quantity: int, status: str) -> Order:
    """An order that goes past the store's own way of placing one."""
    now = mock.clock()
    return Order(mock.store.new_number(account), kind, PRODUCT, quantity, rfc3339(now), status, now)
