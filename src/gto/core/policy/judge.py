"""The verdict on one event: policy, what was before, and facts decide."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import NamedTuple

from gto.core import semver
from gto.core.event import Event, Problem
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy.approver import counts_from, doubt
from gto.core.policy.model_rules import model_reasons
from gto.core.policy.policy import Facts, Needs, Policy, Reason, Rule, Verdict, is_one_of
from gto.core.replay import Draft
from gto.core.tag import Kind
from gto.core.tag_signature import Signature, Trust

_SIGNED = "signing.required"
_WILD = frozenset("*?[")


def needs(policy: Policy, event: Event, *, revives: bool = False) -> Needs:
    """Return which facts the verdict may rest on; `revives`: whether it may bring a deprecated artifact back."""
    if event.time < policy.since:
        return Needs()
    rules = [rule for rule in policy.rules if _may_cover(rule, event, revives=revives)]
    adds = event.kind.is_addition or revives
    approvals = adds and any(rule.approvals for rule in rules)  # the author's own key counts for none
    keys = any("@" not in one for rule in rules for name in rule.who or () for one in policy.groups.get(name, (name,)))
    return Needs(
        signature=policy.signed or keys or approvals or any(rule.signed for rule in rules),
        branches=frozenset(rule.branch for rule in rules if rule.branch is not None and adds),
        annotation=adds and any(rule.annotated for rule in rules),
        approvals=approvals,
        models=adds and any(rule.is_about_models for rule in rules),
        files=adds and any(rule.files_signed for rule in rules),
    )


def judge(policy: Policy, event: Event, past: IndexedReplay, facts: Facts) -> Verdict:
    """Return the verdict on an event after those of the past; facts are those that needs() names."""
    if event.time < policy.since:
        return Verdict(event.ref)
    rules = covering(policy, event, past)
    reasons = list(_general(policy, event, facts))
    for rule in rules:
        reasons += _broken(policy, rule, event, past, facts)
    return Verdict(event.ref, tuple(reasons), tuple(rule.name for rule in rules))


def covering(policy: Policy, event: Event, past: IndexedReplay) -> list[Rule]:
    """Return the rules that cover an event: by itself, or by what it brings back into a stage."""
    return [rule for rule in policy.rules if _is_about(rule, event, past) or entries(rule, event, past)]


def _may_cover(rule: Rule, event: Event, *, revives: bool) -> bool:
    if not _concerns(rule, event.artifact):
        return False
    if _has(rule, event.kind) and (not event.kind.of_stage or _is_in(rule, event.tag.stage or "")):
        return True
    return _has(rule, Kind.ASSIGNMENT) and (revives or event.kind is Kind.REGISTRATION)


def _is_about(rule: Rule, event: Event, past: IndexedReplay) -> bool:
    """Tell whether a rule covers an event by its kind and by the stages that it touches."""
    if not _concerns(rule, event.artifact) or not _has(rule, event.kind):
        return False
    if rule.stages is None:
        return True
    draft = past.subject(event)
    match event.kind:
        case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
            return _is_in(rule, event.tag.stage or "")
        case Kind.DEPRECATION:  # it takes all versions out of their stages
            return any(past.holder(stage) for stage in _matching(rule, past.stages))
        case _:  # one takes a version out of its stages, one brings it, or its commit, back into them
            counts = draft is not None and (draft.is_active or event.kind is Kind.REGISTRATION)
            return counts and draft is not None and any(_put_on(rule, draft))


def _concerns(rule: Rule, artifact: str) -> bool:
    return any(fnmatchcase(artifact, pattern) for pattern in rule.artifacts)


def _has(rule: Rule, kind: Kind) -> bool:
    return rule.events is None or kind in rule.events


def _is_in(rule: Rule, stage: str) -> bool:
    return rule.stages is None or any(fnmatchcase(stage, pattern) for pattern in rule.stages)


def _matching(rule: Rule, stages: Collection[str]) -> Iterator[str]:
    """Yield those of the stages that are a rule's; a name without wildcards is not compared with each."""
    if rule.stages is None or any(_WILD & set(pattern) for pattern in rule.stages):
        return (stage for stage in stages if _is_in(rule, stage))
    return (stage for stage in dict.fromkeys(rule.stages) if stage in stages)


def _put_on(rule: Rule, draft: Draft) -> Iterator[str]:
    """Yield those of a rule's stages that a version is in, or would be in if it counted."""
    return (stage for stage in _matching(rule, draft.stages) if draft.put_on(stage) is not None)


class StageEntry(NamedTuple):
    """What an event puts into a stage."""

    stage: str
    version: str
    commit: str
    draft: Draft | None = None
    """The version as it is before; None for one that is not there yet."""


