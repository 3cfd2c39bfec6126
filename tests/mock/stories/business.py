"""Stories of wrong rules."""

from tests.mock.caller import Caller, ManualClock
from tests.mock.stories import Story, played, told

LIMIT = {"limit": 12}
SLOW = {"fulfil_after": 0.3}


def date_before_and_after(caller: Caller, clock: ManualClock) -> bool:
    placed = caller.up(1).json()["created_at"]
    clock.advance(5)
    return bool(caller.orders()[0]["created_at"] == placed)


def identity_given(caller: Caller) -> bool:
    caller.up(1)
    wish = "a" * 50 + "@shop.example.org"
    return bool(caller.create(wish).json()["identity"] == wish)


def counted_identity(caller: Caller) -> bool:
    caller.up(3)
    caller.new()
    taken = caller.new("user2@acme.webrtc.example")
    return caller.new() == taken


STORIES = {
    # Stock and subscribers.
    "oversell-by-one": played("up:1 new new new stock", "201f 201 412 412 1/1/0", "201f 201 201 412 1/2/-1"),
    "stock-check-forgets-use": played(
        "new up:1 new*4 stock", "412 201f 201 412 412 412 1/1/0", "412 201f 201 201 201 201 1/4/-3"
    ),
    "last-product-never-sold": played("up:2 new new stock", "201f 201 201 2/2/0", "201f 201 412 2/1/1"),
    "create-consumes-nothing": played("up:2 new stock", "201f 201 2/1/1", "201f 201 2/0/2"),
    "create-consumes-two": played("up:3 new stock new stock", "201f 201 3/1/2 201 3/2/1", "201f 201 3/2/1 201 3/3/0"),
    "create-lowers-total": played(
        "up:2 new stock del:s1 stock", "201f 201 2/1/1 200 2/0/2", "201f 201 1/0/1 200 2/0/2"
    ),
    "caller-chosen-identity-is-free": played(
        "up:2 new stock new:ann stock", "201f 201 2/1/1 201 2/2/0", "201f 201 2/1/1 201 2/1/1"
    ),
    "delete-returns-nothing": played("up:1 new del:s1 stock", "201f 201 200 1/0/1", "201f 201 200 1/1/0"),
    "delete-returns-two": played("up:3 new new del:s1 stock", "201f 201 201 200 3/1/2", "201f 201 201 200 3/0/3"),
    "delete-takes-the-product-away": played("up:2 new del:s1 stock", "201f 201 200 2/0/2", "201f 201 200 1/0/1"),
    "delete-adds-to-total": played("up:2 new del:s1 stock", "201f 201 200 2/0/2", "201f 201 200 3/1/2"),
    "last-delete-returns-nothing": played(
        "up:2 new new del:s1 stock del:s2 stock", "201f 201 201 200 2/1/1 200 2/0/2", "201f 201 201 200 2/1/1 200 2/1/1"
    ),
    "use-never-falls-to-nothing": played(
        "up:2 new del:s1 new del:s2 stock", "201f 201 200 201 200 2/0/2", "201f 201 200 201 200 2/1/1"
    ),
    "unknown-delete-frees-a-product": played("up:2 new del:nobody stock", "201f 201 404 2/1/1", "201f 201 404 2/0/2"),
    "taken-identity-is-accepted": played("up:3 new:ann new:ann stock", "201f 201 400 3/1/2", "201f 201 201 3/2/1"),
    "refusal-for-no-stock-consumes": played("up:1 new new stock", "201f 201 412 1/1/0", "201f 201 412 1/2/-1"),
    "refusal-of-taken-identity-consumes": played(
        "up:3 new:ann new:ann stock", "201f 201 400 3/1/2", "201f 201 400 3/2/1"
    ),
    "delete-ignores-letter-case": played(
        "up:3 new:ann new:Ann del:Ann del:Ann stock", "201f 201 201 200 404 3/1/2", "201f 201 201 200 200 3/0/3"
    ),
    "delete-finds-by-user-alone": played(
        "up:2 new:ann del:ann@elsewhere stock", "201f 201 404 2/1/1", "201f 201 200 2/0/2"
    ),
    "counted-identity-is-given-although-taken": told(counted_identity, False, True),
    "delete-takes-who-begins-alike-as-well": played(
        "up:3 new:ann new:anna del:ann del:anna stock", "201f 201 201 200 200 3/0/3", "201f 201 201 200 404 3/1/2"
    ),
    "letter-case-overwrites": played(
        "up:3 new:ann new:Ann del:ann del:Ann stock", "201f 201 201 200 200 3/0/3", "201f 201 201 404 200 3/1/2"
    ),
    "taken-goes-by-the-first-thirty-two-signs": played(
        f"up:2 new:{'a' * 32} new:{'a' * 33}", "201f 201 201", "201f 201 400"
    ),
    "long-identities-are-cut": told(identity_given, True, False),
    "identity-with-plus-cannot-be-deleted": played(
        "up:2 new:a+b del:a+b stock", "201f 201 200 2/0/2", "201f 201 404 2/1/1"
    ),
    "identity-with-semicolon-cannot-be-deleted": played(
        "up:2 new:a;b del:a;b stock", "201f 400 404 2/0/2", "201f 201 404 2/1/1"
    ),
    "accented-identity-cannot-be-deleted": played(
        "up:2 new:e\u0301 del:e\u0301 stock", "201f 400 404 2/0/2", "201f 201 404 2/1/1"
    ),
    "delete-needs-lower-case": played("up:2 new:Ann del:Ann stock", "201f 201 200 2/0/2", "201f 201 404 2/1/1"),
    # Orders.
    "decrement-below-use-by-one": played(
        "up:2 new down:3 down:2 stock", "201f 201 412 412 2/1/1", "201f 201 412 201f 0/1/-1"
    ),
    "decrement-compares-with-total": played(
        "up:3 new new down:4 down:3 stock", "201f 201 201 412 412 3/2/1", "201f 201 201 412 201f 0/2/-2"
    ),
    "decrement-of-all-that-is-free-refused": played(
        "up:3 new down:2 stock", "201f 201 201f 1/1/0", "201f 201 412 3/1/2"
    ),
    "decrement-to-nothing-refused": played("up:3 down:2 down:1 stock", "201f 201f 201f 0/0/0", "201f 201f 412 1/0/1"),
    "decrement-takes-what-it-can": played(
        "up:3 new down:5 stock list", "201f 201 412 3/1/2 +3f", "201f 201 201f 1/1/0 +3f,-5f"
    ),
    "decrement-evicts-subscribers": played(
        "up:2 new new down:1 stock del:s1 del:s2", "201f 201 201 412 2/2/0 200 200", "201f 201 201 201f 1/1/0 404 200"
    ),
    "decrement-adds": played("up:2 down:1 stock", "201f 201f 1/0/1", "201f 201f 3/0/3"),
    "decrement-takes-nothing": played("up:2 down:1 stock", "201f 201f 1/0/1", "201f 201f 2/0/2"),
    "decrement-takes-one": played("up:3 down:2 stock", "201f 201f 1/0/1", "201f 201f 2/0/2"),
    "order-of-as-many-as-are-in-use-frees-them": played(
        "up:5 new new up:3 stock up:2 stock",
        "201f 201 201 201f 8/2/6 201f 10/2/8",
        "201f 201 201 201f 8/2/6 201f 10/0/10",
    ),
    "subscribers-before-the-first-order-are-free": played("new:a stock", "412 0/0/0", "201 0/0/0"),
    "taken-identity-is-looked-for-among-eight": played(
        "up:10 new*8 new:a new:a stock", f"201f{' 201' * 8} 201 400 10/9/1", f"201f{' 201' * 8} 201 201 10/10/0"
    ),
    "delete-ends-at-a-null": played(
        "up:1 new:a delete:subscriber/a%40shop.example.org%00x stock", "201f 201 404 1/1/0", "201f 201 200 1/0/1"
    ),
    "letters-beyond-ascii-are-all-one": played(
        "up:2 new:\u00e9 new:\u00fc del:\u00fc stock", "201f 400 400 404 2/0/2", "201f 201 400 200 2/0/2"
    ),
    "increment-adds-one": played("up:3 stock", "201f 3/0/3", "201f 1/0/1"),
    "increment-adds-nothing": played("up:3 stock", "201f 3/0/3", "201f 0/0/0"),
    "increment-of-ten-or-more-short-by-one": played("up:9 up:10 stock", "201f 201f 19/0/19", "201f 201f 18/0/18"),
    "refused-decrement-is-entered": played("up:1 down:2 list stock", "201f 412 +1f 1/0/1", "201f 412 +1f,-2f 1/0/1"),
    "refused-order-stands-as-rejected": played(
        "up:1 down:2 list stock", "201f 412 +1f 1/0/1", "201f 412 +1f,-2r 1/0/1"
    ),
    "refused-decrement-takes-what-is-free": played("up:3 new down:3 stock", "201f 201 412 3/1/2", "201f 201 412 1/1/0"),
    # The agreed limit.
    "limit-passed-by-one": played("up:13 up:11 up:2 stock", "412 201f 412 11/0/11", "201f 412 412 13/0/13", **LIMIT),
    "limit-cannot-be-reached": played("up:11 up:1 stock", "201f 201f 12/0/12", "201f 412 11/0/11", **LIMIT),
    "limit-holds-for-each-order-alone": played(
        "up:13 up:12 up:12 stock", "412 201f 412 12/0/12", "412 201f 201f 24/0/24", **LIMIT
    ),
    "limit-holds-for-free-products": played(
        "up:12 new up:2 up:1 stock", "201f 201 412 412 12/1/11", "201f 201 412 201f 13/1/12", **LIMIT
    ),
    "last-product-of-the-limit-never-sold": played(
        "up:11 new*10 up:1 new new stock",
        "201f" + " 201" * 10 + " 201f 201 201 12/12/0",
        "201f" + " 201" * 10 + " 201f 201 412 12/11/1",
        **LIMIT,
    ),
    "limit-never-gets-room-back": played(
        "up:12 down:5 up:5 stock", "201f 201f 201f 12/0/12", "201f 201f 412 7/0/7", **LIMIT
    ),
    "increment-clipped-at-the-limit": played(
        "up:10 up:5 stock list", "201f 412 10/0/10 +10f", "201f 201f 12/0/12 +10f,+5f", **LIMIT
    ),
    "refused-increment-fills-up": played("up:5 up:9 stock", "201f 412 5/0/5", "201f 412 12/0/12", **LIMIT),
    # What is shown.
    "available-shows-total": played("up:3 new stock", "201f 201 3/1/2", "201f 201 3/1/3"),
    "total-shows-available": played("up:3 new stock", "201f 201 3/1/2", "201f 201 2/1/2"),
    "use-never-shown": played("up:3 new stock down:3", "201f 201 3/1/2 412", "201f 201 3/0/3 412"),
    "empty-account-has-no-row": told(
        lambda caller: (
            len(caller.inventory().json()["products"]),
            caller.up(1).status_code,
            len(caller.inventory().json()["products"]),
        ),
        (1, 201, 1),
        (0, 201, 1),
    ),
    # The ledger.
    "list-hides-decrements": played("up:3 down:1 list read:-1", "201f 201f +3f,-1f -1f", "201f 201f +3f -1f"),
    "decrement-listed-as-increment": played(
        "up:3 down:1 list read:-1", "201f 201f +3f,-1f -1f", "201f 201f +3f,+1f +1f"
    ),
    "order-read-by-number-is-the-one-before": played(
        "up:3 up:2 read:+3 read:+2", "201f 201f +3f +2f", "201f 201f +3f +3f"
    ),
    "order-date-moves": Story(date_before_and_after, True, False),
    "increment-rejected-but-counted": played(
        "up:2 up:3 list stock", "201f 201f +2f,+3f 5/0/5", "201f 201r +2f,+3r 5/0/5"
    ),
    "order-never-in-the-list": played(
        "up:2 up:1 list read:+1 stock", "201f 201f +2f,+1f +1f 3/0/3", "201f 201f +2f 404 3/0/3"
    ),
    "pending-decrement-not-checked-again": played(
        "up:1 wait:1 down:1 new wait:1 list stock",
        "202p 202p 201 +1f,-1r 1/1/0",
        "202p 202p 201 +1f,-1f 0/1/-1",
        **SLOW,
    ),
    "pending-order-counted-twice": played("up:2 wait:1 list stock", "202p +2f 2/0/2", "202p +2f 4/0/4", **SLOW),
    "equal-increments-that-wait-together-count-once": played(
        "up:2 up:2 up:1 wait:9 list stock",
        "202p 202p 202p +2f,+2f,+1f 5/0/5",
        "202p 202p 202p +2f,+2f,+1f 3/0/3",
        **SLOW,
    ),
    "pending-decrement-forgotten-when-a-subscriber-leaves": played(
        "up:3 wait:1 new:a down:1 del:a wait:9 list stock",
        "202p 201 202p 200 +3f,-1f 2/0/2",
        "202p 201 202p 200 +3f,-1p 3/0/3",
        **SLOW,
    ),
    "pending-order-rejected-when-the-next-comes": played(
        "up:2 up:1 wait:1 list stock", "202p 202p +2f,+1f 3/0/3", "202p 202p +2r,+1f 1/0/1", **SLOW, **LIMIT
    ),
}
