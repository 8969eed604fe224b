"""A door for other programs: the objects that GTO 1.x publishes of a registry, and the order of versions."""

from gto.core.version_order import sort_versions
from gto.output.authored import Authored as BaseObject
from gto.output.commit_event import CommitEvent as Commit
from gto.output.published import AssignmentEvent as Assignment
from gto.output.published import CreationEvent as Creation
from gto.output.published import DeprecationEvent as Deprecation
from gto.output.published import DeregistrationEvent as Deregistration
from gto.output.published import PublishedEvent as BaseEvent
from gto.output.published import RegistrationEvent as Registration
from gto.output.published import UnassignmentEvent as Unassignment
from gto.output.published_artifact import PublishedArtifact as Artifact
from gto.output.published_registry import PublishedRegistry as BaseRegistryState
from gto.output.published_version import PublishedStage as VStage
from gto.output.published_version import PublishedVersion as Version

__all__ = [
    "Artifact",
    "Assignment",
    "BaseEvent",
    "BaseObject",
    "BaseRegistryState",
    "Commit",
    "Creation",
    "Deprecation",
    "Deregistration",
    "Registration",
    "Unassignment",
    "VStage",
    "Version",
    "sort_versions",
]
