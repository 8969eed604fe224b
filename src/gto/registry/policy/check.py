"""Tags that are there already, or that a push changed, judged as a hook would; what a reader accepts of them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gto.core.beside import Beside
from gto.core.event import Event, Problem
from gto.core.policy import Policy, Verdict
from gto.core.policy.judge import judge_history
from gto.core.policy.pushed import Scene, TagChange, judge_push
from gto.exceptions import NotFound, RefNotFound, UsageError, WrongArgs
from gto.git.approvals import read_items
from gto.git.repo import commit_of
from gto.registry.policy import enforce, sources
from gto.registry.policy.enforce import Move
from gto.registry.policy.sources import PolicySource, Scope
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE, has_remote, knows_upstream

NOWHERE = "nowhere: there is none"
_NEVER = 1 << 62  # seconds: a clock after every event
_LINE_RE = re.compile(r"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^ \n]+)")
_HEAD_RE = re.compile(r"ref: refs/heads/([^\t\n]+)\tHEAD\n")
_REV_RE = re.compile(r"([^~^]+)([~^].*)?", re.DOTALL)
_OID_RE = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def default_source(registry: Registry, rev: str | None = None) -> PolicySource:
    """Return the policy of the remote's default branch, or of a revision that the caller names; an empty one for none.

    What is checked out never counts: it may be the very tag that is to be judged.
    """
    rev = rev or _default_branch(registry)
    commit = _resolve(registry, rev)
    found = sources.read_source(registry, commit, f"'{rev}'")
    return found or PolicySource(Policy(), NOWHERE, commit)


def _resolve(registry: Registry, rev: str) -> str:
    """Return the commit of a branch; a tag of its name, which git would prefer, does not count."""
    match = _REV_RE.fullmatch(rev)
    name, steps = (match[1], match[2] or "") if match else (rev, "")
    exact = name.startswith("refs/") or name == "HEAD" or _OID_RE.fullmatch(name)
    for candidate in [name] if exact else [f"refs/remotes/{name}", f"refs/heads/{name}"]:
        commit = commit_of(registry.git, candidate + steps)
        if commit is not None:
            return commit
    error = RefNotFound(rev)
    error.hint = "name a branch, such as origin/main, or a whole commit id; a tag as refs/tags/NAME"
    raise error


def own_source(registry: Registry) -> PolicySource:
    """Return the policy that a reader goes by: of the remote's default branch, or without a remote the work tree's."""
    if registry.repo.top is not None and not has_remote(registry):
        if remotes := registry.git.run(["remote"]).decode("utf-8", "replace").split():
            hint = f"`git remote rename {remotes[0]} {REMOTE}`, if that is the one to go by"
            raise WrongArgs(f"No remote is called '{REMOTE}', so whose policy counts is not known", hint)
        found = sources.read_source(registry, None, "the work tree")
        return found or PolicySource(Policy(), NOWHERE, None)
    where = "the default branch" + (f" of '{REMOTE}'" if registry.repo.top is not None else "")
    try:
        source = default_source(registry)
    except WrongArgs as error:
        error.hint = f"`git fetch {REMOTE}`, then `git remote set-head {REMOTE} --auto` finds it out"
        raise
    return source if source.where == NOWHERE else source._replace(where=where)


def _default_branch(registry: Registry) -> str:
    if registry.repo.top is None:
        return "HEAD"
    if knows_upstream(registry):
        return f"refs/remotes/{REMOTE}/HEAD"
    return f"refs/remotes/{REMOTE}/{_ask_default(registry)}"


def _ask_default(registry: Registry) -> str:
    """Ask the remote for the name of its default branch, which this clone never noted."""
    out, status, _ = registry.git.ask(["ls-remote", "--quiet", "--symref", "--", REMOTE, "HEAD"])
    match = _HEAD_RE.match(out.decode("utf-8", "surrogateescape"))
    name = match[1] if match and not status else None
    if name is None or commit_of(registry.git, f"refs/remotes/{REMOTE}/{name}") is None:
        hint = "name it: --policy-from origin/main, say; `git remote set-head origin --auto` sets it once"
        why = "the remote does not tell it" if name is None else f"it is '{name}', which was not fetched"
        raise WrongArgs(f"The default branch of the remote is not known: {why}", hint)
    return name


def check_tags(
    registry: Registry,
    refs: Sequence[str],
    source: PolicySource,
    *,
    signers: bytes | None = None,
    user: str | None = None,
) -> list[Verdict]:
    """Return a verdict on each tag, after the events that are older than it; what is no event has none."""
    names = [ref.removeprefix("refs/tags/") for ref in refs]
    oids = {ref: oid for oid, ref in registry.listing if ref in set(names)}
    for name in names:
        if name not in oids:
            error: NotFound = RefNotFound(name)
            error.hint = "it is no tag: `gto tags` lists them"
            raise error
    items = read_items(registry.git, oids)
    events = [item for item in items.values() if isinstance(item, Event)]
    others = [item for item in items.values() if isinstance(item, Beside)]
    artifacts = {event.artifact for event in events} | {item.name.artifact for item in others}
    where = sources.scope(registry, source, signers)
    known = _allowed(where, enforce.read_known(registry.git, artifacts, leave_out=set()))
    # What was once pushed in time is old one day; what claims to be older than the policy is judged all the same.
    policy = source.policy._replace(max_age=None, since=0)
    where = where._replace(source=source._replace(policy=policy))
    facts = sources.gather(where, events, others, known=(event for group in known.values() for event in group))
    verdicts = []
    for name in names:
        item = items.get(name)
        if isinstance(item, Event):
            before = {item.artifact: [event for event in known[item.artifact] if event.key < item.key]}
        else:
            before = known
        change = TagChange(name, None, item, is_new=True)
        verdicts += judge_push(policy, [change], Scene(before, facts, _NEVER, user))
    return verdicts


def _allowed(where: Scope, known: dict[str, list[Event]]) -> dict[str, list[Event]]:
    """Return the events that the policy allows: a refused one is no ground for another."""
    events = [event for group in known.values() for event in group]
    verdicts = judge_history(where.source.policy, events, sources.gather(where, events))
    return {name: [event for event in group if verdicts[event.ref].is_allowed] for name, group in known.items()}


class Update(NamedTuple):
    """What a push did to one ref: object ids, None where there is no such ref."""

    old: str | None
    new: str | None
    ref: str


def check_push(
    registry: Registry,
    updates: Sequence[Update],
    source: PolicySource | None = None,
    *,
    signers: bytes | None = None,
    user: str | None = None,
) -> list[Verdict]:
    """Return verdicts on what a push changed, by the policy of the default branch before it, unless one is given."""
    if source is None:
        source = source_before(registry, updates, default_name(registry))
    # As they were: a server may yet refuse the branch, and take the tag.
    tips = {ref.removeprefix("refs/heads/"): old for old, _, ref in updates if ref.startswith("refs/heads/")}
    find = sources.find_branches(registry)
    where = sources.scope(registry, source, signers, lambda branch: tips[branch] if branch in tips else find(branch))
    moves = [
        Move(ref.removeprefix("refs/tags/"), old, new) for old, new, ref in updates if ref.startswith("refs/tags/")
    ]
    return enforce.judge(where, moves, user=user)


def parse_lines(lines: Iterable[str]) -> list[Update]:
    """Read lines of `old new ref`, as git gives them to a pre-receive hook; an id of zeros is None: no such ref."""
    found = []
    for line in filter(None, (line.rstrip("\n") for line in lines)):
        match = _LINE_RE.fullmatch(line)
        if match is None:
            raise UsageError(f"'{line}' is no line of `old new ref`", "two object ids and a ref, separated by blanks")
        old, new = (oid if oid.strip("0") else None for oid in match.groups()[:2])
        found.append(Update(old, new, match[3]))
    # Git sets such a ref to the first of its lines, whatever the others say.
    if twice := [ref for ref, count in Counter(one.ref for one in found).items() if count > 1]:
        raise WrongArgs(f"'{twice[0]}' is named twice in one push", "push each ref once")
    return found


def source_before(registry: Registry, updates: Sequence[Update], name: str) -> PolicySource:
    """Return the policy of the default branch, by its name, before the push."""
    old = [before for before, _, ref in updates if ref == f"refs/heads/{name}"]
    if old and old[0] is None:  # the push made the branch: there was no policy before
        return PolicySource(Policy(), "nowhere: the branch is new", None)
    return default_source(registry, old[0] if old else None)


def default_name(registry: Registry) -> str:
    """Return the name of the default branch: of HEAD in a bare repository, of the remote's HEAD in a clone."""
    start = "refs/heads/" if registry.repo.top is None else f"refs/remotes/{REMOTE}/"
    if registry.repo.top is not None and has_remote(registry) and not knows_upstream(registry):
        return _ask_default(registry)
    head = "HEAD" if registry.repo.top is None else f"{start}HEAD"
    out = registry.git.run(["symbolic-ref", "--quiet", head], ok=(0, 1, 128)).decode("utf-8", "replace")
    return out.strip().removeprefix(start)


def require_policy(registry: Registry, signers: bytes | None = None) -> None:
    """From now on read only the events that the policy of the default branch allows.

    `signers` are allowed signers in the place of the policy's.
    """
    source = own_source(registry)
    where = sources.scope(registry, source, signers)

    def sift(items: Iterable[Event | Problem]) -> Iterator[Event | Problem]:
        kept = list(items)
        events = [item for item in kept if isinstance(item, Event)]
        verdicts = judge_history(source.policy, events, sources.gather(where, events))
        for item in kept:
            verdict = verdicts.get(item.ref) if isinstance(item, Event) else None
            if verdict is None or verdict.is_allowed:
                yield item
            else:
                registry.ignored[verdict.ref] = "; ".join(map(str, verdict.reasons))

    registry.sifts += (sift,)
