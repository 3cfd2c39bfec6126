"""The embedded mock as a process of its own on a free loopback port, for runs that name no target."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kandykit.errors import KitError
from kandykit.profile import Profile, load_profile
from kandykit.requirements import specs_folder

SECRETS = ("KANDY_MOCK_ACME_SECRET", "KANDY_MOCK_GLOBEX_SECRET")
"""Where the mock's two accounts take their secrets from; a fresh pair is made for each run."""

LIMIT = 20
"""The agreed limit that the mock of a plain run has, so that the limit's law is put to the test as well."""

EXAMPLES = "profiles/examples"
"""Where, below the specs, each dialect of the mock has its profile."""

EXAMPLE_ORIGIN = "http://127.0.0.1:8080"
"""The origin that those profiles name."""

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
    """Starts ``kandykit mock`` with the given arguments; `stop` ends it.

    With a ``dialect`` it speaks as that stranger, and the profile is the stranger's own of `EXAMPLES`.
    """

    def __init__(self, arguments: Sequence[str] = ("--limit", str(LIMIT)), dialect: str = "") -> None:
        self.arguments = [*arguments, "--dialect", dialect] if dialect else arguments
        self.dialect = dialect
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Profile:
        """Start the mock and give the profile that reaches it; raises `KitError` when it does not come up."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "embedded mock.toml"
            self.write_profile(path, {"limit": LIMIT} if "--limit" in self.arguments else None)
            return load_profile(path)

    def write_profile(self, path: Path, readings: Mapping[str, Any] | None = None) -> None:
        """Start the mock and write the profile that reaches it, with what a user would declare under ``readings``."""
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
        declared = [f"{name} = {_toml(value)}" for name, value in (readings or {}).items()]
        text = self._stranger() if self.dialect else PROFILE.format(url=self.url)
        path.write_text(text + "\n".join(["", "[readings]", *declared, ""]) if declared else text, encoding="utf-8")

    def _stranger(self) -> str:
        """The example profile of a stranger, at this mock's address and with its document found from anywhere."""
        example = specs_folder() / EXAMPLES / f"{self.dialect}.toml"
        text = example.read_text(encoding="utf-8").replace(EXAMPLE_ORIGIN, self.url)
        return re.sub(
            r'^openapi = "(.+)"',
            lambda match: f"openapi = {json.dumps(str((example.parent / match[1]).resolve()))}",
            text,
            flags=re.MULTILINE,
        )

    def stop(self) -> None:
        """End the mock, at once: it keeps nothing, and in order it would take a second."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


def _toml(value: Any) -> str:
    """A reading as TOML: JSON's spelling, but for tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple | set | frozenset) else value)
