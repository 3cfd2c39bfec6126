"""Tokens that are too easy to get, too hard to use, or not needed; refusals that do not say what they must."""

import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, alter, alter_refusal, alter_token, before, bend, recode
from kandykit.mock.call import Call, form
from kandykit.mock.catalogue import Faults
from kandykit.mock.oauth import TokenRefused
from kandykit.mock.settings import TOKEN_PATH
from kandykit.mock.tokens import Token

authentication = Faults("authentication")

SHORT_LIFE = 6.0


def let_through(mock: Mock, when: Any) -> None:
    """Serve calls without a good token as the first account's, where `when` says so."""

    def around(authenticate: Any) -> Any:
        def authenticated(call: Call) -> Account:
            try:
                account: Account = authenticate(call)
            except Refused:
                if when(call):
                    return mock.first_account
                raise
            return account

        return authenticated

    bend(mock.gateway, "authenticate", around)


def token_refusal(mock: Mock, code: str, change: Any) -> None:
    """Change the refusals of the token endpoint that have this error code."""

    def around(refusal: Any) -> Any:
        def refused(why: TokenRefused) -> Answer:
            answer: Answer = refusal(why)
            if why.code == code:
                change(answer)
            return answer

        return refused

    bend(mock.token_endpoint, "refusal", around)


# No token needed, or any will do.


@authentication.breaks("R6", "B1")
def inventory_without_token(mock: Mock) -> None:
    """The inventory can be read without any token."""
    let_through(mock, lambda call: call.at("GET", "inventory") and call.header("authorization") is None)


@authentication.breaks("R6")
def asking_like_a_preflight_needs_no_token(mock: Mock) -> None:
    """A call that names the method it is about to use, as a preflight does, is let through whatever its own method."""
    let_through(
        mock, lambda call: call.header("access-control-request-method") and call.header("authorization") is None
    )


@authentication.breaks("R6")
def slash_behind_the_path_needs_no_token(mock: Mock) -> None:
    """The list of paths that need a token has them without a slash behind, and the operations are found with one."""
    let_through(mock, lambda call: call.path.endswith("/") and call.header("authorization") is None)

    def around(route: Any) -> Any:
        return lambda call: route(replace(call, path=call.path.rstrip("/")))

    bend(mock.gateway, "route", around)


@authentication.breaks("R6")
def any_token_will_do(mock: Mock) -> None:
    """Any word after Bearer is taken for a token."""
    let_through(
        mock, lambda call: mock.gateway.bearer(call) is not None and mock.tokens.find(bearer(mock, call)) is None
    )


@authentication.breaks("R6")
def deletion_without_token(mock: Mock) -> None:
    """A subscriber can be deleted without any token."""
    let_through(mock, lambda call: call.at("DELETE", "subscriber/") and call.header("authorization") is None)


@authentication.breaks("R6", "B1")
def head_without_token(mock: Mock) -> None:
    """HEAD is served without any token."""
    let_through(mock, lambda call: call.method == "HEAD" and call.header("authorization") is None)


@authentication.breaks("R6")
def another_scheme_is_accepted(mock: Mock) -> None:
    """A live token is accepted under any scheme, Basic too."""

    def bearer_of_any_scheme(call: Call) -> str | None:
        return (call.header("authorization") or "").partition(" ")[2].strip() or None

    bend(mock.gateway, "bearer", lambda _: bearer_of_any_scheme)


@authentication.breaks("R6")
def start_of_a_token_is_enough(mock: Mock) -> None:
    """Only the first twelve characters of a token are compared."""

    def find(word: str) -> Token | None:
        return next((token for known, token in mock.tokens.minted.items() if known[:12] == word[:12]), None)

    bend(mock.tokens, "find", lambda _: find)


@authentication.breaks("R6", depth="standard")
def token_in_any_letter_case(mock: Mock) -> None:
    """A token is compared without regard to letter case."""

    def find(word: str) -> Token | None:
        return next((token for known, token in mock.tokens.minted.items() if known.lower() == word.lower()), None)

    bend(mock.tokens, "find", lambda _: find)


