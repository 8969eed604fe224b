"""Files that DVC keeps outside of Git: which they are, and every place that may have them."""

import os
import posixpath
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import md5
from typing import Literal

from gto.delivery.commit_source import Site
from gto.dvc.dir_listing import LARGEST
from gto.dvc.dvc_config import DvcRemote
from gto.dvc.output import LISTING, FileEntry, Output, key_of
from gto.dvc.output_finder import OutputFinder
from gto.exceptions import (
    BadFile,
    CannotLocate,
    ChecksumMismatch,
    GTOException,
    NotInCommit,
    RemoteUnreachable,
    StorageError,
)
from gto.storage.fetcher import TRIES, pause, shown, telling
from gto.storage.location import Content, Digest, Located, Source, StoreAddress, StoreObject

Follow = Callable[[Site, Output, str], Located]
"""Returns what an import brought from elsewhere, or what a path in it leads to."""


class Keeper:
    """The outputs of one DVC project, and where their bytes are."""

    def __init__(self, site: Site, project: OutputFinder, follow: Follow) -> None:
        self._site = site
        self._project = project
        self._follow = follow
        self._remotes: dict[str | None, DvcRemote | None] = {}

    def locate(self, output: Output, inside: str = "") -> Located:
        """Return the files of an output, or of a path in it; what DVC does not have raises an error."""
        path = posixpath.join(output.path, inside) if inside else output.path
        if not output.is_cached:
            hint = f"{output.file} says that DVC does not keep it (`cache: false`), and it was not committed to Git"
            raise NotInCommit(path, self._site.commit, hint)
        found = self._own(output)
        if found is None:
            return self._follow(self._site, output, inside)
        return _within(found, output, inside, NotInCommit(path, self._site.commit))

    def _own(self, output: Output) -> Located | None:
        """Return the files of an output; None where only what it was imported from has them."""
        name = posixpath.basename(output.path)
        if output.files:
            return Located(
                name, is_directory=True, contents=tuple(self._versioned(output, one) for one in output.files)
            )
        if output.digest is None and output.origin is None:
            raise CannotLocate(f"{output.file} notes no hash of '{output.path}'", "was `dvc commit` forgotten?")
        # What was imported from a repository is pushed nowhere else.
        is_imported = output.origin is not None and output.origin.repo is not None
        if output.digest is None or (is_imported and not self._is_in_cache(output.digest)):
            return None
        if not output.is_directory:
            sources = self._sources(output, output.digest, "", output.version)
            content = Content("", output.size, output.digest, sources, output.is_executable)
            return Located(name, is_directory=False, contents=(content,))
        contents = self._listed(output, output.digest)
        if is_imported and not all(one.digest and self._is_in_cache(one.digest) for one in contents):
            return None
        return Located(name, is_directory=True, contents=contents)

    def _versioned(self, output: Output, file: FileEntry) -> Content:
        if file.digest is None and file.version is None:
            raise CannotLocate(f"{output.file} notes neither hash nor version of '{file.path}'")
        sources = self._sources(output, file.digest, file.path, file.version)
        return Content(file.path, file.size, file.digest, sources, file.is_executable)

    def _listed(self, output: Output, digest: Digest) -> tuple[Content, ...]:
        """Read the listing of a directory, and return its files."""
        from gto.dvc.dir_listing import parse_listing

        algorithm: Literal["md5", "md5-dos2unix"] = "md5" if digest.algorithm == "md5" else "md5-dos2unix"
        data = fetch(self._sources(output, digest, "", None), digest)
        try:
            listed = parse_listing(data, algorithm, f"the listing of '{output.path}'")
        except BadFile as error:
            raise CannotLocate(error.message) from error
        return tuple(
            Content(one.path, None, one.digest, self._sources(output, one.digest, one.path, None)) for one in listed
        )

    def _sources(self, output: Output, digest: Digest | None, path: str, version: str | None) -> tuple[Source, ...]:
        """Return every place that may have an object, or the version of a file."""
        found: list[Source] = []
        cache = self._site.cache(self._project.root)
        if cache is not None and digest is not None:
            found.append(StoreObject(cache, key_of(digest)))
        remote = self._remote(output)
        if remote is not None and remote.is_versioned and version is not None:
            key = posixpath.join(os.path.relpath(f"/{output.path}", f"/{self._project.root}"), path).rstrip("/")
            found.append(StoreObject(remote.address, key, version))
        elif remote is not None and not remote.is_versioned and digest is not None:
            found.append(StoreObject(remote.address, key_of(digest)))
        origin = output.origin
        is_listing = digest is not None and digest.value.endswith(LISTING)
        if origin is not None and origin.repo is None and not is_listing:
            own = next((file.version for file in origin.files if file.path == path), None if path else origin.version)
            found.append(StoreObject(self._origin(origin.path), path, own))
        if not found:
            name = posixpath.join(output.path, path) if path else output.path
            if remote is not None:
                reason = f"'{name}' was never pushed to '{remote.name}', which keeps versions"
                raise CannotLocate(reason, "`dvc push` it, commit what that notes, and register a new version")
            raise CannotLocate(
                "DVC's configuration names no remote, and there is no cache here",
                "`dvc remote add --default NAME URL` names one, then commit .dvc/config",
            )
        return tuple(found)

    def _remote(self, output: Output) -> DvcRemote | None:
        if output.remote not in self._remotes:
            settings = self._site.settings(self._project.root)
            name = output.remote or settings.default
            self._remotes[output.remote] = settings.remote(name) if name else None
        return self._remotes[output.remote]

    def _origin(self, url: str) -> StoreAddress:
        return self._site.settings(self._project.root).address_of_url(url)

    def _is_in_cache(self, digest: Digest) -> bool:
        cache = self._site.cache(self._project.root)
        return cache is not None and os.path.isfile(os.path.join(cache.url, *key_of(digest).split("/")))


