"""The whole registry as GTO 1.x publishes it: its artifacts by name."""

from dataclasses import dataclass, field

from gto.exceptions import ArtifactNotFound, EmptyStage
from gto.output.published import Exclude, Published, without
from gto.output.published_artifact import PublishedArtifact
from gto.output.published_version import PublishedStage


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
