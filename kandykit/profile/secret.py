"""A secret in memory."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A secret that cannot be shown by accident: text, logs, reprs and pickles never hold its value.

    ``source`` is where it came from (``env:NAME`` or ``file:PATH``), and is what is shown in its place.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str = "secret") -> None:
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """The value itself; for the one place that sends it, and the one that takes it out of records."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    def __str__(self) -> str:
        return f"<{self.source}>"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(*(secret._value.encode("utf-8", "surrogateescape") for secret in (self, other)))

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled, because that would write its value down")
