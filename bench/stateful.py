"""Calls per second of the stateful suite beside a bare httpx loop, on the same mock in the same minute.

    python bench/stateful.py [--rounds 3]

The loop reads the inventory, creates a subscriber and deletes it, over and over, with one kept connection. Rounds
alternate between the two, so that a noisy machine slows both; what counts is the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from kandykit.embedded import EmbeddedMock
from kandykit.outcome import RECORD_ONLY


def bare(profile: Path, seconds: float) -> float:
    """Calls per second of a plain loop that journals nothing and judges nothing."""
    from kandykit.profile import load_profile

    target = load_profile(profile)
    account = target.accounts[0]
    with httpx.Client() as client:
        form = {"client_id": account.client_id, "client_secret": account.client_secret.reveal()}
        token = client.post(target.target.token_url, data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        base, product = target.target.base_url, "KPN-VoiceVideo-C"
        client.post(f"{base}/order", json={"product_name": product, "order_type": "increment", "quantity": 1})
        calls, began = 0, time.monotonic()
        while time.monotonic() - began < seconds:
            client.get(f"{base}/inventory")
            identity = client.post(f"{base}/subscriber", json={"product_name": product}).json()["identity"]
            client.delete(f"{base}/subscriber/{identity.replace('@', '%40')}")
            calls += 3
        rate = calls / (time.monotonic() - began)
        client.post(f"{base}/order", json={"product_name": product, "order_type": "decrement", "quantity": 1})
    return rate


def stateful(profile: Path, depth: str) -> float:
    """Calls per second between the first and the last call of the stateful suite, as its journal tells."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kandykit", "run", "--profile", str(profile), "--suite", "stateful"]
        command += ["--depth", depth, "--out", folder]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, RECORD_ONLY: "1"})
        times = [
            record["started"]
            for line in (Path(folder) / "latest" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
            if (record := json.loads(line))["kind"] == "intent" and record["suite"] == "stateful"
        ]
    return (len(times) - 1) / (times[-1] - times[0])


def main() -> None:
    """Measure in turns and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--depth", default="quick")
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {"bare": [], "stateful": []}
    with tempfile.TemporaryDirectory() as folder:
        mock = EmbeddedMock(())
        profile = Path(folder) / "profile.toml"
        mock.write_profile(profile)
        try:
            for _ in range(options.rounds):
                rates["bare"].append(bare(profile, options.seconds))
                rates["stateful"].append(stateful(profile, options.depth))
        finally:
            mock.stop()
    for name, values in rates.items():
        print(f"{name:9} {statistics.median(values):7.0f} calls/s  ({', '.join(f'{value:.0f}' for value in values)})")
    ratios = [kit / loop for kit, loop in zip(rates["stateful"], rates["bare"], strict=True)]
    print(f"ratio     {statistics.median(ratios):7.2f}          ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")


if __name__ == "__main__":
    main()
