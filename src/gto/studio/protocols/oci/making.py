"""Artifacts made of versions: their files are read once, and what came of it is written down."""

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from functools import partial
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import NamedTuple

from gto.exceptions import GTOException, RemoteUnreachable
from gto.git.command import masked
from gto.oci.about import read_about
from gto.oci.artifact import PackedFile, PlannedArtifact
from gto.oci.modelcar import plan_layers, plan_modelcar
from gto.oci.modelpack import plan_modelpack
from gto.registry.registry import Registry
from gto.registry.resolve import resolve
from gto.storage.fetcher import Fetcher, shown
from gto.storage.location import Content
from gto.studio.downloads.file_bytes import read_whole
from gto.studio.downloads.file_digests import digest_files, digests_of
from gto.studio.downloads.file_sizes import sizes_of
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.lasting.lasting_file import Lasting
from gto.studio.lasting.stored_objects import ObjectFacts
from gto.studio.protocols.oci.blobs import BlobReader
from gto.studio.protocols.oci.kept_artifacts import ArtifactOrigin, keep

LOG = logging.getLogger("gto.studio")

_THREADS = 2
_MOST = 100  # artifacts that wait
_MOST_OF_STRANGERS = 20
_FAILED_SECONDS = 60.0  # in which what failed is not tried again


def make_artifact(lasting: Lasting, origin: ArtifactOrigin, found: LocatedVersion) -> None:
    """Read the files of a version as far as it takes, and write the artifact down."""
    registry = Registry(found.repository)
    chosen = resolve(registry, origin.artifact, origin.commit)._replace(version=origin.version)
    about = read_about(registry, chosen)
    made: PlannedArtifact
    if origin.shape == "modelpack":
        read = _read_files(found)
        files = [PackedFile(path, read[path].size or 0, one.is_executable) for path, one in found.files]
        made = plan_modelpack(files, {path: one.sha256 or "" for path, one in read.items()}, about)
    else:
        layers = plan_layers(_sized(found))
        made = plan_modelcar(layers, [_digest(BlobReader(found, layer).read()) for layer in layers], about)
    keep(lasting, origin, made)


def _digest(chunks: Iterator[bytes]) -> str:
    made = hashlib.sha256()
    for chunk in chunks:
        made.update(chunk)
    return f"sha256:{made.hexdigest()}"


def _read_files(found: LocatedVersion) -> dict[str, ObjectFacts]:
    """Return size and SHA-256 of each file, by path; what nobody read yet is read."""
    digest_files(found)
    known = digests_of(found)
    fetcher = Fetcher(found.repository, lambda _: None)
    for path, content in found.files:
        if known[path].sha256 is None or known[path].size is None:  # no hash of Git's tells its bytes apart
            known[path] = _read(fetcher, content)
    return known


def _read(fetcher: Fetcher, content: Content) -> ObjectFacts:
    made, size = hashlib.sha256(), 0
    with closing(read_whole(fetcher, content, content.size)) as chunks:
        for chunk in chunks:
            made.update(chunk)
            size += len(chunk)
    return ObjectFacts(size, made.hexdigest())


def _sized(found: LocatedVersion) -> list[PackedFile]:
    """Return the files with their sizes, which an archive begins with."""
    sizes = sizes_of(found)
    files = []
    for path, content in found.files:
        size = sizes[path]
        if size is None:
            place = shown(content.sources[0]) if content.sources else path
            raise RemoteUnreachable(place, "nothing tells its size, and an archive begins with that")
        files.append(PackedFile(path, size, content.is_executable))
    return files


class MakingFailed(NamedTuple):
    """Why an artifact could not be made, and when."""

    at: float
    reason: str


class TooManyWait(Exception):
    """So many artifacts are to be made that no other is taken on."""


class ArtifactMaker:
    """Makes artifacts in threads of its own, each once; who asks waits a little, and asks again."""

    def __init__(self, patience: float = 5.0) -> None:
        """`patience` says for how many seconds a request waits for what it asked for."""
        self.patience = patience
        self._waiting: SimpleQueue[tuple[ArtifactOrigin, Callable[[], None]]] = SimpleQueue()
        self._jobs: dict[ArtifactOrigin, Future[None]] = {}
        self._failed: OrderedDict[ArtifactOrigin, MakingFailed] = OrderedDict()
        self._threads = 0
        self._lock = Lock()
        self.is_used = Event()
        """Set once anything was asked for."""

    def ask(self, origin: ArtifactOrigin, make: Callable[[], None], *, is_known: bool) -> "Future[None]":
        """Have an artifact made, and return what is done when it is; TooManyWait where no other is taken on."""
        self.is_used.set()
        with self._lock:
            job = self._jobs.get(origin)
            if job is not None:
                return job
            if len(self._jobs) >= (_MOST if is_known else _MOST_OF_STRANGERS):
                raise TooManyWait
            job = self._jobs[origin] = Future()
            job.set_running_or_notify_cancel()  # who asked may go, and others wait for it
            self._waiting.put((origin, make))
            if self._threads < _THREADS:
                self._threads += 1
                Thread(target=self._work, name="studio-oci", daemon=True).start()
            return job

    def failure(self, origin: ArtifactOrigin) -> str:
        """Return why an artifact could not be made a moment ago; empty where nobody tried."""
        with self._lock:
            found = self._failed.get(origin)
            return found.reason if found is not None and time.monotonic() - found.at < _FAILED_SECONDS else ""

    def wait(self, seconds: float) -> None:
        """Wait until all that was asked for is done, for so long."""
        with self._lock:
            jobs = list(self._jobs.values())
        wait(jobs, seconds)

    def _work(self) -> None:
        while True:
            origin, make = self._waiting.get()
            self._done(origin, partial(_outcome, make))

    def _done(self, origin: ArtifactOrigin, outcome: Callable[[], str]) -> None:
        reason = outcome()
        with self._lock:
            job = self._jobs.pop(origin)
            self._failed.pop(origin, None)
            if reason:
                self._failed[origin] = MakingFailed(time.monotonic(), reason)
                while len(self._failed) > _MOST:
                    self._failed.popitem(last=False)
        job.set_result(None)


def _outcome(make: Callable[[], None]) -> str:
    """Do what is to be done; return why it failed, empty where it did not."""
    try:
        make()
    except GTOException as error:
        return masked(error.message)
    except Exception as error:  # noqa: BLE001  the thread goes on, whatever it is
        # Who asks need not learn how the server is made.
        LOG.warning("an artifact for container registries was not made: %s", masked(f"{type(error).__name__}: {error}"))
        return "the log of this Studio says why"
    return ""
