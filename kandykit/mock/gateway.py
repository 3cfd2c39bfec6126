"""The gateway in front of the operations: paths, tokens, quota, methods, cross-origin rules, headers.

A call passes in this order: base path, preflight, token, quota, path, method, operation.
"""

from kandykit.mock.accounts import Account
from kandykit.mock.answers import Answer, Answers, Cause, Refused
from kandykit.mock.call import Call, decode
from kandykit.mock.oauth import TokenEndpoint
from kandykit.mock.operations import Operations
from kandykit.mock.quota import Quota
from kandykit.mock.settings import BASE_PATH, TOKEN_PATH
from kandykit.mock.store import Store
from kandykit.mock.tokens import Tokens

METHODS = {
    "order": ("GET", "HEAD", "POST"),
    "inventory": ("GET", "HEAD"),
    "subscriber": ("POST",),
    "subscriber/{identity}": ("DELETE",),
}
EVERY_METHOD = ("GET", "HEAD", "POST", "DELETE")


class Gateway:
    """Takes a call, gives the answer."""

    def __init__(
        self,
        answers: Answers,
        tokens: Tokens,
        token_endpoint: TokenEndpoint,
        quota: Quota,
        store: Store,
        operations: Operations,
    ) -> None:
        self.answers = answers
        self.tokens = tokens
        self.token_endpoint = token_endpoint
        self.quota = quota
        self.store = store
        self.operations = operations

    async def answer(self, call: Call) -> Answer:
        """The answer to any call at all."""
        if call.path == TOKEN_PATH:
            return self.token_endpoint.answer(call)
        if call.path != BASE_PATH and not call.path.startswith(BASE_PATH + "/"):
            return self.answers.error(404, "There is no API at this address.")
        answer = self.preflight(call) if self.is_preflight(call) else await self.behind_the_token(call)
        answer.headers |= self.answers.standing_headers() | self.cross_origin(call)
        return answer

    async def behind_the_token(self, call: Call) -> Answer:
        """The answer to a call that needs a token."""
        try:
            account = self.authenticate(call)
        except Refused as refusal:
            return self.refusal(call, refusal)
        try:
            self.within_quota(account, call)
            self.store.settle(account)
            answer = await self.operate(account, call)
        except Refused as refusal:
            answer = self.refusal(call, refusal)
        answer.headers |= self.quota.headers(account)
        return answer

    def refusal(self, call: Call, refusal: Refused) -> Answer:  # noqa: ARG002
        """A refusal on the wire."""
        return self.answers.error(refusal.status, refusal.message, refusal.headers)

    # Tokens.

    def authenticate(self, call: Call) -> Account:
        """The account whose live token the call carries."""
        word = self.bearer(call)
        if word is None:
            raise self.not_authenticated("oauth.v2.InvalidAccessToken", "Invalid access token")
        token = self.tokens.find(word)
        if token is None:
            raise self.not_authenticated("keymanagement.service.invalid_access_token", "Invalid Access Token")
        if not self.tokens.live(token):
            raise self.not_authenticated("keymanagement.service.access_token_expired", "Access Token expired")
        return token.account

    def not_authenticated(self, code: str, text: str) -> Refused:
        """The refusal of a call without a good token."""
        return Refused(Cause.TOKEN, text, self.answers.challenge(code, text))

    def bearer(self, call: Call) -> str | None:
        """The word after the scheme, whose name may be written in any case."""
        scheme, _, word = (call.header("authorization") or "").strip().partition(" ")
        return word.strip() or None if scheme.lower() == "bearer" else None

    # Quota.

    def within_quota(self, account: Account, call: Call) -> None:  # noqa: ARG002
        """Count the call, or turn it away."""
        if not self.quota.spend(account):
            raise Refused(
                Cause.QUOTA,
                "The call quota of this window is used up.",
                {"retry-after": str(self.quota.retry_after(account))},
            )

    # Paths and methods.

    def route(self, call: Call) -> tuple[str, str | None]:
        """Which resource a path names, and the identity in it."""
        segments = call.path[len(BASE_PATH) + 1 :].split("/")
        name = decode(segments[0].encode("latin-1"))
        if len(segments) == 1 and name in ("order", "inventory", "subscriber"):
            return name, None
        if len(segments) == 2 and name == "subscriber" and segments[1]:
            return "subscriber/{identity}", decode(segments[1].encode("latin-1"))
        raise Refused(Cause.UNKNOWN_PATH, "There is nothing at this address.")

    async def operate(self, account: Account, call: Call) -> Answer:
        """Let the operation of this path and method answer."""
        resource, identity = self.route(call)
        match resource, call.method:
            case "order", "GET" | "HEAD":
                return await self.operations.read_orders(account, call)
            case "order", "POST":
                return await self.operations.place_order(account, call)
            case "inventory", "GET" | "HEAD":
                return await self.operations.read_inventory(account, call)
            case "subscriber", "POST":
                return await self.operations.create_subscriber(account, call)
            case "subscriber/{identity}", "DELETE":
                return await self.operations.delete_subscriber(account, call, identity)
        return self.wrong_method(account, call, resource)

    def wrong_method(self, account: Account, call: Call, resource: str) -> Answer:  # noqa: ARG002
        """The refusal of a method that the resource does not have."""
        raise Refused(Cause.METHOD, "The resource does not take this method.", {"allow": self.allow(resource)})

    def allow(self, resource: str) -> str:
        """The methods of a resource."""
        return ", ".join(METHODS[resource])

    # Cross-origin calls.

    def is_preflight(self, call: Call) -> bool:
        """Whether a browser asks beforehand, which it does without a token."""
        return bool(call.method == "OPTIONS" and call.header("origin") and call.header("access-control-request-method"))

    def preflight(self, call: Call) -> Answer:
        """What a browser may send from another origin."""
        try:
            methods = METHODS[self.route(call)[0]]
        except Refused:
            methods = EVERY_METHOD
        return Answer(
            200,
            None,
            {
                "access-control-allow-methods": ", ".join((*methods, "OPTIONS")),
                "access-control-allow-headers": "authorization, content-type, accept, api-version",
                "access-control-max-age": "3600",
            },
        )

    def cross_origin(self, call: Call) -> dict[str, str]:
        """The headers that let a page of another origin read the answer."""
        origin = call.header("origin")
        if not origin:
            return {"vary": "Origin"}
        return {
            "vary": "Origin",
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
        }
