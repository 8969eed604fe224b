from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.event import Event, Problem
from gto.core.policy import Facts, Policy, Rule, Verdict
from gto.core.policy.pushed import AHEAD, Scene, TagChange, judge_push, looks_like_event
from gto.core.tag_signature import Signature, Trust
from tests.factories import START
from tests.policies import ADA, GRACE, approved, by, files_signed, good, rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.core.beside import Beside
    from gto.core.policy.pushed import Item

NOW = START + 3600
REGISTERED = by(ADA, "m@v1.0.0")


def new(item: Event | Beside | Problem) -> TagChange:
    """A tag that was not there."""
    return TagChange(item.subject if isinstance(item, Problem) else item.ref, None, item, is_new=True)


def scene(*known: Event, facts: dict[str, Facts] | None = None, now: int = NOW, user: str | None = None) -> Scene:
    """What a push meets that concerns one artifact."""
    return Scene({"m": known}, facts or {}, now, user)


def codes(verdicts: Sequence[Verdict]) -> dict[str, list[str]]:
    """The codes of the reasons, by tag."""
    return {verdict.ref: [reason.code for reason in verdict.reasons] for verdict in verdicts}


def judged(change: TagChange, where: Scene | None = None, policy: Policy | None = None) -> list[str]:
    """The codes of the reasons against one change."""
    found = codes(judge_push(policy or Policy(), [change], where or scene(REGISTERED)))
    return found[change.ref]


def test_a_correct_push_is_allowed_whole() -> None:
    events = [by(ADA, "m@v2.0.0", 2, START + 60), by(ADA, "m#prod#1", 2, START + 120)]
    verdicts = judge_push(Policy(), map(new, events), scene(REGISTERED))
    assert codes(verdicts) == {"m#prod#1": [], "m@v2.0.0": []}


def test_tags_that_are_no_business_of_gto_have_no_verdict() -> None:
    others = [
        TagChange("release-1", None, None, is_new=True),
        TagChange("release-1", None, None, is_new=False),
        TagChange("release-1", None, None, is_new=False, is_gone=True),
    ]
    assert judge_push(rules(Rule("r", who=())), others, scene()) == []


@pytest.mark.parametrize(
    ("was", "becomes", "text", "hint"),
    [
        (REGISTERED, None, "an event is never deleted", "`gto deprecate m` and its other forms undo by a new event"),
        (approved(GRACE), None, "an approval is never deleted", "it stays as the record of what was said"),
        (files_signed(ADA), None, "a signature of files is never deleted", "it stays as the record of what was said"),
        (Problem("tag-missing", "m@v1.0.0", "x"), None, "an event is never deleted", "it stays as the record"),
    ],
)
def test_what_was_said_is_not_deleted(was: Item, becomes: Item, text: str, hint: str) -> None:
    verdict = judge_push(Policy(), [TagChange("t", was, becomes, is_new=False, is_gone=True)], scene())[0]
    assert (verdict.reasons[0].code, verdict.reasons[0].text) == ("deleted", text)
    assert verdict.reasons[0].hint.startswith(hint)


@pytest.mark.parametrize("was", [REGISTERED, approved(GRACE), files_signed(ADA), Problem("tag-corrupt", "t", "x")])
@pytest.mark.parametrize("becomes", [by(ADA, "m@v1.0.0", 2), None, Problem("tag-lightweight", "t", "x")])
def test_what_was_said_is_not_moved(was: Item, becomes: Item) -> None:
    assert judged(TagChange("t", was, becomes, is_new=False)) == ["moved"]


def test_what_was_set_aside_may_be_deleted_and_replaced() -> None:
    aside = Problem("tag-lightweight", "m@v1.0.0", "a lightweight tag is no event")
    gone = TagChange("m@v1.0.0", aside, None, is_new=False, is_gone=True)
    assert judge_push(Policy(), [gone], scene()) == []
    assert judged(TagChange("m@v1.0.0", aside, REGISTERED, is_new=False), scene()) == []


