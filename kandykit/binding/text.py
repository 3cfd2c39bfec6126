"""Percent-encoding, both ways, without losing octets that are no text."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

HALVES: Final = re.compile("[\ud800-\udfff]")
"""What stands in a text for octets that are none, or for half a character."""


def quoted(text: str) -> str:
    """A text as one path segment or one value of a query."""
    return quote(text, safe="")


def unquoted(segment: str) -> str:
    """What a segment reads, octets that are no UTF-8 as surrogates."""
    return unquote_to_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
