"""Answers and tokens in other forms, with other headers, over other connections."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from starlette.types import Scope

from kandykit.mock.accounts import Account
from kandykit.mock.answers import Answer
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter, alter_delivery, alter_token, bend, write_bare
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Legals
from kandykit.mock.oauth import TokenRefused
from kandykit.mock.settings import BASE_PATH, TOKEN_PATH
from kandykit.mock.tokens import Token

forms = Legals()

# Content.


@forms.gets("conformant")
def extra_members_everywhere(mock: Mock) -> None:
    """Every object in every answer has a member that the document does not name."""
    rewritten(mock, lambda content: widened(content))


@forms.gets("conformant")
def spacious_json(mock: Mock) -> None:
    """JSON comes indented, members from Z to A, and every character beyond ASCII as it is."""

    def changed(_call: Call, answer: Answer) -> None:
        if answer.content is not None and answer.raw is None:
            backward = json.loads(json.dumps(answer.content), object_pairs_hook=lambda pairs: dict(sorted(pairs)[::-1]))
            answer.raw = json.dumps(backward, indent=4, ensure_ascii=False).encode() + b"\n"

    alter(mock, changed)


@forms.gets("conformant")
def content_type_with_charset(mock: Mock) -> None:
    """Answers name their charset in the content type, in capitals."""
    bend(
        mock.delivery,
        "wire_headers",
        lambda made: (
            lambda answer, body: [
                (name, b"Application/JSON;Charset=UTF-8" if value == b"application/json" else value)
                for name, value in made(answer, body)
            ]
        ),
    )


@forms.gets("conformant")
def answers_in_chunks(mock: Mock) -> None:
    """Answers come in chunks and have no Content-Length."""
    bend(
        mock.delivery,
        "wire_headers",
        lambda made: lambda answer, body: [pair for pair in made(answer, body) if pair[0] != b"content-length"],
    )


@forms.gets("conformant")
def answers_compressed(mock: Mock) -> None:
    """Answers are compressed for whoever accepts that."""

    def changed(call: Call, answer: Answer) -> None:
        if "gzip" in (call.header("accept-encoding") or "") and answer.body():
            answer.raw = gzip.compress(answer.body(), mtime=0)
            answer.headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding, Origin"}

    alter(mock, changed)


@forms.gets("conformant")
def header_names_in_capitals(mock: Mock) -> None:
    """Header names are in capitals."""
    by_hand(mock, lambda name: name.upper())


@forms.gets("conformant")
def connection_ends_with_each_answer(mock: Mock) -> None:
    """Every answer ends its connection."""
    alter(mock, lambda _call, answer: answer.headers.update({"connection": "close"}))


# Headers.


@forms.gets("conformant")
def quota_reset_as_a_date(mock: Mock) -> None:
    """The end of the quota window is given as a date by ISO 8601."""
    reset_shown(mock, lambda moment: datetime.fromtimestamp(moment, UTC).isoformat())


@forms.gets("conformant")
def quota_reset_in_seconds(mock: Mock) -> None:
    """The end of the quota window is given in seconds since 1970."""
    reset_shown(mock, lambda moment: str(int(moment)))


@forms.gets("conformant")
def quota_reset_as_programs_print_it(mock: Mock) -> None:
    """The end of the quota window is given as Java prints a date."""
    reset_shown(mock, lambda moment: f"{datetime.fromtimestamp(moment, UTC):%a %b %d %H:%M:%S UTC %Y}")


@forms.gets("conformant")
def quota_by_the_month(mock: Mock) -> None:
    """The quota is one by the month."""
    bend(
        mock.quota,
        "headers",
        lambda told: lambda account: told(account) | {"quota-interval": "1", "quota-time-unit": "month"},
    )


@forms.gets("conformant")
def sunset_on_a_date(mock: Mock) -> None:
    """The API has a sunset date, some years ahead."""
    far = formatdate(mock.clock() + 3 * 365 * 86400, usegmt=True)
    bend(mock.answers, "standing_headers", lambda made: lambda: made() | {"sunset": far})


@forms.gets("conformant")
def hsts_in_another_order(mock: Mock) -> None:
    """Strict-Transport-Security has its directives in another order and letter case."""
    value = 'PRELOAD ; IncludeSubdomains;Max-Age="31536000"'
    bend(mock.answers, "standing_headers", lambda made: lambda: made() | {"strict-transport-security": value})


@forms.gets("conformant")
def unknown_origins_get_nothing(mock: Mock) -> None:
    """An origin that nobody registered gets no permission, neither from a preflight nor from a call."""
    bend(mock.gateway, "cross_origin", lambda _: lambda _call: {"vary": "Origin"})


@forms.gets("conformant")
def another_version(mock: Mock) -> None:
    """The version of the API is a word with a date, and further headers of a gateway come with it."""
    more = {"api-version": "v2.3-2026-11", "x-request-id": "00000000-0000-4000-8000-000000000000", "server": "gateway"}
    bend(mock.answers, "standing_headers", lambda made: lambda: made() | more)


@forms.gets("conformant")
def refusals_without_standard_headers(mock: Mock) -> None:
    """Answers of 4xx have none of the standard headers but content type and length."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and 400 <= answer.status < 500:
            kept = ("www-authenticate", "allow", "retry-after", "vary")
            answer.headers = {
                name: value
                for name, value in answer.headers.items()
                if name in kept or name.startswith("access-control-")
            }

    alter(mock, changed)


