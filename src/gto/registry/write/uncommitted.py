"""What of an artifact the work tree has, and the commit that is registered has not."""

import os
import posixpath

from gto.annotations.model_pointer import side_car_places
from gto.dvc.paths import is_elsewhere, tidy
from gto.exceptions import GTOException
from gto.fs.regular_file import read_file
from gto.git.commit import changed_paths
from gto.git.objects import LARGEST_FILE
from gto.registry import annotation_lookup
from gto.registry.registry import Registry

_LOCK = "dvc.lock"
_NAMED = 3


def note_uncommitted(registry: Registry, name: str) -> tuple[str, ...]:
    """Return a note on changes that whoever registers HEAD may have forgotten to commit, if there are any.

    Only git can compare the work tree with a commit: that takes one process, where the work tree annotates the artifact
    at all.
    """
    changed = _changed(registry, name) if registry.repo.is_own and registry.rev == "HEAD" else []
    if not changed:
        return ()
    named = ", ".join(f"'{path}'" for path in changed[:_NAMED])
    more = f" and {len(changed) - _NAMED} more" if changed[_NAMED:] else ""
    said = f"{named}{more} changed after the commit that was registered"
    return (f"{said}: `git commit` what belongs to it, then `gto register {name}`",)


def _changed(registry: Registry, name: str) -> list[str]:
    """Return what of the annotation, the model and its facts is not in HEAD as it is in the work tree."""
    top = registry.repo.top
    try:
        said = annotation_lookup.find(registry, name, None, work_tree=True) if top is not None else None
        if top is None or said is None:
            return []
        path = tidy(said.path) if said.path and not is_elsewhere(said.path) else None
        lock = posixpath.join(posixpath.dirname(said.file), _LOCK)
        own = [*([path, f"{path}.dvc"] if path else []), *side_car_places(said, path)]
        changed = changed_paths(registry.git, [said.file, lock, *own])
        if said.file in changed and annotation_lookup.find(registry, name, None) == said:
            changed.remove(said.file)  # the change is another's
        if lock in changed and not (path and _names(os.path.join(top, lock), path)):
            changed.remove(lock)
    except GTOException:
        return []  # it is written already; `gto doctor` says what cannot be read
    return changed


def _names(place: str, path: str) -> bool:
    return posixpath.basename(path).encode() in (read_file(place, LARGEST_FILE) or b"")
