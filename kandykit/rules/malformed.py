"""R3, shown also as H16: malformed input gets a clear 4xx. That it changes nothing is for the laws to see."""

from __future__ import annotations

from typing import Final

from kandykit.calls import BODY_NOT_JSON, TOO_LARGE, Malformed, Operation
from kandykit.front import is_oversize_refusal, is_oversized
from kandykit.rules.codes import is_malformed
from kandykit.rules.past import says_over_quota
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Verdict

HELD: Final = held("R3")
_SOURCE: Final = f"{PAGE}, Return codes: 400; RFC 9110 15.5.1"
_NOT_ABOUT_THE_INPUT: Final = frozenset({401, 403, 429})


@judges("R3", "H16")
def malformed_input_is_refused(sight: Sight) -> tuple[Check, ...]:
    """A call that the contract does not allow is answered by 4xx, not by success and not by a server error.

    A grey one may succeed as well.
    """
    call = sight.call
    if not isinstance(call, Malformed) or sight.area is not Area.API or not is_malformed(sight):
        return NOTHING
    exchange, status = sight.exchange, sight.status
    if is_oversize_refusal(exchange):
        return (
            _finding(
                sight,
                f"An oversized {call.operation} is refused with an undocumented code",
                f"{status}",
                verdict=Verdict.WARN,
                also=("H16", "R1"),
            ),
        )
    if not status:
        # Cutting an oversized request off is a server's right; anything else is no clear answer.
        if exchange.failure in ("cut", "garbled") and not is_oversized(exchange):
            return (_finding(sight, f"{_named(sight, call)} gets no whole answer", exchange.failure, stateful=True),)
        return NOTHING
    if status >= 500:
        if says_over_quota(sight.body):
            return NOTHING
        # It may be a server error of the kind that comes and goes; so it stands only when it comes again.
        actual = f"{status} {quoted(sight.body)}"
        return (_finding(sight, f"{_named(sight, call)} gets a server error", actual, stateful=True),)
    if status >= 400:
        return NOTHING if status in _NOT_ABOUT_THE_INPUT else HELD
    if status >= 300:
        return (_finding(sight, f"{_named(sight, call)} is redirected", f"{status}", verdict=Verdict.WARN),)
    # A target that decides later may find out then that so many are more than the limit.
    undecided = call.why == TOO_LARGE and status == 202
    if call.grey or undecided or _has_no_effect(sight, call):
        return NOTHING
    return (_finding(sight, f"{_named(sight, call)} is accepted", f"{status} {quoted(sight.body)}"),)


def _has_no_effect(sight: Sight, call: Malformed) -> bool:
    """Whether what is malformed is a wish for an identity, and this target chooses every identity itself."""
    creates = call.operation is Operation.CREATE_SUBSCRIBER
    return creates and call.why.startswith("identity") and not sight.terms.caller_chooses


def _named(sight: Sight, call: Malformed) -> str:
    """What is malformed and how; where the body is not JSON, the probe tells which of the many ways it was."""
    _, _, way = sight.exchange.intent.probe.partition(": ")
    return f"Malformed {call.operation} ({f'{call.why}: {way}' if call.why == BODY_NOT_JSON and way else call.why})"


def _finding(
    sight: Sight,
    title: str,
    actual: str,
    *,
    verdict: Verdict = Verdict.FAIL,
    also: tuple[str, ...] = ("H16",),
    stateful: bool = False,
) -> Check:
    return sight.finding(
        "R3", title, "400, or another 4xx", actual, verdict=verdict, also=also, source=_SOURCE, stateful=stateful
    )
