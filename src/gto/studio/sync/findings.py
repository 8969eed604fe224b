"""The last phase: what `gto doctor` finds, the branches, and how many problems each artifact has."""

import time
from collections import defaultdict

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gto.core.event import WARNINGS, Problem, commit_time
from gto.fs.cache_dir import digest
from gto.registry.doctor.examination import examine
from gto.registry.registry import Registry
from gto.studio.index.database import IndexWriter
from gto.studio.index.schema import artifact, fact, problem, repository
from gto.studio.sync.repository_row import row_of
from gto.studio.sync.tags import problem_row

_STALE = 3600.0  # seconds after which it is done again, though nothing changed in Git: a lock, say, is no ref
_MOST_BRANCHES = 200
_FIELDS = ("name", "commit", "time", "author", "subject")
_FORMAT = "%(refname:lstrip=2)%00%(objectname)%00%(committerdate:unix)%00%(authorname)%00%(contents:subject)"


def sync_examination(database: IndexWriter, name: str, registry: Registry) -> None:
    """Examine a repository that changed since that was done last, or where that is long ago."""
    with database.read() as connection:
        row = row_of(connection, name)
    whole = digest(f"{row.tags} {row.heads} {row.judged}".encode())
    now = time.time()
    if row.examined == whole and now - (row.examined_at or 0) < _STALE:
        return
    if row.tags not in {"", digest(registry.listing.text)}:
        return  # somebody else has read newer tags meanwhile, and examines those
    found = examine(registry, now)
    said = {
        "examined": whole,
        "examined_at": now,
        "branches": read_branches(registry),
        "findings": {
            "config": registry.config.lines(),
            "problems": [one._asdict() for one in found.problems],
            "notes": list(found.notes),
        },
    }
    with database.write() as connection:
        row_of(connection, name, for_update=True)
        write_problems(connection, row.id, found.problems)
        count_problems(connection, row.id)
        connection.execute(update(repository).where(repository.c.id == row.id).values(said))


def read_branches(registry: Registry) -> list[dict[str, object]]:
    """Return the branches, those changed last first; in a clone without any of its own, as in others, those here."""
    words = ["--sort=-committerdate", f"--count={_MOST_BRANCHES}", f"--format={_FORMAT}", "refs/heads"]
    out = registry.git.run(["for-each-ref", *words]).decode("utf-8", "replace")
    rows = (dict(zip(_FIELDS, line.split("\0"), strict=False)) for line in out.splitlines() if line.count("\0") == 4)  # noqa: PLR2004  between five fields
    return [{**row, "time": commit_time(row["time"]) if row["time"].isdigit() else None} for row in rows]


def write_problems(connection: Connection, repository_id: int, found: tuple[Problem, ...]) -> None:
    """Put into the index what only the doctor finds; what was set aside while reading is there."""
    same = problem.c.repository_id == repository_id
    connection.execute(delete(problem).where(same, problem.c.origin == "doctor"))
    query = select(problem.c.code, problem.c.subject, problem.c.reason).where(same)
    known = {tuple(row) for row in connection.execute(query)}
    new = [one for one in found if (one.code, one.subject, one.reason) not in known]
    if new:
        rows = [{"repository_id": repository_id, **problem_row(one, "doctor", "")} for one in new]
        connection.execute(insert(problem), rows)


def count_problems(connection: Connection, repository_id: int) -> None:
    """Count what its page shows as wrong with each artifact, but for warnings."""
    counted: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    columns = [problem.c[name] for name in ("code", "subject", "reason", "artifact", "tag_group")]
    for row in connection.execute(select(*columns).where(problem.c.repository_id == repository_id)):
        if row.code not in WARNINGS:
            for name in {row.artifact, row.tag_group} - {""}:
                counted[name].add(tuple(row[:3]))
    same = artifact.c.repository_id == repository_id
    ours = (fact.c.repository_id == repository_id) & (fact.c.artifact == artifact.c.name)
    told = select(artifact.c.name, fact.c.body["problems"]).join(
        fact, ours & (fact.c.commit == artifact.c.latest_commit)
    )
    for name, problems in connection.execute(told.where(same)):
        counted[name] |= {(one["code"], one["subject"], one["reason"]) for one in problems or ()}
    query = select(artifact.c.id, artifact.c.name, artifact.c.problems).where(same)
    rows = [
        {"key": row.id, "n": len(counted[row.name])}
        for row in connection.execute(query)
        if row.problems != len(counted[row.name])
    ]
    if rows:
        changed = update(artifact).where(artifact.c.id == bindparam("key"))
        connection.execute(changed.values(problems=bindparam("n")), rows)
