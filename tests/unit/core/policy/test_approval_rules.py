from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.policy import Policy, Rule
from gto.core.policy.approval_rules import asking, promotion, tally
from gto.core.policy.judge import ApprovalRequest, StageEntry, count_approvals, needs
from gto.core.tag import Kind
from gto.core.tag_signature import Signature, Trust
from tests.factories import START, oid
from tests.policies import ADA, GRACE, JOAN, approvals, approved, by, good, rules

if TYPE_CHECKING:
    from gto.core.approval import Approval

RULE = Rule("two", stages=("prod*",), approvals=2, approvers=("approvers",))
POLICY = rules(RULE, groups={"approvers": (GRACE, JOAN)})
WANTED = promotion(approved(GRACE).name, oid(1))


def of(policy: Policy, *given: tuple[Approval, Signature]) -> tuple[int, list[str], list[str]]:
    """How many count, whose, and why others do not."""
    found = tally(policy, policy.rules[0], WANTED, "v1.0.0", given)
    return found.given, [one.author_email for one in found.counted], [reason for _, reason in found.doubtful]


def pair(email: str, id_: int = 1, **changes: object) -> tuple[Approval, Signature]:
    return approved(email, id_=id_, **changes), good(email)  # type: ignore[arg-type]  # words of approved()


def test_two_people_are_two_and_then_it_is_enough() -> None:
    assert of(POLICY, pair(GRACE), pair(JOAN, 2)) == (2, [GRACE, JOAN], [])
    assert tally(POLICY, RULE, WANTED, "v1.0.0", [pair(GRACE), pair(JOAN, 2)]).is_enough
    assert not tally(POLICY, RULE, WANTED, "v1.0.0", [pair(GRACE)]).is_enough


def test_one_person_is_one_however_the_address_is_written() -> None:
    count, whose, why = of(POLICY, pair(GRACE), pair(GRACE.title(), 2))
    assert (count, whose) == (1, [GRACE])
    assert why == ["the same person, or the same key, gave 'approvals/m,v1.0.0,prod,000000000001'"]


def test_one_key_is_one_person() -> None:
    second = (approved(JOAN, id_=2), good(JOAN, f"SHA256:{GRACE}"))
    assert of(POLICY, pair(GRACE), second)[:2] == (1, [GRACE])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (pair(ADA), f"'{ADA}' is none of the approvers: approvers"),
        (pair(GRACE, number=2), f"it is on commit {oid(2)[:7]}, not on {oid(1)[:7]}"),
        ((approved(GRACE), Signature(Trust.EXPIRED)), "the signature is not good: expired"),
    ],
)
def test_what_does_not_count_says_why(given: tuple[Approval, Signature], reason: str) -> None:
    assert of(POLICY, given) == (0, [], [reason])


@pytest.mark.parametrize("name", ["m,v1.0.1,prod", "m,v1.0.0,prod2", "other,v1.0.0,prod"])
def test_an_approval_of_something_else_is_not_even_doubtful(name: str) -> None:
    assert of(POLICY, pair(GRACE, name=name)) == (0, [], [])


def test_without_approvers_anybody_is_one() -> None:
    assert of(rules(RULE._replace(approvers=None)), pair(ADA)) == (1, [ADA], [])


def test_only_rules_about_assignments_to_the_stage_that_want_approvals_ask() -> None:
    others = (
        Rule("free", stages=("prod",)),
        Rule("elsewhere", artifacts=("other",), approvals=1),
        Rule("undone", events=frozenset({Kind.UNASSIGNMENT}), approvals=1),
        Rule("dev", stages=("dev",), approvals=1),
        Rule("all", approvals=1),
    )
    assert [rule.name for rule in asking(rules(RULE, *others), WANTED)] == ["two", "all"]


def test_approvals_of_the_past_do_not_end_with_a_policy_that_is_of_today() -> None:
    assert asking(rules(RULE, since=START + 10), WANTED) == [RULE]


def test_what_is_tallied_is_what_an_assignment_by_somebody_else_is_judged_by() -> None:
    given = (pair(GRACE), pair(JOAN, 2), pair(ADA, 3))
    assigned = by(ADA, "m#prod#1", time=START + 60)
    count = count_approvals(
        POLICY,
        RULE,
        ApprovalRequest(assigned, StageEntry("prod", "v1.0.0", oid(1)), 0),
        approvals(*given, signature=good(ADA)),
    )
    assert count == of(POLICY, *given)[0] == 2


def test_where_approvals_are_asked_for_the_key_of_the_author_must_be_known() -> None:
    assigned = by(ADA, "m#prod#1", time=START + 60)
    assert needs(POLICY, assigned)[::3] == (True, True)
    given = approvals(pair(GRACE), pair(JOAN, 2), signature=good(ADA, f"SHA256:{GRACE}"))
    assert count_approvals(POLICY, RULE, ApprovalRequest(assigned, StageEntry("prod", "v1.0.0", oid(1)), 0), given) == 1
    assert not needs(POLICY, by(ADA, "m#dev#1")).signature
