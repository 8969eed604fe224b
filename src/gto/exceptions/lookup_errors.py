"""Errors of what a registry is asked for: words that name nothing, and what it does not hold."""

from collections.abc import Sequence

from gto.exceptions.error_kinds import Conflict, GTOException, NotFound, UsageError, WrongArgs


class InvalidName(UsageError):
    """A name of an artifact, stage, type or label breaks the rules."""

    def __init__(self, value: str, what: str, rule: str) -> None:
        """`what` says what kind of name `value` was meant to be, `rule` what such a name looks like."""
        super().__init__(f"Invalid {what} '{value}'", rule)
        self.value = value
        self.what = what


ValidationError = InvalidName  # the name that DVC catches


class InvalidVersion(UsageError):
    """A version is no SemVer with a leading `v`."""


class InvalidSelector(UsageError):
    """A selector names no version in a form that GTO knows."""


class InvalidTagName(UsageError):
    """A tag's name is no event of GTO."""

    def __init__(self, tag: str) -> None:
        """Keep the name that could not be parsed."""
        super().__init__(f"Cannot parse tag name '{tag}'", "an event looks like 'name@v1.0.0' or 'name#stage#1'")
        self.tag = tag


class InvalidDate(UsageError):
    """A date on the command line cannot be read."""


class UnknownAction(UsageError):
    """No tag does that."""

    def __init__(self, action: object) -> None:
        """Keep what was asked for."""
        super().__init__(f"Unknown action '{action}' was requested")
        self.action = action


class MissingArg(UsageError):
    """An argument is needed that was not given."""

    def __init__(self, arg: str) -> None:
        """Keep the argument's name."""
        super().__init__(f"'{arg}' is required")
        self.arg = arg


class IncomparableVersions(GTOException):
    """A version was compared with something that is none."""

    def __init__(self, this: object, that: object) -> None:
        """Keep both."""
        super().__init__(f"You can compare only versions of the same system, but not '{this}' and '{that}'")
        self.this = this
        self.that = that


class ArtifactNotFound(NotFound):
    """No event and no annotation names the artifact."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Cannot find artifact '{name}'", "`gto show` lists the artifacts of this repository")
        self.name = name


class VersionNotFound(NotFound, WrongArgs):
    """The artifact has no such version."""


VersionRequired = VersionNotFound  # its name in GTO 1.10


class EmptyStage(NotFound):
    """No version of the artifact is in the stage."""

    def __init__(self, name: str, stage: str) -> None:
        """Keep artifact and stage."""
        super().__init__(
            f"No version in stage '{stage}' was found for '{name}'", f"`gto show {name}` lists its versions"
        )
        self.name = name
        self.stage = stage


NoActiveAssignment = EmptyStage  # its name in GTO 1.10


class ManyVersions(Conflict):
    """One version was asked for, and several fit."""

    def __init__(self, name: str, versions: Sequence[str]) -> None:
        """Keep the artifact's name and the versions."""
        super().__init__(f"Several versions of '{name}' fit: {', '.join(versions)}", "name one, or ask for all of them")
        self.name = name
        self.versions = tuple(versions)


class NoStageForVersion(NotFound):
    """A version never was in a stage."""

    def __init__(self, artifact: str, version: str, stage: str) -> None:
        """Keep artifact, version and stage."""
        super().__init__(f"The artifact '{artifact}' version '{version}' is not in stage '{stage}'")
        self.artifact = artifact
        self.version = version
        self.stage = stage


class TagNotFound(NotFound):
    """There is no tag of that name."""

    def __init__(self, name: str) -> None:
        """Keep the tag's name."""
        super().__init__(f"tag '{name}' is not found")
        self.name = name
