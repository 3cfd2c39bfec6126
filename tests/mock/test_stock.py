"""Orders, inventory and subscribers of the correct mock."""

import asyncio
import re
from collections.abc import Callable

import httpx

from kandykit.mock.bending import bend
from tests.mock.board import Switchboard
from tests.mock.caller import BASE, PRODUCT, Caller, ManualClock

Start = Callable[..., Caller]


def test_an_increment_is_fulfilled_at_once_and_can_be_read_at_its_location(caller: Caller) -> None:
    placed = caller.up(3)
    order = placed.json()
    assert placed.status_code == 201
    assert set(order) == {"order_number", "order_type", "product_name", "quantity", "status", "created_at"}
    assert order["status"] == "fulfilled"
    assert order["created_at"].endswith("Z")
    location = placed.headers["location"]
    assert location.startswith(BASE + "/order?order_number=")
    assert caller.call("GET", location.removeprefix(BASE)).json() == {"orders": [order]}
    assert caller.stock() == (3, 0, 3)


def test_the_ledger_is_oldest_first_and_keeps_every_order(caller: Caller) -> None:
    placed = [caller.up(n).json() for n in (3, 1, 2)] + [caller.down(2).json()]
    assert caller.orders() == placed
    assert len({order["order_number"] for order in placed}) == 4
    assert caller.stock() == (4, 0, 4)


def test_a_decrement_may_take_exactly_what_is_available_and_not_one_more(caller: Caller) -> None:
    caller.up(3)
    caller.new()
    before = caller.orders()
    assert caller.down(3).status_code == 412
    assert caller.orders() == before
    assert caller.down(2).status_code == 201
    assert caller.stock() == (1, 1, 0)


def test_an_increment_may_reach_the_limit_exactly_and_not_pass_it(start: Start) -> None:
    caller = start(limit=5)
    assert caller.up(6).status_code == 412
    assert caller.up(4).status_code == 201
    assert caller.up(2).status_code == 412
    assert caller.up(1).status_code == 201
    assert caller.up(1).status_code == 412
    assert caller.stock() == (5, 0, 5)
    assert len(caller.orders()) == 2


def test_a_subscriber_uses_one_product_and_returns_it(caller: Caller) -> None:
    caller.up(2)
    created = caller.create()
    assert created.status_code == 201
    assert set(created.json()) == {"identity", "password", "product_name", "created_at"}
    assert re.fullmatch(r"[^@]+@[^@.]+(\.[^@.]+)+", created.json()["identity"])
    assert caller.stock() == (2, 1, 1)
    deleted = caller.delete(created.json()["identity"])
    assert deleted.status_code == 200
    assert deleted.json() == {"identity": created.json()["identity"], "product_name": PRODUCT}
    assert caller.stock() == (2, 0, 2)
    assert caller.delete(created.json()["identity"]).status_code == 404
    assert caller.stock() == (2, 0, 2)


def test_without_stock_there_is_no_subscriber(caller: Caller) -> None:
    assert caller.create().status_code == 412
    caller.up(1)
    caller.new()
    assert caller.create().status_code == 412
    assert caller.stock() == (1, 1, 0)


def test_identities_and_passwords_differ(caller: Caller) -> None:
    caller.up(20)
    made = [caller.create().json() for _ in range(20)]
    assert len({one["identity"] for one in made}) == len({one["password"] for one in made}) == 20


def test_a_chosen_identity_is_kept_is_refused_while_taken_and_free_again_after_deletion(caller: Caller) -> None:
    caller.up(3)
    assert caller.new("ann.o+1@shop.example.org") == "ann.o+1@shop.example.org"
    assert caller.create("ann.o+1@shop.example.org").status_code == 400
    assert caller.create("Ann.o+1@shop.example.org").status_code == 201
    assert caller.delete("ann.o+1@shop.example.org").status_code == 200
    assert caller.create("ann.o+1@shop.example.org").status_code == 201
    assert caller.stock() == (3, 2, 1)


def test_accounts_share_nothing(caller: Caller) -> None:
    other = caller.as_client("globex")
    caller.up(2)
    caller.new("ann@shop.example.org")
    number = caller.orders()[0]["order_number"]
    assert other.stock() == (0, 0, 0)
    assert other.orders() == []
    assert other.read(number).status_code == 404
    assert other.delete("ann@shop.example.org").status_code == 404
    other.up(1)
    assert other.new("ann@shop.example.org") == "ann@shop.example.org"
    assert other.orders()[0]["order_number"] != number
    assert caller.stock() == (2, 1, 1)


def test_others_may_have_been_on_the_account_before(start: Start) -> None:
    caller = start(initial_total=7, initial_subscribers=3)
    assert caller.stock() == (7, 3, 4)
    assert caller.orders() == []
    assert caller.as_client("globex").stock() == (0, 0, 0)
    assert caller.down(5).status_code == 412
    assert caller.down(4).status_code == 201


def test_an_asynchronous_order_is_pending_until_its_time(start: Start, clock: ManualClock) -> None:
    caller = start(fulfil_after=5.0)
    placed = caller.up(2)
    assert placed.status_code == 202
    assert placed.json()["status"] == "pending"
    clock.advance(4.9)
    assert caller.stock() == (0, 0, 0)
    clock.advance(0.1)
    assert caller.orders() == [placed.json() | {"status": "fulfilled"}]
    assert caller.stock() == (2, 0, 2)


def test_a_pending_order_that_no_longer_fits_is_rejected(start: Start, clock: ManualClock) -> None:
    caller = start(fulfil_after=5.0, limit=2)
    caller.up(2)
    clock.advance(5)
    caller.new()
    first, second = caller.down(1), caller.down(1)
    assert (first.status_code, second.status_code) == (202, 202)
    clock.advance(5)
    assert [order["status"] for order in caller.orders()] == ["fulfilled", "fulfilled", "rejected"]
    assert caller.stock() == (1, 1, 0)
    caller.up(1)
    caller.up(1)
    clock.advance(5)
    assert [order["status"] for order in caller.orders()[3:]] == ["fulfilled", "rejected"]
    assert caller.stock() == (2, 1, 1)


def test_nothing_happens_between_check_and_act_unless_the_gap_is_opened(
    start: Start, origin: str, switchboard: Switchboard
) -> None:
    async def two_for_one(caller: Caller) -> list[int]:
        body, headers = {"product_name": PRODUCT}, {"authorization": f"Bearer {caller.token}"}
        async with httpx.AsyncClient(base_url=origin, headers=headers) as http:
            answers = await asyncio.gather(*(http.post(BASE + "/subscriber", json=body) for _ in range(2)))
        return sorted(answer.status_code for answer in answers)

    async def wait(where: str) -> None:
        waiting.append(where)
        while len(waiting) < 2:
            await asyncio.sleep(0.001)

    waiting: list[str] = []
    for opened, expected in ((False, [201, 412]), (True, [201, 201])):
        caller = start()
        caller.up(1)
        if opened:
            bend(switchboard.mock.operations, "pause", lambda _: wait)
        assert asyncio.run(two_for_one(caller)) == expected
    assert waiting == ["create_subscriber"] * 2


def test_reading_changes_nothing(caller: Caller) -> None:
    caller.up(2)
    caller.new()
    for _ in range(2):
        for path in ("/order", "/inventory", "/order?order_number=none", "/order?quantity=5"):
            caller.call("GET", path)
            caller.call("HEAD", path)
    assert caller.stock() == (2, 1, 1)
    assert len(caller.orders()) == 1