@authentication.breaks("R6")
def client_id_serves_as_token(mock: Mock) -> None:
    """The client id after Bearer is served like a token."""
    let_through(mock, lambda call: mock.gateway.bearer(call) in mock.accounts)


@authentication.breaks("R6")
def token_that_names_its_client_needs_no_signature(mock: Mock) -> None:
    """What names a client in the form of a signed token is believed without a signature."""

    def named(call: Call) -> bool:
        part = (mock.gateway.bearer(call) or "").split(".")[1:2]
        try:
            claims = json.loads(urlsafe_b64decode(f"{''.join(part)}=="))
        except ValueError:
            return False
        return isinstance(claims, dict) and claims.get("sub") in mock.accounts

    let_through(mock, named)


@authentication.breaks("R6")
def long_token_is_not_looked_up(mock: Mock) -> None:
    """A token of more than a hundred characters is served without a look at it."""
    let_through(mock, lambda call: len(mock.gateway.bearer(call) or "") > 100)


@authentication.breaks("R6", depth="standard")
def expired_token_still_reads(mock: Mock) -> None:
    """A token that has run out, which takes some seconds here, can still be used to read."""
    shorten(mock)
    let_through(mock, lambda call: call.method == "GET" and mock.tokens.find(bearer(mock, call)) is not None)


@authentication.breaks("R6", depth="standard")
def expired_token_still_writes(mock: Mock) -> None:
    """A token that has run out, which takes some seconds here, can still be used to create subscribers."""
    shorten(mock)
    let_through(mock, lambda call: call.at("POST", "subscriber") and mock.tokens.find(bearer(mock, call)) is not None)


# Refused, and carried out.


@authentication.breaks("B6", "L4")
def order_without_token_is_refused_and_acts(mock: Mock) -> None:
    """An order without a token is refused with 401, and adds its products to the first account."""

    def around(authenticate: Any) -> Any:
        def authenticated(call: Call) -> Account:
            try:
                account: Account = authenticate(call)
            except Refused:
                if call.at("POST", "order") and call.header("authorization") is None:
                    kind, quantity = mock.schemas.order(call)
                    if mock.store.fits(mock.first_account, kind, quantity):
                        mock.store.change_total(mock.first_account, quantity if kind == "increment" else -quantity)
                raise
            return account

        return authenticated

    bend(mock.gateway, "authenticate", around)


@authentication.breaks("B6", "L4")
def deletion_with_bad_token_is_refused_and_acts(mock: Mock) -> None:
    """A deletion with a token that nobody knows is refused with 401, and the subscriber is gone."""

    def around(authenticate: Any) -> Any:
        def authenticated(call: Call) -> Account:
            try:
                account: Account = authenticate(call)
            except Refused:
                if call.at("DELETE", "subscriber/") and mock.gateway.bearer(call) is not None:
                    _, identity = mock.gateway.route(call)
                    subscriber = mock.store.find_subscriber(mock.first_account, identity or "")
                    if subscriber is not None:
                        mock.store.discharge(mock.first_account, subscriber)
                raise
            return account

        return authenticated

    bend(mock.gateway, "authenticate", around)


# What a refusal says.


@authentication.breaks("B1")
def no_token_no_challenge(mock: Mock) -> None:
    """A call without a token gets 401 without WWW-Authenticate."""
    refused_token(mock, given=False, change=lambda answer: answer.headers.pop("www-authenticate"))


@authentication.breaks("B1")
def challenge_names_basic(mock: Mock) -> None:
    """The challenge to a call without a token names the scheme Basic."""
    basic = {"www-authenticate": 'Basic realm="kandy"'}
    refused_token(mock, given=False, change=lambda answer: answer.headers.update(basic))


