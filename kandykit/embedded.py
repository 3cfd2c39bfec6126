"""The embedded mock as a process of its own on a free loopback port, for runs that name no target."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kandykit.errors import KitError
from kandykit.profile import Profile, load_profile

SECRETS = ("KANDY_MOCK_ACME_SECRET", "KANDY_MOCK_GLOBEX_SECRET")
"""Where the mock's two accounts take their secrets from; a fresh pair is made for each run."""

PROFILE = """
[target]
name = "embedded mock"
base_url = "{url}/communication/kandy/provisioning"
token_url = "{url}/oauth/client_credential/accesstoken?grant_type=client_credentials"

[[accounts]]
client_id = "acme"
client_secret = "env:KANDY_MOCK_ACME_SECRET"

[[accounts]]
client_id = "globex"
client_secret = "env:KANDY_MOCK_GLOBEX_SECRET"
"""


class EmbeddedMock:
    """Starts ``kandykit mock`` with the given arguments; `stop` ends it."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self.arguments = arguments
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Profile:
        """Start the mock and give the profile that reaches it; raises `KitError` when it does not come up."""
        for name in SECRETS:
            os.environ.setdefault(name, secrets.token_urlsafe(16))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kandykit.mock", "--port", "0", *self.arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            self.stop()
            raise KitError("the embedded mock did not start; try `kandykit mock` by itself to see why")
        self.url = line.removeprefix("listening on ").strip()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "embedded mock.toml"
            path.write_text(PROFILE.format(url=self.url), encoding="utf-8")
            return load_profile(path)

    def stop(self) -> None:
        """End the mock."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
