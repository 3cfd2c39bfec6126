"""The doctor finds what is wrong with a profile, names the remedy, and sends nothing that writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kandykit.binding import Binding
from kandykit.doctor.bodies import inventory_remarks, orders_remarks
from kandykit.doctor.network import trouble_with
from kandykit.doctor.remark import Health, Remark, exit_status
from kandykit.doctor.visit import Visit
from kandykit.mock.app import Mock
from kandykit.mock.dialects import STRANGERS
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.profile import load_profile
from tests.run.conftest import server  # noqa: F401  # a fixture
from tests.wires.strangers import SECRETS, example

Visits = Callable[..., tuple[list[Remark], Mock]]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    """Visit a fresh stranger with its profile, changed as said: pairs of a pattern and what replaces it."""
    monkeypatch.setenv("KANDY_MOCK_ACME_SECRET", "acme-secret")
    monkeypatch.setenv("KANDY_MOCK_GLOBEX_SECRET", "globex-secret")
    with ExitStack() as stack:

        def go(name: str, *changes: tuple[str, str], orders: int = 1, **settings: Any) -> tuple[list[Remark], Mock]:
            mock = Mock(Settings(secrets=SECRETS, dialect=name, **settings))
            for _ in range(orders):
                mock.store.place(mock.first_account, "increment", 3)
            text = example(name, stack.enter_context(serving(mock)))
            for pattern, new in changes:
                text, done = re.subn(pattern, new, text, flags=re.MULTILINE)
                assert done, pattern
            path = tmp_path / "profile.toml"
            path.write_text(text, encoding="utf-8")
            return list(Visit(load_profile(path), tmp_path / "reports").remarks()), mock

        yield go


def wrong(remarks: list[Remark]) -> dict[str, Remark]:
    return {each.about: each for each in remarks if each.health in (Health.WRONG, Health.OUT_OF_REACH)}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_right_profile_is_fine(name: str, visit: Visits, tmp_path: Path) -> None:
    remarks, mock = visit(name)
    assert wrong(remarks) == {}
    assert exit_status(remarks) == 0
    about = {each.about for each in remarks if each.health is Health.FINE}
    assert {"accounts[0]", "accounts[1]", "inventory.available", "order.number", "order.status"} <= about
    assert mock.first_account.total == 3
    journals = list((tmp_path / "reports").glob("doctor-*/journal.jsonl"))
    sent = [json.loads(line) for line in journals[0].read_text().splitlines()]
    written = [each for each in sent if each["kind"] == "intent" and each.get("method") not in (None, "GET")]
    assert all("token" in each["url"] for each in written)
    assert "acme-secret" not in journals[0].read_text()


@pytest.mark.parametrize(
    ("change", "about", "remedy"),
    [
        (('"/totalCount"', '"/total"'), "inventory.total", 'inventory.total = "/totalCount"'),
        (('"/orderId"', '"/number"'), "order.number", 'order.number = "/orderId"'),
        (('"/orderStatus"', '"/state"'), "order.status", 'order.status = "/orderStatus"'),
        (('"ADD"', '"MORE"'), "order.increment", 'order.increment = "ADD"'),
        ((r"^\[binding\]", '[binding]\norder.done = "ready"'), "order.done", 'order.done = "COMPLETED"'),
        ((r"^\[binding\]", '[binding]\nproduct = "OTHER"'), "product", 'product = "KPN-VoiceVideo-C"'),
        ((r"^\[binding\]", '[binding]\norder.list = "/items"'), "order.list", 'order.list = "/orders"'),
        ((r"^\[binding\]", '[binding]\ninventory.rows = "/rows"'), "inventory.rows", 'inventory.rows = "/products"'),
        (('"query:id"', '"query:userId"'), "subscriber.delete", "write the one it has"),
        ((r"^\[binding\]", '[binding]\nsubscriber.path = "/users"'), "subscriber.path", "subscriber.path"),
        (("query:orderId", "query:number"), "order.read", "name another place"),
        (('client_id = "acme"', 'client_id = "nobody"'), "accounts[0]", "check client_id"),
        ((r"/oauth2/token", "/oauth2/tokens"), "target.token_url", "write the URL of the token endpoint"),
        ((r"/kandy/v2", "/kandy/v3"), "target.base_url", "correct base_url"),
        ((r"^\[binding\]", "[readings]\nlimit = 1\n[binding]"), "readings.limit", "write the agreed limit"),
    ],
)
def test_a_wrong_key_is_named_with_its_remedy(change: tuple[str, str], about: str, remedy: str, visit: Visits) -> None:
    remarks, _ = visit("camel", change, orders=2)
    found = wrong(remarks)
    assert about in found, remarks
    assert remedy in found[about].remedy
    assert exit_status(remarks) == 2


def test_what_should_be_known_is_said(visit: Visits) -> None:
    remarks, _ = visit("signed", token_life=5, quota=300)
    said = {each.about: each.said for each in remarks if each.health is Health.ODD}
    assert "live 5 s only" in said["target.token_url"] or "live 4 s only" in said["target.token_url"]
    assert "calls are left" in said["budget.calls"]
    assert exit_status(remarks) == 0


def test_an_account_without_orders_hides_its_members(visit: Visits) -> None:
    remarks, _ = visit("nested", orders=0)
    assert any(each.health is Health.UNSEEN and each.about == "order" for each in remarks)
    assert exit_status(remarks) == 0


def test_a_redirect_names_where_it_leads(tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("KK_SECRET", "a-canary-secret")

    def answer(handler: Any) -> None:
        token = handler.path.startswith("/token")
        body = b'{"access_token": "tttttttttttttttt", "token_type": "Bearer"}' if token else b""
        handler.send_response(200 if token else 301)
        handler.send_header("content-type", "application/json")
        if not token:
            handler.send_header("location", "/new/base" + handler.path.removeprefix("/old"))
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    url = server(answer)
    path = tmp_path / "p.toml"
    path.write_text(
        f'[target]\nbase_url = "{url}/old"\ntoken_url = "{url}/token"\n'
        '[[accounts]]\nclient_id = "a"\nclient_secret = "env:KK_SECRET"\n'
    )
    remarks = list(Visit(load_profile(path), tmp_path).remarks())
    assert f'base_url = "{url}/new/base"' in wrong(remarks)["target.base_url"].remedy
    assert any("do not say how long" in each.said for each in remarks)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/x", "takes no connection"),
        ("https://no-such-host.invalid/x", "not known to DNS"),
    ],
)
def test_what_cannot_be_reached_is_explained(
    url: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in trouble_with(url)[0]
    monkeypatch.setenv("KK_SECRET", "a-canary-secret")
    path = tmp_path / "p.toml"
    path.write_text(
        f'[target]\nbase_url = "{url}"\ntoken_url = "{url}/token"\n'
        '[[accounts]]\nclient_id = "a"\nclient_secret = "env:KK_SECRET"\n'
    )
    remarks = list(Visit(load_profile(path), tmp_path).remarks())
    assert exit_status(remarks) == 3
    assert words in remarks[-1].said
    assert "canary" not in str(remarks)


def test_plain_http_where_tls_is_wanted(server: Any) -> None:  # noqa: F811
    url = server(lambda handler: handler.send_error(404)).replace("http:", "https:")
    assert "speaks no TLS" in trouble_with(url)[0]


@pytest.mark.parametrize("body", [None, [], {}, 1, "x", {"products": [1]}, {"products": [{}]}, {"products": {}}])
def test_no_body_makes_it_stumble(body: Any) -> None:
    binding = Binding("http://x", "http://x/t")
    assert list(inventory_remarks(binding, body))
    assert list(orders_remarks(binding, body))
    assert list(orders_remarks(binding, {"orders": body}))
    assert list(orders_remarks(binding, {"orders": [body]}))
