"""Defects that a single client never meets: two calls on their way at once come between each other's check and act.

Each of them waits a few milliseconds where a real server would ask its database, and trusts afterwards what it knew
before. Calls that come one after another find everything in order.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from kandykit.mock.accounts import FULFILLED, INCREMENT, Account, Order, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import before, bend
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults
from kandykit.mock.settings import TOKEN_PATH

races = Faults("races")

GAP_S = 0.004
"""How long a damaged server waits between check and act, in seconds."""

LONG_GAP_S = 0.02
"""How long it leaves things half done where one client has to see them so by two calls, one after the other."""

LIMIT = 12
"""The agreed limit where a fault needs one: low enough to be reached within the budget of a run."""

Create = Callable[[Account, Call, str | None], Awaitable[Answer]]

# Check, then act.


@races.breaks("L12", "L5", "L3", depth="standard")
def last_product_sold_twice(mock: Mock) -> None:
    """Creates that come together each find the last product free, and each takes it."""

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        await mock.sleep(GAP_S)
        refuse_taken(mock, account, identity)
        return enrolled(mock, account, identity)

    create_by(mock, creating)


@races.breaks("L12", "L2", "L11", depth="standard")
def accounts_mixed_up_in_a_crowd(mock: Mock) -> None:
    """A create is booked on the account that called last, be it another one whose create came meanwhile."""
    latest: list[Account] = []

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        latest[:] = [account]
        await mock.sleep(GAP_S)
        mock.operations.check_subscriber(latest[0], identity)
        return enrolled(mock, latest[0], identity)

    create_by(mock, creating)


@races.breaks("L12", "L9", "L2", depth="standard")
def same_identity_given_to_two(mock: Mock) -> None:
    """Creates that come together under one identity all succeed, each with a password and a product of its own."""

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        refuse_taken(mock, account, identity)
        await mock.sleep(GAP_S)
        refuse_sold_out(mock, account)
        return enrolled(mock, account, identity)

    create_by(mock, creating)


@races.breaks("L12", "L5", "L3", depth="standard")
def stock_unchecked_in_a_crowd(mock: Mock) -> None:
    """While more than four creates are under way nobody looks whether a product is left."""
    under_way: Counter[str] = Counter()

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        under_way[account.client_id] += 1
        try:
            refuse_taken(mock, account, identity)
            await mock.sleep(GAP_S)
            if under_way[account.client_id] <= 4:
                refuse_sold_out(mock, account)
            refuse_taken(mock, account, identity)
            return enrolled(mock, account, identity)
        finally:
            under_way[account.client_id] -= 1

    create_by(mock, creating)


@races.breaks("L12", "L6", "L3", depth="standard")
def decrement_goes_by_an_old_use(mock: Mock) -> None:
    """A decrement is checked before the creates that come with it, and takes their products away after them."""

    async def deciding(account: Account, kind: str, quantity: int) -> None:
        if kind == INCREMENT:
            return
        used = account.used
        await mock.sleep(GAP_S)
        if quantity > account.total - used:
            mock.operations.refuse_order(account, kind, quantity)

    order_by(mock, deciding, unchecked=("decrement",))


@races.breaks("L12", "L6", "L3", depth="standard")
def decrements_each_take_the_same(mock: Mock) -> None:
    """Decrements that come together are each allowed what is free once, and each takes it."""

    async def deciding(account: Account, kind: str, _quantity: int) -> None:
        if kind != INCREMENT:
            await mock.sleep(GAP_S)

    order_by(mock, deciding)


@races.breaks("L12", "L5", "L3", depth="standard")
def create_goes_by_an_old_total(mock: Mock) -> None:
    """A create counts on the products that were there when it came, though a decrement takes them meanwhile."""

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        total = account.total
        await mock.sleep(GAP_S)
        refuse_taken(mock, account, identity)
        if account.used >= max(total, account.total):
            raise Refused(Cause.NO_STOCK, "No product is available.")
        return enrolled(mock, account, identity)

    create_by(mock, creating)


@races.breaks("L12", "L7", "L3", depth="standard", readings={"limit": LIMIT})
def increments_pass_the_limit_together(mock: Mock) -> None:
    """Increments that come together are each within the agreed limit, and all of them beyond it."""
    mock.agree_on(LIMIT)

    async def deciding(account: Account, kind: str, _quantity: int) -> None:
        if kind == INCREMENT:
            await mock.sleep(GAP_S)

    order_by(mock, deciding)


# Freeing twice.


@races.breaks("L12", "L10", "L3", depth="standard")
def two_deletes_free_twice(mock: Mock) -> None:
    """Deletes of one subscriber that come together all succeed, and each frees a product."""
    wait_at(mock, "delete_subscriber")


@races.breaks("L10", "L12", "L2", depth="standard")
def refused_delete_frees_as_well(mock: Mock) -> None:
    """Of the deletes of one subscriber that come together one succeeds, and the refused ones free a product too."""

    async def deleting(account: Account, subscriber: Subscriber) -> Answer:
        await mock.sleep(GAP_S)
        if subscriber.identity not in account.subscribers:
            mock.store.give_back(account, subscriber)
            return mock.operations.nobody_there(account, subscriber.identity)
        mock.store.discharge(account, subscriber)
        return mock.operations.subscriber_deleted(account, subscriber)

    delete_by(mock, deleting)


@races.breaks("L12", "L10", "L2", depth="standard")
def deletion_takes_who_comes_next(mock: Mock) -> None:
    """A deletion clears its identity once more a moment later, and with it whoever was given that meanwhile."""

    async def deleting(account: Account, subscriber: Subscriber) -> Answer:
        if subscriber.identity not in account.subscribers:
            return mock.operations.nobody_there(account, subscriber.identity)
        mock.store.discharge(account, subscriber)
        await mock.sleep(GAP_S)
        if (next_one := account.subscribers.get(subscriber.identity)) is not None:
            mock.store.discharge(account, next_one)
        return mock.operations.subscriber_deleted(account, subscriber)

    delete_by(mock, deleting)


# Lost updates.


@races.breaks("L12", "L2", "L5", depth="standard")
def use_counted_once_for_many(mock: Mock) -> None:
    """Creates that come together each write the use that they read before, plus one, so it rises by one only."""

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        if len(account.subscribers) >= account.total:
            raise Refused(Cause.NO_STOCK, "No product is available.")
        used = account.used
        answer = enrolled(mock, account, identity)
        account.used = used
        await mock.sleep(GAP_S)
        account.used = used + 1
        return answer

    create_by(mock, creating)


@races.breaks("L12", "L2", "L10", depth="standard")
def use_falls_once_for_many(mock: Mock) -> None:
    """Deletes of several subscribers that come together each write the use that they read before, less one."""

    async def deleting(account: Account, subscriber: Subscriber) -> Answer:
        mock.store.forget(account, subscriber)
        used = account.used
        await mock.sleep(GAP_S)
        account.used = used - 1
        return mock.operations.subscriber_deleted(account, subscriber)

    delete_by(mock, deleting)


@races.breaks("L12", "L1", "L8", depth="standard")
def total_loses_an_order(mock: Mock) -> None:
    """Orders that come together each write the total that they read before, changed by their own quantity."""

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            total = account.total
            answer: Answer = await place_order(account, call)
            changed = account.total - total
            account.total = total
            await mock.sleep(GAP_S)
            account.total = total + changed
            return answer

        return placing

    bend(mock.operations, "place_order", around)


@races.breaks("L12", "L13", "L2", depth="standard")
def reading_writes_the_use_back(mock: Mock) -> None:
    """A read of the inventory writes the use that it read back a moment later, over what happened meanwhile."""

    def around(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            used = account.used
            row: dict[str, Any] = await show_stock(account)
            await mock.sleep(GAP_S)
            account.used = used
            return row

        return showing

    bend(mock.operations, "show_stock", around)


@races.breaks("L11", "L12", "R6", depth="standard")
def tokens_mixed_up_when_asked_for_together(mock: Mock) -> None:
    """Of several clients that ask for a token at once, each gets one of whoever asked last."""
    latest: list[Call] = []

    def around(answer: Any) -> Any:
        async def answering(call: Call) -> Answer:
            if call.path == TOKEN_PATH:
                latest[:] = [call]
                await mock.sleep(GAP_S)
                call = latest[0]
            answered: Answer = await answer(call)
            return answered

        return answering

    bend(mock.gateway, "answer", around)


# Torn and stale reads.


@races.breaks("L12", "L3", depth="standard")
def total_is_read_before_the_use(mock: Mock) -> None:
    """The inventory is put together from the total of one moment and the use of a later one."""
    wait_at(mock, "show_stock")


@races.breaks("L12", "L3", depth="standard")
def use_is_read_before_the_total(mock: Mock) -> None:
    """The inventory is put together from the use of one moment and the total of a later one."""

    def around(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            used = account.used
            await mock.sleep(GAP_S)
            row: dict[str, Any] = await show_stock(account)
            return row | {"used": used, "available": row["total"] - used}

        return showing

    bend(mock.operations, "show_stock", around)


@races.breaks("L3", "L12", depth="standard")
def available_from_another_moment(mock: Mock) -> None:
    """The inventory shows what was available a moment after it read the other numbers."""

    def around(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            row: dict[str, Any] = await show_stock(account)
            await mock.sleep(GAP_S)
            return row | {"available": account.available}

        return showing

    bend(mock.operations, "show_stock", around)


@races.breaks("L12", "L2", "L1", depth="standard")
def cache_keeps_what_a_read_missed(mock: Mock) -> None:
    """A write empties the inventory's cache, and a read that began before it fills it with the numbers from then."""
    cached: dict[str, dict[str, Any]] = {}

    def emptying(account: Account, *_: Any) -> None:
        cached.pop(account.client_id, None)

    def around(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            known = cached.get(account.client_id)
            if known is None:
                known = await show_stock(account)
                await mock.sleep(GAP_S)
                cached[account.client_id] = known
            return dict(known)

        return showing

    bend(mock.operations, "show_stock", around)
    for seam in ("change_total", "consume", "give_back"):
        before(mock.store, seam, emptying)


@races.breaks("L12", "L1", depth="standard")
def order_is_listed_before_it_counts(mock: Mock) -> None:
    """An increment stands in the list as fulfilled a moment before the inventory has its products."""

    async def placing(account: Account, call: Call) -> Answer:
        kind, quantity = mock.schemas.order(call)
        if not mock.store.fits(account, kind, quantity):
            mock.operations.refuse_order(account, kind, quantity)
        order = mock.store.place(account, kind, quantity)
        if kind == INCREMENT and order.status == FULFILLED:
            account.total -= quantity
            await mock.sleep(LONG_GAP_S)
            account.total += quantity
        return mock.operations.order_placed(account, order)

    bend(mock.operations, "place_order", lambda _: placing)


@races.breaks("L12", "L1", depth="standard")
def reads_go_back_while_an_order_is_under_way(mock: Mock) -> None:
    """Every second read of the inventory comes from a copy that gets an order only when it is answered."""
    copies: dict[str, list[int]] = {}
    turns = count(1)

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            old = copies.setdefault(account.client_id, [])
            old.append(account.total)
            try:
                answer: Answer = await place_order(account, call)
                await mock.sleep(LONG_GAP_S)
                return answer
            finally:
                old.pop(0)

        return placing

    def reading(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            row: dict[str, Any] = await show_stock(account)
            old = copies.get(account.client_id)
            if old and row["used"] <= old[0] and next(turns) % 2 == 0:
                return row | {"total": old[0], "available": old[0] - row["used"]}
            return row

        return showing

    bend(mock.operations, "place_order", around)
    bend(mock.operations, "show_stock", reading)


# Numbers and names.


@races.breaks("L8", "L12", depth="standard")
def order_number_given_twice(mock: Mock) -> None:
    """Orders that come together get one number, and the ledger keeps the last of them."""
    given = 0
    chosen = ""

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            nonlocal given, chosen
            mock.schemas.order(call)
            mine = given + 1
            await mock.sleep(GAP_S)
            given, chosen = mine, f"KO{mine:07}"
            answer: Answer = await place_order(account, call)
            return answer

        return placing

    bend(mock.operations, "place_order", around)
    bend(mock.store, "new_number", lambda _: lambda _account: chosen)


@races.breaks("L9", "L12", "L2", depth="standard")
def identity_made_up_twice(mock: Mock) -> None:
    """Creates that come together are given one identity, which was made up from the number of those before."""
    made: Counter[str] = Counter()

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        turn = made[account.client_id]
        await mock.sleep(GAP_S)
        made[account.client_id] = turn + 1
        mock.operations.check_subscriber(account, identity)
        chosen = identity or f"u{turn + 1:012x}@{account.client_id}.webrtc.example"
        return enrolled(mock, account, chosen)

    create_by(mock, creating)


@races.breaks("L9", depth="standard")
def password_of_the_latest(mock: Mock) -> None:
    """Creates that come together are all answered with the password of the latest of them."""
    latest: dict[str, str] = {}

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        answer = enrolled(mock, account, identity)
        latest[account.client_id] = answer.content["password"]
        await mock.sleep(GAP_S)
        answer.content["password"] = latest[account.client_id]
        return answer

    create_by(mock, creating)


# The answer and the deed.


@races.breaks("L4", "L12", "L2", depth="standard")
def crowded_out_but_created(mock: Mock) -> None:
    """A create that comes while three others are under way is refused for want of products, and takes one."""
    under_way: Counter[str] = Counter()

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        crowd = under_way[account.client_id]
        under_way[account.client_id] += 1
        try:
            mock.operations.check_subscriber(account, identity)
            answer = enrolled(mock, account, identity)
            await mock.sleep(GAP_S)
            if crowd >= 3:
                raise Refused(Cause.NO_STOCK, "No product is available.")
            return answer
        finally:
            under_way[account.client_id] -= 1

    create_by(mock, creating)


@races.breaks("L4", "L12", "L1", "L8", depth="standard")
def crowded_out_but_ordered(mock: Mock) -> None:
    """An order that comes while two others are under way is refused, and carried out all the same."""
    under_way: Counter[str] = Counter()

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            crowd = under_way[account.client_id]
            under_way[account.client_id] += 1
            try:
                answer: Answer = await place_order(account, call)
                await mock.sleep(GAP_S)
                if crowd >= 2:
                    kind, quantity = mock.schemas.order(call)
                    mock.operations.refuse_order(account, kind, quantity)
                return answer
            finally:
                under_way[account.client_id] -= 1

        return placing

    bend(mock.operations, "place_order", around)


@races.breaks("L2", "L12", "L10", depth="standard")
def created_in_a_crowd_but_not_kept(mock: Mock) -> None:
    """A create that comes while another is under way is answered 201 and forgotten, and its product stays free."""
    under_way: Counter[str] = Counter()

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        crowd = under_way[account.client_id]
        under_way[account.client_id] += 1
        try:
            mock.operations.check_subscriber(account, identity)
            answer = enrolled(mock, account, identity)
            if crowd:
                subscriber = account.subscribers[answer.content["identity"]]
                mock.store.discharge(account, subscriber)
            await mock.sleep(GAP_S)
            return answer
        finally:
            under_way[account.client_id] -= 1

    create_by(mock, creating)


@races.breaks("L12", "L10", "L2", depth="standard")
def deleted_in_a_crowd_but_still_there(mock: Mock) -> None:
    """A delete that comes while another is under way is answered 200, and its subscriber stays."""
    under_way: Counter[str] = Counter()

    async def deleting(account: Account, subscriber: Subscriber) -> Answer:
        crowd = under_way[account.client_id]
        under_way[account.client_id] += 1
        try:
            if not crowd:
                mock.store.discharge(account, subscriber)
            await mock.sleep(GAP_S)
            return mock.operations.subscriber_deleted(account, subscriber)
        finally:
            under_way[account.client_id] -= 1

    delete_by(mock, deleting)


@races.breaks("L8", "L12", depth="standard")
def order_lost_from_the_list(mock: Mock) -> None:
    """Orders that come together each write the list that they read before, with their own order at its end."""

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            earlier = dict(account.orders)
            answer: Answer = await place_order(account, call)
            mine = {number: order for number, order in account.orders.items() if number not in earlier}
            for number in mine:
                del account.orders[number]
            await mock.sleep(GAP_S)
            account.orders.clear()
            account.orders.update(earlier | mine)
            return answer

        return placing

    bend(mock.operations, "place_order", around)


@races.breaks("L8", "L1", "L12", depth="standard")
def equal_orders_become_one(mock: Mock) -> None:
    """Equal orders that come together are taken for one that was sent again: one is placed, and all are answered so."""
    under_way: dict[tuple[str, str, int], Answer] = {}
    waiting: Counter[tuple[str, str, int]] = Counter()

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            key = (account.client_id, *mock.schemas.order(call))
            waiting[key] += 1
            try:
                if key not in under_way:
                    under_way[key] = await place_order(account, call)
                first = under_way[key]
                await mock.sleep(GAP_S)
                return Answer(first.status, dict(first.content), dict(first.headers))
            finally:
                waiting[key] -= 1
                if not waiting[key]:
                    under_way.pop(key, None)

        return placing

    bend(mock.operations, "place_order", around)


@races.breaks("L1", "L12", "L8", depth="standard")
def order_carried_out_twice_in_a_crowd(mock: Mock) -> None:
    """An order that comes while another one is under way is listed once and carried out twice."""
    under_way: Counter[str] = Counter()

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            crowd = under_way[account.client_id]
            under_way[account.client_id] += 1
            try:
                total = account.total
                answer: Answer = await place_order(account, call)
                if crowd and account.total > total:
                    mock.store.change_total(account, account.total - total)
                await mock.sleep(GAP_S)
                return answer
            finally:
                under_way[account.client_id] -= 1

        return placing

    bend(mock.operations, "place_order", around)


@races.breaks("L12", "L10", "L2", depth="standard")
def deleted_subscriber_comes_back(mock: Mock) -> None:
    """A create writes the list of subscribers that it read before, so that one deleted meanwhile is there again."""

    async def creating(account: Account, _call: Call, identity: str | None) -> Answer:
        mock.operations.check_subscriber(account, identity)
        earlier = dict(account.subscribers)
        answer = enrolled(mock, account, identity)
        await mock.sleep(GAP_S)
        back = [subscriber for name, subscriber in earlier.items() if name not in account.subscribers]
        for subscriber in back:
            mock.store.remember(account, subscriber)
            mock.store.consume(account, subscriber)
        return answer

    create_by(mock, creating)


# The tools of this module.


def enrolled(mock: Mock, account: Account, identity: str | None) -> Answer:
    """Create the subscriber without looking, and answer so."""
    subscriber = mock.store.enrol(account, identity or mock.store.new_identity(account))
    return mock.operations.subscriber_created(account, subscriber)


def refuse_taken(mock: Mock, account: Account, identity: str | None) -> None:
    """Decline an identity that somebody has."""
    if identity is not None and not mock.store.identity_free(account, identity):
        raise Refused(Cause.TAKEN, "The identity is taken.")


def refuse_sold_out(mock: Mock, account: Account) -> None:
    """Decline where no product is left."""
    if not mock.store.in_stock(account):
        raise Refused(Cause.NO_STOCK, "No product is available.")


def wait_at(mock: Mock, place: str) -> None:
    """Open the gap between check and act of one operation."""

    def around(pause: Any) -> Any:
        async def waiting(where: str) -> None:
            await pause(where)
            if where == place:
                await mock.sleep(GAP_S)

        return waiting

    bend(mock.operations, "pause", around)


def create_by(mock: Mock, creating: Create) -> None:
    """Create subscribers in another way; the request was found well formed before."""

    def around(_create_subscriber: Any) -> Any:
        async def create(account: Account, call: Call) -> Answer:
            return await creating(account, call, mock.schemas.subscriber(call))

        return create

    bend(mock.operations, "create_subscriber", around)


def delete_by(mock: Mock, deleting: Callable[[Account, Subscriber], Awaitable[Answer]]) -> None:
    """Delete a subscriber that is there in another way."""

    def around(delete_subscriber: Any) -> Any:
        async def delete(account: Account, call: Call, identity: str | None) -> Answer:
            subscriber = None if identity is None else mock.store.find_subscriber(account, identity)
            if subscriber is None:
                answer: Answer = await delete_subscriber(account, call, identity)
                return answer
            return await deleting(account, subscriber)

        return delete

    bend(mock.operations, "delete_subscriber", around)


def order_by(
    mock: Mock, deciding: Callable[[Account, str, int], Awaitable[None]], unchecked: tuple[str, ...] = ()
) -> None:
    """Let orders wait between their check and their deed; those of the `unchecked` kinds are checked by `deciding`."""

    def around(_place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            kind, quantity = mock.schemas.order(call)
            if kind not in unchecked and not mock.store.fits(account, kind, quantity):
                mock.operations.refuse_order(account, kind, quantity)
            await deciding(account, kind, quantity)
            order: Order = mock.store.place(account, kind, quantity)
            return mock.operations.order_placed(account, order)

        return placing

    bend(mock.operations, "place_order", around)


# Two accounts that read at the same time.


@races.breaks("L12", "L11", depth="standard")
def inventory_of_whoever_asks_last(mock: Mock) -> None:
    """Reads of the inventory that come together are all answered with that of the account that came last."""
    latest: list[Account] = []

    def around(show_stock: Any) -> Any:
        async def shown(account: Account) -> dict[str, Any]:
            latest[:] = [account]
            await mock.sleep(GAP_S)
            row: dict[str, Any] = await show_stock(latest[0])
            return row

        return shown

    bend(mock.operations, "show_stock", around)


@races.breaks("L11", "L12", "L8", depth="standard")
def orders_of_whoever_asks_last(mock: Mock) -> None:
    """Reads of the orders that come together are all answered with those of the account that came last."""
    latest: list[Account] = []

    def around(read_orders: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            if mock.operations.wanted_number(call) is None:
                latest[:] = [account]
                await mock.sleep(GAP_S)
                account = latest[0]
            answer: Answer = await read_orders(account, call)
            return answer

        return reading

    bend(mock.operations, "read_orders", around)
