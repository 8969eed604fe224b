"""A repository that is looked at again and again: its tags are listed, and it is read only where they changed."""

import os
from collections.abc import Callable

from gto.exceptions import RemoteFailed
from gto.git import tags
from gto.git.command import within
from gto.git.repo import Repo
from gto.registry.registry import Registry

_SECONDS = 60.0  # for the listing alone: a remote that hangs is noted, and asked again


class Source:
    """A repository, and the tags that it had when all of them were handled."""

    def __init__(self, read: Callable[[], Registry]) -> None:
        """`read` opens the repository as it is now."""
        self.read = read
        self._registry: Registry | None = None
        self._handled: bytes | None = None
        self._found: bytes | None = None

    def look(self) -> Registry | None:
        """Return the repository as it is now; None where its tags are those that were handled."""
        now = None if self._registry is None else _list(self._registry)
        if now is not None and now == self._handled:
            return None
        self._registry = self.read()
        # The tags that were listed before it was read: what came in between is found by the next look.
        self._found = self._registry.listing.text if now is None else now
        return self._registry

    def done(self) -> None:
        """Remember that what the last look found is handled."""
        self._handled = self._found


def _list(registry: Registry) -> bytes | None:
    """List the tags as they are now, in the order and the form of a Listing; None where a mirror was removed."""
    return tags.list_tags(registry.git).text if registry.repo.is_own else _list_remote(registry.repo)


def _list_remote(repo: Repo) -> bytes | None:
    if not os.path.isdir(repo.common_dir):  # `gto cache clear`, or another process made room
        return None
    args = ["ls-remote", "--quiet", "--refs", "--tags", "--", "origin"]
    with within(_SECONDS):
        out, status, err = repo.writer.ask(args)
    if status != 0:
        raise RemoteFailed(str(repo.address), args, status, err)
    return out.replace(b"\t", b" ")
