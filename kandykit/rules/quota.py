"""K1: the quota headers, and what 429 has to do with them. That one is missing is judged in `headers`."""

from __future__ import annotations

from typing import Final

from kandykit.rules.dates import moment
from kandykit.rules.past import QuotaUsed, quota_window, says_over_quota
from kandykit.rules.rule import NOTHING, PAGE, Sight, held, judges, quoted
from kandykit.rules.transport import now_of
from kandykit.verdict import Check, Verdict

HELD: Final = held("K1")
UNITS: Final = frozenset({"minute", "hour", "day", "week", "month"})

_COUNTS: Final = ("quota-interval", "quota-limit", "quota-used")
_SOURCE: Final = f"{PAGE}, HTTP response headers: quota-interval to quota-used"
_CLOCKS_DIFFER_S: Final = 5.0
"""So much may the kit's and the target's idea of now be apart, in seconds."""


@judges("K1", "R2")
def quota_headers_make_sense(sight: Sight) -> tuple[Check, ...]:
    """Counts are whole numbers, the unit is a documented word, the reset is a moment, and used stays within limit."""
    if not sight.authenticated:
        return NOTHING
    headers = sight.headers
    wrong = []
    present = False
    for name in _COUNTS:
        value = headers.get(name)
        if value is not None:
            present = True
            if not _is_count(value):
                wrong.append((name, "is no whole number", "a whole number, 0 or more", value))
    unit = headers.get("quota-time-unit")
    if unit is not None and unit.strip().lower() not in UNITS:
        wrong.append(("quota-time-unit", "is no documented unit", "minute, hour, day, week or month", unit))
    reset = headers.get("quota-reset-utc")
    if reset is not None and moment(reset) is None:
        expected = "a moment: seconds or milliseconds since 1970, ISO 8601, or an HTTP date"
        wrong.append(("quota-reset-UTC", "is no moment", expected, reset))
    if wrong:
        return tuple(
            _finding(sight, f"{name} {what}{sight.aside}", expected, value, verdict=_of_form(sight), also=("R2",))
            for name, what, expected, value in wrong
        )
    used, limit = headers.get("quota-used"), headers.get("quota-limit")
    if used is not None and limit is not None and int(used) > int(limit) and _was_counted(sight):
        title = "quota-used is above quota-limit in an answer that is no 429"
        return (_finding(sight, title, f"{limit} at most", used),)
    return HELD if present or unit is not None or reset is not None else NOTHING


@judges("K1")
def quota_used_grows(sight: Sight) -> tuple[Check, ...]:
    """From one call to a later one of the same account and period, quota-used rises; it never falls.

    Calls that overlap may be counted in either order, so they are not compared.
    """
    headers = sight.headers
    used = headers.get("quota-used", "")
    if not _is_count(used) or not _was_counted(sight):
        return NOTHING
    exchange = sight.exchange
    before = sight.past.quota_before(exchange.intent.account, exchange.started)
    if before is None or before.window != quota_window(headers) or _may_be_over(sight, before):
        return NOTHING
    now = int(used)
    if now > before.used:
        return HELD
    if now < before.used:
        return (
            _finding(
                sight,
                "quota-used falls within one quota period",
                f"more than {before.used}, which an earlier answer of this period showed",
                used,
                before=(before.seq,),
            ),
        )
    if used == headers.get("quota-limit") or not sight.succeeded:
        # A used-up quota cannot grow, and whether a refused call counts is nowhere said.
        return NOTHING
    return (
        _finding(
            sight,
            "quota-used stands still from one call to the next",
            f"more than {before.used}",
            used,
            before=(before.seq,),
            verdict=Verdict.WARN,
        ),
    )


@judges("K1")
def throttling_is_by_quota(sight: Sight) -> tuple[Check, ...]:
    """A 429 comes when the quota is used up, unless it speaks of a spike or says when to come again.

    A used-up quota that is told by 500 has been seen at gateways, and is noted.
    """
    status = sight.status
    if status == 500 and says_over_quota(sight.body):
        return (_warning(sight, "A used-up quota is answered by a server error", "429", "500"),)
    if status != 429 or not sight.authenticated:
        return NOTHING
    headers = sight.headers
    used, limit = headers.get("quota-used", ""), headers.get("quota-limit", "")
    if not _is_count(used) or not _is_count(limit):
        return NOTHING
    if int(used) >= int(limit):
        return HELD
    if "retry-after" in headers or "spike" in sight.body.lower():
        return NOTHING
    return (_warning(sight, "A call is throttled although quota is left", f"quota-used {limit}", f"quota-used {used}"),)


def _was_counted(sight: Sight) -> bool:
    """Whether the API itself answered an operation: then the call was let in, and has been counted.

    Of what a gateway turns away, with 403 or 429 or by failing, nobody said whether it counts.
    """
    return sight.authenticated and sight.documented and sight.status < 500 and sight.status not in (403, 429)


def _of_form(sight: Sight) -> Verdict:
    """A header that cannot be read fails where it is owed."""
    return Verdict.FAIL if sight.succeeded and sight.documented else Verdict.WARN


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _may_be_over(sight: Sight, before: QuotaUsed) -> bool:
    """Whether the period of ``before`` may have ended: then a smaller number is a new count and no mistake."""
    reset = before.window[0]
    ends = moment(reset) if reset else None
    now = now_of(sight)
    return ends is None or (now is not None and now + _CLOCKS_DIFFER_S >= ends)


def _finding(
    sight: Sight,
    title: str,
    expected: str,
    actual: str,
    *,
    verdict: Verdict = Verdict.FAIL,
    also: tuple[str, ...] = (),
    before: tuple[int, ...] = (),
) -> Check:
    return sight.finding(
        "K1",
        title,
        expected,
        f"{quoted(actual)} in the {sight.status} to {sight.label}",
        verdict=verdict,
        also=also,
        source=_SOURCE,
        before=before,
    )


def _warning(sight: Sight, title: str, expected: str, actual: str) -> Check:
    return sight.finding("K1", title, expected, actual, verdict=Verdict.WARN, source=_SOURCE)
