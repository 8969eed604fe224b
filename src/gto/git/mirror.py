"""Mirrors of remote repositories: bare, without the files' contents, in the user's cache directory, fetched anew."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import NamedTuple

from gto.exceptions import GitError, NotMirrored, RemoteFailed, UsageError
from gto.fs import file_lock
from gto.git import mirror_store
from gto.git.command import Git, is_reported, limit
from gto.git.remote import Remote
from gto.git.repo import change_refs, commit_of
from gto.git.safe_config import FETCH, as_environment

_HEADS = "+refs/heads/*:refs/heads/*"
_TAGS = "+refs/tags/*:refs/tags/*"
_EXPERIMENTS = "+refs/exps/*:refs/exps/*"  # of DVC; a remote without any is no error
_HEAD = "refs/gto/head"  # the remote's HEAD, which may be a branch of any name, or detached
_ASKED = "gto-fetched"  # a file whose time says when the remote was last asked
_MOST_PACKS = 40
_MOST_LOOSE = 200  # refs that are files of their own; more are packed into one file
# What is fetched cannot change how git reads it: no configuration but the mirror's own, no transport, no hook.
OFFLINE = MappingProxyType(
    {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
    }
)
_PATIENCE = (("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "60"), ("protocol.version", "2"))
_SAFE = (("core.hooksPath", os.devnull), ("core.fsmonitor", "false"), ("gc.auto", "0"), ("maintenance.auto", "false"))


class Mirror(NamedTuple):
    """A remote repository's mirror: a bare repository without blobs but those that were asked for."""

    remote: Remote
    directory: str
    seconds: float | None = None
    """The longest that one git process may take."""
    offline: bool = False
    """Whether the network is not to be reached."""

    @classmethod
    def at(cls, remote: Remote, *, offline: bool = False, seconds: float | None = None) -> "Mirror":
        """Return the mirror of a remote repository, which may have to be made."""
        return cls(remote, mirror_store.place_of(remote), seconds, offline)

    @property
    def git(self) -> Git:
        """Git for reading, which reaches no network."""
        return Git(self.directory, OFFLINE, self.seconds)

    @property
    def online(self) -> Git:
        """Git for fetching, pushing and signing, with the user's own configuration and credentials."""
        if self.offline:
            raise UsageError("--offline only reads", "leave it out to write to a remote repository")
        return Git(self.directory, reach(self.remote, "blob:none"), self.seconds)

    def update(self) -> None:
        """Bring it up to date with the remote, or make it; where another process just did, nothing is done."""
        start = time.time()
        with self._locked():
            now = time.time()
            if start <= self._asked_at() <= now:  # another process asked the remote after this one was started
                return
            if not os.path.isdir(self.directory):
                self._clone()
            else:
                self._fetch_or_make_anew()
            _touch(self.directory, _ASKED, now)

    def make_anew(self) -> None:
        """Clone it again, because it is damaged."""
        with self._locked():
            self._clone()

    def use(self) -> None:
        """Bring it up to date unless it is offline, and note that it was used."""
        if not self.offline:
            self.update()
        elif not os.path.isdir(self.directory):
            raise NotMirrored(self.remote.url)
        _touch(self.directory, mirror_store.USED)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with file_lock.hold(f"{self.directory}.lock", self.seconds or limit()):
            yield

    def update_refs(self, lines: Sequence[str]) -> None:
        """Change refs in one transaction, while nobody fetches."""
        with self._locked():
            change_refs(self.git, lines)

    def fetch_blobs(self, oids: Sequence[str]) -> None:
        """Fetch the contents of files, all at once."""
        if self.offline:
            raise NotMirrored(self.remote.url, f"{len(oids)} file(s) of")
        args = ["-c", "fetch.negotiationAlgorithm=noop", *FETCH, *_progress(), "--stdin", "origin"]
        status, err = self._talk(self.online, args, "".join(f"{oid}\n" for oid in oids).encode())
        if status != 0:
            raise RemoteFailed(self.remote.url, args, status, err)

    def _asked_at(self) -> float:
        with suppress(OSError):
            return os.stat(os.path.join(self.directory, _ASKED)).st_mtime
        return 0.0

    def _talk(self, git: Git, args: Sequence[str], data: bytes = b"") -> tuple[int, str]:
        """Return the exit status and the words of a git process that talks to the remote; too late is RemoteFailed."""
        try:
            _, status, err = git.talk(args, data=data)
        except GitError as error:
            if error.status is not None:
                raise
            hint = "GTO_TIMEOUT says how many seconds git may take; --offline reads what was fetched before"
            raise RemoteFailed(self.remote.url, args, None, f"fatal: {error.stderr}", hint) from error
        return status, err

    def _clone(self) -> None:
        """Clone into a new directory, then put it in place of what is there."""
        fresh = f"{self.directory}.{os.getpid()}.new"
        mirror_store.sweep(self.directory)
        os.makedirs(os.path.dirname(fresh), exist_ok=True)
        git = Git(os.path.dirname(fresh), reach(self.remote), self.seconds)
        args = [
            "clone",
            "--progress",
            "--bare",
            "--filter=blob:none",
            "--template=",
            "--no-local",
            f"--config=remote.gto.fetch={_EXPERIMENTS}",
            "--origin=gto",  # of `remote.origin` the user may have settings; the file of settings is ours in the end
            "--",
            self.remote.url,
        ]
        try:
            status, err = self._talk(git, [*args, fresh])
            if status != 0:
                raise RemoteFailed(self.remote.url, args, status, err)
            _adopt(Git(fresh, OFFLINE, self.seconds), self.remote)
            mirror_store.delete(self.directory)
            os.replace(fresh, self.directory)
        finally:
            mirror_store.delete(fresh)
        mirror_store.make_room(keep=self.directory)

    def _fetch_or_make_anew(self) -> None:
        try:
            self._fetch()
        except GitError as error:
            if error.status is None or not self._is_reached():
                raise
            self._clone()  # the remote answers, so it is the mirror that is damaged

    def _is_reached(self) -> bool:
        home = Git(os.path.dirname(self.directory), reach(self.remote), self.seconds)
        _, status, _ = home.ask(["ls-remote", "--quiet", "--", self.remote.url, "HEAD"])
        return status == 0

    def _fetch(self) -> None:
        args = [*FETCH, *_progress(), "--prune", "--atomic", "--refmap=", "--", "origin"]
        status, err = self._talk(self.online, [*args, f"+HEAD:{_HEAD}", _HEADS, _TAGS, _EXPERIMENTS])
        if status != 0 and "couldn't find remote ref HEAD" in err:  # the remote is empty, or its HEAD names no branch
            status, err = self._talk(self.online, [*args, _HEADS, _TAGS, _EXPERIMENTS])
        if status != 0:
            raise RemoteFailed(self.remote.url, args, status, err)
        self._tidy()

    def _tidy(self) -> None:
        if _count(os.path.join(self.directory, "refs"), _MOST_LOOSE) >= _MOST_LOOSE:
            self.git.run(["pack-refs", "--all"])
        if _count(os.path.join(self.directory, "objects", "pack"), 4 * _MOST_PACKS) >= 4 * _MOST_PACKS:
            self.online.run(["repack", "-a", "-d", "--quiet"])


