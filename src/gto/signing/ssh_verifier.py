"""Who made an SSH signature: taken apart, found among the allowed signers, held against the tag's time and tagger."""

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from gto.core.event import LATEST, moment
from gto.core.tag_signature import Signature, Signed, Trust
from gto.signing import allowed_signers, revocation_list, ssh_key
from gto.signing.allowed_signers import Signer, matches
from gto.signing.git_verify import GitVerifier
from gto.signing.ssh_key import Certificate
from gto.signing.ssh_wire import Wire, string
from gto.signing.trust_roots import REVOKED, SIGNERS, Trusted

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


class Tagged(NamedTuple):
    """What of a tag decides beside its key."""

    oid: str
    time: int
    email: str


class Signers:
    """The allowed signers by their keys, and what was taken back; read once for many tags."""

    def __init__(self, trusted: Trusted, asked: GitVerifier) -> None:
        self._asked = asked
        self._is_told = trusted.signers is not None
        found, _ = allowed_signers.parse(trusted.signers or b"")
        self._by_key: dict[bytes, list[Signer]] = {}
        for one in found:
            self._by_key.setdefault(one.key, []).append(one)
        self._revoked = revocation_list.parse(trusted.revoked)
        self._has_revoked = trusted.revoked is not None

    def judge(self, oid: str, signed: Signed, time: int, email: str) -> Signature:
        """Return what a tag's signature is worth, but for the time of the commit that it is on."""
        try:
            found = parse(signed.signature)
            certificate = ssh_key.read_certificate(found.key)
            self._check(oid, found, signed.payload)
        except ssh_key.Unsupported as error:
            return Signature(Trust.UNCHECKED, reason=str(error))
        except ValueError as error:
            return Signature(Trust.TAMPERED, reason=str(error) or "the signature is damaged")
        name = ssh_key.fingerprint(certificate.key if certificate else found.key)
        keys = [found.key, *([certificate.key, certificate.authority] if certificate else [])]
        if any(self._revoked.has(key) for key in keys):
            return Signature(Trust.REVOKED, self._owner(found, certificate), name, f"the key {name} was taken back")
        lines = [line for line in self._lines(found, certificate) if line.is_for(NAMESPACE)]
        if not lines:
            return Signature(Trust.UNKNOWN_SIGNER, "", name, self._unknown(name))
        return self._of_owner(lines, certificate, Tagged(oid, time, email), name)

    def _check(self, oid: str, found: SshSignature, payload: bytes) -> None:
        """Raise ValueError where the key did not sign the text; git is asked about keys that only OpenSSH knows."""
        try:
            check(found, payload)
        except ssh_key.Unsupported:
            if self._asked.ask(oid).status != 0:
                raise

    def _of_owner(self, lines: Sequence[Signer], certificate: Certificate | None, tag: Tagged, key: str) -> Signature:
        """Hold the lines of a key against the tag's time, and against its tagger."""
        valid = [line for line in lines if line.is_valid(tag.time)]
        if not valid or (certificate is not None and not certificate.is_valid(tag.time)):
            return Signature(Trust.EXPIRED, lines[0].principals, key, _when(lines[0], certificate, tag.time))
        if certificate is not None and (refused := self._refused(tag.oid, valid[0].principals, key)):
            return refused
        email = tag.email.lower()
        named = certificate is None or email in map(str.lower, certificate.principals)
        if email and named and any(matches(email, line.principals.lower()) for line in valid):
            return Signature(Trust.GOOD, tag.email, key, names=_names(valid, certificate))
        owner = valid[0].principals if certificate is None else ",".join(certificate.principals)
        reason = f"the tagger is {tag.email or 'nobody'}, the key is of {owner or 'nobody'}"
        return Signature(Trust.OTHER_SIGNER, owner, key, reason)

    def _refused(self, oid: str, owner: str, key: str) -> Signature | None:
        """Have OpenSSH check a certificate: its authority's signature, its options, lists of revoked numbers."""
        answer = self._asked.ask(oid)
        if answer.status == 0:
            return None
        if answer.has_no_program:
            return Signature(Trust.UNCHECKED, owner, key, "ssh-keygen, which checks certificates, is not there")
        # Git does not pass on why OpenSSH refuses: would it, if nothing had been taken back?
        if self._has_revoked and self._asked.beside((REVOKED, os.devnull)).ask(oid).status == 0:
            return Signature(Trust.REVOKED, owner, key, f"the certificate of the key {key} was taken back")
        return Signature(Trust.UNKNOWN_SIGNER, owner, key, "OpenSSH refuses the certificate")

    def _lines(self, found: SshSignature, certificate: Certificate | None) -> list[Signer]:
        """Return the lines that speak of a key, or of the authority that signed its certificate."""
        key = certificate.authority if certificate else found.key
        return [line for line in self._by_key.get(key, ()) if line.is_authority is (certificate is not None)]

    def _owner(self, found: SshSignature, certificate: Certificate | None) -> str:
        return next((line.principals for line in self._lines(found, certificate)), "")

    def _unknown(self, name: str) -> str:
        if self._is_told:
            return f"the key {name} is not among the allowed signers"
        return f"no file of allowed signers is named: set {SIGNERS}, or add --allowed-signers FILE"


def _names(lines: Sequence[Signer], certificate: Certificate | None) -> tuple[str, ...]:
    """Return all principals of a key that are names, not patterns."""
    listed = certificate.principals if certificate else (name for one in lines for name in one.principals.split(","))
    return tuple(dict.fromkeys(name for name in listed if name and not set(name) & set("*?!")))


def _when(line: Signer, certificate: Certificate | None, second: int) -> str:
    """Say when the key was valid, and that the tag is of another time."""
    after, before = line.after, line.before
    if certificate is not None:
        after = max(after or 0, certificate.after)
        before = min(LATEST if before is None else before, certificate.before)
    spans = [("from", after), ("until", before)]
    told = [f"{word} {_moment(limit)}" for word, limit in spans if limit is not None and 0 < limit < LATEST]
    return f"the key was valid {' '.join(told)}, the tag is of {_moment(second)}"


def _moment(second: int) -> str:
    return f"{moment(second):%Y-%m-%dT%H:%M:%SZ}"
