"""The approvals of an assignment that nobody has written yet: which rules ask for them, and how many are there."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.core.approval import Approval, ApprovalName
from gto.core.event import LATEST, Event, event
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy.approver import STALE, doubt, group, is_meant
from gto.core.policy.judge import ApprovalRequest, StageEntry, count_approvals, covering, person
from gto.core.policy.policy import Facts, Policy, Rule
from gto.core.tag import Kind, TagName
from gto.core.tag_signature import Signature

Given = Sequence[tuple[Approval, Signature]]
"""Approvals of one artifact with their signatures, whatever they are worth."""


class Tally(NamedTuple):
    """How many approvals a rule asks for, how many count, and why others do not."""

    rule: str
    needed: int
    given: int
    counted: tuple[Approval, ...] = ()
    doubtful: tuple[tuple[Approval, str], ...] = ()
    """Approvals that do not count, with the reasons."""

    @property
    def is_enough(self) -> bool:
        """Whether nobody else needs to approve."""
        return self.given >= self.needed


def promotion(name: ApprovalName, commit: str) -> Event:
    """Return the assignment that an approval is meant for, made by nobody and after everything else."""
    tag = TagName(Kind.ASSIGNMENT, name.artifact, None, name.stage)
    return event(tag, str(tag), commit, LATEST, b"", "")


def asking(policy: Policy, wanted: Event) -> list[Rule]:
    """Return the rules that ask for approvals of an assignment."""
    return [rule for rule in covering(policy, wanted, IndexedReplay()) if rule.approvals]


def tally(policy: Policy, rule: Rule, wanted: Event, version: str, given: Given, since: int = 0) -> Tally:
    """Count the approvals of an assignment, whoever will write it; its author's own will not count then.

    `since` is the first second whose approvals of the version count.
    """
    entry = StageEntry(wanted.tag.stage or "", version, wanted.commit)
    meant = sorted(
        (pair for pair in given if is_meant(pair[0], wanted.artifact, version, entry.stage)),
        key=lambda one: _order(one[0]),
    )
    count = count_approvals(policy, rule, ApprovalRequest(wanted, entry, since), Facts(approvals=group(meant)))
    counted: list[Approval] = []
    doubtful: list[tuple[Approval, str]] = []
    known: dict[str, str] = {}
    for approval, signature in meant:
        one = person(approval.author_email, signature)
        reason = doubt(policy, rule, wanted.commit, approval, signature)
        if not reason and approval.time < since:
            reason = STALE
        other = next((known[word] for word in sorted(one) if word in known), None)
        if not reason and other is not None:
            reason = f"the same person, or the same key, gave '{other}'"
        if reason:
            doubtful.append((approval, reason))
        else:
            counted.append(approval)
            known |= dict.fromkeys(one, approval.ref)
    return Tally(rule.name, rule.approvals, count, tuple(counted), tuple(doubtful))


def _order(approval: Approval) -> tuple[int, str]:
    return approval.time, approval.ref
