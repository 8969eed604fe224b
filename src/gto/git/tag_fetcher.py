"""Tags fetched by name from a remote, and tag objects that are missing or damaged, fetched again."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.exceptions import GitError
from gto.git.command import Git
from gto.git.objects import read_objects
from gto.git.repo import Repo
from gto.git.safe_config import FETCH
from gto.git.tag_reader import parse_offer
from gto.git.tag_writer import update_tags

_HEADS, _TAGS = "refs/heads/", "refs/tags/"


class _Offer(NamedTuple):
    """What a remote has: the commits of its branches and of its tags, by name."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]


def fetch_tags(repo: Repo, remote: str, oids: Mapping[str, str]) -> None:
    """Fetch tags that are not here, names to object ids, all or none; one that came here meanwhile raises Raced.

    A shallow clone stays shallow. Of a commit that it lacks, it gets that commit and nothing of its history.
    """
    if repo.is_shallow:
        fetch_commits(repo.git, remote, oids)
    else:
        _fetch(repo.git, remote, list(oids.values()))
    update_tags(repo.git, oids, {})


def fetch_commits(git: Git, remote: str, oids: Mapping[str, str]) -> None:
    """Fetch tags and the commits that they are on into a shallow clone, which stays as shallow; no ref is made."""
    offer = _ask(git, remote)
    absent = _absent(git, offer, list(oids))
    if absent and _fetch_news(git, remote, offer):
        absent = _absent(git, offer, list(oids))
    # With a depth, git would cut the history of a commit that is here.
    _fetch(git, remote, [oid for name, oid in oids.items() if name not in absent])
    _fetch(git, remote, [oid for name, oid in oids.items() if name in absent], "--depth=1")


def _fetch(git: Git, remote: str, wanted: Sequence[str], *more: str) -> None:
    """Fetch objects by id, or branches; no ref is touched. With refs, git's time would grow with their square."""
    if not wanted:
        return
    args = [*FETCH, "--progress", "--no-prune", "--refmap=", *more, "--stdin", "--", remote]
    data = "".join(f"{one}\n" for one in wanted).encode("utf-8", "surrogateescape")
    _, status, err = git.talk(args, data=data)
    if status != 0:
        raise GitError(args, status, err, "no tag was fetched; run this again")


def _ask(git: Git, remote: str) -> _Offer:
    """Ask a remote for its branches, and for its tags with the commits that they are on."""
    out = git.run(["ls-remote", "--quiet", "--heads", "--tags", "--", remote])
    refs = {ref: oid for oid, ref in parse_offer(out)}
    branches = {ref.removeprefix(_HEADS): oid for ref, oid in refs.items() if ref.startswith(_HEADS)}
    tags = {ref.removeprefix(_TAGS): refs.get(f"{ref}^{{}}", oid) for ref, oid in refs.items() if ref.startswith(_TAGS)}
    return _Offer(branches, tags)


def _absent(git: Git, offer: _Offer, names: Sequence[str]) -> set[str]:
    """Return those of the tags whose commits are not here; a partial clone fetches none of them to answer."""
    asked = "".join(f"{oid}\n" for oid in {offer.tags[name] for name in names if name in offer.tags})
    args = ["rev-list", "--ignore-missing", "--missing=allow-any", "--no-walk", "--stdin"]
    here = set(git.run(args, data=asked.encode()).decode().split())
    return {name for name in names if offer.tags.get(name) not in here}


def _fetch_news(git: Git, remote: str, offer: _Offer) -> bool:
    """Fetch what came to the branches that this clone has, and tell whether there was any; no ref is touched.

    A new commit that came with `--depth=1` would have no history, and the next `git pull` would find none in common.
    """
    refs = f"refs/remotes/{remote}/"
    out = git.run(["for-each-ref", "--format=%(objectname) %(refname)", "--", refs])
    lines = (line.partition(f" {refs}") for line in out.decode("utf-8", "surrogateescape").split("\n")[:-1])
    moved = [branch for oid, _, branch in lines if offer.branches.get(branch, oid) != oid]
    if moved:
        _fetch(git, remote, [f"{_HEADS}{branch}" for branch in moved])
    return bool(moved)


_ASIDE = ".gto-aside"


def refetch(git: Git, common_dir: str, remote: str, oids: Sequence[str]) -> set[str]:
    """Fetch objects, and return the ids of those that git can read then; no ref is touched.

    A damaged file is put aside for the time, because git would keep it; it comes back where the fetch brings nothing.
    """
    files = {oid: os.path.join(common_dir, "objects", oid[:2], oid[2:]) for oid in oids}
    for path in files.values():
        with suppress(FileNotFoundError):
            os.replace(path, path + _ASIDE)
    try:
        # It fails too where other objects are missing, and yet brings these.
        git.ask([*FETCH, "--quiet", "--no-prune", "--", remote, *oids])
        return _readable(git, oids)
    finally:
        _tidy(files.values())


def _readable(git: Git, oids: Sequence[str]) -> set[str]:
    return {one.oid for one in read_objects(git, oids) if one is not None and one.type == "tag"}


def _tidy(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            if os.path.exists(path):
                os.unlink(path + _ASIDE)
            else:
                os.replace(path + _ASIDE, path)
