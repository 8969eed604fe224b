"""A model out of a file, by the libraries of whoever asks: what runs no code as it is, the rest when it is trusted."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from gto.delivery import get
from gto.delivery.inspection import inspect_place, no_place
from gto.delivery.locate import locate_address
from gto.delivery.recorded_facts import completed, recorded_with
from gto.exceptions import CannotLoad, InvalidName, Untrusted
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.models.writers import loader_of
from gto.models.writers.networks import CLASS
from gto.registry.registry import Registry
from gto.storage.download import download
from gto.storage.location import StoreAddress

_HARMLESS = frozenset({CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES})
_MOST_NAMED = 10


class LoadedModel(NamedTuple):
    """A live model, and what is known of it."""

    model: Any
    facts: ModelFacts
    """As its file tells them, and its side-car where that is of this file."""


def load_model(target: str, repo: object = ".", rev: str | None = None, *, trusted: bool = False) -> LoadedModel:
    """Return the model of a file, a URL, or a version.

    Its file is read first: where loading would run code, and nobody said `trusted`, Untrusted names what would be
    imported.
    """
    with _brought(target, repo, rev) as (path, recorded):
        facts = completed(inspect_place(path).facts, recorded)
        if not trusted and (facts.code_on_load not in _HARMLESS or loads_class(facts)):
            raise Untrusted(target, _would_run(facts))
        loader = loader_of(facts.format, facts.framework)
        if loader is None:
            raise CannotLoad(target, facts.format)
        return LoadedModel(loader.load(path, facts.format, trusted=trusted), facts)


class _Brought(NamedTuple):
    path: str
    """Where the file is, on this machine."""
    recorded: ModelFacts | None = None
    """The facts that were recorded of this very version."""


@contextmanager
def _brought(target: str, repo: object, rev: str | None) -> Iterator[_Brought]:
    if rev is None and "://" not in target and os.path.exists(target):
        yield _Brought(target)
        return
    with tempfile.TemporaryDirectory(prefix="gto-load-") as scratch:
        if rev is None and "://" in target:
            located = locate_address(StoreAddress(target.rstrip("/"), trusted=True), is_directory=target.endswith("/"))
            path = os.path.join(scratch, located.name)
            download(located.contents, path, is_directory=located.is_directory)
            yield _Brought(path)
            return
        registry = Registry.open(repo)
        try:
            chosen, located = get.find(registry, target, rev)
        except InvalidName as error:
            raise no_place(target, error) from error
        brought = get.get(registry, chosen, located, get.GetOptions(out=os.path.join(scratch, located.name)))
        yield _Brought(brought.path, recorded_with(registry, chosen).fresh)


def loads_class(facts: ModelFacts) -> str:
    """Return the class that safetensors of GTO name: it is imported and called, whatever it is. Empty for none."""
    metadata = facts.details.get("metadata")
    return str(metadata.get(CLASS, "")) if facts.format == "safetensors" and isinstance(metadata, Mapping) else ""


def _would_run(facts: ModelFacts) -> str:
    if loads_class(facts):
        return f"it would import and call {loads_class(facts)}"
    names = facts.unlisted or facts.imports
    if not names:
        return "; ".join(facts.notes) or "nobody can say what it would run"
    said = ", ".join(names[:_MOST_NAMED]) + (" and more" if len(names) > _MOST_NAMED else "")
    return f"it would import {said}" + (", which GTO does not know" if facts.unlisted else "")
