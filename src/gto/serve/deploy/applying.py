"""A target brought to what Git wants: under its lock, seen to be ready, and put back where that fails."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import DeployFailed, DeployRefused, GTOException, LockHeld, NotReady
from gto.fs import cache_dir, file_lock
from gto.serve.deploy import wanted as git
from gto.serve.deploy.guarded_platform import GuardedPlatform
from gto.serve.deploy.planning import DeployAction, Planned, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gto.serve.deploy.target import DeployTarget, Platform, RunningDeployment, WantedDeployment
    from gto.serve.deploy.wanted import VersionSource

WAIT = 300.0
"""Seconds that a version may take until it answers, and another `apply` until it has ended."""


class ApplyManner(NamedTuple):
    """How a target is brought to what is wanted."""

    seconds: float = WAIT
    say: Callable[[str], None] = lambda _: None
    """Told what happens."""


def apply_target(source: VersionSource, target: DeployTarget, manner: ApplyManner) -> Planned:
    """Bring a target to what Git wants, and return what was done; where nothing was to do, nothing is written.

    DeployFailed is raised where it cannot be brought there, and says what runs now.
    """
    wanted = git.want(source, target)
    platform = GuardedPlatform(target)
    files = platform.render(wanted)
    platform.validate(wanted, files)
    with _alone_here(target, manner.seconds), platform.alone(wanted):
        planned = compare(wanted, files, platform.running(wanted))
        if planned.action is DeployAction.UNREACHABLE:
            raise DeployFailed(f"'{target.name}' cannot be asked: {planned.why[0]}", "`gto deploy apply` again, later")
        if not planned.is_change:
            return planned
        manner.say(f"{target.name}: {planned.before or 'nothing'} -> {wanted.version}")
        try:
            _bring(platform, planned, manner)
        except GTOException as error:
            raise _undone(source, platform, planned, error, manner) from error
    return planned


def _bring(platform: Platform, planned: Planned, manner: ApplyManner) -> None:
    assert planned.wanted is not None  # noqa: S101  it was compared with what runs
    platform.apply(planned.wanted, planned.files)
    manner.say(f"{planned.target.name}: waiting until it answers")
    platform.wait_ready(planned.wanted, manner.seconds)
    if planned.wanted.request is not None:
        check_sample(platform, planned.wanted, planned.wanted.request)


def check_sample(platform: Platform, wanted: WantedDeployment, request: bytes) -> None:
    """Ask one prediction; NotReady where it is not answered, or by another version."""
    answer = platform.ask(wanted, request)
    if answer is None:
        raise NotReady(f"a target of kind '{wanted.target.kind}' cannot be asked", "leave `sample` out")
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    version = found.get("model_version") if isinstance(found, dict) else None
    if version != wanted.version:
        said = answer.decode("utf-8", "replace").strip()[:300]
        what = f"version '{str(version)[:100]}'" if version else f"with no `model_version`: {said}"
        raise NotReady(f"the sample was answered by {what}, not by '{wanted.version}'")


def _undone(
    source: VersionSource, platform: Platform, planned: Planned, error: GTOException, manner: ApplyManner
) -> DeployFailed:
    """Put back what ran before, and return the error that says what failed and what runs now."""
    name, before = planned.target.name, planned.running
    wanted = planned.wanted.version if planned.wanted is not None else ""
    what = f"'{name}' did not take {wanted}: {error.message}"
    if isinstance(error, DeployRefused):
        return DeployFailed(f"{what}; nothing was changed", error.hint)
    if before is None or not before.ready or not planned.before:
        return DeployFailed(what, error.hint or "nothing ran there before; `gto deploy apply` tries it again")
    manner.say(f"{name}: going back to {planned.before}")
    try:
        _go_back(source, platform, planned, before, manner)
    except GTOException as again:
        return DeployFailed(f"{what}; going back to {planned.before} failed, too: {again.message}", error.hint)
    return DeployFailed(f"{what}; {planned.before} runs again", error.hint)


def _go_back(
    source: VersionSource, platform: Platform, planned: Planned, before: RunningDeployment, manner: ApplyManner
) -> None:
    assert planned.wanted is not None  # noqa: S101  it was applied
    if platform.go_back(planned.wanted, before):
        return
    old = git.earlier(source, planned.target, before.labels.get("artifact", ""), planned.before)
    platform.apply(old, platform.render(old))
    platform.wait_ready(old, manner.seconds)


@contextmanager
def _alone_here(target: DeployTarget, seconds: float) -> Iterator[None]:
    """Keep another process of this machine from the target."""
    told = json.dumps([target.name, target.kind, target.values], sort_keys=True)
    path = os.path.join(cache_dir.home(), f"deploy-{cache_dir.digest(told.encode())[:16]}.lock")
    try:
        with file_lock.hold(path, seconds):
            yield
    except LockHeld as error:
        if error.path != path:
            raise
        hint = "wait for it, or end it"
        raise DeployFailed(f"Another `gto deploy apply` has been at '{target.name}' for {seconds:g} s", hint) from error
