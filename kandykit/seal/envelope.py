"""The envelope: an attestation, signed, as DSSE has it (Dead Simple Signing Envelope), by securesystemslib.

One JSON line in one spelling, so that the same attestation under the same signature is always the same octets.
"""

from __future__ import annotations

import json
from typing import Any, Final

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error
from securesystemslib.signer import CryptoSigner, SSlibKey

from kandykit.seal.archive import Unsound

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


def sealed(attestation: Any, signer: CryptoSigner) -> bytes:
    """The envelope around an attestation, signed by this key."""
    envelope = Envelope(_octets(attestation), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _octets(envelope.to_dict()) + b"\n"


def opened(octets: bytes, key: SSlibKey) -> dict[str, Any]:
    """The attestation in an envelope that this key signed; raises `Unsound` where it did not, or for another spelling.

    The signature is checked before anything inside is looked at.
    """
    try:
        envelope = Envelope.from_dict(json.loads(octets))
        spelled = _octets(envelope.to_dict()) + b"\n"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Error):
        raise Unsound("the envelope is none: it cannot be read as DSSE") from None
    if spelled != octets:
        raise Unsound("the envelope is spelled otherwise than it was sealed")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Unsound(f"the envelope holds no attestation of in-toto, but {envelope.payload_type!r}")
    if len(envelope.signatures) != 1:
        raise Unsound(f"the envelope has {len(envelope.signatures)} signatures, and one is wanted")
    try:
        envelope.verify([key], 1)
    except (ValueError, Error):
        signers = ", ".join(name[:16] for name in envelope.signatures)
        raise Unsound(
            f"the signature is not by this key ({key.keyid[:16]}), or not of this content ({signers})"
        ) from None
    try:
        attestation = json.loads(envelope.payload)
    except (ValueError, RecursionError):
        raise Unsound("what was signed is no JSON") from None
    if not isinstance(attestation, dict) or _octets(attestation) != envelope.payload:
        raise Unsound("what was signed is no attestation of this kit")
    return attestation


def _octets(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
