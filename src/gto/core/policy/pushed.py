"""The verdicts on what a push changes among the tags: what is added is never moved or deleted."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from gto.core import beside
from gto.core.approval import Approval
from gto.core.beside import Beside
from gto.core.event import UNREAD, Event, Problem, moment
from gto.core.files_signature import FilesSignature
from gto.core.indexed_replay import IndexedReplay, replay
from gto.core.policy.approval_rules import asking, promotion
from gto.core.policy.approver import is_approver
from gto.core.policy.explain import renamed
from gto.core.policy.judge import judge_in_turn
from gto.core.policy.policy import Facts, Policy, Reason, Verdict
from gto.core.replay import Draft
from gto.core.snapshot import ArtifactState, VersionState, crowded, fold_artifact
from gto.core.tag import Kind, find

AHEAD = 300
"""Seconds by which the clock of a machine may be ahead of that of the server."""
_NEAR_RE = re.compile(r"v\d|[^/@]*!|deprecated|created")  # behind an `@`
_AGAIN = "`git fetch --tags`, delete the tag here, and write the event again with gto"
Item = Event | Beside | Problem | None
"""What a tag is: None for one that is no business of GTO, or not there."""


class TagChange(NamedTuple):
    """What a push does to one tag."""

    ref: str
    """The tag's name."""
    was: Item
    """What it was before."""
    becomes: Item
    """What it will be."""
    is_new: bool
    """Whether there was no such tag."""
    is_gone: bool = False
    """Whether there will be none."""


class Scene(NamedTuple):
    """What a push meets: the events that are there, the facts, the server's clock, and who pushes."""

    known: Mapping[str, Sequence[Event]]
    """The events of the artifacts that the push touches."""
    facts: Mapping[str, Facts]
    """Facts of new events and of new approvals, by the ids of the tag objects."""
    now: int
    """Seconds since 1970-01-01T00:00:00Z."""
    user: str | None = None
    """The name by which the server knows who pushes; empty where it knows none, None where nobody pushes."""


def judge_push(policy: Policy, changes: Iterable[TagChange], scene: Scene) -> list[Verdict]:
    """Return a verdict on each change that is GTO's business, sorted by tag; their order is no matter."""
    verdicts: list[Verdict] = []
    groups: dict[str, list[Event]] = defaultdict(list)
    others: list[Beside] = []
    for change in changes:
        fixed = list(_not_addition(change))
        if fixed:
            verdicts.append(Verdict(change.ref, tuple(fixed)))
        elif isinstance(change.becomes, Event):
            groups[change.becomes.artifact].append(change.becomes)
        elif isinstance(change.becomes, Beside):
            others.append(change.becomes)
    states = {
        name: fold_artifact(name, [*scene.known.get(name, ()), *groups.get(name, ())])
        for name in {one.name.artifact for one in others}
    }
    for one in others:
        state = states[one.name.artifact]
        if isinstance(one, Approval):
            verdicts.append(_judge_approval(policy, one, state, scene))
        else:
            verdicts.append(_judge_files_signature(policy, one, state, scene))
    for artifact, events in groups.items():
        verdicts += _judge_events(policy, artifact, events, scene)
    return sorted(verdicts, key=attrgetter("ref"))


def _not_addition(change: TagChange) -> Iterator[Reason]:
    lost = isinstance(change.was, Problem) and change.was.code in UNREAD  # its object is not here
    kept = lost or isinstance(change.was, Event | Beside)
    what = beside.noun(change.was.name) if isinstance(change.was, Beside) else "event"
    article = "a" if isinstance(change.was, FilesSignature) else "an"
    if change.is_gone:
        if kept:
            yield Reason("deleted", f"{article} {what} is never deleted", hint=_undo(change.was))
    elif kept and not change.is_new:
        yield Reason("moved", f"{article} {what} is never moved or overwritten", hint="write a new one with gto")
    elif isinstance(change.becomes, Problem):
        yield Reason(change.becomes.code, change.becomes.reason, hint=change.becomes.hint)
    elif change.becomes is None and looks_like_event(change.ref):
        text = f"'{change.ref}' looks like an event, and is none"
        yield Reason("ill-formed", text, hint=renamed(change.ref))


def looks_like_event(name: str) -> bool:
    """Tell whether a tag's name, which is no event and not beside them, could be taken for one."""
    if name.startswith(beside.PREFIXES):
        return beside.find(name) is None
    parts = name.split("@")
    near = "#" in name or (parts[0] == "" and len(parts) > 1) or any(_NEAR_RE.match(part) for part in parts[1:])
    return near and find(name) is None


def _undo(item: Item) -> str:
    if not isinstance(item, Event):
        return "it stays as the record of what was said"
    return f"`gto deprecate {item.artifact}` and its other forms undo by a new event"