def _within(found: Located, output: Output, inside: str, missing: NotInCommit) -> Located:
    """Return what a path in an output leads to: one file, or those of a directory."""
    if not inside:
        return found
    name = posixpath.basename(inside)
    for content in found.contents:
        if content.path == inside:
            return Located(name, is_directory=False, contents=(content._replace(path=""),))
    start = f"{inside}/"
    below = tuple(
        one._replace(path=one.path.removeprefix(start)) for one in found.contents if one.path.startswith(start)
    )
    if not below or not output.is_directory:
        raise missing
    return Located(name, is_directory=True, contents=below)


def check_listing(output: Output, contents: Sequence[Content]) -> None:
    """Raise ChecksumMismatch where the files of an imported directory are not those that were imported."""
    expected = output.digest
    pairs = [(one.path, one.digest.value) for one in contents if one.digest and one.digest.algorithm == "md5"]
    if expected is None or expected.algorithm != "md5" or len(pairs) != len(contents):
        return
    from gto.dvc.dir_listing import hash_of

    found = hash_of(pairs)
    if found != expected.value:
        raise ChecksumMismatch(f"the source of '{output.path}'", f"MD5 {expected.value}", found)


def fetch(sources: Sequence[Source], digest: Digest) -> bytes:
    """Return the listing of a directory; a place that fails for a moment is asked again, as for other objects."""
    failures: list[GTOException] = []
    for source in sources:
        assert isinstance(source, StoreObject)  # noqa: S101  DVC keeps listings in stores
        try:
            data = _read_patiently(source)
            found = md5(data, usedforsecurity=False).hexdigest() + LISTING
            if found != digest.value:
                raise ChecksumMismatch(shown(source), f"MD5 {digest.value}", found)
        except StorageError as error:
            failures.append(error)
        else:
            return data
    failure = telling(failures)
    assert failure is not None  # noqa: S101  there is a source
    raise failure


def _read_patiently(source: StoreObject) -> bytes:
    tries = 0
    while True:
        try:
            return _read(source)
        except RemoteUnreachable as error:
            tries += 1
            if not error.passing or tries == TRIES:
                raise
        time.sleep(pause(tries))


def _read(source: StoreObject) -> bytes:
    from gto.storage.store_kinds import open_store

    data = bytearray()
    with closing(open_store(source.store).read(source.key, source.version)) as chunks:
        for chunk in chunks:
            data += chunk
            if len(data) > LARGEST:
                raise ChecksumMismatch(shown(source), f"a listing of at most {LARGEST} bytes", "more")
    return bytes(data)
