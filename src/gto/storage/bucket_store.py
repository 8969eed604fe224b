"""Stores that are buckets of S3, Google Cloud Storage and Azure, through obstore."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import ContentMissing, ExtraMissing, RemoteUnreachable, StoreRefused
from gto.storage import transport, urls
from gto.storage.address_check import check_host
from gto.storage.location import CHUNK

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from obstore import GetOptions
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Store

    from gto.storage.location import StoreAddress

_STATUS_RE = re.compile(r"\b4(?!08|25|29)\d\d\b (?:Bad|Unauth|Forb|Not|Meth|Conf|Gone|Prec|Range|Unproc)")
_FINAL = ("dns error", "Invalid URL", "relative URL", "Missing ", "Unable to")
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

        with self.telling(key):
            if version is None:
                return obstore.head(self.store, self._path(key))["size"]
            return obstore.get(self.store, self._path(key), options={"version": version, "head": True}).meta["size"]

    def read(
        self, key: str, version: str | None = None, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield an object's bytes from `start` on, up to before `end`."""
        import obstore

        with self.telling(key):
            if start and end is None and start >= (self.stat(key, version) or 0):
                return  # a range behind the end is an error of every cloud
            options: GetOptions = {"range": {"offset": start}} if start else {}
            if end is not None:
                options["range"] = (start, end)
            if version is not None:
                options["version"] = version
            found = obstore.get(self.store, self._path(key), options=options)
            for chunk in found.stream(CHUNK):
                yield bytes(chunk)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a directory."""
        import obstore

        cut = len(self.prefix) + 1 if self.prefix else 0
        with self.telling(prefix):
            for page in obstore.list(self.store, self._path(prefix) or None):
                for meta in page:
                    if not (meta["size"] == 0 and meta["path"].endswith("/")):
                        yield meta["path"][cut:], meta["size"]

    def sign(self, key: str, seconds: int) -> str | None:
        """Return a URL that the store's own credentials sign; None where there are none."""
        if not self.may_sign:
            return None
        from datetime import timedelta

        import obstore

        with self.telling(key):
            return obstore.sign(self._signer(), "GET", self._path(key), timedelta(seconds=seconds))

    def _signer(self) -> S3Store:
        return self.store  # type: ignore[return-value]  # all three clouds sign; the stub wants one of them

    def _path(self, key: str) -> str:
        return urls.join(self.prefix, key).strip("/")

    @contextmanager
    def telling(self, key: str) -> Iterator[None]:
        """Raise what an error of obstore means in its place, of an object or a directory."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise self._failure(key, error) from error
        except BaseException as error:
            raise_panic(urls.join(self.url, key), error)
            raise

    def _failure(self, key: str, error: Exception) -> Exception:
        """Return what an error of obstore means; its text may hold a signature, and goes on for pages."""
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        url = urls.join(self.url, key)
        if isinstance(error, FileNotFoundError):
            return ContentMissing(url)
        reason = reason_of(error)
        if explained := _explained(str(error)):
            return RemoteUnreachable(url, *explained)
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
    return urls.masked(f"{text.strip(' :')}{f' ({code[1]})' if code else ''}")[:300]


_REGION_RE = re.compile(r"<Region>([A-Za-z0-9-]+)</Region>")
_CERTIFICATE_RE = re.compile(r"InvalidCertificate\(\s*(?:Other\(\s*OtherError\(\s*)?([A-Za-z]+)")


def _explained(text: str) -> tuple[str, str] | None:
    """Return reason and hint of an error that the words of obstore do not lead out of."""
    if found := _CERTIFICATE_RE.search(text):
        hint = "a certificate of your own: `dvc remote modify NAME ssl_verify FILE`, AWS_CA_BUNDLE or SSL_CERT_FILE"
        return f"its certificate is not trusted ({found[1]})", hint
    if found := _REGION_RE.search(text):
        return f"the store wants the region '{found[1]}'", f"`dvc remote modify NAME region {found[1]}`"
    if "incorrectly configured region" in text:
        return "the bucket is in another region", "`dvc remote modify NAME region REGION`, or set AWS_DEFAULT_REGION"
    return None


def raise_panic(url: str, error: BaseException) -> None:
    """Raise RemoteUnreachable for a panic of obstore, which is no Exception; return for everything else."""
    if type(error).__name__ == "PanicException":
        hint = "see the remote's settings: `dvc config --list`; if they are right, tell us"
        raise RemoteUnreachable(url, f"obstore failed: {urls.masked(str(error).partition(chr(10))[0])[:200]}", hint)


def check_endpoint(url: str, endpoint: str) -> str:
    """Return the host of an endpoint; RemoteUnreachable for one that is no URL: obstore panics at some."""
    from urllib.parse import urlsplit

    host = None
    with suppress(ValueError):
        parts = urlsplit(endpoint)
        host = parts.hostname if parts.scheme.lower() in {"http", "https"} and parts.port != 0 else None
    if not host or _NEVER_RE.search(endpoint):
        hint = "write it as https://HOST or http://HOST:PORT: endpointurl of the remote, AWS_ENDPOINT_URL, BlobEndpoint"
        raise RemoteUnreachable(url, f"its endpoint '{urls.shown(endpoint)}' is no URL", hint)
    return host


_NEVER_RE = re.compile(r"[^!-~]|[\"<>\\^`{|}]")


def open_cloud(where: StoreAddress) -> CloudStore:
    """Return the bucket of an address."""
    try:
        from obstore.exceptions import BaseError
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise ExtraMissing("To read from S3, Google Cloud Storage or Azure", "obstore", "storage") from error
    scheme, (_, bucket, path) = urls.scheme(where.url), urls.split(where.url)
    url = f"{scheme}://{bucket}" + (f"/{path.strip('/')}" if path.strip("/") else "")
    if not bucket:
        raise RemoteUnreachable(url, "it names no bucket")
    try:
        store = {"s3": _open_s3, "gs": _open_gs}.get(scheme, _open_azure)(where, bucket)
    except (BaseError, ValueError) as error:
        raise RemoteUnreachable(url, reason_of(error), "see the remote's settings: `dvc config --list`") from error
    except BaseException as error:
        raise_panic(url, error)
        raise
    return CloudStore(store, url, path.strip("/"), where.trusted and not where.is_anonymous)


def _open_s3(where: StoreAddress, bucket: str) -> ObjectStore:
    from obstore.store import S3Store

    from gto.storage.s3 import s3_config

    found = s3_config(where, bucket)
    options = client(where, found.endpoint, found.ca)
    return S3Store(
        bucket,
        config=found.config,
        client_options=options,
        retry_config=retries(),
        credential_provider=found.provider,
    )


def _open_gs(where: StoreAddress, bucket: str) -> ObjectStore:
    from obstore.store import GCSStore

    from gto.storage.azure import gs_config

    config, provider = gs_config(where)
    options = client(where, where.options.get("endpointurl", ""), _own_ca())
    return GCSStore(bucket, config=config, client_options=options, retry_config=retries(), credential_provider=provider)


def _open_azure(where: StoreAddress, container: str) -> ObjectStore:
    from obstore.store import AzureStore

    from gto.storage.azure import azure_config

    config, provider = azure_config(where)
    options = client(where, config.get("endpoint", ""), _own_ca())
    return AzureStore(
        container, config=config, client_options=options, retry_config=retries(), credential_provider=provider
    )


def _own_ca() -> str:
    return os.environ.get("REQUESTS_CA_BUNDLE", "")


def client(where: StoreAddress, endpoint: str, ca: str = "") -> ClientConfig:
    """Return how connections to a cloud are made; `ca` is a file of certificates that the environment names."""
    from datetime import timedelta

    if endpoint:
        host = check_endpoint(urls.shown(where.url), endpoint)
        if not where.trusted:
            check_host(host)
    silence = transport.silence()
    found: ClientConfig = {
        "connect_timeout": timedelta(seconds=min(transport.CONNECT, silence)),
        "read_timeout": timedelta(seconds=silence),
        "timeout": timedelta(days=1),  # of a whole download; a silent one ends by the read_timeout
        "allow_http": endpoint.lower().startswith("http://"),
    }
    ca, verify = transport.verified(where.options.get("ssl_verify", "") if where.trusted else "", ca)
    if not verify:
        found["allow_invalid_certificates"] = True
    if ca:
        try:
            with open(os.path.expanduser(ca), "rb") as file:
                found["root_certificate"] = file.read()
        except OSError as error:
            hint = "see the remote's ssl_verify, AWS_CA_BUNDLE, ca_bundle of the profile, REQUESTS_CA_BUNDLE"
            raise RemoteUnreachable(ca, f"the file of certificates: {error.strerror}", hint) from error
    return found


def retries() -> RetryConfig:
    """Return how often a cloud is asked again, before download.py does so."""
    from datetime import timedelta

    return {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=transport.silence())}
