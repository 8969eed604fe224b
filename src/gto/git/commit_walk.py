"""The commits of all branches, and DVC's experiments: where they stand, and what they are, in one process each."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gto.core.event import commit_time
from gto.git.command import Git

MOST_COMMITS = 20_000
"""More commits than this are not walked: the oldest are left out."""

_HEADS, _EXPERIMENTS, _REMOTE_HEAD = "refs/heads/", "refs/exps/", "refs/remotes/origin/HEAD"
_REF_FORMAT = "--format=%(objectname) %(refname) %(symref)"
# The baseline's id in two parts, then the name. Others below `refs/exps` (stash, apply, exec, celery) are DVC's own.
_EXPERIMENT_RE = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})/(.+)")
_FORMAT = "--format=%H%x00%P%x00%an%x00%ae%x00%ct%x00%s%x00%B%x00"
_FIELDS = 7


class BranchTip(NamedTuple):
    """A branch, and where it stands."""

    name: str
    tip: str


class Experiment(NamedTuple):
    """A DVC experiment: a commit that stands on no branch, made from another."""

    ref: str
    name: str
    baseline: str
    """The commit that it was made from."""
    commit: str


class RefTips(NamedTuple):
    """Where branches and experiments stand."""

    branches: tuple[BranchTip, ...]
    experiments: tuple[Experiment, ...]
    default: str | None
    """The name of the remote's default branch, as far as a clone knows it."""


class WalkedCommit(NamedTuple):
    """A commit on the way."""

    oid: str
    parents: tuple[str, ...]
    author: str
    author_email: str
    time: int
    """The committer's, in seconds since 1970."""
    subject: str
    message: str


def read_tips(git: Git) -> RefTips:
    """Read where branches and experiments stand; what DVC keeps below `refs/exps` for itself is left out."""
    out = git.run(["for-each-ref", _REF_FORMAT, _HEADS, _EXPERIMENTS, _REMOTE_HEAD])
    branches, experiments, default = [], [], None
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        oid, ref, leads_to = line.split(" ", 2)
        found = _EXPERIMENT_RE.fullmatch(ref)
        if found is not None:
            experiments.append(Experiment(ref, found[3], found[1] + found[2], oid))
        elif ref.startswith(_HEADS):
            branches.append(BranchTip(ref.removeprefix(_HEADS), oid))
        elif ref == _REMOTE_HEAD:
            default = leads_to.removeprefix("refs/remotes/origin/") or None
    return RefTips(tuple(branches), tuple(experiments), default)


def current_branch(git: Git) -> str | None:
    """Return the name of the branch that is checked out; None where HEAD is on no branch."""
    out, status, _ = git.ask(["symbolic-ref", "--quiet", "HEAD"])
    ref = out.decode("utf-8", "surrogateescape").strip()
    return ref.removeprefix(_HEADS) if status == 0 and ref.startswith(_HEADS) else None


def walk(git: Git, tips: Iterable[str], most: int = MOST_COMMITS) -> list[WalkedCommit]:
    """Return the commits that these reach, the newest first, and no more than `most`."""
    return list(_read(git, tips, f"--max-count={most}"))


def read_commits(git: Git, oids: Iterable[str]) -> list[WalkedCommit]:
    """Return these commits alone, without those before them; what is not here is left out."""
    return list(_read(git, oids, "--no-walk=unsorted"))


def _read(git: Git, oids: Iterable[str], option: str) -> Iterator[WalkedCommit]:
    asked = list(dict.fromkeys(oids))
    if not asked:
        return iter(())
    args = ["rev-list", "--ignore-missing", "--no-commit-header", "--encoding=UTF-8", option, _FORMAT, "--stdin"]
    out = git.run(args, data="".join(f"{oid}\n" for oid in asked).encode())
    return _parse(out.decode("utf-8", "replace").split("\0"))


def _parse(words: Sequence[str]) -> Iterator[WalkedCommit]:
    for at in range(0, len(words) - _FIELDS, _FIELDS):
        oid, parents, author, email, time, subject, message = words[at : at + _FIELDS]
        when = commit_time(time or "0")
        yield WalkedCommit(oid.lstrip("\n"), tuple(parents.split()), author, email, when, subject, message)
