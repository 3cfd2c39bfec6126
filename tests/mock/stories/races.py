"""Stories of calls that come together: each is told until the fault shows, or often enough to say that it does not.

A burst is written to one connection per call before any answer is read, so that the server has them all at once.
"""

import http.client
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from tests.mock.caller import BASE, PRODUCT, Caller
from tests.mock.stories import Story, told

TELLINGS = 12
"""How often a story is told on the correct mock, which must never show it."""

Call = tuple[str, str, dict[str, Any] | None]
Answers = list[tuple[int, dict[str, Any]]]


def up(quantity: int = 1) -> Call:
    return "POST", "/order", {"product_name": PRODUCT, "order_type": "increment", "quantity": quantity}


def down(quantity: int = 1) -> Call:
    return "POST", "/order", {"product_name": PRODUCT, "order_type": "decrement", "quantity": quantity}


def new(identity: str | None = None) -> Call:
    body = {"product_name": PRODUCT} if identity is None else {"product_name": PRODUCT, "identity": identity}
    return "POST", "/subscriber", body


def delete(identity: str) -> Call:
    return "DELETE", "/subscriber/" + quote(identity, safe=""), None


STOCK: Call = ("GET", "/inventory", None)


def together(caller: Caller, calls: Sequence[Call], other: Caller | None = None) -> Answers:
    """Send calls so that they are on their way at once; gives status and body of each, in the order of the calls.

    Every second one is made by the other caller, where there is one.
    """
    answers = []
    for line in lines_to(caller, calls, other):
        answer = line.getresponse()
        answers.append((answer.status, json.loads(answer.read())))
        line.close()
    return answers


def done(answers: Answers) -> int:
    return sum(status < 300 for status, _ in answers)


def lines_to(caller: Caller, calls: Sequence[Call], other: Caller | None = None) -> list[http.client.HTTPConnection]:
    """The connections of calls that were sent at once."""
    origin = caller.http.base_url
    lines = [http.client.HTTPConnection(origin.host, origin.port, timeout=10) for _ in calls]
    tokens = [caller.token, (other or caller).token]
    for line in lines:
        line.connect()
    for number, (line, (method, path, body)) in enumerate(zip(lines, calls, strict=True)):
        headers = {"authorization": f"Bearer {tokens[number % 2]}", "content-type": "application/json"}
        line.request(method, BASE + path, None if body is None else json.dumps(body).encode(), headers)
    return lines


def row(answer: tuple[int, dict[str, Any]]) -> tuple[int, int, int]:
    found = answer[1]["products"][0]
    return found["total"], found["used"], found["available"]


def seen(once: Callable[[Caller], bool], **settings: Any) -> Story:
    """A story of something that only a damaged mock ever shows."""
    return told(lambda caller: any(once(caller) for _ in range(TELLINGS)), False, True, **settings)


class Told:
    """One telling: an account with so many free products and some subscribers, and how it is left."""

    def __init__(self, caller: Caller, free: int, subscribers: int = 0) -> None:
        self.caller = caller
        self.total, self.used, available = caller.stock()
        caller.up(free + subscribers)
        assert available >= 0
        self.live = [caller.new() for _ in range(subscribers)]
        self.total, self.used, self.free = caller.stock()

    def after(self, total: int = 0, used: int = 0) -> bool:
        """Whether the stock is not what it was with so much added."""
        return self.caller.stock()[:2] != (self.total + total, self.used + used)


def oversold(caller: Caller) -> bool:
    story = Told(caller, 1)
    count = story.free + 8
    return done(together(caller, [new()] * count)) > story.free


def mixed_up(caller: Caller) -> bool:
    other = caller.as_client("globex")
    stories = [Told(one, 4) for one in (caller, other)]
    together(caller, [new()] * 4, other)
    return any(story.after(used=2) for story in stories)


def identity_shared(caller: Caller) -> bool:
    Told(caller, 4)
    identity = f"twin{caller.stock()[0]}@shop.example.org"
    return done(together(caller, [new(identity)] * 4)) > 1


def decremented_below_use(caller: Caller) -> bool:
    story = Told(caller, 2)
    together(caller, [down(story.free), *[new()] * 2])
    return caller.stock()[2] < 0


