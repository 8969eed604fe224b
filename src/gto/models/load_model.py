"""A model out of a file, by the libraries of whoever asks: what runs no code as it is, the rest when it is trusted."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from gto.delivery import get
from gto.delivery.file_identity import identity_of_path
from gto.delivery.inspection import inspect_place, no_place
from gto.delivery.locate import locate_address
from gto.delivery.recorded_facts import completed, recorded_with
from gto.delivery.signed_files import SignedWish, hold
from gto.exceptions import CannotLoad, InvalidName, Untrusted
from gto.inspect.facts import ModelFacts
from gto.models.loading_code import would_run
from gto.models.writers import loader_of
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.storage import urls
from gto.storage.download import download
from gto.storage.location import StoreAddress

_SHORT = 7  # digits of a commit


class ModelOrigin(NamedTuple):
    """Which model it is."""

    name: str
    """The artifact; of a file or a URL, as the user named it, without what is secret in it."""
    version: str | None = None
    """None where none is registered, and for a file."""
    commit: str | None = None
    digest: str = ""
    """What its bytes hash to, `sha256:...`; empty where nobody asked."""

    @property
    def text(self) -> str:
        """The model in one word: `churn@v1.2.0`, `churn@4be0d31`, `churn.skops@sha256:1f0c...`."""
        return f"{self.name}@{self.version or (self.commit or '')[:_SHORT] or self.digest}"


class LoadedModel(NamedTuple):
    """A live model, and what is known of it."""

    model: Any
    facts: ModelFacts
    """As its file tells them, and its side-car where that is of this file."""
    origin: ModelOrigin
    chosen: AnnotatedTarget | None = None
    """The version; None for a file or a URL."""


def load_model(
    target: str, repo: object = ".", rev: str | None = None, *, trusted: bool = False, hashed: bool = False
) -> LoadedModel:
    """Return the model of a file, a URL, or a version; with `hashed`, its origin says what its bytes hash to.

    Files that the policy wants signed are held to what was signed. Its file is read first: where loading would run
    code, and nobody said `trusted`, Untrusted names what would be imported.
    """
    with _brought(target, repo, rev) as (path, known, recorded, chosen):
        loaded = load_file(path, recorded, target, trusted=trusted)
        origin = known._replace(digest=_digest(path)) if hashed and not known.digest else known
        return loaded._replace(origin=origin, chosen=chosen)


def load_file(path: str, recorded: ModelFacts | None, target: str, *, trusted: bool = False) -> LoadedModel:
    """Do as load_model(), of a file on this machine of which this was recorded; `target` is what errors call it."""
    facts = completed(inspect_place(path).facts, recorded)
    if not trusted and (reason := would_run(facts)):
        raise Untrusted(target, reason)
    loader = loader_of(facts.format, facts.framework)
    if loader is None:
        raise CannotLoad(target, facts.format)
    return LoadedModel(loader.load(path, facts.format, trusted=trusted), facts, ModelOrigin(target))


def _digest(path: str) -> str:
    found = identity_of_path(path)
    return f"sha256:{found.sha256}" if found.sha256 else f"md5:{found.md5}"


class _Brought(NamedTuple):
    path: str
    """Where the file is, on this machine."""
    origin: ModelOrigin
    recorded: ModelFacts | None = None
    """The facts that were recorded of this very version."""
    chosen: AnnotatedTarget | None = None


@contextmanager
def _brought(target: str, repo: object, rev: str | None) -> Iterator[_Brought]:
    if rev is None and "://" not in target and os.path.exists(target):
        yield _Brought(target, ModelOrigin(os.path.basename(target.rstrip("/"))))
        return
    with tempfile.TemporaryDirectory(prefix="gto-load-") as scratch:
        if rev is None and "://" in target:
            located = locate_address(StoreAddress(target.rstrip("/"), trusted=True), is_directory=target.endswith("/"))
            path = os.path.join(scratch, located.name)
            download(located.contents, path, is_directory=located.is_directory)
            yield _Brought(path, ModelOrigin(urls.shown(target)))
            return
        registry = Registry.open(repo)
        try:
            chosen, located = get.find(registry, target, rev)
        except InvalidName as error:
            raise no_place(target, error) from error
        located = hold(registry, chosen, located, SignedWish(by_policy=True)).located
        brought = get.get(registry, chosen, located, get.GetOptions(out=os.path.join(scratch, located.name)))
        digest = (get.hash_of(located.contents[0]) or "") if not located.is_directory else ""
        origin = ModelOrigin(chosen.name, chosen.version, chosen.commit, digest)
        yield _Brought(brought.path, origin, recorded_with(registry, chosen).fresh, chosen)
