"""What the policies would say of an event that nobody wrote yet, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.core import names, semver
from gto.core.event import Event, event
from gto.core.indexed_replay import replay
from gto.core.policy import Facts, Reason, judge
from gto.core.semver import Bump
from gto.core.tag import Kind, TagName
from gto.core.tag_signature import Signature, Trust
from gto.exceptions import UsageError, VersionNotFound
from gto.git import tag_writer
from gto.registry import annotation_lookup
from gto.registry.policy import sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gto.core.snapshot import ArtifactState
    from gto.git.tag_writer import Identity
    from gto.output.published import Published
    from gto.registry.policy.sources import PolicySource
    from gto.registry.registry import Registry


class Question(NamedTuple):
    """What somebody may want to do."""

    artifact: str
    kind: Kind
    stage: str | None = None
    version: str | None = None
    rev: str | None = None
    """The commit of the event; with `version`, an assignment registers that there first."""
    person: str | None = None
    """An e-mail address; None for whom git would name."""
    key: str | None = None
    """The fingerprint of the key that signs; empty for some key that is trusted, None for what a writer would do."""


class Finding(NamedTuple):
    """A rule that covers the event, or what counts without one, and why it is not met."""

    rule: str
    """Empty for what counts without a rule."""
    reasons: tuple[Reason, ...]

    @property
    def is_met(self) -> bool:
        """Whether nothing speaks against the event."""
        return not self.reasons


class PolicyAnswer(NamedTuple):
    """What one policy says of the event."""

    source: PolicySource
    event: Event
    findings: tuple[Finding, ...]
    is_signed: bool = False
    """Whether a good signature was supposed."""
    is_known: bool = True
    """Whether the artifact has an event, or an annotation in the commit."""

    @property
    def is_allowed(self) -> bool:
        """Whether every rule is met."""
        return all(finding.is_met for finding in self.findings)

    @property
    def is_judged(self) -> bool:
        """Whether the event is not older than the policy."""
        return self.event.time >= self.source.policy.since

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        rules = [
            {"rule": one.rule or None, "met": one.is_met, "reasons": [reason.dict_state() for reason in one.reasons]}
            for one in self.findings
        ]
        return {
            "where": self.source.where,
            "allowed": self.is_allowed,
            "judged": self.is_judged,
            "tag": self.event.ref,
            "commit": self.event.commit,
            "author": self.event.author_email,
            "signed": self.is_signed,
            "rules": rules,
        }


def dict_answers(answers: Sequence[PolicyAnswer]) -> Published:
    """Return what all policies say as `gto policy test --json` prints it."""
    return {
        "allowed": all(answer.is_allowed for answer in answers),
        "policies": [answer.dict_state() for answer in answers],
    }


def explain(registry: Registry, question: Question) -> list[PolicyAnswer]:
    """Return what each of the policies that a writer meets says; without policies nothing is said."""
    found = sources.sources(registry)
    if not found:
        return []
    state = registry.artifact(names.parse_artifact(question.artifact))
    who = tag_writer.read_identity(registry.git.configured)
    signs = who.sign or any(source.policy.sign for source in found)  # as the writer does
    key = "" if question.key is None and signs else question.key
    if question.person is not None:
        who = who._replace(name=question.person, email=question.person)
    supposed = _suppose(registry, state, question, who)
    past = (*state.events, *_registered_first(registry, state, question, who))
    answers = [_ask(registry, source, supposed, past, key) for source in found]
    is_known = state.newest is not None or annotation_lookup.find(registry, state.name, supposed.commit) is not None
    return [one._replace(is_known=is_known) for one in answers]


def _registered_first(registry: Registry, state: ArtifactState, question: Question, who: Identity) -> Iterator[Event]:
    """Yield the registration that an assignment to a commit and a version writes before itself."""
    if question.kind is Kind.ASSIGNMENT and question.rev is not None and question.version is not None:
        yield _suppose(registry, state, question._replace(kind=Kind.REGISTRATION), who)


def _ask(
    registry: Registry, source: PolicySource, supposed: Event, past: Sequence[Event], key: str | None
) -> PolicyAnswer:
    where = sources.scope(registry, source)
    facts = sources.gather(where, [supposed], known=past).get(supposed.oid, Facts())
    if key is not None:
        facts = facts._replace(signature=Signature(Trust.GOOD, supposed.author_email, key))
    else:
        facts = facts._replace(signature=None)
    verdict = judge(source.policy, supposed, replay(past), facts)
    general = tuple(reason for reason in verdict.reasons if reason.rule not in verdict.rules)
    findings = [Finding(rule, tuple(one for one in verdict.reasons if one.rule == rule)) for rule in verdict.rules]
    return PolicyAnswer(source, supposed, (*([Finding("", general)] if general else ()), *findings), key is not None)


def _suppose(registry: Registry, state: ArtifactState, question: Question, who: Identity) -> Event:
    """Return the event as it would be written now."""
    if question.kind.of_stage and question.stage is None:
        raise UsageError(f"An {question.kind.noun} is of a stage", "add --stage STAGE")
    version, commit = _place(registry, state, question)
    stage = names.parse_plain(question.stage, "stage") if question.stage and question.kind.of_stage else None
    named = version if question.kind.of_version else None
    name = TagName(question.kind, names.parse_artifact(state.name), named, stage)
    body = f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\n"
    return event(name, str(name), commit, who.time, body.encode(), "")


def _place(registry: Registry, state: ArtifactState, question: Question) -> tuple[str | None, str]:
    """Return the version that it is about, and its commit."""
    if question.kind is Kind.REGISTRATION:
        version = question.version or _next(state)
        semver.SemVer.parse(version)
        return version, registry.commit(question.rev)
    if question.rev is not None:
        commit = registry.commit(question.rev)
        here = state.at_commit(commit)
        return here[0].name if here else None, commit
    found = state.version(question.version) if question.version is not None else state.latest
    if found is not None:
        return found.name, found.commit
    if question.version is not None or question.kind is Kind.DEREGISTRATION:
        missing = question.version or "latest"
        raise VersionNotFound(f"'{state.name}' has no version '{missing}'", f"`gto show {state.name}` lists them")
    return None, registry.commit()


def _next(state: ArtifactState) -> str:
    latest = state.latest
    return str(latest.semver.bump(Bump.PATCH)) if latest is not None and latest.semver is not None else semver.FIRST
