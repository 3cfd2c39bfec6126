"""What a rule is: a pure function that looks at one exchange and says what it proves, or nothing.

A rule answers with `Held` for each requirement that the exchange really put to the test, with a `Finding` where it
was broken, and with nothing where its condition did not arise; only so are the statement's ``checked`` counts true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from kandykit.calls import (
    Call,
    Operation,
    Reply,
    operation_of,
)
from kandykit.exchange import Credential, Exchange, json_of
from kandykit.rules.past import Past
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding, Held, Verdict

PAGE: Final = "Kandy WebRTC API"
"""KPN's page, as sources of findings name it."""

NOTHING: Final[tuple[Check, ...]] = ()
"""What a rule says when its condition did not arise."""

NOT_JSON: Final = object()
"""Stands for the content of a body that is no JSON text."""

DOCUMENTED_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "/order": ("GET", "POST"),
    "/inventory": ("GET",),
    "/subscriber": ("POST",),
}
"""The methods of the documented paths, for targets whose OpenAPI document is not known."""

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NAMED_METHODS: Final = frozenset({*_METHODS, "HEAD", "OPTIONS", "TRACE", "CONNECT"})


class Area(StrEnum):
    """What a request was sent to."""

    API = "api"
    """Something at or below the base URL."""
    TOKEN = "token"
    """The token endpoint, by any method."""
    PLAIN = "plain"
    """Anything over plain http although the target is an https one."""
    ELSEWHERE = "elsewhere"
    """Some other address; the contract says nothing about it."""


class Sight:
    """What a rule sees: the exchange, its meaning, what came before it in this run, and what was agreed.

    ``status``, ``headers`` (names in lower case, the first value of each), ``body`` and ``length`` are those of a
    *whole* answer; without one they are 0 and empty, so that a rule need not ask first.
    """

    __slots__ = (
        "_content",
        "_methods",
        "area",
        "authenticated",
        "body",
        "call",
        "credential",
        "documented",
        "exchange",
        "headers",
        "length",
        "method",
        "operation",
        "origin",
        "past",
        "reply",
        "status",
        "terms",
    )

    def __init__(self, exchange: Exchange, call: Call, reply: Reply, past: Past, terms: Terms) -> None:
        self.exchange = exchange
        self.call = call
        self.reply = reply
        self.past = past
        self.terms = terms
        self.credential: Credential = exchange.intent.credential
        self.method: str = exchange.request.method
        self.operation: Operation = operation_of(call)
        self.documented: bool = self.operation is not Operation.OTHER and self.operation is not Operation.TOKEN
        self.area: Area = _area(exchange.request.url, self.operation, terms)
        self.origin: str | None = exchange.request.header("origin")
        self.status: int = 0
        self.headers: dict[str, str] = {}
        self.body: str = ""
        self.length: int = 0
        answer = exchange.answer
        if answer is not None and not exchange.failure:
            self.status = answer.status
            self.headers = {name.lower(): value for name, value in reversed(answer.headers)}
            self.body = answer.body
            self.length = answer.length
        self.authenticated: bool = self._is_authenticated()
        self._content: Any = self
        self._methods: tuple[str, ...] | None = None

    def _is_authenticated(self) -> bool:
        """Whether this answers a call whose token was accepted.

        A 2xx to a documented operation says so itself, whoever sent the call; any other answer only where the kit
        knows that the token was live.
        """
        if self.area is not Area.API or not self.status or self.status == 401 or self.method == "OPTIONS":
            return False
        if self.credential is Credential.LIVE:
            return True
        return self.credential is Credential.PRESUMED and self.documented and self.succeeded

    @property
    def succeeded(self) -> bool:
        """Whether the answer is a 2xx."""
        return 200 <= self.status < 300

    @property
    def content(self) -> Any:
        """The answer's body as a JSON value, parsed once; `NOT_JSON` where it is none."""
        if self._content is self:
            try:
                self._content = json_of(self.body)
            except (ValueError, RecursionError):
                self._content = NOT_JSON
        return self._content

    @property
    def path(self) -> str:
        """The request's path below the base URL, still percent-encoded and without a query."""
        url = self.exchange.request.url.partition("?")[0]
        base, _ = _addresses(self.terms.base_url, self.terms.token_url)
        below = url[len(base) :] if url.startswith(base) else urlsplit(url).path.removeprefix(urlsplit(base).path)
        return below or "/"

    @property
    def methods(self) -> tuple[str, ...]:
        """The documented methods of the request's path; none where the path is unknown."""
        if self._methods is None:
            if self.area is Area.TOKEN:
                self._methods = ("POST",)
            elif self.area is Area.API:
                self._methods = self._documented_methods()
            else:
                self._methods = ()
        return self._methods

    def _documented_methods(self) -> tuple[str, ...]:
        path, document = self.path, self.terms.document
        if document is not None:
            return tuple(method for method in _METHODS if document.operation(method, path) is not None)
        if path.startswith("/subscriber/"):
            return ("DELETE",) if path.count("/") == 2 else ()
        return DOCUMENTED_PATHS.get(path, ())

    @property
    def label(self) -> str:
        """What was called, in words that are the same in every run, for the start of a title."""
        if self.documented:
            return self.operation.value
        method = self.method if self.method in _NAMED_METHODS else "An unknown method"
        if self.area is Area.TOKEN:
            return "The token endpoint" if method == "POST" else f"{method} on the token endpoint"
        if self.area is Area.API and self.methods:
            return f"{method} /{self.path.split('/')[1]}"
        return f"{method} on an unknown path"

    @property
    def aside(self) -> str:
        """What titles say of an answer whose headers are not owed; empty for a success of a documented operation.

        The same defect warns there and fails elsewhere, and two verdicts must not share one title.
        """
        if not self.succeeded:
            return " in a refusal"
        return "" if self.documented else " outside the documented operations"

    def finding(
        self,
        requirement: str,
        title: str,
        expected: str,
        actual: str,
        *,
        verdict: Verdict = Verdict.FAIL,
        also: tuple[str, ...] = (),
        source: str = "",
        stateful: bool = False,
        before: tuple[int, ...] = (),
    ) -> Finding:
        """A finding whose evidence is this exchange, after those numbered in ``before``."""
        evidence = (*before, self.exchange.seq)
        return Finding(requirement, title, expected, actual, evidence, verdict, also, source, stateful)


