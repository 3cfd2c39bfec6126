"""R7: a well-formed call is not answered by a server error, or cut short, every time that it is made."""

from __future__ import annotations

from typing import Final

from kandykit.exchange import Credential
from kandykit.rules.past import answered_clearly, failed, kind_of
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check

HELD: Final = held("R7")
IN_A_ROW: Final = 3
"""So many failures of one kind of call, with no clear answer between them, are no accident any more."""


@judges("R7")
def well_formed_calls_are_answered(sight: Sight) -> tuple[Check, ...]:
    """Of three well-formed calls of one kind that do not overlap, one at least gets a clear answer.

    What fails less often than that is an unclear outcome, and no rule's business. The finding rests on the account
    being in the same state all along, so it stands only when it comes again.
    """
    exchange = sight.exchange
    kind = kind_of(sight.call)
    if kind is None or sight.area is Area.PLAIN or not _knows_the_credential(sight):
        return NOTHING
    if not failed(exchange):
        return HELD if answered_clearly(exchange) else NOTHING
    earlier = sight.past.failures(exchange.intent.account, kind)
    if len(earlier) < IN_A_ROW - 1 or earlier[-1].ended >= exchange.started:
        return NOTHING
    operation, arguments = kind
    actual = f"{sight.status} {quoted(sight.body)}" if sight.status else f"no whole answer: {exchange.failure}"
    return (
        sight.finding(
            "R7",
            f"{operation}{f' ({arguments})' if arguments else ''} fails every time it is made",
            f"a clear answer to at least one of {IN_A_ROW} well-formed calls in a row",
            f"{IN_A_ROW} failures in a row, the last one {actual}",
            source=f"{PAGE}, Provision products and subscribers; RFC 9110 15.6",
            stateful=True,
            before=tuple(one.seq for one in earlier[1 - IN_A_ROW :]),
        ),
    )


def _knows_the_credential(sight: Sight) -> bool:
    """Whether the call's credential is known to be good: a bad one may be what the server stumbles over."""
    credential = sight.credential
    if credential is Credential.LIVE or credential is Credential.CLIENT:
        return True
    return credential is Credential.PRESUMED and sight.exchange.intent.account in sight.past.accepted_accounts
