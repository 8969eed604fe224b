"""Commits: their facts, which of them a branch reaches, and files committed alone."""

import codecs
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from gto.core.commit_facts import Commit
from gto.core.event import commit_time, moment, parse_zone
from gto.core.names import parse_branch
from gto.exceptions import Conflict, GitError, Raced
from gto.git.command import Git
from gto.git.git_errors import explain
from gto.git.objects import GitObject

_ENCODING_RE = re.compile(rb"(?m)^encoding ([^\n]{1,40})$")
_PERSON_RE = re.compile(rb"(?m)^(author|committer) ([^\n<]*)<([^\n>]*)>(?:[^\n]*>)? ?(-?[0-9]{1,12}) ([+-][0-9]{4})")


def parse_commit(found: GitObject) -> Commit | None:
    """Return the facts of a commit object, or None where it has not git's form."""
    head, _, message = (found.body or b"").partition(b"\n\n")
    people = {match[1]: match for match in _PERSON_RE.finditer(head)}
    if found.type != "commit" or set(people) != {b"author", b"committer"}:
        return None
    author, committer = people[b"author"], people[b"committer"]
    text = partial(_text, encoding=_encoding(head))
    return Commit(
        found.oid,
        text(author[2].removesuffix(b" ")),
        text(author[3]),
        text(committer[2].removesuffix(b" ")),
        text(committer[3]),
        moment(commit_time(committer[4]), parse_zone(committer[5])),
        text(message),
    )


def _encoding(head: bytes) -> str:
    """Return the encoding that a commit names, if Python knows it as one of text; else git's own, UTF-8."""
    match = _ENCODING_RE.search(head)
    try:
        found = codecs.lookup(match[1].decode("ascii")) if match else None
    except (LookupError, ValueError):
        found = None
    # Of those that are no encodings of characters, such as `bz2`, some take a few bytes for gigabytes.
    return found.name if found is not None and getattr(found, "_is_text_encoding", False) else "utf-8"


def _text(value: bytes, encoding: str) -> str:
    return value.decode(encoding, "replace")


def is_changed(git: Git, path: str) -> bool:
    """Tell whether a file (its path from the root of the work tree) differs from HEAD."""
    return bool(changed_paths(git, [path]))


def changed_paths(git: Git, paths: Sequence[str]) -> list[str]:
    """Return those of the files, and of the files in the directories, that differ from HEAD in the work tree."""
    how = ["--porcelain", "-z", "--no-renames", "--untracked-files=all"]
    out = git.run(["status", *how, "--", *(f":(top,literal){path}" for path in paths)])
    return [line[3:] for line in out.decode("utf-8", "surrogateescape").split("\0") if line]


def check_branch(git: Git) -> None:
    """Raise Conflict where HEAD is on no branch: a commit made there could not be pushed."""
    _, status, _ = git.ask(["symbolic-ref", "--quiet", "HEAD"])
    if status != 0:
        raise Conflict("HEAD is detached: there is no branch to push", "`git switch BRANCH` first, or leave out --push")


def commit_files(git: Git, paths: Iterable[str], message: str) -> None:
    """Commit some files, whatever else is staged; where git refuses, the index is as it was."""
    specs = [f":(top,literal){path}" for path in paths]
    git.run(["add", "--", *specs])
    try:
        git.run(["commit", "--quiet", "--only", f"--message={message}", "--cleanup=whitespace", "--", *specs])
    except GitError:
        git.ask(["reset", "--quiet", "--", *specs])
        raise


def make_commit(git: Git, parent: str, files: Mapping[str, bytes], message: str) -> str:
    """Make the commit that changes files of `parent`, without a work tree, and return its id; no ref names it."""
    with scratch_index(git, parent) as indexed:
        entries = b"".join(_entry(indexed, path, data) for path, data in files.items())
        indexed.run(["update-index", "-z", "--add", "--index-info"], data=entries)
        return commit_index(git, indexed, parent, message)


@contextmanager
def scratch_index(git: Git, parent: str | None) -> Iterator[Git]:
    """Yield git with an index of its own, which holds the files of a commit; none for None."""
    import tempfile  # costs two milliseconds, and reading imports this file

    with tempfile.TemporaryDirectory(prefix="gto-index-") as scratch:
        indexed = git._replace(env={**git.env, "GIT_INDEX_FILE": f"{scratch}/index"})
        indexed.run(["read-tree", parent or "--empty"])
        yield indexed


