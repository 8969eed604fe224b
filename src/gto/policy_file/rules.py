"""The rules of the policy file, and what makes one that could never do what it says."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from gto.core import names
from gto.core.policy.policy import Rule
from gto.core.tag import Kind
from gto.exceptions import InvalidName
from gto.policy_file import fields
from gto.policy_file.fields import ValuePath, near
from gto.policy_file.people import Groups, Named, check_people, is_group, read_people

_OF_STAGES = frozenset({Kind.ASSIGNMENT, Kind.UNASSIGNMENT, Kind.DEREGISTRATION, Kind.DEPRECATION})
"""Events that a rule with `stages` may cover."""


def _stage(value: object, at: ValuePath) -> str:
    try:
        return names.parse_plain(fields.text(value, at), "stage")
    except InvalidName as error:
        raise at.wrong(error.message, error.hint) from error


KEYS: Mapping[str, fields.Reader] = {
    "name": fields.text,
    "artifacts": fields.artifact_patterns,
    "stages": fields.stage_patterns,
    "events": fields.events,
    "who": read_people,
    "signed": fields.flag,
    "after": _stage,
    "branch": fields.branch,
    "prereleases": fields.flag,
    "annotated": fields.flag,
    "one_version": fields.flag,
    "approvals": fields.approvals,
    "approvers": read_people,
    "code_on_load": fields.code_on_load,
    "files_signed": fields.flag,
    "compatible": fields.flag,
}
"""The keys of a rule, which are the fields of Rule."""
MOST = 1000
"""Rules of a policy."""
_PEOPLE = ("who", "approvers")


class RuleContext(NamedTuple):
    """What the rules refer to: the stages of `.gto`, None for any, and the groups of the policy."""

    stages: tuple[str, ...] | None
    groups: Groups


def read_rules(value: object, at: ValuePath, context: RuleContext) -> tuple[Rule, ...]:
    """Read the list of rules."""
    if not isinstance(value, list):
        raise at.wrong(f"a list of rules was expected, as in '- stages: prod', not {fields.shown(value)}")
    if len(value) > MOST:
        raise at.wrong(f"{len(value)} rules, more than {MOST}")
    found: dict[str, Rule] = {}
    for number, one in enumerate(value):
        default = f"rule {number + 1}"
        where = at.at(number).called(default)
        rule = _rule(one, where, context, default)
        if rule.name in found:
            raise where.wrong(f"there is a rule '{rule.name}' already", "give this one another name")
        found[rule.name] = rule
    return tuple(found.values())


def _rule(value: object, at: ValuePath, context: RuleContext, default: str) -> Rule:
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        at = at.called(f"rule '{value['name'][:60]}'")
    read = fields.settings(value, at, KEYS)
    for key in _PEOPLE:
        if key in read:
            people: list[Named] = read[key]
            read[key] = check_people(people, context.groups)
    rule = Rule(**{"name": default, **read})
    _check_stages(rule, at, context.stages)
    _check_kinds(rule, at, read)
    _check_approvals(rule, at, context.groups)
    return rule


def _check_stages(rule: Rule, at: ValuePath, allowed: tuple[str, ...] | None) -> None:
    """Refuse stages that `.gto` does not allow, and an order that leads nowhere."""
    if rule.after is not None and rule.stages == (rule.after,):
        raise at.at("after").wrong(f"a version would have to be in stage '{rule.after}' before it could be put there")
    if allowed is None:
        return
    for number, pattern in enumerate(rule.stages or ()):
        if not any(fnmatchcase(stage, pattern) for stage in allowed):
            reason = f"'{pattern}' is none of the stages of .gto"
            raise at.at("stages").at(number, "").wrong(reason, near(pattern, allowed, "stages"))
    if rule.after is not None and rule.after not in allowed:
        raise at.at("after").wrong(f"'{rule.after}' is none of the stages of .gto", near(rule.after, allowed, "stages"))


def _check_kinds(rule: Rule, at: ValuePath, read: Mapping[str, Any]) -> None:
    """Refuse a rule that covers no event, and requirements that none of its events can have."""
    kinds = rule.events if rule.events is not None else frozenset(Kind)
    if rule.stages is not None:
        kinds &= _OF_STAGES
    if not kinds:
        hint = "leave out `stages`, or name `assignment` or `unassignment` among the events"
        raise at.at("events").wrong("the rule covers nothing: such events are of no stage", hint)
    if not rule.artifacts or rule.stages == ():
        raise at.at("artifacts" if not rule.artifacts else "stages").wrong("the rule covers nothing: the list is empty")
    additions = {"branch": rule.branch, "annotated": rule.annotated, "prereleases": not rule.prereleases}
    additions |= {"code_on_load": rule.code_on_load, "compatible": rule.compatible}
    # A version is signed once it is registered.
    assignments = {"after": rule.after, "one_version": rule.one_version, "approvals": rule.approvals}
    assignments |= {"files_signed": rule.files_signed}
    for asked, fitting in ((additions, {Kind.REGISTRATION, Kind.ASSIGNMENT}), (assignments, {Kind.ASSIGNMENT})):
        for key, value in asked.items():
            if key in read and value and not kinds & fitting:
                nouns = " or ".join(kind.noun for kind in sorted(fitting))
                raise at.at(key).wrong(f"it can never apply: the rule covers no {nouns}", f"add {nouns} to `events`")


def _check_approvals(rule: Rule, at: ValuePath, groups: Groups) -> None:
    """Refuse approvers without approvals, and more approvals than there are people to give them."""
    if rule.approvers is None:
        return
    if not rule.approvals:
        raise at.at("approvers").wrong("it can never apply: the rule asks for no approvals", "add `approvals: 1`")
    people = {one for name in rule.approvers for one in (groups.get(name, ()) if is_group(name) else (name,))}
    if len(people) < rule.approvals and not any(re.search(r"[*?\[]", one) for one in people):
        reason = f"{rule.approvals} approvals are asked for, and {len(people)} may give them"
        raise at.at("approvals").wrong(reason, "ask for fewer, or name more approvers")
