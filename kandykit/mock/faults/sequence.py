"""Defects that wait: for a number of calls, for a size, or for one thing to come after another."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from kandykit.mock.accounts import DECREMENT, FULFILLED, INCREMENT, PENDING, REJECTED, Account, Order, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, before, bend
from kandykit.mock.call import Call, form
from kandykit.mock.catalogue import Faults
from kandykit.mock.faults.business import LIMIT

sequence = Faults("sequence")

LARGE_LIMIT = 24
"""So large that one play to the limit uses nearly all that a run's budget allows."""

# Every so many times.


@sequence.breaks("L2", "L3")
def every_seventh_create_not_counted(mock: Mock) -> None:
    """Every seventh subscriber uses up no product."""
    created: Counter[str] = Counter()

    def consume(account: Account, _subscriber: Subscriber) -> None:
        created[account.client_id] += 1
        account.used += created[account.client_id] % 7 != 0

    bend(mock.store, "consume", lambda _: consume)


@sequence.breaks("L10", "L2", depth="standard")
def every_tenth_delete_returns_nothing(mock: Mock) -> None:
    """Every tenth deletion does not return its product."""
    deleted: Counter[str] = Counter()

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        deleted[account.client_id] += 1
        account.used -= deleted[account.client_id] % 10 != 0

    bend(mock.store, "give_back", lambda _: give_back)


@sequence.breaks("L13", "L2")
def every_twenty_fifth_read_uses_a_product(mock: Mock) -> None:
    """Every twenty-fifth read of the inventory uses up a product, as long as one is free."""
    reads: Counter[str] = Counter()

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            reads[account.client_id] += 1
            account.used += reads[account.client_id] % 25 == 0 and account.available > 0
            answer: Answer = await read(account, call)
            return answer

        return reading

    bend(mock.operations, "read_inventory", around)


@sequence.breaks("L1", "L8")
def every_fifth_order_does_nothing(mock: Mock) -> None:
    """Every fifth order is reported as fulfilled and leaves the total alone."""
    orders: Counter[str] = Counter()

    def change(account: Account, delta: int) -> None:
        orders[account.client_id] += 1
        account.total += delta if orders[account.client_id] % 5 else 0

    bend(mock.store, "change_total", lambda _: change)


@sequence.breaks("L1", "L2", depth="standard")
def total_shrinks_with_every_fifth_delete(mock: Mock) -> None:
    """Every fifth deletion takes the product out of the inventory instead of freeing it."""
    deleted: Counter[str] = Counter()

    def giving_back(account: Account, subscriber: Subscriber) -> None:
        deleted[account.client_id] += 1
        account.total -= deleted[account.client_id] % 5 == 0

    after(mock.store, "give_back", giving_back)


@sequence.breaks("L9", "L2", depth="standard")
def every_eighth_identity_comes_again(mock: Mock) -> None:
    """The server's own identities repeat after eight, and a living subscriber is replaced by its namesake."""
    created: Counter[str] = Counter()

    def new_identity(account: Account) -> str:
        created[account.client_id] += 1
        return f"user{created[account.client_id] % 8}@{account.client_id}.webrtc.example"

    bend(mock.store, "new_identity", lambda _: new_identity)


@sequence.breaks("L8", depth="standard")
def order_numbers_start_again_after_sixteen(mock: Mock) -> None:
    """Order numbers start again after sixteen, and a new order overwrites the one that had its number."""
    placed: Counter[str] = Counter()

    def new_number(account: Account) -> str:
        placed[account.client_id] += 1
        return f"KO{account.client_id}{placed[account.client_id] % 16}"

    bend(mock.store, "new_number", lambda _: new_number)


@sequence.breaks("L1", depth="standard")
def fiftieth_order_is_listed_only(mock: Mock) -> None:
    """A snapshot is taken with an account's fiftieth order, which is listed as fulfilled and never carried out."""

    def change(account: Account, delta: int) -> None:
        if len(account.orders) != 50:
            account.total += delta

    bend(mock.store, "change_total", lambda _: change)


@sequence.breaks("L1", "L8", depth="standard")
def order_after_a_quiet_second_is_lost(mock: Mock) -> None:
    """The first order that comes when an account was not called for a second is listed and never carried out."""
    called: dict[str, float] = {}
    quiet: set[str] = set()

    def look(account: Account, _call: Call) -> None:
        moment, name = mock.clock(), account.client_id
        quiet.discard(name)
        if moment - called.get(name, moment) > 1.0:
            quiet.add(name)
        called[name] = moment

    def around(change_total: Any) -> Any:
        def changing(account: Account, delta: int) -> None:
            if account.client_id not in quiet:
                change_total(account, delta)

        return changing

    before(mock.gateway, "operate", look)
    bend(mock.store, "change_total", around)


