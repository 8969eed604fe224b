"""A branch that gets commits made of files that are in no work tree; a work tree that has it checked out follows."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.core.names import parse_branch
from gto.exceptions import Conflict, GitError, Raced
from gto.git.command import Git
from gto.git.commit import commit_index, is_checked_out, move_branch, scratch_index
from gto.git.repo import commit_of

_PLAIN = "100644"


class GrowingBranch(NamedTuple):
    """A branch, the commit at its tip, and whether the work tree in hand has it checked out."""

    name: str
    tip: str | None
    """None for a branch that has no commit yet."""
    is_here: bool


def find_branch(git: Git, name: str | None) -> GrowingBranch:
    """Return the branch to commit to: the one in hand, or a named one, which begins at HEAD where it is new."""
    out, status, _ = git.ask(["symbolic-ref", "--quiet", "HEAD"])
    in_hand = out.decode("utf-8", "surrogateescape").strip().removeprefix("refs/heads/") if status == 0 else None
    if name is None and in_hand is None:
        raise Conflict("HEAD is detached: there is no branch to commit to", "--branch names one")
    chosen = parse_branch(name or in_hand or "")
    bare = git.run(["rev-parse", "--is-bare-repository"]).strip() == b"true"
    is_here = chosen == in_hand and not bare
    if not is_here and is_checked_out(git, chosen):
        raise Conflict(f"Branch '{chosen}' is checked out in another work tree", "run this there")
    tip = commit_of(git, f"refs/heads/{chosen}")
    return GrowingBranch(chosen, tip, is_here)


def store_files(git: Git, places: Iterable[str]) -> list[str]:
    """Write files of this machine as blobs, byte for byte, and return their ids."""
    asked = [os.path.abspath(place) for place in places]
    if not asked:
        return []
    data = "".join(f"{place}\n" for place in asked).encode("utf-8", "surrogateescape")
    return git.run(["hash-object", "-w", "--no-filters", "--stdin-paths"], data=data).decode().split()


def store_bytes(git: Git, data: bytes) -> str:
    """Write a blob, and return its id."""
    return git.run(["hash-object", "-w", "--stdin"], data=data).decode().strip()


class TreeChange(NamedTuple):
    """What a commit changes: paths that go first, files and directories, then the blobs that come, by path."""

    gone: Iterable[str]
    blobs: Mapping[str, str]


def commit_change(git: Git, parent: str | None, change: TreeChange, message: str) -> str:
    """Make a commit on top of another, or the first, and return its id; no ref names it."""
    with scratch_index(git, parent) as indexed:
        specs = [f":(top,literal){path}" for path in change.gone]
        listed = indexed.run(["ls-files", "-z", "--full-name", "--", *specs]).split(b"\0") if specs else []
        null = "0" * len(parent or "")
        lines = [f"0 {null}\t".encode() + path + b"\0" for path in listed if path]
        lines += [f"{_PLAIN} {oid}\t{path}\0".encode("utf-8", "surrogateescape") for path, oid in change.blobs.items()]
        indexed.run(["update-index", "-z", "--add", "--index-info"], data=b"".join(lines))
        return commit_index(git, indexed, parent, message)


def advance(git: Git, branch: GrowingBranch, new: str) -> GrowingBranch:
    """Set the branch to a commit that follows its tip, and the work tree with it, where nothing of it is lost.

    Raced says that somebody else committed; Conflict, that files of the work tree stand in the way.
    """
    if not branch.is_here:
        move_branch(git, branch.name, new, branch.tip or "")
        return branch._replace(tip=new)
    now = find_branch(git, None)
    if now != branch:
        raise Raced(branch.name, f"the branch in hand is now '{now.name}' at {now.tip}")
    args = ["merge", "--ff-only", "--no-overwrite-ignore", "--quiet", "--no-stat", new]
    try:
        git.run(args)
    except GitError as error:
        if "would be overwritten" in error.stderr:
            files = [line.strip() for line in error.stderr.splitlines() if line.startswith("\t")]
            named = f", '{files[0]}' for one" if files else ""
            raise Conflict(
                f"Files of the work tree stand in the way of the commit{named}",
                "commit or move them, then run this again; or --branch NAME, which leaves the work tree alone",
            ) from error
        raise
    return branch._replace(tip=new)
