"""Stories of the quota."""

from collections.abc import Callable

import httpx

from tests.mock.caller import Caller, ManualClock
from tests.mock.stories import Story, told

SMALL = {"quota": 3, "quota_seconds": 60}


def use_up(caller: Caller) -> None:
    for _ in range(3):
        assert caller.inventory().status_code == 200


def beyond(look: Callable[[httpx.Response], object], correct: object, faulty: object) -> Story:
    """What is seen of the first call beyond a quota of three."""

    def act(caller: Caller) -> object:
        use_up(caller)
        return look(caller.inventory())

    return told(act, correct, faulty, **SMALL)


def codes_beyond(caller: Caller) -> list[int]:
    use_up(caller)
    return [caller.inventory().status_code for _ in range(3)]


def order_beyond(caller: Caller, clock: ManualClock) -> tuple[int, tuple[int, int, int]]:
    use_up(caller)
    status = caller.up(2).status_code
    clock.advance(60)
    return status, caller.stock()


def delete_beyond(caller: Caller, clock: ManualClock) -> tuple[int, int]:
    caller.up(1)
    caller.new("bob@shop.example.org")
    caller.inventory()
    status = caller.delete("bob@shop.example.org").status_code
    clock.advance(60)
    return status, caller.delete("bob@shop.example.org").status_code


def after_a_window(caller: Caller, clock: ManualClock) -> list[int]:
    use_up(caller)
    beyond = caller.inventory().status_code
    clock.advance(60)
    return [beyond, caller.inventory().status_code]


def used(times: int) -> Callable[[Caller], list[str]]:
    return lambda caller: [caller.inventory().headers["quota-used"] for _ in range(times)]


def used_within_limit(caller: Caller) -> bool:
    headers = [caller.inventory().headers for _ in range(6)][-1]
    return int(headers["quota-used"]) <= int(headers["quota-limit"])


STORIES: dict[str, Story] = {
    "quota-serves-one-too-many": told(codes_beyond, [429, 429, 429], [200, 429, 429], **SMALL),
    "quota-counted-and-never-enforced": told(codes_beyond, [429, 429, 429], [200, 200, 200], **SMALL),
    "account-beyond-its-quota-is-locked-out": Story(after_a_window, [429, 200], [429, 429], SMALL),
    "over-quota-refused-but-done": Story(order_beyond, (429, (0, 0, 0)), (429, (2, 0, 2)), SMALL),
    "over-quota-deletes": Story(delete_beyond, (429, 200), (429, 404), SMALL),
    "quota-used-falls": told(used(10), [str(n) for n in range(1, 11)], [*map(str, range(1, 9)), "3", "10"]),
    "quota-used-stands-still": told(used(3), ["1", "2", "3"], ["1", "1", "1"]),
    "quota-used-beyond-the-limit": told(used_within_limit, True, False),
    "quota-used-below-zero": told(used(2), ["1", "2"], ["-1", "-2"]),
    "retry-after-in-words": beyond(lambda answer: answer.headers["retry-after"], "60", "in a minute"),
    "retry-after-below-zero": beyond(lambda answer: answer.headers["retry-after"], "60", "-1"),
    "over-quota-without-body": beyond(lambda answer: answer.content == b"", False, True),
    "over-quota-with-a-bare-null": beyond(lambda answer: answer.json() is None, False, True),
    "over-quota-answered-509": beyond(lambda answer: answer.status_code, 429, 509),
}
