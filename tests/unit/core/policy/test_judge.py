from __future__ import annotations

import pytest

from gto.core.policy import Facts, Policy, Rule, Verdict, judge
from gto.core.policy.judge import judge_history, needs
from gto.core.policy.policy import Needs, Reason
from gto.core.tag import Kind
from gto.core.tag_signature import Signature, Trust
from tests.factories import START, oid
from tests.policies import ADA, GRACE, JOAN, KEY, approvals, approved, by, good, past, rules

DAY = START + 86400
PROD = by(ADA, "m#prod", time=DAY)
REGISTERED = by(ADA, "m@v1.0.0", time=START)
SIGNED = Facts(good(ADA))


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_policy_without_rules_allows_everything() -> None:
    verdict = judge(Policy(), PROD, past(), Facts())
    assert verdict == Verdict("m#prod")
    assert verdict.is_allowed


def test_events_before_the_policy_are_not_judged() -> None:
    strict = rules(Rule("r", who=(), signed=True, approvals=1), signed=True, stages=(), since=DAY + 1)
    assert judge(strict, PROD, past(), Facts()) == Verdict("m#prod")
    assert needs(strict, PROD) == Needs()
    assert codes(judge(strict._replace(since=DAY), PROD, past(), Facts())) == [
        "unknown-stage",
        "unsigned",
        "not-allowed",
        "not-approved",
    ]


@pytest.mark.parametrize(
    ("rule", "tag", "covered"),
    [
        (Rule("r"), "m@v1.0.0", True),
        (Rule("r", artifacts=("x", "m*")), "m#prod", True),
        (Rule("r", artifacts=("fraud/*",)), "fraud/a/b#prod", True),
        (Rule("r", artifacts=("x",)), "m#prod", False),
        (Rule("r", events=frozenset({Kind.ASSIGNMENT})), "m#prod", True),
        (Rule("r", events=frozenset({Kind.ASSIGNMENT})), "m#prod!", False),
        (Rule("r", stages=("prod",)), "m#prod!", True),
        (Rule("r", stages=("pro?",)), "m#prod", True),
        (Rule("r", stages=("dev",)), "m#prod", False),
        (Rule("r", stages=("prod",)), "m@v1.0.0#2", True),  # the commit is in prod: its version comes back there
        (Rule("r", stages=("dev",)), "m@v1.0.0#2", False),
        (Rule("r", stages=("prod",)), "m@v1.0.0!", True),
        (Rule("r", stages=("dev",)), "m@v1.0.0!", False),
        (Rule("r", stages=("prod",)), "m@deprecated", True),
        (Rule("r", stages=("dev",)), "m@deprecated", False),
    ],
)
def test_a_rule_covers_what_touches_its_artifacts_stages_and_kinds(rule: Rule, tag: str, *, covered: bool) -> None:
    before = past(REGISTERED, by(ADA, "m#prod#1", time=START + 60))
    assert judge(rules(rule), by(ADA, tag, time=DAY), before, Facts()).rules == (("r",) if covered else ())


def test_a_deregistration_touches_the_stages_of_its_own_version_alone() -> None:
    before = past(REGISTERED, by(ADA, "m@v2.0.0", 2), by(ADA, "m#prod", 2, START + 60))
    policy = rules(Rule("r", stages=("prod",), who=()))
    assert judge(policy, by(ADA, "m@v1.0.0!", 1, DAY), before, Facts()).is_allowed
    assert codes(judge(policy, by(ADA, "m@v2.0.0!", 2, DAY), before, Facts())) == ["not-allowed"]
    assert codes(judge(policy, by(ADA, "m@deprecated", 1, DAY), before, Facts())) == ["not-allowed"]


def test_a_stage_that_the_settings_do_not_list_is_refused() -> None:
    verdict = judge(Policy(stages=("dev", "staging")), PROD, past(), Facts())
    assert verdict.reasons == (Reason("unknown-stage", "'prod' is none of the stages of .gto: dev, staging"),)
    assert str(verdict.reasons[0]) == "'prod' is none of the stages of .gto: dev, staging"
    assert judge(Policy(stages=("prod",)), PROD, past(), Facts()).is_allowed
    assert judge(Policy(stages=()), by(ADA, "m#prod!"), past(), Facts()).is_allowed


