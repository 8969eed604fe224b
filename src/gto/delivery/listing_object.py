"""The object in which DVC keeps the listing of a directory, from the first place that has it whole."""

import time
from collections.abc import Sequence
from hashlib import md5

from gto.dvc.dir_listing import LARGEST
from gto.dvc.output import LISTING
from gto.exceptions import ChecksumMismatch, GTOException, RemoteUnreachable, StorageError
from gto.storage.fetching import TRIES, pause, shown, telling
from gto.storage.location import Digest, Source, StoreObject


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
    from gto.storage.store import open_store

    data = bytearray()
    for chunk in open_store(source.store).read(source.key, source.version):
        data += chunk
        if len(data) > LARGEST:
            raise ChecksumMismatch(shown(source), f"a listing of at most {LARGEST} bytes", "more")
    return bytes(data)
