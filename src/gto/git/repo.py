"""One local repository: where it is, what its revisions name, and its objects by name."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gto.exceptions import NoRepo, RefNotFound
from gto.git.command import Git
from gto.git.git_errors import explain
from gto.git.objects import GitObject, read_objects
from gto.git.safe_config import LAZY, names_a_program

if TYPE_CHECKING:
    from gto.core.allowed_stores import AllowedStores

_OID = "[0-9a-f]{40}(?:[0-9a-f]{24})?"
# The common directory, whose name may hold line breaks, and what the revision names.
_WHERE_RE = re.compile(rf"(.+?)\n((?:\^?{_OID}\n)*)(?:--\n)?", re.DOTALL)
_NOT_A_REPO = ("not a git repository", "no such file or directory", "not a directory", "cannot change to")


class Contents(Protocol):
    """What a repository's objects come from: itself, or the remote repository that it mirrors."""

    @property
    def address(self) -> str | None:
        """The URL of the remote repository that this stands for, without anything secret; None for an own one."""

    @property
    def is_offline(self) -> bool:
        """Whether no network is to be reached."""

    @property
    def writer(self) -> Git:
        """Git for what reaches a remote or signs, with the user's own configuration and credentials."""

    def read(self, git: Git, names: Sequence[str]) -> list[GitObject | None]:
        """Return the objects that `names` name, as read_objects() does; what is lacking is fetched, all at once."""

    def bring(self, oids: Sequence[str]) -> None:
        """Fetch those of the objects that are lacking, all at once."""

    def mend(self) -> bool:
        """Make a damaged copy anew; false where that is no use."""

    def refresh(self) -> None:
        """Bring it up to date with the remote that it stands for."""

    def update_refs(self, lines: Sequence[str]) -> None:
        """Change refs in one transaction, while nobody fetches."""


class OwnContents(NamedTuple):
    """The contents of a repository that is the user's own: nothing is fetched, and nothing made anew."""

    writer: Git
    address: None = None
    is_offline: bool = False

    def read(self, git: Git, names: Sequence[str]) -> list[GitObject | None]:
        """Return the objects that are here."""
        return read_objects(git, names)

    def bring(self, oids: Sequence[str]) -> None:
        """Do nothing: what is lacking is the user's to fetch."""

    def mend(self) -> bool:
        """Leave it as it is."""
        return False

    def refresh(self) -> None:
        """Leave it as it is."""

    def update_refs(self, lines: Sequence[str]) -> None:
        """Change refs in one transaction."""
        change_refs(self.writer, lines)


class Repo(NamedTuple):
    """A repository that git found; `rev` is the commit of the revision that it was opened with, if there is one."""

    git: Git
    common_dir: str
    """The directory of refs and objects, shared by all work trees."""
    top: str | None
    """The root of the work tree; None in a bare repository and inside of `.git`."""
    rev: str | None
    contents: Contents
    stores: "AllowedStores | None" = None
    """The stores that may be read for it; None for all. With some it is believed no more than a stranger's."""

    @property
    def is_own(self) -> bool:
        """Whether it is a directory of the user's, and not the mirror of a repository that a URL names."""
        return self.contents.address is None

    @property
    def address(self) -> str | None:
        """The URL of the remote repository that it mirrors, without anything secret; None for an own one."""
        return self.contents.address

    @property
    def is_offline(self) -> bool:
        """Whether it is a mirror that is read as it was fetched last."""
        return self.contents.is_offline

    @property
    def writer(self) -> Git:
        """Git for fetching, pushing and signing, with the user's own configuration and credentials."""
        return self.git if self.is_own else self.contents.writer

    def refresh(self) -> None:
        """Bring a mirror up to date with its remote; an own repository stays as it is."""
        self.contents.refresh()

    def read(self, names: Sequence[str]) -> list[GitObject | None]:
        """Return the objects that `names` name, as read_objects() does; a mirror fetches what it lacks, all at once."""
        return self.contents.read(self.git, names)

    def mend(self) -> bool:
        """Make a mirror anew in which an object cannot be read; false where that is no use, or this is no mirror."""
        return self.contents.mend()

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


def open_repo(path: str, rev: str = "HEAD", seconds: float | None = None) -> Repo:
    """Find the repository around `path`, and in the same process the commit of `rev`; `seconds` bounds each process."""
    git = Git(path, seconds=seconds)
    args = ["rev-parse", "--is-inside-work-tree", "--show-cdup", "--path-format=absolute", "--git-common-dir"]
    try:
        out, _, err = git.ask([*args, _peeled(rev), "--"])
    except NotADirectoryError:
        raise NoRepo(path) from None
    inside, _, rest = out.decode("utf-8", "surrogateescape").partition("\n")
    up, _, rest = rest.partition("\n") if inside == "true" else ("", "", rest)  # else git prints no way up
    match = _WHERE_RE.fullmatch(rest)
    if match is None:
        raise _no_repo(path, err)
    common, found = match[1], _one_oid(match[2].split("\n"))
    if _is_partial(common) and _may_fetch(git):
        git = git._replace(env={LAZY: "0"})
    top = os.path.realpath(os.path.join(path, up)) if inside == "true" else None  # not bare, nor in `.git`
    return Repo(git, common, top, found, OwnContents(git))


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


def change_refs(git: Git, lines: Sequence[str]) -> None:
    """Change refs in one transaction; `lines` are those of `git update-ref --stdin`."""
    data = "\n".join(["start", *lines, "prepare", "commit", ""]).encode("utf-8", "surrogateescape")
    git.run(["update-ref", "--stdin"], data=data)
