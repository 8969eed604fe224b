"""The commits between two commits, and the files that differ."""

from typing import NamedTuple

from gto.git.command import Git

MOST_COMMITS = 100
MOST_FILES = 1000

_FIELDS = 4  # of a commit's line
_STATUS = {"A": "added", "D": "deleted", "M": "modified", "T": "modified"}


class Passed(NamedTuple):
    """A commit on the way."""

    commit: str
    author: str
    created_at: str
    """The committer's time, in ISO form."""
    subject: str


class Changed(NamedTuple):
    """A file that differs."""

    path: str
    status: str
    """`added`, `deleted` or `modified`."""


class Between(NamedTuple):
    """The way from one commit to another."""

    ahead: int
    """How many commits the second has that the first has not."""
    behind: int
    """How many the first has that the second has not."""
    commits: tuple[Passed, ...]
    """The newest of those ahead, at most MOST_COMMITS."""
    files: tuple[Changed, ...]
    """At most MOST_FILES."""
    files_changed: int


def between(git: Git, old: str, new: str) -> Between:
    """Return the way between two commits, in three git processes; none for equal ones."""
    if old == new:
        return Between(0, 0, (), (), 0)
    left, right = git.run(["rev-list", "--left-right", "--count", f"{old}...{new}", "--"]).split()
    lines = git.run(["rev-list", f"--max-count={MOST_COMMITS}", "--no-commit-header",
                     "--format=%H%x00%an%x00%cI%x00%s", f"{old}..{new}", "--"])  # fmt: skip
    commits = []
    for line in lines.decode("utf-8", "replace").split("\n"):
        fields = line.split("\0")
        if len(fields) == _FIELDS:
            commits.append(Passed(*fields))
    files = _files(git, old, new)
    return Between(int(right), int(left), tuple(commits), tuple(files[:MOST_FILES]), len(files))


def _files(git: Git, old: str, new: str) -> list[Changed]:
    out = git.run(["diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new, "--"])
    words = out.decode("utf-8", "surrogateescape").split("\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    return [Changed(path, _STATUS.get(status, "modified")) for status, path in pairs]