@pytest.mark.parametrize(
    ("who", "signature", "allowed"),
    [
        ((ADA,), None, True),
        (("ADA@Example.COM",), None, True),
        (("*@example.com",), None, True),
        ((GRACE,), None, False),
        ((), None, False),
        (("leads",), None, True),
        (("others",), None, False),
        ((KEY,), None, False),
        ((KEY,), good(ADA, KEY), True),
        ((KEY,), Signature(Trust.UNKNOWN_SIGNER, key=KEY), False),
        ((KEY,), good(ADA), False),
        ((GRACE, KEY), good(ADA, KEY), True),
    ],
)
def test_who_is_named_by_address_pattern_group_or_key(
    who: tuple[str, ...], signature: Signature | None, *, allowed: bool
) -> None:
    policy = rules(Rule("r", who=who), groups={"leads": (ADA,), "others": (GRACE,)})
    verdict = judge(policy, PROD, past(), Facts(signature))
    assert codes(verdict) == ([] if allowed else ["not-allowed"])


def test_a_refusal_names_the_rule_and_who_may() -> None:
    reason = judge(rules(Rule("production", who=())), PROD, past(), Facts()).reasons[0]
    assert str(reason) == f"rule 'production': '{ADA}' may not do this; allowed: nobody"
    assert reason.hint == "ask one of them, or change the rule"


@pytest.mark.parametrize("trust", [trust for trust in Trust if trust is not Trust.GOOD])
def test_a_signature_that_is_not_good_is_refused_by_its_verdict(trust: Trust) -> None:
    facts = Facts(Signature(trust, reason="because"))
    reason = judge(rules(Rule("r", signed=True)), PROD, past(), facts).reasons[0]
    assert reason.code == trust.name.lower().replace("_", "-")
    said = "the tag is not signed" if trust is Trust.UNSIGNED else f"the signature is not good: {trust.value}"
    assert reason.text == f"{said}, because"
    assert reason.rule == "r"
    assert judge(rules(Rule("r", signed=True)), PROD, past(), Facts(Signature(trust))).reasons[0].text == said


def test_a_signature_is_asked_for_once_and_one_that_is_good_is_enough() -> None:
    assert codes(judge(rules(Rule("r", signed=True), signed=True), PROD, past(), Facts())) == ["unsigned"]
    assert judge(rules(Rule("r", signed=True)), PROD, past(), Facts()).reasons[0].text == "the tag is not signed"
    assert judge(rules(Rule("r", signed=True), signed=True), PROD, past(), SIGNED).is_allowed
    assert judge(rules(signed=True), PROD, past(), Facts()).reasons[0].rule == "signing.required"


def test_a_commit_must_be_on_the_branch_and_annotate_the_artifact() -> None:
    policy = rules(Rule("r", branch="main", annotated=True))
    for tag in ("m@v1.0.0", "m#prod"):
        assert codes(judge(policy, by(ADA, tag), past(), Facts())) == ["not-on-branch", "not-annotated"]
        assert judge(policy, by(ADA, tag), past(), Facts(branches=frozenset({"main"}), is_annotated=True)).is_allowed
    for tag in ("m@v1.0.0!", "m#prod!", "m@deprecated"):
        assert judge(policy, by(ADA, tag), past(), Facts()).is_allowed


def test_pre_releases_can_be_kept_out_of_a_registry_and_of_a_stage() -> None:
    policy = rules(Rule("r", prereleases=False))
    assert codes(judge(policy, by(ADA, "m@v1.0.0-rc.1"), past(), Facts())) == ["pre-release"]
    assert judge(policy, by(ADA, "m@v1.0.0"), past(), Facts()).is_allowed
    early = past(by(ADA, "m@v1.0.0-rc.1"))
    assert codes(judge(policy, PROD, early, Facts())) == ["pre-release"]
    assert judge(policy, PROD, past(REGISTERED), Facts()).is_allowed
    assert judge(policy, PROD, past(), Facts()).is_allowed  # a commit without a version is no pre-release


