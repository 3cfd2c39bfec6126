"""A server that accepts everything, and what its account holds at most while it is judged."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.conftest import Outcome
from tests.run.greedy_server import serve

pytestmark = pytest.mark.slow

PROFILE = """
[target]
name = "greedy"
base_url = "{url}/communication/kandy/provisioning"
token_url = "{url}/oauth/client_credential/accesstoken?grant_type=client_credentials"

[[accounts]]
client_id = "acme"
client_secret = "env:GREEDY_SECRET"

[[accounts]]
client_id = "globex"
client_secret = "env:GREEDY_SECRET"

[budget]
peak_products = {peak}
unbounded_probes = false
"""


@pytest.mark.parametrize(
    ("manner", "peak", "suites"),
    [("sells", 1, ()), ("sells", 5, ("workflow", "security")), ("adds", 2, ()), ("refuses", 25, ("workflow",))],
)
def test_the_peak_stays_within_the_budget(
    kandykit: Callable[..., Outcome], tmp_path: Path, manner: str, peak: int, suites: tuple[str, ...]
) -> None:
    """Measured by the server itself, over a whole run."""
    server = serve(manner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    profile = tmp_path / "greedy.toml"
    profile.write_text(PROFILE.format(url=url, peak=peak), encoding="utf-8")
    only = [argument for suite in suites for argument in ("--suite", suite)]
    try:
        done = kandykit("run", "--depth", "quick", "--profile", str(profile), *only, env={"GREEDY_SECRET": "x" * 12})
        with urllib.request.urlopen(f"{url}/peak") as answer:
            met = json.load(answer)
    finally:
        server.shutdown()
        server.server_close()
    assert done.status == 1, done.out + done.err
    # Of a budget of one nothing is ordered, for it could not be given back within it; and nobody else lost anything.
    assert (0 if peak > 1 else -1) < met["peak"] <= peak, met
    assert met["totals"]["acme"] >= 10, met
