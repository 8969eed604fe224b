"""What the `dvc.yaml` files of a commit declare: stages, metrics, parameters, plots."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gto.core.event import Problem
from gto.dvc.checkout import INVALID, UNREADABLE, Checkout
from gto.dvc.foreach import Instance, body_of, expand
from gto.dvc.interpolation import Interpolation, Unresolved, is_interpolated, to_text
from gto.dvc.known_sections import refused
from gto.dvc.parsers import Parsers
from gto.dvc.paths import joined
from gto.dvc.stage import Properties, Stage, entries, pairs, read_stage
from gto.dvc.variables import Variables, load_variables, texts_in
from gto.exceptions import BadFile
from gto.git.object_cache import Read

_DEFAULT = "params.yaml"
_MOST_STAGES = 10_000
_USED_RE = re.compile(r"\$\{([^{}\n]+)\}")
_OF_OUTPUTS = ("wdir", "vars", "outs", "metrics", "plots")
_LONGEST = 300  # characters of a reason

Fields = Mapping[object, object]


class DeclaredPlot(NamedTuple):
    """A plot that a `dvc.yaml` declares at its top."""

    file: str
    """The `dvc.yaml`."""
    id: str
    properties: Properties


class Pipeline(NamedTuple):
    """What one `dvc.yaml` declares; paths are seen from the repository's root."""

    file: str
    stages: tuple[Stage, ...] = ()
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    plots: tuple[DeclaredPlot, ...] = ()
    used: Mapping[str, tuple[str, ...]] = {}
    """Of each file that `vars` names, the keys that stages take of it by `${...}`."""


def read_pipeline(checkout: Checkout, file: str) -> Pipeline:
    """Read one `dvc.yaml`; what is wrong in it is set aside, and nothing makes it raise."""
    data = checkout.read(file)
    if data is None:
        return Pipeline(file)
    parsers = checkout.parsers
    found, problems = checkout.once("pipeline", file, data, lambda read: _parse(data, file, read, parsers))
    checkout.add(problems)
    return found


def _parse(data: bytes, file: str, read: Read, parsers: Parsers) -> tuple[Pipeline, list[Problem]]:
    """Return what a `dvc.yaml` declares, and what is wrong in it."""
    problems: list[Problem] = []

    def set_aside(reason: str) -> None:
        problems.append(Problem(INVALID, file, reason[:_LONGEST], ""))

    try:
        found = PipelineFile.parse(data, file, read, parsers)
    except BadFile as error:
        return Pipeline(file), [Problem(UNREADABLE, file, error.reason, "mend the file, then commit it")]
    problems += (Problem(*problem[:4]) for problem in refused(found.top, file))
    return found.read(set_aside), problems


