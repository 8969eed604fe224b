from __future__ import annotations

import pytest

from gto.core.policy import Rule
from gto.core.policy.explain import concerns, fits, tell
from gto.core.tag import Kind
from tests.policies import ADA, GRACE, rules


def test_a_rule_that_asks_for_everything_is_told_line_by_line() -> None:
    rule = Rule(
        "production",
        ("churn", "fraud/*"),
        ("prod",),
        frozenset({Kind.UNASSIGNMENT, Kind.ASSIGNMENT}),
        ("leads", GRACE),
        signed=True,
        after="staging",
        branch="main",
        prereleases=False,
        annotated=True,
        one_version=True,
        approvals=2,
        approvers=("nobodies",),
        files_signed=True,
        code_on_load="none",
        compatible=True,
    )
    told = tell(rules(rule, groups={"leads": (ADA,), "nobodies": ()}), rule)
    assert told.name == "production"
    assert told.covers == "assignment, unassignment of churn, fraud/* in stage prod"
    assert told.asks == (
        f"by leads ({ADA}), {GRACE}",
        "signed with a trusted key",
        "the version is in stage staging already",
        "the commit is on branch main",
        "the version is no pre-release",
        "the commit annotates the artifact",
        "the files of the version are signed with a trusted public key",
        "loading the model runs no code",
        "the model does not break who uses the release before it in its major",
        "no other version is in the stage",
        "2 signed approvals by nobodies (nobody), not by the author",
    )


def test_a_rule_that_asks_for_nothing_is_told_in_one_line() -> None:
    assert tell(rules(), Rule("r")) == ("r", "every event of any artifact", ())
    assert tell(rules(), Rule("r", who=(), approvals=1)).asks == ("by nobody", "1 signed approval, not by the author")


@pytest.mark.parametrize(
    ("rule", "kind", "expected"),
    [
        (Rule("r"), Kind.REGISTRATION, True),
        (Rule("r", stages=("prod",)), Kind.REGISTRATION, False),
        (Rule("r", stages=("prod",)), Kind.DEPRECATION, True),
        (Rule("r", events=frozenset({Kind.ASSIGNMENT})), Kind.ASSIGNMENT, True),
        (Rule("r", events=frozenset({Kind.ASSIGNMENT})), Kind.DEPRECATION, False),
    ],
)
def test_a_rule_concerns_the_kinds_that_it_may_cover(rule: Rule, kind: Kind, *, expected: bool) -> None:
    assert concerns(rule, kind) is expected


def test_a_rule_fits_artifacts_by_pattern() -> None:
    rule = Rule("r", artifacts=("churn", "fraud/*"))
    assert [fits(rule, name) for name in ("churn", "fraud/a/b", "frauds")] == [True, True, False]
