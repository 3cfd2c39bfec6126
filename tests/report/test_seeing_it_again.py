"""Faults of every kind: the script that a run leaves shows each again, alone, and calls it gone on a good mock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kandykit.embedded import SECRETS, EmbeddedMock
from kandykit.proof import entries

pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")

ALWAYS = (
    "oversell-by-one",
    "list-hides-decrements",
    "broken-json-crashes",
    "hsts-missing",
    "inventory-without-token",
    "password-in-the-answer-to-a-deletion",
)
MORE = (
    "location-leads-nowhere",
    "create-consumes-nothing",
    "delete-returns-two",
    "taken-identity-is-accepted",
    "decrement-below-use-by-one",
    "decrement-takes-nothing",
    "refused-decrement-takes-what-is-free",
    "limit-passed-by-one",
    "available-shows-total",
    "empty-account-has-no-row",
    "order-date-moves",
    "quantity-zero-accepted",
    "deletion-answered-204",
    "wrong-method-without-allow",
    "order-redirects-to-nowhere",
    "unknown-order-number-crashes",
    "quantity-shown-as-text",
    "not-found-in-html",
    "deletion-announces-more-than-it-sends",
    "any-origin-with-credentials",
    "token-by-get",
    "foreign-order-can-be-read",
    "quota-used-falls",
    "last-product-answered-503",
    "last-product-sold-twice",
    "limit-never-gets-room-back",
    "client-id-serves-as-token",
    "order-is-found-by-the-start-of-its-number",
)
"""With those above, more than thirty, of every kind of the catalogue, and some that wait for what went before."""

PLAYS = "4"
"""So often a failure is played here before it is called gone; a user's script, and that of a race, plays more often."""


@contextmanager
def mock(folder: Path, *faults: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """A mock with these faults: a profile that reaches it, and what a script needs to know."""
    arguments = [part for fault in faults for part in ("--fault", fault)]
    made = EmbeddedMock([*arguments, "--limit", "20"])
    profile = folder / "profile.toml"
    made.write_profile(profile, {"limit": 20})
    try:
        yield (
            profile,
            {
                "PATH": os.environ["PATH"],
                "KANDY_BASE_URL": f"{made.url}/communication/kandy/provisioning",
                "KANDY_TOKEN_URL": f"{made.url}/oauth/client_credential/accesstoken?grant_type=client_credentials",
                "KANDY_CLIENT_ID": "acme",
                "KANDY_CLIENT_SECRET": os.environ[SECRETS[0]],
                "KANDY_CLIENT_ID_2": "globex",
                "KANDY_CLIENT_SECRET_2": os.environ[SECRETS[1]],
                "KANDY_PLAYS": PLAYS,
            },
        )
    finally:
        made.stop()


def found(folder: Path, fault: str) -> tuple[Path, list[dict[str, Any]]]:
    """What a run finds of a fault, until its first failure: the folder of its scripts, and its findings."""
    (entry,) = entries([fault])
    with mock(folder, fault) as (profile, _):
        # A fault that only warns stops no run.
        ending = [] if entry.verdict == "conformant" else ["--until-fail"]
        subprocess.run(
            [sys.executable, "-m", "kandykit", "run", "--profile", profile, "--depth", "quick", *ending],
            cwd=folder,
            env={**os.environ, "KANDYKIT_RECORD_ONLY": "1"},
            capture_output=True,
            timeout=300,
            check=False,
        )
    latest = folder / "reports" / "latest"
    statement = json.loads((latest / "statement.json").read_text())
    findings = {each["id"]: each for row in statement["requirements"] for each in row["findings"]}
    main = [each for each in findings.values() if {each["requirement"], *each["also"]} & set(entry.breaks)]
    # What stands before what warns, and the shortest story first.
    main.sort(key=lambda each: (each["verdict"] != "fail", entry.breaks[0] != each["requirement"], each["calls"]))
    return latest / "failures", main


def play(script: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", script], env=environ, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("fault", [*ALWAYS, *(pytest.param(fault, marks=pytest.mark.slow) for fault in MORE)])
def test_the_script_alone_shows_the_fault_and_calls_it_gone_on_a_good_mock(fault: str, tmp_path: Path) -> None:
    scripts, main = found(tmp_path, fault)
    assert main, "the run did not find it"
    for number, finding in enumerate(main[:2]):
        script = scripts / f"{finding['id']}.sh"
        racing = {"KANDY_PLAYS": ""} if finding["requirement"] == "L12" else {}
        with mock(tmp_path, fault) as (_, environ):
            faulty = play(script, environ | racing)
        with mock(tmp_path) as (_, environ):
            good = play(script, environ | racing)
        assert good.returncode != 1, good.stdout
        assert faulty.stderr + good.stderr == ""
        for said in (faulty.stdout, good.stdout):
            assert not [name for name in SECRETS if os.environ[name] in said]
        if number == 0:
            assert faulty.returncode == 1, faulty.stdout
            assert good.returncode == 0, good.stdout
            assert "Still there" in faulty.stdout
            assert "Expected: " in faulty.stdout
            assert "Gone: " in good.stdout
