"""Where a selector or a revision leads: to a version, its commit, what annotates it; with one set of errors."""

from collections.abc import Iterable
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.entry_reader import UNREADABLE
from gto.core import names, selector, tag
from gto.core.selector import Pick, Selector
from gto.core.snapshot import ArtifactState
from gto.core.view import Choice, VersionRow, versions
from gto.exceptions import (
    ArtifactNotFound,
    BadFile,
    EmptyStage,
    NoAnnotation,
    NoPath,
    NotFound,
    RefNotFound,
    UsageError,
    VersionNotFound,
)
from gto.registry import annotation_lookup
from gto.registry.registry import Registry


class Target(NamedTuple):
    """A commit, and what led to it."""

    label: str
    """As it was asked for."""
    commit: str
    artifact: str | None = None
    """None where a revision was asked for without an artifact."""
    version: str | None = None
    """None where no version is registered on the commit."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"name": self.label, "artifact": self.artifact, "version": self.version, "commit_hexsha": self.commit}


class AnnotatedTarget(NamedTuple):
    """A commit in which the artifact is annotated with a path."""

    name: str
    version: str | None
    """None where a revision was named."""
    commit: str
    annotation: Annotation
    path: str
    """The path that the annotation names."""


def pick_version(state: ArtifactState, wanted: Selector, *, is_annotated: bool = False) -> VersionRow:
    """Return the version that a selector names; a name alone is its latest.

    What was deregistered is no version, and a deprecated artifact has none. A stage can hold a commit without a
    registration. ArtifactNotFound, EmptyStage or VersionNotFound says what is missing; an artifact that is annotated
    and has no event has no version yet.
    """
    name = state.name
    if state.newest is None and not is_annotated:
        raise ArtifactNotFound(name)
    if state.newest is not None and not state.is_active:
        hint = f"`gto show {name} -d` lists its versions, and --rev takes the commit of one; an assignment revives it"
        raise VersionNotFound(f"'{name}' is deprecated", hint)
    pick = Selector(name, Pick.LATEST) if wanted.pick is Pick.ALL else wanted
    rows = versions(state, Choice())
    found = selector.select([row for row in rows if pick.pick is Pick.STAGE or row.version.is_registered], pick)
    if found:
        return found[0]
    if pick.pick is Pick.STAGE:
        raise EmptyStage(name, pick.value)
    if pick.pick is Pick.VERSION:
        raise VersionNotFound(f"'{name}' has no version '{pick.value}'", f"`gto show {name}` lists its versions")
    when = "any more" if any(one.is_registered for one in state.versions) else "yet"
    hint = f"`gto register {name}` registers one; --rev HEAD takes what is annotated there"
    raise VersionNotFound(f"'{name}' has no version {when}", hint)


def find_version(registry: Registry, wanted: Selector) -> VersionRow:
    """Return the version that a selector names, as pick_version() does."""
    state = registry.artifact(wanted.name)
    is_new = state.newest is None and names.is_artifact(wanted.name)
    return pick_version(
        state, wanted, is_annotated=is_new and annotation_lookup.find(registry, wanted.name, None) is not None
    )


def find_target(registry: Registry, text: str, name: str | None = None) -> Target:
    """Return the commit that a selector names; a name alone is its latest version, anything else a revision.

    `name` says which artifact a revision is asked about; then a text that is no selector is always a revision.
    """
    wanted = selector.parse(text)
    if wanted.pick is not Pick.ALL and not text.startswith("refs/"):
        return _target(text, wanted.name, find_version(registry, wanted))
    if name is not None:
        return _of_revision(registry, text, names.parse_artifact(name))
    if names.is_artifact(text) and registry.artifact(text).newest is not None:
        return _target(text, text, find_version(registry, wanted))
    try:
        event = tag.find(text.removeprefix("refs/tags/"))
        return _of_revision(registry, text, event.artifact if event else None)
    except RefNotFound as error:
        hint = f"{error.hint}; a version is named as in 'churn@{text}'" if error.is_version else error.hint
        raise NotFound(f"'{text}' names neither a version nor a revision", hint) from error


def find_targets(registry: Registry, texts: Iterable[str], name: str | None = None) -> list[Target]:
    """Return what several texts name; revisions are asked about `name`, else about the one artifact beside them."""
    found = [find_target(registry, text, name) for text in texts]
    named = {one.artifact for one in found if one.artifact is not None}
    if name is not None or len(named) != 1:
        return found
    (only,) = named
    return [one if one.artifact is not None else _of_revision(registry, one.label, only) for one in found]


def _target(label: str, name: str, row: VersionRow) -> Target:
    version = row.version
    return Target(label, version.commit, name, version.name if version.is_registered else None)


def _of_revision(registry: Registry, text: str, name: str | None) -> Target:
    commit = registry.commit(text)
    version = None
    if name is not None and names.is_artifact(name):
        here = [one for one in registry.artifact(name).at_commit(commit) if one.is_active]
        version = here[0].name if here else None
    return Target(text, commit, name, version)


def resolve(registry: Registry, text: str, rev: str | None = None) -> AnnotatedTarget:
    """Return what `churn` (the latest version), `churn@v1.0.0`, `churn#prod` or a name with `rev` leads to."""
    wanted = _parse(text, rev)
    names.parse_artifact(wanted.name)
    if rev is not None:
        version, commit = None, registry.commit(rev)
    else:
        row = find_version(registry, wanted)
        version, commit = row.version.name, row.version.commit
    where = f"commit {commit[:7]}" + (f" of '{wanted.name}@{version}'" if version else "")
    found = _annotation(registry, wanted.name, commit, where)
    if not found.path:
        raise NoPath(wanted.name, found.file, where)
    return AnnotatedTarget(wanted.name, version, commit, found, found.path)


def describe(registry: Registry, text: str, rev: str | None = None, *, work_tree: bool = True) -> Annotation:
    """Return an artifact's annotation, or raise NoAnnotation.

    A selector names the commit of its version; else `rev` does; without either the work tree is read (HEAD where
    there is none, or where `work_tree` is false).
    """
    wanted = _parse(text, rev)
    if wanted.pick is not Pick.ALL:
        commit = find_version(registry, wanted).version.commit
        return _annotation(registry, wanted.name, commit, f"commit {commit[:7]} of '{text}'")
    names.parse_artifact(text)
    if rev is not None:
        return _annotation(registry, text, registry.commit(rev), f"'{rev}'")
    if work_tree and registry.repo.top is not None:
        return _annotation(registry, text, None, "the work tree")
    return _annotation(registry, text, registry.commit(), "HEAD")


def _parse(text: str, rev: str | None) -> Selector:
    wanted = selector.parse(text)
    if wanted.pick is not Pick.ALL and rev is not None:
        raise UsageError("Either specify revision or use naming shortcut.", "leave one of them out")
    selector.check(text)
    return wanted


def _annotation(registry: Registry, name: str, commit: str | None, where: str) -> Annotation:
    """Find an annotation in a commit; with None in the work tree."""
    reading = annotation_lookup.read_of(registry, name, commit, work_tree=commit is None)
    found = reading.find(name)
    if found is not None:
        return found
    for problem in reading.problems:
        if problem.code == UNREADABLE:  # it may annotate the artifact
            raise BadFile(problem.subject, problem.reason, hint=problem.hint)
    raise NoAnnotation(name, where)