# Tokens.


@forms.gets("conformant")
def token_life_as_a_number(mock: Mock) -> None:
    """The life of a token is a number, and so are the other counts of the token answer."""
    alter_token(
        mock,
        lambda _token, answer: answer.content.update(expires_in=int(answer.content["expires_in"]), refresh_count=0),
    )


@forms.gets("conformant")
def short_tokens(mock: Mock) -> None:
    """A token lives for five seconds."""
    mock.tokens.life = min(mock.tokens.life, 5.0)


@forms.gets("conformant")
def token_is_kept_while_it_lives(mock: Mock) -> None:
    """Asking again gives the same token while it lives, with the seconds it has left."""

    def around_mint(mint: Any) -> Any:
        def minting(account: Account) -> Token:
            soon = mock.clock() + 2
            own = (token for token in mock.tokens.minted.values() if token.account is account)
            living = [token for token in own if token.expires_at > soon]
            token: Token = living[-1] if living else mint(account)
            return token

        return minting

    def remaining(token: Token, answer: Answer) -> None:
        answer.content["expires_in"] = str(int(token.expires_at - mock.clock()))

    bend(mock.tokens, "mint", around_mint)
    alter_token(mock, remaining)


@forms.gets("conformant")
def long_tokens(mock: Mock) -> None:
    """A token has more than a thousand characters, with dots, dashes and equals signs."""
    bend(mock.tokens, "new_word", lambda word: lambda: f"eyJ0.{'-_~+/'.join(word() for _ in range(40))}==")


@forms.gets("conformant")
def token_errors_by_the_standard(mock: Mock) -> None:
    """Refusals of the token endpoint have the two members of RFC 6749."""

    def around(refusal: Any) -> Any:
        def refused(why: TokenRefused) -> Answer:
            answer: Answer = refusal(why)
            answer.content = {"error": why.code, "error_description": why.text}
            return answer

        return refused

    bend(mock.token_endpoint, "refusal", around)


@forms.gets("conformant")
def missing_credentials_are_401(mock: Mock) -> None:
    """A token request that lacks a credential is refused with 401."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path == TOKEN_PATH and answer.status == 400 and ": client_" in answer.content["Error"]:
            answer.status = 401

    alter(mock, changed)


@forms.gets("conformant")
def bearer_in_lower_case(mock: Mock) -> None:
    """The token answer names its type in lower case, and has further members, an empty refresh token among them."""
    more = {"token_type": "bearer", "developer_email": "dev@example.org", "level": "prod", "refresh_token": ""}
    alter_token(mock, lambda _token, answer: answer.content.update(more))


def widened(value: Any) -> Any:
    """The same with one more member in every object."""
    if isinstance(value, dict):
        return {name: widened(member) for name, member in value.items()} | {
            "x_extension": {"since": 2026, "tags": [None]}
        }
    return [widened(member) for member in value] if isinstance(value, list) else value


def rewritten(mock: Mock, change: Callable[[Any], Any]) -> None:
    """Change the content of every answer below the base path."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and answer.content is not None:
            answer.content = change(answer.content)

    alter(mock, changed)


def reset_shown(mock: Mock, show: Callable[[float], str]) -> None:
    """Show the end of the quota window in another form."""
    bend(
        mock.quota,
        "headers",
        lambda told: (
            lambda account: told(account) | {"quota-reset-UTC": show(int(told(account)["quota-reset-UTC"]) / 1000)}
        ),
    )


def by_hand(mock: Mock, spell: Callable[[bytes], bytes]) -> None:
    """Write answers past the server, which spells every header name in lower case."""
    bend(
        mock.delivery,
        "wire_headers",
        lambda made: lambda answer, body: [(spell(name), value) for name, value in made(answer, body)],
    )

    async def deliver(answer: Answer, scope: Scope) -> bool:
        body = answer.body()
        answer.headers["connection"] = "close"
        write_bare(mock, answer, scope, b"" if scope["method"] == "HEAD" else body, len(body))
        return True

    alter_delivery(mock, lambda _call, _answer: True, deliver)
