from __future__ import annotations

import pytest

from gto.core.policy import Facts, Rule, judge
from gto.core.policy.judge import needs
from gto.core.policy.policy import CODE_ON_LOAD
from gto.inspect.facts import CodeOnLoad
from tests.factories import START, oid
from tests.policies import ADA, KnownModels, by, past, rules

A, B, C = oid(1), oid(2), oid(3)
COMPATIBLE = rules(Rule("r", compatible=True))


def reasons(
    policy_rule: Rule, models: KnownModels | None, tag: str = "m@v1.2.0", *before: str
) -> list[tuple[str, str]]:
    """What speaks against a tag on the third commit after those on the first two."""
    known = past(*(by(ADA, name, number, START + number) for number, name in enumerate(before, 1)))
    verdict = judge(rules(policy_rule), by(ADA, tag, 3, START + 9), known, Facts(models=models))
    return [(reason.code, reason.text) for reason in verdict.reasons]


def test_the_words_of_the_policy_are_those_of_the_facts() -> None:
    assert [*CODE_ON_LOAD, "unknown"] == list(CodeOnLoad)


@pytest.mark.parametrize(
    ("limit", "found", "met"),
    [
        ("none", "none", True),
        ("none", "trusted-types", False),
        ("trusted-types", "trusted-types", True),
        ("trusted-types", "pickle", False),
        ("pickle", "pickle", True),
        ("pickle", "unknown", False),
    ],
)
def test_loading_a_model_may_run_so_much_and_no_more(limit: str, found: str, *, met: bool) -> None:
    codes = [code for code, _ in reasons(Rule("r", code_on_load=limit), KnownModels({C: found}))]
    assert codes == ([] if met else ["code-on-load"])


def test_a_model_without_facts_meets_no_rule_about_them() -> None:
    for rule in (Rule("r", code_on_load="pickle"), Rule("r", compatible=True)):
        ((code, text),) = reasons(rule, KnownModels({}))
        assert (code, text) == ("no-model-facts", "the facts of its model are not known: nobody wrote them")
        assert [code for code, _ in reasons(rule, None)] == ["no-model-facts"]


BROKEN = KnownModels({A: "none", B: "none", C: "none"}, {C: [A, B]})


@pytest.mark.parametrize(
    ("tag", "before", "told"),
    [
        ("m@v1.2.0", ("m@v1.0.0", "m@v1.1.0"), "v1.1.0"),
        ("m@v1.2.0-rc.1", ("m@v1.0.0", "m@v1.1.0"), "v1.1.0"),
        ("m@v1.2.0", ("m@v1.0.0", "m@v1.2.0-rc.1"), "v1.0.0"),
        ("m@v1.0.5", ("m@v1.0.0", "m@v1.1.0"), "v1.0.0"),
        ("m@v2.0.0", ("m@v1.0.0", "m@v1.1.0"), None),
        ("m@v0.2.0", ("m@v0.1.0",), None),
        ("m@v1.0.0", (), None),
    ],
)
def test_a_version_is_compared_with_the_release_before_it_in_its_major(
    tag: str, before: tuple[str, ...], told: str | None
) -> None:
    found = reasons(Rule("r", compatible=True), BROKEN, tag, *before)
    changes = "class changed, class changed, class changed, and 2 more"
    assert found == ([] if told is None else [("breaking-change", f"its model breaks who uses '{told}': {changes}")])


def test_releases_without_facts_are_passed_over() -> None:
    models = KnownModels({A: "none", C: "none"}, {C: [A]})
    ((_, text),) = reasons(Rule("r", compatible=True), models, "m@v1.2.0", "m@v1.0.0", "m@v1.1.0")
    assert "'v1.0.0'" in text


def test_a_version_that_was_taken_back_is_none_to_be_compared_with() -> None:
    before = past(by(ADA, "m@v1.0.0", 1, START), by(ADA, "m@v1.0.0!", 1, START + 1))
    assert judge(COMPATIBLE, by(ADA, "m@v1.1.0", 3, START + 9), before, Facts(models=BROKEN)).is_allowed


def test_what_has_no_version_promises_nothing() -> None:
    assert judge(COMPATIBLE, by(ADA, "m#prod", 3), past(), Facts()).is_allowed
    assert reasons(Rule("r", compatible=True), BROKEN, "m#prod", "m@v1.0.0") == []


def test_facts_of_models_are_needed_where_something_is_added() -> None:
    for rule in (Rule("r", code_on_load="none"), Rule("r", compatible=True)):
        assert needs(rules(rule), by(ADA, "m@v1.0.0")).models
        assert not needs(rules(rule), by(ADA, "m@v1.0.0!")).models
    assert not needs(rules(Rule("r", signed=True)), by(ADA, "m@v1.0.0")).models
