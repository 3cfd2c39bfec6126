"""The contract suite beside ``schemathesis run``: calls per second, and faults found per 1,000 calls.

    .venv/bin/python bench/contract.py [--rounds 3] [--depth standard] [--skip-faults] [--tool NAME]

Each measurement gets a fresh mock in a process of its own, and both tools take turns. Time is what each tool says of
itself: from its first call to its last, generation and judging included, reports and the start of Python not. Calls
are counted by the mock itself, in its quota headers. A fault counts as found when the tool fails for it in a way in
which it does not fail on the correct mock.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BASE = "/communication/kandy/provisioning"
TOKEN = "/oauth/client_credential/accesstoken?grant_type=client_credentials"
SECRETS = {
    "KANDY_MOCK_ACME_SECRET": "acme-secret-of-the-bench",
    "KANDY_MOCK_GLOBEX_SECRET": "globex-secret-of-the-bench",
}

FAULTS = (
    "quantity-zero-accepted",
    "order-without-product-accepted",
    "refused-unknown-member-acts",
    "deletion-answered-204",
    "malformed-answered-422",
    "hsts-missing",
    "quota-headers-missing-on-creates",
    "create-consumes-two",
    "delete-returns-nothing",
    "increment-adds-one",
)
"""Ten of the mock's catalogue: three of input, two of codes, two of headers, three of what it counts."""


@dataclass
class Ran:
    """What one process did: seconds, calls as the mock counted them, and in which ways it failed."""

    seconds: float
    calls: int
    failures: set[str] = field(default_factory=set)

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds


class Target:
    """A fresh mock."""

    def __init__(self, url: str) -> None:
        self.url = url
        form = {"client_id": "acme", "client_secret": SECRETS["KANDY_MOCK_ACME_SECRET"]}
        self.token = httpx.post(url + TOKEN, data=form).json()["access_token"]

    def used(self) -> int:
        """The calls of the account so far, this one included."""
        answer = httpx.get(f"{self.url}{BASE}/inventory", headers={"authorization": f"Bearer {self.token}"})
        return int(answer.headers["quota-used"])


@contextmanager
def mock(fault: str = "") -> Iterator[Target]:
    """A mock with at most one fault, in a process of its own."""
    arguments = [sys.executable, "-m", "kandykit.mock", "--port", "0", *(["--fault", fault] if fault else [])]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, **SECRETS}, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield Target(process.stdout.readline().removeprefix("listening on ").strip())
    finally:
        process.terminate()
        process.wait(10)


def measured(command: list[str], target: Target, folder: str) -> tuple[Ran, str]:
    """Run a tool; its calls are the difference of two reads, without those two. Its time is to be filled in."""
    # Rewritten and compiled modules may be kept, as they are on any user's machine.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = target.used()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**environment, **SECRETS})
    return Ran(0.0, target.used() - before - 1), done.stdout


def schemathesis(target: Target) -> Ran:
    """``schemathesis run`` with its default checks and one worker, as shipped."""
    with tempfile.TemporaryDirectory() as folder:
        document = str(ROOT / "specs" / "kandy-provisioning.openapi.yaml")
        command = [str(BIN / "schemathesis"), "run", document, "-u", target.url + BASE, "--seed", "1"]
        command += ["-H", f"Authorization: Bearer {target.token}", "--generation-database", "none"]
        ran, output = measured(command, target, folder)
    ran.seconds = float(re.findall(r" in ([0-9.]+)s =", output)[-1])
    ran.failures = set(re.findall(r"- (ST\d+ [^\n]+)", output))
    return ran


def kandykit(target: Target, depth: str) -> Ran:
    """``kandykit run --suite contract``."""
    with tempfile.TemporaryDirectory() as folder:
        profile = (ROOT / "specs" / "profiles" / "mock.toml").read_text()
        path = Path(folder) / "profile.toml"
        path.write_text(profile.replace("http://127.0.0.1:8080", target.url))
        command = [str(BIN / "kandykit"), "run", "--profile", str(path), "--suite", "contract", "--depth", depth]
        ran, _ = measured([*command, "--out", f"{folder}/out"], target, folder)
        statement = json.loads(next(Path(folder).glob("out/2*/statement.json")).read_text())
    ran.seconds = statement["run"]["seconds"]
    ran.failures = {row["id"] for row in statement["requirements"] if row["verdict"] == "fail"}
    return ran


def main() -> None:
    """Measure and print two small tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--depth", default="standard")
    arguments.add_argument("--skip-faults", action="store_true")
    arguments.add_argument("--tool", choices=("schemathesis run", "kandykit contract"), help="only this one's faults")
    options = arguments.parse_args()
    tools: dict[str, Callable[[Target], Ran]] = {
        "schemathesis run": schemathesis,
        "kandykit contract": lambda target: kandykit(target, options.depth),
    }
    rounds: dict[str, list[Ran]] = {name: [] for name in tools}
    for number in range(options.rounds + 1):
        for name, tool in tools.items():
            with mock() as target:
                ran = tool(target)
            # The first round fills the caches of compiled modules.
            if number:
                rounds[name].append(ran)
    print(f"correct mock, {options.rounds} rounds, depth {options.depth}")
    for name, runs in rounds.items():
        rates = ", ".join(f"{ran.rate:.0f}" for ran in runs)
        median = statistics.median(ran.rate for ran in runs)
        calls = statistics.median(ran.calls for ran in runs)
        failures = sorted(set().union(*(ran.failures for ran in runs)))
        print(f"  {name:18} {median:5.0f} calls/s ({rates}), {calls:.0f} calls, false failures: {failures or 'none'}")
    ours, theirs = (statistics.median(ran.rate for ran in rounds[name]) for name in reversed(tools))
    print(f"  ratio {ours / theirs:.1f}")
    if options.skip_faults:
        return
    print("ten faults")
    for name, tool in tools.items():
        if options.tool not in (None, name):
            continue
        false = set().union(*(ran.failures for ran in rounds[name]))
        calls, found = 0, []
        for fault in FAULTS:
            with mock(fault) as target:
                ran = tool(target)
            calls += ran.calls
            if ran.failures - false:
                found.append(fault)
        missed = sorted(set(FAULTS) - set(found))
        print(
            f"  {name:18} {len(found)} of {len(FAULTS)} in {calls} calls,"
            f" {1000 * len(found) / calls:.2f} per 1,000 calls; missed: {', '.join(missed) or 'none'}"
        )


if __name__ == "__main__":
    main()