def test_stages_have_an_order() -> None:
    policy = rules(Rule("r", stages=("prod",), after="staging"))
    verdict = judge(policy, PROD, past(REGISTERED), Facts())
    assert codes(verdict) == ["out-of-order"]
    assert verdict.reasons[0].hint == "`gto assign m --version v1.0.0 --stage staging` first"
    staged = past(REGISTERED, by(ADA, "m#staging", time=START + 60))
    assert judge(policy, PROD, staged, Facts()).is_allowed
    left = past(REGISTERED, by(ADA, "m#staging", time=START + 60), by(ADA, "m#staging!", time=START + 120))
    assert codes(judge(policy, PROD, left, Facts())) == ["out-of-order"]
    gone = past(REGISTERED, by(ADA, "m#staging", time=START + 60), by(ADA, "m@v1.0.0!", time=START + 120))
    assert codes(judge(policy, PROD, gone, Facts())) == ["out-of-order"]
    assert judge(policy, by(ADA, "m#prod!"), past(), Facts()).is_allowed


def test_a_stage_can_hold_one_version_at_a_time() -> None:
    policy = rules(Rule("r", one_version=True))
    two = [REGISTERED, by(ADA, "m@v2.0.0", 2), by(ADA, "m#prod#1", 2, START + 60)]
    verdict = judge(policy, PROD, past(*two), Facts())
    assert codes(verdict) == ["occupied"]
    assert verdict.reasons[0].text == "'v2.0.0' is in stage 'prod' still"
    assert judge(policy, by(ADA, "m#prod#2", 2, DAY), past(*two), Facts()).is_allowed  # it is the one that is there
    assert judge(policy, PROD, past(*two, by(ADA, "m#prod!#2", 2, START + 120)), Facts()).is_allowed
    assert judge(policy, PROD, past(*two, by(ADA, "m@v2.0.0!", 2, START + 120)), Facts()).is_allowed


def test_approvals_are_of_others_with_keys_of_their_own() -> None:
    policy = rules(Rule("r", approvals=2, approvers=("team",)), groups={"team": (GRACE, JOAN, ADA)})
    before = past(REGISTERED)

    own = good(ADA)

    def refused(*given: tuple[str, Signature], signature: Signature = own) -> bool:
        made = [(approved(email, id_=place), mark) for place, (email, mark) in enumerate(given, 1)]
        verdict = judge(policy, PROD, before, approvals(*made, signature=signature))
        assert codes(verdict) in ([], ["not-approved"])
        return not verdict.is_allowed

    assert refused()
    assert refused((GRACE, good(GRACE)))
    assert not refused((GRACE, good(GRACE)), (JOAN, good(JOAN)))
    assert refused((GRACE, good(GRACE)), (GRACE, good(GRACE)))
    assert refused((GRACE, good(GRACE, KEY)), (JOAN, good(JOAN, KEY)))  # one key under two names
    assert refused((GRACE, good(GRACE)), (GRACE, good(GRACE, KEY)))  # one name with two keys
    assert refused((GRACE, good(GRACE)), (ADA, good(ADA)))  # the author
    assert refused((GRACE, good(GRACE)), (JOAN, good(JOAN, KEY)), signature=good(ADA, KEY))  # the author's key
    assert refused((GRACE, good(GRACE)), (JOAN, Signature(Trust.UNSIGNED)))
    assert refused((GRACE, good(GRACE)), ("x@example.com", good("x@example.com")))  # none of the approvers
    # Who shares an address or a key is one person, also through others.
    assert refused((GRACE, good(GRACE, KEY)), (JOAN, good(JOAN, KEY)), (JOAN, good(JOAN)))


