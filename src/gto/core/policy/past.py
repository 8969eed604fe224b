"""What the events of one artifact that came before say, as far as a policy asks."""

from gto.core.event import Event, SortKey
from gto.core.tag import Kind


class Past:
    """The events of one artifact so far; they are added in their order."""

    __slots__ = ("_active", "_since", "_stages", "_versions", "last")

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}  # commit: the version last registered there
        self._since: dict[str, int] = {}  # commit: when it was first registered
        self._active: set[str] = set()  # commits of registered versions that count
        self._stages: dict[str, set[str]] = {}  # stage: commits that it was put on, and not taken off since
        self.last: SortKey | None = None
        """The key of the newest event."""

    def add(self, event: Event) -> None:
        """Take note of an event that counts."""
        commit, name = event.commit, event.tag
        match name.kind:
            case Kind.REGISTRATION:
                self._versions[commit] = name.version or ""
                self._active.add(commit)
                self._since.setdefault(commit, event.time)
            case Kind.DEREGISTRATION:
                self._active.discard(commit)
            case Kind.ASSIGNMENT:
                self._stages.setdefault(name.stage or "", set()).add(commit)
            case Kind.UNASSIGNMENT:
                self._stages.get(name.stage or "", set()).discard(commit)
            case _:
                pass
        self.last = event.key

    def version_at(self, commit: str) -> str:
        """Return the version that was registered on a commit; the commit's hash where none was."""
        return self._versions.get(commit, commit)

    def registered_at(self, event: Event) -> int:
        """Return when the version on an event's commit was first registered: at the event, where it was not before."""
        return self._since.get(event.commit, event.time)

    def stages_put_on(self, commit: str) -> list[str]:
        """Return the stages that a commit was put into and not taken out of, whether its version counts or not."""
        return [stage for stage, commits in sorted(self._stages.items()) if commit in commits]

    def is_in(self, commit: str, stage: str) -> bool:
        """Tell whether the version on a commit is in a stage, alone or beside others."""
        return commit in self._stages.get(stage, ()) and self._counts(commit)

    def holders(self, stage: str) -> list[str]:
        """Return the commits whose versions are in a stage."""
        return sorted(commit for commit in self._stages.get(stage, ()) if self._counts(commit))

    def stages_of(self, commit: str | None) -> list[str]:
        """Return the stages that the version on a commit is in; with None, those of all versions."""
        found = ((stage, self.holders(stage)) for stage in sorted(self._stages))
        return [stage for stage, held in found if (held if commit is None else commit in held)]

    def _counts(self, commit: str) -> bool:
        return commit not in self._versions or commit in self._active
