"""Errors of a Git repository and of the git executable."""

import re
from collections.abc import Iterable

from gto.exceptions.error_kinds import GTOException, NotFound


class NoRepo(NotFound):
    """There is no Git repository at a path."""

    def __init__(self, path: str, reason: str = "") -> None:
        """`reason` is git's own word, where it gave one that says more."""
        super().__init__(
            f"No Git repo found in '{path}'" + (f": {reason}" if reason else ""),
            "" if reason else "run this in a Git repository, or name one with --repo",
        )
        self.path = path


class RefNotFound(NotFound):
    """A ref names no commit of the repository."""

    def __init__(self, ref: str) -> None:
        """Keep the ref."""
        hint = "name a commit, a branch or a tag that this repository has"
        if ref == "HEAD":
            hint = "commit something first, or name a commit"
        super().__init__(f"Ref '{ref}' was not found in the repository history", hint)
        self.ref = ref

    @property
    def is_version(self) -> bool:
        """Whether it looks like a version, which some commands take elsewhere."""
        return re.fullmatch(r"v?\d+\.\d+\.\d+.*", self.ref) is not None


class CommitLacking(NotFound):
    """The commit of an event is not in a shallow clone, and nobody may be asked for it."""

    def __init__(self, ref: str, commit: str) -> None:
        """Keep the event's tag and the commit."""
        super().__init__(
            f"Commit {commit[:7]} of '{ref}' is not in this checkout",
            "leave --offline out, or fetch the tag with its commit",
        )
        self.ref = ref
        self.commit = commit


class GitError(GTOException):
    """The git executable ended with an error."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, hint: str = "") -> None:
        """`status` is the exit status, negative for a signal; None when the time limit ended it."""
        self.argv = tuple(argv)
        self.status = status
        self.stderr = stderr.strip()
        super().__init__(f"git {self.verb} failed: {self.stderr or f'exit status {status}'}", hint)

    @property
    def verb(self) -> str:
        """The subcommand of git."""
        return git_verb(self.argv)


def git_verb(argv: Iterable[str]) -> str:
    """Return the subcommand among git's arguments; empty where there is none."""
    words = iter(argv)
    for word in words:
        if word in {"-c", "-C"}:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


class GitMissing(GitError):
    """There is no git executable, or it is too old."""

    def __init__(self, reason: str) -> None:
        """`reason` says which of the two."""
        super().__init__((), None, reason, "install git 2.34 or later and put it on PATH")
        self.args = (self.stderr,)
        self.message = self.stderr


class NoIdentity(GitError):
    """Git does not know who writes the event."""

    def __init__(self, stderr: str) -> None:
        """Keep git's own words."""
        super().__init__(("var", "GIT_COMMITTER_IDENT"), 128, stderr)
        self.message = "Git does not know who you are: no name and e-mail address for the tag"
        self.args = (self.message,)
        self.hint = "git config user.name 'Your Name'; git config user.email you@example.com"


class Locked(GitError):
    """A lock of git is in the way: another process holds it, or one that was killed left it."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, path: str, age: float | None) -> None:
        """`age` is that of the lock in seconds; None where it is gone by now."""
        super().__init__(argv, status, stderr)
        held = f"'{path}' has been there for {duration(age)}" if age is not None else f"'{path}' was there until now"
        self.path = path
        self.age = age
        self.message = f"The repository is locked: {held}"
        self.args = (self.message,)
        self.hint = (
            "wait for the git process that writes, then run this again; if none does, one was killed: "
            "`gto doctor --fix` removes its lock after ten minutes"
        )


def duration(seconds: float) -> str:
    """Return a length of time in words, in the largest unit of which it holds two or more."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} second{'' if int(seconds) == 1 else 's'}"


class Unwritable(GitError):
    """The disk is full, or the repository cannot be written to."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, reason: str, hint: str) -> None:
        """`reason` is what the system said, in git's words."""
        super().__init__(argv, status, stderr, hint)
        self.reason = reason
        self.message = f"Git cannot write to this repository: {reason}"
        self.args = (self.message,)
