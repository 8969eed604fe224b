"""What the commits of registrations tell of how versions were made; each commit is read once, some at a time."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from gto.core import names
from gto.core.event import Event
from gto.dvc.checkout import Checkout, fetch_all
from gto.dvc.output import Datum
from gto.dvc.project import Project, first_files, pointer_files, read_project, root_of
from gto.export.inventory import Readings, read_once
from gto.git.commit_files import Files, Place
from gto.lineage.trace import Lineage, trace
from gto.registry import annotation_lookup
from gto.registry.registry import Registry

_AT_A_TIME = 25  # commits, whose trees are held in memory


class Made(NamedTuple):
    """What a version's commit tells of it."""

    description: str = ""
    inputs: tuple[Datum, ...] = ()
    """The data that it was made from: what no stage made and Git does not hold, each once."""


class _Said(NamedTuple):
    """What an artifact's annotation says."""

    description: str = ""
    path: str | None = None


class _Opened(NamedTuple):
    """A commit with the projects of its artifacts, by their directories."""

    checkout: Checkout
    roots: dict[str, str]
    """By artifact, the directory of its project."""
    projects: dict[str, Project]


class Makings:
    """Reads commits when they are asked about, and those after them along.

    What was read of files goes round in circles: it is collected after some commits, for the command line collects
    nothing.
    """

    def __init__(self, registry: Registry, registrations: Iterable[Event]) -> None:
        """`registrations` are all that will be asked about, in the order of asking."""
        self._registry = registry
        self._order = list(dict.fromkeys((event.commit, event.artifact) for event in registrations))
        self._artifacts: dict[str, list[str]] = {}
        for commit, artifact in self._order:
            self._artifacts.setdefault(commit, []).append(artifact)
        self._left = _some(list(self._artifacts))
        self._said: dict[str, dict[str, _Said]] = {}
        self._made: dict[tuple[str, str], Made] = {}

    def of(self, registration: Event) -> Made:
        """Return what the commit of a registration tells."""
        key = (registration.commit, registration.artifact)
        while key not in self._made:
            self._read(next(self._left))
            gc.collect(0)
        return self._made[key]

    def _read(self, commits: Sequence[str]) -> None:
        files = Files(self._registry.repo)
        opened = self._open(files, commits)
        fetch_all(files, [(one.checkout, list(self._pointers(one))) for one in opened])
        for one in opened:
            commit = one.checkout.commit
            for artifact, root in one.roots.items():
                said, path = self._said[commit].get(artifact, _Said()), self._path(commit, artifact)
                lineage = trace(one.checkout, one.projects[root], path) if path else None
                self._made[commit, artifact] = Made(said.description, tuple(_inputs(lineage)) if lineage else ())

    def _open(self, files: Files, commits: Sequence[str]) -> list[_Opened]:
        """Read the projects and the annotations of several commits, the files that they begin with in one process."""
        opened = []
        for commit in commits:
            checkout = Checkout(files, commit)
            roots = {one: root_of(checkout, names.split_directory(one)[0]) for one in self._artifacts[commit]}
            opened.append(_Opened(checkout, roots, {}))
        fetch_all(files, [(one.checkout, self._first_files(one)) for one in opened])
        for one in opened:
            for root in set(one.roots.values()):
                one.projects[root] = read_project(one.checkout, root)
        self._read_annotations(files, commits)
        return opened

    def _first_files(self, one: _Opened) -> list[str]:
        found = [path for root in set(one.roots.values()) for path in first_files(one.checkout, root)]
        return [*found, *(path for _, path in self._annotating(one.checkout.commit))]

    def _pointers(self, one: _Opened) -> Iterator[str]:
        """Yield the `.dvc` files that lineages may ask for."""
        for artifact, root in one.roots.items():
            path = self._path(one.checkout.commit, artifact)
            yield from pointer_files(one.checkout, one.projects[root], [path] if path else [])

    def _path(self, commit: str, artifact: str) -> str | None:
        """Return where a commit says that an artifact lies; where it does not, the first other that does."""
        said = self._said[commit].get(artifact)
        return said.path if said and said.path else self._elsewhere.get(artifact)

    @cached_property
    def _elsewhere(self) -> dict[str, str]:
        """By artifact, the first path that any of its annotations has."""
        for commits in _some([one for one in self._artifacts if one not in self._said]):
            files = Files(self._registry.repo)
            files.fetch(place for commit in commits for place in self._annotating(commit))
            self._read_annotations(files, commits)
            gc.collect(0)
        found: dict[str, str] = {}
        for commit, artifact in self._order:
            said = self._said[commit].get(artifact)
            if said and said.path:
                found.setdefault(artifact, said.path)
        return found

    def _annotating(self, commit: str) -> Iterator[Place]:
        """Yield the files that may annotate the artifacts of a commit."""
        for artifact in self._artifacts[commit]:
            yield from annotation_lookup.with_params(commit, annotation_lookup.files_of(self._registry, artifact))

    def _read_annotations(self, files: Files, commits: Iterable[str]) -> None:
        readings: Readings = {}
        for commit in commits:
            if commit not in self._said:
                self._said[commit] = dict(self._annotations(files, commit, readings))

    def _annotations(self, files: Files, commit: str, readings: Readings) -> Iterator[tuple[str, _Said]]:
        for artifact in filter(names.is_artifact, self._artifacts[commit]):
            for path in annotation_lookup.files_of(self._registry, artifact):
                reading = read_once(files, commit, path, readings)
                said = reading.find(artifact)
                if said is not None:
                    yield artifact, _Said(said.description, said.path)
                    break


def _some(commits: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(commits), _AT_A_TIME):
        yield commits[start : start + _AT_A_TIME]


def _inputs(lineage: Lineage) -> Iterator[Datum]:
    taken = (one for step in lineage.steps for one in step.inputs)
    found = {one.datum.path: one.datum for one in taken if one.stage is None and one.home != "git"}
    yield from (datum for _, datum in sorted(found.items()))
