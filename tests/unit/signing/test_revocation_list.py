"""Lists of keys that were taken back."""

from __future__ import annotations

import hashlib

import pytest

from gto.exceptions import BadFile
from gto.signing.revocation_list import parse
from gto.signing.ssh_wire import string

HEAD = b"SSHKRL\n\0" + (1).to_bytes(4) + bytes(24) + string(b"") + string(b"a comment")


def section(kind: int, *parts: bytes) -> bytes:
    return bytes([kind]) + string(b"".join(map(string, parts)))


def test_without_a_list_no_key_is_revoked() -> None:
    assert not parse(None).has(b"key")


def test_keys_are_named_whole_or_by_their_hashes() -> None:
    sha1 = hashlib.sha1(b"second", usedforsecurity=False).digest()
    found = parse(HEAD + section(2, b"first") + section(3, sha1) + section(5, hashlib.sha256(b"third").digest()))
    assert [found.has(key) for key in (b"first", b"second", b"third", b"fourth")] == [True, True, True, False]


def test_what_names_certificates_and_what_signs_the_list_says_nothing_of_keys() -> None:
    found = parse(HEAD + section(1, b"authority", b"") + section(2, b"key") + bytes([4]) + b"whatever signs it")
    assert (found.keys, found.hashes) == (frozenset({b"key"}), frozenset())


@pytest.mark.parametrize("rest", [section(9), section(255), b"\x02\0\0\0\xff", b"\x02" + string(b"\0\0\0\xff")])
def test_a_list_with_something_unknown_or_cut_short_is_refused(rest: bytes) -> None:
    with pytest.raises(BadFile, match="the list of revoked keys cannot be read"):
        parse(HEAD + rest)
