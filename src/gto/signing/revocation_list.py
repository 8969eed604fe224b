"""Keys that were taken back: a list of public keys, or a revocation list of OpenSSH in its binary form."""

import hashlib
from typing import NamedTuple

from gto.exceptions import BadFile
from gto.signing.allowed_signers import parse_keys
from gto.signing.ssh_wire import Wire

_MAGIC = b"SSHKRL\n\0"
_VERSION = 1
_HEADER = 8 + 8 + 8  # bytes: number of the list, time, flags
_SIGNATURE = 4


class Revoked(NamedTuple):
    """Keys, whole or by hash; certificates that are taken back by number are left to OpenSSH."""

    keys: frozenset[bytes] = frozenset()
    hashes: frozenset[bytes] = frozenset()
    """SHA-1 or SHA-256."""

    def has(self, key: bytes) -> bool:
        """Tell whether a key was taken back."""
        if key in self.keys:
            return True
        if not self.hashes:
            return False
        sha1 = hashlib.sha1(key, usedforsecurity=False).digest()
        return not self.hashes.isdisjoint({sha1, hashlib.sha256(key).digest()})


def parse(data: bytes | None) -> Revoked:
    """Read what was taken back; a list that cannot be read raises BadFile, as it may hold any key."""
    if data is None:
        return Revoked()
    keys: set[bytes] = set()
    hashes: set[bytes] = set()
    try:
        if not data.startswith(_MAGIC):
            return Revoked(frozenset(parse_keys(data)))
        for kind, section in _sections(data):
            match kind:
                case 2:
                    keys.update(Wire(section).strings())
                case 3 | 5:
                    hashes.update(Wire(section).strings())
                case 1:  # certificates, by number or name
                    continue
                case _:
                    raise ValueError(f"it has a section of the unknown kind {kind}")  # noqa: TRY301  one sentence
    except ValueError as error:
        raise BadFile("gpg.ssh.revocationFile", f"the list of revoked keys cannot be read: {error}") from error
    return Revoked(frozenset(keys), frozenset(hashes))


def _sections(data: bytes) -> "list[tuple[int, bytes]]":
    wire = Wire(data[len(_MAGIC) :])
    if wire.number() != _VERSION:
        raise ValueError("it is of another version")
    wire.take(_HEADER)
    wire.string()  # reserved
    wire.string()  # comment
    found = []
    while wire.left:
        kind = wire.number(1)
        if kind == _SIGNATURE:
            break  # of the list itself, which OpenSSH does not check either
        found.append((kind, wire.string()))
    return found