@authentication.breaks("B1", warns=True)
def no_token_is_403(mock: Mock) -> None:
    """A call without a token is answered with 403."""
    refused_token(mock, given=False, change=lambda answer: recode(answer, 403))


@authentication.breaks("B3")
def bad_token_is_403(mock: Mock) -> None:
    """A token that nobody knows is answered with 403."""
    refused_token(mock, given=True, change=lambda answer: recode(answer, 403))


@authentication.breaks("B3")
def bad_token_is_an_invalid_request(mock: Mock) -> None:
    """The challenge to a token that nobody knows has the error invalid_request."""

    def changed(answer: Answer) -> None:
        answer.headers["www-authenticate"] = answer.headers["www-authenticate"].replace(
            "invalid_token", "invalid_request"
        )

    refused_token(mock, given=True, change=changed)


@authentication.breaks("B5")
def bearer_in_lower_case_refused(mock: Mock) -> None:
    """A live token under bearer, in lower case, is refused."""
    refuse_scheme(mock, "bearer")


@authentication.breaks("B5")
def bearer_in_upper_case_refused(mock: Mock) -> None:
    """A live token under BEARER, in upper case, is refused."""
    refuse_scheme(mock, "BEARER")


# The token endpoint.


@authentication.breaks("T1", "R6")
def token_by_get(mock: Mock) -> None:
    """A token is given for GET, whether the client's secret stands in the query or in the content."""

    def parameters(call: Call) -> Any:
        pairs = (form(call.query) or []) + (form(call.body) or [])
        return {name: value for name, value in pairs if name != "grant_type"}

    bend(mock.token_endpoint, "method", lambda check: lambda call: None if call.method == "GET" else check(call))
    bend(
        mock.token_endpoint,
        "parameters",
        lambda read: lambda call: parameters(call) if call.method == "GET" else read(call),
    )


@authentication.breaks("T1", "R6")
def token_by_put(mock: Mock) -> None:
    """A token is given for PUT as it is for POST."""
    bend(mock.token_endpoint, "method", lambda check: lambda call: None if call.method == "PUT" else check(call))


@authentication.breaks("R6")
def wrong_secret_gets_a_token(mock: Mock) -> None:
    """The secret of a known client is not looked at."""
    bend(mock.tokens, "client", lambda _: lambda client_id, _secret: mock.accounts.get(client_id))


@authentication.breaks("R6", depth="standard")
def start_of_the_secret_is_enough(mock: Mock) -> None:
    """A client secret is accepted with anything after it."""

    def around(client: Any) -> Any:
        def found(client_id: str, secret: str) -> Any:
            expected = mock.tokens.secrets.get(client_id)
            return client(client_id, expected if expected and secret.startswith(expected) else secret)

        return found

    bend(mock.tokens, "client", around)


@authentication.breaks("R6")
def space_after_the_secret_is_ignored(mock: Mock) -> None:
    """A client secret is accepted with spaces behind it."""
    bend(
        mock.tokens,
        "client",
        lambda client: lambda client_id, secret: client(client_id, secret.rstrip(" ")),
    )


@authentication.breaks("R6")
def any_secret_will_do_by_basic(mock: Mock) -> None:
    """The token endpoint takes HTTP Basic as well, and looks at the name there only."""

    def around(parameters: Any) -> Any:
        def given(call: Call) -> dict[str, str]:
            scheme, _, word = (call.header("authorization") or "").partition(" ")
            named = dict(parameters(call))
            if scheme.lower() == "basic":
                client_id = b64decode(word + "==").decode("utf-8", "replace").partition(":")[0]
                named |= {"client_id": client_id, "client_secret": mock.tokens.secrets.get(client_id, "")}
            return named

        return given

    bend(mock.token_endpoint, "parameters", around)


