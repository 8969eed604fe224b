"""Which repositories a page may add: one that is asked by others leads neither to this disk nor into this network."""

import os
from collections.abc import Collection
from typing import NamedTuple

from gto.catalog.entry import is_wild
from gto.exceptions import PrivateAddress, UsageError
from gto.git import remote
from gto.storage import address_check

_LOCAL = "file://"


class RepositorySources(NamedTuple):
    """Where repositories may lie that somebody adds by a page; the catalogue's file itself may name any."""

    directories: tuple[str, ...] = ()
    """Of this machine; none where only other hosts may be named."""
    has_private: bool = False
    """Whether hosts of the private network may be named."""

    def check(self, where: str, known: Collection[str]) -> None:
        """Raise UsageError where a path, URL or glob leads elsewhere; hosts that the catalogue names may be asked."""
        if where.lower().startswith(_LOCAL) or not remote.is_url(where):
            self._check_path(where)
            return
        host = remote.host_of(remote.parse(where).url).lower()
        if self.has_private or host in known:
            return
        try:
            address_check.check_name(host)
            address_check.check_host(host)
        except PrivateAddress as error:
            hint = "who runs the server starts Studio with --allow-private-remotes, or uses `gto repos add`"
            raise UsageError(error.message, hint) from error

    def _check_path(self, where: str) -> None:
        fixed = where
        while is_wild(fixed):
            fixed = os.path.dirname(fixed)
        found = os.path.realpath(fixed)
        is_ours = os.path.isabs(where) and os.pardir not in where.split(os.sep)
        if where and not (is_ours and any(_is_below(found, one) for one in self.directories)):
            hint = "who runs the server starts Studio with --allow-local-repositories, or uses `gto repos add`"
            only = f", but below {' or '.join(self.directories)}" if self.directories else ""
            raise UsageError(f"A path of this server is not added by a page{only}", hint)


def _is_below(path: str, directory: str) -> bool:
    whole = os.path.realpath(directory)
    return path == whole or path.startswith(whole.rstrip(os.sep) + os.sep)
