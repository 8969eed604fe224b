from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.policy import Policy, Rule
from gto.core.tag import Kind
from gto.exceptions import BadFile, WrongConfig
from gto.policy_file import FILE, read_policy
from gto.policy_file.people import DEEPEST, MOST_MEMBERS
from gto.policy_file.rules import MOST

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES = ("dev", "staging", "prod", "prod-eu")
KEY = "SHA256:" + "a" * 43
PGP = "0123456789abcdef0123456789abcdef01234567"

WHOLE = f"""\
since: 2026-01-01
max_age: 1d
users: {{ada: ada@example.com}}
groups: {{leads: [ada@example.com, "{KEY}"], approvers: [leads, grace@example.com, {PGP}]}}
signing: {{sign: true, required: true, allowed_signers: .gto.allowed_signers}}
rules:
- name: production
  artifacts: [churn, "fraud/*"]
  stages: prod
  events: [assignment, unassignment]
  who: [leads, "*@example.com"]
  signed: true
  after: staging
  branch: main
  prereleases: false
  annotated: true
  one_version: true
  approvals: 2
  approvers: [approvers]
- artifacts: x
  who: []
"""


def policy(text: str, stages: Sequence[str] | None = STAGES) -> Policy:
    return read_policy(text.encode(), FILE, tuple(stages) if stages is not None else None)


def refused(text: str, stages: Sequence[str] | None = STAGES) -> WrongConfig:
    with pytest.raises(WrongConfig) as found:
        policy(text, stages)
    assert found.value.path == FILE
    return found.value


@pytest.mark.parametrize("data", [None, b"", b" \n", b"# nothing\n", b"null\n", b"{}\n", b"rules: []\n"])
def test_without_rules_everything_is_allowed(data: bytes | None) -> None:
    assert read_policy(data, FILE, None) == Policy()
    assert read_policy(data, FILE, STAGES) == Policy(stages=STAGES)


def test_every_key_is_read() -> None:
    leads = ("ada@example.com", KEY)
    assert policy(WHOLE) == Policy(
        rules=(
            Rule(
                name="production",
                artifacts=("churn", "fraud/*"),
                stages=("prod",),
                events=frozenset({Kind.ASSIGNMENT, Kind.UNASSIGNMENT}),
                who=("leads", "*@example.com"),
                signed=True,
                after="staging",
                branch="main",
                prereleases=False,
                annotated=True,
                one_version=True,
                approvals=2,
                approvers=("approvers",),
            ),
            Rule(name="rule 2", artifacts=("x",), who=()),
        ),
        groups={"leads": leads, "approvers": (*leads, "grace@example.com", PGP.upper())},
        users={"ada": "ada@example.com"},
        allowed_signers=".gto.allowed_signers",
        sign=True,
        signed=True,
        max_age=86400,
        since=1767225600,
        stages=STAGES,
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-02", 86400),
        ("1970-01-01T01:00", 3600),
        ("1970-01-01T00:00:05Z", 5),
        ("1970-01-01 00:00:05", 5),
        ("1970-01-01t02:00:00+01:00", 3600),
        ("'1970-01-02'", 86400),
    ],
)
def test_a_time_without_a_zone_is_utc(written: str, seconds: int) -> None:
    assert policy(f"since: {written}\n").since == seconds


@pytest.mark.parametrize(("written", "seconds"), [("90s", 90), ("2m", 120), ("12h", 43200), ("3d", 259200)])
def test_lengths_of_time_have_units(written: str, seconds: int) -> None:
    assert policy(f"max_age: {written}\n").max_age == seconds


def test_a_group_holds_each_member_once_whatever_leads_to_it() -> None:
    groups = policy("groups: {a: [b, c, x@y.z], b: c, c: x@y.z, d: []}\n").groups
    assert groups == {"a": ("x@y.z",), "b": ("x@y.z",), "c": ("x@y.z",), "d": ()}


