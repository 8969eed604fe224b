"""Signatures of webhooks by a secret that both sides know: those of forges, and ours, which is of Standard Webhooks."""

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Sequence
from email.message import Message
from typing import NamedTuple

from gto.exceptions import UsageError

TOLERANCE = 300
"""Seconds that the time of a signature may differ from the time here."""
_PREFIX = "whsec_"
_SHORTEST = 16  # bytes of such a key; the empty one would be everybody's


class Check(NamedTuple):
    """A signature that came with a request, to be judged once all of the body was fed in."""

    code: hmac.HMAC
    sent: Sequence[str]
    """What the header says; one that is right is enough."""
    write: Callable[[bytes], str]
    """Writes a digest as it must stand in the header."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self.code.update(piece)

    def is_right(self) -> bool:
        """Tell whether somebody signed who knows the secret."""
        right = self.write(self.code.digest())
        return any([_same(one, right) for one in self.sent])  # noqa: C419  all of them, in the same time


def key_of(secret: str) -> bytes:
    """Return the key of a secret: behind `whsec_` it is written in base64."""
    if not secret.startswith(_PREFIX):
        return secret.encode("utf-8", "surrogateescape")
    hint = "see `openssl rand -base64 32`"
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise UsageError("A secret that begins with 'whsec_' goes on in base64", hint) from error
    if len(key) < _SHORTEST:
        raise UsageError(f"A secret that begins with 'whsec_' holds at least {_SHORTEST} bytes in base64", hint)
    return key


def sign(secret: str, ident: str, second: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a message, as the specification of Standard Webhooks has them."""
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": _standard(hmac.digest(key_of(secret), _head(ident, str(second)) + body, "sha256")),
    }


def _head(ident: str, second: str) -> bytes:
    return f"{ident}.{second}.".encode("utf-8", "surrogateescape")


def _standard(digest: bytes) -> str:
    return f"v1,{base64.b64encode(digest).decode()}"


def _same(sent: str, right: str) -> bool:
    """Compare a header, of which Python makes text byte by byte, in a time that tells nothing of where it differs."""
    return hmac.compare_digest(sent.encode("latin-1", "replace"), right.encode("utf-8", "surrogateescape"))


Begin = Callable[[str, Message], Check | None]
"""Gets a secret, and the headers of a request; None where they hold no signature that could be right."""


def _of_standard(secret: str, headers: Message) -> Check | None:
    ident, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (second.isascii() and second.isdecimal()) or len(second) > len("9999999999"):
        return None
    if abs(time.time() - int(second)) > TOLERANCE:
        return None
    code = hmac.new(key_of(secret), _head(ident, second), "sha256")
    return Check(code, headers.get("webhook-signature", "").split(" "), _standard)


def _of_hex(header: str, prefix: str = "") -> Begin:
    def begin(secret: str, headers: Message) -> Check | None:
        sent = headers.get(header, "")
        code = hmac.new(secret.encode("utf-8", "surrogateescape"), digestmod="sha256")
        return Check(code, (sent,), lambda digest: prefix + digest.hex()) if sent else None

    return begin


def _of_gitlab(secret: str, headers: Message) -> Check | None:
    """The newer kind signs; the older sends the secret itself, and does not count where a signature came."""
    if "webhook-signature" in headers:
        return _of_standard(secret, headers)
    sent = headers.get("X-Gitlab-Token", "")
    return Check(hmac.new(b"", digestmod="sha256"), (sent,), lambda _digest: secret) if sent else None


class ForgeWebhook(NamedTuple):
    """How a forge tells of a push."""

    name: str
    header: str
    """The header that names what happened."""
    pushes: frozenset[str]
    """What it says there where refs came."""
    begin: Begin
    """Begins to check its signature."""


_AS_GITHUB = _of_hex("X-Hub-Signature-256", "sha256=")
_PUSHES = frozenset({"push", "create", "delete"})
# Forgejo sends the headers of Gitea and GitHub too, and Gitea those of GitHub: the first that is there counts.
_FORGES = (
    ForgeWebhook("Forgejo", "X-Forgejo-Event", _PUSHES, _of_hex("X-Forgejo-Signature")),
    ForgeWebhook("Gitea", "X-Gitea-Event", _PUSHES, _of_hex("X-Gitea-Signature")),
    ForgeWebhook("GitHub", "X-GitHub-Event", _PUSHES, _AS_GITHUB),
    ForgeWebhook("GitLab", "X-Gitlab-Event", frozenset({"Push Hook", "Tag Push Hook"}), _of_gitlab),
    ForgeWebhook(
        "Bitbucket", "X-Event-Key", frozenset({"repo:push", "repo:refs_changed"}), _of_hex("X-Hub-Signature", "sha256=")
    ),
)


def sender(headers: Message) -> ForgeWebhook | None:
    """Return the forge that a request says that it comes from; None where it is none that is known."""
    return next((forge for forge in _FORGES if forge.header in headers), None)
