"""A door for other programs: the annotations in `artifacts.yaml`, as GTO 1.x gives and changes them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from gto import api
from gto.annotations.annotation import find_conflict
from gto.exceptions import ArtifactExists, ArtifactNotFound, NotImplementedInGTO
from gto.git.commit_files import Files
from gto.opened_repository import OpenedRepository
from gto.output.published import Exclude, Published, without
from gto.registry import annotation_lookup
from gto.registry.registry import Registry, path_of

__all__ = ["Artifact", "Index", "RepoIndexManager", "check_if_path_exists", "find_repeated_path"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What `artifacts.yaml` says about one artifact."""

    type: str | None = None
    path: str | None = None
    virtual: bool = True
    labels: list[str] = field(default_factory=list)
    description: str = ""
    custom: object = None

    def model_dump(self, exclude: Exclude = None, exclude_defaults: bool = False) -> Published:
        """Return the fields, with `exclude_defaults` those that are set."""
        fields: Published = {name: getattr(self, name) for name in self.__slots__}
        unset = {name for name in fields if exclude_defaults and fields[name] == getattr(_UNSET, name)}
        return without(fields, unset | set(exclude or ()))


_UNSET = Artifact()


@dataclass(frozen=True, slots=True)
class Index:
    """The annotations of one `artifacts.yaml`, by name; `frozen` says that a commit holds it."""

    state: dict[str, Artifact] = field(default_factory=dict)
    frozen: bool = False

    def __contains__(self, name: object) -> bool:
        return name in self.state


class RepoIndexManager(OpenedRepository):
    """The `artifacts.yaml` of a repository, in its work tree and in its commits."""

    __slots__ = ()

    def index_path(self) -> str:
        """Return the path of the file in the work tree."""
        return os.path.join(path_of(self.scm), self.config.INDEX)

    def get_index(self) -> Index:
        """Return what the file in the work tree says; without one, what HEAD's says. It is empty without either."""
        registry = Registry.open(self.scm)
        commit = None if registry.repo.top is not None else registry.repo.rev
        return _read(registry, commit, frozen=False) or Index()

    def get_commit_index(self, rev: str, allow_to_not_exist: bool = True) -> Index | None:
        """Return what the file of a commit says; None, or with `allow_to_not_exist` false ValueError, without one."""
        registry = Registry.open(self.scm)
        found = _read(registry, registry.commit(getattr(rev, "hexsha", rev)), frozen=True)
        if found is None and not allow_to_not_exist:
            raise ValueError(f"No Index exists at {rev}")
        return found

    def get_history(self) -> dict[str, Index]:
        """Return what the file says in each commit that a branch reaches and that has one."""
        registry = Registry.open(self.scm)
        commits = annotation_lookup.commits(registry, all_branches=False, all_commits=True)
        return {one: found for one in commits if (found := _read(registry, one, frozen=True)) is not None}

    def artifact_centric_representation(self) -> dict[str, dict[str, Artifact]]:
        """Return get_history() by artifact, then by commit."""
        found: dict[str, dict[str, Artifact]] = {}
        for commit, index in self.get_history().items():
            for name, one in index.state.items():
                found.setdefault(name, {})[commit] = one
        return found

    def check_existence(self, name: str, commit: str) -> bool:
        """Tell whether the file of a commit has an artifact."""
        return name in (self.get_commit_index(commit) or Index())

    def assert_existence(self, name: str, commit: str) -> None:
        """Raise ArtifactNotFound unless the file of a commit has an artifact."""
        if not self.check_existence(name, commit):
            raise ArtifactNotFound(name)

    def add(
        self,
        name: str,
        type: str | None,
        path: str | None,
        must_exist: bool,
        allow_same_path: bool,
        labels: Iterable[str] | None,
        description: str,
        custom: object,
        update: bool,
        stdout: bool = False,
        commit: bool = False,
        commit_message: str | None = None,
        push: bool = False,
    ) -> None:
        """Annotate an artifact; with `update` false raise ArtifactExists where it is annotated already."""
        _refuse(commit_message)
        if not update and name in self.get_index():
            raise ArtifactExists(name)
        said = (type, path, must_exist, allow_same_path, labels, description, custom)
        api.annotate(self.scm, name, *said, commit, push or self.cloned, stdout, self.config.INDEX)

    def remove(
        self,
        name: str,
        stdout: bool = False,
        commit: bool = False,
        commit_message: str | None = None,
        push: bool = False,
    ) -> None:
        """Remove an artifact's annotation, or raise ArtifactNotFound."""
        _refuse(commit_message)
        api.remove(self.scm, name, commit, push or self.cloned, stdout, self.config.INDEX)


def _refuse(commit_message: str | None) -> None:
    if commit_message is not None:
        raise NotImplementedInGTO("A commit's message cannot be chosen", "commit the file yourself")


def _read(registry: Registry, commit: str | None, *, frozen: bool) -> Index | None:
    files = Files(registry.repo)
    path = registry.config.index_file
    if not files.has(commit, path):
        return None
    found = annotation_lookup.read_file(files, commit, path).annotations
    return Index(
        {o.name: Artifact(o.type, o.path, o.virtual, [*o.labels], o.description, o.custom) for o in found}, frozen
    )


def check_if_path_exists(path: str | os.PathLike[str], scm: object = None, ref: str | None = None) -> bool:
    """Tell whether a path is in a commit (HEAD), or without `scm` on this disk."""
    if scm is None:
        return os.path.exists(path)
    return Registry.open(scm).repo.read([f"{ref or 'HEAD'}:{os.fspath(path)}"])[0] is not None


def find_repeated_path(path: str | os.PathLike[str], paths: Iterable[str | os.PathLike[str]]) -> str | None:
    """Return the one of `paths` that equals, holds or lies in `path`; None where none does."""
    found = find_conflict(os.fspath(path), [("", os.fspath(other)) for other in paths if other])
    return found[1] if found else None
