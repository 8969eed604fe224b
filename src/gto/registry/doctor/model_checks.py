"""What is wrong with the files of facts beside models: at HEAD, and of the versions that count."""

from collections.abc import Iterator, Sequence

from gto.annotations.annotation import Annotation
from gto.core.event import Problem
from gto.core.snapshot import ArtifactState
from gto.git.commit_files import Files
from gto.registry.model_lookup import SideCarReading, read_annotated, read_side_cars
from gto.registry.registry import Registry

_FEW = 20  # artifacts; the tags of more are read all at once


def side_cars(registry: Registry, commit: str, said: Sequence[Annotation], files: Files) -> Iterator[Problem]:
    """Yield the files of facts that are of another model, or that cannot be read.

    They are looked for at `commit`, and for the artifacts that have one there also in the latest version and in those
    in stages. `said` are the annotations at `commit`, which were read from `files`.
    """
    here = read_annotated(files, commit, said)
    having = [name for (name, _), found in here.items() if found.model is not None or found.problems]
    for name in having:
        yield from _problems(name, here[name, commit], "", f"`gto annotate {name} --inspect --commit` writes it anew")
    state = registry.snapshot().artifact if len(having) > _FEW else registry.artifact
    versions = {(name, one): label for name in having for one, label in _versions(state(name)).items() if one != commit}
    for (name, one), found in read_side_cars(registry, list(versions)).items():
        hint = f"it stays so in this version: `gto annotate {name} --inspect --commit`, then register that"
        yield from _problems(name, found, versions[name, one], hint)


def _versions(state: ArtifactState) -> dict[str, str]:
    """Return the commits of the versions that count, with their names; none of what has no version."""
    latest = [state.latest] if state.latest is not None else []
    found = {one.commit: one.version for one in state.standing if one.version}
    return found | {one.commit: one.name for one in latest}


def _problems(name: str, found: SideCarReading, version: str, hint: str) -> Iterator[Problem]:
    where = f" in version '{version}'" if version else ""
    for one in found.problems:
        yield Problem("model-facts-unreadable", one.subject, f"{one.reason}{where}", hint, name)
    if found.model is not None and found.model.is_stale:
        reason = f"the facts are of another file than the model of '{name}'{where}"
        yield Problem("model-facts-stale", found.model.source or "", reason, hint, name)
