"""One module for each kind of model that GTO saves, and which of them a live model is for."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from gto.exceptions import UsageError

# A model can be of several libraries: the first that knows it saves it.
_WRITERS = ("keras", "torch", "xgboost", "lightgbm", "catboost", "onnx", "sklearn", "function")


class Writer(Protocol):
    """How models of one library are written and read. Modules of this package; the library is imported when used."""

    FORMATS: Mapping[str, str]
    """The formats that it writes, as `gto inspect` names them, by the ends of file names; the best first."""
    ON_DEMAND: frozenset[str]
    """Those of the formats that are written only where the file's name asks for them."""
    FRAMEWORK: str
    """The library's distribution."""
    METHODS: Sequence[str]
    """The methods that are called with the sample, where a model has them and the caller names none."""

    def can_save(self, model: object, modules: frozenset[str]) -> bool:
        """Return whether a model is of this library; `modules` are the top ones of its class and of those above it."""

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  of any library
        """Write a model, the same bytes for the same model; return modules that loading needs beside those in the file.

        Whatever the library raises where it cannot, is raised.
        """

    def load(self, path: str, file_format: str) -> Any:  # noqa: ANN401  as above
        """Return the model in a file; what the file names is run."""


def writer_of(model: object) -> Writer:
    """Return what saves a model; UsageError for one of no library that GTO knows."""
    modules = frozenset(one.__module__.partition(".")[0] for one in type(model).__mro__)
    for one in _all():
        if one.can_save(model, modules):
            return one
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    raise UsageError(
        f"GTO saves no models of {kind}", "save it with its own library; `gto annotate --inspect` notes facts"
    )


def loader_of(file_format: str, framework: str) -> Writer | None:
    """Return what loads files of a format, first of those that are for the framework; None where nothing does."""
    found = [one for one in _all() if file_format in one.FORMATS.values()]
    return next((one for one in found if framework == one.FRAMEWORK), found[0] if found else None)


def _all() -> Iterator[Writer]:
    for name in _WRITERS:
        yield cast("Writer", import_module(f"{__name__}.{name}"))
