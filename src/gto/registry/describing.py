"""The annotation that a name, a revision or a selector leads to."""

from gto.annotations.annotation import Annotation
from gto.core import names, selector
from gto.core.selector import Pick
from gto.exceptions import NoAnnotation, UsageError, VersionNotFound
from gto.registry import annotation, reading
from gto.registry.registry import Registry


def describe(registry: Registry, name: str, rev: str | None = None, *, work_tree: bool = True) -> Annotation:
    """Return an artifact's annotation, or raise NoAnnotation.

    A selector names the commit of its version; else `rev` does; without either the work tree is read (HEAD where
    there is none, or where `work_tree` is false).
    """
    chosen = selector.parse(name)
    if chosen.pick is not Pick.ALL and rev is not None:
        raise UsageError("Either specify revision or use naming shortcut.", "leave one of them out")
    if chosen.pick is not Pick.ALL:
        row = reading.select_one(registry, chosen)
        if row is None:
            raise VersionNotFound(f"'{name}' names no version", f"`gto show {chosen.name}` lists them")
        return _find(registry, chosen.name, row.version.commit, f"commit {row.version.commit[:7]} of '{name}'")
    names.parse_artifact(name)
    if rev is not None:
        return _find(registry, name, registry.commit(rev), f"'{rev}'")
    if work_tree and registry.repo.top is not None:
        return _find(registry, name, None, "the work tree")
    return _find(registry, name, registry.commit(), "HEAD")


def _find(registry: Registry, name: str, commit: str | None, where: str) -> Annotation:
    found = annotation.find(registry, name, commit, work_tree=commit is None)
    if found is None:
        raise NoAnnotation(name, where)
    return found
