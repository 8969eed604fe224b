"""What came after what: of each event of an artifact its version, and the one in whose place it came."""

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple

from gto.core import semver
from gto.core.event import Event, SortKey
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind

if TYPE_CHECKING:
    from gto.core.semver import Key


class Step(NamedTuple):
    """The versions that one event is about; empty texts where it is about none."""

    version: str = ""
    """The version, as later events name it too; the whole hash of a commit without one."""
    before: str = ""
    """Of an assignment the version that held the stage before, of a registration the latest version before."""


def steps(state: ArtifactState) -> dict[str, Step]:
    """Return the step of each event of an artifact, by the name of its tag; the time grows as their number does.

    What was before an event is what fold() makes of the earlier events alone.
    """
    past = _Past()
    found = [(event.ref, *past.take(event)) for event in state.events]
    return {ref: Step(version.name if version else "", before) for ref, version, before in found}


class _Version:
    """A version as the events so far made it; without a registration it is a commit that has stages."""

    __slots__ = ("is_active", "name", "newest", "rank")

    def __init__(self, name: str) -> None:
        self.name = name
        self.newest: SortKey | None = None  # its newest registration
        self.rank: Key | None = None
        self.is_active = True


class _Past:
    """The versions and stages that the events so far, oldest first, made."""

    def __init__(self) -> None:
        self._named: dict[str, _Version] = {}
        self._at: dict[str, list[_Version]] = {}
        self._stages: dict[str, dict[_Version, None]] = {}  # who is in a stage; the newest assignment is the last
        self._ranked: list[tuple[Key, str]] = []  # the active registered versions, in SemVer's order

    def take(self, event: Event) -> tuple[_Version | None, str]:
        """Add an event; return its version, and the name of the one in whose place it comes."""
        match event.kind:
            case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
                return self._move(event)
            case Kind.REGISTRATION:
                return self._register(event)
            case Kind.DEREGISTRATION:
                return self._deregister(event), ""
            case _:
                return None, ""

    def _register(self, event: Event) -> tuple[_Version, str]:
        before = self._ranked[-1][1] if self._ranked else ""
        name = event.tag.version or ""
        version = self._named.get(name) or self._begin(name, event.commit)
        if version.rank is not None and (version.newest is None or not version.is_active):
            insort(self._ranked, (version.rank, name))
        version.newest, version.is_active = event.key, True
        return version, before

    def _begin(self, name: str, commit: str) -> _Version:
        """Make a version; the first on a commit takes over what the commit had without one."""
        group = self._at.setdefault(commit, [])
        if not group or group[0].newest is not None:
            group.append(_Version(name))
        version = self._named[name] = group[-1]
        parsed = semver.parse(name)
        version.name, version.rank = name, parsed and parsed.key
        return version

    def _deregister(self, event: Event) -> _Version:
        name = event.tag.version or ""
        version = self._named[name]
        if version.is_active and version.rank is not None:
            del self._ranked[bisect_left(self._ranked, (version.rank, name))]
        version.is_active = False
        return version

    def _move(self, event: Event) -> tuple[_Version, str]:
        version = self._of_stage(event.commit)
        there = self._stages.setdefault(event.tag.stage or "", {})
        holder = next((one.name for one in reversed(there) if one.is_active), "")
        there.pop(version, None)
        if event.kind is Kind.UNASSIGNMENT:
            return version, ""
        there[version] = None
        return version, holder

    def _of_stage(self, commit: str) -> _Version:
        """Return the version of a commit that a stage counts for: the active one that was registered last."""
        group = self._at.setdefault(commit, [])
        if not group:
            group.append(_Version(commit))
        if len(group) == 1:
            return group[0]
        active = [one for one in group if one.is_active]
        return max(active or group, key=lambda one: one.newest or (0, 0, 0, ""))
