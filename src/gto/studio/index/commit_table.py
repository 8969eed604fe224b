"""The commits of a repository as the table of experiments needs them: branches, values, versions, all at once."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, Text, cast, func, select

from gto.lineage.values import Value
from gto.studio.index import schema
from gto.studio.index.commit_versions import VersionMark, read_versions
from gto.studio.index.schema import branch_commit, commit_values, experiment, value_set
from gto.studio.live.live_experiment import RUNNING, LiveExperiment


class ValueColumn(NamedTuple):
    """One value that commits have."""

    kind: str
    """`metrics`, `params` or `data`."""
    file: str
    """Empty for data, whose key is its path."""
    key: str


class LackingFile(NamedTuple):
    """A file of values that a commit declares, and that was not read."""

    path: str
    reason: str
    hint: str


class ValueSet(NamedTuple):
    """What a commit holds in a project."""

    digest: str
    values: Mapping[ValueColumn, Value]
    lacking: tuple[LackingFile, ...]
    problems: tuple[str, ...]


class FoundCommit(NamedTuple):
    """A commit of the index."""

    oid: str
    parent: str | None
    author: str
    author_email: str
    time: int
    subject: str
    is_hidden: bool


class FoundBranch(NamedTuple):
    """A branch, the default one first."""

    name: str
    tip: str
    total: int
    behind: int


class FoundExperiment(NamedTuple):
    """A DVC experiment."""

    ref: str
    name: str
    baseline: str
    oid: str


class CommitTable(NamedTuple):
    """All that the index holds of a repository's commits, with the values of one project."""

    branches: tuple[FoundBranch, ...]
    on_branch: Mapping[str, tuple[str, ...]]
    """The commits of each branch that are in the index, the newest first."""
    commits: Mapping[str, FoundCommit]
    experiments: Mapping[str, tuple[FoundExperiment, ...]]
    """By the commit that they were made from."""
    digests: Mapping[str, str]
    """Of the values of each commit; a commit without one was not read yet, or has no such project."""
    values: Mapping[str, ValueSet]
    """By digest."""
    versions: Mapping[str, tuple[VersionMark, ...]]
    unread: int
    """How many commits are to be read."""
    live: Mapping[str, LiveExperiment] = MappingProxyType({})
    """Experiments that are no commits yet, by what stands for their commit: they run, or were not pushed."""
    astray: tuple[LiveExperiment, ...] = ()
    """Those of them whose baseline is none of these commits."""

    def values_of(self, oid: str) -> ValueSet | None:
        """Return what a commit holds; None where it is not known."""
        return self.values.get(self.digests.get(oid, ""))

    def hiding(self, oids: Collection[str]) -> "CommitTable":
        """Return it with more commits hidden: those that a team does not want to see."""
        more = {oid: self.commits[oid]._replace(is_hidden=True) for oid in oids if oid in self.commits}
        return self._replace(commits={**self.commits, **more}) if more else self

    def with_live(self, lives: Iterable[LiveExperiment], now: float) -> "CommitTable":
        """Return it with experiments that are no commits yet; what was pushed is there already."""
        shown = [one for one in lives if not self._has(one, now)]
        placed = [one for one in shown if one.baseline in self.commits]
        made = {oid: list(ones) for oid, ones in self.experiments.items()}
        for one in placed:
            made.setdefault(one.baseline, []).append(FoundExperiment("", one.name, one.baseline, one.oid))
        return self._replace(
            experiments={oid: tuple(ones) for oid, ones in made.items()},
            commits={**self.commits, **{one.oid: _commit_of(one) for one in placed}},
            digests={**self.digests, **{one.oid: one.oid for one in placed}},
            values={**self.values, **{one.oid: _values_of(one) for one in placed}},
            live={one.oid: one for one in placed},
            astray=tuple(one for one in shown if one.baseline not in self.commits),
        )

    def _has(self, one: LiveExperiment, now: float) -> bool:
        """Tell whether an experiment was pushed: its commit is here, or one of its name after it ended."""
        if one.revision:
            return one.revision in self.commits
        pushed = self.experiments.get(one.baseline, ())
        return one.state(now) != RUNNING and any(made.name == one.name for made in pushed)

    def is_unchanged(self, oid: str) -> bool:
        """Tell whether a commit holds the same values as its parent: one that holds none, or is not known, does not."""
        found, mine = self.commits.get(oid), self.values_of(oid)
        before = self.values_of(found.parent) if found and found.parent else None
        if mine is None or before is None or not (mine.values or mine.lacking):
            return False
        return mine is before or (mine.values, mine.lacking) == (before.values, before.lacking)


def _commit_of(one: LiveExperiment) -> FoundCommit:
    return FoundCommit(one.oid, None, one.person, one.email, int(one.started_at), one.message, is_hidden=False)


def _values_of(one: LiveExperiment) -> ValueSet:
    told = (("metrics", one.metrics), ("params", one.params))
    values = {ValueColumn(kind, file, key): value for kind, held in told for file, key, value in held}
    return ValueSet(one.oid, values, (), ())


