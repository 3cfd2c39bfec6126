"""Redaction: secrets are replaced before any text is built, so that nothing that is written can hold one.

A secret is replaced by a fingerprint, ``{{password:3fa9c1d2e4b5}}``: its kind, and twelve hex digits of an HMAC under
a key that lives as long as the run. Equal secrets have equal digits within a run, and nobody can try words against
them afterwards.

Two things find a secret. *Where it stands*: Authorization and cookie headers, JSON members and form fields whose name
says so. *What it is*: a secret that was learnt once is found again anywhere, also percent-encoded, JSON-escaped or
inside base64.
"""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from kandykit.calls import PRODUCT
from kandykit.exchange import Answer, Headers, Request

SHORTEST_ANYWHERE: Final = 6
"""A learnt secret of fewer characters is replaced only where it is a whole value: ``12`` must not break ``1200``."""

LIKE_A_CREDENTIAL: Final = 12
"""A credential that a request carries is learnt from so many characters on; a shorter one is a test's word."""

RECENT: Final = 256
"""How many learnt passwords are looked for inside other text; older ones still count as whole values."""

LONGEST_WEAK: Final = 11
"""A learnt secret of digits only is weak up to so many, like one that is shorter than `SHORTEST_ANYWHERE`.

Order numbers, counters and moments are such numbers too, and sooner or later one is somebody's PIN by chance. So where
such a value has a meaning of its own, in `PLAIN_MEMBERS` and `PLAIN_HEADERS`, a weak secret is not looked for.
"""

PLAIN_MEMBERS: Final = (
    "transactionId",
    "status",
    "expires_in",
    "issued_at",
    "refresh_count",
    "refresh_token_expires_in",
)
PLAIN_HEADERS: Final = frozenset(
    {
        "access-control-max-age",
        "age",
        "api-version",
        "content-length",
        "date",
        "location",
        "quota-interval",
        "quota-limit",
        "quota-reset-utc",
        "quota-used",
        "retry-after",
    }
)

FINGERPRINT: Final = re.compile(r"\{\{([a-z_]+):([0-9a-f]{12})\}\}")

PUBLIC: Final = (
    "client_id client_secret access_token refresh_token token_type expires_in bearer authorization password passwd"
    " passphrase identity product_name created_at subscriber subscribers inventory products order_number order_type"
    " increment decrement quantity fulfilled rejected pending available transactionId message example.com localhost"
    " communication kandy provisioning oauth client_credential client_credentials accesstoken application/json"
    f" {PRODUCT}"
)
"""Words of the contract. A target that makes one of them a password must not black out the rest of its answers."""

_TELLING: Final = ("password", "passwd", "passphrase", "secret", "token")
_HINTS: Final = ("passw", "passphrase", "secret", "token", "\\u")
_SHORTEST_INDEXED: Final = 7
_ABOUT_A_SECRET: Final = re.compile(
    r"(type|expires|expiresin|expiresat|expiry|expiration|issuedat|count|length|lifetime|life|ttl|url|uri|endpoint"
    r"|status|policy|rules|required|hint|limit|format)$"
)
"""What a member about a secret, but not the secret itself, ends with: ``token_type``, ``refresh_token_expires_in``."""

