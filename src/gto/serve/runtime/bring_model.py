"""A version brought from its store, loaded by its side-car, and ready to answer."""

from __future__ import annotations

import os
import re
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import GTOException, NotFound, UsageError
from gto.models.known_methods import may_be_called
from gto.models.load_model import load_model
from gto.models.sample_run import said
from gto.serve.runtime.served_model import LiveModel, Served

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gto.models.load_model import LoadedModel

_SHORT = 7  # characters of a commit
_VERSION_RE = re.compile(r"([^=@]+)@([^=@]+)")


class BroughtModel(NamedTuple):
    """A model that can answer, and what is worth knowing of it."""

    model: LiveModel
    notes: tuple[str, ...] = ()


def bring_model(selector: str, repo: object = ".", *, trusted: bool = False) -> BroughtModel:
    """Return the model of a version, or of a file: its bytes checked, its code run only where it is trusted.

    A file may be told which version it is of, `churn@v1.0.0=/model/churn.skops`, as in containers, which have no
    registry. Raises as load_model() does, NotFound where there is no such file, and UsageError with what a library says
    that cannot load it.
    """
    told, _, path = selector.partition("=")
    known = _VERSION_RE.fullmatch(told) if path else None
    if known and not os.path.exists(path):
        raise NotFound(f"there is no file '{path}'", f"'{told}' is the version that it is told to be")
    try:
        loaded = load_model(path if known else selector, repo, trusted=trusted)
    except GTOException:
        raise
    except Exception as error:
        hint = "install what the model was saved with: `gto build requirements` lists it"
        raise UsageError(f"'{selector}' does not load here: {said(error)}", hint) from error
    served = Served(known[1], known[2], selector) if known else _served(selector, loaded)
    model = LiveModel(served, loaded.model, loaded.facts)
    return BroughtModel(model, tuple(_notes(model)))


def _served(selector: str, loaded: LoadedModel) -> Served:
    chosen = loaded.chosen
    if chosen is None:
        name = os.path.basename(selector.rstrip("/"))
        return Served(name.partition(".")[0] or name, "file", selector)
    return Served(chosen.name, chosen.version or chosen.commit[:_SHORT], selector)


def _notes(model: LiveModel) -> Iterator[str]:
    if not model.is_described:
        yield f"{model.served}: nothing says what it takes, so requests are not checked; `gto.save` records a schema"
    unasked = [name for name in model.facts.methods if not may_be_called(name, model.facts)]
    if unasked:
        yield f"{model.served}: not served are {', '.join(unasked)}, methods that may do more than answer"
    yield from different_packages(model.facts.requirements, str(model.served))


def different_packages(requirements: Iterable[str], who: str) -> Iterator[str]:
    """Yield a sentence for each package that is here in another version than was recorded, or not at all."""
    for one in requirements:
        name, _, recorded = one.partition("==")
        if not recorded:
            continue
        try:
            here = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            yield f"{who} was made with {one}, which is not installed here"
            continue
        if here != recorded:
            yield f"{who} was made with {one}, and {name} {here} is installed here"