def test_what_would_be_set_aside_is_refused_with_the_reason_of_the_problem() -> None:
    problem = Problem("tag-lightweight", "m@v1.0.0", "a lightweight tag is no event", "delete it")
    verdict = judge_push(Policy(), [new(problem)], scene())[0]
    assert verdict.reasons[0][:4] == ("tag-lightweight", "a lightweight tag is no event", "", "delete it")


@pytest.mark.parametrize(
    "name",
    [
        "m#",
        "m#prod#x",
        "m#prod#1#2",
        "m@v1",
        "m@v1.0",
        "m@v1.0.0!x",
        "@x",
        "m@deprecated!",
        "a#b/c/",
        "approvals/x",
        "signatures/x",
    ],
)
def test_a_name_that_could_be_taken_for_an_event_is_refused(name: str) -> None:
    assert looks_like_event(name)
    assert judged(TagChange(name, None, None, is_new=True)) == ["ill-formed"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("m#prod#x", "let gto write the tag; other tags are to have no '#' in their names"),
        ("m@v1.0", "let gto write the tag; other tags are to have no '@' in their names"),
        ("approvals/x", "`gto approve` writes approvals; the names of other tags are not to begin with 'approvals/'"),
    ],
)
def test_what_to_change_about_a_name_is_told(name: str, hint: str) -> None:
    (verdict,) = judge_push(Policy(), [TagChange(name, None, None, is_new=True)], scene())
    assert verdict.reasons[0].hint == hint


@pytest.mark.parametrize("name", ["v1.0.0", "release", "a@b", "user@host/x", "m@v1.0.0", "m#prod", approved(ADA).ref])
def test_other_names_are_left_alone(name: str) -> None:
    assert not looks_like_event(name)


def test_the_clock_of_the_server_bounds_the_time_of_an_event() -> None:
    soon = by(ADA, "m#prod", time=NOW + AHEAD)
    assert judged(new(soon)) == []
    assert judged(new(by(ADA, "m#prod", time=NOW + AHEAD + 1))) == ["in-the-future"]
    bounded = Policy(max_age=60)
    assert judged(new(by(ADA, "m#prod", time=NOW - 60)), policy=bounded) == []
    assert judged(new(by(ADA, "m#prod", time=NOW - 61)), policy=bounded) == ["too-old"]


def test_an_event_must_be_newer_than_those_that_are_there() -> None:
    there = by(ADA, "m#prod#1", time=START + 600)
    assert judged(new(by(ADA, "m#dev", time=START + 599)), scene(REGISTERED, there)) == ["back-dated"]
    assert judged(new(by(ADA, "m#prod#2", time=START + 600)), scene(REGISTERED, there)) == []
    assert judged(new(by(ADA, "m#dev", time=START + 601)), scene(REGISTERED, there)) == []


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (by(ADA, "m@v1.0.0#2", 2, START + 60), "version-moved"),
        (by(ADA, "m@v2.0.0", 1, START + 60), "two-versions"),
        (by(ADA, "m@v3.0.0!", 1, START + 60), "deregistration-without-version"),
        (by(ADA, "m@v1.0.0!", 2, START + 60), "deregistration-elsewhere"),
    ],
)
def test_what_does_not_fit_the_versions_that_are_there_is_refused(item: Event, code: str) -> None:
    assert judged(new(item)) == [code]


def test_what_did_not_fit_before_is_not_held_against_a_push() -> None:
    moved = by(ADA, "m@v1.0.0#2", 2, START + 60)
    assert judged(new(by(ADA, "m#prod", 1, START + 120)), scene(REGISTERED, moved)) == []


def test_everybody_pushes_what_they_tagged_themselves() -> None:
    users = Policy(users={"ada": "Ada@example.com", "grace": GRACE})
    event = by(ADA, "m#prod", time=START + 60)
    for user, expected in {"ada": [], "grace": ["impersonated"], "joan": ["unknown-user"], None: []}.items():
        assert judged(new(event), scene(REGISTERED, user=user), users) == expected
    assert judged(new(event), scene(REGISTERED, user="joan")) == []  # the policy names no users


def test_rules_are_judged_after_the_rest_of_the_push() -> None:
    policy = rules(Rule("p", stages=("prod",), after="staging"))
    staging, prod = by(ADA, "m#staging", time=START + 60), by(ADA, "m#prod", time=START + 120)
    assert codes(judge_push(policy, [new(prod), new(staging)], scene(REGISTERED))) == {"m#prod": [], "m#staging": []}
    assert codes(judge_push(policy, [new(prod)], scene(REGISTERED))) == {"m#prod": ["out-of-order"]}


