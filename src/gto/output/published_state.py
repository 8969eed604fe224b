"""The objects that GTO 1.x publishes of a registry: a stage of a version, a version, an artifact, the whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from operator import attrgetter

from gto.core.event import Event
from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.core.version_order import sort_versions
from gto.core.view import Choice, VersionRow, by_stage, parse_sort
from gto.exceptions import ArtifactNotFound, EmptyStage, ManyVersions, NoStageForVersion, VersionNotFound
from gto.output.published import (
    CommitEvent,
    DeprecationEvent,
    Enriched,
    Exclude,
    Published,
    PublishedEvent,
    RegistrationEvent,
    published,
    without,
)
from gto.output.published_semver import PublishedSemVer

AnyEvent = PublishedEvent | CommitEvent


def _ordered(events: Iterable[AnyEvent], *, ascending: bool) -> list[AnyEvent]:
    return sorted(events, key=attrgetter("key"), reverse=not ascending)


class Authored:
    """What stages, versions and artifacts have in common: events, one of which made it.

    `get_events()` returns them, `model_dump()` and `dict_state()` a dictionary.
    """

    __slots__ = ()
    artifact: str

    def get_events(self, direct: bool = True, indirect: bool = True, ascending: bool = False) -> list[AnyEvent]:
        """Return its own events and those of its parts, the newest first."""
        raise NotImplementedError

    @property
    def is_active(self) -> bool:
        """Whether it counts."""
        raise NotImplementedError

    @property
    def activated_at(self) -> datetime | None:
        """When it came to count; None where it does not, or where nothing tells."""
        raise NotImplementedError

    @property
    def authoring_event(self) -> AnyEvent | None:
        """The newest of its own events that adds, else of all its events; None where there is none."""
        own = next((event for event in self.get_events(indirect=False) if event.addition), None)
        if own is not None:
            return own
        events = self.get_events()
        return next((event for event in events if not isinstance(event, CommitEvent)), next(iter(events), None))

    @property
    def created_at(self) -> datetime | None:
        """The time of the authoring event."""
        event = self.authoring_event
        return event.created_at if event else None

    @property
    def author(self) -> str:
        """Who made the authoring event."""
        event = self.authoring_event
        return event.author if event else ""

    @property
    def author_email(self) -> str:
        """The e-mail address of who made the authoring event."""
        event = self.authoring_event
        return event.author_email if event else ""

    @property
    def message(self) -> str:
        """The message of the authoring event."""
        event = self.authoring_event
        return event.message if event else ""

    @property
    def ref(self) -> str:
        """The tag or commit of the authoring event."""
        event = self.authoring_event
        return event.ref if event else ""

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return its fields, down to the last event, without the keys in `exclude`."""
        raise NotImplementedError

    def dict_state(self, exclude: Exclude = None) -> Published:
        """Return its fields, and what they come to, without the keys in `exclude`."""
        event = self.authoring_event
        state: Published = {
            **self.model_dump(),
            "is_active": self.is_active,
            "activated_at": self.activated_at,
            "created_at": event.created_at if event else None,
            "author": event.author if event else "",
            "author_email": event.author_email if event else "",
            "message": event.message if event else "",
            "ref": event.ref if event else self.ref,
        }
        return without(state, exclude)


