"""The repositories as pages and the REST API list them, and what the doctor found in one."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from gto.core.event import Problem
from gto.git.remote import is_url
from gto.output.published import Published
from gto.studio.index.schema import artifact, fact, problem, repository
from gto.studio.words import without_paths


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
    remote: str | None
    """The address of its own remote, where it is a clone."""
    progress: SyncProgress | None = None
    """None where nothing is being read."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        told = {key: value for key, value in self._asdict().items() if key != "remote"}
        return {**told, "progress": self.progress and self.progress._asdict()}

    def without_paths(self) -> "RepositoryRow":
        """Return it as it is shown to who need not know where the server keeps it."""
        error, hint = self.error and without_paths(self.error), self.hint and without_paths(self.hint)
        address = public_address(self.address if self.is_remote else self.remote)
        return self._replace(address=address, error=error, hint=hint)


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

    def without_paths(self) -> "FoundExamination":
        """Return it as it is shown to who need not know where the server keeps it."""
        problems = tuple(
            one._replace(
                subject=without_paths(one.subject), reason=without_paths(one.reason), hint=without_paths(one.hint)
            )
            for one in self.problems
        )
        error, hint = (text and without_paths(text) for text in (self.policy_error, self.policy_hint))
        notes, config = (tuple(map(without_paths, lines)) for lines in (self.notes, self.config))
        return self._replace(problems=problems, policy_error=error, policy_hint=hint, notes=notes, config=config)


_OF_REPOSITORY = [repository.c[name] for name in RepositoryRow._fields[:10]]


def public_address(remote: str | None) -> str:
    """Return an address that others reach too; empty for none, and for a directory of the server."""
    return remote if remote and is_url(remote) and not remote.lower().startswith("file:") else ""


def find(connection: Connection, *, shows_paths: bool) -> tuple[RepositoryRow, ...]:
    """Return the repositories in the catalogue's order; without `shows_paths` no path of the server is among it."""
    counts = [
        select(func.count()).where(table.c.repository_id == repository.c.id).scalar_subquery()
        for table in (artifact, problem, fact)
    ]
    query = select(*_OF_REPOSITORY, *counts, repository.c.remote).order_by(repository.c.position)
    rows = [RepositoryRow._make((*row, None)) for row in connection.execute(query)]
    return tuple(rows if shows_paths else [row.without_paths() for row in rows])


def find_examination(connection: Connection, repository_id: int) -> FoundExamination:
    """Return what was found in one repository; nothing where it was not examined yet."""
    columns = [repository.c[name] for name in (*FoundExamination._fields[:5], "findings", "branches")]
    *said, findings, branches = connection.execute(select(*columns).where(repository.c.id == repository_id)).one()
    told: dict[str, Any] = findings or {}
    problems = tuple(Problem(**one) for one in told.get("problems", ()))
    config, notes = tuple(told.get("config", ())), tuple(told.get("notes", ()))
    heads = tuple(ListedBranch(**one) for one in branches or ())
    return FoundExamination._make((*said, problems, config, notes, heads))
