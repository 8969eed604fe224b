"""What goes to a remote and comes from it: tags of events all or none, a branch, and what the remote says of it."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.core import beside, names
from gto.exceptions import GitError, PushRejected, Raced, RemoteFailed, TagsDiffer
from gto.git.acting import destination
from gto.git.command import Git
from gto.git.safe_config import FETCH
from gto.git.tag_reader import parse_offer

# What is said when another writer was first, or writes at this moment: by git here, and by the remote.
_RACED_RE = re.compile(r"stale info|already exists|fetch first")
_RACED_THERE_RE = re.compile(
    r"(?m)^remote: .*(reference already exists|but expected|\.lock': File exists|unable to resolve)"
)
_LOCKED_RE = re.compile(r"cannot lock ref|Unable to create '[^']*\.lock'|reference already exists")
_CLOBBER_RE = re.compile(r"(?m)^ *! \[rejected\] +(\S+) .*would clobber existing tag")


class _Answer(NamedTuple):
    """One line of `git push --porcelain`."""

    flag: str
    """`*` created, `-` deleted, `=` was there already, `!` refused."""
    ref: str
    why: str


def fetch_events(git: Git, remote: str, artifact: str) -> None:
    """Fetch the tags of one artifact's events, and those beside them; none is overwritten or deleted."""
    name = names.to_tag(artifact)
    starts = (f"{name}@", f"{name}#", *(f"{prefix}{name}," for prefix in beside.PREFIXES))
    patterns = [f"refs/tags/{start}*" for start in starts]
    # No fetch.prune: it would delete the tags here that the remote lacks.
    args = [*FETCH, "--no-prune", "--", remote, *(f"{pattern}:{pattern}" for pattern in patterns)]
    _, status, err = git.talk(args)
    if status == 0:
        return
    clobbered = _CLOBBER_RE.findall(err)
    if clobbered:
        raise TagsDiffer(clobbered, remote)
    if _LOCKED_RE.search(err):  # another process of this clone fetches the same
        raise Raced(artifact, err.strip())
    hint = "nothing was written; `git remote -v` lists the remotes, `git remote add origin URL` adds one"
    raise RemoteFailed(remote, args, status, err, hint)


def push_tags(git: Git, remote: str, create: Mapping[str, str], delete: Mapping[str, str]) -> None:
    """Push objects to new tag names and delete others, all or none.

    PushRejected has the remote's own words. Raced says that another writer was first. Where the answer of the remote
    is lost, it is asked what it has.
    """
    remote = destination(remote)
    specs = [f"{oid}:refs/tags/{name}" for name, oid in create.items()]
    specs += [f":refs/tags/{name}" for name in delete]
    leases = [f"--force-with-lease=refs/tags/{name}:" for name in create]
    leases += [f"--force-with-lease=refs/tags/{name}:{oid}" for name, oid in delete.items()]
    once = ("--atomic", "--no-follow-tags", "--recurse-submodules=no")
    args = ["push", *once, "--porcelain", *leases, "--", remote, *specs]
    try:
        out, status, err = git.talk(args)
    except GitError as error:
        if error.status is not None or not _is_done(git, remote, create, delete):
            raise
        return
    answers = _parse(out)
    if status == 0:
        if create and all(one.flag == "=" for one in answers):
            # The same object, to the letter and the second: another process of the same person made it.
            raise Raced(next(iter(create)), "the remote has it already")
        return
    refused = [one for one in answers if one.flag == "!"]
    # The connection may have ended before the remote answered, and curl then sends the push once more by itself.
    if (not refused or create) and _is_done(git, remote, create, delete):
        return
    if _is_raced(refused, err):
        raise Raced(refused[0].ref.removeprefix("refs/tags/"), _words(err, refused))
    rejected = _rejected(args, status, _words(err, refused))
    if any(one.flag == "*" for one in answers):  # git pushes to each URL of a remote by itself
        rejected.hint = f"another push URL of '{remote}' took it: once both take it, `gto fetch`, then `gto push`"
    raise rejected


def _is_raced(refused: Sequence[_Answer], err: str) -> bool:
    return bool(refused) and (any(_RACED_RE.search(one.why) for one in refused) or bool(_RACED_THERE_RE.search(err)))


def _parse(out: bytes) -> list[_Answer]:
    answers = []
    for line in out.decode("utf-8", "replace").splitlines():
        flag, tab, rest = line.partition("\t")
        if tab and len(flag) == 1:
            spec, _, why = rest.partition("\t")
            answers.append(_Answer(flag, spec.rpartition(":")[2], why))
    return answers


def _is_done(git: Git, remote: str, create: Mapping[str, str], delete: Mapping[str, str]) -> bool:
    """Ask every place that was pushed to whether it has what was pushed: the connection ended before it answered."""
    refs = [f"refs/tags/{name}" for name in (*create, *delete)]
    for place in push_places(git, remote):
        try:
            out, status, _ = git.ask(["ls-remote", "--quiet", "--refs", "--", place, *refs])
        except GitError:
            return False
        there = {ref: oid for oid, ref in parse_offer(out)}
        has_all = all(there.get(f"refs/tags/{name}") == oid for name, oid in create.items())
        if status != 0 or not has_all or any(f"refs/tags/{name}" in there for name in delete):
            return False
    return True


def push_places(git: Git, remote: str) -> list[str]:
    """Return where a push to a remote goes: its name, or the URLs of which git pushes to each."""
    keys, _, _ = git.ask(["config", "--get-regexp", r"^(remote\..*\.pushurl|url\..*\.pushinsteadof)$"])
    if not keys.strip():
        return [remote]
    out, status, _ = git.ask(["remote", "get-url", "--push", "--all", remote])
    return out.decode("utf-8", "surrogateescape").splitlines() if status == 0 else [remote]


def _words(err: str, refused: Sequence[_Answer]) -> str:
    return "\n".join([err.strip(), *(f"{one.ref}: {one.why}" for one in refused)]).strip()


def push_branch(git: Git, remote: str) -> None:
    """Push the current branch to where git's configuration sends it, else to its own name on `remote`."""
    _, tracked, _ = git.ask(["rev-parse", "--verify", "--quiet", "@{push}"])
    args = ["push", "--porcelain"] if tracked == 0 else ["push", "--porcelain", "--", remote, "HEAD"]
    out, status, err = git.talk(args)
    if status != 0:
        refused = [one for one in _parse(out) if one.flag == "!"]
        raise PushRejected(args, status, _words(err, refused), "the commit is made here; `git push` sends it")


def push_commit(git: Git, remote: str, branch: str, old: str, new: str) -> None:
    """Push a commit to a branch that is still where it was, else raise Raced."""
    remote = destination(remote)
    lease = f"--force-with-lease=refs/heads/{branch}:{old}"
    args = ["push", "--porcelain", lease, "--", remote, f"{new}:refs/heads/{branch}"]
    out, status, err = git.talk(args)
    if status == 0:
        return
    refused = [one for one in _parse(out) if one.flag == "!"]
    if _is_raced(refused, err):
        raise Raced(branch, _words(err, refused))
    raise _rejected(args, status, _words(err, refused))


def is_on_branch(git: Git, remote: str, commit: str) -> bool:
    """Tell whether a branch of the remote, as far as it was fetched, reaches a commit."""
    out, status, _ = git.ask(["rev-list", "--max-count=1", commit, "--not", f"--remotes={remote}"])
    return status == 0 and not out.strip()


def _rejected(args: Sequence[str], status: int | None, words: str) -> PushRejected:
    return PushRejected(args, status, words, "nothing was written")
