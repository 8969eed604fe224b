from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gto.core.event import read
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy import Facts, Policy, Rule
from gto.core.policy.judge import judge, judge_history, needs
from gto.core.policy.pushed import Scene, TagChange, judge_push
from gto.core.snapshot import fold
from gto.core.tag import Kind
from gto.core.tag_signature import Signature, Trust
from tests.factories import START, Tags, oid
from tests.policies import ADA, GRACE, KnownModels, approvals, approved, good
from tests.properties.strategies import SOME_STAGES, histories

if TYPE_CHECKING:
    from random import Random

_maybe = st.booleans()
_rules = st.builds(
    lambda **fields: Rule("r", **fields),
    artifacts=st.sampled_from([("*",), ("m",), ("x*",)]),
    stages=st.none() | st.lists(st.sampled_from([*SOME_STAGES, "*"]), min_size=1, max_size=2).map(tuple),
    events=st.none() | st.frozensets(st.sampled_from(list(Kind)), min_size=1),
    who=st.none() | st.sampled_from([(), (ADA,), ("leads",), (GRACE,)]),
    signed=_maybe,
    after=st.none() | st.sampled_from(SOME_STAGES),
    branch=st.none() | st.just("main"),
    prereleases=_maybe,
    annotated=_maybe,
    code_on_load=st.sampled_from([None, "none", "pickle"]),
    compatible=_maybe,
    one_version=_maybe,
    approvals=st.integers(0, 1),
)
policies = st.builds(
    lambda rules, signed, since, stages, max_age: Policy(
        tuple(rule._replace(name=f"rule {place}") for place, rule in enumerate(rules)),
        groups={"leads": (ADA,)},
        signed=signed,
        since=since,
        stages=stages,
        max_age=max_age,
    ),
    st.lists(_rules, max_size=3),
    _maybe,
    st.sampled_from([0, START + 2]),
    st.none() | st.just(("dev",)),
    st.none() | st.just(3),
)
_facts = st.sampled_from(
    [
        Facts(),
        Facts(good(ADA), frozenset({"main"}), is_annotated=True),
        Facts(models=KnownModels({oid(number): "pickle" for number in range(50)})),
        Facts(Signature(Trust.EXPIRED), frozenset({"main"})),
        approvals((approved(GRACE), good(GRACE)), signature=good(ADA)),
    ]
)


def changes_of(history: Tags) -> list[TagChange]:
    """All tags as one push would bring them."""
    return [TagChange(record.name, None, read(record), is_new=True) for record in history.records]


@given(histories("m", "xn"), policies, _facts, st.randoms(use_true_random=False), st.integers(0, 8))
def test_verdicts_on_a_push_do_not_depend_on_the_order_of_its_tags(
    history: Tags, policy: Policy, facts: Facts, chance: Random, there: int
) -> None:
    known: dict[str, list[object]] = {}
    for event in history.events[:there]:
        known.setdefault(event.artifact, []).append(event)
    pushed = changes_of(Tags(history.records[there:]))
    by_oid = {event.oid: facts for event in history.events}
    first = judge_push(policy, pushed, Scene(known, by_oid, START + 60))  # type: ignore[arg-type]  # they are events
    chance.shuffle(pushed)
    for events in known.values():
        chance.shuffle(events)
    again = judge_push(policy, pushed, Scene(known, by_oid, START + 60))  # type: ignore[arg-type]  # they are events
    assert first == again


@given(histories("m", "xn"), policies, _facts, st.randoms(use_true_random=False))
def test_verdicts_on_a_history_do_not_depend_on_the_order_in_which_it_is_read(
    history: Tags, policy: Policy, facts: Facts, chance: Random
) -> None:
    events = history.events
    by_oid = {event.oid: facts for event in events}
    first = judge_history(policy, events, by_oid)
    chance.shuffle(events)
    assert judge_history(policy, events, by_oid) == first
    assert set(first) == {event.ref for event in events}


@given(histories("m", "xn"), st.lists(_rules.map(lambda rule: Rule("r", rule.artifacts, rule.stages, rule.events))))
def test_a_policy_that_allows_everything_changes_nothing(history: Tags, given_rules: list[Rule]) -> None:
    verdicts = judge_history(Policy(tuple(given_rules)), history.events, {})
    allowed = [event for event in history.events if verdicts[event.ref].is_allowed]
    assert fold(allowed) == fold(history.events)


@given(histories("m", "xn"), policies, _facts)
def test_a_verdict_rests_on_nothing_but_the_facts_that_are_asked_for(
    history: Tags, policy: Policy, facts: Facts
) -> None:
    for event in history.events:
        wanted = needs(policy, event)
        given = facts._replace(
            signature=facts.signature if wanted.signature or wanted.approvals else None,
            branches=facts.branches & wanted.branches,
            is_annotated=facts.is_annotated and wanted.annotation,
            approvals=facts.approvals if wanted.approvals else {},
            models=facts.models if wanted.models else None,
        )
        assert judge(policy, event, IndexedReplay(), given) == judge(policy, event, IndexedReplay(), facts)


@given(histories("m"), policies, _facts)
def test_a_verdict_names_only_rules_of_the_policy_and_every_reason_is_for_a_person(
    history: Tags, policy: Policy, facts: Facts
) -> None:
    names = {rule.name for rule in policy.rules}
    for verdict in judge_history(policy, history.events, {event.oid: facts for event in history.events}).values():
        assert set(verdict.rules) <= names
        for reason in verdict.reasons:
            assert reason.code
            assert reason.text
            assert reason.rule in {*verdict.rules, "", "signing.required"}
