"""What is written, pushed or checked, judged by a policy."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gto.core.beside import Beside
from gto.core.event import Event
from gto.core.policy import Verdict
from gto.core.policy.behalf import OnBehalf, demand
from gto.core.policy.pushed import Scene, TagChange, judge_push
from gto.core.snapshot import ArtifactState
from gto.exceptions import PolicyRefused
from gto.git import tag_reader
from gto.git.approvals import read_items
from gto.git.command import Git
from gto.registry.policy.sources import PolicySource, Scope, for_writing, gather
from gto.registry.registry import Registry

_MANY = 20  # artifacts; the tags of more are read all at once


class Move(NamedTuple):
    """What a push does to a tag: its name, and the ids of the objects before and after; None for no tag."""

    ref: str
    old: str | None
    new: str | None


def judge(
    where: Scope, moves: Sequence[Move], known: Mapping[str, Sequence[Event]] | None = None, user: str | None = None
) -> list[Verdict]:
    """Return a verdict on each change of a tag that is GTO's business.

    `known` are the events that were there before, by artifact; they are read where they are not given. `user` is who
    pushes, by the name under which a server knows them. What is new now is judged, however old it claims to be.
    """
    policy = where.source.policy._replace(since=0)
    where = where._replace(source=where.source._replace(policy=policy))
    git = where.registry.git
    before = read_items(git, {move.ref: move.old for move in moves if move.old is not None})
    after = read_items(git, {move.ref: move.new for move in moves if move.new is not None})
    changes = [
        TagChange(move.ref, before.get(move.ref), after.get(move.ref), move.old is None, move.new is None)
        for move in moves
    ]
    events = [item for item in after.values() if isinstance(item, Event)]
    others = [item for item in after.values() if isinstance(item, Beside)]
    artifacts = {event.artifact for event in events} | {item.name.artifact for item in others}
    if known is None:
        known = read_known(git, artifacts, leave_out={move.ref for move in moves if move.old is None})
    facts = gather(where, events, others, known=(event for group in known.values() for event in group))
    return judge_push(policy, changes, Scene(known, facts, int(time.time()), user))


def read_known(git: Git, artifacts: Iterable[str], leave_out: set[str]) -> dict[str, list[Event]]:
    """Read the events of artifacts, but those of some tags."""
    wanted = sorted(set(artifacts))
    if len(wanted) > _MANY:
        read = [list(tag_reader.read_tags(git, tag_reader.list_tags(git)))]
    else:
        read = [tag_reader.read_artifact(git, name)[1] for name in wanted]
    found: dict[str, list[Event]] = {name: [] for name in wanted}
    for item in (item for items in read for item in items):
        if isinstance(item, Event) and item.artifact in found and item.ref not in leave_out:
            found[item.artifact].append(item)
    return found


def check_writing(
    registry: Registry,
    policies: Iterable[PolicySource],
    state: ArtifactState,
    created: Mapping[str, str],
    deleted: Mapping[str, str],
    *,
    behalf: OnBehalf | None = None,
) -> None:
    """Raise PolicyRefused where one of the policies forbids the new tags, names to object ids, or a deletion.

    It does so, too, where one wants what the program that writes on a person's behalf cannot give.
    """
    moves = [Move(ref, None, oid) for ref, oid in created.items()]
    moves += [Move(ref, oid, None) for ref, oid in deleted.items()]
    for source in policies:
        for verdict in judge(for_writing(registry, source), moves, {state.name: state.events}):
            lacking = demand(source.policy, verdict.rules, behalf) if behalf is not None else None
            if lacking is not None:
                raise PolicyRefused(verdict.ref, [str(lacking)], lacking.hint, source.where)
            refuse(verdict, source.where)


def refuse(verdict: Verdict, where: str = "") -> None:
    """Raise PolicyRefused for a verdict that has reasons."""
    if not verdict.is_allowed:
        raise PolicyRefused(verdict.ref, map(str, verdict.reasons), verdict.reasons[0].hint, where)
