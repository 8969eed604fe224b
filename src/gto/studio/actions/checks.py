"""What speaks for an action, and against it, before it is written: the policies' verdicts, the commit, its file."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from gto.core.policy import Reason
from gto.core.policy.behalf import UNSIGNED, OnBehalf, demand
from gto.core.tag import Kind
from gto.git.repo import commit_of
from gto.registry.policy.dry_run import PolicyAnswer, Question, explain
from gto.registry.registry import Registry
from gto.studio.actions.commit_list import CommitList
from gto.studio.actions.wish import Wish

_KINDS = {
    "register": Kind.REGISTRATION,
    "assign": Kind.ASSIGNMENT,
    "rollback": Kind.ASSIGNMENT,
    "unassign": Kind.UNASSIGNMENT,
    "deregister": Kind.DEREGISTRATION,
    "deprecate": Kind.DEPRECATION,
}


class FormCheck(NamedTuple):
    """One of them."""

    mood: str
    """`good`, `warn`, `bad` or `dim`."""
    text: str
    hint: str = ""


def policy_answers(registry: Registry, wish: Wish) -> list[PolicyAnswer] | None:
    """Return what the policies say of each event; None for an approval, which is judged when it is written."""
    kind = _KINDS.get(wish.action)
    if kind is None:
        return None
    kinds = (kind, Kind.ASSIGNMENT) if kind is Kind.REGISTRATION and wish.stage else (kind,)
    return [answer for one in kinds for answer in explain(registry, _question(wish, one))]


def find_demand(answers: Sequence[PolicyAnswer], behalf: OnBehalf) -> Reason | None:
    """Return what a policy wants of one of the events that a program cannot give; None for nothing."""
    for one in answers:
        found = demand(one.source.policy, [finding.rule for finding in one.findings if finding.rule], behalf)
        reasons = (reason for finding in one.findings for reason in finding.reasons)
        found = found or next((reason for reason in reasons if reason.code == UNSIGNED), None)
        if found is not None:
            return found
    return None


def policy_checks(answers: Sequence[PolicyAnswer]) -> Iterator[FormCheck]:
    """Yield what each rule says."""
    broken = {finding.rule for answer in answers for finding in answer.findings if not finding.is_met}
    yield from dict.fromkeys(check for answer in answers for check in _told(answer, broken))
    if not answers:
        yield FormCheck("dim", "No policy says who may do this")


def _question(wish: Wish, kind: Kind) -> Question:
    rev = wish.commit if wish.action == "register" else None
    stage = wish.stage if kind.of_stage else None
    return Question(wish.name, kind, stage or None, wish.version or None, rev or None, key="" if wish.sign else None)


def _told(answer: PolicyAnswer, broken: Collection[str]) -> Iterator[FormCheck]:
    for finding in answer.findings:
        title = f"Rule “{finding.rule}”" if finding.rule else "Every event"
        if finding.rule not in broken:
            yield FormCheck("good", f"{title} is met")
        for reason in finding.reasons:
            yield FormCheck("bad", f"{title}: {reason.text}", reason.hint)
    if not answer.findings and answer.is_judged:
        yield FormCheck("good", f"No rule of the policy of {answer.source.where} covers {answer.event.tag.kind.noun}s")


def commit_checks(registry: Registry, wish: Wish, commits: CommitList) -> Iterator[FormCheck]:
    """Yield what is known of the commit that a version is registered at."""
    row = commits.find(wish.commit)
    if row is None:
        return
    tip = next((one.ref for one in commits.branches if one.name == commits.branch), "HEAD")
    name = commits.branch or "HEAD"
    is_on = commit_of(registry.git, tip) and registry.git.ask(["merge-base", "--is-ancestor", row.oid, tip])[1] == 0
    yield FormCheck("good", f"The commit is on {name}") if is_on else FormCheck("warn", f"The commit is not on {name}")
    if row.file.startswith("no "):
        yield FormCheck("warn", f"There is {row.file}")
    elif row.file:
        is_same = row.file.startswith("same")
        yield FormCheck("warn", f"It has the {row.file}") if is_same else FormCheck("good", row.file)
    elif not row.version:
        yield FormCheck("dim", "No annotation says where the artifact's file is")
