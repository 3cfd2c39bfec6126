"""Stories of trouble."""

from collections import Counter
from email.utils import parsedate_to_datetime

import httpx

from tests.mock.caller import Caller, ManualClock
from tests.mock.stories import Story, played, told


def answered(ask: object) -> str:
    """The code of an answer, or that there was none."""
    try:
        return str(ask().status_code)  # type: ignore[operator]
    except httpx.RemoteProtocolError:
        return "cut"


def orders_of_one(caller: Caller) -> tuple[dict[str, int], int]:
    """The answers to sixty orders for one product, and the products that are there afterwards."""
    answers = Counter(answered(lambda: caller.up(1)) for _ in range(60))
    return dict(answers), caller.stock()[0]


def reads(caller: Caller) -> dict[str, int]:
    return dict(Counter(answered(caller.inventory) for _ in range(60)))


def two_hundred_and_one(caller: Caller, clock: ManualClock) -> tuple[int, int, int]:
    codes = [caller.inventory().status_code for _ in range(201)]
    clock.advance(2)
    return codes[199], codes[200], caller.inventory().status_code


def eightieth(caller: Caller) -> httpx.Response:
    for _ in range(79):
        caller.inventory()
    return caller.inventory()


def eightieth_as_number(caller: Caller) -> tuple[int, str | None]:
    answer = eightieth(caller)
    assert int(answer.headers["quota-used"]) < int(answer.headers["quota-limit"])
    return answer.status_code, answer.headers.get("retry-after")


def fast(caller: Caller) -> dict[int, int]:
    return dict(Counter(caller.inventory().status_code for _ in range(60)))


def eightieth_as_date(caller: Caller) -> tuple[int, bool]:
    answer = eightieth(caller)
    return answer.status_code, bool(parsedate_to_datetime(answer.headers.get("retry-after", answer.headers["date"])))


def html(caller: Caller) -> list[str]:
    return sorted({caller.up(1).headers["content-type"] for _ in range(50)})


def stale(caller: Caller) -> int:
    caller.up(2)
    caller.new()
    return len({caller.stock() for _ in range(100)})


def now_and_later(caller: Caller, clock: ManualClock) -> list[int]:
    codes = []
    for seconds in (0.0, 2.9, 0.1, 1.9, 0.1):
        clock.advance(seconds)
        codes.append(caller.inventory().status_code)
    return codes


SIXTY = ({"201": 60}, 60)
STORIES: dict[str, Story] = {
    "small-quota": Story(two_hundred_and_one, (200, 200, 200), (200, 429, 200)),
    "spike-arrest": told(eightieth_as_number, (200, None), (429, "1")),
    "spike-arrest-until-a-date": told(eightieth_as_date, (200, True), (429, True)),
    "spike-arrest-for-a-moment": told(fast, {200: 60}, {200: 20, 429: 40}),
    "unavailable-before-acting": told(orders_of_one, SIXTY, ({"201": 59, "503": 1}, 59)),
    "unavailable-after-acting": told(orders_of_one, SIXTY, ({"201": 59, "503": 1}, 60)),
    "unavailable-and-pending": played(
        "up:1 up:1 up:1 up:1 up:1 list wait:0.1 stock",
        "201f 201f 201f 201f 201f +1f,+1f,+1f,+1f,+1f 5/0/5",
        "202p 202p 202p 202p 503 +1p,+1p,+1p,+1p,+1p 5/0/5",
    ),
    "bad-gateway-in-html-after-acting": told(html, ["application/json"], ["application/json", "text/html"]),
    "away-for-two-seconds": Story(now_and_later, [200] * 5, [200, 200, 503, 503, 200]),
    "connection-cut-before-acting": told(orders_of_one, SIXTY, ({"201": 59, "cut": 1}, 59)),
    "connection-cut-after-acting": told(orders_of_one, SIXTY, ({"201": 59, "cut": 1}, 60)),
    "writes-fail-twice-in-a-row": told(orders_of_one, SIXTY, ({"201": 58, "503": 1, "cut": 1}, 59)),
    "connection-cut-on-reads": told(reads, {"200": 60}, {"200": 59, "cut": 1}),
    "inventory-lags": played(
        "up:2 stock wait:0.1 stock wait:0.15 stock", "201f 2/0/2 2/0/2 2/0/2", "201f 0/0/0 0/0/0 2/0/2"
    ),
    "inventory-is-refreshed-now-and-then": played(
        "up:2 wait:0.04 list stock wait:0.35 stock", "201f +2f 2/0/2 2/0/2", "202p +2f 0/0/0 2/0/2"
    ),
    "inventory-lags-as-declared": played(
        "up:2 wait:0.3 new stock wait:0.2 stock wait:0.3 stock",
        "201f 201 2/1/1 2/1/1 2/1/1",
        "201f 201 0/0/0 2/0/2 2/1/1",
    ),
    "order-list-lags": played("up:2 list wait:0.3 list", "201f +2f +2f", "201f - +2f"),
    "rarely-a-stale-inventory": told(stale, 1, 2),
    "somebody-else-is-active": played("up:2 wait:5 stock list", "201f 2/0/2 +2f", "201f 4/2/2 +2f,+1f,+1f"),
    "somebody-else-is-active-as-declared": played("up:2 wait:5 stock", "201f 2/0/2", "201f 4/2/2"),
    "somebody-else-uses-the-second-account": played(
        "up:2 wait:5 stock gx.stock", "201f 2/0/2 0/0/0", "201f 2/0/2 2/2/0"
    ),
    "somebody-else-is-busy-on-the-second-account": played(
        "up:2 wait:1.1 stock gx.stock", "201f 2/0/2 0/0/0", "201f 2/0/2 5/5/0"
    ),
}
