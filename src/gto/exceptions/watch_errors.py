"""Errors of a watcher of events."""

from gto.exceptions.error_kinds import Conflict


class WatcherRuns(Conflict):
    """Another `gto watch` writes the same journal."""

    def __init__(self, path: str) -> None:
        """Keep the path of the journal."""
        super().__init__(
            f"Another `gto watch` holds '{path}', or a command that goes on after one was killed",
            "end it first; a journal of its own, with --state FILE, counts what is there now as handled",
        )
        self.path = path


class TagsReplaced(Conflict):
    """Most event tags of a repository went, or became others, between two looks of a watcher."""

    def __init__(self, path: str, lost: int, known: int) -> None:
        """Keep the path of the journal, how many tags went, and how many there were."""
        super().__init__(
            f"{lost} of the {known} event tags that were there before are gone or others now: nothing is delivered",
            "if that is meant, begin anew with a new --state FILE: what is there now is passed over then",
        )
        self.path = path
        self.lost = lost
        self.known = known
