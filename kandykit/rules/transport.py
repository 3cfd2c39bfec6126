"""S1 to S4: HSTS, plain http, and sunset. That HSTS or sunset is missing is judged in `headers`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kandykit.rules.dates import http_date, moment
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD_S1: Final = held("S1")
HELD_S2: Final = held("S2")
HELD_S3: Final = held("S3")
HELD_S4: Final = held("S4")

HSTS: Final = "strict-transport-security"
_DOCUMENTED: Final = {"max-age": "31536000", "includesubdomains": "", "preload": ""}
_SHOWN: Final = "max-age=31536000; includeSubDomains; preload"


@dataclass(frozen=True, slots=True)
class Policy:
    """An HSTS header taken apart: directives by name in lower case, and the names that stand in it twice."""

    directives: tuple[tuple[str, str], ...]
    repeated: tuple[str, ...]


@lru_cache(maxsize=64)
def policy_of(value: str) -> Policy:
    """The directives of an HSTS header; a value may be quoted, names may come in any case (RFC 6797 6.1)."""
    directives: dict[str, str] = {}
    repeated = []
    for part in value.split(";"):
        name, _, text = part.partition("=")
        name = name.strip().lower()
        if not name:
            continue
        if name in directives:
            repeated.append(name)
        directives[name] = text.strip().strip('"')
    return Policy(tuple(directives.items()), tuple(repeated))


@judges("S1")
def hsts_is_sent_once(sight: Sight) -> tuple[Check, ...]:
    """The header stands in the answer once, with one max-age and no directive twice."""
    value = _hsts(sight)
    if value is None:
        return NOTHING
    policy = policy_of(value)
    answer = sight.exchange.answer
    times = len(answer.header_values(HSTS)) if answer is not None else 0
    if times > 1:
        what, actual = "comes more than once in an answer", f"{times} headers"
    elif policy.repeated:
        what, actual = "has a directive twice", quoted(value)
    elif not any(name == "max-age" for name, _ in policy.directives):
        what, actual = "has no max-age", quoted(value)
    else:
        return HELD_S1
    return (
        sight.finding(
            "S1",
            f"Strict-Transport-Security {what}{sight.aside}",
            f"one header: {_SHOWN}",
            f"{actual} in the {sight.status} to {sight.label}",
            verdict=_verdict(sight),
            source="RFC 6797 6.1, 7.1",
        ),
    )


@judges("S2")
def hsts_has_the_documented_value(sight: Sight) -> tuple[Check, ...]:
    """The directives are the three documented ones; a further one that browsers ignore is only noted."""
    value = _hsts(sight)
    if value is None:
        return NOTHING
    directives = dict(policy_of(value).directives)
    if directives == _DOCUMENTED:
        return HELD_S2
    wrong = [name for name, text in _DOCUMENTED.items() if directives.get(name) != text]
    if wrong == ["max-age"] and "max-age" not in directives:
        # S1 has said so.
        return NOTHING
    verdict = _verdict(sight) if wrong else Verdict.WARN
    title = f"Strict-Transport-Security has not the documented value{sight.aside}"
    if not wrong:
        title = "Strict-Transport-Security has an undocumented directive"
    return (
        sight.finding(
            "S2",
            title,
            _SHOWN,
            f"{quoted(value)} in the {sight.status} to {sight.label}",
            verdict=verdict,
            source=f"{PAGE}, HTTP response headers: strict-transport-security",
        ),
    )


@judges("S3")
def plain_http_is_not_served(sight: Sight) -> tuple[Check, ...]:
    """The http form of an https target refuses, or redirects to https, without HSTS. Information: it never fails."""
    if sight.area is not Area.PLAIN:
        return NOTHING
    if not sight.status:
        return HELD_S3 if sight.exchange.failure == "unreachable" else NOTHING
    redirected = sight.status in (301, 308) and sight.headers.get("location", "").startswith("https:")
    return HELD_S3 if redirected and HSTS not in sight.headers else NOTHING


@judges("S4")
def sunset_is_a_date(sight: Sight) -> tuple[Check, ...]:
    """Sunset is ``n/a`` or a date that is still to come."""
    value = sight.headers.get("sunset")
    if value is None or sight.area is not Area.API:
        return NOTHING
    value = value.strip()
    if value.lower() == "n/a":
        return HELD_S4
    when = moment(value)
    if when is None:
        title, expected = "Sunset is neither a date nor n/a", "n/a, or an HTTP date"
    elif (now := now_of(sight)) is not None and when < now:
        title, expected = "Sunset lies in the past while the API is still served", "n/a, or a date to come"
    else:
        return HELD_S4
    return (
        sight.finding(
            "S4",
            title,
            expected,
            f"{quoted(value)} in the {sight.status} to {sight.label}",
            verdict=Verdict.WARN,
            source=f"{PAGE}, HTTP response headers: sunset; RFC 8594 3",
        ),
    )


def now_of(sight: Sight) -> float | None:
    """The wall clock of an exchange, in seconds since 1970: the target's own if it tells, else the kit's."""
    date = sight.headers.get("date")
    found = http_date(date) if date else None
    return moment(sight.exchange.at) if found is None and sight.exchange.at else found


def _hsts(sight: Sight) -> str | None:
    return sight.headers.get(HSTS) if sight.area is Area.API else None


def _verdict(sight: Sight) -> Verdict:
    """The header table is owed on the success of a documented operation; elsewhere what is wrong in it is noted."""
    return Verdict.FAIL if sight.succeeded and sight.documented else Verdict.WARN
