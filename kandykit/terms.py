"""The terms: what the contract leaves open, as it was agreed with this target.

They come from the profile, the OpenAPI document and calibration; a rule that asks for them never asks who said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

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
    meanwhile; ``refusal_codes`` which statuses a refusal for a reason may have (absent: any legal one).
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
    refusal_codes: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def codes(self) -> frozenset[int]:
        """Every status that the target may answer with."""
        return DOCUMENTED_CODES | self.extra_codes
