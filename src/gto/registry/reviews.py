"""Which versions wait for approvals, who gave some, and which of those do not count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gto.core import names
from gto.core.approval import Approval, ApprovalName
from gto.core.policy.approval_rules import Given, Tally, asking, promotion, tally
from gto.core.policy.approver import counts_from
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import version_key
from gto.exceptions import ArtifactNotFound
from gto.git.approvals import read_approvals
from gto.output.published import Published
from gto.registry.policy import check, sources
from gto.registry.policy.sources import PolicySource
from gto.registry.registry import Registry
from gto.registry.write.approve import dict_approval

_WILD = frozenset("*?[")


class Review(NamedTuple):
    """A version that is not in a stage, and how far it is on the way there by one rule."""

    artifact: str
    version: str
    stage: str
    tally: Tally

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        return {
            "artifact": self.artifact,
            "version": self.version,
            "stage": self.stage,
            "rule": self.tally.rule,
            "needed": self.tally.needed,
            "given": self.tally.given,
            "approvals": [dict_approval(one) for one in self.tally.counted],
            "not_counted": [{**dict_approval(one), "reason": reason} for one, reason in self.tally.doubtful],
        }


class Reviews(NamedTuple):
    """What waits, by artifact, stage and version, and where the policy was found."""

    lines: tuple[Review, ...]
    where: str

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        return {"policy": self.where, "reviews": [one.dict_state() for one in self.lines]}


def reviews(registry: Registry, name: str | None = None, signers: bytes | None = None) -> Reviews:
    """Return what waits for approval, of one artifact or of all; `signers` stand in the place of the policy's."""
    source = check.own_source(registry)
    if not any(rule.approvals for rule in source.policy.rules):
        return Reviews((), source.where)
    states = _states(registry, name)
    given = [one for one in read_approvals(registry.git, name) if isinstance(one, Approval)]
    where = sources.scope(registry, source, signers)
    signatures = sources.verify(where, given) if given else {}
    by_artifact: dict[str, list[Approval]] = {}
    for one in given:
        by_artifact.setdefault(one.name.artifact, []).append(one)
    stages = _stages(registry, source, states, given)
    found = []
    for state in states:
        own = [(one, signatures[one.oid]) for one in by_artifact.get(state.name, ())]
        found += [line for stage in stages for line in _of_stage(source, state, stage, own)]
    return Reviews(tuple(found), source.where)


def _states(registry: Registry, name: str | None) -> Sequence[ArtifactState]:
    if name is None:
        found: Mapping[str, ArtifactState] = registry.snapshot().artifacts
        return [state for _, state in sorted(found.items()) if state.is_active]
    state = registry.artifact(names.parse_artifact(name))
    if state.newest is None:
        raise ArtifactNotFound(name)
    return [state] if state.is_active else []


def _stages(
    registry: Registry, source: PolicySource, states: Iterable[ArtifactState], given: Iterable[Approval]
) -> list[str]:
    """Return the stages of the configuration in their order, then those in use, approved or named by a rule."""
    told = registry.config.stages or ()
    used = {stage.stage for state in states for version in state.versions for stage in version.stages}
    used |= {one.name.stage for one in given}
    used |= {stage for rule in source.policy.rules for stage in rule.stages or () if not _WILD & set(stage)}
    return [*told, *sorted(used - set(told))]


def _of_stage(source: PolicySource, state: ArtifactState, stage: str, given: Given) -> Iterator[Review]:
    for version in _waiting(state, stage, given):
        wanted = promotion(ApprovalName(names.parse_artifact(state.name), version.name, stage, ""), version.commit)
        for rule in asking(source.policy, wanted):
            since = counts_from(version, state.deprecations)
            found = tally(source.policy, rule, wanted, version.name, given, since)
            yield Review(state.name, version.name, stage, found)


def _waiting(state: ArtifactState, stage: str, given: Given) -> Iterator[VersionState]:
    """Yield the latest version where it is not in the stage, and those with approvals that were not used yet."""
    latest = state.latest
    active = [version for version in state.versions if version.is_registered and version.is_active]
    for version in sorted(active, key=lambda one: version_key(one.name), reverse=True):
        found = version.stage(stage)
        if found is not None and found.is_active:
            continue
        said = [one.time for one, _ in given if (one.name.version, one.name.stage) == (version.name, stage)]
        if version is latest or (said and (found is None or found.newest.time < max(said))):
            yield version
