"""The first metric of each artifact's latest version, how it changed, the values before, and which way is better."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from gto.core import semver
from gto.lineage.diff import Direction
from gto.studio.goals import is_higher_better, read_goals
from gto.studio.index.commit_versions import read_registered
from gto.studio.index.schema import artifact, fact, metric

_SPARK = 12  # values of a trend


class _Number(NamedTuple):
    commit: str
    file: str
    key: str
    value: float
    place: int


def write(connection: Connection, repository_id: int) -> None:
    """Bring the column `metric` of a repository's artifacts up to date."""
    same = artifact.c.repository_id == repository_id
    rows = connection.execute(select(artifact.c.id, artifact.c.name, artifact.c.latest_commit).where(same)).all()
    commits = _commits(connection, repository_id)
    numbers = _numbers(connection, repository_id)
    goals = _goals(connection, repository_id)
    values = [
        {
            "key": row.id,
            "found": _trend(row.latest_commit, commits[row.name], numbers[row.name], goals[row.name]),
        }
        for row in rows
    ]
    if values:
        connection.execute(
            update(artifact).where(artifact.c.id == bindparam("key")).values(metric=bindparam("found")), values
        )


def _commits(connection: Connection, repository_id: int) -> dict[str, list[str]]:
    """Return the commits of each artifact's versions that count, the lowest version first."""
    found: dict[str, list[tuple[semver.Key, str]]] = defaultdict(list)
    for (name, version), commit in read_registered(connection, repository_id).items():
        known = semver.parse(version)
        if known is not None:
            found[name].append((known.key, commit))
    return defaultdict(list, {name: [commit for _, commit in sorted(versions)] for name, versions in found.items()})


def _numbers(connection: Connection, repository_id: int) -> dict[str, dict[str, list[_Number]]]:
    columns = (metric.c.artifact, metric.c.commit, metric.c.file, metric.c.key, metric.c.value, metric.c.place)
    query = select(*columns).where(metric.c.repository_id == repository_id).order_by(metric.c.place)
    found: dict[str, dict[str, list[_Number]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(query):
        found[row.artifact][row.commit].append(_Number(*row[1:]))
    return found


def _goals(connection: Connection, repository_id: int) -> dict[str, Direction]:
    """Return what the annotation of each artifact's latest version says of its metrics."""
    told = (
        select(artifact.c.name, fact.c.body["annotation"])
        .join(fact, (fact.c.repository_id == artifact.c.repository_id) & (fact.c.artifact == artifact.c.name))
        .where(artifact.c.repository_id == repository_id, fact.c.commit == artifact.c.latest_commit)
    )
    return defaultdict(Direction, {row[0]: read_goals(row[1]) for row in connection.execute(told)})


def _trend(
    latest: str | None, commits: list[str], numbers: dict[str, list[_Number]], goals: Direction
) -> dict[str, object] | None:
    first = next(iter(numbers.get(latest or "", ())), None)
    if first is None:
        return None
    series = [
        one.value
        for commit in dict.fromkeys(commits)
        for one in numbers.get(commit, ())
        if (one.file, one.key) == (first.file, first.key)
    ]
    change = series[-1] - series[-2] if len(series) > 1 else None
    return {
        "file": first.file,
        "key": first.key,
        "value": first.value,
        "change": change,
        "values": series[-_SPARK:],
        "higher": is_higher_better(first.file, first.key, goals),
    }
