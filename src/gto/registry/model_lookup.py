"""The facts of models that side-cars in commits tell, of few artifacts or of many at once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.model_facts import KnownModel, read_side_car
from gto.annotations.model_pointer import side_car_places
from gto.core import names
from gto.core.event import Problem
from gto.dvc.checkout import Checkout, fetch_all
from gto.dvc.paths import tidy
from gto.dvc.project import find_tracked, first_files, read_project, root_of
from gto.git.commit_files import Files
from gto.git.object_cache import ObjectCache
from gto.registry.annotation_lookup import files_of, read_files, with_params
from gto.registry.registry import Registry

Place = tuple[str, str]
"""An artifact and a commit."""

_TOGETHER = 200  # what is in memory at a time


class SideCarReading(NamedTuple):
    """What the side-car of an artifact says in a commit."""

    model: KnownModel | None = None
    """None where there is none, or none that can be read."""
    problems: tuple[Problem, ...] = ()
    """Why it cannot be read."""

    @property
    def fresh(self) -> KnownModel | None:
        """What is known to be of the version's own file."""
        return self.model if self.model is not None and self.model.is_stale is False else None


class _Asked(NamedTuple):
    place: Place
    said: Annotation | None
    path: str | None
    side_cars: list[str]
    """Where one may be."""


def read_side_cars(
    registry: Registry, wanted: Sequence[Place], files: Files | None = None
) -> dict[Place, SideCarReading]:
    """Return what the side-car of each artifact says in a commit; of a commit without one no tree is read."""
    cache = files.cache if files is not None else ObjectCache()
    found: dict[Place, SideCarReading] = {}
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        found |= _read_some(registry, some, files or Files(registry.repo, cache))
    return found


def read_annotated(files: Files, commit: str, said: Iterable[Annotation]) -> dict[Place, SideCarReading]:
    """Do as read_side_cars(), of artifacts whose annotations in a commit are known."""
    return _read_having(files, [_asked((one.name, commit), one) for one in said])


def _read_some(registry: Registry, wanted: Sequence[Place], files: Files) -> dict[Place, SideCarReading]:
    of_name = {name: files_of(registry, name) for name, _ in wanted if names.is_artifact(name)}
    files.fetch(one for name, commit in wanted for one in with_params(commit, of_name.get(name, ())))
    said = {(name, commit): read_files(files, commit, of_name.get(name, ())).find(name) for name, commit in wanted}
    return _read_having(files, [_asked(place, one) for place, one in said.items()])


def _asked(place: Place, said: Annotation | None) -> _Asked:
    path = tidy(said.path) if said is not None and said.path else None
    return _Asked(place, said, path, side_car_places(said, path))


def _read_having(files: Files, asked: Sequence[_Asked]) -> dict[Place, SideCarReading]:
    files.fetch((one.place[1], path) for one in asked for path in one.side_cars)
    having = [one for one in asked if any(files.has(one.place[1], path) for path in one.side_cars)]
    return {one.place: SideCarReading() for one in asked} | _read(files, having)


def _read(files: Files, asked: Sequence[_Asked]) -> dict[Place, SideCarReading]:
    files.open(one.place[1] for one in asked)
    commits = {commit: Checkout(files, commit) for _, commit in dict.fromkeys(one.place for one in asked)}
    roots = {one.place: root_of(commits[one.place[1]], names.split_directory(one.place[0])[0]) for one in asked}
    fetch_all(files, [(commits[commit], first_files(commits[commit], root)) for (_, commit), root in roots.items()])
    return {one.place: _read_one(commits[one.place[1]].apart(), one, roots[one.place]) for one in asked}


def _read_one(checkout: Checkout, asked: _Asked, root: str) -> SideCarReading:
    aside = checkout.apart()  # what is wrong with the project is another question
    tracked = find_tracked(aside, read_project(aside, root), asked.path) if asked.path else None
    return SideCarReading(read_side_car(checkout, asked.said, asked.path, tracked), tuple(checkout.problems))
