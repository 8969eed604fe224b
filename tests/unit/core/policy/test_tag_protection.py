from __future__ import annotations

import re

import pytest

from gto.core.policy import Policy, Rule
from gto.core.policy.tag_protection import Forge, protections
from gto.core.tag import Kind
from tests.policies import ADA, GRACE, KEY, rules

PROD = Rule("production", stages=("prod",), who=("leads", KEY))
TEAM = {"leads": (ADA,)}
STAGES = ("dev", "prod")


def patterns(policy: Policy, forge: Forge) -> dict[str, tuple[str, ...]]:
    return {one.what: one.patterns for one in protections(policy, forge)}


def github(pattern: str, name: str) -> bool:
    """Tell whether File.fnmatch with FNM_PATHNAME, in which `*` stops at `/`, finds that a pattern fits."""
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("**/")]
    return bool(re.fullmatch("(?:[^/]+/)*".join(parts), name))


def test_who_may_make_tags_is_told_by_rule_with_names_on_the_server() -> None:
    policy = rules(PROD, groups=TEAM, users={"ada": "Ada@example.com", "grace": GRACE}, stages=STAGES)
    first = protections(policy, Forge.GITLAB)[0]
    assert first.what == "rule 'production'"
    assert first.who == (ADA,)  # a key says nothing to a forge
    assert first.users == ("ada",)
    assert first.patterns == ("*#prod", "*#prod#*", "*#prod!*")


def test_what_is_open_to_everybody_is_no_part_of_what_is_shut_where_one_opening_is_enough() -> None:
    policy = rules(PROD, groups=TEAM, stages=STAGES)
    kept = patterns(policy, Forge.GITLAB)["events and approvals, once made"]
    assert kept == ("*@v*", "*#dev", "*#dev#*", "*#dev!*", "*@deprecated*", "approvals/*", "signatures/*")
    everything = rules(Rule("r", who=()), stages=STAGES)
    assert patterns(everything, Forge.GITLAB)["events and approvals, once made"] == ("approvals/*", "signatures/*")


def test_without_a_policy_what_was_said_is_kept() -> None:
    assert patterns(Policy(), Forge.GITLAB) == {
        "events and approvals, once made": ("*@v*", "*@deprecated*", "approvals/*", "signatures/*")
    }
    assert len(patterns(Policy(), Forge.GITHUB)["events and approvals, once made"]) == 12
    assert protections(Policy(), Forge.GITEA) == []


@pytest.mark.parametrize(
    "tag",
    [
        "m#prod",
        "a/b/m#prod",
        "eu/models=m#prod#12",
        "m#prod!",
        "m#prod!#3",
        "a/m#prod!",
        "m@v1.0.0",
        "a/b/m@v1.0.0-rc.1!#2",
        "m@deprecated",
        "a/m@deprecated#2",
        "m#eu/prod",
        "a/m#eu/prod#4",
        "approvals/m,v1.0.0,prod,0123456789ab",
        "approvals/a/b/m,v1.0.0,prod,0123456789ab",
        "approvals/m,v1.0.0,eu/prod,0123456789ab",
    ],
)
def test_every_event_and_approval_fits_a_pattern_where_a_star_stops_at_a_slash(tag: str) -> None:
    kept = patterns(Policy(), Forge.GITHUB)["events and approvals, once made"]
    assert any(github(pattern, tag) for pattern in kept)
    assert not any(github(pattern, "release/1.0") for pattern in kept)


@pytest.mark.parametrize(
    ("artifacts", "fitting", "others"),
    [
        (("*",), ["m#prod", "a/b#prod#1", "a/b/c#prod!"], ["m#prod-eu", "m#dev", "m@v1.0.0"]),
        (("m", "eu:m"), ["m#prod", "eu=m#prod!#2"], ["n#prod", "a/m#prod"]),
        (("fraud/*",), ["fraud/a#prod", "fraud/a/b#prod#3"], ["m#prod", "frauds/a#prod"]),
        (("x-*",), ["x-a#prod", "x-a/b#prod"], ["y#prod"]),
        (("x[0-9]",), ["x1#prod"], ["y#prod"]),
    ],
)
def test_the_patterns_of_a_rule_fit_its_tags(artifacts: tuple[str, ...], fitting: list[str], others: list[str]) -> None:
    found = patterns(rules(PROD._replace(artifacts=artifacts), groups=TEAM), Forge.GITHUB)["rule 'production'"]
    for tag in fitting:
        assert any(github(pattern, tag) for pattern in found), tag
    for tag in others:
        assert not any(github(pattern, tag) for pattern in found), tag


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("r", who=()), ("*@v*", "*#*", "*@deprecated*")),
        (Rule("r", stages=("p?[a-z]*",), who=()), ("*#p*",)),
        (Rule("r", events=frozenset({Kind.DEREGISTRATION}), who=()), ("*@v*",)),
        (Rule("r", events=frozenset({Kind.UNASSIGNMENT}), who=()), ("*#*",)),
        (Rule("r", events=frozenset({Kind.DEPRECATION}), who=()), ("*@deprecated*",)),
    ],
)
def test_a_rule_is_put_into_patterns_by_what_it_covers(rule: Rule, expected: tuple[str, ...]) -> None:
    assert patterns(rules(rule), Forge.FORGEJO) == {"rule 'r'": expected}


def test_a_rule_that_no_tag_can_show_is_left_out() -> None:
    of_stage = Rule("r", stages=("prod",), events=frozenset({Kind.DEPRECATION}), who=())
    assert protections(rules(of_stage, Rule("s", signed=True)), Forge.BITBUCKET) == []


def test_where_a_star_stops_at_a_slash_a_second_pattern_stands_beside_the_first() -> None:
    found = patterns(rules(PROD, groups=TEAM), Forge.GITHUB)["rule 'production'"]
    assert found == ("*#prod", "**/*#prod", "*#prod#*", "**/*#prod#*", "*#prod!*", "**/*#prod!*")
    assert patterns(rules(PROD, groups=TEAM), Forge.BITBUCKET)["rule 'production'"] == found
