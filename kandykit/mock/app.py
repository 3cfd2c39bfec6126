"""The mock as one ASGI application: it puts the parts together and carries bytes in and answers out.

It is plain ASGI on purpose. Routing has to see the path undecoded, and every millisecond here is paid on each call of
every run.
"""

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from starlette.types import Receive, Scope, Send

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.answers import Answer, Answers
from kandykit.mock.call import Call
from kandykit.mock.dialects import STRANGERS
from kandykit.mock.dialects.hearing import hear
from kandykit.mock.dialects.saying import say
from kandykit.mock.gateway import Gateway
from kandykit.mock.oauth import TokenEndpoint
from kandykit.mock.operations import Operations
from kandykit.mock.quota import Quota
from kandykit.mock.schemas import Schemas
from kandykit.mock.settings import PRODUCT, Settings
from kandykit.mock.store import Store, rfc3339
from kandykit.mock.tokens import Tokens

LARGEST_BODY = 1 << 20


class Mock:
    """One server with its own accounts. Its parts are attributes, and each of their methods is a seam."""

    def __init__(self, settings: Settings | None = None, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings = settings or Settings()
        self.clock = clock
        self.dialect = STRANGERS[settings.dialect] if settings.dialect else None
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.accounts = {client: Account(client, settings.limit) for client in settings.secrets}
        self.answers = Answers()
        self.tokens = Tokens(self.accounts, settings.secrets, clock, settings.token_life)
        self.token_endpoint = TokenEndpoint(self.tokens)
        self.quota = Quota(clock, settings.quota, settings.quota_seconds)
        self.store = Store(clock, settings.fulfil_after)
        self.schemas = Schemas()
        self.operations = Operations(self.store, self.schemas)
        self.gateway = Gateway(self.answers, self.tokens, self.token_endpoint, self.quota, self.store, self.operations)
        self.delivery = Delivery(clock)
        self.furnish(settings.initial_total, settings.initial_subscribers)

    @property
    def first_account(self) -> Account:
        """The account that a run works on."""
        return next(iter(self.accounts.values()))

    def furnish(self, products: int, subscribers: int) -> None:
        """Put products and subscribers of others on the first account, as if they had been there for long."""
        account = self.first_account
        account.total += products
        for _ in range(subscribers):
            identity, password = self.store.new_identity(account), self.store.new_password()
            account.subscribers[identity] = Subscriber(identity, password, PRODUCT, rfc3339(self.clock()))
            account.used += 1

    def agree_on(self, limit: int) -> None:
        """Set the agreed limit of every account that has none."""
        for account in self.accounts.values():
            account.limit = limit if account.limit is None else account.limit

    def take_time(self, seconds: float) -> None:
        """Fulfil orders so much later, unless a time was set already."""
        if self.store.fulfil_after is None:
            self.store.fulfil_after = seconds

    def ration(self, calls: int, seconds: float) -> None:
        """Make the quota small and its window short, unless it is small already."""
        if self.quota.limit > calls:
            self.quota.set(calls, seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP call."""
        if scope["type"] != "http":
            return
        call = Call.of(scope)
        if b"content-length" in call.headers or b"transfer-encoding" in call.headers:
            complete = await read_body(call, receive)
            if not complete:
                return
        if self.dialect is not None:
            call = hear(self.dialect, call)
        try:
            answer = await self.gateway.answer(call)
        except Exception:
            # A defect of the mock itself. It must not look like an answer of the API, so it is said aloud.
            traceback.print_exc(file=sys.stderr)
            answer = self.answers.error(500, "The mock itself failed.")
        if self.dialect is not None:
            say(self.dialect, call, answer)
        await self.delivery.deliver(call, answer, scope, send)


async def read_body(call: Call, receive: Receive) -> bool:
    """Read the request body; false when the caller went away before its end, and nothing may be done for him.

    A body that is too large is read to its end and dropped, so that the caller gets to see the answer.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return False
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            call.oversized = True
            body.clear()
        if not message.get("more_body", False):
            call.body = bytes(body)
            return True


class Delivery:
    """Writes answers out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.second = 0
        self.written_second = b""

    def date(self) -> bytes | None:
        """The time of the answer, written anew once a second."""
        second = int(self.clock())
        if second != self.second:
            self.second, self.written_second = second, formatdate(second, usegmt=True).encode()
        return self.written_second

    def wire_headers(self, answer: Answer, body: bytes) -> list[tuple[bytes, bytes]]:
        """The headers as they are sent."""
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        date = self.date()
        if date is not None:
            headers.append((b"date", date))
        if body and "content-type" not in answer.headers:
            headers.append((b"content-type", b"application/json"))
        if answer.status != 204:
            headers.append((b"content-length", str(len(body)).encode()))
        return headers

    async def deliver(self, call: Call, answer: Answer, scope: Scope, send: Send) -> None:  # noqa: ARG002
        """Send head and body; the server leaves the body of a HEAD away."""
        body = answer.body()
        await send({"type": "http.response.start", "status": answer.status, "headers": self.wire_headers(answer, body)})
        await send({"type": "http.response.body", "body": body})
