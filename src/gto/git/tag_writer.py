"""Tag objects and tag refs written: objects first, then one transaction."""

import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from gto.core.event import parse_zone
from gto.exceptions import GitError, NoIdentity, Raced, TagExists
from gto.git.command import Git
from gto.git.git_errors import explain
from gto.git.objects import read_objects
from gto.git.safe_config import as_environment

_IDENT_RE = re.compile(r"(.*) <(.*)> ([0-9]+) ([+-][0-9]{4})")
_DURABLE = ("-c", "core.fsync=committed")  # git fsyncs neither loose objects nor refs by default
_YOUNG = 10.0  # seconds; a lock of git's that is older was left by a process that was killed
_TRUE = {"true", "yes", "on", "1", ""}


class Identity(NamedTuple):
    """Who writes the tag and when, as git's configuration and environment say."""

    name: str
    email: str
    time: int
    zone: str
    sign: bool
    """Whether the configuration asks for signed tags (tag.gpgSign)."""
    config: tuple[tuple[str, str], ...] = ()
    """The settings that signing depends on, as they count in this repository."""

    @property
    def offset(self) -> timedelta:
        """The zone as a difference from UTC."""
        return parse_zone(self.zone.encode())

    def __str__(self) -> str:
        """Write it as git does."""
        return f"{self.name} <{self.email}> {self.time} {self.zone}"


def read_identity(git: Git) -> Identity:
    """Ask git for the committer and for tag.gpgSign, in one process."""
    out, status, err = git.ask(["var", "-l"])
    lines = out.decode("utf-8", "replace").splitlines()
    if status != 0:
        raise _no_identity(err)
    values = dict(line.partition("=")[::2] for line in lines)
    ident = values.get("GIT_COMMITTER_IDENT", "")
    if not _is_told(values, git.env):  # git would make one up from the machine's names: let it decide if it may
        ident_out, status, err = git.ask(["var", "GIT_COMMITTER_IDENT"])
        if status != 0:
            raise _no_identity(err)
        ident = ident_out.decode("utf-8", "replace").strip()
    match = _IDENT_RE.fullmatch(ident)
    if match is None:
        raise NoIdentity(f"git var GIT_COMMITTER_IDENT said: {ident}")
    sign = any(values.get(key, "no").lower() in _TRUE for key in ("tag.gpgsign", "tag.forcesignannotated"))
    config = tuple((key, value) for key, value in values.items() if key.startswith(("user.", "gpg.", "tag.")))
    return Identity(match[1], match[2], int(match[3]), match[4], sign, config)


def _no_identity(err: str) -> GitError:
    if "invalid date" in err:
        hint = "GIT_COMMITTER_DATE is in a form that git does not know: write it as 2026-01-31T12:00:00+01:00"
        return GitError(["var", "GIT_COMMITTER_IDENT"], 128, err, hint)
    return NoIdentity(err)


def _is_told(values: Mapping[str, str], env: Mapping[str, str]) -> bool:
    told = {**os.environ, **env}
    name = told.get("GIT_COMMITTER_NAME") or values.get("user.name") or values.get("committer.name")
    email = told.get("GIT_COMMITTER_EMAIL") or values.get("user.email") or values.get("committer.email")
    return bool(name and email)


def make_tag(git: Git, common_dir: str, name: str, commit: str, message: str, who: Identity) -> str:
    """Write a tag object that no ref names yet, and return its id."""
    if who.sign:
        return _make_signed_tag(git, common_dir, name, commit, message, who)
    # No newline at the end: the object is then, byte for byte, the one that GTO 1.x writes.
    text = f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\n{message}"
    return git.run([*_DURABLE, "mktag"], data=text.encode("utf-8", "surrogateescape")).decode().strip()


