"""What the commits of branches and experiments hold: metrics, params, hashes of data; each commit is read once."""

import json
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

from gto.dvc.project_root import roots_below
from gto.exceptions import GTOException
from gto.fs.cache_dir import digest
from gto.git.commit_files import Files
from gto.git.commit_tree import Tree
from gto.git.object_cache import ObjectCache
from gto.lineage.bulk import gather_each
from gto.lineage.collect import CollectedFacts
from gto.registry.registry import Registry
from gto.registry.resolve import Target
from gto.studio.index.schema import commit, commit_values, value_set

CHUNK = 200
"""How many commits are read, and written, at a time."""

_PIPELINE = "dvc.yaml"
_FORGET = delete(commit_values).where(
    commit_values.c.repository_id == bindparam("r"),
    commit_values.c.oid == bindparam("o"),
    commit_values.c.project == bindparam("p"),
)


class Measured(NamedTuple):
    """What a commit holds in one project."""

    oid: str
    project: str
    pipelines: list[str]
    """The directories of its `dvc.yaml` files."""
    body: str
    """JSON: the same text for the same values."""
    is_whole: bool
    """Whether all files of values that it declares were read."""


def missing(connection: Connection, repository_id: int) -> list[str]:
    """Return the commits that were not read, the newest first."""
    same = (commit_values.c.repository_id == commit.c.repository_id) & (commit_values.c.oid == commit.c.oid)
    query = select(commit.c.oid).where(commit.c.repository_id == repository_id, ~exists().where(same))
    return list(connection.execute(query.order_by(commit.c.time.desc(), commit.c.oid)).scalars())


def read(registry: Registry, oids: Sequence[str]) -> Iterator[list[Measured]]:
    """Yield what these commits hold, so many commits at a time."""
    cache = ObjectCache()
    for start in range(0, len(oids), CHUNK):
        yield list(_read_some(registry, oids[start : start + CHUNK], cache))


def _read_some(registry: Registry, oids: Sequence[str], cache: ObjectCache) -> Iterator[Measured]:
    files = Files(registry.repo, cache)
    files.open(oids)
    places = [(oid, root) for oid in oids for root in _roots(files, oid)]
    # Before the colon of an artifact's name stands the directory that it is in: so a project is named.
    points = [Target(oid, oid, f"{root}:" if root else None) for oid, root in places]
    for (oid, root), known in zip(places, gather_each(registry, points, cache), strict=True):
        yield Measured(oid, root, _pipelines(files, oid, root), json.dumps(_body(known)), not _lacking(known))


def _roots(files: Files, oid: str) -> list[str]:
    """Return the roots of the DVC projects of a commit; that of the repository is always one."""
    try:
        return sorted({"", *roots_below(Tree(files, oid), "")})
    except GTOException:  # a commit that cannot be read: gathering it says why
        return [""]


def _pipelines(files: Files, oid: str, root: str) -> list[str]:
    """Return the directories of a project's pipelines, without those of projects inside of it."""
    try:
        tree = Tree(files, oid)
        inner = tuple(f"{other}/" for other in roots_below(tree, root) if other != root)
        found = [path for path, entry in tree.named(_PIPELINE, root) if not entry.is_directory]
    except GTOException:
        return []
    return sorted({posixpath.dirname(path) for path in found if not path.startswith(inner)})


def _body(known: CollectedFacts) -> dict[str, object]:
    """Return the values, in lists that keep the order in which files and keys stand."""
    return {
        "metrics": [[file, key, value] for file, keyed in known.metrics.files.items() for key, value in keyed.items()],
        "params": [[file, key, value] for file, keyed in known.params.files.items() for key, value in keyed.items()],
        "data": [[datum.path, datum.md5] for datum in known.data if datum.md5],
        "not_in_git": _lacking(known),
        "problems": [[one.subject, one.reason] for one in known.problems],
    }


def _lacking(known: CollectedFacts) -> list[list[str]]:
    """Return the files that are declared, that Git does not hold and that were not found elsewhere, and why."""
    return [[one.path, one.reason, one.hint] for one in known.elsewhere if one.place is None]


def write(connection: Connection, repository_id: int, found: Iterable[Measured]) -> None:
    """Put what commits hold into the index; values that are there already are not put there again."""
    rows, sets = [], {}
    for one in found:
        key = digest(one.body.encode("utf-8", "surrogatepass"))
        place = {"repository_id": repository_id, "oid": one.oid, "project": one.project}
        rows.append({**place, "pipelines": one.pipelines, "digest": key})
        sets[key] = {"repository_id": repository_id, "digest": key, "body": one.body, "is_whole": one.is_whole}
    same = value_set.c.repository_id == repository_id
    known = set(connection.execute(select(value_set.c.digest).where(same)).scalars())
    new = [sets[key] for key in sets.keys() - known]
    if rows:  # a second Studio may have read the same
        connection.execute(_FORGET, [{"r": repository_id, "o": one["oid"], "p": one["project"]} for one in rows])
    for table, added in ((commit_values, rows), (value_set, new)):
        if added:
            connection.execute(insert(table), added)


def forget_lacking(connection: Connection, repository_id: int) -> None:
    """Have those commits read again of which a file was not found: DVC's cache may have it now."""
    same = value_set.c.repository_id == repository_id
    lacking = select(value_set.c.digest).where(same, value_set.c.is_whole.is_(False))
    ours = commit_values.c.repository_id == repository_id
    connection.execute(delete(commit_values).where(ours, commit_values.c.digest.in_(lacking)))
    forget_unused(connection, repository_id)


def forget_unused(connection: Connection, repository_id: int) -> None:
    """Take the values of commits out of the index that no row tells of any more."""
    used = exists().where(commit.c.repository_id == commit_values.c.repository_id, commit.c.oid == commit_values.c.oid)
    connection.execute(delete(commit_values).where(commit_values.c.repository_id == repository_id, ~used))
    held = select(commit_values.c.digest).where(commit_values.c.repository_id == repository_id)
    same = value_set.c.repository_id == repository_id
    connection.execute(delete(value_set).where(same, value_set.c.digest.not_in(held)))
