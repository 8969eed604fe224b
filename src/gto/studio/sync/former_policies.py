"""What the policy said when an event was written: what was fine then is not held against it now."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter

from gto.core.event import Event
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy import Facts, Policy
from gto.core.policy.judge import judge
from gto.exceptions import BadFile
from gto.policy_file import FILE
from gto.registry.policy import sources
from gto.registry.policy.sources import PolicySource
from gto.registry.registry import Registry


def is_committed(registry: Registry, source: PolicySource) -> bool:
    """Tell whether the policy is that of a commit."""
    if source.rev is not None:
        return True
    try:
        there = sources.read_source(registry, "HEAD", source.where) if registry.repo.rev else None
    except BadFile:
        return False
    return there is not None and there.policy == source.policy


def fine_then(
    registry: Registry, source: PolicySource, events: Sequence[Event], refused: Collection[str]
) -> frozenset[str]:
    """Return those of the refused events that the policy of their time let through, or that are older than any.

    What a shallow clone lacks of the policy's history is not known: there the policy of now counts.
    """
    if not refused or registry.repo.is_shallow or not registry.repo.rev:
        return frozenset()
    changes = _changes(registry, source)
    asked: dict[str, list[Event]] = defaultdict(list)
    for one in events:
        if one.ref in refused:
            asked[next((oid for time, oid in changes if time <= one.time), "")].append(one)
    found = frozenset(one.ref for one in asked.pop("", ()))
    to_judge: dict[str, tuple[Policy, Facts]] = {}
    for oid, group in asked.items():
        former = _read(registry, oid, source)
        facts = sources.gather(sources.scope(registry, former), group, known=events)
        to_judge |= {one.ref: (former.policy, facts[one.oid]) for one in group}
    return found.union(_allowed(events, to_judge)) if to_judge else found


def _changes(registry: Registry, source: PolicySource) -> Sequence[tuple[int, str]]:
    """Return when the policy became another, and the commits that made it so, the newest first."""
    args = ["rev-list", "--first-parent", "--format=%ct %H", "--no-commit-header", source.rev or "HEAD", "--", FILE]
    lines = registry.git.run(args).decode("ascii").splitlines()
    return [(int(time), oid) for time, oid in (line.split() for line in lines)]


def _read(registry: Registry, oid: str, source: PolicySource) -> PolicySource:
    try:
        return sources.read_source(registry, oid, source.where) or PolicySource(Policy(), source.where, oid)
    except BadFile:  # what it forbade is not known
        return source


def _allowed(events: Sequence[Event], to_judge: Mapping[str, tuple[Policy, Facts]]) -> Iterator[str]:
    """Yield the events that their policies allow, each judged as its writer was: after all that was there before."""
    pasts: dict[str, IndexedReplay] = defaultdict(IndexedReplay)
    for one in sorted(events, key=attrgetter("key")):
        past = pasts[one.artifact]
        if past.misfit(one):
            continue
        if one.ref in to_judge:
            policy, facts = to_judge[one.ref]
            if judge(policy, one, past, facts).is_allowed:
                yield one.ref
        past.add(one)
