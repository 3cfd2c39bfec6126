"""Standing headers: what a target says of itself in every answer, such as its version, its sunset and its quota.

None of them is judged here. They are readings: the gate tells when one of them is not what it was last night.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from kandykit.exchange import Credential, Exchange

POLICY: Final = (
    "sunset",
    "deprecation",
    "api-version",
    "quota-interval",
    "quota-limit",
    "quota-time-unit",
    "strict-transport-security",
)
"""Headers by which a target announces what its callers must reckon with."""

_PASSING: Final = frozenset(
    {
        "age",
        "connection",
        "content-length",
        "content-location",
        "content-type",
        "date",
        "etag",
        "expires",
        "keep-alive",
        "last-modified",
        "location",
        "quota-reset-utc",
        "quota-used",
        "retry-after",
        "set-cookie",
        "transfer-encoding",
        "vary",
        "www-authenticate",
    }
)
"""Headers that speak of one answer, or of one moment."""

_MOST_VALUES: Final = 8
_LEAST_ANSWERS: Final = 10
_LONGEST: Final = 200


class StandingHeaders:
    """Takes the exchanges of a run one by one; `readings` says which headers stood, and with which values.

    Only ordinary calls with a live token count that were answered with success, and of one account only: errors come
    from other machines, odd calls get odd answers, and another account may have another quota. A header of `POLICY`
    is kept with each of its values, any other one only if it never changed.
    """

    def __init__(self) -> None:
        self._account = ""
        self._answers = 0
        self._seen: dict[str, Counter[str]] = {}

    def see(self, exchange: Exchange) -> None:
        """Take one exchange."""
        intent, answer = exchange.intent, exchange.answer
        if answer is None or not exchange.answered or not 200 <= answer.status < 300 or intent.probe:
            return
        if intent.credential not in (Credential.LIVE, Credential.PRESUMED):
            return
        if exchange.request.method == "OPTIONS" or exchange.request.header("api-version") is not None:
            return
        self._account = self._account or intent.account
        if intent.account != self._account:
            return
        self._answers += 1
        for name, value in answer.headers:
            name = name.lower()
            if name in _PASSING or name.startswith("access-control-"):
                continue
            values = self._seen.setdefault(name, Counter())
            # One value more than can be kept is enough to know that it changes from answer to answer.
            if value in values or len(values) <= _MOST_VALUES:
                values[value] += 1

    def readings(self) -> dict[str, str | list[str]]:
        """The headers by lower-case name, each with its value, or with all of them in order where there are several."""
        found: dict[str, str | list[str]] = {}
        for name, values in sorted(self._seen.items()):
            shown = sorted(value[:_LONGEST] for value in values)
            if name in POLICY:
                if len(values) <= _MOST_VALUES:
                    found[name] = shown[0] if len(shown) == 1 else shown
            elif len(values) == 1 and self._answers >= _LEAST_ANSWERS and values.total() == self._answers:
                found[name] = shown[0]
        return found
