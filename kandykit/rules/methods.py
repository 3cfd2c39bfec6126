"""H1, H2 and H19: methods that a path does not have, what 405 says of those that it has, and HEAD."""

from __future__ import annotations

from typing import Final

from kandykit.calls import OtherCall
from kandykit.exchange import Credential
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges
from kandykit.verdict import Check, Verdict

HELD_H1: Final = held("H1")
HELD_H2: Final = held("H2")
HELD_H19: Final = held("H19")

_GATEWAYS_WORDS: Final = frozenset({403, 404, 501})
_NOT_ABOUT_THE_METHOD: Final = frozenset({0, 401, 429})


@judges("H1")
def wrong_methods_get_405(sight: Sight) -> tuple[Check, ...]:
    """A method that a known path does not have is answered with 405, or with what gateways say in its place.

    HEAD and OPTIONS may be answered by every path, but not with a server error.
    """
    if not isinstance(sight.call, OtherCall) or (sight.method in ("HEAD", "OPTIONS") and sight.status < 500):
        return NOTHING
    if sight.credential is not Credential.LIVE or sight.status in _NOT_ABOUT_THE_METHOD:
        return NOTHING
    if sight.area is not Area.API or not sight.methods or sight.method in sight.methods:
        return NOTHING
    if sight.status == 405 or sight.status in _GATEWAYS_WORDS:
        return HELD_H1
    return (
        sight.finding(
            "H1",
            f"{sight.label} is no documented method and is not answered with 405",
            f"405 with Allow: {', '.join(sight.methods)}",
            f"{sight.status}",
            verdict=Verdict.WARN,
            source=f"RFC 9110 15.5.6; {PAGE}, Return codes: 405",
            stateful=sight.status >= 500,
        ),
    )


@judges("R2")
def unknown_paths_get_404(sight: Sight) -> tuple[Check, ...]:
    """A path that no document knows is not answered with success."""
    if not isinstance(sight.call, OtherCall) or sight.area is not Area.API or not sight.succeeded:
        return NOTHING
    if sight.method == "OPTIONS" or sight.methods or sight.credential is not Credential.LIVE:
        return NOTHING
    if sight.exchange.request.url in sight.past.locations:
        return NOTHING  # where the target itself said that an order can be read
    return (
        sight.finding(
            "R2",
            "A path that does not exist is answered with success",
            "404",
            f"{sight.status} to {sight.method}",
            verdict=Verdict.WARN,
            source=f"{PAGE}, Return codes: 404",
        ),
    )


@judges("H2")
def refusals_name_the_methods(sight: Sight) -> tuple[Check, ...]:
    """Every 405 has Allow, with the path's documented methods in it and without the refused one."""
    if sight.status != 405 or sight.area not in (Area.API, Area.TOKEN):
        return NOTHING
    answer = sight.exchange.answer
    values = answer.header_values("allow") if answer is not None else ()
    expected = ", ".join(sight.methods) or "the methods that the path has"
    if not values:
        return (_allow(sight, "A 405 has no Allow header", expected, "no Allow header"),)
    allowed = {method.strip().upper() for value in values for method in value.split(",")}
    actual = f"Allow: {', '.join(values)} in answer to {sight.method}"
    if sight.method in sight.methods:
        # A documented method that is refused: the list can only be wrong, and other rules see that.
        return HELD_H2
    if sight.method in allowed:
        return (_allow(sight, "A 405 lists the refused method as allowed", expected, actual),)
    if not allowed.issuperset(sight.methods):
        return (_allow(sight, "A 405 leaves a documented method out of Allow", expected, actual),)
    return HELD_H2


@judges("H19")
def head_has_no_content(sight: Sight) -> tuple[Check, ...]:
    """The answer to HEAD, whatever its status, ends with its headers."""
    if sight.method != "HEAD" or not sight.status or sight.area is Area.ELSEWHERE:
        return NOTHING
    if not sight.length and not sight.body:
        return HELD_H19 if sight.succeeded else NOTHING
    return (
        sight.finding(
            "H19",
            "An answer to HEAD has content",
            "no content",
            f"{sight.length} octets in the {sight.status}",
            source="RFC 9110 9.3.2",
        ),
    )


def _allow(sight: Sight, title: str, expected: str, actual: str) -> Check:
    return sight.finding("H2", title, expected, actual, verdict=Verdict.WARN, source="RFC 9110 10.2.1, 15.5.6")
