"""Stories of tokens."""

from collections.abc import Callable
from typing import Any

import httpx

from kandykit.counterfeit import unsigned
from tests.mock.caller import PRODUCT, TOKEN, Caller, ManualClock
from tests.mock.stories import Story, told
from tests.mock.stories.status import Ask, code, header, seen

QUERY = {"grant_type": "client_credentials"}
FORM = {"client_id": "acme", "client_secret": "acme-secret"}
ORDER = {"product_name": PRODUCT, "order_type": "increment", "quantity": 1}


def with_header(method: str, path: str, value: str | None, **rest: Any) -> Ask:
    """A call with this Authorization; {token} stands for a live one."""

    def ask(caller: Caller) -> httpx.Response:
        token = caller.token
        words = value and value.format(token=token, start=token[:12] + "x" * 16, swapped=token.swapcase())
        return caller.call(method, path, {"authorization": words}, **rest)

    return ask


NO_TOKEN = with_header("GET", "/inventory", None)
BAD_TOKEN = with_header("GET", "/inventory", "Bearer nobody-knows-this-one")


def refused_but(act: Callable[[Caller], httpx.Response]) -> Callable[[Caller], tuple[int, tuple[int, int, int]]]:
    """What an account of three products and one subscriber looks like after a refused call."""

    def play(caller: Caller) -> tuple[int, tuple[int, int, int]]:
        caller.up(3)
        caller.new("bob@shop.example.org")
        return act(caller).status_code, caller.stock()

    return play


def delete_without_token(caller: Caller) -> int:
    caller.up(1)
    caller.new("bob@shop.example.org")
    return caller.call("DELETE", "/subscriber/bob%40shop.example.org", {"authorization": None}).status_code


def asked(correct: object, faulty: object, look: Callable[[httpx.Response], object] = code, **changes: Any) -> Story:
    """What the token endpoint says to changed credentials."""
    return told(lambda caller: look(caller.mint(**changes)), correct, faulty)


def token_request(method: str, correct: object, faulty: object, **rest: Any) -> Story:
    return told(lambda caller: caller.http.request(method, TOKEN, **rest).status_code, correct, faulty)


def member(name: str) -> Callable[[httpx.Response], object]:
    return lambda answer: answer.json().get(name)


def expired(method: str, path: str, correct: object, faulty: object, **rest: Any) -> Story:
    """Whether a token serves after the time that it was promised."""

    def act(caller: Caller, clock: ManualClock) -> int:
        caller.up(2)
        life = int(caller.mint().json()["expires_in"])
        clock.advance(life + 1)
        return caller.call(method, path, **rest).status_code

    return Story(act, correct, faulty)


def at_two_thirds(caller: Caller, clock: ManualClock) -> int:
    answer = caller.mint()
    caller._token = answer.json()["access_token"]
    clock.advance(int(answer.json()["expires_in"]) * 2 / 3)
    return caller.inventory().status_code


def first_after(mints: int) -> Callable[[Caller], int]:
    """Whether a first token still serves after so many more."""

    def act(caller: Caller) -> int:
        assert caller.token
        for _ in range(mints):
            caller.mint()
        return caller.inventory().status_code

    return act


def by_basic(secret: str) -> Callable[[Caller], int]:
    """Ask for a token with a secret that stands in the header."""

    def act(caller: Caller) -> int:
        query = {"grant_type": "client_credentials"}
        form = {"content-type": "application/x-www-form-urlencoded"}
        return caller.http.post(TOKEN, params=query, auth=(caller.client_id, secret), headers=form).status_code

    return act


def deleted_with_another_token(caller: Caller) -> tuple[int, tuple[int, int, int]]:
    caller.up(1)
    identity = caller.new()
    return caller.as_client(caller.client_id).delete(identity).status_code, caller.stock()


def refresh_tokens(caller: Caller) -> list[bool]:
    return ["refresh_token" in caller.mint().json() for _ in range(2)]