class ProjectPlace(NamedTuple):
    """A project of a repository: the root of a DVC project, or a directory of a pipeline inside of one."""

    path: str
    root: str

    def holds(self, path: str) -> bool:
        """Tell whether a file is of the project."""
        return self.path == self.root or path.startswith(f"{self.path}/")


def read_projects(connection: Connection, repository_id: int) -> tuple[ProjectPlace, ...]:
    """Return the projects of a repository by their paths; one without any is one."""
    query = select(commit_values.c.project, cast(commit_values.c.pipelines, Text))  # JSON cannot be compared everywhere
    rows = connection.execute(query.where(commit_values.c.repository_id == repository_id).distinct()).all()
    told = [(root, json.loads(pipelines)) for root, pipelines in rows]
    found = {ProjectPlace(path, root) for root, pipelines in told if pipelines for path in [root, *pipelines]}
    return tuple(sorted(found)) or (ProjectPlace("", ""),)


def read_table(connection: Connection, repository_id: int, project: ProjectPlace) -> CommitTable:
    """Read a repository's commits."""
    same = {"repository_id": repository_id}
    commits = {row.oid: FoundCommit._make(row) for row in _rows(connection, schema.commit, FoundCommit._fields, same)}
    branches = sorted(_rows(connection, schema.branch, ("place", *FoundBranch._fields), same))
    on_branch: dict[str, list[str]] = defaultdict(list)
    for row in sorted(_rows(connection, branch_commit, ("branch", "place", "oid"), same)):
        on_branch[row.branch].append(row.oid)
    made: dict[str, list[FoundExperiment]] = defaultdict(list)
    for row in sorted(_rows(connection, experiment, FoundExperiment._fields, same)):
        made[row.baseline].append(FoundExperiment._make(row))
    digests = _rows(connection, commit_values, ("oid", "digest"), {**same, "project": project.root})
    read = select(func.count(commit_values.c.oid.distinct())).where(commit_values.c.repository_id == repository_id)
    return CommitTable(
        tuple(FoundBranch._make(row[1:]) for row in branches),
        {name: tuple(oids) for name, oids in on_branch.items()},
        commits,
        {oid: tuple(ones) for oid, ones in made.items()},
        {row.oid: row.digest for row in digests},
        {one.digest: one for one in _read_values(connection, repository_id, project)},
        read_versions(connection, repository_id),
        len(commits) - int(connection.execute(read).scalar_one()),
    )


def find_commit(connection: Connection, repository_id: int, oid: str) -> FoundCommit | None:
    """Return a commit; None where the index does not hold it."""
    rows = _rows(connection, schema.commit, FoundCommit._fields, {"repository_id": repository_id, "oid": oid})
    return FoundCommit._make(rows[0]) if rows else None


def _rows(
    connection: Connection, table: Table, columns: Sequence[str], same: Mapping[str, object]
) -> Sequence[Row[Any]]:
    query = select(*(table.c[name] for name in columns))
    return connection.execute(query.where(*(table.c[name] == value for name, value in same.items()))).all()


def _read_values(connection: Connection, repository_id: int, project: ProjectPlace) -> Iterator[ValueSet]:
    same = (commit_values.c.repository_id == repository_id, commit_values.c.project == project.root)
    held = value_set.c.digest.in_(select(commit_values.c.digest).where(*same))
    query = select(value_set.c.digest, value_set.c.body).where(value_set.c.repository_id == repository_id, held)
    known: dict[tuple[str, str, str], ValueColumn] = {}
    for digest, body in connection.execute(query):
        found = json.loads(body)
        values: dict[ValueColumn, Value] = {}
        for kind in ("metrics", "params"):
            for file, key, value in found[kind]:
                if project.holds(file):
                    values[known.setdefault((kind, file, key), ValueColumn(kind, file, key))] = value
        for path, mark in found["data"]:
            if project.holds(path):
                values[known.setdefault(("data", "", path), ValueColumn("data", "", path))] = mark
        lacking = tuple(LackingFile(*one) for one in found["not_in_git"] if project.holds(one[0]))
        yield ValueSet(digest, values, lacking, tuple(f"{path}: {why}" for path, why in found["problems"]))


class RepositoryCommits(NamedTuple):
    """How much the index holds of a repository."""

    name: str
    branches: int
    experiments: int
    commits: int
    newest: int | None
    """When the newest of these commits was made."""


def count_commits(connection: Connection) -> tuple[RepositoryCommits, ...]:
    """Count what the index holds, in the catalogue's order."""
    counts = [
        select(wanted).where(table.c.repository_id == schema.repository.c.id).scalar_subquery()
        for table, wanted in (
            (schema.branch, func.count()),
            (experiment, func.count()),
            (schema.commit, func.count()),
            (schema.commit, func.max(schema.commit.c.time)),
        )
    ]
    query = select(schema.repository.c.name, *counts).order_by(schema.repository.c.position)
    return tuple(RepositoryCommits._make(row) for row in connection.execute(query))