def decremented_twice(caller: Caller) -> bool:
    story = Told(caller, 2)
    return done(together(caller, [down(story.free)] * 3)) > 1


def created_on_what_went(caller: Caller) -> bool:
    story = Told(caller, 2)
    together(caller, [*[new()] * 2, down(story.free)])
    return caller.stock()[2] < 0


def over_the_limit(caller: Caller) -> bool:
    room = 12 - caller.stock()[0]
    return room > 0 and done(together(caller, [up(room)] * 3)) > 1


def deleted_twice(caller: Caller) -> bool:
    story = Told(caller, 1, 1)
    return done(together(caller, [delete(story.live[0])] * 4)) > 1


def taken_along(caller: Caller) -> bool:
    """A subscriber is deleted while its identity is given anew."""
    story = Told(caller, 2, 1)
    identity = story.live[0]
    first, *made = together(caller, [delete(identity), *[new(identity)] * 3])
    return story.after(used=done(made) - done([first]))


def freed_twice(caller: Caller) -> bool:
    story = Told(caller, 1, 2)
    together(caller, [delete(story.live[0])] * 4)
    return story.after(used=-1)


def uses_lost(caller: Caller) -> bool:
    story = Told(caller, 6)
    return story.after(used=done(together(caller, [new()] * 4)))


def returns_lost(caller: Caller) -> bool:
    story = Told(caller, 0, 4)
    return story.after(used=-done(together(caller, [delete(identity) for identity in story.live])))


def orders_lost(caller: Caller) -> bool:
    story = Told(caller, 2)
    return story.after(total=done(together(caller, [up(), up(), up()])))


def written_back(caller: Caller) -> bool:
    story = Told(caller, 6)
    return story.after(used=done(together(caller, [STOCK, new(), new()])[1:]))


def torn(caller: Caller) -> bool:
    story = Told(caller, 0, 3)
    if story.free:
        caller.down(story.free)
    answers = together(caller, [*[STOCK] * 2, up(2), new(), new(), STOCK])
    return any(row(answer)[2] < 0 for answer in answers if "products" in answer[1])


def torn_the_other_way(caller: Caller) -> bool:
    story = Told(caller, 0, 2)
    if story.free:
        caller.down(story.free)
    calls = [STOCK, STOCK, *[delete(identity) for identity in story.live], down(2), STOCK]
    return any(row(answer)[2] < 0 for answer in together(caller, calls) if "products" in answer[1])


def does_not_add_up(caller: Caller) -> bool:
    Told(caller, 4)
    rows = [row(answer) for answer in together(caller, [STOCK, STOCK, new(), new()])[:2]]
    return any(total - used != available for total, used, available in rows)


def stale_for_good(caller: Caller) -> bool:
    Told(caller, 4)
    before = caller.stock()
    caller.new()
    return done(together(caller, [STOCK, new(), new()])[1:]) != caller.stock()[1] - before[1] - 1


def numbered_twice(caller: Caller) -> bool:
    numbers = [body["order_number"] for _, body in together(caller, [up()] * 3)]
    return len(set(numbers)) < 3


def named_twice(caller: Caller) -> bool:
    Told(caller, 6)
    names = [body["identity"] for status, body in together(caller, [new()] * 4) if status < 300]
    return len(set(names)) < len(names)


def one_password(caller: Caller) -> bool:
    Told(caller, 4)
    words = [body["password"] for status, body in together(caller, [new()] * 4) if status < 300]
    return len(set(words)) < len(words)


def refused_but_used(caller: Caller) -> bool:
    story = Told(caller, 8)
    return done(together(caller, [new()] * 6)) < min(6, story.free)


def refused_but_ordered(caller: Caller) -> bool:
    return done(together(caller, [up()] * 4)) < 4


def order_unlisted(caller: Caller) -> bool:
    numbers = {body["order_number"] for _, body in together(caller, [up()] * 4)}
    return not numbers <= {order["order_number"] for order in caller.orders()}


def carried_out_twice(caller: Caller) -> bool:
    story = Told(caller, 1)
    return story.after(total=done(together(caller, [up()] * 3)))