@dataclass(frozen=True, slots=True)
class PublishedStage(Authored):
    """A stage that a version is or was in."""

    artifact: str
    commit_hexsha: str
    version: str
    stage: str
    assignments: list[PublishedEvent] = field(default_factory=list)
    """Oldest first, as all lists of events here."""
    unassignments: list[PublishedEvent] = field(default_factory=list)

    def get_events(self, direct: bool = True, indirect: bool = True, ascending: bool = False) -> list[AnyEvent]:  # noqa: ARG002  published
        """Return its events, the newest first."""
        return _ordered([*self.assignments, *self.unassignments] if direct else [], ascending=ascending)

    @property
    def is_active(self) -> bool:
        """Whether the version is in the stage."""
        events = self.get_events()
        return bool(events) and events[0].addition

    @property
    def activated_at(self) -> datetime | None:
        """When the version came into the stage; None where it is not in it."""
        return self.get_events()[0].created_at if self.is_active else None

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return its fields, down to the last event, without the keys in `exclude`."""
        state: Published = {
            "artifact": self.artifact,
            "commit_hexsha": self.commit_hexsha,
            "version": self.version,
            "stage": self.stage,
            "assignments": [event.model_dump() for event in self.assignments],
            "unassignments": [event.model_dump() for event in self.unassignments],
        }
        return without(state, exclude)

    def dict_state(self, exclude: Exclude = None) -> Published:
        """Return its fields, and what they come to; its events say of which kind they are."""
        state = {
            **Authored.dict_state(self),
            "assignments": [event.dict_state() for event in self.assignments],
            "unassignments": [event.dict_state() for event in self.unassignments],
        }
        return without(state, exclude)


@dataclass(frozen=True, slots=True)
class PublishedVersion(Authored):
    """A version; one that was never registered is a commit with stages or an annotation, named by its hash."""

    artifact: str
    commit_hexsha: str
    version: str
    enrichments: list[CommitEvent] = field(default_factory=list)
    registrations: list[PublishedEvent] = field(default_factory=list)
    deregistrations: list[PublishedEvent] = field(default_factory=list)
    stages: dict[str, PublishedStage] = field(default_factory=dict)
    """By name, those that it was taken out of as well: get_vstages() returns those that it is in."""

    def get_events(self, direct: bool = True, indirect: bool = True, ascending: bool = False) -> list[AnyEvent]:
        """Return its registrations and deregistrations, and those of its stages and its commit, the newest first."""
        own = [*self.registrations, *self.deregistrations] if direct else []
        parts: list[AnyEvent] = [*self.enrichments, *(e for s in self.stages.values() for e in s.get_events())]
        return _ordered([*own, *(parts if indirect else [])], ascending=ascending)

    @property
    def is_active(self) -> bool:
        """Whether it counts: not deregistered since it was registered last."""
        own = self.get_events(indirect=False)
        return not own or isinstance(own[0], RegistrationEvent)

    @property
    def activated_at(self) -> datetime | None:
        """When it was registered first; without a registration, when its first event was."""
        events = self.registrations or self.get_events(ascending=True)
        return events[0].created_at if events else None

    @property
    def ref(self) -> str:
        """The tag or commit of the authoring event; its commit where nothing tells."""
        event = self.authoring_event
        return event.ref if event else self.commit_hexsha

    @property
    def is_registered(self) -> bool:
        """Whether a registration names it, undone or not."""
        return bool(self.registrations)

    @property
    def discovered(self) -> bool:
        """Whether neither a registration nor a deregistration names it."""
        return not (self.registrations or self.deregistrations)

    @property
    def get_enrichments_info(self) -> list[Published]:
        """The annotations at its commit."""
        return self.enrichments[0].enrichments if self.enrichments else []

    @property
    def semver(self) -> PublishedSemVer:
        """Its number; InvalidVersion where it was never registered."""
        return PublishedSemVer(self.version)

    def get_vstage(self, stage: str) -> PublishedStage:
        """Return a stage that it is or was in, or raise NoStageForVersion."""
        if stage not in self.stages:
            raise NoStageForVersion(self.artifact, self.version, stage)
        return self.stages[stage]

    def get_vstages(self, active_only: bool = True, ascending: bool = False) -> list[PublishedStage]:
        """Return the stages that it is in, the newest first; with `active_only` false those that it left as well."""
        wanted = [stage for stage in self.stages.values() if stage.is_active or not active_only]
        return sorted(wanted, key=lambda stage: stage.get_events()[0].key, reverse=not ascending)

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return its fields, down to the last event, without the keys in `exclude`."""
        state: Published = {
            "artifact": self.artifact,
            "commit_hexsha": self.commit_hexsha,
            "version": self.version,
            "enrichments": [event.model_dump() for event in self.enrichments],
            "registrations": [event.model_dump() for event in self.registrations],
            "deregistrations": [event.model_dump() for event in self.deregistrations],
            "stages": {name: stage.model_dump() for name, stage in self.stages.items()},
        }
        return without(state, exclude)

    def dict_state(self, exclude: Exclude = None, assignments_per_version: int = -1) -> Published:
        """Return its fields, and what they come to; `stages` are those that it is in, the newest first, so many."""
        stages = self.get_vstages()
        shown = stages if assignments_per_version < 0 else stages[:assignments_per_version]
        return without(self.with_stages(shown), exclude)

    def with_stages(self, stages: Iterable[PublishedStage]) -> Published:
        """Return its state with these for its stages."""
        state = Authored.dict_state(self)
        return {**state, "stages": [stage.dict_state() for stage in stages], "discovered": self.discovered}