def commit_index(git: Git, indexed: Git, parent: str | None, message: str) -> str:
    """Make the commit of what an index holds, signed where the configuration asks for it, and return its id."""
    tree = indexed.run(["write-tree", "--missing-ok"]).decode().strip()
    signs = git.run(["config", "--type=bool", "--default=false", "commit.gpgSign"]).strip() == b"true"
    args = ["commit-tree", *(["-S"] if signs else []), *(["-p", parent] if parent else []), tree]
    return git.run(args, data=message.encode("utf-8", "surrogateescape") + b"\n").decode().strip()


def _entry(git: Git, path: str, data: bytes) -> bytes:
    """Write a blob, and return its line for the index; a file that is there keeps its mode."""
    blob = git.run(["hash-object", "-w", "--stdin"], data=data).decode().strip()
    known = git.run(["ls-files", "-s", "-z", "--", f":(literal){path}"]).decode("utf-8", "surrogateescape")
    mode = known.partition(" ")[0] or "100644"
    return f"{mode} {blob}\t{path}\0".encode("utf-8", "surrogateescape")


def check_new_branch(git: Git, name: str) -> None:
    """Raise where a branch cannot be made: its name is none, or is taken."""
    parse_branch(name)
    if git.ask(["show-ref", "--verify", "--quiet", f"refs/heads/{name}"])[1] == 0:
        raise Conflict(f"There is a branch '{name}' already", "choose another name, or write to that branch")


def is_checked_out(git: Git, name: str) -> bool:
    """Tell whether a work tree of the repository has a branch checked out."""
    out = git.run(["for-each-ref", "--format=%(worktreepath)", f"refs/heads/{name}"])
    place = out.decode("utf-8", "surrogateescape").strip()  # of a bare repository itself, where nothing is checked out
    return bool(place) and os.path.lexists(os.path.join(place, ".git"))


def move_branch(git: Git, name: str, new: str, old: str) -> None:
    """Set a branch that is not checked out from one commit to another; an empty `old` makes it."""
    line = f"update refs/heads/{name} {new} {old or '0' * len(new)}\n"
    args = ["update-ref", "-m", "gto annotate", "--stdin"]
    _, status, err = git.ask(args, data=line.encode("utf-8", "surrogateescape"))
    if status != 0:
        is_raced = "already exists" in err or "but expected" in err
        raise Raced(name, err.strip()) if is_raced else explain(git.directory, args, status, err)


class Reach(NamedTuple):
    """Of the commits asked about: those that are not there, and those that no branch reaches."""

    missing: frozenset[str]
    unreached: frozenset[str]


def read_reach(git: Git, commits: Iterable[str], head: str) -> Reach:
    """Ask about commits, in two processes however many they are; what is checked out counts as a branch."""
    asked = "".join(f"{commit}\n" for commit in sorted(set(commits)))
    checked = git.run(["cat-file", "--batch-check=%(objectname)"], data=asked.encode())
    answers = checked.decode().splitlines()
    missing = frozenset(line.removesuffix(" missing") for line in answers if line.endswith(" missing"))
    there = [line for line in answers if " " not in line]
    args = ["rev-list", "--ignore-missing", "--stdin", "--not", "--branches", "--remotes", head]
    walked = frozenset(git.run(args, data="".join(f"{oid}\n" for oid in there).encode()).decode().split())
    return Reach(missing, walked & frozenset(there))


def read_reached(git: Git, tip: str, commits: Iterable[str]) -> frozenset[str]:
    """Return those of the commits that a branch's tip reaches; a commit that is not there is none."""
    asked = frozenset(commits)
    data = "".join(f"{commit}\n" for commit in sorted(asked)) + f"^{tip}\n"
    there = git.run(["cat-file", "--batch-check=%(objectname)"], data="".join(f"{one}\n" for one in asked).encode())
    here = asked & frozenset(there.decode().split("\n"))
    left = git.run(["rev-list", "--ignore-missing", "--stdin"], data=data.encode()).decode().split()
    return here - frozenset(left)


def find_strays(git: Git, remote: str, commits: Collection[str]) -> list[str]:
    """Return those of the commits that no branch of the remote reaches; none where no branch of it was fetched."""
    if not git.run(["for-each-ref", "--count=1", "--", f"refs/remotes/{remote}/"]):
        return []
    asked = "".join(f"{commit}\n" for commit in commits).encode()
    walked = git.run(["rev-list", "--stdin", "--not", f"--remotes={remote}"], data=asked).decode().split()
    return [commit for commit in walked if commit in commits]
