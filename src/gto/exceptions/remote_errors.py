"""Errors of remotes, of mirrors of them, and of others who write at the same time."""

import re
from collections.abc import Iterable, Sequence

from gto.exceptions.error_kinds import Conflict, GTOException, NotFound
from gto.exceptions.repository_errors import GitError


class PushRejected(GitError):
    """The remote did not take the refs; nothing was kept locally."""


class PartlyPushed(GTOException):
    """Some of several pushes were done, then one failed."""

    def __init__(self, cause: GTOException, done: Sequence[str], total: int) -> None:
        """Keep why it failed, and the names of the tags that were pushed before."""
        super().__init__(
            f"{len(done)} of {total} tags were pushed, the last of them '{done[-1]}'; then: {cause.message}",
            "`gto push` goes on with the rest, `gto status` lists it",
        )
        self.done = tuple(done)
        self.total = total


class TagsDiffer(Conflict):
    """Tags are not the same here and on a remote."""

    def __init__(self, tags: Sequence[str], remote: str) -> None:
        """Keep the names of the tags."""
        super().__init__(
            f"{len(tags)} tag(s) are not the same here and on '{remote}', '{tags[0]}' for one",
            "`gto status` lists them; decide which is right, and delete the other with `git tag -d` or `git push -d`",
        )
        self.tags = tuple(tags)


class Raced(Conflict):
    """Another writer was first, again and again."""

    def __init__(self, subject: str, words: str) -> None:
        """Keep what was written to, and git's own words."""
        super().__init__(f"Another process was first to write '{subject}': {words}", "run this again")
        self.subject = subject
        self.words = words


class RemoteFailed(GitError):
    """A remote repository cannot be reached, or refuses."""

    def __init__(self, url: str, argv: Iterable[str], status: int | None, stderr: str, hint: str = "") -> None:
        """Keep the address, which holds nothing secret, and git's own words."""
        super().__init__(argv, status, stderr)
        self.url = url
        self.message = f"Cannot reach '{url}': {_reason(self.stderr) or status}"
        self.args = (self.message,)
        self.hint = hint or f"`git ls-remote {url}` shows whether git reaches it; --offline reads what was fetched"


_TOLD = ("fatal: ", "error: ", "remote: ")


_PROGRESS_RE = re.compile(r"(remote: )?(Enumerating|Counting|Compressing|Receiving|Resolving|Total|Writing) ")


_VAGUE = "fatal: Could not read from remote repository."


def _reason(stderr: str) -> str:
    """Return the line that says why git could not reach a remote; before git's own vague one stand those of ssh."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not _PROGRESS_RE.match(line.strip())]
    told = [line for line in lines if line.startswith(_TOLD)]
    if _VAGUE in lines[1:]:
        told = lines[lines.index(_VAGUE) - 1 :]
    line = next(iter(told or lines), "")
    return line.partition(": ")[2] if line.startswith(_TOLD) else line


class NotMirrored(NotFound):
    """Nothing was fetched from a remote repository yet, and --offline forbids it."""

    def __init__(self, url: str, what: str = "Nothing of") -> None:
        """Keep the address; `what` says what is lacking."""
        verb = "was" if what.startswith("Nothing") else "were not"
        super().__init__(f"{what} '{url}' {verb} fetched yet", "leave out --offline once")
        self.url = url


class MirrorDamaged(NotFound):
    """What a mirror holds cannot be read, and it cannot be made anew."""

    def __init__(self, url: str) -> None:
        """Keep the address."""
        super().__init__(f"The mirror of '{url}' is damaged", f"`gto cache clear {url}`, then run this again online")
        self.url = url
