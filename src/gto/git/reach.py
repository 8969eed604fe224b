"""Which commits a repository has, and which of them a branch reaches."""

from collections.abc import Iterable
from typing import NamedTuple

from gto.git.command import Git


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
