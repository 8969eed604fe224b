"""`gto policy`: what the policy says, whether something would be allowed, how a forge can help."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gto.cli import options, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.core.policy import Policy, Rule
    from gto.registry.policy.dry_run import PolicyAnswer
    from gto.registry.policy.sources import PolicySource

_FORGES = ("github", "gitlab", "bitbucket", "gitea", "forgejo")
_EVENTS = ("registration", "deregistration", "assignment", "unassignment", "deprecation")
_SUPPOSED = {
    True: "Supposed: a good signature",
    False: "Supposed: a tag that is not signed; --signed supposes a signature",
}
_NONE = "There is no policy: everything is allowed"


@click.group("policy", short_help="Show, check and try out the rules of who may do what.")
def command() -> None:
    """Show, check and try out the policy: the rules in `.gto.policy.yaml` of who may do what, and in which order.

    A writer meets two of them, that of the work tree and that of the default branch of `origin`, and both must allow
    what is written.
    """


@command.command(
    "show",
    cls=options.Command,
    short_help="Show the rules, all or those for an artifact.",
    examples="""
    gto policy show
    gto policy show churn --json
    """,
)
@options.repo
@options.name_argument("Artifact whose rules are shown", required=False)
@options.as_json
def show(repo: str, name: str | None, as_json: bool) -> None:
    """Show the rules, with all that is in groups, and where they were read.

    With an artifact's name, show only the rules that can cover it.
    """
    from gto.registry.policy import sources

    found = sources.sources(options.open_registry(repo))
    if as_json:
        render.as_json({"policies": [_as_dict(source, name) for source in found]})
    elif not found:
        render.say(_NONE)
    else:
        render.lines(render.clean(line) for source in found for line in _lines(source, name))
    unproven = [rule.name for source in found for rule in _unproven(source, name)]
    for rule in dict.fromkeys(unproven):
        render.note(f"note: rule '{render.clean(rule)}' goes by the address in a tag, which anybody can write there")
    if unproven:
        render.note("   `signed: true` in the rule asks for proof; `users` lets a server's hook compare who pushes")


def _rules(policy: Policy, name: str | None) -> list[Rule]:
    from gto.core.policy.explain import fits

    return [rule for rule in policy.rules if name is None or fits(rule, name)]


def _unproven(source: PolicySource, name: str | None) -> list[Rule]:
    from gto.core.policy.explain import goes_by_address

    return [rule for rule in _rules(source.policy, name) if goes_by_address(source.policy, rule)]


def _as_dict(source: PolicySource, name: str | None) -> dict[str, Any]:
    policy = source.policy
    rules = []
    for rule in _rules(policy, name):
        found = rule._asdict()
        found["events"] = [kind.noun for kind in sorted(rule.events)] if rule.events is not None else None
        rules.append(found)
    whole = policy._asdict()
    whole.update(rules=rules, groups=dict(policy.groups), users=dict(policy.users))
    return {"where": source.where, "rev": source.rev, **whole}


def _lines(source: PolicySource, name: str | None) -> Iterator[str]:
    from gto.core.policy.explain import tell

    policy = source.policy
    yield f"Policy of {source.where}"
    if policy.since:
        yield f"  since {datetime.fromtimestamp(policy.since, UTC).isoformat()}"
    if policy.signed:
        yield "  every event is signed with a trusted key"
    if policy.stages is not None and name is None:
        yield f"  stages of .gto: {', '.join(policy.stages) or 'none'}"
    if policy.max_age is not None:
        yield f"  an event is pushed within {policy.max_age} seconds"
    rules = _rules(policy, name)
    for rule in rules:
        told = tell(policy, rule)
        yield f"  {told.name}: {told.covers}"
        yield from (f"    {ask}" for ask in told.asks)
    if not rules:
        yield "  no rules" if name is None else f"  no rules for {name}"


@command.command(
    "check",
    cls=options.Command,
    short_help="Check whether the policy file is valid.",
    examples="""
    gto policy check
    """,
)
@options.repo
@options.as_json
def check(repo: str, as_json: bool) -> None:
    """Check whether the policy files are valid, those of the work tree and of the default branch of `origin`.

    A mistake is told with its line, and the exit code is 1. The files of signers that they name are read too.
    """
    from gto.registry.policy import sources

    registry = options.open_registry(repo)
    found = sources.sources(registry)
    for source in found:
        sources.trusted(registry, source)
    if as_json:
        render.as_json({"policies": [{"where": one.where, "rules": len(one.policy.rules)} for one in found]})
    elif not found:
        render.say(_NONE)
    else:
        render.lines(f"{render.emoji('✅ ')} Policy of {one.where}: {len(one.policy.rules)} rules" for one in found)


@command.command(
    "test",
    cls=options.Command,
    short_help="Tell whether something would be allowed, and which rules decide.",
    examples="""
    gto policy test churn --stage prod
    gto policy test churn --version v1.2.0 --stage prod --as grace@example.com --signed
    gto policy test churn --event registration
    """,
)
@options.repo
@options.name_argument()
@click.option("--stage", help="The stage of the event", shell_complete=options.stages)
@click.option(
    "--event",
    "noun",
    type=click.Choice(_EVENTS),
    help="What happens; default: assignment with --stage, or registration",
)
@click.option("--as", "person", metavar="EMAIL", help="Who does it; default: you, as git knows you")
@click.option(
    "--version",
    help="The version that it is about; default: the latest, or the next for a registration",
    shell_complete=options.versions,
)
@click.option(
    "--ref",
    "rev",
    metavar="REV",
    help="The commit that it is about; with --version, an assignment registers that first",
)
@click.option("--signed", is_flag=True, help="Suppose a good signature")
@click.option("--key", metavar="FINGERPRINT", help="Suppose a good signature by this key")
@options.as_json
def test(
    repo: str,
    name: str,
    stage: str | None,
    noun: str | None,
    person: str | None,
    version: str | None,
    rev: str | None,
    signed: bool,
    key: str | None,
    as_json: bool,
) -> None:
    """Tell whether something would be allowed now, rule by rule; exit code 1 if it would be refused.

    Nothing is written. The approvals that were given and the branches that reach the commit are looked up. A good
    signature is supposed where gto would sign: by `sign: true` in a policy, or by git's `tag.gpgSign`.
    """
    from gto.core.tag import Kind
    from gto.registry.policy.dry_run import Question, dict_answers, explain

    kind = Kind[noun.upper()] if noun else Kind.ASSIGNMENT if stage else Kind.REGISTRATION
    supposed = key if key is not None else "" if signed else None
    question = Question(name, kind, stage, version, rev, person, supposed)
    found = explain(options.open_registry(repo), question)
    allowed = all(answer.is_allowed for answer in found)
    if as_json:
        render.as_json(dict_answers(found))
    else:
        render.lines([line for answer in found for line in _told(answer)] or [_NONE])
        render.lines(_SUPPOSED[answer.is_signed] for answer in found[:1])
        render.lines([f"{render.emoji('✅ ')} Allowed" if allowed else f"{render.emoji('❌ ')} Refused"])
    if not all(answer.is_known for answer in found):
        render.note(f"note: '{name}' has no event and no annotation yet: is the name right?")
    if not allowed:
        sys.exit(1)


def _told(answer: PolicyAnswer) -> Iterator[str]:
    event = answer.event
    what = f"'{event.ref}' on commit {event.commit[:7]}, by {render.clean(event.author_email)}"
    yield f"{what}: policy of {answer.source.where}"
    if not answer.is_judged:
        yield "  events before `since` are not judged"
    elif not answer.findings:
        yield "  no rule covers it"
    for one in answer.findings:
        title = f"rule '{one.rule}'" if one.rule else "every event"
        if one.is_met:
            yield f"  {render.emoji('✅ ')} {title}: met"
        for reason in one.reasons:
            yield f"  {render.emoji('❌ ')} {title}: {render.clean(reason.text)} [{reason.code}]"
            if reason.hint:
                yield f"     {render.clean(reason.hint)}"


@command.command(
    "protect",
    cls=options.Command,
    short_help="Print how a forge is told to protect tags.",
    examples="""
    gto policy protect --forge github
    gto policy protect --forge gitlab > protect.sh
    """,
)
@options.repo
@click.option("--forge", "forge_name", type=click.Choice(_FORGES), required=True, help="Where the repository is hosted")
@options.as_json
def protect(repo: str, forge_name: str, as_json: bool) -> None:
    """Print a script that tells a forge which tags to protect, by the policy and the stages in `.gto`.

    Nothing is sent: read the script, fill in what it names in capitals, then run it. A forge can limit who makes a
    tag and keep tags from being moved; it knows nothing of orders, approvals or signatures.
    """
    from gto.cli import protect_script
    from gto.core.policy import Policy
    from gto.core.policy.tag_protection import Forge, protections
    from gto.registry.policy import sources

    registry = options.open_registry(repo)
    found = sources.sources(registry)
    policy = found[-1].policy if found else Policy(stages=registry.config.stages)
    forge = Forge(forge_name)
    wanted = protections(policy, forge)
    if as_json:
        rows = [{**one._asdict(), "commands": list(protect_script.commands(forge, one))} for one in wanted]
        render.as_json({"forge": forge_name, "notes": list(protect_script.NOTES[forge]), "protections": rows})
    else:
        render.lines(map(render.clean, protect_script.script(forge, wanted)))