def _judge_events(policy: Policy, artifact: str, events: list[Event], scene: Scene) -> Iterator[Verdict]:
    state = fold_artifact(artifact, scene.known.get(artifact, ()))
    past, newest = replay(state.events), state.last

    def also(event: Event, problem: Problem | None) -> Iterator[Reason]:
        yield from _times(policy, event, scene.now)
        problem = problem or _second(past, event)
        if problem is not None:
            yield Reason(problem.code, problem.reason, hint=_AGAIN)
        yield from _pusher(policy, event, scene)
        if newest is not None and event.key < newest:
            text = f"it sorts before '{newest[3]}', which is there already"
            yield Reason("back-dated", text, hint=_AGAIN)

    return judge_in_turn(policy, past, events, scene.facts, also)


def _second(past: IndexedReplay, event: Event) -> Problem | None:
    """Return the problem that a registration is, where its commit carries another version."""
    if event.kind is not Kind.REGISTRATION or past.subject(event) is not None:
        return None
    there = past.on_commit(event.commit)
    made = Draft(event.tag.version or "", event.commit)
    made.registrations.append(event)
    return crowded(event.artifact, [*there, made]) if there else None


def _times(policy: Policy, item: Event | Beside, now: int) -> Iterator[Reason]:
    if item.time > now + AHEAD:
        text = f"its time, {moment(item.time).isoformat()}, is in the future"
        yield Reason("in-the-future", text, hint="set the clock, and write it again")
    if policy.max_age is not None and item.time < now - policy.max_age:
        text = f"its time, {moment(item.time).isoformat()}, is more than {policy.max_age} s ago"
        yield Reason("too-old", text, "max_age", hint=_AGAIN)


def _pusher(policy: Policy, item: Event | Beside, scene: Scene) -> Iterator[Reason]:
    if scene.user is None or not policy.users:
        return
    email = policy.users.get(scene.user)
    if not scene.user:
        text = "the server does not say who pushes"
        yield Reason("unknown-user", text, "users", "let it set GTO_USER, or take `users` out of the policy")
    elif email is None:
        yield Reason("unknown-user", f"'{scene.user}' is none of the users of the policy", "users")
    elif email.lower() != item.author_email.lower():
        text = f"'{scene.user}' pushes a tag that '{item.author_email}' is said to have made"
        yield Reason("impersonated", text, "users", "everybody pushes what they tagged themselves")


def _version_of(item: Beside, state: ArtifactState) -> VersionState | None:
    """Return the version that a tag beside the events is about, where it is on its commit."""
    version = state.version(item.name.version)
    is_there = version is not None and version.is_registered and version.commit == item.commit
    return version if is_there else None


def _elsewhere(item: Beside, code: str, command: str) -> Reason:
    text = f"it is not on the commit of '{item.name.version}'"
    return Reason(code, text, hint=f"`{command}` puts it where it belongs")


def _judge_files_signature(policy: Policy, item: FilesSignature, state: ArtifactState, scene: Scene) -> Verdict:
    """Judge what a push can know: who reads the files decides by the keys that they trust."""
    reasons = [*_times(policy, item, scene.now), *_pusher(policy, item, scene)]
    if _version_of(item, state) is None:
        reasons.append(_elsewhere(item, "files-signature-elsewhere", "gto sign"))
    return Verdict(item.ref, tuple(reasons))


def _judge_approval(policy: Policy, item: Approval, state: ArtifactState, scene: Scene) -> Verdict:
    reasons = [*_times(policy, item, scene.now), *_pusher(policy, item, scene)]
    version = _version_of(item, state)
    if version is None:
        reasons.append(_elsewhere(item, "approval-elsewhere", "gto approve"))
    elif item.time < version.registrations[0].time:
        text = f"it is older than the registration of '{item.name.version}'"
        reasons.append(Reason("approval-too-early", text, hint="approve what is there: `gto approve`"))
    signature = scene.facts.get(item.oid, Facts()).signature
    if signature is None or not signature.is_good:
        why = signature.trust.value if signature is not None else "unsigned"
        reasons.append(Reason("approval-not-signed", f"the signature is not good: {why}", hint="approvals are signed"))
        return Verdict(item.ref, tuple(reasons))
    rules = asking(policy, promotion(item.name, item.commit))
    if rules and not any(is_approver(policy, rule, item, signature) for rule in rules):
        allowed = ", ".join(rules[0].approvers or ()) or "nobody"
        text = f"'{item.author_email}' may not approve this; allowed: {allowed}"
        reasons.append(Reason("not-an-approver", text, rules[0].name, "ask one of them, or change the rule"))
    return Verdict(item.ref, tuple(reasons), tuple(rule.name for rule in rules))