def test_the_author_of_what_needs_approvals_is_proven() -> None:
    policy = rules(Rule("r", approvals=1))
    given = (approved(GRACE), good(GRACE))
    assert codes(judge(policy, PROD, past(REGISTERED), approvals(given))) == ["unsigned"]
    unknown = Signature(Trust.UNKNOWN_SIGNER)
    assert codes(judge(policy, PROD, past(REGISTERED), approvals(given, signature=unknown))) == ["unknown-signer"]
    assert judge(policy, PROD, past(REGISTERED), approvals(given, signature=good(ADA))).is_allowed
    assert judge(policy, by(ADA, "m#prod!"), past(REGISTERED), Facts()).is_allowed  # nothing to approve


@pytest.mark.parametrize(
    "other",
    [
        approved(GRACE, number=2),
        approved(GRACE, "n,v1.0.0,prod"),
        approved(GRACE, "m,v2.0.0,prod"),
        approved(GRACE, "m,v1.0.0,dev"),
        approved(GRACE, time=DAY + 1),
    ],
)
def test_an_approval_counts_for_its_own_artifact_version_commit_and_stage_and_from_its_time_on(
    other: object,
) -> None:
    policy = rules(Rule("r", approvals=1))
    assert judge(
        policy, PROD, past(REGISTERED), approvals((approved(GRACE), good(GRACE)), signature=good(ADA))
    ).is_allowed
    verdict = judge(policy, PROD, past(REGISTERED), approvals((other, good(GRACE)), signature=good(ADA)))  # type: ignore[arg-type]  # the parameter is any of the table
    assert codes(verdict) == ["not-approved"]
    assert verdict.reasons[0].text == "0 of 1 approvals are given"


def test_every_rule_that_covers_an_event_must_be_met() -> None:
    policy = rules(Rule("a", who=(ADA,)), Rule("b", who=(GRACE,)), Rule("c", artifacts=("x",), who=()))
    verdict = judge(policy, PROD, past(), Facts())
    assert verdict.rules == ("a", "b")
    assert [reason.rule for reason in verdict.reasons] == ["b"]


def test_only_the_facts_that_may_count_are_asked_for() -> None:
    assert needs(Policy(), PROD) == Needs()
    everything = rules(Rule("r", signed=True, branch="main", annotated=True, approvals=1))
    assert needs(everything, PROD) == Needs(True, frozenset({"main"}), True, True)  # noqa: FBT003  all fields
    assert needs(everything, REGISTERED) == Needs(True, frozenset({"main"}), True, True)  # noqa: FBT003  all fields
    assert needs(everything, by(ADA, "m#prod!")) == Needs(signature=True)
    assert needs(rules(Rule("r", who=(ADA,))), PROD) == Needs()
    assert needs(rules(Rule("r", who=("g",)), groups={"g": (ADA, KEY)}), PROD).signature
    assert needs(rules(signed=True), PROD) == Needs(signature=True)
    assert needs(rules(Rule("r", stages=("dev",), signed=True)), PROD) == Needs()
    assert needs(rules(Rule("r", stages=("dev",), signed=True)), by(ADA, "m@deprecated")).signature


def test_what_was_refused_is_no_ground_for_what_follows() -> None:
    policy = rules(Rule("s", stages=("staging",), who=(GRACE,)), Rule("p", stages=("prod",), after="staging"))
    staging = by(ADA, "m#staging", time=START + 60)
    verdicts = judge_history(policy, [PROD, staging, REGISTERED], {})
    assert {ref: codes(verdict) for ref, verdict in verdicts.items()} == {
        "m@v1.0.0": [],
        "m#staging": ["not-allowed"],
        "m#prod": ["out-of-order"],
    }
    allowed = judge_history(policy, [PROD, by(GRACE, "m#staging", time=START + 60), REGISTERED], {})
    assert all(verdict.is_allowed for verdict in allowed.values())


def test_facts_of_a_history_are_found_by_the_tag_objects_ids() -> None:
    one = by(ADA, "m#prod", place=3)
    policy = rules(signed=True)
    assert judge_history(policy, [one], {oid(3): SIGNED})["m#prod"].is_allowed
    assert not judge_history(policy, [one], {oid(4): SIGNED})["m#prod"].is_allowed


