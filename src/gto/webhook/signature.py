"""Signatures of webhooks by secrets that both sides know: those of forges, and ours, which is of Standard Webhooks."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

from gto.exceptions import UsageError

TOLERANCE = 300
"""Seconds that the time of a signature may differ from the time here."""
_MOST_SENT = 32  # signatures in a header
_PREFIX = "whsec_"
_SHORTEST = 16  # bytes of such a key; the empty one would be everybody's


class Headers(Protocol):
    """The headers of a request, whose names are the same in any case."""

    def get(self, name: str, default: str, /) -> str:
        """Return the value of one, of which Python makes text byte by byte."""


class Check(NamedTuple):
    """A signature that came with a request, to be judged once all of the body was fed in."""

    sent: Sequence[str]
    """What the header says; one that is right is enough."""
    ways: Sequence[tuple[hmac.HMAC, Callable[[bytes], str]]]
    """Of each secret that counts, the code of the body, and how a digest is written as it must stand in the header."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        for code, _write in self.ways:
            code.update(piece)

    def is_right(self) -> bool:
        """Tell whether somebody signed who knows one of the secrets."""
        right = [write(code.digest()) for code, write in self.ways]
        return any([_same(sent, one) for one in right for sent in self.sent])  # noqa: C419  all, in the same time


def key_of(secret: str) -> bytes:
    """Return the key of a secret: behind `whsec_` it is written in base64."""
    if not secret.startswith(_PREFIX):
        return _bytes(secret)
    hint = "see `openssl rand -base64 32`"
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise UsageError("A secret that begins with 'whsec_' goes on in base64", hint) from error
    if len(key) < _SHORTEST:
        raise UsageError(f"A secret that begins with 'whsec_' holds at least {_SHORTEST} bytes in base64", hint)
    return key


def sign(secrets: tuple[str, ...], ident: str, second: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a message, as the specification of Standard Webhooks has them.

    While a secret is being changed there are several, and receivers take whichever they know.
    """
    signed = (hmac.digest(key_of(one), _head(ident, str(second)) + body, "sha256") for one in secrets)
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": " ".join(map(_standard, signed)),
    }


def _head(ident: str, second: str) -> bytes:
    return f"{ident}.{second}.".encode("utf-8", "surrogateescape")


def _standard(digest: bytes) -> str:
    return f"v1,{base64.b64encode(digest).decode()}"


def _same(sent: str, right: str) -> bool:
    """Compare a header, of which Python makes text byte by byte, in a time that tells nothing of where it differs."""
    return hmac.compare_digest(sent.encode("latin-1", "replace"), right.encode("utf-8", "surrogateescape"))


Begin = Callable[[tuple[str, ...], Headers, float], Check | None]
"""Gets the secrets, the headers of a request, and the time; None where they hold no signature that could be right."""


def of_standard(secrets: tuple[str, ...], headers: Headers, now: float) -> Check | None:
    """Begin to check a signature of Standard Webhooks; one that is too old, or of the future, is none."""
    ident, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (second.isascii() and second.isdecimal()) or len(second) > len("9999999999"):
        return None
    if abs(now - int(second)) > TOLERANCE:
        return None
    sent = headers.get("webhook-signature", "").split(" ")[:_MOST_SENT]
    return _check(sent, [(hmac.new(key, _head(ident, second), "sha256"), _standard) for key in _keys(secrets)])


def of_hex(*names: str, prefix: str = "") -> Begin:
    """Return how a signature of the body alone is checked, in hexadecimal digits, in the first header that is there."""

    def begin(secrets: tuple[str, ...], headers: Headers, _now: float) -> Check | None:
        sent = next(filter(None, (headers.get(name, "") for name in names)), "")
        codes = [hmac.new(_bytes(secret), digestmod="sha256") for secret in filter(None, secrets)]
        return _check([sent], [(code, lambda digest: prefix + digest.hex()) for code in codes])

    return begin


def of_secret(secrets: tuple[str, ...], sent: Sequence[str]) -> Check | None:
    """Begin to check a request that has the secret itself in a header."""
    return _check(sent, [(hmac.new(b"", digestmod="sha256"), partial(_itself, one)) for one in filter(None, secrets)])


def _itself(secret: str, _digest: bytes) -> str:
    return secret


def _check(sent: Sequence[str], ways: Sequence[tuple[hmac.HMAC, Callable[[bytes], str]]]) -> Check | None:
    sent = [one for one in sent if one]
    return Check(sent, ways) if sent and ways else None


def _keys(secrets: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the keys of secrets; what was never one of this kind, as a plain token of GitLab's, signs nothing here."""
    for one in filter(None, secrets):
        with suppress(UsageError):
            yield key_of(one)


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogateescape")
