"""What is unusual and legal, one short history each: nobody is accused, and what is open stays open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from story import DONE, FEWER, MORE, NOT_DONE, OPEN, Story, order

from kandykit.calls import CreateSubscriber, Malformed, Operation, Outcome, PlaceOrder, Reply, SubscriberView
from kandykit.model.identities import Life
from kandykit.verdict import Verdict

# -- unclear answers


@pytest.mark.parametrize("used", [0, 1])
def test_an_unclear_create_may_have_happened_or_not(used: int) -> None:
    story = Story().shows(3, 0).creates("a@x.nl", answer="cut").shows(3, used).shows(3, used)
    assert not story.said
    known = story.account.identities.of("a@x.nl")
    assert (known.life if known else None) is (Life.LIVE if used else None)


@pytest.mark.parametrize("used", [0, 1])
def test_an_unclear_delete_may_have_happened_or_not(used: int) -> None:
    story = Story().shows(3, 0).creates("a@x.nl").deletes("a@x.nl", answer=503).shows(3, used).shows(3, used)
    assert not story.said
    known = story.account.identities.of("a@x.nl")
    assert known is not None
    assert known.life is (Life.LIVE if used else Life.GONE)


def test_what_is_decided_by_a_read_stays_decided() -> None:
    """A cut call has acted or not; once a read has shown that it had not, it may not act later."""
    story = Story().shows(3, 0).creates("a@x.nl", answer="cut").shows(3, 0).waits(6).shows(3, 1)
    assert story.named


def test_a_call_that_timed_out_may_act_half_a_minute_later() -> None:
    story = Story().shows(3, 0).creates("a@x.nl", answer="timeout").shows(3, 0).waits(20).shows(3, 1)
    assert not story.said


def test_a_call_that_timed_out_acts_no_more_after_that() -> None:
    story = Story().shows(3, 0).creates("a@x.nl", answer="timeout").waits(40).shows(3, 0).waits(6).shows(3, 1)
    assert story.named


def test_the_walker_learns_that_an_unclear_call_did_not_happen() -> None:
    """So that it may make the same call again."""
    story = Story().shows(3, 0).more(1, answer=503)
    story.shows(3, 0)
    assert story.account.stock.answers[2] is False


@pytest.mark.parametrize("first", ["cut", 503])
@pytest.mark.parametrize("second", ["cut", 503])
@pytest.mark.parametrize("used", [0, 1])
def test_two_unclear_creates_of_one_identity_make_one_subscriber(first: object, second: object, used: int) -> None:
    story = Story().shows(3, 0).creates("a@x.nl", answer=first).creates("a@x.nl", answer=second)  # type: ignore[arg-type]
    story.shows(3, used).deletes("a@x.nl", answer=200 if used else 404).shows(3, 0)
    assert not story.said


def test_two_unclear_creates_of_one_identity_never_make_two() -> None:
    story = Story().shows(3, 0).creates("a@x.nl", answer="cut").creates("a@x.nl", answer="cut").shows(3, 2)
    assert story.named == ["L12"]


@pytest.mark.parametrize("answer", [200, 404])
def test_a_delete_of_an_identity_in_doubt_leaves_it_gone(answer: int) -> None:
    """404: it never was. 200 tells nothing where repeats are idempotent."""
    story = Story().shows(3, 0).creates("a@x.nl", answer="cut").deletes("a@x.nl", answer=answer).shows(3, 0)
    assert not story.said
    assert not story.account.identities.standing()


def test_a_create_after_an_unclear_delete_of_the_same_identity() -> None:
    story = Story().shows(3, 0).creates("a@x.nl").deletes("a@x.nl", answer="cut").creates("a@x.nl").shows(3, 1)
    assert not story.said
    assert story.account.identities.live() == ["a@x.nl"]


def test_questions_stay_open_when_the_stock_is_forgotten() -> None:
    """A timed-out create acts after the account was read anew."""
    story = Story().shows(3, 0).creates("a@x.nl", answer="timeout")
    story.account.forget()
    story.shows(3, 0).shows(3, 1)
    assert not story.said


def test_an_unclear_call_while_nothing_is_known_may_act_after_the_first_read() -> None:
    story = Story().creates("a@x.nl", answer="timeout").shows(3, 0).shows(3, 1)
    assert not story.said


def test_a_pending_order_may_be_fulfilled_by_what_another_did_that_nobody_answered() -> None:
    """The other was still pending when the inventory was read: it made room, or stock."""
    story = Story(limit=5).shows(3, 0).fewer(1, answer=503).shows(3, 0).more(3, "N1", stage=OPEN)
    story.finds("N1", order("N1", MORE, 3))
    assert not story.shows(5, 0).said
    story = Story().shows(1, 0).more(2, answer=503).shows(1, 0).fewer(2, "N1", stage=OPEN)
    story.finds("N1", order("N1", FEWER, 2))
    assert not story.shows(1, 0).said


def test_a_first_read_that_lags_may_miss_an_order_that_was_pending_before_it() -> None:
    story = Story(settle_s=0.5).more(1, "a", stage=OPEN, answer=202).finds("a", order("a", MORE, 1)).shows(0, 0)
    assert not story.shows(1, 0).said
    assert not story.waits(1).shows(1, 0).said
    assert story.shows(2, 0).said
    story = Story(settle_s=0.5).shows(1, 0).fewer(1, "a", stage=OPEN, answer=202).finds("a", order("a", FEWER, 1))
    story.account.forget()
    assert not story.shows(1, 0).shows(0, 0).said


def test_lists_that_lag_may_lose_sight_of_an_order_whose_answer_was_lost() -> None:
    story = Story(settle_s=0.5).lists().more(1, answer=503).lists(order("a", MORE, 1)).lists()
    assert not story.waits(1).lists(order("a", MORE, 1)).said
    assert story.waits(6).lists().said


def test_a_first_read_that_lags_may_show_who_was_deleted_before_it() -> None:
    story = Story(settle_s=0.5).creates("a@x.nl", answer=503).waits(0.3).deletes("a@x.nl").waits(0.3)
    assert not story.shows(1, 0).shows(1, 1).waits(1).shows(1, 0).said


def test_what_a_long_pending_order_did_is_not_laid_to_one_that_nobody_answered() -> None:
    story = Story().lists().more(1, "a", stage=OPEN, answer=202).waits(40).shows(0, 0).lists(order("a", MORE, 1, OPEN))
    story.more(1, answer="cut").shows(1, 0).lists(order("a", MORE, 1))
    assert not story.shows(1, 0).said


def test_a_refusal_under_unclear_stock_accuses_nobody() -> None:
    story = Story().shows(1, 0).creates("a@x.nl", answer="cut").creates("b@x.nl", answer=412).shows(1, 0)
    assert not story.said


def test_an_acceptance_under_unclear_stock_tells_what_had_happened() -> None:
    story = Story().shows(1, 0).creates("a@x.nl", answer="cut").creates("b@x.nl").shows(1, 1)
    assert not story.said


# -- orders that take their time


@pytest.mark.parametrize("when", ["before the read", "after it"])
def test_a_pending_order_is_fulfilled_at_any_moment(when: str) -> None:
    story = Story().shows(2, 0).lists().more(3, "a", stage=OPEN, answer=202)
    story.shows(5 if when == "before the read" else 2, 0).shows(5, 0).lists(order("a", MORE, 3)).shows(5, 0)
    assert not story.said


def test_a_pending_order_is_rejected_for_what_was_so_meanwhile() -> None:
    """There were too few when it was decided; that there are enough by now accuses nobody."""
    story = Story().shows(2, 0).lists().creates("a@x.nl").fewer(2, "o", stage=OPEN, answer=202)
    story.deletes("a@x.nl").lists(order("o", FEWER, 2, NOT_DONE)).shows(2, 0)
    assert not story.said


def test_a_pending_decrement_may_reserve_what_it_will_take() -> None:
    story = Story().shows(2, 0).lists().fewer(2, "o", stage=OPEN, answer=202).creates("a@x.nl", answer=412).shows(2, 0)
    assert not story.said


def test_a_pending_decrement_may_reserve_nothing() -> None:
    story = Story().shows(2, 0).lists().fewer(2, "o", stage=OPEN, answer=202).creates("a@x.nl").shows(2, 1)
    story.lists(order("o", FEWER, 2, NOT_DONE)).shows(2, 1)
    assert not story.said


def test_an_order_beyond_the_limit_may_stay_pending_for_ever() -> None:
    story = Story(limit=3).shows(2, 0).lists().more(2, "o", stage=OPEN, answer=202).waits(1000).shows(2, 0)
    assert not story.lists(order("o", MORE, 2, OPEN)).said


def test_an_increment_that_stays_pending_leaves_the_stock_certain_after_a_while() -> None:
    """So that calls may be made which need to know it; and when it is fulfilled after all nobody is accused."""
    story = Story().shows(3, 0).more(20, "A", stage=OPEN)
    stuck = order("A", MORE, 20, OPEN)
    assert story.lists(stuck).account.stock.shown() == [(3, 0), (23, 0)]
    assert story.waits(11).lists(stuck).account.stock.shown() == [(3, 0)]
    assert not story.account.stock.questions
    assert not story.shows(3, 0).creates("a@x.nl").shows(3, 1).said
    assert not story.lists(order("A", MORE, 20)).shows(23, 1).shows(23, 1).said
    assert story.fewer(20).shows(23, 1).waits(6).shows(23, 1).named, (
        "what is certain again is held against the target again"
    )


def test_an_increment_that_was_given_up_may_be_seen_by_its_numbers_first() -> None:
    story = Story().shows(3, 0).more(2, "A", stage=OPEN).waits(11).lists(order("A", MORE, 2, OPEN))
    assert not story.shows(5, 0).lists(order("A", MORE, 2)).shows(5, 0).said


def test_a_stock_that_moves_by_something_else_is_none_the_less_wrong() -> None:
    story = Story().shows(3, 0).more(20, "A", stage=OPEN).waits(11).lists(order("A", MORE, 20, OPEN))
    assert story.shows(4, 0).named


def test_pending_increments_may_count_toward_the_limit() -> None:
    story = Story(limit=4).shows(2, 0).lists().more(2, "o", stage=OPEN, answer=202).more(1, answer=412).shows(2, 0)
    assert not story.said


def test_a_lost_order_may_be_pending_without_anybody_knowing() -> None:
    story = Story().lists().shows(2, 0).more(2, answer="cut").shows(2, 0).waits(60).shows(4, 0)
    assert not story.said


def test_a_lost_order_that_is_not_listed_never_was() -> None:
    story = Story().lists().shows(2, 0).more(2, answer="cut").shows(2, 0).lists().waits(6).shows(4, 0)
    assert story.named


def test_a_lost_order_is_found_in_the_list() -> None:
    story = Story().lists().shows(2, 0).more(2, answer="cut").lists(order("o", MORE, 2)).shows(4, 0)
    assert not story.said
    assert story.account.orders.net() == 2


def test_many_pending_orders_are_no_burden() -> None:
    story = Story().lists().shows(50, 0)
    for number in range(40):
        story.fewer(1, f"o{number}", stage=OPEN, answer=202)
    story.shows(50, 0).shows(30, 0).shows(29, 0)
    assert not story.said


# -- reads that lag


def test_a_declared_lag_is_no_fault() -> None:
    story = Story(settle_s=1.0).shows(3, 0).creates("a@x.nl").shows(3, 0).shows(3, 1).shows(3, 0).waits(1).shows(3, 1)
    assert not story.said


def test_a_read_that_lags_longer_than_declared_waits_for_five_seconds() -> None:
    story = Story(settle_s=1.0).shows(3, 0).creates("a@x.nl").waits(2).shows(3, 0).shows(3, 1)
    assert story.verdicts == [Verdict.INCONCLUSIVE]


def test_an_undeclared_lag_that_comes_right_is_inconclusive() -> None:
    story = Story().shows(3, 0).creates("a@x.nl").shows(3, 0).waits(1).shows(3, 1)
    assert story.verdicts == [Verdict.INCONCLUSIVE]


def test_a_suspicion_outlives_other_writes() -> None:
    story = Story().shows(3, 0).creates("a@x.nl").shows(3, 0).creates("b@x.nl").shows(3, 2)
    assert story.verdicts == [Verdict.INCONCLUSIVE]


def test_a_read_that_never_comes_right_fails() -> None:
    story = Story().shows(3, 0).creates("a@x.nl").shows(3, 0).waits(6).shows(3, 0)
    assert story.named == ["L2"]


def test_a_suspicion_says_what_it_will_say() -> None:
    """The explorer gives up waiting: the overdue findings are those of the late read."""
    story = Story().shows(3, 0).creates("a@x.nl").shows(3, 0)
    assert [finding.requirement for finding in story.account.overdue()] == ["L2"]
    story.account.forget()
    assert not story.account.overdue()


def test_numbers_that_were_never_true_fail_at_once_however_late_reads_may_be() -> None:
    assert Story(settle_s=3.0).shows(3, 0).creates("a@x.nl").shows(3, 3).named


def test_calibration_takes_any_lag_up_to_five_seconds_and_measures_it() -> None:
    story = Story()
    story.account.tolerant = True
    story.shows(3, 0).creates("a@x.nl").waits(2).shows(3, 0)
    assert not story.account.agrees
    story.shows(3, 1)
    assert not story.said
    assert 2 < story.account.lag_met < 2.1
    assert story.account.agrees


def test_what_a_read_has_shown_is_not_blamed_for_what_comes_after_it() -> None:
    """A decrement that adds one is off by two, as if the increment of two before it had come twice."""
    story = Story()
    story.account.tolerant = True
    story.shows(0, 0).more(2, "a").shows(2, 0).fewer(1, "b").shows(3, 0).waits(6).shows(3, 0)
    assert [finding.title for finding in story.said] == [
        "A decrement order changes the total by another quantity than its own"
    ]


def test_an_order_list_may_lag_as_declared() -> None:
    story = Story(settle_s=1.0).lists().more(1, "a").lists().lists(order("a", MORE, 1)).lists()
    assert not story.said
    assert story.waits(6).lists().named == ["L8"]


@pytest.mark.parametrize(
    "right", [lambda s: s.lists(order("a", MORE, 1)), lambda s: s.waits(4).lists(order("a", MORE, 1))]
)
def test_an_undeclared_lag_of_the_order_list_that_comes_right_is_inconclusive(right: Callable[[Story], Story]) -> None:
    story = right(Story().lists().more(1, "a").lists())
    assert story.verdicts == [Verdict.INCONCLUSIVE]
    assert not story.account.suspicions


def test_an_order_that_is_found_by_its_number_a_little_late_is_inconclusive() -> None:
    story = Story().more(1, "a").finds("a", answer=404).waits(2).finds("a", order("a", MORE, 1))
    assert story.verdicts == [Verdict.INCONCLUSIVE]


def test_another_kind_of_read_does_not_decide_a_late_one() -> None:
    story = Story().lists().more(1, "a").lists().finds("a", order("a", MORE, 1))
    assert not story.said
    assert story.account.suspicions


def test_a_final_status_may_show_late_and_no_more_than_that() -> None:
    story = Story().more(1, "a").lists(order("a", MORE, 1, OPEN)).lists(order("a", MORE, 1))
    assert story.verdicts == [Verdict.INCONCLUSIVE]
    assert Story().more(1, "a").lists(order("a", MORE, 1, OPEN)).waits(6).lists(order("a", MORE, 1, OPEN)).named == [
        "L8"
    ]


def test_an_order_that_is_never_listed_fails_and_the_explorer_may_ask_before() -> None:
    story = Story().lists().more(1, "a").lists()
    assert [finding.requirement for finding in story.account.overdue()] == ["L8"]
    assert story.waits(6).lists().named == ["L8"]


def test_calibration_measures_the_lag_of_the_order_list_too() -> None:
    story = Story()
    story.account.tolerant = True
    story.lists().more(1, "a").waits(2).lists()
    assert not story.account.orders_agree
    story.lists(order("a", MORE, 1))
    assert not story.said
    assert 2 < story.account.lag_met < 2.1
    assert story.account.orders_agree


# -- identities and deletes


@pytest.mark.parametrize("answer", [201, 400])
def test_a_deleted_identity_may_be_used_again_or_not(answer: int) -> None:
    story = Story().shows(3, 0).creates("a@x.nl").deletes("a@x.nl").creates("a@x.nl", answer=answer)
    assert not story.shows(3, int(answer == 201)).said


def test_a_taken_identity_may_be_answered_with_its_subscriber() -> None:
    story = Story().shows(3, 0).creates("a@x.nl", password="1").creates("a@x.nl", password="1", answer=200)
    assert not story.shows(3, 1).said


def test_a_form_of_identity_that_was_never_accepted_may_be_refused() -> None:
    """A target that chooses identities itself refuses ours."""
    story = Story().shows(3, 0).creates().creates("a@x.nl", answer=400).shows(3, 1)
    assert not story.said


@pytest.mark.parametrize("other", ["kk-12@x.nl", "5-kk@x.nl", "kk-+@x.nl", "k--1@x.nl", "kk-5@y.nl"])
def test_a_longer_identity_or_one_that_begins_otherwise_is_of_another_form(other: str) -> None:
    story = Story().shows(3, 0).creates("kk-1@x.nl").creates(other, answer=400)
    assert not story.shows(3, 1).said
    story = Story().shows(3, 0).creates("kk-1@x.nl").creates("kk-2@x.nl", answer=400)
    assert story.named == ["L5"]


def test_identities_like_the_ones_that_a_target_makes_up_may_be_kept_for_itself() -> None:
    story = Story().shows(4, 0).creates("ours-7@x.nl").creates(given="user7@x.nl").creates("user8@x.nl", answer=400)
    assert not story.shows(4, 2).said
    story = Story().shows(4, 0).creates("ours-7@x.nl").creates(given="user7@x.nl").creates("ours-8@x.nl", answer=400)
    assert story.named == ["L5"]


def test_a_refusal_for_its_form_is_no_refusal_for_lack_of_stock() -> None:
    """With nothing left any cause is right, so its code proves nothing of the agreed one."""
    story = Story(refusal_codes={"no_stock": frozenset({412})}).shows(1, 0).creates().creates("a@x.nl", answer=400)
    assert not story.said


# -- what an inventory shows


@pytest.mark.parametrize("shown", ["available", "total", "used"])
def test_an_inventory_may_show_one_number_only(shown: str) -> None:
    def look(story: Story, total: int, used: int) -> None:
        story.sees(**{shown: {"available": total - used, "total": total, "used": used}[shown]})

    story = Story(limit=6)
    look(story, 3, 1)
    story.more(3)
    look(story, 6, 1)
    story.creates("a@x.nl")
    look(story, 6, 2)
    story.fewer(1).deletes("a@x.nl").more(1)
    look(story, 6, 1)
    assert not story.said


def test_a_limit_is_not_held_against_an_account_whose_total_is_not_shown() -> None:
    """Three are available, nine may be owned: the refusal is right for all that anybody can see."""
    assert not Story(limit=10).sees(available=3).more(2, answer=412).sees(available=3).said


def test_one_number_still_catches() -> None:
    assert Story().sees(available=3).creates("a@x.nl").sees(available=1).named == ["L2"]
    assert Story().sees(available=0).creates("a@x.nl").named == ["L5"]


def test_an_inventory_may_begin_to_show_more() -> None:
    assert not Story().sees(available=3).shows(9, 6).shows(9, 6).said


# -- accounts that are in use


def test_products_subscribers_and_orders_of_earlier_days() -> None:
    story = Story().shows(40, 12).lists(order("old", MORE, 40), order("older", FEWER, 2, NOT_DONE))
    story.creates("a@x.nl").more(2, "mine").shows(42, 13)
    story.lists(order("old", MORE, 40), order("older", FEWER, 2, NOT_DONE), order("mine", MORE, 2))
    assert not story.said
    assert story.account.orders.net() == 2


def test_a_foreign_order_that_is_still_pending_may_be_fulfilled() -> None:
    story = Story().shows(4, 0).lists(order("theirs", MORE, 3, OPEN)).shows(7, 0)
    assert not story.said


def test_a_shared_account_never_accuses() -> None:
    story = Story(shared=True).shows(3, 0).lists().creates("a@x.nl").shows(9, 7).creates("b@x.nl", answer=412)
    story.fewer(9, "f").lists(order("f", FEWER, 9), order("x", MORE, 1)).deletes("a@x.nl", answer=404).creates(
        "a@x.nl"
    ).shows(0, 0)
    assert not story.named


# -- quotas, limits, and malformed calls


def test_over_quota_means_not_done() -> None:
    story = Story().shows(1, 0).creates("a@x.nl", answer=429).more(1, answer=429).shows(1, 0)
    assert not story.said


def test_an_unknown_limit_may_be_met() -> None:
    story = Story().shows(4, 0).more(3, answer=412).more(2).more(1, answer=412).shows(6, 0)
    assert not story.said


def test_an_unknown_limit_holds_for_every_order() -> None:
    assert Story().shows(4, 0).more(3, answer=412).more(3).named == ["L7"]
    assert Story().shows(4, 0).more(3).fewer(3).more(2, answer=412).named == ["L7"]


def test_an_unknown_limit_is_not_met_at_a_total_that_nobody_knows() -> None:
    """The order that got lost may have counted, so the refused one asked for more than it seems."""
    story = Story().shows(4, 0).more(2, answer="timeout").more(2, answer=412).waits(40).shows(4, 0).more(2)
    assert not story.said


def test_after_an_accepted_malformed_call_the_stock_is_unknown_until_the_next_read() -> None:
    story = Story().shows(4, 0).malformed(Operation.PLACE_ORDER, answer=201)
    assert not story.account.knows
    assert not story.creates("a@x.nl", answer=412).shows(9, 0).shows(9, 0).said


def test_a_grey_call_means_what_it_says_if_it_is_accepted() -> None:
    grey = Malformed(Operation.CREATE_SUBSCRIBER, "identity is null", grey=True, meant=CreateSubscriber(None))
    story = Story().shows(3, 0)
    story._tell(grey, Reply(Outcome.DONE, 201, subscriber=SubscriberView("a@x.nl", "1")))
    assert not story.shows(3, 1).said
    story._tell(
        Malformed(Operation.PLACE_ORDER, "grey", grey=True, meant=PlaceOrder(MORE, 1)), Reply(Outcome.REFUSED, 400)
    )
    assert not story.shows(3, 1).said


def test_a_version_that_nobody_agreed_on_may_be_refused() -> None:
    story = Story().more(2, "a").shows(2, 0).creates("a@x.nl").asks_for_version("9")
    story.shows(2, 1).more(1, answer=400).fewer(1, answer=400).creates("b@x.nl", answer=400)
    story.deletes("a@x.nl", answer=400).finds("a", answer=400).shows(2, 1)
    assert not story.said
    assert story.deletes("a@x.nl").more(1, answer=400).shows(3, 0).said


@pytest.mark.parametrize(("members", "named"), [({}, ["R2"]), ({"members": {"orderId": "order.number"}}, [])])
def test_the_order_of_the_list_is_the_default_bindings_and_no_law(
    members: dict[str, dict[str, str]], named: list[str]
) -> None:
    story = Story(**members).shows(0, 0).more(1, "a").more(1, "b")
    assert story.lists(order("b", MORE, 1), order("a", MORE, 1)).named == named


@pytest.mark.parametrize(("waited_s", "open_still"), [(2, True), (6, False)])
def test_an_old_order_that_somebody_left_pending_is_put_aside(waited_s: float, open_still: bool) -> None:
    """It may be pending for ever: the stock is certain without it, and a read that shows it fulfilled is explained."""
    old = order("old", MORE, 2, OPEN)
    story = Story().lists(old).shows(1, 0)
    story.now += waited_s
    story.lists(old).shows(1, 0)
    assert bool(story.account.stock.questions) is open_still
    assert not story.shows(3, 0).lists(order("old", MORE, 2, DONE)).said


@pytest.mark.parametrize("ignores", [True, False])
def test_a_lost_create_on_a_target_that_ignores_wishes_has_a_name_that_nobody_knows(ignores: bool) -> None:
    """The product is used, but not under the name that was asked for; where wishes are granted it must be there."""
    story = Story().shows(4, 0).creates("a@x.nl", given="made-up@x.nl" if ignores else "a@x.nl").shows(4, 1)
    story.creates("b@x.nl", answer="cut").shows(4, 2).deletes("b@x.nl", answer=404)
    assert story.named == ([] if ignores else ["L10"])


# -- the codes of refusals


def test_an_agreed_code_is_held_to() -> None:
    story = Story(refusal_codes={"below_use": frozenset({412})}).shows(1, 1).fewer(1, answer=403)
    assert story.named == ["R1"]


def test_a_code_agreed_for_unknown_subscribers_may_leave_orders_to_the_document() -> None:
    story = Story(refusal_codes={"unknown": frozenset({410})}, extra_codes=frozenset({410})).shows(1, 0)
    assert story.deletes("nobody@x.nl", answer=410).finds("X", answer=404).verdicts == [Verdict.WARN]
    assert story.deletes("who@x.nl", answer=404).verdicts[1:2] == [Verdict.FAIL]


@pytest.mark.parametrize(("answer", "said"), [(412, ["L5"]), (400, [])])
def test_a_target_that_accepts_no_identity_at_all_may_want_a_domain_of_its_own(answer: int, said: list[str]) -> None:
    story = Story().shows(2, 0).creates(answer=answer).creates("a@x.nl", answer=answer)
    assert story.named == said


def test_an_unusual_code_is_a_warning() -> None:
    assert Story().shows(1, 1).fewer(1, answer=409).verdicts == [Verdict.WARN]


def test_different_codes_for_one_cause_are_a_warning() -> None:
    story = Story().shows(1, 1).fewer(1, answer=403).fewer(1, answer=412)
    assert story.verdicts == [Verdict.WARN]
    assert story.said[0].evidence == (2, 3)


def test_an_unknown_order_and_an_unknown_subscriber_may_have_different_codes() -> None:
    """They are asked for by different operations; only one operation that changes its mind is told of."""
    story = Story().shows(1, 0).deletes("nobody@x.nl", answer=404).finds("X", answer=400)
    assert not story.said
    assert story.account.met["unknown"].keys() == {400, 404}
    assert story.finds("Y", answer=404).verdicts == [Verdict.WARN]


def test_who_was_deleted_may_be_gone_where_who_never_was_is_not_found() -> None:
    story = Story(extra_codes=frozenset({410})).shows(1, 0).creates("a@x.nl").deletes("a@x.nl")
    story.deletes("a@x.nl", answer=410).deletes("b@x.nl", answer=404).deletes("a@x.nl", answer=410)
    assert not story.said
    assert story.deletes("a@x.nl", answer=404).verdicts == [Verdict.WARN]


def test_what_is_looked_for_by_an_odd_name_may_be_refused_for_its_form() -> None:
    story = Story(refusal_codes={"unknown": frozenset({404})}).shows(1, 0).deletes("nobody@x.nl", answer=404)
    assert not story.tries("delete: a broken escape").deletes("%4", answer=400).said
    assert set(story.tries("").deletes("nobody@x.nl", answer=400).named) == {"R1"}


@pytest.mark.parametrize("name", ["a%2Fx%40x.nl", "%04a%40x.nl", "o%27neill%40x.nl", "a" * 2000])
def test_who_is_looked_for_by_an_odd_url_may_be_refused_in_front_of_the_api(name: str) -> None:
    story = Story(refusal_codes={"unknown": frozenset({404})}).shows(1, 0)
    assert not story.at(f"/subscriber/{name}").deletes(name, answer=400).said
    assert not story.deletes(name, answer=404).said


@pytest.mark.parametrize("name", ["a%40x.nl", "a%20b%40x.nl", "%C3%A9%40x.nl"])
def test_who_is_looked_for_by_a_plain_url_is_refused_by_the_api(name: str) -> None:
    story = Story(refusal_codes={"unknown": frozenset({404})}).shows(1, 0)
    assert set(story.at(f"/subscriber/{name}").deletes(name, answer=400).named) == {"R1"}


# -- evidence


def test_evidence_holds_the_read_and_every_call_that_made_the_belief() -> None:
    story = Story().shows(2, 0)
    story.creates("a@x.nl").creates("b@x.nl").deletes("nobody@x.nl", answer=404).creates("c@x.nl")
    assert story.said[0].evidence == (1, 2, 3, 5)


def test_a_late_order_is_named_although_its_call_is_long_past() -> None:
    story = Story().lists().shows(2, 0).more(3, "a", stage=OPEN, answer=202).shows(2, 0).shows(2, 0).shows(6, 0)
    assert story.named == ["L1"]
    assert 3 in story.said[0].evidence


def test_statuses_without_words_for_them() -> None:
    """An order without a readable status may be fulfilled at any moment."""
    story = Story().shows(2, 0).more(1, "a", stage=None).shows(2, 0).shows(3, 0).finds("a", order("a", MORE, 1, DONE))
    assert not story.said
