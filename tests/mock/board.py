"""Lets the mock behind the one test server change from test to test."""

from starlette.types import Receive, Scope, Send

from kandykit.mock.app import Mock


class Switchboard:
    """An application that passes each call on to the mock of the running test."""

    mock: Mock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.mock(scope, receive, send)