def entries(rule: Rule, event: Event, past: IndexedReplay) -> list[StageEntry]:
    """Return what an event puts into the stages of a rule; to bring a version back there is to assign it again."""
    if not _concerns(rule, event.artifact):
        return []
    draft, found = past.subject(event), []
    if event.kind is Kind.ASSIGNMENT and _has(rule, event.kind) and _is_in(rule, event.tag.stage or ""):
        found.append(StageEntry(event.tag.stage or "", draft.name if draft else event.commit, event.commit, draft))
    if not _has(rule, Kind.ASSIGNMENT) and not (event.kind is Kind.REGISTRATION and _has(rule, event.kind)):
        return found
    if event.kind is Kind.REGISTRATION and draft is not None:
        stages = sorted(_put_on(rule, draft))
        found += [StageEntry(stage, event.tag.version or "", event.commit, draft) for stage in stages]
    if past.is_deprecated and event.kind is not Kind.DEPRECATION:
        for stage in sorted(_matching(rule, past.stages)):
            stay = [one for one in past.holders(stage) if one is not _leaving(event, stage, past)]
            found += [
                StageEntry(stage, one.name, one.commit, one) for one in stay if (one, stage) != (draft, event.tag.stage)
            ]
    return found


def _leaving(event: Event, stage: str, past: IndexedReplay) -> Draft | None:
    """Return the version that an event takes out of a stage."""
    is_off = event.kind is Kind.UNASSIGNMENT and event.tag.stage == stage
    return past.subject(event) if is_off or event.kind is Kind.DEREGISTRATION else None


def _general(policy: Policy, event: Event, facts: Facts) -> Iterator[Reason]:
    stage = event.tag.stage
    if policy.stages is not None and event.kind is Kind.ASSIGNMENT and stage not in policy.stages:
        yield Reason("unknown-stage", f"'{stage}' is none of the stages of .gto: {', '.join(policy.stages)}")
    if policy.signed:
        yield from _signature(_SIGNED, facts)


def _broken(policy: Policy, rule: Rule, event: Event, past: IndexedReplay, facts: Facts) -> Iterator[Reason]:
    if rule.who is not None and not is_one_of(policy, rule.who, event.author_email, facts.signature):
        allowed = ", ".join(rule.who) or "nobody"
        text = f"'{event.author_email}' may not do this; allowed: {allowed}"
        yield Reason("not-allowed", text, rule.name, "ask one of them, or change the rule")
    put = entries(rule, event, past)
    # Without a signature anybody could name another as the author, and approve what is their own.
    if (rule.signed or (rule.approvals and put)) and not policy.signed:
        yield from _signature(rule.name, facts)
    adds = event.kind.is_addition and _is_about(rule, event, past)
    if adds or any(entry.commit == event.commit for entry in put):
        yield from _commit(rule, event, facts)
        yield from model_reasons(rule, event, past, facts)
    yield from _files(rule, event, put, facts)
    if not rule.prereleases:
        own = (event.tag.version or _name(past.subject(event), event),) if adds else ()
        yield from _prerelease(rule, [*own, *(entry.version for entry in put)])
    for entry in put:
        yield from _ordered(rule, event, past, entry)
    if rule.approvals:
        yield from _approved(policy, rule, [_wanted(event, entry, past) for entry in put], facts)


def _name(draft: Draft | None, event: Event) -> str:
    return draft.name if draft is not None else event.commit


def _signature(rule: str, facts: Facts) -> Iterator[Reason]:
    found = facts.signature or Signature(Trust.UNSIGNED)
    if not found.is_good:
        code = found.trust.name.lower().replace("_", "-")
        is_signed = found.trust is not Trust.UNSIGNED
        text = f"the signature is not good: {found.trust.value}" if is_signed else "the tag is not signed"
        if found.reason:
            text += f", {found.reason}"
        yield Reason(code, text, rule, "sign with --sign, with a key that the policy's allowed_signers names")


def _commit(rule: Rule, event: Event, facts: Facts) -> Iterator[Reason]:
    name = event.artifact
    if rule.branch is not None and rule.branch not in facts.branches:
        text = f"commit {event.commit[:7]} is not on branch '{rule.branch}'"
        hint = f"merge it into '{rule.branch}' and push that first; where that is done, `git fetch`"
        if facts.is_shallow:
            text += ", as far as this shallow clone goes back"
            hint = "`git fetch --unshallow` brings the history that decides, then try again"
        yield Reason("not-on-branch", text, rule.name, hint)
    if rule.annotated and not facts.is_annotated:
        text = f"commit {event.commit[:7]} has no annotation of '{name}'"
        yield Reason(
            "not-annotated", text, rule.name, f"`gto annotate {name} --type model --commit`, then register that"
        )


def _files(rule: Rule, event: Event, put: Iterable[StageEntry], facts: Facts) -> Iterator[Reason]:
    """Yield why the files are not signed; a version is signed after its registration, so that alone is not held up."""
    entry = next((one for one in put if one.commit == event.commit), None)
    if rule.files_signed and entry is not None and facts.files_doubt:
        text = f"the files of '{entry.version}' are not signed with a trusted key: {facts.files_doubt}"
        hint = f"`gto sign {event.artifact}@{entry.version} --key k.pem` signs them, with a key that the policy names"
        yield Reason("files-not-signed", text, rule.name, hint)


