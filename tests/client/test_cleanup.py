"""After a run the account is as it was met; where it cannot be, what is left is named, and no loop is endless."""

from __future__ import annotations

from typing import Any

import pytest
from client_line import MARK, Line, MakeLine
from little_target import Holding, LittleTarget, Reply

from kandykit.calls import OrderKind
from kandykit.cleanup import restore
from kandykit.errors import Refused
from kandykit.journal import read_journal
from kandykit.ledger import Ledger
from kandykit.profile import Budget, Readings

MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT
LOST = Reply(hang=True)


def acted(true: Reply) -> Reply:
    """The target did what was asked, but its answer was lost."""
    del true
    return LOST


def unavailable(true: Reply) -> Reply:
    """The target did what was asked, and answered 503."""
    del true
    return Reply(503, {})


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """An account that holds ten products and two subscribers of others before the run begins."""
    target = LittleTarget()
    target.holdings["acme"] = Holding(10, {"theirs-1@example.com": "x", "theirs-2@example.com": "y"})
    line = make_line(target)
    line.send(line.binding.read_inventory())
    return line


def order(line: Line, kind: OrderKind, quantity: int) -> None:
    line.send(line.binding.place_order(kind, quantity))


def create(line: Line, identity: str | None = None) -> None:
    line.send(line.binding.create_subscriber(identity))


def own(number: int) -> str:
    return f"kk-{MARK}-{number}@example.com"


def clean(line: Line, **terms: Any) -> list[str]:
    return restore(line.client, line.ledger, line.binding, clock=line.clock, sleep=line.clock.sleep, **terms)


def is_as_before(line: Line) -> bool:
    holding = line.target.holdings["acme"]
    return holding.total == 10 and set(holding.subscribers) == {"theirs-1@example.com", "theirs-2@example.com"}


def test_what_a_run_made_is_removed(line: Line) -> None:
    order(line, MORE, 5)
    for identity in (None, own(1), None):
        create(line, identity)
    order(line, FEWER, 1)
    assert clean(line) == []
    assert is_as_before(line)


def test_an_untouched_account_gets_no_call(line: Line) -> None:
    before = len(line.target.seen)
    assert clean(line) == []
    assert len(line.target.seen) == before


def test_every_account_is_cleaned(line: Line) -> None:
    for account in line.client.accounts:
        line.send(line.binding.read_inventory(), account=account)
        line.send(line.binding.place_order(MORE, 2), account=account)
        line.send(line.binding.create_subscriber(), account=account)
    assert clean(line) == []
    assert is_as_before(line)
    assert line.target.holdings["other"] == Holding(0, {}, line.target.holdings["other"].orders)


@pytest.mark.parametrize("how", [acted, unavailable, LOST, Reply(503, {})])
@pytest.mark.parametrize("what", ["order", "create", "delete"])
def test_calls_whose_answer_was_lost_are_cleaned_up_too(line: Line, how: Any, what: str) -> None:
    order(line, MORE, 5)
    create(line, own(1))
    if what == "order":
        line.target.instead.append(how)
        order(line, MORE, 3)
    elif what == "create":
        line.target.instead.append(how)
        create(line, own(2))
    else:
        line.target.instead.append(how)
        line.send(line.binding.delete_subscriber(own(1)))
    assert clean(line) == []
    assert is_as_before(line)


@pytest.mark.parametrize("how", [acted, unavailable, LOST])
def test_answers_lost_while_cleaning_up_change_nothing(line: Line, how: Any) -> None:
    order(line, MORE, 5)
    create(line, own(1))
    create(line)
    line.target.instead.extend([how, None, how, None, how, None, how])
    assert clean(line) == []
    assert is_as_before(line)


def test_a_subscriber_whose_identity_was_lost_is_named_not_guessed(line: Line) -> None:
    order(line, MORE, 5)
    line.target.instead.append(acted)
    create(line)
    assert clean(line) == [
        "account-1: a subscriber may be left whose identity the target never told (created by call 4;"
        " 3 in use, 2 at the start)."
    ]


def test_a_lost_subscriber_that_never_was_is_not_named(line: Line) -> None:
    order(line, MORE, 5)
    line.target.instead.append(LOST)
    create(line)
    assert clean(line) == []
    assert is_as_before(line)


def test_pending_orders_are_waited_for(line: Line) -> None:
    line.target.pending = True
    order(line, MORE, 5)

    def now(_: Reply) -> Reply:
        line.target.fulfil()
        line.target.pending = False
        return line.target.answer("GET", "/communication/kandy/provisioning/order", line.target.seen[-1][2], b"")

    line.target.instead.extend([None, None, now])
    assert clean(line) == []
    assert is_as_before(line)


def test_an_order_that_stays_pending_is_named_in_time(line: Line) -> None:
    line.target.pending = True
    order(line, MORE, 5)
    started = line.clock.now
    assert clean(line, fulfilment_s=8.0) == ["account-1: order order-2 (increment by 5) is still pending."]
    assert line.clock.now - started < 15


