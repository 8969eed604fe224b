"""What Git wants on a target: the selector's version, what its files are, and how they are brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.core import selector
from gto.delivery import get
from gto.exceptions import BadFile, EmptyStage, NoAnnotation, NoPath, PolicyRefused, VersionNotFound
from gto.registry.resolve import find_version
from gto.serve.deploy.target import DeployTarget, WantedDeployment

if TYPE_CHECKING:
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.registry.registry import Registry
    from gto.registry.resolve import AnnotatedTarget
    from gto.storage.location import Located


class VersionSource(NamedTuple):
    """The registry, read as its policy has it, and how far its stores are believed."""

    registry: Registry
    trust: RepositoryTrust
    required: bool = False
    """Whether a trusted key must have signed the files."""


def want(source: VersionSource, target: DeployTarget) -> WantedDeployment:
    """Return what a target shall run. PolicyRefused where the policy refuses what its selector names."""
    try:
        return _want(source, target)
    except (EmptyStage, VersionNotFound):
        refused = _refused(source.registry, target.selector)
        if refused is not None:
            raise refused from None
        raise


def _want(source: VersionSource, target: DeployTarget) -> WantedDeployment:
    registry = source.registry
    try:
        chosen, located = get.find(registry, target.selector, None, source.trust)
    except (NoAnnotation, NoPath):  # nothing says where its files are: an image has them
        picked = find_version(registry, selector.parse(target.selector)).version
        name = selector.parse(target.selector).name
        return WantedDeployment(target, name, picked.name, picked.commit, "")
    from gto.delivery.recorded_facts import recorded_with

    request = _request(registry, target, chosen.commit) if target.sample else None
    return WantedDeployment(
        target,
        chosen.name,
        chosen.version or chosen.commit,
        chosen.commit,
        get.files_digest(located),
        recorded_with(registry, chosen).fresh,
        lambda directory: _bring(source, chosen, located, directory),
        located.name,
        request,
    )


def _request(registry: Registry, target: DeployTarget, commit: str) -> bytes:
    from gto.git.commit_files import Files

    data = Files(registry.repo).read(commit, target.sample)
    if data is None:
        hint = f"commit it, or leave `sample` of target '{target.name}' out"
        raise BadFile(target.sample, f"commit {commit[:7]} has no such file", hint=hint)
    return data


def _refused(registry: Registry, text: str) -> PolicyRefused | None:
    """Return the refusal of the newest event that the policy kept from the selector's artifact."""
    wanted = selector.parse(text)
    marks = (f"{wanted.name}#{wanted.value}", f"{wanted.name}@")
    for ref, reason in sorted(registry.ignored.items(), reverse=True):
        if ref.startswith(marks):
            return PolicyRefused(ref, [reason], f"`gto check '{ref}'` says more")
    return None


def _bring(source: VersionSource, chosen: AnnotatedTarget, located: Located, directory: str) -> str:
    from gto.delivery.signed_files import SignedWish, hold

    get.check_system()
    wish = SignedWish(required=source.required, by_policy=True)
    signed = hold(source.registry, chosen, located, wish).located
    path = get.get(source.registry, chosen, signed, get.GetOptions(f"{directory}/")).path
    _bring_side_car(source.registry, chosen, path)
    return path


def _bring_side_car(registry: Registry, chosen: AnnotatedTarget, path: str) -> None:
    """Write the version's side-car beside its files, where it has one that is of these."""
    from gto.fs import atomic_write
    from gto.git.commit_files import Files
    from gto.inspect.side_car import side_car_path
    from gto.registry.model_lookup import read_side_cars

    place = chosen.name, chosen.commit
    model = read_side_cars(registry, [place])[place].fresh
    data = Files(registry.repo).read(chosen.commit, model.source) if model is not None and model.source else None
    if data is not None:
        atomic_write.replace(side_car_path(path), data)


def earlier(source: VersionSource, target: DeployTarget, artifact: str, version: str) -> WantedDeployment:
    """Return what would put an earlier version on a target, with the settings of now."""
    return _want(source, target._replace(selector=f"{artifact}@{version}"))._replace(target=target)
