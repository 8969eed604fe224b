"""What an MLflow registry holds, as frozen values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Texts = Mapping[str, str]
_NONE: Texts = MappingProxyType({})


class MlflowRun(NamedTuple):
    """What a run logged that led to a version."""

    params: Texts = _NONE
    metrics: Mapping[str, float] = MappingProxyType({})
    """The last value of each."""
    commit: str | None = None
    """The commit of the code, where the run says it."""


class MlflowVersion(NamedTuple):
    """One version of a registered model, as it is now."""

    number: int
    created: int
    """Seconds since 1970-01-01T00:00:00Z."""
    updated: int
    stage: str | None = None
    """The one stage that it is in; None for none."""
    description: str = ""
    tags: Texts = _NONE
    run: str | None = None
    user: str = ""
    status: str = "READY"


class MlflowModel(NamedTuple):
    """One registered model, as it is now."""

    name: str
    description: str = ""
    tags: Texts = _NONE
    aliases: Mapping[str, int] = MappingProxyType({})
    """The version that each is on."""
    versions: tuple[MlflowVersion, ...] = ()
    unread: tuple[str, ...] = ()
    """Why versions are not among these."""
