"""Whose keys count for files: those of files that a caller names, or that git's configuration does."""

import os
from collections.abc import Iterable

from gto.git.command import Git
from gto.signing.ec_key import PublicKey, read_public_keys
from gto.signing.trust_roots import read_files

SETTING = "gto.publicKeys"
"""The setting of git that names files of public keys; it may stand there several times."""


def configured(git: Git, *, own: bool) -> list[PublicKey]:
    """Return the keys of the user's and the system's configuration; of an own repository also those of its own."""
    return parse(read_files(git, SETTING, own=own))


def parse(files: Iterable[tuple[str, bytes]]) -> list[PublicKey]:
    """Return the keys of files, paths and contents; of one that stands in several, the first counts."""
    found: dict[str, PublicKey] = {}
    for path, data in files:
        for key in read_public_keys(data, path, os.path.basename(path)):
            found.setdefault(key.hint, key)
    return list(found.values())
