"""Stories of two accounts."""

from tests.mock.caller import Caller
from tests.mock.stories import Story, played, told


def foreign_read(caller: Caller) -> int:
    number = caller.up(1).json()["order_number"]
    return caller.as_client("globex").read(number).status_code


def old_foreign_read(caller: Caller) -> list[int]:
    number = caller.up(1).json()["order_number"]
    statuses = []
    for _ in range(2):
        statuses.append(caller.as_client("globex").read(number).status_code)
        for _ in range(3):
            caller.up(1)
    return statuses


def passwords_of_both(caller: Caller) -> int:
    other = caller.as_client("globex")
    for client in (caller, other):
        client.up(1)
    return len({client.create("ann@shop.example.org").json()["password"] for client in (caller, other)})


def tokens_of_both(caller: Caller) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    caller.up(2)
    return caller.as_client("globex").stock(), caller.stock()


STORIES: dict[str, Story] = {
    "foreign-order-can-be-read": told(foreign_read, 404, 200),
    "foreign-orders-are-listed": played("up:2 gx.up:1 list gx.list", "201f 201f +2f +1f", "201f 201f +2f,+1f +2f,+1f"),
    "foreign-subscriber-can-be-deleted": played(
        "up:2 new:a gx.del:a stock", "201f 201 404 2/1/1", "201f 201 200 2/0/2"
    ),
    "foreign-deletion-refused-but-done": played(
        "up:2 new:a gx.del:a del:a stock", "201f 201 404 200 2/0/2", "201f 201 404 404 2/0/2"
    ),
    "foreign-deletion-frees-an-own-product": played(
        "up:2 new:a gx.up:2 gx.new:b gx.del:a gx.stock stock",
        "201f 201 201f 201 404 2/1/1 2/1/1",
        "201f 201 201f 201 404 2/0/2 2/1/1",
    ),
    "old-foreign-order-can-be-read": told(old_foreign_read, [404, 404], [404, 200]),
    "foreign-identity-is-taken-over": played(
        "up:2 new:a gx.up:2 gx.new:a stock gx.stock", "201f 201 201f 201 2/1/1 2/1/1", "201f 201 201f 201 2/0/2 2/1/1"
    ),
    "foreign-identity-is-refused-and-consumes": played(
        "up:2 new:a gx.up:2 gx.new:a stock gx.stock", "201f 201 201f 201 2/1/1 2/1/1", "201f 201 201f 400 2/2/0 2/0/2"
    ),
    "foreign-identity-brings-its-password": told(passwords_of_both, 2, 1),
    "order-adds-to-every-account": played("up:2 stock gx.stock", "201f 2/0/2 0/0/0", "201f 2/0/2 2/0/2"),
    "every-fifth-order-counts-for-others-too": played(
        "up:1 up:1 up:1 up:1 gx.stock up:1 stock gx.stock",
        "201f 201f 201f 201f 0/0/0 201f 5/0/5 0/0/0",
        "201f 201f 201f 201f 0/0/0 201f 5/0/5 1/0/1",
    ),
    "every-seventh-subscriber-counts-for-others-too": played(
        "up:7 gx.up:1" + " new" * 6 + " gx.stock new stock gx.stock",
        "201f 201f" + " 201" * 6 + " 1/0/1 201 7/7/0 1/0/1",
        "201f 201f" + " 201" * 6 + " 1/0/1 201 7/7/0 1/1/0",
    ),
    "stock-is-shared": played("up:2 gx.new stock gx.stock", "201f 412 2/0/2 0/0/0", "201f 201 2/1/1 0/0/0"),
    "token-of-the-one-who-asked-before": told(tokens_of_both, ((0, 0, 0), (2, 0, 2)), ((2, 0, 2), (2, 0, 2))),
    "inventory-of-the-last-caller": played(
        "up:2 gx.stock gx.up:1 stock", "201f 0/0/0 201f 2/0/2", "201f 2/0/2 201f 1/0/1"
    ),
}
