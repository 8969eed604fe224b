"""The answers of the REST API, a page at a time: a cursor says where one ended, as a word that only this API reads."""

import base64
import binascii
import json
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from gto.exceptions import UsageError

_LONGEST = 2000  # of a cursor


class RepositoryResource(BaseModel):
    """A repository that is read."""

    name: str
    address: str = Field(
        description="A path only for an admin of all repositories; else that of its remote, or empty where it has none"
    )
    is_remote: bool
    head: str | None = Field(description="The commit whose annotations count")
    read_at: datetime | None = Field(description="When Git was asked last")
    error: str | None = Field(description="Why it could not be read; null where it could")
    artifacts: int
    problems: int


class StageResource(BaseModel):
    """The version that a stage shows."""

    version: str
    commit: str
    ref: str = Field(description="The tag that assigned the stage")
    assigned_at: datetime
    author: str
    behind: int = Field(description="How many versions that count are higher")


class MetricResource(BaseModel):
    """The first metric of the latest version."""

    file: str
    key: str
    value: float
    change: float | None = Field(description="Against the version before")


class FrameworkResource(BaseModel):
    """What a model is made with; empty where its side-car does not say it."""

    name: str
    version: str


class ModelResource(BaseModel):
    """What the side-car of the latest version says of its model."""

    framework: FrameworkResource
    code_on_load: str = Field(description="What loading runs, as `gto inspect --json` says it")
    stale: bool | None = Field(description="True where the side-car is of another file; null where nobody can tell")


class ArtifactResource(BaseModel):
    """An artifact, as the list shows it."""

    repo: str
    name: str
    type: str | None
    description: str | None
    path: str | None
    labels: list[str]
    registered: bool
    active: bool = Field(description="False where it is deprecated")
    latest: str | None = Field(description="The highest version that counts")
    commit: str | None = Field(description="Of the latest version")
    versions: int
    stages: dict[str, StageResource]
    metric: MetricResource | None
    model: ModelResource | None = Field(description="Null where the latest version has no side-car")
    size: int | None = Field(description="Bytes of the latest version; null where nobody knows")
    problems: int


class VersionResource(BaseModel):
    """A version of an artifact; a commit that only has stages is one too, named by its hash."""

    name: str
    commit: str
    ref: str | None = Field(description="The tag that registered it")
    registered_at: datetime | None
    author: str
    message: str
    active: bool = Field(description="False where it is deregistered")
    stages: list[str]
    metrics: dict[str, float | str]


class EventResource(BaseModel):
    """An event, as `gto history --json` prints it."""

    repo: str
    timestamp: datetime
    artifact: str
    event: str
    version: str | None
    stage: str | None
    commit: str
    author: str
    author_email: str
    message: str
    ref: str
    before: str | None = Field(description="The version in whose place this one came")


class ResolvedVersion(BaseModel):
    """What a selector names."""

    repo: str
    artifact: str
    version: str
    commit: str
    ref: str


class ValueRow(BaseModel):
    """A metric or parameter of several versions; null where one has none."""

    file: str
    key: str
    values: list[float | int | str | bool | None]


class ComparedVersions(BaseModel):
    """Several versions of an artifact, value by value, in the order in which they were asked for."""

    versions: list[str]
    metrics: list[ValueRow]
    params: list[ValueRow]


class RepositoryList(BaseModel):
    """All repositories."""

    items: list[RepositoryResource]


class ArtifactList(BaseModel):
    """One page of artifacts."""

    items: list[ArtifactResource]
    total: int
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class VersionList(BaseModel):
    """One page of versions, the highest first."""

    items: list[VersionResource]
    total: int
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class EventList(BaseModel):
    """One page of events, the newest first."""

    items: list[EventResource]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class ProblemDetails(BaseModel):
    """Why a request was refused, as RFC 9457 has it."""

    status: int
    title: str
    detail: str
    hint: str
    command: str | None = Field(None, description="What does it instead, where Studio does not write it")


def moment(seconds: float | None) -> datetime | None:
    """Return a moment as answers have it; None where it is not known."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def encode_cursor(values: list[str | int]) -> str:
    """Return the cursor of the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> list[str | int] | None:
    """Return the values of a cursor, of these kinds; None for the empty one. UsageError where it is none of ours."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise UsageError("The cursor is none of this API's", "leave it out to begin with the first page")
    return values
