"""Stories of unusual orders."""

import re

from tests.mock.caller import BASE, Caller
from tests.mock.stories import Story, played, told

LIMIT = {"limit": 12}


def number_read_back(caller: Caller) -> tuple[bool, int]:
    """Whether an order number is plain, and whether the order is found at its Location."""
    placed = caller.up(1)
    number = placed.json()["order_number"]
    found = caller.call("GET", placed.headers["location"].removeprefix(BASE))
    assert found.json()["orders"] == [placed.json()] == caller.read(number).json()["orders"]
    return bool(re.fullmatch(r"KO\d+", number)), len(number)


def dates(caller: Caller) -> list[str]:
    made = [caller.up(1).json()["created_at"], caller.orders()[0]["created_at"], caller.create().json()["created_at"]]
    return [date[19:] for date in made]


def location(caller: Caller) -> str:
    placed = caller.up(1)
    number: str = placed.json()["order_number"]
    place: str = placed.headers.get("location", "none")
    return place.replace(number, "N")


def ledger_length(caller: Caller) -> tuple[int, tuple[int, int, int]]:
    return len(caller.orders()), caller.stock()


STORIES: dict[str, Story] = {
    "orders-take-a-moment": played("up:2 stock wait:0.4 list stock", "201f 2/0/2 +2f 2/0/2", "202p 0/0/0 +2f 2/0/2"),
    "orders-take-two-seconds": played(
        "up:2 stock wait:1.9 stock wait:0.2 list stock",
        "201f 2/0/2 2/0/2 +2f 2/0/2",
        "202p 0/0/0 0/0/0 +2f 2/0/2",
    ),
    "only-decrements-take-a-moment": played(
        "up:3 down:1 stock wait:0.4 stock list", "201f 201f 2/0/2 2/0/2 +3f,-1f", "201f 202p 3/0/3 2/0/2 +3f,-1f"
    ),
    "large-orders-take-a-moment": played(
        "up:3 up:2 stock wait:0.4 stock", "201f 201f 5/0/5 5/0/5", "202p 201f 2/0/2 5/0/5"
    ),
    "decrement-below-use-ends-rejected": played(
        "up:1 wait:1 down:2 list wait:1 list stock", "201f 412 +1f +1f 1/0/1", "202p 202p +1f,-2p +1f,-2r 1/0/1"
    ),
    "decrement-below-use-rejected-at-once": played(
        "up:1 down:2 list down:1 stock", "201f 412 +1f 201f 0/0/0", "201f 201r +1f,-2r 201f 0/0/0"
    ),
    "increment-beyond-the-limit-rejected-at-once": played(
        "up:9 up:4 list stock", "201f 412 +9f 9/0/9", "201f 201r +9f,+4r 9/0/9", **LIMIT
    ),
    "increment-beyond-the-limit-stays-pending": played(
        "up:9 up:4 wait:60 list down:10 down:2 up:4 stock",
        "201f 412 +9f 412 201f 201f 11/0/11",
        "201f 202p +9f,+4p 412 201f 201f 11/0/11",
        **LIMIT,
    ),
    "small-limit": played("up:13 up:12 stock", "201f 201f 25/0/25", "412 201f 12/0/12"),
    "the-other-account-has-a-smaller-limit": played("up:4 gx.up:4 gx.up:3", "201f 201f 201f", "201f 412 201f"),
    "tiny-limit": played("up:3 up:2 up:1 stock", "201f 201f 201f 6/0/6", "412 201f 412 2/0/2"),
    "small-limit-not-declared": played("up:7 up:6 stock", "201f 201f 13/0/13", "412 201f 6/0/6"),
    "pending-orders-count-toward-the-limit": played(
        "up:8 up:5 up:4 wait:1 list stock",
        "202p 202p 202p +8f,+5r,+4f 12/0/12",
        "202p 412 202p +8f,+4f 12/0/12",
        limit=12,
        fulfil_after=0.3,
    ),
    "order-without-location": told(location, f"{BASE}/order?order_number=N", "none"),
    "order-answered-200": played("up:2 stock", "201f 2/0/2", "200f 2/0/2"),
    "order-answered-202-when-done": played("up:2 stock", "201f 2/0/2", "202f 2/0/2"),
    "relative-location": told(location, f"{BASE}/order?order_number=N", "order?order_number=N"),
    "order-numbers-with-signs": told(number_read_back, (True, 8), (False, 22)),
    "order-numbers-are-long": told(number_read_back, (True, 8), (False, 40)),
    "dates-with-offset-and-nanoseconds": told(dates, [".000Z"] * 3, [".000456789+00:00"] * 3),
    "products-and-subscribers-of-others": played("stock down:5 down:4", "0/0/0 412 412", "7/3/4 412 201f"),
    "a-long-past": told(ledger_length, (0, (0, 0, 0)), (60, (4, 0, 4))),
    "an-old-order-is-still-pending": played("list stock wait:60 list", "- 0/0/0 -", "+3p 4/0/4 +3p"),
    "full-account": played("stock up:1 new", "0/0/0 201f 201", "5/5/0 412 412"),
    "full-account-that-rejects": played("stock up:1 list new", "0/0/0 201f +1f 201", "5/5/0 201r +1r 412"),
    "room-for-one-and-rejections": played("up:2 up:1 stock", "201f 201f 3/0/3", "201r 201f 1/0/1"),
    "nearly-full-account": played("stock up:3 up:2 new", "0/0/0 201f 201f 201", "6/6/0 412 201f 201"),
}
