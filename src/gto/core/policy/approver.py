"""Which approvals count for a rule, whoever assigns the stage, and why others do not."""

from collections.abc import Iterable, Sequence

from gto.core.approval import Approval
from gto.core.event import Event
from gto.core.policy.policy import Approver, Policy, Rule, is_one_of
from gto.core.replay import Draft
from gto.core.snapshot import VersionState
from gto.core.tag_signature import Signature

STALE = "it is older than what took the version back, or than the version"


def is_meant(approval: Approval, artifact: str, version: str, stage: str) -> bool:
    """Tell whether an approval is of a version and a stage."""
    name = approval.name
    return (name.artifact, name.version, name.stage) == (artifact, version, stage)


def group(given: Iterable[tuple[Approval, Signature]]) -> dict[tuple[str, str], list[Approver]]:
    """Put the approvals of one artifact together by version and stage, those that differ in their time alone as one."""
    people: dict[tuple[object, ...], list[tuple[Approval, Signature]]] = {}
    for one, signature in given:
        people.setdefault((*one.name[:3], one.commit, one.author_email, signature), []).append((one, signature))
    found: dict[tuple[str, str], list[Approver]] = {}
    for pairs in people.values():
        (approval, signature), times = pairs[0], sorted(one.time for one, _ in pairs)
        key = approval.name.version, approval.name.stage
        found.setdefault(key, []).append(Approver(approval, signature, tuple(times)))
    return found


def counts_from(version: Draft | VersionState, deprecations: Sequence[Event]) -> int:
    """Return the first second whose approvals of a registered version count.

    Nobody approves what is not there yet. What was taken back since, alone or with the artifact, is approved anew; an
    approval of the same second may have come before.
    """
    stops = [event.time + 1 for events in (version.deregistrations, deprecations) for event in events[-1:]]
    return max(version.registrations[0].time, *stops, 0)


def doubt(policy: Policy, rule: Rule, commit: str, approval: Approval, signature: Signature) -> str:
    """Return in one clause why an approval does not count for a version's commit; empty where nothing is against it."""
    if approval.commit != commit:
        return f"it is on commit {approval.commit[:7]}, not on {commit[:7]}"
    if not signature.is_good:
        return f"the signature is not good: {signature.trust.value}"
    if not is_approver(policy, rule, approval, signature):
        return f"'{approval.author_email}' is none of the approvers: {', '.join(rule.approvers or ())}"
    return ""


def is_approver(policy: Policy, rule: Rule, approval: Approval, signature: Signature) -> bool:
    """Tell whether a rule lets somebody approve."""
    return rule.approvers is None or is_one_of(policy, rule.approvers, approval.author_email, signature)
