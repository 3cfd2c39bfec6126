"""From recorded calls to exchanges: secrets replaced before anything else, and whose account each call was for.

Two calls are of one account when their tokens were minted for the same client in the same recording, or when all calls
carry the same token. What cannot be told apart is said, and then nothing that rests on an account's state is judged.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from kandykit.binding import Binding
from kandykit.exchange import FAILURES, Answer, Credential, Exchange, Intent
from kandykit.redaction import FINGERPRINT, Redactor
from kandykit.traffic.archive import Entry

_BLACKED_OUT: Final = re.compile(r"[*x•.\s-]*|\W*(redacted|removed|sanitized|hidden|masked)\W*", re.IGNORECASE)
"""What stands in place of a token that somebody took out."""

_NEVER_CONNECTED: Final = ("REFUSED", "NAME_NOT_RESOLVED", "ADDRESS_UNREACHABLE", "INTERNET_DISCONNECTED")


@dataclass(slots=True)
class Recorded:
    """The exchanges of a recording in order, and what it leaves open.

    ``ambiguous`` says why accounts cannot be told apart, empty where they can; ``bodiless`` counts the answers whose
    bodies were not recorded, ``outside`` the calls to other addresses. ``ours`` tells that this kit made the recording.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    ambiguous: str = ""
    bodiless: int = 0
    ours: bool = False


def recorded(entries: Sequence[Entry], binding: Binding, redactor: Redactor) -> Recorded:
    """Make exchanges of the entries, all of which are calls to the API or its token endpoint."""
    made = Recorded(ours=bool(entries) and all("_seq" in entry.own and "_account" in entry.own for entry in entries))
    whose = _Whose(entries, binding)
    for secret in whose.secrets:
        redactor.learn(*secret)
    if not made.ours:
        made.ambiguous = whose.ambiguous
    for number, entry in enumerate(entries, start=1):
        intent = _own_intent(entry) if made.ours else whose.intent(entry)
        made.exchanges.append(_exchange(entry, number, intent, redactor, made))
    seen = [exchange.intent.account for exchange in made.exchanges]
    made.accounts = sorted(dict.fromkeys(seen)) if made.ours else list(dict.fromkeys(seen))
    return made


def _exchange(entry: Entry, number: int, intent: Intent, redactor: Redactor, made: Recorded) -> Exchange:
    request = redactor.request(entry.method, entry.url, entry.headers, entry.body)
    failure, answer = "", None
    if entry.status == 0:
        failure = _failure(entry.failure)
    else:
        answer = redactor.answer(Answer(entry.status, entry.answer_headers, entry.answer_body or "", entry.length))
        failure = entry.failure if made.ours and entry.failure in FAILURES else ""
        if entry.answer_body is None:
            # What it said is not known, so the call may have done anything that it asked for.
            made.bodiless += 1
            failure = "timeout"
    started, ended = entry.started, entry.started + entry.seconds + entry.fine
    seq = number
    if made.ours:
        exact = entry.own.get("_started"), entry.own.get("_ended")
        if isinstance(exact[0], int | float):
            # A call that was still under way when its run was killed has no end.
            started, ended = exact[0], exact[1] if isinstance(exact[1], int | float) else inf
        seq = entry.own["_seq"] if isinstance(entry.own["_seq"], int) else number
    return Exchange(seq, intent, request, answer, float(started), float(ended), entry.at, failure)


def _failure(said: str) -> str:
    """A call without any answer may still have acted, unless it surely never got through."""
    if said in FAILURES:
        return said
    return "unreachable" if any(word in said for word in _NEVER_CONNECTED) else "timeout"


def _own_intent(entry: Entry) -> Intent:
    own = {name: str(entry.own.get(f"_{name}", "")) for name in ("suite", "test", "account", "credential", "probe")}
    known = own["credential"] in set(Credential)
    credential = Credential(own["credential"]) if known else Credential.PRESUMED
    return Intent(own["suite"], own["test"], own["account"], credential, own["probe"])


