"""What would change on a target: Git beside what runs there, and the difference of the files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gto.core.target_state import TargetReport, TargetState, WantedVersion, state_of
from gto.exceptions import GTOException
from gto.serve.deploy import wanted as git
from gto.serve.deploy.guarded_platform import GuardedPlatform
from gto.serve.deploy.shown_variables import hide_values
from gto.serve.deploy.target import LABELS, RenderedFile, RunningDeployment, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.serve.deploy.target import DeployTarget, Platform, WantedDeployment
    from gto.serve.deploy.wanted import VersionSource


_MOST_COMPARED = 200_000  # characters of a file that a target tells: of a stranger's many lines it would take hours


class DeployAction(StrEnum):
    """What `apply` would do on a target."""

    NONE = "none"
    CREATE = "create"
    UPDATE = "update"
    """Another version, or other files or settings."""
    MEND = "mend"
    """The same again: it does not answer, somebody changed it by hand, or an apply was broken off."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """Git does not say what is to run, or the policy forbids it, or the settings make files that are not valid."""


class Planned(NamedTuple):
    """What `apply` would do on a target, and why."""

    target: DeployTarget
    action: DeployAction
    why: tuple[str, ...] = ()
    wanted: WantedDeployment | None = None
    files: tuple[RenderedFile, ...] = ()
    running: RunningDeployment | None = None
    diff: str = ""
    error: GTOException | None = None

    @property
    def before(self) -> str:
        """The version that runs; empty for none."""
        return self.running.labels.get("version", "") if self.running is not None else ""

    @property
    def is_change(self) -> bool:
        """Whether `apply` would do something."""
        return self.action in (DeployAction.CREATE, DeployAction.UPDATE, DeployAction.MEND)

    @property
    def report(self) -> TargetReport:
        """What was found on the target, as a Studio is told it."""
        name = self.target.name
        if self.action is DeployAction.UNREACHABLE:
            return TargetReport(name, unreachable="; ".join(self.why))
        if self.running is None or self.wanted is None:
            return TargetReport(name)
        labels = self.running.labels
        artifact = labels.get("artifact") or self.wanted.artifact  # something of the target's is there
        found = TargetReport(name, artifact, labels.get("version", ""), labels.get("commit", ""))
        return found._replace(
            is_ready=self.running.ready,
            # Of another version nobody knows whether its files are as Git has them, and Git may go back to it.
            is_in_sync=not found.runs(self._wanted_version) or self._is_as_rendered,
            detail=self.running.detail,
        )

    @property
    def state(self) -> TargetState:
        """How the target stands to Git."""
        if self.action is DeployAction.REFUSED:
            return TargetState.REFUSED
        return state_of(is_declared=True, wanted=self._wanted_version, report=self.report)

    @property
    def _wanted_version(self) -> WantedVersion:
        assert self.wanted is not None  # noqa: S101  only what is refused lacks it
        return WantedVersion(self.wanted.artifact, self.wanted.version, self.wanted.commit)

    @property
    def _is_as_rendered(self) -> bool:
        """Whether the labels and the files on the target are those that Git wants, ready or not."""
        if self.running is None or self.wanted is None:
            return False
        same = all(self.running.labels.get(one, "") == self.wanted.labels[one] for one in LABELS)
        return same and not any(_differing(self.files, self.running))

    @property
    def is_problem(self) -> bool:
        """Whether nothing can be done."""
        return self.action in (DeployAction.UNREACHABLE, DeployAction.REFUSED)

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        target, wanted = self.target, self.wanted
        return {
            "target": target.name,
            "kind": target.kind,
            "selector": target.selector,
            "action": str(self.action),
            "why": list(self.why),
            "wanted": wanted.labels if wanted is not None else None,
            "running": dict(self.running.labels) if self.running is not None else None,
            "ready": self.running.ready if self.running is not None else None,
            "detail": self.running.detail if self.running is not None else "",
            "error": {"message": self.error.message, "hint": self.error.hint} if self.error else None,
        }


def plan_target(source: VersionSource, target: DeployTarget) -> Planned:
    """Return what `apply` would do on a target; nothing is changed, and what fails is said in the plan."""
    try:
        wanted = git.want(source, target)
        platform = GuardedPlatform(target)
        files = platform.render(wanted)
        platform.validate(wanted, files)
        found = platform.running(wanted)
    except GTOException as error:
        return Planned(target, DeployAction.REFUSED, (error.message,), error=error)
    planned = compare(wanted, files, found)
    return planned._replace(diff=_diff(source, platform, planned)) if planned.is_change else planned


def compare(
    wanted: WantedDeployment, files: tuple[RenderedFile, ...], found: RunningDeployment | Unreachable | None
) -> Planned:
    """Say what leads from what runs to what is wanted."""
    planned = Planned(wanted.target, DeployAction.NONE, (), wanted, files)
    if isinstance(found, Unreachable):
        return planned._replace(action=DeployAction.UNREACHABLE, why=(found.reason,))
    if found is None:
        return planned._replace(action=DeployAction.CREATE, why=("nothing runs there",))
    planned = planned._replace(running=found)
    differing = [one for one in LABELS if found.labels.get(one, "") != wanted.labels[one]]
    if differing:
        why = tuple(_difference(one, found, wanted) for one in differing)
        known = bool(found.labels.get("version"))
        return planned._replace(
            action=DeployAction.UPDATE if known else DeployAction.MEND, why=why if known else (found.detail,)
        )
    why = tuple(_differing(files, found))
    if not found.ready:
        why = (f"it is not ready: {found.detail}" if found.detail else "it is not ready", *why)
    return planned._replace(action=DeployAction.MEND if why else DeployAction.NONE, why=why)


def _difference(label: str, found: RunningDeployment, wanted: WantedDeployment) -> str:
    old, new = found.labels.get(label, ""), wanted.labels[label]
    if label in ("commit", "digest", "settings"):
        old, new = old.removeprefix("sha256:")[:12], new.removeprefix("sha256:")[:12]
    return f"{label}: {old or 'not told'} -> {new}"


def _differing(files: tuple[RenderedFile, ...], found: RunningDeployment) -> Iterator[str]:
    """Yield the files that are otherwise on the target than they would be written now."""
    there = {one.path: one.text for one in found.files}
    for one in files:
        if one.path in there and there[one.path] != one.text:
            yield f"{one.path} was changed on the target, or is written otherwise now"


def _diff(source: VersionSource, platform: Platform, planned: Planned) -> str:
    """Return how the files change; where the target does not tell those that it has, they are rendered again."""
    from difflib import unified_diff

    before = _before(source, platform, planned)
    lines: list[str] = []
    for one in planned.files:
        old = before.get(one.path, "")[:_MOST_COMPARED]
        names = (f"a/{one.path}" if old else "/dev/null", f"b/{one.path}")
        lines += unified_diff(old.splitlines(), one.text.splitlines(), *names, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _before(source: VersionSource, platform: Platform, planned: Planned) -> dict[str, str]:
    running = planned.running
    if running is None:
        return {}
    if running.files:
        wish = {one.path: one.text for one in planned.files}
        return {one.path: hide_values(one, wish.get(one.path, "")).text for one in running.files}
    artifact, version = running.labels.get("artifact", ""), running.labels.get("version", "")
    try:
        old = git.earlier(source, planned.target, artifact, version)
        return {one.path: one.text for one in platform.render(old)}
    except GTOException:  # Git does not know it any more
        return {}
