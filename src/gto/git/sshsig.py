"""SSH signatures as `ssh-keygen -Y sign` writes them: taken apart, and checked against the text that they sign."""

import base64
import hashlib
import re
from typing import NamedTuple

from gto.git import ssh_key
from gto.git.wire import Wire, string

NAMESPACE = "git"
"""What git's signatures are made for; one for a file or a mail is none of a tag."""

_ARMOR = rb"-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\s]*)\n-----END SSH SIGNATURE-----\s*"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = frozenset({"sha256", "sha512"})


class SshSignature(NamedTuple):
    """A signature, and the key that it says made it."""

    key: bytes
    namespace: bytes
    hash: str
    signature: bytes


def parse(text: bytes) -> SshSignature:
    """Read a signature between its two lines; what is not as it should be raises ValueError."""
    match = re.fullmatch(_ARMOR, text)
    if match is None:
        raise ValueError("it is not between its two lines")
    wire = Wire(base64.b64decode(b"".join(match[1].split()), validate=True))
    if wire.take(len(_MAGIC)) != _MAGIC or wire.number() != _VERSION:
        raise ValueError("it is no signature of SSH, or of another version")
    key, namespace, _, name = wire.string(), wire.string(), wire.string(), wire.string().decode("ascii")
    signature = wire.string()
    wire.end()
    if name not in _HASHES:
        raise ValueError("its hash function is not known")
    return SshSignature(key, namespace, name, signature)


def check(found: SshSignature, payload: bytes) -> None:
    """Raise ValueError where the key did not sign this text for git; a certificate's key counts as the key."""
    if found.namespace != NAMESPACE.encode():
        raise ValueError("it was not made for git")
    certificate = ssh_key.read_certificate(found.key)
    digest = hashlib.new(found.hash, payload).digest()
    signed = [found.namespace, b"", found.hash.encode(), digest]
    message = _MAGIC + b"".join(string(part) for part in signed)
    ssh_key.load(certificate.key if certificate else found.key)(found.signature, message)