def test_facts_of_a_push_are_found_by_the_tag_objects_ids() -> None:
    event = by(ADA, "m#prod", time=START + 60, place=7)
    policy = Policy(signed=True)
    assert judged(new(event), scene(REGISTERED), policy) == ["unsigned"]
    assert judged(new(event), scene(REGISTERED, facts={event.oid: Facts(good(ADA))}), policy) == []


def test_a_signature_of_files_is_timely_and_on_the_commit_of_its_version_and_its_tag_need_not_be_signed() -> None:
    item = files_signed(GRACE, time=START + 60)
    assert judged(new(item)) == []
    assert judged(new(item), scene()) == ["files-signature-elsewhere"]
    assert judged(new(item), scene(by(ADA, "m@v1.0.0", 2))) == ["files-signature-elsewhere"]
    assert judged(new(item), scene(REGISTERED, now=START - AHEAD)) == ["in-the-future"]
    assert judged(new(item), scene(REGISTERED, user="ada"), Policy(users={"ada": ADA})) == ["impersonated"]


def test_an_approval_is_signed_timely_and_on_the_commit_of_its_version() -> None:
    item = approved(GRACE, time=START + 60)
    signed = {item.oid: Facts(good(GRACE))}
    assert judged(new(item), scene(REGISTERED, facts=signed)) == []
    assert judged(new(item), scene(REGISTERED)) == ["approval-not-signed"]
    unknown = {item.oid: Facts(Signature(Trust.UNKNOWN_SIGNER))}
    verdict = judge_push(Policy(), [new(item)], scene(REGISTERED, facts=unknown))[0]
    assert verdict.reasons[0].text == "the signature is not good: unknown signer"
    assert judged(new(item), scene(facts=signed)) == ["approval-elsewhere"]
    assert judged(new(item), scene(by(ADA, "m@v1.0.0", 2), facts=signed)) == ["approval-elsewhere"]
    assert judged(new(item), scene(by(ADA, "m@v2.0.0"), facts=signed)) == ["approval-elsewhere"]
    assert judged(new(item), scene(REGISTERED, facts=signed, now=START - AHEAD)) == ["in-the-future"]
    assert judged(new(item), scene(REGISTERED, facts=signed), Policy(max_age=60)) == ["too-old"]
    users = Policy(users={"ada": ADA})
    assert judged(new(item), scene(REGISTERED, facts=signed, user="ada"), users) == ["impersonated"]
    assert judged(new(item), scene(REGISTERED, facts=signed, user="x"), users) == ["unknown-user"]


def test_a_version_may_be_registered_and_approved_in_one_push() -> None:
    item = approved(GRACE, time=START + 60)
    facts = {item.oid: Facts(good(GRACE))}
    found = judge_push(Policy(), [new(item), new(REGISTERED)], scene(facts=facts))
    assert codes(found) == {item.ref: [], "m@v1.0.0": []}


def test_only_approvers_approve() -> None:
    item = approved(GRACE, time=START + 60)
    where = scene(REGISTERED, facts={item.oid: Facts(good(GRACE))})
    assert judged(new(item), where, rules(Rule("r", approvals=1, approvers=(ADA,)))) == ["not-an-approver"]
    assert judged(new(item), where, rules(Rule("r", approvals=1, approvers=()))) == ["not-an-approver"]
    assert judged(new(item), where, rules(Rule("r", approvals=1, approvers=(GRACE,)))) == []
    assert judged(new(item), where, rules(Rule("r", approvals=1))) == []
    assert judged(new(item), where, rules(Rule("r", stages=("dev",), approvals=1, approvers=()))) == []


def test_verdicts_are_sorted_by_tag() -> None:
    changes = [new(by(ADA, f"m#{stage}", time=START + 60)) for stage in ("c", "a", "b")]
    assert [verdict.ref for verdict in judge_push(Policy(), changes, scene())] == ["m#a", "m#b", "m#c"]
