"""Files that an annotation names by a URL or a path outside of the repository."""

import posixpath

from gto.dvc.config import Settings
from gto.exceptions import ContentMissing, StorageError
from gto.storage.location import Content, Located, StoreObject


def locate_url(settings: Settings, url: str) -> Located:
    """Return the file or files at a URL or an absolute path; nobody promised what is in them."""
    from gto.storage.store import open_store

    address = settings.address_of_url(url.rstrip("/"))
    name = posixpath.basename(address.url.split("?", 1)[0])
    name = "files" if name in {"", ".", ".."} else name
    store = open_store(address)
    found: tuple[Content, ...] = ()
    missing: StorageError | None = None
    if not url.endswith("/"):
        try:
            only = Content("", store.stat(""), None, (StoreObject(address, ""),))
            return Located(name, is_directory=False, contents=(only,))
        except ContentMissing as error:
            missing = error
    try:
        found = tuple(Content(key, size, None, (StoreObject(address, key),)) for key, size in sorted(store.list("")))
    except StorageError as error:
        raise missing or error from error
    if not found:
        raise missing or ContentMissing(address.url, "`gto describe` shows the path that is annotated")
    return Located(name, is_directory=True, contents=found)
