"""Which commit and path a selector or a revision leads to."""

from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.core import names, selector
from gto.core.selector import Pick, Selector, select
from gto.core.view import Choice, versions
from gto.exceptions import ArtifactNotFound, EmptyStage, NoAnnotation, NoPath, UsageError, VersionNotFound
from gto.registry import annotation
from gto.registry.registry import Registry


class Chosen(NamedTuple):
    """What is to be delivered."""

    name: str
    version: str | None
    """None where a revision was named."""
    commit: str
    annotation: Annotation
    path: str
    """The path that the annotation names."""


def resolve(registry: Registry, text: str, rev: str | None = None) -> Chosen:
    """Return what `churn` (the latest version), `churn@v1.0.0`, `churn#prod` or a name with `rev` leads to."""
    wanted = selector.parse(text)
    names.parse_artifact(wanted.name)
    if rev is not None:
        if wanted.pick is not Pick.ALL:
            raise UsageError("Either specify revision or use naming shortcut.", "leave one of them out")
        return _annotated(registry, wanted.name, None, registry.commit(rev))
    version, commit = _version(registry, wanted)
    return _annotated(registry, wanted.name, version, commit)


def _version(registry: Registry, wanted: Selector) -> tuple[str, str]:
    """Return name and commit of the version that a selector names."""
    if wanted.pick is Pick.ALL:
        wanted = wanted._replace(pick=Pick.LATEST)
    state = registry.artifact(wanted.name)
    if state.newest is not None and not state.is_active:
        hint = f"--rev takes the commit of one of its versions nevertheless: `gto show {wanted.name} -d` lists them"
        raise VersionNotFound(f"'{wanted.name}' is deprecated", hint)
    rows = versions(state, Choice())
    # A commit can be in a stage without being a version.
    found = select([row for row in rows if wanted.pick is Pick.STAGE or row.version.is_registered], wanted)
    if found:
        return found[0].version.name, found[0].version.commit
    if wanted.pick is Pick.STAGE:
        raise EmptyStage(wanted.name, wanted.value)
    if wanted.pick is Pick.VERSION:
        hint = f"`gto show {wanted.name}` lists its versions"
        raise VersionNotFound(f"'{wanted.name}' has no version '{wanted.value}'", hint)
    if annotation.find(registry, wanted.name, None) is None and state.newest is None:
        raise ArtifactNotFound(wanted.name)
    hint = f"`gto register {wanted.name}` registers one; --rev HEAD takes what is annotated there"
    raise VersionNotFound(f"'{wanted.name}' has no version yet", hint)


def _annotated(registry: Registry, name: str, version: str | None, commit: str) -> Chosen:
    found = annotation.find(registry, name, commit)
    where = f"commit {commit[:7]}" + (f" of '{name}@{version}'" if version else "")
    if found is None:
        raise NoAnnotation(name, where)
    if not found.path:
        raise NoPath(name, found.file, where)
    return Chosen(name, version, commit, found, found.path)