def _make_signed_tag(git: Git, common_dir: str, name: str, commit: str, message: str, who: Identity) -> str:
    """Let `git tag` sign in a scratch repository that shares objects and configuration, so that no ref appears."""
    object_format = "sha1" if len(commit) == 40 else "sha256"  # noqa: PLR2004  hexadecimal digits of SHA-1
    with tempfile.TemporaryDirectory(prefix="gto-sign-") as scratch:
        Git(scratch).run(["init", "--quiet", "--bare", f"--object-format={object_format}", "."])
        env = {
            **git.env,
            **as_environment(who.config, {**os.environ, **git.env}),
            "GIT_DIR": scratch,
            "GIT_OBJECT_DIRECTORY": f"{common_dir}/objects",
            "GIT_COMMITTER_NAME": who.name,
            "GIT_COMMITTER_EMAIL": who.email,
            "GIT_COMMITTER_DATE": f"{who.time} {who.zone}",
        }
        signer = Git(git.directory, env)
        args = [*_DURABLE, "tag", "-s", "--cleanup=verbatim", "-F", "-", "--", name, commit]
        text = message if message.endswith("\n") else f"{message}\n"  # a signature counts only at a line's start
        data = text.encode("utf-8", "surrogateescape")
        _, status, err = signer.ask(args, data=data)
        made = read_objects(signer, [f"refs/tags/{name}"])[0]
        # git 2.39 goes on, and ends with 0, where it cannot load an SSH key.
        if status != 0 or made is None or b"\n\n" + data + b"-----BEGIN " not in (made.body or b""):
            words = "; ".join(line.removeprefix("error: ") for line in err.splitlines()) or "the tag was not signed"
            raise _unsigned(explain(git.directory, args, status, words))
        return made.oid


def _unsigned(error: GitError) -> GitError:
    error.hint = error.hint or "is the key there that `git config user.signingKey` names, and is it unlocked?"
    return error


def update_tags(git: Git, create: Mapping[str, str], delete: Mapping[str, str], *, absent: Sequence[str] = ()) -> None:
    """Create and delete tag refs in one transaction: `create` maps names to new ids, `delete` to the ids they had.

    Where one of `absent` exists, nothing is done. Raced says that another process was first.
    """
    width = max((len(oid) for oid in create.values()), default=0)
    lines = ["start"]
    lines += [f"create refs/tags/{name} {oid}" for name, oid in create.items()]
    lines += [f"delete refs/tags/{name} {oid}" for name, oid in delete.items()]
    lines += [f"verify refs/tags/{name} {'0' * width}" for name in absent]
    data = "\n".join([*lines, "prepare", "commit", ""]).encode("utf-8", "surrogateescape")
    _, status, err = git.ask([*_DURABLE, "update-ref", "--stdin"], data=data)
    if status != 0:
        raise _refused(git, status, err, create)


def _refused(git: Git, status: int, err: str, create: Mapping[str, str]) -> Exception:
    for name in create:
        clash = re.search(rf"'refs/tags/([^']+)' exists; cannot create 'refs/tags/{re.escape(name)}'", err)
        if clash:
            below = name.startswith(f"{clash[1]}/")  # then no form of `name` can be
            again = f"write its event again with --simple false --force, then delete '{clash[1]}'"
            out = again if below else "use --simple false to get a numbered tag"
            hint = f"git cannot hold both '{clash[1]}' and '{name}': {out}"
            return TagExists(clash[1], hint)
    if "reference already exists" in err:
        return Raced(next(iter(create), "the tags"), err.strip())
    lock = re.search(r"Unable to create '([^']+\.lock)': File exists", err)
    if lock and _age(lock[1]) < _YOUNG:
        return Raced(next(iter(create), "the tags"), err.strip())
    if re.search(r"but expected|unable to resolve reference", err):  # another process deleted or moved it
        return Raced(next(iter(create), "the tags"), err.strip())
    return explain(git.directory, ["update-ref", "--stdin"], status, err)


def _age(path: str) -> float:
    """Return how many seconds ago a file was written; none, where it is gone."""
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return 0.0


def follow_tags(git: Git, create: Mapping[str, str], delete: Mapping[str, str]) -> None:
    """Do as update_tags(), where the remote has the change: what another process of this clone fetched is no error."""
    here = read_refs(git, (*create, *delete)) if delete else {}
    wanted = {name: oid for name, oid in delete.items() if name in here}
    try:
        if create or wanted:
            update_tags(git, create, wanted)
    except (Raced, TagExists):
        here = read_refs(git, (*create, *delete))
        lacking = {name: oid for name, oid in create.items() if here.get(name) != oid}
        if lacking.keys() & here.keys():
            raise
        update_tags(git, lacking, {name: here[name] for name in delete if name in here})


def read_refs(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return those of the tags that are here, names to object ids."""
    out = git.run(["for-each-ref", "--format=%(objectname) %(refname)", *(f"refs/tags/{name}" for name in names)])
    lines = (line.partition(" refs/tags/") for line in out.decode("utf-8", "surrogateescape").splitlines())
    return {name: oid for oid, _, name in lines}
