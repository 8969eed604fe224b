"""The repositories as pages and the REST API list them, and what the doctor found in one."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from gto.core.event import Problem
from gto.output.published import Published
from gto.studio.index.schema import artifact, fact, problem, repository


class SyncProgress(NamedTuple):
    """How far the reading of one repository's versions is."""

    done: int
    wanted: int


class RepositoryRow(NamedTuple):
    """One repository."""

    name: str
    address: str
    is_remote: bool
    branch: str | None
    groups: list[str]
    head: str | None
    read_at: float | None
    changed_at: float | None
    error: str | None
    hint: str | None
    artifacts: int
    problems: int
    facts: int
    progress: SyncProgress | None = None
    """None where nothing is being read."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "progress": self.progress and self.progress._asdict()}


class ListedBranch(NamedTuple):
    """Where a branch stands."""

    name: str
    commit: str
    time: int | None
    author: str
    subject: str


class FoundExamination(NamedTuple):
    """What is known of one repository beside its row: its policy, what the doctor found, its branches."""

    policy: str | None
    has_policy: bool
    policy_error: str | None
    policy_hint: str | None
    examined_at: float | None
    problems: tuple[Problem, ...]
    config: tuple[str, ...]
    notes: tuple[str, ...]
    branches: tuple[ListedBranch, ...]


_OF_REPOSITORY = [repository.c[name] for name in RepositoryRow._fields[:10]]


def find(connection: Connection) -> tuple[RepositoryRow, ...]:
    """Return the repositories in the catalogue's order."""
    counts = [
        select(func.count()).where(table.c.repository_id == repository.c.id).scalar_subquery()
        for table in (artifact, problem, fact)
    ]
    query = select(*_OF_REPOSITORY, *counts).order_by(repository.c.position)
    return tuple(RepositoryRow(*row) for row in connection.execute(query))


def find_examination(connection: Connection, repository_id: int) -> FoundExamination:
    """Return what was found in one repository; nothing where it was not examined yet."""
    columns = [repository.c[name] for name in (*FoundExamination._fields[:5], "findings", "branches")]
    *said, findings, branches = connection.execute(select(*columns).where(repository.c.id == repository_id)).one()
    told: dict[str, Any] = findings or {}
    problems = tuple(Problem(**one) for one in told.get("problems", ()))
    config, notes = tuple(told.get("config", ())), tuple(told.get("notes", ()))
    heads = tuple(ListedBranch(**one) for one in branches or ())
    return FoundExamination._make((*said, problems, config, notes, heads))