def head_of(mirror: Mirror) -> str | None:
    """Return the commit that HEAD names; without a process, where its ref is a file of its own."""
    with suppress(OSError, ValueError), open(os.path.join(mirror.directory, _HEAD), encoding="ascii") as file:
        oid = file.read(129).strip()
        if len(oid) in {40, 64} and int(oid, 16):
            return oid
    return commit_of(mirror.git, "HEAD")


def _progress() -> list[str]:
    return ["--progress"] if is_reported() else ["--quiet"]


def reach(remote: Remote, leave_out: str | None = None) -> dict[str, str]:
    """Return the variables with which git reaches a remote as `origin`, and leaves out what a filter says."""
    # The mirror's file of settings does not call the remote a promisor: git would then fetch a missing file by itself,
    # one at a time. Only the processes that fetch are told so.
    settings = [*remote.settings(), *_PATIENCE, *_SAFE]
    if leave_out is not None:
        settings += [("remote.origin.promisor", "true"), ("remote.origin.partialCloneFilter", leave_out)]
    return {**as_environment(settings), **remote.secrets()}


def _adopt(git: Git, remote: Remote) -> None:
    """Put our own settings in the place of those that the clone wrote; have HEAD follow the remote's HEAD."""
    out = git.run(["config", "--file", "config", "--get-regexp", r"^extensions\.(objectformat|refstorage)$"], ok=(0, 1))
    lines = [line.removeprefix("extensions.").replace(" ", " = ", 1) for line in out.decode().splitlines()]
    text = f"[core]\n\trepositoryFormatVersion = {1 if lines else 0}\n\tbare = true\n[extensions]\n"
    for name, content in (("config", text + "".join(f"\t{line}\n" for line in lines)), (mirror_store.URL, remote.url)):
        with open(os.path.join(git.directory, name), "w", encoding="utf-8") as file:
            file.write(content)
    git.ask(["update-ref", _HEAD, "HEAD"])  # fails where the remote has no commit, or its HEAD names no branch
    git.run(["symbolic-ref", "HEAD", _HEAD])


def _count(directory: str, enough: int) -> int:
    """Count the files below a directory, up to `enough`."""
    found = 0
    for _, _, names in os.walk(directory):
        found += len(names)
        if found >= enough:
            break
    return found


def _touch(directory: str, name: str, seconds: float | None = None) -> None:
    """Write the time, now or so many seconds after 1970, on a file."""
    with suppress(OSError), open(os.path.join(directory, name), "a", encoding="utf-8") as file:
        os.utime(file.fileno(), None if seconds is None else (seconds, seconds))
