"""The agreement: what a profile and an OpenAPI document together say of a target, as the terms to judge it by."""

from __future__ import annotations

from kandykit.binding import DEFAULTS
from kandykit.binding.keys import members_of
from kandykit.openapi import Document
from kandykit.profile import Profile
from kandykit.terms import Terms


def terms_of(profile: Profile, document: Document, *, vendors: bool) -> Terms:
    """The terms that a profile declares; what it leaves open is found out by calibration.

    ``vendors`` says that ``document`` is the target's own: then the statuses that it declares are agreed.
    """
    readings = profile.readings
    declared = set(readings.extra_codes)
    for codes in readings.refusal_codes.values():
        declared |= set(codes)
    if vendors:
        declared |= {status for operation in document.operations for status in operation.statuses}
    return Terms(
        base_url=profile.target.base_url,
        token_url=profile.target.token_url,
        document=document,
        extra_codes=frozenset(declared),
        error_shape=readings.error_shape,
        limit=readings.limit,
        settle_s=readings.settle_s or 0.0,
        fulfilment_s=readings.fulfilment_s if readings.fulfilment_s is not None else 30.0,
        shared=bool(readings.shared_account),
        refusal_codes={name: frozenset(codes) for name, codes in readings.refusal_codes.items()},
        members=members_of({**DEFAULTS, **profile.binding}),
    )
