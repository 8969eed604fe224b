"""The first phase: tags become events, artifacts and stages; only the artifacts whose tags changed are read."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from gto.core.event import UNREAD, Event, Problem
from gto.core.snapshot import ArtifactState, fold_artifact
from gto.core.transitions import Transition, steps
from gto.git import tag_reader
from gto.registry.registry import Registry
from gto.registry.standings_cache import Group, group
from gto.studio.index.dialects import storable_row
from gto.studio.index.events import cells_of, shown_cells
from gto.studio.index.schema import artifact, event, problem, standing, tag_group

_AT_ONCE = 1000  # rows that are written together: what is in memory at a time


class ReadTags(NamedTuple):
    """What the tags of some artifacts say, by the name under which they are grouped."""

    events: dict[str, list[Event]]
    problems: dict[str, list[Problem]]

    @property
    def lacking(self) -> set[str]:
        """Whose tags git cannot read now, and may be able to later, though no ref changes."""
        return {name for name, problems in self.problems.items() if any(one.code in UNREAD for one in problems)}


def changed_groups(connection: Connection, repository_id: int, registry: Registry) -> tuple[list[Group], set[str]]:
    """Return the groups of tags that are not as they were read last, and the artifacts that have no tag any more."""
    groups = group(registry.listing.text)
    query = select(tag_group.c.artifact, tag_group.c.digest).where(tag_group.c.repository_id == repository_id)
    known: dict[str, str] = {row.artifact: row.digest for row in connection.execute(query)}
    changed = [one for one in groups if known.get(one.name) != one.digest]
    return changed, known.keys() - {one.name for one in groups}


def read(registry: Registry, groups: Iterable[Group]) -> ReadTags:
    """Read the tags of these groups; a mirror that lacks one of their objects is made anew first."""
    groups = list(groups)
    owner = {_ref(line): one.name for one in groups for line in one.lines}
    text = b"".join(line for one in groups for line in one.lines)
    found = ReadTags({one.name: [] for one in groups}, {one.name: [] for one in groups})
    for item in tag_reader.read_tags(registry.git, tag_reader.Listing(text)):
        if isinstance(item, Event):
            found.events[item.artifact].append(item)
        else:
            found.problems[owner.get(item.subject, item.artifact)].append(item)
    if found.lacking and registry.repo.mend():
        del registry.listing
        wanted = {one.name for one in groups}
        return read(registry, [one for one in group(registry.listing.text) if one.name in wanted])
    return found


def _ref(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape").rstrip("\n").partition(" refs/tags/")[2]


def write(connection: Connection, repository_id: int, groups: Iterable[Group], found: ReadTags) -> None:
    """Put what was read in the place of what the index held of these artifacts."""
    groups = list(groups)
    forget(connection, repository_id, [one.name for one in groups])
    same = {"repository_id": repository_id}
    states = {one.name: fold_artifact(one.name, found.events[one.name]) for one in groups}
    aside = {name: [*found.problems[name], *state.problems] for name, state in states.items()}
    lacking = found.lacking
    digests = {one.name: "" if one.name in lacking else one.digest for one in groups}  # those are read again next time
    _insert(connection, tag_group, [{**same, "artifact": name, "digest": each} for name, each in digests.items()])
    of_events = (row for name, state in states.items() for row in event_rows(state, found.events[name]))
    _insert(connection, event, ({**same, **row} for row in of_events))
    of_problems = [problem_row(each, "tags", name) for name, problems in aside.items() for each in problems]
    _insert(connection, problem, [{**same, **row} for row in of_problems])
    shown = [state for state in states.values() if state.newest is not None]
    _insert(connection, artifact, [{**same, **artifact_row(state, len(aside[state.name]))} for state in shown])
    ids = artifact_ids(connection, repository_id)
    standings = ((ids[state.name], *found) for state in shown for found in cells_of(state))
    of_stages = ({"artifact_id": key, "stage": stage, "place": n, **one._asdict()} for key, stage, n, one in standings)
    _insert(connection, standing, of_stages)


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, object]]) -> None:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        connection.execute(insert(table), some)


def artifact_ids(connection: Connection, repository_id: int) -> dict[str, int]:
    """Return the ids of a repository's artifacts by name."""
    query = select(artifact.c.name, artifact.c.id).where(artifact.c.repository_id == repository_id)
    return {row.name: row.id for row in connection.execute(query)}


def forget(connection: Connection, repository_id: int, names: Iterable[str]) -> None:
    """Take all that was read from the tags of these artifacts out of the index."""
    values = [{"r": repository_id, "n": name} for name in names]
    if not values:
        return
    columns = ((tag_group, "artifact"), (event, "artifact"), (problem, "tag_group"), (artifact, "name"))
    for table, column in columns:
        same = (table.c.repository_id == bindparam("r")) & (table.c[column] == bindparam("n"))
        connection.execute(delete(table).where(same), values)


def event_rows(state: ArtifactState, events: Iterable[Event]) -> Iterator[dict[str, object]]:
    """Yield the row of each event of an artifact, with the version that it concerns."""
    known = steps(state)
    for one in events:
        who, step = one.tagger, known.get(one.ref, Transition())
        yield {
            "ref": one.ref,
            "oid": one.oid,
            "artifact": one.artifact,
            "kind": int(one.kind),
            "version": step.version or None,
            "before": step.before,
            "stage": one.tag.stage,
            "commit": one.commit,
            "time": one.time,
            "counter": one.tag.counter or 0,
            "author": who.name,
            "author_email": who.email,
            "folded_author": f"{who.name} {who.email}".casefold(),
            "body": one.body,
            "counts": one.ref in known,
        }


def problem_row(one: Problem, origin: str, owner: str) -> dict[str, object]:
    """Return the row of what was set aside."""
    return {**one._asdict(), "origin": origin, "tag_group": owner}


def artifact_row(state: ArtifactState, problems: int) -> dict[str, object]:
    """Return the row of an artifact, as far as its tags tell."""
    latest = state.latest
    events = state.events
    born = latest.registrations[-1] if latest else None
    staged = [one.time for one in events if one.kind.of_stage]
    return {
        "name": state.name,
        "is_known": True,
        "is_active": state.is_active,
        "versions": sum(one.is_registered and one.is_active for one in state.versions),
        "latest": latest.name if latest else None,
        "latest_commit": latest.commit if latest else None,
        "latest_at": born.time if born else None,
        "latest_by": born.author if born else None,
        "folded_latest_by": born.author.casefold() if born else None,
        "changed_at": events[-1].time,
        "staged_at": max(staged, default=None),
        "behind": max((cell.behind for _, _, cell in cells_of(state)), default=0),
        "labels": [],
        "problems": problems,
        "search": state.name.casefold(),
        "stages": {stage: storable_row(cell) for stage, cell in sorted(shown_cells(state).items())},
    }
