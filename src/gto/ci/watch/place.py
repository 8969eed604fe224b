"""Where a watcher keeps its journal, and what it calls the repository."""

import os
import re

from gto.fs import cache_dir
from gto.git import remote
from gto.git.repo import open_repo


def address_of(repo: str) -> str:
    """Return the address of a repository without anything secret; of a path, the top of the repository around it."""
    if remote.is_url(repo):
        return remote.parse(repo).url
    found = open_repo(repo)
    common = os.path.realpath(found.common_dir)
    return found.top or (os.path.dirname(common) if os.path.basename(common) == ".git" else common)


def journal_of(address: str) -> str:
    """Return the journal of a repository's watcher, in the user's directory of state."""
    home = cache_dir.user_directory("XDG_STATE_HOME", ".local", "state")
    word = re.sub(r"[^A-Za-z0-9.-]+", "-", address.removesuffix(".git").rpartition("/")[2]).strip(".-")[:40]
    name = f"{word or 'repository'}-{cache_dir.digest(address.encode('utf-8', 'surrogateescape'))[:16]}"
    return os.path.join(home, "gto", "watch", f"{name}.journal")
