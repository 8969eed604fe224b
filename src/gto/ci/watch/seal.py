"""Signatures of webhooks by a secret that both sides know: those of forges, and ours, which is of Standard Webhooks."""

import base64
import binascii
import hmac
import time
from collections.abc import Callable
from email.message import Message
from typing import NamedTuple

from gto.exceptions import UsageError

TOLERANCE = 300
"""Seconds that the time of a signature may differ from the time here."""
_PREFIX = "whsec_"


class Envelope(NamedTuple):
    """What is signed, and the headers that it came with."""

    headers: Message
    body: bytes


def key_of(secret: str) -> bytes:
    """Return the key of a secret: behind `whsec_` it is written in base64."""
    if not secret.startswith(_PREFIX):
        return secret.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise UsageError(
            "A secret that begins with 'whsec_' goes on in base64", "see `openssl rand -base64 32`"
        ) from error


def sign(secret: str, ident: str, second: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a message, as the specification of Standard Webhooks has them."""
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": f"v1,{_standard(secret, ident, str(second), body)}",
    }


def _standard(secret: str, ident: str, second: str, body: bytes) -> str:
    text = f"{ident}.{second}.".encode("utf-8", "surrogateescape") + body
    return base64.b64encode(hmac.digest(key_of(secret), text, "sha256")).decode()


def _same(sent: str, right: str) -> bool:
    """Compare a header, of which Python makes text byte by byte, in a time that tells nothing of where it differs."""
    return hmac.compare_digest(sent.encode("latin-1", "replace"), right.encode("utf-8", "surrogateescape"))


def _is_standard(secret: str, envelope: Envelope) -> bool:
    headers = envelope.headers
    ident, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (second.isascii() and second.isdecimal()) or len(second) > len("9999999999"):
        return False
    if abs(time.time() - int(second)) > TOLERANCE:
        return False
    right = f"v1,{_standard(secret, ident, second, envelope.body)}"
    return any([_same(one, right) for one in headers.get("webhook-signature", "").split(" ")])  # noqa: C419  all of them, in the same time


def _is_hex(header: str, prefix: str = "") -> Callable[[str, Envelope], bool]:
    def check(secret: str, envelope: Envelope) -> bool:
        right = prefix + hmac.digest(secret.encode("utf-8", "surrogateescape"), envelope.body, "sha256").hex()
        return _same(envelope.headers.get(header, ""), right)

    return check


def _is_gitlab(secret: str, envelope: Envelope) -> bool:
    """The newer kind signs; the older sends the secret itself, and does not count where a signature came."""
    if "webhook-signature" in envelope.headers:
        return _is_standard(secret, envelope)
    return _same(envelope.headers.get("X-Gitlab-Token", ""), secret)


class Forge(NamedTuple):
    """How a forge tells of a push."""

    name: str
    header: str
    """The header that names what happened."""
    pushes: frozenset[str]
    """What it says there where refs came."""
    is_signed: Callable[[str, Envelope], bool]


_AS_GITHUB = _is_hex("X-Hub-Signature-256", "sha256=")
_PUSHES = frozenset({"push", "create", "delete"})
# Forgejo sends the headers of Gitea and GitHub too, and Gitea those of GitHub: the first that is there counts.
_FORGES = (
    Forge("Forgejo", "X-Forgejo-Event", _PUSHES, _is_hex("X-Forgejo-Signature")),
    Forge("Gitea", "X-Gitea-Event", _PUSHES, _is_hex("X-Gitea-Signature")),
    Forge("GitHub", "X-GitHub-Event", _PUSHES, _AS_GITHUB),
    Forge("GitLab", "X-Gitlab-Event", frozenset({"Push Hook", "Tag Push Hook"}), _is_gitlab),
    Forge(
        "Bitbucket", "X-Event-Key", frozenset({"repo:push", "repo:refs_changed"}), _is_hex("X-Hub-Signature", "sha256=")
    ),
)


def sender(envelope: Envelope) -> Forge | None:
    """Return the forge that a request says that it comes from; None where it is none that is known."""
    return next((forge for forge in _FORGES if forge.header in envelope.headers), None)
