"""The files of versions for MLflow: listed, and brought to disk checked, from wherever Git says that they are."""

import os
import posixpath
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from mlflow.entities import FileInfo
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from gto.delivery.get import check_system, find
from gto.delivery.signed_files import SignedWish, hold
from gto.exceptions import NotInCommit, UsageError
from gto.git.repo import Repo
from gto.storage.download import download
from gto.storage.location import Content
from mlflow_gto.errors import refusal, told
from mlflow_gto.models import GitModels, find_version
from mlflow_gto.places import parse_place

_PARTS = 2  # model and version


class FoundFiles(NamedTuple):
    """Files of a version, and what of it was asked for."""

    repo: Repo
    commit: str
    contents: Sequence[Content]
    """Each by its path in the version."""
    inside: str
    """The file or directory that was asked for; empty for all."""

    def below(self) -> Sequence[Content]:
        """Return the files in the directory that was asked for, by their paths from there."""
        start = f"{self.inside}/" if self.inside else ""
        return [one._replace(path=one.path[len(start) :]) for one in self.contents if one.path.startswith(start)]

    def only(self) -> Content | None:
        """Return the file that was asked for; None where it is no file."""
        return next((one for one in self.contents if self.inside and one.path == self.inside), None)


class GtoArtifactRepository(ArtifactRepository):  # type: ignore[misc]  # MLflow tells no types
    """The files of a version, or those of all: then their paths begin with model and version."""

    def __init__(self, artifact_uri: str, *args: object, **kwargs: object) -> None:
        super().__init__(artifact_uri, *args, **kwargs)
        with told():
            self._place = parse_place(artifact_uri)
        self._models = GitModels(self._place)

    @told()
    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """Return what is in a directory of a version; nothing for a file."""
        found = self._find(path)
        if found is None:
            return []
        children: dict[str, FileInfo] = {}
        for one in found.below():
            child, more, _ = one.path.partition("/")
            whole = posixpath.join(path or "", child)
            children[child] = FileInfo(whole, bool(more), None if more else one.size)
        return list(children.values())

    @told()
    def download_artifacts(self, artifact_path: str | None, dst_path: str | None = None) -> str:
        """Bring a file, or a directory with all that is in it, to disk, and return where it is."""
        path = (artifact_path or "").strip("/")
        target = os.path.join(os.path.abspath(dst_path or tempfile.mkdtemp()), path)
        self._bring(path, target)
        return target

    @told()
    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self._bring(remote_file_path, local_path)

    def _bring(self, path: str, target: str) -> None:
        check_system()
        found = self._find(path)
        if found is None:
            raise UsageError(f"'{path}' names no version", "as in `churn/v1.2.0`")
        only, below = found.only(), found.below()
        if only is None and not below:
            raise NotInCommit(found.inside, found.commit)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        contents = below if only is None else [only._replace(path="")]
        download(contents, target, is_directory=only is None, force=True, repo=found.repo)

    def _find(self, path: str | None) -> FoundFiles | None:
        """Return the files of the version that an address and a path name; None where they name none."""
        parts = posixpath.join(self._place.below, path or "").strip("/").split("/", _PARTS)
        if len(parts) < _PARTS:
            return None
        registry = self._models.open()
        model = self._models.find(parts[0], registry)
        version = find_version(model, parts[1])
        chosen, located = find(registry, model.name, version.commit)
        chosen = chosen._replace(version=version.name)
        located, _ = hold(registry, chosen, located, SignedWish())  # to what was signed, where the policy asks for it
        contents = [one._replace(path=one.path or located.name) for one in located.contents]
        return FoundFiles(registry.repo, version.commit, contents, "/".join(parts[_PARTS:]))

    log_artifact = log_artifacts = delete_artifacts = refusal("artifacts")
