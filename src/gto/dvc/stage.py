"""A stage of a `dvc.yaml`: what it takes, what it makes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc.interpolation import Interpolation, Unresolved, to_text
from gto.dvc.output import Flags
from gto.dvc.paths import joined

Properties = Mapping[str, object]


class StageOutput(NamedTuple):
    """A file or directory that a stage makes."""

    path: str
    """From the repository's root."""
    properties: Properties
    """What is said of it: `cache`, and of a plot `x`, `y`, `template` ..."""

    @property
    def flags(self) -> Flags:
        """What is added to its entry in `dvc.lock`."""
        remote = self.properties.get("remote")
        return Flags(self.properties.get("cache") is not False, remote if isinstance(remote, str) else None)


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
    outs: tuple[StageOutput, ...] = ()
    metrics: tuple[StageOutput, ...] = ()
    plots: tuple[StageOutput, ...] = ()
    params: tuple[Asked, ...] = ()
    command: str = ""
    """As `dvc.yaml` has it, its lines joined."""

    @property
    def address(self) -> str:
        """How DVC writes it: `train` in the root's dvc.yaml, else `eu/dvc.yaml:train`."""
        return self.name if self.file == "dvc.yaml" else f"{self.file}:{self.name}"

    @property
    def made(self) -> Iterator[StageOutput]:
        """All that it makes."""
        yield from (*self.outs, *self.metrics, *self.plots)


def read_stage(name: str, file: str, directory: str, fields: Mapping[object, object], fill: Interpolation) -> Stage:
    """Return a stage, or raise Unresolved; what is not in the form that DVC takes is not there."""

    def outputs(key: str) -> tuple[StageOutput, ...]:
        return tuple(_outputs(fields.get(key), directory, fill))

    deps = tuple(output.path for output in outputs("deps"))
    params = tuple(_params(fields.get("params"), directory, fill))
    made = outputs("outs"), outputs("metrics"), outputs("plots")
    return Stage(name, file, directory, deps, *made, params, _command(fields.get("cmd"), fill))


def command_text(value: object) -> str:
    """Return a command that is a text or a list of lines; empty for none."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _command(value: object, fill: Interpolation) -> str:
    try:
        return command_text(fill.resolve_all(value))
    except Unresolved:  # DVC makes options of a mapping: what is written says enough
        return command_text(value)


def _outputs(value: object, directory: str, fill: Interpolation) -> Iterator[StageOutput]:
    for item in entries(value):
        for path, properties in pairs(fill.resolve_all(item)):
            yield StageOutput(joined(directory, path), properties)


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
                said = [one for one in (part if isinstance(part, list) else [part]) if isinstance(one, dict)]
                yield to_text(key), {str(word): what for one in said for word, what in one.items()}
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