@dataclass(frozen=True, slots=True)
class PublishedArtifact(Authored):
    """An artifact with its versions."""

    artifact: str
    versions: list[PublishedVersion] = field(default_factory=list)
    creations: list[PublishedEvent] = field(default_factory=list)
    """Always empty: GTO has no event 'created'."""
    deprecations: list[PublishedEvent] = field(default_factory=list)

    def get_events(self, direct: bool = True, indirect: bool = True, ascending: bool = False) -> list[AnyEvent]:
        """Return its deprecations, and the events of its versions, the newest first."""
        own: list[AnyEvent] = [*self.deprecations] if direct else []
        parts = [event for version in self.versions for event in version.get_events()] if indirect else []
        return _ordered([*own, *parts], ascending=ascending)

    @property
    def is_active(self) -> bool:
        """Whether it counts: some event, and the newest tag is no deprecation."""
        events = self.get_events()
        tags = [event for event in events if not isinstance(event, CommitEvent)]
        return bool(events) and not (tags and isinstance(tags[0], DeprecationEvent))

    @property
    def activated_at(self) -> datetime | None:
        """When its first event was."""
        events = self.get_events(ascending=True)
        return events[0].created_at if events else None

    @property
    def is_registered(self) -> bool:
        """Whether there is a tag for it."""
        return any(not isinstance(event, CommitEvent) for event in self.get_events())

    @property
    def discovered(self) -> bool:
        """Whether some version was registered or deregistered."""
        return any(not version.discovered for version in self.versions)

    @property
    def unique_stages(self) -> set[str]:
        """The stages that active versions are in."""
        return set(self.get_vstages())

    def get_versions(
        self,
        active_only: bool = True,
        include_non_explicit: bool = False,
        include_discovered: bool = False,
        sort: str | Enum = "semver",
        ascending: bool = False,
    ) -> list[PublishedVersion]:
        """Return the versions, the highest or the newest first; of active ones those that were registered.

        `include_non_explicit` and `include_discovered` add active ones without a registration.
        """
        more = include_non_explicit or include_discovered
        wanted = [v for v in self.versions if not active_only or (v.is_active and (v.is_registered or more))]
        return sort_versions(wanted, sort, ascending=ascending)

    def get_latest_version(self, registered_only: bool = False, sort: str | Enum = "semver") -> PublishedVersion | None:
        """Return the first of get_versions(), or None where there is none."""
        return next(iter(self.get_versions(include_non_explicit=not registered_only, sort=sort)), None)

    def get_vstages(
        self,
        registered_only: bool = False,
        assignments_per_version: int = -1,
        versions_per_stage: int = 1,
        sort: str | Enum = "semver",
    ) -> dict[str, list[PublishedStage]]:
        """Return by stage the versions that are in it, the highest or the last assigned first."""
        states = [stage for v in self.versions if v.is_active for stage in v.get_vstages()]
        states.sort(key=lambda stage: stage.get_events()[0].key, reverse=True)
        return by_stage(
            states,
            Choice(
                registered_only,
                assignments_per_version=assignments_per_version,
                versions_per_stage=versions_per_stage,
                sort=parse_sort(sort),
            ),
        )

    def find_versions(
        self, name: str | None = None, commit_hexsha: str | None = None, include_discovered: bool = False
    ) -> list[PublishedVersion]:
        """Return the versions of that name at that commit; one that no registration names only if it is wanted."""
        return [
            v
            for v in self.versions
            if (not name or v.version == name)
            and (not commit_hexsha or v.commit_hexsha == commit_hexsha)
            and (include_discovered or not v.discovered)
        ]

    def find_version(
        self,
        name: str | None = None,
        commit_hexsha: str | None = None,
        raise_if_not_found: bool = False,
        include_discovered: bool = False,
    ) -> PublishedVersion | None:
        """Return the one version that find_versions() finds; ManyVersions where there are more."""
        found = self.find_versions(name, commit_hexsha, include_discovered)
        if len(found) > 1:
            raise ManyVersions(self.artifact, [version.version for version in found])
        if raise_if_not_found and not found:
            raise VersionNotFound(f"No versions found for '{self.artifact}'", f"`gto show {self.artifact}` lists them")
        return next(iter(found), None)

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return its fields, down to the last event, without the keys in `exclude`."""
        state: Published = {
            "artifact": self.artifact,
            "versions": [version.model_dump() for version in self.versions],
            "creations": [event.model_dump() for event in self.creations],
            "deprecations": [event.model_dump() for event in self.deprecations],
        }
        return without(state, exclude)


@dataclass(frozen=True, slots=True)
class PublishedRegistry:
    """All artifacts of a registry, by name."""

    artifacts: dict[str, PublishedArtifact] = field(default_factory=dict)

    @property
    def unique_stages(self) -> list[str]:
        """The stages that active versions are in, sorted."""
        return sorted({stage for one in self.artifacts.values() for stage in one.unique_stages})

    def get_artifacts(self) -> dict[str, PublishedArtifact]:
        """Return the artifacts by name."""
        return self.artifacts

    def find_artifact(self, name: str, create_new: bool = False) -> PublishedArtifact:
        """Return an artifact; without it raise ArtifactNotFound, or with `create_new` return an empty one."""
        found = self.artifacts.get(name)
        if found is None and not create_new:
            raise ArtifactNotFound(name)
        return found or PublishedArtifact(name)

    def find_commit(self, name: str, version: str) -> str:
        """Return the commit of a version, or raise ArtifactNotFound or VersionNotFound."""
        found = self.find_artifact(name).find_version(version, raise_if_not_found=True)
        assert found is not None  # noqa: S101  else it was raised
        return found.commit_hexsha

    def which(
        self,
        name: str,
        stage: str,
        raise_if_not_found: bool = True,
        assignments_per_version: int | None = None,
        versions_per_stage: int | None = None,
        registered_only: bool = False,
    ) -> list[PublishedStage] | None:
        """Return the versions in a stage, the last assigned first; without one raise EmptyStage, or return None."""
        per_version = -1 if assignments_per_version is None else assignments_per_version
        per_stage = 1 if versions_per_stage is None else versions_per_stage
        found = self.find_artifact(name).get_vstages(registered_only, per_version, per_stage, "timestamp").get(stage)
        if found is None and raise_if_not_found:
            raise EmptyStage(name, stage)
        return found

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return all artifacts, down to the last event."""
        return without({"artifacts": {name: one.model_dump() for name, one in self.artifacts.items()}}, exclude)


