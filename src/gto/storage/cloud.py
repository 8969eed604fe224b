"""Stores that are buckets of S3, Google Cloud Storage and Azure, through obstore."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import ContentMissing, ExtraMissing, RemoteUnreachable, StoreRefused
from gto.storage import address, connection
from gto.storage.location import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore import GetOptions
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Store

    from gto.storage.location import StoreAddress

_STATUS_RE = re.compile(r"\b4(?!08|25|29)\d\d\b (?:Bad|Unauth|Forb|Not|Meth|Conf|Gone|Prec|Range|Unproc)")
_FINAL = ("dns error", "invalid peer certificate", "Invalid URL", "relative URL", "Missing ", "Unable to")
_DENIED = ("Forbidden", "Unauthorized", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed")
_RETRIES = 2


class CloudStore(NamedTuple):
    """A bucket, or a directory of it."""

    store: ObjectStore
    url: str
    prefix: str
    may_sign: bool

    def stat(self, key: str, version: str | None = None) -> int | None:
        """Return an object's size."""
        import obstore

        try:
            if version is None:
                return obstore.head(self.store, self._path(key))["size"]
            return obstore.get(self.store, self._path(key), options={"version": version, "head": True}).meta["size"]
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._failure(key, error) from error

    def read(self, key: str, version: str | None = None, start: int = 0) -> Iterator[bytes]:
        """Yield an object's bytes from `start` on."""
        import obstore

        try:
            if start and start >= (self.stat(key, version) or 0):
                return  # a range behind the end is an error of every cloud
            options: GetOptions = {"range": {"offset": start}} if start else {}
            if version is not None:
                options["version"] = version
            found = obstore.get(self.store, self._path(key), options=options)
            for chunk in found.stream(CHUNK):
                yield bytes(chunk)
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._failure(key, error) from error

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a directory."""
        import obstore

        cut = len(self.prefix) + 1 if self.prefix else 0
        try:
            for page in obstore.list(self.store, self._path(prefix) or None):
                for meta in page:
                    if not (meta["size"] == 0 and meta["path"].endswith("/")):
                        yield meta["path"][cut:], meta["size"]
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._failure(prefix, error) from error

    def sign(self, key: str, seconds: int) -> str | None:
        """Return a URL that the store's own credentials sign; None where there are none."""
        if not self.may_sign:
            return None
        from datetime import timedelta

        import obstore

        try:
            return obstore.sign(self._signer(), "GET", self._path(key), timedelta(seconds=seconds))
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._failure(key, error) from error

    def _signer(self) -> S3Store:
        return self.store  # type: ignore[return-value]  # all three clouds sign; the stub wants one of them

    def _path(self, key: str) -> str:
        return address.join(self.prefix, key).strip("/")

    def _failure(self, key: str, error: Exception) -> Exception:
        """Return what an error of obstore means; its text may hold a signature, and goes on for pages."""
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        url = address.join(self.url, key)
        if isinstance(error, FileNotFoundError):
            return ContentMissing(url)
        reason = reason_of(error)
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or any(word in reason for word in _DENIED):
            return StoreRefused(url, reason, _CREDENTIALS)
        is_final = _STATUS_RE.search(reason) or any(word in str(error) for word in _FINAL)
        if is_final or isinstance(error, ValueError):
            return RemoteUnreachable(url, reason, "see the remote's settings: `dvc config --list`")
        return RemoteUnreachable(url, reason, passing=True)


_CREDENTIALS = (
    "give the store's credentials in the environment, or with `dvc remote modify --local`; "
    "a stranger's remote gets none of yours unless you trust it"
)
_ANY_STATUS_RE = re.compile(r"status code: (\d{3}(?: [A-Z][A-Za-z ]*)?)")
_NOISE_RE = re.compile(r"^Generic \S+ error: |^Error performing .* - |^Error (?:after \d+ retries|getting) .*?: ")


def reason_of(error: Exception) -> str:
    """Return the first line of an error of obstore, without the address, the Rust behind it and what is secret."""
    lines = str(error).strip().splitlines()
    text = _NOISE_RE.sub("", lines[0] if lines else type(error).__name__)
    if " - " in text:
        text = text.rpartition(" - ")[2]
    if status := _ANY_STATUS_RE.search(text):
        text = f"status {status[1]}"
    code = re.search(r"<Code>([A-Za-z0-9]+)</Code>", str(error))
    return address.masked(f"{text.strip(' :')}{f' ({code[1]})' if code else ''}")[:300]


def open_cloud(where: StoreAddress) -> CloudStore:
    """Return the bucket of an address."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import AzureStore, GCSStore, S3Store
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise ExtraMissing("To read from S3, Google Cloud Storage or Azure", "obstore", "storage") from error
    scheme, (_, bucket, path) = address.scheme(where.url), address.split(where.url)
    url = f"{scheme}://{bucket}" + (f"/{path.strip('/')}" if path.strip("/") else "")
    if not bucket:
        raise RemoteUnreachable(url, "it names no bucket")
    store: ObjectStore
    try:
        match scheme:
            case "s3":
                from gto.storage.s3 import s3_config

                found = s3_config(where, bucket)
                store = S3Store(
                    bucket,
                    config=found.config,
                    client_options=client(where, found.endpoint),
                    retry_config=retries(),
                    credential_provider=found.provider,
                )
            case "gs":
                from gto.storage.gs import gs_config

                store = GCSStore(
                    bucket,
                    config=gs_config(where),
                    client_options=client(where, where.options.get("endpointurl", "")),
                    retry_config=retries(),
                )
            case _:
                from gto.storage.azure import azure_config

                azure = azure_config(where)
                store = AzureStore(
                    bucket,
                    config=azure,
                    client_options=client(where, azure.get("endpoint", "")),
                    retry_config=retries(),
                )
    except (BaseError, ValueError) as error:
        raise RemoteUnreachable(url, reason_of(error), "see the remote's settings: `dvc config --list`") from error
    return CloudStore(store, url, path.strip("/"), where.trusted and not where.is_anonymous)


def client(where: StoreAddress, endpoint: str) -> ClientConfig:
    """Return how connections to a cloud are made."""
    from datetime import timedelta

    silence = connection.silence()
    found: ClientConfig = {
        "connect_timeout": timedelta(seconds=min(connection.CONNECT, silence)),
        "read_timeout": timedelta(seconds=silence),
        "timeout": timedelta(days=1),  # of a whole download; a silent one ends by the read_timeout
        "allow_http": endpoint.lower().startswith("http://"),
    }
    ssl_verify = where.options.get("ssl_verify", "")
    if where.trusted and address.is_false(ssl_verify):
        found["allow_invalid_certificates"] = True
    elif where.trusted and ssl_verify and not address.is_true(ssl_verify):
        try:
            with open(ssl_verify, "rb") as file:
                found["root_certificate"] = file.read()
        except OSError as error:
            raise RemoteUnreachable(ssl_verify, error.strerror or "", "see the remote's ssl_verify") from error
    return found


def retries() -> RetryConfig:
    """Return how often a cloud is asked again, before download.py does so."""
    from datetime import timedelta

    return {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=connection.silence())}
