"""Files brought to disk: each whole and checked, or not there at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gto.exceptions import ChecksumMismatch, ContentMissing, TargetTaken, UnsafePath, UsageError
from gto.git.repo import Repo
from gto.storage.fetcher import Fetcher, Stopped, shown, verify
from gto.storage.hashing import is_same
from gto.storage.location import Content, GitBlob
from gto.storage.partial_file import Part, prefix_of, sweep, unwritable
from gto.storage.staging import Staging
from gto.storage.target_paths import check_name, check_parents, check_paths, make_directory, sync_directory

if TYPE_CHECKING:
    from concurrent.futures import Future

JOBS = 16
"""How many files are fetched at a time, unless the caller says otherwise."""


_ELSEWHERE = "choose another place, or move the directory away"


class Progress(Protocol):
    """Who wants to see how much has come."""

    total: int | None
    """All bytes that will come, set before the first; None where nobody knows."""

    def advance(self, count: int) -> None:
        """Take note of so many bytes more; fewer than none where some were thrown away. Threads call this in turn."""


class Downloaded(NamedTuple):
    """What a download did."""

    path: str
    """The file or directory."""
    written: tuple[str, ...]
    """The paths of the files that were brought, below `path`; empty for `path` itself."""
    kept: tuple[str, ...]
    """The paths of those that were there already, with the same content."""
    notes: tuple[str, ...]
    """What went wrong on the way and did no harm: sources that were skipped."""


def download(  # noqa: PLR0913  all but the first two by name
    contents: Sequence[Content],
    target: str,
    *,
    is_directory: bool,
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    repo: Repo | None = None,
) -> Downloaded:
    """Bring files to `target`: the one file, or a directory with all of them; `repo` has the blobs.

    A file grows under a temporary name beside its place, is checked, and then gets its name. A directory that is not
    there grows under a temporary name too, and appears with all of its files. Into one that is there, all missing files
    are brought first, then moved one after the other; other files in it stay. Files with the same content are left
    alone; others raise TargetTaken without `force`. A download that was stopped goes on where it was, if it is run
    again for the same target.
    """
    target = os.path.abspath(target)
    check_name(target)
    job = _Job(target, force, jobs or JOBS, progress, repo)
    if is_directory:
        return job.bring_directory(contents)
    if len(contents) != 1:
        raise UsageError(f"'{target}' is to be one file, and {len(contents)} were found")
    return job.bring_file(contents[0])


class _Job:
    """One call of download()."""

    def __init__(self, target: str, force: bool, jobs: int, progress: Progress | None, repo: Repo | None) -> None:  # noqa: FBT001  private, called once
        self._target = target
        self._force = force
        self._jobs = jobs
        self._progress = progress
        self._lock = Lock()
        self._fetcher = Fetcher(repo, self._advance)

    def bring_file(self, content: Content) -> Downloaded:
        """Bring the one file."""
        target = self._target
        if os.path.isdir(target):
            raise UnsafePath(target, "is a directory", _ELSEWHERE)
        directory = os.path.dirname(target)
        kept = is_same(target, content.size, content.digest)
        if not kept:
            self._refuse_taken([target] if os.path.lexists(target) else [])
            make_directory(directory)
            self._announce([content])
            self._fetcher.prepare([content])
            with self._part(target, content) as part:
                self._fetcher.fill(part)
                self._refuse_taken([target] if os.path.lexists(target) else [])
                part.finish(is_executable=content.is_executable)
            sync_directory(directory)
        sweep(directory, prefix_of(target))
        return self._done(() if kept else ("",), ("",) if kept else ())

    def bring_directory(self, contents: Sequence[Content]) -> Downloaded:
        """Bring all files of a directory."""
        target = self._target
        check_paths(one.path for one in contents)
        is_there = os.path.isdir(target)
        if not is_there:
            self._refuse_taken([target] if os.path.lexists(target) else [])
        missing = [one for one in contents if not (is_there and self._is_there(one))]
        taken = [self._place(one) for one in missing if is_there and os.path.lexists(self._place(one))]
        self._refuse_taken(taken)
        if missing or not is_there:
            self._gather(missing, is_there=is_there)
        home = target if is_there else os.path.dirname(target)
        sweep(home, prefix_of(target))
        brought = {one.path for one in missing}
        return self._done(
            tuple(one.path for one in missing), tuple(one.path for one in contents if one.path not in brought)
        )

    def _gather(self, missing: Sequence[Content], *, is_there: bool) -> None:
        staging = Staging(self._target, missing)
        keep = True
        try:
            self._announce(missing)
            self._bring_all(missing, staging)
            if is_there:
                for one in missing:
                    staging.move(one.path, self._target)
                for directory in {os.path.dirname(self._place(one)) for one in missing}:
                    sync_directory(directory)
                keep = False
            else:
                self._become(staging)
        except (ChecksumMismatch, ContentMissing, UnsafePath):
            keep = False
            raise
        finally:
            staging.leave(keep=keep)

    def _become(self, staging: Staging) -> None:
        if os.path.lexists(self._target) and not os.path.isdir(self._target):
            self._refuse_taken([self._target])
            try:
                os.unlink(self._target)
            except OSError as error:
                unwritable(self._target, error)
        staging.become(self._target)

    def _bring_all(self, contents: Sequence[Content], staging: Staging) -> None:
        """Bring files into a staging directory; what an earlier run brought there is left alone."""
        left = []
        for one in contents:
            place = staging.place(one.path)
            if is_same(place, one.size, one.digest):
                self._advance(os.path.getsize(place))
            else:
                left.append((place, one))
        self._fetcher.prepare(one for _, one in left)
        self._bring_blobs([pair for pair in left if _is_blob(pair[1])])
        others = [pair for pair in left if not _is_blob(pair[1])]
        if len(others) == 1 or self._jobs == 1:
            for place, one in others:
                self._bring_one(place, one)
        elif others:
            self._bring_in_threads(others)

    def _bring_in_threads(self, pairs: Sequence[tuple[str, Content]]) -> None:
        # It takes five milliseconds to import, and one file needs no threads.
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        with ThreadPoolExecutor(min(self._jobs, len(pairs)), thread_name_prefix="gto-get") as pool:
            futures = [pool.submit(self._bring_one, place, one) for place, one in pairs]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            except BaseException:
                self._end(futures)
                raise
            if any(future.exception() for future in done):
                self._end(futures)
        failures = [error for future in futures if not future.cancelled() and (error := future.exception())]
        for error in sorted(failures, key=lambda one: isinstance(one, Stopped)):
            raise error

    def _end(self, futures: Sequence["Future[None]"]) -> None:
        self._fetcher.stop.set()
        for future in futures:
            future.cancel()

    def _bring_one(self, place: str, content: Content) -> None:
        with self._part(place, content) as part:
            self._fetcher.fill(part)
            part.finish(is_executable=content.is_executable)

    def _bring_blobs(self, pairs: Sequence[tuple[str, Content]]) -> None:
        """Bring blobs, those of one repository by one process of git."""
        from gto.git.blob_stream import have_blobs, stream_blobs

        groups: dict[str, tuple[Repo, list[tuple[str, Content, GitBlob]]]] = {}
        for place, one in pairs:
            blob = one.sources[0]
            assert isinstance(blob, GitBlob)  # noqa: S101  the caller chose them so
            repo = self._fetcher.repo_of(blob)
            groups.setdefault(repo.common_dir, (repo, []))[1].append((place, one, blob))
        for repo, members in groups.values():
            oids = [blob.oid for _, _, blob in members]
            have_blobs(repo, oids)
            with closing(stream_blobs(repo, oids)) as blobs:
                for (place, one, blob), (size, chunks) in zip(members, blobs, strict=True):
                    with self._part(place, one) as part:
                        self._advance(part.size)
                        self._fetcher.take_blob(part, size, chunks)
                        verify(part, shown(blob))
                        part.finish(is_executable=one.is_executable)

    @contextmanager
    def _part(self, place: str, content: Content) -> Iterator[Part]:
        part = Part(place, content)
        keep = True
        try:
            yield part
        except (ChecksumMismatch, ContentMissing, TargetTaken):
            keep = False
            raise
        finally:
            part.leave(keep=keep)

    def _is_there(self, content: Content) -> bool:
        check_parents(self._target, content.path)
        return is_same(self._place(content), content.size, content.digest)

    def _place(self, content: Content) -> str:
        return os.path.join(self._target, *content.path.split("/"))

    def _refuse_taken(self, paths: Sequence[str]) -> None:
        for path in paths:
            if self._force and os.path.isdir(path) and not os.path.islink(path):
                raise UnsafePath(path, "is a directory", _ELSEWHERE)
        if paths and not self._force:
            raise TargetTaken([min(os.path.relpath(path), path, key=len) for path in paths])

    def _announce(self, contents: Sequence[Content]) -> None:
        if self._progress is not None:
            sizes = [one.size for one in contents]
            self._progress.total = None if None in sizes else sum(size for size in sizes if size is not None)

    def _advance(self, count: int) -> None:
        if self._progress is not None and count:
            with self._lock:
                self._progress.advance(count)

    def _done(self, written: tuple[str, ...], kept: tuple[str, ...]) -> Downloaded:
        return Downloaded(self._target, written, kept, tuple(dict.fromkeys(self._fetcher.notes)))


def _is_blob(content: Content) -> bool:
    return bool(content.sources) and isinstance(content.sources[0], GitBlob)
