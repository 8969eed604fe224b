"""What is known of the signature of a tag object: the verdict, the signer, the key."""

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