def test_patterns_of_stages_may_stand_for_several() -> None:
    assert policy("rules: [{stages: ['prod*', '[ds]*']}]\n").rules[0].stages == ("prod*", "[ds]*")


def test_without_stages_in_the_settings_any_stage_may_be_named() -> None:
    assert policy("rules: [{stages: qa, after: anything}]\n", None).rules[0].after == "anything"


@pytest.mark.parametrize(
    ("text", "line", "reason", "hint"),
    [
        ("- a\n", None, "settings were expected, as in 'since: ...', not ['a']", ""),
        ("a: b\n", 1, "unknown setting 'a'", "the settings are groups, max_age, rules, signing, since, users"),
        ("\nrule: []\n", 2, "unknown setting 'rule'", "did you mean 'rules'?"),
        ("1: b\n", 1, "unknown setting 1", "the settings are groups"),
        ("since: 1\n", 1, "since: a date, as in 2026-01-31, or a time, as in 2026-01-31T12:00:00Z, was expected", ""),
        ("since: 2026-02-30\n", 1, "since: there is no such date: day is out of range for month", ""),
        ("max_age: 1w\n", 1, "max_age: a length of time, as in 30m, 12h or 1d, was expected, not '1w'", ""),
        ("max_age: 10\n", 1, "max_age: a length of time, as in 30m, 12h or 1d, was expected, not 10", ""),
        ("users: [a]\n", 1, "users: names of users with addresses were expected", ""),
        ("users: {a: b}\n", 1, "users: a: an address was expected, as in 'ada@example.com', not 'b'", ""),
        ("users:\n  a: '*@b.c'\n", 2, "users: a: an address was expected", ""),
        ("users:\n  1: a@b.c\n", 2, "users: a user's name was expected, not 1", "put it in quotes"),
        ("users: {a: null}\n", 1, "users: a: an address was expected, as in 'ada@example.com', not null", ""),
        ("groups: a\n", 1, "groups: names of groups with lists were expected", ""),
        ("groups:\n  a@b: [c]\n", 2, "groups: a group's name was expected, of letters, digits", ""),
        (f"groups:\n  {PGP}x: []\n  {PGP}: []\n", 3, "groups: a group's name was expected", ""),
        ("groups:\n  a: 1\n", 2, "groups: a: a text or a list of texts was expected, not 1", ""),
        ("groups:\n  a:\n  - b c\n", 3, "groups: a: an address ('ada@example.com'), a key's fingerprint", ""),
        ("groups:\n  a:\n  - true\n", 3, "groups: a: an address", ""),
        ("groups:\n  lead: []\n  a: [leed]\n", 3, "groups: a: there is no group 'leed'", "did you mean 'lead'?"),
        ("groups:\n  a: [SHA256:abc]\n", 2, "groups: a: an address", ""),
        (
            "groups:\n  a: [b]\n  b: [c]\n  c: [a]\n",
            4,
            "groups: c: the groups go round in a circle: a -> b -> c -> a",
            "",
        ),
        ("groups: {a: a}\n", 1, "groups: a: the groups go round in a circle: a -> a", "take one of them out"),
        ("signing: true\n", 1, "signing: settings were expected, as in 'sign: ...', not true", ""),
        ("signing:\n  signed: true\n", 2, "signing: unknown setting 'signed'", "did you mean 'sign'?"),
        ("signing:\n  sign: yes\n", 2, "signing: sign: true or false was expected, not 'yes'", ""),
        ("signing: {allowed_signers: ../x}\n", 1, "signing: allowed_signers: a path in the repository", ""),
        ("signing: {allowed_signers: /x}\n", 1, "signing: allowed_signers: a path in the repository", ""),
        ("signing: {allowed_signers: a/../b}\n", 1, "signing: allowed_signers: a path in the repository", ""),
        ("rules: {}\n", 1, "a list of rules was expected, as in '- stages: prod', not {}", ""),
        ("rules: null\n", 1, "a list of rules was expected, as in '- stages: prod', not null", ""),
        ("rules:\n- {}\n- prod\n", 3, "rule 2: settings were expected, as in 'name: ...', not 'prod'", ""),
        ("rules:\n- {}\n- name: p\n  stage: prod\n", 4, "rule 'p': unknown setting 'stage'", "did you mean 'stages'?"),
        ("rules:\n- name: 1\n", 2, "rule 1: name: a text was expected, not 1", ""),
        ("rules:\n- name: ' '\n", 2, "rule ' ': name: a text was expected", ""),
        (f"rules:\n- name: {'x' * 501}\n", 2, f"rule '{'x' * 60}': name: a text was expected, not", ""),
        ("rules:\n- name: a\n- name: a\n", 3, "rule 2: there is a rule 'a' already", "give this one another name"),
        ("rules:\n- name: rule 2\n- {}\n", 3, "rule 2: there is a rule 'rule 2' already", ""),
        ("rules:\n- artifacts: [a, 'b c']\n", 2, "rule 1: artifacts: an artifact's name or a pattern of names", ""),
        ("rules:\n- artifacts: '['\n", 2, "rule 1: artifacts: an artifact's name or a pattern of names", ""),
        ("rules:\n- artifacts: ''\n", 2, "rule 1: artifacts: an artifact's name or a pattern of names", ""),
        ("rules:\n- artifacts: []\n", 2, "rule 1: artifacts: the rule covers nothing: the list is empty", ""),
        ("rules:\n- stages: []\n", 2, "rule 1: stages: the rule covers nothing: the list is empty", ""),
        ("rules:\n- stages: 'a b'\n", 2, "rule 1: stages: a stage or a pattern of stages", ""),
        ("rules:\n- stages: prd\n", 2, "rule 1: stages: 'prd' is none of the stages of .gto", "did you mean 'prod'"),
        (
            "rules:\n- stages: [prod, 'qa*']\n",
            2,
            "rule 1: stages: 'qa*' is none of the stages of .gto",
            "the stages are",
        ),
        (
            "rules:\n- after: stagin\n",
            2,
            "rule 1: after: 'stagin' is none of the stages of .gto",
            "did you mean 'staging'?",
        ),
        ("rules:\n- after: 'a b'\n", 2, "rule 1: after: Invalid stage 'a b'", "only letters"),
        ("rules:\n- after: 1\n", 2, "rule 1: after: a text was expected, not 1", ""),
        ("rules:\n- stages: prod\n  after: prod\n", 3, "rule 1: after: a version would have to be in stage 'prod'", ""),
        ("rules:\n- events: assign\n", 2, "rule 1: events: 'assign' is no kind of event", "did you mean 'assignment'"),
        ("rules:\n- events: [1]\n", 2, "rule 1: events: 1 is no kind of event", "the kinds of events are"),
        ("rules:\n- events: creation\n", 2, "rule 1: events: 'creation' is no kind of event", ""),
        ("rules:\n- events: []\n", 2, "rule 1: events: the rule covers nothing", ""),
        ("rules:\n- stages: prod\n  events: registration\n", 3, "rule 1: events: the rule covers nothing", "leave out"),
        ("rules:\n- who: nobody\n", 2, "rule 1: who: there is no group 'nobody'", "there are no groups"),
        ("rules:\n- who: {a: b}\n", 2, "rule 1: who: a text or a list of texts was expected", ""),
        ("rules:\n- signed: 1\n", 2, "rule 1: signed: true or false was expected, not 1", ""),
        (
            "rules:\n- branch: refs/heads/main\n",
            2,
            "rule 1: branch: the name of a branch, as in 'main', was expected",
            "",
        ),
        ("rules:\n- branch: -x\n", 2, "rule 1: branch: the name of a branch", ""),
        ("rules:\n- events: registration\n  after: dev\n", 3, "rule 1: after: it can never apply", "add assignment"),
        ("rules:\n- events: registration\n  approvals: 1\n", 3, "rule 1: approvals: it can never apply", ""),
        ("rules:\n- events: deprecation\n  one_version: true\n", 3, "rule 1: one_version: it can never apply", ""),
        (
            "rules:\n- events: deprecation\n  branch: main\n",
            3,
            "rule 1: branch: it can never apply",
            "add registration or",
        ),
        ("rules:\n- events: unassignment\n  prereleases: false\n", 3, "rule 1: prereleases: it can never apply", ""),
        ("rules:\n- events: registration\n  files_signed: true\n", 3, "rule 1: files_signed: it can never apply", ""),
        ("rules:\n- events: deregistration\n  annotated: true\n", 3, "rule 1: annotated: it can never apply", ""),
        ("rules:\n- approvals: -1\n", 2, "rule 1: approvals: a number from 0 to 100 was expected, not -1", ""),
        ("rules:\n- approvals: true\n", 2, "rule 1: approvals: a number from 0 to 100 was expected, not true", ""),
        ("rules:\n- approvals: '2'\n", 2, "rule 1: approvals: a number from 0 to 100 was expected, not '2'", ""),
        ("rules:\n- approvers: a@b.c\n", 2, "rule 1: approvers: it can never apply", "add `approvals: 1`"),
        (
            "rules:\n- approvals: 2\n  approvers: [a@b.c]\n",
            2,
            "rule 1: approvals: 2 approvals are asked for, and 1 may",
            "",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int | None, reason: str, hint: str) -> None:
    found = refused(text)
    assert found.reason.startswith(reason), found.reason
    assert found.line == line
    assert hint in found.hint


def test_requirements_that_are_switched_off_may_stand_anywhere() -> None:
    rule = policy("rules: [{events: deprecation, one_version: false, approvals: 0, prereleases: true}]\n").rules[0]
    assert (rule.one_version, rule.approvals, rule.prereleases) == (False, 0, True)


def test_a_pattern_of_addresses_stands_for_enough_approvers() -> None:
    assert policy("rules: [{approvals: 5, approvers: '*@example.com'}]\n").rules[0].approvals == 5
    assert policy("groups: {a: [x@y.z, z@y.z]}\nrules: [{approvals: 2, approvers: a}]\n").rules[0].approvals == 2
    assert "1 may give them" in refused("groups: {a: x@y.z}\nrules: [{approvals: 2, approvers: a}]\n").reason


def test_groups_that_grow_without_bound_are_refused_at_once() -> None:
    chain = "".join(f"  g{n}: [g{n + 1}]\n" for n in range(DEEPEST + 2)) + f"  g{DEEPEST + 2}: []\n"
    assert f"more than {DEEPEST} levels" in refused(f"groups:\n{chain}").reason
    doubled = "".join(f"  g{n}: [g{n + 1}, g{n + 1}, p{n}@x.y]\n" for n in range(DEEPEST)) + f"  g{DEEPEST}: []\n"
    assert len(policy(f"groups:\n{doubled}").groups["g0"]) == DEEPEST
    crowd = ", ".join(f"p{n}@x.y" for n in range(1000))
    wide = "".join(f"  w{n}: [crowd]\n" for n in range(20))
    assert f"more than {MOST_MEMBERS} members" in refused(f"groups:\n  crowd: [{crowd}]\n{wide}").reason


def test_there_are_not_more_rules_than_can_be_judged() -> None:
    assert len(policy("rules:\n" + "- {}\n" * MOST).rules) == MOST
    assert refused("rules:\n" + "- {}\n" * (MOST + 1)).reason == f"{MOST + 1} rules, more than {MOST}"


@pytest.mark.parametrize("text", ["rules: [\n", "a: &a [*a]\n", "rules: []\nrules: []\n", "[" * 100_000])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        policy(text)
