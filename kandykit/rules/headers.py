"""R2 for the response-header table: every answer to an authenticated call carries the standard headers.

A header that is missing is judged here and nowhere else. What it says is judged where its subject is: `quota` (K1),
`transport` (S1, S2, S4), `shapes` and `errors` (H13) and `http` (H14); of api-version (K2) there is little to say.
"""

from __future__ import annotations

from typing import Final

from kandykit.exchange import Credential
from kandykit.rules.rule import NOTHING, PAGE, Sight, held, judges
from kandykit.verdict import Check, Verdict

HELD: Final = held("R2")
HELD_K2: Final = held("K2")

TABLE: Final[dict[str, tuple[str, ...]]] = {
    "sunset": ("S4",),
    "api-version": ("K2",),
    "quota-interval": ("K1",),
    "quota-limit": ("K1",),
    "quota-used": ("K1",),
    "quota-reset-utc": ("K1",),
    "quota-time-unit": ("K1",),
    "strict-transport-security": ("S1",),
}
"""The standard headers of every answer, and whose requirement each of them is besides R2's."""

CORS_TABLE: Final = frozenset(
    {
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-max-age",
    }
)
"""The rest of the table: it speaks of cross-origin calls only, and belongs to the rules of `cors`."""

_NO_CONTENT: Final = frozenset({204, 304})


@judges("R2", "K1", "K2", "S1", "S4", "H13")
def standard_headers_are_sent(sight: Sight) -> tuple[Check, ...]:
    """No standard header is missing: on a 2xx that fails, on any other answer short of a 5xx it warns."""
    if not sight.authenticated or sight.status >= 500:
        return NOTHING
    headers = sight.headers
    missing = [name for name in TABLE if name not in headers]
    if sight.status not in _NO_CONTENT and sight.method != "HEAD":
        if "content-length" not in headers:
            missing.append("content-length")
        if sight.length and "content-type" not in headers:
            missing.append("content-type")
    if not missing:
        return HELD if sight.succeeded and sight.documented else NOTHING
    if not sight.documented and sight.status != 405 and sight.method != "HEAD":
        # An unknown path: the gateway may have answered before the API was reached.
        return NOTHING
    return tuple(_missing(sight, name) for name in missing)


def _missing(sight: Sight, name: str) -> Check:
    also = TABLE.get(name, ("H13",) if name == "content-type" else ())
    fails = sight.succeeded and sight.documented
    shown = "quota-reset-UTC" if name == "quota-reset-utc" else name
    title = f"The header {shown} is missing{sight.aside}"
    if name == "content-length" and _length_may_be_open(sight):
        title, fails = "The header content-length is missing where a length may be left open", False
    return sight.finding(
        "R2",
        title,
        f"the header {shown}",
        f"absent from the {sight.status} to {sight.label}",
        verdict=Verdict.FAIL if fails else Verdict.WARN,
        also=also,
        source=f"{PAGE}, HTTP response headers: {shown}",
    )


def _length_may_be_open(sight: Sight) -> bool:
    """Whether an answer may do without content-length: a chunked one, one that ends with its connection (RFC 9112 6.3),
    or one recorded from an unknown HTTP version."""
    ends = "close" in sight.headers.get("connection", "").lower()
    return ends or "transfer-encoding" in sight.headers or sight.credential is Credential.PRESUMED


@judges("K2")
def answers_name_their_version(sight: Sight) -> tuple[Check, ...]:
    """The api-version header is not empty; that it is there is judged with the others."""
    version = sight.headers.get("api-version")
    if version is None or not sight.authenticated:
        return NOTHING
    if version.strip():
        return HELD_K2
    return (
        sight.finding(
            "K2",
            f"api-version is empty{sight.aside}",
            "the version that answered",
            f"nothing in the {sight.status} to {sight.label}",
            verdict=Verdict.FAIL if sight.succeeded and sight.documented else Verdict.WARN,
            source=f"{PAGE}, HTTP response headers: api-version",
        ),
    )