def test_haste_is_punished_and_waited_out(line: Line) -> None:
    order(line, MORE, 5)
    create(line)
    wait = Reply(429, {}, (("retry-after", "2"),))
    line.target.instead.extend([wait, wait, None, wait])
    assert clean(line) == []
    assert is_as_before(line)
    assert line.clock.slept.count(2.0) == 3


def test_a_wait_beyond_all_patience_is_not_waited(line: Line) -> None:
    order(line, MORE, 5)
    line.target.instead.append(Reply(429, {}, (("retry-after", "86400"),)))
    residue = clean(line)
    assert residue[0] == "account-1: cleaning up ended early: the target asks to wait 86400 s."
    assert sum(line.clock.slept) < 10


def test_products_in_use_are_given_back_as_far_as_they_are_free(line: Line) -> None:
    order(line, MORE, 5)
    line.target.holdings["acme"].subscribers |= {f"new-{n}@example.com": "z" for n in range(10)}
    residue = clean(line)
    assert residue == ["account-1: total is 12, 2 above the 10 it was at the start."]


def test_products_that_a_faulty_target_took_from_others_are_ordered_again(line: Line) -> None:
    order(line, MORE, 1)
    line.send(line.binding.read_inventory())
    # Nine are free and eight of them not ours: a probe, which this target should refuse.
    line.target.instead.append(lambda true: Reply(201, {**sold(line), "order_number": "n", "quantity": 12}))
    order(line, FEWER, 12)
    assert line.target.holdings["acme"].total == -1
    assert clean(line) == []
    assert is_as_before(line)