_KINDS: Final = (
    ("clientsecret", "client_secret"),
    ("refreshtoken", "refresh_token"),
    ("accesstoken", "access_token"),
    ("token", "token"),
    ("secret", "secret"),
)
# Each pattern takes a whole string, field or run at a time, so that none can be made to walk a long text twice. A
# string that the end of the text cuts off counts too: half a password is no less secret.
_INSIDE: Final = r'"((?:[^"\\]|\\.)*+)("|$)'
_STRING: Final = re.compile(rf"{_INSIDE}(?:(\s*+:\s*+)(?:{_INSIDE})?)?", re.DOTALL)
_FIELD: Final = re.compile(r"(?<![^?&\s;#\"'])([A-Za-z0-9_.%\[\]-]++)=([^&\s;#\"]++)")
_MEMBER_BEFORE: Final = re.compile(
    r'"([^"\\]{1,64})"\s{0,8}:\s{0,8}(?:"[^"\\]{0,64})?$|(?<![^?&\s])([A-Za-z0-9_.-]{1,64})=[^&\s"]{0,64}$'
)
_LONGEST_MEMBER: Final = 160
_BARE_NUMBER: Final = (re.compile(r"[:\[,]\s*$"), re.compile(r"\s*[,}\]]"))
_SPELLED_ONE_WAY: Final = re.compile(r"[A-Za-z0-9._~-]+")
_AUTHORIZATIONS: Final = frozenset({"authorization", "proxy-authorization"})
_COOKIES: Final = frozenset({"cookie", "set-cookie"})


@dataclass(frozen=True, slots=True, eq=False)
class _Secret:
    """A learnt secret in every spelling that it is looked for in."""

    plain: str
    mark: str
    spellings: tuple[str, ...]


