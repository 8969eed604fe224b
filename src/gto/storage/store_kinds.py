"""Which kind of store an address opens."""

from gto.exceptions import RemoteUnreachable
from gto.storage import urls
from gto.storage.location import StoreAddress
from gto.storage.store import Store


def open_store(where: StoreAddress) -> Store:
    """Return the store at an address; nothing is asked of it yet. StoreNotAllowed where it is none that is allowed."""
    if where.allowed is None:
        return _open(where)
    from gto.storage.limited_store import LimitedStore
    from gto.storage.store_check import check_allowed

    check_allowed(where.allowed, where.url, where.options)
    return LimitedStore(_open(where), where, where.allowed)


def _open(where: StoreAddress) -> Store:
    scheme = urls.scheme(where.url)
    match scheme:
        case "" | "file":
            from gto.storage.local_store import open_local

            return open_local(where)
        case "http" | "https":
            from gto.storage.http_store import open_http

            return open_http(where)
        case "s3" | "gs" | "azure":
            from gto.storage.bucket_store import open_cloud

            return open_cloud(where)
        case "ssh":
            from gto.storage.ssh_store import open_ssh

            return open_ssh(where)
        case _:
            hint = "`dvc get` may read it; GTO reads s3, gs, azure, http, https, ssh and paths"
            raise RemoteUnreachable(urls.shown(where.url), f"GTO does not read from '{scheme}'", hint)
