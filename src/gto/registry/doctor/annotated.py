"""What is wrong with the annotations of a registry's commit."""

from collections.abc import Iterator

from gto.annotations.conflict import find_conflicts
from gto.core.event import Problem
from gto.registry import annotation
from gto.registry.registry import Registry


def annotations(registry: Registry) -> Iterator[Problem]:
    """Yield what is wrong with the annotations of the revision that the repository was opened with."""
    if registry.repo.rev is None:
        return
    reading = annotation.walk(registry, registry.repo.rev)
    yield from reading.problems
    yield from find_conflicts(reading.annotations)
    seen: dict[str, str] = {}
    for one in reading.annotations:
        first = seen.setdefault(one.name, one.file)
        if first != one.file:
            reason = f"'{one.name}' is annotated in '{first}' as well as in '{one.file}'"
            yield Problem("annotated-twice", one.file, reason, "dvc.yaml counts: remove the other", one.name)
        if registry.config.types is not None and one.type is not None and one.type not in registry.config.types:
            reason = f"'{one.name}' is of type '{one.type}', which the configuration does not list"
            yield Problem("type-not-allowed", one.file, reason, "see `types` in .gto", one.name)