def sold(line: Line) -> dict[str, Any]:
    line.target.holdings["acme"].total -= 12
    return {"order_type": "decrement", "product_name": "KPN-VoiceVideo-C", "status": "fulfilled"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_a_target_that_answers_everything_alike_ends_the_cleaning(line: Line, status: int) -> None:
    order(line, MORE, 5)
    for number in range(3):
        create(line, own(number))
    before = len(line.target.seen)
    line.target.instead.extend([Reply(status, {})] * 1000)
    residue = clean(line)
    assert residue
    assert len(line.target.seen) - before < 60
    assert sum(line.clock.slept) < 60


def test_a_target_that_is_gone_ends_the_cleaning(line: Line) -> None:
    order(line, MORE, 5)
    create(line, own(1))
    create(line, own(2))
    line.target.instead.extend([LOST] * 1000)
    before = len(line.target.seen)
    residue = clean(line)
    assert residue == [
        "account-1: cleaning up ended early: 3 calls in a row got no answer (timeout).",
        f"account-1: subscriber {own(1)} may still be live.",
        f"account-1: subscriber {own(2)} is still live.",
    ] or residue[0].startswith("account-1: cleaning up ended early: 3 calls in a row")
    assert len(line.target.seen) - before == 3


def test_ctrl_c_while_cleaning_names_what_is_left(line: Line) -> None:
    order(line, MORE, 5)
    create(line, own(1))

    def interrupt(_: Reply) -> Reply:
        raise KeyboardInterrupt

    line.target.instead.append(interrupt)
    residue = clean(line)
    assert residue[0] == "account-1: cleaning up was interrupted."
    assert f"subscriber {own(1)} may still be live" in residue[1]


def test_who_is_asked_to_end_while_cleaning_may_go_on(line: Line) -> None:
    order(line, MORE, 5)
    create(line, own(1))
    create(line, own(2))
    asked: list[str] = []

    def interrupt(_: Reply) -> Reply:
        raise KeyboardInterrupt

    def once() -> bool:
        asked.append("to end")
        return len(asked) == 1

    line.target.instead.append(interrupt)
    assert clean(line, goes_on=once) == []
    assert asked == ["to end"]
    create(line, own(3))
    line.target.instead.extend([interrupt, interrupt])
    asked.clear()
    assert "account-1: cleaning up was interrupted." in clean(line, goes_on=once)


def test_a_delete_that_does_not_work_is_named_with_its_answer(line: Line) -> None:
    order(line, MORE, 5)
    create(line, own(1))
    line.target.instead.append(Reply(400, {}))
    assert clean(line) == [f"account-1: subscriber {own(1)} is still live; its deletion was answered 400."]


def test_an_undo_that_is_refused_is_tried_twice(line: Line) -> None:
    order(line, MORE, 5)
    no = Reply(412, {})
    line.target.instead.extend([None, no, None, no])
    residue = clean(line)
    assert residue == ["account-1: total is 15, 5 above the 10 it was at the start; ordering back was answered 412."]


def test_a_shared_account_is_put_back_by_our_own_orders_only(make_line: MakeLine) -> None:
    target = LittleTarget()
    line = make_line(target, readings=Readings(shared_account=True))
    line.send(line.binding.read_inventory())
    order(line, MORE, 5)
    target.holdings["acme"].total += 100
    assert clean(line) == []
    assert target.holdings["acme"].total == 100


def test_an_order_without_an_answer_on_a_shared_account_is_named_and_not_given_back(make_line: MakeLine) -> None:
    """It could be theirs as well as ours: nobody loses a product for it, and nobody is told that all is clean."""
    target = LittleTarget()
    line = make_line(target, readings=Readings(shared_account=True))
    line.send(line.binding.read_inventory())
    target.instead.append(unavailable)
    order(line, MORE, 5)
    line.send(line.binding.read_inventory())
    residue = clean(line)
    assert len(residue) == 1
    assert "what was ordered by call 3 may be left" in residue[0]
    assert target.holdings["acme"].total == 5


def test_an_order_that_was_never_carried_out_on_a_shared_account_is_not_named(make_line: MakeLine) -> None:
    target = LittleTarget()
    line = make_line(target, readings=Readings(shared_account=True))
    line.send(line.binding.read_inventory())
    target.instead.append(Reply(503, {}))
    order(line, MORE, 5)
    target.holdings["acme"].total += 100
    line.send(line.binding.read_inventory())
    assert clean(line) == []


def test_what_a_decrement_that_never_was_held_back_on_a_shared_account_goes_back(make_line: MakeLine) -> None:
    """While it could have been carried out its products were not certain to be ours; the list says that it was not."""
    target = LittleTarget()
    line = make_line(target, readings=Readings(shared_account=True))
    line.send(line.binding.read_inventory())
    order(line, MORE, 5)
    target.instead.append(Reply(503, {}))
    order(line, FEWER, 2)
    line.send(line.binding.read_inventory())
    assert clean(line) == []
    assert target.holdings["acme"].total == 0


@pytest.mark.parametrize(("theirs", "left"), [(0, 0), (1, 1)])
def test_a_lost_create_on_a_shared_account_left_nobody_where_nobody_is(
    make_line: MakeLine, theirs: int, left: int
) -> None:
    target = LittleTarget()
    target.holdings["acme"] = Holding(10, {f"theirs-{number}@example.com": "x" for number in range(theirs)})
    line = make_line(target, readings=Readings(shared_account=True))
    line.send(line.binding.read_inventory())
    order(line, MORE, 2)
    target.instead.append(Reply(503, {}))
    create(line)
    line.send(line.binding.read_inventory())
    assert len(clean(line)) == left


def test_foreign_products_of_an_account_thought_to_be_ours_stay(line: Line) -> None:
    order(line, MORE, 5)
    line.target.holdings["acme"].total += 100
    assert clean(line) == ["account-1: total is 110, 100 above the 10 it was at the start."]


def test_giving_back_waits_where_a_read_that_lags_leaves_no_room(make_line: MakeLine) -> None:
    """The first part counts at its worst until a read may show it, and that is no reason to leave the rest."""
    line = make_line(budget=Budget(calls=1000, calls_per_second=1e9, peak_products=6, unbounded_probes=False))
    line.ledger.settle_s = 0.5
    line.send(line.binding.read_inventory())
    order(line, MORE, 4)
    line.clock.sleep(1.0)
    line.send(line.binding.read_inventory())
    assert line.guard.may_give_back("account-1") == 2
    assert clean(line) == []
    assert line.target.holdings["acme"].total == 0


def test_what_did_not_fit_the_budget_goes_back_when_the_other_account_is_clean(
    make_line: MakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = make_line()
    for name in ("account-1", "account-2"):
        line.send(line.binding.read_inventory(), account=name)
        line.send(line.binding.place_order(MORE, 5), account=name)
    others = line.target.holdings["other"]
    monkeypatch.setattr(line.guard, "may_give_back", lambda name: 0 if name == "account-1" and others.total else 9)
    assert clean(line) == []
    assert (line.target.holdings["acme"].total, others.total) == (0, 0)


def test_a_used_up_budget_still_leaves_calls_for_cleaning_up(make_line: MakeLine) -> None:
    target = LittleTarget()
    budget = Budget(calls=40, calls_per_second=1e9, unbounded_probes=True)
    line = make_line(target, budget=budget)
    line.send(line.binding.read_inventory())
    order(line, MORE, 5)
    for _ in range(5):
        create(line)
    while line.guard.calls < 40 - line.ledger.calls_to_clean_up:
        line.send(line.binding.read_inventory())
    with pytest.raises(Refused, match="kept back"):
        line.send(line.binding.read_inventory())
    assert clean(line) == []
    assert target.holdings["acme"].total == 0
    assert target.holdings["acme"].subscribers == {}
    assert len(target.seen) <= 40


def test_another_process_can_clean_up_from_the_journal(line: Line, make_line: MakeLine) -> None:
    order(line, MORE, 5)
    create(line)
    line.target.instead.append(acted)
    order(line, MORE, 2)
    line.target.instead.append(acted)
    create(line, own(1))
    later = make_line(line.target)

    def read(exchange: Any) -> Any:
        request = exchange.request
        call = later.binding.call_of(request.method, request.url, request.headers, request.body)
        return call, later.binding.reply_of(call, exchange.answer, exchange.failure)

    later.ledger.replay(read_journal(line.journal.path).exchanges, read)
    assert clean(later) == []
    assert is_as_before(later)


def test_an_empty_ledger_has_nothing_to_clean(line: Line) -> None:
    order(line, MORE, 5)
    assert restore(line.client, Ledger(), line.binding) == []
