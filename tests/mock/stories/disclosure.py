"""Stories of secrets."""

from collections.abc import Callable

import httpx

from tests.mock.caller import TOKEN, Caller
from tests.mock.stories import Story, told

BOB = "bob@shop.example.org"


def shows(secret: Callable[[Caller], str], ask: Callable[[Caller], httpx.Response]) -> Story:
    """Whether a later answer shows a secret, in its head or in its content."""

    def act(caller: Caller) -> bool:
        word = secret(caller)
        answer = ask(caller)
        return word in answer.text or any(word in value for value in answer.headers.values())

    return told(act, False, True)


def password_of_bob(caller: Caller) -> str:
    caller.up(2)
    password: str = caller.create(BOB).json()["password"]
    return password


def own_token(caller: Caller) -> str:
    return caller.token


def passwords(caller: Caller, count: int) -> int:
    caller.up(count)
    return len({caller.create().json()["password"] for _ in range(count)})


def password_after_recreation(caller: Caller) -> bool:
    password = password_of_bob(caller)
    caller.delete(BOB)
    return bool(caller.create(BOB).json()["password"] == password)


def bad_grant_type(caller: Caller) -> httpx.Response:
    form = {"client_id": "acme", "client_secret": "acme-secret"}
    return caller.http.post(TOKEN, params={"grant_type": "password"}, data=form)


STORIES: dict[str, Story] = {
    "password-in-the-answer-to-a-deletion": shows(password_of_bob, lambda caller: caller.delete(BOB)),
    "passwords-in-the-inventory": shows(password_of_bob, Caller.inventory),
    "password-in-the-refusal-of-a-taken-identity": shows(password_of_bob, lambda caller: caller.create(BOB)),
    "password-in-the-next-answer": shows(password_of_bob, Caller.inventory),
    "token-in-the-refusal": shows(own_token, lambda caller: caller.delete("nobody@shop.example.org")),
    "client-secret-in-the-token-answer": shows(lambda _: "acme-secret", Caller.mint),
    "client-secret-in-token-refusals": shows(lambda _: "acme-secret", bad_grant_type),
    "stack-trace-in-the-refusal": shows(lambda _: "Traceback", lambda caller: caller.order("increment", 0)),
    "one-password-for-all": told(lambda caller: passwords(caller, 5), 5, 1),
    "passwords-come-in-pairs": told(lambda caller: passwords(caller, 6), 6, 3),
    "recreated-identity-gets-its-old-password": told(password_after_recreation, False, True),
    "passwords-repeat-after-ten": told(lambda caller: passwords(caller, 12), 12, 10),
}
