"""The codes that refusals have: agreed ones where the profile has some, else documented ones, always the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kandykit.calls import Operation, operation_of
from kandykit.model.event import Event
from kandykit.terms import Terms
from kandykit.verdict import Check, Finding, Verdict

LEGAL_REFUSALS: Final = {
    "no_stock": frozenset({400, 403, 412}),
    "below_use": frozenset({400, 403, 412}),
    "over_limit": frozenset({400, 403, 412}),
    "taken": frozenset({400, 403, 412}),
    "unknown": frozenset({400, 404}),
}
"""The documented codes that fit a cause, where the profile agrees on none."""


class Refusals:
    """Which codes the target gave to which cause: ``met`` holds, by cause and code, the first exchange with it."""

    def __init__(self) -> None:
        self.met: dict[str, dict[int, int]] = {}
        self._exact: dict[tuple[str, Operation, str], dict[int, int]] = {}

    def refused(self, cause: str, event: Event, terms: Terms, exactly: str = "") -> Iterable[Check]:
        """A refusal whose cause is certain: its code is held against what was agreed and what came before.

        ``exactly`` tells apart what one cause covers, where a target may have a code for each.
        """
        status = event.reply.status
        if status is None:
            return
        self.met.setdefault(cause, {}).setdefault(status, event.seq)
        # Another operation may have another word for the same cause: an unknown order is no unknown subscriber.
        met = self._exact.setdefault((cause, operation_of(event.call), exactly), {})
        before = dict(met)
        met.setdefault(status, event.seq)
        agreed = terms.refusal_codes.get(cause)
        words = cause.replace("_", " ")
        if agreed is not None and status not in agreed:
            # Who agreed on a code for unknown subscribers may have left unknown orders to the document.
            documented = cause == "unknown" and status == 404 and operation_of(event.call) is Operation.READ_ORDERS
            yield Finding(
                "R1",
                f"A refusal ({words}) has another code than was agreed",
                " or ".join(map(str, sorted(agreed))),
                str(status),
                (event.seq,),
                verdict=Verdict.WARN if documented else Verdict.FAIL,
            )
        elif agreed is None and status not in LEGAL_REFUSALS[cause] | terms.extra_codes:
            yield Finding(
                "R1",
                f"A refusal ({words}) has an unusual code",
                " or ".join(map(str, sorted(LEGAL_REFUSALS[cause]))),
                str(status),
                (event.seq,),
                verdict=Verdict.WARN,
            )
        if before and status not in before:
            yield Finding(
                "R1",
                f"The same refusal ({words}) has different codes from time to time",
                f"{next(iter(before))} as before",
                str(status),
                (next(iter(before.values())), event.seq),
                verdict=Verdict.WARN,
            )
