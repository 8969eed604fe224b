"""Public keys of SSH: what they are called, and whether one of them made a signature."""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import ExtraMissing
from gto.signing.ssh_wire import Wire, string

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

CERTIFICATE = "-cert-v01@openssh.com"
"""How the type of a certificate ends, behind the type of its key without `@openssh.com`."""

_SK_ED25519 = "sk-ssh-ed25519@openssh.com"
_SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
_FIELDS = {  # how many strings follow the type
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    _SK_ED25519: 2,
    _SK_ECDSA: 3,
}
_SMALLEST_RSA = 1024  # bits; OpenSSH takes none below
_LARGEST_RSA = 16384
_UNCOMPRESSED = 4  # how the one form of points begins that OpenSSH knows

Check = Callable[[bytes, bytes], None]
"""Takes a signature, as the SSH protocol wraps it, and what was signed; raises ValueError where they do not fit."""


class Certificate(NamedTuple):
    """A certificate's key, as it would be without one, and what it says of the key; nothing is checked."""

    key: bytes
    authority: bytes
    """The key that signed it."""
    principals: tuple[str, ...]
    after: int
    before: int

    def is_valid(self, second: int) -> bool:
        """Tell whether the certificate counts at a time, in seconds since 1970-01-01T00:00:00Z."""
        return self.after <= second < self.before


class Unsupported(ValueError):
    """A key or a signature of a kind that is not known here; OpenSSH may know it."""


def type_of(blob: bytes) -> str:
    """Return what kind of key it is."""
    return Wire(blob).string().decode("ascii")


def fingerprint(blob: bytes) -> str:
    """Return the name of a key, as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


@lru_cache(maxsize=4096)
def read_certificate(blob: bytes) -> Certificate | None:
    """Take a certificate apart; None where the key is none, or of a kind that is not known."""
    wire = Wire(blob)
    kind = wire.string().decode("ascii")
    if not kind.endswith(CERTIFICATE):
        return None
    plain = kind.removesuffix(CERTIFICATE)
    plain = f"{plain}@openssh.com" if plain.startswith("sk-") else plain
    if plain not in _FIELDS:
        return None
    wire.string()  # a nonce
    key = string(plain.encode()) + b"".join(string(wire.string()) for _ in range(_FIELDS[plain]))
    wire.take(8 + 4)  # serial number, and whether it is a user's or a host's
    wire.string()  # a name for people
    principals = tuple(one.decode("utf-8", "surrogateescape") for one in Wire(wire.string()).strings())
    after, before = wire.number(8), wire.number(8)
    for _ in range(3):  # options, extensions, reserved
        wire.string()
    return Certificate(key, wire.string(), principals, after, before)


@lru_cache(maxsize=4096)
def load(blob: bytes) -> Check:
    """Return what checks the signatures of a key; one that is damaged or not known raises ValueError."""
    try:
        import cryptography.exceptions  # an extra: nobody who does not verify has to install it
    except ImportError as error:
        raise ExtraMissing("To verify SSH signatures", "cryptography", "verify") from error
    wire = Wire(blob)
    kind = wire.string().decode("ascii")
    if kind not in _FIELDS:
        raise Unsupported(f"keys of the kind '{kind}' are not known")
    try:
        check = _MAKERS[kind.partition("-sha2-")[0]](kind, wire)
    except cryptography.exceptions.UnsupportedAlgorithm as error:
        raise Unsupported(f"keys of the kind '{kind}' cannot be checked on this machine") from error
    wire.end()

    def checked(signature: bytes, message: bytes) -> None:
        try:
            check(signature, message)
        except cryptography.exceptions.InvalidSignature as error:
            raise ValueError("it is not the key's signature of this text") from error

    return checked


def _ed25519(kind: str, wire: Wire) -> Check:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(wire.string())

    def check(signature: bytes, message: bytes) -> None:
        key.verify(_plain(signature, kind), message)

    return check


def _sk_ed25519(kind: str, wire: Wire) -> Check:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(wire.string())
    application = wire.string()

    def check(signature: bytes, message: bytes) -> None:
        raw, signed = _by_device(signature, kind, application, message)
        key.verify(raw, signed)

    return check


def _ecdsa(kind: str, wire: Wire) -> Check:
    verify = _point(kind, wire)

    def check(signature: bytes, message: bytes) -> None:
        verify(_plain(signature, kind), message)

    return check


def _sk_ecdsa(kind: str, wire: Wire) -> Check:
    verify = _point(kind.removesuffix("@openssh.com"), wire)
    application = wire.string()

    def check(signature: bytes, message: bytes) -> None:
        raw, signed = _by_device(signature, kind, application, message)
        verify(raw, signed)

    return check


def _point(kind: str, wire: Wire) -> Check:
    """Read a point on a curve: what checks signatures that are two numbers."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

    curves: dict[str, tuple[EllipticCurve, HashAlgorithm]] = {
        "nistp256": (ec.SECP256R1(), SHA256()),
        "nistp384": (ec.SECP384R1(), SHA384()),
        "nistp521": (ec.SECP521R1(), SHA512()),
    }
    name, point = wire.string().decode("ascii"), wire.string()
    if not kind.endswith(f"-{name}") or name not in curves or point[:1] != bytes([_UNCOMPRESSED]):
        raise ValueError("it is no point on the curve that it names")
    curve, digest = curves[name]
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)

    def verify(raw: bytes, message: bytes) -> None:
        numbers = Wire(raw)
        r, s = numbers.integer(), numbers.integer()
        numbers.end()
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest))

    return verify


def _rsa(_: str, wire: Wire) -> Check:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256, SHA512

    exponent, modulus = wire.integer(), wire.integer()
    if not _SMALLEST_RSA <= modulus.bit_length() <= _LARGEST_RSA:
        raise ValueError(f"an RSA key of {modulus.bit_length()} bits is not taken")
    key = RSAPublicNumbers(exponent, modulus).public_key()
    size = (modulus.bit_length() + 7) // 8

    def check(signature: bytes, message: bytes) -> None:
        kind = type_of(signature)
        digests: dict[str, HashAlgorithm] = {"rsa-sha2-256": SHA256(), "rsa-sha2-512": SHA512()}
        if kind not in digests:
            raise ValueError(f"a signature of the kind '{kind}' is not taken")
        key.verify(_plain(signature, kind).rjust(size, b"\0"), message, PKCS1v15(), digests[kind])

    return check


_MAKERS: dict[str, Callable[[str, Wire], Any]] = {
    "ssh-ed25519": _ed25519,
    "ssh-rsa": _rsa,
    "ecdsa": _ecdsa,
    _SK_ED25519: _sk_ed25519,
    "sk-ecdsa": _sk_ecdsa,
}


def _plain(signature: bytes, kind: str) -> bytes:
    """Return what a signature of a kind holds, and nothing else."""
    wire = Wire(signature)
    if wire.string() != kind.encode():
        raise ValueError("it is of another kind than the key")
    raw = wire.string()
    wire.end()
    return raw


def _by_device(signature: bytes, kind: str, application: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Return what a security key's signature holds, and what it signed; flags and counter are the device's own."""
    wire = Wire(signature)
    found = wire.string()
    if found.startswith(b"webauthn-"):
        raise Unsupported("signatures that a browser had a device make are not known")
    if found != kind.encode():
        raise ValueError("it is of another kind than the key")
    raw = wire.string()
    flags_and_counter = wire.take(1 + 4)
    wire.end()
    return raw, hashlib.sha256(application).digest() + flags_and_counter + hashlib.sha256(message).digest()
