"""Errors of models saved, loaded and checked, and of the environments in which they are."""

from gto.exceptions.error_kinds import GTOException


class CannotSave(GTOException):
    """No format keeps a model whole."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` says of each format that was tried why."""
        super().__init__(f"the model cannot be saved as '{path}': {reason}", "see what its library says of saving")
        self.path = path


class CannotLoad(GTOException):
    """Nothing here loads a file of that format."""

    def __init__(self, path: str, file_format: str) -> None:
        """Keep path and format."""
        said = f"GTO loads no {file_format} files" if file_format else "nobody knows its format"
        super().__init__(f"'{path}' cannot be loaded: {said}", "load it with the library that wrote it")
        self.path = path


class Untrusted(GTOException):
    """Loading a file would run code, and nobody said that the file is trusted."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` says what would run."""
        hint = "with `trusted=True`, on the command line `--trusted`, it is loaded, and may do whatever you may"
        super().__init__(f"loading '{path}' runs code: {reason}", hint)
        self.path = path


class NotReproduced(GTOException):
    """In an environment of its requirements alone, a model does not load, or says something else."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        """`reason` is a sentence without its end."""
        super().__init__(f"'{path}' does not work with the recorded requirements alone: {reason}", hint)
        self.path = path
        self.reason = reason


class InstallFailed(GTOException):
    """A program that makes environments, or installs packages into them, failed."""

    def __init__(self, program: str, reason: str, hint: str = "") -> None:
        """`reason` is the end of what it said."""
        super().__init__(f"`{program}` failed: {reason}", hint)
        self.program = program
        self.reason = reason


class WrongData(GTOException):
    """Data are not what a model takes."""