def comes_back(caller: Caller) -> bool:
    story = Told(caller, 4, 1)
    answers = together(caller, [new(), new(), delete(story.live[0])])
    return story.after(used=done(answers[:2]) - done(answers[2:]))


def during(caller: Caller, call: Call, reads: Sequence[Call]) -> Answers:
    """Send a call, and make the reads one after another before its answer is read."""
    (line,) = lines_to(caller, [call])
    answers = [answer for read in reads for answer in together(caller, [read])]
    line.getresponse().read()
    line.close()
    return answers


def goes_back(caller: Caller) -> bool:
    totals = [row(answer)[0] for answer in during(caller, up(), [STOCK] * 4)]
    return totals != sorted(totals)


def listed_too_early(caller: Caller) -> bool:
    (_, listed), stock = during(caller, up(), [("GET", "/order", None), STOCK])
    return len(listed["orders"]) > row(stock)[0]


def anothers_stock(caller: Caller) -> bool:
    other = caller.as_client("globex")
    totals = [Told(one, free).total for one, free in ((caller, 2), (other, 5))]
    answers = together(caller, [STOCK] * 8, other)
    return [row(answer)[0] for answer in answers] != totals * 4


def anothers_orders(caller: Caller) -> bool:
    other = caller.as_client("globex")
    for one in (caller, other):
        one.up(1)
    other.up(1)
    counts = [len(one.orders()) for one in (caller, other)]
    answers = together(caller, [("GET", "/order", None)] * 8, other)
    return [len(answer[1]["orders"]) for answer in answers] != counts * 4


def tokens_mixed_up(caller: Caller) -> bool:
    other = caller.as_client("globex")
    caller.up(1)
    with ThreadPoolExecutor(2) as pool:
        token, _ = pool.map(lambda one: one.mint().json()["access_token"], (caller, other))
    shown = caller.call("GET", "/inventory", {"authorization": f"Bearer {token}"}).json()
    return bool(shown["products"][0]["total"] != caller.stock()[0])


STORIES: dict[str, Story] = {
    "tokens-mixed-up-when-asked-for-together": seen(tokens_mixed_up),
    "inventory-of-whoever-asks-last": seen(anothers_stock),
    "orders-of-whoever-asks-last": seen(anothers_orders),
    "order-is-listed-before-it-counts": seen(listed_too_early),
    "reads-go-back-while-an-order-is-under-way": seen(goes_back),
    "last-product-sold-twice": seen(oversold),
    "accounts-mixed-up-in-a-crowd": seen(mixed_up),
    "same-identity-given-to-two": seen(identity_shared),
    "stock-unchecked-in-a-crowd": seen(oversold),
    "decrement-goes-by-an-old-use": seen(decremented_below_use),
    "decrements-each-take-the-same": seen(decremented_twice),
    "create-goes-by-an-old-total": seen(created_on_what_went),
    "increments-pass-the-limit-together": seen(over_the_limit, limit=12),
    "two-deletes-free-twice": seen(deleted_twice),
    "refused-delete-frees-as-well": seen(freed_twice),
    "deletion-takes-who-comes-next": seen(taken_along),
    "use-counted-once-for-many": seen(uses_lost),
    "use-falls-once-for-many": seen(returns_lost),
    "total-loses-an-order": seen(orders_lost),
    "reading-writes-the-use-back": seen(written_back),
    "total-is-read-before-the-use": seen(torn),
    "use-is-read-before-the-total": seen(torn_the_other_way),
    "available-from-another-moment": seen(does_not_add_up),
    "cache-keeps-what-a-read-missed": seen(stale_for_good),
    "order-number-given-twice": seen(numbered_twice),
    "identity-made-up-twice": seen(named_twice),
    "password-of-the-latest": seen(one_password),
    "crowded-out-but-created": seen(refused_but_used),
    "crowded-out-but-ordered": seen(refused_but_ordered),
    "created-in-a-crowd-but-not-kept": seen(uses_lost),
    "deleted-in-a-crowd-but-still-there": seen(returns_lost),
    "order-lost-from-the-list": seen(order_unlisted),
    "equal-orders-become-one": seen(numbered_twice),
    "order-carried-out-twice-in-a-crowd": seen(carried_out_twice),
    "deleted-subscriber-comes-back": seen(comes_back),
}
