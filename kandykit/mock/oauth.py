"""The token endpoint: client credentials in a form, an opaque token back."""

from kandykit.mock.answers import HSTS, Answer
from kandykit.mock.call import Call, form
from kandykit.mock.tokens import Token, Tokens

FORM = "application/x-www-form-urlencoded"


class TokenRefused(Exception):
    """Raised when a token request is not served."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


class TokenEndpoint:
    """`POST /oauth/client_credential/accesstoken`."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def answer(self, call: Call) -> Answer:
        """Mint a token, or say in two members why not."""
        try:
            answer = self.served(call)
        except TokenRefused as refusal:
            answer = self.refusal(refusal)
        answer.headers |= self.headers()
        return answer

    def headers(self) -> dict[str, str]:
        """A token must not be kept by any cache."""
        return {"cache-control": "no-store", "pragma": "no-cache", "strict-transport-security": HSTS}

    def served(self, call: Call) -> Answer:
        """The way to a token."""
        self.method(call)
        parameters = self.parameters(call)
        self.grant_type(call, parameters)
        for name in ("client_id", "client_secret"):
            if not parameters.get(name):
                raise TokenRefused(400, "invalid_request", f"The request is missing a required parameter : {name}")
        account = self.tokens.client(parameters["client_id"], parameters["client_secret"])
        if account is None:
            raise TokenRefused(401, "invalid_client", "ClientId is Invalid")
        return self.minted(self.tokens.mint(account))

    def method(self, call: Call) -> None:
        """Tokens are posted for."""
        if call.method != "POST":
            raise TokenRefused(405, "method_not_allowed", "The token endpoint takes POST only")

    def parameters(self, call: Call) -> dict[str, str]:
        """The form body, each parameter once."""
        pairs = form(call.body) if call.media_type()[0] == FORM and not call.oversized else None
        if pairs is None or len(dict(pairs)) != len(pairs):
            raise TokenRefused(400, "invalid_request", "The request body must be a well-formed form")
        return dict(pairs)

    def grant_type(self, call: Call, parameters: dict[str, str]) -> None:
        """The grant type stands in the query, or in the form; where it stands in both they agree."""
        query = form(call.query)
        if query is None:
            raise TokenRefused(400, "invalid_request", "The query is malformed")
        named = {value for name, value in query if name == "grant_type"}
        if "grant_type" in parameters:
            named.add(parameters["grant_type"])
        if not named or "" in named or len(named) > 1:
            raise TokenRefused(400, "invalid_request", "The request is missing a required parameter : grant_type")
        if named != {"client_credentials"}:
            raise TokenRefused(400, "unsupported_grant_type", "The grant type is not supported")

    def refusal(self, refusal: TokenRefused) -> Answer:
        """An error in the two-member form."""
        headers = {}
        if refusal.status == 401:
            headers["www-authenticate"] = 'Bearer realm="null",error="invalid_client"'
        if refusal.status == 405:
            headers["allow"] = "POST"
        return Answer(refusal.status, {"ErrorCode": refusal.code, "Error": refusal.text}, headers)

    def minted(self, token: Token) -> Answer:
        """A fresh token; every value is a string, numbers too."""
        return Answer(
            200,
            {
                "access_token": token.word,
                "token_type": "Bearer",
                "expires_in": str(int(token.expires_at - token.issued_at)),
                "issued_at": str(int(token.issued_at * 1000)),
                "client_id": token.account.client_id,
                "application_name": f"{token.account.client_id}-webrtc",
                "organization_name": "kandykit-mock",
                "api_product_list": "[kandy-webrtc]",
                "scope": "",
                "refresh_token_expires_in": "0",
                "refresh_count": "0",
                "status": "approved",
            },
        )
