"""The annotation of one artifact; paths of artifacts that are equal, or lie in one another."""

import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from gto.core.event import Problem
from gto.core.names import ArtifactName
from gto.dvc import paths


class Annotation(NamedTuple):
    """What one file of one commit says about one artifact."""

    name: ArtifactName
    """With the directory of its `dvc.yaml` before it: `models/eu:churn`; the root has none."""
    file: str
    """The annotating file's path in the repository: `models/eu/dvc.yaml`."""
    type: str | None = None
    path: str | None = None
    """From `dvc.yaml`: relative to the repository's root, unless it is a URL or absolute; else as written."""
    labels: tuple[str, ...] = ()
    description: str = ""
    custom: object = None
    """Whatever JSON can hold."""
    virtual: bool = True
    """False where the writer vouched that `path` is in the commit."""

    def as_dict(self) -> dict[str, object]:
        """Return the fields that are set, under the keys and in the order of `gto describe`."""
        unset: dict[str, object] = {
            "type": None,
            "path": None,
            "virtual": True,
            "labels": [],
            "description": "",
            "custom": None,
        }
        fields = self.as_enrichment()
        return {key: fields[key] for key, value in unset.items() if fields[key] != value}

    def model_dump(self, exclude_defaults: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002  published by 1.10
        """Return all fields that GTO 1.10 has, or those that are set."""
        return self.as_dict() if exclude_defaults else self.as_enrichment()

    def as_enrichment(self) -> dict[str, object]:
        """Return all fields, as GTO 1.10 prints them inside `enrichments`."""
        return {
            "type": self.type,
            "path": self.path,
            "virtual": self.virtual,
            "labels": list(self.labels),
            "description": self.description,
            "custom": self.custom,
        }


class ReadAnnotations(NamedTuple):
    """What a file gave: its annotations in the order of the file, beside what was set aside."""

    annotations: tuple[Annotation, ...] = ()
    problems: tuple[Problem, ...] = ()

    def find(self, name: str) -> Annotation | None:
        """Return the annotation of an artifact; None where there is none."""
        return next((one for one in self.annotations if one.name == name), None)


_Parts = tuple[str, ...]


def find_conflict(path: str, others: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the first of `others`, names with paths, whose path is `path`, above it or below it."""
    mine = _parts(path)
    for name, other in others:
        theirs = _parts(other)
        shorter = min(len(mine), len(theirs))
        if mine[:shorter] == theirs[:shorter]:
            return name, other
    return None


def find_conflicts(annotations: Iterable[Annotation]) -> tuple[Problem, ...]:
    """Return a problem for each annotation whose path equals, or lies in, the path of another artifact."""
    placed = [(_parts(annotation.path), annotation) for annotation in annotations if annotation.path]
    placed.sort(key=lambda pair: (pair[0], pair[1].name, pair[1].file))
    problems: list[Problem] = []
    above: list[tuple[_Parts, Annotation]] = []  # sorted, a path follows all that hold it
    for parts, annotation in placed:
        while above and parts[: len(above[-1][0])] != above[-1][0]:
            above.pop()
        other = next((holder for _, holder in reversed(above) if holder.name != annotation.name), None)
        if other:
            problems.append(_problem(annotation, other))
        if not above or above[-1][0] != parts:
            above.append((parts, annotation))
    return tuple(problems)


def _parts(path: str) -> _Parts:
    """Return the steps to a path, so that the steps to what holds it are the first of them; a URL is one step."""
    if paths.is_url(path):
        return ("://", path)
    normal = posixpath.normpath(path)
    root = "/" if normal.startswith("/") else "."
    return (root, *(part for part in normal.split("/") if part not in {"", "."}))


def _problem(annotation: Annotation, other: Annotation) -> Problem:
    relation = "is" if _parts(annotation.path or "") == _parts(other.path or "") else "lies in"
    reason = f"path '{annotation.path}' {relation} '{other.path}', the path of '{other.name}' in {other.file}"
    hint = "give each artifact a path of its own, unless both are meant"
    return Problem("annotation-path-conflict", annotation.file, reason, hint, annotation.name)
