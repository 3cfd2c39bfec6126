"""R2: `created_at` is when it was created, in UTC."""

from __future__ import annotations

from typing import Final

from kandykit.calls import Malformed, Operation
from kandykit.rules.dates import http_date, moment
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges
from kandykit.verdict import Check, Verdict

HELD_R2: Final = held("R2")

NEAR_S: Final = 60.0
"""So many seconds apart, clocks of one target agree."""

FAR_S: Final = 300.0
"""More seconds apart than this, one of them is wrong, or shows something else."""

ZONE_S: Final = 1800.0
EXACT_S: Final = 10.0
FARTHEST_S: Final = 14 * 3600.0
"""Zones are whole half hours apart, up to fourteen hours, and a clock that is merely wrong is not, to some seconds."""


@judges("R2")
def created_at_is_when_it_was_created(sight: Sight) -> tuple[Check, ...]:
    """What has just been created names this moment, and not one of another time zone as if it were UTC."""
    if sight.status != 201 or sight.area is not Area.API or isinstance(sight.call, Malformed):
        return NOTHING
    text = _created_at(sight)
    created, dated = moment(text), http_date(sight.headers.get("date", ""))
    if created is None or dated is None:
        return NOTHING
    apart = created - dated
    if abs(apart) <= NEAR_S:
        return HELD_R2
    zone = round(apart / ZONE_S) * ZONE_S
    of_a_zone = 0 < abs(zone) <= FARTHEST_S and abs(apart - zone) <= EXACT_S
    if not of_a_zone and abs(apart) <= FAR_S:
        return NOTHING
    return (
        sight.finding(
            "R2",
            f"{sight.label} answers with a created_at "
            + ("that is the time of another zone than it says" if of_a_zone else "far from the answer's own date"),
            f"about {sight.headers['date']}, in UTC",
            text,
            verdict=Verdict.FAIL if of_a_zone else Verdict.WARN,
            source=f"{PAGE}, Provision products and subscribers; RFC 3339 4.1",
        ),
    )


def _created_at(sight: Sight) -> str:
    """The member, where the answer to an order or to a create has it; else empty."""
    if sight.operation is Operation.PLACE_ORDER and sight.reply.order is not None:
        return sight.reply.order.created_at or ""
    if sight.operation is Operation.CREATE_SUBSCRIBER and isinstance(sight.content, dict):
        shown = sight.content.get("created_at")
        return shown if isinstance(shown, str) else ""
    return ""
