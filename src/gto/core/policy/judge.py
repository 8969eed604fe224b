"""The verdict on one event: policy, what was before, and facts decide."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from gto.core import semver
from gto.core.event import Event
from gto.core.policy.doubt import doubt, is_meant
from gto.core.policy.past import Past
from gto.core.policy.value import Facts, Needs, Policy, Reason, Rule, Verdict, is_one_of
from gto.core.signature import Signature, Trust
from gto.core.tag import Kind

_SIGNED = "signing.required"


def needs(policy: Policy, event: Event) -> Needs:
    """Return which facts the verdict may rest on, whatever was before."""
    if event.time < policy.since:
        return Needs()
    rules = [rule for rule in policy.rules if _covers(rule, event, None)]
    adds = event.kind.is_addition
    approvals = adds and any(rule.approvals for rule in rules)  # the author's own key counts for none
    keys = any("@" not in one for rule in rules for name in rule.who or () for one in policy.groups.get(name, (name,)))
    return Needs(
        signature=policy.signed or keys or approvals or any(rule.signed for rule in rules),
        branches=frozenset(rule.branch for rule in rules if rule.branch is not None and adds),
        annotation=adds and any(rule.annotated for rule in rules),
        approvals=approvals,
    )


def judge(policy: Policy, event: Event, past: Past, facts: Facts) -> Verdict:
    """Return the verdict on an event after those of the past; facts are those that needs() names."""
    if event.time < policy.since:
        return Verdict(event.ref)
    rules = covering(policy, event, past)
    reasons = list(_general(policy, event, facts))
    for rule in rules:
        reasons += _broken(policy, rule, event, past, facts)
    return Verdict(event.ref, tuple(reasons), tuple(rule.name for rule in rules))


def covering(policy: Policy, event: Event, past: Past) -> list[Rule]:
    """Return the rules that cover an event."""
    return [rule for rule in policy.rules if _covers(rule, event, past)]


def _covers(rule: Rule, event: Event, past: Past | None) -> bool:
    """Tell whether a rule covers an event; without a past, whether it may."""
    if rule.events is not None and event.kind not in rule.events:
        return False
    if not any(fnmatchcase(event.artifact, pattern) for pattern in rule.artifacts):
        return False
    if rule.stages is None:
        return True
    match event.kind:
        case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
            touched = [event.tag.stage or ""]
        case Kind.DEREGISTRATION | Kind.DEPRECATION:  # they take a version, or all, out of their stages
            if past is None:
                return True
            touched = past.stages_of(event.commit if event.kind is Kind.DEREGISTRATION else None)
        case _:  # a registration brings the commit's version into the stages that the commit was put into
            if past is None:
                return True
            touched = past.stages_put_on(event.commit)
    return any(_is_in(rule, stage) for stage in touched)


def _is_in(rule: Rule, stage: str) -> bool:
    return rule.stages is None or any(fnmatchcase(stage, pattern) for pattern in rule.stages)


class Entry(NamedTuple):
    """What an event puts into a stage."""

    stage: str
    version: str


def entries(rule: Rule, event: Event, past: Past) -> list[Entry]:
    """Return what an event puts into the stages of a rule."""
    if event.kind is Kind.ASSIGNMENT:
        return [Entry(event.tag.stage or "", past.version_at(event.commit))]
    if event.kind is Kind.REGISTRATION and rule.stages is not None:
        stages = past.stages_put_on(event.commit)
        return [Entry(stage, event.tag.version or "") for stage in stages if _is_in(rule, stage)]
    return []


def _general(policy: Policy, event: Event, facts: Facts) -> Iterator[Reason]:
    stage = event.tag.stage
    if policy.stages is not None and event.kind is Kind.ASSIGNMENT and stage not in policy.stages:
        yield Reason("unknown-stage", f"'{stage}' is none of the stages of .gto: {', '.join(policy.stages)}")
    if policy.signed:
        yield from _signature(_SIGNED, facts)


def _broken(policy: Policy, rule: Rule, event: Event, past: Past, facts: Facts) -> Iterator[Reason]:
    if rule.who is not None and not is_one_of(policy, rule.who, event.author_email, facts.signature):
        allowed = ", ".join(rule.who) or "nobody"
        text = f"'{event.author_email}' may not do this; allowed: {allowed}"
        yield Reason("not-allowed", text, rule.name, "ask one of them, or change the rule")
    put = entries(rule, event, past)
    # Without a signature anybody could name another as the author, and approve what is their own.
    if (rule.signed or (rule.approvals and put)) and not policy.signed:
        yield from _signature(rule.name, facts)
    if event.kind.is_addition:
        yield from _addition(rule, event, past, facts)
    for entry in put:
        yield from _ordered(rule, event, past, entry)
    if rule.approvals:
        since = past.registered_at(event)
        yield from _approved(policy, rule, [Wanted(event, entry, since) for entry in put], facts)


def _signature(rule: str, facts: Facts) -> Iterator[Reason]:
    found = facts.signature or Signature(Trust.UNSIGNED)
    if not found.is_good:
        code = found.trust.name.lower().replace("_", "-")
        is_signed = found.trust is not Trust.UNSIGNED
        text = f"the signature is not good: {found.trust.value}" if is_signed else "the tag is not signed"
        if found.reason:
            text += f", {found.reason}"
        yield Reason(code, text, rule, "sign with --sign, with a key that the policy's allowed_signers names")


def _addition(rule: Rule, event: Event, past: Past, facts: Facts) -> Iterator[Reason]:
    name = event.artifact
    if rule.branch is not None and rule.branch not in facts.branches:
        text = f"commit {event.commit[:7]} is not on branch '{rule.branch}'"
        yield Reason("not-on-branch", text, rule.name, f"merge it into '{rule.branch}' and push that first")
    if rule.annotated and not facts.is_annotated:
        text = f"commit {event.commit[:7]} has no annotation of '{name}'"
        yield Reason(
            "not-annotated", text, rule.name, f"`gto annotate {name} --type model --commit`, then register that"
        )
    if not rule.prereleases:
        version = event.tag.version or past.version_at(event.commit)
        parsed = semver.parse(version)
        if parsed is not None and parsed.is_prerelease:
            yield Reason("pre-release", f"'{version}' is a pre-release", rule.name, "register a release of it")


def _ordered(rule: Rule, event: Event, past: Past, entry: Entry) -> Iterator[Reason]:
    name = event.artifact
    if rule.after is not None and not past.is_in(event.commit, rule.after):
        hint = f"`gto assign {name} --version {entry.version} --stage {rule.after}` first"
        yield Reason("out-of-order", f"'{entry.version}' is not in stage '{rule.after}'", rule.name, hint)
    if rule.one_version:
        others = [past.version_at(commit) for commit in past.holders(entry.stage) if commit != event.commit]
        if others:
            hint = f"`gto deprecate {name} {others[0]} {entry.stage}` first"
            yield Reason("occupied", f"'{others[0]}' is in stage '{entry.stage}' still", rule.name, hint)


class Wanted(NamedTuple):
    """What is to be approved: the event, what it puts where, and since when there is the version."""

    event: Event
    entry: Entry
    since: int
    """Seconds since 1970-01-01T00:00:00Z: nobody can have approved before."""


def _approved(policy: Policy, rule: Rule, wishes: Iterable[Wanted], facts: Facts) -> Iterator[Reason]:
    for wanted in wishes:
        given = count_approvals(policy, rule, wanted, facts)
        if given < rule.approvals:
            event, entry, _ = wanted
            text = f"{given} of {rule.approvals} approvals are given"
            hint = f"`gto approve {event.artifact}@{entry.version} --stage {entry.stage}` by others than "
            yield Reason("not-approved", text, rule.name, f"{hint}'{event.author_email}'")


def count_approvals(policy: Policy, rule: Rule, wanted: Wanted, facts: Facts) -> int:
    """Count the people who approved before the event, its author left out; who shares an address or a key is one."""
    event = wanted.event
    own = person(event.author_email, facts.signature)
    people: list[frozenset[str]] = []
    for approval, signature in facts.approvals:
        if (
            is_meant(approval, event.artifact, *reversed(wanted.entry))
            and not doubt(policy, rule, event, approval, signature)
            and wanted.since <= approval.time <= event.time
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
