"""Text as a shell reads it: whatever a target or a generator made, it stays one word and runs nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that only the play knows, where the recorded text had one; ``encoded`` as part of a URL."""

    name: str
    encoded: bool = False


Piece = str | Variable


def word(text: str) -> str:
    """A text as one shell word, unprintable octets as ``$'\\xff'``; NUL can be in no shell word, and goes."""
    if _PLAIN.fullmatch(text):
        return shlex.quote(text)
    octets = text.encode("utf-8", "surrogateescape").replace(b"\0", b"")
    return "$'" + "".join(_octet(octet) for octet in octets) + "'"


def words(pieces: Iterable[Piece]) -> str:
    """Texts and variables as one shell word."""
    parts = []
    for piece in _joined(pieces):
        if isinstance(piece, Variable):
            parts.append(f'"${{{piece.name}{"_encoded" if piece.encoded else ""}}}"')
        else:
            parts.append(word(piece))
    return "".join(parts) or "''"


def printing(pieces: Iterable[Piece]) -> str:
    """One command that prints texts and variables, octet by octet: a body may hold what no shell word can."""
    pieces = list(_joined(pieces))
    if not any(isinstance(piece, str) and "\0" in piece for piece in pieces):
        return f"printf '%s' {words(pieces)}"
    commands = [
        f"printf '%s' {words([piece])}" if isinstance(piece, Variable) else f"printf '{_octal(piece)}'"
        for piece in pieces
    ]
    return "{ " + "; ".join(commands) + "; }"


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring texts as one, none of them empty."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return joined


def _octal(text: str) -> str:
    return "".join(f"\\{octet:03o}" for octet in text.encode("utf-8", "surrogateescape"))


def _octet(octet: int) -> str:
    char = chr(octet)
    if char in "\\'":
        return "\\" + char
    return char if 0x20 <= octet < 0x7F else f"\\x{octet:02x}"
