"""The artifacts that GTO 1.x publishes, each with its versions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from gto.core.snapshot import ArtifactState
from gto.core.version_order import sort_versions
from gto.core.view import Choice, by_stage, parse_sort
from gto.exceptions import ManyVersions, VersionNotFound
from gto.output.authored import AnyEvent, Authored, newest_first, published_events
from gto.output.commit_event import CommitEvent, Enriched
from gto.output.published import DeprecationEvent, Exclude, Published, PublishedEvent, without
from gto.output.published_version import PublishedStage, PublishedVersion, published_version


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
        return newest_first([*own, *parts], ascending=ascending)

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


def published_artifact(state: ArtifactState, enriched: Enriched) -> PublishedArtifact:
    """Return an artifact in its published form."""
    versions = [published_version(state.name, version, enriched) for version in state.versions]
    return PublishedArtifact(state.name, versions, [], published_events(state.deprecations, None))