class Redactor:
    """Replaces secrets by fingerprints, under one key per run.

    ``key`` is the run's random key; None draws one. ``members`` names further JSON members and form fields that hold
    a secret on this target (the binding's spelling of the password, say), ``identities`` those that hold what is no
    secret even where a careless target makes it a password too, ``plain`` adds to `PLAIN_MEMBERS`. ``public`` adds
    words to `PUBLIC`: what stands in one of them is never learnt. Thread-safe.
    """

    def __init__(
        self,
        key: bytes | None = None,
        *,
        members: Sequence[str] = (),
        identities: Sequence[str] = ("identity", "product_name"),
        plain: Iterable[str] = (),
        public: Iterable[str] = (),
    ) -> None:
        self._key = key or secrets.token_bytes(32)
        self._public = " ".join((PUBLIC, *public)).lower()
        self._members = frozenset(_flat(name) for name in members)
        self._identities = frozenset(_flat(name) for name in identities)
        self._plain = frozenset(_flat(name) for name in (*PLAIN_MEMBERS, *identities, *plain)) - self._members
        self._hints = (*_HINTS, *(name.lower() for name in members))
        self._lock = threading.Lock()
        self._marks: dict[str, str] = {}
        self._standing: list[_Secret] = []
        self._recent: deque[_Secret] = deque()
        self._grams: dict[int, list[_Secret]] = {}
        self._too_short_to_index: list[_Secret] = []
        self._only_whole: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._headers: dict[tuple[str, str], tuple[str, str]] = {}

    # -- what is known ------------------------------------------------------------------------------------------

    def fingerprint(self, kind: str, secret: str) -> str:
        """What stands for a secret: ``{{kind:12 hex digits}}``. The digits do not depend on the kind."""
        octets = secret.encode("utf-8", "surrogatepass")
        return f"{{{{{kind}:{hmac.digest(self._key, octets, 'sha256').hex()[:12]}}}}}"

    def learn(self, kind: str, secret: str) -> str:
        """Know a secret from now on, wherever it turns up, and give its fingerprint.

        A ``password`` is one of many: only the most recent `RECENT` of them are looked for inside other text. Any
        other kind is looked for as long as the run lasts.
        """
        mark = self.fingerprint(kind, secret)
        if secret in self._marks or not secret or FINGERPRINT.fullmatch(secret) or secret.lower() in self._public:
            return mark
        with self._lock:
            if len(secret) < SHORTEST_ANYWHERE:
                self._only_whole.add(secret)
            else:
                known = _Secret(secret, mark, _spellings(secret))
                self._index(known)
                if kind != "password":
                    self._standing.append(known)
                else:
                    self._recent.append(known)
                    if len(self._recent) > RECENT:
                        self._forget_half()
            self._marks[secret] = mark
            seen = [value for _, value in list(self._headers)]
            if secret in seen or self._suspects("\n".join(seen)):
                self._headers = {}
        return mark

    # -- what is redacted ---------------------------------------------------------------------------------------

    def request(self, method: str, url: str, headers: Headers, body: str) -> Request:
        """A request as it may be kept.

        Credentials that it carries are known from now on, since the kit also sends some that differ from good ones by
        a character; made-up passwords are not.
        """
        # A URL of ours names identities and orders, never a password: a number in it is not somebody's PIN.
        return Request(method, self._text(url, weak=False), self.headers(headers), self.text(body) if body else "")

    def answer(self, answer: Answer) -> Answer:
        """An answer as it may be kept; passwords, secrets and tokens that it shows are known from now on."""
        body = self.text(answer.body, learn=True) if answer.body else ""
        return Answer(answer.status, self.headers(answer.headers), body, answer.length)

    def headers(self, headers: Headers) -> Headers:
        """Headers as they may be kept: the scheme word of credentials stays, and so do the names of cookies."""
        cache = self._headers
        kept = []
        for item in headers:
            found = cache.get(item)
            if found is None:
                found = item[0], self._header(*item)
                if len(cache) > 512:
                    cache.clear()
                cache[item] = found
            kept.append(found)
        return tuple(kept)

    def text(self, text: str, *, learn: bool = False) -> str:
        """Any text as it may be kept: a body, a URL, an error message.

        ``learn`` makes what stands in a telling member known from now on, unless the same text shows it as an
        identity too.
        """
        return self._text(text, learn=learn)

    def _text(self, text: str, *, learn: bool = False, weak: bool = True) -> str:
        """The same; without ``weak`` weak secrets are not looked for."""
        low = text.lower()
        for hint in self._hints:
            if hint in low:
                text = self._by_place(text, learn)
                break
        return self._by_knowledge(text, weak=weak)

    # -- by place -----------------------------------------------------------------------------------------------

    def _by_place(self, text: str, learn: bool) -> str:
        found: list[tuple[str, str]] = []
        identities: list[str] = []

        def member(match: re.Match[str]) -> str:
            name, _, colon, value, end = match.groups()
            if not value or not (kind := self._kind_of(name)) or FINGERPRINT.fullmatch(value):
                if value and _flat(name) in self._identities:
                    identities.append(_unescaped(value))
                return match[0]
            secret = _unescaped(value)
            found.append((kind, secret))
            return f'"{name}"{colon}"{self.fingerprint(kind, secret)}{end}'

        def field(match: re.Match[str]) -> str:
            name, value = match.groups()
            kind = self._kind_of(unquote(name))
            if not kind or FINGERPRINT.fullmatch(value):
                return match[0]
            secret = unquote_plus(value)
            if kind in ("client_secret", "access_token"):
                self._learn_sent(kind, secret)
            return f"{name}={self.fingerprint(kind, secret)}"

        if '"' in text:
            text = _STRING.sub(member, text)
        if "=" in text:
            text = _FIELD.sub(field, text)
        if learn:
            for kind, secret in found:
                if secret not in identities:
                    self.learn(kind, secret)
        return text

    def _kind_of(self, name: str) -> str:
        """The kind of secret that a member, field or header of this name holds; empty where it holds none."""
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._judged(_flat(_unescaped(name)))
            if len(self._kinds) < 4096:
                self._kinds[name] = kind
        return kind

    def _judged(self, flat: str) -> str:
        if flat not in self._members and (not any(word in flat for word in _TELLING) or _ABOUT_A_SECRET.search(flat)):
            return ""
        return next((kind for word, kind in _KINDS if word in flat), "password")

    def _header(self, name: str, value: str) -> str:
        low = name.lower()
        if low in _AUTHORIZATIONS:
            return self._credentials(value)
        if low in _COOKIES:
            return self._cookies(value, only_first=low == "set-cookie")
        if value and (kind := self._kind_of(low)) and not FINGERPRINT.fullmatch(value):
            return self.fingerprint(kind, value)
        return self._text(value, weak=low not in PLAIN_HEADERS)

    def _credentials(self, value: str) -> str:
        """``Bearer abc`` keeps its first word; a value of one word is all secret."""
        scheme, space, rest = value.partition(" ")
        word = rest.strip(" ")
        if not space:
            scheme, word = "", value
        if not word or FINGERPRINT.fullmatch(word):
            return value
        kind = "access_token" if scheme.lower() == "bearer" else "authorization"
        self._learn_sent(kind, word)
        return f"{scheme}{space}{self.fingerprint(kind, word)}"

    def _learn_sent(self, kind: str, secret: str) -> None:
        if len(secret) >= LIKE_A_CREDENTIAL and not secret.isdigit():
            self.learn(kind, secret)

    def _cookies(self, value: str, only_first: bool) -> str:
        parts = value.split(";")
        for place, part in enumerate(parts[:1] if only_first else parts):
            name, equals, secret = part.partition("=")
            if equals and secret and not FINGERPRINT.fullmatch(secret):
                parts[place] = f"{name}={self.fingerprint('cookie', secret)}"
        return self._by_knowledge(";".join(parts))

    # -- by knowledge -------------------------------------------------------------------------------------------

    def _by_knowledge(self, text: str, *, weak: bool = True) -> str:
        if self._only_whole:
            text = self._whole_values(text, weak=weak)
        for known in self._suspects(text):
            if not is_weak(known.plain):
                text = _scrubbed(text, known, frozenset())
            elif weak:
                text = _scrubbed(text, known, self._plain)
        if "%" in text:
            # Whoever encodes may encode more than he must; so it is looked for as it reads, and replaced as it stands.
            for known in self._suspects(unquote(text)):
                if is_weak(known.plain):
                    continue  # digits need no encoding
                text = re.sub(_in_percent(known.plain), known.mark, text)
        return text

    def _suspects(self, text: str) -> list[_Secret]:
        """The secrets that may stand in a text, most often none; longer ones first.

        Any run of seven octets holds four that start at a multiple of four, so it is enough to look up every fourth
        place of the text among all groups of four that a secret has.
        """
        octets = text.encode("utf-8", "surrogatepass")
        places = memoryview(octets)[: len(octets) & ~3].cast("I").tolist()
        grams = self._grams
        suspects = {known.plain: known for known in self._too_short_to_index if known.plain in text}
        if not grams.keys().isdisjoint(places):
            suspects |= {known.plain: known for place in grams.keys() & places for known in grams[place]}
        return sorted(suspects.values(), key=lambda known: (-len(known.plain), known.plain))

    def _whole_values(self, text: str, *, weak: bool) -> str:
        """Replace learnt secrets where they are a whole JSON string, a whole form value, or the whole text."""
        known = self._marks
        if text in known:
            return known[text] if weak or not is_weak(text) else text

        def stays(name: str, value: str) -> bool:
            return is_weak(value) and (not weak or _flat(name) in self._plain)

        def string(match: re.Match[str]) -> str:
            name, closed, colon, value, end = match.groups()
            if colon is None:
                return f'"{known[name]}{closed}' if name in known else match[0]
            return f'"{name}"{colon}"{known[value]}{end}' if value in known and not stays(name, value) else match[0]

        def field(match: re.Match[str]) -> str:
            mark = known.get(match[2])
            return f"{match[1]}={mark}" if mark and not stays(match[1], match[2]) else match[0]

        # Between two quotes stands a whole string, or a part of one with an escape: most long lists are cleared so.
        if '"' in text and ("\\" in text or not known.keys().isdisjoint(text.split('"'))):
            text = _STRING.sub(string, text)
        return _FIELD.sub(field, text) if "=" in text else text

    def _index(self, known: _Secret) -> None:
        grams = self._grams
        for spelling in known.spellings:
            octets = memoryview(spelling.encode("utf-8", "surrogatepass"))
            if len(octets) < _SHORTEST_INDEXED:
                self._too_short_to_index.append(known)
                continue
            for start in range(4):
                end = start + ((len(octets) - start) & ~3)
                for gram in octets[start:end].cast("I").tolist():
                    having = grams.setdefault(gram, [])
                    if not having or having[-1] is not known:
                        having.append(known)

    def _forget_half(self) -> None:
        """Drop the older half of the passwords from the search inside text; as whole values they stay known."""
        while len(self._recent) > RECENT // 2:
            self._only_whole.add(self._recent.popleft().plain)
        self._grams, self._too_short_to_index = {}, []
        for known in (*self._standing, *self._recent):
            self._index(known)


