"""Ed25519 keys, in the PEM files that OpenSSL writes.

    openssl genpkey -algorithm ed25519 -out kandy-key.pem
    openssl pkey -in kandy-key.pem -pubout -out kandy-key.pub.pem

A complaint never repeats what is in a key file.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.signer import CryptoSigner, SSlibKey

from kandykit.errors import UsageError


def signing_key(path: Path, passphrase: str | None = None) -> CryptoSigner:
    """The private key in a PEM file; raises `UsageError` where it is no Ed25519 key or cannot be opened."""
    octets = _read(path)
    try:
        key = load_pem_private_key(octets, passphrase.encode() if passphrase else None)
    except TypeError:
        if passphrase:
            raise UsageError(f"{path}: has no passphrase. Leave --passphrase-env out.") from None
        raise UsageError(f"{path}: has a passphrase. Give --passphrase-env NAME.") from None
    except (ValueError, UnsupportedAlgorithm):
        how = "or the passphrase is wrong. Check both" if passphrase else _how("genpkey -algorithm ed25519")
        raise UsageError(f"{path}: is no private key in PEM, {how}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: is no Ed25519 key, {_how('genpkey -algorithm ed25519')}.")
    return CryptoSigner(key)


def public_key(path: Path) -> SSlibKey:
    """The public key in a PEM file; raises `UsageError` where it is no Ed25519 key."""
    octets = _read(path)
    how = _how("pkey -in KEY -pubout")
    if b"PRIVATE KEY" in octets:
        raise UsageError(f"{path}: is a private key. Keep it to yourself; the public one is wanted, {how}.")
    try:
        key = load_pem_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: is no public key in PEM, {how}.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: is no Ed25519 key, {_how('genpkey -algorithm ed25519')}.")
    return SSlibKey.from_crypto(key)


def _how(arguments: str) -> str:
    return f"made by `openssl {arguments}`"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror}). Give a PEM file.") from None