def _prerelease(rule: Rule, versions: Iterable[str]) -> Iterator[Reason]:
    for version in dict.fromkeys(versions):
        parsed = semver.parse(version)
        if parsed is not None and parsed.is_prerelease:
            yield Reason("pre-release", f"'{version}' is a pre-release", rule.name, "register a release of it")


def _ordered(rule: Rule, event: Event, past: IndexedReplay, entry: StageEntry) -> Iterator[Reason]:
    name, draft = event.artifact, entry.draft
    counts = draft is not None and (draft.is_active or event.kind is Kind.REGISTRATION)  # which brings it back
    if rule.after is not None and not (counts and draft is not None and draft.put_on(rule.after)):
        hint = f"`gto assign {name} --version {entry.version} --stage {rule.after}` first"
        yield Reason("out-of-order", f"'{entry.version}' is not in stage '{rule.after}'", rule.name, hint)
    if rule.one_version:
        other = past.holder(entry.stage, but=(draft, _leaving(event, entry.stage, past)))
        if other is not None:
            hint = f"`gto deprecate {name} {other.name} {entry.stage}` first"
            yield Reason("occupied", f"'{other.name}' is in stage '{entry.stage}' still", rule.name, hint)


class ApprovalRequest(NamedTuple):
    """What is to be approved: the event, what it puts where, and since when there is the version."""

    event: Event
    entry: StageEntry
    since: int
    """Seconds since 1970-01-01T00:00:00Z: nobody can have approved before."""


def _wanted(event: Event, entry: StageEntry, past: IndexedReplay) -> ApprovalRequest:
    draft = entry.draft
    is_there = draft is not None and draft.registrations
    return ApprovalRequest(
        event, entry, counts_from(draft, past.deprecations) if draft is not None and is_there else event.time
    )


def _approved(policy: Policy, rule: Rule, wishes: Iterable[ApprovalRequest], facts: Facts) -> Iterator[Reason]:
    for wanted in wishes:
        given = count_approvals(policy, rule, wanted, facts)
        if given < rule.approvals:
            event, entry, _ = wanted
            text = f"{given} of {rule.approvals} approvals are given"
            hint = f"`gto approve {event.artifact}@{entry.version} --stage {entry.stage}` by others than "
            yield Reason("not-approved", text, rule.name, f"{hint}'{event.author_email}'")


def count_approvals(policy: Policy, rule: Rule, wanted: ApprovalRequest, facts: Facts) -> int:
    """Count the people who approved before the event, its author left out; who shares an address or a key is one."""
    event, entry, since = wanted
    own = person(event.author_email, facts.signature)
    people: list[frozenset[str]] = []
    for approval, signature, times in facts.approvals.get((entry.version, entry.stage), ()):
        place = bisect_left(times, since)
        if (
            approval.name.artifact == event.artifact
            and place < len(times)
            and times[place] <= event.time
            and not doubt(policy, rule, entry.commit, approval, signature)
        ):
            one = person(approval.author_email, signature)
            same = [other for other in people if other & one]
            people = [*(other for other in people if other not in same), one.union(*same)]
    return sum(not (one & own) for one in people)


def person(email: str, signature: Signature | None) -> frozenset[str]:
    """Return what tells a person from another: the address, the key, and whoever else the key is trusted for."""
    found = {email.lower()}
    if signature is not None and signature.is_good:
        found |= {signature.key, *(name.lower() for name in signature.names)}
    return frozenset(found)


_NOTHING = Facts()
Also = Callable[[Event, Problem | None], Iterable[Reason]]
"""Returns what else speaks against an event, which is set aside for a problem, or fits."""


def judge_history(policy: Policy, events: Iterable[Event], facts: Mapping[str, Facts]) -> dict[str, Verdict]:
    """Return the verdict on each tag; `facts` are by the ids of the tag objects. The order of `events` is no matter.

    Of a tag that the replay sets aside nothing is said: it changes nothing for anybody.
    """
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.artifact].append(event)
    found = (judge_in_turn(policy, IndexedReplay(), group, facts) for group in groups.values())
    return {verdict.ref: verdict for verdicts in found for verdict in verdicts}


def judge_in_turn(
    policy: Policy,
    past: IndexedReplay,
    events: Iterable[Event],
    facts: Mapping[str, Facts],
    also: Also = lambda *_: (),
) -> Iterator[Verdict]:
    """Yield the verdicts on events of one artifact after those of the past, to which the allowed ones are added."""
    for event in sorted(events, key=attrgetter("key")):
        problem = past.misfit(event)
        verdict = Verdict(event.ref) if problem else judge(policy, event, past, facts.get(event.oid, _NOTHING))
        verdict = verdict._replace(reasons=(*also(event, problem), *verdict.reasons))
        if problem is None and verdict.is_allowed:
            past.add(event)
        yield verdict
