"""Which of the recorded calls are the API's: by the profile, or by the documented paths that they were made to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from kandykit.binding import DEFAULTS
from kandykit.errors import UsageError
from kandykit.traffic.archive import Entry

BASE_PATH: Final = "/communication/kandy/provisioning"
TOKEN_PATH: Final = "/oauth/client_credential/accesstoken"
"""The documented paths, which a mock or a gateway keeps on an origin of its own."""


def addresses_of(path: object, entries: Sequence[Entry]) -> tuple[str, str]:
    """The base URL and the token URL that a recording's calls were made to, where no profile says so.

    Raises `UsageError` where the file does not tell, with what it could be.
    """
    bases = Counter(base for entry in entries for base in _bases(entry))
    documented = [base for base in bases if urlsplit(base).path == BASE_PATH]
    candidates = documented or list(bases)
    if len(candidates) != 1:
        why = f"could be any of {', '.join(sorted(candidates)[:4])}" if candidates else "cannot be told from it"
        raise UsageError(
            f"{path}: which API this is traffic of {why}. Give --profile FILE, a profile whose target.base_url says so."
        )
    base = candidates[0]
    return base, _token_url(base, entries)


def _bases(entry: Entry) -> Iterable[str]:
    """What the base URL is if this call is one of the five operations."""
    parts = urlsplit(entry.url)
    whole = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    paths = {name: DEFAULTS[f"{name}.path"] for name in ("order", "inventory", "subscriber")}
    if entry.method == "GET" and whole.endswith(paths["inventory"]):
        yield whole.removesuffix(paths["inventory"])
    elif entry.method in ("GET", "POST") and whole.endswith(paths["order"]):
        yield whole.removesuffix(paths["order"])
    elif entry.method == "POST" and whole.endswith(paths["subscriber"]):
        yield whole.removesuffix(paths["subscriber"])
    elif entry.method == "DELETE" and whole.rpartition("/")[0].endswith(paths["subscriber"]):
        yield whole.rpartition("/")[0].removesuffix(paths["subscriber"])


def _token_url(base: str, entries: Sequence[Entry]) -> str:
    """Where tokens were minted: a call that was answered with one, else the documented path on the same origin."""
    for entry in entries:
        if entry.method == "POST" and '"access_token"' in (entry.answer_body or ""):
            return entry.url.partition("?")[0] + "?grant_type=client_credentials"
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{TOKEN_PATH}?grant_type=client_credentials"


def is_of(entry: Entry, base_url: str, token_url: str) -> bool:
    """Whether a call was made to the API or to its token endpoint."""
    address = entry.url.partition("?")[0]
    base = base_url.rstrip("/")
    return address == base or address.startswith(base + "/") or address == token_url.partition("?")[0]