def test_a_registration_brings_a_version_into_the_stages_of_its_commit() -> None:
    put = by(ADA, "m#prod#1", time=START + 60)
    candidate = by(ADA, "m@v1.0.0-rc.1", time=DAY)
    final = rules(Rule("r", stages=("prod",), prereleases=False))
    assert codes(judge(final, candidate, past(put), Facts())) == ["pre-release"]
    assert judge(final, candidate, past(by(ADA, "m#dev#1")), Facts()).is_allowed
    again = by(GRACE, "m@v1.0.0#2", time=DAY)
    gone = past(REGISTERED, put, by(ADA, "m@v1.0.0!", time=START + 120))
    assert codes(judge(rules(Rule("r", stages=("prod",), who=(ADA,))), again, gone, Facts())) == ["not-allowed"]
    other = [by(ADA, "m@v2.0.0", 2, START + 130), by(ADA, "m#prod#3", 2, START + 140)]
    full = past(REGISTERED, put, by(ADA, "m@v1.0.0!", time=START + 120), *other)
    assert codes(judge(rules(Rule("r", stages=("prod",), one_version=True)), again, full, Facts())) == ["occupied"]
    asked = rules(Rule("r", stages=("prod",), approvals=1))
    assert codes(judge(asked, again, gone, Facts(good(GRACE)))) == ["not-approved"]
    for seconds, is_enough in ((0, False), (120, False), (121, True)):  # what was taken back is approved anew
        given = approvals((approved(JOAN, time=START + seconds), good(JOAN)), signature=good(GRACE))
        assert judge(asked, again, gone, given).is_allowed == is_enough


@pytest.mark.parametrize("tag", ["m@v9.0.0", "m#dev", "m#dev!", "m@v2.0.0!"])
def test_what_brings_a_deprecated_artifact_back_is_covered_by_the_rules_of_every_stage_that_it_refills(
    tag: str,
) -> None:
    before = past(
        REGISTERED,
        by(ADA, "m@v2.0.0", 2, START + 1),
        by(ADA, "m#prod#1", 1, START + 2),
        by(ADA, "m#dev#1", 2, START + 3),
        by(ADA, "m@deprecated", 1, START + 60),
    )
    event = by(GRACE, tag, 3 if "9" in tag else 2, DAY)
    production = Rule("r", stages=("prod",), who=(ADA,))
    for rule in (
        production,
        production._replace(events=frozenset({Kind.ASSIGNMENT})),
        production._replace(stages=None),
    ):
        assert codes(judge(rules(rule), event, before, Facts())) == ["not-allowed"]
    assert judge(rules(production._replace(stages=("qa",))), event, before, Facts()).is_allowed
    asked = rules(Rule("r", stages=("prod",), approvals=1))
    assert needs(asked, event, revives=True) == Needs(signature=True, approvals=True)
    for seconds, is_enough in ((30, False), (61, True)):
        given = approvals((approved(JOAN, time=START + seconds), good(JOAN)), signature=good(GRACE))
        assert judge(asked, event, before, given).is_allowed == is_enough


def test_what_brings_a_deprecated_artifact_back_and_empties_a_stage_does_not_refill_it() -> None:
    before = past(REGISTERED, by(ADA, "m#prod#1", 1, START + 2), by(ADA, "m@deprecated", 1, START + 60))
    policy = rules(Rule("r", stages=("prod",), events=frozenset({Kind.ASSIGNMENT}), who=(), one_version=True))
    for tag in ("m#prod!", "m@v1.0.0!"):
        assert judge(policy, by(GRACE, tag, 1, DAY), before, Facts()).is_allowed


def test_the_commit_of_what_comes_back_is_looked_at_whatever_brings_it_back() -> None:
    stages = (by(ADA, "m#prod#1", 1, START + 2), by(ADA, "m#dev#1", 1, START + 3))
    before = past(REGISTERED, *stages, by(ADA, "m@deprecated", 1, START + 60))
    policy = rules(Rule("r", stages=("prod",), branch="main", annotated=True))
    for tag in ("m#dev!", "m#dev#2"):
        event = by(GRACE, tag, 1, DAY)
        assert needs(policy, event, revives=True) == Needs(branches=frozenset({"main"}), annotation=True)
        assert judge(policy, event, before, Facts(None, frozenset({"main"}), is_annotated=True)).is_allowed
        assert codes(judge(policy, event, before, Facts())) == ["not-on-branch", "not-annotated"]


