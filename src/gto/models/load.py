"""A model out of a file, by the libraries of whoever asks: what runs no code as it is, the rest when it is trusted."""

import os
import tempfile
from typing import Any

from gto.delivery import get
from gto.delivery.inspection import inspect_place
from gto.delivery.locate import locate_address
from gto.exceptions import CannotLoad, Untrusted
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.models.writers import loader_of
from gto.registry.registry import Registry
from gto.storage.download import download
from gto.storage.location import StoreAddress


def load_path(path: str, *, trusted: bool = False) -> Any:  # noqa: ANN401  a model of any library
    """Return the model in a file.

    Its facts are read first: where loading would run code, and nobody said `trusted`, Untrusted names what would be
    imported.
    """
    facts = inspect_place(path).facts
    if not trusted and facts.code_on_load not in {CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES}:
        raise Untrusted(path, _would_run(facts))
    loader = loader_of(facts.format, facts.framework)
    if loader is None:
        raise CannotLoad(path, facts.format)
    return loader.load(path, facts.format)


def load_url(url: str, *, trusted: bool = False) -> Any:  # noqa: ANN401  as above
    """Return the model at a URL, which is brought to a temporary directory first."""
    located = locate_address(StoreAddress(url.rstrip("/"), trusted=True), is_directory=url.endswith("/"))
    with tempfile.TemporaryDirectory(prefix="gto-load-") as scratch:
        path = os.path.join(scratch, located.name)
        download(located.contents, path, is_directory=located.is_directory)
        return load_path(path, trusted=trusted)


def load_version(registry: Registry, selector: str, rev: str | None = None, *, trusted: bool = False) -> Any:  # noqa: ANN401  as above
    """Return the model of a version, whose files are brought to a temporary directory first."""
    chosen, located = get.find(registry, selector, rev)
    with tempfile.TemporaryDirectory(prefix="gto-load-") as scratch:
        brought = get.get(registry, chosen, located, get.GetOptions(out=os.path.join(scratch, located.name)))
        return load_path(brought.path, trusted=trusted)


def _would_run(facts: ModelFacts) -> str:
    if facts.unlisted:
        return f"it would import {', '.join(facts.unlisted[:10])}, which GTO does not know"
    if facts.imports:
        return f"it would import {', '.join(facts.imports[:10])}" + (" and more" if len(facts.imports) > 10 else "")  # noqa: PLR2004  as many as are named
    return "; ".join(facts.notes) or "nobody can say what it would run"
