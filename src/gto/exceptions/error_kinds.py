"""The kinds of error that every other is of, and those that say it all."""


class GTOException(Exception):
    """The base of all declared errors; the command line ends with `exit_code` when it meets one."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the sentence and, where there is one, the next step."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def msg(self) -> str:
        """The sentence, under the name that GTO 1.x used."""
        return self.message


class WrongArgs(GTOException):
    """The request cannot be carried out as it was made."""


class UsageError(WrongArgs):
    """The words of the request are wrong, whatever the registry holds."""


AmbiguousArg = UsageError  # its name in GTO 1.10


class ExclusiveOptions(UsageError):
    """Two options exclude each other."""

    exit_code = 2


class NotFound(GTOException):
    """Something that was asked for does not exist."""


class Conflict(WrongArgs):
    """The registry's state forbids the request."""


class BadFile(GTOException):
    """A file of the repository cannot be read as what it should be."""

    def __init__(self, path: str, reason: str, line: int | None = None, hint: str = "") -> None:
        """`line` counts from 1."""
        super().__init__(f"{path}{f', line {line}' if line else ''}: {reason}", hint)
        self.path = path
        self.reason = reason
        self.line = line


WrongArtifactsYaml = BadFile  # its name in GTO 1.10


class WrongConfig(BadFile):
    """The configuration, a file or a `GTO_*` variable, is wrong."""


class ExtraMissing(GTOException):
    """A Python package is missing that only some of GTO needs."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        """`purpose` begins the sentence, `extra` is one of GTO's that brings the package; empty where none does."""
        hint = f"pip install {package}" + (f", or GTO with its extra '{extra}'" if extra else "")
        super().__init__(f"{purpose}, GTO needs the Python package '{package}'", hint)
        self.package = package
        self.extra = extra


class NotImplementedInGTO(GTOException):
    """GTO does not do this."""


class LockHeld(Conflict):
    """Another process holds the lock on what is to be changed: a mirror, an environment, a journal, a database."""

    def __init__(self, path: str, seconds: float) -> None:
        """Keep the path of the lock's file, and how long it was waited for."""
        super().__init__(f"Another process has held '{path}' for {seconds:g} seconds", "wait until it is done")
        self.path = path