@authentication.breaks("L10", "L5")
def subscriber_belongs_to_its_token(mock: Mock) -> None:
    """A subscriber is found by the token only that created it, and by no later one of the same account."""
    makers: dict[str, str | None] = {}
    using: list[str | None] = [None]

    def around(find: Any) -> Any:
        def found(account: Account, identity: str) -> Any:
            return find(account, identity) if makers.get(identity) == using[0] else None

        return found

    def calling(call: Call) -> None:
        using[0] = mock.gateway.bearer(call)

    def remembering(_account: Account, subscriber: Subscriber) -> None:
        makers[subscriber.identity] = using[0]

    before(mock.gateway, "authenticate", calling)
    after(mock.store, "remember", remembering)
    bend(mock.store, "find_subscriber", around)


@authentication.breaks("R6")
def secret_of_any_client_will_do(mock: Mock) -> None:
    """A token is given to a known client for the secret of any client."""

    def around(client: Any) -> Any:
        def found(client_id: str, secret: str) -> Any:
            known = secret in mock.tokens.secrets.values()
            return client(client_id, mock.tokens.secrets.get(client_id, "") if known else secret)

        return found

    bend(mock.tokens, "client", around)


@authentication.breaks("R6", depth="standard")
def secret_in_any_letter_case(mock: Mock) -> None:
    """A client secret is compared without regard to letter case."""

    def around(client: Any) -> Any:
        def found(client_id: str, secret: str) -> Any:
            expected = mock.tokens.secrets.get(client_id, "")
            return client(client_id, expected if secret.lower() == expected.lower() else secret)

        return found

    bend(mock.tokens, "client", around)


@authentication.breaks("R6", "T6")
def missing_secret_gets_a_token(mock: Mock) -> None:
    """A token request without a secret is served for a known client."""

    def around(parameters: Any) -> Any:
        def completed(call: Call) -> Any:
            given = parameters(call)
            if "client_secret" not in given and given.get("client_id") in mock.accounts:
                given["client_secret"] = mock.tokens.secrets[given["client_id"]]
            return given

        return completed

    bend(mock.token_endpoint, "parameters", around)


@authentication.breaks("T2")
def token_type_is_mac(mock: Mock) -> None:
    """The token answer says that its token is of the type mac."""
    alter_token(mock, lambda _token, answer: answer.content.update(token_type="mac"))


@authentication.breaks("T2")
def token_type_missing(mock: Mock) -> None:
    """The token answer does not say of which type its token is."""
    alter_token(mock, lambda _token, answer: answer.content.pop("token_type"))


@authentication.breaks("T3")
def token_life_in_words(mock: Mock) -> None:
    """The token answer gives the life of its token as one hour."""
    alter_token(mock, lambda _token, answer: answer.content.update(expires_in="one hour"))


@authentication.breaks("T3")
def token_life_with_unit(mock: Mock) -> None:
    """The token answer gives the life of its token with a unit."""
    alter_token(mock, lambda _token, answer: answer.content.update(expires_in=answer.content["expires_in"] + "s"))


@authentication.breaks("T4")
def token_may_be_cached(mock: Mock) -> None:
    """The token answer does not forbid caches to keep it."""

    def around(made: Any) -> Any:
        return lambda: {name: value for name, value in made().items() if name not in ("cache-control", "pragma")}

    bend(mock.token_endpoint, "headers", around)


@authentication.breaks("T4")
def token_cached_for_five_minutes(mock: Mock) -> None:
    """The token answer lets every cache keep it for five minutes."""
    bend(mock.token_endpoint, "headers", lambda made: lambda: made() | {"cache-control": "public, max-age=300"})


@authentication.breaks("T5")
def refresh_token_given(mock: Mock) -> None:
    """The token answer brings a refresh token."""
    alter_token(mock, lambda _token, answer: answer.content.update(refresh_token=mock.tokens.new_word()))


@authentication.breaks("T5")
def refresh_token_given_with_the_second(mock: Mock) -> None:
    """The token answer brings a refresh token from a client's second token on."""
    seen: set[str] = set()

    def changed(_token: Token, answer: Answer) -> None:
        client = answer.content["client_id"]
        if client in seen:
            answer.content["refresh_token"] = mock.tokens.new_word()
        seen.add(client)

    alter_token(mock, changed)


