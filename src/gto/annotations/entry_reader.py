"""One entry of an annotating file while it is read: field by field, what is wrong set aside."""

from collections.abc import Callable

from gto.core.event import Problem
from gto.core.names import ArtifactName
from gto.dvc.interpolation import Unresolved, to_text
from gto.exceptions import BadFile
from gto.yamldoc.document import Document, kind

Resolve = Callable[[str], object]

INVALID = "annotation-invalid"
UNRESOLVED = "annotation-unresolved"

UNREADABLE = "annotation-file"

_LONGEST = 300  # characters of a reason; what it quotes may be as long as the file


def file_problem(error: BadFile) -> Problem:
    """Return the problem that an unreadable file is."""
    where = f"line {error.line}: " if error.line else ""
    return Problem(UNREADABLE, error.path, where + error.reason, error.hint or "mend the file, then commit it")


class EntryReader:
    """The fields of one artifact, and the problems met while they were taken."""

    def __init__(self, document: Document, keys: tuple[object, ...]) -> None:
        """`keys` lead to the entry in the document."""
        self.file = document.file
        self.problems: list[Problem] = []
        self._document = document
        self._keys = keys
        self._artifact = ""

    def named(self, name: ArtifactName) -> ArtifactName:
        """Return the artifact's name, and note it for the problems to come."""
        self._artifact = name
        return name

    def set_aside(self, reason: str, *keys: object, hint: str = "", code: str = INVALID) -> None:
        """Note a problem of the entry, or of the field that `keys` lead to."""
        line = self._document.line(*self._keys, *keys)
        where = f"line {line}: " if line else ""
        short = reason if len(reason) <= _LONGEST else reason[:_LONGEST] + "..."
        self.problems.append(Problem(code, self.file, where + short, hint, self._artifact))

    def text(self, key: str, value: object, resolve: Resolve = str) -> str | None:
        """Return a field that must be text, None where it is not; empty text is None."""
        if not isinstance(value, str):
            self.set_aside(f"'{key}' must be text, not {kind(value)}", key)
            return None
        try:
            resolved = resolve(value)
            if resolved is not None and not isinstance(resolved, list | dict):
                return to_text(resolved) or None
            self.set_aside(f"'{key}': its variable is {kind(resolved)}, not text", key, code=UNRESOLVED)
        except Unresolved as error:
            self.set_aside(f"'{key}': {error}", key, code=UNRESOLVED)
        return None

    def texts(self, key: str, value: object, resolve: Resolve = str) -> tuple[str, ...]:
        """Return a field that must be a list of texts, without those items that are none."""
        if not isinstance(value, list):
            self.set_aside(f"'{key}' must be a list of texts, not {kind(value)}", key)
            return ()
        texts = (self.text(key, item, resolve) for item in value)
        return tuple(text for text in texts if text is not None)
