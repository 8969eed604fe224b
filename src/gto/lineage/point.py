"""The commits that are described and compared: of a version, of a stage, of any revision."""

from typing import NamedTuple

from gto.core import names, selector, tag
from gto.core.selector import Pick, Selector
from gto.exceptions import NotFound, RefNotFound, VersionNotFound
from gto.registry import reading
from gto.registry.registry import Registry


class Point(NamedTuple):
    """A commit, and what led to it."""

    label: str
    """As it was asked for."""
    commit: str
    artifact: str | None = None
    """None where a revision was asked for without an artifact."""
    version: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"name": self.label, "artifact": self.artifact, "version": self.version, "commit_hexsha": self.commit}


def find_point(registry: Registry, text: str, name: str | None = None) -> Point:
    """Return the commit that a selector names; a name alone is its latest version, anything else a revision.

    `name` says which artifact a revision is asked about; then a text that is no selector is always a revision.
    """
    chosen = selector.parse(text)
    if chosen.pick is not Pick.ALL and not text.startswith("refs/"):
        return _of_version(registry, chosen, text)
    if name is not None:
        return _of_revision(registry, text, names.parse_artifact(name))
    if names.is_artifact(text) and registry.artifact(text).newest is not None:
        return _of_version(registry, Selector(text, Pick.LATEST), text)
    try:
        event = tag.find(text.removeprefix("refs/tags/"))
        return _of_revision(registry, text, event.artifact if event else None)
    except RefNotFound as error:
        hint = f"{error.hint}; a version is named as in 'churn@{text}'" if error.is_version else error.hint
        raise NotFound(f"'{text}' names neither a version nor a revision", hint) from error


def _of_version(registry: Registry, chosen: Selector, text: str) -> Point:
    row = reading.select_one(registry, chosen)
    if row is None:
        raise VersionNotFound(f"'{text}' names no version", f"`gto show {chosen.name}` lists them")
    version = row.version
    return Point(text, version.commit, chosen.name, version.name if version.name != version.commit else None)


def _of_revision(registry: Registry, text: str, name: str | None) -> Point:
    commit = registry.commit(text)
    version = None
    if name is not None and names.is_artifact(name):
        here = [one for one in registry.artifact(name).at_commit(commit) if one.is_active]
        version = here[0].name if here else None
    return Point(text, commit, name, version)
