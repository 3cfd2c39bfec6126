"""Counterfeits: Bearer tokens that no token endpoint ever gave out, each of a kind that a careless check lets in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

COUNTERFEITS: Final[Mapping[str, str]] = {
    "": "kandykitNeverMinted0123456789",
    "long": "kandykitNeverMinted0123456789" * 12,
    "one sign": "0",
    "zeros": "0" * 32,
    "null": "null",
    "wildcard": "*",
    "quote": "'OR'1'='1",
}
"""What is sent as a token, by its name."""


def unsigned(client_id: str) -> str:
    """A token in the form of RFC 7519 that says whose it is and has no signature, for a year that is far off."""
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": client_id, "client_id": client_id, "exp": 4_102_444_800})
    return ".".join(_encoded(json.dumps(part, separators=(",", ":"))) for part in parts) + "."


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
