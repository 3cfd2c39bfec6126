"""The values of a play: what the target or the kit made up when it was recorded, and goes by another name now.

Identities, passwords, order numbers, dates and tokens are different in every play. Wherever a recorded request holds
one that an earlier call gave out, in whatever spelling, the script puts a variable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlsplit

from kandykit.binding import Binding
from kandykit.exchange import Exchange
from kandykit.report.credentials import with_token
from kandykit.report.shell import Piece, Variable


class Values:
    """Every value of one recorded sequence that is known so far; ``known`` maps it to its variable."""

    def __init__(self, binding: Binding) -> None:
        self.known: dict[str, str] = {}
        self._binding = binding

    def name(self, value: str, name: str) -> str:
        """The variable of a value; a new value gets the given name, or one like it."""
        taken = sum(each == name or each.startswith(f"{name}_") for each in self.known.values())
        return self.known.setdefault(value, f"{name}_{taken + 1}" if taken else name)

    def refers(self, call: Exchange, value: str) -> bool:
        """Whether a call's request holds a value."""
        pieces = [*self.url(call), *self.body(call.request.body)]
        for _, text in call.request.headers:
            pieces += self.plain(text)
        return any(isinstance(piece, Variable) and piece.name == self.known[value] for piece in pieces)

    def url(self, call: Exchange) -> list[Piece]:
        """A call's URL, on this play's target."""
        url = call.request.url
        base, token = self._binding.base_url, self._binding.token_url.partition("?")[0]
        parts = urlsplit(base)
        places = ((token, "TOKEN_PLACE"), (base, "BASE_URL"), (f"{parts.scheme}://{parts.netloc}", "ORIGIN"))
        for start, variable in places:
            if url.startswith(start):
                pieces: list[Piece] = [Variable(variable)]
                for part in self._split(url[len(start) :], lambda text: [quote(text, ""), quote(text, "@"), text]):
                    pieces += [replace(part, encoded=True)] if isinstance(part, Variable) else with_token(call, part)
                return pieces
        return [url]

    def body(self, body: str) -> list[Piece]:
        """A JSON text."""
        return self._split(body, lambda text: [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]])

    def plain(self, text: str) -> list[Piece]:
        """A text in which values stand as they are."""
        return self._split(text, lambda value: [value])

    def _split(self, text: str, spellings: Callable[[str], list[str]]) -> list[Piece]:
        spelled = {each: variable for value, variable in self.known.items() for each in spellings(value) if each}
        if not spelled:
            return [text]
        pattern = "|".join(re.escape(each) for each in sorted(spelled, key=len, reverse=True))
        return [Variable(spelled[part]) if part in spelled else part for part in re.split(f"({pattern})", text)]
