"""A door for other programs: `GitRegistry` of GTO 1.x, which `gto` and `gto.registry` give."""

from gto import api
from gto.exceptions import ArtifactNotFound
from gto.opened_repository import OpenedRepository
from gto.output.published import PublishedEvent
from gto.output.published_artifact import PublishedArtifact
from gto.output.published_registry import PublishedRegistry
from gto.output.published_version import PublishedStage, PublishedVersion
from gto.registry import annotation_lookup, version_reader
from gto.registry.registry import Registry

__all__ = ["GitRegistry"]


class GitRegistry(OpenedRepository):
    """One repository's registry; each call reads what is there then, and each forwards to `gto.api`."""

    __slots__ = ()

    def is_gto_repo(self) -> bool:
        """Tell whether there is anything of GTO: a configuration, an annotation, an event."""
        return version_reader.is_gto_repo(Registry.open(self.scm))

    # --- reading

    def get_state(self, all_branches: bool = False, all_commits: bool = False) -> PublishedRegistry:
        """Return everything; annotations at HEAD count, at the tips of all branches, or in all their commits."""
        registry = Registry.open(self.scm)
        return version_reader.state(
            registry, annotation_lookup.commits(registry, all_branches=all_branches, all_commits=all_commits)
        )

    def get_artifacts(self, all_branches: bool = False, all_commits: bool = False) -> dict[str, PublishedArtifact]:
        """Return the artifacts by name."""
        return self.get_state(all_branches, all_commits).get_artifacts()

    def find_artifact(
        self, name: str, create_new: bool = False, all_branches: bool = False, all_commits: bool = False
    ) -> PublishedArtifact:
        """Return an artifact; without it raise ArtifactNotFound, or with `create_new` return an empty one."""
        if all_branches or all_commits:
            return self.get_state(all_branches, all_commits).find_artifact(name, create_new)
        found = version_reader.artifact(Registry.open(self.scm), name)
        if found is None and not create_new:
            raise ArtifactNotFound(name)
        return found or PublishedArtifact(name)

    def find_commit(self, name: str, version: str) -> str:
        """Return the commit of a version."""
        return PublishedRegistry({name: self.find_artifact(name)}).find_commit(name, version)

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
        state = PublishedRegistry({name: self.find_artifact(name)})
        return state.which(
            name, stage, raise_if_not_found, assignments_per_version, versions_per_stage, registered_only
        )

    def latest(
        self,
        name: str,
        all: bool = False,  # noqa: A002  published
        registered: bool = True,
    ) -> PublishedVersion | list[PublishedVersion] | None:
        """Return the highest active version, None where there is none; with `all`, all, highest first."""
        return api.find_latest_version(self.scm, name, all, registered)

    def get_stages(self, allowed: bool = False, used: bool = False) -> list[str] | None:
        """Return the stages of the configuration (None for any), those ever used, or by default those that matter."""
        return api.get_stages(self.scm, allowed, used)

    def check_ref(self, ref: str) -> list[PublishedEvent]:
        """Return the event of a tag, in a list that is empty where the tag is none."""
        return api.check_ref(self.scm, ref)

    # --- writing: `simple` is what it is in GTO 1.x, where these methods number a tag unless they are told not to

    def register(
        self,
        name: str,
        rev: str,
        version: str | None = None,
        message: str | None = None,
        simple: bool | None = None,
        force: bool = False,
        bump_major: bool = False,
        bump_minor: bool = False,
        bump_patch: bool = False,
        push: bool = False,
        stdout: bool = False,
        author: str | None = None,
        author_email: str | None = None,
    ) -> PublishedEvent:
        """Register a version at `rev`, and return the event."""
        bumps = (bump_major, bump_minor, bump_patch)
        pushed = push or self.cloned
        return api.register(
            self.scm, name, rev, version, message, bool(simple), force, *bumps, pushed, stdout, author, author_email
        )

    def assign(
        self,
        name: str,
        stage: str,
        version: str | None = None,
        rev: str | None = None,
        name_version: str | None = None,
        message: str | None = None,
        simple: bool | None = False,
        force: bool = False,
        push: bool = False,
        skip_registration: bool = False,
        stdout: bool = False,
        author: str | None = None,
        author_email: str | None = None,
    ) -> PublishedEvent:
        """Assign a stage to `version`, or to the version at `rev`, and return the event."""
        how = (bool(simple), force, push or self.cloned, skip_registration, stdout, author, author_email)
        return api.assign(self.scm, name, stage, version, rev, name_version, message, *how)

    def unassign(
        self,
        name: str,
        stage: str,
        version: str | None = None,
        rev: str | None = None,
        message: str | None = None,
        simple: bool | None = False,
        force: bool = False,
        delete: bool = False,
        push: bool = False,
        stdout: bool = False,
        author: str | None = None,
        author_email: str | None = None,
    ) -> PublishedEvent | None:
        """Take a stage off a version, and return the event; None where tags were deleted instead."""
        how = (bool(simple), force, delete, push or self.cloned, author, author_email)
        return api.unassign(self.scm, name, rev, version, stage, message, stdout, *how)

    def deregister(
        self,
        name: str,
        rev: str | None = None,
        version: str | None = None,
        message: str | None = None,
        simple: bool | None = None,
        force: bool = False,
        delete: bool = False,
        push: bool = False,
        stdout: bool = False,
        author: str | None = None,
        author_email: str | None = None,
    ) -> PublishedEvent | None:
        """Take a version back, and return the event; None where tags were deleted instead."""
        how = (bool(simple), force, delete, push or self.cloned, author, author_email)
        return api.deregister(self.scm, name, rev, version, message, stdout, *how)

    def deprecate(
        self,
        name: str,
        rev: str | None = None,
        message: str | None = None,
        simple: bool | None = False,
        force: bool = False,
        delete: bool = False,
        push: bool = False,
        stdout: bool = False,
        author: str | None = None,
        author_email: str | None = None,
    ) -> PublishedEvent | None:
        """Retire an artifact, and return the event; None where tags were deleted instead."""
        how = (simple, force, delete, push or self.cloned, author, author_email)
        return api.deprecate(self.scm, name, rev, message, stdout, *how)