def _flat(name: str) -> str:
    """``Access-Token``, ``access_token`` and ``accessToken`` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _unescaped(inside: str) -> str:
    """What stands between the quotes of a JSON string, its escapes resolved where they can be."""
    if "\\" not in inside:
        return inside
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:  # cut in the middle of an escape, or none that JSON has
        return inside


def _spellings(secret: str) -> tuple[str, ...]:
    """A secret as it is, percent-encoded, escaped for JSON and HTML, and what of it shows inside base64."""
    if _SPELLED_ONE_WAY.fullmatch(secret):
        return secret, *_inside_base64(secret.encode())
    in_json = json.dumps(secret)[1:-1]
    spelled = {
        secret: None,
        quote(secret, safe="", errors="replace"): None,
        quote_plus(secret, errors="replace"): None,
        in_json: None,
        in_json.replace("/", "\\/"): None,
        json.dumps(secret, ensure_ascii=False)[1:-1]: None,
        html.escape(secret): None,
    }
    return *spelled, *_inside_base64(secret.encode("utf-8", "surrogatepass"))


def _in_percent(secret: str) -> str:
    """A pattern for a secret of which any character may be percent-encoded."""
    return "".join(
        f"(?:{re.escape(character)}|(?i:{''.join(f'%{octet:02x}' for octet in character.encode(errors='replace'))}))"
        for character in secret
    )


def _inside_base64(octets: bytes) -> list[str]:
    """What base64 makes of these octets wherever they stand in what is encoded."""
    codes = []
    for before in range(3):
        # Characters that hold bits of a neighbour as well differ with the neighbour, so they are left out.
        code = base64.b64encode(bytes(before) + octets).decode()
        code = code[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6]
        if len(code) >= _SHORTEST_INDEXED:
            codes.append(code)
            if "+" in code or "/" in code:
                codes.append(code.replace("+", "-").replace("/", "_"))
    return codes


def is_weak(secret: str) -> bool:
    """Whether a secret is so short, or so short a number, that the same stands elsewhere by chance."""
    return len(secret) < SHORTEST_ANYWHERE or (len(secret) <= LONGEST_WEAK and secret.isdigit())


def _scrubbed(text: str, known: _Secret, plain: frozenset[str]) -> str:
    """The text without a secret; one of digits stays where it is the value of a member of ``plain``."""
    for spelling in known.spellings:
        if spelling not in text:
            continue
        if not spelling.isdigit():
            text = text.replace(spelling, known.mark)
            continue
        # A secret of digits only must neither break a longer number or name (order ORD-000812) nor, as a bare JSON
        # number, the JSON around it.
        pieces = re.split(rf"(?<![0-9.])(?<!\w-){spelling}(?![0-9.])(?!-\w)", text)
        text = pieces[0]
        for piece in pieces[1:]:
            before = _MEMBER_BEFORE.search(text[-_LONGEST_MEMBER:]) if plain else None
            if before and _flat(before[1] or before[2]) in plain:
                text += spelling + piece
                continue
            bare = _BARE_NUMBER[0].search(text) and _BARE_NUMBER[1].match(piece)
            text += f'"{known.mark}"{piece}' if bare else known.mark + piece
    return text
