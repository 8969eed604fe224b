"""Which version a client asks for: by version, stage, tag, commit, or a word for the latest; the index tells."""

import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from sqlalchemy import Connection

from gto.core import selector as selectors
from gto.core.selector import Pick, Selector
from gto.core.snapshot import ArtifactState
from gto.exceptions import EmptyStage
from gto.registry.resolve import pick_version
from gto.studio.downloads.located_version import ChosenVersion
from gto.studio.index import events, lookup

_COMMIT_RE = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


StageOf = Callable[[str], str | None]
"""Returns which stage a word means that names none; None for none."""


class AskedBy(Enum):
    """What a client named a version by."""

    LATEST = "latest"
    VERSION = "version"
    STAGE = "stage"
    COMMIT = "commit"


_BY = {Pick.LATEST: AskedBy.LATEST, Pick.VERSION: AskedBy.VERSION, Pick.STAGE: AskedBy.STAGE}


class AskedVersion(NamedTuple):
    """The version that a client asked for."""

    chosen: ChosenVersion
    by: AskedBy
    stage: str = ""
    """The stage by which it was named; empty for another way."""


def choose_asked(
    connection: Connection, repo: str, name: str, asked: str, stage_of: StageOf | None = None
) -> AskedVersion:
    """Return the version of an artifact that a client names, in whatever way; all protocols read it so.

    Nothing, and the reserved words, mean the highest active version. Then come, in this order: a version with or
    without its `v`, a tag as in `churn@v1.2.0` or a selector as in `churn#prod`, a stage, a whole commit. `stage_of`
    returns which stage a word that is none of these means, None for none. What is found is what `gto get` finds: of a
    deprecated artifact nothing but a commit. RepositoryNotFound, ArtifactNotFound, or else VersionNotFound or
    EmptyStage is raised where there is no such thing.
    """
    found = lookup.find_repository(connection, repo)
    row = lookup.find_artifact(connection, found, name)
    wanted = selectors.parse_asked(name, asked)
    if row.is_active and wanted.pick is Pick.LATEST and row.latest and row.latest_commit:
        return AskedVersion(ChosenVersion(repo, name, row.latest, row.latest_commit), AskedBy.LATEST)
    if row.is_active and wanted.pick is Pick.STAGE and (cell := row.stages.get(wanted.value)) is not None:
        return AskedVersion(ChosenVersion(repo, name, cell.version, cell.commit), AskedBy.STAGE, wanted.value)
    state = events.artifact_state(connection, found.id, name)
    if _COMMIT_RE.fullmatch(wanted.value):
        same = state.at_commit(wanted.value) or tuple(one for one in state.versions if one.commit == wanted.value)
        if same:
            return AskedVersion(ChosenVersion(repo, name, same[0].name, same[0].commit), AskedBy.COMMIT)
    return _pick(state, repo, wanted, stage_of, is_annotated=not row.is_known)


def _pick(
    state: ArtifactState,
    repo: str,
    wanted: Selector,
    stage_of: StageOf | None,
    *,
    is_annotated: bool,
) -> AskedVersion:
    """Return what is named, by the events themselves."""
    try:
        version = pick_version(state, wanted, is_annotated=is_annotated).version
    except EmptyStage:
        stage = stage_of(wanted.value) if stage_of is not None else ""
        if not stage or stage == wanted.value:
            raise
        return _pick(state, repo, Selector(state.name, Pick.STAGE, stage), None, is_annotated=is_annotated)
    chosen = ChosenVersion(repo, state.name, version.name, version.commit)
    return AskedVersion(chosen, _BY[wanted.pick], wanted.value if wanted.pick is Pick.STAGE else "")