@authentication.breaks("T6")
def wrong_secret_is_403(mock: Mock) -> None:
    """A wrong client is answered with 403 at the token endpoint."""
    token_refusal(mock, "invalid_client", lambda answer: setattr(answer, "status", 403))


@authentication.breaks("T6")
def wrong_secret_crashes(mock: Mock) -> None:
    """A wrong client is answered with a server error at the token endpoint."""
    token_refusal(mock, "invalid_client", lambda answer: setattr(answer, "status", 500))


@authentication.breaks("T6")
def wrong_secret_is_an_invalid_grant(mock: Mock) -> None:
    """A wrong client is told that its grant is invalid."""
    token_refusal(mock, "invalid_client", lambda answer: answer.content.update(ErrorCode="invalid_grant", Error="No."))


@authentication.breaks("T7")
def any_grant_type_is_served(mock: Mock) -> None:
    """A token is given whatever grant type is named."""

    def around(check: Any) -> Any:
        def checking(call: Call, parameters: Any) -> None:
            try:
                check(call, parameters)
            except TokenRefused as refusal:
                if refusal.code != "unsupported_grant_type":
                    raise

        return checking

    bend(mock.token_endpoint, "grant_type", around)


@authentication.breaks("T7")
def missing_grant_type_crashes(mock: Mock) -> None:
    """A token request without a grant type is answered with a server error."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path == TOKEN_PATH and answer.status == 400 and "grant_type" in answer.content["Error"]:
            answer.status = 500

    alter(mock, changed)


@authentication.breaks("T10")
def new_token_ends_the_old_one(mock: Mock) -> None:
    """A client's new token ends its older ones."""

    def around(mint: Any) -> Any:
        def minting(account: Account) -> Token:
            for word in [word for word, token in mock.tokens.minted.items() if token.account is account]:
                del mock.tokens.minted[word]
            token: Token = mint(account)
            return token

        return minting

    bend(mock.tokens, "mint", around)


@authentication.breaks("T10")
def fifth_token_ends_the_first(mock: Mock) -> None:
    """Each client can have four tokens, and a fifth one ends the oldest."""

    def around(mint: Any) -> Any:
        def minting(account: Account) -> Token:
            words = [word for word, token in mock.tokens.minted.items() if token.account is account]
            for word in words[:-3]:
                del mock.tokens.minted[word]
            token: Token = mint(account)
            return token

        return minting

    bend(mock.tokens, "mint", around)


@authentication.breaks("T10", depth="standard")
def token_ends_at_half_its_life(mock: Mock) -> None:
    """A token, short-lived here, works for only half of the time that was promised."""
    shorten(mock)
    bend(
        mock.tokens,
        "live",
        lambda _: lambda token: mock.clock() < (token.issued_at + token.expires_at) / 2,
    )


def shorten(mock: Mock) -> None:
    """Let tokens live for seconds, so that a run sees one run out."""
    mock.tokens.life = min(mock.tokens.life, SHORT_LIFE)


def bearer(mock: Mock, call: Call) -> str:
    """The token that a call brings, or an empty word."""
    return mock.gateway.bearer(call) or ""


def refused_token(mock: Mock, *, given: bool, change: Callable[[Answer], Any]) -> None:
    """Change the refusal of calls with a bad token, or of those without any."""
    alter_refusal(
        mock,
        lambda call, why: why.cause is Cause.TOKEN and (call.header("authorization") is not None) is given,
        lambda _call, answer: change(answer),
    )


def refuse_scheme(mock: Mock, word: str) -> None:
    """Refuse the scheme in exactly this spelling."""
    bend(
        mock.gateway,
        "bearer",
        lambda read: (
            lambda call: None if (call.header("authorization") or "").strip().startswith(f"{word} ") else read(call)
        ),
    )