def _events(events: Iterable[Event], version: str | None) -> list[PublishedEvent]:
    return [published(event, version) for event in events]


def published_stage(name: str, state: StageState) -> PublishedStage:
    """Return a stage of a version in its published form."""
    on, off = _events(state.assignments, state.version), _events(state.unassignments, state.version)
    return PublishedStage(name, state.commit, state.version, state.stage, on, off)


def published_version(name: str, state: VersionState, enriched: Enriched) -> PublishedVersion:
    """Return a version in its published form."""
    return PublishedVersion(
        name,
        state.commit,
        state.name,
        enriched.of(name, state),
        _events(state.registrations, state.name),
        _events(state.deregistrations, state.name),
        {stage.stage: published_stage(name, stage) for stage in state.stages},
    )


def published_artifact(state: ArtifactState, enriched: Enriched) -> PublishedArtifact:
    """Return an artifact in its published form."""
    versions = [published_version(state.name, version, enriched) for version in state.versions]
    return PublishedArtifact(state.name, versions, [], _events(state.deprecations, None))


def version_line(name: str, row: VersionRow, enriched: Enriched) -> Published:
    """Return a version as `gto show NAME --json` prints it: its stages are those of the row."""
    found = published_version(name, row.version, enriched)
    return found.with_stages(found.stages[stage.stage] for stage in row.stages)
