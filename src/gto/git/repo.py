"""One local repository: where it is, what its revisions name, and its objects by name."""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import NoRepo, RefNotFound
from gto.git.command import Git
from gto.git.profile import LAZY, names_a_program
from gto.git.refusal import explain

if TYPE_CHECKING:
    from gto.git.mirror import Mirror

LARGEST_FILE = 4 << 20
"""Bytes: a blob over this size is no file of metadata and is not read."""

_OID = "[0-9a-f]{40}(?:[0-9a-f]{24})?"
_NOT_A_REPO = ("not a git repository", "no such file or directory", "not a directory", "cannot change to")


class Repo(NamedTuple):
    """A repository that git found; `rev` is the commit of the revision that it was opened with, if there is one."""

    git: Git
    common_dir: str
    """The directory of refs and objects, shared by all work trees."""
    top: str | None
    """The root of the work tree; None in a bare repository and inside of `.git`."""
    rev: str | None
    mirror: "Mirror | None" = None
    """Of a remote repository, where this stands for one."""

    def read(self, names: Sequence[str]) -> "list[GitObject | None]":
        """Return the objects that `names` name, as read_objects() does; a mirror fetches what it lacks, all at once."""
        if self.mirror is None:
            return read_objects(self.git, names)
        from gto.git.blob import read_names  # only where a URL is

        return read_names(self.mirror, names)

    def mend(self) -> bool:
        """Make a mirror anew in which an object cannot be read; false where that is no use, or this is no mirror."""
        return self.mirror is not None and self.mirror.mend()

    @property
    def is_shallow(self) -> bool:
        """Whether it lacks older commits, and so perhaps tags."""
        return os.path.exists(os.path.join(self.common_dir, "shallow"))

    def has(self, commit: str) -> bool:
        """Tell whether a commit is here."""
        return self.git.ask(["cat-file", "-e", commit])[1] == 0

    def resolve(self, rev: str) -> str:
        """Return the commit that a revision names, or raise RefNotFound."""
        answer = commit_of(self.git, rev)
        if answer is None:
            raise RefNotFound(rev)
        return answer


class GitObject(NamedTuple):
    """A blob, tree, commit or tag with its content; `body` is None for one over the size limit."""

    oid: str
    type: str
    body: bytes | None


def open_repo(path: str, rev: str = "HEAD", seconds: float | None = None) -> Repo:
    """Find the repository around `path`, and in the same process the commit of `rev`; `seconds` bounds each process."""
    git = Git(path, seconds=seconds)
    args = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--is-inside-work-tree", "--show-cdup"]
    try:
        out, _, err = git.ask([*args, _peeled(rev), "--"])
    except NotADirectoryError:
        raise NoRepo(path) from None
    lines = out.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) < 3:  # noqa: PLR2004  common directory, whether inside, and the end
        raise _no_repo(path, err)
    common, inside, *rest = lines
    if _is_partial(common) and _may_fetch(git):
        git = git._replace(env={LAZY: "0"})
    if inside != "true":  # in a bare repository, or in `.git`: git prints no way up
        return Repo(git, common, None, _one_oid(rest))
    return Repo(git, common, os.path.realpath(os.path.join(path, rest[0])), _one_oid(rest[1:]))


def _is_partial(common_dir: str) -> bool:
    """Tell whether objects may be lacking that a remote has: packs that came so are marked."""
    with suppress(OSError):
        return any(name.endswith(".promisor") for name in os.listdir(os.path.join(common_dir, "objects", "pack")))
    return False


def _may_fetch(git: Git) -> bool:
    """Tell whether git may fetch what is lacking: not where the repository itself names a program for that."""
    out = git.run(["config", "--list", "--show-scope", "--name-only", "-z"])
    return not names_a_program(out.decode("utf-8", "surrogateescape"))


def _no_repo(path: str, err: str) -> Exception:
    reason = err.strip().removeprefix("fatal: ")
    if any(known in reason.lower() for known in _NOT_A_REPO):
        return NoRepo(path)
    return NoRepo(path, reason)


def _peeled(rev: str) -> str:
    # An option, a range or an exclusion is no revision; git is not asked about it.
    return "--" if rev.startswith(("-", "^")) or "\0" in rev or not rev else f"{rev}^{{commit}}"


def _one_oid(lines: Sequence[str]) -> str | None:
    found = [line for line in lines if line and line != "--"]
    return found[0] if len(found) == 1 and re.fullmatch(_OID, found[0]) else None


def commit_of(git: Git, rev: str) -> str | None:
    """Return the commit that a revision names, or None."""
    out, status, err = git.ask(["rev-parse", _peeled(rev), "--"])
    oid = _one_oid(out.decode("utf-8", "surrogateescape").split("\n"))
    if oid is None and status != 0 and "fatal: bad revision" not in err:
        raise explain(git.directory, ["rev-parse"], status, err)
    return oid


def read_objects(git: Git, names: Sequence[str]) -> list[GitObject | None]:
    """Return the objects that `names` (object ids, or `rev:path`) name, in that order; None for what is not there."""
    found: list[GitObject | None] = []
    left = list(names)
    while left:
        part = _read_batch(git, left)
        found.extend(part)
        left = left[len(part) :]
        if left:  # git stopped at an object that it cannot read
            found.append(None)
            left.pop(0)
    return found


def _read_batch(git: Git, names: Sequence[str]) -> list[GitObject | None]:
    data = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
    found: list[GitObject | None] = []
    with git.stream(["cat-file", "--batch", "--buffer"], data) as answer:
        out = answer.out
        for _ in names:
            header = out.readline().rsplit(b" ", 2)
            if header[-1] in {b"missing\n", b"ambiguous\n"}:
                found.append(None)
                continue
            if len(header) != 3 or not header[2].rstrip().isdigit():  # noqa: PLR2004  oid, type, size
                break
            size = int(header[2])
            body = _read_exactly(out.read, size + 1)
            if body is None:
                break
            found.append(GitObject(header[0].decode(), header[1].decode(), body[:-1] if size <= LARGEST_FILE else None))
    return found


def _read_exactly(read: Callable[[int], bytes], size: int) -> bytes | None:
    if size <= LARGEST_FILE + 1:
        body = read(size)
        return body if len(body) == size else None
    while size:
        part = read(min(size, 1 << 20))
        if not part:
            return None
        size -= len(part)
    return b"\n"
