"""Each law by hand-written histories: good ones accuse nobody, bad ones name the law that is broken first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from story import FEWER, MORE, NOT_DONE, OPEN, Story, order

from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    Operation,
    OrderKind,
    Outcome,
    PlaceOrder,
    ReadInventory,
    ReadOrders,
    Reply,
    SubscriberView,
)
from kandykit.model.walk import lacks_an_identity, walked
from kandykit.verdict import Held, Verdict

Telling = Callable[[Story], Story]


def unlimited(story: Story) -> Story:
    """No limit was agreed."""
    story.account.terms = replace(story.account.terms, limit=None)
    return story


def left_behind(s: Story, *, others: OrderKind = FEWER, quantity: int = 2, seconds: float = 6) -> Story:
    """Three orders of two are fulfilled at once; then a decrement stays pending for so long, and as long again."""
    s.account.terms = replace(s.account.terms, fulfilment_s=5.0)
    s.lists()
    for number in range(3):
        s.more(2, f"m{number}")
        if others is FEWER:
            s.fewer(2, f"f{number}")
    s.fewer(quantity, "a", stage=OPEN, answer=202)
    for _ in range(2):
        s.waits(seconds).finds("a", order("a", FEWER, quantity, OPEN))
    return s


GOOD: dict[str, Telling] = {
    "L1 an increment adds its quantity": lambda s: s.shows(2, 0).more(3).shows(5, 0),
    "L1 a decrement takes its quantity": lambda s: s.shows(5, 1).fewer(2).shows(3, 1),
    "L2 a create consumes one": lambda s: s.shows(2, 0).creates("a@x.nl").shows(2, 1),
    "L2 a delete returns one": lambda s: s.shows(2, 0).creates("a@x.nl").deletes("a@x.nl").shows(2, 0),
    "L3 all used up": lambda s: s.shows(1, 0).creates("a@x.nl").shows(1, 1),
    "L3 nothing at all": lambda s: s.shows(0, 0),
    "L4 refusals change nothing": lambda s: (
        s.shows(1, 1).creates("a@x.nl", answer=412).fewer(1, answer=412).shows(1, 1)
    ),
    "L5 no stock, no subscriber": lambda s: s.shows(1, 1).creates("a@x.nl", answer=412),
    "L6 exactly what is available": lambda s: s.shows(4, 1).fewer(3).shows(1, 1),
    "L6 one more than that": lambda s: s.shows(4, 1).fewer(4, answer=412).shows(4, 1),
    "L7 exactly to the limit": lambda s: s.shows(4, 1).more(6).shows(10, 1),
    "L7 one beyond it": lambda s: s.shows(4, 1).more(7, answer=412).shows(4, 1),
    "L8 the list shows what was placed": lambda s: s.lists().more(1, "a").lists(order("a", MORE, 1)),
    "L8 a pending order is fulfilled": lambda s: (
        s.lists().more(1, "a", stage=OPEN, answer=202).lists(order("a", MORE, 1, OPEN)).lists(order("a", MORE, 1))
    ),
    "L8 a pending order for more than is there": lambda s: left_behind(s.shows(6, 6)),
    "L8 a pending order for more than was there meanwhile": lambda s: (
        left_behind(s.shows(2, 0), seconds=1)
        .creates("x@x.nl")
        .deletes("x@x.nl")
        .waits(9)
        .finds("a", order("a", FEWER, 2, OPEN))
    ),
    "L8 a pending order of a kind that somebody looks at": lambda s: left_behind(s.shows(1, 0), others=MORE),
    "L8 a pending order that is larger than the others": lambda s: left_behind(s.shows(7, 0), quantity=5),
    "L8 a pending order for no longer than orders may": lambda s: left_behind(s.shows(7, 0), seconds=4.5),
    "L9 a password for each": lambda s: s.creates("a@x.nl", password="1").creates("b@x.nl", password="2"),
    "L9 a new password for a new life": lambda s: (
        s.creates("a@x.nl", password="1").deletes("a@x.nl").creates("a@x.nl", password="2")
    ),
    "L9 the identity that was asked for, in small letters": lambda s: s.creates("a@x.nl").creates(
        "Bb@x.nl", given="bb@x.nl"
    ),
    "L9 a target that always chooses by itself": lambda s: s.creates("a@x.nl", given="1@x.nl"),
    "L9 a taken identity is refused": lambda s: (
        s.shows(2, 0).creates("a@x.nl").creates("a@x.nl", answer=400).shows(2, 1)
    ),
    "L4 what was turned away is made again": lambda s: (
        s.shows(3, 0)
        .creates("a@x.nl", answer=429)
        .creates("a@x.nl")
        .deletes("a@x.nl", answer=429)
        .deletes("a@x.nl")
        .deletes("a@x.nl", answer=404)
        .shows(3, 0)
    ),
    "L10 a repeat is 404": lambda s: (
        s.shows(2, 0).creates("a@x.nl").deletes("a@x.nl").deletes("a@x.nl", answer=404).shows(2, 0)
    ),
    "L10 an idempotent repeat": lambda s: (
        s.shows(2, 0).creates("a@x.nl").deletes("a@x.nl").deletes("a@x.nl").shows(2, 0)
    ),
    "L10 nobody is deleted": lambda s: s.shows(2, 1).deletes("nobody@x.nl", answer=404).shows(2, 1),
    "L11 another account's create": lambda s: s.shows(2, 0).elsewhere(CreateSubscriber("b@x.nl")).shows(2, 0),
    "L11 another account's order": lambda s: s.lists().other_orders(1, "theirs").lists().finds("theirs", answer=404),
    "L11 another account's passwords are a row of numbers as well": lambda s: (
        s.shows(3, 0)
        .elsewhere(CreateSubscriber("a@x.nl"), subscriber=SubscriberView("a@x.nl", "1000"))
        .creates("b@x.nl", password="1000")
        .shows(3, 1)
    ),
    "L11 another account's identity is taken for all": lambda s: (
        s.shows(3, 0)
        .creates("b@x.nl")
        .elsewhere(CreateSubscriber("a@x.nl"))
        .creates("a@x.nl", answer=400)
        .shows(3, 1)
        .deletes("a@x.nl", answer=404)
        .shows(3, 1)
    ),
    "L11 another account's identity is free here": lambda s: (
        s.shows(3, 0)
        .elsewhere(CreateSubscriber("a@x.nl"), subscriber=SubscriberView("a@x.nl", "1"))
        .creates("a@x.nl", password="2")
        .shows(3, 1)
        .deletes("a@x.nl")
        .shows(3, 0)
    ),
    "L12 a lost create did happen": lambda s: s.shows(2, 0).creates("a@x.nl", answer="cut").shows(2, 1),
    "L12 a lost create did not": lambda s: s.shows(2, 0).creates("a@x.nl", answer="cut").shows(2, 0).shows(2, 0),
    "L5 a lost create is made again": lambda s: (
        s.shows(3, 0).creates("a@x.nl", answer=503).shows(3, 0).creates("a@x.nl").shows(3, 1)
    ),
    "L12 of two lost orders that are alike the second did happen": lambda s: (
        s.lists()
        .shows(2, 0)
        .fewer(2, answer=503)
        .shows(2, 0)
        .fewer(2, answer="cut")
        .shows(0, 0)
        .lists(order("x", FEWER, 2))
        .shows(0, 0)
    ),
    "L8 another method is served like the documented one": lambda s: (
        s.shows(2, 0)
        .more(1, answer=401)
        .shows(2, 0)
        .calls("PUT", answer=201)
        .shows(3, 0)
        .lists(order("of a PUT", MORE, 1))
        .shows(3, 0)
    ),
    "L8 another method is served, and the like of it refused afterwards": lambda s: (
        s.lists()
        .calls("PUT", answer=201, body='{"order_number": "of a PUT"}')
        .more(1, answer=401)
        .lists(order("of a PUT", MORE, 1))
    ),
    "L13 reads are reads": lambda s: s.shows(2, 1).lists().shows(2, 1).calls("HEAD", answer=200).shows(2, 1),
}

BAD: dict[str, Telling] = {
    "L8 an order that fits is left behind": lambda s: left_behind(s.shows(7, 0)),
    "L1 an increment adds one too many": lambda s: s.shows(2, 0).more(3).shows(6, 0),
    "L1 an increment adds twice": lambda s: s.shows(2, 0).more(3).shows(8, 0),
    "L1 a decrement takes one too few": lambda s: s.shows(5, 0).fewer(3).shows(3, 0),
    "L1 a create adds to the total": lambda s: s.shows(2, 0).creates("a@x.nl").shows(3, 1),
    "L1 a delete takes from the total": lambda s: (
        s.shows(2, 0).creates("a@x.nl").shows(2, 1).deletes("a@x.nl").shows(1, 0)
    ),
    "L1 a rejected order counts": lambda s: (
        unlimited(s)
        .shows(2, 0)
        .lists()
        .more(3, "a", stage=OPEN, answer=202)
        .lists(order("a", MORE, 3, NOT_DONE))
        .shows(5, 0)
        .waits(6)
        .shows(5, 0)
    ),
    "L1 an order is fulfilled by another quantity, later": lambda s: (
        s.shows(2, 0).lists().more(3, "a", stage=OPEN, answer=202).shows(2, 0).lists(order("a", MORE, 3)).shows(6, 0)
    ),
    "L2 a create consumes two": lambda s: s.shows(3, 0).creates("a@x.nl").shows(3, 2),
    "L3 more used than owned": lambda s: s.shows(2, 3),
    "L3 available is no difference": lambda s: s.shows(3, 1, 1),
    "L3 below zero": lambda s: s.sees(total=-1, used=0),
    "L3 above the limit": lambda s: s.shows(11, 0),
    "L3 fewer used than live": lambda s: s.creates("a@x.nl").creates("b@x.nl").waits(6).shows(2, 1),
    "L4 a refused order adds": lambda s: unlimited(s).shows(2, 0).more(3, answer=412).shows(5, 0),
    "L4 a refused create consumes": lambda s: s.shows(2, 0).creates("a@x.nl").creates("a@x.nl", answer=400).shows(2, 2),
    "L4 a malformed order adds": lambda s: s.shows(2, 0).malformed(Operation.PLACE_ORDER).shows(3, 0),
    "L4 a throttled create consumes": lambda s: s.shows(2, 0).creates("a@x.nl", answer=429).shows(2, 1),
    "L4 a throttled create takes its identity": lambda s: (
        s.shows(3, 0).creates("a@x.nl").creates("b@x.nl", answer=429).creates("b@x.nl", answer=400)
    ),
    "L4 a throttled delete deletes": lambda s: (
        s.shows(3, 0).creates("a@x.nl").deletes("a@x.nl", answer=429).deletes("a@x.nl", answer=404)
    ),
    "L4 a refused order is listed": lambda s: s.shows(1, 1).lists().fewer(1, answer=412).lists(order("a", FEWER, 1)),
    "L5 a subscriber out of nothing": lambda s: s.shows(1, 1).creates("a@x.nl"),
    "L5 the last product is refused": lambda s: s.shows(2, 0).creates("a@x.nl").creates("b@x.nl", answer=412),
    "L6 a decrement below use": lambda s: s.shows(3, 2).fewer(2),
    "L6 exactly what is available is refused": lambda s: s.shows(3, 1).fewer(2, answer=412),
    "L6 a decrement that ends rejected": lambda s: (
        s.shows(3, 1).lists().fewer(2, "a", stage=OPEN, answer=202).lists(order("a", FEWER, 2, NOT_DONE))
    ),
    "L6 a decrement below use is fulfilled later": lambda s: (
        s.shows(3, 2).lists().fewer(2, "a", stage=OPEN, answer=202).lists(order("a", FEWER, 2))
    ),
    "L7 beyond the limit": lambda s: s.shows(4, 0).more(7),
    "L7 exactly to the limit is refused": lambda s: s.shows(4, 0).more(6, answer=412),
    "L7 beyond the limit, later": lambda s: (
        s.shows(4, 0).lists().more(7, "a", stage=OPEN, answer=202).lists(order("a", MORE, 7))
    ),
    "L8 no number": lambda s: numberless(s),
    "L8 a number twice": lambda s: s.more(1, "a").more(2, "a"),
    "L8 an order is forgotten": lambda s: s.lists().more(1, "a").more(1, "b").waits(6).lists(order("b", MORE, 1)),
    "L8 an order cannot be read": lambda s: s.more(1, "a").waits(6).finds("a", answer=404),
    "L8 an order changes": lambda s: s.more(1, "a").lists(order("a", MORE, 2)),
    "L8 another order is shown": lambda s: s.more(1, "a").more(1, "b").finds("a", order("b", MORE, 1)),
    "L8 the whole list for one": lambda s: (
        s.more(1, "a").more(1, "b").finds("a", order("a", MORE, 1), order("b", MORE, 1))
    ),
    "L8 a final status moves": lambda s: s.more(1, "a").waits(6).lists(order("a", MORE, 1, OPEN)),
    "L8 fulfilled becomes rejected": lambda s: s.more(1, "a").lists(order("a", MORE, 1, NOT_DONE)),
    "L8 an order out of nothing": lambda s: s.lists().lists(order("x", MORE, 1)),
    "L9 one identity for two": lambda s: s.shows(3, 0).creates(given="a@x.nl").creates(given="a@x.nl"),
    "L9 a taken identity is accepted": lambda s: s.shows(3, 0).creates("a@x.nl").creates("a@x.nl"),
    "L9 the same subscriber again takes a product": lambda s: (
        s.shows(3, 0).creates("a@x.nl").shows(3, 1).creates("a@x.nl", answer=200).shows(3, 2)
    ),
    "L9 one password for two": lambda s: s.creates("a@x.nl", password="1").creates("b@x.nl", password="1"),
    "L9 one password for two lives": lambda s: (
        s.creates("a@x.nl", password="1").deletes("a@x.nl").creates("a@x.nl", password="1")
    ),
    "L9 another identity than the one asked for": lambda s: s.creates("a@x.nl").creates("bbb@x.nl", given="bb@x.nl"),
    "L10 a repeat frees another": lambda s: (
        s.shows(3, 2).creates("a@x.nl").deletes("a@x.nl").shows(3, 2).deletes("a@x.nl").shows(3, 1)
    ),
    "L10 nobody's delete frees one": lambda s: s.shows(3, 2).deletes("nobody@x.nl", answer=404).shows(3, 1),
    "L10 a live one cannot be deleted": lambda s: s.shows(3, 0).creates("a@x.nl").deletes("a@x.nl", answer=404),
    "L10 a delete frees two": lambda s: s.shows(3, 1).creates("a@x.nl").shows(3, 2).deletes("a@x.nl").shows(3, 0),
    "L10 a delete frees nothing": lambda s: (
        s.shows(3, 0).creates("a@x.nl").shows(3, 1).deletes("a@x.nl").shows(3, 1).waits(6).shows(3, 1)
    ),
    "L11 another's create consumes ours": lambda s: s.shows(3, 0).elsewhere(CreateSubscriber("b@x.nl")).shows(3, 1),
    "L11 another deletes ours": lambda s: (
        s.shows(3, 0)
        .creates("a@x.nl")
        .shows(3, 1)
        .elsewhere(DeleteSubscriber("a@x.nl"), answer=200)
        .shows(3, 0)
        .waits(6)
        .shows(3, 0)
    ),
    "L11 another's order is listed": lambda s: s.lists().other_orders(1, "b").lists(order("b", MORE, 1)),
    "L11 another's order is read": lambda s: s.lists().other_orders(1, "b").finds("b", order("b", MORE, 1)),
    "L11 another account's password": lambda s: s.elsewhere(
        CreateSubscriber("a@x.nl"), subscriber=SubscriberView("a@x.nl", "1")
    ).creates("a@x.nl", password="1"),
    "L12 a lost create left its identity taken": lambda s: (
        s.shows(3, 0).creates("b@x.nl").creates("a@x.nl", answer=503).shows(3, 1).creates("a@x.nl", answer=400)
    ),
    "L12 a lost create happened twice": lambda s: s.shows(3, 0).creates("a@x.nl", answer="cut").shows(3, 2),
    "L12 a lost order happened by half": lambda s: s.shows(3, 0).more(2, answer=503).shows(4, 0),
    "L12 a lost order counts and is not listed": lambda s: (
        s.lists().shows(3, 0).more(2, answer=503).shows(5, 0).lists()
    ),
    "L12 of two lost orders that are alike both count and one is listed": lambda s: (
        s.lists()
        .shows(4, 0)
        .fewer(2, answer=503)
        .shows(2, 0)
        .fewer(2, answer="cut")
        .shows(0, 0)
        .lists(order("x", FEWER, 2))
    ),
    "L13 reading consumes": lambda s: s.shows(3, 0).lists().shows(3, 1),
    "L1 a method of a path to read changes what it shows": lambda s: (
        s.shows(2, 0).calls("PUT", "/inventory", answer=200).shows(3, 0)
    ),
    "L4 a refused order is entered as rejected": lambda s: (
        s.shows(2, 1).lists().fewer(2, answer=412).lists(order("refused", FEWER, 2, NOT_DONE))
    ),
    "L4 another method is refused and acts": lambda s: s.shows(2, 0).calls("PUT").shows(3, 0),
    "L13 HEAD consumes": lambda s: s.shows(3, 0).calls("HEAD", answer=200).shows(3, 1),
    "R2 newest first": lambda s: s.more(1, "a").more(2, "b").lists(order("b", MORE, 2), order("a", MORE, 1)),
}


def numberless(story: Story) -> Story:
    """An order is accepted and its answer shows no number."""
    return story._tell(PlaceOrder(MORE, 1), Reply(Outcome.DONE, 201, unreadable="it names no order number"))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_accuses_nobody(name: str) -> None:
    story = GOOD[name](Story(limit=10))
    assert not story.said
    assert name.split()[0] in story.held


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_names_its_law_first(name: str) -> None:
    story = BAD[name](Story(limit=10))
    assert story.named[:1] == [name.split()[0]], story.said


def test_numbers_that_cannot_be_name_what_made_them_where_that_is_plain() -> None:
    story = Story().shows(1, 0).deletes("nobody@x.nl").shows(1, -1)
    assert story.said[0].requirements == ("L3", "L10")
    story = Story().shows(1, 0).shows(1, -1)
    assert story.said[0].requirements == ("L3",)


@pytest.mark.parametrize(("taken", "expected"), [(("order",), []), (("order", "list", "look", "create"), ["R4"])])
def test_a_walk_fails_at_a_step_that_was_taken(taken: tuple[str, ...], expected: list[str]) -> None:
    """Where playing stopped before a step, nobody knows whether it could have been taken."""
    placed = order("a", MORE, 1)
    steps = {
        "order": (PlaceOrder(MORE, 1), Reply(Outcome.DONE, 201, order=placed)),
        "list": (ReadOrders(None), Reply(Outcome.DONE, 200, orders=(placed,))),
        "look": (ReadInventory(), Reply(Outcome.DONE, 200)),
        "create": (CreateSubscriber(None), Reply(Outcome.REFUSED, 412)),
    }
    story = Story()
    checks = list(walked([story._event(*steps[name], 200) for name in taken]))
    assert [check.requirement for check in checks] == expected


@pytest.mark.parametrize(("last", "said"), [(Outcome.DONE, [Held]), (Outcome.REFUSED, [])])
def test_a_walk_with_a_step_made_again_is_walked_or_says_nothing(last: Outcome, said: list[type]) -> None:
    up, down = order("a", MORE, 1), order("b", FEWER, 1)
    story = Story()
    steps = [
        (PlaceOrder(MORE, 1), Reply(Outcome.DONE, 201, order=up)),
        (ReadOrders(None), Reply(Outcome.UNCLEAR, 503)),
        (ReadOrders(None), Reply(Outcome.DONE, 200, orders=(up,))),
        (ReadInventory(), Reply(Outcome.DONE, 200)),
        (CreateSubscriber(None), Reply(Outcome.DONE, 201)),
        (DeleteSubscriber("a@x.nl"), Reply(Outcome.DONE, 200)),
        (PlaceOrder(FEWER, 1), Reply(last, 201, order=down)),
    ]
    assert [type(check) for check in walked([story._event(*step, 200) for step in steps])] == said


@pytest.mark.parametrize(
    ("creates", "lacks"),
    [([(None, 400), ("a@x.nl", 400)], True), ([(None, 400)], False), ([(None, 400), ("a@x.nl", 412)], False)],
)
def test_a_walk_may_lack_an_identity_that_the_target_takes(creates: list[tuple[str | None, int]], lacks: bool) -> None:
    story = Story()
    calls = [(CreateSubscriber(name), Reply(Outcome.REFUSED, status)) for name, status in creates]
    assert lacks_an_identity([story._event(*call, 200) for call in calls]) is lacks


@pytest.mark.parametrize(("total", "used", "laws"), [(4, 1, ("L1",)), (3, 2, ("L2",)), (2, 0, ("L1", "L2"))])
def test_what_changes_by_itself_breaks_the_law_of_what_moved_too(total: int, used: int, laws: tuple[str, ...]) -> None:
    said = Story().shows(3, 1).shows(total, used).waits(6).shows(total, used).said
    assert [(finding.requirement, finding.also) for finding in said[:1]] == [("L13", laws)]


@pytest.mark.parametrize(("answer", "used", "laws"), [(200, 0, ("L11",)), (404, 0, ("L11", "L4")), (404, 2, ("L11",))])
def test_a_refusal_that_acts_on_another_account_breaks_its_own_law_too(
    answer: int, used: int, laws: tuple[str, ...]
) -> None:
    story = Story().shows(3, 0).creates("a@x.nl").shows(3, 1)
    story = story.elsewhere(DeleteSubscriber("a@x.nl"), answer=answer).shows(3, used).waits(6).shows(3, used)
    assert [finding.requirements for finding in story.said[:1]] == [laws]


@pytest.mark.parametrize("name", BAD)
def test_evidence_is_in_order_and_ends_with_the_call_that_shows_it(name: str) -> None:
    story = BAD[name](Story(limit=10))
    evidence = story.said[0].evidence
    assert list(evidence) == sorted(set(evidence))
    assert all(1 <= seq <= story.seq for seq in evidence)


@pytest.mark.parametrize("name", BAD)
def test_titles_are_the_same_whatever_the_numbers(name: str) -> None:
    """A title holds no digits and no identities, so that the same fault has the same id in every run."""
    story = BAD[name](Story(limit=10))
    for finding in story.said:
        assert not any(character.isdigit() for character in finding.title)
        assert "@" not in finding.title


def test_who_is_never_served_is_refused_for_who_it_is() -> None:
    assert Story().finds("nobody's", answer=403).said == []
    assert Story().shows(0, 0).finds("nobody's", answer=403).verdicts == [Verdict.WARN]


def test_a_call_that_nobody_was_entitled_to_proves_no_isolation() -> None:
    assert "L11" not in Story().shows(1, 0).elsewhere(DeleteSubscriber("a@b"), answer=403).shows(1, 0).held
    assert "L11" in Story().shows(1, 0).elsewhere(DeleteSubscriber("a@b"), answer=404).shows(1, 0).held
