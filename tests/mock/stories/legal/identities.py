"""Stories of unusual identities."""

import re
from collections.abc import Callable

from tests.mock.caller import Caller
from tests.mock.stories import Story, played, told

WISH = "ann@shop.example.org"


def wish(caller: Caller) -> str:
    """What becomes of the wish for an identity."""
    caller.up(1)
    answer = caller.create(WISH)
    if answer.status_code != 201:
        return str(answer.status_code)
    return "granted" if answer.json()["identity"] == WISH else "another"


def unnamed(caller: Caller) -> tuple[int, int]:
    """What becomes of a subscriber without a name, and of one with a name."""
    caller.up(2)
    return caller.create().status_code, caller.create(WISH).status_code


def lives(pattern: str) -> Story:
    """The server's identities have a form of their own, are different, and can be deleted."""

    def act(caller: Caller) -> bool:
        caller.up(3)
        names = [caller.new() for _ in range(3)]
        assert len(set(names)) == 3
        assert [caller.delete(name).status_code for name in names] == [200, 200, 200]
        assert caller.stock() == (3, 0, 3)
        return bool(re.fullmatch(pattern, names[0]))

    return told(act, False, True)


def next_after_deletion(caller: Caller) -> bool:
    caller.up(2)
    gone = caller.new()
    kept = caller.new()
    caller.delete(gone)
    again = caller.new()
    assert again != kept
    return again == gone


def pins(caller: Caller) -> bool:
    caller.up(2)
    words = [caller.create().json()["password"] for _ in range(2)]
    assert words[0] != words[1]
    return all(re.fullmatch(r"\d{4}", word) is not None for word in words)


def pin_in_an_order(caller: Caller) -> bool:
    """Whether the password of the first subscriber stands in an order's number."""
    number = caller.up(2).json()["order_number"]
    return str(caller.create().json()["password"]) in number


def wishes(*names: str) -> Callable[[Caller], list[int]]:
    """What becomes of these wishes, one after another."""

    def act(caller: Caller) -> list[int]:
        caller.up(len(names))
        return [caller.create(name).status_code for name in names]

    return act


STORIES: dict[str, Story] = {
    "identities-have-forty-signs-at-most": told(
        wishes(f"{'a' * 24}@shop.example.org", f"{'a' * 23}@shop.example.org"), [201, 201], [400, 201]
    ),
    "identities-begin-with-a-letter": told(wishes("1@shop.example.org", "a1@shop.example.org"), [201, 201], [400, 201]),
    "server-chooses-and-refuses-a-wish": told(wish, "granted", "400"),
    "server-chooses-and-ignores-a-wish": told(wish, "granted", "another"),
    "server-chooses-as-declared": told(wish, "granted", "400"),
    "caller-must-choose": told(unnamed, (201, 201), (400, 201)),
    "caller-must-choose-as-declared": told(unnamed, (201, 201), (400, 201)),
    "callers-choose-within-their-own-domain": played(
        "up:1 new new:a stock", "201f 201 412 1/1/0", "201f 400 400 1/0/1"
    ),
    "room-for-one-and-callers-choose": played(
        "up:2 up:1 new new:a stock", "201f 201f 201 201 3/2/1", "412 201f 400 201 7/7/0"
    ),
    "deleted-identities-are-not-given-again": played(
        "up:2 new:a del:a new:a new:b", "201f 201 200 201 201", "201f 201 200 400 201"
    ),
    "identities-are-unique-across-accounts": played(
        "up:2 new:a gx.up:2 gx.new:a gx.new:b", "201f 201 201f 201 201", "201f 201 201f 400 201"
    ),
    "identities-in-capitals": lives(r"[A-Z0-9.@]+"),
    "identities-with-reserved-signs": lives(r"a/b\?c#d%2Fe\+f&g=h;.*"),
    "identities-with-spaces-and-quotes": lives(r"O'Neil \".*\" \(desk\) <1>@.*"),
    "identities-beyond-ascii": lives(r"zoë\.名前\.\U0001f600.*"),
    "identities-of-two-hundred-characters": lives(r".{200}"),
    "identities-are-telephone-numbers": lives(r"\+31\d{9}@.*"),
    "identities-count-upward": lives(r"1@a\.bc"),
    "passwords-are-pins": told(pins, False, True),
    "pins-that-order-numbers-hold-as-well": told(pin_in_an_order, False, True),
    "deleted-identity-is-the-next-one-given": told(next_after_deletion, False, True),
}
