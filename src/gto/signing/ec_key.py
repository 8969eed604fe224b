"""Elliptic-curve keys in PEM: the keys by which files are signed, and what to do about keys of another kind."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import BadFile, ExtraMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

LARGEST = 1 << 20
"""Bytes of a file of keys."""
MOST = 1000
"""Keys of a file."""
_MAKE = "`openssl ecparam -genkey -name prime256v1 -noout -out k.pem` makes one"
_HASHES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}
_BLOCK_RE = re.compile(
    rb"(?:#[ \t]*([^\n]{0,200}?)[ \t\r]*\n)?(-----BEGIN PUBLIC KEY-----[^-]{0,65536}-----END PUBLIC KEY-----)"
)
_SSH_RE = re.compile(rb"(?m)^[ \t]*(ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+")


class PublicKey(NamedTuple):
    """A public key, and whose it is as far as those say who trust it."""

    key: EllipticCurvePublicKey
    hint: str
    """SHA-256 of the key's PEM in hexadecimal digits, by which bundles name keys."""
    owner: str
    """The comment above the key in its file; the file's name where there is none."""

    def has_signed(self, signature: bytes, data: bytes) -> bool:
        """Tell whether the key made a signature of these bytes."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.key.verify(signature, data, _algorithm(self.key))
        except InvalidSignature:
            return False
        return True


class PrivateKey(NamedTuple):
    """A private key, and what bundles call its public key."""

    key: EllipticCurvePrivateKey
    hint: str

    def sign(self, data: bytes) -> bytes:
        """Return a signature of these bytes."""
        return self.key.sign(data, _algorithm(self.key.public_key()))


def read_private_key(data: bytes, path: str, password: Callable[[], bytes | None]) -> PrivateKey:
    """Read a private key; `password` is asked for where the key is encrypted."""
    load = _cryptography()
    if b"-----BEGIN OPENSSH PRIVATE KEY-----" in data:
        hint = f"`cp {path} k.pem && ssh-keygen -p -m PKCS8 -f k.pem` writes one of elliptic curves as PEM"
        raise BadFile(path, "it is in the format of OpenSSH, and a key in PEM is needed", hint=hint)
    if b"PRIVATE KEY-----" not in data:
        raise BadFile(path, "it is no private key in PEM", hint=_MAKE)
    secret = password() if b"ENCRYPTED" in data else None
    try:
        key = load.load_pem_private_key(data, secret or None)
    except TypeError as error:  # it says that the password is missing
        raise BadFile(path, "the key is encrypted, and there is no password", hint="run it on a terminal") from error
    except (ValueError, _unsupported()) as error:
        reason = "the key cannot be read" + (", or the password is wrong" if secret else "")
        raise BadFile(path, reason, hint="`openssl pkey -in KEY -noout` says more") from error
    _check_kind(key, path)
    return PrivateKey(key, hint_of(key.public_key()))


def read_public_keys(data: bytes, path: str, name: str) -> list[PublicKey]:
    """Read all public keys of a file; one that is of no use raises BadFile. `name` stands for owners that are not told.

    Text above a key that begins with `#` says whose it is.
    """
    load = _cryptography()
    if _SSH_RE.search(data):
        hint = f"`ssh-keygen -e -m PKCS8 -f {path} > k.pub` writes one of elliptic curves as PEM"
        raise BadFile(path, "it is in the format of OpenSSH, and public keys in PEM are needed", hint=hint)
    if b"PRIVATE KEY-----" in data:
        hint = f"`openssl pkey -in {path} -pubout -out k.pub` writes its public key"
        raise BadFile(path, "it holds a private key, and public keys are needed", hint=hint)
    found = _BLOCK_RE.findall(data)
    if not found or len(found) != data.count(b"-----BEGIN "):
        hint = "`openssl pkey -in k.pem -pubout -out k.pub` writes the public key of k.pem"
        raise BadFile(path, "a file of public keys in PEM, and of nothing else, is needed", hint=hint)
    if len(found) > MOST:
        raise BadFile(path, f"it holds {len(found)} keys, more than {MOST}")
    keys = []
    for owner, block in found:
        try:
            key = load.load_pem_public_key(block)
        except (ValueError, _unsupported()) as error:
            raise BadFile(path, "a key in it cannot be read", hint="`openssl pkey -pubin -in KEY -noout`") from error
        _check_kind(key, path)
        keys.append(PublicKey(key, hint_of(key), owner.decode("utf-8", "replace") or name))
    return keys


def hint_of(key: EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key's PEM, as model-signing computes it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _check_kind(key: object, path: str) -> None:
    """Refuse what model-signing does not sign with."""
    curve = getattr(key, "curve", None)
    if getattr(curve, "name", None) in _HASHES:
        return
    kind = type(key).__name__.lstrip("_").removesuffix("PrivateKey").removesuffix("PublicKey")
    what = f"on the curve {curve.name}" if curve is not None else f"of {kind}"
    raise BadFile(path, f"the key is {what}, and one of P-256, P-384 or P-521 is needed", hint=_MAKE)


def _algorithm(key: EllipticCurvePublicKey) -> Any:  # noqa: ANN401  of cryptography, which is imported late
    """Return how the key signs: the curve decides, never the bundle."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    return ECDSA(getattr(hashes, _HASHES[key.curve.name])())


def _cryptography() -> Any:  # noqa: ANN401  a module
    """Return what reads keys."""
    try:
        from cryptography.hazmat.primitives import serialization  # an extra
    except ModuleNotFoundError as error:
        raise ExtraMissing("To sign files, and to verify that", "cryptography", "verify") from error
    return serialization


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm
