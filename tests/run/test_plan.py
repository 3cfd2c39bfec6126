"""What a plan says is what a run does; without an approved plan, or a yes, nothing is written to somebody's target."""

from __future__ import annotations

import http.server
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from kandykit.depth import DEPTHS
from kandykit.embedded import PROFILE
from kandykit.journal import read_journal
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import TOKEN_PATH, Settings
from kandykit.plan import Terms, plan_hash, terms_of_run
from kandykit.plugin import SUITES
from kandykit.profile import load_profile
from tests.run.conftest import Outcome, mock_secrets, secrets_in

LIVE = """
[target]
base_url = "https://api.example.com/communication/kandy/provisioning"
token_url = "https://api.example.com/oauth/client_credential/accesstoken?grant_type=client_credentials"

[[accounts]]
client_id = "somebody"
client_secret = "env:A_SECRET_OF_SOMEBODY"
"""

ENVIRONMENT = {"A_SECRET_OF_SOMEBODY": "never-seen-anywhere-1"}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile of a target that is not on this machine."""
    monkeypatch.setenv("A_SECRET_OF_SOMEBODY", ENVIRONMENT["A_SECRET_OF_SOMEBODY"])
    path = tmp_path / "live.toml"
    path.write_text(LIVE, encoding="utf-8")
    return path


def planned(kandykit: Callable[..., Outcome], out: Path, *arguments: str) -> dict[str, Any]:
    done = kandykit("plan", "--json", "--depth", "quick", "--out", str(out), *arguments, env=ENVIRONMENT)
    assert done.status == 0, done.out + done.err
    made: dict[str, Any] = json.loads(done.out)
    return made


# -- the hash -----------------------------------------------------------------------------------------------------


def test_the_hash_changes_with_whatever_decides_what_is_sent(live: Path) -> None:
    profile, terms = load_profile(live), Terms("quick", SUITES)
    hashes = {plan_hash(profile, terms)}
    for other in (
        Terms("standard", SUITES),
        Terms("quick", SUITES[:2]),
        Terms("quick", SUITES, seed=1),
        Terms("quick", SUITES, time_budget_s=60.0),
        Terms("quick", SUITES, read_only=True),
    ):
        hashes.add(plan_hash(profile, other))
    for more in ("[budget]\npeak_products = 5\n", "[budget]\ncalls = 100\n", "[readings]\nlimit = 9\n"):
        live.write_text(LIVE + more, encoding="utf-8")
        hashes.add(plan_hash(load_profile(live), terms))
    live.write_text(LIVE.replace("somebody", "nobody"), encoding="utf-8")
    hashes.add(plan_hash(load_profile(live), terms))
    hashes.add(plan_hash(profile, terms, embedded=True))
    assert len(hashes) == 11


def test_the_hash_is_of_the_meaning_and_not_of_the_layout(live: Path) -> None:
    terms = Terms("quick", SUITES)
    before = plan_hash(load_profile(live), terms)
    live.write_text("# a remark\n" + LIVE + "\n[budget]\npeak_products = 25\n", encoding="utf-8")
    assert plan_hash(load_profile(live), terms) == before
    assert terms_of_run(SUITES, depth="quick", suites=("stateful", "workflow")).suites == ("workflow", "stateful")
    assert terms_of_run(SUITES, depth="quick") == terms
    assert set(DEPTHS) == {"quick", "standard", "deep"}


# -- consent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "look at `kandykit plan` and approve it"), (("--approve", "0123456789abcdef0123"), "something changed")],
)
def test_without_consent_nothing_is_sent(
    kandykit: Callable[..., Outcome], live: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = kandykit("run", "--profile", str(live), *arguments, env=ENVIRONMENT)
    assert done.status == 2
    assert words in done.err
    assert not list(done.folder.glob("*/journal.jsonl"))


@pytest.mark.slow
def test_a_plan_sends_nothing_and_its_approval_starts_the_run_it_planned(
    kandykit: Callable[..., Outcome],
    mock_profile: Callable[..., Path],
    server: Callable[[Callable[[http.server.BaseHTTPRequestHandler], None]], str],
    tmp_path: Path,
) -> None:
    """The figures of the suites that chance has no part in are those of the run."""
    reached: list[str] = []
    url = server(lambda handler: reached.append(handler.path))
    profile = mock_profile()
    there = profile.read_text(encoding="utf-8")
    mocked = load_profile(profile).target.base_url.partition("/communication")[0]
    profile.write_text(there.replace(mocked, url) + "\n[budget]\nunbounded_probes = false\n", encoding="utf-8")
    options = ("--profile", str(profile), "--suite", "workflow", "--suite", "stateful", "--seed", "3")
    plan = planned(kandykit, tmp_path / "reports", *options)
    assert reached == []
    # A mock gets another port each night, and is the same target.
    profile.write_text(there + "\n[budget]\nunbounded_probes = false\n", encoding="utf-8")
    assert kandykit("run", *options, "--depth", "standard", "--approve", plan["hash"]).status == 2
    done = kandykit("run", *options, "--depth", "quick", "--approve", plan["hash"])
    assert done.status == 0, done.out + done.err
    calls = Counter(
        exchange.intent.suite for exchange in read_journal(done.folder / "latest" / "journal.jsonl").exchanges
    )
    shares = {share["suite"]: share for share in plan["shares"]}
    for suite in ("workflow", "stateful"):
        assert abs(shares[suite]["calls"] - calls[suite]) <= 0.02 * calls[suite] + 5
    billing = done.statement["billing"]
    assert billing["peak_during"] - billing["peak_before"] <= plan["expected_peak"] <= plan["worst_peak"] == 25
    assert plan["expected_calls"] <= plan["calls"]
    assert secrets_in(tmp_path / "reports", mock_secrets()) == []


@pytest.mark.slow
def test_a_small_budget_says_what_it_leaves_out(kandykit: Callable[..., Outcome], live: Path, tmp_path: Path) -> None:
    """A target that is not on this machine is rehearsed as strictly as it will be treated."""
    live.write_text(LIVE + "\n[budget]\npeak_products = 2\nunit_price = 3.5\n", encoding="utf-8")
    plan = planned(kandykit, tmp_path / "kept", "--profile", str(live), "--suite", "security", "--suite", "workflow")
    assert (plan["expected_peak"], plan["worst_peak"]) == (1, 2)
    assert all(share["worst"] <= 2 for share in plan["shares"])
    reasons = " ".join(because for share in plan["shares"] for because, _, _ in share["held_back"])
    for expected in ("budget.unbounded_probes", "budget.peak_products", "somebody else's subscriber"):
        assert expected in reasons
    assert any("L11" in requirements for requirements in plan["not_tested"].values())
    assert json.loads((tmp_path / "kept" / "plans" / f"{plan['hash']}.json").read_text(encoding="utf-8")) == plan


@pytest.mark.slow
def test_a_run_that_only_reads_sends_only_reads_and_token_calls(
    kandykit: Callable[..., Outcome], tmp_path: Path
) -> None:
    """As the target itself counts them; and nothing is left, for nothing was made."""
    secrets = {"acme": "acme-secret-of-reading", "globex": "globex-secret-of-reading"}
    mock = Mock(Settings(secrets=secrets, initial_total=9, initial_subscribers=4))
    came: Counter[tuple[str, bool]] = Counter()

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        came[scope["method"], scope["path"] == TOKEN_PATH] += 1
        await mock(scope, receive, send)

    profile = tmp_path / "profile.toml"
    with serving(counting) as url:
        profile.write_text(PROFILE.format(url=url), encoding="utf-8")
        env = {f"KANDY_MOCK_{name.upper()}_SECRET": secret for name, secret in secrets.items()}
        done = kandykit("run", "--profile", str(profile), "--depth", "quick", "--read-only", env=env)
    assert done.status in (0, 3), done.out + done.err
    assert {method for method, token in came if not token} <= {"GET", "HEAD", "OPTIONS", "TRACE"}
    assert came["GET", False] > 50
    assert done.statement["residue"] == []
    assert secrets_in(done.folder, list(secrets.values())) == []


@pytest.mark.slow
def test_a_quota_that_will_not_last_is_announced(
    kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    """At the start, with how much is left of it and how much the run takes; and not where it lasts."""
    small = str(mock_profile("--quota", "300"))
    done = kandykit("run", "--profile", small, "--depth", "quick", "--suite", "workflow")
    assert done.status == 3
    assert "of 300 calls left and its period ends in" in done.err
    assert any("this run takes about" in note for note in done.statement["readings"]["notes"])
    large = str(mock_profile("--quota", "3000"))
    done = kandykit("run", "--profile", large, "--depth", "quick", "--suite", "workflow")
    assert (done.status, done.err) == (0, "")
