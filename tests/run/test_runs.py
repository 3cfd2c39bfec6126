"""A run against correct servers ends conformant and leaves them as it met them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kandykit.exchange import Exchange
from kandykit.journal import read_journal
from kandykit.requirements import registry
from tests.run.conftest import Outcome, mock_secrets, secrets_in

pytestmark = pytest.mark.slow


def test_the_embedded_mock_is_conformant_and_every_must_is_tested_or_has_its_reason(
    kandykit: Callable[..., Outcome],
) -> None:
    """The command without anything else: exit 0, all files, and no row without checks or words."""
    done = kandykit("run", "--depth", "quick")
    assert done.status == 0, done.out + done.err
    assert done.statement["verdict"] == "conformant"
    for row in done.statement["requirements"]:
        assert row["checked"] > 0 or row["reason"], row
        assert row["verdict"] in ("pass", "skipped"), row
    assert {row["id"] for row in done.statement["requirements"]} == set(registry())
    left = {path.name for path in (done.folder / "latest").iterdir()}
    assert {"statement.json", "index.html", "junit.xml", "traffic.har", "journal.jsonl"} <= left
    assert done.statement["residue"] == []


def test_three_runs_on_a_used_account_leave_it_as_it_was(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    """Others' products, subscribers and orders stay, run after run."""
    profile = mock_profile("--initial-total", "9", "--initial-subscribers", "4")
    for _ in range(3):
        done = kandykit("run", "--depth", "quick", "--profile", str(profile))
        assert done.status == 0, done.out + done.err
        exchanges = read_journal(done.folder / "latest" / "journal.jsonl").exchanges
        looks = [
            json.loads(exchange.answer.body)["products"][0]
            for exchange in exchanges
            if exchange.answer
            and exchange.answer.status == 200
            and exchange.request.method == "GET"
            and exchange.request.url.endswith("/inventory")
            and exchange.intent.account == "account-1"
            and exchange.answer.body
        ]
        assert (looks[0]["total"], looks[0]["used"]) == (9, 4)
        assert (looks[-1]["total"], looks[-1]["used"]) == (9, 4)


@pytest.mark.parametrize(
    "arguments", [("--fulfil-after", "0.02"), ("--limit", "6"), ("--token-life", "2"), ("--initial-total", "3")]
)
def test_other_correct_servers_are_conformant(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path], arguments: tuple[str, ...]
) -> None:
    """Asynchronous orders, a low limit that nobody declared, short tokens, products of others."""
    done = kandykit("run", "--depth", "quick", "--profile", str(mock_profile(*arguments)))
    assert done.status == 0, done.out + done.err


def test_no_secret_is_written_anywhere(kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]) -> None:
    """Neither the profile's nor the target's, whatever fails meanwhile."""
    profile = mock_profile("--fault", "malformed-is-a-200")
    done = kandykit("run", "--depth", "quick", "--profile", str(profile))
    assert done.status == 1
    assert secrets_in(done.folder, mock_secrets()) == []
    assert not any(secret in done.out + done.err for secret in mock_secrets())
    journal = (done.folder / "latest" / "journal.jsonl").read_text(encoding="utf-8")
    assert "{{password:" in journal
    assert "{{access_token:" in journal


def shape(exchange: Exchange) -> tuple[str, str, int]:
    """What two runs of one seed have in common in a call: all but the run's own mark."""
    path = urlsplit(exchange.request.url).path.partition("/subscriber/")[0]
    return exchange.request.method, path, len(exchange.request.body)


def test_the_same_seed_makes_the_same_calls(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    """On fresh servers, call by call; only what carries the run's own mark differs."""
    sequences = []
    for _ in range(2):
        profile = str(mock_profile())
        done = kandykit("run", "--depth", "quick", "--seed", "7", "--profile", profile, "--suite", "stateful")
        exchanges = read_journal(done.folder / "latest" / "journal.jsonl").exchanges
        # The reads of a crowd leave together, so only what comes after calibration has one order.
        sequences.append([shape(exchange) for exchange in exchanges if exchange.intent.suite == "stateful"])
    assert sequences[0]
    assert sequences[0] == sequences[1]
