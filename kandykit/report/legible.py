"""Text that a target made, turned into text that can be shown.

An answer may hold anything: escape sequences that repaint a terminal, direction marks that turn a line round, octets
that are no UTF-8, a body of a hundred megabytes. Every view of the statement passes what it shows through here.
"""

from __future__ import annotations

import re
from typing import Final

SHOWN_CHARACTERS: Final = 4_000
"""How much of one body or value a view shows; what was cut is always said."""

_UNSHOWABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, save tab and line feed
    "\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # invisible ones and those that turn the direction
    "\ud800-\udfff\ufffe\uffff]"  # octets that were no UTF-8, and what XML and JSON readers refuse
)


def legible(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """The text with every unshowable character written out (``\\x1b``, ``\\u202e``), cut at ``limit`` characters.

    An octet that was no UTF-8 shows as that octet (``\\xff``). A cut is said in the text itself.
    """
    if len(text) <= limit and text.isprintable():  # nothing to write out, as with nearly all that comes
        return text
    cut = len(text) - limit
    if cut > 0:
        text = text[:limit]
    text = _UNSHOWABLE.sub(_written_out, text)
    return f"{text} … [{cut:,} more characters not shown]" if cut > 0 else text


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line, for terminals and table cells."""
    return " ".join(legible(text, limit).split())


def clipped(text: str, limit: int) -> str:
    """The text on one line, ended by an ellipsis where it is longer; for drawings, whose words stand elsewhere."""
    line = " ".join(legible(text, 4 * limit).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _written_out(match: re.Match[str]) -> str:
    point = ord(match.group())
    if 0xDC80 <= point <= 0xDCFF:  # a surrogate escape: the octet itself is what came
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
