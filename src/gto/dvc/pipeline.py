"""What the `dvc.yaml` files of a commit declare: stages, metrics, parameters, plots."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc.checkout import INVALID, UNREADABLE, Checkout
from gto.dvc.foreach import Instance, expand
from gto.dvc.interpolation import Interpolation, Unresolved, to_text
from gto.dvc.stage import Properties, Stage, entries, pairs, read_stage
from gto.dvc.tree import joined
from gto.dvc.variables import Variables, load_variables, texts_in
from gto.exceptions import BadFile
from gto.yamldoc.document import load

_MOST_STAGES = 10_000
_USED_RE = re.compile(r"\$\{([^{}\n]+)\}")
_LONGEST = 300  # characters of a reason

Fields = Mapping[object, object]


class Plot(NamedTuple):
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
    plots: tuple[Plot, ...] = ()
    used: Mapping[str, tuple[str, ...]] = {}
    """Of each file that `vars` names, the keys that stages take of it by `${...}`."""


def read_pipeline(checkout: Checkout, file: str) -> Pipeline:
    """Read one `dvc.yaml`; what is wrong in it is set aside, and nothing makes it raise."""
    try:
        top = load(checkout.read(file) or b"", file).value
    except BadFile as error:
        checkout.set_aside(UNREADABLE, file, error.reason, "mend the file, then commit it")
        return Pipeline(file)
    if not isinstance(top, dict):
        return Pipeline(file)
    reader = _Reader(checkout, file, top)
    stages = tuple(reader.stages())
    return Pipeline(
        file, stages, tuple(reader.paths("metrics")), tuple(reader.paths("params")), tuple(reader.plots()), reader.used
    )


class _Reader:
    """Reads the sections of one `dvc.yaml`."""

    def __init__(self, checkout: Checkout, file: str, top: Fields) -> None:
        self.checkout = checkout
        self.file = file
        self.top = top
        self.used: dict[str, tuple[str, ...]] = {}
        self._directory = posixpath.dirname(file)
        self._shared: Variables | None = None
        self._fill = Interpolation(self._load)

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

    def plots(self) -> Iterator[Plot]:
        """Yield the plots at the top."""
        for item in entries(self.top.get("plots")):
            try:
                found = pairs(self._fill.resolve_all(item))
                yield from (Plot(self.file, name, properties) for name, properties in found)
            except Unresolved as error:
                self._set_aside(f"'plots': {error}")

    def _stage(self, instance: Instance) -> Stage:
        fields = instance.fields
        fill = self._fill
        if instance.variables:
            fill = self._fill.beside(lambda: {**self._load(), **instance.variables})
        wdir = fields.get("wdir")
        directory = joined(self._directory, to_text(fill.resolve(wdir))) if isinstance(wdir, str) else self._directory
        own = fields.get("vars")
        if isinstance(own, list) and own:
            listed = [*self._vars(), *(self._from_here(item, directory) for item in own)]
            fill = self._fill.beside(lambda: {**self._variables(listed), **instance.variables})
            self._use(listed, fields)
        else:
            self._use(self._vars(), fields)
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
        return load_variables(listed, self.file, self.checkout.read)

    def _use(self, listed: list[object], fields: Fields) -> None:
        """Note which keys of the files in `vars` stand in a stage."""
        files = [item.partition(":")[0] for item in listed if isinstance(item, str)]
        if not files:
            return
        keys = {word.strip() for text in texts_in(fields) for word in _USED_RE.findall(text)}
        for name in files:
            path = joined(self._directory, name)
            self.used[path] = tuple(sorted({*self.used.get(path, ()), *keys}))

    def _set_aside(self, reason: str) -> None:
        self.checkout.set_aside(INVALID, self.file, reason[:_LONGEST])
