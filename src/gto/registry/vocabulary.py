"""The names that a registry knows, told by the names of its tags: what a typed word may have meant."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.core import tag
from gto.core.names import RESERVED_STAGES, note_reserved
from gto.core.nearness import did_you_mean
from gto.core.plan import NewTag
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind
from gto.exceptions import GTOException
from gto.registry import annotation_lookup
from gto.registry.registry import Registry


class Vocabulary(NamedTuple):
    """Artifacts, with the versions and stages that their tags name, and those that only annotations name."""

    versions: dict[str, list[str]]
    """By artifact, as the tags are listed."""
    stages: dict[str, list[str]]
    """By artifact."""
    annotated: tuple[str, ...]
    allowed: tuple[str, ...]
    """The stages of the configuration."""

    @property
    def artifacts(self) -> list[str]:
        """The names of all artifacts, sorted."""
        return sorted({*self.versions, *self.annotated})

    @property
    def all_stages(self) -> list[str]:
        """The stages of the configuration in its order, then others that tags name."""
        used = sorted({stage for stages in self.stages.values() for stage in stages})
        return list(dict.fromkeys([*self.allowed, *used]))


def read_vocabulary(registry: Registry) -> Vocabulary:
    """Read the names of tags, and the annotations at HEAD; no tag object is read."""
    versions: dict[str, dict[str, None]] = {}
    stages: dict[str, dict[str, None]] = {}
    for _, ref in registry.listing:
        found = tag.find(ref)
        if found is None or found.kind is Kind.CREATION:
            continue
        kept = versions.setdefault(found.artifact, {})
        if found.version is not None:
            kept[found.version] = None
        if found.stage is not None:
            stages.setdefault(found.artifact, {})[found.stage] = None
    return Vocabulary(
        {name: list(kept) for name, kept in versions.items()},
        {name: list(kept) for name, kept in stages.items()},
        tuple(annotation_lookup.in_tables(registry, versions)),
        tuple(registry.config.stages or ()),
    )


def note_first_names(registry: Registry, before: ArtifactState, created: Sequence[NewTag]) -> list[str]:
    """Say that tags just written are the first of an artifact, and which artifact or stage the name may be a slip of.

    `before` is what the artifact was before them.
    """
    notes: list[str] = []
    with suppress(GTOException):  # what is written is written
        if before.newest is None and any(new.name.kind is Kind.REGISTRATION for new in created):
            notes.append(_note_artifact(registry, before.name))
        stages = {new.name.stage for new in created if new.name.kind is Kind.ASSIGNMENT and new.name.stage is not None}
        stages -= {stage.stage for version in before.versions for stage in version.stages}
        notes += [note_reserved(stage) for stage in sorted(stages & RESERVED_STAGES)]
        if stages and registry.config.stages is None:
            known = read_vocabulary(registry).stages
            others = {stage for name, used in known.items() if name != before.name for stage in used}
            questions = ((stage, did_you_mean(stage, others)) for stage in stages - others)
            notes += [
                f"stage '{stage}' is the first of its name; {question}" for stage, question in questions if question
            ]
    return notes


def _note_artifact(registry: Registry, name: str) -> str:
    first = f"'{name}' is the first of its name"
    if annotation_lookup.find(registry, name, None) is not None:  # somebody has written it down: it is no slip
        return first
    question = did_you_mean(name, [other for other in read_vocabulary(registry).artifacts if other != name])
    return f"{first}; {question} `gto deprecate {name} --delete` takes it back" if question else first
