"""How the models of each library are written and read, and which library a live model is of."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from gto.exceptions import UsageError

_NEVER: frozenset[str] = frozenset()
# A model can be of several libraries: the first that knows it saves it.
_WRITERS = (
    *("networks:Keras", "networks:Torch", "boosters:XGBoost", "boosters:LightGBM", "boosters:CatBoost"),
    *("estimators:Onnx", "estimators:ScikitLearn", "estimators:Function"),
)


class Writer(Protocol):
    """How models of one library are written and read; the library is imported when it is used."""

    formats: Mapping[str, str]
    """The formats that it writes, as `gto inspect` names them, by the ends of file names; the best first."""
    on_demand: frozenset[str] = _NEVER
    """Those of the formats that are written only where the file's name asks for them."""
    framework: str
    """The library's distribution."""
    methods: Sequence[str]
    """The methods that are called with the sample, where a model has them and the caller names none."""

    def can_save(self, model: object, modules: frozenset[str]) -> bool:
        """Return whether a model is of this library; `modules` are the top ones of its class and of those above it."""

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  of any library
        """Write a model, the same bytes for the same model; return modules that loading needs beside those in the file.

        Whatever the library raises where it cannot, is raised.
        """

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401  as above
        """Return the model in a file; only where it is trusted, what the file names is run."""


def writer_of(model: object) -> Writer:
    """Return what saves a model; UsageError for one of no library that GTO knows."""
    modules = frozenset(one.__module__.partition(".")[0] for one in type(model).__mro__)
    for one in _all():
        if one.can_save(model, modules):
            return one
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    callables = [name for name in ("predict", "__call__") if callable(getattr(model, name, None))]
    hint = "save it with its own library; `gto annotate --inspect` notes facts"
    if callables:
        hint = f"save what is called of it, a function: gto.save(model.{callables[0]}, ...)"
    raise UsageError(f"GTO saves no models of {kind}", hint)


def known_suffixes() -> frozenset[str]:
    """Return the ends of the names of all that GTO saves."""
    return frozenset(suffix for one in _all() for suffix in one.formats)


def loader_of(file_format: str, framework: str) -> Writer | None:
    """Return what loads files of a format, first of those that are for the framework; None where nothing does."""
    found = [one for one in _all() if file_format in one.formats.values()]
    return next((one for one in found if one.framework == framework), found[0] if found else None)


def _all() -> list[Writer]:
    pairs = (one.split(":") for one in _WRITERS)
    return [cast("Writer", getattr(import_module(f"{__name__}.{module}"), name)()) for module, name in pairs]
