"""Why an approval does not count for a rule, whoever assigns the stage."""

from gto.core.approval import Approval
from gto.core.event import Event
from gto.core.policy.value import Policy, Rule, is_one_of
from gto.core.signature import Signature


def is_meant(approval: Approval, artifact: str, version: str, stage: str) -> bool:
    """Tell whether an approval is of a version and a stage."""
    name = approval.name
    return (name.artifact, name.version, name.stage) == (artifact, version, stage)


def doubt(policy: Policy, rule: Rule, event: Event, approval: Approval, signature: Signature) -> str:
    """Return in one clause why an approval does not count for an assignment; empty where nothing speaks against it."""
    if approval.commit != event.commit:
        return f"it is on commit {approval.commit[:7]}, not on {event.commit[:7]}"
    if not signature.is_good:
        return f"the signature is not good: {signature.trust.value}"
    if not is_approver(policy, rule, approval, signature):
        return f"'{approval.author_email}' is none of the approvers: {', '.join(rule.approvers or ())}"
    return ""


def is_approver(policy: Policy, rule: Rule, approval: Approval, signature: Signature) -> bool:
    """Tell whether a rule lets somebody approve."""
    return rule.approvers is None or is_one_of(policy, rule.approvers, approval.author_email, signature)