class _Whose:
    """Tells for whose account each call was made, as far as tokens and the clients that they were minted for tell."""

    def __init__(self, entries: Sequence[Entry], binding: Binding) -> None:
        self._token_path = binding.token_url.partition("?")[0]
        self._client_of: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self._names: dict[str, str] = {}
        self.secrets: list[tuple[str, str]] = []
        calls = [entry for entry in entries if not self._mints(entry)]
        for entry in entries:
            if self._mints(entry):
                self._minted(entry)
        tokens = [token for entry in calls if (token := _token(entry))]
        self.secrets += [("access_token", token) for token in dict.fromkeys(tokens) if not FINGERPRINT.search(token)]
        self._any_token = bool(tokens)
        self.ambiguous = self._what_is_open(calls, list(dict.fromkeys(tokens)))

    def intent(self, entry: Entry) -> Intent:
        """What is known of why a call was made: for whom, and with what."""
        if self._mints(entry):
            good = entry.method == "POST" and entry.status == 200
            credential = Credential.CLIENT if good else Credential.PRESUMED
            return Intent(account=self._name(_client(entry)), credential=credential)
        token = _token(entry)
        if not token:
            known = self._any_token and not _has(entry, "authorization")
            credential = Credential.NONE if known else Credential.PRESUMED
            return Intent(account=self._sole(), credential=credential)
        until = self._until.get(token, float("-inf"))
        live = entry.started + entry.seconds < until and entry.status != 401
        credential = Credential.LIVE if live else Credential.PRESUMED
        return Intent(account=self._name(self._client_of.get(token, token)), credential=credential)

    def _what_is_open(self, calls: Sequence[Entry], tokens: Sequence[str]) -> str:
        unknown = [token for token in tokens if token not in self._client_of]
        clients = {self._client_of[token] for token in tokens if token in self._client_of}
        if not tokens and calls:
            return "no call shows its token, as if they had been taken out, so accounts cannot be told apart"
        if len(unknown) + len(clients) > 1 and unknown:
            return (
                "the recording does not show for whom some of its tokens were minted, so accounts cannot be told apart"
            )
        return ""

    def _mints(self, entry: Entry) -> bool:
        return entry.url.partition("?")[0] == self._token_path

    def _minted(self, entry: Entry) -> None:
        client = _client(entry)
        for secret in _client_secrets(entry):
            self.secrets.append(("client_secret", secret))
        try:
            content = json.loads(entry.answer_body or "")
        except (ValueError, RecursionError):
            return
        token = content.get("access_token") if isinstance(content, dict) else None
        if not isinstance(token, str) or not token:
            return
        if not FINGERPRINT.search(token):
            self.secrets.append(("access_token", token))
        if client:
            self._client_of[token] = client
        life = str(content.get("expires_in"))
        self._until[token] = entry.started + float(life) if life.isdecimal() and len(life) < 12 else entry.started

    def _name(self, whose: str) -> str:
        return self._names.setdefault(whose, f"account-{len(self._names) + 1}")

    def _sole(self) -> str:
        return next(iter(self._names.values()), "") or self._name("")


def _has(entry: Entry, wanted: str) -> bool:
    return any(name.lower() == wanted for name, _ in entry.headers)


def _token(entry: Entry) -> str:
    for name, value in entry.headers:
        if name.lower() == "authorization":
            token = value.rpartition(" ")[2]
            return "" if _BLACKED_OUT.fullmatch(token) else token
    return ""


def _form(entry: Entry) -> Mapping[str, list[str]]:
    query = parse_qs(urlsplit(entry.url).query)
    return {**query, **(parse_qs(entry.body) if "=" in entry.body[:4096] else {})}


def _basic(entry: Entry) -> tuple[str, str]:
    for name, value in entry.headers:
        scheme, _, word = value.partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "basic":
            try:
                client, _, secret = base64.b64decode(word, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError, ValueError):
                return "", ""
            return unquote(client), unquote(secret)
    return "", ""


def _client(entry: Entry) -> str:
    return next(iter(_form(entry).get("client_id", [])), "") or _basic(entry)[0]


def _client_secrets(entry: Entry) -> list[str]:
    found = [*_form(entry).get("client_secret", []), _basic(entry)[1]]
    return [secret for secret in found if secret and not FINGERPRINT.search(secret)]