def test_of_two_versions_on_a_commit_only_the_one_that_is_meant_is_judged() -> None:
    two = [REGISTERED, by(ADA, "m#prod#1", 1, START + 1), by(ADA, "m@v1.0.1", 1, START + 2)]
    policy = rules(Rule("r", stages=("prod",), who=(ADA,), one_version=True))
    assert judge(policy, by(GRACE, "m@v1.0.1!", 1, DAY), past(*two), Facts()).is_allowed
    gone = past(*two, by(ADA, "m@v1.0.1!", 1, START + 3))
    assert codes(judge(policy, by(GRACE, "m@v1.0.0!", 1, DAY), gone, Facts())) == ["not-allowed"]
    assert codes(judge(policy, by(ADA, "m#prod#2", 1, DAY), past(*two), Facts())) == ["occupied"]


def test_what_the_replay_sets_aside_counts_for_nobody() -> None:
    lead = Rule("r", stages=("prod",), who=(ADA,), prereleases=False)
    start = [REGISTERED, by(GRACE, "m@v2.0.0-rc.1", 2, START + 1)]
    moved, misplaced = by(GRACE, "m@v1.0.0#2", 2, START + 2), by(GRACE, "m@v1.0.0!#2", 2, START + 2)
    verdicts = judge_history(rules(lead), [*start, moved, by(ADA, "m#prod#3", 2, DAY)], {})
    assert codes(verdicts["m#prod#3"]) == ["pre-release"]
    other = [REGISTERED, by(ADA, "m@v2.0.0", 2, START + 1), misplaced, by(ADA, "m#prod#3", 2, START + 3)]
    verdicts = judge_history(rules(lead), [*other, by(GRACE, "m@v2.0.0!#4", 2, DAY)], {})
    assert codes(verdicts["m@v2.0.0!#4"]) == ["not-allowed"]
    assert verdicts["m@v1.0.0!#2"] == Verdict("m@v1.0.0!#2")


def test_a_person_is_whoever_the_signers_say_a_key_is_of() -> None:
    policy = rules(Rule("r", approvals=1))
    home = good("ada@home.example", "SHA256:second")._replace(names=(ADA, "ada@home.example"))
    own = good(ADA, "SHA256:first")._replace(names=(ADA, "ada@home.example"))
    pair = (approved("ada@home.example"), home)
    assert codes(judge(policy, PROD, past(REGISTERED), approvals(pair, signature=own))) == ["not-approved"]
    two = rules(Rule("r", approvals=2))
    known = good(JOAN)._replace(names=(GRACE, JOAN))
    pairs = [(approved(GRACE), good(GRACE)), (approved(JOAN, id_=2), known)]
    assert codes(judge(two, PROD, past(REGISTERED), approvals(*pairs, signature=good(ADA)))) == ["not-approved"]


def test_nobody_approves_what_is_not_there_yet() -> None:
    policy = rules(Rule("r", approvals=1))
    early = (approved(GRACE, time=START - 1), good(GRACE))
    assert codes(judge(policy, PROD, past(REGISTERED), approvals(early, signature=good(ADA)))) == ["not-approved"]


def test_a_rule_for_signed_files_is_about_stages_and_not_about_registrations() -> None:
    policy, before = rules(Rule("r", files_signed=True)), past(by(ADA, "m@v1.0.0"))
    assert judge(policy, by(ADA, "m@v1.0.0"), past(), Facts()).is_allowed
    verdict = judge(policy, by(ADA, "m#prod#1", time=START + 60), before, Facts())
    assert codes(verdict) == ["files-not-signed"]
    assert verdict.reasons[0].text.endswith("'v1.0.0' are not signed with a trusted key: nobody signed them")
    assert judge(policy, by(ADA, "m#prod#1", time=START + 60), before, Facts(files_doubt="")).is_allowed
    assert judge(policy, by(ADA, "m#prod!#1", time=START + 60), before, Facts()).is_allowed
