"""The terms: what the contract leaves open, as it was agreed with this target.

They come from the profile, the OpenAPI document and calibration; a rule that asks for them never asks who said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kandykit.binding.keys import DEFAULTS, members_of

if TYPE_CHECKING:
    from kandykit.openapi import Document

DOCUMENTED_CODES: Final = frozenset({200, 201, 202, 302, 400, 401, 403, 404, 405, 412, 429, 500, 502, 503})
"""The return-code table of the primary document."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with the target, or found out about it at the start of a run.

    ``base_url`` and ``token_url`` are the target's; ``extra_codes`` the statuses agreed beyond the documented table
    (``refusal_codes`` of the profile and statuses of a vendor's own document included); ``error_shape`` one of
    ``kpn``, ``errorResponse``, ``fault``, ``camara``, ``problem``; ``document`` the OpenAPI document that R2 holds
    answers against; ``limit`` the agreed limit on total products; ``settle_s`` how long a read may lag and
    ``fulfilment_s`` how long an order may stay pending, both in seconds; ``shared`` whether others use the account
    meanwhile; ``caller_chooses`` whether the caller may choose an identity (False: a wish is refused or has no effect);
    ``refusal_codes`` which statuses a refusal for a reason may have (absent: any legal one);
    ``members`` which key of the binding each member of an answer is.
    """

    base_url: str
    token_url: str
    document: Document | None = None
    extra_codes: frozenset[int] = frozenset()
    error_shape: str = "kpn"
    limit: int | None = None
    settle_s: float = 0.0
    fulfilment_s: float = 30.0
    shared: bool = False
    caller_chooses: bool = True
    refusal_codes: Mapping[str, frozenset[int]] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=lambda: members_of(DEFAULTS))

    @property
    def spelled_otherwise(self) -> bool:
        """Whether the target has a binding of its own: then only the laws hold, not what the default binding adds."""
        return self.members != members_of(DEFAULTS)

    @property
    def codes(self) -> frozenset[int]:
        """Every status that the target may answer with."""
        return DOCUMENTED_CODES | self.extra_codes
