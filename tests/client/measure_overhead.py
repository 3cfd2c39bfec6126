"""What the client adds to a call: run it by hand, on a quiet machine.

    .venv/bin/python tests/client/measure_overhead.py

It prints calls per second of the client and of a bare httpx loop, in turns against the same mock, the microseconds
that guard, redaction, both journal records, binding and ledger take without any network, and how close together the
calls of a burst leave.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from kandykit.binding import Binding
from kandykit.calls import OrderKind
from kandykit.client import Client
from kandykit.embedded import EmbeddedMock
from kandykit.exchange import Intent
from kandykit.guard import Guard
from kandykit.journal import Journal
from kandykit.ledger import Ledger
from kandykit.profile import Profile
from kandykit.redaction import Redactor

INTENT = Intent("measure", "overhead")


class Canned(httpx.BaseTransport):
    """Answers at once with what the mock had answered."""

    def __init__(self, answers: dict[tuple[str, str], httpx.Response]) -> None:
        self.answers = {key: (a.status_code, a.headers.raw, a.content) for key, a in answers.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        status, headers, body = self.answers[request.method, request.url.path]
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def client_of(profile: Profile, folder: Path, name: str, inner: httpx.BaseTransport | None = None) -> Client:
    binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
    journal = Journal(folder / name)
    journal.run()
    guard = Guard.of(profile, Ledger("measure"), "measure")
    return Client(profile, binding, guard, journal, Redactor(), inner=inner)


def least(call: Callable[[], object], times: int, rounds: int = 5) -> float:
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, (time.perf_counter() - began) / times)
    return best


def main() -> None:
    mock = EmbeddedMock(())
    profile = mock.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(profile, Path(folder))
    finally:
        mock.stop()


def measure(profile: Profile, folder: Path) -> None:
    client = client_of(profile, folder, "over-the-wire")
    binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
    more, fewer = (binding.place_order(kind, 1) for kind in (OrderKind.INCREMENT, OrderKind.DECREMENT))
    steps = (more, binding.read_inventory(), fewer, binding.read_inventory())
    headers = {"authorization": f"Bearer {client.token()}", "content-type": "application/json"}
    bare = httpx.Client(headers=headers)

    def with_kit(through: Client = client) -> None:
        for step in steps:
            through.send(step, INTENT)

    def without() -> None:
        for step in steps:
            bare.request(step.method, step.url, content=step.body)

    for warm_up in (with_kit, without):
        least(warm_up, 50, 1)
    ours = theirs = float("inf")
    for _ in range(6):
        ours, theirs = min(ours, least(with_kit, 150, 1) / 4), min(theirs, least(without, 150, 1) / 4)
    print(f"client {1 / ours:6.0f} calls/s, bare httpx loop {1 / theirs:6.0f}: ratio {theirs / ours:.2f}")

    token = httpx.Response(200, json={"access_token": "measured-token", "token_type": "Bearer", "expires_in": "3599"})
    answers = {
        (step.method, httpx.URL(step.url).path): bare.request(step.method, step.url, content=step.body)
        for step in steps
    }
    answers["POST", httpx.URL(profile.target.token_url).path] = token
    canned = Canned(answers)
    inside = client_of(profile, folder, "inside", canned)

    def httpx_alone() -> None:
        for step in steps:
            request = httpx.Request(step.method, step.url, headers=headers, content=step.body)
            b"".join(canned.handle_request(request).stream)  # type: ignore[arg-type]

    whole = least(lambda: with_kit(inside), 400) / 4
    alone = least(httpx_alone, 400) / 4
    print(f"without network {whole * 1e6:.0f} us a call, {alone * 1e6:.0f} of them httpx's own request and response")

    for size in (2, 8, 16, 32):
        spreads = []
        for _ in range(15):
            burst = client.send_together([(steps[1], INTENT)] * size)
            stamps = [exchange.started for exchange, _, _ in burst]
            spreads.append(max(stamps) - min(stamps))
        print(f"a burst of {size:2d} leaves within {sorted(spreads)[7] * 1e3:.2f} ms (worst {max(spreads) * 1e3:.2f})")


if __name__ == "__main__":
    main()