Rule = Callable[[Sight], Iterable[Check]]


def judges(*requirements: str) -> Callable[[Rule], Rule]:
    """Say which requirements a rule speaks of, so that a test can tell which ones nobody judges."""

    def name_them(rule: Rule) -> Rule:
        rule.judges = requirements  # type: ignore[attr-defined]
        return rule

    return name_them


def judged_by(rule: Rule) -> tuple[str, ...]:
    """The requirements that a rule speaks of."""
    named: tuple[str, ...] = getattr(rule, "judges", ())
    return named


def held(*requirements: str) -> tuple[Check, ...]:
    """What a rule says when all these held; made once per rule, since most exchanges hold."""
    return tuple(Held(requirement) for requirement in requirements)


def quoted(text: str, longest: int = 120) -> str:
    """A piece of an answer as findings show it."""
    flat = " ".join(text.split())
    return f'"{flat[:longest]}..."' if len(flat) > longest else f'"{flat}"'


def _area(url: str, operation: Operation, terms: Terms) -> Area:
    if url.startswith("http:") and terms.base_url.startswith("https:"):
        return Area.PLAIN
    if operation is Operation.TOKEN:
        return Area.TOKEN
    if operation is not Operation.OTHER:
        return Area.API
    base, token = _addresses(terms.base_url, terms.token_url)
    address = url.partition("?")[0]
    if address == token:
        return Area.TOKEN
    return Area.API if address == base or address.startswith(base + "/") else Area.ELSEWHERE


@lru_cache(maxsize=8)
def _addresses(base_url: str, token_url: str) -> tuple[str, str]:
    """Both URLs without what may follow: a slash at the end, a query."""
    return base_url.rstrip("/"), token_url.partition("?")[0]
