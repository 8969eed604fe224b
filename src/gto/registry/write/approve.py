"""One person's word that a version may go into a stage: read, decide, sign, push, set the ref."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.core import names, selector, wording
from gto.core.approval import Approval, ApprovalName
from gto.core.event import moment
from gto.core.policy import Policy
from gto.core.policy.approval_rules import Tally, asking, promotion, tally
from gto.core.policy.approver import counts_from
from gto.core.selector import Pick, Selector
from gto.core.snapshot import ArtifactState, VersionState
from gto.exceptions import Conflict, StageNotAllowed, UsageError, VersionNotFound
from gto.git.approvals import read_approvals
from gto.output.published import Published
from gto.registry.policy import sources
from gto.registry.policy.sources import PolicySource, Scope
from gto.registry.registry import Registry
from gto.registry.resolve import pick_version
from gto.registry.write import attach
from gto.registry.write.transaction import (
    Prepared,
    WriteOptions,
    WriteRequest,
    carry_out,
    checked,
    find_policies,
)


class Approved(NamedTuple):
    """An approval that was given, and what the policies ask for beside it."""

    approval: Approval
    tallies: tuple[Tally, ...] = ()
    """One for each rule that asks for approvals of this."""
    notes: tuple[str, ...] = ()
    pushed: bool = False

    def lines(self) -> list[str]:
        """Return what is said about it on stdout."""
        name, ref = self.approval.name, self.approval.ref
        said = f"Created git tag '{ref}' that approves version '{name.version}' for stage '{name.stage}'"
        return [said, *(wording.pushed(ref) if self.pushed else wording.how_to_push(ref))]

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        given = [{"rule": one.rule, "given": one.given, "needed": one.needed} for one in self.tallies]
        return {"approval": dict_approval(self.approval), "rules": given, "pushed": self.pushed}


def dict_approval(one: Approval) -> Published:
    """Return an approval as it is printed in JSON."""
    return {
        "ref": one.ref,
        "artifact": one.name.artifact,
        "version": one.name.version,
        "stage": one.name.stage,
        "commit": one.commit,
        "author": one.author,
        "author_email": one.author_email,
        "created_at": moment(one.time),
    }


class _Wish(NamedTuple):
    """What is to be approved, how it is written, and the policies that must allow it."""

    name: str
    selector: Selector
    stage: str
    manner: WriteOptions
    policies: Sequence[PolicySource]


def approve(registry: Registry, words: str, stage: str, manner: WriteOptions) -> Approved:
    """Approve the version that a selector names for a stage, by a signed tag; the latest, if it names none."""
    if manner.behalf is not None:
        hint = "type the command yourself, where your key is"
        raise UsageError(f"An approval is signed by who gives it, and {manner.behalf.program} has nobody's key", hint)
    chosen = selector.parse(words)
    names.parse_artifact(chosen.name)
    names.parse_plain(stage, "stage name")
    allowed = registry.config.stages
    if allowed is not None and stage not in allowed:
        raise StageNotAllowed(stage, allowed)
    wish = _Wish(chosen.name, chosen, stage, checked(registry, manner), find_policies(registry))
    request = WriteRequest(wish.name, wish.manner, lambda found: _prepare(registry, wish, found.state), approvals=True)
    (new, since), _, notes = carry_out(registry, request)
    tallies = tuple(one for source in _judges(wish) for one in _count(registry, source, new, since))
    return Approved(new, tallies, (*notes, *_next_step(new, tallies)), wish.manner.push)


def _prepare(registry: Registry, wish: _Wish, state: ArtifactState) -> tuple[Prepared, tuple[Approval, int]]:
    """Make the approval, which the policies allow; beside it return the time since when approvals count."""
    version = _choose(state, wish)
    new = _make(registry, wish, version)
    since = counts_from(version, state.deprecations)
    _judge(registry, wish, state, new, since)
    return Prepared({new.ref: new.oid}, versions={version.name}), (new, since)


def _judges(wish: _Wish) -> Sequence[PolicySource]:
    """Return the policies; without one, signatures are still checked by what git trusts."""
    return wish.policies or [PolicySource(Policy(), "", None)]


def _choose(state: ArtifactState, wish: _Wish) -> VersionState:
    """Return the version that is meant, or say why there is nothing to approve."""
    stage, chosen = wish.stage, wish.selector
    back = state.version(chosen.value) if chosen.pick is Pick.VERSION else None
    if back is not None and back.is_registered and _comes_back(state, back, stage):
        return back
    version = pick_version(state, chosen).version
    if not version.is_registered:
        hint = f"`gto register {state.name} {version.name}` registers it"
        raise VersionNotFound(f"commit {version.name[:7]} of '{state.name}' is no registered version", hint)
    holder = state.holder(stage)
    if holder is not None and holder.version == version.name:
        hint = f"there is nothing to approve: `gto show {state.name}#{stage}` shows it"
        raise Conflict(f"Version '{version.name}' is already in stage '{stage}'", hint)
    return version


def _comes_back(state: ArtifactState, version: VersionState, stage: str) -> bool:
    """Tell whether a version was taken back, and comes into the stage again with the event that undoes this."""
    found = version.stage(stage)
    return not (state.is_active and version.is_active) and found is not None and found.is_active


def _make(registry: Registry, wish: _Wish, version: VersionState) -> Approval:
    """Write the signed tag object, which no ref names yet."""
    name = ApprovalName(names.parse_artifact(wish.name), version.name, wish.stage, attach.new_id())
    text = wish.manner.message or f"Approving {name.artifact}@{name.version} for stage {name.stage}"
    made = attach.make(registry, wish.manner._replace(sign=True), str(name), version.commit, text)
    assert isinstance(made, Approval)  # noqa: S101  its name is that of an approval
    return made


def _judge(registry: Registry, wish: _Wish, state: ArtifactState, new: Approval, since: int) -> None:
    """Raise where a policy forbids the approval, or where the same person gave it before."""
    attach.judge(registry, wish.policies, state, new)
    for source in _judges(wish):
        _check_first(sources.for_writing(registry, source), new, since)


def _check_first(where: Scope, new: Approval, since: int) -> None:
    """Refuse a second approval of one person; one that is not signed with a key that counts may be forged."""
    same = (new.name[:3], new.commit, new.author_email)
    own = [
        one
        for one in _given(where.registry, new.name.artifact)
        if (one.name[:3], one.commit, one.author_email) == same and one.time >= since
    ]
    if not own:
        return
    signatures = sources.verify(where, [new, *own])
    key = signatures[new.oid].key
    for one in own:
        if signatures[one.oid].is_good or signatures[one.oid].key == key:
            reason = f"'{one.author_email}' approved '{one.name.version}' for stage '{one.name.stage}' already"
            raise Conflict(reason, f"'{one.ref}' is the approval; `gto reviews {one.name.artifact}` lists them")


def _given(registry: Registry, artifact: str) -> list[Approval]:
    return [item for item in read_approvals(registry.git, artifact) if isinstance(item, Approval)]


def _count(registry: Registry, source: PolicySource, new: Approval, since: int) -> list[Tally]:
    """Count the approvals that are there now, for each rule that asks for some."""
    wanted = promotion(new.name, new.commit)
    rules = asking(source.policy, wanted)
    if not rules:
        return []
    where = sources.for_writing(registry, source)
    given = {one.oid: one for one in (*_given(registry, new.name.artifact), new)}.values()
    signatures = sources.verify(where, given)
    pairs = [(one, signatures[one.oid]) for one in given]
    return [tally(source.policy, rule, wanted, new.name.version, pairs, since) for rule in rules]


def _next_step(new: Approval, tallies: Sequence[Tally]) -> list[str]:
    name = new.name
    if not tallies:
        return [f"no rule of a policy asks for approvals of '{name.artifact}' for stage '{name.stage}'"]
    told = list(dict.fromkeys(map(_told, tallies)))  # the work tree and the remote mostly say the same
    if all(one.is_enough for one in tallies):
        command = f"`gto assign {name.artifact} --version {name.version} --stage {name.stage}`"
        return [*told, f"{command}{_by_whom(new, tallies)} is next"]
    return [*told, f"others approve too: `gto approve {name.artifact}@{name.version} --stage {name.stage}`"]


def _told(one: Tally) -> str:
    if one.given > one.needed:
        return f"rule '{one.rule}': {one.given} approvals are given, and {one.needed} would be enough"
    return f"rule '{one.rule}': {one.given} of {one.needed} approvals are given"


def _by_whom(new: Approval, tallies: Sequence[Tally]) -> str:
    """Say who cannot be the author of the assignment: an approval of the author's own does not count."""
    if all(one.given > one.needed for one in tallies):
        return ""
    emails = {approval.author_email.lower() for one in tallies for approval in one.counted}
    return " by another than you" if emails == {new.author_email.lower()} else " by another than the approvers"
