"""What the ledger says is ours, and how much it may be at worst."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from math import inf

import pytest

from kandykit.calls import (
    Call,
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    Operation,
    OrderKind,
    OrderView,
    OtherCall,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    Stage,
    SubscriberView,
)
from kandykit.exchange import Exchange, Intent, Request
from kandykit.exposure import Exposure, exposure_of
from kandykit.ledger import Ledger

MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT
ME = "account-1"


class Books:
    """A ledger that is fed in the words of the contract; each call takes a second, the next begins after it."""

    def __init__(self, **terms: object) -> None:
        self.ledger = Ledger("mark", **terms)  # type: ignore[arg-type]
        self.seq = count(1)
        self.now = 0.0

    def feed(
        self, call: Call, reply: Reply, *, body: str = "", failure: str = "", at: float | None = None, who: str = ME
    ) -> None:
        started = self.now + 1 if at is None else at
        self.now = max(self.now, started + 1)
        request = Request("POST", "http://x/order", (), body)
        exchange = Exchange(next(self.seq), Intent(account=who), request, None, started, started + 1, "", failure)
        self.ledger.feed(exchange, call, reply)

    def order(
        self,
        kind: OrderKind,
        quantity: int,
        outcome: Outcome = Outcome.DONE,
        *,
        number: str | None = None,
        stage: Stage | None = Stage.DONE,
        failure: str = "",
        at: float | None = None,
    ) -> None:
        number = number or f"order-{self.now}"
        view = OrderView(number, kind, quantity, stage=stage) if outcome is Outcome.DONE else None
        status = {Outcome.DONE: 201, Outcome.REFUSED: 412, Outcome.THROTTLED: 429}.get(outcome)
        self.feed(PlaceOrder(kind, quantity), Reply(outcome, status, order=view), failure=failure, at=at)

    def look(self, total: int, used: int = 0, at: float | None = None) -> None:
        self.feed(ReadInventory(), Reply(Outcome.DONE, 200, inventory=InventoryView(total, used, total - used)), at=at)

    def list_orders(self, *views: OrderView) -> None:
        self.feed(ReadOrders(), Reply(Outcome.DONE, 200, orders=views))

    def create(
        self,
        outcome: Outcome,
        shown: str | None = None,
        *,
        chosen: str | None = None,
        who: str = ME,
        at: float | None = None,
    ) -> None:
        view = SubscriberView(shown) if outcome is Outcome.DONE else None
        self.feed(CreateSubscriber(chosen), Reply(outcome, 201, subscriber=view), who=who, at=at)

    def delete(
        self, identity: str, outcome: Outcome, status: int | None = 200, *, who: str = ME, at: float | None = None
    ) -> None:
        self.feed(DeleteSubscriber(identity), Reply(outcome, status), who=who, at=at)

    @property
    def worst(self) -> float:
        return self.ledger.worst_rise(ME)

    @property
    def removable(self) -> int:
        return self.ledger.removable(ME)


# -- the worst case of one call -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"quantity": 3}, 3),
        ({"quantity": 1.2}, 2),
        ({"quantity": -4}, 4),
        ({"quantity": "5"}, 5),
        ({"quantity": "+5 pieces"}, 5),
        ({"quantity": "1,000"}, 1000),
        ({"quantity": "0x10"}, 16),
        ({"quantity": "1e3"}, 1000),
        ({"quantity": "\uff15"}, 5),
        ({"quantity": True}, 1),
        ({"quantity": 0}, 1),
        ({"quantity": [2, {"value": 3}]}, 5),
        ({"quantity": 1, "Quantity": 7}, 8),
        ({"quantity": 2**31}, 2**31),
        ({"quantity": 2**31 + 1}, inf),
        ({"quantity": 10**400}, inf),
        ({"quantity": None}, inf),
        ({"quantity": ""}, inf),
        ({"quantity": "many"}, inf),
        ({}, inf),
        ([], inf),
        ('{"quantity": 1, "quantity": 9}', 10),
        ('{"quantity": 7', 7),
        ('{"quantity": 0x1f}', 31),
        ('{"quantity": Infinity}', inf),
        ("quantity=6", 6),
        ('"{\\"quantity\\": 6}"', 6),
        ("", inf),
        ("9" * 5000, inf),
        ("[" * 100_000, inf),
        ('{"quantity": 1}'.encode("utf-16").decode("utf-8", "surrogateescape"), 1),
    ],
)
def test_of_a_malformed_order_every_number_counts(body: object, size: float) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    call = Malformed(Operation.PLACE_ORDER, "whatever")
    assert exposure_of(call, "POST", "http://x/order", text) == Exposure(size, size)


def test_numbers_in_the_query_of_a_malformed_order_count() -> None:
    call = Malformed(Operation.PLACE_ORDER, "the query has members")
    assert exposure_of(call, "POST", "http://x1/order2?quantity=8", '{"quantity": 1}').up == 9


@pytest.mark.parametrize(
    ("call", "method", "body", "exposure"),
    [
        (PlaceOrder(MORE, 5), "POST", "", Exposure(up=5)),
        (PlaceOrder(FEWER, 5), "POST", "", Exposure(5, 5)),
        (PlaceOrder(MORE, 2**32), "POST", "", Exposure(up=inf)),
        (Malformed(Operation.PLACE_ORDER, "", True, PlaceOrder(MORE, 5)), "POST", '{"a": 9}', Exposure(up=9)),
        (Malformed(Operation.PLACE_ORDER, "", True, PlaceOrder(FEWER, 5)), "POST", '{"a": 1}', Exposure(5, 5)),
        (OtherCall("PUT", "/order"), "PUT", '{"quantity": 5}', Exposure(5, 5)),
        (OtherCall("PUT", "/order"), "PUT", "{}", Exposure(1, 1)),
        (OtherCall("PUT", "/order"), "PUT", "", Exposure(up=1)),
        (OtherCall("DELETE", "/order"), "DELETE", "", Exposure(up=1)),
        (OtherCall("HEAD", "/order"), "HEAD", "", Exposure()),
        (Malformed(Operation.CREATE_SUBSCRIBER, ""), "POST", '{"quantity": 5}', Exposure(up=1)),
        (CreateSubscriber(), "POST", "", Exposure(up=1)),
        (DeleteSubscriber("a@b"), "DELETE", "", Exposure(up=1)),
        (ReadInventory(), "GET", "", Exposure()),
    ],
)
def test_the_worst_case_of_a_call(call: Call, method: str, body: str, exposure: Exposure) -> None:
    assert exposure_of(call, method, "http://x/order", body) == exposure


@pytest.mark.parametrize(
    ("call", "method", "body", "exposure"),
    [
        (PlaceOrder(MORE, 5), "POST", "", Exposure(up=5)),
        (PlaceOrder(FEWER, 5), "POST", "", Exposure(down=5)),
        (Malformed(Operation.PLACE_ORDER, "", True, PlaceOrder(FEWER, 5)), "POST", '{"a": 1}', Exposure(down=5)),
        (Malformed(Operation.PLACE_ORDER, ""), "POST", '{"quantity": 0}', Exposure()),
        (OtherCall("DELETE", "/order"), "DELETE", "", Exposure()),
        (CreateSubscriber(), "POST", "", Exposure()),
        (DeleteSubscriber("a@b"), "DELETE", "", Exposure()),
    ],
)
def test_a_call_as_it_is_meant(call: Call, method: str, body: str, exposure: Exposure) -> None:
    assert exposure_of(call, method, "http://x/order", body, worst=False) == exposure


# -- how far total may have risen ---------------------------------------------------------------------------------


def test_done_open_and_doubtful_orders_all_count() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 3)
    books.order(MORE, 4, stage=Stage.OPEN)
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.order(MORE, 6, Outcome.REFUSED)
    books.order(MORE, 7, Outcome.THROTTLED)
    books.order(MORE, 8, stage=Stage.NOT_DONE)
    assert books.worst == 12


def test_a_call_that_is_on_its_way_counts_until_its_exchange_comes() -> None:
    books = Books()
    books.ledger.depart(1, ME, Exposure(up=5))
    books.ledger.depart(2, ME, Exposure(up=6))
    assert books.worst == 11
    books.order(MORE, 5)
    assert books.worst == 11
    books.ledger.turn_back(2, ME)
    assert books.worst == 5


def test_an_inventory_read_settles_what_ended_before_it() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR)
    assert books.worst == 5
    books.look(10)
    assert books.worst == 0
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.look(15)
    assert books.worst == 5


def test_an_inventory_read_settles_nothing_that_overlapped_it() -> None:
    books = Books()
    books.look(10, at=0)
    books.order(MORE, 5, Outcome.UNCLEAR, at=3)
    books.look(10, at=3.5)
    assert books.worst == 5


def test_a_call_that_timed_out_may_act_later_than_the_next_read() -> None:
    books = Books(late_s=30)
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR, failure="timeout")
    books.look(10)
    assert books.worst == 5
    books.look(15)
    assert books.worst == 5
    books.look(10, at=100)
    assert books.worst == 0


def test_a_read_that_may_lag_settles_only_what_is_older_than_the_lag() -> None:
    books = Books(settle_s=10)
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.look(10)
    assert books.worst == 5
    books.look(10, at=50)
    assert books.worst == 0


def test_a_stale_read_does_not_hide_an_order_that_was_done() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.look(10)
    assert books.worst == 5


def test_what_the_inventory_shows_counts_even_where_no_order_explains_it() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5, Outcome.REFUSED)
    books.look(15)
    assert books.worst == 5
    assert books.removable == 0


def test_a_target_whose_decrements_add_is_trusted_no_more() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.look(15)
    assert not books.ledger.at_worst(ME, PlaceOrder(FEWER, 2))
    books.order(FEWER, 2)
    books.look(17)
    assert books.ledger.at_worst(ME, PlaceOrder(FEWER, 2))
    assert not books.ledger.at_worst(ME, DeleteSubscriber("a@b"))
    books.order(FEWER, 3)
    assert books.worst == 10


def increment_under_way(books: Books) -> None:
    books.look(10)
    books.ledger.depart(99, ME, Exposure(up=5))


def increment_that_nobody_answered(books: Books) -> None:
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.look(10)


def increment_that_is_shown_late(books: Books) -> None:
    books.look(10)
    books.order(MORE, 5)
    books.look(10)


@pytest.mark.parametrize("before", [increment_under_way, increment_that_nobody_answered, increment_that_is_shown_late])
def test_a_rise_that_an_increment_explains_is_not_laid_on_a_decrement(before: Callable[[Books], None]) -> None:
    books = Books()
    before(books)
    books.order(FEWER, 1)
    books.look(14)
    assert not books.ledger.at_worst(ME, PlaceOrder(FEWER, 1))


def test_orders_that_two_reads_do_not_show_count_again_when_they_come_after_all() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.look(10)
    books.look(10)
    assert (books.worst, books.removable) == (0, 0)
    books.look(15)
    assert (books.worst, books.removable) == (5, 5)


def test_until_it_is_known_how_far_reads_lag_nothing_is_concluded_from_what_they_do_not_show() -> None:
    books = Books(lag_known=False)
    books.look(10)
    books.order(MORE, 5)
    books.look(10)
    books.look(10)
    assert (books.worst, books.removable) == (5, 0)


def test_a_decrement_is_believed_at_once_only_by_a_trusting_ledger() -> None:
    for trusting, worst in ((True, 2), (False, 8)):
        books = Books(trusting=trusting)
        books.look(10)
        books.order(MORE, 5)
        books.look(15)
        books.order(FEWER, 3)
        assert books.worst == worst
        books.look(12)
        assert books.worst == 2


def test_a_pending_order_counts_until_it_ends() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5, number="a", stage=Stage.OPEN)
    books.order(MORE, 6, number="b", stage=Stage.OPEN)
    books.look(10)
    assert books.worst == 11
    assert [order.number for order in books.ledger.account(ME).pending] == ["a", "b"]
    books.list_orders(OrderView("a", stage=Stage.NOT_DONE), OrderView("b", stage=Stage.DONE), OrderView("c"))
    assert books.worst == 6
    books.look(16)
    assert books.worst == 6
    assert books.ledger.account(ME).pending == []


def test_a_malformed_order_that_is_pending_as_what_it_means_is_given_back_once_it_ends() -> None:
    meant = Malformed(Operation.PLACE_ORDER, "a member that nobody knows", meant=PlaceOrder(MORE, 3))
    for stage, total, ours in ((Stage.DONE, 13, 3), (Stage.NOT_DONE, 10, 0)):
        books = Books()
        books.look(10)
        accepted = Reply(Outcome.DONE, 201, order=OrderView("a", MORE, 3, stage=Stage.OPEN))
        books.feed(meant, accepted, body='{"quantity": 3, "more": 1}')
        books.look(10)
        assert [order.number for order in books.ledger.account(ME).pending] == ["a"]
        books.list_orders(OrderView("a", stage=stage))
        books.look(total)
        assert books.ledger.account(ME).pending == []
        assert books.removable == ours


def test_a_pending_order_that_the_inventory_shows_already_counts_once() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5, stage=Stage.OPEN)
    books.look(15)
    assert books.worst == 5


def test_an_unbounded_probe_counts_without_bound_until_the_inventory_is_read() -> None:
    books = Books()
    books.look(10)
    books.feed(Malformed(Operation.PLACE_ORDER, "no quantity"), Reply(Outcome.DONE, 201), body="{}")
    assert books.worst == inf
    assert books.removable == 0
    books.look(10)
    assert books.worst == 0
    books.look(10 + 2**31)
    assert books.worst == 2**31
    assert books.removable == 2**31


def test_an_unbounded_probe_that_stays_pending_leaves_the_budget_to_others_once_a_read_shows_nothing_of_it() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 2**32 + 1, stage=Stage.OPEN)
    assert books.worst > 2**32
    books.look(10)
    assert books.worst == 0
    books.order(MORE, 3)
    books.look(13)
    assert (books.worst, books.removable) == (3, 3)


def test_in_a_shared_account_only_our_own_orders_count() -> None:
    books = Books(shared=True)
    books.look(10)
    books.order(MORE, 5)
    books.look(90)
    assert books.worst == 5
    assert books.removable == 5
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.look(90)
    assert books.worst == 10
    assert books.removable == 5


@pytest.mark.parametrize(("shown", "ours"), [(1, 1), (7, 0)])
def test_a_grey_order_that_is_taken_for_what_it_means_is_ours_in_a_shared_account(shown: int, ours: int) -> None:
    """An order in chunks, say: the answer shows it as any other; one that shows another quantity proves nothing."""
    books = Books(shared=True)
    books.look(10)
    grey = Malformed(Operation.PLACE_ORDER, "the body comes in chunks", True, PlaceOrder(MORE, 1))
    view = OrderView("1", MORE, shown, stage=Stage.DONE)
    books.feed(grey, Reply(Outcome.DONE, 201, order=view), body='{"quantity": 1}')
    books.look(11)
    assert books.removable == ours
    assert books.ledger.account(ME).in_doubt == ([] if ours else [2])


def test_an_order_without_an_answer_that_no_list_shows_is_no_doubt_any_more() -> None:
    books = Books(shared=True)
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR)
    books.look(90)
    books.ledger.rule_out_by_list(ME, [OrderView("theirs", MORE, 5)])
    assert books.ledger.account(ME).in_doubt == [2]
    assert books.removable == 0, "it could be theirs"
    books.ledger.rule_out_by_list(ME, [OrderView("theirs", MORE, 80)])
    assert books.ledger.account(ME).in_doubt == []


def test_accounts_have_books_of_their_own() -> None:
    books = Books()
    books.order(MORE, 5)
    assert books.ledger.worst_rise("account-2") == 0


def test_the_peak_is_the_highest_total_that_was_shown() -> None:
    books = Books()
    for total in (10, 17, 12):
        books.look(total, used=total - 8)
    account = books.ledger.account(ME)
    assert (account.baseline, account.peak, account.used_before, account.used) == (10, 17, 2, 4)


# -- how many products are ours to give back ----------------------------------------------------------------------


def test_only_what_was_ordered_can_be_given_back() -> None:
    books = Books()
    books.look(10)
    assert books.removable == 0
    books.order(MORE, 5)
    assert books.removable == 5
    books.order(FEWER, 2)
    assert books.removable == 3
    books.look(13)
    assert books.removable == 3
    books.ledger.depart(99, ME, Exposure(down=3))
    assert books.removable == 0


def test_a_doubtful_increment_is_ours_once_the_inventory_shows_it() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5, Outcome.UNCLEAR)
    assert books.removable == 0
    books.look(15)
    assert books.removable == 5


def test_a_doubtful_decrement_counts_as_done_until_the_inventory_tells() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.order(FEWER, 5, Outcome.UNCLEAR)
    assert books.removable == 0
    books.look(15)
    assert books.removable == 5
    books.look(10)
    assert books.removable == 0


def test_an_increment_that_never_took_effect_is_not_given_back() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.look(10)
    assert books.removable == 0


def test_products_of_others_are_never_ours() -> None:
    books = Books()
    books.look(10)
    books.order(MORE, 5)
    books.look(40)
    assert books.removable == 5


def test_products_that_a_target_took_away_wrongly_are_owed() -> None:
    books = Books()
    books.look(10)
    books.order(FEWER, 3)
    assert books.ledger.owed(ME) == 0
    books.look(7)
    assert books.ledger.owed(ME) == 3
    assert books.removable == 0


def test_without_any_inventory_only_certain_orders_are_given_back() -> None:
    books = Books()
    books.order(MORE, 5)
    books.order(MORE, 4, Outcome.UNCLEAR)
    books.order(MORE, 3, stage=Stage.OPEN)
    books.order(FEWER, 1, Outcome.UNCLEAR)
    assert books.removable == 4


# -- whose a subscriber is ----------------------------------------------------------------------------------------


def standing(books: Books, identity: str, who: str = ME) -> str:
    own = books.ledger.account(who).subscribers
    return next((name for name in ("live", "deleted", "unclear") if identity in getattr(own, name)), "unknown")


def test_a_subscriber_is_ours_from_its_creation_on() -> None:
    books = Books()
    assert books.ledger.owner("a") is None
    books.create(Outcome.DONE, "a")
    assert (books.ledger.owner("a"), standing(books, "a")) == (ME, "live")
    books.delete("a", Outcome.DONE)
    assert (books.ledger.owner("a"), standing(books, "a")) == (ME, "deleted")


@pytest.mark.parametrize(
    ("outcome", "shown", "chosen", "expected"),
    [
        (Outcome.DONE, "a", None, "live"),
        (Outcome.DONE, None, "a", "live"),
        (Outcome.UNCLEAR, None, "a", "unclear"),
        (Outcome.REFUSED, None, "a", "unknown"),
        (Outcome.THROTTLED, None, "a", "unknown"),
    ],
)
def test_what_a_create_proves(outcome: Outcome, shown: str | None, chosen: str | None, expected: str) -> None:
    books = Books()
    books.create(outcome, shown, chosen=chosen)
    assert standing(books, "a") == expected
    assert books.ledger.account(ME).subscribers.lost == []


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.UNCLEAR])
def test_a_subscriber_whose_identity_nobody_told_is_lost(outcome: Outcome) -> None:
    books = Books()
    books.create(outcome)
    assert books.ledger.account(ME).subscribers.lost == ["1"]


def test_a_malformed_create_that_was_accepted_made_a_subscriber() -> None:
    books = Books()
    call = Malformed(Operation.CREATE_SUBSCRIBER, "product is unknown")
    books.feed(call, Reply(Outcome.DONE, 201, subscriber=SubscriberView("a")))
    assert standing(books, "a") == "live"
    books.feed(call, Reply(Outcome.DONE, 201))
    assert books.ledger.account(ME).subscribers.lost == ["2"]


@pytest.mark.parametrize(
    ("outcome", "status", "who", "expected"),
    [
        (Outcome.DONE, 200, ME, "deleted"),
        (Outcome.REFUSED, 404, ME, "deleted"),
        (Outcome.REFUSED, 400, ME, "live"),
        (Outcome.THROTTLED, 429, ME, "live"),
        (Outcome.UNCLEAR, 503, ME, "unclear"),
        (Outcome.UNCLEAR, None, ME, "unclear"),
        (Outcome.DONE, 200, "account-2", "unclear"),
        (Outcome.REFUSED, 404, "account-2", "live"),
    ],
)
def test_what_a_delete_proves(outcome: Outcome, status: int | None, who: str, expected: str) -> None:
    books = Books()
    books.create(Outcome.DONE, "a")
    books.delete("a", outcome, status, who=who)
    assert standing(books, "a") == expected
    assert books.ledger.owner("a") == ME


@pytest.mark.parametrize(("strangers_get", "expected"), [(400, "deleted"), (404, "unclear")])
def test_who_may_be_gone_is_gone_where_a_delete_gets_what_a_strangers_gets(strangers_get: int, expected: str) -> None:
    books = Books()
    books.delete("stranger", Outcome.REFUSED, strangers_get)
    books.create(Outcome.DONE, "a")
    books.delete("a", Outcome.REFUSED, 400)
    assert standing(books, "a") == "live"
    books.delete("a", Outcome.UNCLEAR, 503)
    books.delete("a", Outcome.REFUSED, 400)
    assert standing(books, "a") == expected


def test_an_identity_that_two_accounts_have_is_deleted_by_each_for_itself() -> None:
    books = Books()
    books.create(Outcome.DONE, chosen="a", who="account-2")
    books.create(Outcome.DONE, chosen="a")
    books.delete("a", Outcome.DONE)
    assert (standing(books, "a"), standing(books, "a", "account-2")) == ("deleted", "live")
    books.delete("a", Outcome.REFUSED, 404)
    assert standing(books, "a", "account-2") == "live"
    books.delete("a", Outcome.DONE, who="account-2")
    assert standing(books, "a", "account-2") == "deleted"


def test_a_deletion_that_was_done_already_may_have_removed_the_other_accounts() -> None:
    books = Books()
    for who in (ME, "account-2"):
        books.create(Outcome.DONE, chosen="a", who=who)
    books.delete("a", Outcome.DONE)
    books.delete("a", Outcome.DONE)
    assert standing(books, "a", "account-2") == "unclear"


def test_deleting_a_stranger_makes_it_nobody_of_ours() -> None:
    books = Books()
    books.delete("stranger", Outcome.DONE)
    assert books.ledger.owner("stranger") is None


def test_of_a_create_and_a_delete_that_overlap_either_may_be_the_last() -> None:
    books = Books()
    books.create(Outcome.DONE, chosen="a", at=5)
    books.delete("a", Outcome.DONE, at=5.5)
    assert standing(books, "a") == "unclear"


def test_of_deletes_that_overlap_one_has_worked() -> None:
    books = Books()
    books.create(Outcome.DONE, "a", at=1)
    books.delete("a", Outcome.REFUSED, 404, at=5)
    books.delete("a", Outcome.DONE, at=5.2)
    books.delete("a", Outcome.REFUSED, 404, at=5.4)
    assert standing(books, "a") == "deleted"


def test_a_subscriber_that_was_created_again_is_live() -> None:
    books = Books()
    for call in (books.create, books.delete, books.create):
        if call is books.delete:
            books.delete("a", Outcome.DONE)
        else:
            books.create(Outcome.DONE, chosen="a")
    assert standing(books, "a") == "live"


# -- from a journal -----------------------------------------------------------------------------------------------


def test_books_from_a_journal_wait_for_a_new_look() -> None:
    first: list[tuple[Call, Reply, str]] = [
        (PlaceOrder(MORE, 5), Reply(Outcome.DONE, 201, order=OrderView("a", stage=Stage.DONE)), ""),
        (PlaceOrder(MORE, 4), Reply(Outcome.UNCLEAR), "timeout"),
        (CreateSubscriber("a"), Reply(Outcome.UNCLEAR), "timeout"),
    ]
    told: list[tuple[Call, Reply, str]] = [
        (ReadInventory(), Reply(Outcome.DONE, 200, inventory=InventoryView(10, 0, 10)), ""),
        *first,
    ]
    exchanges = [
        Exchange(n, Intent(), Request("POST", "u", ()), None, 9000.0 + n, inf if failure else 9000.5 + n, "", failure)
        for n, (_, _, failure) in enumerate(told)
    ]
    books = Books()
    books.ledger.replay(exchanges, lambda exchange: told[exchange.seq][:2])
    assert books.worst == 9
    assert books.removable == 5
    assert standing(books, "a") == "unclear"
    books.look(19)
    assert books.removable == 9
    books.look(15)
    assert books.removable == 5
