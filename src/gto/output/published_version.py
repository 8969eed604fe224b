"""The versions that GTO 1.x publishes, and the stages that each is or was in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gto.core.snapshot import StageState, VersionState
from gto.core.view import VersionRow
from gto.exceptions import NoStageForVersion
from gto.output.authored import AnyEvent, Authored, newest_first, published_events
from gto.output.commit_event import CommitEvent, Enriched
from gto.output.published import Exclude, Published, PublishedEvent, RegistrationEvent, without
from gto.output.published_semver import PublishedSemVer


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
        return newest_first([*self.assignments, *self.unassignments] if direct else [], ascending=ascending)

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
        return newest_first([*own, *(parts if indirect else [])], ascending=ascending)

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


def published_stage(name: str, state: StageState) -> PublishedStage:
    """Return a stage of a version in its published form."""
    on, off = published_events(state.assignments, state.version), published_events(state.unassignments, state.version)
    return PublishedStage(name, state.commit, state.version, state.stage, on, off)


def published_version(name: str, state: VersionState, enriched: Enriched) -> PublishedVersion:
    """Return a version in its published form."""
    return PublishedVersion(
        name,
        state.commit,
        state.name,
        enriched.of(name, state),
        published_events(state.registrations, state.name),
        published_events(state.deregistrations, state.name),
        {stage.stage: published_stage(name, stage) for stage in state.stages},
    )


def version_line(name: str, row: VersionRow, enriched: Enriched) -> Published:
    """Return a version as `gto show NAME --json` prints it: its stages are those of the row."""
    found = published_version(name, row.version, enriched)
    return found.with_stages(found.stages[stage.stage] for stage in row.stages)
