"""The tools with which the entries of both catalogues bend a mock."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Scope, Send

from kandykit.mock.answers import REASONS, Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.call import Call
from kandykit.mock.settings import BASE_PATH
from kandykit.mock.tokens import Token
from kandykit.mock.wire import TRANSPORT

Change = Callable[[Call, Answer], Any]


def bend(owner: object, seam: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace one method of one part of one mock; `around` is given what was there before."""
    setattr(owner, seam, around(getattr(owner, seam)))


def before(owner: object, seam: str, act: Callable[..., None]) -> None:
    """Do something with the arguments of a method before it works."""

    def around(method: Callable[..., Any]) -> Callable[..., Any]:
        def preceded(*arguments: Any) -> Any:
            act(*arguments)
            return method(*arguments)

        return preceded

    bend(owner, seam, around)


def after(owner: object, seam: str, act: Callable[..., None]) -> None:
    """Do something with the arguments of a method after it has worked."""

    def around(method: Callable[..., Any]) -> Callable[..., Any]:
        def followed(*arguments: Any) -> Any:
            result = method(*arguments)
            act(*arguments)
            return result

        return followed

    bend(owner, seam, around)


def alter(mock: Mock, change: Change) -> None:
    """Let `change` work on every answer just before it leaves."""

    def around(answer: Callable[[Call], Awaitable[Answer]]) -> Callable[[Call], Awaitable[Answer]]:
        async def altered(call: Call) -> Answer:
            made = await answer(call)
            change(call, made)
            return made

        return altered

    bend(mock.gateway, "answer", around)


def alter_success(mock: Mock, method: str, resource: str, change: Callable[[Answer], Any]) -> None:
    """Let `change` work on every answer of 2xx to this method on this resource."""

    def changed(call: Call, answer: Answer) -> None:
        if call.at(method, resource) and answer.status < 300:
            change(answer)

    alter(mock, changed)


def alter_error(mock: Mock, change: Callable[[Answer], Any], *codes: int) -> None:
    """Let `change` work on every error of these codes below the base path."""

    def changed(call: Call, answer: Answer) -> None:
        if answer.status in codes and call.path.startswith(BASE_PATH):
            change(answer)

    alter(mock, changed)


def recode(answer: Answer, code: int) -> None:
    """Give an error another code, in its head and in its body."""
    answer.status = code
    answer.content |= {"status": str(code), "name": REASONS.get(code, "Refused")}


def alter_refusal(mock: Mock, when: Callable[[Call, Refused], bool], change: Change) -> None:
    """Let `change` work on the refusals for which `when` is true."""

    def around(refusal: Callable[[Call, Refused], Answer]) -> Callable[[Call, Refused], Answer]:
        def refused(call: Call, why: Refused) -> Answer:
            answer = refusal(call, why)
            if when(call, why):
                change(call, answer)
            return answer

        return refused

    bend(mock.gateway, "refusal", around)


def refuse_with(mock: Mock, cause: Cause, code: int) -> None:
    """Answer one cause of refusal with another code."""
    alter_refusal(mock, lambda _call, why: why.cause is cause, lambda _call, answer: recode(answer, code))


def alter_token(mock: Mock, change: Callable[[Token, Answer], Any]) -> None:
    """Let `change` work on every answer that brings a token."""

    def around(minted: Callable[[Token], Answer]) -> Callable[[Token], Answer]:
        def answered(token: Token) -> Answer:
            answer = minted(token)
            change(token, answer)
            return answer

        return answered

    bend(mock.token_endpoint, "minted", around)


def alter_delivery(
    mock: Mock, when: Callable[[Call, Answer], bool], deliver: Callable[[Answer, Scope], Awaitable[bool]]
) -> None:
    """Send an answer in another way; where `deliver` gives false the ordinary way follows."""

    def around(ordinary: Any) -> Any:
        async def delivering(call: Call, answer: Answer, scope: Scope, send: Send) -> None:
            # The slow parser, which serves methods that nobody has heard of, gives no way to the bare connection.
            bare = TRANSPORT in scope.get("extensions", {})
            if not bare or not when(call, answer) or not await deliver(answer, scope):
                await ordinary(call, answer, scope, send)

        return delivering

    bend(mock.delivery, "deliver", around)


def write_bare(mock: Mock, answer: Answer, scope: Scope, body: bytes, length: int | None = None) -> None:
    """Write an answer that no honest server would: any content, any length. Then the connection ends."""
    headers = [pair for pair in mock.delivery.wire_headers(answer, body) if pair[0] != b"content-length"]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    lines = [b"HTTP/1.1 %d %s" % (answer.status, REASONS.get(answer.status, "OK").encode())]
    lines += [name + b": " + value for name, value in headers]
    scope["extensions"][TRANSPORT]["bare"].write_last(b"\r\n".join([*lines, b"", body]))


def cut(scope: Scope) -> None:
    """Break the connection off."""
    scope["extensions"][TRANSPORT]["bare"].abort()
