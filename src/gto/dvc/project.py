"""The DVC project that an artifact belongs to, in one commit: its pipelines, and what DVC recorded of them."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from gto.dvc.checkout import TOO_MANY, UNREADABLE, Checkout
from gto.dvc.dvc_file import Pointer, read_pointer
from gto.dvc.lock_file import LockedStage, read_locked
from gto.dvc.output import Datum
from gto.dvc.paths import is_elsewhere, joined, tidy
from gto.dvc.pipeline import Pipeline, read_pipeline
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY, project_root, roots_below
from gto.dvc.stage import Stage
from gto.exceptions import BadFile

_FILE = "dvc.yaml"
_MOST_FILES = 1000
_MEND = "mend the file, then commit it"


Home = Literal["git", "dvc", "elsewhere"]
"""What keeps a file: Git, with Git LFS where its pointer is there; DVC; or neither."""


class Ran(NamedTuple):
    """A stage, and how it last ran; None where `dvc.lock` does not know it."""

    stage: Stage
    locked: LockedStage | None


class Project(NamedTuple):
    """A DVC project in one commit."""

    root: str
    """The directory that holds `.dvc`; empty for the repository's own root."""
    pipelines: tuple[Pipeline, ...]
    stages: tuple[Ran, ...]

    def recorded(self) -> Mapping[str, Datum]:
        """Return what `dvc.lock` files say of each output, by path."""
        return {datum.path: datum for ran in self.stages if ran.locked for datum in ran.locked.outs}

    def declared(self) -> Iterator[str]:
        """Yield the files and directories of metrics, parameters and plots, by path; some more than once."""
        for ran in self.stages:
            yield from (output.path for output in (*ran.stage.metrics, *ran.stage.plots))
            yield from (one.path for one in ran.stage.params)
        for pipeline in self.pipelines:
            yield from (*pipeline.metrics, *pipeline.params)
            here = posixpath.dirname(pipeline.file)
            for plot in pipeline.plots:
                y = plot.properties.get("y")
                yield from (joined(here, str(file)) for file in (y if isinstance(y, dict) else [plot.id]))


def root_of(checkout: Checkout, directory: str) -> str:
    """Return the root of the project that a directory is in; that of the repository where there is none."""
    return project_root(checkout.tree, directory) or ""


def first_files(checkout: Checkout, root: str) -> list[str]:
    """Return the files that reading a project begins with, for one process to read."""
    found = _pipeline_files(checkout, root)
    beside = [posixpath.join(posixpath.dirname(file), "params.yaml") for file in found]
    return [*found, *(_lock_of(file) for file in found), *beside, posixpath.join(root, DVC_DIRECTORY, CONFIG)]


def read_project(checkout: Checkout, root: str) -> Project:
    """Read the `dvc.yaml` and `dvc.lock` files of a project."""
    pipelines = tuple(read_pipeline(checkout, file) for file in _pipeline_files(checkout, root))
    stages: list[Ran] = []
    for pipeline in pipelines:
        directories = {stage.name: stage.directory for stage in pipeline.stages}
        locked = _read_locked(checkout, _lock_of(pipeline.file), directories)
        stages += [Ran(stage, locked.get(stage.name)) for stage in pipeline.stages]
    return Project(root, pipelines, tuple(stages))


def _read_locked(checkout: Checkout, file: str, directories: Mapping[str, str]) -> dict[str, LockedStage]:
    """Return the stages of a `dvc.lock`; of one that cannot be read, none."""
    try:
        data = checkout.load(file) or b""
        kind = "lock", tuple(directories.items())
        return checkout.once(kind, file, data, lambda _: read_locked(data, file, directories))
    except BadFile as error:
        checkout.set_aside(UNREADABLE, file, error.reason, error.hint or _MEND)
        return {}


def _read_pointer(checkout: Checkout, file: str) -> Pointer:
    """Return what a `.dvc` file stands for; of one that cannot be read, nothing."""
    try:
        data = checkout.load(file) or b""
        return checkout.once("pointer", file, data, lambda _: read_pointer(data, file))
    except BadFile as error:
        checkout.set_aside(UNREADABLE, file, error.reason, error.hint or _MEND)
        return Pointer(file, ())


def find_pointers(checkout: Checkout, paths: Sequence[str]) -> dict[str, Pointer]:
    """Return, by path, the `.dvc` file that stands for it, or for a directory above it."""
    files = {path: _pointer_file(checkout, path) for path in paths}
    wanted = {file for file in files.values() if file is not None}
    checkout.fetch(sorted(wanted))
    read = {file: _read_pointer(checkout, file) for file in sorted(wanted)}
    return {path: read[file] for path, file in files.items() if file is not None}


class Tracked(NamedTuple):
    """A path, what keeps it, and what DVC recorded of it."""

    home: Home
    datum: Datum
    origin: str | None = None
    """Where it was imported from."""


def find_tracked(checkout: Checkout, project: Project, path: str) -> Tracked:
    """Return what keeps a path; what no commit can hold, as a URL, is elsewhere."""
    if is_elsewhere(path):
        return Tracked("elsewhere", Datum(path))
    path = tidy(path)
    return tracked_by(checkout, project, path, find_pointers(checkout, [path]).get(path))


def tracked_by(checkout: Checkout, project: Project, path: str, pointer: Pointer | None) -> Tracked:
    """Return what keeps a path of the commit whose `.dvc` file is known; None where it has none."""
    datum = project.recorded().get(path)
    if datum is None:
        named = {one.path: one for one in (pointer.outs if pointer else ())}
        datum = named.get(path, Datum(path))
    return Tracked(home_of(checkout, datum, pointer), datum, pointer.origin if pointer else None)


def home_of(checkout: Checkout, datum: Datum, pointer: Pointer | None) -> Home:
    """Return what keeps a file or a directory."""
    if checkout.has(datum.path) or checkout.is_directory(datum.path):
        return "git"
    return "dvc" if pointer or datum.md5 else "elsewhere"


def pointer_files(checkout: Checkout, project: Project, paths: Sequence[str]) -> list[str]:
    """Return the `.dvc` files that the lineages of paths may ask for, for one process to read."""
    deps = [dep for ran in project.stages for dep in ran.stage.deps]
    found = (_pointer_file(checkout, one) for one in (*paths, *deps))
    return [file for file in dict.fromkeys(found) if file is not None]


def _pointer_file(checkout: Checkout, path: str) -> str | None:
    while path and path not in {"/", "."}:
        if checkout.has(f"{path}.dvc"):
            return f"{path}.dvc"
        path = posixpath.dirname(path)
    return None


def _pipeline_files(checkout: Checkout, root: str) -> list[str]:
    others = [f"{other}/" for other in roots_below(checkout.tree, root) if other != root]
    found = [path for path, entry in checkout.tree.named(_FILE, root) if entry.has_content]
    own = [path for path in found if not path.startswith(tuple(others))]
    if len(own) > _MOST_FILES:
        checkout.set_aside(TOO_MANY, root or ".", f"more than {_MOST_FILES} dvc.yaml files: the others are left out")
    return own[:_MOST_FILES]


def _lock_of(file: str) -> str:
    return posixpath.splitext(file)[0] + ".lock"
