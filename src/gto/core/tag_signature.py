"""Signatures of tags: what was signed, who signed it, and whether that counts."""

import re
from enum import Enum
from typing import NamedTuple


class Trust(Enum):
    """What a signature is worth; only GOOD counts where signatures are required."""

    GOOD = "good"
    """A trusted key, valid at the tag's time, signed the object that bears this name, and its owner is the tagger."""
    UNSIGNED = "unsigned"
    """There is no signature."""
    UNKNOWN_SIGNER = "unknown signer"
    """The signature is sound, but nobody said whose key it is."""
    OTHER_SIGNER = "signed by another"
    """A trusted key signed it, and its owner is not the tagger."""
    EXPIRED = "expired"
    """The key was not valid at the tag's time."""
    REVOKED = "revoked"
    """The key was taken back."""
    TAMPERED = "tampered"
    """The object is not what was signed, or the signature is damaged."""
    OTHER_NAME = "signed under another name"
    """The object was signed as another tag, and a ref of this name was put on it."""
    TRAILING_TEXT = "text after the signature"
    """What stands after the signature is signed by nobody."""
    BACKDATED = "older than its commit"
    """The tag says that it was made before the commit that it is on."""
    UNCHECKED = "not checked"
    """What it takes to check it is not there; the reason says what."""


class Signature(NamedTuple):
    """A tag's signature, judged."""

    trust: Trust
    signer: str = ""
    """The owner of the key, as those who trust it named it: a principal of SSH, the e-mail address of OpenPGP."""
    key: str = ""
    """The key's fingerprint: `SHA256:…` of SSH, 40 or 64 hexadecimal digits of OpenPGP; empty without a signature."""
    reason: str = ""
    """One clause that says why it is not good."""
    names: tuple[str, ...] = ()
    """All whom the key is trusted for, as far as they are named one by one."""

    @property
    def is_good(self) -> bool:
        """Whether it proves who made the tag."""
        return self.trust is Trust.GOOD


class Form(Enum):
    """Who made a signature: the word between `BEGIN` and the dashes."""

    SSH = "SSH SIGNATURE"
    OPENPGP = "PGP SIGNATURE"
    OPENPGP_MESSAGE = "PGP MESSAGE"
    X509 = "SIGNED MESSAGE"


class Signed(NamedTuple):
    """The parts of a tag object's text; without a signature all of it is payload."""

    payload: bytes
    """What the signature speaks for."""
    form: Form | None = None
    signature: bytes = b""
    """From the line that begins it to the end of the line that ends it; to the end of the text where none does."""
    trailing: bytes = b""
    """What stands behind it, which nobody signed."""
    is_closed: bool = True
    """Whether a line ends the signature; without one, who knows what of the text is one."""


_BEGIN = rb"(?m)^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----"
# Git signs an object without the signatures that a header may hold, and leaves them out when it verifies one.
_HEADER = rb"(?m)^gpgsig(?:-sha256)? [^\n]*\n?(?: [^\n]*(?:\n|\Z))*"


def begin(text: bytes) -> int:
    """Return where the signature begins: with the last line that starts as one does; behind the text without one."""
    place = len(text)
    for match in re.finditer(_BEGIN, text):
        place = match.start()
    return place


def cut(body: bytes) -> Signed:
    """Cut a tag object's text as git does."""
    place = begin(body)
    match = re.match(_BEGIN, body[place:])
    if match is None:
        return Signed(body)
    form = Form(match[1].decode())
    head, blank, message = body[:place].partition(b"\n\n")
    payload = re.sub(_HEADER, b"", head + b"\n").removesuffix(b"\n") + blank + message
    rest = body[place:]
    end = re.search(rb"(?m)^-----END %s-----[ \t\r]*(?:\n|\Z)" % match[1], rest)
    stop = end.end() if end is not None else len(rest)
    return Signed(payload, form, rest[:stop], rest[stop:], end is not None)
