"""Intrusions: well-formed calls with credentials that must open nothing, and token calls that must mint nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from kandykit.binding import Binding
from kandykit.calls import OrderKind
from kandykit.counterfeit import COUNTERFEITS, unsigned
from kandykit.exchange import Credential, Headers
from kandykit.explore.steps import Intrude
from kandykit.oauth import names_grant
from kandykit.wire import Outgoing

TARGETS: Final = ("order", "orders", "inventory", "subscriber", "delete", "one order", "head")
"""What an intruder tries: the operations, and HEAD on the inventory, which a gateway may let through beside GET."""


PATH_SPELLINGS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "with a slash behind": lambda lead, last: f"{lead}/{last}/",
    "with two slashes": lambda lead, last: f"{lead}//{last}",
    "with an encoded letter": lambda lead, last: f"{lead}/%{ord(last[0]):02x}{last[1:]}",
    "in capitals": lambda lead, last: f"{lead}/{last.upper()}",
    "with a parameter": lambda lead, last: f"{lead}/{last};k=1",
    "with a suffix": lambda lead, last: f"{lead}/{last}.json",
}
"""Ways to write the end of a path that one part of a target may take for another path and the next for the same."""


@dataclass(slots=True)
class Intruder:
    """Builds the calls of `Intrude` steps.

    ``token`` gives a live token of the account under test (None: none could be had), ``expired`` one past its life;
    ``client`` its id and secret, ``other_secret`` that of another account's client (None: there is no other). Nothing
    of them stays in an exchange: the client redacts what it sends.
    """

    binding: Binding
    mint: Callable[[], str]
    token: Callable[[], str | None]
    expired: Callable[[], str | None]
    client: Callable[[], tuple[str, str]]
    other_secret: Callable[[], str | None] = lambda: None

    def build(self, step: Intrude, identity: str | None, number: str | None) -> tuple[Outgoing, Credential] | None:
        """The call of a step, about the subscriber and the order that its label names; None without its credential."""
        if step.what.startswith("token"):
            return self._token_call(step)
        outgoing = self._call(step.what, identity, number)
        header = self._authorization(step.credential, step.variant)
        if header is None and step.credential is not Credential.NONE:
            return None
        headers: Headers = outgoing.headers
        if header is not None:
            headers = (("authorization", header), *headers)
        url = outgoing.url
        if step.variant == "in the query":
            token = self.token()
            if token is None:
                return None
            headers = outgoing.headers
            url += ("&" if "?" in url else "?") + f"access_token={quote(token, safe='')}"
        elif step.variant == "like a preflight":
            headers = (("origin", "https://app.example"), ("access-control-request-method", outgoing.method), *headers)
        elif step.variant in PATH_SPELLINGS:
            path, mark, query = url.partition("?")
            lead, _, last = path.rpartition("/")
            url = f"{PATH_SPELLINGS[step.variant](lead, last)}{mark}{query}"
        return Outgoing(outgoing.method, url, headers, outgoing.body), step.credential

    def _call(self, what: str, identity: str | None, number: str | None) -> Outgoing:
        binding = self.binding
        calls: Mapping[str, Callable[[], Outgoing]] = {
            "order": lambda: binding.place_order(OrderKind.INCREMENT, 1),
            "orders": binding.read_orders,
            "inventory": binding.read_inventory,
            "subscriber": lambda: binding.create_subscriber(self.mint()),
            "delete": lambda: binding.delete_subscriber(identity or self.mint()),
            "one order": lambda: binding.read_orders(number or "0"),
            "head": lambda: replace(binding.read_inventory(), method="HEAD"),
        }
        return calls[what]()

    def _authorization(self, credential: Credential, variant: str) -> str | None:
        if credential is Credential.UNKNOWN:
            if variant == "empty":
                return "Bearer "
            if variant == "no token":
                return "Bearer"
            if variant == "client id":
                return f"Bearer {self.client()[0]}"
            if variant == "unsigned":
                return f"Bearer {unsigned(self.client()[0])}"
            token = self.token()
            if token is None or variant in COUNTERFEITS:
                return f"Bearer {COUNTERFEITS.get(variant, COUNTERFEITS[''])}"
            changed = {
                "last character": token[:-1] + ("A" if token[-1:] != "A" else "B"),
                "longer": token + "x",
                "shorter": token[:-1] or "x",
                "other case": token.swapcase(),
            }[variant]
            return f"Bearer {changed}" if changed != token else None
        if credential is Credential.LIVE:
            token = self.token()
            scheme = {"lower-case scheme": "bearer", "upper-case scheme": "BEARER"}.get(variant, "Bearer")
            return None if token is None else f"{scheme} {token}"
        if credential is Credential.EXPIRED:
            expired = self.expired()
            return None if expired is None else f"Bearer {expired}"
        if credential is Credential.OTHER_SCHEME:
            token = self.token()
            if variant == "client":
                return "Basic " + base64.b64encode(":".join(self.client()).encode()).decode()
            if token is None:
                return None
            return {"": f"Basic {token}", "token": f"Token {token}", "bare": token}.get(variant)
        return None

    def _token_call(self, step: Intrude) -> tuple[Outgoing, Credential] | None:
        """A call of the token endpoint that differs from a good one as ``variant`` says."""
        client_id, secret = self.client()
        url, method = self.binding.token_url, "POST"
        plain = url.partition("?")[0]
        form = [f"client_id={quote(client_id)}", f"client_secret={quote(secret)}"]
        credential = Credential.CLIENT
        headers: Headers = (
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        )
        variant = step.variant
        if variant in WRONG_SECRETS:
            form[1] = "client_secret=" + quote(WRONG_SECRETS[variant](secret))
            credential = Credential.WRONG_SECRET
        elif variant == "another client's secret":
            other = self.other_secret()
            if other is None or other == secret:
                return None
            form[1] = "client_secret=" + quote(other)
            credential = Credential.WRONG_SECRET
        elif variant == "no secret":
            form, credential = form[:1], Credential.WRONG_SECRET
        elif variant == "no client":
            form, credential = form[1:], Credential.WRONG_SECRET
        elif variant == "nothing":
            form, credential = [], Credential.WRONG_SECRET
        elif variant in ("basic", "GET by basic"):
            form, method = [], "GET" if variant == "GET by basic" else "POST"
            basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
            headers = (("authorization", f"Basic {basic}"), *headers)
        elif variant == "wrong secret by basic":
            form, credential = [], Credential.WRONG_SECRET
            basic = base64.b64encode(f"{client_id}:kandykit-wrong".encode()).decode()
            headers = (("authorization", f"Basic {basic}"), *headers)
        elif variant == "unknown client":
            form[0], credential = "client_id=kandykit-nobody", Credential.WRONG_SECRET
        elif variant == "unknown grant":
            url = f"{plain}?grant_type=kandykit"
        elif variant == "password grant":
            url = f"{plain}?grant_type=password"
        elif variant == "no grant":
            url = plain
        elif variant in ("GET", "PUT", "DELETE", "PATCH"):
            # The method alone is wrong: the secret stays in the body, for a URL must never carry it.
            method = variant
        if url == self.binding.token_url and not names_grant(url) and variant != "no grant":
            form = ["grant_type=client_credentials", *form]
        body = "&".join(form).encode()
        return Outgoing(method, url, headers, body), credential


WRONG_SECRETS: Final[Mapping[str, Callable[[str], str]]] = {
    "wrong secret": lambda secret: "kandykit-wrong",
    "empty secret": lambda secret: "",
    "secret in other case": lambda secret: secret.swapcase() if secret.swapcase() != secret else secret + "x",
    "secret and more": lambda secret: secret + "x",
    "secret but its end": lambda secret: secret[:-1],
    "secret and a space": lambda secret: secret + " ",
    "secret and a line break": lambda secret: secret + "\n",
    "a space and the secret": lambda secret: " " + secret,
}
"""Secrets that are wrong, each in its own way."""

TOKEN_VARIANTS: Final = (
    "good",
    "basic",
    *WRONG_SECRETS,
    "wrong secret by basic",
    "another client's secret",
    "no secret",
    "no client",
    "nothing",
    "unknown client",
    "unknown grant",
    "password grant",
    "no grant",
    "GET",
    "GET by basic",
    "PUT",
    "DELETE",
    "PATCH",
)
"""Every way in which the token endpoint is asked."""
