"""What an import before brought, read from the trailers of its tags, and of commits that have no tag yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gto.core.event import Event
from gto.core.snapshot import Snapshot
from gto.core.tag import Kind
from gto.git.command import Git
from gto.importers.mlflow import trailers

Numbered = tuple[str, int]
"""A model and the number of one of its versions; or an artifact and that number."""


@dataclass(frozen=True, slots=True)
class KnownImports:
    """What is here already."""

    names: Mapping[str, str] = field(default_factory=dict)
    """The artifact of each model."""
    versions: Mapping[Numbered, str] = field(default_factory=dict)
    """The version of each model's number, taken back or not: it is not imported again."""
    aliases: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    """Of an artifact and an alias, the number that was brought last; None where it was taken off."""
    stages: Mapping[Numbered, str | None] = field(default_factory=dict)
    """Of an artifact and a number, the stage that was brought last; None where it was taken off."""
    commits: Mapping[Numbered, str] = field(default_factory=dict)
    """Of a model and a number, the commit that was made, tagged or not."""


def read_known(snapshot: Snapshot, git: Git, tip: str | None) -> KnownImports:
    """Read what the tags say, and the commits that a branch reaches."""
    names: dict[str, str] = {}
    versions: dict[Numbered, str] = {}
    aliases: dict[tuple[str, str], int | None] = {}
    stages: dict[Numbered, str | None] = {}
    for event in _events(snapshot):
        said = trailers.read_trailers(event.message)
        number = _number(said)
        if number is None or trailers.MODEL not in said:
            continue
        if event.kind is Kind.REGISTRATION and event.tag.version is not None:
            names.setdefault(said[trailers.MODEL], event.artifact)
            versions.setdefault((said[trailers.MODEL], number), event.tag.version)
        elif event.kind in {Kind.ASSIGNMENT, Kind.UNASSIGNMENT}:
            is_on = event.kind is Kind.ASSIGNMENT
            if trailers.ALIAS in said:
                aliases[event.artifact, said[trailers.ALIAS]] = number if is_on else None
            if trailers.STAGE in said:
                stages[event.artifact, number] = said[trailers.STAGE] if is_on else None
    return KnownImports(names, versions, aliases, stages, _commits(git, tip))


def _events(snapshot: Snapshot) -> Iterable[Event]:
    found = (event for artifact in snapshot.artifacts.values() for event in artifact.events)
    return sorted(found, key=lambda event: event.key)


def _commits(git: Git, tip: str | None) -> dict[Numbered, str]:
    if tip is None:
        return {}
    asked = ["rev-list", "--no-commit-header", "--format=%H%n%B%x00", f"--grep=^{trailers.VERSION}: ", tip, "--"]
    out = git.run(asked).decode("utf-8", "replace")
    found: dict[Numbered, str] = {}
    for part in out.split("\0"):
        oid, _, text = part.lstrip("\n").partition("\n")
        said = trailers.read_trailers(text)
        number = _number(said)
        if number is not None and trailers.MODEL in said:
            found.setdefault((said[trailers.MODEL], number), oid)
    return found


def _number(said: Mapping[str, str]) -> int | None:
    text = said.get(trailers.VERSION, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004  digits of a number of MLflow's