STORIES: dict[str, Story] = {
    "inventory-without-token": seen(NO_TOKEN, code, 401, 200),
    "asking-like-a-preflight-needs-no-token": told(
        lambda caller: (
            caller.call(
                "GET", "/inventory", {"authorization": None, "access-control-request-method": "GET"}
            ).status_code
        ),
        401,
        200,
    ),
    "slash-behind-the-path-needs-no-token": seen(with_header("GET", "/inventory/", None), code, 401, 200),
    "any-token-will-do": seen(BAD_TOKEN, code, 401, 200),
    "deletion-without-token": told(delete_without_token, 401, 200),
    "head-without-token": seen(with_header("HEAD", "/inventory", None), code, 401, 200),
    "another-scheme-is-accepted": seen(with_header("GET", "/inventory", "Basic {token}"), code, 401, 200),
    "start-of-a-token-is-enough": seen(with_header("GET", "/inventory", "Bearer {start}"), code, 401, 200),
    "token-in-any-letter-case": seen(with_header("GET", "/inventory", "Bearer {swapped}"), code, 401, 200),
    "client-id-serves-as-token": seen(with_header("GET", "/inventory", "Bearer acme"), code, 401, 200),
    "token-that-names-its-client-needs-no-signature": seen(
        with_header("GET", "/inventory", f"Bearer {unsigned('acme')}"), code, 401, 200
    ),
    "long-token-is-not-looked-up": seen(with_header("GET", "/inventory", f"Bearer {'x' * 101}"), code, 401, 200),
    "expired-token-still-reads": expired("GET", "/inventory", 401, 200),
    "expired-token-still-writes": expired("POST", "/subscriber", 401, 201, json={"product_name": PRODUCT}),
    # Refused, and carried out.
    "order-without-token-is-refused-and-acts": told(
        refused_but(with_header("POST", "/order", None, json=ORDER)), (401, (3, 1, 2)), (401, (4, 1, 3))
    ),
    "deletion-with-bad-token-is-refused-and-acts": told(
        refused_but(with_header("DELETE", "/subscriber/bob%40shop.example.org", "Bearer nobody-knows-this")),
        (401, (3, 1, 2)),
        (401, (3, 0, 3)),
    ),
    # What a refusal says.
    "no-token-no-challenge": seen(NO_TOKEN, lambda answer: "www-authenticate" in answer.headers, True, False),
    "challenge-names-basic": seen(
        NO_TOKEN, lambda answer: answer.headers["www-authenticate"].split()[0], "Bearer", "Basic"
    ),
    "no-token-is-403": seen(NO_TOKEN, code, 401, 403),
    "bad-token-is-403": seen(BAD_TOKEN, code, 401, 403),
    "bad-token-is-an-invalid-request": seen(
        BAD_TOKEN,
        lambda answer: answer.headers["www-authenticate"].split('error="')[1].split('"')[0],
        "invalid_token",
        "invalid_request",
    ),
    "bearer-in-lower-case-refused": seen(with_header("GET", "/inventory", "bearer {token}"), code, 200, 401),
    "bearer-in-upper-case-refused": seen(with_header("GET", "/inventory", "BEARER {token}"), code, 200, 401),
    # The token endpoint.
    "token-by-get": token_request("GET", 405, 200, params=QUERY | FORM),
    "token-by-put": token_request("PUT", 405, 200, params=QUERY, data=FORM),
    "wrong-secret-gets-a-token": asked(401, 200, client_secret="wrong"),
    "space-after-the-secret-is-ignored": asked(401, 200, client_secret="acme-secret "),
    "any-secret-will-do-by-basic": told(by_basic("wrong"), 400, 200),
    "subscriber-belongs-to-its-token": told(deleted_with_another_token, (200, (1, 0, 1)), (404, (1, 1, 0))),
    "start-of-the-secret-is-enough": asked(401, 200, client_secret="acme-secret-and-more"),
    "secret-of-any-client-will-do": asked(401, 200, client_secret="globex-secret"),
    "secret-in-any-letter-case": asked(401, 200, client_secret="ACME-SECRET"),
    "missing-secret-gets-a-token": asked(400, 200, client_secret=None),
    "token-type-is-mac": asked("Bearer", "mac", member("token_type")),
    "token-type-missing": asked("Bearer", None, member("token_type")),
    "token-life-in-words": asked("3599", "one hour", member("expires_in")),
    "token-life-with-unit": asked("3599", "3599s", member("expires_in")),
    "token-may-be-cached": asked("no-store", None, header("cache-control")),
    "token-cached-for-five-minutes": asked("no-store", "public, max-age=300", header("cache-control")),
    "refresh-token-given": told(refresh_tokens, [False, False], [True, True]),
    "refresh-token-given-with-the-second": told(refresh_tokens, [False, False], [False, True]),
    "wrong-secret-is-403": asked(401, 403, client_secret="wrong"),
    "wrong-secret-crashes": asked(401, 500, client_secret="wrong"),
    "wrong-secret-is-an-invalid-grant": asked(
        "invalid_client", "invalid_grant", member("ErrorCode"), client_secret="wrong"
    ),
    "any-grant-type-is-served": token_request("POST", 400, 200, params={"grant_type": "password"}, data=FORM),
    "missing-grant-type-crashes": token_request("POST", 400, 500, data=FORM),
    "new-token-ends-the-old-one": told(first_after(1), 200, 401),
    "fifth-token-ends-the-first": told(
        lambda caller: (first_after(3)(caller), first_after(1)(caller)), (200, 200), (200, 401)
    ),
    "token-ends-at-half-its-life": Story(at_two_thirds, 200, 401),
}
