"""A stage of a `dvc.yaml`: what it takes, what it makes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc.interpolation import Interpolation, to_text
from gto.dvc.tree import joined

Properties = Mapping[str, object]


class Output(NamedTuple):
    """A file or directory that a stage makes."""

    path: str
    """From the repository's root."""
    properties: Properties
    """What is said of it: `cache`, and of a plot `x`, `y`, `template` ..."""


class Asked(NamedTuple):
    """Keys of a file of parameters that a stage takes; none stand for all."""

    path: str
    keys: tuple[str, ...]


class Stage(NamedTuple):
    """A stage, after foreach, matrix and `${...}` were filled in."""

    name: str
    """As `dvc.lock` calls it: `train`, `train@eu`."""
    file: str
    """The `dvc.yaml`."""
    directory: str
    """In which it runs; its paths are relative to that."""
    deps: tuple[str, ...] = ()
    outs: tuple[Output, ...] = ()
    metrics: tuple[Output, ...] = ()
    plots: tuple[Output, ...] = ()
    params: tuple[Asked, ...] = ()

    @property
    def address(self) -> str:
        """How DVC writes it: `train` in the root's dvc.yaml, else `eu/dvc.yaml:train`."""
        return self.name if self.file == "dvc.yaml" else f"{self.file}:{self.name}"

    @property
    def made(self) -> Iterator[Output]:
        """All that it makes."""
        yield from (*self.outs, *self.metrics, *self.plots)


def read_stage(name: str, file: str, directory: str, fields: Mapping[object, object], fill: Interpolation) -> Stage:
    """Return a stage, or raise Unresolved; what is not in the form that DVC takes is not there."""

    def outputs(key: str) -> tuple[Output, ...]:
        return tuple(_outputs(fields.get(key), directory, fill))

    deps = tuple(output.path for output in outputs("deps"))
    params = tuple(_params(fields.get("params"), directory, fill))
    return Stage(name, file, directory, deps, outputs("outs"), outputs("metrics"), outputs("plots"), params)


def _outputs(value: object, directory: str, fill: Interpolation) -> Iterator[Output]:
    for item in entries(value):
        for path, properties in pairs(fill.resolve_all(item)):
            yield Output(joined(directory, path), properties)


def entries(value: object) -> Iterator[object]:
    """Yield the items of a list, or the pairs of a mapping as mappings of one."""
    match value:
        case list():
            yield from value
        case dict():
            yield from ({key: part} for key, part in value.items())
        case _:
            return


def pairs(item: object) -> Iterator[tuple[str, Properties]]:
    """Yield what an item names, with what it says of it."""
    match item:
        case dict():
            for key, part in item.items():
                said = part if isinstance(part, dict) else {}
                yield to_text(key), {str(word): what for word, what in said.items()}
        case None | list():
            return
        case _:
            yield to_text(item), {}


def _params(value: object, directory: str, fill: Interpolation) -> Iterator[Asked]:
    for item in value if isinstance(value, list) else ():
        match fill.resolve_all(item):
            case dict() as files:
                for path, keys in files.items():
                    listed = tuple(map(str, keys)) if isinstance(keys, list) else ()
                    yield Asked(joined(directory, to_text(path)), listed)
            case str() as key:
                yield Asked(joined(directory, "params.yaml"), (key,))
            case _:
                continue