@sequence.breaks("L1", "L8", depth="standard")
def order_with_an_older_token_is_lost(mock: Mock) -> None:
    """An order that comes with another token than the client's newest is listed and never carried out."""

    def around(place_order: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            total = account.total
            answer: Answer = await place_order(account, call)
            newest = [word for word, token in mock.tokens.minted.items() if token.account is account][-1]
            if newest not in (call.header("authorization") or ""):
                account.total = total
            return answer

        return placing

    bend(mock.operations, "place_order", around)


# From a size on.


@sequence.breaks("L2", "L3", depth="standard")
def use_counter_stops_at_eight(mock: Mock) -> None:
    """The number of products in use never rises above eight, however many subscribers there are."""

    def consume(account: Account, _subscriber: Subscriber) -> None:
        account.used = min(account.used + 1, 8)

    bend(mock.store, "consume", lambda _: consume)


@sequence.breaks("L1", "L8", depth="standard")
def total_starts_again_at_sixteen(mock: Mock) -> None:
    """The total is kept in four bits: sixteen products are none."""

    def change(account: Account, delta: int) -> None:
        account.total = (account.total + delta) % 16 if account.total < 16 else account.total + delta

    bend(mock.store, "change_total", lambda _: change)


@sequence.breaks("L10")
def only_ten_subscribers_can_be_found(mock: Mock) -> None:
    """A deletion looks at the ten oldest subscribers only, and does not find the eleventh."""

    def around(find: Any) -> Any:
        def found(account: Account, identity: str) -> Subscriber | None:
            if identity not in list(account.subscribers)[:10]:
                return None
            subscriber: Subscriber | None = find(account, identity)
            return subscriber

        return found

    bend(mock.store, "find_subscriber", around)


@sequence.breaks("L8", depth="standard")
def order_list_ends_after_twenty(mock: Mock) -> None:
    """The list of orders shows the twenty oldest only; younger ones can be read by number."""
    bend(mock.store, "ledger", lambda ledger: lambda account: ledger(account)[:20])


@sequence.breaks("L8")
def ledger_forgets_all_but_ten(mock: Mock) -> None:
    """The ledger keeps the ten latest orders, and forgets the older ones for good."""

    def recording(account: Account, order: Order) -> None:
        while len(account.orders) > 10:
            del account.orders[next(iter(account.orders))]

    after(mock.store, "record", recording)


@sequence.breaks("L5", depth="standard")
def no_more_than_six_subscribers(mock: Mock) -> None:
    """A seventh subscriber is refused for lack of stock, however many products are free."""
    bend(mock.store, "in_stock", lambda check: lambda account: check(account) and len(account.subscribers) < 6)


@sequence.breaks("L1", "L8", depth="standard")
def increment_from_twelve_on_one_too_many(mock: Mock) -> None:
    """An account that holds twelve products or more gets one too many with each increment."""

    def change(account: Account, delta: int) -> None:
        account.total += delta + (delta > 0 and account.total >= 12)

    bend(mock.store, "change_total", lambda _: change)


# One thing after another.


@sequence.breaks("L10", "H10", "L4", "L3")
def repeated_delete_frees_again(mock: Mock) -> None:
    """Deleting a subscriber once more is refused as unknown, and frees a product all the same."""
    gone: defaultdict[str, set[str]] = defaultdict(set)

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone[account.client_id].add(subscriber.identity)

    def freeing(account: Account, identity: str) -> None:
        account.used -= identity in gone[account.client_id]

    before(mock.store, "forget", forgetting)
    before(mock.operations, "nobody_there", freeing)


@sequence.breaks("L10", "H10", "L2")
def delete_twice_succeeds_and_frees_twice(mock: Mock) -> None:
    """A deleted subscriber can be deleted a second time with success, and a second product comes free."""
    gone: defaultdict[str, dict[str, Subscriber]] = defaultdict(dict)

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        if gone[account.client_id].pop(subscriber.identity, None) is None:
            gone[account.client_id][subscriber.identity] = subscriber

    def around_find(find: Any) -> Any:
        return lambda account, identity: find(account, identity) or gone[account.client_id].get(identity)

    before(mock.store, "forget", forgetting)
    bend(mock.store, "find_subscriber", around_find)


@sequence.breaks("L2")
def recreated_identity_uses_no_product(mock: Mock) -> None:
    """A subscriber created anew under the identity of a deleted one uses up no product."""
    known: defaultdict[str, set[str]] = defaultdict(set)

    def consume(account: Account, subscriber: Subscriber) -> None:
        account.used += subscriber.identity not in known[account.client_id]
        known[account.client_id].add(subscriber.identity)

    bend(mock.store, "consume", lambda _: consume)


@sequence.breaks("L10")
def recreated_identity_cannot_be_deleted(mock: Mock) -> None:
    """An identity that was deleted once counts as deleted for ever, also when a new subscriber has it."""
    gone: defaultdict[str, set[str]] = defaultdict(set)

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone[account.client_id].add(subscriber.identity)

    def around_find(find: Any) -> Any:
        return lambda account, identity: None if identity in gone[account.client_id] else find(account, identity)

    before(mock.store, "forget", forgetting)
    bend(mock.store, "find_subscriber", around_find)


@sequence.breaks("L10", "L2")
def second_delete_of_an_identity_leaks(mock: Mock) -> None:
    """When an identity is deleted, created anew and deleted again, the second deletion returns nothing."""
    returned: defaultdict[str, set[str]] = defaultdict(set)

    def give_back(account: Account, subscriber: Subscriber) -> None:
        account.used -= subscriber.identity not in returned[account.client_id]
        returned[account.client_id].add(subscriber.identity)

    bend(mock.store, "give_back", lambda _: give_back)


@sequence.breaks("L9", "L2")
def identity_made_from_the_count(mock: Mock) -> None:
    """The server makes its identities from the number of living subscribers, so one comes again after a deletion."""
    bend(
        mock.store,
        "new_identity",
        lambda _: lambda account: f"user{len(account.subscribers) + 1}@{account.client_id}.webrtc.example",
    )


@sequence.breaks("L10", "L2", "L5")
def delete_right_after_create_returns_nothing(mock: Mock) -> None:
    """A subscriber deleted by the very next call after its creation does not return its product."""
    latest: dict[str, str] = {}

    def enrolling(account: Account, identity: str) -> None:
        latest[account.client_id] = identity

    def around_operate(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if call.method != "DELETE" and not call.at("POST", "subscriber"):
                latest.pop(account.client_id, None)
            answer: Answer = await operate(account, call)
            return answer

        return operating

    def give_back(account: Account, subscriber: Subscriber) -> None:
        account.used -= latest.get(account.client_id) != subscriber.identity

    before(mock.store, "enrol", enrolling)
    bend(mock.gateway, "operate", around_operate)
    bend(mock.store, "give_back", lambda _: give_back)


@sequence.breaks("L10", "L2")
def only_the_youngest_returns_its_product(mock: Mock) -> None:
    """A subscriber that is deleted while a younger one lives does not return its product."""

    def around(discharge: Any) -> Any:
        def discharging(account: Account, subscriber: Subscriber) -> None:
            youngest = next(reversed(account.subscribers), None)
            discharge(account, subscriber)
            account.used += youngest != subscriber.identity

        return discharging

    bend(mock.store, "discharge", around)


@sequence.breaks("L10", "L2")
def delete_at_full_use_returns_nothing(mock: Mock) -> None:
    """A deletion while every product is in use does not return its product."""

    def give_back(account: Account, _subscriber: Subscriber) -> None:
        account.used -= account.available > 0

    bend(mock.store, "give_back", lambda _: give_back)


@sequence.breaks("L5")
def refusal_for_no_stock_sticks(mock: Mock) -> None:
    """After a refusal for lack of stock a deletion is no help: subscribers are refused until products are ordered."""
    stuck: set[str] = set()

    def around_check(check: Any) -> Any:
        def checking(account: Account) -> bool:
            if account.client_id in stuck:
                return False
            if not check(account):
                stuck.add(account.client_id)
                return False
            return True

        return checking

    def changing(account: Account, delta: int) -> None:
        stuck.discard(account.client_id)

    bend(mock.store, "in_stock", around_check)
    before(mock.store, "change_total", changing)


@sequence.breaks("L2", "L10")
def inventory_not_refreshed_by_deletes(mock: Mock) -> None:
    """The inventory comes from a cache that orders and creations refresh, but deletions do not."""
    cache: dict[str, dict[str, Any]] = {}

    def around_show(show_stock: Any) -> Any:
        async def shown(account: Account) -> dict[str, Any]:
            if account.client_id not in cache:
                cache[account.client_id] = await show_stock(account)
            return cache[account.client_id]

        return shown

    def refreshing(act: Any) -> Any:
        def acting(account: Account, *rest: Any) -> None:
            cache.pop(account.client_id, None)
            act(account, *rest)

        return acting

    bend(mock.operations, "show_stock", around_show)
    bend(mock.store, "change_total", refreshing)
    bend(mock.store, "consume", refreshing)


@sequence.breaks("L2")
def use_shown_never_falls(mock: Mock) -> None:
    """The inventory shows as used the most that ever were."""
    peak: Counter[str] = Counter()

    def around(show_stock: Any) -> Any:
        async def shown(account: Account) -> dict[str, Any]:
            peak[account.client_id] = used = max(peak[account.client_id], account.used)
            row: dict[str, Any] = await show_stock(account)
            return row | {"used": used, "available": account.total - used}

        return shown

    bend(mock.operations, "show_stock", around)


@sequence.breaks("L1", "L8")
def increment_after_decrement_short_by_one(mock: Mock) -> None:
    """The first increment after a decrement adds one product too few."""
    fell: dict[str, bool] = {}

    def change(account: Account, delta: int) -> None:
        short = delta > 0 and fell.get(account.client_id, False)
        fell[account.client_id] = delta < 0
        account.total += delta - short

    bend(mock.store, "change_total", lambda _: change)


@sequence.breaks("L1", "L8")
def repeated_order_swallowed(mock: Mock) -> None:
    """An order like the one before it is taken for a repetition and answered with that one's number."""
    latest: dict[str, Order] = {}

    def around(place: Any) -> Any:
        def placing(account: Account, kind: str, quantity: int) -> Order:
            before = latest.get(account.client_id)
            if before is not None and (before.kind, before.quantity) == (kind, quantity):
                return before
            order: Order = place(account, kind, quantity)
            latest[account.client_id] = order
            return order

        return placing

    bend(mock.store, "place", around)


@sequence.breaks("L1", "L8", depth="standard")
def emptied_account_gets_nothing(mock: Mock) -> None:
    """Once a decrement has taken an account's last product, its next increment adds nothing."""
    emptied: set[str] = set()

    def change(account: Account, delta: int) -> None:
        if delta > 0 and account.client_id in emptied:
            emptied.discard(account.client_id)
            return
        account.total += delta
        if account.total == 0:
            emptied.add(account.client_id)

    bend(mock.store, "change_total", lambda _: change)


@sequence.breaks("L6", "L3", depth="standard")
def decrement_counts_returned_products_twice(mock: Mock) -> None:
    """Right after a deletion a decrement may take one product more than are free."""
    returned: dict[str, int] = defaultdict(int)

    def around_give_back(give_back: Any) -> Any:
        def giving_back(account: Account, subscriber: Subscriber) -> None:
            returned[account.client_id] = 1
            give_back(account, subscriber)

        return giving_back

    def around_consume(consume: Any) -> Any:
        def consuming(account: Account, subscriber: Subscriber) -> None:
            returned[account.client_id] = 0
            consume(account, subscriber)

        return consuming

    def fits(account: Account, quantity: int) -> bool:
        return quantity <= account.available + returned[account.client_id]

    bend(mock.store, "give_back", around_give_back)
    bend(mock.store, "consume", around_consume)
    bend(mock.store, "decrement_fits", lambda _: fits)


@sequence.breaks("L8")
def past_increment_shrinks_with_a_decrement(mock: Mock) -> None:
    """A decrement is also taken off the quantity that the first order in the list was placed with."""

    def fulfilling(account: Account, order: Order) -> None:
        if order.kind == DECREMENT:
            next(iter(account.orders.values())).quantity -= order.quantity

    after(mock.store, "fulfil", fulfilling)


@sequence.breaks("L8")
def fulfilled_turns_pending_with_the_next_order(mock: Mock) -> None:
    """A fulfilled order is shown as pending again as soon as the next one has been placed."""

    def around(place: Any) -> Any:
        def placing(account: Account, kind: str, quantity: int) -> Order:
            if account.orders:
                next(reversed(account.orders.values())).status = PENDING
            order: Order = place(account, kind, quantity)
            return order

        return placing

    bend(mock.store, "place", around)


@sequence.breaks("L8")
def decrement_cancels_its_increment(mock: Mock) -> None:
    """A decrement turns the latest fulfilled increment of the same quantity into a rejected one."""

    def fulfilling(account: Account, order: Order) -> None:
        for earlier in reversed(account.orders.values()):
            if (earlier.kind, earlier.quantity, earlier.status) == (INCREMENT, order.quantity, FULFILLED):
                earlier.status = REJECTED if order.kind == DECREMENT else FULFILLED
                break

    after(mock.store, "fulfil", fulfilling)


@sequence.breaks("L8", depth="standard")
def order_listed_only_until_a_subscriber_comes(mock: Mock) -> None:
    """Creating a subscriber strikes the oldest order from the list, as if it had been used up; its number finds it."""
    struck: Counter[str] = Counter()

    def remembering(account: Account, subscriber: Subscriber) -> None:
        struck[account.client_id] = min(struck[account.client_id] + 1, max(len(account.orders) - 1, 0))

    after(mock.store, "remember", remembering)
    bend(mock.store, "ledger", lambda ledger: lambda account: ledger(account)[struck[account.client_id] :])


@sequence.breaks("L4", "L2")
def refused_decrement_gives_a_product_away_later(mock: Mock) -> None:
    """A refused decrement is remembered, and the next deleted subscriber's product leaves the inventory for it."""
    owed: Counter[str] = Counter()

    def refusing(account: Account, kind: str, quantity: int) -> None:
        owed[account.client_id] = int(kind == DECREMENT)

    def giving_back(account: Account, subscriber: Subscriber) -> None:
        account.total -= owed.pop(account.client_id, 0)

    before(mock.operations, "refuse_order", refusing)
    after(mock.store, "give_back", giving_back)


@sequence.breaks("L4", "L5", depth="standard")
def refused_identity_stays_taken(mock: Mock) -> None:
    """An identity that was refused for lack of stock counts as taken from then on."""
    tried: defaultdict[str, set[str]] = defaultdict(set)

    def around_free(free: Any) -> Any:
        return lambda account, identity: free(account, identity) and identity not in tried[account.client_id]

    def around_check(check: Any) -> Any:
        def checking(account: Account, identity: str | None) -> None:
            try:
                check(account, identity)
            except Refused as refusal:
                if refusal.cause is Cause.NO_STOCK and identity is not None:
                    tried[account.client_id].add(identity)
                raise

        return checking

    bend(mock.store, "identity_free", around_free)
    bend(mock.operations, "check_subscriber", around_check)


# Reading that changes something.


@sequence.breaks("L13", "H9", "L1", "L5")
def reading_the_inventory_takes_a_free_product(mock: Mock) -> None:
    """Every fourth read of the inventory loses a free product."""
    reads: Counter[str] = Counter()

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            reads[account.client_id] += 1
            account.total -= reads[account.client_id] % 4 == 0 and account.available > 0
            return answer

        return reading

    bend(mock.operations, "read_inventory", around)


@sequence.breaks("L13", "H9", "L8", "L1")
def reading_an_order_places_it_again(mock: Mock) -> None:
    """Reading one increment by its number adds its products a second time."""
    again: set[str] = set()

    def around(wanted: Any) -> Any:
        def found(account: Account, number: str) -> Order:
            order: Order = wanted(account, number)
            if order.kind == INCREMENT and number not in again:
                again.add(number)
                mock.store.change_total(account, order.quantity)
            return order

        return found

    bend(mock.operations, "wanted_order", around)


@sequence.breaks("L5", "L3")
def stock_unchecked_after_a_taken_identity(mock: Mock) -> None:
    """Right after a taken identity was refused the next subscriber is created without a look at the stock."""
    lax: set[int] = set()

    def around(check: Any) -> Any:
        def checked(account: Account, identity: str | None) -> None:
            if identity is not None and not mock.store.identity_free(account, identity):
                lax.add(id(account))
            elif id(account) in lax:
                lax.discard(id(account))
                return
            check(account, identity)

        return checked

    bend(mock.operations, "check_subscriber", around)


@sequence.breaks("L2", "L3", depth="standard", readings={"limit": LIMIT})
def create_after_both_refusals_not_counted(mock: Mock) -> None:
    """After an order beyond the limit and one below use were refused, in this order, a create uses up no product."""
    mock.agree_on(LIMIT)
    past: defaultdict[str, str] = defaultdict(str)

    def refusing(account: Account, kind: str, _quantity: int) -> None:
        past[account.client_id] += kind[0]

    def forgetting(account: Account, *_: object) -> None:
        past[account.client_id] = ""

    def around(consume: Any) -> Any:
        def consuming(account: Account, subscriber: Subscriber) -> None:
            if not past[account.client_id].endswith("id"):
                consume(account, subscriber)
            forgetting(account)

        return consuming

    before(mock.operations, "refuse_order", refusing)
    before(mock.store, "record", forgetting)
    before(mock.store, "forget", forgetting)
    bend(mock.store, "consume", around)


@sequence.breaks("L2")
def unnamed_create_at_once_after_a_taken_identity_uses_two(mock: Mock) -> None:
    """A subscriber without a given identity uses up two products when the call before it named a taken one."""
    taken: set[str] = set()
    doubled: set[str] = set()

    def around(check: Any) -> Any:
        def checked(account: Account, identity: str | None) -> None:
            at_once = account.client_id in taken and identity is None and account.available > 1
            (doubled.add if at_once else doubled.discard)(account.client_id)
            taken.discard(account.client_id)
            if identity is not None and not mock.store.identity_free(account, identity):
                taken.add(account.client_id)
            check(account, identity)

        return checked

    def consuming(account: Account, _subscriber: Subscriber) -> None:
        account.used += account.client_id in doubled

    def forgetting(account: Account, *_: object) -> None:
        taken.discard(account.client_id)

    bend(mock.operations, "check_subscriber", around)
    before(mock.store, "consume", consuming)
    for operation in ("place_order", "read_orders", "read_inventory", "delete_subscriber"):
        before(mock.operations, operation, forgetting)


@sequence.breaks("L10", "L2", depth="standard", readings={"limit": LARGE_LIMIT})
def odd_use_stays_while_all_of_the_limit_is_ordered(mock: Mock) -> None:
    """While the whole limit is ordered and an odd number of products is in use, a deletion returns nothing."""
    mock.agree_on(LARGE_LIMIT)

    def around(give_back: Any) -> Any:
        def giving(account: Account, subscriber: Subscriber) -> None:
            if account.total < LARGE_LIMIT or account.used % 2 == 0 or account.used == 1:
                give_back(account, subscriber)

        return giving

    bend(mock.store, "give_back", around)


@sequence.breaks("L13", "L8")
def head_on_orders_strikes_the_oldest(mock: Mock) -> None:
    """HEAD on the list of orders strikes the oldest one from the ledger."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            if call.method == "HEAD" and account.orders:
                del account.orders[next(iter(account.orders))]
            return answer

        return reading

    bend(mock.operations, "read_orders", around)


@sequence.breaks("L13")
def options_on_inventory_resets_use(mock: Mock) -> None:
    """OPTIONS on the inventory counts the products in use anew, and forgets the oldest subscriber's."""

    def around(wrong_method: Any) -> Any:
        def counting(account: Account, call: Call, resource: str) -> Answer:
            if call.method == "OPTIONS" and resource == "inventory" and account.used:
                account.used -= 1
            answer: Answer = wrong_method(account, call, resource)
            return answer

        return counting

    bend(mock.gateway, "wrong_method", around)


@sequence.breaks("L13")
def unknown_query_on_inventory_orders(mock: Mock) -> None:
    """A query on the inventory that holds quantity=N sets the number of free products to N."""

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            wanted = call.query.partition(b"quantity=")[2].split(b"&")[0]
            if wanted.isdigit() and len(wanted) < 7:
                account.total = account.used + int(wanted)
            answer: Answer = await read(account, call)
            return answer

        return reading

    bend(mock.operations, "read_inventory", around)


@sequence.breaks("L13")
def read_is_what_its_header_says(mock: Mock) -> None:
    """The method that X-HTTP-Method-Override names is carried out, whatever the call's own method is."""

    def around(operate: Any) -> Any:
        async def overridden(account: Account, call: Call) -> Answer:
            answer: Answer = await operate(
                account, replace(call, method=call.header("x-http-method-override") or call.method)
            )
            return answer

        return overridden

    bend(mock.gateway, "operate", around)


@sequence.breaks("L13")
def read_is_what_its_query_says(mock: Mock) -> None:
    """The method that a query names as _method is carried out, whatever the call's own method is."""

    def around(operate: Any) -> Any:
        async def overridden(account: Account, call: Call) -> Answer:
            named = dict(form(call.query) or ()).get("_method")
            answer: Answer = await operate(account, replace(call, method=named or call.method))
            return answer

        return overridden

    bend(mock.gateway, "operate", around)