class PipelineFile:
    """One `dvc.yaml`, whose sections are read when they are asked for."""

    def __init__(self, file: str, top: Fields, read: Read, parsers: Parsers) -> None:
        """`read` is asked for the files that `${...}` needs."""
        self.file = file
        self._parsers = parsers
        self.top = top
        self._read = read
        self._used: dict[str, tuple[str, ...]] = {}
        self._directory = posixpath.dirname(file)
        self._shared: Variables | None = None
        self._fill = Interpolation(self._load)
        self._set_aside: Callable[[str], None] = _ignore

    @classmethod
    def parse(cls, data: bytes, file: str, read: Read, parsers: Parsers | None = None) -> "PipelineFile":
        """Return a file by its text, or raise BadFile where that is no YAML."""
        parsers = parsers or Parsers()
        top = parsers.yaml(data, file).value
        return cls(file, top if isinstance(top, dict) else {}, read, parsers)

    def read(self, set_aside: Callable[[str], None]) -> Pipeline:
        """Return all that is declared; `set_aside` is told what is wrong."""
        self._set_aside = set_aside
        stages = tuple(self.stages())
        metrics, params = tuple(self.paths("metrics")), tuple(self.paths("params"))
        return Pipeline(self.file, stages, metrics, params, tuple(self.plots()), self._used)

    def find(self, name: str) -> Stage | None:
        """Return a stage, with its outputs alone, by its name in `dvc.lock`; None for one that is there no more.

        Unresolved or BadFile where that cannot be told.
        """
        section = self.top.get("stages")
        stages = section if isinstance(section, dict) else {}
        fields = stages.get(name)
        if isinstance(fields, dict) and not {"foreach", "matrix"} & fields.keys():
            return self._stage(_of_outputs(Instance(name, fields, {})))
        group, at, _ = name.rpartition("@")
        fields = stages.get(group)
        body = body_of(fields) if at and isinstance(fields, dict) else None
        if body is None or fields is None:
            return None
        only = _of_outputs(Instance(name, body, {}))
        # Listing all of them is for what needs it: most stages of many work where their file is.
        if not any(map(is_interpolated, texts_in(dict(only.fields)))):
            return self._stage(only)
        found = (one for one in expand(group, fields, self._fill) if one.name == name)
        instance = next(found, None)
        return None if instance is None else self._stage(_of_outputs(instance))

    def stages(self) -> Iterator[Stage]:
        """Yield the stages, each entry as many as it stands for."""
        section = self.top.get("stages")
        count = 0
        for key, fields in section.items() if isinstance(section, dict) else ():
            if not isinstance(fields, dict):
                continue
            try:
                for instance in expand(to_text(key), fields, self._fill):
                    count += 1
                    if count > _MOST_STAGES:
                        self._set_aside(f"it has more than {_MOST_STAGES} stages; those after '{key}' are left out")
                        return
                    yield self._stage(instance)
            except (Unresolved, BadFile) as error:
                self._set_aside(f"stage '{key}': {error}")

    def paths(self, section: str) -> Iterator[str]:
        """Yield the files that a section at the top lists."""
        for item in entries(self.top.get(section)):
            try:
                yield from (joined(self._directory, path) for path, _ in pairs(self._fill.resolve_all(item)))
            except Unresolved as error:
                self._set_aside(f"'{section}': {error}")

    def plots(self) -> Iterator[DeclaredPlot]:
        """Yield the plots at the top."""
        for item in entries(self.top.get("plots")):
            try:
                found = pairs(self._fill.resolve_all(item))
                yield from (DeclaredPlot(self.file, name, properties) for name, properties in found)
            except Unresolved as error:
                self._set_aside(f"'plots': {error}")

    def _stage(self, instance: Instance) -> Stage:
        fields = instance.fields
        fill = self._fill
        if instance.variables:
            fill = self._fill.beside(lambda: {**self._load(), **instance.variables})
        wdir = fields.get("wdir") or ""
        if not isinstance(wdir, str):
            raise Unresolved("its 'wdir' is no text")
        directory = joined(self._directory, to_text(fill.resolve(wdir))) if wdir else self._directory
        own = fields.get("vars")
        listed = self._vars()
        if isinstance(own, list) and own:
            listed = [*listed, *(self._from_here(item, directory) for item in own)]
            fill = self._fill.beside(lambda: {**self._variables(listed), **instance.variables})
        self._use(listed, instance)
        return read_stage(instance.name, self.file, directory, fields, fill)

    def _from_here(self, item: object, directory: str) -> object:
        """Return an item of a stage's `vars`, which names files from where the stage runs, as seen from the file."""
        if not isinstance(item, str):
            return item
        name, colon, keys = item.partition(":")
        path = posixpath.relpath("/" + joined(directory, name), "/" + self._directory)
        return f"{path}{colon}{keys}"

    def _vars(self) -> list[object]:
        listed = self.top.get("vars")
        return listed if isinstance(listed, list) else []

    def _load(self) -> Variables:
        if self._shared is None:
            self._shared = self._variables(self._vars())
        return self._shared

    def _variables(self, listed: list[object]) -> Variables:
        return load_variables(listed, self.file, self._read, self._parsers)

    def _use(self, listed: list[object], instance: Instance) -> None:
        """Note which keys of the files of variables stand in a stage."""
        files = [_DEFAULT, *(item.partition(":")[0] for item in listed if isinstance(item, str))]
        words = [word.strip() for text in texts_in(instance.fields) for word in _USED_RE.findall(text)]
        keys = {_traced(word, instance.origins) for word in words}
        for name in files if keys else ():
            path = joined(self._directory, name)
            self._used[path] = tuple(sorted({*self._used.get(path, ()), *keys}))


def _traced(word: str, origins: Mapping[str, str]) -> str:
    """Return the variable of the file that a word of one stage leads to."""
    for name, origin in origins.items():
        if word == name or word.startswith((f"{name}.", f"{name}[")):
            return origin + word[len(name) :]
    return word


def _of_outputs(instance: Instance) -> Instance:
    """Return an instance without what its outputs do not need."""
    kept: dict[object, object] = {key: instance.fields[key] for key in _OF_OUTPUTS if key in instance.fields}
    return instance._replace(fields=kept)


def _ignore(_: str) -> None:
    return
