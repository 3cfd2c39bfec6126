"""Stories that take a while."""

from tests.mock.caller import Caller
from tests.mock.stories import Story, played, told

SIX_CREATED = "201f" + " 201" * 6
TEN_GONE = "201f" + " 201 200" * 10


def read_meant_as_a_deletion(caller: Caller) -> tuple[int, tuple[int, int, int]]:
    caller.up(1)
    caller.new("a@shop.example.org")
    answer = caller.call("GET", "/subscriber/a%40shop.example.org", {"x-http-method-override": "DELETE"})
    return answer.status_code, caller.stock()


def ordered_with_an_older_token(caller: Caller) -> tuple[int, int, int]:
    caller.stock()
    caller.mint()
    caller.up(1)
    return caller.stock()


STORIES: dict[str, Story] = {
    "order-after-a-quiet-second-is-lost": played(
        "up:1 wait:1.2 up:2 up:1 stock", "201f 201f 201f 4/0/4", "201f 201f 201f 2/0/2"
    ),
    "order-with-an-older-token-is-lost": told(ordered_with_an_older_token, (1, 0, 1), (0, 0, 0)),
    "stock-unchecked-after-a-taken-identity": played(
        "up:1 new:a new:a new:b stock", "201f 201 400 412 1/1/0", "201f 201 400 201 1/2/-1"
    ),
    "unnamed-create-at-once-after-a-taken-identity-uses-two": played(
        "up:9 new:a new:a new new:a stock new stock",
        "201f 201 400 201 400 9/2/7 201 9/3/6",
        "201f 201 400 201 400 9/3/6 201 9/4/5",
    ),
    "odd-use-stays-while-all-of-the-limit-is-ordered": played(
        "up:24 new:a new:b new:c del:a stock del:b stock",
        "201f 201 201 201 200 24/2/22 200 24/1/23",
        "201f 201 201 201 200 24/3/21 200 24/3/21",
    ),
    # Every so many times.
    "every-seventh-create-not-counted": played(
        "up:9 new*6 stock new stock", f"{SIX_CREATED} 9/6/3 201 9/7/2", f"{SIX_CREATED} 9/6/3 201 9/6/3"
    ),
    "every-tenth-delete-returns-nothing": played(
        "up:1 " + "new:a del:a " * 10 + "stock", f"{TEN_GONE} 1/0/1", f"{TEN_GONE} 1/1/0"
    ),
    "every-twenty-fifth-read-uses-a-product": played(
        "up:2 " + "stock " * 25, "201f" + " 2/0/2" * 25, "201f" + " 2/0/2" * 24 + " 2/1/1"
    ),
    "every-fifth-order-does-nothing": played(
        "up:1 up:2 down:1 up:3 stock up:4 stock",
        "201f 201f 201f 201f 5/0/5 201f 9/0/9",
        "201f 201f 201f 201f 5/0/5 201f 5/0/5",
    ),
    "total-shrinks-with-every-fifth-delete": played(
        "up:9 " + "new:a del:a " * 5 + "stock", "201f" + " 201 200" * 5 + " 9/0/9", "201f" + " 201 200" * 5 + " 8/0/8"
    ),
    "every-eighth-identity-comes-again": played(
        "up:9 new*9 del:s1 del:s9 stock", "201f" + " 201" * 9 + " 200 200 9/7/2", "201f" + " 201" * 9 + " 200 404 9/8/1"
    ),
    "order-numbers-start-again-after-sixteen": played(
        "up:2 up:1*16 list",
        "201f" + " 201f" * 16 + " +2f" + ",+1f" * 16,
        "201f" + " 201f" * 16 + " " + ",".join(["+1f"] * 16),
    ),
    # From a size on.
    "use-counter-stops-at-eight": played(
        "up:9 new*8 stock new stock", "201f" + " 201" * 8 + " 9/8/1 201 9/9/0", "201f" + " 201" * 8 + " 9/8/1 201 9/8/1"
    ),
    "fiftieth-order-is-listed-only": played(
        "up:1" + " up:1 down:1" * 24 + " stock up:1 stock up:1 stock",
        "201f" + " 201f 201f" * 24 + " 1/0/1 201f 2/0/2 201f 3/0/3",
        "201f" + " 201f 201f" * 24 + " 1/0/1 201f 1/0/1 201f 2/0/2",
    ),
    "total-starts-again-at-sixteen": played(
        "up:15 stock up:2 stock", "201f 15/0/15 201f 17/0/17", "201f 15/0/15 201f 1/0/1"
    ),
    "only-ten-subscribers-can-be-found": played(
        "up:11 new*11 del:s11 del:s10", "201f" + " 201" * 11 + " 200 200", "201f" + " 201" * 11 + " 404 200"
    ),
    "order-list-ends-after-twenty": played(
        "up:1*20 down:3 list read:-3",
        "201f " * 21 + ",".join(["+1f"] * 20) + ",-3f -3f",
        "201f " * 21 + ",".join(["+1f"] * 20) + " -3f",
    ),
    "ledger-forgets-all-but-ten": played(
        "up:3 up:1*10 read:+3 list",
        "201f " * 11 + "+3f +3f" + ",+1f" * 10,
        "201f " * 11 + "404 " + ",".join(["+1f"] * 10),
    ),
    "no-more-than-six-subscribers": played("up:9 new*7 stock", f"{SIX_CREATED} 201 9/7/2", f"{SIX_CREATED} 412 9/6/3"),
    "increment-from-twelve-on-one-too-many": played(
        "up:11 up:1 stock up:1 stock", "201f 201f 12/0/12 201f 13/0/13", "201f 201f 12/0/12 201f 14/0/14"
    ),
    # One thing after another.
    "repeated-delete-frees-again": played(
        "up:2 new:a new:b del:a del:nobody stock del:a stock",
        "201f 201 201 200 404 2/1/1 404 2/1/1",
        "201f 201 201 200 404 2/1/1 404 2/0/2",
    ),
    "delete-twice-succeeds-and-frees-twice": played(
        "up:2 new:a new:b del:a del:a stock", "201f 201 201 200 404 2/1/1", "201f 201 201 200 200 2/0/2"
    ),
    "recreated-identity-uses-no-product": played(
        "up:2 new:a del:a new:a stock", "201f 201 200 201 2/1/1", "201f 201 200 201 2/0/2"
    ),
    "recreated-identity-cannot-be-deleted": played(
        "up:2 new:a del:a new:a del:a stock", "201f 201 200 201 200 2/0/2", "201f 201 200 201 404 2/1/1"
    ),
    "second-delete-of-an-identity-leaks": played(
        "up:2 new:a del:a stock new:a del:a stock",
        "201f 201 200 2/0/2 201 200 2/0/2",
        "201f 201 200 2/0/2 201 200 2/1/1",
    ),
    "identity-made-from-the-count": played(
        "up:3 new new del:s1 new del:s2 del:s3 stock",
        "201f 201 201 200 201 200 200 3/0/3",
        "201f 201 201 200 201 200 404 3/1/2",
    ),
    "delete-right-after-create-returns-nothing": played(
        "up:2 new:a stock del:a stock new:a del:a stock",
        "201f 201 2/1/1 200 2/0/2 201 200 2/0/2",
        "201f 201 2/1/1 200 2/0/2 201 200 2/1/1",
    ),
    "only-the-youngest-returns-its-product": played(
        "up:2 new:a new:b del:b stock new:b del:a stock",
        "201f 201 201 200 2/1/1 201 200 2/1/1",
        "201f 201 201 200 2/1/1 201 200 2/2/0",
    ),
    "delete-at-full-use-returns-nothing": played(
        "up:2 new:a del:a stock new:a new:b del:a stock",
        "201f 201 200 2/0/2 201 201 200 2/1/1",
        "201f 201 200 2/0/2 201 201 200 2/2/0",
    ),
    "refusal-for-no-stock-sticks": played(
        "up:1 new:a new del:a new up:1 new", "201f 201 412 200 201 201f 201", "201f 201 412 200 412 201f 201"
    ),
    "inventory-not-refreshed-by-deletes": played(
        "up:2 new:a stock del:a stock up:1 stock",
        "201f 201 2/1/1 200 2/0/2 201f 3/0/3",
        "201f 201 2/1/1 200 2/1/1 201f 3/0/3",
    ),
    "use-shown-never-falls": played(
        "up:2 new:a stock del:a stock new new", "201f 201 2/1/1 200 2/0/2 201 201", "201f 201 2/1/1 200 2/1/1 201 201"
    ),
    "increment-after-decrement-short-by-one": played(
        "up:3 down:1 up:2 up:2 stock", "201f 201f 201f 201f 6/0/6", "201f 201f 201f 201f 5/0/5"
    ),
    "repeated-order-swallowed": played(
        "up:2 up:1 up:1 stock list", "201f 201f 201f 4/0/4 +2f,+1f,+1f", "201f 201f 201f 3/0/3 +2f,+1f"
    ),
    "emptied-account-gets-nothing": played(
        "up:2 down:1 up:1 down:2 up:3 stock up:1 stock",
        "201f 201f 201f 201f 201f 3/0/3 201f 4/0/4",
        "201f 201f 201f 201f 201f 0/0/0 201f 1/0/1",
    ),
    "decrement-counts-returned-products-twice": played(
        "up:2 new:a new:b down:1 del:a down:2 stock",
        "201f 201 201 412 200 412 2/1/1",
        "201f 201 201 412 200 201f 0/1/-1",
    ),
    "past-increment-shrinks-with-a-decrement": played(
        "up:5 list down:2 list stock", "201f +5f 201f +5f,-2f 3/0/3", "201f +5f 201f +3f,-2f 3/0/3"
    ),
    "fulfilled-turns-pending-with-the-next-order": played(
        "up:2 list up:1 list", "201f +2f 201f +2f,+1f", "201f +2f 201f +2p,+1f"
    ),
    "decrement-cancels-its-increment": played(
        "up:2 up:1 down:2 list stock", "201f 201f 201f +2f,+1f,-2f 1/0/1", "201f 201f 201f +2r,+1f,-2f 1/0/1"
    ),
    "order-listed-only-until-a-subscriber-comes": played(
        "up:2 up:1 list new list", "201f 201f +2f,+1f 201 +2f,+1f", "201f 201f +2f,+1f 201 +1f"
    ),
    "refused-decrement-gives-a-product-away-later": played(
        "up:2 new:a down:2 stock del:a stock", "201f 201 412 2/1/1 200 2/0/2", "201f 201 412 2/1/1 200 1/0/1"
    ),
    "refused-identity-stays-taken": played(
        "new:a up:2 new:b new:a stock", "412 201f 201 201 2/2/0", "412 201f 201 400 2/1/1"
    ),
    # Reading that changes something.
    "reading-the-inventory-takes-a-free-product": played(
        "up:3 stock*4 stock", "201f" + " 3/0/3" * 5, "201f" + " 3/0/3" * 4 + " 2/0/2"
    ),
    "reading-an-order-places-it-again": played(
        "up:3 stock read:+3 list stock", "201f 3/0/3 +3f +3f 3/0/3", "201f 3/0/3 +3f +3f 6/0/6"
    ),
    "head-on-orders-strikes-the-oldest": played(
        "up:3 up:1 head:order list", "201f 201f 200 +3f,+1f", "201f 201f 200 +1f"
    ),
    "options-on-inventory-resets-use": played(
        "up:3 new options:inventory stock", "201f 201 405 3/1/2", "201f 201 405 3/0/3"
    ),
    "unknown-query-on-inventory-orders": played(
        "up:3 new get:inventory?quantity=7 stock", "201f 201 200 3/1/2", "201f 201 200 8/1/7"
    ),
    "create-after-both-refusals-not-counted": played(
        "up:3 up:10 down:4 new stock", "201f 412 412 201 3/1/2", "201f 412 412 201 3/0/3", limit=12
    ),
    "read-is-what-its-header-says": told(read_meant_as_a_deletion, (405, (1, 1, 0)), (200, (1, 0, 1))),
    "read-is-what-its-query-says": played(
        "up:1 new:a get:subscriber/a%40shop.example.org?_method=DELETE stock",
        "201f 201 405 1/1/0",
        "201f 201 200 1/0/1",
    ),
}
