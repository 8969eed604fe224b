"""Tag objects that are missing or damaged, fetched again from a remote that has them."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from gto.git.command import Git
from gto.git.objects import read_objects
from gto.git.profile import FETCH

_ASIDE = ".gto-aside"


def refetch(git: Git, common_dir: str, remote: str, oids: Sequence[str]) -> set[str]:
    """Fetch objects, and return the ids of those that git can read then; no ref is touched.

    A damaged file is put aside for the time, because git would keep it; it comes back where the fetch brings nothing.
    """
    files = {oid: os.path.join(common_dir, "objects", oid[:2], oid[2:]) for oid in oids}
    for path in files.values():
        with suppress(FileNotFoundError):
            os.replace(path, path + _ASIDE)
    try:
        # It fails too where other objects are missing, and yet brings these.
        git.ask([*FETCH, "--quiet", "--no-prune", "--", remote, *oids])
        return _readable(git, oids)
    finally:
        _tidy(files.values())


def _readable(git: Git, oids: Sequence[str]) -> set[str]:
    return {one.oid for one in read_objects(git, oids) if one is not None and one.type == "tag"}


def _tidy(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            if os.path.exists(path):
                os.unlink(path + _ASIDE)
            else:
                os.replace(path + _ASIDE, path)
