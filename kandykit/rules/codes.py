"""R1: only documented return codes."""

from __future__ import annotations

from typing import Final

from kandykit.calls import Malformed
from kandykit.exchange import Credential
from kandykit.front import comes_in_chunks, is_odd, is_oversize_refusal
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges
from kandykit.verdict import Check, Verdict

HELD: Final = held("R1")

_MOVED: Final = frozenset({301, 307, 308})


@judges("R1")
def only_documented_codes(sight: Sight) -> tuple[Check, ...]:
    """Every status is in the documented table, or was agreed with this target."""
    status = sight.status
    if not status or sight.area is Area.ELSEWHERE or sight.area is Area.PLAIN:
        return NOTHING
    if status in sight.terms.codes:
        return HELD
    if is_oversize_refusal(sight.exchange):
        if is_malformed(sight):
            # R3 says so.
            return NOTHING
        return (_undocumented(sight, "refuses an oversized request with an undocumented code", Verdict.WARN),)
    if status == 411 and comes_in_chunks(sight.exchange):
        # HTTP lets a server ask for the length beforehand (RFC 9110, 15.5.12).
        return (_undocumented(sight, "refuses a body in chunks with an undocumented code", Verdict.WARN),)
    if status in _MOVED and is_odd(sight.exchange):
        # Whoever tidies paths up sends the call on to the tidy one.
        return (_undocumented(sight, "is sent on from an odd path with an undocumented code", Verdict.WARN),)
    if status == 501 and not sight.documented and sight.method not in sight.methods:
        return (_undocumented(sight, "is said not to be implemented", Verdict.WARN),)
    # The table is that of the provisioning API's own answers; what its gateway says elsewhere is only noted.
    elsewhere = sight.area is Area.TOKEN or sight.method == "OPTIONS"
    return (_undocumented(sight, "answers with an undocumented code", Verdict.WARN if elsewhere else Verdict.FAIL),)


def _undocumented(sight: Sight, what: str, verdict: Verdict) -> Check:
    return sight.finding(
        "R1",
        f"{sight.label} {what}",
        f"one of {', '.join(map(str, sorted(sight.terms.codes)))}",
        str(sight.status),
        verdict=verdict,
        source=f"{PAGE}, Return codes",
    )


def is_malformed(sight: Sight) -> bool:
    """Whether this is malformed input behind a token that lets it through: only its form can be what is answered."""
    return (
        isinstance(sight.call, Malformed)
        and sight.documented
        and sight.credential in (Credential.LIVE, Credential.PRESUMED)
    )
