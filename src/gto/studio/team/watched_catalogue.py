"""The catalogue of a team, which is read again when its file changes, and from time to time for what globs find."""

import os
import time

from gto.catalog import file as catalog_file
from gto.catalog.repositories import Search
from gto.exceptions import GTOException

_AGAIN = 60.0  # seconds after which globs are searched again


class WatchedCatalogue:
    """A catalogue, and what is known of its file."""

    def __init__(self, path: str | None = None, groups: tuple[str, ...] = ()) -> None:
        """Read it; an error of it is raised this once."""
        self._path = path
        self._groups = groups
        self._read_at = time.monotonic()
        self.trouble = ""
        """Why the file cannot be read now: what it said before counts on."""
        self.found = catalog_file.find_all(path, groups).limited()
        self._read: object = self._stamp()
        self._seen = self._read

    def look(self) -> Search | None:
        """Return what it says now, if that is not what it said before.

        A file that changed is read once it is the same at two looks: many editors empty a file before they write it,
        and an empty catalogue has no repositories.
        """
        before, self._seen = self._seen, self._stamp()
        if self._seen != before or (self._seen == self._read and time.monotonic() - self._read_at < _AGAIN):
            return None
        try:
            found = catalog_file.find_all(self._path, self._groups).limited()
        except (GTOException, OSError) as error:
            self._read, self._read_at = self._seen, time.monotonic()
            self.trouble = str(error)
            return None
        if self._stamp() != self._seen:  # written meanwhile
            return None
        self._read, self._read_at = self._seen, time.monotonic()
        self.trouble = ""
        if found == self.found:
            return None
        self.found = found
        return found

    def _stamp(self) -> object:
        try:
            found = os.stat(self.found.catalogue or "")
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
