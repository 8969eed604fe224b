"""Paths of artifacts that are equal, or lie in one another."""

import posixpath
from collections.abc import Iterable

from gto.annotations.annotation import Annotation
from gto.core.event import Problem
from gto.dvc import paths

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
