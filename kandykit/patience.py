"""How long to wait before coming again, as an answer tells."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from kandykit.exchange import Answer

_WINDOWS: Final = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000}

_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")

SPIKE_S: Final = 0.5
"""So long, in seconds, a spike is waited out where the answer does not say how long."""


JUST_OVER_S: Final = 5.0
"""A period that ended no longer ago than this, in seconds, ends about now: moments are rounded, and clocks differ."""


def pause_told(answer: Answer, now: float) -> float:
    """How many seconds an answer asks to wait; ``now`` is the wall clock, used where the answer has no date itself.

    A call that is turned away while its quota is not used up met a spike limit, whose end no quota period tells.
    """
    date = _moment(answer.header("date") or "")
    here = now if date is None else date
    again = (answer.header("retry-after") or "").strip()
    if again.isascii() and again.isdigit():
        return float(again)
    if (moment := _moment(again)) is not None:
        return max(0.0, moment - here)
    if met_a_spike(answer):
        return SPIKE_S
    if (moment := _moment(answer.header("quota-reset-utc") or "")) is not None and moment > here - JUST_OVER_S:
        return moment - here if moment > here else 1.0
    window = _WINDOWS.get((answer.header("quota-time-unit") or "").strip().lower())
    if window is None:
        return 1.0
    interval = (answer.header("quota-interval") or "").strip()
    return float(window * (int(interval) if interval.isascii() and interval.isdigit() else 1))


def met_a_spike(answer: Answer) -> bool:
    """Whether a call was turned away although its quota is not used up."""
    return answer.status == 429 and (calls_left(answer) or 0) > 0


def calls_left(answer: Answer) -> int | None:
    """How many calls are left of the quota, as an answer tells; None where it does not."""
    limit, used = ((answer.header(name) or "").strip() for name in ("quota-limit", "quota-used"))
    counted = all(text.isascii() and text.isdecimal() and len(text) < 16 for text in (limit, used))
    return int(limit) - int(used) if counted else None


def _moment(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, an ISO 8601 date, or a count of seconds or milliseconds."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        count = float(text[:20])
        return count / 1000 if count > 10**11 else count
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        # A date without a zone is in UTC: so RFC 9110 has it, and so the name of the quota header says.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
