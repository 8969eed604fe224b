"""Keys in PEM for the tests that sign files: made once, by cryptography."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_CURVES: dict[str, Callable[[], ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
}


@cache
def key(kind: str, number: int = 0) -> ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey:
    """A private key on a curve, or `ed25519` or `rsa`; another for each number."""
    del number  # it only tells keys apart
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(_CURVES[kind]())


def private_pem(kind: str, number: int = 0, *, password: bytes | None = None, openssh: bool = False) -> bytes:
    """The private key in PEM, or as OpenSSH writes it."""
    form = PrivateFormat.OpenSSH if openssh else PrivateFormat.PKCS8
    return key(kind, number).private_bytes(
        Encoding.PEM, form, BestAvailableEncryption(password) if password else NoEncryption()
    )


def public_pem(kind: str, number: int = 0, *, openssh: bool = False) -> bytes:
    """The public key in PEM, or as OpenSSH writes it."""
    public = key(kind, number).public_key()
    if openssh:
        return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
