"""The mock's strangers in this process, each reached by the profile that ships for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from kandykit.binding import Binding
from kandykit.calls import Call, Reply
from kandykit.embedded import EXAMPLE_ORIGIN, EXAMPLES
from kandykit.exchange import Answer
from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from kandykit.oauth import ClientSecret, token_request
from kandykit.profile import Profile, load_profile
from kandykit.requirements import specs_folder
from kandykit.wire import Outgoing

SECRETS = {"acme": "acme-secret", "globex": "globex-secret"}


def example(name: str, origin: str = EXAMPLE_ORIGIN) -> str:
    """The text of a stranger's profile, with its document found from anywhere."""
    folder = specs_folder() / EXAMPLES
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    return text.replace(EXAMPLE_ORIGIN, origin).replace("../../vendors", str(specs_folder() / "vendors"))


def profile_of(name: str, folder: Path, origin: str = EXAMPLE_ORIGIN) -> Profile:
    """A stranger's profile; the mock's secrets have to be in the environment."""
    path = folder / f"{name}.toml"
    path.write_text(example(name, origin), encoding="utf-8")
    return load_profile(path)


class Caller:
    """Calls a stranger as its binding says."""

    def __init__(self, profile: Profile, client: httpx.Client) -> None:
        self.binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
        self.client = client
        granted = self.raw(token_request(profile.target.token_url, ClientSecret("acme", "acme-secret")))
        self.token = json.loads(granted.body)["access_token"]

    def raw(self, outgoing: Outgoing, **headers: str) -> Answer:
        """Send a request as it is."""
        came = self.client.request(
            outgoing.method, outgoing.url, headers={**dict(outgoing.headers), **headers}, content=outgoing.body
        )
        return Answer(came.status_code, tuple(came.headers.items()), came.text)

    def send(self, outgoing: Outgoing) -> tuple[Call, Answer, Reply]:
        """Send with a token; gives what the binding makes of both."""
        answer = self.raw(outgoing, authorization=f"Bearer {self.token}")
        body = (outgoing.body or b"").decode("utf-8", "replace")
        call = self.binding.call_of(outgoing.method, outgoing.url, outgoing.headers, body)
        return call, answer, self.binding.reply_of(call, answer, "")


@contextmanager
def calling(name: str, folder: Path, *faults: str, **settings: Any) -> Iterator[Caller]:
    """A caller of a fresh stranger."""
    mock = Mock(Settings(secrets=SECRETS, dialect=name, **settings))
    catalogue.seed(mock, faults)
    with serving(mock) as url, httpx.Client() as client:
        yield Caller(profile_of(name, folder, url), client)
