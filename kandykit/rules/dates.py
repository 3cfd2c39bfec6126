"""Moments as answers write them: HTTP dates, RFC 3339 and its relatives, and seconds or milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY: Final = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME: Final = r"\d\d:\d\d:\d\d"

# RFC 9110 5.6.7: the first form is the one to send, the two others are obsolete and still to be understood.
_HTTP_DATE: Final = re.compile(
    rf"{_DAY}, \d\d {_MONTH} \d{{4}} {_TIME} GMT"
    rf"|{_LONG_DAY}, \d\d-{_MONTH}-\d\d {_TIME} GMT"
    rf"|{_DAY} {_MONTH} [ \d]\d {_TIME} \d{{4}}"
)
_MAIL_DATE: Final = re.compile(
    rf"(?:{_DAY}, )?\d\d? {_MONTH} \d{{4}} {_TIME} (?:[+-]\d{{4}}|UTC?|GMT)"
    rf"|{_DAY} {_MONTH} [ \d]?\d {_TIME} (?:UTC|GMT) \d{{4}}"
)
_SECONDS: Final = re.compile(r"\d{9,11}(?:\.\d+)?")
_MILLISECONDS: Final = re.compile(r"\d{12,14}")
_ZONE_WORD: Final = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)


@lru_cache(maxsize=1024)
def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date in one of its three forms; None for anything else."""
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def moment(text: str) -> float | None:
    """Seconds since 1970 of a moment in any usual notation; None where it is none.

    What names no zone is taken as UTC, as KPN says of all quota times.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    if _MILLISECONDS.fullmatch(text):
        return int(text) / 1000
    found = http_date(text)
    if found is None:
        found = _iso_8601(text)
    return _of_a_mail(text) if found is None else found


def _of_a_mail(text: str) -> float | None:
    """A date as mails have it (RFC 5322) and as `date` and Java print it: no form for a header, and no doubt either."""
    if not _MAIL_DATE.fullmatch(text):
        return None
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _iso_8601(text: str) -> float | None:
    if len(text) < len("20260101"):
        return None
    try:
        when = datetime.fromisoformat(_ZONE_WORD.sub("", text))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
