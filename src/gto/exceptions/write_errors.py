"""Errors of events that cannot be written as the registry stands."""

from gto.exceptions.error_kinds import Conflict


class VersionTaken(Conflict):
    """The version exists already."""

    def __init__(self, name: str, version: str, hint: str = "") -> None:
        """Keep artifact and version."""
        super().__init__(f"Version '{version}' already was registered.", hint or "choose another version")
        self.name = name
        self.version = version


VersionAlreadyRegistered = VersionTaken  # its name in GTO 1.10


class CommitTaken(Conflict):
    """The commit carries a version of this artifact already."""

    def __init__(self, name: str, version: str, *, active: bool = True) -> None:
        """`active` is false for a version that was deregistered."""
        if active:
            super().__init__(
                f"'{name}' is already registered in this commit with version '{version}'",
                f"`gto deprecate {name} {version}` deregisters it; another commit may carry another version",
            )
        else:
            super().__init__(
                f"For this REF you can only register {version}, which was deregistered here",
                "leave out the version to bring it back, or add --allow-second-version to put a second one here",
            )
        self.name = name
        self.version = version


VersionExistsForCommit = CommitTaken  # its name in GTO 1.10


class AlreadyInStage(Conflict):
    """The version holds the stage already."""

    def __init__(self, version: str, stage: str) -> None:
        """Keep version and stage."""
        super().__init__(
            f"Version '{version}' is already in stage '{stage}'.",
            "use the '--force' flag to create a new Git tag nevertheless",
        )
        self.version = version
        self.stage = stage


class AlreadyDeprecated(Conflict):
    """The artifact is deprecated already."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__("Artifact was deprecated already", f"`gto show {name} -d` shows it")
        self.name = name


class TagExists(Conflict):
    """A ref of that name is there already."""

    def __init__(self, name: str, hint: str = "") -> None:
        """Keep the tag's name."""
        super().__init__(f"tag '{name}' already exists", hint or "leave out --simple true to get a numbered tag")
        self.name = name


class Outdated(Conflict):
    """An artifact's tags are not those that somebody saw who chose a change."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Somebody else changed '{name}' meanwhile: nothing was written", "look again, then decide")
        self.name = name


class TagUnreadable(Conflict):
    """Git cannot read an event of the artifact, so nobody knows what may follow."""

    def __init__(self, tag: str, reason: str, hint: str) -> None:
        """Keep the tag's name."""
        super().__init__(f"Nothing is written while tag '{tag}' cannot be read: {reason}", hint)
        self.tag = tag


class ClockBehind(Conflict):
    """The clock reads an earlier time than the artifact's newest event carries."""

    def __init__(self, name: str, now: str, newest: str, tag: str, seconds: int) -> None:
        """Keep both times, in ISO form, and the seconds between them."""
        super().__init__(
            f"The clock says {now}, but the newest event of '{name}', tag '{tag}', is of {newest}",
            "set the clock, or use --force to write an event that will sort before it",
        )
        self.now = now
        self.newest = newest
        self.seconds = seconds


class TooSoon(Conflict):
    """Another event of this very second stands in the way of a version that others must not register too."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Another event of '{name}' is of this very second", "run this again in a second")
        self.name = name
